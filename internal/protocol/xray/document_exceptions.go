package xray

import (
	"bytes"
	"strconv"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/protocol/jsonscan"
	"github.com/oriel-dev/oriel/internal/xraymodel"
)

// exceptions writes a row for each exception of the unit, as those of spans are, and
// counts them. The first is also the unit's own. A cause that is an id, or an object
// that names one, points to an exception elsewhere: it is no second one.
func (w *rowWriter) exceptions() (n int) {
	if len(w.u.cause) == 0 || w.u.cause[0] != '{' {
		return 0
	}
	var list, message []byte
	w.each(w.u.cause, func(s *jsonscan.Scanner, name []byte) {
		switch string(name) {
		case "exceptions":
			list = value(s, '[')
		case "message":
			message = w.texts.text(s)
		default:
			s.Skip()
		}
	})
	w.stack = w.stack[:0]
	if len(list) > 0 {
		n = w.exceptionList(list)
	}
	if n == 0 && len(message) > 0 {
		w.thrown.message = message
	}
	return n
}

func (w *rowWriter) exceptionList(list []byte) (n int) {
	s := &jsonscan.Scanner{In: list, Most: maxDepth}
	if !s.Enter('[') {
		return 0
	}
	for more := s.First(']'); more; more = s.More(']') {
		object := value(s, '{')
		if len(object) == 0 || n >= maxExceptions {
			continue
		}
		t := w.exception(object)
		if len(t.kind) == 0 && len(t.message) == 0 {
			continue
		}
		if n++; n == 1 {
			w.thrown = t
		}
		if !w.u.inProgress { // else it is told of when the whole document comes, and would count twice
			w.exceptionRow(&t)
		}
	}
	return n
}

// exception reads one, and renders its stack.
func (w *rowWriter) exception(object []byte) (t thrown) {
	var frames []byte
	w.each(object, func(s *jsonscan.Scanner, name []byte) {
		switch string(name) {
		case "id":
			t.id = w.texts.text(s)
		case "type":
			t.kind = w.texts.text(s)
		case "message":
			t.message = w.texts.text(s)
		case "cause":
			t.cause = w.texts.text(s)
		case "remote":
			t.remote = w.texts.truth(s)
		case "truncated":
			t.truncated = count(s)
		case "skipped":
			t.skipped = count(s)
		case "stack":
			frames = value(s, '[')
		default:
			s.Skip()
		}
	})
	if len(frames) > 0 {
		t.stack = w.render(&t, frames)
	}
	return t
}

func count(s *jsonscan.Scanner) int64 {
	n, _ := strconv.ParseInt(string(value(s, 0)), 10, 64)
	return n
}

// render writes a stack as the sender's language does, which is what readers of
// stack traces know: of Python's the innermost frame is last.
func (w *rowWriter) render(t *thrown, frames []byte) []byte {
	from := len(w.stack)
	python := w.runtime == "python"
	if python {
		w.stack = append(w.stack, "Traceback (most recent call last):\n"...)
	} else {
		w.headline(t)
	}
	s := &jsonscan.Scanner{In: frames, Most: maxDepth}
	if !s.Enter('[') {
		return nil
	}
	n := 0
	for more := s.First(']'); more; more = s.More(']') {
		var path, label, line []byte
		w.each(value(s, '{'), func(s *jsonscan.Scanner, name []byte) {
			switch string(name) {
			case "path":
				path = w.texts.text(s)
			case "label":
				label = w.texts.text(s)
			case "line":
				line = bytes.Trim(value(s, 0), `"`)
			default:
				s.Skip()
			}
		})
		if n++; n > maxFrames || len(w.stack)-from > maxStack {
			continue
		}
		if python {
			w.stack = append(append(append(append(w.stack, `  File "`...), path...), `", line `...), line...)
			w.stack = append(append(append(w.stack, ", in "...), label...), '\n')
			continue
		}
		w.stack = append(append(append(w.stack, "    at "...), label...), " ("...)
		w.stack = append(append(append(append(w.stack, path...), ':'), line...), ")\n"...)
	}
	if t.truncated > 0 {
		w.stack = strconv.AppendInt(append(w.stack, "    ... "...), t.truncated, 10)
		w.stack = append(w.stack, " more\n"...)
	}
	if python {
		w.headline(t)
	}
	return bytes.TrimRight(w.stack[from:len(w.stack):len(w.stack)], "\n")
}

func (w *rowWriter) headline(t *thrown) {
	w.stack = append(w.stack, t.kind...)
	if len(t.kind) > 0 && len(t.message) > 0 {
		w.stack = append(w.stack, ": "...)
	}
	w.stack = append(append(w.stack, t.message...), '\n')
}

func (w *rowWriter) exceptionRow(t *thrown) {
	u, b := w.u, w.b
	at := u.start
	if u.ended && u.end > u.start {
		at = u.end
	}
	w.hang(at, event.AnnotationSpanEvent)
	b.SetString(b.Column(event.FieldName), "exception")
	b.SetBool(b.Column(event.FieldError), true)
	b.SetFloat(b.Column(event.FieldSinceSpanStart), float64(at-u.start)/1e6)
	if w.runtime != "" {
		b.SetString(b.Column("telemetry.sdk.language"), w.runtime)
	}
	for _, f := range [...]struct {
		name string
		text []byte
	}{
		{"exception.type", t.kind}, {"exception.message", t.message}, {"exception.stacktrace", t.stack}, {xraymodel.FieldExceptionID, t.id}, {"xray.exception.cause", t.cause},
	} {
		if len(f.text) > 0 {
			b.SetBytes(b.Column(f.name), f.text)
		}
	}
	if t.remote {
		b.SetBool(b.Column(xraymodel.FieldRemote), true)
	}
	if t.truncated > 0 {
		b.SetInt(b.Column("xray.exception.truncated"), t.truncated)
	}
	if t.skipped > 0 {
		b.SetInt(b.Column("xray.exception.skipped"), t.skipped)
	}
}

// runtimeOf is the language that a segment's block "service" tells of, as
// OpenTelemetry names it; "" if it does not.
func runtimeOf(service []byte) string {
	switch {
	case len(service) == 0:
	case bytes.Contains(service, []byte(`CPython`)), bytes.Contains(service, []byte(`PyPy`)):
		return "python"
	case bytes.Contains(service, []byte(`"gc"`)):
		return "go"
	case bytes.Contains(service, []byte(`node`)):
		return "nodejs"
	case bytes.Contains(service, []byte(`OpenJDK`)), bytes.Contains(service, []byte(`HotSpot`)):
		return "java"
	}
	return ""
}
