// Command rollbar reports errors with Rollbar's Go SDK as a service does: from
// handlers, from a middleware that survives panics, and by hand.
package main

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"

	"github.com/rollbar/rollbar-go"
)

type outOfStock struct{ item string }

func (e *outOfStock) Error() string { return e.item + " is out of stock" }

// reporting reports what a handler panics with, and answers.
func reporting(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if p := recover(); p != nil {
				err, ok := p.(error)
				if !ok {
					err = fmt.Errorf("panic: %v", p)
				}
				rollbar.RequestErrorWithExtras(rollbar.CRIT, r, err, map[string]any{"panic": true})
				http.Error(w, "internal error", http.StatusInternalServerError)
			}
		}()
		next.ServeHTTP(w, r)
	})
}

func order(w http.ResponseWriter, r *http.Request) {
	err := fmt.Errorf("order: %w", &outOfStock{"hat"})
	rollbar.RequestError(rollbar.ERR, r, err)
	http.Error(w, err.Error(), http.StatusConflict)
}

func crash(http.ResponseWriter, *http.Request) {
	var list []int
	fmt.Println(list[3])
}

func main() {
	rollbar.SetToken(os.Getenv("ROLLBAR_TOKEN"))
	rollbar.SetEndpoint(os.Getenv("ROLLBAR_ENDPOINT"))
	rollbar.SetEnvironment("production")
	if n, err := strconv.Atoi(os.Getenv("ROLLBAR_BURST")); err == nil {
		rollbar.SetPrintPayloadOnError(false)
		for range n {
			rollbar.Error(errors.New("burst"))
		}
		rollbar.Error(&outOfStock{"new kind"})
		rollbar.Wait() // its Close would wait for ever for items that it still wants to send again
		return
	}
	rollbar.SetCodeVersion("v2.0.1")
	rollbar.SetServerRoot("github.com/oriel-dev/oriel/e2e/sdk/go/rollbar")
	rollbar.SetPerson("7", "ann", "ann@example.com")
	rollbar.SetCustom(map[string]any{"region": "eu-west-1"})
	rollbar.SetTelemetry(rollbar.EnableLoggerTelemetry())
	rollbar.SetCaptureIp(rollbar.CaptureIpFull)
	log.Print("about to serve")

	mux := http.NewServeMux()
	mux.HandleFunc("/order", order)
	mux.HandleFunc("/crash", crash)
	srv := httptest.NewServer(reporting(mux))
	defer srv.Close()
	for _, path := range []string{"/order?password=hunter2", "/crash"} {
		req, err := http.NewRequest(http.MethodGet, srv.URL+path, nil)
		if err != nil {
			log.Fatal(err)
		}
		req.Header.Set("X-Amzn-Trace-Id", "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1")
		req.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			log.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
	}
	rollbar.Error(errors.New("plain"))
	rollbar.Info("deployed", map[string]any{"by": "ann"})
	func() {
		defer func() { _ = recover() }()
		rollbar.WrapAndWait(func() { panic(&outOfStock{"shirt"}) })
	}()
	rollbar.Close()
}
