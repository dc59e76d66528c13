package storetest

import (
	"context"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
)

// Rollups implements store.Store. A span is a row with a span id and a duration
// that is no annotation of one.
func (r *Reference) Rollups(ctx context.Context, environment string, start, end int64) ([]store.Rollup, error) {
	if err := stopped(ctx); err != nil {
		return nil, err
	}
	type key struct {
		minute                       int64
		dataset, service, name, kind string
		root                         bool
	}
	sums := map[key]*store.Rollup{}
	var order []key
	for _, e := range r.snapshot() {
		ms, timed := finite(e.fields[event.FieldDuration])
		if e.environment != environment || e.time < start || e.time >= end || !timed ||
			e.fields[event.FieldSpanID].Text() == "" || e.fields[event.FieldAnnotation].Text() != "" {
			continue
		}
		k := key{
			floor(e.time, int64(time.Minute)), e.dataset, e.fields[event.FieldService].Text(),
			e.fields[event.FieldName].Text(), e.fields[event.FieldSpanKind].Text(), e.fields[event.FieldParentID].Text() == "",
		}
		s := sums[k]
		if s == nil {
			s = &store.Rollup{
				Minute: k.minute, Dataset: k.dataset, Service: k.service, Name: k.name, Kind: k.kind, Root: k.root,
				Bins: map[int32]float64{},
			}
			sums[k] = s
			order = append(order, k)
		}
		w := float64(e.weight)
		s.Count += w
		s.SumMS += ms * w
		s.Bins[query.HistogramBin(ms)] += w
		if event.Failed(e.fields[event.FieldError]) {
			s.Errors += w
		}
	}
	rollups := make([]store.Rollup, len(order))
	for i, k := range order {
		rollups[i] = *sums[k]
	}
	return rollups, nil
}
