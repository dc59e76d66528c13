package item

import (
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
// the project once, in memory, and keeps no more than the page asks for.
func (t *Items) List(f Filter, s Sort, p Page) List {
	m := f.matcher(t.now())
	from := max(p.Offset, 0)
	best := &ranking{by: s.Key, ascending: s.Ascending, most: from + max(p.Limit, 0)}
	t.mu.RLock()
	defer t.mu.RUnlock()
	out := List{Items: []Item{}, Total: t.match(m, best.add)}
	for _, one := range best.sorted()[min(from, len(best.list)):] {
		out.Items = append(out.Items, one.e.Item)
	}
	return out
}

// CountByService counts the items that pass a filter, by the service they are of.
func (t *Items) CountByService(f Filter) map[string]int {
	counts, m := map[string]int{}, f.matcher(t.now())
	t.mu.RLock()
	defer t.mu.RUnlock()
	t.match(m, func(e *entry) { counts[e.Service]++ })
	return counts
}

// ranking keeps the first items of an order: a heap with the last of them on top.
type ranking struct {
	by        SortKey
	ascending bool
	most      int
	list      []ranked
}

type ranked struct {
	number int64
	e      *entry
}

// before reports whether a comes before b.
func (r *ranking) before(a, b ranked) bool {
	if r.ascending {
		a, b = b, a
	}
	if a.number != b.number {
		return a.number > b.number
	}
	if r.by == ByTitle && a.e.Title != b.e.Title {
		return a.e.Title > b.e.Title
	}
	return a.e.ID > b.e.ID
}

func (r *ranking) add(e *entry) {
	one := ranked{sortNumber(e, r.by), e}
	switch {
	case len(r.list) < r.most:
		r.list = append(r.list, one)
		for i := len(r.list) - 1; i > 0 && r.before(r.list[(i-1)/2], r.list[i]); i = (i - 1) / 2 {
			r.list[i], r.list[(i-1)/2] = r.list[(i-1)/2], r.list[i]
		}
	case r.most > 0 && r.before(one, r.list[0]):
		r.list[0] = one
		r.sink()
	}
}

// sink moves the top to its place.
func (r *ranking) sink() {
	for i := 0; ; {
		last := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(r.list); child++ {
			if r.before(r.list[last], r.list[child]) {
				last = child
			}
		}
		if last == i {
			return
		}
		r.list[i], r.list[last] = r.list[last], r.list[i]
		i = last
	}
}

func (r *ranking) sorted() []ranked {
	slices.SortFunc(r.list, func(a, b ranked) int {
		if r.before(a, b) {
			return -1
		}
		return 1
	})
	return r.list
}

func sortNumber(e *entry, by SortKey) int64 {
	switch by {
	case ByFirst:
		return e.First.At
	case ByActivated:
		return e.ActivatedAt
	case ByTotal:
		return e.Total
	case ByAllTime:
		return e.AllTime
	case ByPeople:
		return e.People
	case ByIPs:
		return e.IPs
	case ByLevel:
		return int64(e.Level)
	case ByCounter:
		return e.Counter
	case ByTitle:
		return 0
	case ByLast:
	}
	return e.Last.At
}

// match calls f for each item that passes, and counts them.
func (t *Items) match(m *matcher, f func(*entry)) (found int) {
	wanted := t.wantedBy(m.f.Fingerprints)
	each := func(list []*entry) {
		for _, e := range list {
			if (wanted == nil || wanted[e.ID]) && m.passes(e) {
				found++
				f(e)
			}
		}
	}
	switch {
	case len(m.f.IDs) > 0:
		for _, id := range slices.Compact(slices.Sorted(slices.Values(m.f.IDs))) {
			if e := t.items[id]; e != nil && (m.f.Environment == "" || e.Environment == m.f.Environment) {
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
	return found
}

// wantedBy returns the items, and their groups, that have one of the
// fingerprints; nil if there are none to have.
func (t *Items) wantedBy(fingerprints []string) map[int64]bool {
	if len(fingerprints) == 0 {
		return nil
	}
	asked := make(map[string]bool, len(fingerprints))
	for _, f := range fingerprints {
		asked[f] = true
	}
	wanted := map[int64]bool{}
	for k, e := range t.byKey {
		if asked[k.fingerprint] {
			wanted[e.ID], wanted[e.Group] = true, true
		}
	}
	return wanted
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
	return (f.Members || e.Group == 0) &&
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
	if isASCII(lower) {
		return containsASCII(s, lower)
	}
	for i := 0; i+1 <= len(s) || lower == ""; {
		if startsFold(s[i:], lower) {
			return true
		}
		_, size := utf8.DecodeRuneInString(s[i:])
		i += max(size, 1)
	}
	return false
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return s != ""
}

// containsASCII is containsFold for what most people look for, without decoding.
func containsASCII(s, lower string) bool {
	fold := func(c byte) byte {
		if c-'A' < 26 {
			c |= 0x20
		}
		return c
	}
	first := lower[0]
next:
	for i := 0; i+len(lower) <= len(s); i++ {
		if fold(s[i]) != first {
			continue
		}
		for k := 1; k < len(lower); k++ {
			if fold(s[i+k]) != lower[k] {
				continue next
			}
		}
		return true
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
