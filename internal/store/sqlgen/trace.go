package sqlgen

import (
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query"
)

// traceFilter keeps rows by what other spans of their trace are like. Spans are
// looked for in the query's time range, in every dataset of the environment.
func (c *compiler) traceFilter(s query.TraceFilter) error {
	if !c.rel.raw {
		return fault.New(fault.Invalid, "conditions on traces work on events, not on the result of an aggregation")
	}
	c.settle()
	trace, span, parent := c.id(event.FieldTraceID), c.id(event.FieldSpanID), c.id(event.FieldParentID)
	for _, cond := range s.Conditions {
		from, where, err := c.condOnEvents(cond.Where)
		if err != nil {
			return err
		}
		filled := func(id string) string { return id + " <> ''" }
		var sql string
		switch cond.Relation {
		case query.Root:
			sql = c.in(from, trace, []string{trace}, where, filled(trace), filled(span), c.d.not(filled(parent)))
		case query.Parent:
			sql = c.in(from, "("+trace+", "+parent+")", []string{trace, span}, where, filled(trace), filled(span))
		case query.Child:
			sql = c.in(from, "("+trace+", "+span+")", []string{trace, parent}, where, filled(trace), filled(parent))
		case query.Any:
			sql = c.in(from, trace, []string{trace}, where, filled(trace))
		case query.None:
			sql = filled(trace) + " AND " + c.d.not(c.in(from, trace, []string{trace}, where, filled(trace)))
		default:
			return fault.New(fault.Invalid, "there is no relation number %d between spans", cond.Relation)
		}
		c.rel.where = append(c.rel.where, sql)
	}
	return nil
}

// id is an id field of the events as text that is never null: null in a set
// would make IN undecided.
func (c *compiler) id(name string) string {
	t := c.attribute(name)
	return c.d.call("coalesce", "ifNull", c.d.Convert(t.sql, t.kind, event.String), "''")
}

// in is true for rows whose tuple is one of those of the events that satisfy
// all conditions.
func (c *compiler) in(from, tuple string, of []string, conds ...string) string {
	return tuple + " IN (SELECT " + strings.Join(of, ", ") + " FROM " + from + " WHERE " + strings.Join(conds, " AND ") + ")"
}

// condOnEvents compiles a condition on stored events, whatever is in scope, and
// returns the relation it holds on.
func (c *compiler) condOnEvents(e query.Expr) (from, cond string, err error) {
	rel := c.rel
	defer func() { c.rel = rel }()
	c.rel = relation{from: "events", raw: true}
	cond, err = c.placedCond(e)
	return c.rel.from, cond, err
}
