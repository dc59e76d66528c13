package api

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/item"
	"github.com/oriel-dev/oriel/internal/item/grouping"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
)

type noteJSON struct {
	Trace   int    `json:"trace"`
	File    string `json:"file"`
	Method  string `json:"method"`
	Counted bool   `json:"counted"`
	Why     string `json:"why"`
	As      string `json:"as"`
}

type groupingJSON struct {
	Fingerprint string       `json:"fingerprint"`
	Version     int          `json:"version"`
	Step        string       `json:"step"`
	Words       []string     `json:"words"`
	Canonical   string       `json:"canonical"`
	Frames      []noteJSON   `json:"frames"`
	Messages    []messageOut `json:"messages"`
}

type messageOut struct {
	Text  string `json:"text"`
	Count int64  `json:"count"`
}

// mostExplained bounds the fingerprints of an item that are explained.
const mostExplained = 10

// itemGrouping says why the occurrences of an item are together: for each of its
// fingerprints by the newest occurrence that has it.
func (a *API) itemGrouping(w http.ResponseWriter, r *http.Request) error {
	i, err := a.pathItem(r)
	if err != nil {
		return err
	}
	out := []groupingJSON{}
	fingerprints := a.Items.Fingerprints(i.ID)
	for _, f := range fingerprints[:min(len(fingerprints), mostExplained)] {
		g, err := a.explain(r.Context(), &i, f)
		if fault.Is(err, fault.NotFound) {
			continue // a group's own name, or one whose occurrences are gone
		}
		if err != nil {
			return err
		}
		out = append(out, *g)
	}
	return a.answer(w, r, store.Stats{}, map[string]any{"groupings": out, "fingerprints": len(fingerprints)})
}

func hasFingerprint(f string) query.Expr {
	return query.Compare{Op: query.Eq, L: query.Field{Name: event.FieldErrorFingerprint}, R: query.Literal{Value: event.StringValue(f)}}
}

func (a *API) explain(ctx context.Context, i *item.Item, fingerprint string) (*groupingJSON, error) {
	row, err := a.firstOf(ctx, i, true, hasFingerprint(fingerprint))
	if err != nil {
		return nil, err
	}
	data, err := payloadOf(row)
	if err != nil {
		return nil, err
	}
	why := a.Items.Rules(i.Environment).Explain(data)
	if mapped, ok := a.Symbols.AppliedTo(i.Environment, data); ok && why.Fingerprint != fingerprint {
		if by := a.Items.Rules(i.Environment).Explain(mapped); by.Fingerprint == fingerprint {
			why = by
			why.Words = append(why.Words, "The frames are those of the sources, which a source map tells.")
		}
	}
	g := &groupingJSON{
		Fingerprint: fingerprint, Version: why.Version, Step: row.Get(event.FieldErrorGrouping).Text(), Words: nonNil(why.Words), Canonical: cutText(why.Canonical, longestReason),
		Frames: make([]noteJSON, 0, len(why.Frames)),
	}
	if why.Fingerprint != fingerprint {
		g.Words = append(g.Words, fmt.Sprintf("The project's rules have changed since it came in: today it would have the fingerprint %s. What is grouped stays so.", why.Fingerprint))
	}
	for _, n := range why.Frames {
		g.Frames = append(g.Frames, noteJSON{n.Trace, cutText(n.File, longestName), cutText(n.Method, longestName), n.Counted, n.Why, n.As})
	}
	slices.Reverse(g.Frames) // the newest call first, as tracebacks are shown
	g.Messages, err = a.messagesOf(ctx, i, fingerprint)
	return g, err
}

func payloadOf(row store.PageRow) (map[string]any, error) {
	raw, err := item.PayloadOf(row.Row)
	if err != nil {
		return nil, err
	}
	v, err := decodeLoose(raw)
	data, _ := v.(map[string]any)
	return data, err
}

// messagesOf are the different messages under a fingerprint, the most frequent
// first: when they say different things, a rule may be wanted.
func (a *API) messagesOf(ctx context.Context, i *item.Item, fingerprint string) ([]messageOut, error) {
	const name, most = "n", 20
	ask := a.occurrencesOf(i, hasFingerprint(fingerprint))
	ask.Stages = append(ask.Stages,
		query.Aggregate{Groups: []string{event.FieldErrorTitle}, Calcs: []query.Calc{{Op: query.Count, Name: name}}},
		query.Sort{Keys: []query.SortKey{{Field: name, Desc: true}, {Field: event.FieldErrorTitle}}},
		query.Limit{Count: most},
	)
	res, err := a.Querier.Run(ctx, ask)
	if err != nil {
		return nil, err
	}
	out := make([]messageOut, res.Rows)
	for k := range out {
		out[k] = messageOut{cell(res, event.FieldErrorTitle, k).Text(), cell(res, name, k).Int()}
	}
	return out, nil
}

// errorRules are a project's grouping settings, with all their versions.
func (a *API) errorRules(w http.ResponseWriter, r *http.Request) error {
	environment := a.environment(r)
	out := map[string]any{}
	for _, kind := range []string{item.SettingRules, item.SettingPaths, item.SettingOptions} {
		s := a.Items.Setting(environment, kind)
		versions, err := a.Items.SettingVersions(r.Context(), environment, kind)
		if err != nil {
			return err
		}
		type version struct {
			Version int64  `json:"version"`
			At      string `json:"at"`
			Author  string `json:"author"`
			Body    string `json:"body"`
		}
		const most = 20
		list := make([]version, 0, min(len(versions), most))
		for _, v := range versions[:min(len(versions), most)] {
			list = append(list, version{v.Version, moment(v.At), v.Author, v.Body})
		}
		out[kind] = map[string]any{"body": s.Body, "version": s.Version, "versions": list}
	}
	problems := []string{}
	for _, p := range a.Items.Rules(environment).Problems() {
		problems = append(problems, problemOf(p))
	}
	out["problems"] = problems
	return a.answer(w, r, store.Stats{}, out)
}

// setErrorRules makes a new version of a grouping setting. It is for occurrences
// that come from now on.
func (a *API) setErrorRules(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		Body string `json:"body"`
	}
	if err := readJSON(w, r, &body); err != nil {
		return err
	}
	s, err := a.Items.Set(r.Context(), a.environment(r), r.PathValue("kind"), actor(r), body.Body)
	if err != nil {
		return err
	}
	return a.answer(w, r, store.Stats{}, map[string]any{"version": s.Version})
}

// Limits of a dry run.
const (
	triedBack   = 30 * 24 * time.Hour
	mostTried   = 2000
	triedWithin = 8 * time.Second
	triedBytes  = 64 << 20
	mostMoved   = 200
)

// movedOut are occurrences of one fingerprint that rules would give another.
type movedOut struct {
	Item        *itemJSON `json:"item"` // where they are; nil if it is gone
	Fingerprint string    `json:"fingerprint"`
	Would       string    `json:"would"`
	WouldItem   *itemJSON `json:"would_item"` // that has this fingerprint now
	Environment string    `json:"environment"`
	Title       string    `json:"title"`
	Count       int64     `json:"count"`
}

// tryErrorRules says what rules would have made of the occurrences that came
// last, of an item or of the whole project. Nothing is changed.
func (a *API) tryErrorRules(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		Rules  string `json:"rules"`
		Paths  string `json:"paths"`
		Ignore bool   `json:"ignore_client_fingerprints"`
		Item   string `json:"item"`
	}
	if err := readJSON(w, r, &body); err != nil {
		return err
	}
	trial, err := a.Items.Try(a.environment(r), body.Rules, body.Paths, body.Ignore)
	if err != nil {
		return err
	}
	now := a.clock().UnixNano()
	ask := &query.Query{
		Environment: a.environment(r), Start: now - int64(triedBack), End: now + int64(time.Minute),
		Stages: []query.Stage{query.Filter{Where: query.Exists{X: query.Field{Name: event.FieldErrorFingerprint}}}},
	}
	if body.Item != "" {
		i, err := a.itemNamed(a.environment(r), body.Item)
		if err != nil {
			return err
		}
		ask = a.occurrencesOf(&i)
	}
	page, err := a.Querier.Page(r.Context(), ask, store.PageOptions{Backward: true, Limit: mostTried, Within: triedWithin, MaxBytes: triedBytes})
	if err != nil {
		return err
	}
	for _, row := range page.Rows {
		if r.Context().Err() != nil {
			return r.Context().Err()
		}
		if data, err := payloadOf(row); err == nil { // kept as it came, whatever it is
			fingerprint := row.Get(event.FieldErrorFingerprint).Text()
			if mapped, ok := a.Symbols.AppliedTo(a.environment(r), data); ok && a.Items.Rules(a.environment(r)).Decide(mapped).Fingerprint == fingerprint {
				data = mapped // it was grouped by its sources
			}
			trial.Add(row.Get(event.FieldErrorEnvironment).Text(), fingerprint, data)
		}
	}
	out := trial.Outcome()
	answer := a.outcome(r.Context(), &out)
	answer["more"] = page.More
	return a.answer(w, r, page.Stats, answer)
}

func (a *API) outcome(ctx context.Context, out *item.Outcome) map[string]any {
	team := a.team(ctx)
	moved := []movedOut{}
	for _, m := range out.Moves[:min(len(out.Moves), mostMoved)] {
		moved = append(moved, movedOut{
			Item: a.itemBy(m.Item, team), Fingerprint: m.From, Would: m.To, WouldItem: a.itemBy(m.ToItem, team),
			Environment: m.ErrorEnvironment, Title: m.Title, Count: m.Count,
		})
	}
	problems := []string{}
	for _, p := range out.Problems {
		problems = append(problems, problemOf(p))
	}
	return map[string]any{
		"tried": out.Checked, "changed": out.Changed, "moved": moved, "merges": len(out.Merges), "splits": len(out.Splits), "problems": problems,
	}
}

func problemOf(p grouping.Problem) string {
	what := "Rule "
	if p.Path {
		what = "Path rule "
	}
	return what + strconv.Itoa(p.Rule+1) + ": " + p.Why
}

func (a *API) itemBy(id int64, team map[int64]string) *itemJSON {
	i, err := a.Items.Get(id)
	if err != nil {
		return nil
	}
	out := itemToJSON(&i, team, nil)
	return &out
}

// splitItem makes occurrences that have a value in their payload an item of their
// own, from now on.
func (a *API) splitItem(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		Path  string `json:"path"`
		Value any    `json:"value"`
	}
	if err := readJSON(w, r, &body); err != nil {
		return err
	}
	i, err := a.pathItem(r)
	if err != nil {
		return err
	}
	s, err := a.Items.Split(r.Context(), actor(r), i.ID, body.Path, body.Value)
	if err != nil {
		return err
	}
	return a.answer(w, r, store.Stats{}, map[string]any{"version": s.Version})
}
