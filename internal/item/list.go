package item

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Filter says which items are wanted; what is left zero does not matter.
type Filter struct {
	Environment       string // Oriel's; "" for all
	ErrorEnvironments []string
	Statuses          []Status
	Levels            []Level
	Frameworks        []string
	Platforms         []string
	Languages         []string
	IDs               []int64
	Counters          []int64
	Fingerprints      []string // of any of which the item is
	Title             []string // each of which the title, or the latest one, contains; letters of any case
	AssignedUsers     []int64  // 0 is nobody
	AssignedTeams     []int64  // 0 is none
	Assigned          *bool    // to a person or a team
	Snoozed           *bool
	Groups            *bool
	Commented         *bool
	Reactivated       *bool // it is active because it happened again after it was resolved
	Members           bool  // those merged into groups, too
	Version           string
	FirstAfter        int64 // Unix nanoseconds, inclusive; also the following
	FirstBefore       int64
	LastAfter         int64
	LastBefore        int64
	ActivatedAfter    int64
	MinTotal          int64
}

// SortKey is what items are listed by, the greatest first unless Sort.Ascending.
type SortKey string

// The keys to sort by.
const (
	ByLast      SortKey = "last_seen"
	ByFirst     SortKey = "first_seen"
	ByActivated SortKey = "activated"
	ByTotal     SortKey = "total"
	ByAllTime   SortKey = "all_time"
	ByPeople    SortKey = "people"
	ByIPs       SortKey = "ips"
	ByLevel     SortKey = "level"
	ByCounter   SortKey = "counter"
	ByTitle     SortKey = "title"
)

// Sort is an order of items; the zero value is ByLast, newest first.
type Sort struct {
	Key       SortKey
	Ascending bool
}

// Page is a part of a list.
type Page struct {
	Offset, Limit int
}

// List is a page of items and how many there are on all pages.
type List struct {
	Items []Item
	Total int
}

// List returns a page of the items that pass a filter. It looks at each item of
// the project once, in memory: some ten milliseconds for 100,000.
func (t *Items) List(f Filter, s Sort, p Page) List {
	m := f.matcher(t.now())
	t.mu.RLock()
	found := t.match(m)
	keys := sortKeys(found, s.Key)
	t.mu.RUnlock()
	order := make([]int, len(found))
	for i := range order {
		order[i] = i
	}
	less := func(a, b int) int {
		c := cmp.Or(cmp.Compare(keys[b].number, keys[a].number), strings.Compare(keys[b].text, keys[a].text), cmp.Compare(keys[b].id, keys[a].id))
		if s.Ascending {
			return -c
		}
		return c
	}
	from := min(max(p.Offset, 0), len(order))
	to := min(from+max(p.Limit, 0), len(order))
	selectFirst(order, to, less)
	out := List{Items: make([]Item, 0, to-from), Total: len(order)}
	t.mu.RLock()
	defer t.mu.RUnlock()
	for _, i := range order[from:to] {
		out.Items = append(out.Items, found[i].Item)
	}
	return out
}

// selectFirst puts the first n of an order in front, sorted: a page of many is
// wanted more often than all.
func selectFirst(order []int, n int, less func(a, b int) int) {
	const worth = 4
	if n*worth < len(order) && n > 0 {
		best := slices.Clone(order[:n])
		slices.SortFunc(best, less)
		for _, i := range order[n:] {
			if less(i, best[n-1]) < 0 {
				at, _ := slices.BinarySearchFunc(best, i, less)
				copy(best[at+1:], best[at:n-1])
				best[at] = i
			}
		}
		copy(order, best)
		return
	}
	slices.SortFunc(order, less)
}

type sortKey struct {
	number int64
	text   string
	id     int64
}

func sortKeys(found []*entry, by SortKey) []sortKey {
	keys := make([]sortKey, len(found))
	for i, e := range found {
		k := sortKey{id: e.ID}
		switch by {
		case ByFirst:
			k.number = e.First.At
		case ByActivated:
			k.number = e.ActivatedAt
		case ByTotal:
			k.number = e.Total
		case ByAllTime:
			k.number = e.AllTime
		case ByPeople:
			k.number = e.People
		case ByIPs:
			k.number = e.IPs
		case ByLevel:
			k.number = int64(e.Level)
		case ByCounter:
			k.number = e.Counter
		case ByTitle:
			k.text = e.Title
		case ByLast:
			fallthrough
		default:
			k.number = e.Last.At
		}
		keys[i] = k
	}
	return keys
}

// match returns the items that pass, at whatever time they do.
func (t *Items) match(m *matcher) []*entry {
	var found []*entry
	each := func(list []*entry) {
		for _, e := range list {
			if m.passes(e) {
				found = append(found, e)
			}
		}
	}
	switch {
	case len(m.f.IDs) > 0:
		for _, id := range slices.Compact(slices.Sorted(slices.Values(m.f.IDs))) {
			if e := t.items[id]; e != nil {
				each([]*entry{e})
			}
		}
	case m.f.Environment != "":
		each(t.byEnv[m.f.Environment])
	default:
		for _, list := range t.byEnv {
			each(list)
		}
	}
	if len(m.f.Fingerprints) > 0 {
		wanted := map[int64]bool{}
		for k, e := range t.byKey {
			if slices.Contains(m.f.Fingerprints, k.fingerprint) {
				wanted[e.ID], wanted[e.Group] = true, true
			}
		}
		found = slices.DeleteFunc(found, func(e *entry) bool { return !wanted[e.ID] })
	}
	return found
}

type matcher struct {
	f     Filter
	now   int64
	words []string
}

func (f Filter) matcher(now int64) *matcher {
	m := &matcher{f: f, now: now}
	for _, w := range f.Title {
		if w != "" {
			m.words = append(m.words, strings.ToLower(w))
		}
	}
	return m
}

func (m *matcher) passes(e *entry) bool {
	f := &m.f
	return (f.Environment == "" || e.Environment == f.Environment) && (f.Members || e.Group == 0) &&
		oneOf(f.ErrorEnvironments, e.ErrorEnvironment) && oneOf(f.Statuses, e.Status) && oneOf(f.Levels, e.Level) && oneOf(f.Frameworks, e.Framework) &&
		oneOf(f.Platforms, e.Platform) && oneOf(f.Languages, e.Language) && oneOf(f.Counters, e.Counter) &&
		(f.Version == "" || e.LastVersion == f.Version || e.FirstVersion == f.Version) && m.timely(e) && m.handled(e) && m.titled(e)
}

// timely checks when and how often it happened.
func (m *matcher) timely(e *entry) bool {
	f := &m.f
	return e.First.At >= f.FirstAfter && (f.FirstBefore == 0 || e.First.At <= f.FirstBefore) && e.Last.At >= f.LastAfter &&
		(f.LastBefore == 0 || e.Last.At <= f.LastBefore) && e.ActivatedAt >= f.ActivatedAfter && e.Total >= f.MinTotal
}

// handled checks what people made of it.
func (m *matcher) handled(e *entry) bool {
	f := &m.f
	return oneOf(f.AssignedUsers, e.AssignedUser) && oneOf(f.AssignedTeams, e.AssignedTeam) &&
		is(f.Assigned, e.AssignedUser != 0 || e.AssignedTeam != 0) && is(f.Snoozed, e.Snoozed(m.now)) && is(f.Groups, e.IsGroup) && is(f.Commented, e.Comments > 0) &&
		is(f.Reactivated, e.CameBack())
}

func (m *matcher) titled(e *entry) bool {
	for _, w := range m.words {
		if !containsFold(e.Title, w) && !containsFold(e.LatestTitle, w) {
			return false
		}
	}
	return true
}

func oneOf[T comparable](list []T, v T) bool { return len(list) == 0 || slices.Contains(list, v) }

func is(want *bool, got bool) bool { return want == nil || *want == got }

// containsFold reports whether s contains a word in lower case, whatever the case of s.
func containsFold(s, lower string) bool {
	for i := 0; i+1 <= len(s) || lower == ""; {
		if startsFold(s[i:], lower) {
			return true
		}
		_, size := utf8.DecodeRuneInString(s[i:])
		i += max(size, 1)
	}
	return false
}

func startsFold(s, lower string) bool {
	for _, want := range lower {
		got, size := utf8.DecodeRuneInString(s)
		if size == 0 || unicode.ToLower(got) != want {
			return false
		}
		s = s[size:]
	}
	return true
}
