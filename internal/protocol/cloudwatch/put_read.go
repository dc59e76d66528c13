package cloudwatch

import (
	"unicode/utf8"

	"github.com/oriel-dev/oriel/internal/protocol/jsonscan"
)

// maxLines of one PutLogEvents.
const maxLines = 10_000

// sentLines are the lines of a PutLogEvents as they were sent. Its scratch is used
// again for the next request.
type sentLines struct {
	scan          jsonscan.Scanner
	group, stream string
	entity        sentEntity
	lines         []sentLine
	text          []byte // the messages, one after the other
	given         bool   // the request has a list of lines

	tooLarge, malformed int // lines left out while reading; none by the operation
}

// sentLine is one line: a time in Unix ms, and where its message lies in the text.
type sentLine struct {
	at         int64
	start, end int
}

func (s *sentLines) message(i int) []byte { return s.text[s.lines[i].start:s.lines[i].end] }

// size is what the service counts of a request.
func (s *sentLines) size() int { return len(s.text) + lineWeight*len(s.lines) }

// read reads a body in one pass. It takes what is as it should be: false means
// that something is not, and model.txt can say what.
func (s *sentLines) read(body []byte) bool {
	r := &s.scan
	r.In, r.At, r.Depth, r.Err = body, 0, 0, nil
	s.group, s.stream, s.entity, s.lines, s.text, s.given = "", "", sentEntity{}, s.lines[:0], s.text[:0], false
	if !r.Enter('{') {
		return false
	}
	for more := r.First('}'); more; more = r.More('}') {
		name, ok := r.Name()
		if !ok || !s.member(string(name)) {
			return false
		}
	}
	r.Peek()
	return r.Err == nil && r.At == len(body) && s.group != "" && s.stream != "" && s.given
}

func (s *sentLines) member(name string) (ok bool) {
	var text []byte
	switch name {
	case "logGroupName":
		text, ok = s.scan.Text()
		s.group = string(text)
	case "logStreamName":
		text, ok = s.scan.Text()
		s.stream = string(text)
	case "logEvents":
		s.lines, s.text, s.given = s.lines[:0], s.text[:0], true
		ok = s.list()
	case "entity":
		s.entity = sentEntity{}
		ok = s.entity.read(&s.scan)
	case "sequenceToken": // has no meaning any more
		ok = s.scan.Peek() == 'n' || s.scan.Peek() == '"'
		ok = ok && s.scan.Skip()
	default:
		ok = s.scan.Skip()
	}
	return ok
}

func (s *sentLines) list() bool {
	r := &s.scan
	if r.Peek() != '[' || !r.Enter('[') {
		return false
	}
	for more := r.First(']'); more; more = r.More(']') {
		if len(s.lines) == maxLines || !s.line() {
			return false
		}
	}
	return r.Err == nil && len(s.lines) > 0
}

// line reads {"timestamp": ms, "message": "…"}.
func (s *sentLines) line() bool {
	r := &s.scan
	if r.Peek() != '{' || !r.Enter('{') {
		return false
	}
	l := sentLine{at: -1, start: len(s.text), end: len(s.text)}
	for more := r.First('}'); more; more = r.More('}') {
		name, ok := r.Name()
		if !ok {
			return false
		}
		switch string(name) {
		case "timestamp":
			if l.at, ok = s.timestamp(); !ok {
				return false
			}
		case "message":
			s.text = s.text[:l.start] // of two, the last counts
			if r.Peek() != '"' {
				return false
			}
			if s.text, ok = r.AppendText(s.text); !ok {
				return false
			}
			s.makeValid(l.start)
			l.end = len(s.text)
		default:
			if !r.Skip() {
				return false
			}
		}
	}
	s.lines = append(s.lines, l)
	return r.Err == nil && l.at >= 0 && l.end > l.start
}

func (s *sentLines) timestamp() (ms int64, ok bool) {
	const most = 18 // digits: so many always fit
	raw, ok := s.scan.Number()
	if !ok || len(raw) > most {
		return 0, false
	}
	for _, d := range raw {
		if d < '0' || d > '9' {
			return 0, false
		}
		ms = ms*10 + int64(d-'0')
	}
	return ms, true
}

// makeValid replaces each byte of the last text that is not UTF-8.
func (s *sentLines) makeValid(start int) {
	if utf8.Valid(s.text[start:]) {
		return
	}
	bad := string(s.text[start:])
	s.text = s.text[:start]
	for _, r := range bad { // ranging replaces each bad byte
		s.text = utf8.AppendRune(s.text, r)
	}
}
