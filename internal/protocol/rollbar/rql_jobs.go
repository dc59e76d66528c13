package rollbar

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/querier"
	"github.com/oriel-dev/oriel/internal/query/rql"
)

func rqlHandlers() map[string]handler {
	return map[string]handler{
		"createRQLJob": (*Front).createRQLJob, "listRQLJobs": (*Front).listRQLJobs, "getRQLJob": (*Front).getRQLJob,
		"getRQLJobResult": (*Front).getRQLJobResult, "cancelRQLJob": (*Front).cancelRQLJob,
	}
}

// Statuses of jobs.
const (
	jobNew       = "new"
	jobRunning   = "running"
	jobSuccess   = "success"
	jobFailed    = "failed"
	jobCancelled = "cancelled"
	jobTimedOut  = "timed_out"
)

// Bounds of jobs.
const (
	jobTimeout     = 10 * time.Minute
	jobKeep        = 7 * 24 * time.Hour
	jobFresh       = 5 * time.Minute // how long a finished job answers the same query
	maxJobsAtOnce  = 4               // of the server
	maxJobsWaiting = 50              // of an environment
	maxJobResult   = 8 << 20         // bytes of JSON
	maxJobs        = 20_000          // of the server
	jobPage        = 20
)

// rqlJob is a job, as it is kept.
type rqlJob struct {
	id          int64
	environment string
	query       string
	hash        string
	status      string
	problem     string
	created     int64 // Unix nanoseconds
	modified    int64
}

func (j *rqlJob) done() bool { return j.status != jobNew && j.status != jobRunning }

// shownJob is a job as the API answers it.
func shownJob(j rqlJob, project int64) map[string]any {
	return map[string]any{
		"id": j.id, "project_id": project, "query_string": j.query, "status": j.status, "job_hash": j.hash,
		"date_created": j.created / 1e9, "date_modified": j.modified / 1e9,
	}
}

// createRQLJob starts a job. The same query answered within minutes is not run
// again, unless that is asked for.
func (f *Front) createRQLJob(c *call) (reply, error) {
	text := strings.TrimSpace(c.field("query_string"))
	if text == "" {
		return reply{}, invalid("Invalid format. query_string is missing.")
	}
	o, err := f.Items.RQL(c.Context(), c.token.Environment)
	if err != nil {
		return reply{}, err
	}
	if _, err := rql.Compile(text, o); err != nil {
		return reply{}, rqlRefusal(text, err)
	}
	sum := sha256.Sum256([]byte(c.token.Environment + "\x00" + text))
	j := rqlJob{environment: c.token.Environment, query: text, hash: hex.EncodeToString(sum[:20]), status: jobNew, created: f.Clock().UnixNano()}
	j.modified = j.created
	if refresh := c.field("force_refresh"); refresh != "1" && refresh != "true" {
		same, found, err := f.jobs.same(c.Context(), j.environment, j.hash, j.created-int64(jobFresh))
		if err != nil || found {
			return reply{result: shownJob(same, o.Project)}, err
		}
	}
	if j, err = f.jobs.start(c.Context(), j); err != nil {
		return reply{}, err
	}
	return reply{result: shownJob(j, o.Project)}, nil
}

// rqlRefusal says what is wrong in a text, and where.
func rqlRefusal(text string, err error) error {
	where, ok := errors.AsType[*rql.Error](err)
	if !ok {
		return err
	}
	before := text[:min(where.Start, len(text))]
	line := 1 + strings.Count(before, "\n")
	column := 1 + len([]rune(before[strings.LastIndexByte(before, '\n')+1:]))
	return invalid("Invalid RQL query, line %d, column %d: %s", line, column, where.Message)
}

func (f *Front) rqlJobOf(c *call) (rqlJob, int64, error) {
	id, err := strconv.ParseInt(c.PathValue("id"), 10, 64)
	if err != nil {
		return rqlJob{}, 0, notFound("RQL job %.30q not found", c.PathValue("id"))
	}
	j, err := f.jobs.get(c.Context(), c.token.Environment, id)
	if err != nil {
		return j, 0, err
	}
	p, err := f.Items.Project(c.Context(), c.token.Environment)
	return j, p.ID, err
}

func (f *Front) getRQLJob(c *call) (reply, error) {
	j, project, err := f.rqlJobOf(c)
	if err != nil {
		return reply{}, err
	}
	shown := shownJob(j, project)
	if wants(c, "result") {
		if shown["result"], err = f.jobs.result(c.Context(), j); err != nil {
			return reply{}, err
		}
	}
	return reply{result: shown}, nil
}

func wants(c *call, part string) bool { return slices.Contains(c.list("expand"), part) }

func (f *Front) getRQLJobResult(c *call) (reply, error) {
	j, project, err := f.rqlJobOf(c)
	if err != nil {
		return reply{}, err
	}
	result, err := f.jobs.result(c.Context(), j)
	if err != nil {
		return reply{}, err
	}
	out := map[string]any{"job_id": j.id, "result": result}
	if wants(c, "job") {
		out["job"] = shownJob(j, project)
	}
	return reply{result: out}, nil
}

func (f *Front) cancelRQLJob(c *call) (reply, error) {
	j, project, err := f.rqlJobOf(c)
	if err != nil {
		return reply{}, err
	}
	if j, err = f.jobs.cancel(c.Context(), j); err != nil {
		return reply{}, err
	}
	return reply{result: shownJob(j, project)}, nil
}

func (f *Front) listRQLJobs(c *call) (reply, error) {
	page := 1
	if text := c.field("page"); text != "" {
		var err error
		if page, err = strconv.Atoi(text); err != nil || page < 1 || page > 1e6 {
			return reply{}, invalid("Invalid format. page is %.20q; it must be a number from 1 on.", text)
		}
	}
	p, err := f.Items.Project(c.Context(), c.token.Environment)
	if err != nil {
		return reply{}, err
	}
	list, err := f.jobs.list(c.Context(), c.token.Environment, page)
	if err != nil {
		return reply{}, err
	}
	jobs := make([]map[string]any, len(list))
	for i, j := range list {
		jobs[i] = shownJob(j, p.ID)
	}
	return reply{result: map[string]any{"page": page, "jobs": jobs}}, nil
}

// rqlResult is a result as the API answers it.
type rqlResult struct {
	Rows     []map[string]any `json:"rows"`
	Selected []string         `json:"selectionColumns"`
	Columns  []string         `json:"columns"`
	Errors   []string         `json:"errors"`
	Warnings []string         `json:"warnings"`
	RowCount int              `json:"rowcount"`
	Seconds  float64          `json:"executionTime"`
}

// runRQL answers the text of a job as JSON.
func (f *Front) runRQL(ctx context.Context, j rqlJob) ([]byte, error) {
	started := f.Clock()
	o, err := f.Items.RQL(ctx, j.environment)
	if err != nil {
		return nil, err
	}
	p, err := rql.Compile(j.query, f.Querier.RQLFields(o))
	if err != nil {
		return nil, rqlRefusal(j.query, err)
	}
	answer, err := f.Querier.RQL(ctx, p, o, nil)
	if err != nil {
		return nil, err
	}
	result := resultOf(p, answer)
	result.Seconds = f.Clock().Sub(started).Seconds()
	text, err := json.Marshal(result)
	if err == nil && len(text) > maxJobResult {
		return nil, fault.New(fault.TooLarge, "the result has %d bytes; at most %d are kept: select fewer columns, or lower the limit", len(text), maxJobResult)
	}
	return text, err
}

func resultOf(p *rql.Program, answer *querier.RQLAnswer) rqlResult {
	r := rqlResult{Rows: make([]map[string]any, answer.Rows), Selected: []string{}, Columns: []string{}, Errors: []string{}, Warnings: []string{}, RowCount: answer.Rows}
	for _, c := range p.Columns {
		r.Selected = append(r.Selected, c.Name)
	}
	for _, c := range answer.Columns {
		r.Columns = append(r.Columns, c.Name)
	}
	for _, w := range p.Warnings {
		r.Warnings = append(r.Warnings, w.Message)
	}
	if answer.Stats.Partial {
		r.Warnings = append(r.Warnings, "part of the data could not be read; the result is of the rest")
	}
	for i := range r.Rows {
		row := make(map[string]any, len(answer.Columns))
		for _, c := range answer.Columns {
			row[c.Name] = jsonValue(c.Values[i])
		}
		r.Rows[i] = row
	}
	return r
}

// jsonValue is a value as JSON has it, which has no number that is not finite.
func jsonValue(v event.Value) any {
	if f := v.Float(); math.IsNaN(f) || math.IsInf(f, 0) {
		return v.Text()
	}
	return v.Any()
}
