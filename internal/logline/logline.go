// Package logline finds what the text of a log line says of itself: the fields of
// a JSON message, the ids of its trace and span, and how severe it is. It is asked
// once, when a line comes in, so that questions read columns and not text.
//
// It knows forms that loggers write, and nothing of who sent the line or where
// it is kept. What it can't make out is no error: the line stays as it is.
package logline

import (
	"bytes"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/protocol/jsonscan"
)

// Limits of what is found in one message.
const (
	maxFields  = 1000
	maxDepth   = 32     // of objects and arrays; what lies deeper is kept as JSON text
	maxName    = 300    // bytes of a dotted path
	maxValue   = 65_535 // bytes of a text
	maxColumns = 10_000 // of a batch, beyond which no new names are taken up
	maxStarts  = 4      // places at which JSON is looked for behind other text
)

// Reader reads messages, one after the other: its scratch is used again. The
// zero value is ready. It is for one goroutine.
type Reader struct {
	scan   jsonscan.Scanner
	values jsonscan.Scanner // of texts with escapes
	found  []entry
	path   []byte
	names  []byte // what names of entries lie in, unless it is the message
	lost   int

	trace, span [traceDigits]byte
}

// Line is what a message says beyond its fields. The ids lie in the reader's
// scratch: they are good until the next message.
type Line struct {
	TraceID  []byte // in canonical form, nil if the message names none
	SpanID   []byte // likewise
	Severity string // trace, debug, info, warn, error or fatal; "" if it does not say
	Lost     int    // fields that were left out: too many, or with too long a name; and texts that were cut
}

// Read sets the fields of a message in the current row of the batch. The message
// must be UTF-8. Fields that the row has already are overwritten.
func (r *Reader) Read(b *event.Batch, message []byte) Line {
	r.lost = 0
	text, object := r.split(message)
	var l Line
	if object {
		r.commit(b, &l)
	} else {
		r.known(b, message, &l)
	}
	if l.Severity == "" && len(text) > 0 {
		l.Severity = severityOfText(text)
	}
	if l.TraceID == nil {
		r.idsOfText(message, object, &l)
	}
	l.Lost = r.lost
	return l
}

// Set stores the ids and the severity in the current row, where there are any.
func (l *Line) Set(b *event.Batch) {
	if l.TraceID != nil {
		b.SetBytes(unique(b, event.FieldTraceID), l.TraceID)
	}
	if l.SpanID != nil {
		b.SetBytes(unique(b, event.FieldParentID), l.SpanID)
	}
	if l.Severity != "" {
		b.SetString(b.Column(event.FieldSeverity), l.Severity)
	}
}

func unique(b *event.Batch, name string) *event.Column {
	c := b.Column(name)
	if c.Kind == event.Null {
		c.Dict.Unique()
	}
	return c
}

// split finds the JSON object that a message is, or ends in, and collects what
// is in it. It returns the text before it, or all of the message if there is none.
func (r *Reader) split(message []byte) (text []byte, object bool) {
	end := len(message)
	for end > 0 && isSpace(message[end-1]) {
		end--
	}
	if end == 0 || message[end-1] != '}' {
		return message, false
	}
	start := 0
	for range maxStarts {
		at := bytes.IndexByte(message[start:end], '{')
		if at < 0 {
			break
		}
		if start += at; r.collect(message[start:end]) {
			return message[:start], true
		}
		start++
	}
	return message, false
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }
