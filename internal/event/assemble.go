package event

// Attach adds a finished column to a batch whose rows have begun; the batch owns
// it from then on. A column of the same name must not be there yet.
func (b *Batch) Attach(c *Column) {
	if b.index == nil {
		b.reindex()
	}
	c.place = len(b.Columns)
	b.Columns = append(b.Columns, c)
	b.index[c.Name] = c
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
	c.set(row, v)
}
