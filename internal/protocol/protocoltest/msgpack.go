package protocoltest

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"
)

// Msgpack writes JSON as msgpack, each value in as few bytes as can be, members in
// the order they have. A text in RFC 3339 called "time" becomes the extension for
// times. It is written from the published description and shares nothing with the
// room that reads it.
func Msgpack(text []byte) ([]byte, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var m msgpackWriter
	if err := m.value(d, ""); err != nil {
		return nil, err
	}
	if d.More() {
		return nil, fmt.Errorf("something follows the JSON")
	}
	return m.out, nil
}

type msgpackWriter struct{ out []byte }

func (m *msgpackWriter) value(d *json.Decoder, name string) error {
	token, err := d.Token()
	if err != nil {
		return err
	}
	switch v := token.(type) {
	case nil:
		m.out = append(m.out, 0xc0)
	case bool:
		m.out = append(m.out, map[bool]byte{false: 0xc2, true: 0xc3}[v])
	case json.Number:
		m.number(v)
	case string:
		if at, err := time.Parse(time.RFC3339Nano, v); err == nil && name == "time" {
			m.time(at)
		} else {
			m.text(v)
		}
	case json.Delim:
		return m.members(d, v == '{')
	}
	return nil
}

// members writes what is in a list or map, and before it how many there are.
func (m *msgpackWriter) members(d *json.Decoder, isMap bool) error {
	inner, n := msgpackWriter{}, 0
	for ; d.More(); n++ {
		name := ""
		if isMap {
			token, err := d.Token()
			if err != nil {
				return err
			}
			name = token.(string) //nolint:forcetypeassert // the decoder takes nothing else
			inner.text(name)
		}
		if err := inner.value(d, name); err != nil {
			return err
		}
	}
	if isMap {
		m.head(n, 0x80, 15, 0, 0xde, 0xdf)
	} else {
		m.head(n, 0x90, 15, 0, 0xdc, 0xdd)
	}
	m.out = append(m.out, inner.out...)
	_, err := d.Token()
	return err
}

// head writes a length: in the first byte up to fix, else in one (unless there is
// no such form), two or four bytes of their own.
func (m *msgpackWriter) head(n int, first byte, fix int, one, two, four byte) {
	switch {
	case n <= fix:
		m.out = append(m.out, first|byte(n))
	case n <= math.MaxUint8 && one != 0:
		m.out = append(m.out, one, byte(n))
	case n <= math.MaxUint16:
		m.out = binary.BigEndian.AppendUint16(append(m.out, two), uint16(n))
	default:
		m.out = binary.BigEndian.AppendUint32(append(m.out, four), uint32(n))
	}
}

func (m *msgpackWriter) text(s string) {
	m.head(len(s), 0xa0, 31, 0xd9, 0xda, 0xdb)
	m.out = append(m.out, s...)
}

func (m *msgpackWriter) number(v json.Number) {
	n, err := v.Int64()
	switch f, _ := v.Float64(); {
	case err != nil || strings.ContainsAny(string(v), ".eE"):
		m.out = binary.BigEndian.AppendUint64(append(m.out, 0xcb), math.Float64bits(f))
	case n >= -32 && n <= math.MaxInt8:
		m.out = append(m.out, byte(n))
	case n >= math.MinInt8 && n <= math.MaxInt8:
		m.out = append(m.out, 0xd0, byte(n))
	case n >= 0 && n <= math.MaxUint8:
		m.out = append(m.out, 0xcc, byte(n))
	case n >= math.MinInt16 && n <= math.MaxInt16:
		m.out = binary.BigEndian.AppendUint16(append(m.out, 0xd1), uint16(n))
	case n >= math.MinInt32 && n <= math.MaxInt32:
		m.out = binary.BigEndian.AppendUint32(append(m.out, 0xd2), uint32(n))
	default:
		m.out = binary.BigEndian.AppendUint64(append(m.out, 0xd3), uint64(n))
	}
}

func (m *msgpackWriter) time(at time.Time) {
	s, n := at.Unix(), uint64(at.Nanosecond())
	switch {
	case s >= 0 && s <= math.MaxUint32 && n == 0:
		m.out = binary.BigEndian.AppendUint32(append(m.out, 0xd6, 0xff), uint32(s))
	case s >= 0 && s < 1<<34:
		m.out = binary.BigEndian.AppendUint64(append(m.out, 0xd7, 0xff), n<<34|uint64(s))
	default:
		m.out = binary.BigEndian.AppendUint32(append(m.out, 0xc7, 12, 0xff), uint32(n))
		m.out = binary.BigEndian.AppendUint64(m.out, uint64(s))
	}
}
