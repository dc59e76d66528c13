package duckdb

import (
	"context"
	"slices"
	"sort"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store/segment"
)

// lane is a stretch of rows of one origin, looked at from the end at which the page
// begins. Those sorted by time are looked at in steps, others in one go.
type lane struct {
	origin   uint32
	from, to int   // rows that are left
	first    int64 // no row that is left lies before it, in the page's direction
	byTime   bool
	times    []int64 // of all rows of the origin, once it is read, if byTime
}

// laneQueue has the lane with the earliest rows in front. It implements heap.Interface.
type laneQueue struct {
	lanes    []*lane
	backward bool
}

// Len implements heap.Interface.
func (q *laneQueue) Len() int { return len(q.lanes) }

// Less implements heap.Interface.
func (q *laneQueue) Less(i, j int) bool {
	x, y := q.lanes[i], q.lanes[j]
	if x.first != y.first {
		return (x.first < y.first) != q.backward
	}
	return (x.origin < y.origin) != q.backward
}

// Swap implements heap.Interface.
func (q *laneQueue) Swap(i, j int) { q.lanes[i], q.lanes[j] = q.lanes[j], q.lanes[i] }

// Push implements heap.Interface.
func (q *laneQueue) Push(x any) {
	if l, ok := x.(*lane); ok {
		q.lanes = append(q.lanes, l)
	}
}

// Pop implements heap.Interface.
func (q *laneQueue) Pop() any {
	last := q.lanes[len(q.lanes)-1]
	q.lanes = q.lanes[:len(q.lanes)-1]
	return last
}

// hotBatch is a batch in memory.
type hotBatch struct{ *event.Batch }

// hotLane is how many rows in memory are one lane: they lie in the order of
// arrival, which is nearly that of time.
const hotLane = 8192

// layOut makes the lanes of all that may have rows for the page.
func (p *paging) layOut() {
	p.lanes.backward = p.opts.Backward
	for _, f := range p.sn.files {
		for g := range f.reader.Groups() {
			info := f.reader.GroupInfo(g)
			if info.MinTime > p.high || info.MaxTime < p.low || (info.Environment != "" && info.Environment != p.sn.environment) ||
				(info.Dataset != "" && !p.sn.wants(info.Dataset)) || (p.oneTrace && !f.reader.MayHoldTrace(g, p.traceID)) {
				continue
			}
			p.addLane(origin{file: f, group: g}, 0, info.Rows, info.MinTime, info.MaxTime, info.ByTime)
		}
	}
	for _, b := range p.sn.hot {
		p.origins = append(p.origins, origin{hot: hotBatch{b}})
		for from := 0; from < b.Len(); from += hotLane {
			to := min(from+hotLane, b.Len())
			least, most := slices.Min(b.Times[from:to]), slices.Max(b.Times[from:to])
			if least <= p.high && most >= p.low {
				p.putLane(from, to, least, most, false)
			}
		}
	}
	sort.Sort(&p.lanes) // which makes it a heap
}

func (p *paging) addLane(s origin, from, to int, least, most int64, byTime bool) {
	p.origins = append(p.origins, s)
	p.putLane(from, to, least, most, byTime)
}

// putLane makes a lane of the last origin.
func (p *paging) putLane(from, to int, least, most int64, byTime bool) {
	first := max(least, p.low)
	if p.opts.Backward {
		first = min(most, p.high)
	}
	p.total += int64(to - from)
	p.lanes.lanes = append(p.lanes.lanes, &lane{origin: uint32(len(p.origins) - 1), from: from, to: to, first: first, byTime: byTime})
}

// scan looks at the next n rows of a lane, or at all of them if it is not sorted.
func (p *paging) scan(ctx context.Context, l *lane, n int) ([]candidate, error) {
	src := &p.origins[l.origin]
	if src.hot.Batch != nil {
		run := segment.Run{From: l.from, To: l.to}
		l.from = l.to
		return p.scanHot(l.origin, src.hot.Batch, run), nil
	}
	run := segment.Run{From: l.from, To: l.to}
	if !l.byTime {
		l.from = l.to
		return p.scanRun(ctx, l.origin, run)
	}
	if l.times == nil && n >= l.to-l.from { // in one go: the rows themselves say what is in the range
		l.from = l.to
		return p.scanRun(ctx, l.origin, run)
	}
	if l.times == nil {
		if err := p.open(l, src); err != nil {
			return nil, err
		}
	}
	run = p.take(l, n)
	if run.From >= run.To {
		return nil, nil
	}
	return p.scanRun(ctx, l.origin, run)
}

// open reads the times of a sorted lane and leaves out the rows beyond the range.
func (p *paging) open(l *lane, src *origin) error {
	times, err := src.file.reader.Times(src.group)
	if err != nil {
		return err
	}
	l.times = times
	l.from = sort.Search(len(times), func(i int) bool { return times[i] >= p.low })
	l.to = sort.Search(len(times), func(i int) bool { return times[i] > p.high })
	return nil
}

// take takes n rows off a sorted lane.
func (p *paging) take(l *lane, n int) segment.Run {
	var run segment.Run
	if p.opts.Backward {
		run = segment.Run{From: max(l.to-n, l.from), To: l.to}
		l.to = run.From
		if l.from < l.to {
			l.first = l.times[l.to-1]
		}
		return run
	}
	run = segment.Run{From: l.from, To: min(l.from+n, l.to)}
	l.from = run.To
	if l.from < l.to {
		l.first = l.times[l.from]
	}
	return run
}

// scanRun looks at rows of a row group.
func (p *paging) scanRun(ctx context.Context, place uint32, run segment.Run) (found []candidate, err error) {
	defer p.looked.Add(int64(run.To - run.From))
	src := &p.origins[place]
	runs, err := p.narrow(src, run)
	if err != nil {
		return nil, err
	}
	for _, run := range runs {
		if ctx.Err() != nil {
			return nil, nil //nolint:nilnil // the page is not made
		}
		x, err := src.file.reader.Range(src.group, run.From, run.To)
		if err != nil {
			return nil, err
		}
		load := func(names ...string) error { return p.load(src.file, x, names) }
		for i, b := range x.Batches {
			if b.Environment != p.sn.environment || !p.sn.wants(b.Dataset) {
				continue
			}
			kept, err := p.keep(b, load)
			if err != nil {
				return nil, err
			}
			if kept == nil {
				continue
			}
			if err := load(event.FieldArrival); err != nil {
				return nil, err
			}
			found = p.collect(found, b, kept, place, x.Places(i))
		}
	}
	return found, nil
}

// narrow leaves out the pages that can't have rows of the page.
func (p *paging) narrow(src *origin, run segment.Run) ([]segment.Run, error) {
	runs := []segment.Run{run}
	for _, n := range p.needles {
		if p.blunt.Load() {
			return runs, nil
		}
		var left []segment.Run
		rows := 0
		for _, r := range runs {
			found, err := src.file.reader.Containing(src.group, n.field, n.lists, r.From, r.To)
			if err != nil {
				return nil, err
			}
			left = append(left, found...)
		}
		for _, r := range left {
			rows += r.To - r.From
		}
		if n.sharp && rows > (run.To-run.From)/2 {
			p.blunt.Store(true)
		}
		runs = left
	}
	return runs, nil
}

// load adds fields to the batches, also if they are kept in the overflow column.
func (p *paging) load(f *file, x *segment.Rows, names []string) error {
	if err := x.Load(names...); err != nil {
		return err
	}
	for _, d := range f.info.Datasets {
		for _, field := range d.Fields {
			if field.Column == "" && slices.Contains(names, field.Name) {
				return x.Load(event.FieldOverflow)
			}
		}
	}
	return nil
}

// scanHot looks at rows in memory.
func (p *paging) scanHot(place uint32, b *event.Batch, run segment.Run) []candidate {
	defer p.looked.Add(int64(run.To - run.From))
	part := b.Slice(run.From, run.To, append(query.FieldsOf(query.And{Terms: p.terms}), event.FieldArrival))
	kept, _ := p.keep(part, func(...string) error { return nil }) // it fails by loading only
	if kept == nil {
		return nil
	}
	places := make([]int, part.Len())
	for i := range places {
		places[i] = run.From + i
	}
	return p.collect(nil, part, kept, place, places)
}

// keep returns the rows of a batch that the page may have, nil if there are none.
func (p *paging) keep(b *event.Batch, load func(names ...string) error) (query.Mask, error) {
	kept := query.NewMask(b.Len())
	low, high := max(p.low, p.sn.horizonOf(b.Dataset)), p.high
	p.mu.Lock()
	last, full := p.lastTime()
	p.mu.Unlock()
	some, cut := false, false
	for i, at := range b.Times {
		switch {
		case at < low || at > high:
		case full && p.before(last, at):
			cut = true
		default:
			kept.Set(i)
			some = true
		}
	}
	if cut {
		p.cut.Store(true) // perhaps: whether the condition keeps them is not known
	}
	if !some {
		return nil, nil //nolint:nilnil // see above
	}
	for _, t := range p.terms {
		if err := load(query.FieldsOf(t)...); err != nil {
			return nil, err
		}
		kept.And(p.sn.mask(t, b))
		if kept.Count() == 0 {
			return nil, nil //nolint:nilnil // see above
		}
	}
	return kept, nil
}

// collect makes candidates of rows, of no more than a page needs.
func (p *paging) collect(to []candidate, b *event.Batch, kept query.Mask, place uint32, places []int) []candidate {
	arrivals := walkOf(b, event.FieldArrival)
	if arrivals.c != nil && arrivals.c.Kind != event.Int {
		arrivals = walk{}
	}
	low, high := p.cutoff(b, kept)
	for i, at := range b.Times {
		if !kept.Has(i) {
			continue
		}
		if at < low || at > high {
			p.cut.Store(true)
			continue
		}
		c := candidate{time: at, origin: place, row: uint32(places[i])}
		if k, ok := arrivals.at(i); ok {
			c.arrival = arrivals.c.Ints[k]
		}
		to = append(to, c)
	}
	return to
}

// cutoff returns the times between which the first rows of a batch lie that fill
// a page, not counting those of the time at which it begins: they may be on the
// page before.
func (p *paging) cutoff(b *event.Batch, kept query.Mask) (low, high int64) {
	low, high = p.low, p.high
	limit := p.opts.Limit
	if kept.Count() <= limit {
		return low, high
	}
	times := make([]int64, 0, kept.Count())
	for i, at := range b.Times {
		if kept.Has(i) && (p.opts.After == nil || at != p.opts.After.Time) {
			times = append(times, at)
		}
	}
	if len(times) <= limit {
		return low, high
	}
	if !slices.IsSorted(times) {
		slices.Sort(times)
	}
	if p.opts.Backward {
		return times[len(times)-limit], high
	}
	return low, times[limit-1]
}
