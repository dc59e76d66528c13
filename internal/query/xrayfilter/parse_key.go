package xrayfilter

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/oriel-dev/oriel/internal/fault"
)

// key reads the name of a key, whose first token is t.
func (p *parser) key(t token, in scope) (Key, keyword, error) {
	lower := strings.ToLower(t.text)
	if name, ok := strings.CutPrefix(lower, KeyAnnotation+"."); ok && name != "" {
		k, err := p.allowed(t, KeyAnnotation, in)
		return Key{Name: KeyAnnotation, Annotation: t.text[len(KeyAnnotation)+1:]}, k, err
	}
	if lower == KeyAnnotation {
		if !p.next.sign("[") {
			return Key{}, keyword{}, p.expected("the annotation's name, as in annotation.NAME or annotation[NAME]")
		}
		name, err := p.bracketed()
		if err != nil {
			return Key{}, keyword{}, err
		}
		k, err := p.allowed(t, KeyAnnotation, in)
		return Key{Name: KeyAnnotation, Annotation: name}, k, err
	}
	k, err := p.allowed(t, lower, in)
	return Key{Name: k.name}, k, err
}

// cut is what a message repeats of a word.
func cut(word string) string {
	const most = 50
	if utf8.RuneCountInString(word) <= most {
		return word
	}
	return string([]rune(word)[:most]) + "…"
}

func (p *parser) allowed(t token, name string, in scope) (keyword, error) {
	k, known := findKeyword(name)
	switch {
	case !known:
		return k, fault.At(t.at, "there is no keyword %s: expected %s, service(), edge(), or rootcause", cut(t.text), in.names())
	case k.where&in == 0:
		return k, fault.At(t.at, "%s has no meaning %s: expected %s", cut(t.text), in, in.names())
	}
	return k, nil
}

// bracketed reads the name of an annotation in square brackets, with or without quotes.
func (p *parser) bracketed() (string, error) {
	open := p.next
	first, err := scan(p.text, open.end)
	if err == nil && first.kind == tokenText {
		p.next = first
		if err := p.advance(); err != nil {
			return "", err
		}
		return first.text, p.want("]")
	}
	length := strings.IndexByte(p.text[open.end:], ']')
	name := ""
	if length >= 0 {
		name = strings.TrimSpace(p.text[open.end : open.end+length])
	}
	if name == "" || strings.ContainsAny(name, "[\"'") {
		return "", fault.At(open.end, "expected the annotation's name and “]”")
	}
	p.next.end = open.end + length + 1
	return name, p.advance()
}

func (p *parser) comparison(t token, key Key, k keyword) (Expr, error) {
	op, ok := p.operator()
	if !ok {
		return Has{Key: key, At: t.at}, nil
	}
	if !slices.Contains(k.kind.ops(), op) {
		return nil, fault.At(p.next.at, "%s is no operator for %s, a %s: expected %s", p.next.text, key, k.kind, list(k.kind.ops()))
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	v, err := p.value(k.kind, op)
	if err != nil {
		return nil, err
	}
	return Compare{Key: key, Op: op, Value: v, At: t.at}, p.advance()
}

func (p *parser) operator() (Op, bool) {
	for _, op := range AnyKey.ops() {
		if p.next.sign(string(op)) || p.next.word(string(op)) {
			return op, true
		}
	}
	return "", false
}

// value reads the next token as what a key may be compared with by op, and
// leaves it where it is.
func (p *parser) value(kind KeyKind, op Op) (Value, error) {
	t := p.next
	truth := t.word("true") || t.word("false")
	switch {
	case kind == NumberKey || kind == AnyKey && op.ordering():
		if t.kind != tokenNumber {
			return Value{}, p.expected("a number")
		}
	case kind == TruthKey:
		if !truth {
			return Value{}, p.expected("true or false")
		}
	case kind == TextKey || op.textual():
		truth = false
		if t.kind != tokenText && t.kind != tokenWord {
			return Value{}, p.expected("a string in double quotes")
		}
	}
	switch {
	case t.kind == tokenNumber:
		return Value{Kind: Number, Number: t.number}, nil
	case truth:
		return Value{Kind: Truth, Truth: t.word("true")}, nil
	case t.kind == tokenText, t.kind == tokenWord && !t.word("AND") && !t.word("OR"):
		return Value{Kind: Text, Text: t.text}, nil
	}
	return Value{}, p.expected("a value")
}

func list(ops []Op) string {
	words := make([]string, len(ops))
	for i, o := range ops {
		words[i] = string(o)
	}
	return strings.Join(words, " ")
}
