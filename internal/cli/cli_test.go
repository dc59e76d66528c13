package cli

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/oriel-dev/oriel/internal/cli/usage"
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
	var out, errs bytes.Buffer
	s.Out, s.Err = &out, &errs
	s.Getenv = func(name string) string { return map[string]string{"ORIEL_URL": srv.URL}[name] }
	s.Clock = func() time.Time { return time.Unix(1_700_000_000, 0).UTC() }
	err = Run(context.Background(), args[0], s, args[1:])
	if errs.Len() > 0 {
		return out.String() + "-- standard error --\n" + errs.String(), err
	}
	return out.String(), err
}

const hostile = `evil\u001b]0;owned\u0007\u009b31m\u202e`

const queryAnswer = `{"type":"plan"}
{"type":"progress","share":0.5}
{"type":"done","result":{"columns":[{"name":"name","kind":"string"},{"name":"COUNT","kind":"integer"},{"name":"P99(duration_ms)","kind":"float"}],` +
	`"rows":[["GET /a",-12,1.23456],["` + hostile + `",3,null],["日本語の名前",2,null],["=HYPERLINK(\"http://x\")",2,12345.678],["@sum",1,0.00012],["\tcell",1,1]],` +
	`"series":{"groups":[{"key":["GET /a"],"values":{"COUNT":[0,1,2,4,8,null,8]}},{"key":["@sum"],"values":{"COUNT":[1,1,1]}}]},` +
	`"breakdowns":1,"more":true},"elapsed_ms":12.5,"scanned":1234567,"complete":false,"missing":["a segment could not be read"]}
`

const heatmapAnswer = `{"type":"done","result":{"columns":[],"rows":[],"heatmaps":[{"calc":"HEATMAP(duration_ms)","start":"1700000000000000000",` +
	`"step":60000000000,"count":4,"scale":"log","min":1,"max":1000,"bins":3,"counts":[9,0,0,90,3,0,100,20,0,50,5,1]}]},"elapsed_ms":2,"scanned":278,"complete":true}
`

const emptyAnswer = `{"type":"done","result":{"columns":[{"name":"SUM(nosuch)","kind":"float"}],"rows":[[null]]},"elapsed_ms":0.4,"scanned":9,"complete":true}
`

const tracesAnswer = `{"base":"1700000000000000000","next":"more","traces":[` +
	`{"trace_id":"0123456789abcdef0123456789abcdef","start":0,"duration":20000000,"root":{"service":"web","name":"GET /日本"},"spans":4,"errors":1,"services":[{"name":"web"}]},` +
	`{"trace_id":"1123456789abcdef0123456789abcdef","start":-5000000,"duration":900,"root":{"service":"","name":"","missing":true},"spans":1,"errors":0,"services":[]}]}`

const tailAnswer = "event: hello\ndata: {}\n\nevent: events\ndata: " + `{"events":[` +
	`{"time":"1700000000000000000","dataset":"web","fields":{"name":"GET /a","duration_ms":12.5,"error":true,"exception.message":"no index","user.id":"u 1","library.name":"x","trace.trace_id":"aa"}},` +
	`{"time":"1700000001000000000","dataset":"a-long-one","fields":{"body":"` + hostile + `","severity":"warn","meta.signal_type":"log"}},` +
	`{"time":"1700000002000000000","dataset":"web","fields":{"name":"cache miss","meta.annotation_type":"span_event","meta.signal_type":"trace","cache.key":"k"}}],"skipped":3}` + "\n\n"

const linesAnswer = "event: events\ndata: " + `{"events":[` +
	`{"time":"1700000000000000000","dataset":"-shop-api","fields":{"log.group":"/shop/api","log.stream":"web","_arrival":1,"meta.signal_type":"log","severity":"error","body":"{\"level\":\"error\",\"user\":{\"id\":7}}","level":"error","user.id":7,"trace.trace_id":"aa"}},` +
	`{"time":"1700000001000000000","dataset":"-shop-api","fields":{"log.group":"/shop/api","log.stream":"web","meta.signal_type":"log","severity":"warn","body":"WARN slow {not json}","took_ms":5}}],"skipped":0}` + "\n\n"

const insightsAnswerText = `{"type":"plan"}
{"type":"progress","share":0.5}
{"type":"done","columns":[{"name":"level","type":"any"},{"name":"n","type":"number"},{"name":"@ptr","type":"pointer"}],"rows":[["error","12","x"],["` + hostile + `","3",null],[null,"1",null]],` +
	`"statistics":{"matched":16,"scanned":12000,"bytes":5},"elapsed_ms":12.5,"complete":true}
`

const storageAnswer = `{"datasets":[{"slug":"-shop-api","name":"/shop/api"},{"slug":"web","name":"web"}]}`

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
		"/api/bubbleup": bubbleUpAnswer, "/api/traces": tracesAnswer, "/api/tail": tailAnswer,
		"/api/insights": insightsAnswerText, "/api/storage": storageAnswer,
	}
	other := map[string]string{"heatmap": heatmapAnswer, "empty": emptyAnswer}
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
		{"bubbleup", 100, false, []string{"bubbleup", "duration_ms > 500"}},
		{"bubbleup_json", 0, false, []string{"bubbleup", "--json", "duration_ms > 500"}},
		{"query_empty", 80, false, []string{"query", "VISUALIZE SUM(nosuch)"}},
		{"heatmap", 60, false, []string{"query", "VISUALIZE HEATMAP(duration_ms)"}},
		{"heatmap_csv", 0, false, []string{"query", "--csv", "VISUALIZE HEATMAP(duration_ms)"}},
		{"traces_wide", 120, true, []string{"traces"}},
		{"traces_narrow", 80, false, []string{"traces", "--last", "2h"}},
		{"traces_pipe", 0, false, []string{"traces"}},
		{"tail", 80, false, []string{"tail"}},
		{"tail_color", 80, true, []string{"tail"}},
		{"tail_narrow", 40, false, []string{"tail"}},
		{"tail_fields", 0, false, []string{"tail", "--fields", "name,user.id"}},
		{"query_group", 80, false, []string{"query", "--group", "/shop/*", "stats count(*) as n by level"}},
		{"query_group_csv", 80, false, []string{"query", "--group", "/shop/api,web", "--csv", "stats count(*) as n by level"}},
		{"tail_lines", 100, false, []string{"tail", "--group", "/shop/api"}},
		{"tail_lines_color", 100, true, []string{"tail", "--group", "/shop/api"}},
		{"tail_all", 0, false, []string{"tail", "--fields", "*"}},
		{"help", 80, false, []string{"traces", "--help"}},
	} {
		t.Run(c.file, func(t *testing.T) {
			t.Parallel()
			answer := maps.Clone(known)
			for name, text := range other {
				if strings.Contains(c.file, name) {
					answer["/api/query"] = text
				}
			}
			if strings.Contains(c.file, "lines") {
				answer["/api/tail"] = linesAnswer
			}
			out, err := run(t, &answers{byPath: answer}, Streams{Width: c.width, Hints: c.width > 0, Color: c.color}, c.args...)
			if err != nil && !errors.Is(err, flag.ErrHelp) {
				t.Fatal(err)
			}
			if strings.ContainsAny(colorCode.ReplaceAllString(out, ""), "\x07\u009b\u202e\x1b") && c.file != "query_csv" {
				t.Errorf("a control character reaches the terminal: %q", out)
			}
			out = withoutURL(out)
			golden.Check(t, filepath.Join("testdata", c.file+".txt"), out)
		})
	}
}

// colorCode is all that the commands may send to a terminal besides text.
var colorCode = regexp.MustCompile("\x1b\\[[0-9]{1,2}m")

// withoutURL takes the test server's address out of a help text.
func withoutURL(s string) string {
	return regexp.MustCompile(`http://127.0.0.1:\d+`).ReplaceAllString(s, "http://127.0.0.1:PORT")
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
		{"no such group", answers{byPath: map[string]string{"/api/storage": storageAnswer}}, []string{"query", "--group", "/none", "fields a"}, false, "no log group /none"},
		{"stream alone", answers{}, []string{"tail", "--stream", "web"}, true, "wants --group"},
		{"form", answers{}, []string{"tail", "--output", "csv"}, true, "one of table, json"},
		{"the future", answers{}, []string{"traces", "--last", "-1h"}, true, "at least a second"},
		{"two ids", answers{}, []string{"traces", "show", "a", "b"}, true, "one trace id"},
		{"doctor's argument", answers{}, []string{"doctor", "now"}, true, "flags only"},
		{"unknown command", answers{}, []string{"qeury"}, true, "did you mean query?"},
		{"no JSON", answers{}, []string{"query", "{oops"}, false, "not valid JSON"},
		{"no file", answers{}, []string{"query", "@/nonexistent"}, false, "read the question"},
		{"not Oriel", answers{}, []string{"traces"}, false, "not Oriel's API (status 404)"},
		{"no key", answers{byPath: map[string]string{"/api/traces": ""}, status: 401}, []string{"traces"}, false, "--key or ORIEL_KEY"},
		{"wrong key", answers{byPath: map[string]string{"/api/traces": ""}, status: 401}, []string{"traces", "--key", "old"}, false, "does not know this key"},
		{"position", answers{byPath: map[string]string{"/api/query": refusal}, status: 400}, []string{"query", "VISUALIZE x"}, false, "no column \\x1b[31mx\n  VISUALIZE x\n            ^"},
		{"no server", answers{}, []string{"traces", "--url", "127.0.0.1:1"}, false, "is the server running there?"},
		{"no address", answers{}, []string{"traces", "--url", "::::x"}, false, "write it as http://HOST:PORT"},
		{"broken off", answers{byPath: map[string]string{"/api/query": `{"type":"plan"}`}}, []string{"query", "VISUALIZE COUNT"}, false, "broke off"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := run(t, &c.a, Streams{}, c.args...)
			var misuse *usage.Error
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
