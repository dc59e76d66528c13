package orieltest_test

import (
	"net/http"
	"os"
	"os/exec"
	"testing"

	"github.com/oriel-dev/oriel/orieltest"
)

// A test of a program: it is pointed at the server by its environment, and asked.
func ExampleServer_Wait() {
	test := func(t *testing.T) {
		o := orieltest.New(t)
		app := exec.CommandContext(t.Context(), "./shop", "-listen", "127.0.0.1:8080")
		app.Env = append(os.Environ(), o.Env()...)
		if err := app.Start(); err != nil {
			t.Fatal(err)
		}
		response, err := http.Post("http://127.0.0.1:8080/checkout", "application/json", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		o.Wait(
			orieltest.Span(`http.route = "/checkout" AND http.response.status_code = 200`),
			orieltest.Trace(`service.name = "shop"`, `service.name = "payment" AND duration_ms < 200`),
			orieltest.Log(`body contains "order placed"`).Times(1),
			orieltest.NoErrors(),
		)
	}
	_ = test // go test runs functions of this form
}

// A test of an app that runs within it, and reads its settings from the environment.
func ExampleServer_Setenv() {
	test := func(t *testing.T) {
		o := orieltest.New(t)
		o.Setenv() // before telemetry.Start, or whatever the app's SDKs are
		o.Wait(orieltest.NoErrors())
	}
	_ = test
}
