// Package app is Cruddur, a small social network: a backend as many are, with an
// API, a service beside it that checks what people write, and a worker that tells
// people what happened. All three know only the telemetry library; nothing here knows
// Oriel. Some of it is slow, some of it fails, and version 2.4.0 is worse than 2.3.1:
// README.md says how to find out why.
package app

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/oriel-dev/oriel/telemetry"
)

// The versions: the second is deployed while the app runs, and has two mistakes.
const (
	VersionGood = "2.3.1"
	VersionBad  = "2.4.0"
)

const module = "github.com/oriel-dev/oriel/examples/cruddur"

// source is what errors show of the code where it does not lie beside the program.
//
//go:embed *.go
var source embed.FS //nolint:gochecknoglobals // embedded files are constants

// Config says how the app runs. Where its telemetry goes is the environment's to say
// (see package telemetry), or Telemetry's.
type Config struct {
	Listen      string // of the API; port 0 picks one
	Database    string // a file of SQLite, or a postgres:// URL; a temporary file if empty
	Environment string // "production" if empty
	Version     string // that runs at first; VersionGood if empty
	// DeployAfter is how long VersionGood runs until VersionBad takes over, RollbackAfter
	// how long that runs until it is rolled back; 0: for good.
	DeployAfter, RollbackAfter time.Duration
	Telemetry                  telemetry.Config
	// Daemon are services that are traced by the X-Ray daemon: they send segments
	// there and no spans, the others spans and no segments. Nil: all send whatever
	// Telemetry and the environment say.
	Daemon  []string
	Console slog.Handler // beside CloudWatch Logs; nil: none
	// Deployed is told of each version that runs, and what ran before: "" for the first.
	Deployed func(ctx context.Context, version, before string)
}

// App is a running Cruddur.
type App struct {
	URL string // of the page; the API is below /api/

	config  Config
	db      *database
	check   *moderation
	worker  *worker
	current *api
	mu      sync.RWMutex

	servers []*http.Server
	running sync.WaitGroup
	cancel  context.CancelFunc
	scratch string
}

// Start opens the database, fills it if it is empty, and serves until Close.
func Start(ctx context.Context, c Config) (*App, error) {
	if c.Environment == "" {
		c.Environment = "production"
	}
	if c.Version == "" {
		c.Version = VersionGood
	}
	a := &App{config: c}
	background, cancel := context.WithCancel(context.WithoutCancel(ctx))
	a.cancel = cancel
	if err := a.start(ctx, background); err != nil {
		return nil, errors.Join(err, a.Close(ctx))
	}
	return a, nil
}

func (a *App) start(ctx, background context.Context) (err error) {
	if a.config.Database == "" {
		if a.scratch, err = os.MkdirTemp("", "cruddur"); err != nil {
			return err
		}
		a.config.Database = filepath.Join(a.scratch, "cruddur.db")
	}
	if a.db, err = openDatabase(ctx, a.config.Database); err != nil {
		return err
	}
	if err := a.db.seed(ctx, time.Now()); err != nil {
		return fmt.Errorf("fill the database: %w", err)
	}
	if a.check, err = newModeration(ctx, a); err != nil {
		return err
	}
	checkURL, err := a.serve(ctx, "127.0.0.1:0", a.check.handler())
	if err != nil {
		return err
	}
	a.running.Go(func() { a.check.retrain(background) })
	if a.worker, err = newWorker(ctx, a); err != nil {
		return err
	}
	a.running.Go(func() { a.worker.run(background) })
	if a.current, err = newAPI(ctx, a, a.config.Version, checkURL); err != nil {
		return err
	}
	page, err := a.page()
	if err != nil {
		return err
	}
	// The API is behind a switch, as instances are behind a load balancer.
	a.URL, err = a.serve(ctx, a.config.Listen, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, "/api/") {
			page.ServeHTTP(w, r)
			return
		}
		a.mu.RLock()
		now := a.current
		a.mu.RUnlock()
		now.handler.ServeHTTP(w, r)
	}))
	if err == nil && a.config.Deployed != nil {
		a.running.Go(func() { a.config.Deployed(background, a.config.Version, "") })
	}
	if err == nil {
		a.running.Go(func() { a.deploys(background, checkURL) })
	}
	return err
}

// observe starts the telemetry of one service.
func (a *App) observe(ctx context.Context, service, version string) (*telemetry.Telemetry, *slog.Logger, error) {
	c := a.config.Telemetry
	c.Service, c.Version, c.Environment = service, version, a.config.Environment
	c.Errors.Root, c.Errors.Sources = module, map[string]fs.FS{module + "/app": source}
	if a.config.Daemon != nil {
		c.Traces.Off = slices.Contains(a.config.Daemon, service)
		c.XRay.Off = !c.Traces.Off
	}
	t, err := telemetry.Start(ctx, c)
	if err != nil {
		return nil, nil, err
	}
	return t, slog.New(t.LogHandler(a.config.Console)), nil
}

func (a *App) serve(ctx context.Context, address string, h http.Handler) (string, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return "", fmt.Errorf("listen: %w", err)
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	a.servers = append(a.servers, server)
	a.running.Go(func() { _ = server.Serve(listener) })
	return "http://" + listener.Addr().String(), nil
}

// deploys lets the versions take turns: the worse one comes, is rolled back, and is
// tried again.
func (a *App) deploys(ctx context.Context, checkURL string) {
	for version := a.config.Version; ; {
		next, after := VersionBad, a.config.DeployAfter
		if version == VersionBad {
			next, after = VersionGood, a.config.RollbackAfter
		}
		if after <= 0 {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(after):
		}
		if err := a.deploy(ctx, next, version, checkURL); err != nil {
			slog.ErrorContext(ctx, "the deploy failed", slog.Any("error", err))
			return
		}
		version = next
	}
}

// deploy replaces the API by another version.
func (a *App) deploy(ctx context.Context, version, before, checkURL string) error {
	next, err := newAPI(ctx, a, version, checkURL)
	if err != nil {
		return err
	}
	a.mu.Lock()
	old := a.current
	a.current = next
	a.mu.Unlock()
	if a.config.Deployed != nil {
		a.config.Deployed(ctx, version, before)
	}
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	_ = old.tel.Shutdown(drain) // what could not be sent is counted and told
	return nil
}

// Close stops serving, sends what telemetry there is, and closes the database.
func (a *App) Close(ctx context.Context) error {
	var failed []error
	for _, s := range a.servers {
		failed = append(failed, s.Shutdown(ctx))
	}
	a.cancel()
	a.running.Wait()
	if a.worker != nil {
		failed = append(failed, a.worker.tel.Shutdown(ctx))
	}
	if a.check != nil {
		failed = append(failed, a.check.tel.Shutdown(ctx))
	}
	if a.current != nil {
		failed = append(failed, a.current.tel.Shutdown(ctx))
	}
	if a.db != nil {
		failed = append(failed, a.db.Close())
	}
	if a.scratch != "" {
		failed = append(failed, os.RemoveAll(a.scratch))
	}
	return errors.Join(failed...)
}
