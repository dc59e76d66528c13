package segment

import (
	"errors"
	"slices"
	"sort"
	"sync"

	"github.com/oriel-dev/oriel/internal/event"
)

// Trace returns the rows of a trace, at most limit; more tells that there are others.
func (r *Reader) Trace(id string, limit int) (batches []*event.Batch, more bool, err error) {
	defer r.recovered(&err)
	column, known := r.fields[event.FieldTraceID]
	if !known || !MayHold(r.info.Filter, id) {
		return nil, false, nil
	}
	var parts []*span
	for g := range r.meta.rowGroups {
		found, err := r.find(g, column, id)
		if err != nil {
			return nil, false, err
		}
		for _, p := range found {
			if p.len() > limit {
				p.cut(limit)
				more = true
			}
			if limit -= p.len(); p.len() > 0 {
				parts = append(parts, p)
			}
		}
	}
	return r.gather(parts, more)
}

// span is a range of rows of a row group, read on its own.
type span struct {
	group, from, to int
	picked          []int // rows of it, if not all are wanted
	batches         []*event.Batch
	err             error
}

func (p *span) len() int {
	if p.picked != nil {
		return len(p.picked)
	}
	return p.to - p.from
}

func (p *span) cut(n int) {
	if p.picked != nil {
		p.picked = p.picked[:n]
		return
	}
	p.to = p.from + n
}

// gather reads parts side by side: each service of a trace may have row groups
// of its own.
func (r *Reader) gather(parts []*span, more bool) (batches []*event.Batch, _ bool, err error) {
	read := func(p *span) {
		defer r.recovered(&p.err)
		if p.batches, p.err = r.rows(p.group, p.from, p.to, p.picked); p.err != nil {
			return
		}
	}
	var wg sync.WaitGroup
	for i := 1; i < len(parts); i++ {
		wg.Go(func() { read(parts[i]) })
	}
	if len(parts) > 0 {
		read(parts[0])
	}
	wg.Wait()
	for _, p := range parts {
		if p.err != nil {
			return nil, false, p.err
		}
		batches = append(batches, p.batches...)
	}
	return batches, more, nil
}

// find returns the rows of a row group that carry a trace id.
func (r *Reader) find(g, column int, id string) ([]*span, error) {
	bloom, bounds, err := r.traceIndex(g, column)
	if err != nil || bounds == nil || !MayHold(bloom, id) {
		return nil, err
	}
	pages, err := r.pages(nil, g, column)
	if err != nil {
		return nil, err
	}
	if len(pages) != len(bounds.max) {
		return nil, damaged("its indexes disagree")
	}
	if !bounds.sorted {
		return r.findScattered(g, column, id, pages)
	}
	first := sort.Search(len(pages), func(i int) bool { return string(bounds.max[i]) >= id })
	last := first
	for last < len(pages) && string(bounds.min[last]) <= id {
		last++
	}
	if first == last {
		return nil, nil
	}
	start, end := int(pages[first].firstRow), r.endOf(g, pages, last-1)
	c, err := r.readColumn(nil, g, column, start, end)
	if err != nil {
		return nil, err
	}
	n := c.Len()
	low := sort.Search(n, func(i int) bool { return c.ValueAt(i).Str() >= id })
	high := low
	for high < n && c.ValueAt(high).Str() == id {
		high++
	}
	if low == high {
		return nil, nil
	}
	return []*span{{group: g, from: start + c.Row(low), to: start + c.Row(high-1) + 1}}, nil
}

// endOf returns the row behind the last of page i.
func (r *Reader) endOf(g int, pages []pageLocation, i int) int {
	if i+1 < len(pages) {
		return int(pages[i+1].firstRow)
	}
	return int(r.meta.rowGroups[g].rows)
}

// findScattered looks through the ids of all rows: they are sorted by time.
// Rows of the trace that lie in one page, or in neighbouring ones, are one span.
func (r *Reader) findScattered(g, column int, id string, pages []pageLocation) (parts []*span, err error) {
	runs := []Run{{0, int(r.meta.rowGroups[g].rows)}}
	if r.meta.rowGroups[g].chunks[column].dictPage == 0 {
		if runs, err = r.searchHalves(g, column, pages, [][][]byte{{[]byte(id)}}); err != nil {
			return nil, err
		}
	}
	page := 0
	for _, run := range runs {
		c, err := r.readColumn(nil, g, column, run.From, run.To)
		if err != nil || c.Kind != event.String {
			return nil, err
		}
		for _, i := range holding(c, id) {
			row := run.From + c.Row(i)
			for page+1 < len(pages) && int(pages[page+1].firstRow) <= row {
				page++
			}
			if n := len(parts); n > 0 && int(pages[page].firstRow) <= parts[n-1].to {
				parts[n-1].to = row + 1
				parts[n-1].picked = append(parts[n-1].picked, row)
				continue
			}
			parts = append(parts, &span{group: g, from: row, to: row + 1, picked: []int{row}})
		}
	}
	return parts, nil
}

// searchHalves is searchPages for all pages, from both ends of the row group at
// once: somebody waits for it.
func (r *Reader) searchHalves(g, column int, pages []pageLocation, parts [][][]byte) ([]Run, error) {
	rows, middle := int(r.meta.rowGroups[g].rows), int(pages[len(pages)/2].firstRow)
	if middle <= 0 || middle >= rows {
		return r.searchPages(g, column, pages, parts, 0, rows)
	}
	var second []Run
	var failed error
	var wg sync.WaitGroup
	wg.Go(func() {
		defer r.recovered(&failed)
		second, failed = r.searchPages(g, column, pages, parts, middle, rows)
	})
	first, err := r.searchPages(g, column, pages, parts, 0, middle)
	wg.Wait()
	return append(first, second...), errors.Join(err, failed)
}

// holding returns which values of a column are a text; each different text is
// looked at once.
func holding(c *event.Column, text string) (found []int) {
	is := make([]bool, c.Dict.Len())
	for code := range is {
		is[code] = string(c.Dict.Bytes(uint32(code))) == text
	}
	for i, code := range c.Codes {
		if is[code] {
			found = append(found, i)
		}
	}
	return found
}

// Pick copies rows, counted from the beginning of the row group, with the fields
// that are loaded: a batch for each dataset, the rows in their order.
func (x *Rows) Pick(rows []int) []*event.Batch {
	picked := make([][]int, len(x.Batches))
	for _, row := range rows {
		row -= x.from
		if x.batchOf == nil {
			picked[0] = append(picked[0], row)
			continue
		}
		picked[x.batchOf[row]] = append(picked[x.batchOf[row]], int(x.rowOf[row]))
	}
	var out []*event.Batch
	for i, b := range x.Batches {
		if len(picked[i]) > 0 {
			out = append(out, b.Pick(picked[i]))
		}
	}
	return out
}

// rows reads rows [from, to) of a row group, or those of them that are picked,
// all fields, into a batch for each dataset.
func (r *Reader) rows(g, from, to int, picked []int) ([]*event.Batch, error) {
	x, err := r.frame(g, from, to, false)
	if err != nil {
		return nil, err
	}
	if err := x.loadSideBySide(); err != nil {
		return nil, err
	}
	if picked == nil || len(picked) == to-from {
		return x.Batches, nil
	}
	return x.Pick(slices.Clone(picked)), nil
}

// loadSideBySide adds every column, two at a time: somebody waits for them.
func (x *Rows) loadSideBySide() error {
	r := x.reader
	columns := make([]*event.Column, len(r.meta.columns))
	var errs [2]error
	read := func(first int, err *error) {
		defer r.recovered(err)
		for i := first; i < len(columns) && *err == nil; i += len(errs) {
			columns[i], *err = r.readColumn(x.offsets, x.group, i, x.from, x.to)
		}
	}
	var wg sync.WaitGroup
	wg.Go(func() { read(systemColumns, &errs[0]) })
	read(systemColumns+1, &errs[1])
	wg.Wait()
	if err := errors.Join(errs[0], errs[1]); err != nil {
		return err
	}
	for i := systemColumns; i < len(columns); i++ {
		if err := x.attach(i, columns[i]); err != nil {
			return err
		}
	}
	return nil
}
