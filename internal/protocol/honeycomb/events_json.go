package honeycomb

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/protocol/jsonscan"
)

// jsonEvents reads events from JSON, token by token.
type jsonEvents struct {
	jsonscan.Scanner
	*events
}

// readJSON reads a body of JSON.
func (e *events) readJSON(body []byte, single bool) error {
	r := &jsonEvents{Scanner: jsonscan.Scanner{In: body, Loose: true}, events: e}
	var err error
	if single {
		err = r.single()
	} else {
		err = r.list()
	}
	if err == nil && (r.Peek() != 0 || r.At < len(r.In)) {
		r.Fail("%s where the request must end", r.Here())
	}
	if r.Err != nil {
		return fault.New(fault.Invalid, "the body is not the JSON it should be: %w", r.Err)
	}
	return err
}

// single reads a body that is an event's data.
func (r *jsonEvents) single() error {
	if err := r.open(); err != nil {
		return err
	}
	if r.data(); r.Err != nil {
		return r.Err
	}
	return r.close(len(r.In))
}

// list reads the elements of a batch.
func (r *jsonEvents) list() error {
	if !r.Enter('[') {
		return r.Err
	}
	for more := r.First(']'); more; more = r.More(']') {
		if err := r.open(); err != nil {
			return err
		}
		r.Peek()
		start := r.At
		if r.element(); r.Err != nil {
			return r.Err
		}
		if err := r.close(r.At - start); err != nil {
			return err
		}
	}
	return r.Err
}

// element reads an element of a batch: {"data": {…}, "time": …, "samplerate": …}.
func (r *jsonEvents) element() {
	if r.Peek() != '{' {
		r.outcome = eventMalformed
		r.Skip()
		return
	}
	r.Enter('{')
	for more := r.First('}'); more; more = r.More('}') {
		name, ok := r.Name()
		if !ok {
			return
		}
		switch batchMember(name) {
		case "data":
			switch r.Peek() {
			case '{':
				r.data()
			case 'n':
				r.Literal("null")
			default:
				r.outcome = eventMalformed
				r.Skip()
			}
		case "time":
			r.time()
		case "samplerate":
			r.samplerate()
		default:
			r.Skip()
		}
	}
}

// batchMember returns the name of a member of a batch's element as it is documented, ""
// if it is none. Its case does not matter, as it does not at Honeycomb: Cloudflare's
// logger says sampleRate.
func batchMember(name []byte) string {
	for _, known := range [...]string{"data", "time", "samplerate"} {
		if len(name) == len(known) && strings.EqualFold(shared(name), known) {
			return known
		}
	}
	return ""
}

// time reads a text or number; what is no time is left to the server's clock.
func (r *jsonEvents) time() {
	if at, ok := eventTime(r.textOrNumber()); ok {
		r.at, r.told = at, true
	}
}

func (r *jsonEvents) samplerate() {
	r.rate = rateText(r.textOrNumber(), r.rate)
}

// textOrNumber takes a value as it is written; nil if it is neither.
func (r *jsonEvents) textOrNumber() (text []byte) {
	switch c := r.Peek(); {
	case c == '"':
		text, _ = r.Text()
	case c == '-' || c >= '0' && c <= '9':
		text, _ = r.Number()
	default:
		r.Skip()
	}
	return text
}

// data reads an event's fields.
func (r *jsonEvents) data() {
	if !r.Enter('{') {
		return
	}
	r.begin()
	for more := r.First('}'); more; more = r.More('}') {
		name, ok := r.Name()
		if !ok {
			return
		}
		r.members++
		if r.Peek() == '{' && r.expand > 0 {
			r.path = append(r.path[:0], name...)
			r.object(1)
			continue
		}
		r.value(name)
	}
}

// object reads the members of an object, whose dotted name is the path, into
// fields of their own. It goes only so deep as the dataset says.
func (r *jsonEvents) object(depth int) {
	if len(r.path) > maxEventName {
		r.column(r.path) // says so
		r.Skip()
		return
	}
	r.Enter('{')
	r.path = append(r.path, '.')
	prefix := len(r.path)
	for more := r.First('}'); more; more = r.More('}') {
		name, ok := r.Name()
		if !ok {
			return
		}
		r.path = append(r.path[:prefix], name...)
		if r.Peek() == '{' && depth < r.expand {
			r.object(depth + 1)
			continue
		}
		r.value(r.path)
	}
}

// value reads the value of a field. Its name may lie in the scanner's scratch: it
// is looked up before more is read.
func (r *jsonEvents) value(name []byte) {
	c := r.Peek()
	if c == 'n' {
		r.Literal("null")
		return
	}
	column := r.column(name)
	if column == nil {
		r.Skip()
		return
	}
	switch c {
	case '"':
		if text, ok := r.Text(); ok {
			r.text(column, text)
		}
	case 't', 'f':
		if r.Literal(map[bool]string{true: "true", false: "false"}[c == 't']) {
			r.batch.SetBool(column, c == 't')
		}
	case '{', '[':
		start := r.At
		if r.Skip() {
			r.text(column, r.compacted(r.In[start:r.At]))
		}
	default:
		if word := r.NoNumber(); word != "" { // of Python: its batch has other events
			n, _ := strconv.ParseFloat(word, 64)
			r.float(column, n)
			return
		}
		if raw, ok := r.Number(); ok {
			r.number(column, raw)
		}
	}
}

// compacted returns JSON that was read before without white space between its
// tokens, and texts with no more escapes than they need: so equal values are
// equal texts, whatever client wrote them. What is no number in it is null.
func (e *events) compacted(raw []byte) []byte {
	e.scratch = e.scratch[:0]
	inner := jsonscan.Scanner{In: raw}
	for inner.At < len(raw) && len(e.scratch) <= maxEventValue {
		switch c := raw[inner.At]; c {
		case ' ', '\n', '\t', '\r':
			inner.At++
		case '"':
			text, _ := inner.Text()
			e.scratch = appendQuoted(e.scratch, text)
		case 'N', 'I', '-':
			if inner.NoNumber() != "" {
				e.scratch = append(e.scratch, "null"...)
				continue
			}
			e.scratch = append(e.scratch, c)
			inner.At++
		default:
			e.scratch = append(e.scratch, c)
			inner.At++
		}
	}
	return e.scratch
}

// number stores a number: an integer if it is written as one and fits, else a
// float; what no float holds stays the text it is.
func (e *events) number(c *event.Column, raw []byte) {
	const safe = 18 // so many digits always fit
	if whole := raw[min(1, len(raw)-1):]; len(raw) <= safe && leadingDigits(whole) == len(whole) && (raw[0] == '-' && len(raw) > 1 || leadingDigits(raw) == len(raw)) {
		n := int64(0)
		for _, d := range raw {
			if d != '-' {
				n = n*10 + int64(d-'0')
			}
		}
		if raw[0] == '-' {
			n = -n
		}
		e.int(c, n)
		return
	}
	if !bytes.ContainsAny(raw, ".eE") {
		if n, err := strconv.ParseInt(shared(raw), 10, 64); err == nil {
			e.int(c, n)
			return
		}
	}
	n, err := strconv.ParseFloat(shared(raw), 64)
	if err != nil {
		e.text(c, raw)
		return
	}
	e.float(c, n)
}
