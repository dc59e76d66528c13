package logline

import "bytes"

const (
	traceDigits = 32
	spanDigits  = 16
	timeDigits  = 8  // of X-Ray's ids
	restDigits  = 24 // of X-Ray's ids
)

// traceOf reads the id of a trace in any form that loggers write: 32 or 16 hex
// digits, X-Ray's 1-8-24 with or without a segment after "@", its header
// "Root=…;Parent=…", a traceparent, a UUID. Other text is no id here: a line that
// calls something its trace must not make one up. The span is nil if none is told.
func (r *Reader) traceOf(text []byte) (trace, span []byte) {
	text = bytes.TrimSpace(text)
	if root, ok := bytes.CutPrefix(text, []byte("Root=")); ok {
		text = root
		if _, parent, ok := bytes.Cut(root, []byte("Parent=")); ok && hexRun(parent) == spanDigits {
			span = r.setSpan(parent)
		}
	}
	run := hexRun(text)
	switch {
	case run == len(text) && (run == traceDigits || run == spanDigits):
		return r.setTrace(text, nil), nil
	case isXRay(text):
		if rest := text[xrayLength:]; len(rest) > spanDigits && (rest[0] == '@' || rest[0] == ':') && hexRun(rest[1:]) == spanDigits {
			span = r.setSpan(rest[1:])
		}
		return r.setTrace(text[2:2+timeDigits], text[xrayLength-restDigits:xrayLength]), span
	case isTraceparent(text):
		return r.setTrace(text[3:3+traceDigits], nil), r.setSpan(text[4+traceDigits:])
	case len(text) == 36 && run == 8:
		if joined := bytes.ReplaceAll(text, []byte("-"), nil); len(joined) == traceDigits && hexRun(joined) == traceDigits {
			return r.setTrace(joined, nil), nil
		}
	}
	return nil, nil
}

const xrayLength = 2 + timeDigits + 1 + restDigits

// isXRay reports whether text begins with an id of X-Ray's form.
func isXRay(text []byte) bool {
	return len(text) >= xrayLength && text[0] == '1' && text[1] == '-' && hexRun(text[2:]) == timeDigits &&
		text[2+timeDigits] == '-' && hexRun(text[xrayLength-restDigits:]) == restDigits
}

// isTraceparent reports whether text begins with a traceparent: 00-32-16-01.
func isTraceparent(text []byte) bool {
	const length = 55
	return len(text) >= length && text[2] == '-' && hexRun(text[3:]) == traceDigits && text[35] == '-' &&
		hexRun(text[36:]) == spanDigits && text[52] == '-' && hexRun(text[:2]) == 2 && hexRun(text[53:]) == 2
}

func (r *Reader) spanOf(text []byte) []byte {
	text = bytes.TrimSpace(text)
	if len(text) != spanDigits || hexRun(text) != spanDigits {
		return nil
	}
	return r.setSpan(text)
}

// setTrace writes an id in the form all protocols share; nil if it is zero. An id
// of 64 bits that was filled up with zeros is the one of 16 digits.
func (r *Reader) setTrace(head, tail []byte) []byte {
	id := lower(append(append(r.trace[:0], head...), tail...))
	if short, padded := bytes.CutPrefix(id, []byte("0000000000000000")); padded && len(short) == spanDigits {
		id = short
	}
	return unlessZero(id)
}

func (r *Reader) setSpan(text []byte) []byte {
	return unlessZero(lower(append(r.span[:0], text[:spanDigits]...)))
}

func lower(id []byte) []byte {
	for i, c := range id {
		if c >= 'A' && c <= 'F' {
			id[i] = c | ' '
		}
	}
	return id
}

func unlessZero(id []byte) []byte {
	for _, c := range id {
		if c != '0' {
			return id
		}
	}
	return nil
}

// hexRun returns how many hex digits text begins with.
func hexRun(text []byte) int {
	for i, c := range text {
		if !isHex(c) {
			return i
		}
	}
	return len(text)
}

func isHex(c byte) bool {
	return c-'0' < 10 || (c|' ')-'a' < 6
}

// idsOfText looks for the id of a trace anywhere in a message: X-Ray's form and
// traceparents as they are, 32 hex digits where a word before them says what
// they are. An id has a run of at least 24 digits, so every 24th byte is looked at.
func (r *Reader) idsOfText(message []byte, object bool, l *Line) {
	for at := restDigits - 1; at < len(message); at += restDigits {
		if !isHex(message[at]) {
			continue
		}
		start, end := at, at+1
		for start > 0 && isHex(message[start-1]) {
			start--
		}
		for end < len(message) && isHex(message[end]) {
			end++
		}
		if r.idOfRun(message, start, end, object, l); l.TraceID != nil {
			return
		}
		if end > at {
			at = max(at, end-restDigits) // the run is done with
		}
	}
}

// idOfRun looks at a run of hex digits.
func (r *Reader) idOfRun(message []byte, start, end int, object bool, l *Line) {
	const before = xrayLength - restDigits
	switch end - start {
	case restDigits:
		if start >= before && (start == before || !isWord(message[start-before-1])) && isXRay(message[start-before:]) {
			l.TraceID, l.SpanID = r.traceOf(message[start-before:])
			if rest := message[end:]; l.SpanID == nil && bytes.HasPrefix(rest, []byte(";Parent=")) && hexRun(rest[8:]) == spanDigits {
				l.SpanID = r.setSpan(rest[8:])
			}
		}
	case traceDigits:
		switch {
		case start >= 3 && isTraceparent(message[start-3:]) && (start == 3 || !isWord(message[start-4])):
			l.TraceID, l.SpanID = r.setTrace(message[start:end], nil), r.setSpan(message[end+1:])
		case namesTrace(message[:start], object):
			l.TraceID = r.setTrace(message[start:end], nil)
			l.SpanID = r.spanNear(message[end:])
		}
	}
}

func isWord(c byte) bool {
	return c >= '0' && c <= '9' || c|' ' >= 'a' && c|' ' <= 'z' || c == '_'
}

// namesTrace reports whether text ends as in "trace_id=", "traceId: ",
// `"otelTraceID":"`. Members of an object have been looked at before.
func namesTrace(text []byte, object bool) bool {
	end := len(text)
	for end > 0 && len(text)-end < 6 && bytes.IndexByte([]byte(` =:"'\[(`), text[end-1]) >= 0 {
		end--
	}
	between := text[end:]
	if len(between) == 0 || bytes.HasPrefix(between, []byte(`":`)) && object || bytes.HasSuffix(text[:end], []byte("dd.trace_id")) {
		return false
	}
	const longest = 12
	var plain [longest]byte
	return bytes.HasSuffix(simple(plain[:0], text[max(0, end-longest):end]), []byte("traceid"))
}

// spanNear looks for "span_id=" and 16 hex digits right behind the id of a trace.
func (r *Reader) spanNear(text []byte) []byte {
	const near = 48
	text = text[:min(len(text), near)]
	at := bytes.Index(text, []byte("pan"))
	if at < 0 {
		return nil
	}
	for i := at; i < len(text); i++ {
		if text[i] == '=' || text[i] == ':' {
			rest := bytes.TrimLeft(text[i+1:], ` "'\`)
			if hexRun(rest) == spanDigits {
				return r.setSpan(rest)
			}
			return nil
		}
	}
	return nil
}
