// Package store is the contract between Oriel and what keeps its events. An
// engine is a sub-package; store/storetest holds the conformance suite that every
// engine passes and the slow, obvious store it is compared with.
package store

import (
	"cmp"
	"context"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
)

// Store keeps events and answers queries. All methods are safe for concurrent
// use unless they say otherwise. Errors are classified with fault.
type Store interface {
	// Append makes the batches visible to queries that start after it returns.
	// seq is their position in the journal and grows from call to call; calls
	// are made one at a time. The store owns the batches from then on. Appending
	// a seq at or below Durable does nothing: it is a replay.
	// Unavailable or Throttled faults ask the caller to stop taking events in.
	Append(ctx context.Context, seq uint64, batches []*event.Batch) error

	// Durable returns the highest seq such that every batch up to it is in
	// durable storage and its journal may be dropped. It never goes down, also
	// across restarts.
	Durable() uint64

	// Run answers q. It ends early with a Canceled or Deadline fault when ctx
	// does, and then its work has really stopped. Rows come from one snapshot:
	// never missing, never double, whatever runs beside it.
	Run(ctx context.Context, q *query.Query, opts Options) (*Result, error)

	// Trace returns every row (spans, annotations, logs, errors) that carries
	// the trace id (canonical form, see event.TraceID), in no particular order,
	// at most limit rows; more reports whether there are others.
	Trace(ctx context.Context, environment, traceID string, limit int) (rows []*event.Batch, more bool, err error)

	// Contrast counts the values of fields among the rows that q keeps, apart for
	// those for which selection is true and for the others. q may hold Filter and
	// Compute stages only. Counts are of all rows; see ContrastField for what is
	// let go of where a field has very many values.
	Contrast(ctx context.Context, q *query.Query, selection query.Expr, opts ContrastOptions) (*Contrast, error)

	// Scan hands every row of q to a visitor, in no order, with the fields it asks
	// for. q may hold Filter and Compute stages only. Rows come from one snapshot.
	// Errors: Invalid for other stages, Canceled and Deadline.
	Scan(ctx context.Context, q *query.Query, opts ScanOptions) (Stats, error)

	// Page returns rows of q in the order of time, a page at a time: those behind
	// opts.After, up to a limit. q may hold Filter and Compute stages only. Rows come
	// from one snapshot. Going on from Page.Next, in either direction, gives every
	// row there was when the first page was asked for once, and none twice; rows
	// that came since are among them where their position lies ahead. Errors:
	// Invalid for other stages, Canceled and Deadline.
	Page(ctx context.Context, q *query.Query, opts PageOptions) (*Page, error)

	// Revision returns a number that changes when rows of the environment in
	// [start, end) come or go, so that an answer may be kept as long as it stays
	// the same. It may change without need. It begins anew with the process.
	Revision(environment string, start, end int64) uint64

	// Catalog describes what is held, from metadata alone.
	Catalog(environment string) Catalog

	// Rollups returns the per-minute summaries of [start, end) kept at flush,
	// those of rows not yet flushed included.
	Rollups(ctx context.Context, environment string, start, end int64) ([]Rollup, error)

	// Calls returns per minute which service called which, and what calls nothing
	// answered, in [start, end). A called span is one that Answers (see package call)
	// and whose parent in the same trace is a span of another service, or a call of
	// its own. A call within a call of its service is a part of that. Where the sides
	// come far apart (several flushes), or a restart lies between, a call may be
	// taken for one without an answer; none is counted twice.
	Calls(ctx context.Context, environment string, start, end int64) ([]Call, error)

	// DropDataset removes every row of a dataset that was appended before the
	// call, from memory and from disk, and what was summed up of them; they do not
	// come back by replay. Rows appended beside it may stay. If it fails, part of
	// the rows may be gone; it can be called again. Calls that the dataset answered
	// are gone with it; they do not become calls that nothing answers.
	DropDataset(ctx context.Context, environment, dataset string) error

	// DropRows is DropDataset for those rows of a dataset for which where is true.
	// Sums of calls stay as they are.
	DropRows(ctx context.Context, environment, dataset string, where query.Expr) error

	// Retain says which rows are kept: those of a dataset whose event time is not
	// before horizon(environment, dataset), Unix nanoseconds; one that lies before all
	// times keeps all. From then on the others are in no answer, but for those of Calls;
	// Maintain removes them in time. horizon is called often and must be quick; it may
	// give another time whenever it is asked, yet what came before the latest one may be
	// gone for good.
	Retain(horizon func(environment, dataset string) int64)

	// Flush puts everything appended so far into durable segments.
	Flush(ctx context.Context) error

	// Maintain runs retention and compaction once, in the background's way.
	Maintain(ctx context.Context) error

	// Close flushes nothing; what is in the journal comes back by replay.
	Close() error
}

// Options tune one query.
type Options struct {
	MaxRows  int            // limit of result rows, with a TooLarge fault above it; 0 means 1,000,000
	Threads  int            // 0 means the engine's own
	Progress func(Progress) // called now and then from another goroutine; may be nil

	// Partial is given, now and then and from another goroutine, what the answer would
	// be if the rows looked at so far were all there are. Not every query has such
	// answers on the way. May be nil.
	Partial func(*Result)
}

// Progress says how far a query is.
type Progress struct {
	Share   float64 // 0..1
	Scanned int64   // rows looked at so far, estimated
	Rows    int64   // rows there are to look at
}

// Result is the answer to a query, by column.
type Result struct {
	Columns []ResultColumn
	Rows    int
	Stats   Stats
}

// ResultColumn holds one column's values, one for each row, null where absent.
type ResultColumn struct {
	Name   string
	Kind   event.Kind // Null if no row has a value
	Values []event.Value
}

// Column returns the column called name, or nil.
func (r *Result) Column(name string) *ResultColumn {
	for i := range r.Columns {
		if r.Columns[i].Name == name {
			return &r.Columns[i]
		}
	}
	return nil
}

// Stats says what an answer cost and whether it is whole.
type Stats struct {
	Segments int   // segments looked at
	Scanned  int64 // rows in them and in memory
	Sampled  bool  // some row stands for more than one event
	Partial  bool  // part of the data could not be read; see Missing
	Missing  []string
}

// Catalog lists the datasets of an environment.
type Catalog struct {
	Datasets []Dataset
	Segments int
	Bytes    int64 // on disk
}

// Latest is the time of the newest event of all datasets, Unix nanoseconds; 0 if there is none.
func (c *Catalog) Latest() (at int64) {
	for i := range c.Datasets {
		at = max(at, c.Datasets[i].Last)
	}
	return at
}

// Oldest is the time of the oldest event of all datasets, Unix nanoseconds; 0 if there is none.
func (c *Catalog) Oldest() (at int64) {
	for i := range c.Datasets {
		if first := c.Datasets[i].First; at == 0 || first < at {
			at = first
		}
	}
	return at
}

// Dataset describes the rows of a dataset.
type Dataset struct {
	Slug        string
	Rows        int64
	Bytes       int64 // on disk, estimated by share
	First, Last int64 // event times, Unix nanoseconds
	Fields      []FieldInfo
	Overflowed  bool // some names are kept in the overflow column
}

// FieldInfo describes a field of a dataset.
type FieldInfo struct {
	Name   string
	Kind   event.Kind // unified over all segments
	Filled int64      // rows that have it
	Last   int64      // newest event time seen with it, Unix nanoseconds
}

// Rollup is the summary of the spans of one minute, service, name and so on.
type Rollup struct {
	Minute    int64 // start, Unix nanoseconds
	Dataset   string
	Service   string
	Origin    string `json:",omitempty"` // see call.FieldOrigin
	Namespace string `json:",omitempty"` // see call.FieldNamespace
	Name      string
	Kind      string // span kind
	Root      bool   // spans without a parent
	Serves    bool   `json:",omitempty"` // spans by which the service was asked for something: see call.Serves
	Count     float64
	Errors    float64 // marked as failed: see event.Failed
	Refused   float64 `json:",omitempty"` // call.Error
	Throttles float64 `json:",omitempty"` // call.Throttle
	Faults    float64 `json:",omitempty"` // call.Fault
	SumMS     float64
	Bins      map[int32]float64 // latency in ms by query.HistogramBin
	Slowest   Exemplar          `json:",omitzero"` // where Serves
}

// Exemplar is one span that stands for others. The zero value is none.
type Exemplar struct {
	TraceID string
	SpanID  string
	MS      float64
}

// Slower returns the slower of two exemplars; of two that took as long, the one
// whose ids come first, so that the order in which they are met does not matter.
func (e Exemplar) Slower(o Exemplar) Exemplar {
	if e.TraceID == "" || o.TraceID != "" && cmp.Or(cmp.Compare(o.MS, e.MS), cmp.Compare(e.TraceID, o.TraceID), cmp.Compare(e.SpanID, o.SpanID)) > 0 {
		return o
	}
	return e
}

// Call is the summary of the calls from one service to another in one minute, as
// the caller saw them: what its spans of kind client or producer say; where the
// called span hangs under another kind of span, what that called span says. One
// call that several spans of a service answer is one call to it.
//
// Without a Callee it is the summary of the calls that nothing answered: to
// databases, to hosts that send no spans.
type Call struct {
	Minute       int64 // start of the minute in which the calls began, Unix nanoseconds
	Caller       string
	CallerOrigin string `json:",omitempty"`
	Callee       string
	CalleeOrigin string  `json:",omitempty"`
	Peer         string  `json:",omitempty"` // whom the caller says it calls
	PeerType     string  `json:",omitempty"` // see call.Peer
	Async        bool    `json:",omitempty"` // some were messages
	Count        float64 // may be less than nothing in what a store keeps, never in an answer
	Refused      float64 `json:",omitempty"`
	Throttles    float64 `json:",omitempty"`
	Faults       float64 `json:",omitempty"`
	SumMS        float64
	Bins         map[int32]float64 // latency in ms by query.HistogramBin
}
