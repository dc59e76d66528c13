package querier

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
)

// Of a histogram rows hold buckets as text, and of a cumulative one all that was
// measured since a beginning. What such a field is compared by is what was measured on
// both sides, put together bucket by bucket.

// histogramsAtOnce is how many fields one query puts together.
const histogramsAtOnce = 20

// beforeFirst is how long before the range the reading is looked for that the first one
// of a cumulative histogram grew from.
const beforeFirst = int64(10 * time.Minute)

// sideName is the field that tells the sides apart while histograms are put together.
const sideName = "_side"

// compareHistograms puts what was measured on both sides in the place of the texts of
// the histograms among the fields. A reading is on the side that its row is on.
func (q *Querier) compareHistograms(ctx context.Context, ask *query.Query, selection query.Expr, found *store.Contrast, isHistogram func(name string) bool) error {
	var fields []*store.ContrastField
	for i := range found.Fields {
		if f := &found.Fields[i]; isHistogram(f.Name) && f.Kind == event.String {
			f.Values, f.Unique = nil, false
			fields = append(fields, f)
		}
	}
	for part := range slices.Chunk(fields, histogramsAtOnce) {
		together := *ask
		together.Start -= beforeFirst
		a := query.Aggregate{Groups: []string{sideName}, From: ask.Start}
		for _, f := range part {
			t := &query.Temporal{Func: query.Increase, Deltas: true, Distribution: true, Uncut: true}
			a.Calcs = append(a.Calcs, query.Calc{Op: query.Histogram, Field: f.Name, Name: f.Name, Series: t})
		}
		side := query.Not{X: query.Not{X: selection}} // never null
		together.Stages = append(slices.Clone(ask.Stages), query.Compute{Name: sideName, Expr: side}, a)
		res, err := q.admit(ctx, q.gateOf(&together), func(ctx context.Context) (*store.Result, error) {
			return q.config.Store.Run(ctx, &together, store.Options{})
		})
		if err != nil {
			return err
		}
		for _, f := range part {
			f.Bins = binsOf(res.Column(sideName), res.Column(f.Name))
			f.Distinct = len(f.Bins)
		}
	}
	return nil
}

// binsOf reads the histograms of both sides.
func binsOf(sides, histograms *store.ResultColumn) []store.ContrastBin {
	events := map[int32]*[2]float64{}
	for row, v := range histograms.Values {
		at := store.Others
		if s := sides.Values[row]; s.Kind() == event.Bool && s.Bool() {
			at = store.Selected
		}
		var counts map[string]float64
		if v.IsNull() || json.Unmarshal([]byte(v.Str()), &counts) != nil {
			continue
		}
		for text, n := range counts {
			bin, err := strconv.ParseInt(text, 10, 32)
			if err != nil {
				continue
			}
			if events[int32(bin)] == nil {
				events[int32(bin)] = &[2]float64{}
			}
			events[int32(bin)][at] += n
		}
	}
	var bins []store.ContrastBin
	for bin, n := range events {
		bins = append(bins, store.ContrastBin{Value: query.HistogramValue(bin), Events: *n})
	}
	slices.SortFunc(bins, func(x, y store.ContrastBin) int { return cmp.Compare(x.Value, y.Value) })
	return bins
}
