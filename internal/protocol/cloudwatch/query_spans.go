package cloudwatch

import (
	"context"
	"math"
	"slices"
	"sync"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/query/insights"
	"github.com/oriel-dev/oriel/internal/store"
)

// valueAt is a row's value of a column, null if the answer has no such column.
func valueAt(r *store.Result, name string, row int) event.Value {
	if c := r.Column(name); c != nil {
		return c.Values[row]
	}
	return event.Value{}
}

// pointerOf is the @ptr of a row that is an event. A span, which has no arrival, is
// told from others of its time by its ids.
func pointerOf(r *store.Result, row int) string {
	at := store.Position{Time: valueAt(r, event.SystemTime, row).Int(), Arrival: valueAt(r, event.FieldArrival, row).Int()}
	slug := valueAt(r, event.SystemDataset, row).Text()
	if at.Arrival == 0 && !valueAt(r, event.FieldSpanID, row).IsNull() {
		b := event.NewBatch("", slug)
		b.Begin(at.Time)
		for _, name := range store.TieFields() {
			if v := valueAt(r, name, row); !v.IsNull() {
				b.Set(name, v)
			}
		}
		at.Tie = store.Tie(b.Row(0))
	}
	return pointer(slug, at)
}

// spanKey tells a span of an answer.
type spanKey struct {
	time               int64
	dataset, trace, id string
}

// spansAtOnce is how many spans are looked for in one go.
const spansAtOnce = 10_000

// withMessages returns an answer with the messages of the spans that it shows. The
// one that is given may be shared.
func (f *Front) withMessages(ctx context.Context, p *insights.Program, o insights.Options, r *store.Result) (*store.Result, error) {
	if !p.Spans || !p.Raw || r.Column(event.FieldBody) == nil {
		return r, nil
	}
	own := *r
	own.Columns = slices.Clone(r.Columns)
	body := own.Column(event.FieldBody)
	body.Values = slices.Clone(body.Values)
	bytes := 0
	for from := 0; from < r.Rows; from += spansAtOnce {
		wanted := map[spanKey][]int{}
		ask := &query.Query{Environment: o.Environment, Start: math.MaxInt64, End: math.MinInt64}
		in := query.In{X: query.Field{Name: event.FieldSpanID}}
		for row := from; row < min(from+spansAtOnce, r.Rows); row++ {
			id := valueAt(r, event.FieldSpanID, row)
			if id.IsNull() || !body.Values[row].IsNull() {
				continue
			}
			k := spanKey{valueAt(r, event.SystemTime, row).Int(), valueAt(r, event.SystemDataset, row).Text(), valueAt(r, event.FieldTraceID, row).Text(), id.Text()}
			if wanted[k] == nil {
				in.Values = append(in.Values, id)
			}
			wanted[k] = append(wanted[k], row)
			ask.Start, ask.End = min(ask.Start, k.time), max(ask.End, k.time+1)
		}
		if len(wanted) == 0 {
			continue
		}
		ask.Stages = []query.Stage{query.Filter{Where: query.And{Terms: []query.Expr{isSpan(), in}}}}
		made, err := f.documents(ctx, ask, wanted)
		if err != nil {
			return nil, err
		}
		for k, text := range made {
			for _, row := range wanted[k] {
				body.Values[row] = event.StringValue(text)
				bytes += len(text)
			}
		}
		if bytes > maxQueryAnswer {
			return nil, fault.New(fault.TooLarge, "the messages of the spans have more than %d bytes: ask for fewer, by limit, or for some of their fields", maxQueryAnswer)
		}
	}
	return &own, nil
}

// documents makes the messages of the spans that are wanted.
func (f *Front) documents(ctx context.Context, ask *query.Query, wanted map[spanKey][]int) (map[spanKey]string, error) {
	var mu sync.Mutex
	var made map[spanKey]string
	_, err := f.Querier.Scan(ctx, ask, store.ScanOptions{
		Fields: f.Querier.FieldNames(ask.Environment),
		Begin:  func(int) { made = map[spanKey]string{} },
		Visit: func(_ int, b *event.Batch, rows query.Mask) {
			for i := range b.Len() {
				if !rows.Has(i) {
					continue
				}
				r := b.Row(i)
				k := spanKey{b.Times[i], b.Dataset, r.Get(event.FieldTraceID).Text(), r.Get(event.FieldSpanID).Text()}
				if wanted[k] == nil {
					continue
				}
				text := spanDocument(r)
				mu.Lock()
				made[k] = text
				mu.Unlock()
			}
		},
	})
	return made, err
}
