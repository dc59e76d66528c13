// Command cruddur runs the sample app. Where its telemetry goes is said by the
// environment, as for any app that uses the telemetry library; see README.md.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/oriel-dev/oriel/examples/cruddur/app"
	"github.com/oriel-dev/oriel/examples/cruddur/traffic"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "cruddur:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("cruddur", flag.ContinueOnError)
	listen := flags.String("listen", "127.0.0.1:4567", "`address` of the API")
	database := flags.String("database", "", "`file` of SQLite, or a postgres:// URL (a temporary file if empty)")
	rate := flags.Float64("traffic", 2, "`visits` that begin in a second; 0 for none")
	deploy := flags.Duration("deploy-after", 10*time.Minute, "`time` after which the next, worse version is deployed; 0 for never")
	quiet := flags.Bool("quiet", false, "no log lines on standard error")
	if err := flags.Parse(args); err != nil {
		return err
	}
	var console slog.Handler
	if !*quiet {
		console = slog.NewTextHandler(os.Stderr, nil)
	}
	a, err := app.Start(ctx, app.Config{Listen: *listen, Database: *database, DeployAfter: *deploy, Console: console, Deployed: tellDeploy})
	if err != nil {
		return err
	}
	fmt.Println("Cruddur is at", a.URL)
	if *rate > 0 {
		err = traffic.Run(ctx, traffic.Config{URL: a.URL, Handles: app.Handles(), Rate: *rate, Pace: 1, Seed: uint64(time.Now().UnixNano()), Log: slog.Default()})
	} else {
		<-ctx.Done()
	}
	ending, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if e := a.Close(ending); err == nil {
		err = e
	}
	return err
}

// tellDeploy does what a deploy script does: it tells Rollbar, and puts a marker into
// Honeycomb, where there are keys for them.
func tellDeploy(ctx context.Context, version string) {
	if token := os.Getenv("ROLLBAR_ACCESS_TOKEN"); token != "" {
		base, _, found := strings.Cut(os.Getenv("ROLLBAR_ENDPOINT"), "/api/1")
		if !found {
			base = "https://api.rollbar.com"
		}
		post(ctx, base+"/api/1/deploy", "X-Rollbar-Access-Token", token, map[string]string{
			"environment": "production", "revision": version, "local_username": "ci", "comment": "archive old posts; notifications show what they are about",
		})
	}
	if key := os.Getenv("HONEYCOMB_API_KEY"); key != "" {
		base := strings.TrimSuffix(os.Getenv("HONEYCOMB_API_ENDPOINT"), "/")
		if base == "" {
			base = "https://api.honeycomb.io"
		}
		post(ctx, base+"/1/markers/__all__", "X-Honeycomb-Team", key, map[string]string{"message": "cruddur " + version, "type": "deploy"})
	}
}

func post(ctx context.Context, address, header, key string, body any) {
	raw, err := json.Marshal(body)
	if err != nil {
		return
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(raw))
	if err != nil {
		return
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set(header, key)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		slog.WarnContext(ctx, "the deploy could not be told", slog.Any("error", err))
		return
	}
	_ = response.Body.Close()
}
