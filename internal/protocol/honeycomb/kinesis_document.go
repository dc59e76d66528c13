package honeycomb

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/protocol/jsonscan"
)

// maxPoint is how long a data point of a metric stream may be; what is longer is
// none. They have 30 dimensions at most.
const maxPoint = 64 << 10

// document reads a JSON object that was seen to be sound: what a CloudWatch
// subscription sends, a data point of a metric stream, or any other.
func (d *delivery) document(raw []byte) error {
	var from logSource
	var lines []byte
	isMetric, hasValue := false, false
	s := jsonscan.Scanner{In: raw}
	s.Enter('{')
	for more := s.First('}'); more; more = s.More('}') {
		name, _ := s.Name()
		switch string(name) {
		case "messageType":
			from.kind = textOf(&s)
		case "owner":
			from.owner = textOf(&s)
		case "logGroup":
			from.group = textOf(&s)
		case "logStream":
			from.stream = textOf(&s)
		case "logEvents":
			s.Peek()
			start := s.At
			s.Skip()
			lines = raw[start:s.At]
		case "metric_name":
			isMetric = s.Peek() == '"'
			s.Skip()
		case "value":
			hasValue = s.Peek() == '{'
			s.Skip()
		default:
			s.Skip()
		}
	}
	switch {
	case from.kind == "CONTROL_MESSAGE":
		return nil // Firehose asks whether anybody is there
	case from.kind != "" && bytes.HasPrefix(lines, []byte("[")):
		return d.logs(&from, lines)
	case isMetric && hasValue && len(raw) <= maxPoint:
		return d.metric(raw)
	}
	return d.event(raw)
}

// textOf takes a value, "" if it is no text.
func textOf(s *jsonscan.Scanner) string {
	if s.Peek() != '"' {
		s.Skip()
		return ""
	}
	text, _ := s.Text()
	return string(text)
}

// event reads any other object as an event. It has no time of its own that we know.
func (d *delivery) event(raw []byte) error {
	if err := d.open(); err != nil {
		return err
	}
	d.inline(raw)
	return d.close(len(raw))
}

// inline stores the members of an object as fields.
func (d *delivery) inline(raw []byte) {
	(&jsonEvents{Scanner: jsonscan.Scanner{In: raw}, events: d.events}).data()
}

// logSource is where the log lines of a CloudWatch subscription come from.
type logSource struct{ kind, owner, group, stream string }

// logs reads log lines.
func (d *delivery) logs(from *logSource, lines []byte) error {
	s := jsonscan.Scanner{In: lines}
	s.Enter('[')
	for more := s.First(']'); more; more = s.More(']') {
		if err := d.open(); err != nil {
			return err
		}
		s.Peek()
		start := s.At
		d.line(&s, from)
		if err := d.close(s.At - start); err != nil {
			return err
		}
	}
	return nil
}

// line reads {"id": …, "timestamp": ms, "message": …}. A message that is a JSON
// object becomes its fields, any other the field message; where it comes from is
// told in the names that Honeycomb's own integration uses.
func (d *delivery) line(s *jsonscan.Scanner, from *logSource) {
	if s.Peek() != '{' {
		d.outcome = eventMalformed
		s.Skip()
		return
	}
	d.begin()
	s.Enter('{')
	id := ""
	for more := s.First('}'); more; more = s.More('}') {
		name, _ := s.Name()
		switch string(name) {
		case "id":
			id = textOf(s)
		case "timestamp":
			d.at, d.told = millis(s, d.at)
		case "message":
			d.members++
			if s.Peek() == '"' {
				text, _ := s.Text()
				d.message(text)
				continue
			}
			s.Skip()
		default:
			s.Skip()
		}
	}
	d.set("aws.cloudwatch.owner", from.owner)
	d.set("aws.cloudwatch.group", from.group)
	d.set("aws.cloudwatch.stream", from.stream)
	d.set("aws.cloudwatch.id", id)
}

func (d *delivery) message(text []byte) {
	s := jsonscan.Scanner{In: text}
	if s.Peek() == '{' && s.Skip() && s.Peek() == 0 && s.At == len(text) {
		d.inline(text)
		return
	}
	d.set("message", string(text))
}

// millis takes a time in milliseconds, otherwise if it is none.
func millis(s *jsonscan.Scanner, otherwise int64) (ns int64, ok bool) {
	if c := s.Peek(); c != '-' && (c < '0' || c > '9') {
		s.Skip()
		return otherwise, false
	}
	text, _ := s.Number()
	n, err := strconv.ParseInt(string(text), 10, 64)
	if err != nil {
		return otherwise, false
	}
	return clampTime(time.UnixMilli(n)), true
}

// set stores a text that is not empty.
func (d *delivery) set(name, text string) {
	if text == "" {
		return
	}
	if c := d.column([]byte(name)); c != nil {
		d.text(c, []byte(text))
	}
}

// streamPoint is a data point of a metric stream in JSON.
type streamPoint struct {
	Stream     string             `json:"metric_stream_name"`
	Account    string             `json:"account_id"`
	Region     string             `json:"region"`
	Namespace  string             `json:"namespace"`
	Name       string             `json:"metric_name"`
	Dimensions map[string]string  `json:"dimensions"`
	Time       int64              `json:"timestamp"` // milliseconds
	Value      map[string]float64 `json:"value"`
	Unit       string             `json:"unit"`
}

// metric reads a data point. Its statistics become fields as those of a summary
// in OTLP do: under the metric's name, with a point before what they are.
func (d *delivery) metric(raw []byte) error {
	var p streamPoint
	if err := json.Unmarshal(raw, &p); err != nil {
		return d.event(raw)
	}
	if err := d.open(); err != nil {
		return err
	}
	d.at, d.told = clampTime(time.UnixMilli(p.Time)), true
	d.begin()
	d.members++
	d.set("meta.signal_type", event.SignalMetric)
	d.set("aws.metric_stream", p.Stream)
	d.set("cloud.account.id", p.Account)
	d.set("cloud.region", p.Region)
	d.set("aws.namespace", p.Namespace)
	d.set("unit", p.Unit)
	for _, name := range slices.Sorted(maps.Keys(p.Dimensions)) {
		d.set(name, p.Dimensions[name])
	}
	statistics := p.Value
	if n := statistics["count"]; n > 0 {
		statistics["avg"] = statistics["sum"] / n
	}
	for _, name := range slices.Sorted(maps.Keys(statistics)) {
		if c := d.column([]byte(p.Name + "." + name)); c != nil {
			d.float(c, statistics[name])
		}
	}
	return d.close(len(raw))
}
