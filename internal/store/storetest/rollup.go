package storetest

import (
	"context"
	"time"

	spancall "github.com/oriel-dev/oriel/internal/call"
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
		minute                                          int64
		dataset, service, origin, namespace, name, kind string
		root, serves                                    bool
	}
	sums := map[key]*store.Rollup{}
	var order []key
	for _, e := range r.snapshot() {
		ms, span := e.isSpan(environment)
		if !span || e.time < start || e.time >= end {
			continue
		}
		text := func(field string) string { return e.fields[field].Text() }
		root := text(event.FieldParentID) == ""
		k := key{
			floor(e.time, int64(time.Minute)), e.dataset, text(event.FieldService), spancall.OriginOf(e.get), text(spancall.FieldNamespace),
			text(event.FieldName), text(event.FieldSpanKind), root, spancall.Serves(text(event.FieldSpanKind), text(spancall.FieldDocument), root),
		}
		s := sums[k]
		if s == nil {
			s = &store.Rollup{
				Minute: k.minute, Dataset: k.dataset, Service: k.service, Origin: k.origin, Namespace: k.namespace, Name: k.name,
				Kind: k.kind, Root: k.root, Serves: k.serves, Bins: map[int32]float64{},
			}
			sums[k] = s
			order = append(order, k)
		}
		w := float64(e.weight)
		s.Count += w
		s.SumMS += ms * w
		s.Bins[query.HistogramBin(ms)] += w
		if k.serves {
			s.Slowest = s.Slowest.Slower(store.Exemplar{TraceID: text(event.FieldTraceID), SpanID: text(event.FieldSpanID), MS: ms})
		}
		if event.Failed(e.fields[event.FieldError]) {
			s.Errors += w
		}
		switch spancall.OutcomeOf(e.get) {
		case spancall.Error:
			s.Refused += w
		case spancall.Throttle:
			s.Throttles += w
		case spancall.Fault:
			s.Faults += w
		case spancall.OK:
		}
	}
	rollups := make([]store.Rollup, len(order))
	for i, k := range order {
		rollups[i] = *sums[k]
	}
	return rollups, nil
}

func (e row) get(field string) event.Value { return e.fields[field] }
