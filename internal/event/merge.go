package event

import "slices"

// AppendBatch appends the rows of src, of the same environment and dataset, and
// returns roughly how many bytes that takes. Columns of different kinds are
// unified. Slices only grow at their ends, so a reader that copied the headers
// of a batch's slices keeps a valid view of the rows there were. src stays
// unchanged.
func (b *Batch) AppendBatch(src *Batch) (bytes int64) {
	base := len(b.Times)
	b.Times = append(room(b.Times, src.Len()), src.Times...)
	if src.SampleRates != nil || b.SampleRates != nil {
		b.appendRates(src, base)
	}
	bytes = 8 * int64(src.Len())
	b.hint = 0
	for _, from := range src.Columns {
		if from.Len() > 0 {
			c := b.exact(from.Name)
			bytes += c.appendColumn(from, base)
			b.longest = max(b.longest, len(c.Dict.Data))
		}
	}
	return bytes
}

// LongestText returns how many bytes of text a column at most holds, of a batch
// that is made of others alone.
func (b *Batch) LongestText() int { return b.longest }

func (b *Batch) appendRates(src *Batch, base int) {
	if b.SampleRates == nil {
		b.SampleRates = make([]uint32, base, cap(b.Times))
		for i := range b.SampleRates {
			b.SampleRates[i] = 1
		}
	}
	if src.SampleRates != nil {
		b.SampleRates = append(b.SampleRates, src.SampleRates...)
		return
	}
	for range src.Times {
		b.SampleRates = append(b.SampleRates, 1)
	}
}

func (c *Column) appendColumn(src *Column, base int) (bytes int64) {
	n := src.Len()
	if to := Unify(c.Kind, src.Kind); to != c.Kind {
		c.widen(src.Kind)
	}
	c.appendRows(src, base, n)
	if c.Rows != nil {
		bytes = 4 * int64(n)
	}
	switch {
	case c.Kind == String && src.Kind == String:
		return bytes + 4*int64(n) + c.appendTexts(src)
	case c.Kind != src.Kind:
		for i := range n {
			switch v := src.ValueAt(i).Convert(c.Kind); c.Kind {
			case Float:
				c.Floats = append(c.Floats, v.Float())
			case String:
				c.Codes = append(c.Codes, c.Dict.Intern(v.Str()))
			case Null, Bool, Int:
			}
		}
	case c.Kind == Int:
		c.Ints = append(room(c.Ints, n), src.Ints...)
	case c.Kind == Float:
		c.Floats = append(room(c.Floats, n), src.Floats...)
	case c.Kind == Bool:
		c.Bools = append(room(c.Bools, n), src.Bools...)
	}
	return bytes + 8*int64(n)
}

// appendRows extends the row numbers by those of n values of src, which begin at
// row base here. As long as every row has had a value none are kept.
func (c *Column) appendRows(src *Column, base, n int) {
	have := c.Len()
	if c.Rows == nil && have == base && src.Rows == nil {
		return
	}
	if c.Rows == nil {
		c.Rows = make([]uint32, have, have+max(n, 16))
		for i := range c.Rows {
			c.Rows[i] = uint32(i)
		}
	}
	c.Rows = room(c.Rows, n)
	for i := range n {
		c.Rows = append(c.Rows, uint32(base+src.Row(i)))
	}
}

// appendTexts appends the codes of src, translated; each entry of its dictionary
// is looked at once.
func (c *Column) appendTexts(src *Column) (bytes int64) {
	before := len(c.Dict.Data) + 4*len(c.Dict.Ends)
	c.Codes = room(c.Codes, len(src.Codes))
	if src.Dict.loose && c.Dict.loose {
		shift, start := uint32(len(c.Dict.Ends)), uint32(len(c.Dict.Data))
		c.Dict.Data = append(roomForText(c.Dict.Data, len(src.Dict.Data)), src.Dict.Data...)
		c.Dict.Ends = room(c.Dict.Ends, len(src.Dict.Ends))
		for _, end := range src.Dict.Ends {
			c.Dict.Ends = append(c.Dict.Ends, start+end)
		}
		c.Dict.last = 0
		for _, code := range src.Codes {
			c.Codes = append(c.Codes, shift+code)
		}
	} else {
		var few [8]uint32
		codes := few[:min(len(src.Dict.Ends), len(few))]
		if n := len(src.Dict.Ends); n > len(few) {
			codes = make([]uint32, n)
		}
		for code := range codes {
			codes[code] = c.Dict.InternBytes(src.Dict.Bytes(uint32(code)))
		}
		for _, code := range src.Codes {
			c.Codes = append(c.Codes, codes[code])
		}
	}
	return int64(len(c.Dict.Data) + 4*len(c.Dict.Ends) - before)
}

// View returns the rows there are now as a batch of its own that shares the
// memory: rows appended to b later do not show in it, and it must not be written.
// The caller keeps b from being written during the call.
func (b *Batch) View() *Batch {
	v := &Batch{Environment: b.Environment, Dataset: b.Dataset, Times: b.Times, SampleRates: b.SampleRates, Columns: make([]*Column, len(b.Columns))}
	copies := make([]Column, len(b.Columns))
	for i, c := range b.Columns {
		copies[i] = *c
		copies[i].Dict = Dict{Ends: c.Dict.Ends, Data: c.Dict.Data, loose: c.Dict.loose}
		v.Columns[i] = &copies[i]
	}
	return v
}

// Without returns the batch without columns, which must be in its order. It takes the
// others over: b must not be used any more.
func (b *Batch) Without(columns []*Column) *Batch {
	out := &Batch{Environment: b.Environment, Dataset: b.Dataset, Times: b.Times, SampleRates: b.SampleRates, longest: b.longest}
	out.index = newNames(len(b.Columns) - len(columns))
	for _, c := range b.Columns {
		if len(columns) > 0 && columns[0] == c {
			columns = columns[1:]
			continue
		}
		out.Attach(c)
	}
	return out
}

// Slice returns rows [from, to) with the columns named, sharing the memory of b,
// which must not be written any more.
func (b *Batch) Slice(from, to int, names []string) *Batch {
	out := NewBatch(b.Environment, b.Dataset)
	out.Times = b.Times[from:to]
	if b.SampleRates != nil {
		out.SampleRates = b.SampleRates[from:to]
	}
	for _, name := range names {
		c := b.Find(name)
		if c == nil || out.Find(name) != nil {
			continue
		}
		out.Attach(c.slice(from, to))
	}
	return out
}

// slice returns the values of rows [from, to).
func (c *Column) slice(from, to int) *Column {
	low, high := min(from, c.Len()), min(to, c.Len())
	out := &Column{Name: c.Name, Kind: c.Kind, Dict: Dict{Ends: c.Dict.Ends, Data: c.Dict.Data, loose: c.Dict.loose}}
	if c.Rows != nil {
		low, _ = slices.BinarySearch(c.Rows, uint32(from))
		high, _ = slices.BinarySearch(c.Rows, uint32(to))
		out.Rows = make([]uint32, 0, high-low)
		for _, row := range c.Rows[low:high] {
			out.Rows = append(out.Rows, row-uint32(from))
		}
	}
	switch c.Kind {
	case Int:
		out.Ints = c.Ints[low:high]
	case Float:
		out.Floats = c.Floats[low:high]
	case Bool:
		out.Bools = c.Bools[low:high]
	case String:
		out.Codes = c.Codes[low:high]
	case Null:
	}
	return out
}
