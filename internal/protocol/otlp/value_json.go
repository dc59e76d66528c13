package otlp

import (
	"bytes"
	"encoding/base64"
	"math"
	"slices"
	"strconv"

	"github.com/oriel-dev/oriel/internal/event"
)

// maxText bounds the JSON text of a value: what is longer is cut anyhow.
const maxText = maxValue + 64

// maxListed bounds how many attributes of one item, or members of the maps in one
// value, are looked at: far more than are kept.
const maxListed = 1 << 14

// level is a list or map whose rest is still to be written.
type level struct {
	list    message // of values
	at, end int     // of a map: where its members lie in decoder.entries
	start   int     // and where they begin
	closing byte
	wrote   bool
}

// json returns a value as JSON text, which is good until the next call. Members
// of maps are sorted by name, of equal names the last counts: so equal values are
// equal texts, as Honeycomb's encoder has it. Nesting costs no recursion, and
// nothing is written past the length at which values are cut.
func (d *decoder) json(v value) ([]byte, bool) {
	d.jsonText, d.levels, d.entries = d.jsonText[:0], d.levels[:0], d.entries[:0]
	if !d.jsonValue(v) {
		return nil, false
	}
	return d.jsonRest()
}

// jsonAttributes is json for the attributes that a message holds under a field
// number, as one map.
func (d *decoder) jsonAttributes(raw []byte, number int) ([]byte, bool) {
	d.jsonText, d.levels, d.entries = d.jsonText[:0], d.levels[:0], d.entries[:0]
	if !d.jsonMap(raw, number) {
		return nil, false
	}
	return d.jsonRest()
}

// jsonRest writes what was opened.
func (d *decoder) jsonRest() ([]byte, bool) {
	for len(d.levels) > 0 && len(d.jsonText) <= d.most {
		top := &d.levels[len(d.levels)-1]
		next, ok := d.jsonNext(top)
		if !ok {
			if top.list.bad {
				return nil, false
			}
			d.jsonText = append(d.jsonText, top.closing)
			if top.closing == '}' {
				d.entries = d.entries[:top.start]
			}
			d.levels = d.levels[:len(d.levels)-1]
			continue
		}
		v, ok := readValue(next)
		if !ok || !d.jsonValue(v) {
			return nil, false
		}
	}
	return d.jsonText, true
}

// jsonNext writes what stands before the next member of a list or map and
// returns its value; false if there is none.
func (d *decoder) jsonNext(top *level) (raw []byte, ok bool) {
	if top.closing == '}' {
		if top.at == top.end {
			return nil, false
		}
		d.jsonComma(top)
		entry := d.entries[top.at]
		top.at++
		d.jsonText = append(d.quote(d.jsonText, entry.key), ':')
		return entry.value, true
	}
	var f field
	for top.list.next(&f) {
		if f.number == 1 && f.wire == wireBytes {
			d.jsonComma(top)
			return f.bytes, true
		}
	}
	return nil, false
}

func (d *decoder) jsonComma(top *level) {
	if top.wrote {
		d.jsonText = append(d.jsonText, ',')
	}
	top.wrote = true
}

// jsonValue writes a scalar, or opens a list or map.
func (d *decoder) jsonValue(v value) bool {
	switch v.kind {
	case valueText:
		d.jsonText = d.quote(d.jsonText, v.bytes)
	case valueBool:
		d.jsonText = strconv.AppendBool(d.jsonText, v.num != 0)
	case valueInt:
		d.jsonText = strconv.AppendInt(d.jsonText, int64(v.num), 10)
	case valueFloat:
		d.jsonText = appendNumber(d.jsonText, math.Float64frombits(v.num))
	case valueBytes:
		d.jsonText = append(d.jsonText, '"')
		d.jsonText = base64.StdEncoding.AppendEncode(d.jsonText, v.bytes[:min(len(v.bytes), d.most)])
		d.jsonText = append(d.jsonText, '"')
	case valueList:
		d.jsonText = append(d.jsonText, '[')
		d.levels = append(d.levels, level{list: message{rest: v.bytes}, closing: ']'})
	case valueMap:
		return d.jsonMap(v.bytes, 1)
	default:
		d.jsonText = append(d.jsonText, "null"...)
	}
	return true
}

// jsonMap opens a map, whose entries are the fields of a number.
func (d *decoder) jsonMap(list []byte, number int) bool {
	start := len(d.entries)
	m := message{rest: list}
	var f field
	for m.next(&f) {
		if f.number != number || f.wire != wireBytes {
			continue
		}
		if len(d.entries) == maxListed {
			d.out.problem(ReasonTruncated, false, func() string { return "a value with more than " + strconv.Itoa(maxListed) + " members" })
			break
		}
		entry, ok := splitAttribute(f.bytes)
		if !ok {
			return false
		}
		d.entries = append(d.entries, entry)
	}
	if m.bad {
		return false
	}
	d.entries = d.entries[:start+len(sorted(d.entries[start:]))]
	d.jsonText = append(d.jsonText, '{')
	d.levels = append(d.levels, level{start: start, at: start, end: len(d.entries), closing: '}'})
	return true
}

// sorted orders entries by name and keeps the last of equal ones.
func sorted(entries []attribute) []attribute {
	slices.SortStableFunc(entries, func(a, b attribute) int { return bytes.Compare(a.key, b.key) })
	kept := entries[:0]
	for i, e := range entries {
		if i+1 == len(entries) || !bytes.Equal(e.key, entries[i+1].key) {
			kept = append(kept, e)
		}
	}
	return kept
}

// appendNumber writes a float. What JSON has no number for is null.
func appendNumber(out []byte, f float64) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return append(out, "null"...)
	}
	return event.AppendFloat(out, f)
}

// quote writes text as JSON does, without escaping HTML; far more of it than is
// kept is left out.
func (d *decoder) quote(out, text []byte) []byte {
	const hexDigits = "0123456789abcdef"
	text = d.utf8(event.Cut(text, d.most))
	out = append(out, '"')
	from := 0
	for i, c := range text {
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		out = append(out, text[from:i]...)
		from = i + 1
		switch c {
		case '"', '\\':
			out = append(out, '\\', c)
		case '\n':
			out = append(out, '\\', 'n')
		case '\r':
			out = append(out, '\\', 'r')
		case '\t':
			out = append(out, '\\', 't')
		case '\b':
			out = append(out, '\\', 'b')
		case '\f':
			out = append(out, '\\', 'f')
		default:
			out = append(out, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	return append(append(out, text[from:]...), '"')
}
