package pattern

import (
	"strings"
)

// String prints the pattern in its canonical form, which reads back as the same.
func (p *Pattern) String() string {
	switch p.Kind {
	case JSON:
		return "{ " + nodeText(p.Where, func(c *Condition) string { return PathText(c.Path) }) + " }"
	case Fields:
		slots := make([]string, len(p.Slots))
		for i, s := range p.Slots {
			switch {
			case s.Ellipsis:
				slots[i] = "..."
			case s.Where != nil:
				slots[i] = nodeText(s.Where, func(*Condition) string { return s.Name })
			default:
				slots[i] = s.Name
			}
		}
		return "[" + strings.Join(slots, ", ") + "]"
	case Terms:
	}
	terms := make([]string, len(p.Terms))
	for i := range p.Terms {
		terms[i] = p.Terms[i].String()
	}
	return strings.Join(terms, " ")
}

// String prints the term.
func (t *Term) String() string {
	sign := ""
	switch {
	case t.Excluded:
		sign = "-"
	case t.Optional:
		sign = "?"
	}
	switch {
	case t.Regex != nil:
		return sign + "%" + t.Regex.String() + "%"
	case plainWord(t.Text):
		return sign + t.Text
	}
	return sign + quote(t.Text)
}

func plainWord(s string) bool {
	for _, r := range s {
		if !isWord(r) {
			return false
		}
	}
	return s != ""
}

// String prints the right side of a comparison.
func (v *Value) String() string {
	switch {
	case v.Regex != nil:
		return "%" + v.Regex.String() + "%"
	case v.Quoted || v.Text == "":
		return quote(v.Text)
	}
	return v.Text
}

func nodeText(n Node, subject func(*Condition) string) string {
	switch x := n.(type) {
	case *Condition:
		s := subject(x) + " " + x.Op.String()
		if x.Op <= Ge {
			s += " " + x.Value.String()
		}
		return s
	case And:
		return joined(x, " && ", subject)
	case Or:
		return joined(x, " || ", subject)
	}
	return ""
}

func joined(list []Node, sign string, subject func(*Condition) string) string {
	parts := make([]string, len(list))
	for i, n := range list {
		parts[i] = nodeText(n, subject)
		if _, leaf := n.(*Condition); !leaf {
			parts[i] = "(" + parts[i] + ")"
		}
	}
	return strings.Join(parts, sign)
}
