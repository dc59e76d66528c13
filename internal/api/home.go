package api

import (
	"cmp"
	"maps"
	"math"
	"net/http"
	"slices"
	"time"

	"github.com/oriel-dev/oriel/internal/fault"
	attention "github.com/oriel-dev/oriel/internal/health"
	"github.com/oriel-dev/oriel/internal/item"
	"github.com/oriel-dev/oriel/internal/pulse"
	"github.com/oriel-dev/oriel/internal/store"
)

const (
	homePoints   = 60 // of a small chart, and perhaps one more for what has begun
	homeLongest  = 7 * 24 * time.Hour
	homeHistory  = 7 * 24 * time.Hour
	homeServices = 1000 // the busiest
	homeCauses   = 10   // of a service
	homeErrors   = 12
	homeSlow     = 12
	homeDeploys  = 12
)

// homeService is a row of the table of services.
type homeService struct {
	Name string `json:"name"`
	Slot int    `json:"slot"`
	health
	Series redPoints   `json:"series"`
	Before *homeBefore `json:"before,omitempty"`
	Open   int         `json:"open_errors"`
	Deploy *homeDeploy `json:"deploy,omitempty"`
}

// redPoints are small charts: requests, those that did not end well, and p95 in ms
// (0 where there is none).
type redPoints struct {
	Count []float64 `json:"count"`
	Bad   []float64 `json:"bad"`
	P95   []float64 `json:"p95_ms"`
}

// homeBefore is the period that is compared with.
type homeBefore struct {
	health
	Series redPoints `json:"series"`
}

type homeDeploy struct {
	At      string `json:"at"`
	Version string `json:"version"`
	Service string `json:"service"` // "" for all
	By      string `json:"by"`
	Comment string `json:"comment"`
	URL     string `json:"url"`
}

// homeView is what a request to home is about, and what it has read so far.
type homeView struct {
	a         *API
	env       string
	from, to  int64
	step      int64
	tiles     []*pulse.Tile
	history   pulse.History
	deploys   []deployed
	fresh     []item.Item // new and regressed ones of a day
	open      map[string]int
	operating map[string][]attention.Operation
}

// home is the overview of all services: what needs attention and why, figures of
// each service, what is new.
func (a *API) home(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	from, to, err := a.timeRange(q.Get("from"), q.Get("to"))
	if err != nil {
		return err
	}
	if to-from > int64(homeLongest) {
		return fault.New(fault.Invalid, "the time range is %s; the overview shows at most %s", time.Duration(to-from), homeLongest)
	}
	back, err := comparedWith(q.Get("compare"))
	if err != nil {
		return err
	}
	v := &homeView{a: a, env: a.environment(r), to: to, step: int64(time.Minute)}
	v.step *= max((to-from+homePoints*v.step-1)/(homePoints*v.step), 1)
	v.from = floorTo(from, v.step)
	if err := v.read(r); err != nil {
		return err
	}
	var before []*pulse.Tile
	if back > 0 {
		shift := int64(back) / v.step * v.step
		if before, err = a.pulse.Tiles(r.Context(), v.env, v.from-shift, v.to-shift, v.step); err != nil {
			return err
		}
	}
	services, left := v.services(before)
	return a.answer(w, r, store.Stats{}, map[string]any{
		"base": ns(v.from), "to": ns(v.to), "step": v.step, "points": len(v.tiles), "services": services, "left_out": left,
		"history":   map[string]any{"from": moment(v.history.From), "complete": v.history.Complete},
		"attention": v.attention(), "errors": v.newErrors(), "slow": v.slowest(), "deploys": v.recentDeploys(),
	})
}

func comparedWith(text string) (time.Duration, error) {
	switch text {
	case "":
		return 0, nil
	case "day":
		return 24 * time.Hour, nil
	case "week":
		return 7 * 24 * time.Hour, nil
	}
	return 0, fault.New(fault.Invalid, "compare is %q; it must be day or week, or left out", text)
}

func (v *homeView) read(r *http.Request) (err error) {
	ctx, day := r.Context(), int64(24*time.Hour)
	if v.tiles, err = v.a.pulse.Tiles(ctx, v.env, v.from, v.to, v.step); err != nil {
		return err
	}
	if v.history, err = v.a.pulse.History(ctx, v.env, v.from-int64(homeHistory), v.from); err != nil {
		return err
	}
	if v.deploys, err = v.a.deployed(ctx, v.env, v.from-day); err != nil {
		return err
	}
	active := []item.Status{item.Active}
	v.open = v.a.Items.CountByService(item.Filter{Environment: v.env, Statuses: active})
	v.fresh = v.a.Items.List(item.Filter{Environment: v.env, Statuses: active, ActivatedAfter: min(v.from, v.a.clock().UnixNano()-day)},
		item.Sort{Key: item.ByActivated}, item.Page{Limit: 500}).Items
	v.operating = v.operations()
	v.lookForRepeats(ctx)
	return nil
}

// operations are the services' operations point by point, with their history.
func (v *homeView) operations() map[string][]attention.Operation {
	places := map[[2]string]int{}
	slowest := map[[2]string]store.Exemplar{}
	out := map[string][]attention.Operation{}
	for at, t := range v.tiles {
		for name, s := range t.Services {
			for op, o := range s.Operations {
				key := [2]string{name, op}
				place, known := places[key]
				if !known {
					place = len(out[name])
					places[key] = place
					one := attention.Operation{Name: op, Kind: o.Kind, Points: make([]attention.Sums, len(v.tiles))}
					if h := v.history.Services[name][op]; h != nil {
						one.History = *h
					}
					out[name] = append(out[name], one)
				}
				out[name][place].Points[at] = o.Sums
				slowest[key] = slowest[key].Slower(o.Slowest)
				out[name][place].Slowest = slowest[key].TraceID
			}
		}
	}
	for _, list := range out {
		slices.SortFunc(list, func(a, b attention.Operation) int { return cmp.Compare(a.Name, b.Name) })
	}
	return out
}

// services are the rows of the table: what was asked for in the period, or in the
// week before it and no more.
func (v *homeView) services(before []*pulse.Tile) (rows []homeService, left int) {
	names := map[string]bool{}
	for name := range v.operating {
		names[name] = true
	}
	for name := range v.history.Services {
		names[name] = true
	}
	rows = make([]homeService, 0, len(names))
	for _, name := range slices.Sorted(maps.Keys(names)) {
		row := homeService{Name: name, Slot: v.a.Datasets.Slot(name), Open: v.open[name]}
		row.health, row.Series = v.figures(v.tiles, name)
		if before != nil {
			row.Before = &homeBefore{}
			row.Before.health, row.Before.Series = v.figures(before, name)
		}
		if d := v.lastDeploy(name); d != nil {
			row.Deploy = &d.shown
		}
		rows = append(rows, row)
	}
	slices.SortStableFunc(rows, func(a, b homeService) int { return cmp.Compare(b.Count, a.Count) })
	if left = max(len(rows)-homeServices, 0); left > 0 {
		rows = rows[:homeServices]
	}
	return rows, left
}

// figures are a service's over tiles, and its small charts.
func (v *homeView) figures(tiles []*pulse.Tile, name string) (h health, points redPoints) {
	var durations attention.Histogram
	points = redPoints{Count: make([]float64, len(tiles)), Bad: make([]float64, len(tiles)), P95: make([]float64, len(tiles))}
	for i, t := range tiles {
		s := t.Services[name]
		if s == nil {
			continue
		}
		h.Count, h.Errors, h.Throttles, h.Faults = h.Count+s.Count, h.Errors+s.Refused, h.Throttles+s.Throttles, h.Faults+s.Faults
		points.Count[i], points.Bad[i], points.P95[i] = s.Count, s.Bad(), brief(s.P95)
		for _, o := range s.Operations {
			durations.Add(o.Bins)
		}
	}
	if durations.Total() > 0 {
		p50, p95, p99 := durations.Quantile(0.5), durations.Quantile(0.95), durations.Quantile(0.99)
		h.P50, h.P95, h.P99 = &p50, &p95, &p99
	}
	return h, points
}

// brief keeps as many digits of a number as a small chart can show.
func brief(ms float64) float64 {
	const enough = 1000
	if ms >= enough {
		return math.Round(ms)
	}
	return math.Round(ms*enough) / enough
}

// lastDeploy is the latest deploy of a service, or of all.
func (v *homeView) lastDeploy(service string) *deployed {
	for _, d := range slices.Backward(v.deploys) {
		if d.Service == "" || d.Service == service {
			return &d
		}
	}
	return nil
}

type slowTrace struct {
	Service string  `json:"service"`
	Slot    int     `json:"slot"`
	Name    string  `json:"name"`
	TraceID string  `json:"trace_id"`
	SpanID  string  `json:"span_id"`
	MS      float64 `json:"ms"`
	At      string  `json:"at"` // the step in which it began
}

// slowest is the slowest request of each service, the slowest of all first.
func (v *homeView) slowest() []slowTrace {
	best := map[string]slowTrace{}
	for _, t := range v.tiles {
		for service, s := range t.Services {
			for name, o := range s.Operations {
				if e := o.Slowest; e.TraceID != "" && (best[service].TraceID == "" || e.MS > best[service].MS) {
					best[service] = slowTrace{Service: service, Name: name, TraceID: e.TraceID, SpanID: e.SpanID, MS: e.MS, At: ns(t.Start)}
				}
			}
		}
	}
	list := slices.SortedFunc(maps.Values(best), func(a, b slowTrace) int { return cmp.Or(cmp.Compare(b.MS, a.MS), cmp.Compare(a.Service, b.Service)) })
	list = list[:min(len(list), homeSlow)]
	for i := range list {
		list[i].Slot = v.a.Datasets.Slot(list[i].Service)
	}
	return append([]slowTrace{}, list...)
}
