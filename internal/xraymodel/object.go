package xraymodel

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"strconv"
)

// object is a JSON object that is being written. What is empty is left out.
type object struct{ b []byte }

func (o *object) raw(name string, value []byte) {
	if len(value) == 0 {
		return
	}
	if len(o.b) == 0 {
		o.b = append(o.b, '{')
	} else {
		o.b = append(o.b, ',')
	}
	o.b = append(o.b, quoted(name)...)
	o.b = append(o.b, ':')
	o.b = append(o.b, value...)
}

func (o *object) text(name, value string) {
	if value != "" {
		o.raw(name, quoted(value))
	}
}

func (o *object) truth(name string, value bool) { o.raw(name, strconv.AppendBool(nil, value)) }

func (o *object) flags(p *Part) {
	for _, f := range [...]struct {
		flag Flags
		name string
	}{{Error, "error"}, {Fault, "fault"}, {Throttle, "throttle"}} {
		if p.Flags.Has(f.flag) {
			o.truth(f.name, true)
		}
	}
}

// group writes members from fields that a part has.
func (o *object) group(name string, p *Part, fields map[string]string) {
	g := object{}
	names := make([]string, 0, len(fields))
	for member := range fields {
		names = append(names, member)
	}
	slices.Sort(names)
	for _, member := range names {
		g.text(member, p.first(fields[member]))
	}
	o.raw(name, g.endIfAny())
}

func (o *object) end() []byte {
	if len(o.b) == 0 {
		o.b = append(o.b, '{')
	}
	return append(o.b, '}')
}

func (o *object) endIfAny() []byte {
	if len(o.b) == 0 {
		return nil
	}
	return append(o.b, '}')
}

func quoted(text string) []byte {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(text) // a text can be
	return bytes.TrimRight(out.Bytes(), "\n")
}

// appendSeconds appends Unix nanoseconds as decimal seconds, exactly.
func appendSeconds(out []byte, ns int64) []byte {
	const second = int64(1e9)
	if ns < 0 && ns > math.MinInt64 {
		out, ns = append(out, '-'), -ns
	}
	out = strconv.AppendInt(out, ns/second, 10)
	if part := ns % second; part != 0 {
		digits := strconv.AppendInt(nil, second+part, 10)
		digits[0] = '.'
		out = append(out, bytes.TrimRight(digits, "0")...)
	}
	return out
}
