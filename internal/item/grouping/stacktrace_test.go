package grouping_test

import (
	"testing"

	"github.com/oriel-dev/oriel/internal/item/grouping"
)

// The same exception, told by OpenTelemetry and by Rollbar's SDK, is one item.
func TestFromEvent_GroupsAsTheSDKsPayloadOfTheSameException(t *testing.T) {
	t.Parallel()
	chain := func(language string, traces ...any) object {
		return object{"language": language, "body": object{"trace_chain": traces}}
	}
	for name, c := range map[string]struct {
		event grouping.Event
		sdk   object
	}{
		"python": {
			grouping.Event{Language: "python", Type: "app.errors.CartError", Message: "no cart", Stacktrace: `Traceback (most recent call last):
  File "/srv/app/views.py", line 10, in index
    return load(user)
           ^^^^^^^^^^
  File "/srv/app/db.py", line 33, in load
    raise CartError("no cart")
app.errors.CartError: no cart
`}, python("CartError", "no cart", "/srv/app/views.py", "index", "/srv/app/db.py", "load"),
		},
		"python, of a chain, known by its look": {
			grouping.Event{Type: "CartError", Message: "no cart", Stacktrace: `Traceback (most recent call last):
  File "/srv/app/db.py", line 3, in get
    return rows[0]
IndexError: list index out of range

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "/srv/app/views.py", line 10, in index
    get()
  [Previous line repeated 3 more times]
CartError: no cart
`}, chain("python", trace("CartError", "", "/srv/app/views.py", "index"), trace("IndexError", "", "/srv/app/db.py", "get")),
		},
		"go": {
			grouping.Event{Language: "go", Type: "*errors.errorString", Message: "no cart 17", Stacktrace: "goroutine 34 [running]:\n" +
				"go.opentelemetry.io/otel/sdk/trace.recordStackTrace()\n\t/go/pkg/mod/go.opentelemetry.io/otel/sdk@v1.28.0/trace/span.go:449 +0x5a\n" +
				"go.opentelemetry.io/otel/sdk/trace.(*recordingSpan).RecordError(0xc0000b4000, {0x7f, 0xc0})\n\t/go/pkg/mod/go.opentelemetry.io/otel/sdk@v1.28.0/trace/span.go:400 +0x2c4\n" +
				"github.com/acme/shop/cart.(*Cart).Total(0xc0000b4000, {0x1, 0x2})\n\t/src/github.com/acme/shop/cart/cart.go:20 +0x1d\n" +
				"main.handler(...)\n\t/src/app/main.go:31\n" +
				"net/http.HandlerFunc.ServeHTTP(0x1, {0x2, 0x3}, 0x4)\n\t/usr/local/go/src/net/http/server.go:2171 +0x29\n" +
				"created by net/http.(*Server).Serve in goroutine 1\n\t/usr/local/go/src/net/http/server.go:3285 +0x4b4\n"},
			golang("errors.errorString", "no cart 99", "github.com/rollbar/rollbar-go@v1.4.8/client.go", "rollbar.Error",
				"github.com/acme/shop/cart/cart.go", "cart.(*Cart).Total", "/src/app/main.go", "main.handler", "/usr/local/go/src/net/http/server.go", "http.HandlerFunc.ServeHTTP", "/usr/local/go/src/runtime/asm_amd64.s", "runtime.goexit"),
		},
		"go, of a segment document": {
			grouping.Event{Language: "go", Type: "shop.CartError", Message: "no cart", Stacktrace: "shop.CartError: no cart\n    at cart.Total (/src/app/cart.go:20)\n    at main.handler (/src/app/main.go:31)"},
			golang("shop.CartError", "x", "/src/app/cart.go", "cart.Total", "/src/app/main.go", "main.handler"),
		},
		"node": {
			grouping.Event{Language: "nodejs", Type: "TypeError", Message: "x is not a function", Stacktrace: "TypeError: x is not a function\n    at Cart.total (/app/src/cart.js:10:5)\n    at async run (file:///app/src/main.mjs:3:1)\n    at node:internal/process/task_queues:95:5\n"},
			script("TypeError", "x is not a function", "node:internal/process/task_queues", "<unknown>", "/app/src/main.mjs", "async run", "/app/src/cart.js", "Cart.total"),
		},
		"a browser": {
			grouping.Event{Language: "webjs", Type: "TypeError", Message: "e", Stacktrace: "t@https://b.example.com/static/main.9be01f77.js?v=2:1:2\n@https://b.example.com/static/main.9be01f77.js:9:1\n"},
			script("TypeError", "x", "https://a.example.com/static/main.3f2a9c1b.js", "[anonymous]", "https://a.example.com/static/main.3f2a9c1b.js", "t"),
		},
		"java": {
			grouping.Event{Language: "java", Type: "java.lang.IllegalStateException", Message: "x", Stacktrace: "java.lang.IllegalStateException: x\n" +
				"\tat com.acme.Cart.total(Cart.java:10)\n\tat com.acme.Main.run(Main.java:5)\n\tat java.base/java.lang.Thread.run(Thread.java:833)\n" +
				"Caused by: java.io.IOException: gone\n\tat com.acme.Store.read(Store.java:7)\n\t... 2 more\n"},
			chain("java", trace("java.lang.IllegalStateException", "x", "Thread.java", "run", "Main.java", "run", "Cart.java", "total"),
				trace("java.io.IOException", "gone", "Thread.java", "run", "Main.java", "run", "Store.java", "read")),
		},
		"ruby": {
			grouping.Event{Language: "ruby", Type: "NoMethodError", Message: "x", Stacktrace: "/app/cart.rb:10:in `total': x (NoMethodError)\n\tfrom /app/main.rb:3:in `<main>'\n"},
			object{"language": "ruby", "body": object{"trace": trace("NoMethodError", "x", "/app/main.rb", "<main>", "/app/cart.rb", "total")}},
		},
		"php": {
			grouping.Event{Language: "php", Type: "RuntimeException", Message: "x", Stacktrace: "#0 /app/cart.php(10): Cart->total(3)\n#1 /app/index.php(2): run()\n#2 {main}"},
			object{"language": "php", "body": object{"trace": trace("RuntimeException", "x", "/app/index.php", "run", "/app/cart.php", "Cart->total")}},
		},
	} {
		got, want := decide(t, grouping.FromEvent(c.event)), decide(t, c.sdk)
		if got.Fingerprint != want.Fingerprint {
			t.Errorf("%s: %s, Rollbar's SDK %s", name, got.Canonical, want.Canonical)
		}
	}
}

func TestFromEvent_KeepsWhatHasNoStack(t *testing.T) {
	t.Parallel()
	d := decide(t, grouping.FromEvent(grouping.Event{Language: "cobol", Type: "E", Message: "m 123", Stacktrace: "??"}))
	if d.Title != "E: m 123" || d.Canonical != "e:!E!m #" {
		t.Errorf("%+v", d)
	}
}
