// Package server builds everything and runs it: the list of front ends, the
// listeners, settings, self-metrics and the order of start and stop. It holds
// wiring only; what things do is in their rooms.
package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
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
	"github.com/oriel-dev/oriel/internal/protocol/xray"
	"github.com/oriel-dev/oriel/internal/querier"
	"github.com/oriel-dev/oriel/internal/sampling"
	"github.com/oriel-dev/oriel/internal/store/duckdb"
	"github.com/oriel-dev/oriel/internal/symbol"
	"github.com/oriel-dev/oriel/internal/workspace"
)

// What lies where in the data folder.
const (
	metaFile      = "meta.db"
	journalFolder = "journal"
	storeFolder   = "store"
	exportsFolder = "exports"
	symbolsFolder = "symbols"

	sampleProgress = "sample.progress"
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
// in the reverse order of its opening, within the configured time and little more;
// before that it ends the sample app, if there is one.
func (s *Server) Close(ctx context.Context) error {
	s.serving.Store(false)
	if s.sample != nil {
		s.sample.Close() // while there is somebody to take what the sample app has left to say; its seconds are its own
	}
	ctx, cancel := context.WithTimeout(ctx, s.config.ShutdownWait)
	defer cancel()
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
		if err := v.closeWithin(ctx); err != nil {
			errs = append(errs, fmt.Errorf("close the %s: %w", v.what, err))
		}
	}
	s.closers = nil
	return errors.Join(errs...)
}

// lastMoment is what a step of the stop gets where the time of all of it is over: most
// have milliseconds of work, and should not be lost for one before that took long.
const lastMoment = 2 * time.Second

func (c closer) closeWithin(ctx context.Context) error {
	if ctx.Err() != nil {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), lastMoment)
		defer cancel()
	}
	return c.close(ctx)
}

// drain stops the listeners. Requests under way get half of the time, so that the
// rows of those that were answered can still be written as segments.
func (s *Server) drain(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, s.config.ShutdownWait/2)
	defer cancel()
	s.listeners.shutdown(ctx)
}
