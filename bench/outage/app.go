package main

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"runtime"

	"github.com/oriel-dev/oriel/telemetry"
)

// routes are a feed with two lines and two spans, a page that calls it, an error in
// fifty requests, and a panic in a thousand.
func routes(t *telemetry.Telemetry, url string) http.Handler {
	log := slog.New(t.LogHandler(nil))
	client := &http.Client{Transport: t.Transport(nil)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /feed", func(_ http.ResponseWriter, r *http.Request) {
		ctx, span := t.Tracer().Start(r.Context(), "read activities")
		defer span.End()
		log.InfoContext(ctx, "activities were read", slog.Int("count", 20), slog.String("user", r.FormValue("user")))
	})
	mux.HandleFunc("GET /page", func(w http.ResponseWriter, r *http.Request) {
		request, err := http.NewRequestWithContext(r.Context(), http.MethodGet, url+"/feed?user=ada", http.NoBody)
		if err != nil {
			panic(err)
		}
		response, err := client.Do(request)
		if err != nil {
			log.ErrorContext(r.Context(), "no feed", slog.Any("error", err))
			return
		}
		_, _ = io.Copy(w, response.Body)
		_ = response.Body.Close()
	})
	mux.HandleFunc("GET /error", func(w http.ResponseWriter, r *http.Request) {
		t.Report(r.Context(), errors.New("the cart is empty"), telemetry.WithCustom(map[string]any{"queue": "mail"}))
		w.WriteHeader(http.StatusConflict)
	})
	mux.HandleFunc("GET /panic", func(http.ResponseWriter, *http.Request) { panic("no luck") })
	all := http.NewServeMux()
	all.HandleFunc("GET /vitals", func(w http.ResponseWriter, _ *http.Request) {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		_ = json.NewEncoder(w).Encode(vitals{Heap: m.HeapAlloc, Goroutines: runtime.NumGoroutine(), Stats: t.Stats()})
	})
	all.Handle("/", t.Handler(mux, telemetry.WithLogger(log)))
	return all
}

// pathOf is what the request of a number asks for.
func pathOf(number int) string {
	switch {
	case number%1000 == 999:
		return "/panic"
	case number%50 == 49:
		return "/error"
	case number%4 == 3:
		return "/page"
	}
	return "/feed?user=ada"
}
