package pattern

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"github.com/oriel-dev/oriel/internal/fault"
)

// Slot is one place of a space-delimited pattern.
type Slot struct {
	Name     string // "" for a field without name
	Ellipsis bool   // any number of fields, also none
	Where    Node   // the conditions on it, nil for none
}

// fields reads a space-delimited pattern.
func (p *parser) fields() (*Pattern, error) {
	out := &Pattern{Kind: Fields, ellipsis: -1}
	p.at++ // the bracket
	var all And
	for {
		p.blanks()
		start := p.at
		if len(out.Slots) == MaxFields {
			return nil, fault.At(start, "a space-delimited pattern has at most %d fields", MaxFields)
		}
		slot, err := p.slot(out)
		if err != nil {
			return nil, err
		}
		if slot.Ellipsis {
			if out.ellipsis >= 0 {
				return nil, fault.At(start, "“...” can stand only once; name the other fields, or leave them without a name: [, , status]")
			}
			out.ellipsis = len(out.Slots)
		}
		if slot.Where != nil {
			all = append(all, slot.Where)
		}
		out.Slots = append(out.Slots, slot)
		if p.take("]") {
			break
		}
		if !p.take(",") {
			return nil, fault.At(p.at, "expected “,” or “]”, found %s", p.here())
		}
	}
	if p.blanks(); !p.end() {
		return nil, fault.At(p.at, "expected the end after “]”, found %s", p.here())
	}
	if len(out.Slots) == 1 && out.Slots[0].Name == "" && !out.Slots[0].Ellipsis {
		return nil, fault.At(p.at-1, "name at least one field, as in [ip, user, ...]")
	}
	switch len(all) {
	case 0:
	case 1:
		out.Where = all[0]
	default:
		out.Where = all
	}
	out.leaves = p.leaves
	return out, nil
}

func (p *parser) slot(out *Pattern) (Slot, error) {
	if p.take("...") {
		return Slot{Ellipsis: true}, nil
	}
	if c := p.peek(); c == ',' || c == ']' {
		return Slot{}, nil
	}
	place := len(out.Slots)
	start := p.at
	var name string
	if p.peek() != '(' {
		if name = p.fieldName(); name == "" {
			return Slot{}, fault.At(p.at, "expected the name of a field, found %s", p.here())
		}
		if p.blanks(); p.peek() == ',' || p.peek() == ']' {
			return Slot{Name: name}, p.unused(out, name, start)
		}
		p.at = start
	}
	where, err := p.expression(func() (*Condition, error) {
		p.blanks()
		at := p.at
		n := p.fieldName()
		switch {
		case n == "":
			return nil, fault.At(at, "expected the name of a field, found %s; && and || repeat it: status = 404 || status = 410", p.here())
		case name == "":
			name = n
		case n != name:
			return nil, fault.At(at, "the conditions of one field are about %q, found %q; write a comma between fields", name, n)
		}
		op, ok := p.operator()
		if !ok {
			return nil, fault.At(p.at, "expected one of = != < <= > >=, “,” or “]” after %s, found %s", n, p.here())
		}
		v, err := p.value(op)
		return &Condition{Slot: place, Op: op, Value: v}, err
	})
	if err != nil {
		return Slot{}, err
	}
	return Slot{Name: name, Where: where}, p.unused(out, name, start)
}

func (p *parser) unused(out *Pattern, name string, at int) error {
	for i := range out.Slots {
		if out.Slots[i].Name == name {
			return fault.At(at, "two fields have the name %q; give one of them another", name)
		}
	}
	return nil
}

func (p *parser) fieldName() string {
	start := p.at
	for p.at < len(p.text) {
		r, n := utf8.DecodeRuneInString(p.text[p.at:])
		if !isWord(r) && r < utf8.RuneSelf && !strings.ContainsRune("-$@#:/", r) && (r != '.' || strings.HasPrefix(p.text[p.at:], "...")) {
			break
		}
		p.at += n
	}
	return p.text[start:p.at]
}

// cut is one field of a message: where its text lies, and where the field begins.
type cut struct{ from, to, begin int }

// nextField cuts the field at a place that is not blank, and returns where the
// next one may begin.
func nextField(message []byte, at int) (cut, int) {
	begin := at
	switch closing := closers[message[at]]; {
	case closing != 0:
		at++
		end := bytes.IndexByte(message[at:], closing)
		if end < 0 {
			return cut{at, len(message), begin}, len(message)
		}
		return cut{at, at + end, begin}, at + end + 1
	default:
		for at < len(message) && !isBlank(message[at]) {
			at++
		}
		return cut{begin, at, begin}, at
	}
}

//nolint:gochecknoglobals // a table of constants
var closers = [256]byte{'"': '"', '[': ']'}

// split cuts a message into its fields: all of them, or most plus one.
func split(message []byte, most int, into []cut) []cut {
	for at := 0; ; {
		for at < len(message) && isBlank(message[at]) {
			at++
		}
		if at == len(message) || len(into) > most {
			return into
		}
		var c cut
		c, at = nextField(message, at)
		into = append(into, c)
	}
}

// absorbs reports whether the last slot stands for all fields that are left.
func (p *Pattern) absorbs() bool {
	return p.ellipsis < 0 && p.Slots[len(p.Slots)-1].Where == nil
}

// place finds the field of each slot; ok is false if their numbers do not fit.
func (p *Pattern) place(message []byte, buf []cut) (cuts []cut, ok bool) {
	most := len(p.Slots)
	if p.ellipsis >= 0 {
		most = len(message) // what follows the ellipsis is counted from the end
	}
	cuts = split(message, most, buf)
	switch n := len(p.Slots); {
	case p.ellipsis >= 0:
		return cuts, len(cuts) >= n-1
	case p.absorbs():
		return cuts, len(cuts) >= n
	default:
		return cuts, len(cuts) == n
	}
}

// fieldAt is the field of a slot among all fields of a message.
func (p *Pattern) fieldAt(cuts []cut, slot int) cut {
	if p.ellipsis >= 0 && slot > p.ellipsis {
		return cuts[len(cuts)-len(p.Slots)+slot]
	}
	return cuts[slot]
}

func (p *Pattern) matchFields(message []byte) bool {
	var buf [32]cut
	cuts, ok := p.place(message, buf[:0])
	if !ok || p.Where == nil {
		return ok
	}
	return holds(p.Where, func(c *Condition) bool {
		f := p.fieldAt(cuts, c.Slot)
		return c.field(message[f.from:f.to])
	})
}

// field tests the text of a field.
func (c *Condition) field(text []byte) bool {
	if c.Op == Eq || c.Op == Ne {
		return c.sameField(text) == (c.Op == Eq)
	}
	f, ok := number(string(text))
	return ok && c.Op.compares(f, c.Value.Number)
}

func (c *Condition) sameField(text []byte) bool {
	if c.Value.equals(text) {
		return true
	}
	if !c.Value.IsNumber || c.Value.Quoted {
		return false
	}
	f, ok := number(string(text))
	return ok && f == c.Value.Number
}
