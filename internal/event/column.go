package event

// Column holds the values of one field of a [Batch]: packed, only for the rows
// that have it, so that its cost follows the values that are there. A batch's
// writer owns it; readers share it freely once the batch is no longer written.
type Column struct {
	Name string
	Kind Kind

	// Rows are the row numbers of the values, ascending; nil means that value i
	// belongs to row i (every row so far has one).
	Rows []uint32

	// One of these holds the values, by Kind. Strings are codes into Dict.
	Ints   []int64
	Floats []float64
	Bools  []bool
	Codes  []uint32
	Dict   Dict

	place    int // index in Batch.Columns
	expected int // rows that its batch will have, about
}

// Len returns the number of values, which is the number of rows that have one.
func (c *Column) Len() int {
	switch c.Kind {
	case Int:
		return len(c.Ints)
	case Float:
		return len(c.Floats)
	case Bool:
		return len(c.Bools)
	case String:
		return len(c.Codes)
	case Null:
	}
	return 0
}

// Row returns the row number of value i.
func (c *Column) Row(i int) int {
	if c.Rows == nil {
		return i
	}
	return int(c.Rows[i])
}

// ValueAt returns value i (not row i). Strings share the batch's memory.
func (c *Column) ValueAt(i int) Value {
	switch c.Kind {
	case Int:
		return IntValue(c.Ints[i])
	case Float:
		return FloatValue(c.Floats[i])
	case Bool:
		return BoolValue(c.Bools[i])
	case String:
		return StringValue(c.Dict.Text(c.Codes[i]))
	case Null:
	}
	return Value{}
}

// Get returns the value of a row, null if the row has none. It costs a binary
// search where the column is sparse.
func (c *Column) Get(row int) Value {
	if i := c.find(row); i >= 0 {
		return c.ValueAt(i)
	}
	return Value{}
}

// find returns the index of a row's value, or -1.
func (c *Column) find(row int) int {
	if c.Rows == nil {
		if row < c.Len() {
			return row
		}
		return -1
	}
	lo, hi := 0, len(c.Rows)
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if int(c.Rows[mid]) < row {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo < len(c.Rows) && int(c.Rows[lo]) == row {
		return lo
	}
	return -1
}

// claim makes room for a value of the row and reports whether the row already
// holds one, which the caller then overwrites.
func (c *Column) claim(row int) (again bool) {
	n := c.Len()
	if c.Rows == nil {
		if n == row {
			return false
		}
		if n == row+1 {
			return true
		}
		c.Rows = make([]uint32, n, max(2*n, 16))
		for i := range c.Rows {
			c.Rows[i] = uint32(i)
		}
	} else if n > 0 && int(c.Rows[n-1]) == row {
		return true
	}
	c.Rows = append(c.Rows, uint32(row))
	return false
}

// widen converts the column to the kind that holds both its values and one of kind k.
func (c *Column) widen(k Kind) {
	to := Unify(c.Kind, k)
	if to == c.Kind {
		return
	}
	n := c.Len()
	switch {
	case c.Kind == Null:
	case to == Float:
		c.Floats = make([]float64, n, n+16)
		for i, v := range c.Ints {
			c.Floats[i] = float64(v)
		}
		c.Ints = nil
	default:
		codes := make([]uint32, n, n+16)
		for i := range codes {
			codes[i] = c.Dict.Intern(c.ValueAt(i).Text())
		}
		c.Codes, c.Ints, c.Floats, c.Bools = codes, nil, nil, nil
	}
	c.Kind = to
}

func (c *Column) setInt(row int, v int64) {
	if c.Kind != Int {
		if c.widen(Int); c.Kind != Int {
			c.set(row, IntValue(v).Convert(c.Kind))
			return
		}
	}
	if c.claim(row) {
		c.Ints[len(c.Ints)-1] = v
		return
	}
	c.Ints = append(roomAhead(c.Ints, row, c.expected), v)
}

func (c *Column) setFloat(row int, v float64) {
	if c.Kind != Float {
		if c.widen(Float); c.Kind != Float {
			c.set(row, FloatValue(v).Convert(c.Kind))
			return
		}
	}
	if c.claim(row) {
		c.Floats[len(c.Floats)-1] = v
		return
	}
	c.Floats = append(roomAhead(c.Floats, row, c.expected), v)
}

func (c *Column) setBool(row int, v bool) {
	if c.Kind != Bool {
		if c.widen(Bool); c.Kind != Bool {
			c.set(row, BoolValue(v).Convert(c.Kind))
			return
		}
	}
	if c.claim(row) {
		c.Bools[len(c.Bools)-1] = v
		return
	}
	c.Bools = append(c.Bools, v)
}

func (c *Column) setCode(row int, code uint32) {
	if c.claim(row) {
		c.Codes[len(c.Codes)-1] = code
		return
	}
	c.Codes = append(roomAhead(c.Codes, row, c.expected), code)
}

func (c *Column) setBytes(row int, v []byte) {
	if c.Kind != String {
		c.widen(String)
	}
	c.setCode(row, c.Dict.InternBytes(v))
}

// set stores a value already of the column's kind.
func (c *Column) set(row int, v Value) {
	switch v.kind {
	case Int:
		c.setInt(row, v.Int())
	case Float:
		c.setFloat(row, v.Float())
	case Bool:
		c.setBool(row, v.Bool())
	case String:
		if c.Kind != String {
			c.widen(String)
		}
		c.setCode(row, c.Dict.Intern(v.str))
	case Null:
	}
}
