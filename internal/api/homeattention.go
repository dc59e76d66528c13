package api

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	attention "github.com/oriel-dev/oriel/internal/health"
	"github.com/oriel-dev/oriel/internal/item"
	"github.com/oriel-dev/oriel/internal/workspace"
)

// needsAttention is a service and why to look at it. Without a name it is about all
// of the environment: errors that no service owns, data that was turned away.
type needsAttention struct {
	Service string      `json:"service"`
	Slot    int         `json:"slot"`
	Score   float64     `json:"score"`
	Causes  []homeCause `json:"causes"`
	More    int         `json:"more"` // causes beyond those
}

type homeCause struct {
	Kind       string     `json:"kind"`
	Level      string     `json:"level"`
	Operation  string     `json:"operation"`
	Operations int        `json:"operations"`
	Since      string     `json:"since"` // "" for all along
	Deploy     string     `json:"deploy"`
	Item       string     `json:"item"`  // id of an error, "" for none
	Trace      string     `json:"trace"` // id of a request that shows it, "" for none
	Sentence   []homePart `json:"sentence"`
}

type homePart struct {
	Text string `json:"text"`
	Is   string `json:"is"`
	At   string `json:"at"`
}

func causeToJSON(c *attention.Cause) homeCause {
	out := homeCause{Kind: string(c.Kind), Level: string(c.Level), Operation: c.Operation, Operations: c.Operations, Since: moment(c.Since), Trace: c.TraceID}
	if c.Deploy != nil {
		out.Deploy = c.Deploy.Version
	}
	if c.Error != nil {
		out.Item = strconv.FormatInt(c.Error.ID, 10)
	}
	for _, p := range c.Sentence {
		out.Sentence = append(out.Sentence, homePart{p.Text, string(p.Is), moment(p.At)})
	}
	return out
}

// attention are the services that need it, the most first.
func (v *homeView) attention() []needsAttention {
	period := &attention.Period{Start: v.from, End: v.to, Step: v.step, HistoryFrom: v.history.From}
	if v.to > v.a.clock().UnixNano()-int64(time.Minute) { // of the past nobody expects more
		catalog := v.a.Querier.Catalog(v.env)
		period.Heard = catalog.Latest()
	}
	for i := range v.deploys {
		period.Deploys = append(period.Deploys, v.deploys[i].Deploy)
	}
	errors := v.errorsByService()
	names := map[string]bool{}
	for name := range v.operating {
		names[name] = true
	}
	for name := range errors {
		names[name] = true
	}
	out := []needsAttention{}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		verdict := attention.Of(&attention.Service{Name: name, Operations: v.operating[name], Errors: errors[name]}, period)
		if len(verdict.Causes) > 0 {
			out = append(out, v.toAttend(name, verdict.Score, verdict.Causes))
		}
	}
	if causes := v.intake(period); len(causes) > 0 {
		out = append(out, v.toAttend("", causes[0].Score, causes))
	}
	slices.SortStableFunc(out, func(a, b needsAttention) int { return cmp.Compare(b.Score, a.Score) })
	return out
}

func (v *homeView) toAttend(service string, score float64, causes []attention.Cause) needsAttention {
	n := needsAttention{Service: service, Score: score, More: max(len(causes)-homeCauses, 0)}
	if service != "" {
		n.Slot = v.a.Datasets.Slot(service)
	}
	for i := range causes[:min(len(causes), homeCauses)] {
		n.Causes = append(n.Causes, causeToJSON(&causes[i]))
	}
	return n
}

// errorsByService are the errors that became active in the period, as causes.
func (v *homeView) errorsByService() map[string][]attention.Error {
	out := map[string][]attention.Error{}
	for i := range v.fresh {
		e := &v.fresh[i]
		if e.ActivatedAt < v.from || e.ActivatedAt >= v.to || e.Level < item.Error || e.Snoozed(v.to) {
			continue
		}
		out[e.Service] = append(out[e.Service], attention.Error{
			ID: e.ID, Title: e.Title, Back: e.CameBack(), Serious: e.Level >= item.Critical, Since: e.ActivatedAt, Times: e.Total,
			People: e.People, Version: e.FirstVersion,
		})
	}
	return out
}

// intake is what was sent in the period and is not here. What is counted from before
// the period on says since when.
func (v *homeView) intake(period *attention.Period) []attention.Cause {
	var out []attention.Cause
	if silence, is := attention.OfSilence(period); is {
		out = append(out, silence)
	}
	type kind struct {
		path   string
		status int
	}
	kinds := map[kind]*attention.Refusal{}
	entries, _ := v.a.Door.Ledger().Watch(0)
	for i := range entries {
		at := entries[i].At.UnixNano()
		if at < v.from || at >= v.to {
			continue
		}
		if f := entries[i].Refused; f != nil {
			k := kind{f.Method + " " + f.Path, f.Status}
			if kinds[k] == nil {
				kinds[k] = &attention.Refusal{Path: k.path, Status: k.status, First: f.First.UnixNano()}
			}
			r := kinds[k]
			r.First = min(r.First, f.First.UnixNano())
			r.Requests += f.Count
			r.Reason, r.Remedy, r.Last = f.Reason, f.Remedy, at
		}
		if d := entries[i].Dropped; d != nil && !d.Stored {
			out = append(out, attention.OfDrop(attention.Drop{Events: d.Count, Reason: d.Reason, Protocol: d.Protocol, Detail: d.Last[len(d.Last)-1].Detail, First: d.First.UnixNano(), Last: at}))
		}
	}
	for _, r := range kinds {
		out = append(out, attention.OfRefusal(*r))
	}
	slices.SortFunc(out, func(a, b attention.Cause) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(b.Since, a.Since))
	})
	return out
}

// homeError is a new error, or one that came back, as the rail shows it.
type homeError struct {
	ID      string `json:"id"`
	Counter int64  `json:"counter"`
	Title   string `json:"title"`
	Service string `json:"service"`
	Slot    int    `json:"slot"`
	Level   string `json:"level"`
	Back    bool   `json:"back"`
	Since   string `json:"since"`
	Last    string `json:"last"`
	Total   int64  `json:"total"`
	People  int64  `json:"people"`
}

// newErrors are those of a day, the latest first.
func (v *homeView) newErrors() map[string]any {
	out := []homeError{}
	day := v.a.clock().UnixNano() - int64(24*time.Hour)
	total := 0
	for i := range v.fresh {
		e := &v.fresh[i]
		if e.ActivatedAt < day || e.Level < item.Error {
			continue
		}
		if total++; total > homeErrors {
			continue
		}
		one := homeError{
			ID: strconv.FormatInt(e.ID, 10), Counter: e.Counter, Title: cmp.Or(e.LatestTitle, e.Title), Service: e.Service, Level: e.Level.String(), Back: e.CameBack(),
			Since: moment(e.ActivatedAt), Last: moment(e.Last.At), Total: e.Total, People: e.People,
		}
		if e.Service != "" {
			one.Slot = v.a.Datasets.Slot(e.Service)
		}
		out = append(out, one)
	}
	return map[string]any{"items": out, "total": total}
}

// deployed is a deploy, whoever told of it.
type deployed struct {
	attention.Deploy
	shown homeDeploy
}

const mostMarkers = 200

// deployed lists what was deployed since a moment, the oldest first: Rollbar's
// deploys and the markers of the type. A deploy that several told of is one.
func (a *API) deployed(ctx context.Context, env string, since int64) ([]deployed, error) {
	var out []deployed
	add := func(at int64, version, service string, d homeDeploy) {
		for i := range out {
			o := &out[i]
			near := max(at-o.At, o.At-at) < int64(5*time.Minute)
			if !near || o.Version != version || o.Service != "" && service != "" && o.Service != service {
				continue
			}
			o.Service = cmp.Or(o.Service, service)
			was := o.shown
			o.shown = homeDeploy{At: was.At, Version: version, Service: o.Service, By: cmp.Or(was.By, d.By), Comment: cmp.Or(was.Comment, d.Comment), URL: cmp.Or(was.URL, d.URL)}
			return
		}
		d.At, d.Version, d.Service = ns(at), version, service
		out = append(out, deployed{attention.Deploy{At: at, Version: version, Service: service}, d})
	}
	deploys, _, err := a.Items.Deploys(ctx, env, item.Page{Limit: mostMarkers})
	if err != nil {
		return nil, err
	}
	for i := range deploys {
		d := &deploys[i]
		if at := cmp.Or(d.FinishedAt, d.StartedAt); at >= since && (d.Status == item.DeploySucceeded || d.Status == item.DeployStarted) {
			add(at, shortVersion(d.Revision), "", homeDeploy{By: cmp.Or(d.LocalUsername, d.Username), Comment: d.Comment})
		}
	}
	markers, err := a.Workspace.LatestMarkers(ctx, env, since/int64(time.Second), mostMarkers)
	if err != nil {
		return nil, err
	}
	for i := range markers {
		m := &markers[i]
		if !strings.EqualFold(m.Type, "deploy") && !strings.EqualFold(m.Type, "release") {
			continue
		}
		service := ""
		if m.Scope.Dataset != workspace.All {
			service = m.Scope.Dataset
			if d, known := a.Datasets.Find(env, service); known {
				service = d.Name
			}
		}
		add(m.Start*int64(time.Second), versionOf(m.Message), service, homeDeploy{URL: m.URL})
	}
	slices.SortStableFunc(out, func(a, b deployed) int { return cmp.Compare(a.At, b.At) })
	return out, nil
}

// versionOf takes the version out of the words of a marker: the word with a digit in
// it, if there is one alone.
func versionOf(message string) string {
	const most = 60
	found := ""
	for w := range strings.FieldsSeq(message) {
		if !strings.ContainsAny(w, "0123456789") {
			continue
		}
		if found != "" {
			found = ""
			break
		}
		found = strings.Trim(w, "().,;:[]")
	}
	if found == "" {
		found = message
	}
	return shortVersion(cutText(found, most))
}

// shortVersion cuts the hash of a commit as people write it.
func shortVersion(version string) string {
	const whole, short = 40, 7
	if len(version) != whole || strings.Trim(version, "0123456789abcdef") != "" {
		return version
	}
	return version[:short]
}

func (v *homeView) recentDeploys() []homeDeploy {
	out := []homeDeploy{}
	for _, d := range slices.Backward(v.deploys) {
		if len(out) < homeDeploys {
			out = append(out, d.shown)
		}
	}
	return out
}
