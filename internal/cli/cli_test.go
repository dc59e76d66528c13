package cli

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/oriel-dev/oriel/internal/golden"
)

var _ = golden.Flag()

// answers is a server that knows one answer for each path and keeps what it was asked.
type answers struct {
	byPath map[string]string
	status int
	bodies chan string
}

func (a *answers) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	select {
	case a.bodies <- string(body):
	default:
	}
	answer, ok := a.byPath[r.URL.Path]
	switch {
	case !ok:
		w.WriteHeader(http.StatusNotFound)
	case a.status != 0:
		w.WriteHeader(a.status)
	}
	_, _ = io.WriteString(w, answer)
}

// run runs a command against canned answers.
func run(t *testing.T, a *answers, s Streams, args ...string) (stdout string, err error) {
	t.Helper()
	a.bodies = make(chan string, 16)
	srv := httptest.NewServer(a)
	t.Cleanup(srv.Close)
	var out bytes.Buffer
	s.Out, s.Err = &out, io.Discard
	s.Getenv = func(name string) string { return map[string]string{"ORIEL_URL": srv.URL}[name] }
	s.Clock = func() time.Time { return time.Unix(1_700_000_000, 0) }
	err = Run(context.Background(), args[0], s, args[1:])
	return out.String(), err
}

const hostile = `evil\u001b]0;owned\u0007\u009b31m\u202e`

const queryAnswer = `{"type":"plan"}
{"type":"progress","share":0.5}
{"type":"done","result":{"columns":[{"name":"name","kind":"string"},{"name":"COUNT","kind":"integer"},{"name":"P99(duration_ms)","kind":"float"}],` +
	`"rows":[["GET /a",-12,1.23456],["` + hostile + `",3,null],["=HYPERLINK(\"http://x\")",2,12345.678],["@sum",1,0.00012],["\tcell",1,1]],` +
	`"series":{"groups":[{"key":["GET /a"],"values":{"COUNT":[0,1,2,4,8,null,8]}},{"key":["@sum"],"values":{"COUNT":[1,1,1]}}]}}}
`

const traceAnswer = `{"trace_id":"aa","base":"1700000000000000000","duration":20000000,"total_spans":4,"truncated":false,"arriving":true,` +
	`"strings":["web","GET /a","db","` + hostile + `"],"services":[{"name":"web"},{"name":"db"}],` +
	`"spans":{"depth":[0,1,2,1],"parent":[-1,0,1,0],"start":[0,1000000,2000000,19000000],"duration":[20000000,9000000,500,1000000],` +
	`"service":[0,2,2,0],"name":[1,3,1,1],"http":[500,0,0,0],"flags":[1,0,8,0]},"notes":{"missing_parents":1,"skew":[{"service":"db","host":"h","ns":-5000000}]}}`

const bubbleUpAnswer = `{"type":"plan"}
{"type":"progress","share":0.5}
{"type":"done","selection":1204,"baseline":58310,"left_out":2,"fields":[` +
	`{"name":"build","class":"ranked","score":0.8,"headline":"build = 7f3c in 92 % of the selection, 4.0 % of the rest","values":[{"value":"7f3c","selection":1107,"baseline":2332},{"value":"` + hostile + `","selection":0,"baseline":55978}]},` +
	`{"name":"size","class":"ranked","score":0.3,"headline":"size is higher: median 12 in the selection, 3 in the rest","values":[],"histogram":{"scale":"linear","min":0,"max":31,"bins":4,"selection":[0,1,2,9],"baseline":[9,4,0,0]}},` +
	`{"name":"same","class":"ranked","score":0,"headline":"","values":[]},{"name":"id","class":"id_like","score":0,"headline":"","values":[]}]}
`

func TestCommands_Print(t *testing.T) {
	t.Parallel()
	known := map[string]string{
		"/api/query": queryAnswer, "/api/trace/aa": traceAnswer,
		"/api/bubbleup": bubbleUpAnswer, "/api/traces": `{"base":"1700000000000000000","next":"","traces":[]}`,
	}
	for _, c := range []struct {
		file  string
		width int
		color bool
		args  []string
	}{
		{"query_wide", 120, false, []string{"query", "VISUALIZE COUNT"}},
		{"query_narrow", 40, false, []string{"query", "VISUALIZE COUNT"}},
		{"query_pipe", 0, false, []string{"query", "VISUALIZE COUNT"}},
		{"query_csv", 0, false, []string{"query", "--output", "csv", "VISUALIZE COUNT"}},
		{"query_csv_terminal", 80, false, []string{"query", "--output", "csv", "VISUALIZE COUNT"}},
		{"query_json_terminal", 80, false, []string{"query", "--json", "VISUALIZE COUNT"}},
		{"trace_wide", 120, false, []string{"traces", "show", "aa"}},
		{"trace_narrow", 60, false, []string{"traces", "aa"}},
		{"trace_color", 80, true, []string{"traces", "show", "aa"}},
		{"traces_none", 80, false, []string{"traces", "--last", "2h"}},
		{"bubbleup", 100, false, []string{"bubbleup", "duration_ms > 500"}},
		{"bubbleup_json", 0, false, []string{"bubbleup", "--json", "duration_ms > 500"}},
		{"help", 80, false, []string{"traces", "--help"}},
	} {
		t.Run(c.file, func(t *testing.T) {
			t.Parallel()
			out, err := run(t, &answers{byPath: known}, Streams{Width: c.width, Color: c.color}, c.args...)
			if err != nil && !errors.Is(err, flag.ErrHelp) {
				t.Fatal(err)
			}
			if strings.ContainsAny(strings.NewReplacer("\x1b[31m", "", "\x1b[34m", "", "\x1b[2m", "", "\x1b[1m", "", "\x1b[0m", "").Replace(out), "\x07\u009b\u202e\x1b") && c.file != "query_csv" {
				t.Errorf("a control character reaches the terminal: %q", out)
			}
			out = regexpURL(out)
			golden.Check(t, filepath.Join("testdata", c.file+".txt"), out)
		})
	}
}

// regexpURL takes the test server's address out of a help text.
func regexpURL(s string) string {
	before, rest, ok := strings.Cut(s, `(default "http://127.0.0.1:`)
	if !ok {
		return s
	}
	_, after, _ := strings.Cut(rest, `"`)
	return before + `(default "http://127.0.0.1:PORT"` + after
}

func TestQuery_ReadsItsQuestionFromEverywhere(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "q.json")
	const question = `{"calculations":[{"op":"COUNT"}]}`
	if err := os.WriteFile(file, []byte(question+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		s    Streams
		args []string
	}{
		{"argument", Streams{}, []string{"query", question}},
		{"file", Streams{}, []string{"query", file}},
		{"at file", Streams{}, []string{"query", "@" + file}},
		{"dash", Streams{In: strings.NewReader(question)}, []string{"query", "-"}},
		{"pipe", Streams{In: strings.NewReader(question), Piped: true}, []string{"query"}},
		{"flags behind", Streams{}, []string{"query", question, "--json"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a := &answers{byPath: map[string]string{"/api/query": queryAnswer}}
			if _, err := run(t, a, c.s, c.args...); err != nil {
				t.Fatal(err)
			}
			if body := <-a.bodies; !strings.Contains(body, `"query":`+question) {
				t.Errorf("asked %s", body)
			}
		})
	}
}

func TestCommands_TellMisuseFromFailure(t *testing.T) {
	t.Parallel()
	refusal := `{"error":{"kind":"invalid","message":"no column \u001b[31mx","position":10}}`
	for _, c := range []struct {
		name   string
		a      answers
		args   []string
		misuse bool
		want   string
	}{
		{"unknown flag", answers{}, []string{"query", "--bogus"}, true, "unknown flag --bogus (oriel query --help"},
		{"no question", answers{}, []string{"query"}, true, "no question was given"},
		{"form", answers{}, []string{"tail", "--output", "csv"}, true, "one of table, json"},
		{"two ids", answers{}, []string{"traces", "show", "a", "b"}, true, "one trace id"},
		{"doctor's argument", answers{}, []string{"doctor", "now"}, true, "flags only"},
		{"unknown command", answers{}, []string{"qeury"}, true, "did you mean oriel query?"},
		{"no JSON", answers{}, []string{"query", "{oops"}, false, "not valid JSON"},
		{"no file", answers{}, []string{"query", "@/nonexistent"}, false, "read the question"},
		{"not Oriel", answers{}, []string{"traces"}, false, "not Oriel's API (status 404)"},
		{"no key", answers{byPath: map[string]string{"/api/traces": ""}, status: 401}, []string{"traces"}, false, "--key or ORIEL_KEY"},
		{"position", answers{byPath: map[string]string{"/api/query": refusal}, status: 400}, []string{"query", "VISUALIZE x"}, false, "no column \\x1b[31mx\n  VISUALIZE x\n            ^"},
		{"no server", answers{}, []string{"traces", "--url", "127.0.0.1:1"}, false, "is the server running there?"},
		{"no address", answers{}, []string{"traces", "--url", "::::x"}, false, "write it as http://HOST:PORT"},
		{"broken off", answers{byPath: map[string]string{"/api/query": `{"type":"plan"}`}}, []string{"query", "VISUALIZE COUNT"}, false, "broke off"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := run(t, &c.a, Streams{}, c.args...)
			var misuse *UsageError
			if err == nil || errors.As(err, &misuse) != c.misuse || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestClean_LeavesNothingATerminalObeys(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"plain ü 語": "plain ü 語", "a\x1b[2J": `a\x1b[2J`, "a\x9b31m": "a\ufffd31m", "a\u009b31m": `a\x9b31m`,
		"a\r\nb\tc": `a\x0d⏎b c`, "\x7f": `\x7f`, "\u202eabc": `\x202eabc`,
	} {
		if got := clean(in); got != want {
			t.Errorf("clean(%q) = %q, want %q", in, got, want)
		}
	}
}
