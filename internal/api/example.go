package api

import (
	"net/http"
	"strconv"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query"
)

// wantedExample is the body of a request for one event of a trace.
type wantedExample struct {
	question
	From  string `json:"from"` // Unix nanoseconds; narrow the question's time
	To    string `json:"to"`
	By    string `json:"by"`    // the event with the largest value of this field
	Order string `json:"order"` // asc: the smallest instead
}

// narrow puts the times that are given in place of the question's.
func (e *wantedExample) narrow(ask *query.Query) error {
	for text, bound := range map[*string]*int64{&e.From: &ask.Start, &e.To: &ask.End} {
		if *text == "" {
			continue
		}
		at, err := strconv.ParseInt(*text, 10, 64)
		if err != nil {
			return fault.New(fault.Invalid, "%q is no time in nanoseconds", *text)
		}
		*bound = at
	}
	if ask.Start >= ask.End {
		return fault.New(fault.Invalid, "the time range is empty: from is %d, to is %d", ask.Start, ask.End)
	}
	return nil
}

// example finds the event of a question that has the largest value of a field,
// among those that belong to a trace: what a point of a chart stands for.
func (a *API) example(w http.ResponseWriter, r *http.Request) error {
	want := wantedExample{By: event.FieldDuration, Order: "desc"}
	if err := readJSON(w, r, &want); err != nil {
		return err
	}
	if want.Order != "asc" && want.Order != "desc" {
		return fault.New(fault.Invalid, "order is %q; it must be asc or desc", want.Order)
	}
	spec, err := a.specOf(r, &want.question)
	if err != nil {
		return err
	}
	plan, err := spec.Plan(a.environment(r), datasetsOf(want.Dataset), a.clock(),
		a.Querier.PlanOptions(a.environment(r), datasetsOf(want.Dataset), query.PlanOptions{Fields: []string{want.By}}))
	if err != nil {
		return err
	}
	ask := plan.Rows()
	if err := want.narrow(ask); err != nil {
		return err
	}
	by, inTrace := query.Field{Name: want.By}, query.Exists{X: query.Field{Name: event.FieldTraceID}}
	ask.Stages = append(ask.Stages,
		query.Filter{Where: query.And{Terms: []query.Expr{inTrace, query.Exists{X: by}}}},
		query.Sort{Keys: []query.SortKey{{Field: want.By, Desc: want.Order == "desc"}, {Field: event.SystemTime}, {Field: event.FieldSpanID}}},
		query.Limit{Count: 1},
		query.Project{Fields: []string{event.SystemTime, event.FieldTraceID, event.FieldSpanID, event.FieldParentID, want.By}},
	)
	res, err := a.Querier.Run(r.Context(), ask)
	if err != nil {
		return err
	}
	if res.Rows == 0 {
		return fault.New(fault.NotFound, "none of these events has %s and belongs to a trace", want.By)
	}
	span := cell(res, event.FieldSpanID, 0).Text()
	if span == "" { // a log line, or an event of a span
		span = cell(res, event.FieldParentID, 0).Text()
	}
	return a.answer(w, r, res.Stats, map[string]any{
		"trace_id": cell(res, event.FieldTraceID, 0).Text(), "span_id": span, "at": ns(cell(res, event.SystemTime, 0).Int()),
		"value": jsonValue(cell(res, want.By, 0)),
	})
}
