package duckdb

import (
	"container/heap"
	"context"
	"errors"
	"fmt"
	"math"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
	"github.com/oriel-dev/oriel/internal/store/segment"
)

// Page implements store.Store. It does not ask DuckDB, which would look at all
// rows to give the first ones: row groups are read in the order of time, as their
// metadata says, log lines a few pages at a time, until nothing that is left can
// come before what is found.
func (s *Store) Page(ctx context.Context, q *query.Query, opts store.PageOptions) (*store.Page, error) {
	where, inline, err := q.Condition()
	if err != nil {
		return nil, err
	}
	if opts.Limit <= 0 {
		opts.Limit = store.DefaultPage
	}
	if opts.Threads <= 0 {
		opts.Threads = s.config.Threads
	}
	var page *store.Page
	if err := s.untilWhole(ctx, func() (damaged damages, err error) {
		page, damaged, err = s.pageOnce(ctx, q, where, inline, opts)
		return damaged, err
	}); err != nil {
		return nil, err
	}
	return page, nil
}

func (s *Store) pageOnce(ctx context.Context, q *query.Query, where query.Expr, inline func(query.Expr) query.Expr, opts store.PageOptions) (*store.Page, damages, error) {
	sn := s.snapshotOf(q)
	defer sn.release()
	p := newPaging(sn, where, opts)
	p.traceID, p.oneTrace = traceOf(q)
	p.layOut()
	p.search(ctx)
	if p.err != nil || len(p.damaged) > 0 || ctx.Err() != nil {
		return nil, p.damaged, p.err
	}
	page, err := p.assemble(ctx, inline)
	return page, p.damaged, err
}

// paging is one page being made. Workers share it.
type paging struct {
	sn       *snapshot
	opts     store.PageOptions
	terms    []query.Expr // of the condition, those that cost least first
	needles  []needle
	traceID  string
	oneTrace bool
	low      int64 // rows of [low, high] are looked at
	high     int64
	total    int64 // rows there are to look at

	origins []origin
	looked  atomic.Int64
	expired atomic.Bool
	cut     atomic.Bool // rows behind a full page were let go of
	blunt   atomic.Bool // needles leave out too little to be worth looking for

	mu      sync.Mutex
	lanes   laneQueue
	step    int // rows of a sorted lane that are looked at next
	best    []candidate
	sorted  int         // of best, see settle
	edge    []candidate // rows at the very time at which the page begins, if ids must tell
	err     error
	damaged damages
}

// origin is where rows lie: a row group, or a batch in memory.
type origin struct {
	file  *file
	group int
	hot   hotBatch
}

// candidate is a row that may be on the page.
type candidate struct {
	time, arrival int64
	origin, row   uint32
	tie           uint64 // once it is known
	nth           uint32
}

func newPaging(sn *snapshot, where query.Expr, opts store.PageOptions) *paging {
	p := &paging{sn: sn, opts: opts, low: sn.start, high: math.MaxInt64, step: firstStep}
	if sn.end > math.MinInt64 {
		p.high = sn.end - 1
	}
	if at := opts.After; at != nil && opts.Backward {
		p.high = min(p.high, at.Time)
	} else if at != nil {
		p.low = max(p.low, at.Time)
	}
	p.terms, p.needles = planTerms(where)
	return p
}

// Rows of a lane that are looked at in one go: few at first, since they may be
// enough, and more and more.
const (
	firstStep = 2048
	lastStep  = 1 << 17
	alone     = 3 // goes before other workers help
)

// search looks at rows until the page is full, or all are seen, or time is up.
func (p *paging) search(ctx context.Context) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	if p.opts.Within > 0 {
		timer := time.AfterFunc(p.opts.Within, func() { p.expired.Store(true) })
		defer timer.Stop()
	}
	told := make(chan struct{})
	var telling sync.WaitGroup
	telling.Go(func() { p.tell(told) })
	for range alone {
		if !p.work(ctx, stop) {
			break
		}
	}
	var workers sync.WaitGroup
	for range max(p.opts.Threads, 1) {
		workers.Go(func() {
			for p.work(ctx, stop) {
			}
		})
	}
	workers.Wait()
	close(told)
	telling.Wait()
}

// tell reports progress until told.
func (p *paging) tell(told <-chan struct{}) {
	if p.opts.Progress == nil {
		return
	}
	tick := time.NewTicker(tellEvery)
	defer tick.Stop()
	for {
		select {
		case <-told:
			return
		case <-tick.C:
			looked := p.looked.Load()
			p.opts.Progress(store.Progress{Share: min(float64(looked)/float64(max(p.total, 1)), 1), Scanned: looked, Rows: p.total})
		}
	}
}

// work looks at the next rows; it returns false if there is nothing left to do.
func (p *paging) work(ctx context.Context, stop func()) (more bool) {
	l, n := p.next(ctx)
	if l == nil {
		return false
	}
	defer func() {
		if v := recover(); v != nil { // the process must outlive a mistake in reading
			p.fail(l, fmt.Errorf("panic: %v\n%s", v, debug.Stack()), stop)
			more = false
		}
	}()
	found, err := p.scan(ctx, l, n)
	if err != nil {
		p.fail(l, err, stop)
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range found {
		p.add(c)
	}
	p.settle(false)
	if l.from < l.to {
		heap.Push(&p.lanes, l)
	}
	return true
}

func (p *paging) fail(l *lane, err error, stop func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	stop()
	if f := p.origins[l.origin].file; f != nil && errors.Is(err, segment.ErrDamaged) {
		p.damaged.add(f, err)
		return
	}
	p.err = errors.Join(p.err, fmt.Errorf("read a page: %w", err))
}

// next takes the lane whose rows come first, and says how many of them to look
// at. There is none if all that is left comes behind a full page, or when time is
// up and the page has moved on.
func (p *paging) next(ctx context.Context) (*lane, int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.lanes.Len() == 0 || ctx.Err() != nil || p.err != nil || len(p.damaged) > 0 {
		return nil, 0
	}
	first := p.lanes.lanes[0].first
	if last, full := p.lastTime(); full && p.before(last, first) {
		return nil, 0
	}
	if p.expired.Load() && p.hasMoved(first) {
		return nil, 0
	}
	l, ok := heap.Pop(&p.lanes).(*lane)
	if !ok {
		return nil, 0
	}
	n := p.step
	p.step = min(2*p.step, lastStep)
	return l, n
}

// before reports whether rows of one time are on an earlier page than those of another.
func (p *paging) before(x, y int64) bool {
	if p.opts.Backward {
		return x > y
	}
	return x < y
}

// hasMoved reports whether a page that ends before a time lies behind the one before.
func (p *paging) hasMoved(first int64) bool {
	if p.opts.After == nil {
		return true
	}
	return p.before(p.opts.After.Time, first)
}

// lastTime is the time of the last row of a page that is full.
func (p *paging) lastTime() (at int64, full bool) {
	if p.sorted < p.opts.Limit {
		return 0, false
	}
	return p.best[p.opts.Limit-1].time, true
}

// add takes in a candidate.
func (p *paging) add(c candidate) {
	if at := p.opts.After; at != nil && c.time == at.Time {
		switch {
		case c.arrival == 0 && at.Arrival == 0:
			p.edge = append(p.edge, c)
			return
		case c.arrival == at.Arrival || p.before(c.arrival, at.Arrival):
			return
		}
	}
	p.best = append(p.best, c)
}

// settle sorts the candidates and lets go of those that lie behind a full page.
// Those that only a tie sets apart stay together.
func (p *paging) settle(final bool) {
	if added := len(p.best) - p.sorted; added == 0 || (!final && p.sorted >= p.opts.Limit && added < p.opts.Limit/2) {
		return
	}
	slices.SortFunc(p.best, func(x, y candidate) int {
		if p.opts.Backward {
			x, y = y, x
		}
		return x.compare(y)
	})
	n := min(len(p.best), p.opts.Limit)
	for n > 0 && n < len(p.best) && p.best[n].time == p.best[n-1].time && p.best[n].arrival == p.best[n-1].arrival {
		n++
	}
	if n < len(p.best) {
		p.cut.Store(true)
	}
	p.best, p.sorted = p.best[:n], n
}

func (c candidate) compare(o candidate) int {
	x, y := c.position(), o.position()
	if by := x.Compare(y); by != 0 {
		return by
	}
	switch {
	case c.origin != o.origin:
		return compareTimes(int64(c.origin), int64(o.origin))
	default:
		return compareTimes(int64(c.row), int64(o.row))
	}
}

func (c candidate) position() store.Position {
	return store.Position{Time: c.time, Arrival: c.arrival, Tie: c.tie, Nth: c.nth}
}
