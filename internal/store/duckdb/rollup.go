package duckdb

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/oriel-dev/oriel/internal/call"
	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
)

// storedRollup is a roll-up as it lies in a segment.
type storedRollup struct {
	Environment string `json:"e"`
	store.Rollup
	Bins storedBins `json:"b"` // in place of the roll-up's own
}

// rollupKey is what spans of a batch are summed up by: codes, not texts.
type rollupKey struct {
	minute                                 int64
	service, origin, namespace, name, kind uint32
	root, serves                           bool
}

const noCode = ^uint32(0)

// rollupBatches sums up the spans of batches: rows with a span id and a duration
// that are no annotation, and no log line, error or metric that tells of a span.
func rollupBatches(batches []*event.Batch) []storedRollup {
	var out []storedRollup
	for _, b := range batches {
		out = append(out, rollupBatch(b)...)
	}
	return out
}

func rollupBatch(b *event.Batch) []storedRollup {
	w := walksOf(b)
	name, namespace, failed := walkOf(b, event.FieldName), walkOf(b, call.FieldNamespace), walkOf(b, event.FieldError)
	ended := outcomesOf(b)
	sums := map[rollupKey]*store.Rollup{}
	var order []rollupKey
	for row, at := range b.Times {
		ms, timed := w.ms(row)
		if !timed || w.tellsOfOne(row) || !w.span.has(row) {
			continue
		}
		root := !w.parent.has(row)
		serves := call.Serves(string(w.kind.bytes(row)), string(w.document.bytes(row)), root)
		key := rollupKey{floorMinute(at), w.service.code(row), w.origin.code(row), namespace.code(row), name.code(row), w.kind.code(row), root, serves}
		sum := sums[key]
		if sum == nil {
			sum = &store.Rollup{
				Minute: key.minute, Dataset: b.Dataset, Service: w.service.text(key.service), Origin: w.origin.text(key.origin),
				Namespace: namespace.text(key.namespace), Name: name.text(key.name), Kind: w.kind.text(key.kind), Root: root, Serves: serves,
				Bins: map[int32]float64{},
			}
			sums[key] = sum
			order = append(order, key)
		}
		// Ids are made texts only where they may stay.
		if trace := w.trace.bytes(row); serves && len(trace) > 0 && (sum.Slowest.TraceID == "" || ms >= sum.Slowest.MS) {
			sum.Slowest = sum.Slowest.Slower(store.Exemplar{TraceID: string(trace), SpanID: string(w.span.bytes(row)), MS: ms})
		}
		weight := float64(b.SampleRate(row))
		sum.Count += weight
		sum.SumMS += ms * weight
		sum.Bins[query.HistogramBin(ms)] += weight
		if event.Failed(failed.value(row)) {
			sum.Errors += weight
		}
		switch ended.at(row) {
		case call.Error:
			sum.Refused += weight
		case call.Throttle:
			sum.Throttles += weight
		case call.Fault:
			sum.Faults += weight
		case call.OK:
		}
	}
	out := make([]storedRollup, len(order))
	for i, key := range order {
		out[i] = storedRollup{Environment: b.Environment, Rollup: *sums[key], Bins: sums[key].Bins}
		out[i].Rollup.Bins = nil
	}
	return out
}

func floorMinute(at int64) int64 {
	const minute = int64(time.Minute)
	r := at % minute
	if r < 0 {
		r += minute
	}
	return at - r
}

// Rollups implements store.Store. Minutes are whole: one that lies partly in the
// range is in it.
func (s *Store) Rollups(ctx context.Context, environment string, start, end int64) ([]store.Rollup, error) {
	start = floorMinute(start)
	sn := s.snapshotOf(&query.Query{Environment: environment, Start: start, End: end})
	defer sn.release()
	type key struct {
		minute                                          int64
		dataset, service, origin, namespace, name, kind string
		root, serves                                    bool
	}
	sums := map[key]*store.Rollup{}
	add := func(list []storedRollup) {
		for _, r := range list {
			if r.Environment != environment || r.Minute < start || r.Minute >= end {
				continue
			}
			if from, some := sn.horizons[r.Dataset]; some && r.Minute < floorMinute(from) {
				continue
			}
			k := key{r.Minute, r.Dataset, r.Service, r.Origin, r.Namespace, r.Name, r.Kind, r.Root, r.Serves}
			sum := sums[k]
			if sum == nil {
				one := r.Rollup
				one.Bins = maps.Clone(map[int32]float64(r.Bins))
				sums[k] = &one
				continue
			}
			sum.Count += r.Count
			sum.Errors += r.Errors
			sum.Refused += r.Refused
			sum.Throttles += r.Throttles
			sum.Faults += r.Faults
			sum.SumMS += r.SumMS
			sum.Slowest = sum.Slowest.Slower(r.Slowest)
			for bin, n := range r.Bins {
				sum.Bins[bin] += n
			}
		}
	}
	for _, f := range sn.files {
		if err := ctx.Err(); err != nil {
			return nil, ended(ctx, err)
		}
		kept, err := summaryOf(f, summaryPart{rollups: true, environment: environment, start: start, end: end})
		if err != nil {
			return nil, err
		}
		add(kept.Rollups)
	}
	add(s.hotRollups(sn))
	out := make([]store.Rollup, 0, len(sums))
	for _, r := range sums {
		out = append(out, *r)
	}
	slices.SortFunc(out, func(x, y store.Rollup) int {
		return cmp.Or(cmp.Compare(x.Minute, y.Minute), cmp.Compare(x.Service, y.Service), cmp.Compare(x.Name, y.Name))
	})
	return out, nil
}
