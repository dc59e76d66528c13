package server

import (
	"context"
	"time"

	"github.com/oriel-dev/oriel/internal/auth"
	"github.com/oriel-dev/oriel/internal/demo"
)

// openSample prepares what loads and removes sample data.
func (s *Server) openSample(ctx context.Context) error {
	s.sample = demo.New(demo.Config{
		Keys: s.keys, Doors: s.handler(), Newest: s.newestSample, Forget: s.forgetEnvironment, Clock: s.around.Clock, Log: s.log,
	})
	return s.sample.Tidy(ctx)
}

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
	var last int64
	for _, d := range s.querier.Catalog(auth.Sample).Datasets {
		last = max(last, d.Last)
	}
	if last == 0 {
		return time.Time{}
	}
	return time.Unix(0, last)
}

// forgetEnvironment removes all that is kept of an environment.
func (s *Server) forgetEnvironment(ctx context.Context, environment string) error {
	return s.keys.RemoveEnvironment(ctx, environment)
}

// Data is the folder of the server's data.
func (s *Server) Data() string { return s.config.Data }
