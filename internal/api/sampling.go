package api

import (
	"cmp"
	"math"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/oriel-dev/oriel/internal/call"
	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/sampling"
	"github.com/oriel-dev/oriel/internal/store"
)

const (
	dryRunStep     = int64(time.Minute)
	maxDryRunRows  = 50_000
	maxDryRunKinds = 200 // kinds of requests that are listed
)

// Where spans say what sampling rules look at: the first name that a span has counts.
var ( //nolint:gochecknoglobals // constant tables
	typeFields   = []string{"xray.origin", "cloud.platform"}
	hostFields   = []string{"server.address", "http.host", "net.host.name"}
	methodFields = []string{"http.request.method", "http.method"}
	pathFields   = []string{"url.path", "http.target", "url.full", "http.url"}
)

// originOf is what rules call a platform that OpenTelemetry names.
func originOf(platform string) string {
	return cmp.Or(call.OriginOfPlatform(platform, "", ""), platform)
}

// wantedDryRun is the body of a dry run: a rule that is not kept yet, in place of
// the one of the same name, or without one of a name.
type wantedDryRun struct {
	From   string         `json:"from"`
	To     string         `json:"to"`
	Rule   *sampling.Rule `json:"rule"`
	Remove string         `json:"remove"`
}

// dryRule is what one rule makes of the requests, as rules are now and as they
// would be.
type dryRule struct {
	Name     string    `json:"name"`
	Priority int       `json:"priority"`
	Now      dryCounts `json:"now"`
	Then     dryCounts `json:"then"`
}

type dryCounts struct {
	Requests float64 `json:"requests"`
	Kept     float64 `json:"kept"`
}

// dryKind is one kind of request: the rules that decide about it.
type dryKind struct {
	Service  string  `json:"service"`
	Host     string  `json:"host"`
	Method   string  `json:"method"`
	Path     string  `json:"path"`
	Requests float64 `json:"requests"`
	Now      string  `json:"now"`
	Then     string  `json:"then"`

	request sampling.Request
	minutes map[int64]float64 // requests by minute
}

// samplingDryRun answers what the sampling rules would have kept of the requests of
// a time range (the last hour) if one rule were another. It sees the requests that
// arrived, so those that today's rules already left out are not among them; a sampled
// one counts for all it stands for.
func (a *API) samplingDryRun(w http.ResponseWriter, r *http.Request) error {
	var want wantedDryRun
	if err := readJSON(w, r, &want); err != nil {
		return err
	}
	from, to, err := a.timeRange(want.From, want.To)
	if err != nil {
		return err
	}
	now := a.Sampling.Rules(a.environment(r))
	then, err := withRule(now, &want)
	if err != nil {
		return err
	}
	kinds, res, err := a.requestKinds(r, from, to)
	if err != nil {
		return err
	}
	rules, total := decide(kinds, now, then)
	listed := kinds[:min(len(kinds), maxDryRunKinds)]
	return a.answer(w, r, res.Stats, map[string]any{
		"requests": total, "rules": rules, "kinds": listed, "more_kinds": len(kinds) - len(listed), "cut": res.Rows >= maxDryRunRows,
	})
}

// withRule returns the rules as they would be, in order.
func withRule(now []sampling.Rule, want *wantedDryRun) ([]sampling.Rule, error) {
	then := slices.Clone(now)
	drop := want.Remove
	if want.Rule != nil {
		if err := want.Rule.Check(); err != nil {
			return nil, err
		}
		drop = want.Rule.Name
	}
	if drop == sampling.Default && want.Rule == nil {
		return nil, fault.New(fault.Invalid, "the sampling rule %q cannot be removed", sampling.Default)
	}
	then = slices.DeleteFunc(then, func(r sampling.Rule) bool { return r.Name == drop })
	if want.Rule != nil {
		then = append(then, *want.Rule)
	}
	slices.SortFunc(then, sampling.Compare)
	return then, nil
}

// requestKinds reads what began traces, by what rules look at, most frequent first.
func (a *API) requestKinds(r *http.Request, from, to int64) ([]*dryKind, *store.Result, error) {
	groups := slices.Concat([]string{event.FieldService}, typeFields, hostFields, methodFields, pathFields)
	ask := &query.Query{Environment: a.environment(r), Start: from, End: to, Stages: []query.Stage{
		query.Filter{Where: query.And{Terms: append(isSpan(), absent(event.FieldParentID))}},
		query.Aggregate{Groups: groups, Step: dryRunStep, Calcs: []query.Calc{{Op: query.Count, Name: "requests"}}},
		query.Sort{Keys: []query.SortKey{{Field: "requests", Desc: true}}},
		query.Limit{Count: maxDryRunRows},
	}}
	res, err := a.Querier.Run(r.Context(), ask)
	if err != nil {
		return nil, nil, err
	}
	byKey := map[[5]string]*dryKind{}
	for row := range res.Rows {
		q := sampling.Request{
			ServiceName: cell(res, event.FieldService, row).Text(), ServiceType: originOf(firstCell(res, typeFields, row)), Host: firstCell(res, hostFields, row),
			Method: firstCell(res, methodFields, row), Path: pathOf(firstCell(res, pathFields, row)),
		}
		key := [5]string{q.ServiceName, q.ServiceType, q.Host, q.Method, q.Path}
		k := byKey[key]
		if k == nil {
			k = &dryKind{Service: q.ServiceName, Host: q.Host, Method: q.Method, Path: q.Path, request: q, minutes: map[int64]float64{}}
			byKey[key] = k
		}
		n, _ := cell(res, "requests", row).Number()
		k.Requests += n
		k.minutes[cell(res, event.SystemTime, row).Int()] += n
	}
	kinds := make([]*dryKind, 0, len(byKey))
	for _, k := range byKey {
		kinds = append(kinds, k)
	}
	slices.SortFunc(kinds, func(a, b *dryKind) int {
		return cmp.Or(cmp.Compare(b.Requests, a.Requests), cmp.Compare(a.Service, b.Service), cmp.Compare(a.Path, b.Path), cmp.Compare(a.Method, b.Method), cmp.Compare(a.Host, b.Host))
	})
	return kinds, res, nil
}

func firstCell(res *store.Result, fields []string, row int) string {
	for _, f := range fields {
		if text := cell(res, f, row).Text(); text != "" {
			return text
		}
	}
	return ""
}

// pathOf is the path of a target or of a whole URL; clients send "/" for none.
func pathOf(target string) string {
	u, err := url.Parse(target)
	if err != nil || target == "" {
		return target
	}
	return cmp.Or(u.Path, "/")
}

// decide says of each rule how many requests it is about and how many it keeps, and
// of each kind which rule decides.
func decide(kinds []*dryKind, now, then []sampling.Rule) ([]*dryRule, float64) {
	byName := map[string]*dryRule{}
	for _, r := range slices.Concat(now, then) {
		if byName[r.Name] == nil {
			byName[r.Name] = &dryRule{Name: r.Name}
		}
		byName[r.Name].Priority = r.Priority
	}
	total := 0.0
	for _, k := range kinds {
		total += k.Requests
	}
	apply(kinds, now, func(k *dryKind, rule string) { k.Now = rule }, func(rule string, c dryCounts) { byName[rule].Now = c })
	apply(kinds, then, func(k *dryKind, rule string) { k.Then = rule }, func(rule string, c dryCounts) { byName[rule].Then = c })
	out := make([]*dryRule, 0, len(byName))
	for _, d := range byName {
		out = append(out, d)
	}
	slices.SortFunc(out, func(a, b *dryRule) int {
		return cmp.Or(cmp.Compare(a.Priority, b.Priority), cmp.Compare(a.Name, b.Name))
	})
	return out, total
}

// apply runs one set of rules. A minute's requests are taken as spread evenly over
// its seconds.
func apply(kinds []*dryKind, rules []sampling.Rule, decided func(*dryKind, string), counted func(string, dryCounts)) {
	minutes := make([]map[int64]float64, len(rules))
	for _, k := range kinds {
		i := sampling.First(rules, k.request)
		if i < 0 {
			continue
		}
		decided(k, rules[i].Name)
		if minutes[i] == nil {
			minutes[i] = map[int64]float64{}
		}
		for at, n := range k.minutes {
			minutes[i][at] += n
		}
	}
	for i := range rules {
		var c dryCounts
		for _, n := range minutes[i] {
			reserved := math.Min(n, float64(rules[i].ReservoirSize)*time.Minute.Seconds())
			c.Requests += n
			c.Kept += reserved + (n-reserved)*rules[i].FixedRate
		}
		counted(rules[i].Name, c)
	}
}
