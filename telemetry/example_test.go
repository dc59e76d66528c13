package telemetry_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"

	"github.com/oriel-dev/oriel/telemetry"
)

// A whole service: everything else comes from the environment, for example
//
//	HONEYCOMB_API_KEY=…  HONEYCOMB_API_ENDPOINT=http://127.0.0.1:6743
//	CLOUDWATCH_LOG_GROUP=/shop  AWS_REGION=eu-central-1  AWS_ENDPOINT_URL_CLOUDWATCH_LOGS=http://127.0.0.1:6743
//	ROLLBAR_ACCESS_TOKEN=…  ROLLBAR_ENDPOINT=http://127.0.0.1:6743/api/1/
//	AWS_XRAY_DAEMON_ADDRESS=127.0.0.1:2000
func ExampleStart() {
	t, err := telemetry.Start(context.Background(), telemetry.Config{Service: "shop"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = t.Shutdown(context.Background()) }()
	slog.SetDefault(slog.New(t.LogHandler(slog.NewTextHandler(os.Stderr, nil))))

	mux := http.NewServeMux()
	mux.HandleFunc("GET /cart/{id}", func(w http.ResponseWriter, r *http.Request) {
		slog.InfoContext(r.Context(), "looking at a cart", "cart", r.PathValue("id"))
		fmt.Fprint(w, "tea")
	})
	shop := httptest.NewServer(t.Handler(mux))
	defer shop.Close()

	client := &http.Client{Transport: t.Transport(nil)}
	response, err := client.Get(shop.URL + "/cart/1")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = response.Body.Close() }()
	fmt.Println(response.Status)
	// Output: 200 OK
}

// What was delivered, what waits, and what had to be dropped.
func ExampleTelemetry_Stats() {
	t, err := telemetry.Start(context.Background(), telemetry.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("errors are reported:", t.Stats().Errors.On)
	_ = t.Shutdown(context.Background())
	// Output: errors are reported: false
}

// An error with its stack, the trace of its context and whatever else helps.
func ExampleTelemetry_Report() {
	t, err := telemetry.Start(context.Background(), telemetry.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = t.Shutdown(context.Background()) }()
	ctx := telemetry.WithPerson(context.Background(), telemetry.Person{ID: "42", Username: "ada"})
	t.Report(ctx, errors.New("no tea left"), telemetry.WithLevel(telemetry.Warning), telemetry.WithCustom(map[string]any{"shelf": 7}))
}
