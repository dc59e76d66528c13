// Xray is a web service instrumented with AWS's X-Ray SDK for Go as its documentation
// shows: a handler, a client, captured functions. Where the daemon is says the
// environment alone.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"time"

	"github.com/aws/aws-xray-sdk-go/v2/strategy/sampling"
	"github.com/aws/aws-xray-sdk-go/v2/xray"
)

func main() {
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

func run() error {
	if os.Args[1] == "once" {
		everything, err := sampling.NewLocalizedStrategyFromJSONBytes([]byte(`{"version": 2, "default": {"fixed_target": 1000, "rate": 1}, "rules": []}`))
		if err != nil {
			return err
		}
		if err := xray.Configure(xray.Config{SamplingStrategy: everything, ServiceVersion: "1.2.3"}); err != nil {
			return err
		}
	}
	stock := httptest.NewServer(xray.Handler(xray.NewFixedSegmentNamer("stock"), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusTooManyRequests)
	})))
	defer stock.Close()
	client := xray.Client(http.DefaultClient)
	shop := httptest.NewServer(xray.Handler(xray.NewFixedSegmentNamer("shop"), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if os.Args[1] != "once" {
			return
		}
		err := xray.Capture(r.Context(), "load cart", func(ctx context.Context) error {
			if err := xray.AddAnnotation(ctx, "cart", 9); err != nil {
				return err
			}
			if err := xray.AddMetadataToNamespace(ctx, "shop", "items", []string{"tea"}); err != nil {
				return err
			}
			request, err := http.NewRequestWithContext(ctx, http.MethodGet, stock.URL+"/stock", nil)
			if err != nil {
				return err
			}
			response, err := client.Do(request)
			if err != nil {
				return err
			}
			_, _ = io.Copy(io.Discard, response.Body)
			_ = response.Body.Close()
			return errors.New("no tea left")
		})
		for i := range 30 { // more than the SDK sends in one document
			_ = xray.Capture(r.Context(), fmt.Sprintf("step %d", i), func(context.Context) error { return nil })
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})))
	defer shop.Close()
	get := func(path string) error {
		response, err := http.Get(shop.URL + path)
		if err != nil {
			return err
		}
		return response.Body.Close()
	}
	if os.Args[1] == "once" {
		if err := get("/cart?id=9"); err != nil {
			return err
		}
		time.Sleep(200 * time.Millisecond) // the SDK sends from goroutines of its own, and has no flush
		return nil
	}
	// Rules come in the background; requests go on until they are obeyed, and the test
	// ends the program.
	for {
		for _, path := range []string{"/quiet", "/loud"} {
			if err := get(path); err != nil {
				return err
			}
		}
		time.Sleep(20 * time.Millisecond)
	}
}
