// Package sourcemap reads source maps: JSON of version 3, plain or in sections,
// as https://tc39.es/ecma426/ has it. It finds what a position in a generated file
// was in its sources. It is pure; who has which map is not known here.
//
// What is read is hostile: sizes, counts and numbers are bounded, and a segment
// that points at a source that is not there counts as one without a source.
package sourcemap

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/oriel-dev/oriel/internal/fault"
)

// Limits of a map.
const (
	MaxBytes    = 100 << 20
	maxSegments = 5_000_000
	maxLines    = 2_000_000
	maxSections = 10_000
	maxSources  = 100_000
	maxNames    = 2_000_000
)

// Map is a decoded map. It does not change, and may be used from many goroutines.
type Map struct {
	DebugID string // "" where the map has none
	File    string // the generated file's name, as the map says

	sources []source
	names   []string
	starts  []int32 // index in segments at which a generated line begins
	segs    []segment
}

type source struct {
	path    string
	content *string // nil where the map does not hold it
	ignored bool
}

// segment is one mapping. Source is -1 where the generated text has no original,
// name is -1 where it has no name. Lines and columns count from 0.
type segment struct {
	column, source, line, sourceColumn, name int32
}

// Position is where generated text comes from.
type Position struct {
	Source int    // index, for the other methods
	Line   int    // from 1
	Column int    // from 0
	Name   string // of what stands there in the source, "" if the map does not tell
}

// wire is the JSON of a map, and of what a section holds.
type wire struct {
	Version        json.Number       `json:"version"`
	File           string            `json:"file"`
	SourceRoot     string            `json:"sourceRoot"`
	Sources        []*string         `json:"sources"`
	SourcesContent []*string         `json:"sourcesContent"`
	Names          []json.RawMessage `json:"names"`
	Mappings       string            `json:"mappings"`
	IgnoreList     []int             `json:"ignoreList"`
	XIgnoreList    []int             `json:"x_google_ignoreList"`
	DebugID        string            `json:"debugId"`
	DebugIDOld     string            `json:"debug_id"`
	Sections       []section         `json:"sections"`
}

type section struct {
	Offset struct {
		Line   int64 `json:"line"`
		Column int64 `json:"column"`
	} `json:"offset"`
	Map json.RawMessage `json:"map"`
	URL string          `json:"url"`
}

// Decode reads a map. Faults are of kind Invalid or TooLarge.
func Decode(raw []byte) (*Map, error) {
	if len(raw) > MaxBytes {
		return nil, fault.New(fault.TooLarge, "the source map has %d bytes; at most %d are read", len(raw), MaxBytes)
	}
	w, err := decodeJSON(raw)
	if err != nil {
		return nil, err
	}
	m := &Map{DebugID: w.DebugID, File: w.File}
	if m.DebugID == "" {
		m.DebugID = w.DebugIDOld
	}
	b := builder{m: m}
	if w.Sections != nil {
		err = b.sections(w.Sections)
	} else {
		err = b.add(w, 0, 0)
	}
	if err != nil {
		return nil, err
	}
	b.finish()
	return m, nil
}

// decodeJSON reads the JSON behind the line that some servers put before it, so
// that no page can run it as a script.
func decodeJSON(raw []byte) (*wire, error) {
	raw = bytes.TrimPrefix(raw, []byte("\ufeff"))
	if bytes.HasPrefix(raw, []byte(")]}")) {
		_, raw, _ = bytes.Cut(raw, []byte("\n"))
	}
	var w wire
	if err := json.Unmarshal(raw, &w); err != nil {
		return nil, fault.New(fault.Invalid, "the source map is not JSON of a source map: %s", err)
	}
	if v := w.Version.String(); v != "" && v != "3" {
		return nil, fault.New(fault.Invalid, "the source map is of version %.20s; version 3 is read", v)
	}
	return &w, nil
}

// builder puts the parts of a map together.
type builder struct {
	m     *Map
	loose bool // segments are not in order yet
}

func (b *builder) sections(list []section) error {
	if len(list) > maxSections {
		return fault.New(fault.TooLarge, "the source map has %d sections; at most %d are read", len(list), maxSections)
	}
	var line, column int64
	for i, s := range list {
		if s.Offset.Line < line || s.Offset.Line == line && s.Offset.Column < column || s.Offset.Line > maxLines || s.Offset.Column > 1<<30 {
			return fault.New(fault.Invalid, "section %d of the source map begins at %d:%d, which is before the section before it or too large", i, s.Offset.Line, s.Offset.Column)
		}
		line, column = s.Offset.Line, s.Offset.Column
		if len(s.Map) == 0 {
			return fault.New(fault.Invalid, "section %d of the source map has no map; maps elsewhere (url %.100q) are not fetched", i, s.URL)
		}
		w, err := decodeJSON(s.Map)
		if err != nil {
			return err
		}
		if w.Sections != nil {
			return fault.New(fault.Invalid, "section %d of the source map has sections itself, which the format does not allow", i)
		}
		b.cut(int(line), int32(column))
		if err := b.add(w, int(line), int32(column)); err != nil {
			return err
		}
	}
	return nil
}

// cut takes off what an earlier section says of text that belongs to the next.
func (b *builder) cut(line int, column int32) {
	m := b.m
	if line < len(m.starts) {
		end := len(m.segs)
		if line+1 < len(m.starts) {
			end = int(m.starts[line+1])
		}
		at := int(m.starts[line])
		for at < end && m.segs[at].column < column {
			at++
		}
		m.segs, m.starts = m.segs[:at], m.starts[:line+1]
	}
}

// add puts a map at a place of the generated file.
func (b *builder) add(w *wire, line int, column int32) error {
	m := b.m
	if len(m.sources)+len(w.Sources) > maxSources || len(m.names)+len(w.Names) > maxNames {
		return fault.New(fault.TooLarge, "the source map has more than %d sources or %d names", maxSources, maxNames)
	}
	r := reader{m: m, text: w.Mappings, source: len(m.sources), sources: len(w.Sources), name: len(m.names), names: len(w.Names)}
	for i, path := range w.Sources {
		s := source{}
		if path != nil {
			s.path = CleanPath(w.SourceRoot, *path)
		}
		if i < len(w.SourcesContent) {
			s.content = w.SourcesContent[i]
		}
		s.ignored = slices.Contains(w.IgnoreList, i) || slices.Contains(w.XIgnoreList, i)
		m.sources = append(m.sources, s)
	}
	for _, raw := range w.Names {
		var name string
		_ = json.Unmarshal(raw, &name) // what is no text is no name
		m.names = append(m.names, name)
	}
	loose, err := r.read(line, column)
	b.loose = b.loose || loose
	return err
}

// finish brings the segments of each line in order.
func (b *builder) finish() {
	m := b.m
	m.starts = append(m.starts, int32(len(m.segs)))
	if b.loose {
		for i := range m.starts[1:] {
			slices.SortStableFunc(m.segs[m.starts[i]:m.starts[i+1]], func(x, y segment) int { return int(x.column) - int(y.column) })
		}
	}
	m.segs, m.names = slices.Clip(m.segs), slices.Clip(m.names)
}

// Size is about how many bytes of memory the map takes.
func (m *Map) Size() int {
	n := 20*cap(m.segs) + 4*cap(m.starts) + 16*cap(m.names)
	for _, name := range m.names {
		n += len(name)
	}
	for _, s := range m.sources {
		n += 40 + len(s.path)
		if s.content != nil {
			n += len(*s.content)
		}
	}
	return n
}

// Sources lists the paths of the sources, cleaned by [CleanPath].
func (m *Map) Sources() []string {
	paths := make([]string, len(m.sources))
	for i, s := range m.sources {
		paths[i] = s.path
	}
	return paths
}

// Content returns the text of a source; false where the map does not hold it.
func (m *Map) Content(source int) (string, bool) {
	if source < 0 || source >= len(m.sources) || m.sources[source].content == nil {
		return "", false
	}
	return *m.sources[source].content, true
}

// Ignored reports whether the map says that a source is none of the developer's.
func (m *Map) Ignored(source int) bool {
	return source >= 0 && source < len(m.sources) && m.sources[source].ignored
}

// NoColumn is the column of a position whose column is not known.
const NoColumn = -1

// Lookup finds where generated text comes from; lines count from 1, columns
// from 0. It is the last mapping of that line that does not begin behind the
// column. Without a column, it is the only mapping of the line. The result is
// false where no mapping covers the position: never is one of another line taken.
func (m *Map) Lookup(line, column int) (Position, bool) {
	if line < 1 || line >= len(m.starts) {
		return Position{}, false
	}
	segs := m.segs[m.starts[line-1]:m.starts[line]]
	at := len(segs) - 1
	if column < 0 {
		if len(segs) != 1 {
			return Position{}, false
		}
	} else {
		i, exact := slices.BinarySearchFunc(segs, column, func(s segment, c int) int { return int(s.column) - c })
		if at = i - 1; exact {
			for at = i; at+1 < len(segs) && int(segs[at+1].column) == column; at++ { //nolint:revive // the last of equals
			}
		}
	}
	if at < 0 || segs[at].source < 0 {
		return Position{}, false
	}
	s := segs[at]
	p := Position{Source: int(s.source), Line: int(s.line) + 1, Column: int(s.sourceColumn)}
	if s.name >= 0 {
		p.Name = m.names[s.name]
	}
	return p, true
}

// CleanPath makes a source's name short: without the scheme that bundlers put
// before it, queries, and leading dots; behind the root if it is relative.
func CleanPath(root, path string) string {
	if rest, ok := strings.CutPrefix(path, "webpack://"); ok {
		_, path, ok = strings.Cut(rest, "/")
		if !ok {
			path = rest
		}
	} else if root != "" && !strings.Contains(path, "://") && !strings.HasPrefix(path, "/") {
		path = strings.TrimSuffix(strings.TrimPrefix(root, "webpack://"), "/") + "/" + path
	}
	if i := strings.IndexByte(path, '?'); i > 0 {
		path = path[:i]
	}
	for {
		rest := strings.TrimPrefix(strings.TrimPrefix(path, "./"), "../")
		if rest == path {
			return path
		}
		path = rest
	}
}
