// Package xraymodel reads the rows of a trace as AWS X-Ray does, wherever they come
// from: a tree of segments and subsegments with their names, types and flags, what
// called what, and the segments that X-Ray infers of calls to those who send nothing.
// Rows that were segment documents are read as they were meant; spans of OpenTelemetry
// and others by the rules of the collector's X-Ray exporter, with the differences
// that name.go and build.go give reasons for. It is pure: rows in, [Trace] out.
//
// A segment is a service's part of a request: a span of a server or consumer, one
// without a parent, or one whose parent is of another service. All else is a
// subsegment of the segment that it lies in. A span of a client that would be a
// segment by that (the first of its service) becomes both: a segment of its service,
// and in it the subsegment that calls.
package xraymodel

import (
	"github.com/oriel-dev/oriel/internal/call"
	"github.com/oriel-dev/oriel/internal/event"
)

// Trace is a trace as X-Ray has it. All times are Unix nanoseconds.
type Trace struct {
	ID string // canonical, 32 digits
	// Segments are the segments by their start, each with those that were inferred
	// right behind the one that calls them; subsegments without a parent are among them.
	Segments []*Part
	// Root is the segment without a parent, the earliest of several; else the earliest
	// whose parent is missing; nil only where there is no part at all.
	Root  *Part
	Calls []Call
	Links []Link

	Start, End int64 // of the earliest and latest part
	Partial    bool  // something is in progress, or a traced call has no answer
	Revision   int   // documents received; a span is one, subsegments within a document are none
}

// Part is a segment or a subsegment.
type Part struct {
	Segment  bool // else it is a subsegment
	Inferred bool // a segment that nobody sent: Via tells what it was made of
	Orphan   bool // a subsegment whose parent is not there

	ID, ParentID string // 16 hex digits; ParentID is "" for none
	Name         string // of a segment its service's, of a call what is called
	Type         string // of a segment, its origin as "AWS::EC2::Instance"; "" if unknown
	Namespace    string // of a subsegment: "aws", "remote", or "" for work in the process
	Account      string // "" if unknown
	Start, End   int64  // End is the latest that is known where it is in progress
	Flags        Flags
	HTTP         HTTP
	User         string
	Resource     string // ARN
	Instance     string // id of the EC2 instance
	Zone         string // availability zone

	Up      *Part   // what it lies in; nil for segments and orphans
	Of      *Part   // the segment (or orphan) it is in, itself for one
	Parts   []*Part // subsegments, by start
	Callees []*Part // segments that name it as their parent, the one inferred included
	Via     *Part   // the subsegment or segment that called it, if that is there

	Annotations []Annotation // if Options.Annotations
	Exceptions  []Exception  // if Options.Exceptions
	Row         event.Row    // where it comes from; those of inferred segments are Via's

	call    callDetails
	kind    spanKind
	made    origin
	local   bool   // it is the first of its service, says its sender
	service string // the sender's name
	traced  int32  // segments that were called from within, at any depth
	walk    int32  // while the tree is built
}

// Flags are what went wrong in a part, and what is not over.
type Flags uint8

// The flags. Fault is a 5xx, Error a 4xx, Throttle a 429, which is an Error too.
const (
	Fault Flags = 1 << iota
	Error
	Throttle
	InProgress
	Traced // whoever is called sends a segment of its own
)

// Has reports whether all of some flags are set.
func (f Flags) Has(all Flags) bool { return f&all == all }

// Outcome returns what the part counts as: its flags and its HTTP status are marks,
// and what they come to is package call's to say, as for roll-ups.
func (p *Part) Outcome() call.Outcome {
	return call.Marks{Status: p.HTTP.Status, Fault: p.Flags.Has(Fault), Refused: p.Flags.Has(Error), Throttled: p.Flags.Has(Throttle)}.Outcome()
}

// Weight returns how many parts this one stands for: the sample rate of its row.
func (p *Part) Weight() float64 {
	if p.Row.Batch == nil {
		return 1
	}
	return float64(p.Row.Batch.SampleRate(p.Row.Index))
}

// Duration returns how long a part took, ns.
func (p *Part) Duration() int64 { return p.End - p.Start }

// isCall reports whether a subsegment calls something outside its process.
func (p *Part) isCall() bool { return !p.Segment && (p.Namespace != "" || p.call.sql()) }

// HTTP is the request that a segment served or a subsegment made. Zero values are unknown.
type HTTP struct {
	Method, URL, UserAgent, ClientIP string
	Status                           int
}

// given reports whether anything of it is known.
func (h *HTTP) given() bool { return *h != HTTP{} }

// Annotation is an indexed value of a part: text, number or boolean.
type Annotation struct {
	Key   string
	Value event.Value
}

// Exception is what was thrown in a part, innermost cause last.
type Exception struct {
	ID, Type, Message, Stack string
	Remote                   bool
}

// Call is an edge: From called To. Times and flags of the call are those of Via: the
// calling subsegment, or To itself where no subsegment is known to have called.
type Call struct{ From, Via, To *Part }

// Link points from a part to one of another trace, or of the same.
type Link struct {
	From        *Part  // nil if it is not there
	TraceID, ID string // canonical
	// Reference is "parent" where the other one is upstream, ReferenceChild where it is
	// downstream; "" means parent, as links of spans do.
	Reference string
}

// ReferenceChild is the reference of links to what is downstream.
const ReferenceChild = "child"

// Options say what is read beside the tree.
type Options struct {
	Annotations bool
	Exceptions  bool
	// Column returns the column that holds a field with a fixed meaning
	// (event.FieldService, …) in the rows of a batch, nil for the one of the field's
	// own name; it may be nil itself.
	Column func(b *event.Batch, field string) *event.Column
}
