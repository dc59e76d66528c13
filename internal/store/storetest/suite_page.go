package storetest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
)

// crowded draws events of few times, so that many share one: log lines with an
// arrival, spans, and rows that are alike in everything.
func crowded(t *rapid.T, environment string, arrival *int64) []*event.Batch {
	byDataset := map[string]*event.Batch{}
	var batches []*event.Batch
	for i := range rapid.IntRange(0, 40).Draw(t, "events") {
		dataset := rapid.SampledFrom([]string{"api", "web"}).Draw(t, "dataset")
		b := byDataset[dataset]
		if b == nil {
			b = event.NewBatch(environment, dataset)
			byDataset[dataset] = b
			batches = append(batches, b)
		}
		b.Begin(rapid.Int64Range(0, 6).Draw(t, "time"))
		switch rapid.IntRange(0, 3).Draw(t, "what") {
		case 0:
			b.Set(event.FieldSignal, event.StringValue(event.SignalTrace))
			b.Set(event.FieldTraceID, event.StringValue(fmt.Sprintf("%032x", rapid.IntRange(0, 3).Draw(t, "trace"))))
			b.Set(event.FieldSpanID, event.StringValue(fmt.Sprintf("%016x", rapid.IntRange(0, 5).Draw(t, "span"))))
		case 1:
			b.Set("n", event.IntValue(rapid.Int64Range(0, 2).Draw(t, "n")))
		default:
			*arrival++
			b.Set(event.FieldSignal, event.StringValue(event.SignalLog))
			b.SetAt(b.Len()-1, event.FieldArrival, event.IntValue(*arrival))
			form := rapid.SampledFrom([]string{"line %d of %d", `{"id":"x%d","n":%d}`, `{"id":"\u0078%d","n":%d}`}).Draw(t, "form")
			b.Set(event.FieldBody, event.StringValue(fmt.Sprintf(form, rapid.IntRange(0, 2).Draw(t, "body"), i)))
			b.Set(event.FieldSeverity, event.StringValue(rapid.SampledFrom([]string{"info", "error"}).Draw(t, "severity")))
		}
	}
	return batches
}

// lineOf tells a row of a page: where it is, and what it says.
func lineOf(r store.PageRow) string {
	var fields []string
	r.Each(func(name string, v event.Value) { fields = append(fields, name+"="+v.Text()) })
	slices.Sort(fields)
	return fmt.Sprintf("%s %s x%d %s", r.Position, r.Batch.Dataset, r.Batch.SampleRate(r.Index), strings.Join(fields, " "))
}

// pagesGiveEveryRow walks through random rows in random pages, both ways.
func pagesGiveEveryRow(t *testing.T, p *pair) {
	round, arrival := 0, int64(0)
	rapid.Check(t, func(t *rapid.T) {
		round++
		environment := fmt.Sprint("page-", round)
		p.ref = NewReference()
		q := &query.Query{Environment: environment, Start: GeneratedStart, End: GeneratedEnd}
		var batches []*event.Batch
		if rapid.Bool().Draw(t, "crowded") {
			batches = append(crowded(t, environment, &arrival), crowded(t, environment, &arrival)...)
			q.Start, q.End = rapid.Int64Range(0, 2).Draw(t, "start"), rapid.Int64Range(4, 7).Draw(t, "end")
			switch rapid.IntRange(0, 3).Draw(t, "where") {
			case 0:
				q.Stages = []query.Stage{query.Filter{Where: query.Text{Op: query.Contains, X: field(event.FieldBody), S: "line 1"}}}
			case 1:
				q.Stages = []query.Stage{query.Filter{Where: query.Text{Op: query.Pattern, X: field(event.FieldBody), S: `{ $.id = "x1" }`}}}
			case 2:
				q.Stages = []query.Stage{query.Filter{Where: query.Or{Terms: []query.Expr{is(event.FieldSeverity, "error"), is("n", 1)}}}}
			}
		} else {
			batches = append(Events(t, environment, 60), Events(t, environment, 20)...)
			if rapid.Bool().Draw(t, "filtered") {
				q.Stages = []query.Stage{query.Filter{Where: Condition(t, anyFields, 2)}}
			}
		}
		if rapid.Bool().Draw(t, "one dataset") {
			q.Datasets = []string{"api"}
		}
		for _, b := range batches {
			p.append(b)
			if rapid.Bool().Draw(t, "flush") {
				p.flush()
			}
		}
		walkPages(t, p, q)
	})
}

func walkPages(t *rapid.T, p *pair, q *query.Query) {
	opts := store.PageOptions{Backward: rapid.Bool().Draw(t, "backward"), Limit: 1 << 20}
	if rapid.Bool().Draw(t, "some fields") {
		opts.Fields = []string{"route", event.FieldBody, event.FieldArrival, "absent", event.SystemTime}
	}
	want, err := p.ref.Page(t.Context(), q, opts)
	if err != nil {
		t.Fatal(err)
	}
	opts.Limit = rapid.IntRange(1, 9).Draw(t, "limit")
	if rapid.Bool().Draw(t, "few bytes") {
		opts.MaxBytes, opts.RowBytes = rapid.Int64Range(1, 200).Draw(t, "bytes"), 10
	}
	if rapid.Bool().Draw(t, "in haste") {
		opts.Within = time.Nanosecond
	}
	var got []store.PageRow
	for {
		page, err := p.store.Page(t.Context(), q, opts)
		if err != nil {
			t.Fatal(err)
		}
		if len(page.Rows) > opts.Limit {
			t.Fatalf("%d rows on a page of %d", len(page.Rows), opts.Limit)
		}
		got = append(got, page.Rows...)
		if !page.More {
			break
		}
		if opts.After != nil && page.Next == *opts.After {
			t.Fatalf("the page after %s ends there", page.Next)
		}
		opts.After = &page.Next
		if rapid.IntRange(0, 4).Draw(t, "reorder") == 0 {
			p.flush()
			if err := p.store.Maintain(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	if d := cmp.Diff(linesOf(want.Rows), linesOf(got)); d != "" {
		t.Fatalf("%s, %+v\n%s", q, opts, d)
	}
	if len(got) == 0 {
		return
	}
	at := rapid.IntRange(0, len(got)-1).Draw(t, "turn at")
	back, err := p.store.Page(t.Context(), q, store.PageOptions{Backward: !opts.Backward, After: &got[at].Position, Limit: len(got), Fields: opts.Fields})
	if err != nil {
		t.Fatal(err)
	}
	before := slices.Clone(got[:at])
	slices.Reverse(before)
	if d := cmp.Diff(linesOf(before), linesOf(back.Rows)); d != "" {
		t.Fatalf("%s, turned at %s\n%s", q, got[at].Position, d)
	}
}

func linesOf(rows []store.PageRow) []string {
	lines := []string{}
	for _, r := range rows {
		lines = append(lines, lineOf(r))
	}
	return lines
}

// pagesBesideWriters: a reader who goes on from page to page gets every row that
// was there at the beginning, once, in order, whatever is written beside it.
func pagesBesideWriters(t *testing.T, p *pair) {
	const (
		rounds = 40
		each   = 50
	)
	arrival := int64(0)
	write := func(round int) {
		b := event.NewBatch(Environment, []string{"api", "web"}[round%2])
		for i := range each {
			arrival++
			b.Begin(suiteBase + int64((round*each+i*7919)%(rounds*each)/3)*second)
			b.Set(event.FieldSignal, event.StringValue(event.SignalLog))
			b.Set(event.FieldBody, event.StringValue(fmt.Sprint("line ", arrival)))
			b.SetAt(i, event.FieldArrival, event.IntValue(arrival))
		}
		p.append(b)
	}
	for round := range rounds / 4 {
		write(round)
	}
	p.flush()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var writers sync.WaitGroup
	writers.Go(func() {
		defer stop()
		for round := rounds / 4; round < rounds; round++ {
			write(round)
			if round%3 == 0 {
				p.flush()
			}
			if err := p.store.Maintain(t.Context()); err != nil {
				t.Error(err)
			}
		}
	})
	for backward := false; ctx.Err() == nil; backward = !backward {
		readThrough(t, p, backward)
	}
	writers.Wait()
	readThrough(t, p, true)
}

func readThrough(t *testing.T, p *pair, backward bool) {
	t.Helper()
	q := ask()
	there, err := p.ref.Page(t.Context(), q, store.PageOptions{Limit: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	missing := map[store.Position]bool{}
	for _, r := range there.Rows {
		missing[r.Position] = true
	}
	opts := store.PageOptions{Backward: backward, Limit: 37}
	for more := true; more; {
		page, err := p.store.Page(t.Context(), q, opts)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page.Rows {
			if at := r.Position; opts.After != nil && (at.Compare(*opts.After) > 0) == backward {
				t.Fatalf("%s comes after %s, backward %v", at, opts.After, backward)
			}
			opts.After = &r.Position
			delete(missing, r.Position)
		}
		opts.After, more = &page.Next, page.More
	}
	if len(missing) > 0 {
		t.Fatalf("%d of %d rows are on no page", len(missing), len(there.Rows))
	}
}

// pagesAreBounded: pages say what they can't do, and end with their context.
func pagesAreBounded(t *testing.T, p *pair) {
	p.append(sampleBatches()...)
	for _, s := range []store.Store{p.store, p.ref} {
		_, err := s.Page(t.Context(), ask(count()), store.PageOptions{})
		wantFault(t, err, fault.Invalid)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err = s.Page(ctx, ask(), store.PageOptions{})
		wantFault(t, err, fault.Canceled)
		page, err := s.Page(t.Context(), ask(query.Compute{Name: "double", Expr: query.Call{Name: "MUL", Args: []query.Expr{field("status"), lit(2)}}}),
			store.PageOptions{Fields: []string{"double", "status"}})
		if err != nil || len(page.Rows) == 0 {
			t.Fatalf("%v, %v", page, err)
		}
		for _, r := range page.Rows {
			if s := r.Get("status"); !s.IsNull() && r.Get("double").Text() != fmt.Sprint(2*s.Int()) {
				t.Errorf("twice %s is %s", s.Text(), r.Get("double").Text())
			}
		}
	}
}
