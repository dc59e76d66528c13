package api

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
)

const (
	whyTerms   = 20  // conditions that are looked at one by one
	whyValues  = 3   // values that a field has in place of the one that was wanted
	whyLongest = 160 // bytes of one
)

// explainAll says of what is missing how near it was: how many events the conditions
// are true for one by one, and what is there instead.
func (a *API) explainAll(ctx context.Context, env string, from int64, list []expectation, found []met) error {
	for i := range found {
		if found[i].OK {
			continue
		}
		why, err := a.explainOne(ctx, env, from, &list[i], &found[i])
		if err != nil {
			return err
		}
		found[i].Why = why
	}
	return nil
}

func (a *API) explainOne(ctx context.Context, env string, from int64, e *expectation, m *met) (string, error) {
	if m.Found >= m.AtLeast {
		return tooMany(m), nil
	}
	kind := *e
	kind.Where, kind.All, kind.stages, kind.AtLeast = "", nil, nil, nil
	if err := kind.plan(); err != nil {
		return "", err
	}
	all, err := a.count(ctx, env, from, e, kind.stages)
	if err != nil {
		return "", err
	}
	what := e.Kind
	if what == "" {
		what = "event"
	}
	if all == 0 {
		return a.explainNone(ctx, env, from, e, what)
	}
	parts := []string{plainNumber(all) + " of kind " + what + " arrived"}
	for i, t := range e.terms[:min(len(e.terms), whyTerms)] {
		rest := slices.Clone(kind.stages)
		for j, other := range e.terms {
			if j != i {
				rest = append(rest, query.Filter{Where: other})
			}
		}
		why, err := a.explainTerm(ctx, env, from, e, t, kind.stages, rest)
		if err != nil {
			return "", err
		}
		parts = append(parts, why)
	}
	for _, text := range e.All {
		where, err := query.ParseFilter(text)
		if err != nil {
			return "", err
		}
		n, err := a.count(ctx, env, from, e, []query.Stage{query.Filter{Where: where}})
		if err != nil {
			return "", err
		}
		why := text + " is true in " + plainNumber(n)
		if n == 0 {
			why += a.instead(ctx, env, from, e, where, nil)
		}
		parts = append(parts, why)
	}
	return strings.Join(parts, "; "), nil
}

// explainTerm says for how many events one condition is true, and what its field holds
// where it is not, in events for which all other conditions are true, if there are any.
func (a *API) explainTerm(ctx context.Context, env string, from int64, e *expectation, t query.Expr, kind, rest []query.Stage) (string, error) {
	n, err := a.count(ctx, env, from, e, append(slices.Clone(kind), query.Filter{Where: t}))
	if err != nil {
		return "", err
	}
	why := t.String() + " is true for " + plainNumber(n)
	others, err := a.count(ctx, env, from, e, rest)
	if err != nil {
		return "", err
	}
	switch {
	case others > 0:
		why += a.instead(ctx, env, from, e, t, rest)
	case n == 0:
		why += a.instead(ctx, env, from, e, t, kind)
	}
	return why, nil
}

// explainNone says what did arrive where nothing of a kind did.
func (a *API) explainNone(ctx context.Context, env string, from int64, e *expectation, what string) (string, error) {
	everywhere := *e
	everywhere.Dataset = ""
	why := "none of kind " + what + " arrived"
	if e.Dataset != "" {
		why += " in dataset " + e.Dataset
		if has := a.commonest(ctx, env, from, &everywhere, event.SystemDataset, nil); has != "" {
			return why + "; there is " + has, nil
		}
	}
	if has := a.commonest(ctx, env, from, &everywhere, event.FieldSignal, nil); has != "" {
		return why + "; what did: " + has, nil
	}
	return why + ", nor anything else: does it go to this address, with a key of this environment?", nil
}

// instead says what the first field of a condition holds where the condition is false.
func (a *API) instead(ctx context.Context, env string, from int64, e *expectation, condition query.Expr, among []query.Stage) string {
	fields := query.FieldsOf(condition)
	if len(fields) == 0 {
		return ""
	}
	has := a.commonest(ctx, env, from, e, fields[0], append(slices.Clone(among), query.Filter{Where: query.Not{X: condition}}))
	if has == "" {
		return ""
	}
	return ", and where not, " + fields[0] + " is " + has
}

// commonest are the values that most events have of a field. They only help to find a mistake: where they
// can't be had there are none.
func (a *API) commonest(ctx context.Context, env string, from int64, e *expectation, field string, stages []query.Stage) string {
	const n = "n"
	res, err := a.Querier.Run(ctx, e.ask(env, from, append(slices.Clone(stages),
		query.Aggregate{Groups: []string{field}, Calcs: []query.Calc{{Op: query.Count, Name: n}}},
		query.Sort{Keys: []query.SortKey{{Field: n, Desc: true}}}, query.Limit{Count: whyValues})...))
	if err != nil {
		return ""
	}
	var parts, absent []string
	for row := range res.Rows {
		times, _ := cell(res, n, row).Number()
		switch v := cell(res, field, row); {
		case times == 0:
		case v.IsNull():
			absent = []string{"absent (" + plainNumber(times) + ")"}
		default:
			parts = append(parts, shortened(v.Text())+" ("+plainNumber(times)+")")
		}
	}
	return strings.Join(append(parts, absent...), ", ")
}

// tooMany shows the newest of what should not be there.
func tooMany(m *met) string {
	var shown []string
	for _, one := range m.Examples {
		for _, field := range []string{event.FieldErrorTitle, event.FieldBody, event.FieldName} {
			if text, ok := one[field].(string); ok && text != "" {
				shown = append(shown, shortened(text))
				break
			}
		}
	}
	if len(shown) == 0 {
		return "there are too many"
	}
	return "there are too many, the newest of them " + strings.Join(shown, ", ")
}

func shortened(text string) string {
	if len(text) > whyLongest {
		text = strings.ToValidUTF8(text[:whyLongest], "") + "…"
	}
	return fmt.Sprintf("%q", text)
}

func plainNumber(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }
