// Package otlp reads OTLP requests, in protobuf and in JSON, into batches of
// events: field by field as Honeycomb does it (its published translation is what
// we follow), so that a query written for it finds the same names. Protobuf is
// read once, from the wire into columns; JSON is rewritten as protobuf token by
// token on its way, so that there is one mapping. Neither builds a tree.
package otlp

import (
	"fmt"
	"slices"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/logline"
)

// Signal is what a request carries.
type Signal uint8

// The signals.
const (
	Traces Signal = iota
	Logs
	Metrics
)

// Options say where events go and which are refused.
type Options struct {
	Environment string
	// Dataset chooses the dataset, by slug, of a resource with this service name
	// (as it was sent, "" if it has none). An error refuses the resource's items
	// and becomes their reason.
	Dataset          func(service string) (slug string, err error)
	MinTime, MaxTime int64 // Unix ns; items outside are rejected
	Now              int64 // time of receipt, for logs without a time of their own
	// Float returns a number in [0, 1), for sample rates that are not whole.
	Float func() float64
	// Reserve is asked before the columns grow by so many bytes, about 1 MiB at a
	// time; an error ends the reading and is what Decode returns. May be nil.
	Reserve func(bytes int) error
}

// Reasons for which items are rejected, or stored with less than was sent.
const (
	ReasonTooOld      = "time_too_old"
	ReasonFuture      = "time_in_future"
	ReasonDataset     = "dataset_refused"
	ReasonFields      = "too_many_fields" // the item is stored without those beyond the limit
	ReasonLongName    = "name_too_long"   // the field is left out
	ReasonTruncated   = "value_truncated" // the value is cut
	ReasonBadEncoding = "invalid_utf8"    // what is not UTF-8 is replaced
	ReasonMoved       = "time_moved"      // a span event's time is put within what is taken
	ReasonNoName      = "metric_name"     // the metric's name is empty or too long
	ReasonNoValue     = "no_value"        // the data point says that it has none
	ReasonHistogram   = "bad_histogram"   // more buckets than can be, or an impossible scale
)

// Limits of one event, Honeycomb's.
const (
	maxFields = 2000
	maxName   = 300
	maxValue  = 65_535
	maxDepth  = 5 // of maps that become dotted names
)

// What a request's columns may come to, roughly, in bytes. Fields of a resource
// are on each of its rows, so few bytes can stand for many.
const (
	maxGrown     = 192 << 20
	reserveBytes = 1 << 20
	rowBytes     = 160 // of fields that nearly all rows have
	cellBytes    = 8
	columnBytes  = 512
	listedBytes  = 24
)

// Problem counts items or fields with one reason.
type Problem struct {
	Reason   string
	Count    int
	Rejected bool   // the items are not stored
	Sample   string // the first one, in words
}

// Result is what a request held.
type Result struct {
	Batches  []*event.Batch
	Items    int // spans, log records or data points, rejected ones included
	Rejected int
	Problems []Problem
}

// Message explains rejected items, "" if there are none.
func (r *Result) Message() string {
	var parts []string
	for _, p := range r.Problems {
		if p.Rejected {
			parts = append(parts, fmt.Sprintf("%d × %s (%s)", p.Count, p.Reason, p.Sample))
		}
	}
	return strings.Join(parts, ", ")
}

func (r *Result) problem(reason string, rejected bool, sample func() string) {
	i := slices.IndexFunc(r.Problems, func(p Problem) bool { return p.Reason == reason })
	if i < 0 {
		i = len(r.Problems)
		r.Problems = append(r.Problems, Problem{Reason: reason, Rejected: rejected, Sample: sample()})
	}
	r.Problems[i].Count++
	if rejected {
		r.Rejected++
	}
}

// Decode reads a protobuf request. The error is Invalid if the bytes are not one;
// nothing is kept then.
func Decode(signal Signal, body []byte, opts Options) (*Result, error) {
	d := &decoder{opts: opts, out: &Result{}, sets: map[string]*event.Batch{}, most: maxText}
	var err error
	switch signal {
	case Traces:
		err = d.traces(body)
	case Logs:
		err = d.logs(body)
	case Metrics:
		err = d.metrics(body)
	}
	if err == nil {
		err = d.room()
	}
	if err != nil {
		return nil, err
	}
	return d.out, nil
}

// grow counts bytes that the columns take.
func (d *decoder) grow(n int) { d.grown += n }

// room refuses a request that unpacks to more than is good.
func (d *decoder) room() error {
	if d.grown > maxGrown {
		return fault.New(fault.TooLarge, "the request unpacks to more than %d bytes of fields: send smaller batches", maxGrown)
	}
	if more := d.grown - d.reserved; more >= reserveBytes && d.opts.Reserve != nil {
		d.reserved = d.grown
		return d.opts.Reserve(more)
	}
	return nil
}

// decoder holds what one request needs; its scratch is used again for each item.
type decoder struct {
	opts Options
	out  *Result
	sets map[string]*event.Batch

	resource, scope []constant
	attributes      []attribute // scratch, of a resource or scope
	service         []byte      // of the resource, nil if it has none
	library         []byte      // scope name
	known           bool        // it is one of OpenTelemetry's own
	version         []byte
	schemaURL       []byte // of the resource
	scopeURL        []byte

	resourceRate, scopeRate sampleRate // the latter is that of both
	rate                    sampleRate // of the item

	attrs       [][]byte             // of the item
	sortedAttrs [][]byte             // of a data point
	told        map[string]*declared // of metrics, by dataset
	events      [][]byte
	links       [][]byte
	fields      int // of the item
	grown       int // bytes the columns take so far
	reserved    int // of them

	lines     logline.Reader
	hex       [64]byte
	jsonText  []byte
	recordOut []byte
	most      int // bytes of a value that are written as text
	levels    []level
	entries   []attribute
	lastSet   string
	lastBatch *event.Batch
}

// attribute is a name with its value, both still on the wire.
type attribute struct{ key, value []byte }

// batch returns the batch of a dataset.
func (d *decoder) batch(slug string) *event.Batch {
	if d.lastBatch != nil && d.lastSet == slug {
		return d.lastBatch
	}
	b := d.sets[slug]
	if b == nil {
		b = event.NewBatch(d.opts.Environment, slug)
		d.sets[slug] = b
		d.out.Batches = append(d.out.Batches, b)
	}
	d.lastSet, d.lastBatch = slug, b
	return b
}

// timely reports whether an item's time is taken, and rejects it otherwise.
func (d *decoder) timely(at int64) bool {
	switch {
	case at < d.opts.MinTime:
		d.out.problem(ReasonTooOld, true, func() string {
			if at == 0 {
				return "time 0: the sender did not say when it was"
			}
			const coarser = int64(1e17) // today in microseconds, milliseconds or seconds is below
			if at > 0 && at < coarser {
				return fmt.Sprintf("time %d is before %d, the end of the retention: is it in nanoseconds?", at, d.opts.MinTime)
			}
			return fmt.Sprintf("time %d is before %d, the end of the retention", at, d.opts.MinTime)
		})
	case at > d.opts.MaxTime:
		d.out.problem(ReasonFuture, true, func() string {
			return fmt.Sprintf("time %d is after %d: is the sender's clock right?", at, d.opts.MaxTime)
		})
	default:
		return true
	}
	return false
}
