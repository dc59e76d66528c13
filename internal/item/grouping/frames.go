package grouping

import (
	"slices"
	"strings"
)

// frame is a call as it counts.
type frame struct{ file, method string }

// Note is what became of a frame, for people.
type Note struct {
	Trace   int    // index in the chain, 0 was raised last
	File    string // as sent
	Method  string // as sent
	Counted bool
	Why     string // in words
	As      string // what it counted as: "file|method"
}

// counted is what the frames of a trace count as.
type counted struct {
	text       string // file|method;file|method, the oldest call first
	fault      frame
	faultKnown bool
}

// frames returns what those of a trace count as.
func (s *subject) frames(trace map[string]any, index int, note func(Note)) counted {
	calls := s.calls(trace["frames"])
	if s.memo == nil || note != nil {
		return s.count(calls, index, note)
	}
	key := s.keyOf(calls, index)
	one, known := s.memo.get(key)
	if !known {
		one = s.count(calls, index, nil)
		s.memo.put(key, one)
	}
	return one
}

// calls lists the frames of a trace, the oldest call first.
func (s *subject) calls(raw any) []call {
	one := func(int) (c call, ok bool) { return call{}, false }
	n := 0
	switch raw := raw.(type) {
	case []Frame:
		n = len(raw)
		one = func(i int) (call, bool) {
			return call{file: cut(raw[i].File, maxText), method: cut(raw[i].Method, maxText)}, true
		}
	case []any:
		n = len(raw)
		one = func(i int) (call, bool) {
			f := object(raw[i])
			return call{file: cut(Scalar(f["filename"]), maxText), method: cut(Scalar(f["method"]), maxText)}, f != nil
		}
	}
	n = min(n, maxFrames)
	calls := make([]call, 0, min(n, maxCounted))
	for i := range n {
		from := i
		if s.goFrames {
			from = n - 1 - i
		}
		c, ok := one(from)
		if !ok {
			continue
		}
		if n := len(calls); n > 0 && calls[n-1].file == c.file && calls[n-1].method == c.method {
			calls[n-1].times++
			continue
		}
		calls = append(calls, c)
	}
	return calls
}

// count decides which calls count.
func (s *subject) count(calls []call, index int, note func(Note)) (out counted) {
	anyOwn := false
	for i := range calls {
		c := &calls[i]
		if c.sdk = isSDK(c.file); !c.sdk {
			c.own = s.isOwn(c.file)
			c.relative = !c.own && s.isRelativeSource(c.file)
			anyOwn = anyOwn || c.own
		}
	}
	chosen := s.choose(calls[max(len(calls)-mostCalls, 0):], anyOwn, index, note, &out)
	var b strings.Builder
	for i, f := range chosen {
		if i > 0 {
			b.WriteByte(';')
		}
		b.WriteString(f.file)
		b.WriteByte('|')
		b.WriteString(f.method)
	}
	out.text = b.String()
	return out
}

// mostCalls bounds the calls that are told apart: those nearest to the fault.
const mostCalls = 2 * maxCounted

// call is a frame as it was sent, equal neighbours taken together.
type call struct {
	file, method string
	sdk, own     bool
	relative     bool // own for people, but not for fingerprints, which stay what they are
	times        int  // more than once
}

func (s *subject) choose(calls []call, anyOwn bool, index int, note func(Note), out *counted) []frame {
	last := len(calls) - 1
	for last >= 0 && calls[last].sdk {
		last--
	}
	var chosen []frame
	for i, c := range calls {
		counts, why := judge(c, anyOwn, i == last)
		var f frame
		if counts {
			f = frame{s.normalFile(c.file), normalMethod(c.method)}
			if n := len(chosen); n > 0 && chosen[n-1] == f {
				counts, why = false, "the same call as the one before it: how deep recursion goes does not matter"
			} else {
				chosen = append(chosen, f)
			}
			if index == 0 && (c.own || !out.faultKnown || !anyOwn) {
				out.fault, out.faultKnown = f, true
			}
		}
		if note != nil {
			n := Note{Trace: index, File: c.file, Method: c.method, Counted: counts, Why: why}
			if counts {
				n.As = f.file + "|" + f.method
			}
			note(n)
		}
	}
	if len(chosen) > maxCounted {
		chosen = slices.Clone(chosen[len(chosen)-maxCounted:])
	}
	return chosen
}

// judge says whether a call counts, and why.
func judge(c call, anyOwn, last bool) (counts bool, why string) {
	switch {
	case c.sdk:
		return false, "part of the reporting library"
	case !anyOwn:
		return true, "no frame is of the project's own code, so all count"
	case c.own:
		return true, "the project's own code"
	case last:
		return true, "where it went wrong, though it is not the project's own code"
	}
	if c.relative {
		return false, "a relative path: without server.root before it, it does not count as the project's own code"
	}
	return false, "not the project's own code"
}

// isSDK reports whether a file belongs to the library that reports errors.
func isSDK(file string) bool {
	if strings.Contains(file, "github.com/rollbar/rollbar-go") || strings.Contains(file, "rollbarjs/") {
		return true
	}
	file, _, _ = strings.Cut(file, "?")
	at := strings.LastIndexByte(file, '/')
	name := file[at+1:]
	rest, ok := strings.CutPrefix(name, "rollbar")
	return ok && strings.HasSuffix(rest, ".min.js") && (rest == ".min.js" || rest[0] == '.')
}

// isOwn reports whether a file is of the project itself.
func (s *subject) isOwn(file string) bool {
	if len(s.roots) > 0 {
		for _, root := range s.roots {
			if _, under := s.underRoot(file, root); under {
				return true
			}
		}
		return false
	}
	if s.language == "go" {
		return !strings.Contains(file, "/go/src/") && !strings.Contains(file, "@v") && !isGoStandard(file)
	}
	return !isLibraryFile(file)
}

// isLibraryFile reports whether a file lies where libraries are installed.
func isLibraryFile(file string) bool {
	for _, of := range []string{"site-packages", "dist-packages", "/gems/", "node_modules", "node:", "/lib/python"} {
		if strings.Contains(file, of) {
			return true
		}
	}
	return false
}

// underRoot returns what follows a root. Go's may be an import path, which then
// stands somewhere in the file's.
func (s *subject) underRoot(file, root string) (rest string, under bool) {
	if rest, ok := strings.CutPrefix(file, root); ok && (rest == "" || rest[0] == '/' || rest[0] == '\\') {
		return rest, true
	}
	if s.language != "go" {
		return "", false
	}
	if at := strings.Index(file, "/"+strings.TrimPrefix(root, "/")+"/"); at >= 0 {
		return file[at+1+len(strings.TrimPrefix(root, "/")):], true
	}
	return "", false
}

// isGoStandard reports whether a file of Go's without a leading slash, as builds
// with trimmed paths have them, is of the standard library.
func isGoStandard(file string) bool {
	first, _, deep := strings.Cut(file, "/")
	if !deep || first == "" {
		return false
	}
	switch first {
	case "archive", "bufio", "bytes", "cmp", "compress", "container", "context", "crypto", "database", "debug", "embed", "encoding", "errors",
		"expvar", "flag", "fmt", "go", "hash", "html", "image", "io", "iter", "log", "maps", "math", "mime", "net", "os", "path", "plugin",
		"reflect", "regexp", "runtime", "slices", "sort", "strconv", "strings", "sync", "syscall", "testing", "text", "time", "unicode", "unique", "unsafe":
		return true
	}
	return false
}
