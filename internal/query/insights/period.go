package insights

import (
	"strings"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
)

// period is a length of time: nanoseconds, or months where the calendar counts.
type period struct {
	step   int64
	months int64
	week   bool
}

// unitOf reads a unit in any of its spellings, with the most that may be counted
// of it.
func unitOf(unit string) (p period, most int64, ok bool) {
	const many = 10_000
	switch strings.TrimSuffix(strings.ToLower(unit), "s") {
	case "m", "milli", "millisecond", "msec":
		if u := strings.ToLower(unit); u != "ms" && u != "m" && len(u) > 2 {
			return period{step: int64(time.Millisecond)}, 1000, true
		} else if u == "ms" {
			return period{step: int64(time.Millisecond)}, 1000, true
		}
		return period{step: int64(time.Minute)}, 60, true
	case "", "sec", "second":
		return period{step: int64(time.Second)}, 60, true
	case "min", "minute":
		return period{step: int64(time.Minute)}, 60, true
	case "h", "hr", "hour":
		return period{step: int64(time.Hour)}, 24, true
	case "d", "day":
		return period{step: int64(24 * time.Hour)}, many, true
	case "w", "week":
		return period{step: int64(7 * 24 * time.Hour), week: true}, many, true
	case "mo", "mon", "month":
		return period{months: 1}, many, true
	case "q", "qtr", "quarter":
		return period{months: 3}, many, true
	case "y", "yr", "year":
		return period{months: 12}, many, true
	}
	return period{}, 0, false
}

// period reads a node like 5m. More of a unit than a larger one has counts as one
// of the larger: bin(300s) is bin(60s), as the service has it.
func (c *compiler) period(n *node) (period, error) {
	if n.kind != periodNode || n.value.Kind() != event.Int || n.value.Int() < 1 {
		return period{}, wrong(n.start, n.end, "unexpected symbol found %s at %s: a period like 5m or 1h is wanted", c.p.text[n.start:n.end], place(c.p.text, n.start))
	}
	p, most, ok := unitOf(n.unit)
	if !ok {
		return p, wrong(n.start, n.end, "unexpected symbol found %s at %s: the units of periods are ms, s, m, h, d, w, mo, q and y", n.unit, place(c.p.text, n.start))
	}
	count := min(n.value.Int(), most)
	p.step *= count
	p.months *= count
	return p, nil
}

// monday is the first one after 1970 began, where weeks are counted from.
const monday = int64(4 * 24 * time.Hour)

// rounded rounds a time to a period, counted from an offset.
func (p period) rounded(t query.Expr, up bool, offset int64) query.Expr {
	end := map[bool]string{false: "floor", true: "ceil"}[up]
	if p.months > 0 {
		return call("month_"+end, t, whole(p.months))
	}
	if p.week {
		offset += monday
	}
	args := []query.Expr{t, whole(p.step)}
	if offset %= p.step; offset != 0 {
		args = append(args, whole(offset))
	}
	return call("time_"+end, args...)
}

// rowTime is the time of a row: of an event, or what an earlier stats command
// gives as such.
func (c *compiler) rowTime(n *node) (query.Expr, error) {
	if f, ok := c.scope["@timestamp"]; ok {
		return f.expr, nil
	}
	if !c.closed {
		return query.Field{Name: event.SystemTime}, nil
	}
	for _, col := range c.fields {
		if col.Key && col.Type == Time {
			return query.Field{Name: col.Field}, nil
		}
	}
	return nil, wrong(n.start, n.end, "bin at %s needs @timestamp: the stats command before must give it, or group by bin", place(c.p.text, n.start))
}

func bin(c *compiler, n *node, _ []field) (query.Expr, error) {
	p, err := c.period(n.args[0])
	if err != nil {
		return nil, err
	}
	t, err := c.rowTime(n)
	if err != nil {
		return nil, err
	}
	return p.rounded(t, false, 0), nil
}

func dateFloor(c *compiler, n *node, args []field) (query.Expr, error) {
	p, err := c.period(n.args[1])
	if err != nil {
		return nil, err
	}
	if n.args[0].kind == periodNode || n.args[0].kind == regexNode {
		return nil, c.misplaced(n.args[0])
	}
	return p.rounded(asTime(args[0]), n.name == "dateceil", 0), nil
}
