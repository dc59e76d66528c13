package sqlgen

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
)

// parsed is an argument as a number, also of text that reads as one, else null.
func (f *invocation) parsed(i int) string {
	switch t := f.args[i]; t.kind {
	case event.Int, event.Float:
		return f.number(i, event.Float)
	case event.String:
		if t.literal {
			if n, ok := t.value.Number(); ok {
				return f.c.d.floatLiteral(n)
			}
			return f.c.d.Null(event.Float)
		}
		return f.c.d.number(f.arg(i).sql, event.String)
	case event.Null, event.Bool:
	}
	return f.c.d.Null(event.Float)
}

// amount is an argument in arithmetic: 0 where it is no number.
func (f *invocation) amount(i int) string {
	switch t := f.args[i]; {
	case t.kind == event.Null || t.kind == event.Bool:
		return f.c.d.floatLiteral(0)
	case t.literal:
		n := 0.0
		if x, ok := t.value.Number(); ok {
			n = x
		}
		return f.c.d.floatLiteral(n)
	}
	return "coalesce(" + f.parsed(i) + ", " + f.c.d.floatLiteral(0) + ")"
}

// sane makes null of a float that is not finite.
func (f *invocation) sane(sql string) string {
	const short = 200 // longer SQL is not worth to stand twice
	if len(sql) > short {
		sql = f.step(0, sql)
	}
	return f.c.d.finite(sql, event.Float)
}

func arithmetic(sign string) func(f *invocation) (string, error) {
	return func(f *invocation) (string, error) {
		list := make([]string, len(f.args))
		for i := range f.args {
			list[i] = f.amount(i)
		}
		return f.sane(joined(list, sign)), nil
	}
}

func divided(sign string) func(f *invocation) (string, error) {
	return func(f *invocation) (string, error) {
		by := "nullif(" + f.amount(1) + ", " + f.c.d.floatLiteral(0) + ")"
		return f.sane("(" + f.amount(0) + sign + by + ")"), nil
	}
}

func (f *invocation) log10() (string, error) {
	x := f.step(0, f.parsed(0))
	return "log10(CASE WHEN " + x + " > 0 THEN " + x + " END)", nil
}

func (f *invocation) integer() (string, error) {
	switch f.args[0].kind {
	case event.Int:
		return "coalesce(" + f.as(0, event.Int) + ", " + f.c.d.integer(0) + ")", nil
	case event.Null, event.Bool:
		return f.c.d.Literal(event.IntValue(0)), nil
	case event.Float, event.String:
	}
	x := f.step(0, f.parsed(0))
	const largest = 1<<63 - 1024
	whole := f.c.d.whole("trunc(CASE WHEN abs(" + x + ") <= " + f.c.d.floatLiteral(largest) + " THEN " + x + " END)")
	return "coalesce(" + whole + ", " + f.c.d.integer(0) + ")", nil
}

func (f *invocation) float() (string, error) { return f.amount(0), nil }

// bucket names the bin of a number. Where the bins are few their names are
// literals; else they are made from the bin's borders.
func (f *invocation) bucket() (string, error) {
	if class(f.args[0].kind) != event.Float {
		return f.c.d.Null(event.String), nil
	}
	bounds := []float64{0, 0, math.Inf(1)}
	for i, a := range f.args[1:] {
		bounds[i], _ = a.value.Number()
	}
	size, least, most := bounds[0], bounds[1], bounds[2]
	d, x := f.c.d, f.step(0, f.number(0, event.Float))
	var b strings.Builder
	b.WriteString("CASE")
	if len(f.args) > 2 {
		fmt.Fprintf(&b, " WHEN %s <= %s THEN %s", x, d.floatLiteral(least), d.Quote("< "+number(least)))
	}
	if len(f.args) > 3 {
		fmt.Fprintf(&b, " WHEN %s > %s THEN %s", x, d.floatLiteral(most), d.Quote("> "+number(most)))
	}
	n := fmt.Sprintf("ceil((%s - %s) / %s)", x, d.floatLiteral(least), d.floatLiteral(size))
	const few = 50
	if bins := math.Ceil((most - least) / size); len(f.args) > 3 && bins <= few {
		n = f.step(1, n)
		for i := 1.0; i <= bins; i++ {
			from, to := least+float64((i-1)*size), min(least+float64(i*size), most)
			fmt.Fprintf(&b, " WHEN %s = %s THEN %s", n, d.floatLiteral(i), d.Quote(number(from)+" - "+number(to)))
		}
		return b.String() + " END", nil
	}
	border := func(n string) string {
		sql := d.floatLiteral(least) + " + " + n + " * " + d.floatLiteral(size)
		if len(f.args) > 3 {
			sql = "least(" + sql + ", " + d.floatLiteral(most) + ")"
		}
		// Adding 0 makes 0 of -0.
		return sql + " + " + d.floatLiteral(0)
	}
	n = f.step(1, n)
	from, to := f.step(2, border("("+n+" - 1e+00)")), f.step(2, border(n))
	if b.Len() == len("CASE") {
		b.WriteString(" WHEN " + d.falsity() + " THEN NULL")
	}
	fmt.Fprintf(&b, " WHEN %s IS NOT NULL AND %s AND %s THEN %s END", n, d.call("isfinite", "isFinite", from), d.call("isfinite", "isFinite", to),
		d.call("concat", "concat", d.floatText(from), d.Quote(" - "), d.floatText(to)))
	return b.String(), nil
}

// number prints a number as a bin's name does.
func number(f float64) string {
	if f == 0 {
		f = 0 // not -0
	}
	return event.FloatValue(f).Text()
}

// formatTime prints each part of the format by itself: the dialects know
// different letters.
func (f *invocation) formatTime() (string, error) {
	parts, err := query.ParseTimeFormat(f.args[0].value.Str())
	if err != nil {
		return "", err
	}
	d := f.c.d
	if k := f.args[1].kind; k == event.Null || k == event.Bool {
		return d.Null(event.String), nil
	}
	x := f.step(0, f.parsed(1))
	first, last := strconv.FormatInt(query.FirstFormattedSecond, 10), strconv.FormatInt(query.LastFormattedSecond, 10)
	// What is out of range is null before it becomes a time.
	seconds := f.step(1, d.whole(fmt.Sprintf("floor(CASE WHEN %s >= %s AND %s < %s + 1 THEN %s END)", x, first, x, last, x)))
	at := d.pick("make_timestamp("+seconds+" * 1000000)", "toDateTime64("+seconds+", 0, 'UTC')")
	list := make([]string, 0, len(parts)+1)
	for _, p := range parts {
		if p.Letter == 0 {
			list = append(list, d.Quote(p.Text))
			continue
		}
		list = append(list, d.timePart(p.Letter, at, seconds))
	}
	return "CASE WHEN " + seconds + " IS NOT NULL THEN concat(" + strings.Join(append(list, "''"), ", ") + ") END", nil
}

func (d Dialect) timePart(letter byte, at, seconds string) string {
	format := func(f string) string { return d.call("strftime", "formatDateTime", at, d.Quote(f)) }
	duckdb := map[byte]string{'e': "%-d", 'k': "%-H", 'l': "%-I"}
	clickhouse := map[byte]string{'A': "%W", 'B': "%M", 'M': "%i"}
	switch {
	case letter == 's':
		return d.cast(seconds, event.String)
	case d == DuckDB && duckdb[letter] != "":
		return "lpad(" + format(duckdb[letter]) + ", 2, ' ')"
	case d == ClickHouse && clickhouse[letter] != "":
		return format(clickhouse[letter])
	}
	return format("%" + string(letter))
}

func (f *invocation) eventTimestamp() (string, error) {
	t := f.c.lookup(event.SystemTime)
	if t.kind != event.Int {
		return f.c.d.Null(event.Float), nil
	}
	return f.c.d.cast(t.sql, event.Float) + " / 1e+09", nil
}

// ingestTimestamp is event.Arrived.
func (f *invocation) ingestTimestamp() (string, error) {
	seconds := func(ns string) string { return f.c.d.cast(ns, event.Float) + " / 1e+09" }
	var known []string
	if at := f.c.lookup(event.FieldArrival); at.kind == event.Int {
		known = append(known, seconds(at.sql))
	}
	if lag, t := f.c.lookup(event.SystemLag), f.c.lookup(event.SystemTime); lag.kind == event.Int && t.kind == event.Int {
		known = append(known, seconds(fmt.Sprintf("(%s + %s * %s)", t.sql, lag.sql, f.c.d.integer(event.LagStep))))
	}
	switch len(known) {
	case 0:
		return f.c.d.Null(event.Float), nil
	case 1:
		return known[0], nil
	}
	return "coalesce(" + strings.Join(known, ", ") + ")", nil
}
