package logline

import (
	"bytes"
	"strconv"
	"unsafe"

	"github.com/oriel-dev/oriel/internal/event"
)

// entry is a scalar of a message. Entries are stored only once all of the
// message has turned out to be JSON.
type entry struct {
	path  []byte // dotted
	raw   []byte // of texts, what is between the quotes
	at    int    // of the value, in what is scanned
	kind  entryKind
	depth int // of the object or array it lies in; the outermost is 1
	own   int // where the last part of the path begins
}

type entryKind byte

const (
	textEntry entryKind = iota
	escapedEntry
	numberEntry
	trueEntry
	falseEntry
	deepEntry // an object or array that lies too deep
)

// collect reads an object into entries. False if it is none.
func (r *Reader) collect(object []byte) bool {
	r.scan.In, r.scan.At, r.scan.Depth, r.scan.Err = object, 0, 0, nil
	r.found, r.path, r.names, r.lost = r.found[:0], r.path[:0], r.names[:0], 0
	r.object()
	return r.scan.Err == nil && r.scan.Peek() == 0 && r.scan.At == len(object)
}

func (r *Reader) object() {
	s := &r.scan
	s.Enter('{')
	prefix := len(r.path)
	for more := s.First('}'); more; more = s.More('}') {
		name, escaped, ok := s.RawText()
		if !ok {
			return
		}
		if escaped {
			name = r.unescape(s.At - len(name) - len(`""`))
		}
		if !s.Take(':') {
			return
		}
		r.member(prefix, name, !escaped)
	}
}

func (r *Reader) array() {
	s := &r.scan
	s.Enter('[')
	prefix := len(r.path)
	var digits [20]byte
	i := int64(0)
	for more := s.First(']'); more; more = s.More(']') {
		r.member(prefix, strconv.AppendInt(digits[:0], i, 10), false)
		i++
	}
}

// unescape returns the text that begins at a place of the scanner's input.
func (r *Reader) unescape(at int) []byte {
	r.values.In, r.values.At, r.values.Err = r.scan.In, at, nil
	text, _ := r.values.Text()
	return text
}

// member reads the value of a name under the first prefix bytes of the path.
// lasting is whether the name stays where it is until the message is stored.
func (r *Reader) member(prefix int, name []byte, lasting bool) {
	s := &r.scan
	c := s.Peek()
	own := 0
	if prefix > 0 || !lasting || c == '{' || c == '[' {
		r.path = r.path[:prefix]
		if prefix > 0 {
			r.path = append(r.path, '.')
			own = prefix + 1
		}
		r.path = append(r.path, name...)
		name = r.path
	}
	if (c == '{' || c == '[') && s.Depth < maxDepth && len(name) <= maxName {
		if c == '{' {
			r.object()
		} else {
			r.array()
		}
		return
	}
	e := entry{path: name, at: s.At, depth: s.Depth, own: own}
	if !r.scalar(c, &e) {
		return
	}
	if len(r.found) >= maxFields || len(name) > maxName || len(name) == 0 {
		r.lost++
		return
	}
	if prefix > 0 || !lasting {
		from := len(r.names)
		r.names = append(r.names, name...)
		e.path = r.names[from:]
	}
	r.found = append(r.found, e)
}

// scalar reads a value that is one entry. False if there is nothing to keep.
func (r *Reader) scalar(c byte, e *entry) bool {
	s := &r.scan
	switch c {
	case '"':
		raw, escaped, ok := s.RawText()
		if e.raw = raw; escaped {
			e.kind = escapedEntry
		}
		return ok
	case 't':
		e.kind = trueEntry
		return s.Literal("true")
	case 'f':
		e.kind = falseEntry
		return s.Literal("false")
	case 'n':
		s.Literal("null")
		return false
	case '{', '[':
		e.kind = deepEntry
		ok := s.Skip()
		e.raw = s.In[e.at:s.At]
		return ok
	}
	e.kind = numberEntry
	raw, ok := s.Number()
	e.raw = raw
	return ok
}

// commit stores the entries, and looks at what some of them mean.
func (r *Reader) commit(b *event.Batch, l *Line) {
	said := heard{}
	for i := range r.found {
		e := &r.found[i]
		c := r.column(b, e)
		if c == nil {
			r.lost++
			continue
		}
		switch e.kind {
		case escapedEntry:
			e.raw = r.unescape(e.at)
			r.text(b, c, e.raw)
		case textEntry, deepEntry:
			r.text(b, c, e.raw)
		case numberEntry:
			r.number(b, c, e.raw)
		case trueEntry:
			b.SetBool(c, true)
		case falseEntry:
			b.SetBool(c, false)
		}
		r.listen(e, l, &said)
	}
	if e := said.message; e != nil && l.Severity == "" {
		if e.kind == escapedEntry {
			e.raw = r.unescape(e.at)
		}
		l.Severity = severityOfText(e.raw)
	}
}

// column finds the column of an entry, nil if it can't be kept. A name that has
// dots of its own does not take the place of a path.
func (r *Reader) column(b *event.Batch, e *entry) *event.Column {
	name := e.path
	switch name[0] {
	case '@', 'b', 'l', 's', 'm', 't', '_':
		if to := FieldName(shared(name)); len(to) != len(name) {
			name = []byte(to)
		}
	}
	if len(b.Columns) >= maxColumns && b.Find(shared(name)) == nil {
		return nil
	}
	c := b.ColumnBytes(name)
	if bytes.IndexByte(e.path[e.own:], '.') >= 0 && b.Has(c) {
		return nil
	}
	return c
}

func (r *Reader) text(b *event.Batch, c *event.Column, text []byte) {
	if len(text) > maxValue {
		r.lost++
		n := maxValue
		for n > 0 && text[n]&0xC0 == 0x80 { // between characters
			n--
		}
		text = text[:n]
	}
	b.SetBytes(c, text)
}

// number stores a number: an integer if it is written as one and fits, else a
// float; what no float holds stays the text it is.
func (r *Reader) number(b *event.Batch, c *event.Column, raw []byte) {
	if n, ok := integer(raw); ok {
		b.SetInt(c, n)
		return
	}
	if f, err := strconv.ParseFloat(shared(raw), 64); err == nil {
		b.SetFloat(c, f)
		return
	}
	b.SetBytes(c, raw)
}

func integer(raw []byte) (n int64, ok bool) {
	const safe = 18 // so many digits always fit
	digits := raw
	if len(raw) > 0 && raw[0] == '-' {
		digits = raw[1:]
	}
	for _, d := range digits {
		if d < '0' || d > '9' {
			return 0, false
		}
		n = n*10 + int64(d-'0')
	}
	if len(digits) > safe {
		n, err := strconv.ParseInt(shared(raw), 10, 64)
		return n, err == nil
	}
	if len(digits) < len(raw) {
		n = -n
	}
	return n, len(digits) > 0
}

func shared(text []byte) string { return unsafe.String(unsafe.SliceData(text), len(text)) }
