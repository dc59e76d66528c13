package server

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/oriel-dev/oriel/internal/alert"
	"github.com/oriel-dev/oriel/internal/api"
	"github.com/oriel-dev/oriel/internal/auth"
	"github.com/oriel-dev/oriel/internal/dataset"
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
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/sampling"
	"github.com/oriel-dev/oriel/internal/store"
	"github.com/oriel-dev/oriel/internal/store/duckdb"
	"github.com/oriel-dev/oriel/internal/symbol"
	"github.com/oriel-dev/oriel/internal/workspace"
)

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
		Calculated: s.datasets.Calculated, Metrics: s.datasets.Metrics,
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

// Run implements dataset.Data.
func (d deletable) Run(ctx context.Context, q *query.Query, opts store.Options) (*store.Result, error) {
	return d.s.store.Run(ctx, q, opts)
}

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

// kept is from when on rows of a dataset are kept, Unix ns: as its log group says,
// or else as the setting for all does.
func (s *Server) kept(environment, dataset string) int64 {
	if at := s.logGroups.Horizon(environment, dataset); at > math.MinInt64 || s.config.Retention <= 0 {
		return at
	}
	return s.around.Clock().Add(-s.config.Retention).UnixNano()
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
		Kept: s.kept,
	})
	return err
}
