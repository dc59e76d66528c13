package querier

import (
	"cmp"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
)

// rows are what a store gave, for the stages that no store runs.
type rows struct {
	names  map[string]int // place of a column
	order  []string
	values [][]event.Value // by row
	most   int             // rows that there may be
	stats  store.Stats
}

func newRows(r *store.Result, most int) *rows {
	t := &rows{names: map[string]int{}, most: most, stats: r.Stats, values: make([][]event.Value, r.Rows)}
	for _, c := range r.Columns {
		t.column(c.Name)
	}
	for i := range t.values {
		t.values[i] = make([]event.Value, len(r.Columns))
		for k := range r.Columns {
			t.values[i][k] = r.Columns[k].Values[i]
		}
	}
	return t
}

// column returns the place of a column, which is made if it is not there.
func (t *rows) column(name string) int {
	if i, ok := t.names[name]; ok {
		return i
	}
	i := len(t.order)
	t.names[name] = i
	t.order = append(t.order, name)
	return i
}

// row is one of the rows, as an expression sees it.
type row struct {
	t *rows
	i int
}

// Get implements query.Row.
func (r row) Get(name string) event.Value { return r.t.get(r.i, name) }

func (t *rows) get(i int, name string) event.Value {
	k, ok := t.names[name]
	if !ok || k >= len(t.values[i]) {
		return event.Value{}
	}
	return t.values[i][k]
}

func (t *rows) set(i int, name string, v event.Value) {
	k := t.column(name)
	for len(t.values[i]) <= k {
		t.values[i] = append(t.values[i], event.Value{})
	}
	t.values[i][k] = v
}

// result turns the rows into columns again.
func (t *rows) result() *store.Result {
	r := &store.Result{Rows: len(t.values), Stats: t.stats}
	for _, name := range t.order {
		c := store.ResultColumn{Name: name, Values: make([]event.Value, len(t.values))}
		for i := range t.values {
			c.Values[i] = t.get(i, name)
			c.Kind = event.Unify(c.Kind, c.Values[i].Kind())
		}
		r.Columns = append(r.Columns, c)
	}
	return r
}

// keep leaves the rows for which f is true.
func (t *rows) keep(f func(i int) bool) {
	var kept [][]event.Value
	for i, v := range t.values {
		if f(i) {
			kept = append(kept, v)
		}
	}
	t.values = kept
}

// apply applies one of the stages that stores run, too.
func (t *rows) apply(stage query.Stage) error {
	switch s := stage.(type) {
	case query.Filter:
		t.keep(func(i int) bool { return query.Match(s.Where, row{t, i}) })
	case query.Compute:
		for i := range t.values {
			t.set(i, s.Name, query.Eval(s.Expr, row{t, i}))
		}
		t.column(s.Name)
	case query.Unnest:
		return t.unnest(s)
	case query.Aggregate:
		t.aggregate(s)
	case query.Sort:
		t.sort(s.Keys)
	case query.Limit:
		from := min(s.Offset, len(t.values))
		t.values = t.values[from:min(from+s.Count, len(t.values))]
	case query.Dedup:
		seen := map[string]bool{}
		t.keep(func(i int) bool {
			if s.KeepNull && slices.ContainsFunc(s.Fields, func(name string) bool { return t.get(i, name).IsNull() }) {
				return true
			}
			key := t.key(i, s.Fields)
			again := seen[key]
			seen[key] = true
			return !again
		})
	case query.Project:
		t.project(s.Fields)
	default:
		return fault.New(fault.Unsupported, "%s cannot stand behind stages that are not run by a store", s)
	}
	return nil
}

func (t *rows) project(fields []string) {
	out := &rows{names: map[string]int{}}
	for _, name := range fields {
		out.column(name)
	}
	out.values = make([][]event.Value, len(t.values))
	for i := range t.values {
		out.values[i] = make([]event.Value, len(fields))
		for k, name := range fields {
			out.values[i][k] = t.get(i, name)
		}
	}
	t.names, t.order, t.values = out.names, out.order, out.values
}

// key is a text that is equal for rows with equal values in fields.
func (t *rows) key(i int, fields []string) string {
	var b strings.Builder
	for _, name := range fields {
		v := t.get(i, name)
		b.WriteByte('0' + byte(min(v.Kind(), event.Bool)))
		b.WriteString(strings.ReplaceAll(v.Text(), "\x00", "\x00\x01"))
		b.WriteString("\x00\x00")
	}
	return b.String()
}

func (t *rows) unnest(s query.Unnest) error {
	var out [][]event.Value
	k := t.column(s.Name)
	for i := range t.values {
		for _, v := range query.ListItems(query.Eval(s.List, row{t, i})) {
			one := slices.Clone(t.values[i])
			for len(one) <= k {
				one = append(one, event.Value{})
			}
			one[k] = v
			if out = append(out, one); len(out) > t.most {
				return t.tooMany()
			}
		}
	}
	t.values = out
	return nil
}

func (t *rows) tooMany() error {
	return fault.New(fault.TooLarge, "the result has more than %d rows; narrow it", t.most)
}

func (t *rows) sort(keys []query.SortKey) {
	slices.SortStableFunc(t.values, func(a, b []event.Value) int {
		for _, k := range keys {
			at, ok := t.names[k.Field]
			if !ok {
				continue
			}
			if c := compareSorted(cellAt(a, at), cellAt(b, at), k); c != 0 {
				return c
			}
		}
		return 0
	})
}

func cellAt(values []event.Value, k int) event.Value {
	if k < len(values) {
		return values[k]
	}
	return event.Value{}
}

// compareSorted orders two values by a key; nulls come last.
func compareSorted(a, b event.Value, k query.SortKey) int {
	switch {
	case a.IsNull() && b.IsNull():
		return 0
	case a.IsNull():
		return 1
	case b.IsNull():
		return -1
	}
	c := 0
	x, isNumber := finiteNumber(a)
	y, both := finiteNumber(b)
	texts := a.Kind() == event.String || b.Kind() == event.String
	switch {
	case isNumber && both && (!texts || k.Natural):
		c = cmp.Compare(x, y)
	case k.Natural && isNumber != both:
		c = 1
		if both {
			c = -1
		}
	case k.Natural:
		c = cmp.Or(strings.Compare(padded(a.Text()), padded(b.Text())), strings.Compare(a.Text(), b.Text()))
	default:
		c = strings.Compare(a.Text(), b.Text())
	}
	if k.Desc {
		return -c
	}
	return c
}

var digitRun = regexp.MustCompile(`[0-9]+`)

func padded(s string) string {
	const width = 20
	return digitRun.ReplaceAllStringFunc(s, func(run string) string { return strings.Repeat("0", max(width-len(run), 0)) + run })
}

func finiteNumber(v event.Value) (float64, bool) {
	f, ok := v.Number()
	return f, ok && !math.IsNaN(f) && !math.IsInf(f, 0)
}
