package api

import (
	"encoding/csv"
	"math"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/querier"
	"github.com/oriel-dev/oriel/internal/query/rql"
	"github.com/oriel-dev/oriel/internal/store"
)

// rqlQuestion is a text of RQL, and the time range that it is about unless its
// conditions say a narrower one.
type rqlQuestion struct {
	Query     string `json:"query"`
	StartTime int64  `json:"start_time"` // Unix seconds; 0 is the beginning
	EndTime   int64  `json:"end_time"`   // Unix seconds, not included; 0 is now
}

// readRQL reads a question: its text, and the options that it is compiled with.
func (a *API) readRQL(w http.ResponseWriter, r *http.Request) (text string, o rql.Options, err error) {
	var q rqlQuestion
	if err := readJSON(w, r, &q); err != nil {
		return "", o, err
	}
	if o, err = a.Items.RQL(r.Context(), a.environment(r)); err != nil {
		return "", o, err
	}
	const far = int64(9e9)
	if q.StartTime > 0 {
		o.Start = min(q.StartTime, far) * int64(time.Second)
	}
	if q.EndTime > 0 {
		o.End = min(q.EndTime, far) * int64(time.Second)
	}
	if o.Start >= o.End {
		return "", o, fault.New(fault.Invalid, "the time range is empty: it ends at %d and starts at %d", o.End/1e9, o.Start/1e9)
	}
	return q.Query, a.Querier.RQLFields(o), nil
}

type rqlColumn struct {
	Name string `json:"name"`
	Type string `json:"type"` // any, number or time (Unix seconds)
	Key  bool   `json:"key"`
}

func rqlColumnOf(c rql.OutputColumn) rqlColumn {
	return rqlColumn{c.Name, [...]string{"any", "number", "time"}[c.Type], c.Key}
}

type rqlWarning struct {
	Message string `json:"message"`
	Range   [2]int `json:"range"`
}

// rqlWarnings are those of the program, and names that no occurrence has.
func (a *API) rqlWarnings(r *http.Request, p *rql.Program) []rqlWarning {
	list := []rqlWarning{}
	for _, w := range p.Warnings {
		list = append(list, rqlWarning{w.Message, [2]int{w.Start, w.End}})
	}
	if p.Table != rql.Occurrences || len(p.Reads) == 0 {
		return list
	}
	known := map[string]bool{event.SystemTime: true}
	for _, d := range a.Querier.Catalog(a.environment(r)).Datasets {
		for _, f := range d.Fields {
			known[f.Name] = true
		}
	}
	for _, read := range p.Reads {
		if !known[read.Field] {
			list = append(list, rqlWarning{"no event has the field " + read.Column + ": it is NULL everywhere", [2]int{read.Start, read.End}})
		}
	}
	return list
}

func (a *API) checkRQL(w http.ResponseWriter, r *http.Request) error {
	text, o, err := a.readRQL(w, r)
	if err != nil {
		return err
	}
	p, err := rql.Compile(text, o)
	if err != nil {
		return a.answer(w, r, store.Stats{}, a.errorLine(r, err))
	}
	return a.answer(w, r, store.Stats{}, a.rqlPlan(r, p))
}

func (a *API) rqlPlan(r *http.Request, p *rql.Program) map[string]any {
	columns := make([]rqlColumn, len(p.Columns))
	for i, c := range p.Columns {
		columns[i] = rqlColumnOf(c)
	}
	return map[string]any{
		"type": "plan", "table": p.Table, "columns": columns, "limit": p.Limit, "start": ns(p.Start), "end": ns(p.End), "warnings": a.rqlWarnings(r, p),
	}
}

// runRQL answers a text as lines of JSON: the plan, progress, the rows.
func (a *API) runRQL(w http.ResponseWriter, r *http.Request) error {
	text, o, err := a.readRQL(w, r)
	if err != nil {
		return err
	}
	lines := a.startLines(w)
	p, err := rql.Compile(text, o)
	if err != nil {
		_ = lines.write(a.errorLine(r, err))
		return nil
	}
	if lines.write(a.rqlPlan(r, p)) != nil {
		return nil //nolint:nilerr // the caller has gone
	}
	started := a.clock()
	answer, err := a.Querier.RQL(r.Context(), p, o, func(progress store.Progress) { lines.progress(progress, a.clock().Sub(started)) })
	lines.end()
	if err != nil {
		_ = lines.write(a.errorLine(r, err))
		return nil
	}
	columns := make([]rqlColumn, len(answer.Columns))
	for i, c := range answer.Columns {
		columns[i] = rqlColumnOf(c.OutputColumn)
	}
	_ = lines.write(map[string]any{ // the caller may have gone
		"type": "done", "columns": columns, "rows": rqlRows(answer), "elapsed_ms": a.clock().Sub(started).Milliseconds(),
		"scanned": answer.Stats.Scanned, "complete": !answer.Stats.Partial, "request_id": requestOf(r.Context()).id,
	})
	return nil
}

// rqlRows are the values by row: numbers and texts as JSON has them.
func rqlRows(answer *querier.RQLAnswer) [][]any {
	rows := make([][]any, answer.Rows)
	for i := range rows {
		rows[i] = make([]any, len(answer.Columns))
		for k, c := range answer.Columns {
			if rows[i][k] = c.Values[i].Any(); c.Values[i].Kind() == event.Float {
				if f := c.Values[i].Float(); math.IsNaN(f) || math.IsInf(f, 0) {
					rows[i][k] = c.Values[i].Text() // JSON has no such number
				}
			}
		}
	}
	return rows
}

// exportRQL answers with all rows that there are, up to as many as can be
// gathered, as CSV.
func (a *API) exportRQL(w http.ResponseWriter, r *http.Request) error {
	text, o, err := a.readRQL(w, r)
	if err != nil {
		return err
	}
	o.MaxLimit, o.DefaultLimit = rql.MaxGathered, rql.MaxGathered
	p, err := rql.Compile(text, o)
	if err != nil {
		return err
	}
	answer, err := a.Querier.RQL(r.Context(), p, o, nil)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": "rql.csv"}))
	out := csv.NewWriter(w)
	cells := make([]string, len(answer.Columns))
	for k, c := range answer.Columns {
		cells[k] = plainCell(c.Name)
	}
	_ = out.Write(cells) // Flush keeps the error; the caller may have gone
	for i := range answer.Rows {
		for k, c := range answer.Columns {
			cells[k] = plainCell(c.Values[i].Text())
		}
		_ = out.Write(cells)
	}
	out.Flush()
	return nil
}

// plainCell keeps spreadsheets from taking text for a formula.
func plainCell(s string) string {
	if s == "" || !strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return s
	}
	if _, isNumber := event.StringValue(s).Number(); isNumber {
		return s
	}
	return "'" + s
}

// rqlHelp describes the language for an editor, with the columns that there are.
func (a *API) rqlHelp(w http.ResponseWriter, r *http.Request) error {
	columns := append(rql.OccurrenceColumns(), rql.ItemColumns()...)
	have := map[string]bool{}
	for _, c := range columns {
		have[c.Name] = true
	}
	var own []rql.ColumnHelp
	for _, d := range a.Querier.Catalog(a.environment(r)).Datasets {
		if !a.Datasets.HasColumn(a.environment(r), d.Slug, event.FieldErrorFingerprint) {
			continue
		}
		for _, f := range d.Fields {
			if name := rql.StarName(f.Name); name != "" && !have[name] {
				have[name] = true
				own = append(own, rql.ColumnHelp{Name: name, Type: rqlKind(f.Kind)})
			}
		}
	}
	slices.SortFunc(own, func(x, y rql.ColumnHelp) int { return strings.Compare(x.Name, y.Name) })
	const most = 2_000
	return a.answer(w, r, store.Stats{}, map[string]any{
		"columns": append(columns, own[:min(len(own), most)]...), "deploy_columns": rql.DeployColumns(), "functions": rql.Functions(),
		"keywords": rql.Keywords(), "templates": rql.Templates(),
	})
}

func rqlKind(k event.Kind) string {
	if k == event.Int || k == event.Float {
		return "number"
	}
	return "text"
}
