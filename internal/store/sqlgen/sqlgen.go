// Package sqlgen compiles a query to one SQL SELECT, in the dialects of DuckDB
// and ClickHouse. It knows the query language and SQL and nothing else: no
// driver, no table, no file. The engine provides a relation called events with
// the columns named in [Statement], and runs the text.
//
// Every identifier in the text is one that this package made up (t, ds, w, f0,
// g1, …); names and literals from outside appear only as literals, and those are
// escaped in one place, literal.go.
//
// Text counts as a number as in event.Value.Number, so ClickHouse must run with
// precise_float_parsing = 1; for calculated fields that nest deep it must also
// have max_parser_depth = 10000 and max_subquery_depth = 1000. The case files in testdata hold both texts of many
// queries, with the rows they yield in both engines.
package sqlgen

import (
	"strconv"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
)

// Dialect is the SQL of one engine.
type Dialect uint8

// The dialects.
const (
	DuckDB Dialect = iota
	ClickHouse
)

// String returns the lower-case name of the dialect.
func (d Dialect) String() string {
	if d == ClickHouse {
		return "clickhouse"
	}
	return "duckdb"
}

// Schema says what the engine knows of the rows a query can reach.
type Schema interface {
	// Kind returns the unified kind of an attribute over those rows, Null if
	// none has it. It is not asked about system columns.
	Kind(field string) event.Kind
	// Fields lists the attributes, in the order a query of raw events shows them.
	Fields() []string
	// Weighted reports whether some row may have a sample rate above 1.
	Weighted() bool
}

// Statement is a compiled query.
type Statement struct {
	// SQL is a SELECT over a relation named events, which the engine defines in
	// a WITH before it. The rows of events are those of the query's environment,
	// time range and, unless AllDatasets is set, datasets. Its columns are t
	// (BIGINT, event time in Unix nanoseconds), ds (text, the dataset's slug), w
	// (BIGINT, sample rate, at least 1) and f0…fN. It may use only some of them.
	SQL string

	// Fields[i] is the attribute in column fi, of the kind that Schema.Kind
	// gave: BOOLEAN, BIGINT, DOUBLE or VARCHAR (nullable, in ClickHouse Bool,
	// Int64, Float64 or String). Text made of other kinds must be the canonical
	// text of event.Value.Text; see [Dialect.Convert].
	Fields []string

	// Which of the other columns of events are used.
	NeedsTime, NeedsDataset, NeedsWeight bool

	// AllDatasets asks for the rows of every dataset of the environment: the
	// query looks at whole traces. The SQL then picks the datasets itself.
	AllDatasets bool

	// Columns describe the result, in the order of the SELECT.
	Columns []Column
}

// Column is a column of the result. Values of another type than Kind must be
// converted to it: integers may come back wider, booleans as numbers.
type Column struct {
	Name string
	Kind event.Kind // Null: no row has a value
}

// Compile returns the SQL for q. Faults are Invalid, with what to change, for
// queries that cannot be run; a Statement never fails for the values it meets.
func Compile(d Dialect, q *query.Query, s Schema) (*Statement, error) {
	return newCompiler(d, q, s).compile()
}

// CompileOver returns the SQL for stages over rows that are the answer to others
// before them. Its events have the given columns, in their order, as f0…fN, and no
// other.
func CompileOver(d Dialect, given []Column, stages []query.Stage) (*Statement, error) {
	c := newCompiler(d, &query.Query{Stages: stages}, nil)
	rel := relation{from: "events", closed: true}
	for i, col := range given {
		t := c.null()
		if col.Kind != event.Null {
			t = term{sql: "f" + strconv.Itoa(i), kind: col.Kind}
		}
		rel.cols = append(rel.cols, column{col.Name, t})
	}
	return c.over(rel)
}
