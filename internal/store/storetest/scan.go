package storetest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
)

// Scan implements store.Store: a batch for each row.
func (r *Reference) Scan(ctx context.Context, q *query.Query, opts store.ScanOptions) (store.Stats, error) {
	if err := stopped(ctx); err != nil {
		return store.Stats{}, err
	}
	where, _, err := q.Condition()
	if err != nil {
		return store.Stats{}, err
	}
	opts.Begin(1)
	rows := r.snapshot()
	known := kindsOf(rows)
	for _, e := range rows {
		if e.environment != q.Environment || len(q.Datasets) > 0 && !slices.Contains(q.Datasets, e.dataset) ||
			e.time < q.Start || e.time >= q.End || !holds(where, newRecord(e, known)) {
			continue
		}
		b := event.NewBatch(e.environment, e.dataset)
		appendRow(b, e)
		kept := query.NewMask(1)
		kept.Set(0)
		opts.Visit(0, b, kept)
	}
	return store.Stats{}, nil
}

// scansGiveEveryRow gives random events in random layouts to the store and
// compares what visitors see.
func scansGiveEveryRow(t *testing.T, p *pair) {
	round := 0
	rapid.Check(t, func(t *rapid.T) {
		round++
		environment := fmt.Sprint("scan-", round)
		p.ref = NewReference()
		q := p.scattered(t, environment, func(s query.Stage) bool {
			switch s.(type) {
			case query.Filter, query.Compute:
				return true
			}
			return false
		})
		for _, untimed := range []bool{false, true} {
			if d := cmp.Diff(seen(t, p.ref, q, untimed), seen(t, p.store, q, untimed)); d != "" {
				t.Fatalf("%s, untimed %v\n%s", q, untimed, d)
			}
		}
	})
	bad := &query.Query{Environment: "scan-1", Start: 0, End: 1, Stages: []query.Stage{query.Limit{Count: 1}}}
	if _, err := p.store.Scan(t.Context(), bad, store.ScanOptions{Begin: func(int) {}}); !fault.Is(err, fault.Invalid) {
		t.Errorf("a limit in a scan: %v", err)
	}
}

// failer is a test, of whichever kind.
type failer interface {
	Context() context.Context
	Fatal(args ...any)
}

// seen are the rows of a scan as texts, in order.
func seen(t failer, s store.Store, q *query.Query, untimed bool) []string {
	var mu sync.Mutex
	var rows []string
	fields := append(slices.Clone(textFields), numberFields...)
	workers := 0
	_, err := s.Scan(t.Context(), q, store.ScanOptions{
		Fields: fields, Untimed: untimed, Begin: func(n int) { rows, workers = nil, n },
		Visit: func(worker int, b *event.Batch, kept query.Mask) {
			mu.Lock()
			defer mu.Unlock()
			for i := range b.Len() {
				if !kept.Has(i) {
					continue
				}
				at := b.Times[i]
				if untimed {
					at = 0
				}
				cells := []string{fmt.Sprint(worker < workers, b.Dataset, at, b.SampleRate(i))}
				for _, name := range fields {
					cells = append(cells, b.Row(i).Get(name).Text())
				}
				rows = append(rows, strings.Join(cells, " | "))
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(rows)
	return rows
}
