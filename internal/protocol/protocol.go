// Package protocol says what a front end is: one vendor's way in and out, and
// all that it is given to do its work.
package protocol

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/oriel-dev/oriel/internal/alert"
	"github.com/oriel-dev/oriel/internal/auth"
	"github.com/oriel-dev/oriel/internal/dataset"
	"github.com/oriel-dev/oriel/internal/ingest"
	"github.com/oriel-dev/oriel/internal/item"
	"github.com/oriel-dev/oriel/internal/protocol/body"
	"github.com/oriel-dev/oriel/internal/querier"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/sampling"
	"github.com/oriel-dev/oriel/internal/symbol"
	"github.com/oriel-dev/oriel/internal/workspace"
)

// Front is one vendor's protocol over HTTP.
type Front interface {
	http.Handler
	// Handles reports whether the request is for this front end.
	Handles(r *http.Request) bool
	// Sends reports whether a request that it handles brings data in, or asks for
	// no more than whether it may: pages of any site do that. Everything else,
	// which reads or changes, is kept from them.
	Sends(r *http.Request) bool
}

// Refuser is a front end that answers in its own form where the server keeps a
// request from it: one made by a page of another site, say.
type Refuser interface {
	Refuse(w http.ResponseWriter, r *http.Request, why string)
}

// Deps is what a front end stands on. All of it must outlive the front end.
type Deps struct {
	Door      *ingest.Door
	Querier   *querier.Querier
	Keys      *auth.Keys
	Datasets  *dataset.Registry
	Workspace *workspace.Library
	Items     *item.Items
	Symbols   *symbol.Store
	Sampling  *sampling.Sampler
	Alerts    *alert.Alerts
	Clock     func() time.Time
	Log       *slog.Logger
	Version   string
	Ready     func() error // nil once the server takes and answers

	// Bodies is what the requests at hand of all front ends may hold together while
	// they are read; nil means that the front end has a budget of its own.
	Bodies *body.Budget

	// CreateLogGroups says for which lines log groups and streams are made that are
	// not there: "otlp" for those that come as OTLP, "all" for all that come over
	// HTTP without an operation's name, "none".
	CreateLogGroups string

	// TrustedProxies are the networks of those whose X-Forwarded-For says who sent.
	TrustedProxies []netip.Prefix

	// PrivateDestinations allows deliveries to private and loopback addresses, where
	// callers say what is delivered to.
	PrivateDestinations bool

	// DropRows removes those rows of a dataset for which where is true; see store.Store.
	DropRows func(ctx context.Context, environment, dataset string, where query.Expr) error

	// NewID makes the ids of requests for those front ends whose answers carry
	// one; nil makes random ones.
	NewID func() string
}

type timeKey struct{}

// At marks a request of this very process as one that came in at a time that is past:
// what is played from a recording. No request from outside can have such a context.
func At(ctx context.Context, t time.Time) context.Context {
	return context.WithValue(ctx, timeKey{}, t)
}

// Past returns the time that At gave a request; false if it comes in now.
func Past(ctx context.Context) (time.Time, bool) {
	t, ok := ctx.Value(timeKey{}).(time.Time)
	return t, ok
}
