package xraymodel

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
)

// Builder makes traces of rows, one after the other, in memory that it uses again:
// for answers over very many of them. It is for one goroutine.
type Builder struct {
	options Options
	fields  []known
	meaning map[string]bool // names of fields that are no annotations

	known map[*event.Batch]*columns
	last  *columns

	trace      *Trace
	parts      []*Part
	byID       map[string]*Part
	exceptions []rowException
	links      []rowLink
	reading    reading
	arena      []*[arenaParts]Part
	used       int
}

const arenaParts = 16

type rowException struct {
	spanID string
	Exception
}

type rowLink struct {
	spanID string
	Link
}

// NewBuilder returns a builder.
func NewBuilder(o Options) *Builder {
	b := &Builder{options: o, fields: treeFields(), meaning: map[string]bool{}, known: map[*event.Batch]*columns{}, byID: map[string]*Part{}}
	for _, f := range Fields(Options{Annotations: true, Exceptions: true}) {
		b.meaning[f] = true
	}
	return b
}

// isMeaning reports whether a field says what a span is, and so is no annotation.
func (b *Builder) isMeaning(name string) bool {
	return b.meaning[name] && !isAttribute(name) || strings.HasPrefix(name, "meta.") || strings.HasPrefix(name, "xray.") || strings.HasPrefix(name, "_") ||
		strings.HasPrefix(name, "trace.") || strings.HasPrefix(name, "error.") || strings.HasPrefix(name, "metadata.") ||
		name == event.FieldType || name == event.FieldStatusMessage || name == event.FieldNumEvents || name == event.FieldNumLinks ||
		name == "exception.type" || name == "exception.message" || name == "exception.stacktrace"
}

// isAttribute reports whether a field that the tree is made of is also something
// that people look for by its name.
func isAttribute(name string) bool {
	return strings.Contains(name, ".") && !strings.HasPrefix(name, "trace.") && !strings.HasPrefix(name, "meta.") && name != event.FieldService && name != event.FieldSpanKind
}

// Build reads the rows of one trace.
func Build(id string, batches []*event.Batch, o Options) *Trace {
	b := NewBuilder(o)
	b.Begin(id)
	for _, batch := range batches {
		for row := range batch.Len() {
			b.Add(batch, row)
		}
	}
	return b.Trace()
}

// Begin starts a trace. What the one before consists of is no longer valid.
func (b *Builder) Begin(id string) {
	b.trace = &Trace{ID: id}
	for _, block := range b.arena {
		if b.used <= 0 {
			break
		}
		clear(block[:])
		b.used -= arenaParts
	}
	b.used = 0
	b.parts, b.exceptions, b.links = b.parts[:0], b.exceptions[:0], b.links[:0]
	clear(b.byID)
}

// Keep leaves the trace that was returned last to whoever has it: the next one is
// made in other memory.
func (b *Builder) Keep() { b.arena, b.used = nil, 0 }

func (b *Builder) part() *Part {
	if b.used == len(b.arena)*arenaParts {
		b.arena = append(b.arena, new([arenaParts]Part))
	}
	p := &b.arena[b.used/arenaParts][b.used%arenaParts]
	b.used++
	return p
}

func (b *Builder) addLink(c *columns, row int) {
	trace, _ := event.TraceID(at(c.linkTrace, row).Text())
	l := rowLink{at(c.parentID, row).Text(), Link{TraceID: trace, ID: at(c.linkSpan, row).Text(), Reference: at(c.linkKind, row).Text()}}
	b.links = append(b.links, l)
}

func (b *Builder) addException(c *columns, row int) {
	kind, message := at(c.excType, row), at(c.excMessage, row)
	if !b.options.Exceptions || kind.IsNull() && message.IsNull() {
		return
	}
	b.exceptions = append(b.exceptions, rowException{at(c.parentID, row).Text(), Exception{
		ID: at(c.excID, row).Text(), Type: kind.Text(), Message: message.Text(), Stack: at(c.excStack, row).Text(), Remote: at(c.excRemote, row).Bool(),
	}})
}

// addAnnotations gives a part its indexed values: those that a document names, or
// all attributes of a span.
func (b *Builder) addAnnotations(c *columns, row int, p *Part) {
	if p.made == fromSpan {
		for _, col := range c.others {
			if v := col.Get(row); !v.IsNull() {
				p.Annotations = append(p.Annotations, Annotation{col.Name, v})
			}
		}
		return
	}
	var keys []string
	if text := at(c.annotations, row).Text(); text == "" || json.Unmarshal([]byte(text), &keys) != nil {
		return
	}
	for _, key := range keys {
		v := at(c.of.Find(AnnotationPrefix+key), row)
		if v.IsNull() {
			v = at(c.of.Find(key), row)
		}
		if !v.IsNull() {
			p.Annotations = append(p.Annotations, Annotation{key, v})
		}
	}
}

// Trace returns the trace of the rows that were added, valid until the next Begin
// if it isn't kept.
func (b *Builder) Trace() *Trace {
	b.merge()
	b.nest()
	b.split()
	b.top()
	b.attach()
	b.connect()
	b.sum()
	return b.trace
}

// merge keeps one part of an id: a complete one rather than one in progress, the
// later of two. The order in which they came does not matter.
func (b *Builder) merge() {
	slices.SortStableFunc(b.parts, func(x, y *Part) int { return cmp.Or(cmp.Compare(x.Start, y.Start), strings.Compare(x.ID, y.ID)) })
	kept := b.parts[:0]
	for _, p := range b.parts {
		other := b.byID[p.ID]
		if other == nil {
			b.byID[p.ID] = p
			kept = append(kept, p)
			continue
		}
		if better(p, other) {
			*other = *p
		}
	}
	b.parts = kept
	slices.SortStableFunc(b.parts, byStart)
}

func better(p, than *Part) bool {
	if a, b := p.Flags.Has(InProgress), than.Flags.Has(InProgress); a != b {
		return b
	}
	return p.End > than.End
}

// byStart orders parts by their start, the longest first.
func byStart(x, y *Part) int {
	return cmp.Or(cmp.Compare(x.Start, y.Start), cmp.Compare(y.End, x.End), strings.Compare(x.ID, y.ID))
}

// nest says what is a segment, and puts every subsegment where it belongs. Of a
// circle of parents the earliest one is an orphan.
func (b *Builder) nest() {
	for _, p := range b.parts {
		up := b.byID[p.ParentID]
		if up == p || p.ParentID == "" {
			up = nil
		}
		if p.made == fromSpan {
			p.Segment = up == nil || p.local || p.kind == kindServer || p.kind == kindConsumer || up.service != p.service
		}
		if p.Segment {
			continue
		}
		p.Up = up
		p.Orphan = up == nil
	}
	for i, p := range b.parts {
		b.cut(p, int32(i)+1)
	}
	for _, p := range slices.Backward(b.parts) { // what lies in a part mostly starts later, and so is done before
		if p.Up == nil {
			continue
		}
		p.Up.Parts = append(p.Up.Parts, p)
		if p.Up.Flags.Has(InProgress) {
			p.Up.End = max(p.Up.End, p.End)
		}
	}
}

// cut opens the circle that a part leads to, at its earliest. Those that were walked
// over are not walked over again.
func (b *Builder) cut(p *Part, walk int32) {
	at := p
	for at != nil && at.walk == 0 {
		at.walk = walk
		at = at.Up
	}
	if at == nil || at.walk != walk {
		return
	}
	earliest := at
	for c := at.Up; c != at; c = c.Up {
		if byStart(c, earliest) < 0 {
			earliest = c
		}
	}
	earliest.Up, earliest.Orphan = nil, true
}

// split makes two of a span that calls and is a segment: the segment of its service,
// and in it the subsegment that calls.
func (b *Builder) split() {
	for _, p := range slices.Clone(b.parts) {
		if !p.Segment || p.made != fromSpan {
			continue
		}
		if p.kind != kindClient && p.kind != kindProducer {
			p.Name, p.Namespace = cleanName(p.service), ""
			continue
		}
		s := b.part()
		*s = *p
		s.ID, s.Name, s.Namespace = derivedID(b.trace.ID, p.ID, "segment"), cleanName(p.service), ""
		s.HTTP, s.call, s.Annotations, s.Parts = HTTP{}, callDetails{}, nil, []*Part{p}
		p.Segment, p.Up, p.ParentID, p.Type = false, s, s.ID, ""
		b.parts = append(b.parts, s)
	}
	slices.SortStableFunc(b.parts, byStart)
}

// derivedID makes the id of a part that nobody sent, the same one each time.
func derivedID(traceID, spanID, what string) string {
	sum := sha256.Sum256([]byte(what + " " + traceID + " " + spanID))
	return hex.EncodeToString(sum[:8])
}

// top lists the segments and tells every part which one it is in.
func (b *Builder) top() {
	for _, p := range b.parts {
		if p.Up == nil {
			p.Of = p
			b.trace.Segments = append(b.trace.Segments, p)
		}
	}
	stack := make([]*Part, 0, 16)
	for _, s := range b.trace.Segments {
		for stack = append(stack[:0], s); len(stack) > 0; {
			p := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			slices.SortStableFunc(p.Parts, byStart)
			for _, c := range p.Parts {
				c.Of = s
				if c.Account == "" {
					c.Account = s.Account
				}
				stack = append(stack, c)
			}
		}
	}
}

// attach gives exceptions and links to their parts.
func (b *Builder) attach() {
	for _, e := range b.exceptions {
		if p := b.byID[e.spanID]; p != nil {
			p.Exceptions = append(p.Exceptions, e.Exception)
		}
	}
	for _, l := range b.links {
		l.From = b.byID[l.spanID]
		b.trace.Links = append(b.trace.Links, l.Link)
	}
}
