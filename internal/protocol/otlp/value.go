package otlp

import (
	"encoding/binary"
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/oriel-dev/oriel/internal/event"
)

// splitAttribute cuts a KeyValue; ok is false if it is malformed.
func splitAttribute(raw []byte) (a attribute, ok bool) {
	// Nearly all are a short name followed by a short value and nothing else.
	if len(raw) > 4 && raw[0] == 1<<3|wireBytes && raw[1] < 0x80 {
		if at := 2 + int(raw[1]); at+2 <= len(raw) && raw[at] == 2<<3|wireBytes && int(raw[at+1]) == len(raw)-at-2 && raw[at+1] < 0x80 {
			return attribute{raw[2:at:at], raw[at+2:]}, true
		}
	}
	m := message{rest: raw}
	var f field
	for m.next(&f) {
		switch {
		case f.number == 1 && f.wire == wireBytes:
			a.key = f.bytes
		case f.number == 2 && f.wire == wireBytes:
			a.value = f.bytes
		}
	}
	return a, !m.bad
}

// valueKind is which member of the oneof an AnyValue holds, by its field number;
// 0 is none.
type valueKind uint8

const (
	valueText  valueKind = 1
	valueBool  valueKind = 2
	valueInt   valueKind = 3
	valueFloat valueKind = 4
	valueList  valueKind = 5
	valueMap   valueKind = 6
	valueBytes valueKind = 7
)

// value is an AnyValue, its content still on the wire.
type value struct {
	kind  valueKind
	num   uint64
	bytes []byte
}

// readValue reads an AnyValue; of several members the last counts.
func readValue(raw []byte) (v value, ok bool) {
	if len(raw) > 1 && raw[0] == 1<<3|wireBytes && int(raw[1]) == len(raw)-2 && raw[1] < 0x80 {
		return value{kind: valueText, bytes: raw[2:]}, true
	}
	m := message{rest: raw}
	var f field
	for m.next(&f) {
		switch {
		case f.wire == wireBytes && (f.number == 1 || f.number >= 5 && f.number <= 7),
			f.wire == wireVarint && (f.number == 2 || f.number == 3),
			f.wire == wireFixed64 && f.number == 4:
			v = value{valueKind(f.number), f.num, f.bytes}
		}
	}
	return v, !m.bad
}

// set stores an attribute of the row's own item; one that names the sample rate
// was read before. False if it is malformed.
func (d *decoder) set(b *event.Batch, raw []byte) bool {
	a, ok := splitAttribute(raw)
	if !ok {
		return false
	}
	if len(a.key) == 0 || isRate(a) {
		return true
	}
	return d.setPlain(b, a) || d.setValue(b, a.key, a.value, 0)
}

// setPlain is setValue for what nearly all attributes are: a short name, and a
// short text or a number, in as few bytes as can be. False if it is anything else.
func (d *decoder) setPlain(b *event.Batch, a attribute) bool {
	v := a.value
	if len(v) < 2 || len(a.key) > maxName || d.fields >= maxFields || !isASCII(a.key) {
		return false
	}
	known := len(b.Columns)
	switch {
	case v[0] == 1<<3|wireBytes && int(v[1]) == len(v)-2 && v[1] < 0x80 && isASCII(v[2:]):
		d.put(b, b.ColumnBytes(a.key), v[2:])
	case v[0] == 3<<3|wireVarint && len(v) == 2 && v[1] < 0x80:
		b.SetInt(b.ColumnBytes(a.key), int64(v[1]))
	case v[0] == 3<<3|wireVarint:
		n, size := binary.Uvarint(v[1:])
		if size != len(v)-1 {
			return false
		}
		b.SetInt(b.ColumnBytes(a.key), int64(n))
	case v[0] == 4<<3|wireFixed64 && len(v) == 9:
		b.SetFloat(b.ColumnBytes(a.key), math.Float64frombits(binary.LittleEndian.Uint64(v[1:])))
	default:
		return false
	}
	d.fields++
	d.grow(cellBytes)
	if len(b.Columns) != known {
		d.grow(columnBytes)
	}
	return true
}

// column finds the column of a name that is short enough, nil if the row has too
// many fields already.
func (d *decoder) column(b *event.Batch, key []byte) *event.Column {
	if len(key) > maxName {
		d.longName(key)
		return nil
	}
	if d.fields++; d.fields > maxFields {
		d.out.problem(ReasonFields, false, func() string { return "more than " + strconv.Itoa(maxFields) + " fields" })
		return nil
	}
	d.grow(cellBytes)
	known := len(b.Columns)
	c := b.ColumnBytes(d.utf8(key))
	if len(b.Columns) != known {
		d.grow(columnBytes)
	}
	return c
}

func (d *decoder) longName(key []byte) {
	d.out.problem(ReasonLongName, false, func() string { return "name " + string(key[:60]) + "…" })
}

// utf8 replaces what is not UTF-8. The result may be three times as long: what
// is not kept must be cut off before.
func (d *decoder) utf8(text []byte) []byte {
	out := toValid(text)
	if len(out) != len(text) { // each replacement is longer than what it replaces
		d.out.problem(ReasonBadEncoding, false, func() string { return "text that is not UTF-8" })
	}
	return out
}

// isASCII is utf8.Valid for the common case, at a fraction of its cost.
func isASCII(text []byte) bool {
	const high = 0x8080808080808080
	n := len(text)
	if n < 8 {
		var all byte
		for _, c := range text {
			all |= c
		}
		return all < utf8.RuneSelf
	}
	for i := 0; i+8 <= n; i += 8 {
		if binary.LittleEndian.Uint64(text[i:])&high != 0 {
			return false
		}
	}
	return binary.LittleEndian.Uint64(text[n-8:])&high == 0
}

// toValid replaces each byte that is not UTF-8; valid text is returned as it is.
func toValid(text []byte) []byte {
	if isASCII(text) || utf8.Valid(text) {
		return text
	}
	out := make([]byte, 0, len(text)+len(text)/2)
	for _, r := range string(text) { // ranging replaces each bad byte
		out = utf8.AppendRune(out, r)
	}
	return out
}

// setValue stores an AnyValue under a name. Maps become dotted names down to
// maxDepth, what is deeper and lists become JSON text.
func (d *decoder) setValue(b *event.Batch, key, raw []byte, depth int) bool {
	v, ok := readValue(raw)
	if !ok {
		return false
	}
	switch v.kind {
	case valueText:
		if c := d.column(b, key); c != nil {
			d.text(b, c, v.bytes)
		}
	case valueBool:
		if c := d.column(b, key); c != nil {
			b.SetBool(c, v.num != 0)
		}
	case valueInt:
		if c := d.column(b, key); c != nil {
			b.SetInt(c, int64(v.num))
		}
	case valueFloat:
		if c := d.column(b, key); c != nil {
			b.SetFloat(c, math.Float64frombits(v.num))
		}
	case valueMap:
		if depth < maxDepth {
			return d.setMap(b, key, v.bytes, depth+1)
		}
		return d.setJSON(b, key, v)
	case valueList, valueBytes:
		return d.setJSON(b, key, v)
	}
	return true
}

func (d *decoder) setMap(b *event.Batch, key, list []byte, depth int) bool {
	return d.eachEntry(key, list, func(name, value []byte) bool { return d.setValue(b, name, value, depth) })
}

// eachEntry calls f for the entries of a map with their dotted names. Under a
// name that is too long already they are left out unread: each map in it would
// copy the name.
func (d *decoder) eachEntry(key, list []byte, f func(name, value []byte) bool) bool {
	if len(key) > maxName {
		d.longName(key)
		return true
	}
	m := message{rest: list}
	var entry field
	var name []byte
	for m.next(&entry) {
		if entry.number != 1 || entry.wire != wireBytes {
			continue
		}
		a, ok := splitAttribute(entry.bytes)
		if !ok {
			return false
		}
		if len(a.key) == 0 {
			continue
		}
		if name == nil {
			name = append(append(make([]byte, 0, len(key)+64), key...), '.')
		}
		if !f(append(name[:len(key)+1], a.key...), a.value) {
			return false
		}
	}
	return !m.bad
}

func (d *decoder) setJSON(b *event.Batch, key []byte, v value) bool {
	text, ok := d.json(v)
	if !ok {
		return false
	}
	if c := d.column(b, key); c != nil {
		d.put(b, c, d.limited(text))
	}
	return true
}

// text stores text that may be too long or not UTF-8.
func (d *decoder) text(b *event.Batch, c *event.Column, text []byte) {
	d.put(b, c, d.sound(text))
}

// sound returns text as it is kept: UTF-8, and no longer than values may be.
func (d *decoder) sound(text []byte) []byte { return d.soundUpTo(text, maxValue) }

func (d *decoder) soundUpTo(text []byte, most int) []byte {
	short := event.Cut(text, most)
	valid := d.utf8(short)
	kept := event.Cut(valid, most)
	if len(short) < len(text) || len(kept) < len(valid) {
		d.truncated(len(text))
	}
	return kept
}

// put stores text and counts what it costs.
func (d *decoder) put(b *event.Batch, c *event.Column, text []byte) {
	before := len(c.Dict.Data)
	b.SetBytes(c, text)
	d.grow(len(c.Dict.Data) - before)
}

// limited cuts a value that is too long, between characters.
func (d *decoder) limited(text []byte) []byte {
	kept := event.Cut(text, maxValue)
	if len(kept) < len(text) {
		d.truncated(len(text))
	}
	return kept
}

func (d *decoder) truncated(size int) {
	d.out.problem(ReasonTruncated, false, func() string { return "a value of " + strconv.Itoa(size) + " bytes" })
}

// constant is a field that all rows of a resource or scope have: read once, set
// often.
type constant struct {
	key  []byte
	kind valueKind // text, bool, int or float
	num  uint64
	text []byte
}

// constants appends what attributes become, but for those that name the sample
// rate. False if one is malformed.
func (d *decoder) constants(list []constant, attrs []attribute) ([]constant, bool) {
	for i := range attrs {
		if len(attrs[i].key) == 0 || isRate(attrs[i]) {
			continue
		}
		var ok bool
		if list, ok = d.constant(list, attrs[i].key, attrs[i].value, 0); !ok {
			return list, false
		}
	}
	return list, true
}

func (d *decoder) constant(list []constant, key, raw []byte, depth int) ([]constant, bool) {
	v, ok := readValue(raw)
	if !ok || v.kind == 0 {
		return list, ok
	}
	if len(key) > maxName {
		d.longName(key)
		return list, true
	}
	c := constant{key: d.utf8(key), kind: v.kind, num: v.num}
	switch {
	case v.kind == valueMap && depth < maxDepth:
		ok = d.eachEntry(key, v.bytes, func(name, value []byte) bool {
			list, ok = d.constant(list, append([]byte(nil), name...), value, depth+1)
			return ok
		})
		return list, ok
	case v.kind == valueText:
		c.text = d.sound(v.bytes)
	case v.kind == valueList || v.kind == valueMap || v.kind == valueBytes:
		text, ok := d.json(v)
		if !ok {
			return list, false
		}
		c.kind, c.text = valueText, append([]byte(nil), d.limited(text)...)
	}
	return append(list, c), true
}

// setConstants stores fields read before, later ones over earlier ones.
func (d *decoder) setConstants(b *event.Batch, list []constant) {
	d.grow(cellBytes * len(list))
	for i := range list {
		k := &list[i]
		if d.fields++; d.fields > maxFields {
			d.out.problem(ReasonFields, false, func() string { return "more than " + strconv.Itoa(maxFields) + " fields" })
			continue
		}
		c := b.ColumnBytes(k.key)
		switch k.kind {
		case valueText:
			d.put(b, c, k.text)
		case valueBool:
			b.SetBool(c, k.num != 0)
		case valueInt:
			b.SetInt(c, int64(k.num))
		case valueFloat:
			b.SetFloat(c, math.Float64frombits(k.num))
		case valueList, valueMap, valueBytes: // are texts or several fields by now
		}
	}
}
