package grouping

import (
	"encoding/json"
	"strings"
)

// subject is a payload that is being decided about.
type subject struct {
	data, body map[string]any
	rules      *Rules
	memo       *Memo            // nil: nothing is remembered
	traces     []map[string]any // the one raised last first
	language   string           // first word, lower case
	roots      []string
	goFrames   bool // they come the newest call first
	fault      frame
	faultKnown bool
}

// read finds what kind of payload it is.
func (s *subject) read() {
	for _, t := range list(s.body["trace_chain"]) {
		if m := object(t); m != nil && len(s.traces) < maxTraces {
			s.traces = append(s.traces, m)
		}
	}
	if m := object(s.body["trace"]); len(s.traces) == 0 && m != nil {
		s.traces = append(s.traces, m)
	}
	s.language, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(cut(Scalar(s.data["language"]), maxText))), " ")
	s.goFrames = IsGo(s.data)
	if s.goFrames {
		s.language = "go"
	}
	add := func(root string) {
		if root = strings.TrimRight(cut(root, maxText), `/\`); root != "" {
			s.roots = append(s.roots, root)
		}
	}
	add(Scalar(object(s.data["server"])["root"]))
	const mostRoots = 50
	for _, p := range list(s.data["project_package_paths"]) {
		if len(s.roots) < mostRoots {
			add(Scalar(p))
		}
	}
}

// IsGo reports whether a payload's frames come the newest call first: those of
// Go and its SDK do, all others the oldest first.
func IsGo(data map[string]any) bool {
	language, _, _ := strings.Cut(strings.ToLower(Scalar(data["language"])), " ")
	return language == "go" || strings.HasPrefix(Scalar(object(data["notifier"])["name"]), "rollbar/rollbar-go")
}

const unknownClass = "(unknown)"

// classOf is the class of a trace's exception, which very old clients send as text.
func classOf(trace map[string]any) string {
	e := trace["exception"]
	class := Scalar(e)
	if m := object(e); m != nil {
		class = Scalar(m["class"])
	}
	if class = strings.TrimSpace(cut(class, maxText)); class == "" {
		return unknownClass
	}
	return class
}

func messageOf(trace map[string]any) string {
	e := object(trace["exception"])
	if m, ok := e["message"]; ok {
		return cut(anyText(m), maxText)
	}
	return ""
}

// anyText is textOf, and of objects and lists their JSON.
func anyText(v any) string {
	switch v.(type) {
	case map[string]any, []any:
		text, err := json.Marshal(v)
		if err != nil {
			return ""
		}
		return string(text)
	}
	return Scalar(v)
}

func (s *subject) class() string {
	if len(s.traces) == 0 {
		return ""
	}
	return classOf(s.traces[0])
}

// message is what the error says: of a trace what was raised last, else the body.
func (s *subject) message() string {
	if len(s.traces) > 0 {
		return messageOf(s.traces[0])
	}
	if m, ok := s.body["message"]; ok {
		if o := object(m); o != nil {
			return cut(anyText(o["body"]), maxText)
		}
		return cut(anyText(m), maxText)
	}
	return cut(s.report(), maxText)
}

func (s *subject) report() string { return Scalar(object(s.body["crash_report"])["raw"]) }

// level is what the payload says, or what its kind has.
func (s *subject) level() string {
	switch l := strings.ToLower(Scalar(s.data["level"])); l {
	case "critical", "error", "warning", "info", "debug":
		return l
	}
	if len(s.traces) == 0 && s.report() == "" {
		return "info"
	}
	return "error"
}

// title is the client's, or made of class and message.
func (s *subject) title() string {
	if t := oneLine(Scalar(s.data["title"])); t != "" {
		return t
	}
	return s.ownTitle()
}

func (s *subject) ownTitle() string {
	switch {
	case len(s.traces) > 0:
		class, message := s.class(), strings.TrimSpace(s.message())
		if message == "" {
			return oneLine(class)
		}
		return oneLine(class + ": " + message)
	case s.report() != "":
		return crashTitle(s.report())
	}
	if t := oneLine(s.message()); t != "" {
		return t
	}
	return unknownClass
}

// culprit is the frame at fault in a few words.
func (s *subject) culprit() string {
	if !s.faultKnown {
		return ""
	}
	const shown, most = 2, 200
	file := s.fault.file
	for _, prefix := range []string{rootMark + "/", siteMark, stdlibMark, modulesMark, goRootMark} {
		file = strings.TrimPrefix(file, prefix)
	}
	parts := strings.Split(strings.ReplaceAll(file, `\`, "/"), "/")
	file = strings.Join(parts[max(len(parts)-shown, 0):], "/")
	if s.fault.method == noMethod {
		return cut(file, most)
	}
	return cut(s.fault.method+" in "+file, most)
}

// canonical is the text that the algorithm hashes.
func (s *subject) canonical(note func(Note)) string {
	switch {
	case len(s.traces) > 0:
		return s.canonicalTraces(note)
	case s.report() != "":
		return canonicalCrash(s.report())
	}
	return "m:" + NormalMessage(s.message())
}

func (s *subject) canonicalTraces(note func(Note)) string {
	var b strings.Builder
	b.WriteString("e:")
	bare, generic := true, s.language == "go"
	for i, t := range s.traces {
		if i > 0 {
			b.WriteString(" / ")
		}
		stack := s.frames(t, i, note)
		if i == 0 {
			s.fault, s.faultKnown = stack.fault, stack.faultKnown
		}
		bare = bare && stack.text == "" // a frame has a method's text at least
		b.WriteString(stack.text)
		class := classOf(t)
		generic = generic && isGeneric(class)
		b.WriteByte('!')
		b.WriteString(class)
	}
	if bare || generic {
		b.WriteByte('!')
		b.WriteString(NormalMessage(messageOf(s.traces[len(s.traces)-1])))
	}
	return b.String()
}

// isGeneric reports whether a class says nothing of what went wrong.
func isGeneric(class string) bool {
	switch class {
	case "errors.errorString", "*errors.errorString", "fmt.wrapError", "*fmt.wrapError", "fmt.wrapErrors", "*fmt.wrapErrors",
		"errors.joinError", "*errors.joinError", unknownClass, "Error", "Exception":
		return true
	}
	return false
}
