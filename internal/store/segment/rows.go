package segment

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
)

// Rows are rows of one row group, by environment and dataset in the order of
// the file. Their fields are loaded as they are wanted. One goroutine uses it.
type Rows struct {
	Batches []*event.Batch

	reader   *Reader
	group    int
	from, to int
	batchOf  []uint32 // of each row; nil if there is one batch
	rowOf    []uint32 // its row there
	loaded   map[int]bool
	offsets  *offsets
}

// First is the number in the row group of the first of the rows.
func (x *Rows) First() int { return x.from }

// Rows reads the times, datasets and sample rates of a row group.
func (r *Reader) Rows(group int) (x *Rows, err error) {
	return r.part(group, 0, int(r.meta.rowGroups[group].rows), false)
}

// Load adds the columns of fields to the batches; those that the segment does
// not have are left out, and so are names in the overflow column, which is
// loaded as [event.FieldOverflow]: then its members become fields.
func (x *Rows) Load(names ...string) (err error) {
	defer x.reader.recovered(&err)
	for _, name := range names {
		at, known := x.reader.fields[name]
		if !known || at < systemColumns || x.loaded[at] {
			continue
		}
		x.loaded[at] = true
		if err := x.load(at); err != nil {
			return err
		}
	}
	return nil
}

// LoadAll adds every column.
func (x *Rows) LoadAll() (err error) {
	defer x.reader.recovered(&err)
	for at := systemColumns; at < len(x.reader.meta.columns); at++ {
		if x.loaded[at] {
			continue
		}
		x.loaded[at] = true
		if err := x.load(at); err != nil {
			return err
		}
	}
	return nil
}

// Places returns, for each row of a batch, its number in the row group.
func (x *Rows) Places(batch int) []int {
	places := make([]int, 0, x.Batches[batch].Len())
	for row := x.from; row < x.to; row++ {
		if x.batchOf == nil || int(x.batchOf[row-x.from]) == batch {
			places = append(places, row)
		}
	}
	return places
}

// Place returns the number, in Batches, of the batch of a row of the row group, and
// the row's number there.
func (x *Rows) Place(row int) (batch, at int) {
	if x.batchOf == nil {
		return 0, row - x.from
	}
	return int(x.batchOf[row-x.from]), int(x.rowOf[row-x.from])
}

// Find returns the batch of a row of the row group, and its number there.
func (x *Rows) Find(row int) event.Row {
	batch, at := x.Place(row)
	return x.Batches[batch].Row(at)
}

// frame reads the system columns of rows [from, to) of a row group; those that
// are the same in every row are known from the statistics. Untimed rows have the
// earliest time.
func (r *Reader) frame(group, from, to int, untimed bool) (*Rows, error) {
	known, err := r.offsets(group)
	if err != nil {
		return nil, err
	}
	x := &Rows{reader: r, group: group, from: from, to: to, loaded: map[int]bool{}, offsets: known}
	if one, err := x.alike(untimed); one || err != nil {
		return x, err
	}
	var columns [systemColumns]*event.Column
	for i := range columns {
		c, err := r.readColumn(known, group, i, from, to)
		if err != nil {
			return nil, err
		}
		if c.Len() != to-from {
			return nil, damaged("a system column has %d values for %d rows", c.Len(), to-from)
		}
		columns[i] = c
	}
	x.divide(columns)
	return x, nil
}

// alike makes the one batch of a row group whose rows are all of one dataset and
// one sample rate, and reports whether it is such a one.
func (x *Rows) alike(untimed bool) (bool, error) {
	var known [systemColumns]event.Value
	for _, i := range []int{columnEnvironment, columnDataset, columnSampleRate} {
		var one bool
		if known[i], one = x.reader.constant(x.group, i); !one {
			return false, nil
		}
	}
	n := x.to - x.from
	b := event.NewBatch(known[columnEnvironment].Str(), known[columnDataset].Str())
	if untimed {
		first := int64(binary.LittleEndian.Uint64(x.reader.meta.rowGroups[x.group].chunks[columnTime].min))
		b.Times = make([]int64, n)
		for i := range b.Times {
			b.Times[i] = first
		}
	} else {
		c, err := x.reader.readColumn(x.offsets, x.group, columnTime, x.from, x.to)
		if err != nil {
			return false, err
		}
		if c.Len() != n {
			return false, damaged("a system column has %d values for %d rows", c.Len(), n)
		}
		b.Times = c.Ints
	}
	if rate := known[columnSampleRate].Int(); rate > 1 {
		b.SampleRates = make([]uint32, n)
		for i := range b.SampleRates {
			b.SampleRates[i] = uint32(rate)
		}
	}
	x.Batches = []*event.Batch{b}
	return true, nil
}

// divide gives each environment and dataset its rows.
func (x *Rows) divide(columns [systemColumns]*event.Column) {
	env, set, times, rates := columns[columnEnvironment], columns[columnDataset], columns[columnTime].Ints, columns[columnSampleRate].Ints
	if n := x.to - x.from; n > 0 && same(env.Codes) && same(set.Codes) {
		b := event.NewBatch(strings.Clone(env.ValueAt(0).Str()), strings.Clone(set.ValueAt(0).Str()))
		b.Times = times
		if slices.Max(rates) > 1 {
			b.SampleRates = make([]uint32, n)
			for i, rate := range rates {
				b.SampleRates[i] = uint32(max(rate, 1))
			}
		}
		x.Batches = []*event.Batch{b}
		return
	}
	x.batchOf, x.rowOf = make([]uint32, len(times)), make([]uint32, len(times))
	for i, n := range x.place(env, set) {
		x.Batches[i].Times = make([]int64, n)
	}
	for row, at := range times {
		i, to := x.batchOf[row], x.rowOf[row]
		b := x.Batches[i]
		b.Times[to] = at
		if rate := rates[row]; rate > 1 {
			if b.SampleRates == nil {
				b.SampleRates = ones(b.Len())
			}
			b.SampleRates[to] = uint32(rate)
		}
	}
}

// place makes the batches and gives each row its place. It returns how many rows
// each batch has.
func (x *Rows) place(env, set *event.Column) (rows []uint32) {
	const unknown = math.MaxUint32
	byCodes := make(map[[2]uint32]uint32)
	byName := map[[2]string]uint32{}
	last, lastBatch := [2]uint32{unknown, unknown}, uint32(0) // rows of a dataset often follow each other
	for row := range x.batchOf {
		codes := [2]uint32{env.Codes[row], set.Codes[row]}
		i, known := lastBatch, codes == last
		if !known {
			i, known = byCodes[codes]
		}
		if !known {
			name := [2]string{env.ValueAt(row).Str(), set.ValueAt(row).Str()}
			if i, known = byName[name]; !known { // entries of a dictionary may repeat
				i = uint32(len(x.Batches))
				byName[name] = i
				x.Batches = append(x.Batches, event.NewBatch(strings.Clone(name[0]), strings.Clone(name[1])))
				rows = append(rows, 0)
			}
			byCodes[codes] = i
		}
		last, lastBatch = codes, i
		x.batchOf[row], x.rowOf[row] = i, rows[i]
		rows[i]++
	}
	return rows
}

// ones are the sample rates of n rows that are themselves alone.
func ones(n int) []uint32 {
	rates := make([]uint32, n)
	for i := range rates {
		rates[i] = 1
	}
	return rates
}

// same reports whether all codes are one.
func same(codes []uint32) bool {
	for _, c := range codes {
		if c != codes[0] {
			return false
		}
	}
	return true
}

// load adds a column to the batches whose rows have values in it.
func (x *Rows) load(column int) error {
	c, err := x.reader.readColumn(x.offsets, x.group, column, x.from, x.to)
	if err != nil {
		return err
	}
	return x.attach(column, c)
}

// attach adds a column that was read.
func (x *Rows) attach(column int, c *event.Column) error {
	if c.Len() == 0 {
		return nil
	}
	if x.reader.meta.columns[column].name == event.FieldOverflow {
		return x.unfold(c)
	}
	if x.batchOf == nil {
		x.Batches[0].Attach(c)
		return nil
	}
	parts := make([]*event.Column, len(x.Batches))
	for k := range c.Len() {
		row := c.Row(k)
		part := parts[x.batchOf[row]]
		if part == nil {
			part = &event.Column{Name: c.Name, Kind: c.Kind, Rows: []uint32{}, Dict: c.Dict}
			parts[x.batchOf[row]] = part
		}
		part.Rows = append(part.Rows, x.rowOf[row])
		part.AppendFrom(c, k)
	}
	for at, part := range parts {
		if part != nil {
			x.Batches[at].Attach(part)
		}
	}
	return nil
}

// unfold puts the members of the overflow column back as fields.
func (x *Rows) unfold(c *event.Column) error {
	for k := range c.Len() {
		dec := json.NewDecoder(strings.NewReader(c.ValueAt(k).Str()))
		dec.UseNumber()
		var object map[string]any
		if err := dec.Decode(&object); err != nil {
			return damaged("an overflow value is no JSON object: %v", err)
		}
		r := x.Find(x.from + c.Row(k))
		names := make([]string, 0, len(object))
		for name := range object {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			r.Batch.SetAt(r.Index, name, scalarOf(object[name]))
		}
	}
	return nil
}

func scalarOf(v any) event.Value {
	switch x := v.(type) {
	case string:
		return event.StringValue(x)
	case bool:
		return event.BoolValue(x)
	case json.Number:
		if x == "-0" {
			return event.FloatValue(math.Copysign(0, -1))
		}
		if i, err := strconv.ParseInt(x.String(), 10, 64); err == nil {
			return event.IntValue(i)
		}
		if f, err := x.Float64(); err == nil {
			return event.FloatValue(f)
		}
	}
	return event.Value{}
}
