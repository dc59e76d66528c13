package api

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/querier"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
	"github.com/oriel-dev/oriel/internal/workspace"
)

// question is the body of a query: Honeycomb's specification or our text.
type question struct {
	Dataset string          `json:"dataset"`
	Query   json.RawMessage `json:"query"`
	Text    string          `json:"text"`
	Search  string          `json:"search"` // beside the conditions of query or text, in any form that logs/parse reads
	Series  bool            `json:"series"`
	Totals  bool            `json:"totals"`
	Keep    bool            `json:"keep"`    // store the answer for ever
	Quiet   bool            `json:"quiet"`   // do not note it in the history
	Browser string          `json:"browser"` // whose entry it is there where no key is given
}

func (a *API) readQuestion(w http.ResponseWriter, r *http.Request) (*question, *query.Spec, error) {
	var q question
	if err := readJSON(w, r, &q); err != nil {
		return nil, nil, err
	}
	spec, err := a.specOf(r, &q)
	return &q, spec, err
}

// specOf reads a question's specification, and checks that its dataset is known.
func (a *API) specOf(r *http.Request, q *question) (spec *query.Spec, err error) {
	switch {
	case strings.TrimSpace(q.Text) != "" && len(q.Query) > 0:
		return nil, fault.New(fault.Invalid, "both query and text are given; give one of them")
	case strings.TrimSpace(q.Text) != "":
		spec, err = query.ParseText(q.Text)
	case len(q.Query) > 0:
		spec, err = query.DecodeSpec(q.Query)
	case strings.TrimSpace(q.Search) != "":
		spec = &query.Spec{}
	default:
		return nil, fault.New(fault.Invalid, "neither query nor text is given")
	}
	if err != nil {
		return nil, err
	}
	if err := search(spec, q.Search); err != nil {
		return nil, err
	}
	for _, slug := range datasetsOf(q.Dataset) {
		if _, known := a.Datasets.Find(a.environment(r), slug); !known {
			return nil, fault.New(fault.NotFound, "dataset %q is not known", slug)
		}
	}
	return spec, nil
}

// parseQuery reads a question in text form and prints it back.
func (a *API) parseQuery(w http.ResponseWriter, r *http.Request) error {
	_, spec, err := a.readQuestion(w, r)
	if err != nil {
		return err
	}
	return a.answer(w, r, store.Stats{}, map[string]any{"query": spec, "text": spec.Text()})
}

// query answers as lines of JSON: the plan, progress now and then, and the
// result or an error.
func (a *API) query(w http.ResponseWriter, r *http.Request) error {
	q, spec, err := a.readQuestion(w, r)
	if err == nil {
		err = checkBrowser(q.Browser)
	}
	if err != nil {
		return err
	}
	lines := a.startLines(w)
	if err := lines.write(map[string]any{"type": "plan", "query": spec, "text": spec.Text()}); err != nil {
		return nil //nolint:nilerr // the caller has gone
	}
	started := a.clock()
	result, err := a.Querier.RunSpec(r.Context(), a.environment(r), datasetsOf(q.Dataset), spec, querier.SpecOptions{
		Series: q.Series, Totals: q.Totals,
		Progress: func(p store.Progress) {
			lines.progress(p, a.clock().Sub(started))
		},
	})
	lines.end()
	if err != nil {
		_ = lines.write(a.errorLine(r, err))
		return nil
	}
	elapsed := a.clock().Sub(started)
	done := doneLine{Type: "done", Kept: result.Keep(float64(elapsed.Microseconds()) / 1000), RequestID: requestOf(r.Context()).id}
	if q.Keep {
		a.keep(r, q, spec, &done)
	}
	_ = lines.write(done) // the caller may have gone
	if !q.Quiet {
		a.note(r, q, spec, workspace.Run{ResultID: done.ResultID, At: started, Elapsed: elapsed, Rows: result.Rows, Sketch: sketchOf(result)})
	}
	return nil
}

// sketchOf is the small picture of an answer for the history, nil for none.
func sketchOf(result *querier.SpecResult) json.RawMessage {
	s := result.Sketch()
	if s == nil {
		return nil
	}
	raw, err := json.Marshal(s)
	if err != nil {
		return nil
	}
	return raw
}

// doneLine ends a query that was answered.
type doneLine struct {
	Type string `json:"type"`
	*querier.Kept
	RequestID string `json:"request_id"`
	ResultID  string `json:"result_id,omitempty"`
	NotKept   string `json:"not_kept,omitempty"` // why it was not, though that was asked for
}
