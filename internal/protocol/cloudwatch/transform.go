package cloudwatch

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// A transformer makes JSON of the text of a line: parsers find fields in it, other
// processors change them. It is made of the operation's own JSON.

// processors is the configuration of a transformer: of each, one member is set.
type processors []map[string]json.RawMessage

// transformer is a configuration, ready for lines. It may be used by many at once.
type transformer struct{ steps []step }

// step changes a document, or says why it can't.
type step func(d *document) error

// document is what becomes of a line.
type document struct {
	message string
	meta    map[string]string // of the line: @logGroupName and the like
	root    map[string]any
}

// Limits of transformers.
const (
	maxTransformed = 1 << 20 // bytes of what becomes of a line, and of a text in it
	maxKeyDepth    = 20
)

var errTooLong = errors.New("the transformed line is too long") //nolint:gochecknoglobals // a constant

// parserNames are the processors that may come first.
func parserNames() map[string]func(raw json.RawMessage) (step, error) {
	all := vendedNames()
	maps.Copy(all, map[string]func(json.RawMessage) (step, error){
		"parseJSON": parseJSONStep, "grok": grokStep, "csv": csvStep, "parseKeyValue": keyValueStep,
	})
	return all
}

func changerNames() map[string]func(raw json.RawMessage) (step, error) {
	return map[string]func(json.RawMessage) (step, error){
		"addKeys": addKeysStep, "deleteKeys": deleteKeysStep, "moveKeys": moveKeysStep, "renameKeys": renameKeysStep, "copyValue": copyValueStep,
		"listToMap": listToMapStep, "lowerCaseString": stringsStep(strings.ToLower), "upperCaseString": stringsStep(strings.ToUpper),
		"trimString": stringsStep(strings.TrimSpace), "splitString": splitStep, "substituteString": substituteStep, "typeConverter": typeStep,
		"dateTimeConverter": dateTimeStep,
	}
}

// compileTransformer checks a configuration and makes it ready.
func compileTransformer(config processors) (*transformer, error) {
	t := &transformer{}
	parsers, changers, vended := parserNames(), changerNames(), vendedNames()
	groks := 0
	for i, p := range config {
		name := ""
		for key, raw := range p {
			if string(raw) == "null" {
				continue
			}
			if name != "" {
				return nil, invalidParameter(fmt.Sprintf("Processor %d of the transformer has two members, %s and %s; it must have one.", i+1, cut(name), cut(key)))
			}
			name = key
		}
		build, isParser := parsers[name]
		if !isParser {
			build = changers[name]
		}
		switch {
		case build == nil:
			return nil, invalidParameter(fmt.Sprintf("Processor %d of the transformer is '%s', which is not served by this version of Oriel.", i+1, cut(name)))
		case i == 0 && !isParser:
			return nil, invalidParameter("The first processor of a transformer must be a parser; it is " + name + ".")
		case vended[name] != nil && i > 0:
			return nil, invalidParameter(name + " must be the first processor of a transformer.")
		case name == "grok":
			if groks++; groks > 1 {
				return nil, invalidParameter("A transformer can have one grok processor.")
			}
		}
		s, err := build(p[name])
		if err != nil {
			return nil, invalidParameter(fmt.Sprintf("Processor %d of the transformer, %s: %s", i+1, name, err.Error()))
		}
		t.steps = append(t.steps, s)
	}
	return t, nil
}

// transform returns the JSON that becomes of a line; false if its text is not what
// the first parser reads, and it stays as it is. A later processor that finds
// nothing to do leaves the document as it is.
func (t *transformer) transform(message string, meta map[string]string) (text string, ok bool) {
	d := &document{message: message, meta: meta, root: map[string]any{}}
	for i, s := range t.steps {
		if err := s(d); errors.Is(err, errTooLong) || err != nil && i == 0 {
			return message, false
		}
	}
	if room := maxTransformed; !fits(d.root, &room, 0) {
		return message, false
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(d.root); err != nil {
		return message, false
	}
	return strings.TrimSuffix(out.String(), "\n"), true
}

// maxDocumentDepth of what becomes of a line.
const maxDocumentDepth = 500

// fits reports whether a value is no larger than the room there is. Values that
// were copied are in it several times, or in themselves.
func fits(v any, room *int, depth int) bool {
	if *room--; *room < 0 || depth > maxDocumentDepth {
		return false
	}
	switch v := v.(type) {
	case string:
		*room -= len(v)
	case json.Number:
		*room -= len(v)
	case map[string]any:
		for name, item := range v {
			if *room -= len(name); !fits(item, room, depth+1) {
				return false
			}
		}
	case []any:
		for _, item := range v {
			if !fits(item, room, depth+1) {
				return false
			}
		}
	}
	return *room >= 0
}

// keyPath cuts a key: a.b[0].c has four parts.
func keyPath(key string) ([]string, error) {
	parts := strings.Split(strings.NewReplacer("[", ".", "]", "").Replace(key), ".")
	if len(parts) > maxKeyDepth {
		return nil, fmt.Errorf("the key '%s' has %d parts; the limit is %d", cut(key), len(parts), maxKeyDepth)
	}
	if slices.Contains(parts, "") {
		return nil, fmt.Errorf("the key '%s' has an empty part", cut(key))
	}
	return parts, nil
}

// get returns the value of a key.
func (d *document) get(key []string) (any, bool) {
	if len(key) == 1 && key[0] == "@message" {
		return d.message, true
	}
	if len(key) == 1 {
		if v, ok := d.meta[key[0]]; ok {
			return v, true
		}
	}
	var at any = d.root
	for _, part := range key {
		switch v := at.(type) {
		case map[string]any:
			next, ok := v[part]
			if !ok {
				return nil, false
			}
			at = next
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i < 0 || i >= len(v) {
				return nil, false
			}
			at = v[i]
		default:
			return nil, false
		}
	}
	return at, true
}

// text returns a key's value as text; only scalars have one.
func (d *document) text(key []string) (string, bool) {
	v, ok := d.get(key)
	if !ok {
		return "", false
	}
	return scalarText(v)
}

func scalarText(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case bool:
		return strconv.FormatBool(v), true
	}
	return "", false
}

// set puts a value where a key says, making the objects on the way.
func (d *document) set(key []string, v any, overwrite bool) {
	at := d.root
	for _, part := range key[:len(key)-1] {
		next, isObject := at[part].(map[string]any)
		if !isObject {
			if _, taken := at[part]; taken && !overwrite {
				return
			}
			next = map[string]any{}
			at[part] = next
		}
		at = next
	}
	last := key[len(key)-1]
	if _, taken := at[last]; !taken || overwrite {
		at[last] = v
	}
}

// remove deletes a key of an object.
func (d *document) remove(key []string) {
	parent, ok := any(d.root), true
	if len(key) > 1 {
		parent, ok = d.get(key[:len(key)-1])
	}
	if object, is := parent.(map[string]any); ok && is {
		delete(object, key[len(key)-1])
	}
}

// merge puts found fields at a destination, the root if there is none.
func (d *document) merge(destination []string, fields map[string]any, overwrite bool) {
	if len(destination) > 0 {
		d.set(destination, fields, overwrite)
		return
	}
	for name, v := range fields {
		if _, taken := d.root[name]; !taken || overwrite {
			d.root[name] = v
		}
	}
}

// source reads the names of a parser's source and destination.
func source(from, to string) (src, dst []string, err error) {
	if from == "" {
		from = "@message"
	}
	if src, err = keyPath(from); err != nil {
		return nil, nil, err
	}
	if to != "" {
		dst, err = keyPath(to)
	}
	return src, dst, err
}
