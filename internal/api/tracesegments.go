package api

import (
	"errors"
	"net/http"

	"github.com/oriel-dev/oriel/internal/call"
	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/xraymodel"
)

const (
	maxSegments      = 2000    // that are told of one trace
	maxDocumentBytes = 8 << 20 // of all its documents together
)

// segmentDetail is a segment of a trace as X-Ray has it.
type segmentDetail struct {
	ID          string         `json:"id"`
	Parent      string         `json:"parent_id,omitempty"`
	Name        string         `json:"name"`
	Type        string         `json:"type"`
	Slot        int            `json:"slot"`
	Subsegment  bool           `json:"subsegment"` // one whose segment is not there
	Inferred    bool           `json:"inferred"`
	InProgress  bool           `json:"in_progress"`
	Start       int64          `json:"start"` // from the trace's, ns
	Duration    int64          `json:"duration"`
	Class       string         `json:"class"`
	User        string         `json:"user,omitempty"`
	Annotations map[string]any `json:"annotations,omitempty"`
	Document    string         `json:"document,omitempty"` // as it was sent, which may be JSON that only X-Ray reads
}

// segmentCall is an edge of the trace's map, between indexes of segments.
type segmentCall struct {
	From     int    `json:"from"`
	To       int    `json:"to"`
	Duration int64  `json:"duration"`
	Class    string `json:"class"`
}

// traceSegments tells a trace as X-Ray has it: its segments, who called whom, and the
// documents that were sent.
func (a *API) traceSegments(w http.ResponseWriter, r *http.Request) error {
	env := a.environment(r)
	lt, err := a.loadTrace(r.Context(), env, r.PathValue("id"), true)
	if err != nil {
		return err
	}
	tr := xraymodel.Build(lt.tree.ID, lt.batches, xraymodel.Options{Annotations: true, Column: a.definedColumns(env)})
	list, place := a.segmentsOf(tr)
	calls := []segmentCall{}
	for i := range tr.Calls {
		c := &tr.Calls[i]
		from, okFrom := place[c.From]
		to, okTo := place[c.To]
		if okFrom && okTo {
			via := c.Via
			if via == nil {
				via = c.To
			}
			calls = append(calls, segmentCall{from, to, via.Duration(), outcomeWord(via.Outcome())})
		}
	}
	w, finish := zipped(w, r)
	err = a.answer(w, r, statsOfRows(lt.rows, lt.more), map[string]any{
		"trace_id": tr.ID, "xray_id": event.XRayTraceID(tr.ID), "base": ns(tr.Start), "segments": list, "calls": calls,
		"left_out": len(tr.Segments) - len(list), "partial": tr.Partial, "documents_left_out": dropDocuments(list),
	})
	return errors.Join(err, finish())
}

func (a *API) segmentsOf(tr *xraymodel.Trace) ([]segmentDetail, map[*xraymodel.Part]int) {
	list := make([]segmentDetail, 0, min(len(tr.Segments), maxSegments))
	place := map[*xraymodel.Part]int{}
	for _, p := range tr.Segments {
		if len(list) == maxSegments {
			break
		}
		place[p] = len(list)
		d := segmentDetail{
			ID: p.ID, Parent: p.ParentID, Name: p.Name, Type: p.Type, Subsegment: !p.Segment, Inferred: p.Inferred,
			InProgress: p.Flags.Has(xraymodel.InProgress), Start: p.Start - tr.Start, Duration: p.Duration(), Class: outcomeWord(p.Outcome()), User: p.User,
		}
		if !p.Inferred {
			d.Slot = a.Datasets.Slot(p.Name)
			d.Document = p.Row.Get(xraymodel.FieldDocument).Text()
			for _, an := range p.Annotations {
				if d.Annotations == nil {
					d.Annotations = map[string]any{}
				}
				d.Annotations[an.Key] = jsonValue(an.Value)
			}
		}
		list = append(list, d)
	}
	return list, place
}

// dropDocuments leaves the documents out that are too much for one answer, and
// returns how many.
func dropDocuments(list []segmentDetail) int {
	left, bytes := 0, 0
	for i := range list {
		if bytes += len(list[i].Document); bytes > maxDocumentBytes && list[i].Document != "" {
			list[i].Document = ""
			left++
		}
	}
	return left
}

func outcomeWord(o call.Outcome) string {
	switch o {
	case call.Error:
		return "error"
	case call.Throttle:
		return "throttle"
	case call.Fault:
		return "fault"
	case call.OK:
	}
	return "ok"
}
