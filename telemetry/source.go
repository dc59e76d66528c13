package telemetry

import (
	"io/fs"
	"os"
	"path"
	"runtime"
	"strings"
	"sync"
)

const (
	sourceFiles   = 64
	sourceLongest = 1 << 20
	sourceLines   = 4 // around the one
	sourceWidest  = 300
)

// sources reads lines of the program's own source, where it runs beside it or carries
// it. It keeps few files.
type sources struct {
	mu      sync.Mutex
	carried map[string]fs.FS    // by import path
	files   map[string][]string // nil: not there
}

func (s *sources) around(f *runtime.Frame) (code string, pre, post []string, ok bool) {
	if !strings.HasSuffix(f.File, ".go") {
		return "", nil, nil, false
	}
	lines, line := s.read(f.File, s.carried[packageOf(f.Function)]), f.Line
	if line < 1 || line > len(lines) {
		return "", nil, nil, false
	}
	cut := func(from, to int) []string {
		out := make([]string, 0, sourceLines)
		for _, l := range lines[max(0, from):min(len(lines), to)] {
			out = append(out, l[:min(len(l), sourceWidest)])
		}
		return out
	}
	return cut(line-1, line)[0], cut(line-1-sourceLines, line-1), cut(line, line+sourceLines), true
}

// packageOf returns the import path of a function like example.com/a/b.(*T).f.
func packageOf(function string) string {
	last := strings.LastIndexByte(function, '/') + 1
	name, _, _ := strings.Cut(function[last:], ".")
	return function[:last] + name
}

func (s *sources) read(file string, from fs.FS) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if lines, known := s.files[file]; known {
		return lines
	}
	if len(s.files) >= sourceFiles || s.files == nil {
		s.files = map[string][]string{}
	}
	var lines []string
	if from != nil {
		if text, err := fs.ReadFile(from, path.Base(file)); err == nil && len(text) <= sourceLongest {
			lines = strings.Split(string(text), "\n")
		}
	} else if info, err := os.Stat(file); err == nil && info.Mode().IsRegular() && info.Size() <= sourceLongest {
		if text, err := os.ReadFile(file); err == nil { //nolint:gosec // a file of the program itself
			lines = strings.Split(string(text), "\n")
		}
	}
	s.files[file] = lines
	return lines
}
