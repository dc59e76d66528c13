package item

import (
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/item/grouping"
)

// occurrence is a row as items count it. Its texts share the batch's memory.
type occurrence struct {
	environment, errorEnvironment, fingerprint string
	id, at, n                                  int64 // n is how many the row stands for
	level                                      Level
	title, culprit, platform, framework        string
	language, grouping, version                string
	person, username, email, address, service  string
	exact                                      bool // at is the moment it happened, not when it came in
}

// Follow implements ingest.Follower.
func (t *Items) Follow(seq uint64, batches []*event.Batch) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, b := range batches {
		if c := b.Find(event.FieldErrorFingerprint); c != nil && c.Kind == event.String {
			t.followBatch(b, c)
		}
		if t.recallRows(b) {
			t.counted = true // a twin counts nowhere, and is to be known
		}
	}
	if t.told = seq; !t.counted && !t.writing {
		t.kept.Store(seq)
	}
}

// Followed implements ingest.Follower. What brought no occurrence needs no
// writing: it would bring none the next time either.
func (t *Items) Followed() uint64 { return t.kept.Load() }

func (t *Items) followBatch(b *event.Batch, fingerprints *event.Column) {
	r := newReader(b)
	for i := range fingerprints.Len() {
		o := r.read(fingerprints.Row(i))
		o.fingerprint = fingerprints.ValueAt(i).Str()
		t.heed(o.id)
		t.take(&o)
	}
}

// heed makes later ids of occurrences greater than one that is there.
func (t *Items) heed(id int64) {
	for {
		last := t.lastID.Load()
		if id <= last || t.lastID.CompareAndSwap(last, id) {
			return
		}
	}
}

// reader finds the columns of a batch once.
type reader struct {
	b *event.Batch

	id, errorEnvironment, level, title, culprit, platform, framework, grouping *event.Column
	annotation, username, email                                                *event.Column
	version, person, address, language, service                                []*event.Column
}

func newReader(b *event.Batch) *reader {
	first := func(names []string) (list []*event.Column) {
		for _, n := range names {
			if c := b.Find(n); c != nil {
				list = append(list, c)
			}
		}
		return list
	}
	return &reader{
		b: b, id: b.Find(event.FieldErrorID), errorEnvironment: b.Find(event.FieldErrorEnvironment), level: b.Find(event.FieldErrorLevel),
		title: b.Find(event.FieldErrorTitle), culprit: b.Find(event.FieldErrorCulprit), platform: b.Find(event.FieldErrorPlatform),
		framework: b.Find(event.FieldErrorFramework), grouping: b.Find(event.FieldErrorGrouping), annotation: b.Find(event.FieldAnnotation),
		username: b.Find("person.username"), email: b.Find("person.email"),
		version: first(versionFields()), person: first(personFields()), address: first(addressFields()), language: first(languageFields()), service: first(serviceFields()),
	}
}

func (r *reader) read(row int) occurrence {
	o := occurrence{environment: r.b.Environment, n: int64(r.b.SampleRate(row)), at: r.b.Times[row]}
	text := func(c *event.Column) string {
		if c == nil {
			return ""
		}
		return c.Get(row).Text()
	}
	first := func(columns []*event.Column) string {
		for _, c := range columns {
			if s := text(c); s != "" {
				return s
			}
		}
		return ""
	}
	if r.id != nil {
		o.id = r.id.Get(row).Int()
	}
	o.errorEnvironment, o.title, o.culprit = text(r.errorEnvironment), text(r.title), text(r.culprit)
	if o.service = first(r.service); len(o.service) > maxServiceName {
		o.service = strings.ToValidUTF8(o.service[:maxServiceName], "")
	}
	o.platform, o.framework, o.grouping = text(r.platform), text(r.framework), text(r.grouping)
	o.level, _ = ParseLevel(text(r.level))
	if o.level == 0 {
		o.level = Error
	}
	o.exact = r.annotation != nil && text(r.annotation) == event.AnnotationSpanEvent
	if arrived := o.id * nanosPerMicro; arrived > 0 && (!o.exact || o.at > arrived) { // no sender's clock is ahead of ours
		o.at = arrived
	}
	o.language, o.address = first(r.language), first(r.address)
	if o.version = first(r.version); len(o.version) > maxVersionName {
		o.version = o.version[:maxVersionName]
	}
	if o.person = first(r.person); o.person != "" {
		o.username, o.email = text(r.username), text(r.email)
	}
	return o
}

const (
	nanosPerMicro = 1000
	// maxServiceName bounds what is taken for the name of a service.
	maxServiceName = 255
)

// take counts an occurrence with its item, which is made if it is new.
func (t *Items) take(o *occurrence) {
	t.counted = true
	t.seeRelease(o)
	e, isNew := t.byKey[key{o.environment, o.errorEnvironment, o.fingerprint}], false
	if e == nil {
		e, isNew = t.create(o), true
	}
	group := t.items[e.Group]
	if group == nil {
		t.live(e, o, isNew)
		return
	}
	t.count(e, o, RepeatedIn)
	e.Total += o.n
	t.live(group, o, false)
}

// create makes the item of an occurrence.
func (t *Items) create(o *occurrence) *entry {
	if len(t.items) >= t.cfg.MaxItems {
		t.evict()
	}
	t.lastItem++
	e := &entry{Item: Item{
		ID: t.lastItem, Counter: t.nextCounter(o.environment, o.at), Environment: strings.Clone(o.environment),
		ErrorEnvironment: strings.Clone(o.errorEnvironment), Fingerprint: strings.Clone(o.fingerprint),
		GroupingVersion: grouping.Version, Grouping: strings.Clone(o.grouping),
		Title: strings.Clone(o.title), Culprit: strings.Clone(o.culprit), Platform: strings.Clone(o.platform),
		Framework: strings.Clone(o.framework), Language: strings.Clone(o.language), Level: o.level, MaxLevel: o.level, Status: Active,
		First: Sighting{o.id, o.at}, Activating: Sighting{o.id, o.at}, ActivatedAt: o.at, FirstVersion: strings.Clone(o.version),
	}}
	e.LatestTitle = e.Title
	t.add(e)
	t.bind(e, e.Fingerprint)
	return e
}

// add brings an item to where it is found.
func (t *Items) add(e *entry) {
	t.items[e.ID] = e
	t.byEnv[e.Environment] = append(t.byEnv[e.Environment], e)
}

// bind makes a fingerprint belong to an item.
func (t *Items) bind(e *entry, fingerprint string) {
	k := key{e.Environment, e.ErrorEnvironment, fingerprint}
	t.byKey[k] = e
	e.prints = append(e.prints, fingerprint)
	t.wanted.keys[k] = e.ID
}

// count adds an occurrence to an item's sums, whatever its status.
func (t *Items) count(e *entry, o *occurrence, how int) {
	e.AllTime += o.n
	if o.id > e.Last.ID {
		e.Last.ID = o.id
		if e.LatestTitle != o.title {
			e.LatestTitle = strings.Clone(o.title)
		}
		if o.version != "" && e.LastVersion != o.version {
			e.LastVersion = strings.Clone(o.version)
		}
		if o.service != "" && e.Service != o.service {
			e.Service = strings.Clone(o.service)
		}
	}
	e.Last.At = max(e.Last.At, o.at)
	e.MaxLevel = max(e.MaxLevel, o.level)
	if o.address != "" && e.ips.add(o.address) {
		e.IPs = e.ips.count()
	}
	if o.person != "" {
		if e.people.add(o.person) {
			e.People = e.people.count()
		}
		t.wanted.person(e, o)
	}
	if o.version != "" {
		t.wanted.version(e, o, how)
	}
	t.wanted.counts[countKey{e.ID, minuteWidth, o.at / (minuteWidth * nanosPerSecond)}] += o.n
	t.wanted.items[e.ID] = e
}
