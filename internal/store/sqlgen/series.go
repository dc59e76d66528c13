package sqlgen

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
)

// temporal compiles the first half of calculations over series: a relation with one
// row for each series and step, which the second half aggregates as it would rows.
// Calculations that differ in their operator only share it.
type temporal struct {
	*query.Temporal
	a     *aggregation
	field term
	name  string // of the field
	where string
	told  bool // points say since when they tell of what there was

	// Columns of the relations on the way.
	series, at, value, start, since, step string
}

// seriesPart compiles calculations that look at the same values of series.
func (a *aggregation) seriesPart(calcs []calculation) string {
	k := calcs[0]
	t := &temporal{Temporal: k.Series, a: a, field: k.field, name: k.Field, where: k.where}
	for _, name := range []*string{&t.series, &t.at, &t.value, &t.start, &t.since, &t.step} {
		*name = a.c.alias("s")
	}
	if t.Distribution && t.Share == nil {
		return t.spread(calcs)
	}
	rows := ""
	if t.Distribution {
		rows = t.shares()
	} else {
		rows = t.values()
	}
	return a.across(rows, t.value+"v", calcs)
}

// across aggregates the values of series that a relation holds.
func (a *aggregation) across(rows, value string, calcs []calculation) string {
	c := a.c
	saved := c.rel
	defer func() { c.rel = saved }()
	c.rel = relation{from: "(" + rows + ")", closed: true}
	inner := &aggregation{c: c, stage: a.stage, keyNames: a.keyNames, time: term{sql: c.d.Null(event.Int), kind: event.Null, literal: true}}
	for i, k := range a.keys {
		inner.keys = append(inner.keys, term{sql: a.keyNames[i], kind: k.kind})
	}
	for _, k := range calcs {
		k.Series, k.where, k.field = nil, "", term{sql: value, kind: event.Float}
		inner.calcs = append(inner.calcs, k)
	}
	return inner.sql()
}

// sameValues reports whether two calculations look at the same values of series.
func sameValues(x, y calculation) bool {
	return x.field.sql == y.field.sql && x.where == y.where && x.Field == y.Field && x.Series.String() == y.Series.String()
}

// groupKeys are the names of the keys but the step.
func (t *temporal) groupKeys() []string {
	if t.a.stage.Step > 0 {
		return t.a.keyNames[:len(t.a.keyNames)-1]
	}
	return t.a.keyNames
}

// stepName is the name of the key that is the step; a name of its own where there is
// but one step.
func (t *temporal) stepName() string {
	if t.a.stage.Step > 0 {
		return t.a.keyNames[len(t.a.keyNames)-1]
	}
	return t.step
}

// points selects the data points: keys, series, time, value, and since when they
// count, if that is known of some.
func (t *temporal) points(value string, more ...string) (sql string, started bool) {
	a := t.a
	list := a.keyList()
	if a.stage.Step > 0 {
		list = list[:len(list)-1]
	}
	at := a.time.sql
	if a.c.d == ClickHouse {
		at = "toNullable(" + at + ")" // else there is a point at zero before the first
	}
	list = append(list, a.c.lookup(event.FieldSeries).sql+" AS "+t.series, at+" AS "+t.at, value+" AS "+t.value)
	start := a.c.lookup(event.FieldSeriesStart)
	if start.kind == event.Int {
		list = append(list, start.sql+" AS "+t.start)
	}
	if since := a.c.lookup(event.FieldSeriesSince); t.Spreads() && since.kind == event.Int {
		t.told = true
		list = append(list, since.sql+" AS "+t.since)
	}
	rel := a.all
	rel.where = append([]string{}, rel.where...)
	rel.where = append(rel.where, value+" IS NOT NULL")
	if !t.told && a.stage.To != 0 {
		rel.where = append(rel.where, a.time.sql+" < "+a.c.d.integer(t.end()))
	}
	if t.where != "" {
		rel.where = append(rel.where, t.where)
	}
	return "SELECT " + strings.Join(append(list, more...), ", ") + rel.tail(false), start.kind == event.Int
}

// window is where the neighbours of a point are found.
func (t *temporal) window(started bool) string {
	order := t.at
	if started {
		order += ", " + t.start + " NULLS LAST"
	}
	parts := []string{t.series}
	if !t.Uncut {
		parts = append(parts, t.groupKeys()...)
	}
	return "PARTITION BY " + strings.Join(parts, ", ") + " ORDER BY " + order + ", " + t.value
}

func (t *temporal) before(column, window string) string {
	d := t.a.c.d
	return d.call("lag", "lagInFrame", column) + " OVER (" + window + d.pick("", " ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW") + ")"
}

func (t *temporal) after(column, window string) string {
	d := t.a.c.d
	return d.call("lead", "leadInFrame", column) + " OVER (" + window + d.pick("", " ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING") + ")"
}

// grows reports whether the function looks from point to point.
func (t *temporal) grows() bool { return t.Func == query.Increase || t.Func == query.Rate }

// values selects a number for each series and step.
func (t *temporal) values() string {
	d := t.a.c.d
	if t.field.kind == event.Null {
		return t.none()
	}
	points, started := t.points(d.finite(t.field.sql, t.field.kind))
	if t.grows() && (!t.Deltas || started) {
		points = t.increases(points, started)
	}
	stepped, value := "", "sum("+t.value+")"
	if t.told {
		stepped, value = t.spreadOut(points), "sum("+t.value+" * "+t.value+"s)"
	} else {
		stepped = t.stepped(points)
	}
	switch t.Func {
	case query.LastPoint:
		value = d.call("arg_max", "argMax", t.value, t.at)
	case query.Rate:
		value += " / " + t.seconds()
	case query.Summarize, query.Increase:
	}
	keys := append(append([]string{}, t.groupKeys()...), t.series, t.stepName())
	return fmt.Sprintf("SELECT %s, %s AS %s FROM (%s) GROUP BY %s", strings.Join(keys, ", "), value, t.value+"v", stepped, strings.Join(keys, ", "))
}

// none selects the columns of values, and no row.
func (t *temporal) none() string {
	d, list := t.a.c.d, t.a.keyList()
	list = append(list, d.Null(event.Float)+" AS "+t.value+"v")
	rel := t.a.all
	rel.where = append(append([]string{}, rel.where...), d.falsity())
	return "SELECT " + strings.Join(list, ", ") + rel.tail(false)
}

// increases replaces each value by how much it is above the one before.
func (t *temporal) increases(points string, started bool) string {
	w := t.window(started)
	at, value := t.at+"b", t.value+"b"
	fell, first := t.value+" < "+value, t.a.c.d.Null(event.Float)
	delta := ""
	if started {
		fell += " OR " + t.start + " > " + at
		first = fmt.Sprintf("CASE WHEN %s >= %s THEN %s END", t.start, t.a.c.d.integer(t.a.c.q.Start), t.value)
		if t.Deltas {
			delta = fmt.Sprintf("WHEN %s IS NULL THEN %s ", t.start, t.value)
		}
	}
	grown := fmt.Sprintf("CASE %sWHEN %s IS NULL THEN %s WHEN %s THEN %s ELSE %s - %s END", delta, at, first, fell, t.value, t.value, value)
	list := append(append([]string{}, t.groupKeys()...), t.series, t.at)
	if t.told {
		list = append(list, t.since)
	}
	keys := strings.Join(list, ", ")
	name := t.value + "i"
	inner := fmt.Sprintf("SELECT *, %s AS %s, %s AS %s FROM (%s)", t.before(t.at, w), at, t.before(t.value, w), value, points)
	inner = fmt.Sprintf("SELECT %s, %s AS %s FROM (%s)", keys, grown, name, inner)
	return fmt.Sprintf("SELECT %s, %s AS %s FROM (%s) WHERE %s IS NOT NULL", keys, name, t.value, inner, name)
}

// begin is the first moment that counts.
func (t *temporal) begin() int64 {
	if t.a.stage.From != 0 {
		return max(t.a.stage.From, t.a.c.q.Start)
	}
	return t.a.c.q.Start
}

// end is the first moment that does not count any more.
func (t *temporal) end() int64 {
	if t.a.stage.To != 0 {
		return min(t.a.stage.To, t.a.c.q.End)
	}
	return t.a.c.q.End
}

// stepped puts rows into the steps that their times count in.
func (t *temporal) stepped(rows string) string {
	d, step := t.a.c.d, t.a.stage.Step
	from, end := t.begin(), t.end()
	if t.told && t.a.stage.To != 0 {
		rows = fmt.Sprintf("SELECT * FROM (%s) WHERE %s < %s", rows, t.at, d.integer(end))
	}
	switch {
	case step <= 0 && t.Range > 0:
		return fmt.Sprintf("SELECT *, %s AS %s FROM (%s) WHERE %s >= %s", d.integer(0), t.step, rows, t.at, d.integer(end-t.Range))
	case t.Range > 0:
		// A step reaches from Range before its end.
		first := floorTo(from, step)
		last := floorTo(end-1, step)
		at := d.pick(t.at, "assumeNotNull("+t.at+")")
		s, bound := d.integer(step), d.bucket("("+at+" + "+d.integer(t.Range-step)+")", step, true)
		list := d.each("greatest("+t.bucket(at)+", "+d.integer(first)+")", "least("+bound+" + "+s+", "+d.integer(last+step)+")", s)
		return fmt.Sprintf("SELECT *, %s AS %s FROM (%s)", list, t.stepName(), rows)
	}
	return fmt.Sprintf("SELECT *, %s AS %s FROM (%s) WHERE %s >= %s", t.bucket(t.at), t.stepName(), rows, t.at, d.integer(from))
}

// spreadOut puts rows into the steps of the time that they tell of, each with the share
// of it that lies there. A point that is not spread is as one that tells of a nanosecond.
func (t *temporal) spreadOut(rows string) string {
	d, step := t.a.c.d, t.a.stage.Step
	from, end := d.integer(t.begin()), d.integer(t.end())
	spread := fmt.Sprintf("%s > 0 AND %s < %s AND %s - %s <= %s", t.since, t.since, t.at, t.at, t.since, d.integer(query.Spread(step)))
	low, high, share := t.since+"l", t.since+"h", t.value+"s"
	at := d.pick(t.at, "assumeNotNull("+t.at+")")
	rows = fmt.Sprintf("SELECT *, CASE WHEN %s THEN %s ELSE %s END AS %s, CASE WHEN %s THEN %s ELSE %s + 1 END AS %s FROM (%s)",
		spread, d.pick(t.since, "assumeNotNull("+t.since+")"), at, low, spread, at, at, high, rows)
	begin, stop, place := fmt.Sprintf("greatest(%s, %s)", low, from), fmt.Sprintf("least(%s, %s)", high, end), d.integer(0)
	switch span, s := d.integer(t.Range), d.integer(step); {
	case step > 0 && t.Range > 0: // a step reaches from Range before its end
		first, last := d.integer(floorTo(t.begin(), step)), d.integer(floorTo(t.end()-1, step)+step)
		place = d.each("greatest("+t.bucket(low)+", "+first+")", fmt.Sprintf("least(%s + %s - %s, %s)", high, span, s, last), s)
		begin = fmt.Sprintf("greatest(%s, %s + %s - %s)", low, t.stepName(), s, span)
		stop = fmt.Sprintf("least(%s, %s + %s)", stop, t.stepName(), s)
	case step > 0:
		place = d.each(t.bucket(begin), stop, s)
		begin, stop = fmt.Sprintf("greatest(%s, %s)", begin, t.stepName()), fmt.Sprintf("least(%s, %s + %s)", stop, t.stepName(), s)
	case t.Range > 0:
		begin = fmt.Sprintf("greatest(%s, %s)", low, d.integer(t.end()-t.Range))
	}
	rows = fmt.Sprintf("SELECT *, %s AS %s FROM (%s)", place, t.stepName(), rows)
	return fmt.Sprintf("SELECT *, %s / %s AS %s FROM (%s) WHERE %s > %s", d.cast(stop+" - "+begin, event.Float), d.cast(high+" - "+low, event.Float), share, rows, stop, begin)
}

func floorTo(v, step int64) int64 { return v - ((v%step)+step)%step }

// bucket is the step in which a time lies.
func (t *temporal) bucket(at string) string {
	d := t.a.c.d
	if t.a.stage.Step <= 0 {
		return d.integer(0)
	}
	return "(" + d.bucket(at, t.a.stage.Step, t.a.c.q.Start < 0) + ")"
}

// seconds is how long the range of a step is, within what is asked about.
func (t *temporal) seconds() string {
	d := t.a.c.d
	const second = 1e9
	if t.Range > 0 {
		return strconv.FormatFloat(float64(t.Range)/second, 'e', -1, 64)
	}
	from, end := t.begin(), t.end()
	if t.a.stage.Step <= 0 {
		return strconv.FormatFloat(float64(end-from)/second, 'e', -1, 64)
	}
	length := fmt.Sprintf("least(%s + %s, %s) - greatest(%s, %s)", t.stepName(), d.integer(t.a.stage.Step), d.integer(end), t.stepName(), d.integer(from))
	return "(" + d.cast(length, event.Float) + " / 1e9)"
}
