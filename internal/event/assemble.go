package event

// Attach adds a finished column to a batch whose rows have begun; the batch owns
// it from then on. A column of the same name must not be there yet.
func (b *Batch) Attach(c *Column) {
	if b.index.slots == nil {
		b.reindex()
	}
	c.place = len(b.Columns)
	b.add(c)
}

// AppendFrom appends value i of src, which must be of the same kind and share
// the dictionary; the caller appends the row.
func (c *Column) AppendFrom(src *Column, i int) {
	switch c.Kind {
	case Int:
		c.Ints = append(c.Ints, src.Ints[i])
	case Float:
		c.Floats = append(c.Floats, src.Floats[i])
	case Bool:
		c.Bools = append(c.Bools, src.Bools[i])
	case String:
		c.Codes = append(c.Codes, src.Codes[i])
	case Null:
	}
}

// SetAt stores a value that was read from another batch, under the very name it
// had there, in any row. The rows of one name must come in ascending order; null
// stores nothing.
func (b *Batch) SetAt(row int, name string, v Value) {
	if v.kind == Null {
		return
	}
	c := b.exact(name)
	if to := Unify(c.Kind, v.kind); to != v.kind {
		v = v.Convert(to)
	}
	if v.kind == String {
		b.new.place(&c.Dict, len(v.str))
	}
	c.set(row, v)
}

// Pick copies rows of a finished batch, given in ascending order, into one of
// their own that shares no memory with it.
func (b *Batch) Pick(rows []int) *Batch {
	out := NewBatch(b.Environment, b.Dataset)
	out.Times = make([]int64, len(rows))
	for i, row := range rows {
		out.Times[i] = b.Times[row]
	}
	if b.SampleRates != nil {
		out.SampleRates = make([]uint32, len(rows))
		for i, row := range rows {
			out.SampleRates[i] = b.SampleRates[row]
		}
	}
	for _, c := range b.Columns {
		if p := c.pick(rows); p != nil {
			out.Attach(p)
		}
	}
	return out
}

// pick copies the values of rows, nil if none has one.
func (c *Column) pick(rows []int) *Column {
	out := &Column{Name: c.Name, Kind: c.Kind, Rows: []uint32{}}
	for i, row := range rows {
		k := c.find(row)
		if k < 0 {
			continue
		}
		out.Rows = append(out.Rows, uint32(i))
		if c.Kind == String {
			out.Codes = append(out.Codes, out.Dict.InternBytes(c.Dict.Bytes(c.Codes[k])))
			continue
		}
		out.AppendFrom(c, k)
	}
	switch len(out.Rows) {
	case 0:
		return nil
	case len(rows):
		out.Rows = nil
	}
	return out
}
