package sqlgen

import (
	"fmt"
	"slices"
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

// relate joins the rows with one row for each trace, or for each span and what is
// above or below it, that holds the fields of the earliest span asked for.
func (c *compiler) relate(s query.Relate) error {
	if !c.rel.raw {
		return fault.New(fault.Invalid, "other spans of a trace are found from events, not from the result of an aggregation")
	}
	c.settle()
	trace, span, parent := c.id(event.FieldTraceID), c.id(event.FieldSpanID), c.id(event.FieldParentID)
	filled := func(id string) string { return id + " <> ''" }
	ours, theirs, conds := []string{trace}, []string{trace}, []string{filled(trace)}
	switch s.Relation { //nolint:exhaustive // None is no span, and Any needs nothing more
	case query.Root:
		conds = append(conds, filled(span), c.d.not(filled(parent)))
	case query.Parent:
		ours, theirs, conds = append(ours, parent), append(theirs, span), append(conds, filled(span))
	case query.Child:
		ours, theirs, conds = append(ours, span), append(theirs, parent), append(conds, filled(parent))
	case query.None:
		return fault.New(fault.Invalid, "no span is no span to take fields from")
	}
	related, from, err := c.onEvents(s, &conds)
	if err != nil {
		return err
	}
	c.out.NeedsTime = true
	keys, list, on := make([]string, len(ours)), []string{}, []string{}
	for i := range ours {
		keys[i] = c.alias("j")
		list, on = append(list, theirs[i]+" AS "+keys[i]), append(on, ours[i]+" = "+keys[i])
	}
	var kept, values []string
	picked := c.alias("p")
	for i, f := range related {
		if f.kind == event.Null {
			continue
		}
		name := c.alias("x")
		// Only a nullable type is null where the join finds nothing.
		values = append(values, c.d.pick(f.sql, c.d.cast(f.sql, f.kind)))
		kept = append(kept, fmt.Sprintf("%s(%s, %d) AS %s", c.d.pick("struct_extract", "tupleElement"), picked, len(values), name))
		related[i].sql = name
	}
	if len(values) > 0 {
		row := c.d.pick("row", "tuple")
		list = append(list, fmt.Sprintf("%s(%s(%s), %s(t, %s)) AS %s", c.d.pick("arg_min", "argMin"), row, strings.Join(values, ", "), row, span, picked))
		first := fmt.Sprintf("SELECT %s FROM %s WHERE %s GROUP BY %s", strings.Join(list, ", "), from, strings.Join(conds, " AND "), strings.Join(keys, ", "))
		c.wrap()
		c.rel.from = fmt.Sprintf("(SELECT * FROM %s AS %s LEFT JOIN (SELECT %s FROM (%s)) AS %s ON %s)", c.rel.from, c.alias("l"),
			strings.Join(slices.Concat(keys, kept), ", "), first, c.alias("l"), strings.Join(on, " AND "))
	}
	for _, f := range related {
		c.define(f)
	}
	return nil
}

// onEvents compiles the fields of the related spans, and adds the condition on
// them to conds; from is the relation that both are of.
func (c *compiler) onEvents(s query.Relate, conds *[]string) (fields []column, from string, err error) {
	rel := c.rel
	defer func() { c.rel = rel }()
	c.rel = relation{from: "events", raw: true}
	for _, f := range s.Fields {
		t, err := c.expr(f.Expr)
		if err != nil {
			return nil, "", err
		}
		fields = append(fields, column{f.Name, term{sql: t.sql, kind: t.kind}})
	}
	if s.Where != nil {
		cond, err := c.cond(s.Where)
		if err != nil {
			return nil, "", err
		}
		*conds = append(*conds, cond)
	}
	c.place()
	return fields, c.rel.from, nil
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
