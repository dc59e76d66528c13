package xray

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/protocol/aws"
	"github.com/oriel-dev/oriel/internal/xraymodel"
)

// A retrieval is a job at AWS, which looks for traces in a slow archive. Here all
// traces are at hand: it is complete as soon as it is started, and its token names
// what was asked for.

// Bounds of retrievals.
const (
	retrievalLife   = time.Hour // then it has timed out
	retrievalKept   = 24 * time.Hour
	maxRetrievals   = 10_000
	itemsOfPage     = 5
	spansOfItem     = 100
	formatXRay      = "XRAY"
	formatOTel      = "OTEL"
	statusComplete  = "COMPLETE"
	statusCancelled = "CANCELLED"
	statusTimeout   = "TIMEOUT"
)

// retrieval is what was asked for. Times are Unix ns.
type retrieval struct {
	IDs        []string // canonical
	Start, End int64
	Cancelled  bool
}

func (f *Front) retrievals() shelf[retrieval] {
	return shelf[retrieval]{
		settings: f.settings, kind: "retrieval", most: maxRetrievals,
		full: &aws.Error{Status: 429, Code: "ThrottledException", Message: fmt.Sprintf("There are %d retrievals of the last day; wait before you start more.", maxRetrievals)},
	}
}

func (f *Front) startTraceRetrieval(c *call) (any, error) {
	var in struct {
		TraceIds           []string //nolint:revive // the service's name
		StartTime, EndTime seconds
	}
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	ids, bad := distinctIDs(in.TraceIds)
	r := retrieval{Start: time.Time(in.StartTime).UnixNano(), End: time.Time(in.EndTime).UnixNano()}
	switch {
	case len(bad) > 0:
		return nil, invalid("%s is no trace id: it must be 1-, 8 hex digits, - and 24 hex digits, or 32 hex digits.", aws.Cut(bad[0]))
	case len(ids) == 0:
		return nil, invalid("TraceIds is empty.")
	case r.Start > r.End:
		return nil, invalid("StartTime is after EndTime.")
	}
	for _, id := range ids {
		r.IDs = append(r.IDs, id.canonical)
	}
	now := f.Clock().UnixNano()
	if err := f.retrievals().forget(c.Context(), c.Who.Environment, now-int64(retrievalKept)); err != nil {
		return nil, err
	}
	token := aws.NewID()
	_, err := f.retrievals().put(c.Context(), c.Who.Environment, token, now, func(*kept[retrieval]) (retrieval, error) { return r, nil })
	return map[string]any{"RetrievalToken": token}, err
}

// retrieval finds the one of a token, and says how it is.
func (c *call) retrieval(token string) (*kept[retrieval], string, error) {
	k, err := c.f.retrievals().get(c.Context(), c.Who.Environment, token)
	switch {
	case err != nil:
		return nil, "", err
	case k == nil:
		return nil, "", notFound(token, "There is no retrieval with the token %s.", aws.Cut(token))
	case k.Body.Cancelled:
		return k, statusCancelled, nil
	case c.f.Clock().UnixNano()-k.Created > int64(retrievalLife):
		return k, statusTimeout, nil
	}
	return k, statusComplete, nil
}

func (f *Front) cancelTraceRetrieval(c *call) (any, error) {
	var in struct{ RetrievalToken string }
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	k, status, err := c.retrieval(in.RetrievalToken)
	if err != nil || status != statusComplete {
		return empty{}, err
	}
	_, err = f.retrievals().put(c.Context(), c.Who.Environment, k.Name, f.Clock().UnixNano(), func(old *kept[retrieval]) (retrieval, error) {
		if old == nil {
			return k.Body, nil
		}
		old.Body.Cancelled = true
		return old.Body, nil
	})
	return empty{}, err
}

type retrievedSpan struct {
	ID       string `json:"Id"`
	Document string
}

type retrievedTrace struct {
	ID       string `json:"Id"`
	Duration seconds64
	Spans    []retrievedSpan
}

// listRetrievedTraces answers traces a few at a time, and of a long trace a part: it
// goes on under the same id.
func (f *Front) listRetrievedTraces(c *call) (any, error) {
	var in struct{ RetrievalToken, TraceFormat, NextToken string }
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	if in.TraceFormat == "" {
		in.TraceFormat = formatXRay
	}
	k, status, err := c.retrieval(in.RetrievalToken)
	if err != nil {
		return nil, err
	}
	traces := []retrievedTrace{}
	answer := map[string]any{"RetrievalStatus": status, "TraceFormat": in.TraceFormat}
	if status != statusComplete {
		answer["Traces"] = traces
		return answer, nil
	}
	asked := aws.Asked("ListRetrievedTraces", in.RetrievalToken, in.TraceFormat)
	at, part, err := openPlace(asked, in.NextToken)
	if err != nil {
		return nil, err
	}
	size := 0
	for ; at < len(k.Body.IDs); at, part = at+1, 0 {
		t, spans, err := f.retrieve(c, &k.Body, k.Body.IDs[at], in.TraceFormat)
		if err != nil {
			return nil, err
		}
		for ; part*spansOfItem < len(spans); part++ {
			if len(traces) == itemsOfPage || size > pageBytes {
				answer["Traces"], answer["NextToken"] = traces, aws.SealToken(asked, fmt.Sprintf("%d.%d", at, part))
				return answer, nil
			}
			some := spans[part*spansOfItem : min(len(spans), (part+1)*spansOfItem)]
			for i := range some {
				size += len(some[i].Document)
			}
			traces = append(traces, retrievedTrace{ID: event.XRayTraceID(t.ID), Duration: seconds64(t.End - t.Start), Spans: some})
		}
	}
	answer["Traces"] = traces
	return answer, nil
}

// openPlace reads where a page begins: at which trace, and in which part of it.
func openPlace(asked, token string) (at, part int, err error) {
	if token == "" {
		return 0, 0, nil
	}
	place, ok := aws.OpenToken(asked, token)
	first, second, _ := strings.Cut(place, ".")
	at, errAt := strconv.Atoi(first)
	part, errPart := strconv.Atoi(second)
	if !ok || errAt != nil || errPart != nil || at < 0 || part < 0 {
		return 0, 0, badToken()
	}
	return at, part, nil
}

// retrieve reads a trace; one that is not there, or not in the range, has no spans.
func (f *Front) retrieve(c *call, r *retrieval, id, format string) (*xraymodel.Trace, []retrievedSpan, error) {
	t, _, err := f.loadTrace(c, id)
	if err != nil || len(t.Segments) == 0 || t.End < r.Start || t.Start > r.End {
		return t, nil, err
	}
	var spans []retrievedSpan
	if format == formatOTel {
		for _, d := range t.Spans() {
			spans = append(spans, retrievedSpan{d.ID, string(d.JSON)})
		}
		return t, spans, nil
	}
	for _, d := range t.Documents() {
		spans = append(spans, retrievedSpan{d.ID, string(d.JSON)})
	}
	return t, spans, nil
}

// forget removes what was made before a time.
func (s shelf[T]) forget(ctx context.Context, environment string, before int64) error {
	return s.exec(ctx, "DELETE FROM xray_setting WHERE environment = ? AND kind = ? AND created < ?", environment, s.kind, before)
}
