package api

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/querier"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/query/insights"
	"github.com/oriel-dev/oriel/internal/store"
)

// insightsQuestion is the body of a request in Logs Insights QL.
type insightsQuestion struct {
	Query     string   `json:"query"`
	Datasets  []string `json:"datasets"`   // slugs; none means all with log lines
	StartTime int64    `json:"start_time"` // Unix seconds
	EndTime   int64    `json:"end_time"`   // Unix seconds, not included; 0 means now
	TimeRange int64    `json:"time_range"` // seconds back from the end, where there is no start
	Limit     int      `json:"limit"`
}

const usualInsightsRange = 3600

// insightsOptions makes the options that a question is read with.
func (a *API) insightsOptions(r *http.Request, q *insightsQuestion) (insights.Options, error) {
	now := a.clock()
	o := insights.Options{Environment: a.environment(r), Account: a.account(r), Now: now.UnixNano(), End: now.UnixNano(), Limit: q.Limit}
	if q.EndTime > 0 {
		o.End = q.EndTime * int64(time.Second)
	}
	length := int64(usualInsightsRange)
	if q.TimeRange > 0 {
		length = q.TimeRange
	}
	o.Start = o.End - length*int64(time.Second)
	if q.StartTime > 0 {
		o.Start = q.StartTime * int64(time.Second)
	}
	switch {
	case o.Start >= o.End:
		return o, fault.New(fault.Invalid, "the time range is empty: it ends at %d and starts at %d", o.End/1e9, o.Start/1e9)
	case q.Limit < 0 || q.Limit > insights.MaxRows:
		return o, fault.New(fault.Invalid, "limit is %d; it must be from 1 to %d", q.Limit, insights.MaxRows)
	}
	groups := a.logGroups(o.Environment)
	for _, slug := range q.Datasets {
		i := slices.IndexFunc(groups, func(g insights.Group) bool { return g.Dataset == slug })
		if i < 0 {
			if slug == everyDataset {
				o.Groups = []insights.Group{{Dataset: "", Name: everyDataset}}
				break
			}
			return o, fault.New(fault.NotFound, "dataset %q is not known", slug)
		}
		o.Groups = append(o.Groups, groups[i])
	}
	if len(q.Datasets) == 0 {
		for _, g := range groups {
			if a.Datasets.HasColumn(o.Environment, g.Dataset, event.FieldBody) {
				o.Groups = append(o.Groups, g)
			}
		}
	}
	o.Where = func(groups []insights.Group) query.Expr { return a.onlyLines(o.Environment, groups) }
	o.Resolve = func(s insights.Source) ([]insights.Group, error) { return resolve(groups, s) }
	o.Table = func(name string) (*query.Table, error) {
		return nil, fault.New(fault.Unsupported, "lookup tables, such as %s, are read by the queries of CloudWatch's API only", name)
	}
	return a.Querier.InsightsFields(o), nil
}

// onlyLines is the condition that leaves the log lines of groups, nil where all
// events count: a service's dataset holds its spans, too.
func (a *API) onlyLines(environment string, groups []insights.Group) query.Expr {
	for _, g := range groups {
		if g.Dataset == "" {
			return nil
		}
		if a.Datasets.HasColumn(environment, g.Dataset, event.FieldSpanID) {
			return query.Compare{Op: query.Eq, L: query.Field{Name: event.FieldSignal}, R: query.Literal{Value: event.StringValue(event.SignalLog)}}
		}
	}
	return nil
}

// account is the number of the caller's environment, as AWS's API shows it.
func (a *API) account(r *http.Request) string {
	for _, e := range a.Keys.Environments() {
		if e.Slug == a.environment(r) {
			return e.Account()
		}
	}
	return ""
}

// logGroups are all datasets as log groups, by the names they are shown with.
func (a *API) logGroups(environment string) []insights.Group {
	list := a.Datasets.List(environment)
	groups := make([]insights.Group, len(list))
	for i, d := range list {
		groups[i] = insights.Group{Dataset: d.Slug, Name: d.Name}
	}
	return groups
}

// resolve finds the groups that a SOURCE command names.
func resolve(groups []insights.Group, s insights.Source) ([]insights.Group, error) {
	if len(s.DataSets) > 0 {
		return nil, fault.New(fault.Unsupported, "dataSource is not supported: there are no data sources here, name log groups")
	}
	var found []insights.Group
	for _, g := range groups {
		wanted := slices.Contains(s.Names, g.Name) || len(s.Names)+len(s.Prefixes) == 0
		for _, prefix := range s.Prefixes {
			wanted = wanted || strings.HasPrefix(g.Name, prefix)
		}
		if wanted {
			found = append(found, g)
		}
	}
	if len(found) == 0 {
		return nil, fault.New(fault.NotFound, "no log group has such a name")
	}
	return found, nil
}

type insightsColumn struct {
	Name string `json:"name"`
	Type string `json:"type"` // any, number, time, json or pointer
	Key  bool   `json:"key"`
}

func insightsColumns(p *insights.Program) []insightsColumn {
	columns := make([]insightsColumn, len(p.Columns))
	for i, c := range p.Columns {
		columns[i] = insightsColumn{c.Name, [...]string{"any", "number", "time", "json", "pointer"}[c.Type], c.Key}
	}
	return columns
}

// insights answers a text of Logs Insights QL as lines of JSON.
func (a *API) insights(w http.ResponseWriter, r *http.Request) error {
	var q insightsQuestion
	if err := readJSON(w, r, &q); err != nil {
		return err
	}
	o, err := a.insightsOptions(r, &q)
	if err != nil {
		return err
	}
	lines := a.startLines(w)
	p, err := insights.Compile(q.Query, o)
	if err != nil {
		_ = lines.write(a.errorLine(r, err))
		return nil
	}
	groups := make([]map[string]string, len(p.Groups))
	for i, g := range p.Groups {
		groups[i] = map[string]string{"dataset": g.Dataset, "name": g.Name}
	}
	if lines.write(map[string]any{
		"type": "plan", "columns": insightsColumns(p), "raw": p.Raw, "groups": groups, "start": ns(o.Start), "end": ns(o.End),
	}) != nil {
		return nil //nolint:nilerr // the caller has gone
	}
	started := a.clock()
	answer, err := a.Querier.Insights(r.Context(), p, o, querier.Telling{
		Progress: func(progress store.Progress) { lines.progress(progress, a.clock().Sub(started)) },
		Partial:  func(soFar *store.Result) { lines.partial(partialRows(p, soFar)) },
	})
	lines.end()
	if err != nil {
		_ = lines.write(a.errorLine(r, err))
		return nil
	}
	done := map[string]any{
		"type": "done", "columns": insightsColumns(p), "rows": insightsRows(p, answer.Result, answer.Result.Rows), "elapsed_ms": a.clock().Sub(started).Milliseconds(),
		"complete": !answer.Result.Stats.Partial, "request_id": requestOf(r.Context()).id,
		"statistics": map[string]int64{
			"matched": answer.Matched, "scanned": answer.Scanned, "bytes": answer.Bytes, "groups": int64(len(p.Groups)),
		},
	}
	if p.Raw {
		done["pointers"] = pointers(answer.Result, answer.Result.Rows)
	}
	_ = lines.write(done) // the caller may have gone
	return nil
}

// mostPartial is how many rows are shown of an answer that is not there yet.
const mostPartial = 1000

// partialRows is a line with the first rows of what an answer has come to.
func partialRows(p *insights.Program, r *store.Result) map[string]any {
	line := map[string]any{"type": "partial", "rows": insightsRows(p, r, mostPartial), "more": r.Rows > mostPartial}
	if p.Raw {
		line["pointers"] = pointers(r, mostPartial)
	}
	return line
}

// insightsRows prints the values of the first rows of an answer; what is missing is null.
func insightsRows(p *insights.Program, r *store.Result, most int) [][]*string {
	rows := make([][]*string, min(r.Rows, most))
	columns := make([]*store.ResultColumn, len(p.Columns))
	for k, c := range p.Columns {
		columns[k] = r.Column(c.Field)
	}
	for i := range rows {
		rows[i] = make([]*string, len(p.Columns))
		for k, c := range p.Columns {
			if columns[k] == nil {
				continue
			}
			if s, ok := c.Text(columns[k].Values[i]); ok {
				rows[i][k] = &s
			}
		}
	}
	return rows
}

// pointers tell which events the rows are: time and arrival in Unix nanoseconds,
// "" where there is none, and the dataset.
func pointers(r *store.Result, most int) [][3]string {
	list := make([][3]string, min(r.Rows, most))
	for k, name := range insights.PointerFields() {
		if c := r.Column(name); c != nil {
			for i := range list {
				list[i][k] = c.Values[i].Text()
			}
		}
	}
	return list
}

// insightsHelp describes the language for an editor.
func (a *API) insightsHelp(w http.ResponseWriter, r *http.Request) error {
	return a.answer(w, r, store.Stats{}, map[string]any{"commands": insights.Commands(), "functions": insights.Functions()})
}
