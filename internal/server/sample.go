package server

import (
	"context"
	"math"
	"path/filepath"
	"slices"
	"time"

	"github.com/oriel-dev/oriel/internal/auth"
	"github.com/oriel-dev/oriel/internal/demo"
	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/symbol"
)

// openSample prepares what loads and removes sample data.
func (s *Server) openSample(ctx context.Context) error {
	s.sample = demo.New(ctx, demo.Config{
		Keys: s.keys, Doors: s.doors, Newest: s.newestSample, Forget: s.forgetEnvironment, Clock: s.around.Clock, Log: s.log,
		Progress: filepath.Join(s.config.Data, sampleProgress),
	})
	return s.sample.Tidy(ctx)
}

// sampleData is the sample data as the API sees it: neither knows the other.
type sampleData struct{ *demo.Sample }

// Status implements api.Sample.
func (s sampleData) Status() (present, loading bool, done float64) {
	is := s.Sample.Status()
	return is.Present, is.Loading, is.Done
}

// Load implements api.Sample.
func (s sampleData) Load(context.Context) error { return s.LoadLater() }

// Sample is the sample data of the server.
func (s *Server) Sample() *demo.Sample { return s.sample }

// DoorURL is an address of HTTP that is bound, for programs on this machine: the main
// one, or that of OTLP where it is off.
func (s *Server) DoorURL() string {
	for _, name := range []string{"listen", "otlp_http", "otlp_grpc"} {
		if url := browsable(s.Addresses()[name]); url != "" {
			return url
		}
	}
	return ""
}

// newestSample is the time of the newest event of the sample data.
func (s *Server) newestSample() time.Time {
	catalog := s.querier.Catalog(auth.Sample)
	if last := catalog.Latest(); last != 0 {
		return time.Unix(0, last)
	}
	return time.Time{}
}

// forgetEnvironment removes an environment with all that is kept of it: events and what
// was made of them first, so that what is interrupted can be done again.
func (s *Server) forgetEnvironment(ctx context.Context, environment string) error {
	services, err := s.onlyIn(ctx, environment)
	if err != nil {
		return err
	}
	maps, _ := s.symbols.List(environment, symbol.Filter{}, 0, math.MaxInt32)
	for _, m := range maps {
		if err := s.symbols.Delete(ctx, environment, m.ID); err != nil {
			return err
		}
	}
	for _, forget := range []func(context.Context, string) error{s.logGroups.Forget, s.datasets.Forget, s.items.Forget, s.rollbar.Forget} {
		if err := forget(ctx, environment); err != nil {
			return err
		}
	}
	s.sampling.Forget(environment)
	s.alerts.Forget(environment)
	if err := s.datasets.ForgetServices(ctx, services); err != nil {
		return err
	}
	if err := s.meta.Forget(ctx, "environment", environment); err != nil {
		return err
	}
	return s.keys.RemoveEnvironment(ctx, environment)
}

// onlyIn lists the services that send to an environment and to no other.
func (s *Server) onlyIn(ctx context.Context, environment string) ([]string, error) {
	names, err := s.servicesOf(ctx, environment)
	if err != nil || len(names) == 0 {
		return nil, err
	}
	for _, e := range s.keys.Environments() {
		if e.Slug == environment {
			continue
		}
		others, err := s.servicesOf(ctx, e.Slug)
		if err != nil {
			return nil, err
		}
		names = slices.DeleteFunc(names, func(n string) bool { return slices.Contains(others, n) })
	}
	return names, nil
}

func (s *Server) servicesOf(ctx context.Context, environment string) (names []string, err error) {
	const most = 10_000
	res, err := s.querier.Run(ctx, &query.Query{Environment: environment, Start: 0, End: s.around.Clock().Add(time.Hour).UnixNano(), Stages: []query.Stage{
		query.Aggregate{Groups: []string{event.FieldService}, Calcs: []query.Calc{{Op: query.Count, Name: "n"}}},
		query.Limit{Count: most},
	}})
	if err != nil || res.Rows == 0 {
		return nil, err
	}
	for _, v := range res.Column(event.FieldService).Values {
		names = append(names, v.Text())
	}
	return names, nil
}

// Data is the folder of the server's data.
func (s *Server) Data() string { return s.config.Data }
