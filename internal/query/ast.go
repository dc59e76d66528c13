// Package query is the one query language: a pipeline of relational stages over
// events. Four vendors' languages and the UI's builder parse into it; stores run
// it, [Match] interprets its filters on one event. It is pure: no SQL, no HTTP,
// no clock. Every node prints itself back.
package query

import "github.com/oriel-dev/oriel/internal/event"

// Query is a pipeline over the events of one environment.
type Query struct {
	Environment string   // slug; never empty in a valid query
	Datasets    []string // slugs; empty means every dataset of the environment
	Start, End  int64    // Unix nanoseconds, [Start, End)
	Unweighted  bool     // aggregate stored rows as they are, ignoring sample rates
	Stages      []Stage
}

// Stage is one step of a pipeline: Filter, TraceFilter, Relate, Compute, Unnest,
// Aggregate, Sort, Limit, Dedup or Project, or one of local.go.
type Stage interface {
	stage()
	String() string
}

type (
	// Filter keeps the rows for which Where is true. After an Aggregate it is a
	// "having": fields are then the aggregate's output columns.
	Filter struct{ Where Expr }

	// TraceFilter keeps rows of traces that satisfy every condition, each on
	// some (or no) span of the trace.
	TraceFilter struct{ Conditions []TraceCondition }

	// Relate adds fields of another span of the row's trace: of the earliest that
	// has the relation (not None) and satisfies Where, null where there is none.
	Relate struct {
		Relation Relation
		Where    Expr // nil for any span
		Fields   []RelatedField
	}

	// Compute adds a field to each row, for the later stages of this query only.
	Compute struct {
		Name string
		Expr Expr
	}

	// Unnest makes a row of every element of the JSON array that List gives, with
	// the element's text in Name. Rows without an array, or with an empty one, go.
	Unnest struct {
		Name string
		List Expr
	}

	// Aggregate groups rows by fields and, if Step > 0, by time buckets aligned
	// to multiples of Step, and yields one row per group: the Groups columns,
	// then "_time" (bucket start, ns) if Step > 0, then one column per
	// calculation under its Name. Without groups and buckets it yields one row
	// even over no rows.
	Aggregate struct {
		Groups []string
		Step   int64 // ns; 0 means one bucket for the whole range
		Calcs  []Calc
		// From and To, if they are not 0, are the times before and from which on events
		// are only what the series of metrics are made of: see [Temporal]. They are in
		// no group.
		From, To int64
	}

	// Sort orders rows; nulls come last. Ties are left in no particular order.
	Sort struct{ Keys []SortKey }

	// Limit keeps the first Count rows after skipping Offset.
	Limit struct{ Count, Offset int }

	// Dedup keeps one row for each combination of the fields: the first in the
	// current order, or an arbitrary one without a Sort before it. KeepNull keeps
	// every row in which one of the fields is null.
	Dedup struct {
		Fields   []string
		KeepNull bool
	}

	// Project names the columns of the result, in order. A query of raw events
	// without it yields "_time" and "_dataset" followed by every attribute seen.
	Project struct{ Fields []string }
)

// TraceCondition asks for a span of the trace by its relation to the row.
type TraceCondition struct {
	Relation Relation
	Where    Expr
}

// RelatedField is a field that Relate adds.
type RelatedField struct {
	Name string
	Expr Expr // over the other span
}

// Relation says which span of a trace a condition is about.
type Relation uint8

// The relations: the root span, the row's direct parent, one of its direct
// children, any span of the trace, or no span at all.
const (
	Root Relation = iota
	Parent
	Child
	Any
	None
)

// Calc is one calculation of an Aggregate. Nulls are ignored, but for a plain Count.
type Calc struct {
	Op    CalcOp
	Field string  // "" for Count without field and Concurrency
	Q     float64 // for Quantile and Interpolated: 0..1; for TopValues how many
	Where Expr    // nil, or which rows count for this calculation only
	Name  string  // output column

	Series *Temporal // nil, or what is made of the field's data points first
}

// CalcOp is the operator of a calculation.
type CalcOp uint8

// The calculations. Count, Sum, Avg and Quantile weigh rows by sample rate
// unless the query is Unweighted; CountDistinct, Min and Max never do.
// Concurrency is the mean number of spans in flight during a bucket. Histogram
// yields, as JSON text, counts per logarithmic bin (see [HistogramBin]).
const (
	Count CalcOp = iota
	CountDistinct
	Sum
	Avg
	Min
	Max
	Quantile
	Concurrency
	Histogram
	First // value of the field in the earliest row
	Last  // value of the field in the latest row

	// What follows never weighs rows by sample rate.

	Interpolated // the quantile, linearly between the two nearest values
	StdDev       // of a sample; null of one value
	Variance     // of a sample; null of one value
	LeastText    // the text that is first byte by byte
	GreatestText // the text that is last byte by byte
	Values       // the different texts in order, as a JSON array of at most 1,000
	TopValues    // the Q most frequent texts, as a JSON array
)

// MaxListed is how many texts Values gives at most.
const MaxListed = 1000

// SortKey orders by a column.
type SortKey struct {
	Field string
	Desc  bool
	// Natural orders texts as people do: those that are no number first, numbers by
	// value, and runs of digits in texts as numbers.
	Natural bool
}

// Expr is an expression over one row. Comparison with null is never true, and
// the Not of it is; see Match for the exact rules.
type Expr interface {
	expr()
	String() string
}

type (
	// Field is the value of a field or system column, null where absent.
	Field struct{ Name string }

	// Literal is a constant.
	Literal struct{ Value event.Value }

	// Compare compares two expressions: numbers as numbers when either side is
	// a number literal or both are numeric (a string that parses counts), else text.
	Compare struct {
		Op   CompareOp
		L, R Expr
	}

	// In is true if X equals one of the values.
	In struct {
		X      Expr
		Values []event.Value
	}

	// InQuery is true if X equals a value in the one column that another query
	// gives. The querier runs that first and puts an In in its place.
	InQuery struct {
		X     Expr
		Query *Query
	}

	// Exists is true if X is not null.
	Exists struct{ X Expr }

	// Text tests the text form of X.
	Text struct {
		Op TextOp
		X  Expr
		S  string
	}

	// And is true if all its terms are, also if there are none.
	And struct{ Terms []Expr }
	// Or is true if any of its terms is.
	Or struct{ Terms []Expr }
	// Not is true if its term is false or undecided (null).
	Not struct{ X Expr }

	// Call applies a function of the catalogue in functions.go.
	Call struct {
		Name string
		Args []Expr
	}
)

// CompareOp is a comparison operator.
type CompareOp uint8

// The comparison operators.
const (
	Eq CompareOp = iota
	Ne
	Lt
	Le
	Gt
	Ge
)

// TextOp is a test on text, case-sensitive but for Search.
type TextOp uint8

// The text tests. Regex is RE2, unanchored. Search is a case-insensitive Contains.
// Pattern is a filter pattern of CloudWatch Logs (see package query/pattern).
const (
	Contains TextOp = iota
	StartsWith
	EndsWith
	Regex
	Search
	Pattern
)

func (Filter) stage()      {}
func (TraceFilter) stage() {}
func (Relate) stage()      {}
func (Compute) stage()     {}
func (Unnest) stage()      {}
func (Aggregate) stage()   {}
func (Sort) stage()        {}
func (Limit) stage()       {}
func (Dedup) stage()       {}
func (Project) stage()     {}

func (Field) expr()   {}
func (Literal) expr() {}
func (Compare) expr() {}
func (In) expr()      {}
func (InQuery) expr() {}
func (Exists) expr()  {}
func (Text) expr()    {}
func (And) expr()     {}
func (Or) expr()      {}
func (Not) expr()     {}
func (Call) expr()    {}
