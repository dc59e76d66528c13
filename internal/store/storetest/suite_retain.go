package storetest

import (
	"math"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
)

// expiredRowsAreHidden: rows before the horizon of their dataset are in no answer
// from the moment it moves, wherever they lie, and Maintain changes no answer.
func expiredRowsAreHidden(t *testing.T, p *pair) {
	var horizon atomic.Int64
	horizon.Store(math.MinInt64)
	retain := func(environment, dataset string) int64 {
		if environment == Environment && dataset == "api" {
			return horizon.Load()
		}
		return math.MinInt64
	}
	p.store.Retain(retain)
	p.ref.Retain(retain)
	rows, same := minutely, func() {
		t.Helper()
		sameWithoutExpired(t, p)
	}
	both := rows("api")
	p.append(rows("api"), rows("web"))
	p.flush()
	p.append(both)
	p.flush()
	p.append(rows("api"), rows("web"))
	same()
	for _, minutes := range []int64{3, 8, 30} {
		before := p.store.Revision(Environment, suiteStart, suiteEnd)
		horizon.Store(suiteBase + minutes*60*second)
		same()
		if p.store.Revision(Environment, suiteStart, suiteEnd) == before {
			t.Errorf("rows expired %d minutes after the beginning, and the revision is the same", minutes)
		}
		if err := p.store.Maintain(t.Context()); err != nil {
			t.Fatal(err)
		}
		same()
	}
	p.flush()
	if err := p.store.Maintain(t.Context()); err != nil {
		t.Fatal(err)
	}
	same()
	horizon.Store(math.MinInt64) // nothing comes back of what was removed
	for _, d := range p.store.Catalog(Environment).Datasets {
		if d.Slug == "api" {
			t.Errorf("%d rows are kept that all had expired", d.Rows)
		}
	}
}

// minutely makes a row a minute of a dataset.
func minutely(dataset string) *event.Batch {
	b := event.NewBatch(Environment, dataset)
	for i := range 12 {
		b.Begin(suiteBase + int64(i)*60*second)
		b.Set(event.FieldTraceID, event.StringValue([]string{"1", "2"}[i%2]))
		b.Set(event.FieldSpanID, event.StringValue(dataset))
		b.Set(event.FieldService, event.StringValue(dataset))
		b.Set(event.FieldDuration, event.FloatValue(float64(i)))
	}
	return b
}

// sameWithoutExpired wants the same answers from both, in every way of asking.
func sameWithoutExpired(t *testing.T, p *pair) {
	t.Helper()
	p.agree(ask())
	p.agree(ask(count(event.SystemDataset, event.FieldTraceID)))
	p.agree(ask(query.Filter{Where: is(event.FieldService, "api")}, count()))
	for _, id := range []string{"1", "2"} {
		p.sameTrace(Environment, id, 100)
	}
	p.sameRollups(Environment, suiteStart, suiteEnd)
	got, err := p.store.Page(t.Context(), ask(), store.PageOptions{})
	want, errToo := p.ref.Page(t.Context(), ask(), store.PageOptions{})
	if err != nil || errToo != nil || len(got.Rows) != len(want.Rows) {
		t.Errorf("a page has %d rows, want %d; %v, %v", len(got.Rows), len(want.Rows), err, errToo)
	}
	if d := cmp.Diff(seen(t, p.ref, ask(), false), seen(t, p.store, ask(), false)); d != "" {
		t.Error(d)
	}
	c, err := p.store.Contrast(t.Context(), ask(), is(event.FieldTraceID, "1"), store.ContrastOptions{})
	wanted, errToo := p.ref.Contrast(t.Context(), ask(), is(event.FieldTraceID, "1"), store.ContrastOptions{})
	if err != nil || errToo != nil || c.Events != wanted.Events {
		t.Errorf("a contrast counts %v, want %v; %v, %v", c.Events, wanted.Events, err, errToo)
	}
}
