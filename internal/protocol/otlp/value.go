package otlp

import (
	"encoding/base64"
	"encoding/json"
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/oriel-dev/oriel/internal/event"
)

// splitAttribute cuts a KeyValue; ok is false if it is malformed.
func splitAttribute(raw []byte) (a attribute, ok bool) {
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

// attributes appends what a message holds under a field number; false if malformed.
func attributes(list []attribute, raw []byte, number int) ([]attribute, bool) {
	m := message{rest: raw}
	var f field
	for m.next(&f) {
		if f.number == number && f.wire == wireBytes {
			a, ok := splitAttribute(f.bytes)
			if !ok {
				return list, false
			}
			list = append(list, a)
		}
	}
	return list, !m.bad
}

// setAll stores attributes in the current row, later ones over earlier ones.
func (d *decoder) setAll(b *event.Batch, list []attribute, rank int) bool {
	for i := range list {
		if !d.set(b, list[i].key, list[i].value, rank) {
			return false
		}
	}
	return true
}

// set stores one attribute; a sample rate sets the row's instead. False if the
// value is malformed.
func (d *decoder) set(b *event.Batch, key, value []byte, rank int) bool {
	if len(key) == 0 {
		return true
	}
	if len(key) == 10 && rank > 0 && (string(key) == "sampleRate" || string(key) == "SampleRate") {
		return d.sampleRate(value, 2*rank+btoi(key[0] == 's'))
	}
	return d.setValue(b, key, value, 0)
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// column finds the column of a name that is short enough, nil if the row has too
// many fields already.
func (d *decoder) column(b *event.Batch, key []byte) *event.Column {
	if len(key) > maxName {
		d.out.problem(ReasonLongName, false, func() string { return "name " + string(key[:60]) + "…" })
		return nil
	}
	if d.fields++; d.fields > maxFields {
		d.out.problem(ReasonFields, false, func() string { return "more than " + strconv.Itoa(maxFields) + " fields" })
		return nil
	}
	return b.ColumnBytes(d.utf8(key))
}

// utf8 replaces what is not UTF-8.
func (d *decoder) utf8(text []byte) []byte {
	if utf8.Valid(text) {
		return text
	}
	d.out.problem(ReasonBadEncoding, false, func() string { return "text that is not UTF-8" })
	return []byte(toValid(text))
}

func toValid(text []byte) string {
	out := make([]rune, 0, len(text))
	for _, r := range string(text) { // ranging replaces each bad byte
		out = append(out, r)
	}
	return string(out)
}

// setValue stores an AnyValue under a name. Maps become dotted names down to
// maxDepth, what is deeper and lists become JSON text.
func (d *decoder) setValue(b *event.Batch, key, value []byte, depth int) bool { //nolint:cyclop // one case for each form, side by side
	m := message{rest: value}
	var f field
	for m.next(&f) {
		switch {
		case f.number == 1 && f.wire == wireBytes:
			if c := d.column(b, key); c != nil {
				b.SetBytes(c, d.limited(d.utf8(f.bytes)))
			}
		case f.number == 2 && f.wire == wireVarint:
			if c := d.column(b, key); c != nil {
				b.SetBool(c, f.num != 0)
			}
		case f.number == 3 && f.wire == wireVarint:
			if c := d.column(b, key); c != nil {
				b.SetInt(c, int64(f.num))
			}
		case f.number == 4 && f.wire == wireFixed64:
			if c := d.column(b, key); c != nil {
				b.SetFloat(c, math.Float64frombits(f.num))
			}
		case f.number == 6 && f.wire == wireBytes && depth < maxDepth:
			if !d.setMap(b, key, f.bytes, depth+1) {
				return false
			}
		case (f.number == 5 || f.number == 6) && f.wire == wireBytes, f.number == 7 && f.wire == wireBytes:
			text, ok := appendJSON(nil, value, 0)
			if !ok {
				return false
			}
			if c := d.column(b, key); c != nil {
				b.SetBytes(c, d.limited(text))
			}
		}
	}
	return !m.bad
}

func (d *decoder) setMap(b *event.Batch, key, list []byte, depth int) bool {
	entries, ok := attributes(nil, list, 1)
	if !ok {
		return false
	}
	prefix := append(append([]byte(nil), key...), '.')
	for _, e := range entries {
		if len(e.key) > 0 && !d.setValue(b, append(prefix[:len(key)+1:len(key)+1], e.key...), e.value, depth) {
			return false
		}
	}
	return true
}

// limited cuts a value that is too long, between characters.
func (d *decoder) limited(text []byte) []byte {
	if len(text) <= maxValue {
		return text
	}
	d.out.problem(ReasonTruncated, false, func() string { return "a value of " + strconv.Itoa(len(text)) + " bytes" })
	n := maxValue
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}

// appendJSON writes an AnyValue as JSON; deeper than maxNest it is null.
func appendJSON(out, value []byte, depth int) ([]byte, bool) { //nolint:cyclop // one case for each form, side by side
	if depth > maxNest {
		return append(out, "null"...), true
	}
	m := message{rest: value}
	var f field
	wrote := false
	for !wrote && m.next(&f) {
		wrote = true
		ok := true
		switch {
		case f.number == 1 && f.wire == wireBytes:
			out = appendText(out, f.bytes)
		case f.number == 2 && f.wire == wireVarint:
			out = strconv.AppendBool(out, f.num != 0)
		case f.number == 3 && f.wire == wireVarint:
			out = strconv.AppendInt(out, int64(f.num), 10)
		case f.number == 4 && f.wire == wireFixed64:
			out = appendNumber(out, math.Float64frombits(f.num))
		case f.number == 5 && f.wire == wireBytes:
			out, ok = appendList(out, f.bytes, depth)
		case f.number == 6 && f.wire == wireBytes:
			out, ok = appendObject(out, f.bytes, depth)
		case f.number == 7 && f.wire == wireBytes:
			out = append(out, '"')
			out = base64.StdEncoding.AppendEncode(out, f.bytes)
			out = append(out, '"')
		default:
			wrote = false
		}
		if !ok {
			return out, false
		}
	}
	if !wrote {
		out = append(out, "null"...)
	}
	return out, !m.bad
}

func appendNumber(out []byte, f float64) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return append(out, "null"...) // JSON has no such numbers
	}
	return event.AppendFloat(out, f)
}

// appendText quotes text for JSON without escaping HTML.
func appendText(out, text []byte) []byte {
	quoted, err := json.Marshal(string(text))
	if err != nil {
		return append(out, `""`...) // texts can always be quoted
	}
	for i := 0; i < len(quoted); i++ {
		if quoted[i] == '\\' && i+5 < len(quoted) && quoted[i+1] == 'u' {
			switch string(quoted[i+2 : i+6]) {
			case "003c":
				out = append(out, '<')
				i += 5
				continue
			case "003e":
				out = append(out, '>')
				i += 5
				continue
			case "0026":
				out = append(out, '&')
				i += 5
				continue
			}
		}
		out = append(out, quoted[i])
		if quoted[i] == '\\' && i+1 < len(quoted) {
			i++
			out = append(out, quoted[i])
		}
	}
	return out
}

func appendList(out, list []byte, depth int) ([]byte, bool) {
	out = append(out, '[')
	m := message{rest: list}
	var f field
	first, ok := true, true
	for ok && m.next(&f) {
		if f.number != 1 || f.wire != wireBytes {
			continue
		}
		if !first {
			out = append(out, ',')
		}
		first = false
		out, ok = appendJSON(out, f.bytes, depth+1)
	}
	return append(out, ']'), ok && !m.bad
}

func appendObject(out, list []byte, depth int) ([]byte, bool) {
	entries, ok := attributes(nil, list, 1)
	if !ok {
		return out, false
	}
	out = append(out, '{')
	for i, e := range entries {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(appendText(out, e.key), ':')
		if out, ok = appendJSON(out, e.value, depth+1); !ok {
			return out, false
		}
	}
	return append(out, '}'), true
}
