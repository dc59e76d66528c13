package health

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/oriel-dev/oriel/internal/query"
)

// Kind is what a cause is about.
type Kind string

// The kinds of cause.
const (
	Failing    Kind = "failing"
	Throttling Kind = "throttling"
	Refusing   Kind = "refusing"
	Slow       Kind = "slow"
	Uneven     Kind = "uneven"    // a few take very much longer than all others
	Repeating  Kind = "repeating" // one request asks for the same again and again
	Silent     Kind = "silent"
	NewError   Kind = "new_error"
	BackError  Kind = "regressed_error"
	Intake     Kind = "intake" // data that was sent and is not here
)

// Operation is what a service is asked for under one name.
type Operation struct {
	Name    string
	Kind    string // of its spans: "server", "consumer" …
	Points  []Sums // one for each step of the period
	History Sums   // before the period
	Slowest string // id of the trace of its slowest request in the period, "" if that is not known
	Repeats *Repeats
}

// Error is a new error of a service, or one that came back.
type Error struct {
	ID      int64
	Title   string
	Back    bool  // it had been resolved
	Serious bool  // it ends what it happens in
	Since   int64 // Unix nanoseconds
	Times   int64
	People  int64
	Version string // in which it happened first, if that is known
}

// Service is what is known of one.
type Service struct {
	Name       string
	Operations []Operation
	Errors     []Error
}

// Cause is one reason to look at a service.
type Cause struct {
	Kind       Kind
	Level      Level
	Operation  string // "" for all of the service
	Operations int    // of how many it is true, where Operation is empty
	Since      int64  // Unix nanoseconds; 0: all along, or since before the period
	Deploy     *Deploy
	Error      *Error
	TraceID    string  // of a request that shows it, "" for none
	Changed    bool    // it was not always so
	Score      float64 // 0 to 100
	Sentence   Sentence
}

// Level is how bad it is.
type Level string

// The levels.
const (
	Broken Level = "broken"
	Worse  Level = "worse"
	Notice Level = "notice"
)

// Verdict is what there is to say of a service.
type Verdict struct {
	Causes []Cause // the most important first
	Score  float64 // of all causes together; 0: it is well
}

// Of judges a service.
func Of(s *Service, p *Period) Verdict {
	var causes []Cause
	if silent, is := p.silent(s); is && !p.deaf() {
		causes = append(causes, silent)
	} else {
		for _, o := range outcomes() {
			causes = append(causes, p.sharesOf(s, o)...)
		}
		causes = append(causes, p.slowOf(s)...)
		causes = append(causes, repeatingOf(s)...)
	}
	for i := range s.Errors {
		causes = append(causes, errorCause(&s.Errors[i], p))
	}
	slices.SortStableFunc(causes, func(a, b Cause) int { return cmp.Compare(b.Score, a.Score) })
	v := Verdict{Causes: causes}
	for i, c := range causes {
		// The worst counts in full, what comes beside it less and less.
		v.Score += c.Score / math.Pow(4, float64(i))
	}
	return v
}

// outcome is one way in which requests do not end well.
type outcome struct {
	kind Kind
	of   func(*Sums) float64
	// A share below least is not worth a word, one that stays is from steady on.
	least, steady float64
	weight        float64
	level         Level
}

func outcomes() []outcome {
	return []outcome{
		{Failing, func(s *Sums) float64 { return s.Faults }, 0.003, 0.01, 1, Broken},
		{Throttling, func(s *Sums) float64 { return s.Throttles }, 0.01, 0.05, 0.6, Worse},
		{Refusing, func(s *Sums) float64 { return s.Refused }, 0.05, 0.5, 0.4, Worse},
	}
}

const (
	fewHits   = 5  // fewer are chance
	mostAlone = 2  // operations that have a sentence each; more share one
	changedBy = 2. // so many times worse is a change
)

// sharesOf says which operations end badly more often than before, or all along.
func (p *Period) sharesOf(s *Service, o outcome) []Cause {
	var out []Cause
	var whole, risen Operation
	names := 0
	for i := range s.Operations {
		op := &s.Operations[i]
		whole.join(op)
		c, is := p.shareOf(s.Name, op, o)
		if !is {
			continue
		}
		if out = append(out, c); c.Changed {
			risen.join(op)
			names++
		}
	}
	if names <= mostAlone {
		return out
	}
	// The same happens everywhere: one sentence, of the whole service.
	if c, is := p.shareOf(s.Name, &whole, o); is && c.Changed {
		c.Operation, c.Operations = "", names
		c.Sentence = c.Sentence.in(names)
		return append([]Cause{c}, slices.DeleteFunc(out, func(c Cause) bool { return c.Changed })...)
	}
	return out
}

// join adds another operation, point by point; durations are left out.
func (o *Operation) join(other *Operation) {
	if o.Points == nil {
		o.Points, o.Kind = make([]Sums, len(other.Points)), other.Kind
	}
	if o.Kind != other.Kind {
		o.Kind = ""
	}
	for i := range other.Points {
		o.Points[i].Add(&other.Points[i])
	}
	o.History.Add(&other.History)
}

func (p *Period) shareOf(service string, op *Operation, o outcome) (Cause, bool) {
	points := make([]share, len(op.Points))
	var whole share
	for i := range op.Points {
		points[i] = share{o.of(&op.Points[i]), op.Points[i].Count}
		whole.add(points[i])
	}
	history := share{o.of(&op.History), op.History.Count}
	if whole.hits < fewHits {
		return Cause{}, false
	}
	c := Cause{Kind: o.kind, Level: o.level, Operation: op.Name}
	if rose, deploy, found := p.riseOf(service, history, points, o); found {
		c.Deploy, c.Since, c.Changed = deploy, p.since(rose.at, deploy), true
		c.Sentence = p.rose(op, o.kind, rose, c.Since, deploy)
		c.Score = o.weight * (50 + 45*math.Sqrt(rose.after.rate()-rose.before.rate()))
		return c, true
	}
	if whole.rate() < o.steady {
		return Cause{}, false
	}
	c.Sentence = p.steady(op, o.kind, whole, history)
	c.Score = o.weight * (15 + 35*math.Sqrt(whole.rate()))
	return c, true
}

// riseOf finds a rise that lasts and matters, and the deploy it came with.
func (p *Period) riseOf(service string, history share, points []share, o outcome) (change, *Deploy, bool) {
	rose, found := rise(history, points)
	if !found || !rose.lasts(points, p.Step) {
		return rose, nil, false
	}
	if d := p.deployAt(service, rose.at); d != nil {
		if since := splitAt(history, points, p.pointOf(d.At)); p.isRise(since, o) {
			return since, d, true
		}
	}
	return rose, nil, p.isRise(rose, o)
}

func (p *Period) isRise(c change, o outcome) bool {
	return c.after.hits >= fewHits && c.after.rate() >= o.least && c.after.rate() >= changedBy*c.before.rate()
}

// since is the moment that a sentence names.
func (p *Period) since(at int, d *Deploy) int64 {
	switch {
	case d != nil:
		return d.At
	case at == 0:
		return 0
	}
	return p.Start + int64(at)*p.Step
}

// quiet is how long nothing may come before it is worth a word.
const quiet = int64(5 * time.Minute)

// deaf reports whether nothing comes in any more, whoever sends.
func (p *Period) deaf() bool { return p.Heard > 0 && p.Heard < p.End-quiet }

// OfSilence says that nothing comes in any more, if it is so in a period that ends now.
func OfSilence(p *Period) (Cause, bool) {
	return Cause{
		Kind: Intake, Level: Broken, Since: p.Heard, Score: 60,
		Sentence: Sentence{{Text: "nothing has come in since "}, {Is: Moment, At: p.Heard}},
	}, p.deaf()
}

// silent reports whether a service that was asked is asked no more.
func (p *Period) silent(s *Service) (Cause, bool) {
	const expected = 30
	last, count := -1, 0.0
	for i := range s.Operations {
		for at := range s.Operations[i].Points {
			if n := s.Operations[i].Points[at].Count; n > 0 {
				last, count = max(last, at), count+n
			}
		}
	}
	if last < 0 {
		return Cause{}, false
	}
	since := p.Start + int64(last+1)*p.Step
	gone := p.End - since
	perNano := count / float64(max(since-p.Start, 1))
	if gone < max(quiet, 2*p.Step) || perNano*float64(gone) < expected {
		return Cause{}, false
	}
	return Cause{
		Kind: Silent, Level: Broken, Since: since, Changed: true, Score: 70,
		Sentence: Sentence{{Text: "no requests since "}, {Is: Moment, At: since}, {Text: ", before "}, {Text: perSecond(perNano * 1e9), Is: Before}},
	}, true
}

const (
	slower     = 1.5  // times, to be a change
	slowerByMS = 20.  // at least
	slowMS     = 400. // what may be called slow without a change
	slowTimes  = 4.   // against all else in the service
	muchTimes  = 10.  // so many times slower than all else, and already muchMS are slow
	muchMS     = 50.
	fewTimed   = 20 // of fewer there is no quantile
	p95        = 0.95
)

// slowOf says which operations take longer than before, and which take long.
func (p *Period) slowOf(s *Service) []Cause {
	var out []Cause
	var all Histogram
	own := make([]Histogram, len(s.Operations))
	for i := range s.Operations {
		for k := range s.Operations[i].Points {
			own[i].Add(s.Operations[i].Points[k].Bins)
		}
		all.join(&own[i])
	}
	for i := range s.Operations {
		c, is := p.slower(s.Name, &s.Operations[i])
		if !is {
			c, is = slow(&s.Operations[i], &own[i], &all)
		}
		if !is {
			c, is = uneven(&s.Operations[i], &own[i])
		}
		if is {
			out = append(out, c)
		}
	}
	return out
}

func (p *Period) slower(service string, op *Operation) (Cause, bool) {
	var all Histogram
	all.Add(op.History.Bins)
	for i := range op.Points {
		all.Add(op.Points[i].Bins)
	}
	if all.Total() < 2*fewTimed {
		return Cause{}, false
	}
	// Most of what a change does is seen either in the middle or at the slow end.
	for _, q := range []float64{0.5, 0.9} {
		limit := all.Quantile(q)
		points := make([]share, len(op.Points))
		for i := range op.Points {
			points[i] = above(op.Points[i].Bins, limit)
		}
		history := above(op.History.Bins, limit)
		rose, found := rise(history, points)
		if !found || !rose.lasts(points, p.Step) {
			continue
		}
		d := p.deployAt(service, rose.at)
		at := rose.at
		if d != nil {
			at = p.pointOf(d.At)
		}
		before, after := op.around(at)
		if !tookLonger(before, after) && d != nil {
			d, at = nil, rose.at
			before, after = op.around(at)
		}
		if !tookLonger(before, after) {
			continue
		}
		c := Cause{Kind: Slow, Level: Worse, Operation: op.Name, Since: p.since(at, d), Deploy: d, Changed: true}
		was, is := before.Quantile(p95), after.Quantile(p95)
		c.Sentence = p.slowed(op, was, is, at, c.Since, d)
		c.Score = min(30+10*math.Log2(is/max(was, 1)), 65)
		return c, true
	}
	return Cause{}, false
}

// around are the durations before a point and from it on.
func (o *Operation) around(at int) (before, after *Histogram) {
	before, after = &Histogram{}, &Histogram{}
	before.Add(o.History.Bins)
	for i := range o.Points {
		if i < at {
			before.Add(o.Points[i].Bins)
		} else {
			after.Add(o.Points[i].Bins)
		}
	}
	return before, after
}

func tookLonger(before, after *Histogram) bool {
	was, is := before.Quantile(p95), after.Quantile(p95)
	return before.Total() >= fewTimed && after.Total() >= fewTimed && is >= slower*was && is-was >= slowerByMS
}

// above is the share of durations beyond a limit in ms.
func above(bins []Bin, limit float64) (s share) {
	const edge = 1.001 // the limit is the middle of a bin, which is not above itself
	for _, b := range bins {
		s.of += float64(b.N)
		if query.HistogramValue(b.At) > limit*edge {
			s.hits += float64(b.N)
		}
	}
	return s
}

// slow says of an operation that it takes long, where all else is quick.
func slow(op *Operation, own, all *Histogram) (Cause, bool) {
	ms := own.Quantile(p95)
	if own.Total() < fewTimed || ms < muchMS || all.Total()-own.Total() < fewTimed {
		return Cause{}, false
	}
	rest := all.without(own)
	others := rest.Quantile(p95)
	if ms < slowTimes*others || ms < slowMS && ms < muchTimes*others {
		return Cause{}, false
	}
	return Cause{
		Kind: Slow, Level: Notice, Operation: op.Name, Score: min(12+4*math.Log2(ms/max(others, 1)), 30),
		Sentence: append(op.lead(), Part{Text: "p95 "}, Part{Text: milliseconds(ms), Is: Now}, Part{Text: ", all else in the service "}, Part{Text: milliseconds(others), Is: Before}),
	}, true
}

func errorCause(e *Error, p *Period) Cause {
	c := Cause{Kind: NewError, Level: Worse, Since: e.Since, Error: e, Changed: true, Deploy: p.deployBefore(e.Since)}
	c.Sentence = happened(e, c.Deploy)
	c.Score = 25 + min(5*math.Log10(float64(max(e.Times, 1))), 15)
	if e.Back {
		c.Kind = BackError
		c.Score += 5
	}
	if e.Serious {
		c.Level = Broken
		c.Score += 8
	}
	return c
}
