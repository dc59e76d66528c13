// Package server builds everything and runs it: the list of front ends, the
// listeners, settings, self-metrics and the order of start and stop. It holds
// wiring only; what things do is in their rooms.
package server

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/oriel-dev/oriel/internal/alert"
	"github.com/oriel-dev/oriel/internal/api"
	"github.com/oriel-dev/oriel/internal/auth"
	"github.com/oriel-dev/oriel/internal/dataset"
	"github.com/oriel-dev/oriel/internal/demo"
	"github.com/oriel-dev/oriel/internal/ingest"
	"github.com/oriel-dev/oriel/internal/item"
	"github.com/oriel-dev/oriel/internal/meta"
	"github.com/oriel-dev/oriel/internal/protocol"
	"github.com/oriel-dev/oriel/internal/protocol/body"
	"github.com/oriel-dev/oriel/internal/protocol/cloudwatch"
	"github.com/oriel-dev/oriel/internal/protocol/honeycomb"
	"github.com/oriel-dev/oriel/internal/protocol/rollbar"
	"github.com/oriel-dev/oriel/internal/protocol/sts"
	"github.com/oriel-dev/oriel/internal/protocol/xray"
	"github.com/oriel-dev/oriel/internal/querier"
	"github.com/oriel-dev/oriel/internal/sampling"
	"github.com/oriel-dev/oriel/internal/store"
	"github.com/oriel-dev/oriel/internal/store/duckdb"
	"github.com/oriel-dev/oriel/internal/symbol"
	"github.com/oriel-dev/oriel/internal/workspace"
	"github.com/oriel-dev/oriel/ui"
)

// What lies where in the data folder.
const (
	metaFile      = "meta.db"
	journalFolder = "journal"
	storeFolder   = "store"
	exportsFolder = "exports"
	symbolsFolder = "symbols"
)

// Surroundings are what the server is given by the program around it.
type Surroundings struct {
	Version  string
	Out, Err io.Writer // Out gets the ready line, Err the log
	Clock    func() time.Time
}

// Server is a running Oriel. Open binds its addresses and opens its data; Run
// serves until its context ends.
type Server struct {
	config Config
	around Surroundings
	log    *slog.Logger

	meta      *meta.DB
	keys      *auth.Keys
	datasets  *dataset.Registry
	workspace *workspace.Library
	sampling  *sampling.Sampler
	logGroups *cloudwatch.Groups
	items     *item.Items
	symbols   *symbol.Store
	alerts    *alert.Alerts
	store     *duckdb.Store
	door      *ingest.Door
	querier   *querier.Querier
	api       *api.API
	fronts    []protocol.Front

	sample *demo.Sample

	bodies    *body.Budget // of all front ends
	honeycomb *honeycomb.Front
	logs      *cloudwatch.Front
	rollbar   *rollbar.Front
	xray      *xray.Front
	datagrams *xray.Sockets

	doors      http.Handler // of every address
	listeners  listeners
	serving    atomic.Bool
	endStreams sync.Once
	ready      chan struct{}
	closers    []closer
}

// closer is a step of the stop, run last opened first.
type closer struct {
	what  string
	close func(ctx context.Context) error
}

// Open binds the addresses, so that one that is taken is known at once, opens the
// data and replays the journal. Requests are answered once Run is called. A
// Server that is never run must be closed with Close.
func Open(ctx context.Context, c Config, around Surroundings) (*Server, error) {
	log, err := newLogger(c, around.Err)
	if err != nil {
		return nil, err
	}
	s := &Server{config: c, around: around, log: log, ready: make(chan struct{})}
	s.doors = s.handler()
	s.listeners.log, s.listeners.connections = log, newConnections(connectionLimit())
	s.listeners.tls = &tlsNotice{clock: around.Clock, log: log, ledger: func() *ingest.Ledger { return s.door.Ledger() }}
	if err := s.open(ctx); err != nil {
		return nil, errors.Join(err, s.Close(context.WithoutCancel(ctx)))
	}
	return s, nil
}

func newLogger(c Config, out io.Writer) (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.LogLevel)); err != nil {
		return nil, fmt.Errorf("log-level is %q; it must be debug, info, warn or error", c.LogLevel)
	}
	opts := &slog.HandlerOptions{Level: level}
	if c.LogJSON {
		return slog.New(slog.NewJSONHandler(out, opts)), nil
	}
	return slog.New(slog.NewTextHandler(out, opts)), nil
}

func (s *Server) open(ctx context.Context) error {
	if err := s.config.makeDataFolder(); err != nil {
		return err
	}
	limitMemory(s.config.MemoryBytes)
	if err := s.bind(ctx); err != nil {
		return err
	}
	if err := s.openRooms(ctx); err != nil {
		return err
	}
	return s.openFronts(ctx)
}

func (s *Server) later(what string, f func(ctx context.Context) error) {
	s.closers = append(s.closers, closer{what, f})
}

// openRooms opens what holds state, in the order in which they stand on each other.
func (s *Server) openRooms(ctx context.Context) (err error) {
	c, clock := s.config, s.around.Clock
	if s.store, err = duckdb.Open(ctx, s.storeConfig()); err != nil {
		return fmt.Errorf("open the store: %w", err)
	}
	s.later("store", func(context.Context) error { return s.store.Close() })
	if s.meta, err = meta.Open(ctx, filepath.Join(c.Data, metaFile)); err != nil {
		return fmt.Errorf("open the settings: %w", err)
	}
	s.later("settings", func(context.Context) error { return s.meta.Close() })
	s.keys, err = auth.Open(ctx, s.meta, auth.Config{Dir: c.Data, AcceptAny: c.Auth == AuthOpen, Clock: clock, Log: s.log})
	if err != nil {
		return fmt.Errorf("open the keys: %w", err)
	}
	s.later("keys", s.keys.Close)
	if s.datasets, err = dataset.Open(ctx, s.meta, dataset.Config{Data: deletable{s}, Clock: clock, Log: s.log}); err != nil {
		return fmt.Errorf("open the datasets: %w", err)
	}
	s.later("datasets", s.datasets.Close)
	if s.workspace, err = workspace.Open(ctx, s.meta, workspace.Config{Clock: clock, Log: s.log, MaxOpen: c.MemoryBytes / 16}); err != nil {
		return fmt.Errorf("open the workspace: %w", err)
	}
	if s.sampling, err = sampling.Open(ctx, s.meta, sampling.Config{Clock: clock, Log: s.log}); err != nil {
		return fmt.Errorf("open the sampling rules: %w", err)
	}
	s.later("sampling", s.sampling.Close)
	s.later("workspace", func(context.Context) error {
		s.workspace.Close()
		return nil
	})
	if s.logGroups, err = cloudwatch.OpenGroups(ctx, s.meta, cloudwatch.GroupsConfig{Datasets: s.datasets, Clock: clock, Log: s.log, Exports: filepath.Join(c.Data, exportsFolder)}); err != nil {
		return fmt.Errorf("open the log groups: %w", err)
	}
	s.later("log groups", s.logGroups.Close)
	if s.items, err = item.Open(ctx, s.meta, item.Config{Clock: clock, Log: s.log, Mark: s.mark}); err != nil {
		return fmt.Errorf("open the items: %w", err)
	}
	s.later("items", s.items.Close)
	if s.symbols, err = symbol.Open(ctx, s.meta, symbol.Config{Dir: filepath.Join(c.Data, symbolsFolder), Clock: clock, Log: s.log}); err != nil {
		return fmt.Errorf("open the source maps: %w", err)
	}
	s.later("source maps", s.symbols.Close)
	s.store.Retain(s.logGroups.Horizon)
	s.querier = querier.New(querier.Config{
		Store: s.store, Clock: clock, MaxConcurrent: c.MaxQueries, Deadline: c.QueryTimeout, CacheBytes: c.MemoryBytes / 20, Log: s.log,
		Calculated: s.datasets.Calculated,
	})
	started := clock()
	s.door, err = ingest.Open(ctx, ingest.Config{
		Dir: filepath.Join(c.Data, journalFolder), Store: s.store, Datasets: s.datasets, Clock: clock, Log: s.log,
		MaxInFlight: c.MemoryBytes / 10, MaxPast: c.oldest(), Followers: []ingest.Follower{s.logGroups, s.items}, Stamper: s.items,
	})
	if err != nil {
		return fmt.Errorf("open the journal: %w", err)
	}
	s.later("journal", s.door.Close)
	s.logGroups.Sweep(s.store.DropRows)
	if err := s.openAlerts(ctx); err != nil {
		return fmt.Errorf("open the notification rules: %w", err)
	}
	s.log.InfoContext(ctx, "journal replayed", slog.Int64("rows", s.door.Stats().Replayed), slog.Duration("took", clock().Sub(started)))
	return nil
}

// openAlerts opens what tells of items, and lets it deliver.
func (s *Server) openAlerts(ctx context.Context) (err error) {
	host, err := os.Hostname()
	if err != nil {
		host = "oriel"
	}
	s.alerts, err = alert.Open(ctx, s.meta, alert.Config{
		Items: s.items, Occurrence: s.querier.Occurrence, Recipients: s.recipients, Clock: s.around.Clock, Log: s.log, URL: s.publicURL, Host: host,
		Mail: s.config.Mail, PrivateDestinations: s.config.PrivateDestinations,
	})
	if err != nil {
		return err
	}
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.alerts.Run(background)
	}()
	s.later("notifications", func(context.Context) error {
		stop()
		<-done
		return nil
	})
	return nil
}

// publicURL is where people open the pages.
func (s *Server) publicURL() string {
	return strings.TrimRight(cmp.Or(s.config.PublicURL, s.URL()), "/")
}

// recipients returns mail addresses; teams are those of Rollbar's API.
func (s *Server) recipients(ctx context.Context, members, teams []string) ([]string, error) {
	if s.rollbar != nil && len(teams) > 0 {
		more, err := s.rollbar.TeamMembers(ctx, teams)
		if err != nil {
			return nil, err
		}
		if members = append(members, more...); len(members) == 0 {
			return nil, nil
		}
	}
	all, err := s.workspace.Members(ctx)
	if err != nil {
		return nil, err
	}
	var list []string
	for _, m := range all {
		if m.Email != "" && (len(members) == 0 || slices.Contains(members, m.Name) || slices.Contains(members, strconv.FormatInt(m.ID, 10))) {
			list = append(list, m.Email)
		}
	}
	return list, nil
}

// deletable is the store as those see it who delete datasets: what is sent again
// after that is no retry.
type deletable struct{ s *Server }

// Catalog implements dataset.Data.
func (d deletable) Catalog(environment string) store.Catalog { return d.s.store.Catalog(environment) }

// Flush implements dataset.Data.
func (d deletable) Flush(ctx context.Context) error { return d.s.store.Flush(ctx) }

// DropDataset implements dataset.Data.
func (d deletable) DropDataset(ctx context.Context, environment, slug string) error {
	if err := d.s.store.DropDataset(ctx, environment, slug); err != nil {
		return err
	}
	return d.s.door.Forget(ctx)
}

// mark shows a deploy on all charts of its environment.
func (s *Server) mark(ctx context.Context, m item.Mark) error {
	_, err := s.workspace.AddMarker(ctx, workspace.Marker{
		Scope: workspace.Scope{Environment: m.Environment, Dataset: workspace.All}, Start: m.Start, Message: m.Message, Type: m.Type, URL: m.URL,
	})
	return err
}

// storeConfig divides the memory budget: a third for rows not yet in segments,
// and, since the query engine overshoots its own limit by 1.7 (measured), less
// than a third for queries.
func (s *Server) storeConfig() duckdb.Config {
	c := s.config
	return duckdb.Config{
		Dir: filepath.Join(c.Data, storeFolder), MemoryLimit: c.MemoryBytes * 3 / 10, Threads: c.QueryThreads,
		FlushRows: c.FlushRows, FlushAge: c.FlushAge, FlushBytes: c.MemoryBytes / 6, HotLimit: c.MemoryBytes / 3, MaxFields: c.MaxFields,
		RetentionAge: c.Retention, RetentionBytes: c.RetentionBytes, Clock: s.around.Clock, Log: s.log,
	}
}

func (s *Server) openFronts(ctx context.Context) (err error) {
	proxies, err := s.config.proxies()
	if err != nil {
		return err
	}
	s.bodies = body.NewBudget(s.config.MemoryBytes / 4)
	deps := protocol.Deps{
		Door: s.door, Querier: s.querier, Keys: s.keys, Datasets: s.datasets, Workspace: s.workspace, Items: s.items, Symbols: s.symbols, Sampling: s.sampling, Alerts: s.alerts, DropRows: s.store.DropRows, Clock: s.around.Clock, Log: s.log,
		Version:        s.around.Version,
		TrustedProxies: proxies, Ready: s.isReady, Bodies: s.bodies, PrivateDestinations: s.config.PrivateDestinations, CreateLogGroups: s.config.CreateLogGroups,
	}
	s.honeycomb = honeycomb.New(deps)
	s.later("query results", s.honeycomb.Close)
	if s.logs, err = cloudwatch.New(ctx, deps, s.logGroups); err != nil {
		return err
	}
	s.later("log subscriptions", s.logs.Close)
	if s.xray, err = xray.New(ctx, deps, s.meta); err != nil {
		return fmt.Errorf("open X-Ray: %w", err)
	}
	s.later("X-Ray", s.xray.Close)
	if s.datagrams != nil {
		s.xray.Receive(ctx, s.datagrams)
	}
	if s.rollbar, err = rollbar.New(ctx, deps, s.meta); err != nil {
		return fmt.Errorf("open Rollbar: %w", err)
	}
	s.later("Rollbar", s.rollbar.Close)
	s.fronts = []protocol.Front{s.rollbar, s.logs, sts.New(deps), s.xray, s.honeycomb}
	if err := s.openSample(ctx); err != nil {
		return fmt.Errorf("open the sample data: %w", err)
	}
	s.api, err = api.New(ctx, api.Deps{
		Querier: s.querier, Door: s.door, Keys: s.keys, Datasets: s.datasets, Workspace: s.workspace, Items: s.items, Alerts: s.alerts, Intake: intake{s.rollbar}, Symbols: s.symbols, Sampling: s.sampling, Sample: sampleData{s.sample}, Meta: s.meta, Clock: s.around.Clock, Log: s.log,
		Open: s.config.Auth == AuthOpen, Version: s.around.Version, Groups: s.xray.Groups, Endpoints: s.Addresses, Doors: s.doors, Pointer: cloudwatch.ReadPointer,
	})
	return err
}

func (s *Server) bind(ctx context.Context) error {
	c, defaults := s.config, DefaultConfig()
	for _, door := range []struct {
		name, address, customary string
	}{
		{"listen", c.Listen, ""},
		{"otlp_grpc", c.OTLPGRPC, defaults.OTLPGRPC},
		{"otlp_http", c.OTLPHTTP, defaults.OTLPHTTP},
	} {
		if err := s.listeners.bind(ctx, door.name, door.address, door.address == door.customary, unhurried(s.around.Clock, s.doors)); err != nil {
			return err
		}
	}
	return s.bindDaemon(ctx, c.XRay, c.XRay == defaults.XRay)
}

// bindDaemon binds the X-Ray daemon's address twice: for datagrams, and for requests.
func (s *Server) bindDaemon(ctx context.Context, address string, customary bool) (err error) {
	if address == "" {
		return nil
	}
	handler := unhurried(s.around.Clock, xray.Daemon(s.doors))
	for range bindTries {
		if s.datagrams, err = xray.Bind(ctx, address); err != nil {
			return s.listeners.taken(ctx, "xray", address, customary, err)
		}
		if err = s.listeners.bind(ctx, "xray", s.datagrams.Addr(), customary, handler); err == nil || !strings.HasSuffix(address, ":0") {
			break // a port that was picked for the one may be taken for the other
		}
		err = errors.Join(err, s.datagrams.Close())
	}
	s.listeners.datagrams = s.datagrams.Addr()
	s.later("X-Ray sockets", func(context.Context) error { return s.datagrams.Close() })
	return err
}

const bindTries = 10

// URL is the main address as a browser on this machine opens it; "" if that
// listener is off. It is known once the server is ready.
func (s *Server) URL() string { return browsable(s.Addresses()["listen"]) }

// Addresses returns the bound addresses by the names of the ready line.
func (s *Server) Addresses() map[string]string { return s.listeners.addresses() }

// Ready is closed once the server serves.
func (s *Server) Ready() <-chan struct{} { return s.ready }

// Log returns the server's logger.
func (s *Server) Log() *slog.Logger { return s.log }

func (s *Server) isReady() error {
	if !s.serving.Load() {
		return errors.New("starting")
	}
	return s.door.Ready()
}

// Run serves until ctx ends, then stops gracefully within the configured time.
func (s *Server) Run(ctx context.Context) error {
	failed := make(chan error, 1)
	s.serving.Store(true)
	s.listeners.serve(failed)
	if err := s.listeners.ready(s.around.Out); err != nil {
		return errors.Join(fmt.Errorf("write the ready line: %w", err), s.Close(context.WithoutCancel(ctx)))
	}
	close(s.ready)
	s.log.InfoContext(ctx, "serving", slog.String("address", s.URL()), slog.String("auth", s.config.Auth),
		slog.String("data", s.config.Data), slog.String("version", s.around.Version))
	if s.config.Auth == AuthRequired && len(s.keys.List()) == 0 {
		s.log.WarnContext(ctx, "keys are required and there are none yet, so everything is refused; make one with oriel keys create",
			slog.String("data", s.config.Data))
	}
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	s.log.InfoContext(context.WithoutCancel(ctx), "stopping")
	return errors.Join(err, s.Close(context.WithoutCancel(ctx)))
}

// Close stops taking requests, lets those under way end, and closes everything
// in the reverse order of its opening, all within the configured time.
func (s *Server) Close(ctx context.Context) error {
	s.serving.Store(false)
	ctx, cancel := context.WithTimeout(ctx, s.config.ShutdownWait)
	defer cancel()
	if s.sample != nil {
		s.sample.Close() // while there is somebody to take what the sample app has left to say
	}
	if s.api != nil {
		s.endStreams.Do(s.api.Close)
	}
	if s.logs != nil {
		s.logs.EndStreams()
	}
	s.drain(ctx)
	s.listeners.close()
	var errs []error
	for _, v := range slices.Backward(s.closers) {
		if err := v.close(ctx); err != nil {
			errs = append(errs, fmt.Errorf("close the %s: %w", v.what, err))
		}
	}
	s.closers = nil
	return errors.Join(errs...)
}

// drain stops the listeners. Requests under way get half of the time, so that the
// rows of those that were answered can still be written as segments.
func (s *Server) drain(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, s.config.ShutdownWait/2)
	defer cancel()
	s.listeners.shutdown(ctx)
}

// dist returns the built pages embedded in the binary.
func dist() fs.FS {
	sub, err := fs.Sub(ui.Dist, "dist")
	if err != nil {
		return ui.Dist
	}
	return sub
}

// handler routes by path, and by content type where protocols share one.
func (s *Server) handler() http.Handler {
	static, always, others := newPages(dist()), secured(), foreigners()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		maps.Copy(w.Header(), always)
		switch r.URL.Path {
		case "/healthz":
			answerText(w, http.StatusOK, "ok\n")
			return
		case "/readyz":
			s.answerReady(w)
			return
		}
		front := s.front(r)
		if front != nil && front.Sends(r) {
			front.ServeHTTP(w, r)
			return
		}
		inAPI := strings.HasPrefix(r.URL.Path, "/api/")
		if why := s.refusal(r); why != "" {
			if own, ok := front.(protocol.Refuser); ok {
				own.Refuse(w, r, why)
				return
			}
			answerRefusal(w, inAPI, front != nil, why)
			return
		}
		switch {
		case front != nil:
			front.ServeHTTP(w, r)
		case r.URL.Path == "/metrics":
			s.writeMetrics(w)
		case s.refuseForeign(w, r, others):
		case inAPI:
			s.api.ServeHTTP(w, r)
		default:
			static.ServeHTTP(w, r)
		}
	})
}

// front returns the front end of a request, nil if it is for the pages or the API.
func (s *Server) front(r *http.Request) protocol.Front {
	for _, f := range s.fronts {
		if f.Handles(r) {
			return f
		}
	}
	return nil
}

// answerReady says whether data is taken, and what was set aside as damaged.
func (s *Server) answerReady(w http.ResponseWriter) {
	if err := s.isReady(); err != nil {
		answerText(w, http.StatusServiceUnavailable, err.Error()+"\n")
		return
	}
	text := "ok\n"
	if n := s.door.Stats().Journal.Lost; n > 0 {
		text += fmt.Sprintf("journal: %d damaged places were set aside at start; the log names them\n", n)
	}
	if n := s.store.Stats().Quarantined; n > 0 {
		text += fmt.Sprintf("store: %d damaged segments are set aside; answers that would need them say that they are incomplete\n", n)
	}
	answerText(w, http.StatusOK, text)
}

// answerRefusal answers in the form the caller reads: our API's, or the plainest
// that clients of a vendor's know.
func answerRefusal(w http.ResponseWriter, inAPI, ofVendor bool, why string) {
	var body any = map[string]string{"error": why}
	switch {
	case inAPI:
		body = map[string]any{"error": map[string]string{"kind": "denied", "message": why}}
	case !ofVendor:
		answerText(w, http.StatusForbidden, why+"\n")
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusForbidden)
	_ = json.NewEncoder(w).Encode(body) // the caller may have gone
}

func answerText(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text) // the prober may have gone
}
