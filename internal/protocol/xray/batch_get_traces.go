package xray

import (
	"strconv"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/protocol/aws"
	"github.com/oriel-dev/oriel/internal/xraymodel"
)

// Bounds of what traces are answered with.
const (
	maxTraceRows = 50_000  // of one trace; what has more is marked
	pageBytes    = 4 << 20 // a page ends with the trace that goes beyond it
)

type segmentOnWire struct {
	ID       string `json:"Id"`
	Document string
}

type traceOnWire struct {
	ID            string `json:"Id"`
	Duration      seconds64
	LimitExceeded bool
	Segments      []segmentOnWire
}

// seconds64 is a length in ns as the service's JSON has it: seconds.
type seconds64 int64

// MarshalJSON implements json.Marshaler.
func (s seconds64) MarshalJSON() ([]byte, error) { return appendSeconds(nil, int64(s)), nil }

// batchGetTraces answers whole traces, whatever their spans came as. Ids are taken in
// the service's form and in W3C's.
func (f *Front) batchGetTraces(c *call) (any, error) {
	var in struct {
		TraceIds  []string //nolint:revive // the service's name
		NextToken string
	}
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	ids, bad := distinctIDs(in.TraceIds)
	asked := aws.Asked(append([]string{"BatchGetTraces"}, in.TraceIds...)...)
	from := 0
	if in.NextToken != "" {
		at, ok := aws.OpenToken(asked, in.NextToken)
		n, err := strconv.Atoi(at)
		if !ok || err != nil || n < 0 || n > len(ids) {
			return nil, badToken()
		}
		from, bad = n, []string{}
	}
	traces, size := []traceOnWire{}, 0
	answer := map[string]any{}
	for i, id := range ids[from:] {
		if size > pageBytes {
			answer["NextToken"] = aws.SealToken(asked, strconv.Itoa(from+i))
			break
		}
		t, more, err := f.loadTrace(c, id.canonical)
		if err != nil {
			return nil, err
		}
		if len(t.Segments) == 0 {
			bad = append(bad, id.sent)
			continue
		}
		out := traceOnWire{ID: event.XRayTraceID(id.canonical), Duration: seconds64(t.End - t.Start), LimitExceeded: more, Segments: []segmentOnWire{}}
		for _, d := range t.Documents() {
			size += len(d.JSON)
			out.Segments = append(out.Segments, segmentOnWire{d.ID, string(d.JSON)})
		}
		if err := c.Reserve(2 * size); err != nil {
			return nil, err
		}
		traces = append(traces, out)
	}
	answer["Traces"], answer["UnprocessedTraceIds"] = traces, bad
	return answer, nil
}

// askedID is the id of a trace as it was sent, and in the canonical form.
type askedID struct{ sent, canonical string }

// distinctIDs reads ids, each once; bad are those that are none.
func distinctIDs(list []string) (ids []askedID, bad []string) {
	seen := map[string]bool{}
	bad = []string{}
	for _, text := range list {
		id, ok := event.TraceID(text)
		switch {
		case seen[id]:
		case !ok || len(id) != 32 && len(id) != 16 || !isHex([]byte(id)):
			bad = append(bad, text)
		default:
			ids = append(ids, askedID{text, id})
		}
		seen[id] = true
	}
	return ids, bad
}

// loadTrace reads a trace with all that documents are made of.
func (f *Front) loadTrace(c *call, id string) (t *xraymodel.Trace, more bool, err error) {
	rows, more, err := f.Querier.Trace(c.Context(), c.Who.Environment, id, maxTraceRows)
	if err != nil {
		return nil, false, err
	}
	return xraymodel.Build(id, rows, xraymodel.Options{Annotations: true, Exceptions: true}), more, nil
}
