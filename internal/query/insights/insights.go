// Package insights reads CloudWatch Logs Insights QL: text to a pipeline of
// query stages, with the columns of the answer and how their values print. It is
// pure; what a name of the language means among the stored fields is in names.go.
//
// Decisions where the language is silent: "!=", "not in" and "not like" are true
// of rows without the field, and so is "not" of what cannot be decided; a
// comparison that stands as a value is null then. Nulls sort last either way.
// Standard deviations are those of a sample.
package insights

import (
	"fmt"
	"slices"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query"
)

// Limits of a text.
const (
	MaxText      = 10_000
	MaxRows      = 100_000
	DefaultLimit = 10_000
	maxStats     = 10
	maxDepth     = 30
	maxColumns   = 1_000
)

// Group is a log group: the dataset that holds it, "" for all, and its name.
type Group struct{ Dataset, Name string }

// Options are what a text is read against.
type Options struct {
	Environment     string
	Account, Region string
	Start, End      int64 // Unix nanoseconds, [Start, End)
	Now             int64 // Unix nanoseconds
	Groups          []Group
	// Fields returns what tells whether groups have a field; nil if that is not known.
	Fields func(groups []Group) func(field string) bool
	// Resolve finds the groups that a SOURCE command names; nil if there are none
	// to find.
	Resolve func(Source) ([]Group, error)
	// Where returns the condition that events of groups must satisfy to be theirs,
	// nil for none; may be nil.
	Where func(groups []Group) query.Expr
	// Masked names a group of those whose lines are masked, "" for none; may be nil.
	Masked func(groups []Group) string
	// Spans reports whether groups hold spans, whose @message is made of all their
	// fields once they are found, and is no condition; may be nil.
	Spans func(groups []Group) bool
	// Table finds a lookup table; nil if that is not to be done now.
	Table func(name string) (*query.Table, error)
	Limit int // one more limit on the rows of the answer, 0 for none
}

// Source is what a SOURCE command names.
type Source struct {
	Names    []string // of groups
	Prefixes []string // of groups' names
	Class    []string
	Accounts []string
	DataSets []string // data sources, name.type
}

// Type says how the values of a column print.
type Type uint8

// The types of columns.
const (
	Any    Type = iota
	Number      // computed: at most four decimals
	Time        // Unix nanoseconds
	JSON        // an object or array as text
	Pointer
)

// Column is a column of the answer.
type Column struct {
	Name  string // as the text has it
	Field string // of the pipeline
	Type  Type
	Key   bool // rows are grouped by it
}

// Program is a text made ready to run.
type Program struct {
	Groups   []Group // those that are looked at
	Sourced  bool    // they are named by the text
	Stages   []query.Stage
	Columns  []Column
	Raw      bool          // rows are events, with a pointer each
	Matching []query.Stage // the stages that only choose events: their rows are those that match
	Counts   string        // a column of the answer that says how many events are in each row, "" for none
	Estimate bool          // the text asks what it would cost
	Spans    bool          // there are spans among the events: raw rows have the SpanFields
}

// EstimateColumns are the columns of the answer to a text that ends in estimate.
func EstimateColumns() []Column {
	return []Column{{Name: "estimatedRecordsScanned", Field: "records"}, {Name: "estimatedBytesScanned", Field: "bytes"}}
}

// Query returns the pipeline as a query.
func (p *Program) Query(o Options) *query.Query {
	return p.over(o, p.Stages)
}

// Count returns the query that counts the events that match, in the column "n".
func (p *Program) Count(o Options) *query.Query {
	stages := append([]query.Stage{}, p.Matching...)
	return p.over(o, append(stages, query.Aggregate{Calcs: []query.Calc{{Op: query.Count, Name: "n"}}}))
}

// Everything returns the query that counts all events looked at, in the column "n".
func (p *Program) Everything(o Options) *query.Query {
	return p.over(o, []query.Stage{query.Aggregate{Calcs: []query.Calc{{Op: query.Count, Name: "n"}}}})
}

func (p *Program) over(o Options, stages []query.Stage) *query.Query {
	q := &query.Query{Environment: o.Environment, Start: o.Start, End: o.End, Stages: stages}
	for _, g := range p.Groups {
		if g.Dataset == "" {
			q.Datasets = nil
			break
		}
		q.Datasets = append(q.Datasets, g.Dataset)
	}
	if o.Where != nil {
		if where := o.Where(p.Groups); where != nil {
			q.Stages = append([]query.Stage{query.Filter{Where: where}}, stages...)
		}
	}
	return q
}

// Error is what is wrong in a text, at the bytes [Start, End).
type Error struct {
	Message    string
	Start, End int
}

// Error returns the message.
func (e *Error) Error() string { return e.Message }

// Unwrap classifies the error.
func (e *Error) Unwrap() error { return fault.At(e.Start, "%s", e.Message) }

func wrong(start, end int, format string, args ...any) error {
	return &Error{Message: fmt.Sprintf(format, args...), Start: start, End: max(end, start)}
}

// Compile reads a text. What is wrong in it comes as an [Error].
func Compile(text string, o Options) (*Program, error) {
	if len(text) > MaxText {
		return nil, wrong(MaxText, len(text), "the query is %d characters long; at most %d are taken", len(text), MaxText)
	}
	tokens, err := lex(text)
	if err != nil {
		return nil, err
	}
	c := newCompiler(&parser{text: text, tokens: tokens}, o)
	if err := c.commands(); err != nil {
		return nil, err
	}
	p, err := c.finish()
	if err != nil {
		return nil, err
	}
	if err := c.check(p); err != nil {
		return nil, err
	}
	return p, nil
}

// check lets the query room judge what its stores can run.
func (c *compiler) check(p *Program) error {
	o := c.o
	if o.Start >= o.End {
		o.Start, o.End = 0, 1
	}
	if o.Environment == "" {
		o.Environment = "-"
	}
	if err := p.Query(o).Validate(); err != nil {
		return wrong(0, len(c.p.text), "%s", fault.MessageOf(err))
	}
	return nil
}

// PointerFields are the columns that tell an event apart from all others.
func PointerFields() []string {
	return []string{event.SystemTime, arrivalField, event.SystemDataset}
}

// SpanFields are the columns that tell a span apart from others of its time, beside
// those of PointerFields.
func SpanFields() []string {
	return []string{event.FieldSignal, event.FieldTraceID, event.FieldSpanID, event.FieldName}
}

// countColumn is the column of how many events are in a group.
const countColumn = "=events"

// counted lets the first aggregate count the events in each group, too, if no
// later stage makes less of the groups but for limits.
func (p *Program) counted() {
	at := slices.IndexFunc(p.Stages, func(s query.Stage) bool { _, ok := s.(query.Aggregate); return ok })
	if at < 0 {
		return
	}
	for _, s := range p.Stages[:at] {
		switch s.(type) {
		case query.Filter, query.Compute:
		default:
			return
		}
	}
	for _, s := range p.Stages[at+1:] {
		switch s.(type) {
		case query.Compute, query.Sort, query.Limit, query.Project:
		default:
			return
		}
	}
	a, _ := p.Stages[at].(query.Aggregate)
	last, _ := p.Stages[len(p.Stages)-1].(query.Project)
	a.Calcs = append(slices.Clone(a.Calcs), query.Calc{Op: query.Count, Name: countColumn})
	last.Fields = append(slices.Clone(last.Fields), countColumn)
	p.Stages[at], p.Stages[len(p.Stages)-1] = a, last
	p.Counts = countColumn
}

// Whole reports whether an answer of so many rows has all rows that there are, one
// for each event that matches or, if Counts is set, group of such.
func (p *Program) Whole(rows int) bool {
	if !p.Raw && p.Counts == "" {
		return false
	}
	for _, s := range p.Stages {
		switch x := s.(type) {
		case query.Filter, query.Compute, query.Sort, query.Project, query.Aggregate:
		case query.Limit:
			if rows >= x.Count {
				return false
			}
		default:
			return false
		}
	}
	return true
}
