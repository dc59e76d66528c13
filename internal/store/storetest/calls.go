package storetest

import (
	"context"
	"slices"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
)

// isSpan tells spans from their annotations and from other signals.
func (e row) isSpan(environment string) (ms float64, ok bool) {
	ms, timed := finite(e.fields[event.FieldDuration])
	return ms, timed && e.environment == environment && e.fields[event.FieldSpanID].Text() != "" && e.fields[event.FieldAnnotation].Text() == ""
}

// Calls implements store.Store.
func (r *Reference) Calls(ctx context.Context, environment string, start, end int64) ([]store.Call, error) {
	if err := stopped(ctx); err != nil {
		return nil, err
	}
	rows := r.snapshot()
	services := map[[2]string]string{} // by trace and span id
	for _, e := range rows {
		if _, ok := e.isSpan(environment); ok && e.fields[event.FieldSpanKind].Text() != "internal" {
			services[[2]string{e.fields[event.FieldTraceID].Text(), e.fields[event.FieldSpanID].Text()}] = e.fields[event.FieldService].Text()
		}
	}
	type key struct {
		minute         int64
		caller, callee string
	}
	var calls []store.Call
	at := map[key]int{}
	for _, e := range rows {
		ms, ok := e.isSpan(environment)
		caller, known := services[[2]string{e.fields[event.FieldTraceID].Text(), e.fields[event.FieldParentID].Text()}]
		k := key{floor(e.time, int64(time.Minute)), caller, e.fields[event.FieldService].Text()}
		within := slices.Contains([]string{"internal", "client", "producer"}, e.fields[event.FieldSpanKind].Text())
		if !ok || !known || within || k.caller == k.callee || e.time < start || e.time >= end {
			continue
		}
		i, seen := at[k]
		if !seen {
			i = len(calls)
			at[k] = i
			calls = append(calls, store.Call{Minute: k.minute, Caller: k.caller, Callee: k.callee, Bins: map[int32]float64{}})
		}
		c, w := &calls[i], float64(e.weight)
		c.Count += w
		c.SumMS += ms * w
		c.Bins[query.HistogramBin(ms)] += w
		if event.Failed(e.fields[event.FieldError]) {
			c.Errors += w
		}
	}
	return calls, nil
}
