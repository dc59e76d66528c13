package api

import (
	"cmp"
	"net/http"
	"strconv"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/logpattern"
	"github.com/oriel-dev/oriel/internal/querier"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
)

// patternQuestion is the body of a search for patterns.
type patternQuestion struct {
	question
	Field   string `json:"field"`
	Compare string `json:"compare"`
	Buckets int    `json:"buckets"`
	Limit   int    `json:"limit"`
}

// options reads what the question says beside its events, which lie in a period of
// a length in ns.
func (p *patternQuestion) options(length int64) (opts querier.PatternOptions, err error) {
	opts = querier.PatternOptions{Field: cmp.Or(p.Field, event.FieldBody), Buckets: p.Buckets, Limit: p.Limit}
	switch p.Compare {
	case "", "none":
	case "previous":
		opts.Earlier = length
	default:
		seconds, err := strconv.ParseInt(p.Compare, 10, 64)
		const year = 366 * 24 * 3600
		if err != nil || seconds < 1 || seconds > year {
			return opts, fault.New(fault.Invalid, "compare is %q; it must be previous, none or seconds from 1 to %d", p.Compare, int64(year))
		}
		opts.Earlier = seconds * 1e9
	}
	return opts, nil
}

// logPatterns answers as lines of JSON: the plan, progress now and then, and the
// patterns or an error.
func (a *API) logPatterns(w http.ResponseWriter, r *http.Request) error {
	var body patternQuestion
	if err := readJSON(w, r, &body); err != nil {
		return err
	}
	if strings.TrimSpace(body.Text) == "" && len(body.Query) == 0 && strings.TrimSpace(body.Search) == "" {
		body.Query = []byte("{}")
	}
	spec, err := a.specOf(r, &body.question)
	if err != nil {
		return err
	}
	plan, err := spec.Plan(a.environment(r), datasetsOf(body.Dataset), a.clock(),
		a.Querier.PlanOptions(a.environment(r), datasetsOf(body.Dataset), query.PlanOptions{}))
	if err != nil {
		return err
	}
	opts, err := body.options(plan.End - plan.Start)
	if err != nil {
		return err
	}
	lines := a.startLines(w)
	if err := lines.write(map[string]any{"type": "plan", "query": spec, "text": spec.Text()}); err != nil {
		return nil //nolint:nilerr // the caller has gone
	}
	started := a.clock()
	opts.Tell = func(p store.Progress) { lines.progress(p, a.clock().Sub(started)) }
	found, err := a.Querier.Patterns(r.Context(), plan.Rows(), opts)
	lines.end()
	if err != nil {
		_ = lines.write(a.errorLine(r, err))
		return nil
	}
	done := patternsJSON(found, opts.Field, plan.Start)
	done["type"], done["request_id"] = "done", requestOf(r.Context()).id
	done["elapsed_ms"] = float64(a.clock().Sub(started).Microseconds()) / 1000
	done["scanned"], done["sampled"], done["complete"], done["missing"] = found.Stats.Scanned, found.Stats.Sampled, !found.Stats.Partial, found.Stats.Missing
	_ = lines.write(done) // the caller may have gone
	return nil
}

// patternsJSON is the answer's own part; times are offsets from base.
func patternsJSON(found *querier.Patterns, field string, base int64) map[string]any {
	list := make([]map[string]any, len(found.Patterns))
	for i := range found.Patterns {
		list[i] = patternJSON(&found.Patterns[i], found, base)
		list[i]["filter"] = patternFilter(&found.Patterns[i], field)
	}
	return map[string]any{
		"base": ns(base), "step": found.Step, "events": found.Events, "before": found.Before, "found": found.Found, "patterns": list,
	}
}

func patternJSON(p *logpattern.Pattern, of *querier.Patterns, base int64) map[string]any {
	parts := make([]map[string]any, len(p.Parts))
	for i, part := range p.Parts {
		parts[i] = map[string]any{"text": part.Text}
		if part.Class == 0 {
			continue
		}
		values := make([][2]any, len(part.Values))
		for k, v := range part.Values {
			values[k] = [2]any{v.Text, v.Count}
		}
		parts[i]["class"], parts[i]["name"], parts[i]["values"] = part.Class.String(), part.Name, values
	}
	severity := map[string]float64{}
	for i, name := range []string{"", "trace", "debug", "info", "warn", "error", "fatal"} {
		if p.Severity[i] > 0 {
			severity[name] = p.Severity[i]
		}
	}
	out := map[string]any{
		"id": p.ID, "text": p.Text, "parts": parts, "regex": p.Regex, "count": p.Count, "share": p.Count / max(of.Events, 1),
		"severity": severity, "trend": p.Buckets, "samples": p.Samples, "rest": p.Rest,
		"before": p.Before, "before_share": p.Before / max(of.Before, 1), "change": changeOf(p, of),
	}
	if p.Buckets == nil {
		out["trend"] = []float64{}
	}
	if p.Count > 0 {
		out["first"], out["last"] = p.First-base, p.Last-base
	}
	return out
}

// changeOf says in a word how a pattern's share of the lines has changed against
// the earlier period, "" where none was looked at: less than half of it, or more
// than twice as much, is told.
func changeOf(p *logpattern.Pattern, of *querier.Patterns) string {
	const much = 2
	now, before := p.Count/max(of.Events, 1), p.Before/max(of.Before, 1)
	switch {
	case of.Before == 0:
		return ""
	case p.Before == 0:
		return "new"
	case p.Count == 0:
		return "gone"
	case now > much*before:
		return "risen"
	case before > much*now:
		return "fallen"
	}
	return "same"
}

// patternFilter finds the pattern's messages in a field, in one-line form; "" if
// there is no such condition. A text that stands in all of them is looked for
// first, which is much faster.
func patternFilter(p *logpattern.Pattern, field string) string {
	if p.Rest || len(p.Samples) == 0 {
		return ""
	}
	of := query.Field{Name: field}
	longest := ""
	for _, part := range p.Parts {
		if part.Class == 0 && len(part.Text) > len(longest) && strings.Contains(p.Samples[0], part.Text) {
			longest = part.Text
		}
	}
	var where query.Expr = query.Text{Op: query.Regex, X: of, S: p.Regex}
	if longest != "" {
		where = query.And{Terms: []query.Expr{query.Text{Op: query.Contains, X: of, S: longest}, where}}
	}
	if _, err := query.ParseFilter(where.String()); err != nil {
		return "" // an expression longer than the store takes
	}
	return where.String()
}
