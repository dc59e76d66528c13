package api

import (
	"context"
	"net/http"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/query/xrayfilter"
	"github.com/oriel-dev/oriel/internal/servicegraph"
	"github.com/oriel-dev/oriel/internal/store"
	"github.com/oriel-dev/oriel/internal/tracesearch"
	"github.com/oriel-dev/oriel/internal/xraymodel"
)

// Languages of a text that says which traces are wanted.
const (
	traceXRay  = "xray"   // filter expression of X-Ray
	traceLine  = "filter" // condition in our one-line form, of some span
	traceID    = "id"
	traceEmpty = "empty"
)

// traceText is such a text, read.
type traceText struct {
	language string
	xray     xrayfilter.Expression
	filter   query.Expr
	id       string
}

// readTraceText tells the languages apart: an expression of X-Ray is one before all
// else. A text that is none is an error of the language it is longer one of.
func readTraceText(text string) (traceText, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return traceText{language: traceEmpty}, nil
	}
	if id, ok := event.TraceID(text); ok && looksLikeID(text) {
		return traceText{language: traceID, id: id}, nil
	}
	x, err := xrayfilter.Parse(text)
	if err == nil {
		return traceText{language: traceXRay, xray: x}, nil
	}
	filter, other := query.ParseFilter(text)
	if other == nil {
		return traceText{language: traceLine, filter: filter}, nil
	}
	if fault.PositionOf(other) > fault.PositionOf(err) {
		return traceText{language: traceLine}, other
	}
	return traceText{language: traceXRay}, err
}

// looksLikeID reports whether a text is nothing but a trace id.
func looksLikeID(text string) bool {
	if len(text) == 35 && strings.HasPrefix(text, "1-") {
		return true
	}
	return (len(text) == 32 || len(text) == 16) && strings.Trim(strings.ToLower(text), "0123456789abcdef") == ""
}

func (t *traceText) String() string {
	switch t.language {
	case traceXRay:
		return t.xray.String()
	case traceLine:
		return t.filter.String()
	}
	return t.id
}

// traceSet says which traces are wanted: those for which all texts hold.
type traceSet struct {
	From string   `json:"from"`
	To   string   `json:"to"`
	Q    []string `json:"q"`
}

const mostTexts = 20

// traceQuestion reads a set.
func (a *API) traceQuestion(r *http.Request, s *traceSet) (*tracesearch.Question, error) {
	from, to, err := a.timeRange(s.From, s.To)
	if err != nil {
		return nil, err
	}
	env := a.environment(r)
	q := &tracesearch.Question{Environment: env, Start: from, End: to, Column: a.definedColumns(env), Slow: a.slow(r.Context(), env, to)}
	return q, a.addTexts(r.Context(), env, q, s.Q)
}

func (a *API) addTexts(ctx context.Context, env string, q *tracesearch.Question, texts []string) error {
	if len(texts) > mostTexts {
		return fault.New(fault.Invalid, "%d conditions are given; at most %d may be", len(texts), mostTexts)
	}
	for _, text := range texts {
		t, err := readTraceText(text)
		if err != nil {
			return err
		}
		switch t.language {
		case traceXRay:
			if t.xray, err = a.resolve(ctx, env, t.xray); err != nil {
				return err
			}
			q.Filters = append(q.Filters, t.xray)
		case traceLine:
			q.Spans = append(q.Spans, t.filter)
		case traceID:
			q.Spans = append(q.Spans, is(event.FieldTraceID, query.Eq, event.StringValue(t.id)))
		}
	}
	return nil
}

// resolve puts groups in the place of their names.
func (a *API) resolve(ctx context.Context, env string, e xrayfilter.Expression) (xrayfilter.Expression, error) {
	if len(e.Groups()) == 0 || a.Groups == nil {
		return e.Resolve(nil)
	}
	groups, err := a.Groups(ctx, env)
	if err != nil {
		return e, err
	}
	return e.Resolve(groups)
}

// slow tells traces that are slow by what the last hour was like.
func (a *API) slow(ctx context.Context, env string, until int64) func(*xraymodel.Trace) bool {
	return servicegraph.Slow(until, func(start, end int64) ([]store.Rollup, error) {
		return a.Querier.Rollups(ctx, env, start, end)
	})
}

type traceFilterError struct {
	Message  string   `json:"message"`
	Position int      `json:"position"`
	Expected []string `json:"expected"`
}

func (a *API) parseTraceFilter(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		Text string `json:"text"`
	}
	if err := readJSON(w, r, &body); err != nil {
		return err
	}
	t, err := readTraceText(body.Text)
	if err == nil && t.language == traceXRay {
		_, err = a.resolve(r.Context(), a.environment(r), t.xray)
	}
	if err != nil {
		return a.answer(w, r, store.Stats{}, map[string]any{"language": t.language, "text": body.Text, "error": traceFilterError{
			Message: fault.MessageOf(err), Position: fault.PositionOf(err), Expected: expected(fault.MessageOf(err)),
		}})
	}
	return a.answer(w, r, store.Stats{}, map[string]any{"language": t.language, "text": t.String(), "error": nil})
}

// expected are the alternatives that a message of an error names.
func expected(message string) []string {
	_, what, ok := strings.Cut(message, "expected ")
	if !ok {
		return []string{}
	}
	what, _, _ = strings.Cut(what, ", found")
	list := []string{}
	for part := range strings.SplitSeq(strings.NewReplacer(" or ", ", ", " and ", ", ").Replace(what), ", ") {
		if part = strings.TrimSpace(part); part != "" {
			list = append(list, part)
		}
	}
	return list
}

// traceFilterHelp is what an editor completes expressions with.
func (a *API) traceFilterHelp(w http.ResponseWriter, r *http.Request) error {
	return a.answer(w, r, store.Stats{}, map[string]any{"keywords": xrayfilter.Keywords(), "forms": xrayfilter.Forms()})
}
