package api

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/item"
	"github.com/oriel-dev/oriel/internal/store"
)

// errorRoutes are the endpoints of the Errors pages.
func (a *API) errorRoutes() []route {
	return []route{
		{"GET /api/errors/items", reader, a.errorItems},
		{"POST /api/errors/items/change", editor, a.changeErrors},
		{"POST /api/errors/undo", editor, a.undoErrors},
		{"GET /api/errors/items/{id}", reader, a.errorItem},
		{"GET /api/errors/items/{id}/occurrence", reader, a.itemOccurrence},
		{"GET /api/errors/items/{id}/occurrence/{occurrence}/part", reader, a.occurrencePart},
		{"GET /api/errors/items/{id}/counts", reader, a.itemCounts},
		{"GET /api/errors/items/{id}/people", reader, a.itemPeople},
		{"GET /api/errors/items/{id}/versions", reader, a.itemVersions},
		{"GET /api/errors/items/{id}/related", reader, a.itemRelated},
		{"GET /api/errors/items/{id}/activity", reader, a.itemActivity},
		{"POST /api/errors/items/{id}/comments", reader, a.commentItem},
		{"POST /api/errors/items/{id}/comments/{comment}/remove", editor, a.removeItemComment},
		{"POST /api/errors/items/{id}/unmerge", editor, a.unmergeItem},
		{"GET /api/errors/items/{id}/grouping", reader, a.itemGrouping},
		{"POST /api/errors/items/{id}/split", editor, a.splitItem},
		{"GET /api/errors/rules", reader, a.errorRules},
		{"POST /api/errors/rules/{kind}", editor, a.setErrorRules},
		{"POST /api/errors/try", reader, a.tryErrorRules},
		{"GET /api/errors/rejected", reader, a.rejectedPayloads},
		{"GET /api/errors/intake", reader, a.intakeSettings},
		{"POST /api/errors/intake", editor, a.setIntakeSettings},
		{"GET /api/errors/notifications", reader, a.notifications},
		{"POST /api/errors/notifications/{channel}", editor, a.setNotifications},
		{"POST /api/errors/notifications/{channel}/rules", editor, a.keepNotification},
		{"POST /api/errors/notifications/{channel}/test", editor, a.testNotification},
		{"POST /api/errors/notifications/{channel}/rules/{rule}/remove", editor, a.removeNotification},
		{"GET /api/errors/notifications/{channel}/rules/{rule}/log", reader, a.notificationLog},
		{"POST /api/errors/notifications/{channel}/rules/{rule}/log/{delivery}/retry", editor, a.retryNotification},
		{"GET /api/errors/find", reader, a.findError},
		{"GET /api/errors/team", reader, a.errorTeam},
		{"POST /api/errors/team", editor, a.addToTeam},
		{"POST /api/errors/team/{id}/remove", editor, a.removeFromTeam},
		{"GET /api/errors/views", reader, a.errorViews},
		{"POST /api/errors/views", reader, a.keepErrorView},
		{"POST /api/errors/views/{id}/remove", editor, a.removeErrorView},
	}
}

// itemJSON is an item as the pages read it. Times are texts in nanoseconds, ""
// for never.
type itemJSON struct {
	ID           string    `json:"id"`
	Counter      int64     `json:"counter"`
	Title        string    `json:"title"`
	LatestTitle  string    `json:"latest_title,omitempty"`
	Culprit      string    `json:"culprit"`
	Environment  string    `json:"environment"`
	Level        string    `json:"level"`
	MaxLevel     string    `json:"max_level"`
	Status       string    `json:"status"`
	SnoozedUntil string    `json:"snoozed_until"`
	MutedUntil   *muteJSON `json:"muted_until,omitempty"`
	Platform     string    `json:"platform"`
	Framework    string    `json:"framework"`
	Language     string    `json:"language"`
	First        string    `json:"first"`
	Last         string    `json:"last"`
	FirstID      string    `json:"first_id"`
	LastID       string    `json:"last_id"`
	Activated    string    `json:"activated"`
	Reactivated  bool      `json:"reactivated"`
	NextDeploy   bool      `json:"next_deploy"` // it resolves the item
	ResolvedIn   string    `json:"resolved_in"`
	Total        int64     `json:"total"`
	AllTime      int64     `json:"all_time"`
	People       int64     `json:"people"`
	IPs          int64     `json:"ips"`
	FirstVersion string    `json:"first_version"`
	LastVersion  string    `json:"last_version"`
	Assignee     *personID `json:"assignee"`
	Comments     int       `json:"comments"`
	IsGroup      bool      `json:"is_group"`
	Group        string    `json:"group,omitempty"`
	Spark        []int64   `json:"spark"`
}

type muteJSON struct {
	At     string `json:"at,omitempty"`
	Count  int64  `json:"count,omitempty"`
	People int64  `json:"people,omitempty"`
}

// personID is who something is assigned to.
type personID struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

// moment is a time as the pages read it; 0 is never.
func moment(t int64) string {
	if t == 0 {
		return ""
	}
	return ns(t)
}

func itemToJSON(i *item.Item, team map[int64]string, spark []int64) itemJSON {
	out := itemJSON{
		ID: strconv.FormatInt(i.ID, 10), Counter: i.Counter, Title: i.Title, Culprit: i.Culprit, Environment: i.ErrorEnvironment,
		Level: i.Level.String(), MaxLevel: i.MaxLevel.String(), Status: i.Status.String(), Platform: i.Platform, Framework: i.Framework, Language: i.Language,
		First: moment(i.First.At), Last: moment(i.Last.At), FirstID: strconv.FormatInt(i.First.ID, 10), LastID: strconv.FormatInt(i.Last.ID, 10),
		Activated: moment(i.ActivatedAt), Reactivated: i.CameBack(), ResolvedIn: i.ResolvedInVersion, NextDeploy: i.OnNextDeploy,
		Total: i.Total, AllTime: i.AllTime, People: i.People, IPs: i.IPs, FirstVersion: i.FirstVersion, LastVersion: i.LastVersion,
		Comments: i.Comments, IsGroup: i.IsGroup, Spark: spark,
	}
	if i.LatestTitle != i.Title {
		out.LatestTitle = i.LatestTitle
	}
	if i.Snooze != nil {
		out.SnoozedUntil = moment(i.Snooze.Until)
	}
	if i.Mute != nil && i.Status == item.Muted {
		out.MutedUntil = &muteJSON{At: moment(i.Mute.Until), Count: i.Mute.Count, People: i.Mute.People}
	}
	if i.AssignedUser != 0 {
		out.Assignee = &personID{ID: i.AssignedUser, Name: cmp.Or(team[i.AssignedUser], "person "+strconv.FormatInt(i.AssignedUser, 10))}
	}
	if i.Group != 0 {
		out.Group = strconv.FormatInt(i.Group, 10)
	}
	return out
}

// Limits of a page of items.
const (
	usualItems = 100
	mostItems  = 500
)

// errorItems lists the items that pass filters, with how many there would be on
// the other tabs and under other filters.
func (a *API) errorItems(w http.ResponseWriter, r *http.Request) error {
	p := r.URL.Query()
	want, err := a.itemFilter(r, p)
	if err != nil {
		return err
	}
	limit := usualItems
	if text := p.Get("limit"); text != "" {
		if limit, err = strconv.Atoi(text); err != nil || limit < 1 || limit > mostItems {
			return fault.New(fault.Invalid, "limit is %q; it must be from 1 to %d", text, mostItems)
		}
	}
	offset, err := offsetOf(p.Get("cursor"))
	if err != nil {
		return err
	}
	list, err := a.sortedItems(r.Context(), want, p.Get("sort"), p.Get("order") == "asc", item.Page{Offset: offset, Limit: limit})
	if err != nil {
		return err
	}
	sparks, err := a.sparks(r.Context(), list.Items, p.Get("span"))
	if err != nil {
		return err
	}
	team := a.team(r.Context())
	items := make([]itemJSON, len(list.Items))
	for i := range list.Items {
		items[i] = itemToJSON(&list.Items[i], team, sparks[list.Items[i].ID].N)
	}
	next := ""
	if offset+len(items) < list.Total && len(items) > 0 {
		next = strconv.Itoa(offset + len(items))
	}
	body := map[string]any{"items": items, "total": list.Total, "next": next, "unknown": nonNil(want.unknown)}
	if p.Get("facets") != "0" {
		body["tabs"], body["facets"], body["any"] = a.facets(want, team)
	}
	return a.answer(w, r, store.Stats{}, body)
}

// offsetOf reads the cursor of a list that counts its pages' beginnings; "" is the first.
func offsetOf(cursor string) (int, error) {
	if cursor == "" {
		return 0, nil
	}
	offset, err := strconv.Atoi(cursor)
	if err != nil || offset < 0 {
		return 0, fault.New(fault.Invalid, "cursor %q is not one this server gave", cursor)
	}
	return offset, nil
}

func nonNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// sparks are the occurrences of items over the last day by hours, or of the last
// week by days.
func (a *API) sparks(ctx context.Context, items []item.Item, span string) (map[int64]item.Counts, error) {
	ids := make([]int64, len(items))
	for i := range items {
		ids[i] = items[i].ID
	}
	const hour, day, hours, days = 3600, 86400, 24, 7
	width, buckets := int64(hour), int64(hours)
	if span == "7d" {
		width, buckets = day, days
	}
	return a.Items.Counts(ctx, ids, width, buckets, a.clock().Unix())
}

// sortedItems is a page of items in an order of the pages.
func (a *API) sortedItems(ctx context.Context, want *wantedItems, by string, ascending bool, page item.Page) (item.List, error) {
	keys := map[string]item.SortKey{
		"": item.ByLast, "last": item.ByLast, "first": item.ByFirst, "total": item.ByTotal, "people": item.ByPeople,
		"level": item.ByLevel, "title": item.ByTitle, "counter": item.ByCounter,
	}
	if by == "trend" {
		return a.byTrend(ctx, want, ascending, page)
	}
	key, known := keys[by]
	if !known {
		return item.List{}, fault.New(fault.Invalid, "sort is %q; it must be last, first, total, people, trend, level, title or counter", by)
	}
	if want.none {
		return item.List{}, nil
	}
	return a.Items.List(want.filter, item.Sort{Key: key, Ascending: ascending}, page), nil
}

// mostTrending bounds the items whose trend is looked at: those seen last.
const mostTrending = 2000

// byTrend orders items by how much more often they happened in the last day
// than in the one before.
func (a *API) byTrend(ctx context.Context, want *wantedItems, ascending bool, page item.Page) (item.List, error) {
	if want.none {
		return item.List{}, nil
	}
	all := a.Items.List(want.filter, item.Sort{}, item.Page{Limit: mostTrending})
	ids := make([]int64, len(all.Items))
	for i := range all.Items {
		ids[i] = all.Items[i].ID
	}
	const hour, half = 3600, 24
	counts, err := a.Items.Counts(ctx, ids, hour, 2*half, a.clock().Unix())
	if err != nil {
		return item.List{}, err
	}
	growth := make(map[int64]int64, len(ids))
	for id, c := range counts {
		for i, n := range c.N {
			if i < half {
				growth[id] -= n
			} else {
				growth[id] += n
			}
		}
	}
	slices.SortStableFunc(all.Items, func(x, y item.Item) int {
		c := cmp.Compare(growth[y.ID], growth[x.ID])
		if ascending {
			return -c
		}
		return c
	})
	from := min(page.Offset, len(all.Items))
	return item.List{Items: all.Items[from:min(from+page.Limit, len(all.Items))], Total: min(all.Total, mostTrending)}, nil
}

// facet is a value of items with how many there would be.
type facet struct {
	Value string `json:"value"`
	Count int    `json:"count"`
}

const mostFacets = 50

// facets counts the items of each tab, and those of the tab by each filter's
// values, as if that filter were not set.
func (a *API) facets(want *wantedItems, team map[int64]string) (tabs map[string]int, facets map[string][]facet, anyItem int) {
	levels, environments, frameworks, versions, users := map[string]int{}, map[string]int{}, map[string]int{}, map[string]int{}, map[string]int{}
	tabs = map[string]int{}
	for _, t := range itemTabs() {
		tabs[t] = 0
	}
	now := a.clock().UnixNano()
	f := &want.filter
	if !want.none {
		a.Items.Visit(want.base(), func(i *item.Item) {
			misses := [...]bool{
				!among(f.Levels, i.Level), !among(f.ErrorEnvironments, i.ErrorEnvironment), !among(f.Frameworks, i.Framework),
				f.Version != "" && i.FirstVersion != f.Version && i.LastVersion != f.Version, !among(f.AssignedUsers, i.AssignedUser) && want.tab != "mine",
			}
			missed, which := 0, 0
			for n, miss := range misses {
				if miss {
					missed, which = missed+1, n
				}
			}
			if missed == 0 {
				for _, t := range tabsOf(i, now, want.me) {
					tabs[t]++
				}
			}
			if missed > 1 || !slices.Contains(tabsOf(i, now, want.me), want.tab) {
				return
			}
			count := func(n int, in map[string]int, value string) {
				if missed == 0 || which == n {
					in[value]++
				}
			}
			count(0, levels, i.Level.String())
			count(1, environments, i.ErrorEnvironment)
			count(2, frameworks, i.Framework)
			count(3, versions, cmp.Or(i.LastVersion, i.FirstVersion))
			count(4, users, team[i.AssignedUser])
		})
	}
	delete(versions, "")
	a.Items.Visit(item.Filter{Environment: f.Environment, Members: true}, func(*item.Item) { anyItem++ })
	return tabs, map[string][]facet{
		"level": mostCounted(levels), "environment": mostCounted(environments), "framework": mostCounted(frameworks),
		"version": mostCounted(versions), "assignee": mostCounted(users),
	}, anyItem
}

func among[T comparable](list []T, v T) bool { return len(list) == 0 || slices.Contains(list, v) }

func mostCounted(counts map[string]int) []facet {
	list := make([]facet, 0, len(counts))
	for v, n := range counts {
		list = append(list, facet{v, n})
	}
	slices.SortFunc(list, func(x, y facet) int { return cmp.Or(cmp.Compare(y.Count, x.Count), strings.Compare(x.Value, y.Value)) })
	return list[:min(len(list), mostFacets)]
}

// itemTabs are the tabs of the list.
func itemTabs() []string {
	return []string{"active", "new", "reactivated", "muted", "resolved", "mine", "all"}
}

// tabsOf are the tabs that show an item.
func tabsOf(i *item.Item, now, me int64) []string {
	on := make([]string, 0, len(itemTabs()))
	on = append(on, "all")
	switch i.Status {
	case item.Resolved:
		return append(on, "resolved")
	case item.Muted:
		return append(on, "muted")
	case item.Archived:
		return on
	case item.Active:
	}
	if me != 0 && i.AssignedUser == me {
		on = append(on, "mine")
	}
	if i.Snoozed(now) {
		return on
	}
	on = append(on, "active")
	if now-i.First.At < int64(24*time.Hour) {
		on = append(on, "new")
	}
	if i.CameBack() {
		on = append(on, "reactivated")
	}
	return on
}
