package api

import (
	"net/http"
	"strings"

	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/query/logtext"
	"github.com/oriel-dev/oriel/internal/store"
)

// searched is the condition that a text of the search field means, nil for none.
func searched(text string) (query.Expr, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	r, err := logtext.Read(text)
	switch {
	case err != nil:
		return nil, err
	case r.Where == nil:
		return nil, fault.New(fault.Invalid, "search is a piece of Insights; it must be a condition: a filter pattern, words and field:value, or field = value")
	}
	return r.Where, nil
}

// search adds a text of the search field to the condition of a specification.
func search(spec *query.Spec, text string) error {
	where, err := searched(text)
	if err != nil || where == nil {
		return err
	}
	if strings.TrimSpace(spec.Where) != "" {
		before, err := query.ParseFilter(spec.Where)
		if err != nil {
			return err
		}
		where = query.And{Terms: []query.Expr{before, where}}
	}
	spec.Where = where.String()
	return nil
}

// parseLogText says what a text of the search field is: in which language, what
// it means in ours, and how it is written in CloudWatch's. A text with an error is
// an answer too, since it is one that is being typed.
func (a *API) parseLogText(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		Text string `json:"text"`
	}
	if err := readJSON(w, r, &body); err != nil {
		return err
	}
	return a.answer(w, r, store.Stats{}, readLogText(body.Text))
}

func readLogText(text string) map[string]any {
	read, err := logtext.Read(text)
	out := map[string]any{
		"language": string(read.Language), "kind": read.Kind, "text": read.Text, "warning": read.Warning,
		"filter": "", "pattern": "", "insights": "", "error": nil,
	}
	switch {
	case err != nil:
		out["error"] = map[string]any{"message": fault.MessageOf(err), "position": fault.PositionOf(err)}
	case read.Where != nil:
		out["filter"] = read.Where.String()
		out["pattern"], _ = logtext.AsPattern(read.Where)
		out["insights"], _ = logtext.AsInsights(read.Where)
	}
	return out
}
