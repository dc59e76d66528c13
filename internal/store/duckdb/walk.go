package duckdb

import (
	"encoding/binary"
	"slices"

	"github.com/oriel-dev/oriel/internal/call"
	"github.com/oriel-dev/oriel/internal/event"
)

// walk gives the values of a column row by row, rows growing.
type walk struct {
	c     *event.Column // nil if the batch has none
	rows  []uint32      // nil where value i belongs to row i
	codes []uint32      // of a text column
	n     int
	next  int
}

func walkOf(b *event.Batch, name string) walk {
	c := b.Find(name)
	if c == nil {
		return walk{}
	}
	w := walk{c: c, rows: c.Rows, n: c.Len()}
	if c.Kind == event.String {
		w.codes = c.Codes
	}
	return w
}

func (w *walk) at(row int) (index int, ok bool) {
	if w.rows == nil {
		return row, row < w.n
	}
	for w.next < len(w.rows) && int(w.rows[w.next]) < row {
		w.next++
	}
	return w.next, w.next < len(w.rows) && int(w.rows[w.next]) == row
}

// code returns the code of a text column's value, noCode if the row has none.
func (w *walk) code(row int) uint32 {
	if w.codes == nil {
		return noCode
	}
	if i, ok := w.at(row); ok {
		return w.codes[i]
	}
	return noCode
}

// eachText tests the different texts of a text column, by code.
func (w *walk) eachText(f func(text string) bool) []bool {
	if w.codes == nil {
		return nil
	}
	is := make([]bool, w.c.Dict.Len())
	for code := range is {
		is[code] = f(w.c.Dict.Text(uint32(code)))
	}
	return is
}

func (w *walk) has(row int) bool {
	if w.n == 0 {
		return false
	}
	i, ok := w.at(row)
	switch {
	case !ok:
		return false
	case w.codes != nil:
		return len(w.c.Dict.Bytes(w.codes[i])) > 0
	}
	return w.c.ValueAt(i).Text() != ""
}

func (w *walk) value(row int) event.Value {
	if i, ok := w.at(row); ok {
		return w.c.ValueAt(i)
	}
	return event.Value{}
}

// bytes returns a row's text, nil if it has none.
func (w *walk) bytes(row int) []byte {
	if code := w.code(row); code != noCode {
		return w.c.Dict.Bytes(code)
	}
	return nil
}

func (w *walk) text(code uint32) string {
	if code == noCode {
		return ""
	}
	return string(w.c.Dict.Bytes(code))
}

// fieldsOfRow reads those of the wanted fields that a batch has.
type fieldsOfRow struct {
	walks map[string]*walk
	row   int
}

func fieldsIn(b *event.Batch, wanted []string) *fieldsOfRow {
	f := &fieldsOfRow{walks: map[string]*walk{}}
	for _, name := range wanted {
		if w := walkOf(b, name); w.c != nil {
			f.walks[name] = &w
		}
	}
	return f
}

func (f *fieldsOfRow) get(name string) event.Value {
	if w := f.walks[name]; w != nil {
		return w.value(f.row)
	}
	return event.Value{}
}

// outcomes tells how the spans of a batch ended.
type outcomes struct {
	status, oldStatus, failed, fault, refused, throttled walk
	documents                                            bool // some spans came as documents of X-Ray
}

func outcomesOf(b *event.Batch) *outcomes {
	at := func(name string) walk { return walkOf(b, name) }
	o := &outcomes{
		status: at(call.FieldStatus), oldStatus: at(call.FieldOldStatus), failed: at(event.FieldError),
		fault: at(call.FieldFault), refused: at(call.FieldRefused), throttled: at(call.FieldThrottled),
	}
	o.documents = o.fault.n+o.refused.n+o.throttled.n > 0
	return o
}

func (o *outcomes) at(row int) call.Outcome {
	m := call.Marks{Status: o.status.status(row)}
	if m.Status == 0 {
		m.Status = o.oldStatus.status(row)
	}
	m.Failed = o.failed.n > 0 && event.Failed(o.failed.value(row))
	if o.documents {
		m.Fault, m.Refused, m.Throttled = o.fault.value(row).Bool(), o.refused.value(row).Bool(), o.throttled.value(row).Bool()
	}
	return m.Outcome()
}

func (w *walk) status(row int) int {
	if w.n == 0 {
		return 0
	}
	return call.StatusOf(w.value(row))
}

// peers tells whom the calls of a batch went to. Most rows of a batch say it with
// few different texts, so what they mean is worked out once for each.
type peers struct {
	fields *fieldsOfRow
	texts  []*walk // by call.PeerFields; nil where the batch has none
	name   *walk
	known  map[string]call.Peer
	key    []byte
}

const mostKnownPeers = 20_000

func peersOf(b *event.Batch) *peers {
	p := &peers{fields: fieldsIn(b, append(call.PeerFields(), call.LastResorts()...)), known: map[string]call.Peer{}}
	for _, name := range call.PeerFields() {
		p.texts = append(p.texts, p.fields.walks[name])
	}
	p.name = p.fields.walks[event.FieldName]
	return p
}

func (p *peers) at(row int) call.Peer {
	p.fields.row = row
	if !p.remember(row) {
		return call.PeerOf(p.fields.get)
	}
	peer, ok := p.known[string(p.key)]
	if !ok {
		if len(p.known) > mostKnownPeers {
			clear(p.known)
		}
		peer = call.PeerOf(p.fields.get)
		p.known[string(p.key)] = peer
	}
	return peer
}

// remember makes the key under which the row's peer may be kept, if it may.
func (p *peers) remember(row int) bool {
	p.key = p.key[:0]
	told := false
	for i, w := range p.texts {
		if w == nil {
			continue
		}
		if w.c.Kind != event.String {
			return false
		}
		code := w.code(row)
		p.key = binary.LittleEndian.AppendUint32(p.key, code)
		if code != noCode && i < call.DecidingFields {
			told = true
		}
		if name := call.PeerFields()[i]; name == call.FieldDocument && code != noCode && p.name != nil && p.name.c.Kind == event.String {
			p.key = binary.LittleEndian.AppendUint32(p.key, p.name.code(row))
			told = true
		}
	}
	return told
}

// origins tells in which places the services of a batch's spans run. What the texts
// of a row mean is worked out once for each combination of them.
type origins struct {
	batch *fieldsOfRow
	walks []*walk // by call.OriginFields; nil where the batch has none
	told  bool    // rows say an origin, or nothing: no others
	mixed bool    // some are no texts
	known map[[4]uint32]uint32
	texts []string // by code
}

func originsOf(b *event.Batch) *origins {
	names := call.OriginFields()
	o := &origins{batch: fieldsIn(b, names[:]), known: map[[4]uint32]uint32{}, told: true}
	for i, name := range names {
		w := o.batch.walks[name]
		o.walks = append(o.walks, w)
		o.told = o.told && (i != 1 || w == nil) // without a platform the others say nothing
		o.mixed = o.mixed || w != nil && w.c.Kind != event.String
	}
	return o
}

// code stands for the row's origin within the batch, noCode if it has none.
func (o *origins) code(row int) uint32 {
	if o.told && o.walks[0] == nil {
		return noCode
	}
	key := [4]uint32{noCode, noCode, noCode, noCode}
	for i, w := range o.walks {
		if w != nil && (i == 0 || !o.told) {
			key[i] = w.code(row)
		}
	}
	at, ok := o.known[key]
	if !ok || o.mixed {
		at = noCode
		o.batch.row = row
		if text := call.OriginOf(o.batch.get); text != "" {
			if at = uint32(slices.Index(o.texts, text)); at == noCode {
				at = uint32(len(o.texts))
				o.texts = append(o.texts, text)
			}
		}
		o.known[key] = at
	}
	return at
}

func (o *origins) text(code uint32) string {
	if code == noCode {
		return ""
	}
	return o.texts[code]
}
