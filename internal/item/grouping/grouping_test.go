package grouping_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/oriel-dev/oriel/internal/item/grouping"
)

type object = map[string]any

// frames makes frames of pairs of file and method, oldest call first.
func frames(pairs ...string) []any {
	var out []any
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, object{"filename": pairs[i], "method": pairs[i+1], "lineno": 10 * i})
	}
	return out
}

func trace(class, message string, pairs ...string) object {
	return object{"frames": frames(pairs...), "exception": object{"class": class, "message": message}}
}

func python(class, message string, pairs ...string) object {
	return object{"language": "python 3.11.7", "body": object{"trace": trace(class, message, pairs...)}}
}

func rooted(data object, root string) object {
	data["server"] = object{"root": root}
	return data
}

func script(class, message string, pairs ...string) object {
	return object{"language": "javascript", "body": object{"trace": trace(class, message, pairs...)}}
}

// golang is a chain of one as rollbar-go sends it: the newest call first.
func golang(class, message string, pairs ...string) object {
	return object{"language": "go", "body": object{"trace_chain": []any{trace(class, message, pairs...)}}}
}

func message(text string) object { return object{"body": object{"message": object{"body": text}}} }

func decide(t *testing.T, data object) grouping.Decision {
	t.Helper()
	var r *grouping.Rules
	d := r.Decide(data)
	var m grouping.Memo
	for range 2 { // new, and known
		if got := m.Decide(nil, data); !reflect.DeepEqual(got, d) {
			t.Fatalf("remembered %+v, decided %+v", got, d)
		}
	}
	return d
}

// The worked examples of the reference.
func TestDecide_GroupsTheWorkedExamples(t *testing.T) {
	t.Parallel()
	recursion := func(depth int) object {
		pairs := []string{"/a.py", "main"}
		for range depth {
			pairs = append(pairs, "/a.py", "f")
		}
		return python("RecursionError", "deep", pairs...)
	}
	one := func() object {
		return rooted(python("ValueError", "bad 17", "/srv/app/views.py", "index", "/srv/app/db.py", "load"), "/srv/app")
	}
	for _, c := range []struct {
		name      string
		data      object
		canonical string
		sha       string
	}{
		{"1", one(), "e:<root>/views.py|index;<root>/db.py|load!ValueError", "ef1e27e7ff9dbf3f43d2236549acbadf36e5038d"},
		{"2 another message", rooted(python("ValueError", "totally other 99", "/srv/app/views.py", "index", "/srv/app/db.py", "load"), "/srv/app"), "", "ef1e27e7ff"},
		{"3 another class", rooted(python("KeyError", "x", "/srv/app/views.py", "index", "/srv/app/db.py", "load"), "/srv/app"), "", "57855500be"},
		{"4 another caller", rooted(python("ValueError", "x", "/srv/app/cron.py", "run", "/srv/app/db.py", "load"), "/srv/app"), "e:<root>/cron.py|run;<root>/db.py|load!ValueError", "b685b87f06"},
		{"5 another root", rooted(python("ValueError", "x", "/data/releases/20240512093011/views.py", "index", "/data/releases/20240512093011/db.py", "load"), "/data/releases/20240512093011"), "", "ef1e27e7ff"},
		{"6", python("ValueError", "x", "/data/releases/20240512093011/a.py", "f"), "e:/data/releases/#/a.py|f!ValueError", "5cc77409a197f252b63d6c1e758668dd270aaf8e"},
		{"6 B", python("ValueError", "x", "/data/releases/20240601120000/a.py", "f"), "", "5cc77409a1"},
		{"7", object{"language": "ruby", "body": object{"trace": trace("NoMethodError", "x", "/app/views/show.erb", "_app_views_show_erb__1234567_89")}}, "e:/app/views/show.erb|_app_views_show_erb__#_#!NoMethodError", "448eb9de0c"},
		{"7 B", object{"language": "ruby", "body": object{"trace": trace("NoMethodError", "x", "/app/views/show.erb", "_app_views_show_erb__7654321_12")}}, "", "448eb9de0c"},
		{"8", script("TypeError", "x", "https://a.example.com/static/main.3f2a9c1b.js", "t"), "e:/static/main.#.js|t!TypeError", "bdeed995ff7093d5f7099442bb86f17810dace67"},
		{"8 B", script("TypeError", "x", "https://b.example.com/static/main.9be01f77.js?v=2", "t"), "", "bdeed995ff"},
		{"9", message("user 12345 logged in"), "m:user # logged in", "7c15be981799d5c86c9b9af2e9375d740ec984d1"},
		{"9 B", message("user 98 logged in"), "", "7c15be9817"},
		{"10", message("shard 3 down"), "m:shard 3 down", "56dba2ca09"},
		{"10 B", message("shard 4 down"), "m:shard 4 down", "8169135df2"},
		{"11", message("upstream returned HTTP 404 for /u/99"), "m:upstream returned HTTP 404 for /u/#", "80fe4542ac"},
		{"11 B", message("upstream returned HTTP 500 for /u/77"), "m:upstream returned HTTP 500 for /u/#", "bba36052de"},
		{"12", message("2024-05-12T09:30:11Z mail to ann@x.io from 10.0.0.1 took 12.5 s id deadbeef01"), "m:# mail to # from # took # s id #", "765b613c02aea16b8822a4bfbe79b5fc36ce48fa"},
		{"12 B", message("2025-01-01T00:00:00Z mail to bob@y.org from 192.168.7.9 took 0.75 s id 00c0ffee"), "", "765b613c02"},
		{"13", message("facade added"), "m:facade added", "8021404541"},
		{"13 B", message("decade added"), "m:decade added", "22ee16a76d"},
		{"16", golang("errors.errorString", "dial tcp 10.0.0.1:5432: timeout", "github.com/rollbar/rollbar-go@v1.4.8/client.go", "rollbar.(*Client).Error", "/src/app/handler.go", "app.report", "runtime/proc.go", "runtime.main"), "e:/src/app/handler.go|app.report!errors.errorString!dial tcp #: timeout", "e6b078c151"},
		{"16 B", golang("errors.errorString", "invalid cart", "github.com/rollbar/rollbar-go@v1.4.8/client.go", "rollbar.(*Client).Error", "/src/app/handler.go", "app.report", "runtime/proc.go", "runtime.main"), "", "6dac3af92f"},
		{"17", golang("main.MyErr", "x", "github.com/rollbar/rollbar-go@v1.4.5/client.go", "rollbar.x", "github.com/acme/lib@v1.2.0/l.go", "lib.Do", "/src/app/handler.go", "app.h"), "e:/src/app/handler.go|app.h;github.com/acme/lib/l.go|lib.Do!main.MyErr", "85c126c1d14ed67f5236c307c899d128d4a52cc8"},
		{"17 B", golang("main.MyErr", "other", "github.com/rollbar/rollbar-go@v1.4.8/client.go", "rollbar.x", "github.com/acme/lib@v1.9.9/l.go", "lib.Do", "/src/app/handler.go", "app.h"), "", "85c126c1d1"},
		{"18", python("ValueError", "x", "/a.py", "f"), "e:/a.py|f!ValueError", "d92305c2c4"},
		{"18 B", object{"language": "python", "body": object{"trace_chain": []any{trace("ValueError", "x", "/a.py", "f"), trace("KeyError", "y", "/b.py", "g")}}}, "e:/a.py|f!ValueError / /b.py|g!KeyError", "ed8bab3593"},
		{"19", recursion(5), "e:/a.py|main;/a.py|f!RecursionError", "fdc2a363035773a5267afce9f41ff5e953aa0fa8"},
		{"19 B", recursion(900), "", "fdc2a36303"},
		{"20", script("(unknown)", "Script error."), "e:!(unknown)!Script error.", "0168f51547"},
		{"20 B", script("(unknown)", "ResizeObserver loop limit exceeded"), "", "de15c49dc4"},
		{"21", python("IntegrityError", "x", "/usr/lib/python3.9/site-packages/sqlalchemy/engine/base.py", "execute"), "e:<site>/sqlalchemy/engine/base.py|execute!IntegrityError", "4b8ad65cb054a617d00e905bd7ae1148ea04faaa"},
		{"21 B", python("IntegrityError", "x", "/opt/venv/lib/python3.12/site-packages/sqlalchemy/engine/base.py", "execute"), "", "4b8ad65cb0"},
	} {
		d := decide(t, c.data)
		if c.canonical != "" && d.Canonical != c.canonical {
			t.Errorf("%s: canonical %q, want %q", c.name, d.Canonical, c.canonical)
		}
		if !strings.HasPrefix(d.Fingerprint, c.sha) || d.Step != grouping.StepDefault {
			t.Errorf("%s: %s by %s, want %s… (%s)", c.name, d.Fingerprint, d.Step, c.sha, d.Canonical)
		}
	}
}

func TestDecide_TakesTheClientsFingerprint(t *testing.T) {
	t.Parallel()
	a, b := message("a"), python("ValueError", "x", "/a.py", "f")
	a["fingerprint"], b["fingerprint"] = "f1", "f1"
	if d, e := decide(t, a), decide(t, b); d.Fingerprint != "f1" || e.Fingerprint != "f1" || d.Step != grouping.StepClient {
		t.Errorf("%+v %+v", d, e)
	}
	a["fingerprint"] = strings.Repeat("x", 41)
	if d := decide(t, a); d.Fingerprint != "9dc0da3613af850c5a018b0a88a5626fb8888e4e" {
		t.Error(d.Fingerprint)
	}
}

func TestDecide_Titles(t *testing.T) {
	t.Parallel()
	wrapped := object{"language": "go", "title": "wrap: boom", "body": object{"trace_chain": []any{trace("fmt.wrapError", "wrap: boom"), trace("main.MyErr", "boom")}}}
	long := strings.Repeat("abcdef ", 43)
	for want, data := range map[string]object{
		"TypeError: x is undefined":            script("TypeError", "x is undefined"),
		"wrap: boom":                           wrapped,
		"E":                                    script("E", ""),
		"line1 line2":                          message("line1\nline2"),
		long[:252] + "...":                     message(long),
		"EXC_BAD_ACCESS (SIGSEGV)":             {"body": object{"crash_report": object{"raw": "Process: App\nException Type:  EXC_BAD_ACCESS (SIGSEGV)\n"}}},
		"no known form":                        {"body": object{"crash_report": object{"raw": "\n\nno known form\nat all"}}},
		"(unknown): text of a very old client": {"body": object{"trace": object{"exception": object{"message": "text of a very old client"}}}},
		"RuntimeError":                         {"body": object{"trace": object{"exception": "RuntimeError"}}},
	} {
		if d := decide(t, data); d.Title != want {
			t.Errorf("%q, want %q", d.Title, want)
		}
	}
}
