package item

import (
	"maps"
	"strings"
)

// pending is what the database does not have yet. All of it is written in one
// transaction with the place in the journal it belongs to.
type pending struct {
	items    map[int64]*entry
	keys     map[key]int64 // 0: the fingerprint belongs to nobody any more
	counts   map[countKey]int64
	people   map[personKey]*Person
	versions map[versionKey]*InVersion
	releases map[releaseKey]*release
	projects map[string]*project
	notices  []Notice
	acts     []Activity
	gone     []int64 // items of which nothing is kept

	occurrences int // notices of that kind, those left out included
}

type versionKey struct {
	item    int64
	version string
}

func newPending() pending {
	return pending{
		items: map[int64]*entry{}, keys: map[key]int64{}, counts: map[countKey]int64{}, people: map[personKey]*Person{},
		versions: map[versionKey]*InVersion{}, releases: map[releaseKey]*release{}, projects: map[string]*project{},
	}
}

// maxPending bounds the versions and the people that wait to be written, however
// long that takes; beyond, only their numbers are kept.
const maxPending = 50_000

// version notes that an item was seen in a version.
func (p *pending) version(e *entry, o *occurrence, how int) {
	v := p.versions[versionKey{e.ID, o.version}]
	if v == nil {
		if len(p.versions) >= maxPending {
			return
		}
		v = &InVersion{Item: e.ID, Version: strings.Clone(o.version), First: Sighting{o.id, o.at}}
		p.versions[versionKey{e.ID, v.Version}] = v
	}
	if o.id >= v.Last.ID {
		v.Last = Sighting{o.id, o.at}
	}
	v.Count += o.n
	v.How |= how
}

// after adds what came later to what could not be written.
func (p *pending) after(later pending) {
	maps.Copy(p.items, later.items)
	maps.Copy(p.keys, later.keys)
	for k, n := range later.counts {
		p.counts[k] += n
	}
	for k, to := range later.people {
		if from := p.people[k]; from != nil {
			to.FirstAt, to.Count = min(from.FirstAt, to.FirstAt), from.Count+to.Count
		}
		p.people[k] = to
	}
	for k, to := range later.versions {
		if from := p.versions[k]; from != nil {
			to.First, to.Count, to.How = from.First, from.Count+to.Count, from.How|to.How
		}
		p.versions[k] = to
	}
	maps.Copy(p.releases, later.releases)
	maps.Copy(p.projects, later.projects)
	p.notices = keepNewest(append(p.notices, later.notices...), maxNotices)
	p.acts = append(p.acts, later.acts...)
	p.gone = append(p.gone, later.gone...)
}

func cloneText(s string) string { return strings.Clone(s) }
