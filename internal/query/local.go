package query

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
)

// Local is a stage that is no operation of a store: the querier applies it, and
// every stage behind it, to the rows that the stages before it give.
type Local interface {
	Stage
	// Reads lists the fields that the stage reads.
	Reads() []string
}

// Cut parts stages before the first that no store runs.
func Cut(stages []Stage) (store, local []Stage) {
	for i, s := range stages {
		if _, ok := s.(Local); ok {
			return stages[:i], stages[i:]
		}
	}
	return stages, nil
}

type (
	// FillGaps adds a row for each bucket of time without one, from the first to
	// the last row, for every combination of Keys that there is. Values say what
	// fields have then; others are null.
	FillGaps struct {
		Time   string // field, Unix nanoseconds
		Step   int64
		Keys   []string
		Values []FillValue
	}

	// FillDown puts the last value of a field in the place of nulls.
	FillDown struct{ Fields []string }

	// RunningTotal sums up a field from row to row.
	RunningTotal struct{ Field, Name string }

	// Lag adds the values that a field had From to To rows before, as Name and the
	// number of rows.
	Lag struct {
		Field, Name string
		From, To    int
	}

	// Totals adds a field with the sum of fields of the row, if Name is set, and a
	// row with the sums of the fields, if Row is.
	Totals struct {
		Fields []string
		Name   string
		Row    bool
	}

	// Outliers looks for numbers beyond Width times the range between the quartiles
	// around them, and removes their rows or draws them to the border.
	Outliers struct {
		Fields []string
		Width  float64
		Lower  bool // also those that are too low
		Remove bool
		Mark   bool // numbers that are drawn to the border become text that says so
	}

	// Sessions numbers the rows of each combination of Fields, in the order of
	// Time: a new session begins after a gap longer than Span.
	Sessions struct {
		Fields []string
		Time   string
		Span   int64 // ns
		Name   string
	}

	// Lookup adds the columns of the row of a table whose key equals the field. Of
	// a table of networks, that whose network the address is in.
	Lookup struct {
		Table    *Table
		Key      string // column of the table
		Field    string
		Networks bool
		Outputs  []LookupOutput
		Keep     bool // values that are there already stay
	}

	// Join puts rows of another query beside those whose key equals theirs. Rows
	// without such stay if Outer, with nulls.
	Join struct {
		With     *Query
		Field    string
		WithKey  string
		Columns  []JoinColumn
		Outer    bool
		MostKeys int
	}

	// Beside puts the rows of another query beside these, the first with the first.
	Beside struct {
		With    *Query
		Columns []JoinColumn
		Keep    bool // values that are there already stay
		Most    int
	}

	// Earlier runs the stages before it over the range that lies Shift before, and
	// puts the columns of the rows with equal Keys (and Time, shifted) beside them.
	Earlier struct {
		Shift   int64
		Keys    []string
		Time    string // "" for none
		Columns []JoinColumn
	}

	// Templates finds the patterns of the texts in a field, with how many events
	// have each, most first. Names are those of: the pattern, its share of the
	// events, how many events, the severity, an id of the pattern and, compared with
	// the range that lies Earlier before, by how many events it differs, and what
	// that means.
	Templates struct {
		Field   string
		Earlier int64 // ns, 0 for no comparison
		Names   [7]string
	}

	// Relevant compares the events for which Where is true with the others, and
	// gives a row for each field: name, score, contributors, medians.
	Relevant struct {
		Where  Expr
		Fields []string // none for all
		Names  [5]string
	}
)

// FillValue is what a field has in a row that was added.
type FillValue struct {
	Field string
	Value event.Value
}

// Table is a table of texts.
type Table struct {
	Name    string
	Columns []string
	Rows    [][]string
}

// LookupOutput is a column of a table that becomes a field.
type LookupOutput struct{ Column, Name string }

// JoinColumn is a field of another query that becomes one of this.
type JoinColumn struct{ Field, Name string }

func (FillGaps) stage()     {}
func (FillDown) stage()     {}
func (RunningTotal) stage() {}
func (Lag) stage()          {}
func (Totals) stage()       {}
func (Outliers) stage()     {}
func (Sessions) stage()     {}
func (Lookup) stage()       {}
func (Join) stage()         {}
func (Beside) stage()       {}
func (Earlier) stage()      {}
func (Templates) stage()    {}
func (Relevant) stage()     {}

// Reads implements Local.
func (s FillGaps) Reads() []string {
	names := append([]string{s.Time}, s.Keys...)
	for _, v := range s.Values {
		names = append(names, v.Field)
	}
	return names
}

// Reads implements Local.
func (s FillDown) Reads() []string { return s.Fields }

// Reads implements Local.
func (s RunningTotal) Reads() []string { return []string{s.Field} }

// Reads implements Local.
func (s Lag) Reads() []string { return []string{s.Field} }

// Reads implements Local.
func (s Totals) Reads() []string { return s.Fields }

// Reads implements Local.
func (s Outliers) Reads() []string { return s.Fields }

// Reads implements Local.
func (s Sessions) Reads() []string { return append([]string{s.Time}, s.Fields...) }

// Reads implements Local.
func (s Lookup) Reads() []string {
	names := []string{s.Field}
	for _, o := range s.Outputs {
		names = append(names, o.Name)
	}
	return names
}

// Reads implements Local.
func (s Join) Reads() []string { return []string{s.Field} }

// Reads implements Local.
func (s Beside) Reads() []string {
	var names []string
	for _, c := range s.Columns {
		names = append(names, c.Name)
	}
	return names
}

// Reads implements Local.
func (s Earlier) Reads() []string {
	names := append([]string{}, s.Keys...)
	for _, c := range s.Columns {
		names = append(names, c.Field)
	}
	return names
}

// Reads implements Local.
func (s Templates) Reads() []string { return []string{s.Field} }

// Reads implements Local.
func (s Relevant) Reads() []string { return append(FieldsOf(s.Where), s.Fields...) }

// String prints the stage.
func (s FillGaps) String() string {
	return "fill gaps of " + ident(s.Time) + " each " + strconv.FormatInt(s.Step, 10) + "ns by " + idents(s.Keys) + fmt.Sprint(s.Values)
}

// String prints the stage.
func (s FillDown) String() string { return "fill down " + idents(s.Fields) }

// String prints the stage.
func (s RunningTotal) String() string { return "total of " + ident(s.Field) + " as " + ident(s.Name) }

// String prints the stage.
func (s Lag) String() string {
	return fmt.Sprintf("lag of %s by %d to %d as %s", ident(s.Field), s.From, s.To, ident(s.Name))
}

// String prints the stage.
func (s Totals) String() string {
	return fmt.Sprintf("totals of %s as %s, row %t", idents(s.Fields), ident(s.Name), s.Row)
}

// String prints the stage.
func (s Outliers) String() string {
	return fmt.Sprintf("outliers of %s beyond %v, lower %t, remove %t, mark %t", idents(s.Fields), s.Width, s.Lower, s.Remove, s.Mark)
}

// String prints the stage.
func (s Sessions) String() string {
	return "sessions of " + idents(s.Fields) + " by " + ident(s.Time) + " within " + strconv.FormatInt(s.Span, 10) + "ns as " + ident(s.Name)
}

// String prints the stage.
func (s Lookup) String() string {
	return fmt.Sprintf("lookup %s in %s of %s %v, networks %t, keep %t", ident(s.Field), ident(s.Key), ident(s.Table.Name), s.Outputs, s.Networks, s.Keep)
}

// String prints the stage.
func (s Join) String() string {
	return fmt.Sprintf("join %s with %s of (%s) as %v, outer %t", ident(s.Field), ident(s.WithKey), s.With, s.Columns, s.Outer)
}

// String prints the stage.
func (s Beside) String() string {
	return fmt.Sprintf("beside (%s) as %v, keep %t", s.With, s.Columns, s.Keep)
}

// String prints the stage.
func (s Earlier) String() string {
	return fmt.Sprintf("earlier by %dns, %s %s as %v", s.Shift, ident(s.Time), idents(s.Keys), s.Columns)
}

// String prints the stage.
func (s Templates) String() string {
	return "templates of " + ident(s.Field) + " compared with " + strconv.FormatInt(s.Earlier, 10) + "ns before"
}

// String prints the stage.
func (s Relevant) String() string {
	return strings.TrimSpace("relevant "+idents(s.Fields)) + " where " + s.Where.String()
}
