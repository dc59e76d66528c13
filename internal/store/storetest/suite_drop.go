package storetest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
)

// dropDataset drops a dataset from both.
func (p *pair) dropDataset(environment, dataset string) {
	p.t.Helper()
	if err := p.ref.DropDataset(p.t.Context(), environment, dataset); err != nil {
		p.t.Fatal(err)
	}
	if err := p.store.DropDataset(p.t.Context(), environment, dataset); err != nil {
		p.t.Fatalf("drop %s/%s: %v", environment, dataset, err)
	}
}

// sameAll wants the same answers of every kind from both.
func (p *pair) sameAll() {
	p.t.Helper()
	p.agree(ask())
	p.agree(ask(count(event.SystemDataset)))
	p.agree(ask(query.TraceFilter{Conditions: []query.TraceCondition{{Relation: query.Any, Where: is(event.FieldService, "api")}}}))
	for _, environment := range []string{Environment, "prod"} {
		p.sameCatalog(environment)
		p.sameRollups(environment, suiteStart, suiteEnd)
		p.sameAnswered(environment, suiteStart, suiteEnd)
		for _, id := range []string{"1", "2"} {
			p.sameTrace(environment, id, 100)
		}
	}
}

// datasetsAreDropped: nothing of a dropped dataset is left, all else is, and the
// dataset can begin anew.
func datasetsAreDropped(t *testing.T, p *pair) {
	batches := func(first int) []*event.Batch {
		return slices.Concat(callBatches(fmt.Sprint(first)), callBatches(fmt.Sprint(first+1)), callBatches(fmt.Sprint(first+2)))
	}
	p.inEveryLayout(batches(1), p.sameAll)
	for _, b := range batches(4) {
		p.append(b) // in memory when the dataset is dropped
	}
	seq := p.seq
	p.dropDataset(Environment, "nothing of that name")
	p.sameAll()
	before := p.store.Revision(Environment, suiteStart, suiteEnd)
	p.dropDataset(Environment, "api")
	p.sameAll()
	if p.store.Revision(Environment, suiteStart, suiteEnd) == before {
		t.Error("rows went and the revision is the same")
	}
	if d := p.store.Durable(); d < seq {
		t.Errorf("durable is %d: the journal would bring back what was dropped up to %d", d, seq)
	}
	for again := range seq {
		if err := p.store.Append(t.Context(), again+1, copies(batches(4))); err != nil {
			t.Fatal(err)
		}
	}
	p.sameAll()
	if err := p.store.Maintain(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.sameAll()
	p.append(batchOf("api", object{event.FieldTraceID: "1", event.FieldSpanID: "z", event.FieldService: "api", event.FieldDuration: 1.0}))
	p.sameAll()
	p.flush()
	for _, dataset := range []string{"web", "api", "store"} {
		p.dropDataset(Environment, dataset)
		p.sameAll()
	}
	if c := p.store.Catalog(Environment); len(c.Datasets) != 0 {
		t.Errorf("all datasets were dropped and there are %v", c.Datasets)
	}
	p.dropDataset("prod", "api")
	p.sameAll()
}

// rowsAreDropped: rows that a condition tells are gone, wherever they lie, and do
// not come back; all others are kept.
func rowsAreDropped(t *testing.T, p *pair) {
	lines := func(dataset string, from int64) *event.Batch {
		b := event.NewBatch(Environment, dataset)
		for i := range int64(20) {
			b.Begin(suiteBase + i*second)
			b.Set(event.FieldSignal, event.StringValue(event.SignalLog))
			b.Set(event.FieldTraceID, event.StringValue([]string{"1", "2"}[i%2]))
			b.Set(event.FieldLogStream, event.StringValue([]string{"a", "b", "c"}[i%3]))
			b.SetAt(int(i), event.FieldArrival, event.IntValue(from+i))
		}
		return b
	}
	drop := func(stream string, upTo int64) {
		t.Helper()
		where := query.And{Terms: []query.Expr{
			is(event.FieldLogStream, stream), query.Compare{Op: query.Le, L: field(event.FieldArrival), R: lit(upTo)},
		}}
		for _, s := range []store.Store{p.ref, p.store} {
			if err := s.DropRows(t.Context(), Environment, "api", where); err != nil {
				t.Fatal(err)
			}
		}
		p.sameAll()
	}
	p.append(lines("api", 0), lines("web", 100))
	p.flush()
	p.append(lines("api", 200))
	p.flush()
	p.append(lines("api", 300))
	drop("none", 1000)
	drop("a", 210)
	before := p.store.Revision(Environment, suiteStart, suiteEnd)
	drop("a", 1000)
	if p.store.Revision(Environment, suiteStart, suiteEnd) == before {
		t.Error("rows went and the revision is the same")
	}
	if err := p.store.Append(t.Context(), p.seq, []*event.Batch{lines("api", 300)}); err != nil { // a replay
		t.Fatal(err)
	}
	p.sameAll()
	p.append(lines("api", 400))
	p.sameAll()
	drop("b", 1000)
	drop("c", 1000)
	drop("a", 1000)
	if err := p.store.Maintain(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.sameAll()
}
