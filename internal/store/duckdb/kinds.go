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
	for i := range b.Len() {
		if query.Match(e, unified{sn, b.Row(i)}) {
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
	v := u.row.Get(name)
	if kind := u.sn.Kind(name); kind != event.Null && !v.IsNull() && v.Kind() != kind {
		return v.Convert(kind)
	}
	return v
}
