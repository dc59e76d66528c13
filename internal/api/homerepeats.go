package api

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/oriel-dev/oriel/internal/call"
	"github.com/oriel-dev/oriel/internal/event"
	attention "github.com/oriel-dev/oriel/internal/health"
	"github.com/oriel-dev/oriel/internal/store"
	"github.com/oriel-dev/oriel/internal/trace"
)

// What requests ask for again and again is not in roll-ups. So the overview looks at
// single traces of the operations that take most of the time, those that roll-ups
// name: a few at a time, and each operation once in a while.
const (
	repeatsLooks   = 6  // operations that are looked at anew for one answer
	repeatsWide    = 20 // operations that are looked at at all
	repeatsTraces  = 2  // of each; the one with less counts
	repeatsRows    = 3000
	repeatsFor     = 5 * time.Minute
	repeatsKept    = 1000
	repeatsBusy    = 20 // requests that an operation has at least
	statementShown = 4096
)

type operationKey struct{ env, service, name string }

// repeats keeps what was seen.
type repeats struct {
	mu   sync.Mutex
	seen map[operationKey]repeated
}

type repeated struct {
	at time.Time
	attention.Repeats
}

// known returns what was seen of an operation, and whether it is time to look again.
func (s *repeats) known(k operationKey, now time.Time) (r repeated, old bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r = s.seen[k]
	return r, now.Sub(r.at) >= repeatsFor
}

func (s *repeats) keep(k operationKey, r repeated) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.seen) >= repeatsKept {
		clear(s.seen) // they are seen again soon
	}
	s.seen[k] = r
}

// candidate is an operation and requests that stand for it, the latest first.
type candidate struct {
	key       operationKey
	operation *attention.Operation
	ms        float64 // of all its requests together
	count     float64
	stand     []store.Exemplar
}

// lookForRepeats says of the operations that take most of the time what one request
// asks for again and again.
func (v *homeView) lookForRepeats(ctx context.Context) {
	now, looks := v.a.clock(), 0
	for _, c := range v.candidates() {
		seen, old := v.a.repeats.known(c.key, now)
		if old && looks < repeatsLooks {
			looks++
			seen = repeated{now, v.repeatsIn(ctx, &c)}
			v.a.repeats.keep(c.key, seen)
		}
		if seen.Calls > 0 {
			c.operation.Repeats = &seen.Repeats
		}
	}
}

func (v *homeView) candidates() []candidate {
	var list []candidate
	for service, operations := range v.operating {
		for i := range operations {
			c := candidate{key: operationKey{v.env, service, operations[i].Name}, operation: &operations[i]}
			for _, t := range slices.Backward(v.tiles) {
				s := t.Services[service]
				if s == nil || s.Operations[c.key.name] == nil {
					continue
				}
				o := s.Operations[c.key.name]
				c.count += o.Count
				c.ms += o.Took()
				if len(c.stand) < repeatsTraces && o.Slowest.TraceID != "" {
					c.stand = append(c.stand, o.Slowest)
				}
			}
			if c.count >= repeatsBusy && len(c.stand) > 0 {
				list = append(list, c)
			}
		}
	}
	slices.SortFunc(list, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(b.ms, a.ms), cmp.Compare(a.key.service, b.key.service), cmp.Compare(a.key.name, b.key.name))
	})
	return list[:min(len(list), repeatsWide)]
}

// repeatsIn looks at the requests that stand for an operation. What cannot be read is
// taken for well: the overview is not worth less without it.
func (v *homeView) repeatsIn(ctx context.Context, c *candidate) (least attention.Repeats) {
	for i, e := range c.stand {
		batches, _, err := v.a.Querier.Trace(ctx, v.env, e.TraceID, repeatsRows)
		if err != nil {
			v.a.Log.DebugContext(ctx, "a trace could not be read for the overview", slog.String("trace_id", e.TraceID), slog.Any("error", err))
			return attention.Repeats{}
		}
		tr := trace.Assemble(e.TraceID, batches, trace.Options{Column: v.a.definedColumns(v.env)})
		r := attention.RepeatsOf(e.TraceID, callsOf(tr, batches, e.SpanID))
		if i == 0 || r.Times < least.Times {
			least = r
		}
	}
	return least
}

// callsOf are the calls of a service while it served one request: the spans below
// that one which ask and are of the same service.
func callsOf(tr *trace.Trace, batches []*event.Batch, spanID string) (calls []attention.Call) {
	root := slices.IndexFunc(tr.Spans, func(s trace.Span) bool { return s.ID == spanID })
	if root < 0 {
		return nil
	}
	served := &tr.Spans[root]
	for i := root + 1; i < len(tr.Spans) && tr.Spans[i].Depth > served.Depth; i++ {
		s := &tr.Spans[i]
		if s.Kind != trace.KindClient || s.Service != served.Service || s.Ref.Batch < 0 {
			continue
		}
		row := batches[s.Ref.Batch].Row(int(s.Ref.Row))
		asked := cmp.Or(call.StatementOf(row.Get), call.URLOf(row.Get))
		calls = append(calls, attention.Call{Name: tr.Strings[s.Name], Statement: cutText(asked, statementShown)})
	}
	return calls
}
