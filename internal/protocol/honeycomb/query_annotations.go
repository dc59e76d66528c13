package honeycomb

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/workspace"
)

func queryAnnotationHandlers() map[string]handler {
	return map[string]handler{
		"createQueryAnnotation": (*Front).createQueryAnnotation,
		"listQueryAnnotations":  (*Front).listQueryAnnotations,
		"getQueryAnnotation":    (*Front).getQueryAnnotation,
		"updateQueryAnnotation": (*Front).updateQueryAnnotation,
		"deleteQueryAnnotation": (*Front).deleteQueryAnnotation,
	}
}

// queryAnnotation is on the wire. ID, Source and the times are read only.
type queryAnnotation struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description"`
	QueryID     string `json:"query_id"`
	Source      string `json:"source"`
	CreatedAt   string `json:"created_at"`
	UpdatedAt   string `json:"updated_at"`
}

// queryAnnotationAsk is what callers may say; other members are ignored.
type queryAnnotationAsk struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description"`
	QueryID     string `json:"query_id"`
}

const (
	maxAnnotationName        = 320
	maxAnnotationDescription = 1023
)

func (f *Front) annotationAsk(c *call) (queryAnnotationAsk, error) {
	var ask queryAnnotationAsk
	if err := c.decode(&ask); err != nil {
		return ask, err
	}
	var check checks
	if strings.TrimSpace(ask.Name) == "" {
		check.add("name", "missing", "cannot be blank")
	}
	check.note("name", ask.Name, maxAnnotationName)
	check.note("description", ask.Description, maxAnnotationDescription)
	check.name("query_id", ask.QueryID, maxAnnotationName)
	return ask, check.err()
}

// checkNoted wants a query that an annotation of the scope can be about.
func (f *Front) checkNoted(c *call, scope workspace.Scope, query string) error {
	q, err := f.Workspace.FindQuery(c.Context(), scope.Environment, query)
	switch {
	case fault.Is(err, fault.NotFound):
		return unparseable("Query id included in body is invalid")
	case err == nil && q.Scope != scope:
		return unparseable("Query is not in the dataset")
	}
	return err
}

// createQueryAnnotation is POST /1/query_annotations/{dataset}.
func (f *Front) createQueryAnnotation(c *call) (reply, error) {
	scope, err := f.scope(c)
	if err != nil {
		return reply{}, err
	}
	ask, err := f.annotationAsk(c)
	if err != nil {
		return reply{}, err
	}
	if err := f.checkNoted(c, scope, ask.QueryID); err != nil {
		return reply{}, err
	}
	a, err := f.Workspace.AddAnnotation(c.Context(), workspace.Annotation{Scope: scope, QueryID: ask.QueryID, Name: ask.Name, Description: ask.Description})
	if err != nil {
		return reply{}, err
	}
	return reply{status: http.StatusCreated, body: annotationBody(a), location: c.URL.JoinPath(a.ID).EscapedPath()}, nil
}

// listQueryAnnotations is GET /1/query_annotations/{dataset}.
func (f *Front) listQueryAnnotations(c *call) (reply, error) {
	scope, err := f.scope(c)
	if err != nil {
		return reply{}, err
	}
	boards, _ := strconv.ParseBool(c.URL.Query().Get("include_board_annotations")) // anything else is no
	list, err := f.Workspace.Annotations(c.Context(), scope, boards)
	if err != nil {
		return reply{}, err
	}
	out := make([]queryAnnotation, len(list))
	for i, a := range list {
		out[i] = annotationBody(a)
	}
	return reply{body: out}, nil
}

const noAnnotation = "Query annotation not found"

// getQueryAnnotation is GET /1/query_annotations/{dataset}/{id}.
func (f *Front) getQueryAnnotation(c *call) (reply, error) {
	scope, err := f.scope(c)
	if err != nil {
		return reply{}, err
	}
	a, err := f.Workspace.Annotation(c.Context(), scope, c.PathValue("id"))
	if err != nil {
		return reply{}, named(err, noAnnotation)
	}
	return reply{body: annotationBody(a)}, nil
}

// updateQueryAnnotation is PUT /1/query_annotations/{dataset}/{id}: the body is
// the whole annotation.
func (f *Front) updateQueryAnnotation(c *call) (reply, error) {
	scope, err := f.scope(c)
	if err != nil {
		return reply{}, err
	}
	ask, err := f.annotationAsk(c)
	if err != nil {
		return reply{}, err
	}
	id := c.PathValue("id")
	if ask.ID != "" && ask.ID != id {
		return reply{}, unparseable("Query annotation id included in body does not match URL")
	}
	a, err := f.Workspace.ChangeAnnotation(c.Context(), workspace.Annotation{ID: id, Scope: scope, QueryID: ask.QueryID, Name: ask.Name, Description: ask.Description})
	switch {
	case fault.Is(err, fault.Invalid):
		if err := f.checkNoted(c, scope, ask.QueryID); err != nil {
			return reply{}, err
		}
		return reply{}, unparseable("queries in annotations cannot be changed")
	case err != nil:
		return reply{}, named(err, noAnnotation)
	}
	return reply{body: annotationBody(a)}, nil
}

// deleteQueryAnnotation is DELETE /1/query_annotations/{dataset}/{id}.
func (f *Front) deleteQueryAnnotation(c *call) (reply, error) {
	scope, err := f.scope(c)
	if err != nil {
		return reply{}, err
	}
	if err := f.Workspace.RemoveAnnotation(c.Context(), scope, c.PathValue("id")); err != nil {
		return reply{}, named(err, noAnnotation)
	}
	return reply{status: http.StatusNoContent}, nil
}

func annotationBody(a workspace.Annotation) queryAnnotation {
	return queryAnnotation{a.ID, a.Name, a.Description, a.QueryID, a.Source, timestamp(a.Created), timestamp(a.Updated)}
}
