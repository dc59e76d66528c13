package health

import (
	"math"
	"strconv"
)

// What is wrong in single requests, and not seen in how all of them do: a few that
// take very much longer than the others, and those that ask for the same again and
// again.

const (
	unevenTimes = 20.   // longer than nine in ten take
	unevenMS    = 200.  // at least
	unevenLeast = 0.003 // of fewer there is always something
	unevenMost  = 0.1   // more are no exception
	mostOf      = 0.9
)

// uneven says of an operation that a few of its requests wait for something that the
// others do not: between them and nine in ten lies a factor that chance does not make.
func uneven(op *Operation, own *Histogram) (Cause, bool) {
	usual := own.Quantile(mostOf)
	hits := own.above(max(unevenMS, unevenTimes*usual))
	if hits < fewHits || hits < unevenLeast*own.Total() || hits > unevenMost*own.Total() {
		return Cause{}, false
	}
	longest := own.Quantile(1)
	every := strconv.FormatFloat(math.Round(own.Total()/hits), 'f', 0, 64)
	return Cause{
		Kind: Uneven, Level: Notice, Operation: op.Name, TraceID: op.Slowest, Score: min(8+2*math.Log2(longest/max(usual, 1)), 28),
		Sentence: append(op.lead(), Part{Text: "1 in " + every + " takes up to "}, Part{Text: milliseconds(longest), Is: Now}, Part{Text: ", nine in ten under "}, Part{Text: milliseconds(usual), Is: Before}),
	}, true
}

// Repeats is what one request of an operation asked others for, by calls that wait
// for an answer.
type Repeats struct {
	Calls   int    // of the service while it served the request
	What    string // that was asked for most often, in the same words
	Times   int
	TraceID string // of the request
}

// Call is one of them.
type Call struct {
	Name      string
	Statement string // "" where there is none
}

// RepeatsOf counts the calls of one request.
func RepeatsOf(traceID string, calls []Call) Repeats {
	r := Repeats{Calls: len(calls), TraceID: traceID}
	times := make(map[Call]int, len(calls))
	for _, c := range calls {
		times[c]++
		if times[c] > r.Times {
			r.What, r.Times = c.Name, times[c]
		}
	}
	return r
}

// manyTimes is from when on asking for the same in one request is worth a word.
const manyTimes = 10

// repeatingOf says which operations ask one by one for what could be asked for at once.
func repeatingOf(s *Service) (out []Cause) {
	for i := range s.Operations {
		op := &s.Operations[i]
		r := op.Repeats
		if r == nil || r.Times < manyTimes {
			continue
		}
		out = append(out, Cause{
			Kind: Repeating, Level: Notice, Operation: op.Name, TraceID: r.TraceID, Score: min(6+8*math.Log10(float64(r.Calls)), 26),
			Sentence: append(op.lead(), Part{Text: strconv.Itoa(r.Calls) + " calls", Is: Now}, Part{Text: " for one request, " + strconv.Itoa(r.Times) + " times the same " + r.What}),
		})
	}
	return out
}
