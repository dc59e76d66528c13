// Package logpattern finds the templates of log messages: "user <Token-1> logged
// in from <IP-2>" for a million lines that say so of different users. It is pure
// and knows no store.
//
// It works in two steps. What varies by its form (times, numbers, addresses, ids)
// is masked, in one pass over a message; messages that are the same then are
// counted together. Of those, messages of the same shape that differ in words
// become one template where the words look like values: see generalize. JSON is a
// text like any other, except that the names of members are never masked.
//
// The same messages give the same templates, in whatever order they come and by
// however many miners they are counted, as long as no miner holds more than
// [MaxTemplates] masked texts; beyond that they are generalized on the way, and
// what still finds no place is counted under one template of the rest.
package logpattern

import (
	"bytes"
	"cmp"
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/cespare/xxhash/v2"
)

// MaxTemplates bounds the masked texts that a miner holds.
const MaxTemplates = 10_000

// Limits of what is kept of a template.
const (
	keptValues  = 40 // different values at each place
	keptSamples = 3
	everyNth    = 64 // of how many messages the values are looked at, once the first are
	aliases     = 4 * MaxTemplates
)

// severities is how many severities there are: none, then trace to fatal.
const severities = 7

// Miner counts messages by template. It is not safe for concurrent use: let each
// goroutine have its own, and merge them.
type Miner struct {
	buckets int
	masker  masker
	groups  []*Template
	byText  map[uint64]int // hash of a masked text to its place in groups; several texts may lead to one
	general *templates     // once there were too many texts
}

// Template is a masked text and what is known of its messages. It is used with its
// miner only.
type Template struct {
	text     string
	into     *Template // what it has become part of, nil for itself
	seen     int       // messages that were given to Find
	count    float64
	before   float64
	first    int64
	last     int64
	severity [severities]float64
	buckets  []float64
	values   []map[string]float64 // by place
	samples  []string
}

const restText = "\x07"

// New returns a miner that counts messages in so many buckets of time, too.
func New(buckets int) *Miner {
	m := &Miner{buckets: buckets, byText: map[uint64]int{}}
	m.groups = append(m.groups, &Template{text: restText}) // the rest is always there
	m.byText[xxhash.Sum64String(restText)] = 0
	return m
}

// Find returns the template of a message, to be given to Count once for each event
// that has it. The message is not kept.
func (m *Miner) Find(message []byte) *Template {
	if len(message) > MaxText+1 {
		message = message[:MaxText+1] // one more says that there is more
	}
	whole := message
	if len(message) > MaxText {
		whole = wholeRunes(message[:MaxText])
	}
	if !utf8.Valid(whole) {
		message = bytes.ToValidUTF8(message, []byte("\ufffd"))
	}
	m.masker.mask(message)
	text := m.masker.out
	hash := xxhash.Sum64(text)
	i, known := m.byText[hash]
	if !known {
		i = m.place(text, hash)
	}
	g := m.groups[i]
	if g.seen++; g.seen <= everyNth || g.seen%everyNth == 0 {
		m.look(g, message)
	}
	return g
}

// place makes room for a masked text that is new.
func (m *Miner) place(text []byte, hash uint64) int {
	if len(m.groups) >= MaxTemplates {
		if m.general == nil {
			m.shrink()
		}
		i := 0
		if t, ok := m.general.find(string(text)); ok {
			i = m.byText[xxhash.Sum64String(t)]
		} else if len(m.groups) < MaxTemplates {
			return m.add(&Template{text: string(text)}, hash)
		}
		if len(m.byText) < aliases {
			m.byText[hash] = i
		}
		return i
	}
	return m.add(&Template{text: string(text)}, hash)
}

func (m *Miner) add(g *Template, hash uint64) int {
	m.groups = append(m.groups, g)
	m.byText[hash] = len(m.groups) - 1
	return len(m.groups) - 1
}

// look keeps a message's values, and a few messages.
func (m *Miner) look(g *Template, message []byte) {
	if len(g.samples) < keptSamples && g.text != restText {
		g.samples = append(g.samples, string(wholeRunes(message[:min(len(message), MaxText)])))
	}
	words := placesOf(g.text)
	if len(words) == 0 || g.text == restText {
		return
	}
	values := m.masker.valuesAt(message, g.text)
	if g.values == nil {
		g.values = make([]map[string]float64, len(words))
	}
	for i, v := range values {
		if i < len(g.values) {
			count(&g.values[i], v, 1)
		}
	}
}

func count(values *map[string]float64, v string, n float64) {
	if *values == nil {
		*values = map[string]float64{}
	}
	if _, known := (*values)[v]; known || len(*values) < keptValues {
		(*values)[v] += n
	}
}

// Line is what is known of messages beside their text.
type Line struct {
	N        float64 // how many events they stand for
	Time     int64   // Unix ns
	Severity int     // 0 for none, 1 (trace) to 6 (fatal)
	Bucket   int     // of time; -1 for one of the earlier period
}

// Count counts events of a template that Find gave.
func (m *Miner) Count(g *Template, l Line) {
	for g.into != nil {
		g = g.into
	}
	if l.Bucket < 0 {
		g.before += l.N
		return
	}
	if g.count == 0 {
		g.first, g.last = l.Time, l.Time
	}
	g.count += l.N
	g.first, g.last = min(g.first, l.Time), max(g.last, l.Time)
	g.severity[min(max(l.Severity, 0), severities-1)] += l.N
	if l.Bucket < m.buckets {
		if g.buckets == nil {
			g.buckets = make([]float64, m.buckets)
		}
		g.buckets[l.Bucket] += l.N
	}
}

// Merge adds what another miner with as many buckets has counted; it is not to be
// used again.
func (m *Miner) Merge(o *Miner) {
	list := slices.Clone(o.groups)
	slices.SortFunc(list, func(a, b *Template) int { return cmp.Compare(a.text, b.text) })
	for _, g := range list {
		hash := xxhash.Sum64String(g.text)
		i, known := m.byText[hash]
		if !known {
			i = m.place([]byte(g.text), hash)
		}
		m.groups[i].join(g)
	}
}

// join adds another group's messages.
func (g *Template) join(o *Template) {
	switch {
	case o.count == 0:
	case g.count == 0:
		g.first, g.last = o.first, o.last
	default:
		g.first, g.last = min(g.first, o.first), max(g.last, o.last)
	}
	g.seen += o.seen
	g.count += o.count
	g.before += o.before
	for i, n := range o.severity {
		g.severity[i] += n
	}
	if g.buckets == nil {
		g.buckets = slices.Clone(o.buckets)
	} else {
		for i, n := range o.buckets {
			g.buckets[i] += n
		}
	}
	g.samples = append(g.samples, o.samples...)
	slices.Sort(g.samples)
	g.samples = slices.Compact(g.samples)
	if len(g.samples) > keptSamples {
		g.samples = g.samples[:keptSamples]
	}
	g.joinValues(o)
}

func (g *Template) joinValues(o *Template) {
	values := o.values
	if o.text != g.text {
		values = regroup(o, g.text)
	}
	if g.values == nil {
		g.values = make([]map[string]float64, len(placesOf(g.text)))
	}
	for i, list := range values {
		if i >= len(g.values) {
			break
		}
		for _, v := range slices.Sorted(maps.Keys(list)) {
			count(&g.values[i], v, list[v])
		}
	}
}

// shrink generalizes what there is, so that there is room again.
func (m *Miner) shrink() {
	m.general = generalize(m.groups)
	old := m.groups
	m.groups, m.byText = nil, map[uint64]int{}
	for _, g := range sorted(old) {
		text := m.general.of(g.text)
		hash := xxhash.Sum64String(text)
		i, known := m.byText[hash]
		if !known {
			i = m.add(&Template{text: text}, hash)
		}
		m.groups[i].join(g)
		g.into, g.values, g.buckets, g.samples = m.groups[i], nil, nil, nil
		if len(m.byText) < aliases {
			m.byText[xxhash.Sum64String(g.text)] = i
		}
	}
	// The rest is the first.
	rest := m.byText[xxhash.Sum64String(restText)]
	for hash, i := range m.byText {
		switch i {
		case rest:
			m.byText[hash] = 0
		case 0:
			m.byText[hash] = rest
		}
	}
	m.groups[0], m.groups[rest] = m.groups[rest], m.groups[0]
}

// sorted are groups in the order of their texts.
func sorted(groups []*Template) []*Template {
	list := slices.Clone(groups)
	slices.SortFunc(list, func(a, b *Template) int { return cmp.Compare(a.text, b.text) })
	return list
}
