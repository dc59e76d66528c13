package sqlgen

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query"
)

// maxStages bounds the nesting of subqueries.
const maxStages = 200

type compiler struct {
	d       Dialect
	q       *query.Query
	s       Schema
	out     *Statement
	rel     relation
	names   int
	late    []column // computed columns that are not in rel.from yet
	hoisted layers
}

func (c *compiler) compile() (*Statement, error) {
	rel := relation{from: "events", raw: true}
	if c.out.AllDatasets && len(c.q.Datasets) > 0 {
		c.out.NeedsDataset = true
		rel.where = append(rel.where, "ds IN ("+c.quoted(c.q.Datasets)+")")
	}
	return c.over(rel)
}

// over applies the stages to a relation.
func (c *compiler) over(rel relation) (*Statement, error) {
	if len(c.q.Stages) > maxStages {
		return nil, fault.New(fault.Invalid, "a query has at most %d stages, this one has %d", maxStages, len(c.q.Stages))
	}
	c.rel = rel
	for _, stage := range c.q.Stages {
		if err := c.stage(stage); err != nil {
			return nil, err
		}
	}
	c.finish()
	return c.out, nil
}

func (c *compiler) quoted(texts []string) string {
	list := make([]string, len(texts))
	for i, s := range texts {
		list[i] = c.d.Quote(s)
	}
	return strings.Join(list, ", ")
}

// stage applies one stage to the relation.
func (c *compiler) stage(stage query.Stage) error {
	if s, ok := stage.(query.Compute); ok {
		return c.compute(s)
	}
	c.flush()
	switch s := stage.(type) {
	case query.Filter:
		c.settle()
		cond, err := c.placedCond(s.Where)
		if err != nil {
			return err
		}
		c.rel.where = append(c.rel.where, cond)
	case query.TraceFilter:
		return c.traceFilter(s)
	case query.Relate:
		return c.relate(s)
	case query.Unnest:
		return c.unnest(s)
	case query.Aggregate:
		return c.aggregate(s)
	case query.Sort:
		c.settle()
		c.rel.order = nil
		for _, k := range s.Keys {
			if t := c.lookup(k.Field); !t.literal {
				c.rel.order = append(c.rel.order, c.orderKeys(t, k)...)
			}
		}
	case query.Limit:
		c.settle()
		c.rel.count, c.rel.offset, c.rel.cut = max(s.Count, 0), max(s.Offset, 0), true
	case query.Dedup:
		c.dedup(s)
	case query.Project:
		c.project(s.Fields)
	default:
		return fault.New(fault.Invalid, "a query cannot hold a stage of type %T", stage)
	}
	return nil
}

// compute adds a column. Columns that do not need each other share a SELECT.
func (c *compiler) compute(s query.Compute) error {
	c.settle()
	if len(c.late) > 0 && slices.ContainsFunc(c.late, func(l column) bool { return l.name == s.Name || mentions(s.Expr, l.name) }) {
		c.flush()
	}
	v, err := c.expr(s.Expr)
	c.place()
	if err != nil {
		return err
	}
	if v.kind == event.Null {
		c.define(column{s.Name, c.null()})
		return nil
	}
	if _, constant := s.Expr.(query.Literal); constant && c.d == ClickHouse {
		v.sql = "toNullable(" + v.sql + ")" // else the least of no rows is a zero, not null
	}
	c.late = append(c.late, column{s.Name, term{sql: v.sql, kind: v.kind}})
	return nil
}

// flush puts the computed columns into the relation.
func (c *compiler) flush() {
	if len(c.late) == 0 {
		return
	}
	extra := make([]string, len(c.late))
	late := c.late
	c.late = nil
	for i, l := range late {
		name := c.alias("x")
		extra[i] = l.sql + " AS " + name
		late[i].sql = name
	}
	c.wrap(extra...)
	for _, l := range late {
		c.define(l)
	}
}

// define puts a column in scope, in place of one with the same name.
func (c *compiler) define(col column) {
	c.rel.cols = slices.Clone(c.rel.cols)
	if i := slices.IndexFunc(c.rel.cols, func(o column) bool { return o.name == col.name }); i >= 0 {
		c.rel.cols[i] = col
		return
	}
	c.rel.cols = append(c.rel.cols, col)
}

// dedup keeps the first row of each combination in the current order.
func (c *compiler) dedup(s query.Dedup) {
	c.settle()
	parts := make([]string, 0, len(s.Fields))
	for _, f := range s.Fields {
		parts = append(parts, c.lookup(f).sql)
	}
	over := ""
	if len(parts) > 0 {
		over = "PARTITION BY " + strings.Join(parts, ", ")
	}
	if len(c.rel.order) > 0 {
		over = strings.TrimSpace(over + " ORDER BY " + c.rel.orderBy())
	}
	name := c.alias("n")
	c.wrap("row_number() OVER (" + over + ") AS " + name)
	first := name + " = 1"
	if s.KeepNull {
		for _, sql := range parts {
			first += " OR " + sql + " IS NULL"
		}
		first = "(" + first + ")"
	}
	c.rel.where = append(c.rel.where, first)
}

// orderKeys are what rows are ordered by for one key. Naturally, a text is
// ordered by whether it is a number, by that number, and by itself with its runs
// of digits made equally long.
func (c *compiler) orderKeys(t term, k query.SortKey) []orderKey {
	if !k.Natural || t.kind != event.String {
		return []orderKey{{t.sql, k.Desc}}
	}
	n := "(" + c.d.number(t.sql, t.kind) + ")"
	padded := c.d.pick(
		`array_to_string(list_transform(regexp_extract_all(`+t.sql+`, '[0-9]+|[^0-9]+'), lambda part: CASE WHEN part[1] BETWEEN '0' AND '9' THEN lpad(part, CAST(greatest(20, length(part)) AS INTEGER), '0') ELSE part END), '')`,
		`arrayStringConcat(arrayMap(part -> if(match(part, '^[0-9]'), leftPad(part, greatest(20, length(part)), '0'), part), extractAll(ifNull(`+t.sql+`, ''), '[0-9]+|[^0-9]+')))`)
	isNumber := "CASE WHEN " + t.sql + " IS NULL THEN NULL WHEN " + n + " IS NULL THEN 0 ELSE 1 END"
	return []orderKey{{isNumber, k.Desc}, {n, k.Desc}, {padded, k.Desc}, {t.sql, k.Desc}}
}

// unnest makes a row of each element of a list.
func (c *compiler) unnest(s query.Unnest) error {
	c.settle()
	list, err := c.expr(query.Call{Name: "json_list", Args: []query.Expr{s.List}})
	c.place()
	if err != nil {
		return err
	}
	name := c.alias("x")
	c.wrap("unnest(from_json(" + list.sql + `, '["VARCHAR"]')) AS ` + name)
	c.define(column{s.Name, term{sql: name, kind: event.String}})
	return nil
}

func (c *compiler) project(fields []string) {
	cols := make([]column, len(fields))
	for i, f := range fields {
		cols[i] = column{f, c.lookup(f)}
	}
	c.rel.cols, c.rel.closed = cols, true
}

// finish writes the outermost SELECT.
func (c *compiler) finish() {
	c.flush()
	cols := c.rel.cols
	if c.rel.raw && !c.rel.closed {
		cols = c.everything()
	}
	list := make([]string, 0, len(cols))
	for i, col := range cols {
		list = append(list, fmt.Sprintf("%s AS r%d", col.sql, i))
		c.out.Columns = append(c.out.Columns, Column{col.name, col.kind})
	}
	if len(list) == 0 {
		// A result without columns still has rows.
		list = append(list, "1 AS r0")
	}
	c.narrow(len(cols))
	c.out.SQL = "SELECT " + strings.Join(list, ", ") + c.rel.tail(true)
}

// narrow lets DuckDB find the times of the newest (or oldest) rows first and read
// the other columns for those alone. Measured over 2 million rows of 30
// attributes, 100 newest: 0.08 s for 0.16 s.
func (c *compiler) narrow(columns int) {
	r := &c.rel
	if c.d != DuckDB || r.from != "events" || !r.cut || columns < 4 || len(r.order) == 0 || r.order[0].sql != "t" {
		return
	}
	edge := *r
	edge.count, edge.offset, edge.order = r.count+min(r.offset, math.MaxInt-r.count), 0, r.order[:1]
	last, sign := "min", ">="
	if !r.order[0].desc {
		last, sign = "max", "<="
	}
	name := c.alias("t")
	r.where = append(slices.Clone(r.where), fmt.Sprintf("t %s (SELECT %s(%s) FROM (SELECT t AS %s%s))", sign, last, name, name, edge.tail(true)))
}

// everything lists the columns of raw events: time, dataset, the attributes,
// then what was computed.
func (c *compiler) everything() []column {
	names := []string{event.SystemTime, event.SystemDataset}
	for _, name := range c.s.Fields() {
		if !event.IsSystem(name) {
			names = append(names, name)
		}
	}
	cols := make([]column, 0, len(names)+len(c.rel.cols))
	for _, name := range names {
		cols = append(cols, column{name, c.lookup(name)})
	}
	for _, col := range c.rel.cols {
		if !slices.Contains(names, col.name) {
			cols = append(cols, col)
		}
	}
	return cols
}

func newCompiler(d Dialect, q *query.Query, s Schema) *compiler {
	return &compiler{d: d, q: q, s: s, out: &Statement{AllDatasets: LooksAtTraces(q)}}
}

// LooksAtTraces reports whether q asks about other spans of a row's trace, so
// that the events relation must hold every dataset of the environment.
func LooksAtTraces(q *query.Query) bool {
	return slices.ContainsFunc(q.Stages, func(s query.Stage) bool {
		switch s.(type) {
		case query.TraceFilter, query.Relate:
			return true
		}
		return false
	})
}
