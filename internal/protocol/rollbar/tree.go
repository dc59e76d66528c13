package rollbar

import (
	"errors"
	"fmt"
	"strconv"
	"unsafe"

	"github.com/oriel-dev/oriel/internal/protocol/jsonscan"
)

// Limits of what a payload may be made of. A value takes a node, so their number
// bounds memory as well.
const (
	maxDepth = 100
	maxNodes = 1 << 17
)

var (
	errDepth = fmt.Errorf("it is nested deeper than %d", maxDepth)
	errNodes = fmt.Errorf("it has more than %d values", maxNodes)
)

// tree is JSON that was read once to be looked at, changed and printed. Its memory
// is used again for the next. Of members of one name the last one counts.
type tree struct {
	nodes []node
	// texts are those with escapes, resolved; others lie in what was read.
	texts []byte
}

// node is one value of a tree. Node 0 is the root; as a link 0 is none.
type node struct {
	name  string // in an object
	text  string // of a text, resolved; of a number, as written
	kind  kind
	gone  bool  // an earlier member of a name that comes again, or taken out
	child int32 // first element or member
	next  int32 // of the same list or object
	size  int32 // how many there are, gone ones included
}

// kind is what a value is, by the byte that begins it.
type kind byte

const (
	isObject kind = '{'
	isList   kind = '['
	isText   kind = '"'
	isNumber kind = '0'
	isTrue   kind = 't'
	isFalse  kind = 'f'
	isNull   kind = 'n'
)

// read reads a value; what it returned before is overwritten. Texts of the tree
// may lie in the scanner's input.
func (t *tree) read(s *jsonscan.Scanner) error {
	t.nodes, t.texts = t.nodes[:0], t.texts[:0]
	t.nodes = append(t.nodes, node{})
	err := t.value(s, 0, 1)
	if err == nil {
		err = s.Err
	}
	return err
}

// readAll reads JSON and nothing after it.
func (t *tree) readAll(text []byte) error {
	s := jsonscan.Scanner{In: text, Most: maxDepth + 1}
	if err := t.read(&s); err != nil {
		return err
	}
	if s.Peek() != 0 || s.At < len(s.In) {
		return errors.New("there is more after its end")
	}
	return nil
}

func (t *tree) value(s *jsonscan.Scanner, at int32, depth int) error {
	if depth > maxDepth {
		return errDepth
	}
	switch c := s.Peek(); c {
	case '{':
		return t.object(s, at, depth)
	case '[':
		return t.list(s, at, depth)
	case '"':
		t.nodes[at].kind = isText
		t.nodes[at].text = t.textOf(s)
	case 't':
		t.nodes[at].kind = isTrue
		s.Literal("true")
	case 'f':
		t.nodes[at].kind = isFalse
		s.Literal("false")
	case 'n':
		t.nodes[at].kind = isNull
		s.Literal("null")
	default:
		raw, _ := s.Number()
		t.nodes[at].kind, t.nodes[at].text = isNumber, shared(raw)
	}
	return s.Err
}

// textOf takes a text. The texts' buffer may move as it grows: what was handed
// out before then keeps the old one.
func (t *tree) textOf(s *jsonscan.Scanner) string {
	start := s.At
	raw, escaped, ok := s.RawText()
	if !ok {
		return ""
	}
	if !escaped {
		return shared(raw)
	}
	s.At = start
	from := len(t.texts)
	t.texts, _ = s.AppendText(t.texts) // it was well formed a moment ago
	return shared(t.texts[from:])
}

func (t *tree) add(parent, last int32, n node) (int32, error) {
	if len(t.nodes) >= maxNodes {
		return 0, errNodes
	}
	at := int32(len(t.nodes))
	t.nodes = append(t.nodes, n)
	if last == 0 {
		t.nodes[parent].child = at
	} else {
		t.nodes[last].next = at
	}
	t.nodes[parent].size++
	return at, nil
}

func (t *tree) object(s *jsonscan.Scanner, at int32, depth int) error {
	t.nodes[at].kind = isObject
	if !s.Enter('{') {
		return s.Err
	}
	last := int32(0)
	for more := s.First('}'); more; more = s.More('}') {
		name := t.textOf(s)
		if s.Err != nil || !s.Take(':') {
			return s.Err
		}
		var err error
		if last, err = t.add(at, last, node{name: name}); err != nil {
			return err
		}
		if err := t.value(s, last, depth+1); err != nil {
			return err
		}
	}
	t.settle(at)
	return s.Err
}

func (t *tree) list(s *jsonscan.Scanner, at int32, depth int) error {
	t.nodes[at].kind = isList
	if !s.Enter('[') {
		return s.Err
	}
	last := int32(0)
	for more := s.First(']'); more; more = s.More(']') {
		var err error
		if last, err = t.add(at, last, node{}); err != nil {
			return err
		}
		if err := t.value(s, last, depth+1); err != nil {
			return err
		}
	}
	return s.Err
}

// settle makes the last member of each name count.
func (t *tree) settle(at int32) {
	const few = 24
	n := &t.nodes[at]
	if n.size < 2 {
		return
	}
	if n.size <= few {
		for i := n.child; i != 0; i = t.nodes[i].next {
			for j := t.nodes[i].next; j != 0; j = t.nodes[j].next {
				if t.nodes[i].name == t.nodes[j].name {
					t.nodes[i].gone = true
					break
				}
			}
		}
		return
	}
	seen := make(map[string]int32, n.size)
	for i := n.child; i != 0; i = t.nodes[i].next {
		if before, again := seen[t.nodes[i].name]; again {
			t.nodes[before].gone = true
		}
		seen[t.nodes[i].name] = i
	}
}

// none is what is not there; looking for more below it finds none again.
const none int32 = -1

// get returns the node at a path of names below a node.
func (t *tree) get(at int32, path ...string) int32 {
	for _, name := range path {
		if at == none || t.nodes[at].kind != isObject {
			return none
		}
		found := none
		for i := t.nodes[at].child; i != 0; i = t.nodes[i].next {
			if n := &t.nodes[i]; !n.gone && n.name == name {
				found = i
				break
			}
		}
		at = found
	}
	return at
}

// kindOf returns what a node is; what is not there is null.
func (t *tree) kindOf(at int32) kind {
	if at == none {
		return isNull
	}
	return t.nodes[at].kind
}

// has reports whether a node is there and not null.
func (t *tree) has(at int32) bool { return t.kindOf(at) != isNull }

// text returns a scalar as text, "" for null and what has parts.
func (t *tree) text(at int32) string {
	switch t.kindOf(at) {
	case isText, isNumber:
		return t.nodes[at].text
	case isTrue:
		return "true"
	case isFalse:
		return "false"
	case isObject, isList, isNull:
	}
	return ""
}

// textAt is text of what lies at a path of names.
func (t *tree) textAt(at int32, path ...string) string { return t.text(t.get(at, path...)) }

// each calls f for each element or member, until it returns false.
func (t *tree) each(at int32, f func(i int32, n *node) bool) {
	if at == none {
		return
	}
	for i := t.nodes[at].child; i != 0; i = t.nodes[i].next {
		if n := &t.nodes[i]; !n.gone && !f(i, n) {
			return
		}
	}
}

// length returns how many elements or members there are.
func (t *tree) length(at int32) (n int) {
	t.each(at, func(int32, *node) bool {
		n++
		return true
	})
	return n
}

// setText makes a node a text.
func (t *tree) setText(at int32, text string) {
	n := &t.nodes[at]
	n.kind, n.text, n.child, n.size = isText, text, 0, 0
}

// print appends a node as JSON without white space. skip, if it is not none, is
// left out.
func (t *tree) print(out []byte, at, skip int32) []byte {
	n := &t.nodes[at]
	switch n.kind {
	case isObject, isList:
		out = append(out, byte(n.kind))
		first := true
		for i := n.child; i != 0; i = t.nodes[i].next {
			if t.nodes[i].gone || i == skip {
				continue
			}
			if !first {
				out = append(out, ',')
			}
			first = false
			if n.kind == isObject {
				out = append(appendQuoted(out, t.nodes[i].name), ':')
			}
			out = t.print(out, i, skip)
		}
		return append(out, byte(n.kind)+2) // of both brackets
	case isText:
		return appendQuoted(out, n.text)
	case isNumber:
		return append(out, n.text...)
	case isTrue:
		return append(out, "true"...)
	case isFalse:
		return append(out, "false"...)
	case isNull:
	}
	return append(out, "null"...)
}

// appendQuoted appends a text as JSON, with no more escapes than it needs.
func appendQuoted(out []byte, text string) []byte {
	const hex = "0123456789abcdef"
	out = append(out, '"')
	for {
		i := jsonscan.Plain(unsafe.Slice(unsafe.StringData(text), len(text)))
		out = append(out, text[:i]...)
		if i == len(text) {
			return append(out, '"')
		}
		c := text[i]
		text = text[i+1:]
		switch c {
		case '"', '\\':
			out = append(out, '\\', c)
		case '\n':
			out = append(out, '\\', 'n')
		case '\t':
			out = append(out, '\\', 't')
		case '\r':
			out = append(out, '\\', 'r')
		default:
			out = append(out, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
	}
}

// number returns a number, or a text that is written like one.
func (t *tree) number(at int32) (float64, bool) {
	if k := t.kindOf(at); k != isNumber && k != isText {
		return 0, false
	}
	n, err := strconv.ParseFloat(t.nodes[at].text, 64)
	if errors.Is(err, strconv.ErrRange) || err != nil || n != n { //nolint:gocritic // NaN is no number
		return 0, false
	}
	return n, true
}

func shared(text []byte) string { return unsafe.String(unsafe.SliceData(text), len(text)) }
