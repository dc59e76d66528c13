package query

import (
	"strconv"
	"time"

	"github.com/oriel-dev/oriel/internal/fault"
)

// Temporal makes a calculation one over time series: it does not see the field's
// values in rows, but one value for each series and step of time, made of the
// series' data points in that step. Sample rates do not count.
//
// Rows belong to the series that [event.FieldSeries] names, cut by the groups of the
// aggregation; those without such are one series in each group. The rows of a series
// are in the order of time, of event.FieldSeriesStart, and of their values.
type Temporal struct {
	Func TemporalFunc

	// Range is how far back from the end of a step points count, for Increase and Rate;
	// 0 for those in the step.
	Range int64

	// Deltas says that a point whose row has no event.FieldSeriesStart is an increase
	// itself, for Increase and Rate.
	Deltas bool

	// Uncut says that groups do not cut series, for Increase and Rate: a point counts from
	// the one before it, whose group may be another, in its own group.
	Uncut bool

	// Distribution says that the field holds distributions: JSON arrays of [low, high,
	// count]. What the function gives of them is put together over all series, for
	// Quantile, which is linear within a bucket, and Histogram, in which a bucket lies at
	// its middle. How many values they have is in the field's name with ".count".
	Distribution bool

	// Share is, with Distribution, the quantile of each series' own distribution that is
	// its value; other calculations are possible then. Nil for none.
	Share *float64
}

// TemporalFunc is how data points become the value of a step.
type TemporalFunc uint8

// The functions. Increase adds up how much a counter grew from point to point: a
// point counts from the one before it, which may lie before the step and before
// Aggregate.From; one that is less, or whose series began after that one, from zero.
// The first point of a series counts from zero if the series began within the query's
// range, else it says nothing. Rate is the increase in a second.
//
// Summarize adds points up. Of what it and, with Deltas, Increase and Rate add up, a
// point whose row has event.FieldSeriesSince, not 0 and at most [Spread] before its time,
// is spread evenly over the time between, and each step has its share; any other counts at
// its time. Histogram counts each at its time.
const (
	LastPoint TemporalFunc = iota
	Summarize
	Increase
	Rate
)

// String returns the function's name in calculated fields.
func (f TemporalFunc) String() string {
	names := [...]string{"LAST", "SUMMARIZE", "INCREASE", "RATE"}
	if int(f) < len(names) {
		return names[f]
	}
	return "unknown"
}

// String prints what is made of a field.
func (t *Temporal) String() string {
	s := t.Func.String()
	if t.Range > 0 {
		s += " " + strconv.FormatInt(t.Range, 10) + "ns"
	}
	if t.Deltas {
		s += " deltas"
	}
	if t.Uncut {
		s += " uncut"
	}
	if t.Distribution {
		s += " distribution"
	}
	if t.Share != nil {
		s += " " + strconv.FormatFloat(*t.Share, 'g', -1, 64)
	}
	return s
}

// longestDelta is how long a data point may tell of that is spread over its time.
const longestDelta = int64(10 * time.Minute)

// maxStepsOfRange is in how many steps a data point may count.
const maxStepsOfRange = 1000

// checkSeries checks what a calculation makes of series.
func (c *Calc) checkSeries(step int64) error {
	t := c.Series
	if t == nil {
		return nil
	}
	single := t.Distribution && t.Share == nil
	switch c.Op {
	case Count, CountDistinct, Sum, Avg, Min, Max:
		if single {
			return fault.New(fault.Invalid, "%s can't be made of distributions", c.Op)
		}
	case Quantile, Histogram:
	case Concurrency, First, Last, Interpolated, StdDev, Variance, LeastText, GreatestText, Values, TopValues:
		return fault.New(fault.Invalid, "%s can't be made of series", c.Op)
	}
	switch {
	case c.Field == "":
		return fault.New(fault.Invalid, "series need a field")
	case t.Range < 0 || t.Range > 0 && t.Func != Increase && t.Func != Rate:
		return fault.New(fault.Invalid, "%s has a range of %d ns; only INCREASE and RATE have one", t.Func, t.Range)
	case t.Uncut && t.Func != Increase && t.Func != Rate:
		return fault.New(fault.Invalid, "groups always cut what %s is made of", t.Func)
	case step > 0 && t.Range/step > maxStepsOfRange:
		return fault.New(fault.Invalid, "%s looks back %d seconds in steps of %v; that is more than %d steps: choose a coarser granularity", t.Func, t.Range/1e9, float64(step)/1e9, maxStepsOfRange)
	case t.Share != nil && !(*t.Share >= 0 && *t.Share <= 1):
		return fault.New(fault.Invalid, "the quantile is %v; it must be from 0 to 1", *t.Share)
	}
	return nil
}

// Spread is how long a data point may tell of that is spread over steps, 0 for all time
// being one: not more than a number of steps, however short they are.
func Spread(step int64) int64 {
	if step <= 0 || step > longestDelta/maxStepsOfRange {
		return longestDelta
	}
	return step * maxStepsOfRange
}

// Spreads reports whether data points are spread over the time that they tell of.
func (t *Temporal) Spreads() bool {
	return t.Func == Summarize || t.Deltas && (t.Func == Increase || t.Func == Rate)
}

// CountOf is the field that holds how many values a distribution has.
func CountOf(field string) string { return field + ".count" }
