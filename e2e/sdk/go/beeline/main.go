// Command beeline is a small service instrumented with the vendor's Beeline, as
// its documentation shows: a handler with spans and fields, called once.
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"

	"github.com/honeycombio/beeline-go"
	"github.com/honeycombio/beeline-go/wrappers/hnynethttp"
)

func main() {
	beeline.Init(beeline.Config{WriteKey: os.Getenv("HONEYCOMB_API_KEY"), APIHost: os.Getenv("HONEYCOMB_API_ENDPOINT"), ServiceName: "beeline-go", SampleRate: 1})
	mux := http.NewServeMux()
	mux.HandleFunc("/messages/", func(w http.ResponseWriter, r *http.Request) {
		ctx, span := beeline.StartSpan(r.Context(), "load messages")
		beeline.AddField(ctx, "count", 3)
		beeline.AddField(ctx, "ratio", 0.25)
		beeline.AddField(ctx, "cached", false)
		beeline.AddFieldToTrace(ctx, "user", "andrew")
		query(ctx)
		span.Send()
		_, _ = fmt.Fprint(w, "hello")
	})
	server := httptest.NewServer(hnynethttp.WrapHandler(mux))
	resp, err := http.Get(server.URL + "/messages/7?full=1")
	if err != nil {
		log.Fatal(err)
	}
	_ = resp.Body.Close()
	server.Close()
	beeline.Flush(context.Background())
	beeline.Close()
}

func query(ctx context.Context) {
	_, span := beeline.StartSpan(ctx, "query")
	span.AddField("db.statement", "SELECT 1")
	span.AddField("error", "no such table")
	span.Send()
}
