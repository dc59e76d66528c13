package pattern

import (
	"github.com/oriel-dev/oriel/internal/fault"
)

// Selector says which part of a message a metric's value or dimension is: a path
// such as $.ms into JSON, or a field of a space-delimited pattern such as $bytes.
type Selector struct {
	text string
	slot int      // of Fields
	one  *Pattern // of JSON: only to find the path
}

// Selector reads a selector that goes with the pattern: $.path with any pattern
// but a space-delimited one, which has $name for the names it gives.
func (p *Pattern) Selector(text string) (*Selector, error) {
	if p.Kind == Fields {
		for i := range p.Slots {
			if name := p.Slots[i].Name; name != "" && text == "$"+name {
				return &Selector{text: text, slot: i}, nil
			}
		}
		return nil, fault.At(0, "%q is no field of the pattern; a selector is $ and the name of one", text)
	}
	r := &parser{text: text}
	path, err := r.selector()
	if err != nil {
		return nil, err
	}
	if r.blanks(); !r.end() {
		return nil, fault.At(r.at, "expected the end of the selector, found %s", r.here())
	}
	one := &Pattern{Kind: JSON, paths: &step{}}
	one.paths.add(path, 0)
	return &Selector{text: text, one: one}, nil
}

// String returns the selector as it was written.
func (s *Selector) String() string { return s.text }

// Value returns the text that a selector finds in a message which matches; ok is
// false where it finds nothing, null, an object or an array.
func (p *Pattern) Value(s *Selector, message []byte) (text string, ok bool) {
	if s.one == nil {
		var buf [32]cut
		cuts, fits := p.place(message, buf[:0])
		if !fits {
			return "", false
		}
		return p.slotText(message, cuts, s.slot), true
	}
	f := finding{p: s.one}
	f.each = func(_ int, v scalar) {
		if t, is := v.value(); is && !ok {
			text, ok = t, true
		}
	}
	return text, f.read(message) && ok
}

// Captured is a selector and what it found.
type Captured struct{ Selector, Value string }

// Values returns what a message that matches holds for the pattern's selectors or
// named fields, in the order of the pattern; nothing for terms.
func (p *Pattern) Values(message []byte) []Captured {
	switch p.Kind {
	case JSON:
		return p.jsonValues(message)
	case Fields:
		return p.fieldValues(message)
	case Terms:
	}
	return nil
}

func (p *Pattern) jsonValues(message []byte) []Captured {
	found := make([]*string, len(p.leaves))
	f := finding{p: p}
	f.each = func(i int, v scalar) {
		if t, ok := v.value(); ok && found[i] == nil {
			found[i] = &t
		}
	}
	if !f.read(message) {
		return nil
	}
	var out []Captured
	seen := map[string]bool{}
	for i, c := range p.leaves {
		if name := PathText(c.Path); found[i] != nil && !seen[name] {
			seen[name] = true
			out = append(out, Captured{name, *found[i]})
		}
	}
	return out
}

func (p *Pattern) fieldValues(message []byte) []Captured {
	var buf [32]cut
	cuts, ok := p.place(message, buf[:0])
	if !ok {
		return nil
	}
	var out []Captured
	for i := range p.Slots {
		if name := p.Slots[i].Name; name != "" {
			out = append(out, Captured{"$" + name, p.slotText(message, cuts, i)})
		}
	}
	return out
}

// slotText is the text of a slot's field; a last one that stands for several
// fields has all their text.
func (p *Pattern) slotText(message []byte, cuts []cut, slot int) string {
	f := p.fieldAt(cuts, slot)
	if slot == len(p.Slots)-1 && p.absorbs() && len(cuts) > len(p.Slots) {
		end := len(message)
		for isBlank(message[end-1]) {
			end--
		}
		return string(message[f.begin:end])
	}
	return string(message[f.from:f.to])
}

// value is the text of a value as the message has it.
func (v scalar) value() (string, bool) {
	switch v.kind {
	case '"', '0', 't', 'f':
		return string(v.text), true
	}
	return "", false
}
