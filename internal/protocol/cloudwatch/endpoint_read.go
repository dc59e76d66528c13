package cloudwatch

import (
	"bytes"
	"cmp"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/protocol/aws"
	"github.com/oriel-dev/oriel/internal/protocol/jsonscan"
	"github.com/oriel-dev/oriel/internal/protocol/otlp"
)

// maxLine is how long one line may be.
const maxLine = maxPutBytes - lineWeight

// reset begins a request that was not put by the operation.
func (s *sentLines) reset(group, stream string) {
	s.group, s.stream, s.entity, s.lines, s.text, s.given = group, stream, sentEntity{}, s.lines[:0], s.text[:0], true
	s.tooLarge, s.malformed = 0, 0
}

// add adds a line. Errors: TooLarge beyond as many as a request may have.
func (s *sentLines) add(at int64, message []byte) error {
	if len(s.lines) == maxLines {
		return invalidParameter("The request has more than " + strconv.Itoa(maxLines) + " events: send smaller batches.")
	}
	if len(message) > maxLine {
		s.tooLarge++
		return nil
	}
	start := len(s.text)
	s.text = append(s.text, message...)
	s.makeValid(start)
	s.lines = append(s.lines, sentLine{at: at, start: start, end: len(s.text)})
	return nil
}

// sort brings lines that came in any order into that of their times, and their
// messages with them.
func (s *sentLines) sort() {
	byTime := func(a, b sentLine) int { return cmp.Compare(a.at, b.at) }
	if slices.IsSortedFunc(s.lines, byTime) {
		return
	}
	slices.SortStableFunc(s.lines, byTime)
	text := make([]byte, 0, len(s.text))
	for i := range s.lines {
		l := &s.lines[i]
		start := len(text)
		text = append(text, s.text[l.start:l.end]...)
		l.start, l.end = start, len(text)
	}
	s.text = text
}

// readOTLP reads an ExportLogsServiceRequest: each record is a line of JSON.
func readOTLP(s *sentLines, c *call, now int64) error {
	body := c.Body
	if isJSON(c.Request) {
		var err error
		if body, err = otlp.AppendProtobuf(nil, otlp.Logs, body); err != nil {
			return err
		}
	} else if kind := c.Header.Get("Content-Type"); kind != "application/x-protobuf" && kind != "application/protobuf" {
		return &aws.Error{Status: 415, Code: "InvalidParameterException", Message: "The content type is " + strconv.Quote(cut(kind)) + "; it must be application/x-protobuf or application/json."}
	}
	return otlp.LogMessages(body, func(at uint64, text []byte) error {
		if len(s.text) > maxPosted {
			return fault.New(fault.TooLarge, "the records come to more than %d bytes as text: send smaller batches", maxPosted)
		}
		if text == nil {
			s.tooLarge++
			return nil
		}
		ms := now
		if at > 0 {
			ms = int64(at / uint64(time.Millisecond))
		}
		return s.add(ms, text)
	})
}

// readCollector reads objects, one after the other, as an HTTP event collector
// takes them: each has an event, and may have a time in seconds.
func readCollector(s *sentLines, c *call, now int64) error {
	r := jsonscan.Scanner{In: c.Body}
	for r.Peek() != 0 {
		from, at, found := r.At, now, false
		if r.Peek() != '{' || !r.Enter('{') {
			return unreadable(&r)
		}
		for more := r.First('}'); more; more = r.More('}') {
			name, ok := r.Name()
			if !ok {
				return unreadable(&r)
			}
			called, start := string(name), r.At
			r.Peek()
			if !r.Skip() {
				return unreadable(&r)
			}
			value := bytes.TrimSpace(c.Body[start:r.At])
			switch called {
			case "event":
				found = string(value) != "null" && string(value) != `""`
			case "time":
				at = timeOf(value, now)
			}
		}
		if r.Err != nil {
			return unreadable(&r)
		}
		if !found {
			return invalidParameter("An object has no event, or an empty one.")
		}
		if err := s.add(at, c.Body[from:r.At]); err != nil {
			return err
		}
	}
	return s.some()
}

func unreadable(r *jsonscan.Scanner) error {
	if r.Err == nil {
		return invalidParameter("The body is not JSON as it should be: " + r.Here() + " at byte " + strconv.Itoa(r.At) + ".")
	}
	return invalidParameter("The body is not JSON: " + r.Err.Error() + ".")
}

// some refuses a body that holds nothing.
func (s *sentLines) some() error {
	if len(s.lines) == 0 && s.tooLarge == 0 {
		return invalidParameter("The request has no events.")
	}
	return nil
}

// readBulk reads a value of JSON from each line of the body. Bad lines are left out.
func readBulk(s *sentLines, c *call, now int64) error {
	for line := range bytes.Lines(c.Body) {
		line = bytes.TrimSpace(line)
		if len(line) == 0 {
			continue
		}
		r := jsonscan.Scanner{In: line}
		if !r.Skip() || r.At != len(line) {
			s.malformed++
			continue
		}
		if err := s.flatten(line, now, 0); err != nil {
			return err
		}
	}
	if len(s.lines) == 0 && s.malformed > 0 {
		return invalidParameter("All events were invalid")
	}
	return s.some()
}

// readObjects reads an object, or a list of them.
func readObjects(s *sentLines, c *call, now int64) error {
	body := bytes.TrimSpace(c.Body)
	r := jsonscan.Scanner{In: body}
	if len(body) == 0 || body[0] != '{' && body[0] != '[' || !r.Skip() || r.At != len(body) {
		return unreadable(&r)
	}
	if body[0] == '[' {
		list := jsonscan.Scanner{In: body}
		list.Enter('[')
		for more := list.First(']'); more; more = list.More(']') {
			if list.Peek() != '{' {
				return invalidParameter("An element of the list is no object.")
			}
			list.Skip()
		}
	}
	if err := s.flatten(body, now, 0); err != nil {
		return err
	}
	return s.some()
}

// flatten adds a value that is known to be JSON: of lists, what is in them, down to
// a depth; of texts, what they say.
func (s *sentLines) flatten(value []byte, now int64, depth int) error {
	const deepest = 8
	switch {
	case value[0] == '[' && depth < deepest:
		r := jsonscan.Scanner{In: value}
		r.Enter('[')
		for more := r.First(']'); more; more = r.More(']') {
			r.Peek()
			from := r.At
			r.Skip()
			if err := s.flatten(value[from:r.At], now, depth+1); err != nil {
				return err
			}
		}
		return nil
	case value[0] == '"':
		r := jsonscan.Scanner{In: value}
		text, _ := r.Text()
		if len(text) == 0 {
			s.malformed++
			return nil
		}
		return s.add(now, text)
	case value[0] == 'n':
		s.malformed++
		return nil
	case value[0] == '{':
		return s.add(timeIn(value, now), value)
	}
	return s.add(now, value)
}

// timeIn returns the time that an object says it is of.
func timeIn(object []byte, now int64) int64 {
	r := jsonscan.Scanner{In: object}
	r.Enter('{')
	for more := r.First('}'); more; more = r.More('}') {
		name, ok := r.Name()
		if !ok {
			return now
		}
		is := false
		switch string(name) {
		case "timestamp", "@timestamp", "time":
			is = true
		}
		r.Peek()
		from := r.At
		if !r.Skip() {
			return now
		}
		if is {
			return timeOf(object[from:r.At], now)
		}
	}
	return now
}

// timeOf reads a time: seconds or milliseconds since 1970, told apart by their
// size, or text as RFC 3339 has it. What is none is now.
func timeOf(value []byte, now int64) int64 {
	text := string(value)
	if value[0] == '"' {
		r := jsonscan.Scanner{In: value}
		raw, _ := r.Text()
		text = string(raw)
		if at, err := time.Parse(time.RFC3339, text); err == nil {
			return at.UnixMilli()
		}
	}
	f, err := strconv.ParseFloat(text, 64)
	const coarser = 1e11 // today in seconds is below, in milliseconds above
	switch {
	case err != nil || f <= 0 || f > 1e15 || math.IsNaN(f):
		return now
	case f < coarser:
		return int64(math.Round(f * 1000))
	}
	return int64(f)
}
