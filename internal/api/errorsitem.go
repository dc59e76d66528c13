package api

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/item"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
)

// droppedFor is how far back an item tells of occurrences that were not kept.
const droppedFor = 7 * 24 * time.Hour

// mostRelated bounds the items that are told with an item.
const mostRelated = 100

// errorItem tells what an item is, and what is near it.
func (a *API) errorItem(w http.ResponseWriter, r *http.Request) error {
	i, err := a.pathItem(r)
	if err != nil {
		return err
	}
	sparks, err := a.sparks(r.Context(), []item.Item{i}, r.URL.Query().Get("span"))
	if err != nil {
		return err
	}
	deploy, err := a.Items.SuspectDeploy(r.Context(), i.ID)
	if err != nil {
		return err
	}
	prints := nonNil(a.Items.Fingerprints(i.ID))
	dropped, err := a.Intake.DroppedByLimit(r.Context(), i.Environment, i.ErrorEnvironment, prints, a.clock().Add(-droppedFor).UnixNano())
	if err != nil {
		return err
	}
	var suspect *deployJSON
	if deploy != nil {
		d := deployOf(deploy)
		suspect = &d
	}
	team := a.team(r.Context())
	list := func(items []item.Item) []itemJSON {
		out := make([]itemJSON, min(len(items), mostRelated))
		for k := range out {
			out[k] = itemToJSON(&items[k], team, nil)
		}
		return out
	}
	return a.answer(w, r, store.Stats{}, map[string]any{
		"item": itemToJSON(&i, team, sparks[i.ID].N), "fingerprints": prints, "dropped": dropped, "where": a.ofItem(&i).String(), "suspect": suspect,
		"members": list(a.Items.Members(i.ID)), "siblings": list(a.Items.Siblings(i.ID)),
	})
}

type deployJSON struct {
	ID          string `json:"id"`
	Environment string `json:"environment"`
	Revision    string `json:"revision"`
	By          string `json:"by"`
	Comment     string `json:"comment"`
	At          string `json:"at"`
	Status      string `json:"status"`
}

const maxCommentShown = 500

func deployOf(d *item.Deploy) deployJSON {
	by := d.Username
	if by == "" {
		by = d.LocalUsername
	}
	comment := []rune(d.Comment)
	return deployJSON{
		ID: strconv.FormatInt(d.ID, 10), Environment: d.ErrorEnvironment, Revision: d.Revision, By: by,
		Comment: string(comment[:min(len(comment), maxCommentShown)]), At: moment(max(d.FinishedAt, d.StartedAt)), Status: d.Status,
	}
}

// ofItem is true of the occurrences of an item.
func (a *API) ofItem(i *item.Item) query.Expr {
	in := query.In{X: query.Field{Name: event.FieldErrorFingerprint}}
	for _, f := range a.Items.Fingerprints(i.ID) {
		in.Values = append(in.Values, event.StringValue(f))
	}
	return query.And{Terms: []query.Expr{in, query.Compare{
		Op: query.Eq, L: query.Field{Name: event.FieldErrorEnvironment}, R: query.Literal{Value: event.StringValue(i.ErrorEnvironment)},
	}}}
}

// occurrencesOf is the question about the occurrences of an item. Events may
// have happened before they were told of.
func (a *API) occurrencesOf(i *item.Item, further ...query.Expr) *query.Query {
	const before = int64(24 * time.Hour)
	return &query.Query{
		Environment: i.Environment, Start: i.First.At - before, End: max(i.Last.At, a.clock().UnixNano()) + int64(time.Hour),
		Stages: []query.Stage{query.Filter{Where: query.And{Terms: append([]query.Expr{a.ofItem(i)}, further...)}}},
	}
}

// itemCounts are the occurrences of an item over time, with the deploys and
// releases of its environment.
func (a *API) itemCounts(w http.ResponseWriter, r *http.Request) error {
	i, err := a.pathItem(r)
	if err != nil {
		return err
	}
	const minute, hour, day = 60, 3600, 86400
	var width, buckets int64
	switch span := r.URL.Query().Get("span"); span {
	case "1h":
		width, buckets = minute, 60
	case "", "24h":
		width, buckets = hour, 24
	case "7d":
		width, buckets = hour, 7*24
	case "30d":
		width, buckets = day, 30
	case "90d":
		width, buckets = day, 90
	default:
		return fault.New(fault.Invalid, "span is %q; it must be 1h, 24h, 7d, 30d or 90d", span)
	}
	counts, err := a.Items.Counts(r.Context(), []int64{i.ID}, width, buckets, a.clock().Unix())
	if err != nil {
		return err
	}
	c := counts[i.ID]
	deploys, releases, err := a.around(r.Context(), &i, c.Start*int64(time.Second))
	if err != nil {
		return err
	}
	return a.answer(w, r, store.Stats{}, map[string]any{
		"base": ns(c.Start * int64(time.Second)), "step": c.Width * int64(time.Second), "counts": c.N, "deploys": deploys, "releases": releases,
	})
}

type releaseJSON struct {
	Version string `json:"version"`
	At      string `json:"at"`
}

// around lists the deploys and new versions of an item's environment since a time.
func (a *API) around(ctx context.Context, i *item.Item, since int64) ([]deployJSON, []releaseJSON, error) {
	const looked = 500
	list, _, err := a.Items.Deploys(ctx, i.Environment, item.Page{Limit: looked})
	if err != nil {
		return nil, nil, err
	}
	deploys := []deployJSON{}
	for k := range list {
		if list[k].ErrorEnvironment == i.ErrorEnvironment && max(list[k].FinishedAt, list[k].StartedAt) >= since && len(deploys) < mostRelated {
			deploys = append(deploys, deployOf(&list[k]))
		}
	}
	releases := []releaseJSON{}
	for _, v := range a.Items.Releases(i.Environment, i.ErrorEnvironment) {
		if v.First.At >= since && len(releases) < mostRelated {
			releases = append(releases, releaseJSON{v.Version, moment(v.First.At)})
		}
	}
	return deploys, releases, nil
}

// itemPeople lists those whom an item hit, the last first.
func (a *API) itemPeople(w http.ResponseWriter, r *http.Request) error {
	type person struct {
		ID       string `json:"id"`
		Username string `json:"username"`
		Email    string `json:"email"`
		First    string `json:"first"`
		Last     string `json:"last"`
		Count    int64  `json:"count"`
	}
	i, err := a.pathItem(r)
	if err != nil {
		return err
	}
	list, err := a.Items.People(r.Context(), i.ID, 0, mostItems)
	if err != nil {
		return err
	}
	people := make([]person, len(list))
	for k, p := range list {
		people[k] = person{p.ID, p.Username, p.Email, moment(p.FirstAt), moment(p.LastAt), p.Count}
	}
	return a.answer(w, r, store.Stats{}, map[string]any{"people": people, "total": i.People})
}

// itemVersions lists the versions that an item was seen in, and the deploys of
// its environment.
func (a *API) itemVersions(w http.ResponseWriter, r *http.Request) error {
	type version struct {
		Version  string `json:"version"`
		First    string `json:"first"`
		Last     string `json:"last"`
		Count    int64  `json:"count"`
		IsNew    bool   `json:"is_new"`
		CameBack bool   `json:"came_back"`
	}
	i, err := a.pathItem(r)
	if err != nil {
		return err
	}
	list, err := a.Items.VersionsOf(r.Context(), i.ID)
	if err != nil {
		return err
	}
	versions := make([]version, len(list))
	for k, v := range list {
		versions[k] = version{v.Version, moment(v.First.At), moment(v.Last.At), v.Count, v.How&item.NewIn != 0, v.How&item.ReactivatedIn != 0}
	}
	deploys, _, err := a.around(r.Context(), &i, i.First.At-int64(24*time.Hour))
	if err != nil {
		return err
	}
	return a.answer(w, r, store.Stats{}, map[string]any{"versions": versions, "deploys": deploys})
}

// itemActivity lists what was done to an item, newest first.
func (a *API) itemActivity(w http.ResponseWriter, r *http.Request) error {
	type activity struct {
		ID    string `json:"id"`
		At    string `json:"at"`
		Actor string `json:"actor"`
		Kind  string `json:"kind"`
		Text  string `json:"text"`
	}
	i, err := a.pathItem(r)
	if err != nil {
		return err
	}
	list, err := a.Items.Activity(r.Context(), i.ID, 0, mostItems)
	if err != nil {
		return err
	}
	acts := make([]activity, len(list))
	for k, x := range list {
		acts[k] = activity{strconv.FormatInt(x.ID, 10), moment(x.At), x.Actor, x.Kind, x.Text}
	}
	return a.answer(w, r, store.Stats{}, map[string]any{"activity": acts})
}

// commentItem adds a comment.
func (a *API) commentItem(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		Text string `json:"text"`
		As   int64  `json:"as"` // the member who writes it; 0: who the key is of
	}
	if err := readJSON(w, r, &body); err != nil {
		return err
	}
	i, err := a.pathItem(r)
	if err != nil {
		return err
	}
	who := actor(r)
	if name := a.team(r.Context())[body.As]; name != "" {
		who = name
	}
	c, err := a.Items.Comment(r.Context(), i.ID, who, body.Text)
	if err != nil {
		return err
	}
	return a.answer(w, r, store.Stats{}, map[string]any{"id": strconv.FormatInt(c.ID, 10)})
}

// removeItemComment deletes a comment.
func (a *API) removeItemComment(w http.ResponseWriter, r *http.Request) error {
	i, err := a.pathItem(r)
	if err != nil {
		return err
	}
	comment, err := pathID(r, "comment", "comment")
	if err != nil {
		return err
	}
	if err := a.Items.RemoveComment(r.Context(), i.ID, comment); err != nil {
		return err
	}
	return a.answer(w, r, store.Stats{}, map[string]any{})
}

// unmergeItem takes members out of a group; without ids all of them.
func (a *API) unmergeItem(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		IDs []string `json:"ids"`
	}
	if err := readJSON(w, r, &body); err != nil {
		return err
	}
	i, err := a.pathItem(r)
	if err != nil {
		return err
	}
	ids := make([]int64, 0, len(body.IDs))
	for _, text := range body.IDs {
		id, err := itemID(text)
		if err != nil {
			return err
		}
		ids = append(ids, id)
	}
	group, err := a.Items.Unmerge(r.Context(), actor(r), i.ID, ids...)
	if err != nil {
		return err
	}
	return a.answer(w, r, store.Stats{}, map[string]any{"members": len(group.Members)})
}

// itemRelated lists items that happened in the same traces, those that share most
// first, and those that happen in the same minutes.
func (a *API) itemRelated(w http.ResponseWriter, r *http.Request) error {
	const looked = 200
	i, err := a.pathItem(r)
	if err != nil {
		return err
	}
	page, err := a.Querier.Page(r.Context(), a.occurrencesOf(&i, query.Exists{X: query.Field{Name: event.FieldTraceID}}),
		store.PageOptions{Backward: true, Limit: looked, Fields: []string{event.FieldTraceID}})
	if err != nil {
		return err
	}
	in := query.In{X: query.Field{Name: event.FieldTraceID}}
	seen := map[string]bool{}
	first := i.Last.At
	for _, row := range page.Rows {
		if id := row.Get(event.FieldTraceID).Text(); !seen[id] {
			seen[id] = true
			in.Values = append(in.Values, event.StringValue(id))
		}
		first = min(first, row.Position.Time)
	}
	found, stats := []map[string]any{}, page.Stats
	if len(seen) > 0 {
		if found, stats, err = a.inTraces(r.Context(), &i, in, first); err != nil {
			return err
		}
	}
	const together, similar = 20, 10
	alike, err := a.Items.HappenTogether(r.Context(), i.ID, together)
	if err != nil {
		return err
	}
	team := a.team(r.Context())
	list := []map[string]any{}
	for _, t := range alike {
		list = append(list, map[string]any{"item": itemToJSON(&t.Item, team, nil), "minutes": t.Shared, "share": t.Share})
	}
	lookalikes := []map[string]any{}
	for _, s := range a.Items.SimilarTo(i.ID, similar) {
		lookalikes = append(lookalikes, map[string]any{"item": itemToJSON(&s.Item, team, nil), "why": s.Why})
	}
	return a.answer(w, r, stats, map[string]any{"items": found, "traces": len(seen), "together": list, "similar": lookalikes})
}

func (a *API) inTraces(ctx context.Context, i *item.Item, traces query.In, first int64) ([]map[string]any, store.Stats, error) {
	const name, around, most = "n", int64(time.Hour), 500
	fingerprint, environment := query.Field{Name: event.FieldErrorFingerprint}, event.FieldErrorEnvironment
	res, err := a.Querier.Run(ctx, &query.Query{
		Environment: i.Environment, Start: first - around, End: i.Last.At + around,
		Stages: []query.Stage{
			query.Filter{Where: query.And{Terms: []query.Expr{traces, query.Exists{X: fingerprint}}}},
			query.Aggregate{Groups: []string{fingerprint.Name, environment}, Calcs: []query.Calc{{Op: query.CountDistinct, Field: event.FieldTraceID, Name: name}}},
			query.Limit{Count: most},
		},
	})
	if err != nil {
		return nil, store.Stats{}, err
	}
	shared := map[int64]int64{}
	for k := range res.Rows {
		other, err := a.Items.ByFingerprint(i.Environment, cell(res, environment, k).Text(), cell(res, fingerprint.Name, k).Text())
		if err != nil || other.ID == i.ID || other.Group == i.ID {
			continue
		}
		id := other.ID
		if other.Group != 0 {
			id = other.Group
		}
		shared[id] += cell(res, name, k).Int()
	}
	team := a.team(ctx)
	found := []map[string]any{}
	for id, n := range shared {
		if other, err := a.Items.Get(id); err == nil {
			found = append(found, map[string]any{"item": itemToJSON(&other, team, nil), "traces": n})
		}
	}
	slices.SortFunc(found, func(x, y map[string]any) int { return int(y["traces"].(int64) - x["traces"].(int64)) }) //nolint:forcetypeassert // made above
	return found[:min(len(found), mostRelated)], res.Stats, nil
}
