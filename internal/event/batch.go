package event

import "unsafe"

// Batch is a set of rows of one environment and dataset, by column. One
// goroutine builds it (Begin, then Set… for the fields of that row); once handed
// over it is immutable and may be read by many. Rows keep the order they were
// begun in.
type Batch struct {
	Environment string // slug
	Dataset     string // slug
	Times       []int64
	SampleRates []uint32 // nil means 1 for every row
	Columns     []*Column

	index    names
	hint     int
	new      nursery
	longest  int // see LongestText
	expected int // rows, see Expect
}

// NewBatch returns an empty batch.
func NewBatch(environment, dataset string) *Batch {
	return &Batch{Environment: environment, Dataset: dataset, index: newNames(0)}
}

// NewBatchOf is NewBatch for one that will have about so many columns, as the last
// one of its sender had: they are made in one go.
func NewBatchOf(environment, dataset string, columns int) *Batch {
	b := &Batch{Environment: environment, Dataset: dataset, index: newNames(columns)}
	b.new.expect(columns)
	if columns > 0 {
		b.Columns = make([]*Column, 0, columns)
	}
	return b
}

// Expect says that about so many rows are to come, so that columns that are made from
// now on grow in fewer steps.
func (b *Batch) Expect(rows int) { b.expected = len(b.Times) + rows }

// SetUnique is SetBytes for a column of texts that rarely repeat (ids).
func (b *Batch) SetUnique(c *Column, v []byte) {
	if c.Len() == 0 {
		const most, longest = 64, 64 // texts, and their bytes, that room is made for at once
		n := min(max(c.expected-len(b.Times)+1, 1), most)
		c.Dict.Unique()
		c.Dict.Reserve(n * min(len(v), longest))
		c.Dict.Ends = room(c.Dict.Ends, n)
	}
	b.SetBytes(c, v)
}

// Len returns the number of rows.
func (b *Batch) Len() int { return len(b.Times) }

// Begin starts a row at a time in Unix nanoseconds; the Set methods fill it.
func (b *Batch) Begin(timeNS int64) {
	b.Times = append(b.Times, timeNS)
	if b.SampleRates != nil {
		b.SampleRates = append(b.SampleRates, 1)
	}
	b.hint = 0
}

// SetSampleRate says how many events the current row stands for; below 2 is 1.
func (b *Batch) SetSampleRate(rate uint32) {
	if rate < 2 {
		if b.SampleRates != nil {
			b.SampleRates[len(b.Times)-1] = 1
		}
		return
	}
	if b.SampleRates == nil {
		b.SampleRates = make([]uint32, len(b.Times), cap(b.Times))
		for i := range b.SampleRates {
			b.SampleRates[i] = 1
		}
	}
	b.SampleRates[len(b.Times)-1] = rate
}

// SampleRate returns how many events a row stands for, at least 1.
func (b *Batch) SampleRate(row int) uint32 {
	if b.SampleRates == nil {
		return 1
	}
	return b.SampleRates[row]
}

// Column returns the column called name, making it if need be. Names are taken
// in the order of the previous row at no cost: senders repeat themselves.
// A name of a system column, or one that is [Stamped], gets an underscore before it.
func (b *Batch) Column(name string) *Column {
	if b.hint < len(b.Columns) && b.Columns[b.hint].Name == name {
		c := b.Columns[b.hint]
		b.hint++
		return c
	}
	return b.lookUp(name)
}

// ColumnBytes is Column for a name that lies in a buffer; it is copied only when new.
func (b *Batch) ColumnBytes(name []byte) *Column {
	if b.hint < len(b.Columns) && b.Columns[b.hint].Name == string(name) {
		c := b.Columns[b.hint]
		b.hint++
		return c
	}
	if b.index.slots != nil {
		if c := b.index.find(b.Columns, unsafe.String(unsafe.SliceData(name), len(name))); c != nil {
			b.hint = c.place + 1
			return c
		}
	}
	return b.lookUp(b.new.copied(name))
}

func (b *Batch) lookUp(name string) *Column {
	if isSystem(name) || Stamped(name) {
		name = "_" + name
	}
	return b.exact(name)
}

// exact is lookUp for names that are not a sender's.
func (b *Batch) exact(name string) *Column {
	if last := b.hint - 1; last >= 0 && last < len(b.Columns) && b.Columns[last].Name == name {
		return b.Columns[last]
	}
	if b.index.slots == nil {
		b.reindex()
	}
	c := b.index.find(b.Columns, name)
	if c == nil {
		c = b.new.column(name, len(b.Columns))
		c.expected = b.expected
		b.add(c)
	}
	b.hint = c.place + 1
	return c
}

func (b *Batch) reindex() {
	b.index = newNames(len(b.Columns))
	for i, c := range b.Columns {
		c.place = i
		b.index.add(b.Columns, i)
	}
}

func (b *Batch) add(c *Column) {
	if b.Columns == nil {
		const usual = 32
		b.Columns = make([]*Column, 0, usual)
	}
	b.Columns = append(b.Columns, c)
	b.index.add(b.Columns, c.place)
}

// Find returns the column called name, or nil. It is safe for concurrent
// readers of a batch that is no longer written.
func (b *Batch) Find(name string) *Column {
	if b.index.slots != nil {
		return b.index.find(b.Columns, name)
	}
	for _, c := range b.Columns {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// SetString stores a string in the current row, in place of an earlier value there.
func (b *Batch) SetString(c *Column, v string) {
	if c.Kind != String {
		c.widen(String)
	}
	b.new.place(&c.Dict, len(v))
	c.setCode(len(b.Times)-1, c.Dict.Intern(v))
}

// SetBytes is SetString for bytes that lie in a buffer; they are copied.
func (b *Batch) SetBytes(c *Column, v []byte) {
	b.new.place(&c.Dict, len(v))
	c.setBytes(len(b.Times)-1, v)
}

// SetInt stores an integer in the current row; the column widens if it holds other kinds.
func (b *Batch) SetInt(c *Column, v int64) { c.setInt(len(b.Times)-1, v) }

// SetFloat stores a float in the current row; the column widens if it holds other kinds.
func (b *Batch) SetFloat(c *Column, v float64) { c.setFloat(len(b.Times)-1, v) }

// SetBool stores a boolean in the current row; the column widens if it holds other kinds.
func (b *Batch) SetBool(c *Column, v bool) { c.setBool(len(b.Times)-1, v) }

// Set stores a value in the current row under a name; null stores nothing.
func (b *Batch) Set(name string, v Value) {
	if v.kind == Null {
		return
	}
	c := b.Column(name)
	if to := Unify(c.Kind, v.kind); to != v.kind {
		v = v.Convert(to)
	}
	c.set(len(b.Times)-1, v)
}

// Has reports whether the current row already has a value in c.
func (b *Batch) Has(c *Column) bool {
	row, n := len(b.Times)-1, c.Len()
	if c.Rows == nil {
		return n == row+1
	}
	return n > 0 && int(c.Rows[n-1]) == row
}

// Row returns row i as something a filter can ask for fields.
func (b *Batch) Row(i int) Row { return Row{Batch: b, Index: i} }

// Row is one event of a batch. It implements the look-up that query.Match needs.
type Row struct {
	Batch *Batch
	Index int
}

// Get returns the value of a field or system column, null where the row has none.
func (r Row) Get(name string) Value {
	switch name {
	case SystemTime:
		return IntValue(r.Batch.Times[r.Index])
	case SystemEnvironment:
		return StringValue(r.Batch.Environment)
	case SystemDataset:
		return StringValue(r.Batch.Dataset)
	case SystemSampleRate:
		return IntValue(int64(r.Batch.SampleRate(r.Index)))
	}
	if c := r.Batch.Find(name); c != nil {
		return c.Get(r.Index)
	}
	return Value{}
}

// Arrived returns when a row came in, Unix nanoseconds, given its values by name: of
// lines of logs exactly, of others up to [LagStep] early. It is not known of all rows.
func Arrived(get func(name string) Value) (at int64, known bool) {
	if v := get(FieldArrival); v.kind == Int {
		return v.Int(), true
	}
	lag, from := get(SystemLag), get(SystemTime)
	if lag.kind != Int || from.kind != Int {
		return 0, false
	}
	return from.Int() + lag.Int()*LagStep, true
}

// Each calls f for every attribute the row has, in column order.
func (r Row) Each(f func(name string, v Value)) {
	r.All(func(name string, v Value) {
		if name != SystemLag {
			f(name, v)
		}
	})
}

// All is Each for one who copies the row: the system column that not every row has,
// and which is no attribute, is among them.
func (r Row) All(f func(name string, v Value)) {
	for _, c := range r.Batch.Columns {
		if i := c.find(r.Index); i >= 0 {
			f(c.Name, c.ValueAt(i))
		}
	}
}
