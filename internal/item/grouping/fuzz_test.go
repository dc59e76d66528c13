package grouping_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/oriel-dev/oriel/internal/item/grouping"
)

const everyRule = `[{"condition":{"any":[{"path":"body.trace.frames.*.filename","contains":"x"},{"path":"body.*.exception.class","regex_match":"(?<=a)b"},{"path":"custom.n","gt":1}]},"fingerprint":"{{ default_fingerprint }}-{{ body.trace.frames.-1.method }}","title":"{{ default_title }}{{ * }}"}]`

func FuzzDecide(f *testing.F) {
	f.Add(`{"language":"go","body":{"trace_chain":[{"frames":[{"filename":"/a/b.go","method":"f","lineno":"x"}],"exception":{"class":1,"message":[]}}]},"server":{"root":"/a"}}`)
	f.Add(`{"body":{"message":{"body":"a 12 2024-05-12T09:30:11Z ::1 code 12"}},"fingerprint":{"a":1}}`)
	f.Add(`{"body":{"crash_report":{"raw":"Exception Type: A\nThread 0 Crashed:\n0 App 0x1 f + 3"}},"custom":{"n":"2"}}`)
	f.Add(`{"body":[],"level":7,"notifier":"x","project_package_paths":[1,null,"/"]}`)
	rules, err := grouping.Compile(everyRule, `[{"pattern":"(a+)","replacement":"\\1$x\\9"}]`, false)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var data map[string]any
		if json.Unmarshal([]byte(text), &data) != nil {
			return
		}
		var m grouping.Memo
		want := (*grouping.Rules)(nil).Decide(data)
		for range 2 { // new, and known
			if got := m.Decide(nil, data); !reflect.DeepEqual(got, want) {
				t.Fatalf("remembered %+v, decided %+v", got, want)
			}
		}
		d := rules.Decide(data)
		if again := rules.Decide(data); !reflect.DeepEqual(again, d) {
			t.Fatalf("%+v, then %+v", d, again)
		}
		if w := rules.Explain(data); !reflect.DeepEqual(w.Decision, d) || len(w.Words) == 0 {
			t.Fatalf("explained %+v, decided %+v", w.Decision, d)
		}
		if utf8.RuneCountInString(d.Fingerprint) > 40 || d.Fingerprint == "" || utf8.RuneCountInString(d.Title) > 255 || strings.ContainsAny(d.Title, "\n\r") || d.Title == "" {
			t.Fatalf("%+v", d)
		}
	})
}

func FuzzFromEvent(f *testing.F) {
	for _, language := range []string{"", "go", "python", "java", "nodejs", "webjs", "ruby", "php", "dotnet"} {
		f.Add(language, "a.B", "x", "Traceback (most recent call last):\n  File \"/a\", line 1, in f\n    x\nE: y\n")
		f.Add(language, "*a.B", "x", "goroutine 1 [running]:\nmain.f({0x1, 0x2})\n\t/a/b.go:1 +0x1\n")
		f.Add(language, "", "", "E: x\n\tat a.B.c(B.java:1)\nCaused by: D\n\t... 1 more\n")
		f.Add(language, "", "", "E: x\n    at f (https://x/y.js:1:2)\nf@https://x/y.js:1:2\n#0 /a.php(1): f()\n/a.rb:1:in `f'\n")
	}
	f.Fuzz(func(t *testing.T, language, class, message, stack string) {
		data := grouping.FromEvent(grouping.Event{Language: language, Type: class, Message: message, Stacktrace: stack})
		if _, err := json.Marshal(data); err != nil {
			t.Fatal(err)
		}
		decide(t, data)
	})
}

// What differs from one occurrence to the next does not matter.
func TestDecide_IgnoresLinesAddressesAndIDs(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var r *grouping.Rules
		language := rapid.SampledFrom([]string{"python", "javascript", "go", "ruby"}).Draw(t, "language")
		calls := rapid.SliceOfN(rapid.SampledFrom([]string{"index", "load", "save", "lambda", "retry"}), 1, 8).Draw(t, "calls")
		build := func(salt int) object {
			var frames []any
			for i, c := range calls {
				frames = append(frames, object{
					"filename": fmt.Sprintf("/data/releases/2024%010d/app/%s.py", salt, c), "method": fmt.Sprintf("%s_0x%x_%d", c, salt+1000, salt+10), "lineno": salt + i, "colno": salt,
					"code": fmt.Sprint(salt), "locals": object{"x": salt},
				})
			}
			return object{"language": language, "uuid": fmt.Sprint(salt), "timestamp": salt, "person": object{"id": salt}, "body": object{"trace": object{
				"frames": frames, "exception": object{"class": "CartError", "message": fmt.Sprintf("cart %d of 0x%x at 10.0.0.%d:%d", salt+10, salt, salt%250, 1000+salt)},
			}}}
		}
		a, b := rapid.IntRange(0, 1<<30).Draw(t, "a"), rapid.IntRange(0, 1<<30).Draw(t, "b")
		one, other := r.Decide(build(a)), r.Decide(build(b))
		if one.Fingerprint != other.Fingerprint {
			t.Fatalf("%s\n%s", one.Canonical, other.Canonical)
		}
		if m := func(n int) string {
			return grouping.NormalMessage(fmt.Sprintf("order %d of %08d-e29b-41d4-a716-446655440000 for a%d@x.io from 10.0.0.%d took %d.5 ms, HTTP 503", n+10, n%100000000, n, n%250, n))
		}; m(a) != m(b) {
			t.Fatalf("%s\n%s", m(a), m(b))
		}
		changed := build(a)
		changed["body"].(object)["trace"].(object)["exception"].(object)["class"] = "OrderError" //nolint:forcetypeassert // made above
		if r.Decide(changed).Fingerprint == one.Fingerprint {
			t.Fatal("the class does not matter")
		}
	})
}

func TestExplain_SaysWhichFramesCountedAndWhy(t *testing.T) {
	t.Parallel()
	var r *grouping.Rules
	w := r.Explain(golang("errors.errorString", "no cart 17", "github.com/rollbar/rollbar-go@v1.4.8/client.go", "rollbar.Error", "github.com/acme/lib@v1.2.0/l.go", "lib.Do",
		"/src/app/handler.go", "app.h", "/src/app/handler.go", "app.h", "/usr/local/go/src/net/http/server.go", "http.serve"))
	var got []string
	for _, f := range w.Frames {
		got = append(got, fmt.Sprintf("%s %v %s", f.Method, f.Counted, f.Why))
	}
	want := []string{
		"http.serve false not the project's own code",
		"app.h true the project's own code",
		"lib.Do true where it went wrong, though it is not the project's own code",
		"rollbar.Error false part of the reporting library",
	}
	if strings.Join(got, "; ") != strings.Join(want, "; ") {
		t.Errorf("%q", got)
	}
	if text := strings.Join(w.Words, " "); !strings.Contains(text, "its message counts too") || w.Culprit != "app.h in app/handler.go" {
		t.Errorf("%s; %s", text, w.Culprit)
	}
	ruled := compile(t, `[{"condition":{"path":"level","eq":null},"fingerprint":"quiet"}]`, "", true)
	data := message("x")
	data["fingerprint"] = "mine"
	if text := strings.Join(ruled.Explain(data).Words, " "); !strings.Contains(text, "ignores") || !strings.Contains(text, `Rule 1 of the project is the first that fits; it gives "quiet".`) {
		t.Error(text)
	}
}

func BenchmarkDecide(b *testing.B) {
	var pairs []string
	for i := range 20 {
		pairs = append(pairs, fmt.Sprintf("/data/releases/20240512093011/app/part%d/views.py", i), "index", "/usr/lib/python3.9/site-packages/django/core/handlers/base.py", fmt.Sprintf("call_%d", i))
	}
	data := python("ValueError", "bad 17 of 0x7f at 10.0.0.1:80", pairs...)
	var r *grouping.Rules
	for b.Loop() {
		r.Decide(data)
	}
}

func BenchmarkNormalMessage(b *testing.B) {
	const text = "GET https://api.example.com/v2/users/48211/orders failed after 3 attempts: upstream 10.2.3.4:8080 answered HTTP 503 in 120.5 ms (request 550e8400-e29b-41d4-a716-446655440000)"
	for b.Loop() {
		grouping.NormalMessage(text)
	}
}

func BenchmarkFromEvent(b *testing.B) {
	stack := "Traceback (most recent call last):\n" + strings.Repeat("  File \"/srv/app/part/views.py\", line 10, in index\n    return load(user)\n  File \"/srv/app/db.py\", line 33, in load\n    raise CartError()\n", 10) + "CartError: no cart\n"
	var r *grouping.Rules
	for b.Loop() {
		r.Decide(grouping.FromEvent(grouping.Event{Language: "python", Type: "CartError", Message: "no cart", Stacktrace: stack}))
	}
}
