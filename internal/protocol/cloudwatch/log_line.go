package cloudwatch

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"time"

	"github.com/oriel-dev/oriel/internal/dataset"
	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
)

// Bounds of a page of lines, besides maxLines: the service's, and how long one is
// looked for before a short page is answered.
const (
	maxLineBytes = 1 << 20
	searchFor    = 5 * time.Second
)

const perMS = int64(time.Millisecond)

// lineRange is the time of lines, [from, to) in Unix ns.
type lineRange struct{ from, to int64 }

// newRange reads times in milliseconds; to is the end itself, exclusive or not.
func newRange(from, to *int64, inclusive bool) (lineRange, error) {
	r := lineRange{0, math.MaxInt64}
	if from != nil && to != nil && *to < *from {
		return r, invalidParameter(fmt.Sprintf("endTime %d is before startTime %d.", *to, *from))
	}
	if from != nil {
		r.from = ofMS(*from)
	}
	if to != nil {
		end := *to
		if inclusive && end < math.MaxInt64 {
			end++
		}
		r.to = ofMS(end)
	}
	return r, nil
}

// ofMS returns milliseconds as nanoseconds, as far as there are any.
func ofMS(ms int64) int64 {
	if ms > math.MaxInt64/perMS {
		return math.MaxInt64
	}
	return max(ms, 0) * perMS
}

// lines asks for the lines of a group in a range: those that have not expired,
// and none of streams that were deleted.
func (g *group) lines(r lineRange, nowMS int64, where ...query.Expr) *query.Query {
	q := &query.Query{Environment: g.environment, Start: max(r.from, ofMS(g.oldest(nowMS))), End: r.to}
	if g.dataset != dataset.All {
		q.Datasets = []string{g.dataset}
	}
	var all query.And
	switch {
	case g.spans:
		all.Terms = append(all.Terms, isSpan())
	case g.virtual:
		all.Terms = append(all.Terms, fieldIs(event.FieldSignal, event.SignalLog))
	}
	for _, h := range g.hidden() {
		all.Terms = append(all.Terms, query.Not{X: h.lines()})
	}
	all.Terms = append(all.Terms, where...)
	if len(all.Terms) > 0 {
		q.Stages = []query.Stage{query.Filter{Where: all}}
	}
	return q
}

// page reads a page of the lines that are asked for; a range of no length has none.
func (f *Front) page(c *call, q *query.Query, opts store.PageOptions) (*store.Page, error) {
	if q.Start >= q.End {
		return &store.Page{}, nil
	}
	return f.Querier.Page(c.Context(), q, opts)
}

func fieldIs(name, value string) query.Expr {
	return query.Compare{Op: query.Eq, L: query.Field{Name: name}, R: query.Literal{Value: event.StringValue(value)}}
}

// ofStreams is true of lines of streams. Those of a virtual group are all of its
// one stream.
func (g *group) ofStreams(names ...string) query.Expr {
	if g.virtual {
		return query.And{}
	}
	if len(names) == 1 {
		return fieldIs(event.FieldLogStream, names[0])
	}
	in := query.In{X: query.Field{Name: event.FieldLogStream}}
	for _, name := range names {
		in.Values = append(in.Values, event.StringValue(name))
	}
	return in
}

// hasStream reports whether a group has a stream.
func (g *group) hasStream(name string) bool {
	if g.virtual {
		return name == virtualStream
	}
	_, there := g.stream(name)
	return there
}

// fields are those that make a line; nil stands for all.
func (g *group) fields() []string {
	if g.spans {
		return nil
	}
	return []string{event.FieldBody, event.FieldLogStream}
}

// message is the text of a line.
func (g *group) message(r event.Row) string {
	if g.spans {
		return spanDocument(r)
	}
	return r.Get(event.FieldBody).Text()
}

// streamOf is the stream of a line.
func streamOf(r event.Row) string {
	if name := r.Get(event.FieldLogStream).Text(); name != "" {
		return name
	}
	return virtualStream
}

// ingestedMS is when a line came in; of what is no line the time itself is told.
func ingestedMS(p store.Position) int64 {
	if p.Arrival > 0 {
		return p.Arrival / perMS
	}
	return p.Time / perMS
}

// eventID is 56 digits that tell a line from all others, for ever: its time, its
// arrival, and what tells datasets and lines without arrival apart.
func eventID(dataset string, p store.Position) string {
	const digits = 1_000_000_000_000_000_000
	rest := checkOf(dataset)
	if p.Arrival <= 0 {
		rest = p.Tie + uint64(p.Nth)
	}
	return fmt.Sprintf("%019d%019d%018d", max(p.Time, 0), max(p.Arrival, 0), rest%digits)
}

// checkOf is a number made of texts.
func checkOf(texts ...string) uint64 {
	sum := sha256.Sum256([]byte(asked(texts...)))
	return binary.LittleEndian.Uint64(sum[:])
}
