package honeycomb

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/oriel-dev/oriel/internal/dataset"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/workspace"
)

func queryHandlers() map[string]handler {
	return map[string]handler{"createQuery": (*Front).createQuery, "getQuery": (*Front).getQuery}
}

// scope is where the things belong that the path names.
func (f *Front) scope(c *call) (workspace.Scope, error) {
	slug, err := f.datasetOrAll(c)
	return workspace.Scope{Environment: c.who.Environment, Dataset: slug}, err
}

// datasetsOf are the datasets a question of a scope is about, none for all.
func datasetsOf(s workspace.Scope) []string {
	if s.Dataset == dataset.All {
		return nil
	}
	return []string{s.Dataset}
}

// createQuery is POST /1/queries/{dataset}: 200, not 201 as all else that makes
// something. The answer is what was sent, no default added, with an id.
func (f *Front) createQuery(c *call) (reply, error) {
	scope, err := f.scope(c)
	if err != nil {
		return reply{}, err
	}
	raw, err := c.body()
	if err != nil {
		return reply{}, err
	}
	if err := f.checkQuery(raw, scope, f.ofMetrics(c, scope)); err != nil {
		return reply{}, err
	}
	q, err := f.Workspace.SaveQuery(c.Context(), scope, raw)
	if err != nil {
		return reply{}, ofQuery(err)
	}
	return reply{status: http.StatusOK, body: queryBody(q.Spec, q.ID, 0)}, nil
}

// ofMetrics reports whether a scope is a metrics dataset. Classic teams have none:
// their metrics are events like others.
func (f *Front) ofMetrics(c *call, scope workspace.Scope) bool {
	d, ok := f.Datasets.Find(scope.Environment, scope.Dataset)
	return ok && d.Metrics && !c.who.Classic
}

// checkQuery refuses what could never run, also for its times and its limits.
func (f *Front) checkQuery(raw []byte, scope workspace.Scope, metrics bool) error {
	var shape query.Spec
	err := json.Unmarshal(raw, &shape)
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		if wrong.Field == "" {
			return unparseable("invalid Query data: it must be an object, is " + wrong.Value)
		}
		return unparseable(fmt.Sprintf("invalid Query data: %s must be %s, is %s", wrong.Field, kindName(wrong.Type), wrong.Value))
	}
	if err != nil {
		return unparseable("could not parse request body")
	}
	spec, err := query.DecodeSpec(raw)
	if err == nil {
		err = spec.CheckScope(metrics)
	}
	if err == nil {
		opts := query.PlanOptions{Series: true}
		if metrics {
			opts.Metrics, opts.Saved = f.Datasets.Metrics(scope.Environment, scope.Dataset), f.Datasets.Calculated(scope.Environment, scope.Dataset)
		}
		_, err = spec.Plan(scope.Environment, datasetsOf(scope), f.Clock(), opts)
	}
	return ofQuery(err)
}

// ofQuery makes what the query language does not have a fault of the query: the
// caller can change it.
func ofQuery(err error) error {
	if fault.Is(err, fault.Unsupported) {
		return fault.New(fault.Invalid, "%s", fault.MessageOf(err))
	}
	return err
}

// getQuery is GET /1/queries/{dataset}/{id}.
func (f *Front) getQuery(c *call) (reply, error) {
	scope, err := f.scope(c)
	if err != nil {
		return reply{}, err
	}
	q, err := f.Workspace.Query(c.Context(), scope, c.PathValue("id"))
	if err != nil {
		return reply{}, named(err, "Query not found")
	}
	return reply{body: queryBody(q.Spec, q.ID, 0)}, nil
}

// named gives what is not found the words that the vendor has for it.
func named(err error, text string) error {
	if fault.Is(err, fault.NotFound) {
		return notFound(text)
	}
	return err
}

// queryBody is a query as it is answered: what was asked, its id, and the limit
// where one was in effect.
func queryBody(spec json.RawMessage, id string, limit int) map[string]any {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(spec, &members); err != nil {
		members = nil // it was checked before it was stored
	}
	body := make(map[string]any, len(members)+2)
	for name, v := range members {
		body[name] = v
	}
	if id != "" {
		body["id"] = id
	}
	if limit > 0 {
		body["limit"] = limit
	}
	return body
}
