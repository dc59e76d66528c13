package sqlgen

import (
	"fmt"
	"slices"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
)

// term is a compiled expression.
type term struct {
	sql     string
	kind    event.Kind
	literal bool
	value   event.Value // if literal
}

// column is a named term.
type column struct {
	name string
	term
}

// relation is the state of the pipeline after a stage: a SELECT in the making.
// Its expressions stay valid as it is wrapped, because wrapping passes every
// column on under the same name and never makes a name twice.
type relation struct {
	from   string // events, or a subquery in brackets
	raw    bool   // rows are events: t, w and the attributes are there
	cols   []column
	closed bool // fields that are not in cols are null, even if raw
	where  []string
	order  []orderKey
	count  int // rows to keep
	offset int
	cut    bool // count and offset hold
}

type orderKey struct {
	sql  string
	desc bool
}

// lookup returns the term of a field in the current scope.
func (c *compiler) lookup(name string) term {
	for _, col := range c.rel.cols {
		if col.name == name {
			return col.term
		}
	}
	if !c.rel.raw || c.rel.closed {
		return c.null()
	}
	return c.attribute(name)
}

// attribute returns the term of a field of the stored events.
func (c *compiler) attribute(name string) term {
	switch name {
	case event.SystemTime:
		c.out.NeedsTime = true
		return term{sql: "t", kind: event.Int}
	case event.SystemDataset:
		c.out.NeedsDataset = true
		return term{sql: "ds", kind: event.String}
	case event.SystemSampleRate:
		c.out.NeedsWeight = true
		return term{sql: "w", kind: event.Int}
	case event.SystemEnvironment:
		return term{sql: c.d.Quote(c.q.Environment), kind: event.String}
	}
	if event.IsSystem(name) && name != event.SystemLag { // which is kept as fields are
		return c.null()
	}
	if i := slices.Index(c.out.Fields, name); i >= 0 {
		return term{sql: fmt.Sprintf("f%d", i), kind: c.s.Kind(name)}
	}
	kind := c.s.Kind(name)
	if kind == event.Null {
		return c.null()
	}
	c.out.Fields = append(c.out.Fields, name)
	return term{sql: fmt.Sprintf("f%d", len(c.out.Fields)-1), kind: kind}
}

func (c *compiler) null() term {
	return term{sql: c.d.Null(event.Null), kind: event.Null, literal: true}
}

// alias makes a column name that was never used in this statement.
func (c *compiler) alias(prefix string) string {
	c.names++
	return fmt.Sprintf("%s%d", prefix, c.names)
}

// wrap makes the relation a subquery, with more columns if there are any.
func (c *compiler) wrap(extra ...string) {
	r := &c.rel
	if r.from == "events" && len(extra) == 0 && len(r.where) == 0 && !r.cut {
		return
	}
	selected := strings.Join(append([]string{"*"}, extra...), ", ")
	r.from = "(SELECT " + selected + r.tail(r.cut) + ")"
	r.where, r.cut, r.count, r.offset = nil, false, 0, 0
}

// settle wraps if rows were cut off, so that what follows comes after that.
func (c *compiler) settle() {
	if c.rel.cut {
		c.wrap()
	}
}

// tail is everything after the SELECT list.
func (r *relation) tail(ordered bool) string {
	var b strings.Builder
	b.WriteString(" FROM " + r.from)
	if len(r.where) > 0 {
		b.WriteString(" WHERE " + strings.Join(r.where, " AND "))
	}
	if ordered && len(r.order) > 0 {
		b.WriteString(" ORDER BY " + r.orderBy())
	}
	if r.cut {
		fmt.Fprintf(&b, " LIMIT %d", r.count)
		if r.offset > 0 {
			fmt.Fprintf(&b, " OFFSET %d", r.offset)
		}
	}
	return b.String()
}

func (r *relation) orderBy() string {
	keys := make([]string, len(r.order))
	for i, k := range r.order {
		keys[i] = k.sql + " ASC NULLS LAST"
		if k.desc {
			keys[i] = k.sql + " DESC NULLS LAST"
		}
	}
	return strings.Join(keys, ", ")
}
