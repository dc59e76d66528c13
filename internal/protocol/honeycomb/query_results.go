package honeycomb

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"time"

	"github.com/oriel-dev/oriel/internal/auth"
	"github.com/oriel-dev/oriel/internal/dataset"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/querier"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/workspace"
)

func queryResultHandlers() map[string]handler {
	return map[string]handler{"createQueryResult": (*Front).createQueryResult, "getQueryResult": (*Front).getQueryResult}
}

// Limits of a result.
const (
	seriesLimit      = 1000 // groups, with series; also where the query names no limit
	tableLimit       = 10_000
	maxResultsAtWork = 64 // those that wait included
	maxResultsAtOnce = 4
	maxResultTime    = 10 * time.Minute // of all the questions that make up a result; each has the querier's deadline
)

// queryResultAsk is what callers may say. Totals are off unless asked for.
type queryResultAsk struct {
	QueryID       string `json:"query_id"`
	DisableSeries bool   `json:"disable_series"`
	DisableTotal  *bool  `json:"disable_total_by_aggregate"`
	DisableOther  *bool  `json:"disable_other_by_aggregate"`
	Limit         *int   `json:"limit"`

	classic bool // the caller's team is, which has no metrics datasets
}

func enabled(disable *bool) bool { return disable != nil && !*disable }

func (f *Front) queryResultAsk(c *call) (queryResultAsk, error) {
	var ask queryResultAsk
	if err := c.decode(&ask); err != nil {
		return ask, err
	}
	var check checks
	check.name("query_id", ask.QueryID, maxAnnotationName)
	if ask.Limit != nil {
		most, note := seriesLimit, fmt.Sprintf(" (%d with disable_series)", tableLimit)
		if ask.DisableSeries {
			most, note = tableLimit, ""
		}
		if *ask.Limit < 1 || *ask.Limit > most {
			check.add("limit", "invalid", fmt.Sprintf("is %d; it must be from 1 to %d%s", *ask.Limit, most, note))
		}
	}
	return ask, check.err()
}

// createQueryResult is POST /1/query_results/{dataset}: the query runs on its
// own; the caller polls the Location until it is complete.
func (f *Front) createQueryResult(c *call) (reply, error) {
	scope, err := f.scope(c)
	if err != nil {
		return reply{}, err
	}
	ask, err := f.queryResultAsk(c)
	if err != nil {
		return reply{}, err
	}
	ask.classic = c.who.Classic
	q, err := f.Workspace.Query(c.Context(), scope, ask.QueryID)
	if err != nil {
		return reply{}, named(err, "Query not found")
	}
	spec, raw, err := effective(q.Spec, ask)
	if err != nil {
		return reply{}, err
	}
	if !f.work.enter() {
		return reply{}, fault.Busy(fault.Throttled, time.Second, "%d query results are being worked on already; ask again when one of them is complete", maxResultsAtWork)
	}
	result, err := f.Workspace.StartResult(c.Context(), scope, q.ID, raw)
	if err != nil {
		f.work.leave()
		return reply{}, err
	}
	f.work.start(func(ctx context.Context) { f.answerResult(ctx, result, spec, ask) })
	return reply{
		status: http.StatusCreated, location: "/1/query_results/" + url.PathEscape(scope.Dataset) + "/" + result.ID,
		body: f.resultHead(c, result),
	}, nil
}

// effective is the query as it will run: with the limit that counts.
func effective(saved json.RawMessage, ask queryResultAsk) (*query.Spec, json.RawMessage, error) {
	spec, err := query.DecodeSpec(saved)
	if err != nil {
		return nil, nil, ofQuery(err)
	}
	limit := seriesLimit
	switch {
	case ask.Limit != nil:
		limit = *ask.Limit
	case spec.Limit != nil:
		limit = *spec.Limit
	}
	spec.Limit = &limit
	raw, err := json.Marshal(queryBody(saved, "", limit))
	return spec, raw, err
}

// answerResult runs a query and stores its answer, or why there is none.
func (f *Front) answerResult(ctx context.Context, result *workspace.Result, spec *query.Spec, ask queryResultAsk) {
	answer, err := f.runResult(ctx, result, spec, ask)
	// The server may be stopping: what is known is stored all the same.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if err == nil {
		err = f.Workspace.EndResult(ctx, result.ID, answer)
		if err == nil {
			return
		}
	}
	why := fault.MessageOf(err)
	switch {
	case fault.Is(err, fault.Internal):
		f.Log.ErrorContext(ctx, "a query result failed", slog.String("result_id", result.ID), slog.Any("error", err))
		why = "internal error; the server's log has it under " + result.ID
	case fault.Is(err, fault.Canceled):
		why = "the server was stopped before this query had ended; ask again"
	}
	if err := f.Workspace.FailResult(ctx, result.ID, why); err != nil {
		f.Log.ErrorContext(ctx, "a query result could not be stored", slog.String("result_id", result.ID), slog.Any("error", err))
	}
}

func (f *Front) runResult(ctx context.Context, result *workspace.Result, spec *query.Spec, ask queryResultAsk) (answer []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fault.New(fault.Internal, "panic: %v\n%s", p, debug.Stack())
		}
	}()
	leave, err := f.work.turn(ctx)
	if err != nil {
		return nil, fault.Wrap(fault.Canceled, err, "the server was stopped")
	}
	defer leave()
	ctx, cancel := context.WithTimeout(ctx, maxResultTime)
	defer cancel()
	started := f.Clock()
	r, err := f.Querier.RunSpec(ctx, result.Scope.Environment, datasetsOf(result.Scope), spec, querier.SpecOptions{
		Series: !ask.DisableSeries, Totals: enabled(ask.DisableTotal), TotalSeries: enabled(ask.DisableTotal) && !ask.DisableSeries, Other: enabled(ask.DisableOther),
		Events: ask.classic,
	})
	if err != nil {
		return nil, ofQuery(err)
	}
	return json.Marshal(r.Keep(float64(f.Clock().Sub(started).Microseconds()) / 1000))
}

// getQueryResult is GET /1/query_results/{dataset}/{id}.
func (f *Front) getQueryResult(c *call) (reply, error) {
	scope, err := f.scope(c)
	if err != nil {
		return reply{}, err
	}
	result, err := f.Workspace.Result(c.Context(), scope.Environment, c.PathValue("id"))
	if err == nil && result.Scope != scope {
		err = fault.New(fault.NotFound, "it is of another dataset")
	}
	if err != nil {
		return reply{}, named(err, "Query result not found")
	}
	head := f.resultHead(c, result)
	if !result.Complete() {
		return reply{body: head, header: http.Header{"Cache-Control": {"no-store"}}}, nil
	}
	header := http.Header{
		"Cache-Control": {"private, max-age=86400"},
		"Last-Modified": {result.Ended.Format(http.TimeFormat)},
	}
	if result.Failure != "" {
		head.Error = result.Failure
		return reply{body: head, header: header}, nil
	}
	answer, release, err := result.Open()
	if err != nil {
		return reply{}, err
	}
	kept, err := querier.DecodeKept(answer)
	if err != nil {
		release()
		return reply{}, err
	}
	return reply{body: &resultWriter{head: head, kept: kept.Result, release: release}, header: header}, nil
}

// queryResult is on the wire, without the data.
type queryResult struct {
	ID       string         `json:"id"`
	Complete bool           `json:"complete"`
	Query    map[string]any `json:"query"`
	Links    resultLinks    `json:"links"`
	Error    string         `json:"error,omitempty"`
}

type resultLinks struct {
	Query string `json:"query_url"`
	Graph string `json:"graph_image_url"`
}

func (f *Front) resultHead(c *call, r *workspace.Result) queryResult {
	page := origin(c.Request) + resultPath(c.who, r.Scope.Dataset, r.ID)
	return queryResult{
		ID: r.ID, Complete: r.Complete(), Query: queryBody(r.Spec, r.QueryID, 0),
		Links: resultLinks{Query: page, Graph: page + snapshotSuffix},
	}
}

// resultPath is the page of a result, as Honeycomb's is called: classic teams
// have no environments, what is of a whole environment has no dataset.
func resultPath(who *auth.Principal, slug, id string) string {
	path := "/" + url.PathEscape(who.Team)
	if !who.Classic {
		path += "/environments/" + url.PathEscape(who.Environment)
	}
	if slug != dataset.All {
		path += "/datasets/" + url.PathEscape(slug)
	}
	return path + "/result/" + id
}
