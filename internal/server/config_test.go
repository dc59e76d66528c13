package server

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/oriel-dev/oriel/internal/golden"
)

var _ = golden.Flag()

func load(t *testing.T, yaml string, environ, args []string) (Config, error) {
	t.Helper()
	if yaml != "" {
		path := filepath.Join(t.TempDir(), "oriel.yaml")
		if err := os.WriteFile(path, []byte(yaml), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append([]string{"--config", path}, args...)
	}
	getenv := func(name string) (string, bool) {
		for _, kv := range environ {
			if k, v, _ := strings.Cut(kv, "="); k == name {
				return v, true
			}
		}
		return "", false
	}
	return DefaultConfig().Load("Usage: oriel serve [flags]\n", args, getenv, environ, io.Discard)
}

func TestLoad_StrongerSourcesWin(t *testing.T) {
	t.Parallel()
	const yaml = "retention: 3h\nmax_fields: 30\nquery-threads: 3\nmemory: 2GiB\nquery_timeout: 1d\n"
	environ := []string{
		"ORIEL_RETENTION=2h", "ORIEL_MAX_FIELDS=20", "ORIEL_KEY=k",
		// What Kubernetes tells the pods beside a service called oriel.
		"ORIEL_SERVICE_HOST=10.0.0.1", "ORIEL_SERVICE_PORT=6743", "ORIEL_SERVICE_PORT_HTTP=6743", "ORIEL_PORT=tcp://10.0.0.1:6743",
		"ORIEL_PORT_6743_TCP=tcp://10.0.0.1:6743", "ORIEL_PORT_6743_TCP_ADDR=10.0.0.1", "ORIEL_WEB_SERVICE_HOST=10.0.0.2", "ORIEL_WEB_PORT_80_TCP_PROTO=tcp",
	}
	got, err := load(t, yaml, environ, []string{"--retention", "1h"})
	if err != nil {
		t.Fatal(err)
	}
	want := DefaultConfig()
	want.Retention, want.MaxFields, want.QueryThreads, want.MemoryBytes, want.QueryTimeout = time.Hour, 20, 3, 2<<30, 24*time.Hour
	want.Auth, want.File = AuthOpen, got.File
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestLoad_EmptySwitchesAnAddressOff(t *testing.T) {
	t.Parallel()
	got, err := load(t, "otlp_http:\n", []string{"ORIEL_OTLP_GRPC="}, nil)
	if err != nil || got.OTLPGRPC != "" || got.OTLPHTTP != "" {
		t.Errorf("%+v %v", got, err)
	}
}

func TestLoad_SaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, yaml    string
		environ, args []string
		want          []string
	}{
		{"flag", "", nil, []string{"--retension", "1h"}, []string{"--retension", "did you mean --retention?"}},
		{"environment", "", []string{"ORIEL_LISTENN=x"}, nil, []string{"ORIEL_LISTENN", "did you mean ORIEL_LISTEN?"}},
		{"environment, like a service", "", []string{"ORIEL_SERVICE_HOSTS=x"}, nil, []string{"ORIEL_SERVICE_HOSTS"}},
		{"file", "max_field: 3\n", nil, nil, []string{`"max_field"`, "did you mean max_fields?"}},
		{"nothing near", "zzzzzzzzzz: 3\n", nil, nil, []string{`unknown setting "zzzzzzzzzz"`}},
		{"file in file", "config: other.yaml\n", nil, nil, []string{`unknown setting "config"`}},
		{"list", "- retention\n", nil, nil, []string{"settings file", "as retention: 60d"}},
		{"no yaml", "a: [", nil, nil, []string{"settings file"}},
		{"no duration", "", []string{"ORIEL_RETENTION=soon"}, nil, []string{`ORIEL_RETENTION="soon"`}},
		{"argument", "", nil, []string{"data"}, []string{`unexpected argument "data"`}},
		{"auth", "", nil, []string{"--auth", "maybe"}, []string{"open, required or auto"}},
		{"memory", "", nil, []string{"--memory", "5"}, []string{"256 MiB"}},
		{"zero", "", nil, []string{"--max-queries", "0"}, []string{"max-queries is 0; it must be at least 1"}},
		{"negative bytes", "", nil, []string{"--retention-bytes", "-1"}, []string{"retention-bytes is -1"}},
		{"negative time", "", nil, []string{"--retention", "-1h"}, []string{"retention is -1h0m0s"}},
		{"open to all", "", nil, []string{"--auth", "open", "--listen", "0.0.0.0:0"}, []string{"--insecure", "--auth required"}},
		{"no port", "", nil, []string{"--listen", "6743"}, []string{`listen is "6743"; it must be HOST:PORT`}},
		{"port", "", []string{"ORIEL_OTLP_HTTP=localhost:70000"}, nil, []string{"otlp-http", "from 0 to 65535"}},
		{"level", "log_level: loud\n", nil, nil, []string{`log-level is "loud"; it must be debug, info, warn or error`}},
		{"not a length", "retention: 3 years\n", nil, nil, []string{`retention: it must be a length of time, as 300ms, 90s, 36h or 60d`}},
		{"data", "", nil, []string{"--data", ""}, []string{"name a folder"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := load(t, c.yaml, c.environ, c.args)
			if err == nil {
				t.Fatal("taken")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q has no %q", err, want)
				}
			}
		})
	}
}

func TestLoad_AuthFollowsTheAddresses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ listen, want string }{
		{"127.0.0.1:0", AuthOpen},
		{"localhost:0", AuthOpen},
		{"[::1]:0", AuthOpen},
		{"", AuthOpen},
		{"0.0.0.0:0", AuthRequired},
		{":6743", AuthRequired},
		{"10.0.0.1:6743", AuthRequired},
	} {
		got, err := load(t, "", nil, []string{"--listen", c.listen})
		if err != nil || got.Auth != c.want {
			t.Errorf("%q: %q, %v", c.listen, got.Auth, err)
		}
	}
}

func TestLoad_HelpNamesEverySetting(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	_, err := DefaultConfig().Load("Usage: oriel serve [flags]\n", []string{"--help"}, func(string) (string, bool) { return "", false }, nil, &out)
	if !errors.Is(err, flag.ErrHelp) {
		t.Fatal(err)
	}
	for _, s := range settings() {
		if !strings.Contains(out.String(), "-"+s.name) {
			t.Errorf("the help has no %s", s.name)
		}
	}
}

func TestPrint_IsReadBack(t *testing.T) {
	t.Parallel()
	want, err := load(t, "", []string{"ORIEL_KEY=very-secret"}, []string{"--retention", "5h", "--otlp-grpc", "", "--data", "d"})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := want.Print(&out); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "very-secret") {
		t.Errorf("a secret is printed:\n%s", &out)
	}
	got, err := load(t, out.String(), nil, nil)
	got.File = ""
	if d := cmp.Diff(want, got); err != nil || d != "" {
		t.Errorf("%v %s\n%s", err, d, &out)
	}
}

// The page's table is written by this test, so that it cannot drift.
func TestConfigurationPage_MatchesTheSettings(t *testing.T) {
	t.Parallel()
	const path, begin, end = "../../docs/configuration.md", "<!-- settings: written by go test ./internal/server -update -->\n", "<!-- end of settings -->"
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(page), begin)
	_, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatalf("%s has lost the marks around its table", path)
	}
	var table bytes.Buffer
	if err := writeSettingsTable(&table); err != nil {
		t.Fatal(err)
	}
	golden.Check(t, path, before+begin+table.String()+end+after)
}
