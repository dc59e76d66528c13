package pattern

import (
	"bytes"
	"math"
	"slices"
	"strconv"
	"strings"
	"unsafe"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/protocol/jsonscan"
)

// json reads a JSON pattern.
func (p *parser) json() (*Pattern, error) {
	p.at++ // the bracket
	where, err := p.expression(p.jsonCondition)
	if err != nil {
		return nil, err
	}
	if !p.take("}") {
		return nil, fault.At(p.at, "expected && or || or “}”, found %s", p.here())
	}
	if p.blanks(); !p.end() {
		return nil, fault.At(p.at, "expected the end after “}”, found %s", p.here())
	}
	out := &Pattern{Kind: JSON, Where: where, leaves: p.leaves, paths: &step{}, ellipsis: -1}
	for _, c := range p.leaves {
		out.paths.add(c.Path, c.index)
	}
	out.require(where)
	return out, nil
}

func (p *parser) jsonCondition() (*Condition, error) {
	path, err := p.selector()
	if err != nil {
		return nil, err
	}
	c := &Condition{Path: path}
	var ok bool
	if c.Op, ok = p.operator(); ok {
		c.Value, err = p.value(c.Op)
		return c, err
	}
	p.blanks()
	for _, op := range []Op{IsNull, IsTrue, IsFalse, NotExists} {
		if p.words(op.String()) {
			c.Op = op
			return c, nil
		}
	}
	hint := ""
	switch {
	case p.words("EXISTS"):
		hint = "; presence of a value is tested with = *"
	case p.words("IS NOT"):
		hint = "; there is no IS NOT: use != or NOT EXISTS"
	}
	return nil, fault.At(p.at, "expected one of = != < <= > >= IS NULL, IS TRUE, IS FALSE, NOT EXISTS after %s, found %s%s", PathText(path), p.here(), hint)
}

// words takes one or two words, in any case.
func (p *parser) words(text string) bool {
	at := p.at
	for i, word := range strings.Fields(text) {
		start := p.at
		p.blanks()
		if i > 0 && p.at == start || len(p.text)-p.at < len(word) || !strings.EqualFold(p.text[p.at:p.at+len(word)], word) {
			p.at = at
			return false
		}
		p.at += len(word)
	}
	if !p.end() && (isLetterOrDigit(p.peek()) || p.peek() == '_') {
		p.at = at
		return false
	}
	return true
}

// step is a place in the tree of all selectors of a pattern. A message is read
// once, and what no selector goes into is skipped.
type step struct {
	leaves   []int // conditions on what is here
	members  []branch
	elements []branch
}

type branch struct {
	Step
	key []byte
	to  *step
}

func (s *step) add(path []Step, leaf int) {
	if len(path) == 0 {
		s.leaves = append(s.leaves, leaf)
		return
	}
	list := &s.elements
	if path[0].IsMember() {
		list = &s.members
	}
	i := slices.IndexFunc(*list, func(b branch) bool { return b.Step == path[0] })
	if i < 0 {
		i = len(*list)
		*list = append(*list, branch{Step: path[0], key: []byte(path[0].Key), to: &step{}})
	}
	(*list)[i].to.add(path[1:], leaf)
}

// require notes texts that a message which matches has in it, so that most others
// need not be read: names and values, as they stand where nothing is escaped.
func (p *Pattern) require(n Node) {
	switch x := n.(type) {
	case And:
		for _, part := range x {
			p.require(part)
		}
	case *Condition:
		if x.Op == NotExists {
			return
		}
		for _, s := range x.Path {
			if s.IsMember() && !s.Every {
				p.requireText(`"` + s.Key + `"`)
			}
		}
		switch {
		case x.Op != Eq || x.Value.Regex != nil || x.Value.IsNumber:
		case x.Value.Glob == nil:
			p.requireText(x.Value.Text)
		case strings.Trim(x.Value.Text, "*0123456789.+-e") != "": // else the canonical text of a number may match
			for _, part := range x.Value.Glob {
				p.requireText(part)
			}
		}
	}
}

func (p *Pattern) requireText(s string) {
	if len(s) > 1 {
		p.required = append(p.required, []byte(s))
	}
}

// finding is what is known of the conditions of a pattern while a message is read.
type finding struct {
	p    *Pattern
	scan jsonscan.Scanner
	hit  []bool // the comparison is true of some value; for NOT EXISTS, something is there
	// each, if set, is called for every scalar that a selector finds.
	each func(leaf int, v scalar)
}

// matchJSON reads the whole message: what is no JSON does not match.
func (p *Pattern) matchJSON(message []byte) bool {
	for _, text := range p.required {
		if !bytes.Contains(message, text) && bytes.IndexByte(message, '\\') < 0 {
			return false
		}
	}
	f, ok := p.idle.Get().(*finding)
	if !ok {
		f = &finding{p: p, hit: make([]bool, len(p.leaves))}
	}
	matched := f.read(message) && holds(p.Where, func(c *Condition) bool { return f.hit[c.index] != (c.Op == NotExists) })
	f.scan.In, f.scan.Err, f.scan.At, f.scan.Depth = nil, nil, 0, 0
	clear(f.hit)
	p.idle.Put(f)
	return matched
}

// read reports whether the message is an object or array.
func (f *finding) read(message []byte) bool {
	f.scan.In, f.scan.Most = message, MaxDepth
	if c := f.scan.Peek(); c != '{' && c != '[' {
		return false
	}
	return f.value(f.p.paths) && f.scan.Peek() == 0 && f.scan.At == len(message)
}

// scalar is a value that is neither object nor array.
type scalar struct {
	kind byte // '"', '0' for a number, 't', 'f' or 'n'
	text []byte
}

// value reads what is at a place of the tree, nil for one that no selector goes to.
func (f *finding) value(at *step) bool {
	c := f.scan.Peek()
	if c == '{' || c == '[' {
		if at == nil {
			return f.scan.Skip()
		}
		f.found(at, scalar{kind: c})
		if c == '{' {
			return f.object(at)
		}
		return f.array(at)
	}
	v, ok := f.scalar(c, at != nil)
	if ok && at != nil {
		f.found(at, v)
	}
	return ok
}

// scalar reads text, number or word.
func (f *finding) scalar(c byte, wanted bool) (v scalar, ok bool) {
	switch c {
	case '"':
		v.kind = '"'
		if !wanted {
			_, _, ok = f.scan.RawText()
			return v, ok
		}
		v.text, ok = f.scan.Text()
	case 't':
		v, ok = scalar{'t', []byte("true")}, f.scan.Literal("true")
	case 'f':
		v, ok = scalar{'f', []byte("false")}, f.scan.Literal("false")
	case 'n':
		v.kind, ok = 'n', f.scan.Literal("null")
	default:
		v.kind = '0'
		v.text, ok = f.scan.Number()
	}
	return v, ok
}

func (f *finding) object(at *step) bool {
	var seen [4]uint64 // members of at that were met; a pattern is too short for more than 256
	if !f.scan.Enter('{') {
		return false
	}
	for more := f.scan.First('}'); more; more = f.scan.More('}') {
		name, ok := f.scan.Name()
		if !ok {
			return false
		}
		var to, every *step
		for i := range at.members {
			switch b := &at.members[i]; {
			case b.Every:
				every = b.to
			case bytes.Equal(b.key, name) && seen[i>>6]>>(i&63)&1 == 0:
				to = b.to
				seen[i>>6] |= 1 << (i & 63)
			}
		}
		if !f.both(to, every) {
			return false
		}
	}
	return f.scan.Err == nil
}

func (f *finding) array(at *step) bool {
	if !f.scan.Enter('[') {
		return false
	}
	i := 0
	for more := f.scan.First(']'); more; more = f.scan.More(']') {
		var to, every *step
		for k := range at.elements {
			switch b := &at.elements[k]; {
			case b.Every:
				every = b.to
			case b.Index == i:
				to = b.to
			}
		}
		if !f.both(to, every) {
			return false
		}
		i++
	}
	return f.scan.Err == nil
}

// both reads a value that two places of the tree may want.
func (f *finding) both(a, b *step) bool {
	if a == nil || b == nil {
		if a == nil {
			a = b
		}
		return f.value(a)
	}
	at, depth := f.scan.At, f.scan.Depth
	if !f.value(a) {
		return false
	}
	f.scan.At, f.scan.Depth = at, depth
	return f.value(b)
}

// found notes what the conditions on a place say of a value there.
func (f *finding) found(at *step, v scalar) {
	for _, i := range at.leaves {
		if f.each != nil {
			f.each(i, v)
			continue
		}
		if !f.hit[i] {
			f.hit[i] = f.p.leaves[i].json(v)
		}
	}
}

// json tests a value that a selector found; for NOT EXISTS, it is true of any.
func (c *Condition) json(v scalar) bool {
	switch c.Op {
	case NotExists:
		return true
	case IsNull:
		return v.kind == 'n'
	case IsTrue:
		return v.kind == 't'
	case IsFalse:
		return v.kind == 'f'
	case Eq:
		return c.sameJSON(v)
	case Ne:
		return v.kind != '{' && v.kind != '[' && !c.sameJSON(v)
	case Lt, Le, Gt, Ge:
	}
	if v.kind != '0' {
		return false
	}
	f, ok := jsonNumber(v.text)
	return ok && c.Op.compares(f, c.Value.Number)
}

func (c *Condition) sameJSON(v scalar) bool {
	switch v.kind {
	case '"', 't', 'f':
		return c.Value.equals(v.text)
	case '0':
		if c.Value.Regex == nil && c.Value.parts == nil {
			f, ok := jsonNumber(v.text)
			return c.Value.IsNumber && ok && f == c.Value.Number
		}
		return c.Value.equals(canonical(v.text))
	}
	return false
}

// jsonNumber reads the text of a number; beyond the range of a float it is the greatest.
func jsonNumber(text []byte) (f float64, ok bool) {
	if len(text) > 15 {
		return slowNumber(text)
	}
	n := 0 // exact, up to 15 digits
	for _, c := range text {
		if c < '0' || c > '9' {
			return slowNumber(text)
		}
		n = n*10 + int(c-'0')
	}
	return float64(n), true
}

func slowNumber(text []byte) (float64, bool) {
	f, err := strconv.ParseFloat(unsafe.String(unsafe.SliceData(text), len(text)), 64) // only read
	if math.IsInf(f, 0) {
		return math.Copysign(math.MaxFloat64, f), true
	}
	return f, err == nil
}

// canonical is the text of a JSON number as the store would print it.
func canonical(text []byte) []byte {
	if len(text) < 19 && bytes.IndexFunc(text, func(r rune) bool { return r < '0' || r > '9' }) < 0 {
		return text
	}
	f, ok := slowNumber(text)
	if !ok || f == 0 {
		return []byte("0") // also for -0
	}
	if i, err := strconv.ParseInt(string(text), 10, 64); err == nil {
		return strconv.AppendInt(nil, i, 10)
	}
	return event.AppendFloat(nil, f)
}
