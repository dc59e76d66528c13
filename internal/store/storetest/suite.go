package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
)

// Run is the conformance suite: it gives the same events and queries to a store
// and to [Reference] and wants the same answers. open returns a new, empty store;
// the suite closes it.
func Run(t *testing.T, open func(t *testing.T) store.Store) {
	t.Helper()
	for _, part := range []struct {
		name string
		test func(t *testing.T, p *pair)
	}{
		{"EmptyStoreAnswers", emptyStoreAnswers},
		{"AppendedRowsAreVisibleAtOnce", appendedRowsAreVisibleAtOnce},
		{"ReplayedBatchesAreIgnored", replayedBatchesAreIgnored},
		{"DurableGrowsByFlush", durableGrowsByFlush},
		{"BatchesWithoutRowsOrFields", batchesWithoutRowsOrFields},
		{"EveryCalculation", everyCalculation},
		{"EveryComparison", everyComparison},
		{"EveryTextTest", everyTextTest},
		{"FilterPatterns", filterPatterns},
		{"KindsConflict", kindsConflict},
		{"KindsOfOtherDatasets", kindsOfOtherDatasets},
		{"NamesThatDifferByCase", namesThatDifferByCase},
		{"HostileStrings", hostileStrings},
		{"ExtremeValues", extremeValues},
		{"ManyNames", manyNames},
		{"RawEventsComeBackWhole", rawEventsComeBackWhole},
		{"SortLimitDedupProject", sortLimitDedupProject},
		{"TimeEdges", timeEdges},
		{"EnvironmentsAreApart", environmentsAreApart},
		{"TracesAreWhole", tracesAreWhole},
		{"TracesOfAllDatasets", tracesOfAllDatasets},
		{"CatalogDescribesWhatIsHeld", catalogDescribes},
		{"RollupsCountSpans", rollupsCountSpans},
		{"CallsAreCounted", callsAreCounted},
		{"CallsNobodyAnswers", callsNobodyAnswers},
		{"SubsegmentsOfNobody", subsegmentsOfNobody},
		{"RandomGraphs", randomGraphs},
		{"RevisionsFollowRows", revisionsFollowRows},
		{"DatasetsAreDropped", datasetsAreDropped},
		{"RowsAreDropped", rowsAreDropped},
		{"ExpiredRowsAreHidden", expiredRowsAreHidden},
		{"ContrastsCountBothSides", contrasts},
		{"CountsByFewKeys", countsByFewKeys},
		{"ScansGiveEveryRow", scansGiveEveryRow},
		{"PagesGiveEveryRow", pagesGiveEveryRow},
		{"PagesBesideWriters", pagesBesideWriters},
		{"PagesAreBounded", pagesAreBounded},
		{"ResultsAreLimited", resultsAreLimited},
		{"EndedContextsStop", endedContextsStop},
		{"SnapshotsBesideWriters", snapshotsBesideWriters},
		{"RandomQueries", randomQueries},
		{"RandomSeries", randomSeries},
		{"WildQueries", wildQueries},
		{"ManyEvents", manyEvents},
	} {
		t.Run(part.name, func(t *testing.T) {
			t.Parallel()
			part.test(t, newPair(t, open(t)))
		})
	}
}

// RunCases runs the case files of a folder through a store, once with the rows
// in memory and once flushed.
func RunCases(t *testing.T, folder string, open func(t *testing.T) store.Store) {
	t.Helper()
	cases, err := ReadCases(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			want, err := c.Wanted()
			if err != nil {
				t.Fatal(err)
			}
			p := newPair(t, open(t))
			p.append(c.Batches...)
			for _, layout := range []string{"in memory", "flushed"} {
				got, err := p.store.Run(t.Context(), c.Query, store.Options{})
				if err != nil {
					t.Fatalf("%s: %v", layout, err)
				}
				if d := Difference(c.Query, want, got); d != "" {
					t.Errorf("%s: %s", layout, d)
				}
				p.flush()
			}
		})
	}
}

// pair is a store beside the reference that holds the same events.
type pair struct {
	t     *testing.T
	store store.Store
	ref   *Reference
	seq   uint64
}

func newPair(t *testing.T, s store.Store) *pair {
	t.Helper()
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return &pair{t: t, store: s, ref: NewReference()}
}

// append gives copies of the batches to both stores, under the next seq.
func (p *pair) append(batches ...*event.Batch) {
	p.t.Helper()
	p.seq++
	p.appendAs(p.seq, batches...)
}

func (p *pair) appendAs(seq uint64, batches ...*event.Batch) {
	p.t.Helper()
	for _, s := range []store.Store{p.store, p.ref} {
		if err := s.Append(p.t.Context(), seq, copies(batches)); err != nil {
			p.t.Fatalf("append %d: %v", seq, err)
		}
	}
}

// copies are needed because a store owns what it is given.
func copies(batches []*event.Batch) []*event.Batch {
	out := make([]*event.Batch, len(batches))
	for i, b := range batches {
		c := event.NewBatch(b.Environment, b.Dataset)
		for row := range b.Len() {
			c.Begin(b.Times[row])
			c.SetSampleRate(b.SampleRate(row))
			b.Row(row).All(func(name string, v event.Value) { c.SetAt(row, name, v) })
		}
		out[i] = c
	}
	return out
}

func (p *pair) flush() {
	p.t.Helper()
	for _, s := range []store.Store{p.store, p.ref} {
		if err := s.Flush(p.t.Context()); err != nil {
			p.t.Fatalf("flush: %v", err)
		}
	}
}

// agree wants the same answer to q from both.
func (p *pair) agree(q *query.Query) {
	p.t.Helper()
	if err := p.compare(p.t.Context(), q); err != nil {
		p.t.Errorf("%s\n%v", q, err)
	}
}

func (p *pair) compare(ctx context.Context, q *query.Query) error {
	want, err := p.ref.Run(ctx, q, store.Options{})
	if err != nil {
		return fmt.Errorf("reference: %w", err)
	}
	got, err := p.store.Run(ctx, q, store.Options{})
	if err != nil {
		return err
	}
	if d := Difference(q, want, got); d != "" {
		return errors.New(d)
	}
	return nil
}

// inEveryLayout runs the check with all batches in memory, with the first half
// flushed, and with all flushed.
func (p *pair) inEveryLayout(batches []*event.Batch, check func()) {
	p.t.Helper()
	half := len(batches) / 2
	for _, b := range batches[:half] {
		p.append(b)
	}
	p.flush()
	for _, b := range batches[half:] {
		p.append(b)
	}
	check()
	p.flush()
	check()
}

// ask makes a query of environment "test" over all times that suites use.
func ask(stages ...query.Stage) *query.Query {
	return &query.Query{Environment: Environment, Start: suiteStart, End: suiteEnd, Stages: stages}
}

const (
	second     = int64(1_000_000_000)
	suiteBase  = 1_700_000_000 * second // a time when events happen
	suiteStart = suiteBase - 600*second
	suiteEnd   = suiteBase + 3600*second
)

// batchOf makes a batch of events; "_time" and "_sample_rate" may be among the fields.
func batchOf(dataset string, rows ...map[string]any) *event.Batch {
	b := event.NewBatch(Environment, dataset)
	for i, row := range rows {
		at := suiteBase + int64(i)*second
		if t, ok := row[event.SystemTime].(int64); ok {
			at = t
		}
		b.Begin(at)
		if rate, ok := row[event.SystemSampleRate].(int); ok {
			b.SetSampleRate(uint32(rate))
		}
		for _, name := range sortedKeys(row) {
			if !event.IsSystem(name) {
				b.Set(name, valueOf(row[name]))
			}
		}
	}
	return b
}

func valueOf(x any) event.Value {
	switch x := x.(type) {
	case nil:
		return event.Value{}
	case bool:
		return event.BoolValue(x)
	case int:
		return event.IntValue(int64(x))
	case int64:
		return event.IntValue(x)
	case float64:
		return event.FloatValue(x)
	case string:
		return event.StringValue(x)
	}
	panic(fmt.Sprintf("storetest: no value is a %T", x))
}

type object = map[string]any

func field(name string) query.Expr { return query.Field{Name: name} }

func lit(x any) query.Expr { return query.Literal{Value: valueOf(x)} }

func is(name string, x any) query.Expr {
	return query.Compare{Op: query.Eq, L: field(name), R: lit(x)}
}

// count is an Aggregate that counts rows by groups.
func count(groups ...string) query.Aggregate {
	return query.Aggregate{Groups: groups, Calcs: []query.Calc{{Op: query.Count, Name: "COUNT"}}}
}
