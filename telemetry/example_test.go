package telemetry_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"time"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

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
		_, _ = fmt.Fprint(w, "tea")
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
	rollbar := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		fmt.Println(r.Method, r.URL.Path) // stands for api.rollbar.com
	}))
	defer rollbar.Close()
	t, err := telemetry.Start(context.Background(), telemetry.Config{Errors: telemetry.Errors{Token: "a-token", Endpoint: rollbar.URL + "/api/1/"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := telemetry.WithPerson(context.Background(), telemetry.Person{ID: "42", Username: "ada"})
	t.Report(ctx, errors.New("no tea left"), telemetry.WithLevel(telemetry.Warning), telemetry.WithCustom(map[string]any{"shelf": 7}))
	if err := t.Shutdown(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output: POST /api/1/item/
}

// Records go to CloudWatch Logs and, as they always did, to the console; with a
// context that has a span, lines carry the ids of their trace.
func ExampleTelemetry_LogHandler() {
	t, err := telemetry.Start(context.Background(), telemetry.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = t.Shutdown(context.Background()) }()
	console := slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}})
	log := slog.New(t.LogHandler(console)).With(slog.String("component", "cart"))
	ctx, span := t.Tracer().Start(context.Background(), "fill cart")
	defer span.End()
	log.InfoContext(ctx, "put into the cart", slog.String("what", "tea"), slog.Int("items", 3))
	// Output: level=INFO msg="put into the cart" component=cart what=tea items=3
}

// A handler that panics: the client gets 500, the span says that it failed, and the
// panic is an item with its stack and the request.
func ExampleTelemetry_Handler() {
	t, err := telemetry.Start(context.Background(), telemetry.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = t.Shutdown(context.Background()) }()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /cart/{id}", func(_ http.ResponseWriter, r *http.Request) {
		t.SetPerson(r.Context(), telemetry.Person{ID: "42", Username: "ada"})
		var shelves []string
		fmt.Println(shelves[7]) //nolint:govet // it is to panic
	})
	log := slog.New(t.LogHandler(nil))
	shop := httptest.NewServer(t.Handler(mux, telemetry.WithLogger(log)))
	defer shop.Close()
	response, err := http.Get(shop.URL + "/cart/1")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = response.Body.Close() }()
	fmt.Println(response.Status)
	// Output: 500 Internal Server Error
}

// A trace goes on through a queue: who publishes puts its headers into the message,
// who processes takes them out.
func ExampleTelemetry_Propagator() {
	t, err := telemetry.Start(context.Background(), telemetry.Config{Traces: telemetry.Traces{Endpoint: "http://127.0.0.1:6743"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel() // nobody listens in this example: do not wait for them
	defer func() { _ = t.Shutdown(ended) }()
	type message struct {
		body    string
		headers propagation.MapCarrier
	}
	queue := make(chan message, 1)

	ctx, span := t.Tracer().Start(context.Background(), "mail publish", trace.WithSpanKind(trace.SpanKindProducer))
	m := message{"your tea is on its way", propagation.MapCarrier{}}
	t.Propagator().Inject(ctx, m.headers)
	queue <- m
	span.End()

	m = <-queue
	ctx, work := t.Tracer().Start(t.Propagator().Extract(context.Background(), m.headers), "mail process", trace.WithSpanKind(trace.SpanKindConsumer))
	defer work.End()
	fmt.Println("one trace:", trace.SpanContextFromContext(ctx).TraceID() == span.SpanContext().TraceID())
	// Output: one trace: true
}

// A worker that survives the panic of one job, and reports it.
func ExampleTelemetry_ReportPanic() {
	t, err := telemetry.Start(context.Background(), telemetry.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = t.Shutdown(context.Background()) }()
	work := func(job string) {
		ctx, span := t.Tracer().Start(context.Background(), "job")
		defer span.End()
		defer func() {
			if p := recover(); p != nil {
				t.ReportPanic(ctx, p, telemetry.WithCustom(map[string]any{"job": job}))
			}
		}()
		if job == "divide" {
			var zero int
			fmt.Println(1 / zero)
		}
		fmt.Println("done:", job)
	}
	for _, job := range []string{"greet", "divide", "leave"} {
		work(job)
	}
	// Output:
	// done: greet
	// done: leave
}

// A client whose calls are spans, and carry the trace to the other side.
func ExampleTelemetry_Transport() {
	t, err := telemetry.Start(context.Background(), telemetry.Config{Traces: telemetry.Traces{Endpoint: "http://127.0.0.1:6743"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel() // nobody listens in this example: do not wait for them
	defer func() { _ = t.Shutdown(ended) }()
	stock := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, parent, _ := strings.Cut(r.Header.Get("traceparent"), "-")
		_, _ = fmt.Fprint(w, parent[:32])
	}))
	defer stock.Close()

	client := &http.Client{Transport: t.Transport(nil)}
	ctx, span := t.Tracer().Start(context.Background(), "count the tea")
	defer span.End()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, stock.URL+"/tea", http.NoBody)
	if err != nil {
		fmt.Println(err)
		return
	}
	response, err := client.Do(request)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = response.Body.Close() }()
	seen, err := io.ReadAll(response.Body)
	fmt.Println("one trace:", string(seen) == span.SpanContext().TraceID().String(), err)
	// Output: one trace: true <nil>
}

// The end of a service: what waits is sent, and the error says what could not be.
func ExampleTelemetry_Shutdown() {
	t, err := telemetry.Start(context.Background(), telemetry.Config{
		Errors:  telemetry.Errors{Token: "a-token", Endpoint: "http://127.0.0.1:9/api/1/"}, // nobody is there
		Trouble: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	t.Report(context.Background(), errors.New("no tea left"))
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	fmt.Println(t.Shutdown(ctx))
	// Output: 1 items were dropped at the end: context deadline exceeded
}
