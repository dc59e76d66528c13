package api

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/item"
	"github.com/oriel-dev/oriel/internal/query"
)

// wantedItems is what the list of errors is asked for.
type wantedItems struct {
	filter  item.Filter
	tab     string
	me      int64
	none    bool     // nothing can pass
	unknown []string // names in the text that are no fields
}

// itemFilter reads the filters of the list.
func (a *API) itemFilter(r *http.Request, p url.Values) (*wantedItems, error) {
	want := &wantedItems{tab: p.Get("tab"), filter: item.Filter{
		Environment: a.environment(r), ErrorEnvironments: p["in"], Frameworks: p["framework"], Version: p.Get("version"),
	}}
	if want.tab == "" {
		want.tab = "all"
	}
	if !slices.Contains(itemTabs(), want.tab) {
		return nil, fault.New(fault.Invalid, "tab is %q; it must be one of %v", want.tab, itemTabs())
	}
	for _, name := range p["level"] {
		l, ok := item.ParseLevel(name)
		if !ok {
			return nil, fault.New(fault.Invalid, "level is %q; it must be critical, error, warning, info or debug", name)
		}
		want.filter.Levels = append(want.filter.Levels, l)
	}
	if err := want.assigned(p.Get("assignee")); err != nil {
		return nil, err
	}
	now := a.clock().UnixNano()
	if text := p.Get("seen"); text != "" {
		age, ok := parseAge(text)
		if !ok {
			return nil, fault.New(fault.Invalid, "seen is %q; it must be an age like 24h", text)
		}
		want.filter.LastAfter = now - int64(age)
	}
	want.onTab(now)
	return want, a.searchItems(r, want, p.Get("q"))
}

// assigned reads who items must be assigned to; "none" is nobody.
func (w *wantedItems) assigned(text string) error {
	if text == "" {
		return nil
	}
	id := int64(0)
	if text != "none" {
		var err error
		if id, err = strconv.ParseInt(text, 10, 64); err != nil {
			return fault.New(fault.Invalid, "assignee is %q; it must be a number or none", text)
		}
	}
	if w.tab == "mine" {
		w.me = id
	}
	w.filter.AssignedUsers = []int64{id}
	return nil
}

// onTab narrows to the items of the tab.
func (w *wantedItems) onTab(now int64) {
	yes, no := true, false
	f := &w.filter
	switch w.tab {
	case "muted":
		f.Statuses = []item.Status{item.Muted}
		return
	case "resolved":
		f.Statuses = []item.Status{item.Resolved}
		return
	case "all":
		return
	}
	f.Statuses = []item.Status{item.Active}
	switch w.tab {
	case "mine":
		w.none = w.none || w.me == 0
		return
	case "new":
		f.FirstAfter = now - int64(24*time.Hour) + 1
	case "reactivated":
		f.Reactivated = &yes
	}
	f.Snoozed = &no
}

// base is the filter without what has facets and tabs of its own.
func (w *wantedItems) base() item.Filter {
	f := w.filter
	f.Statuses, f.Snoozed, f.Reactivated, f.FirstAfter = nil, nil, nil, 0
	f.Levels, f.ErrorEnvironments, f.Frameworks, f.Version, f.AssignedUsers = nil, nil, nil, "", nil
	return f
}

// Limits of a search through occurrences.
const (
	searchedBack  = 30 * 24 * time.Hour
	mostMatching  = 10_000 // fingerprints
	matchesColumn = "n"
)

// searchItems adds what a text of the search field asks for. Parts about
// occurrences are answered from the rows of the last thirty days.
func (a *API) searchItems(r *http.Request, want *wantedItems, text string) error {
	s, err := item.ReadSearch(text, func() []string { return a.Querier.FieldNames(a.environment(r)) })
	if err != nil {
		return err
	}
	want.unknown = s.Unknown
	f := &want.filter
	f.Counters, f.Title, f.Fingerprints, f.Groups, f.Commented = s.Counters, s.Title, s.Fingerprints, s.Groups, s.Commented
	want.none = want.none || s.None
	if s.Rows == nil {
		return nil
	}
	now := a.clock().UnixNano()
	ask := &query.Query{
		Environment: a.environment(r), Start: now - int64(searchedBack), End: now + int64(time.Minute),
		Stages: []query.Stage{
			query.Filter{Where: query.And{Terms: []query.Expr{query.Exists{X: query.Field{Name: event.FieldErrorFingerprint}}, s.Rows}}},
			query.Aggregate{
				Groups: []string{event.FieldErrorFingerprint, event.FieldErrorEnvironment},
				Calcs:  []query.Calc{{Op: query.Count, Name: matchesColumn}},
			},
			query.Limit{Count: mostMatching},
		},
	}
	res, err := a.Querier.Run(r.Context(), ask)
	if err != nil {
		return err
	}
	ids := map[int64]bool{}
	for i := range res.Rows {
		found, err := a.Items.ByFingerprint(f.Environment, cell(res, event.FieldErrorEnvironment, i).Text(), cell(res, event.FieldErrorFingerprint, i).Text())
		if err != nil {
			continue // deleted since
		}
		ids[found.ID] = true
		if found.Group != 0 {
			ids[found.Group] = true
		}
	}
	for id := range ids {
		f.IDs = append(f.IDs, id)
	}
	want.none = want.none || len(ids) == 0
	return nil
}
