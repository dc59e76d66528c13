package symbol

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/oriel-dev/oriel/internal/sourcemap"
)

// Why a frame was not resolved, or a map could not be fetched. The first seven are
// the vendor's.
const (
	CodeNoMapURL       = "no_source_map_url"
	CodeIsSource       = "is_source_file"
	CodeInvalidURL     = "invalid_minified_js_url"
	CodeDownloadFailed = "minified_js_download_failed"
	CodeMapDownload    = "source_map_download_failed"
	CodeInvalidMapURL  = "invalid_source_map_url"
	CodeMapLoad        = "source_map_load_failed"

	CodeNoMap     = "no_source_map"
	CodeNoVersion = "no_code_version"
	CodeNoColumn  = "no_column"
	CodeNoMapping = "no_mapping"
	CodeRuntime   = "runtime_frame"
)

// Frame is a call in a minified file.
type Frame struct {
	File    string
	Line    int // from 1, 0 for none
	Column  int // as the runtime counts, below 0 for none
	Method  string
	DebugID string
}

// Trace are the frames of an exception, the oldest call first.
type Trace struct {
	Environment string
	Version     string
	// Node says that columns count from 0, as Node's do; browsers' count from 1.
	Node   bool
	Frames []Frame
}

// Resolved is what became of a frame: a place in a source, or why there is none.
type Resolved struct {
	Code   string `json:"code"`   // "" if it was resolved
	Reason string `json:"reason"` // the same in words

	File      string   `json:"file,omitempty"`
	Line      int      `json:"line,omitempty"`   // from 1
	Column    int      `json:"column,omitempty"` // from 1
	Method    string   `json:"method,omitempty"`
	Text      string   `json:"text,omitempty"` // the line of the source; "" where the map does not hold it
	Pre       []string `json:"pre,omitempty"`
	Post      []string `json:"post,omitempty"`
	InProject bool     `json:"in_project,omitempty"`

	MapID   int64  `json:"map_id,omitempty"`
	MapURL  string `json:"map_url,omitempty"`
	Match   string `json:"match,omitempty"`   // how the map was found
	Version string `json:"version,omitempty"` // of the map
	Guessed bool   `json:"guessed,omitempty"` // the occurrence has no version: the map uploaded last was taken

	name string // of what stands at the position: what this frame calls
}

// Resolve finds the original positions of frames, one for each. It reads at most
// as many maps as there are files.
func (s *Store) Resolve(t Trace) []Resolved { return s.resolve(&t, true) }

// resolve finds the positions, with the text around them if that is wanted.
func (s *Store) resolve(t *Trace, texts bool) []Resolved {
	out := make([]Resolved, len(t.Frames))
	maps := map[string]*mapped{}
	for i, f := range t.Frames {
		out[i] = s.frame(t, f, maps, texts)
	}
	for i := range out {
		if out[i].Code != "" {
			continue
		}
		out[i].Method = t.Frames[i].Method
		switch m := maps[mapKey(t.Frames[i])]; {
		case i > 0 && out[i-1].Code == "" && out[i-1].name != "":
			out[i].Method = out[i-1].name
		default:
			if name := s.cache.function(m.found.m.hash, m.texts[out[i].File], &out[i]); name != "" {
				out[i].Method = name
			}
		}
	}
	return out
}

// mapped is the map of a file, or why there is none.
type mapped struct {
	found
	m      *sourcemap.Map
	code   string
	reason string
	texts  map[string]string
}

func mapKey(f Frame) string { return f.DebugID + "\x00" + f.File }

func (s *Store) frame(t *Trace, f Frame, maps map[string]*mapped, texts bool) Resolved {
	if isRuntime(f.File) {
		return Resolved{Code: CodeRuntime, Reason: "the frame is of the runtime itself, not of a file"}
	}
	k := mapKey(f)
	m := maps[k]
	if m == nil {
		m = s.mapOf(t, f)
		maps[k] = m
	}
	r := Resolved{Code: m.code, Reason: m.reason}
	if m.found.m != nil {
		r.MapID, r.MapURL, r.Match, r.Version, r.Guessed = m.found.m.ID, m.found.m.URL, m.by, m.found.m.Version, m.guess
	}
	if m.code != "" {
		return r
	}
	column := f.Column
	if !t.Node {
		column--
	}
	at, ok := m.m.Lookup(f.Line, max(column, sourcemap.NoColumn))
	switch {
	case !ok && f.Line < 1:
		r.Code, r.Reason = CodeNoColumn, "the frame has no line"
	case !ok && column < 0:
		r.Code, r.Reason = CodeNoColumn, "the frame has no column, and the whole of a minified file may be one line"
	case !ok:
		r.Code, r.Reason = CodeNoMapping, fmt.Sprintf("the source map has nothing for line %d, column %d: it may be of another build", f.Line, f.Column)
	}
	if !ok {
		return r
	}
	s.fill(&r, m, at, texts)
	return r
}

// fill writes down the place that was found.
func (s *Store) fill(r *Resolved, m *mapped, at sourcemap.Position, texts bool) {
	file := m.m.Sources()[at.Source]
	r.File, r.Line, r.Column, r.name = file, at.Line, at.Column+1, at.Name
	r.InProject = !m.m.Ignored(at.Source) && !strings.Contains(file, "node_modules") && !strings.HasPrefix(file, "webpack/")
	text, known := m.texts[file]
	if !known {
		if text, known = m.m.Content(at.Source); !known && texts {
			text = s.beside(m.found.m, file)
		}
		m.texts[file] = text
	}
	if !texts {
		return
	}
	if e, ok := sourcemap.Excerpts(text, at.Line, at.Column); ok && text != "" {
		r.Text, r.Pre, r.Post = e.Code, e.Pre, e.Post
	}
}

// beside is the text of a source that was uploaded beside its map.
func (s *Store) beside(m *Map, file string) string {
	hash := m.Sources[file]
	for name, h := range m.Sources {
		if hash == "" && (strings.HasSuffix(name, "/"+file) || strings.HasSuffix(file, "/"+name)) {
			hash = h
		}
	}
	if hash == "" {
		return ""
	}
	text, err := s.open(hash)
	if err != nil {
		return ""
	}
	return string(text)
}

// mapOf finds and decodes the map of a frame's file.
func (s *Store) mapOf(t *Trace, f Frame) *mapped {
	m := &mapped{texts: map[string]string{}}
	at, ok := s.find(t.Environment, t.Version, f.File, f.DebugID)
	if !ok {
		m.code, m.reason = s.whyNone(t, f)
		return m
	}
	m.found = at
	decoded, err := s.decoded(at.m.hash)
	if err != nil {
		m.code, m.reason = CodeMapLoad, "the source map could not be read: "+err.Error()
		return m
	}
	m.m = decoded
	s.matchedNow(at)
	return m
}

// whyNone says why there is no map for a file.
func (s *Store) whyNone(t *Trace, f Frame) (code, reason string) {
	bare, _, _ := strings.Cut(f.File, "?")
	if slices.Contains([]string{".ts", ".tsx", ".jsx", ".vue", ".svelte", ".coffee"}, path.Ext(bare)) {
		return CodeIsSource, "the file is a source already"
	}
	s.mu.RLock()
	failed := s.byKey[key{t.Environment, t.Version, withoutScheme(f.File)}]
	s.mu.RUnlock()
	if failed != nil && failed.Code != "" {
		return failed.Code, failed.Problem
	}
	others := s.versionsOf(t.Environment, f.File)
	switch {
	case t.Version == "":
		return CodeNoVersion, "the occurrence has no code_version, and no source map of any version is of this file"
	case len(others) > 0:
		slices.Sort(others)
		return CodeNoMap, fmt.Sprintf("no source map was uploaded for this file in version %s; there is one of version %s", t.Version, strings.Join(others, ", "))
	}
	return CodeNoMap, fmt.Sprintf("no source map was uploaded for %s in version %s", withoutScheme(f.File), t.Version)
}

func isRuntime(file string) bool {
	switch file {
	case "", "(unknown)", "<anonymous>", "native", "[native code]", "eval", "undefined":
		return true
	}
	return strings.HasPrefix(file, "node:") || strings.HasPrefix(file, "internal/") || strings.HasPrefix(file, "<")
}
