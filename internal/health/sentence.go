package health

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Sentence is a cause in words. Its parts that are figures, names and moments are
// marked, so that a page can lead on from them.
type Sentence []Part

// Part is a piece of a sentence.
type Part struct {
	Text string
	Is   PartKind
	At   int64 // of a Moment, Unix nanoseconds: shown in the reader's own zone
}

// PartKind is what a part of a sentence stands for.
type PartKind string

// What parts stand for; plain text is "".
const (
	Now     PartKind = "now"       // what it is
	Before  PartKind = "before"    // what it was
	Moment  PartKind = "moment"    // since when
	Release PartKind = "deploy"    // since which deploy
	Name    PartKind = "operation" // of what
	Title   PartKind = "error"     // which error
	Way     PartKind = "path"      // where data came in
)

// String gives the sentence with moments in UTC.
func (s Sentence) String() string {
	var b strings.Builder
	for _, p := range s {
		if p.Is == Moment {
			b.WriteString(time.Unix(0, p.At).UTC().Format("15:04"))
			continue
		}
		b.WriteString(p.Text)
	}
	return b.String()
}

// in says of how many operations it is true.
func (s Sentence) in(operations int) Sentence {
	return append(s, Part{Text: fmt.Sprintf(", in %d operations", operations)})
}

// words says what a share is of. 5xx is true of what servers answered only.
func words(kind Kind, spans string) string {
	switch kind {
	case Throttling:
		return "429 "
	case Refusing:
		return "4xx "
	case Failing, Slow, Uneven, Repeating, Silent, NewError, BackError, Intake:
	}
	if spans == "server" {
		return "5xx "
	}
	return "failures "
}

func (o *Operation) lead() []Part {
	if o.Name == "" {
		return nil
	}
	return []Part{{Text: o.Name, Is: Name}, {Text: ": "}}
}

// rose: "POST /reply: 5xx 24 % ↑ from 0.2 % since deploy 7f3c".
func (p *Period) rose(op *Operation, kind Kind, c change, since int64, d *Deploy) Sentence {
	parts := append(op.lead(), Part{Text: words(kind, op.Kind)}, Part{Text: percent(c.after.rate()), Is: Now}, Part{Text: " ↑ from "}, Part{Text: percent(c.before.rate()), Is: Before})
	return append(parts, p.sinceWhen(c.at, since, d)...)
}

// slowed: "GET /notifications: p95 1.2 s ↑ from 180 ms since 14:05".
func (p *Period) slowed(op *Operation, was, is float64, at int, since int64, d *Deploy) Sentence {
	parts := append(op.lead(), Part{Text: "p95 "}, Part{Text: milliseconds(is), Is: Now}, Part{Text: " ↑ from "}, Part{Text: milliseconds(was), Is: Before})
	return append(parts, p.sinceWhen(at, since, d)...)
}

func (p *Period) sinceWhen(at int, since int64, d *Deploy) []Part {
	switch {
	case d != nil:
		return []Part{{Text: " since "}, {Text: "deploy " + d.Version, Is: Release, At: d.At}}
	case at == 0:
		return []Part{{Text: " in the " + span(p.Start-p.HistoryFrom) + " before"}}
	}
	return []Part{{Text: " since "}, {Is: Moment, At: since}}
}

// steady: "GET /users: 5xx 12 %, as in the 7 days before".
func (p *Period) steady(op *Operation, kind Kind, whole, history share) Sentence {
	parts := append(op.lead(), Part{Text: words(kind, op.Kind)}, Part{Text: percent(whole.rate()), Is: Now})
	switch {
	case history.of < leastBefore:
		parts = append(parts, Part{Text: " of " + count(whole.of) + " requests"})
	case whole.rate() < history.rate()/slower:
		parts = append(parts, Part{Text: " ↓ from "}, Part{Text: percent(history.rate()), Is: Before}, Part{Text: " in the " + span(p.Start-p.HistoryFrom) + " before"})
	case whole.rate() > history.rate()*slower:
		parts = append(parts, Part{Text: " ↑ from "}, Part{Text: percent(history.rate()), Is: Before}, Part{Text: " in the " + span(p.Start-p.HistoryFrom) + " before"})
	default:
		parts = append(parts, Part{Text: ", as in the " + span(p.Start-p.HistoryFrom) + " before"})
	}
	return parts
}

// happened: "new error KeyError: id, 124 times since 14:05, 31 people".
func happened(e *Error, d *Deploy) Sentence {
	parts := Sentence{{Text: "new error "}}
	if e.Back {
		parts = Sentence{{Text: "back again: "}}
	}
	parts = append(parts, Part{Text: e.Title, Is: Title}, Part{Text: ", "}, Part{Text: times(e.Times), Is: Now})
	switch {
	case d != nil:
		parts = append(parts, Part{Text: " since "}, Part{Text: "deploy " + d.Version, Is: Release, At: d.At})
	case e.Times == 1:
		parts = append(parts, Part{Text: " at "}, Part{Is: Moment, At: e.Since})
	default:
		parts = append(parts, Part{Text: " since "}, Part{Is: Moment, At: e.Since})
	}
	if e.People > 1 {
		parts = append(parts, Part{Text: ", " + count(float64(e.People)) + " people"})
	}
	if e.Version != "" && d == nil {
		parts = append(parts, Part{Text: ", first in " + e.Version})
	}
	return parts
}

// Refusal is what was sent and turned away whole, of one kind.
type Refusal struct {
	Requests int64
	Path     string // "POST /v1/traces"
	Status   int
	Reason   string
	Remedy   string
	First    int64 // Unix nanoseconds; the first may lie before the period
	Last     int64
}

// OfRefusal says that data was turned away.
func OfRefusal(r Refusal) Cause {
	text := fmt.Sprintf(" (%d): %s", r.Status, r.Reason)
	if r.Remedy != "" {
		text += ". " + r.Remedy
	}
	what := " requests to "
	if r.Requests == 1 {
		what = " request to "
	}
	since := " refused since "
	if r.Requests == 1 {
		since = " refused at "
	}
	return Cause{
		Kind: Intake, Level: Worse, Since: r.Last, Score: min(32+4*math.Log10(float64(max(r.Requests, 1))), 45),
		Sentence: Sentence{{Text: strconv.FormatInt(r.Requests, 10), Is: Now}, {Text: what}, {Text: r.Path, Is: Way}, {Text: since}, {Is: Moment, At: r.First}, {Text: text}},
	}
}

// Drop is what came in and was not kept, of one reason.
type Drop struct {
	Events   int64
	Reason   string // as in metrics: "too_old"
	Protocol string
	Detail   string // an example
	First    int64  // Unix nanoseconds; the first may lie before the period
	Last     int64
}

// OfDrop says that events were dropped.
func OfDrop(d Drop) Cause {
	noun := " events"
	if d.Events == 1 {
		noun = " event"
	}
	parts := []Part{
		{Text: count(float64(d.Events)), Is: Now},
		{Text: noun + " of " + d.Protocol + " dropped since "},
		{Is: Moment, At: d.First},
		{Text: ": " + strings.ReplaceAll(d.Reason, "_", " ")},
	}
	if d.Detail != "" {
		parts = append(parts, Part{Text: ", such as " + d.Detail})
	}
	return Cause{Kind: Intake, Level: Worse, Since: d.Last, Score: min(30+3*math.Log10(float64(max(d.Events, 1))), 45), Sentence: parts}
}

const thin = "\u2009"

// percent gives a share with two digits that count.
func percent(rate float64) string {
	p := 100 * rate
	switch {
	case p == 0:
		return "0" + thin + "%"
	case p >= 9.95:
		return strconv.FormatFloat(p, 'f', 0, 64) + thin + "%"
	case p >= 0.095:
		return strconv.FormatFloat(p, 'f', 1, 64) + thin + "%"
	case p < 0.0095:
		return "under 0.01" + thin + "%"
	}
	return strconv.FormatFloat(p, 'f', 2, 64) + thin + "%"
}

func milliseconds(ms float64) string {
	for _, u := range []struct {
		below, by float64
		unit      string
	}{{0.9995, 1e-3, "µs"}, {999.5, 1, "ms"}, {120_000, 1000, "s"}, {math.Inf(1), 60_000, "min"}} {
		if ms < u.below {
			return digits(ms/u.by) + thin + u.unit
		}
	}
	return ""
}

func digits(n float64) string {
	if n >= 9.95 || n == 0 {
		return strconv.FormatFloat(n, 'f', 0, 64)
	}
	return strconv.FormatFloat(n, 'f', 1, 64)
}

func count(n float64) string {
	switch {
	case n < 10_000:
		return strconv.FormatFloat(n, 'f', 0, 64)
	case n < 1e6:
		return digits(n/1e3) + thin + "k"
	}
	return digits(n/1e6) + thin + "M"
}

func times(n int64) string {
	if n == 1 {
		return "once"
	}
	return count(float64(n)) + " times"
}

func perSecond(n float64) string {
	if n < 0.95 {
		return digits(n*60) + "/min"
	}
	return digits(n) + "/s"
}

// span is a length of time in words.
func span(ns int64) string {
	const day = 24 * time.Hour
	switch d := time.Duration(ns); {
	case d >= 2*day:
		return strconv.Itoa(int(math.Round(d.Hours()/day.Hours()))) + " days"
	case d >= 2*time.Hour:
		return strconv.Itoa(int(math.Round(d.Hours()))) + " hours"
	default:
		return strconv.Itoa(max(int(math.Round(d.Minutes())), 1)) + " minutes"
	}
}
