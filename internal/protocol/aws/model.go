package aws

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// kinds of shapes.
type shapeKind uint8

const (
	textShape shapeKind = iota
	integerShape
	longShape
	doubleShape
	booleanShape
	timestampShape
	enumShape
	listShape
	mapShape
	structureShape
)

// shape is what a member must be.
type shape struct {
	kind       shapeKind
	least      int64 // of a text's, list's or map's length, or a number; -1: any
	most       int64 // -1: any
	pattern    *regexp.Regexp
	patternSay string // the pattern as errors quote it
	values     []string
	members    []member
	key, value *shape // of a map; value: of a list, too
}

// member is a member of a structure.
type member struct {
	name     string
	required bool
	*shape
}

// Input is what an operation takes.
type Input struct {
	shape
	code string // of the error for what is wrong
}

// Model knows what each operation takes.
type Model map[string]*Input

// ReadModel reads the text in which a service's room describes its operations:
//
//	NAME string|list|map|… [element shapes] [least..most] [regular expression]
//	NAME enum VALUE …
//	NAME structure member[!]:Shape …         ! it is required
//	NAME operation LETTER member[!]:Shape …  what is wrong is an error with the code of that letter
//
// A timestamp is a number of seconds, or such a number or a time of RFC 3339 as a
// text. What is wrong in a model is a mistake of ours that every test finds.
func ReadModel(text string, codes map[string]string) (Model, error) {
	shapes, operations := map[string]*shape{}, Model{}
	at := func(name string) *shape {
		if shapes[name] == nil {
			shapes[name] = &shape{kind: 255, least: -1, most: -1}
		}
		return shapes[name]
	}
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) < 2 || words[0] == "#" {
			continue
		}
		if words[1] == "operation" {
			in := &Input{code: codes[words[2]], shape: shape{kind: structureShape}}
			if in.code == "" {
				return nil, fmt.Errorf("model, %s: there is no error of the letter %q", words[0], words[2])
			}
			in.members = readMembers(words[3:], at)
			operations[words[0]] = in
			continue
		}
		if err := at(words[0]).read(words[1], words[2:], at); err != nil {
			return nil, fmt.Errorf("model, %s: %w", words[0], err)
		}
	}
	for name, s := range shapes {
		if s.kind == 255 {
			return nil, fmt.Errorf("model: %s is not described", name)
		}
	}
	return operations, nil
}

func readMembers(words []string, at func(string) *shape) []member {
	var out []member
	for _, w := range words {
		name, of, _ := strings.Cut(w, ":")
		bare, required := strings.CutSuffix(name, "!")
		out = append(out, member{bare, required, at(of)})
	}
	return out
}

func (s *shape) read(kind string, words []string, at func(string) *shape) error {
	switch kind {
	case "string":
		s.kind = textShape
	case "integer":
		s.kind = integerShape
	case "long":
		s.kind = longShape
	case "double":
		s.kind = doubleShape
	case "boolean":
		s.kind = booleanShape
	case "timestamp":
		s.kind = timestampShape
	case "enum":
		s.kind, s.values = enumShape, words
		return nil
	case "structure":
		s.kind, s.members = structureShape, readMembers(words, at)
		return nil
	case "list":
		s.kind, s.value = listShape, at(words[0])
		words = words[1:]
	case "map":
		s.kind, s.key, s.value = mapShape, at(words[0]), at(words[1])
		words = words[2:]
	default:
		return fmt.Errorf("kind %q", kind)
	}
	return s.readBounds(words)
}

func (s *shape) readBounds(words []string) (err error) {
	if len(words) > 0 && strings.Contains(words[0], "..") && strings.Trim(words[0], "0123456789.") == "" {
		least, most, _ := strings.Cut(words[0], "..")
		if s.least, err = bound(least); err != nil {
			return err
		}
		if s.most, err = bound(most); err != nil {
			return err
		}
		words = words[1:]
	}
	if len(words) > 0 {
		s.patternSay = words[0]
		s.pattern, err = regexp.Compile("^(?:" + words[0] + ")$")
	}
	return err
}

func bound(text string) (int64, error) {
	if text == "" {
		return -1, nil
	}
	return strconv.ParseInt(text, 10, 64)
}
