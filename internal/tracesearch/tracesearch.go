// Package tracesearch finds whole traces: the newest first, slice by slice of time.
// What a store can answer about single rows picks candidates, and what is asked of
// a trace as a whole is tested on each of them.
package tracesearch

import (
	"cmp"
	"context"
	"math"
	"slices"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/query/xrayfilter"
	"github.com/oriel-dev/oriel/internal/store"
	"github.com/oriel-dev/oriel/internal/xraymodel"
)

// Source answers questions about rows.
type Source interface {
	Run(ctx context.Context, ask *query.Query) (*store.Result, error)
	Scan(ctx context.Context, ask *query.Query, opts store.ScanOptions) (store.Stats, error)
	Trace(ctx context.Context, environment, traceID string, limit int) (rows []*event.Batch, more bool, err error)
	Rollups(ctx context.Context, environment string, start, end int64) ([]store.Rollup, error)
}

// Question says which traces are wanted.
type Question struct {
	Environment string
	Start, End  int64 // Unix ns, of what At gives
	// Filters must match, all of them; their groups must have been put in.
	Filters []xrayfilter.Expression
	Spans   []query.Expr // each must hold for some span of the trace
	Slow    func(*xraymodel.Trace) bool
	ByEnd   bool // the range is of the traces' ends, not their starts

	// Fields are read beside those that the tree and the filters need, where traces
	// are not read whole: annotations, mostly.
	Fields []string
	Whole  bool // read every trace whole, whatever its fields
	// Passing says that a visit is done with a trace when it returns, and does not
	// mind the order: far less memory is needed then.
	Passing bool

	Column func(b *event.Batch, field string) *event.Column // see xraymodel.Options

	// Tell is told now and then how far the search is, from several goroutines; nil for nobody.
	Tell func(store.Progress)
}

// Limits bound a search.
type Limits struct {
	Traces  int // stops once so many matched, at the end of a slice; 0 for no such limit
	Examine int // stops once so many were looked at; 0 means 100,000
	// Enough is asked at the end of each slice whether it has been searched for long
	// enough: the rest is for another search. Nil never stops one.
	Enough func() bool
}

// Reach says how far a search came.
type Reach struct {
	Start    int64 // all from here to the question's end was looked at
	Examined int   // traces that were matched with the filters
	Traces   int64 // traces that began in there: about, where only some had to be looked at
	Matched  int
	Scanned  int64 // rows that the store looked at
	Done     bool  // Start is the question's
}

// At is the time by which the question orders a trace.
func (q *Question) At(t *xraymodel.Trace) int64 {
	if q.ByEnd {
		return t.End
	}
	return t.Start
}

const (
	minute = int64(time.Minute)
	second = int64(time.Second)
	// Rows of a trace are looked for so long before and after the slice it is in.
	margin = 2 * minute
	// So many traces are read one by one; more are scanned for.
	fewTraces = 300
	// A slice has at most so many candidates, if it can be helped.
	sliceTraces = 30_000
)

type search struct {
	source     Source
	q          *Question
	conditions []query.TraceCondition
	fields     []string
	seen       map[string]bool
	reach      Reach
	total      int64 // traces of the question's whole range, about

	from, width float64 // the share of the range that was searched before, and that of the slice
}

// Visit is given a trace, which may be kept unless the question is Passing. Whole says that it was read with all
// its fields, else only with those that were wanted.
type Visit func(t *xraymodel.Trace, whole bool)

// Newest visits the traces of a question, the newest first.
func Newest(ctx context.Context, source Source, q *Question, limits Limits, visit Visit) (Reach, error) {
	if limits.Examine <= 0 {
		limits.Examine = 100_000
	}
	s := &search{source: source, q: q, seen: map[string]bool{}}
	for _, f := range q.Filters {
		s.conditions = append(s.conditions, f.Candidates()...)
	}
	for _, e := range q.Spans {
		s.conditions = append(s.conditions, query.TraceCondition{Relation: query.Any, Where: e})
	}
	s.fields = s.wantedFields()
	total, err := s.roots(ctx, q.Start, q.End)
	s.total = total
	if err != nil {
		return s.reach, err
	}
	end, most := q.End, s.most(limits)
	for width := s.firstWidth(total, most); end > q.Start; {
		start := max(q.Start, end-width)
		ids, err := s.candidates(ctx, start, end)
		if err != nil {
			return s.reach, err
		}
		if len(ids) > most && end-start > second {
			width = max(int64(float64(end-start)*0.8*float64(most)/float64(len(ids))), second)
			continue
		}
		before := s.reach.Matched
		s.from, s.width = float64(q.End-end)/float64(q.End-q.Start), float64(end-start)/float64(q.End-q.Start)
		if start, err = s.slice(ctx, ids, start, end, limits.Traces, visit); err != nil {
			return s.reach, err
		}
		end, s.reach.Start = start, start
		if limits.Traces > 0 && s.reach.Matched >= limits.Traces || s.reach.Examined >= limits.Examine || s.enough(limits) {
			break
		}
		switch {
		case len(ids) < most/8:
			width *= 4
		case s.reach.Matched-before < len(ids)/8:
			// Where few of the candidates match, more of them at once cost less.
			most = min(4*most, sliceTraces)
			width *= 4
		}
	}
	s.reach.Done = s.reach.Start == q.Start
	s.reach.Traces = int64(s.reach.Examined)
	if len(s.conditions) > 0 {
		if !s.reach.Done {
			if total, err = s.roots(ctx, s.reach.Start, q.End); err != nil {
				return s.reach, err
			}
		}
		s.reach.Traces = max(s.reach.Traces, total)
	}
	return s.reach, nil
}

// enough reports whether the search has taken long enough. Where all traces are looked
// at, times without any cost nothing, and a page of nothing helps nobody.
func (s *search) enough(l Limits) bool {
	return l.Enough != nil && (len(s.conditions) > 0 || s.reach.Examined > 0) && l.Enough()
}

// most is how many candidates the first slice may have: not many more than are
// asked for.
func (s *search) most(l Limits) int {
	if l.Traces > 0 && l.Traces*4 < sliceTraces {
		return max(l.Traces*4, fewTraces)
	}
	return min(sliceTraces, max(l.Examine, fewTraces))
}

func (s *search) firstWidth(total int64, most int) int64 {
	length := s.q.End - s.q.Start
	wanted := int64(most) / 2
	if len(s.conditions) > 0 {
		wanted = max(wanted, 100_000)
	}
	if total <= wanted {
		return length
	}
	return max(int64(float64(length)*float64(wanted)/float64(total)), second)
}

// roots is about how many traces begin in a range: those of its minutes that have a
// root, and a share of those of a minute that lies partly in it.
func (s *search) roots(ctx context.Context, start, end int64) (int64, error) {
	rollups, err := s.source.Rollups(ctx, s.q.Environment, start, end)
	if err != nil {
		return 0, err
	}
	n := 0.0
	for i := range rollups {
		if r := &rollups[i]; r.Root {
			n += r.Count * float64(min(end, r.Minute+minute)-max(start, r.Minute)) / float64(minute)
		}
	}
	return int64(math.Round(n)), nil
}

// few is up to how many candidates are read one by one. What only passes need not
// be read whole, and a scan of so many traces costs about as much as one that is.
func (s *search) few(start, end int64) int {
	const one, atLeast = 400, 20
	switch {
	case s.q.Passing:
	case len(s.conditions) == 0 && !slices.ContainsFunc(s.q.Filters, func(f xrayfilter.Expression) bool { return f.Root != nil }):
		return 2 * fewTraces // all of them are wanted: they would be read again if they were scanned for
	default:
		return fewTraces
	}
	there := float64(s.total) * float64(end-start) / float64(max(s.q.End-s.q.Start, 1))
	return min(max(int(there/one), atLeast), fewTraces)
}

// slice reads candidates and visits those that are wanted, but for the oldest of very
// many more than limit. It returns back to when all were visited.
func (s *search) slice(ctx context.Context, ids []string, start, end int64, limit int, visit Visit) (int64, error) {
	read, whole := s.readEach, len(ids) <= s.few(start, end) || s.q.Whole
	if !whole {
		read = s.readAll
	}
	traces, err := read(ctx, ids, start, end)
	if err != nil {
		return start, err
	}
	passing := s.q.Passing && (limit <= 0 || len(traces) <= 4*limit)
	var found []*xraymodel.Trace
	// Most candidates may be none: they are built in memory that is used again.
	b := xraymodel.NewBuilder(s.options())
	for i := range traces {
		if i%tellEach == 0 {
			s.tell(readShare+(1-readShare)*float64(i)/float64(len(traces)), 0)
		}
		if err := ctx.Err(); err != nil {
			return start, fault.Wrap(fault.Canceled, err, "nobody waits for the answer anymore")
		}
		r := &traces[i]
		t := r.build(b)
		if at := s.q.At(t); len(t.Segments) == 0 || at < start || at >= end || s.seen[r.id] {
			continue
		}
		s.seen[r.id] = true
		s.reach.Examined++
		switch {
		case !s.wanted(t, r.rows):
		case passing:
			s.reach.Matched++
			visit(t, whole)
		default:
			found = append(found, t)
			b.Keep()
		}
	}
	slices.SortFunc(found, func(x, y *xraymodel.Trace) int {
		return cmp.Or(cmp.Compare(s.q.At(y), s.q.At(x)), cmp.Compare(x.ID, y.ID))
	})
	start, found = s.newest(found, start, limit)
	s.reach.Matched += len(found)
	for _, t := range found {
		visit(t, whole)
	}
	return start, nil
}

// Reading is about half of a slice's work; the rest is told of after so many traces each.
const (
	readShare = 0.5
	tellEach  = 500
)

// tell says how much of a slice is done, in which so many rows were looked at.
func (s *search) tell(share float64, scanned int64) {
	if s.q.Tell != nil {
		s.q.Tell(store.Progress{Share: min(s.from+s.width*share, 1), Scanned: s.reach.Scanned + scanned, Rows: s.total})
	}
}

// newest leaves out the oldest of very many more than limit, and says back to when
// the rest goes.
func (s *search) newest(found []*xraymodel.Trace, start int64, limit int) (int64, []*xraymodel.Trace) {
	if limit <= 0 || len(found) <= 4*limit {
		return start, found
	}
	n := limit
	for n < len(found) && s.q.At(found[n]) == s.q.At(found[n-1]) {
		n++
	}
	if n < len(found) {
		start, found = s.q.At(found[n-1]), found[:n]
	}
	return start, found
}

// wanted tests what is asked of the trace.
func (s *search) wanted(t *xraymodel.Trace, rows []event.Row) bool {
	for _, e := range s.q.Spans {
		if !slices.ContainsFunc(rows, func(row event.Row) bool { return query.Match(e, row) }) {
			return false
		}
	}
	for _, f := range s.q.Filters {
		if !f.Match(t, xrayfilter.Options{Slow: s.q.Slow}) {
			return false
		}
	}
	return true
}
