// Package rql reads RQL, Rollbar's query language: text to a pipeline of query
// stages, with the columns of the answer. It is pure; what a column is among the
// stored fields is in columns.go, and items are what the caller says they are.
//
// Decisions where the language is silent: comparisons, NOT and LIKE are those of
// SQL, so what is compared with NULL is never chosen, by NOT neither. Texts compare
// byte by byte. NULL sorts last. A column that is neither grouped nor in an
// aggregate is that of any row, with a warning. Without ORDER BY, occurrences come
// newest first, and groups by their keys.
package rql

import (
	"fmt"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query"
)

// The tables.
const (
	Occurrences = "item_occurrence"
	Deploys     = "deploy"
)

// Limits of an answer.
const (
	DefaultLimit = 100
	MaxLimit     = 1000
	// MaxChosen is how many fingerprints conditions on items may choose.
	MaxChosen = 10_000
	// MaxGathered is how many rows may be gathered to have columns of items put beside.
	MaxGathered = 100_000
)

// ItemRow is an item, as conditions and columns see it.
type ItemRow interface {
	// Get returns a column by its whole name, such as item.id.
	query.Row
	// Fingerprints are those of its occurrences, in its environment.
	Fingerprints() []string
	// Environment is that of its occurrences, as Rollbar means it.
	Environment() string
}

// Options are what a text is read against.
type Options struct {
	Environment string
	Project     int64  // project_id
	ProjectSlug string // project_slug
	Start, End  int64  // Unix nanoseconds, [Start, End): the widest range
	Now         int64  // Unix nanoseconds
	// Items lists all items; it is asked at most once, and only where a text is about items.
	Items func() ([]ItemRow, error)
	// Fields lists what “*” may stand for, by the names of stored fields; nil where
	// that is not known.
	Fields func() []string
	// Deploys lists all deploys, newest first, by the names of DeployColumns.
	Deploys func() ([]map[string]event.Value, error)
	// MaxLimit is the highest limit; 0 means MaxLimit.
	MaxLimit int
	// DefaultLimit is that of a text without one; 0 means DefaultLimit.
	DefaultLimit int
}

// Type says how the values of a column are shown.
type Type uint8

// The types of columns.
const (
	Any    Type = iota
	Number      // computed
	Time        // Unix seconds
)

// OutputColumn is a column of the answer.
type OutputColumn struct {
	Name  string // alias, or the expression as written
	Field string // of the pipeline; "" for what “*” stands for
	Type  Type
	Key   bool // rows are grouped by it
}

// Warning is something that is likely not meant so, at the bytes [Start, End).
type Warning struct {
	Message    string
	Start, End int
}

// Read is a field of occurrences that the text reads.
type Read struct {
	Column, Field string
	Start, End    int
}

// Program is a text made ready to run.
type Program struct {
	Table    string
	Stages   []query.Stage
	Columns  []OutputColumn
	Star     bool
	Limit    int
	Start    int64 // of the range that the conditions leave, Unix nanoseconds
	End      int64
	Warnings []Warning
	Reads    []Read
}

// Query returns the pipeline as a query. A program about deploys has none.
func (p *Program) Query(o Options) *query.Query {
	return &query.Query{Environment: o.Environment, Start: p.Start, End: p.End, Unweighted: true, Stages: p.Stages}
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

func (n *Node) wrong(format string, args ...any) error { return wrong(n.Start, n.End, format, args...) }

// Compile reads a text. What is wrong in it comes as an [Error].
func Compile(text string, o Options) (*Program, error) {
	s, err := Parse(text)
	if err != nil {
		return nil, err
	}
	c := newCompiler(s, o)
	if err := c.compile(); err != nil {
		return nil, err
	}
	if c.p.Table == Deploys {
		c.p.Start, c.p.End = 0, 1
	}
	if err := c.p.Query(Options{Environment: "-"}).Validate(); err != nil {
		return nil, wrong(0, len(text), "%s", fault.MessageOf(err))
	}
	return c.p, nil
}

func text(s string) query.Expr { return query.Literal{Value: event.StringValue(s)} }

func whole(n int64) query.Expr { return query.Literal{Value: event.IntValue(n)} }

func call(name string, args ...query.Expr) query.Expr { return query.Call{Name: name, Args: args} }

func field(name string) query.Expr { return query.Field{Name: name} }
