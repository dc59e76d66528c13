package sqlgen

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
)

// Distributions add up bucket by bucket. What a series' counts grew by in a step is
// the sum of differences of neighbours; all but the last of the step and the one
// before its first (and those around a new beginning) cancel out. So few rows are
// unpacked, each added or taken away, however many lie in a step.

// spread compiles calculations on what all series have together.
func (t *temporal) spread(calcs []calculation) string {
	a, d := t.a, t.a.c.d
	parts := make([]part, 0, len(calcs))
	for _, k := range calcs {
		answer, merged := "", t.merged(false, k.Op == query.Histogram)
		if k.Op == query.Histogram {
			b := bins{bin: a.c.alias("b"), count: a.c.alias("n")}
			list := append(a.aliases(), d.bin("(("+merged.low+" + "+merged.high+") / 2)")+" AS "+b.bin, d.cast("sum("+merged.count+")", event.Int)+" AS "+b.count)
			grouped := fmt.Sprintf("SELECT %s FROM (%s) GROUP BY %s", strings.Join(list, ", "), merged.sql, strings.Join(append(a.aliases(), b.bin), ", "))
			answer = fmt.Sprintf("SELECT %s FROM (%s)%s", strings.Join(append(a.aliases(), a.histogram(b)+" AS "+k.name), ", "), grouped, a.groupBy())
		} else {
			answer = merged.quantile(t, a.aliases(), k.Q, k.name)
		}
		parts = append(parts, part{calcs: []calculation{k}, sql: answer})
	}
	if len(parts) == 1 {
		return parts[0].sql
	}
	inner := *a
	inner.calcs = calcs
	return inner.union(parts)
}

// shares selects a quantile of the own distribution of each series and step.
func (t *temporal) shares() string {
	m := t.merged(true, false)
	return m.quantile(t, append(t.a.aliases(), t.series), *t.Share, t.value+"v")
}

// buckets are distributions: a row for each bucket, with the keys.
type buckets struct{ sql, low, high, count string }

// quantile selects a quantile for each combination of keys, linear within a bucket.
func (b buckets) quantile(t *temporal, keys []string, q float64, name string) string {
	running, all := t.a.c.alias("r"), t.a.c.alias("r")
	by := ""
	if len(keys) > 0 {
		by = "PARTITION BY " + strings.Join(keys, ", ") + " "
	}
	ranked := fmt.Sprintf("SELECT *, sum(%s) OVER (%sORDER BY %s, %s ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS %s, sum(%s) OVER (%s) AS %s FROM (%s)",
		b.count, by, b.low, b.high, running, b.count, strings.TrimSpace(by), all, b.sql)
	share := strconv.FormatFloat(q, 'e', -1, 64)
	value := fmt.Sprintf("%s + (%s - %s) * greatest(%s * %s - (%s - %s), 0e0) / %s", b.low, b.high, b.low, share, all, running, b.count, b.count)
	answer := t.a.c.d.call("arg_min", "argMinOrNull", value, running) + fmt.Sprintf(" FILTER (WHERE %s >= %s * %s - 1e-6)", running, share, all)
	sql := "SELECT " + strings.Join(append(slices.Clone(keys), answer+" AS "+name), ", ") + " FROM (" + ranked + ")"
	if len(keys) > 0 {
		sql += " GROUP BY " + strings.Join(keys, ", ")
	}
	return sql
}

// merged selects what the series have together in each step, or each of them. Whole
// data points are in one step each.
func (t *temporal) merged(bySeries, whole bool) buckets {
	c := t.a.c
	d := c.d
	b := buckets{low: c.alias("l"), high: c.alias("h"), count: c.alias("n")}
	keys := t.a.aliases()
	if bySeries {
		keys = append(keys, t.series)
	}
	sign, text, item := c.alias("u"), c.alias("d"), c.alias("d")
	rows, weight := t.signed(sign, text), sign
	if t.told && !whole {
		rows, weight = t.spreadOut(rows), sign+" * "+t.value+"s"
	} else {
		rows = t.stepped(rows)
	}
	unpacked := fmt.Sprintf("SELECT *, %s AS %s FROM (%s)", d.pick("unnest(TRY_CAST("+text+" AS DOUBLE[][]))", "arrayJoin(JSONExtract(ifNull("+text+", '[]'), 'Array(Array(Float64))'))"), item, rows)
	list := append(slices.Clone(keys), item+"[1] AS "+b.low, item+"[2] AS "+b.high, fmt.Sprintf("sum(%s[3] * %s) AS %s", item, weight, b.count))
	b.sql = fmt.Sprintf("SELECT %s FROM (%s) GROUP BY %s HAVING %s > 0", strings.Join(list, ", "), unpacked, strings.Join(append(slices.Clone(keys), b.low, b.high), ", "), b.count)
	return b
}

// signed selects the distributions to be added and taken away, with the time of the
// step that this is for.
func (t *temporal) signed(sign, text string) string {
	d, c := t.a.c.d, t.a.c
	count := c.lookup(query.CountOf(t.name))
	value := t.field.sql
	if t.field.kind != event.String {
		value = d.Null(event.String)
	}
	n := "coalesce(" + d.finite(count.sql, count.kind) + ", 0e0)"
	if count.kind == event.Null {
		n = "0e0"
	}
	points, started := t.pointsOf(value, n, text)
	if t.Func == query.Summarize || t.grows() && t.Deltas && !started {
		return fmt.Sprintf("SELECT *, %s AS %s FROM (%s)", d.integer(1), sign, points)
	}
	w := t.window(started)
	plus, minus := t.at+"p", t.at+"m"
	from := d.integer(t.begin())
	within := func(at string) string {
		if t.Range > 0 {
			return d.truth()
		}
		if t.told {
			return at + " >= " + from + " AND " + at + " < " + d.integer(t.end())
		}
		return at + " >= " + from
	}
	next, nextCount, nextStart, before := t.at+"n", t.value+"n", t.start+"n", t.at+"b"
	list := []string{"*", t.after(t.at, w) + " AS " + next, t.after(t.value, w) + " AS " + nextCount, t.before(t.at, w) + " AS " + before}
	counted, goesOn := before+" IS NOT NULL", fmt.Sprintf("%s IS NOT NULL AND %s >= %s", next, nextCount, t.value)
	if started {
		unknown := d.truth()
		if t.Deltas {
			unknown = d.falsity()
		}
		list = append(list, t.after(t.start, w)+" AS "+nextStart)
		counted += fmt.Sprintf(" OR coalesce(%s >= %s, %s)", t.start, d.integer(c.q.Start), d.falsity())
		goesOn += fmt.Sprintf(" AND coalesce(%s <= %s, %s)", nextStart, t.at, unknown)
		if t.Deltas {
			counted += " OR " + t.start + " IS NULL"
		}
	}
	if t.Uncut {
		for i, key := range t.groupKeys() {
			list = append(list, t.after(key, w)+" AS "+t.nextKey(i))
		}
	}
	neighbours := fmt.Sprintf("SELECT %s FROM (%s)", strings.Join(list, ", "), points)
	if t.Func == query.LastPoint {
		last := fmt.Sprintf("SELECT *, %s AS %s FROM (%s) WHERE %s IS NULL OR %s <> %s", d.integer(1), sign, neighbours, next, t.bucket(next), t.bucket(t.at))
		return t.bare(last, t.groupKeys(), t.at, sign, text)
	}
	moments := fmt.Sprintf("SELECT *, CASE WHEN (%s) AND %s THEN %s END AS %s, CASE WHEN (%s) AND %s THEN %s END AS %s FROM (%s)",
		counted, within(t.at), t.at, plus, goesOn, within(next), next, minus, neighbours)
	keep := ""
	if t.Range <= 0 && !t.Uncut {
		keep = fmt.Sprintf(" WHERE %s IS NULL OR %s IS NULL OR %s <> %s", plus, minus, t.bucket(plus), t.bucket(minus))
		if t.told {
			keep += fmt.Sprintf(" OR %s IS NOT NULL", t.since)
		}
	}
	both := fmt.Sprintf("SELECT *, %s AS %s FROM (%s)%s", d.pick("unnest([1, -1])", "arrayJoin([1, -1])"), sign, moments, keep)
	return t.placed(both, plus, minus, sign, text)
}

// placed gives the rows that are added and taken away their times. What is taken away
// goes at once.
func (t *temporal) placed(rows, plus, minus, sign, text string) string {
	at := t.at + "s"
	list := []string{"*", fmt.Sprintf("CASE WHEN %s > 0 THEN %s ELSE %s END AS %s", sign, plus, minus, at)}
	more := []string{sign, text}
	if t.told {
		since := t.since + "s"
		list = append(list, fmt.Sprintf("CASE WHEN %s > 0 THEN %s END AS %s", sign, t.since, since))
		more = append(more, since+" AS "+t.since)
	}
	keys := t.groupKeys()
	if t.Uncut { // what is taken away is the next point's
		keys = nil
		for i, key := range t.groupKeys() {
			own := t.nextKey(i) + "o"
			list = append(list, fmt.Sprintf("CASE WHEN %s > 0 THEN %s ELSE %s END AS %s", sign, key, t.nextKey(i), own))
			keys = append(keys, own+" AS "+key)
		}
	}
	rows = fmt.Sprintf("SELECT %s FROM (%s)", strings.Join(list, ", "), rows)
	return t.bare(rows, keys, at, more...) + fmt.Sprintf(" WHERE %s IS NOT NULL", at)
}

// nextKey names a key of the next point.
func (t *temporal) nextKey(i int) string { return t.series + "k" + strconv.Itoa(i) }

// pointsOf is points for distributions: the value is how many values they have.
func (t *temporal) pointsOf(distribution, count, text string) (sql string, started bool) {
	saved := t.where
	defer func() { t.where = saved }()
	there := distribution + " IS NOT NULL"
	if t.where = there; saved != "" {
		t.where = there + " AND " + saved
	}
	return t.points(count, distribution+" AS "+text)
}

// bare selects what is left of a relation of points once their neighbours were seen.
func (t *temporal) bare(rows string, keys []string, at string, more ...string) string {
	list := append(slices.Clone(keys), t.series, at+" AS "+t.at)
	return "SELECT " + strings.Join(append(list, more...), ", ") + " FROM (" + rows + ")"
}
