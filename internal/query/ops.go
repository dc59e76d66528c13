package query

import (
	"slices"

	"github.com/oriel-dev/oriel/internal/fault"
)

// specOp says how an operation of Honeycomb's specification is computed.
type specOp struct {
	calc   CalcOp
	q      float64 // of a Quantile
	column bool    // a column is needed
	bare   bool    // a column is not allowed
	rate   bool    // differences between neighbouring buckets of calc
	points bool    // of metrics datasets only
	values bool    // of histograms only
}

// countDatapoints is COUNT where events are data points of metrics.
const countDatapoints = "COUNT_DATAPOINTS"

// histogramCount is how many values histograms hold.
const histogramCount = "HISTOGRAM_COUNT"

// specOps is the catalogue of calculations.
func specOps() map[string]specOp {
	ops := map[string]specOp{
		"COUNT":          {calc: Count},
		countDatapoints:  {calc: Count, points: true},
		histogramCount:   {calc: Sum, column: true, points: true, values: true},
		"COUNT_DISTINCT": {calc: CountDistinct, column: true},
		"SUM":            {calc: Sum, column: true},
		"AVG":            {calc: Avg, column: true},
		"MIN":            {calc: Min, column: true},
		"MAX":            {calc: Max, column: true},
		"HEATMAP":        {calc: Histogram, column: true},
		"CONCURRENCY":    {calc: Concurrency, bare: true},
		"RATE_SUM":       {calc: Sum, column: true, rate: true},
		"RATE_AVG":       {calc: Avg, column: true, rate: true},
		"RATE_MAX":       {calc: Max, column: true, rate: true},
	}
	for name, q := range map[string]float64{
		"P001": 0.001, "P01": 0.01, "P05": 0.05, "P10": 0.10, "P20": 0.20, "P25": 0.25, "P50": 0.50,
		"P75": 0.75, "P80": 0.80, "P90": 0.90, "P95": 0.95, "P99": 0.99, "P999": 0.999,
	} {
		ops[name] = specOp{calc: Quantile, q: q, column: true}
	}
	return ops
}

func opNames() []string {
	names := make([]string, 0, 32)
	for name := range specOps() {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// CheckScope checks what Honeycomb lets a question calculate of a dataset of
// metrics, whose events are data points and no whole things to count, and of any other.
func (s *Spec) CheckScope(metrics bool) error {
	if metrics && len(s.Calculations) == 0 {
		return fault.New(fault.Invalid, "metrics datasets require at least one calculation")
	}
	ops := specOps()
	for _, c := range s.Calculations {
		op := ops[c.Op]
		counts := op.calc == Count && !op.points && c.Column == ""
		switch {
		case metrics && (counts || op.rate || op.calc == Concurrency):
			return fault.New(fault.Invalid, "operation not allowed in metrics dataset: %s", c.Op)
		case !metrics && op.points:
			return fault.New(fault.Invalid, "operation only allowed in metrics datasets: %s", c.Op)
		}
	}
	return nil
}
