package duckdb

import (
	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
)

// mask is query.MaskOf with values in the kinds that all rows of the snapshot
// have: a field may be a number in one segment and a text in another, and what
// functions give depends on the kinds of what they are given.
func (sn *snapshot) mask(e query.Expr, b *event.Batch) query.Mask {
	alike := !query.HasCalls(e)
	for _, name := range query.FieldsOf(e) {
		if c := b.Find(name); c != nil && c.Len() > 0 && c.Kind != sn.Kind(name) && sn.Kind(name) != event.Null {
			alike = false
		}
	}
	if alike {
		return query.MaskOf(e, b)
	}
	m := query.NewMask(b.Len())
	rows := sn.walk(e, b)
	holds := query.Condition(e, rows.Kind)
	for i := range b.Len() {
		if holds(rows.at(i)) {
			m.Set(i)
		}
	}
	return m
}

// unified is a row with its values in the kinds of a snapshot.
type unified struct {
	sn  *snapshot
	row event.Row
}

var _ query.Typed = unified{}

// Kind implements query.Typed.
func (u unified) Kind(name string) event.Kind {
	switch name {
	case event.SystemTime, event.SystemSampleRate:
		return event.Int
	case event.SystemDataset, event.SystemEnvironment:
		return event.String
	}
	return u.sn.Kind(name)
}

// Get implements query.Row.
func (u unified) Get(name string) event.Value {
	return inKind(u.row.Get(name), u.sn.Kind(name))
}

// unifiedRows is unified for the rows of a batch, for one who goes through them in
// their order: what an expression reads is found once for all rows.
type unifiedRows struct {
	unified
	fields []rowField
}

// rowField is a field of rows that are gone through.
type rowField struct {
	name   string
	column *event.Column // nil if no row has a value
	kind   event.Kind    // of all rows of the snapshot
	next   int           // of the column's values, the first that is not before the row
}

var _ query.Typed = (*unifiedRows)(nil)

// walk goes through the rows of a batch for an expression.
func (sn *snapshot) walk(e query.Expr, b *event.Batch) *unifiedRows {
	r := &unifiedRows{unified: unified{sn: sn, row: b.Row(0)}}
	for _, name := range query.FieldsOf(e) {
		if !event.IsSystem(name) {
			r.fields = append(r.fields, rowField{name: name, column: b.Find(name), kind: sn.Kind(name)})
		}
	}
	return r
}

// at goes to a row, which must not be before the one at hand.
func (r *unifiedRows) at(row int) *unifiedRows {
	r.row.Index = row
	return r
}

// Get implements query.Row.
func (r *unifiedRows) Get(name string) event.Value {
	for i := range r.fields {
		if f := &r.fields[i]; f.name == name {
			return f.get(r.row.Index)
		}
	}
	return r.unified.Get(name)
}

func (f *rowField) get(row int) event.Value {
	c := f.column
	if c == nil {
		return event.Value{}
	}
	n := c.Len()
	if c.Rows == nil {
		f.next = row
	}
	for f.next < n && c.Row(f.next) < row {
		f.next++
	}
	if f.next >= n || c.Row(f.next) != row {
		return event.Value{}
	}
	return inKind(c.ValueAt(f.next), f.kind)
}

// inKind turns a value into the kind that all rows of a snapshot have of its field.
func inKind(v event.Value, kind event.Kind) event.Value {
	if kind == event.Null || v.IsNull() || v.Kind() == kind {
		return v
	}
	return v.Convert(kind)
}
