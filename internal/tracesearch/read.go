package tracesearch

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/query/xrayfilter"
	"github.com/oriel-dev/oriel/internal/store"
	"github.com/oriel-dev/oriel/internal/xraymodel"
)

// readTrace are the rows of a trace.
type readTrace struct {
	id   string
	rows []event.Row
}

// build reads the trace with a builder, which may be used again for another only
// when the trace is done with.
func (r *readTrace) build(b *xraymodel.Builder) *xraymodel.Trace {
	b.Begin(r.id)
	for _, row := range r.rows {
		b.Add(row.Batch, row.Index)
	}
	return b.Trace()
}

// mostRows bounds what is read of one trace.
const mostRows = 20_000

func (s *search) options() xraymodel.Options {
	return xraymodel.Options{Annotations: true, Exceptions: true, Column: s.q.Column}
}

// Read reads one trace whole; its Segments are empty if nothing of it is there.
func Read(ctx context.Context, source Source, environment, id string, column func(*event.Batch, string) *event.Column) (t *xraymodel.Trace, more bool, err error) {
	batches, more, err := source.Trace(ctx, environment, id, mostRows)
	if err != nil {
		return nil, false, err
	}
	return xraymodel.Build(id, batches, xraymodel.Options{Annotations: true, Exceptions: true, Column: column}), more, nil
}

// ReadEach is Read for several, side by side.
func ReadEach(ctx context.Context, source Source, environment string, ids []string) ([]*xraymodel.Trace, error) {
	out := make([]*xraymodel.Trace, len(ids))
	err := sideBySide(ctx, len(ids), func(i int) (err error) {
		out[i], _, err = Read(ctx, source, environment, ids[i], nil)
		return err
	})
	return out, err
}

// readers is how many traces are read at once.
const readers = 4

// sideBySide reads n traces. Of several errors it returns that of the first trace.
func sideBySide(ctx context.Context, n int, read func(i int) error) error {
	errs := make([]error, n)
	var wg sync.WaitGroup
	for k := range readers {
		wg.Go(func() {
			for i := k; i < n && ctx.Err() == nil; i += readers {
				if errs[i] = read(i); errs[i] != nil {
					return
				}
			}
		})
	}
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return fault.Wrap(fault.Canceled, err, "nobody waits for the answer anymore")
	}
	return cmp.Or(errs...)
}

// readEach reads traces one by one, whole.
func (s *search) readEach(ctx context.Context, ids []string, _, _ int64) ([]readTrace, error) {
	out := make([]readTrace, len(ids))
	err := sideBySide(ctx, len(ids), func(i int) error {
		batches, _, err := s.source.Trace(ctx, s.q.Environment, ids[i], mostRows)
		out[i].id = ids[i]
		for _, b := range batches {
			for row := range b.Len() {
				out[i].rows = append(out[i].rows, event.Row{Batch: b, Index: row})
			}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	for i := range out {
		s.reach.Scanned += int64(len(out[i].rows))
	}
	return out, nil
}

// gathering is what one worker of a scan keeps of the wanted traces.
type gathering struct {
	batches map[string]*event.Batch // by dataset
	rows    map[string][]event.Row  // by trace
}

// readAll reads traces by a scan of all rows around a slice.
func (s *search) readAll(ctx context.Context, ids []string, start, end int64) ([]readTrace, error) {
	wanted := setOf(ids)
	var workers []*gathering
	ask := &query.Query{Environment: s.q.Environment, Start: start - margin, End: end + margin, Stages: []query.Stage{
		query.Filter{Where: query.Exists{X: query.Field{Name: event.FieldTraceID}}},
	}}
	stats, err := s.source.Scan(ctx, ask, store.ScanOptions{
		Fields: s.fields,
		Begin: func(n int) {
			workers = make([]*gathering, n)
			for i := range workers {
				workers[i] = &gathering{map[string]*event.Batch{}, map[string][]event.Row{}}
			}
		},
		Visit:    func(worker int, b *event.Batch, rows query.Mask) { workers[worker].take(b, rows, wanted) },
		Progress: func(p store.Progress) { s.tell(readShare*p.Share, p.Scanned) },
	})
	if err != nil {
		return nil, err
	}
	s.reach.Scanned += stats.Scanned
	var out []readTrace
	for _, id := range ids {
		var rows []event.Row
		for _, w := range workers {
			rows = append(rows, w.rows[id]...)
		}
		if len(rows) > 0 {
			out = append(out, readTrace{id: id, rows: rows})
		}
	}
	// Rows lie in memory by their time, more or less.
	slices.SortFunc(out, func(x, y readTrace) int {
		return cmp.Compare(x.rows[0].Batch.Times[x.rows[0].Index], y.rows[0].Batch.Times[y.rows[0].Index])
	})
	return out, nil
}

// take copies the rows of wanted traces: batches of a scan are not to be kept.
func (g *gathering) take(b *event.Batch, rows query.Mask, wanted map[string]bool) {
	ids := b.Find(event.FieldTraceID)
	if ids == nil {
		return
	}
	to := g.batches[b.Dataset]
	if to == nil {
		to = event.NewBatch(b.Environment, b.Dataset)
		g.batches[b.Dataset] = to
	}
	base := to.Len()
	var from []int // row of each that is taken
	for i, at := range b.Times {
		if !rows.Has(i) {
			continue
		}
		id := ids.Get(i).Text()
		if !wanted[id] || len(g.rows[id]) >= mostRows {
			continue
		}
		g.rows[id] = append(g.rows[id], event.Row{Batch: to, Index: to.Len()})
		to.Begin(at)
		to.SetSampleRate(b.SampleRate(i))
		from = append(from, i)
	}
	// Column by column, along the rows that have a value: to look for each would cost more.
	for _, c := range b.Columns {
		next := 0
		for i := range c.Len() {
			row := c.Row(i)
			for next < len(from) && from[next] < row {
				next++
			}
			if next == len(from) {
				break
			}
			if from[next] == row {
				to.SetAt(base+next, c.Name, c.ValueAt(i))
			}
		}
	}
}

// wantedFields are the columns that scans load.
func (s *search) wantedFields() []string {
	fields := xraymodel.Fields(s.options())
	add := func(names ...string) {
		for _, n := range names {
			if !event.IsSystem(n) && !slices.Contains(fields, n) {
				fields = append(fields, n)
			}
		}
	}
	for _, f := range s.q.Fields {
		add(f, xraymodel.AnnotationPrefix+f)
	}
	for _, e := range s.q.Spans {
		add(query.FieldsOf(e)...)
	}
	for _, f := range s.q.Filters {
		xrayfilter.Walk(f.Root, func(e xrayfilter.Expr) {
			var k xrayfilter.Key
			switch e := e.(type) {
			case xrayfilter.Has:
				k = e.Key
			case xrayfilter.Compare:
				k = e.Key
			}
			if k.Name != xrayfilter.KeyAnnotation {
				return
			}
			add(k.Annotation, xraymodel.AnnotationPrefix+k.Annotation)
		})
	}
	return fields
}
