package otlp

import (
	"encoding/hex"
	"slices"
	"strconv"

	"github.com/oriel-dev/oriel/internal/fault"
)

// Bounds of log records as text.
const (
	maxMessage      = 1 << 20
	maxSurroundings = 16 << 10 // of a resource and its scope, which are in each of their records' texts
)

// LogMessages reads a protobuf request of logs into texts, as services keep records
// that have lines of text and no columns: an object of JSON with the members
// resource, scope, timeUnixNano, observedTimeUnixNano, severityNumber,
// severityText, body, attributes, flags, traceId and spanId, those that there are.
// f gets each record's time in Unix nanoseconds (that of observation where it has
// no other, 0 where it has none) and its text, which is good until the next. An
// error of f ends it and is returned. A text of which parts were longer than a
// megabyte is no longer whole, and nil. Errors: Invalid.
func LogMessages(body []byte, f func(at uint64, text []byte) error) error {
	d := &decoder{out: &Result{}, most: maxMessage}
	var out []byte
	return submessages(body, 1, "a resource", func(raw []byte) error {
		out = out[:0]
		resource, err := d.resourceText(raw, out)
		if err != nil {
			return err
		}
		return submessages(raw, 2, "a scope", func(scope []byte) error {
			head, err := d.scopeText(scope, resource)
			if err != nil {
				return err
			}
			if len(head) > maxSurroundings {
				return fault.New(fault.Invalid, "a resource and its scope have %d bytes as text, the limit is %d", len(head), maxSurroundings)
			}
			err = submessages(scope, 2, "a log record", func(record []byte) error {
				at, text, err := d.recordText(record, head)
				if err != nil {
					return err
				}
				return f(at, text)
			})
			out = head
			return err
		})
	})
}

// resourceText appends {"resource":{"attributes":{…}}.
func (d *decoder) resourceText(raw, out []byte) ([]byte, error) {
	out = append(out, '{')
	err := submessages(raw, 1, "a resource", func(resource []byte) error {
		attributes, ok := d.jsonAttributes(resource, 1)
		if !ok {
			return malformed("a resource")
		}
		out = append(append(append(out[:0], `{"resource":{"attributes":`...), attributes...), '}')
		return nil
	})
	return out, err
}

// scopeText appends ,"scope":{"name":…,"version":…,"attributes":{…}} to what is
// there of the resource.
func (d *decoder) scopeText(raw, resource []byte) ([]byte, error) {
	out := slices.Clip(resource)
	err := submessages(raw, 1, "a scope", func(scope []byte) error {
		m := message{rest: scope}
		var f field
		var name, version []byte
		attributes := false
		for m.next(&f) {
			switch {
			case f.number == 1 && f.wire == wireBytes:
				name = f.bytes
			case f.number == 2 && f.wire == wireBytes:
				version = f.bytes
			case f.number == 3 && f.wire == wireBytes:
				attributes = true
			}
		}
		if m.bad {
			return malformed("a scope")
		}
		out = append(d.member(out, "scope"), '{')
		if len(name) > 0 {
			out = d.quote(d.member(out, "name"), name)
		}
		if len(version) > 0 {
			out = d.quote(d.member(out, "version"), version)
		}
		if attributes {
			text, ok := d.jsonAttributes(scope, 3)
			if !ok {
				return malformed("a scope")
			}
			out = append(d.member(out, "attributes"), text...)
		}
		out = append(out, '}')
		return nil
	})
	return out, err
}

// member appends the name of a member, and a comma before it unless it is the first.
func (d *decoder) member(out []byte, name string) []byte {
	if out[len(out)-1] != '{' {
		out = append(out, ',')
	}
	return append(append(append(out, '"'), name...), `":`...)
}

func (d *decoder) recordText(raw, head []byte) (at uint64, text []byte, err error) {
	d.attrs = d.attrs[:0]
	var r logFields
	if !d.splitRecord(raw, &r) {
		return 0, nil, malformed("a log record")
	}
	out := append(d.recordOut[:0], head...)
	number := func(name string, n uint64) {
		if n > 0 {
			out = strconv.AppendUint(d.member(out, name), n, 10)
		}
	}
	number("timeUnixNano", r.time)
	number("observedTimeUnixNano", r.observed)
	number("severityNumber", r.severity)
	if len(r.text) > 0 {
		out = d.quote(d.member(out, "severityText"), r.text)
	}
	whole := len(r.text) <= maxMessage && len(raw) <= 4*maxMessage
	body, ok := readValue(r.body)
	if !ok {
		return 0, nil, malformed("a log record")
	}
	if body.kind != 0 {
		text, ok := d.json(body)
		if !ok {
			return 0, nil, malformed("a log record")
		}
		whole = whole && len(text) <= maxMessage
		out = append(d.member(out, "body"), text...)
	}
	if len(d.attrs) > 0 {
		text, ok := d.jsonAttributes(raw, 6)
		if !ok {
			return 0, nil, malformed("a log record")
		}
		whole = whole && len(text) <= maxMessage
		out = append(d.member(out, "attributes"), text...)
	}
	number("flags", r.flags)
	if !isZero(r.traceID) {
		out = append(hex.AppendEncode(append(d.member(out, "traceId"), '"'), r.traceID), '"')
	}
	if !isZero(r.spanID) {
		out = append(hex.AppendEncode(append(d.member(out, "spanId"), '"'), r.spanID), '"')
	}
	out = append(out, '}')
	d.recordOut = out
	if at = r.time; at == 0 {
		at = r.observed
	}
	if !whole || len(out) > 2*maxMessage {
		return at, nil, nil
	}
	return at, out, nil
}
