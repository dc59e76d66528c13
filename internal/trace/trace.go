// Package trace turns the rows that carry one trace id, from any mix of
// sources, into a tree: parents and orphans, loops cut, clocks corrected, self
// times and the critical path. It is pure: rows in, [Trace] out, no I/O.
package trace

import "github.com/oriel-dev/oriel/internal/event"

// Flag bits of a [Span].
const (
	FlagError = 1 << iota
	FlagErrorBelow
	FlagCritical
	FlagPlaceholder // stands for a parent that was never received
	FlagClock       // its clock was corrected
	FlagLoop        // its parent was an own descendant: cut here
	FlagDuplicate   // another span has the same id and a different body
	FlagEvents
	FlagLinks
	FlagNoDuration
	FlagInProgress // it has not ended, as far as is known
)

// Kinds of span, as in OTLP's SpanKind.
const (
	KindUnspecified = iota
	KindInternal
	KindServer
	KindClient
	KindProducer
	KindConsumer
)

// Trace is an assembled trace. Spans stand in depth-first order, children by
// start time. All times are nanoseconds after Base.
type Trace struct {
	ID          string
	Environment string
	Base        int64 // Unix ns of the earliest span (or row, where there is no span)
	Duration    int64 // until the latest end of a span
	Strings     []string
	Spans       []Span
	Annotations []Annotation
	Critical    []Step
	Services    []Service
	Notes       Notes
	Newest      int64 // Unix ns of the latest end or row, clocks uncorrected
	Total       int   // spans known, more than len(Spans) if cut
}

// Span is a node of the tree. Service and Name index Trace.Strings.
type Span struct {
	ID          string
	Parent      int32 // index, -1 for a root
	Depth       int32
	Start       int64
	Duration    int64
	Self        int64 // time not covered by children
	Service     int32
	Name        int32
	Kind        uint8
	Status      uint8 // OTLP: 0 unset, 1 ok, 2 error
	HTTP        int32 // response status code, 0 if none
	Flags       uint32
	Descendants int32
	Ref         Ref // the row it came from; Batch is -1 for a placeholder
}

// Ref names a row of the batches given to [Assemble].
type Ref struct{ Batch, Row int32 }

// AnnotationKind says what an annotation is.
type AnnotationKind uint8

// The kinds of annotation.
const (
	SpanEvent AnnotationKind = iota
	Exception
	Link
	Log
	ErrorItem
)

// Annotation is something that hangs on a span at a moment.
type Annotation struct {
	Span     int32 // index, -1 if its span is unknown
	Time     int64
	Name     int32
	Kind     AnnotationKind
	Severity int32 // index of the severity word, of "" if none
	Ref      Ref
}

// Step is a stretch of the critical path: Span was what the trace waited for
// from Start to End.
type Step struct {
	Span       int32
	Start, End int64
}

// Service sums up a service's part of a trace.
type Service struct {
	Name   string
	Spans  int
	Errors int
	Self   int64
}

// Notes are things about a trace that its reader must know.
type Notes struct {
	MissingParents int
	Roots          int
	Loops          int
	Duplicates     int
	Skew           []Skew
}

// Skew is a correction of one process's clock: NS was added to its spans' times.
type Skew struct {
	Service string
	Host    string
	NS      int64
	Spans   int
}

// Options tune Assemble.
type Options struct {
	KeepClocks bool // do not correct clock skew
	MaxSpans   int  // 0 means 100,000; roots, errors and the longest are kept, with all above them

	// Column returns the column that holds a field with a fixed meaning
	// (event.FieldService, …) in the rows of a batch, nil for the one of the field's
	// own name; it may be nil itself.
	Column func(b *event.Batch, field string) *event.Column
}

// Assemble builds the tree of a trace. The batches hold rows of one trace id;
// their order does not matter.
func Assemble(id string, batches []*event.Batch, opts Options) *Trace {
	if opts.MaxSpans <= 0 {
		opts.MaxSpans = 100_000
	}
	a := newAssembly(id)
	for i, b := range batches {
		a.read(int32(i), b, opts.Column)
	}
	a.merge(opts.MaxSpans)
	a.link()
	if !opts.KeepClocks {
		a.correctClocks()
	}
	a.order()
	a.measure()
	a.criticalPath()
	a.annotate()
	a.summarise()
	return a.out
}
