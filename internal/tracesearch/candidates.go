package tracesearch

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
)

// soFew candidates are not worth looking at further conditions of theirs.
const soFew = 50

// candidates returns the ids of traces that may have their time in a slice, one
// more than sliceTraces at most. One condition after the other thins them out; those
// that many traces meet come last.
func (s *search) candidates(ctx context.Context, start, end int64) ([]string, error) {
	if len(s.conditions) == 0 {
		exists := func(name string) query.Expr { return query.Exists{X: query.Field{Name: name}} }
		return s.having(ctx, query.And{Terms: []query.Expr{exists(event.FieldTraceID), exists(event.FieldSpanID)}}, start, end, nil)
	}
	var ids []string
	start, end = start-margin, end+margin
	for i, c := range s.conditions {
		var within map[string]bool
		if i > 0 && len(ids) <= sliceTraces {
			if len(ids) <= soFew {
				break
			}
			within = setOf(ids)
		}
		found, err := s.having(ctx, c.Where, start, end, within)
		if err != nil {
			return nil, err
		}
		ids = found
	}
	return ids, nil
}

func setOf(ids []string) map[string]bool {
	set := make(map[string]bool, len(ids))
	for _, id := range ids {
		set[id] = true
	}
	return set
}

// having returns the ids of traces some row of which meets a condition: of those that
// are given, or of all if that is nil; then one more than sliceTraces at most.
func (s *search) having(ctx context.Context, where query.Expr, start, end int64, within map[string]bool) ([]string, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var workers []map[string]bool
	ask := &query.Query{Environment: s.q.Environment, Start: start, End: end, Stages: []query.Stage{query.Filter{Where: where}}}
	full := make(chan struct{}, 1)
	stats, err := s.source.Scan(ctx, ask, store.ScanOptions{
		Fields: []string{event.FieldTraceID}, Untimed: true,
		Begin: func(n int) {
			workers = make([]map[string]bool, n)
			for i := range workers {
				workers[i] = map[string]bool{}
			}
		},
		Visit: func(worker int, b *event.Batch, rows query.Mask) {
			note(workers[worker], b, rows, within)
			if len(workers[worker]) > sliceTraces {
				select {
				case full <- struct{}{}:
				default:
				}
				stop()
			}
		},
	})
	select {
	case <-full: // more of them would change nothing
	default:
		if err != nil {
			return nil, err
		}
	}
	s.reach.Scanned += stats.Scanned
	all := map[string]bool{}
	for _, w := range workers {
		maps.Copy(all, w)
	}
	ids := slices.Sorted(maps.Keys(all))
	return ids[:min(len(ids), sliceTraces+1)], nil
}

// note notes the ids of rows.
func note(into map[string]bool, b *event.Batch, rows query.Mask, within map[string]bool) {
	c := b.Find(event.FieldTraceID)
	if c == nil {
		return
	}
	for i := range c.Len() {
		if !rows.Has(c.Row(i)) {
			continue
		}
		id := c.ValueAt(i).Text()
		if id == "" || into[id] || within != nil && !within[id] {
			continue
		}
		into[strings.Clone(id)] = true // the batch's texts are one piece
		if len(into) > sliceTraces {
			return
		}
	}
}
