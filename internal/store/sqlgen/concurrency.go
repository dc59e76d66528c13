package sqlgen

import (
	"fmt"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
)

// concurrency sums for each bucket the time that its spans were in flight in it,
// and divides by the bucket's length within the query's range. A span counts in
// every bucket it reaches into.
func (a *aggregation) concurrency(k calculation) string {
	d, c := a.c.d, a.c
	start, end := d.integer(c.q.Start), d.integer(c.q.End)
	from, to := c.alias("s"), c.alias("e")
	left := d.cast(end+" - "+a.time.sql, event.Float)
	length := fmt.Sprintf("least(greatest(round(%s * 1e6), 0e0), %s)", d.finite(k.field.sql, k.field.kind), left)
	keys := a.keyList()
	step := a.stage.Step
	if step > 0 {
		keys = keys[:len(keys)-1]
	}
	conds := []string{d.number(k.field.sql, k.field.kind) + " > 0"}
	if k.where != "" {
		conds = append(conds, k.where)
	}
	rel := c.rel
	rel.where = append(append([]string{}, rel.where...), conds...)
	weight, w := "1", c.alias("w")
	if a.weighted {
		weight = a.weight()
	}
	list := append(keys,
		a.time.sql+" AS "+from,
		fmt.Sprintf("%s + %s AS %s", a.time.sql, d.whole(length), to),
		weight+" AS "+w)
	spans := "SELECT " + strings.Join(list, ", ") + rel.tail(false)
	names := a.aliases()
	if step <= 0 {
		mean := fmt.Sprintf("coalesce(sum(%s * %s), 0) / %s AS %s", d.cast(to+" - "+from, event.Float), w, d.cast(end+" - "+start, event.Float), k.name)
		return "SELECT " + strings.Join(append(names, mean), ", ") + " FROM (" + spans + ")" + a.groupBy()
	}
	bucket := a.keyNames[len(a.keyNames)-1]
	s := d.integer(step)
	first := d.bucket(from, step, c.q.Start < 0)
	reached := fmt.Sprintf("SELECT *, %s AS %s FROM (%s) WHERE %s > %s", d.each(first, to, s), bucket, spans, to, from)
	overlap := d.cast(fmt.Sprintf("least(%s, %s + %s) - greatest(%s, %s)", to, bucket, s, from, bucket), event.Float)
	span := d.cast(fmt.Sprintf("least(%s + %s, %s) - greatest(%s, %s)", bucket, s, end, bucket, start), event.Float)
	mean := fmt.Sprintf("sum(%s * %s / %s) AS %s", overlap, w, span, k.name)
	return "SELECT " + strings.Join(append(names, mean), ", ") + " FROM (" + reached + ")" + a.groupBy()
}
