package querier

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
)

// BubbleUp says how the selected events of a question differ from its others,
// field by field, most different first.
type BubbleUp struct {
	Events [2]float64 // selected, others
	Fields []Difference
	Left   int // fields that were not looked at: they are kept in the overflow column
	Stats  store.Stats
}

// Difference is how one field differs between the selected events and the others.
type Difference struct {
	Name     string
	Kind     event.Kind
	Class    Class
	Score    float64    // 0 (the same) to 1 (nothing in common)
	Headline string     // the difference in words, "" if there is none worth saying
	Present  [2]float64 // share of each side that has the field
	Distinct int        // different values; at least so many if Cut
	Cut      bool
	Values   []store.ContrastValue // the most frequent
	Rest     [2]float64            // events with other values
	Numbers  *Numbers              // nil if the field is no number, or has few different ones
}

// Class sets fields apart that say nothing by being different.
type Class string

// The classes of fields.
const (
	Ranked   Class = "ranked"
	IDLike   Class = "id_like"  // nearly every event has a value of its own
	Constant Class = "constant" // one value everywhere
	Rare     Class = "rare"     // in fewer than five events
	Chosen   Class = "selected" // the selection was made by it
)

// Numbers are two histograms over the same bins, and the medians.
type Numbers struct {
	Scale    string // log or linear
	Min, Max float64
	Counts   [2][]float64
	Median   [2]float64 // NaN of a side without numbers
}

// BubbleUpOptions tune a comparison.
type BubbleUpOptions struct {
	Fields   []string // none means all
	Baseline Baseline
	// Tell is called now and then with what is known so far; may be nil.
	Tell func(b *BubbleUp, p store.Progress)
}

// Baseline says what the selected events are compared with. None is everything
// else that the question is about.
type Baseline struct {
	Where  query.Expr // nil for all events
	Before bool       // those of the period before, of the same length, instead
}

// words names the baseline in a sentence, after a share of it.
func (b Baseline) words() string {
	switch {
	case b.Before:
		return "before"
	case b.Where != nil:
		return "of the baseline"
	}
	return "of the rest"
}

// narrow makes the question one about nothing but both sides, and gives the
// condition that tells them apart. An event that is on both is a selected one.
func (b Baseline) narrow(ask *query.Query, selection query.Expr) query.Expr {
	if b.Where == nil && !b.Before {
		return selection
	}
	other := b.Where
	if other == nil {
		other = query.And{}
	}
	if b.Before {
		border := query.Literal{Value: event.IntValue(ask.Start)}
		at := func(op query.CompareOp) query.Expr {
			return query.Compare{Op: op, L: query.Field{Name: event.SystemTime}, R: border}
		}
		selection = query.And{Terms: []query.Expr{at(query.Ge), selection}}
		other = query.And{Terms: []query.Expr{at(query.Lt), other}}
		ask.Start -= ask.End - ask.Start
	}
	ask.Stages = append(ask.Stages, query.Filter{Where: query.Or{Terms: []query.Expr{selection, other}}})
	return selection
}

// BubbleUp compares the events of a question for which the selection is true
// with those of the baseline. Every event is looked at.
func (q *Querier) BubbleUp(ctx context.Context, environment string, datasets []string, spec *query.Spec, selection query.Expr, opts BubbleUpOptions) (*BubbleUp, error) {
	chosen := query.FieldsOf(selection)
	if opts.Baseline.Where != nil {
		chosen = append(chosen, query.FieldsOf(opts.Baseline.Where)...)
	}
	planned := q.PlanOptions(environment, datasets, query.PlanOptions{Fields: slices.Concat(chosen, opts.Fields)})
	isHistogram := func(name string) bool { return planned.Metrics != nil && planned.Metrics(name).Kind.IsHistogram() }
	plan, err := spec.Plan(environment, datasets, q.config.Clock(), planned)
	if err != nil {
		return nil, err
	}
	var tell func(*store.Contrast, store.Progress)
	if opts.Tell != nil {
		tell = func(c *store.Contrast, p store.Progress) {
			c.Fields = slices.DeleteFunc(slices.Clone(c.Fields), func(f store.ContrastField) bool { return isHistogram(f.Name) })
			opts.Tell(newBubbleUp(c, chosen, opts.Baseline), p)
		}
	}
	var found *store.Contrast
	ask := plan.Rows()
	onRows := func(e query.Expr, label string) (query.Expr, error) {
		e, stages, err := spec.OnOtherSpans(query.ConditionWithIDs(e), label)
		ask.Stages = append(ask.Stages, stages...)
		return e, err
	}
	if selection, err = onRows(selection, "selection"); err != nil {
		return nil, err
	}
	if opts.Baseline.Where != nil {
		if opts.Baseline.Where, err = onRows(opts.Baseline.Where, "baseline"); err != nil {
			return nil, err
		}
	}
	selection = opts.Baseline.narrow(ask, selection)
	ask, err = q.withFields(ask, slices.Concat(chosen, opts.Fields)...)
	if err != nil {
		return nil, err
	}
	_, err = q.admit(ctx, q.gateOf(ask), func(ctx context.Context) (*store.Result, error) {
		var err error
		found, err = q.config.Store.Contrast(ctx, ask, selection, store.ContrastOptions{Fields: opts.Fields, Progress: tell})
		return nil, err
	})
	if err != nil {
		return nil, err
	}
	if err := q.compareHistograms(ctx, ask, selection, found, isHistogram); err != nil {
		return nil, err
	}
	return newBubbleUp(found, chosen, opts.Baseline), nil
}

func newBubbleUp(c *store.Contrast, chosen []string, baseline Baseline) *BubbleUp {
	b := &BubbleUp{Events: c.Events, Left: c.Left, Stats: c.Stats}
	both := sidesOf(c)
	for i := range c.Fields {
		if event.Internal(c.Fields[i].Name) {
			continue
		}
		d := newDifference(&c.Fields[i], both, baseline.words())
		if slices.Contains(chosen, d.Name) || saysAgain(chosen, d.Name) {
			d.Class = Chosen
		}
		b.Fields = append(b.Fields, d)
	}
	slices.SortStableFunc(b.Fields, func(x, y Difference) int {
		return cmp.Or(
			cmp.Compare(classPlace(x.Class), classPlace(y.Class)),
			cmp.Compare(y.Score, x.Score),
			cmp.Compare(wellKnown(x.Name), wellKnown(y.Name)),
			cmp.Compare(x.Name, y.Name),
		)
	})
	return b
}

// saysAgain reports whether a field is another name for whether an event failed,
// by which the selection was made: of course it differs.
func saysAgain(chosen []string, name string) bool {
	verdict := []string{event.FieldError, event.FieldStatusCode, "otel.status_code"}
	of := func(name string) bool { return slices.Contains(verdict, name) }
	return of(name) && slices.ContainsFunc(chosen, of)
}

func classPlace(c Class) int {
	return slices.Index([]Class{Ranked, Chosen, Rare, Constant, IDLike}, c)
}

// wellKnown puts the fields that people think in first where fields differ alike.
func wellKnown(name string) int {
	known := []string{
		event.FieldService, "http.route", event.FieldName, "http.response.status_code", "http.status_code", "service.version",
		"host.name", "cloud.region", event.FieldError,
	}
	if at := slices.Index(known, name); at >= 0 {
		return at
	}
	return len(known)
}

// Limits of what a field is told by.
const (
	fewEvents    = 5  // below so many a field is rare, whatever sample rate they have
	fewNumbers   = 24 // so many different numbers are told as values
	histogramBin = 32
)

// sides are how many events there are on both sides, and how many of them were
// stored: one that was stored for fifty counts as fifty, but is one witness.
type sides struct{ events, stored [2]float64 }

func sidesOf(c *store.Contrast) *sides {
	both := &sides{c.Events, c.Events}
	for side, n := range c.Squares {
		if n > 0 {
			both.stored[side] = c.Events[side] * c.Events[side] / n
		}
	}
	return both
}

// witnesses returns how many stored events counts stand for.
func (s *sides) witnesses(counts [2]float64) (of [2]float64) {
	for side, n := range shares(counts, s.events) {
		of[side] = n * s.stored[side]
	}
	return of
}

// newDifference tells how a field differs; others names the baseline in words.
func newDifference(f *store.ContrastField, both *sides, others string) Difference {
	d := Difference{Name: f.Name, Kind: f.Kind, Class: Ranked, Distinct: f.Distinct, Cut: f.Cut, Values: f.Values}
	d.Present = shares(f.Present, both.events)
	present := both.witnesses(f.Present)
	switch {
	case f.Unique:
		d.Class = IDLike
		return d
	case math.Round(present[store.Selected]+present[store.Others]) < fewEvents:
		d.Class = Rare
	case f.Distinct <= 1 && math.Abs(d.Present[store.Selected]-d.Present[store.Others]) < 0.01:
		d.Class = Constant
	}
	d.Rest = f.Present
	for _, v := range f.Values {
		for side := range d.Rest {
			d.Rest[side] = max(d.Rest[side]-v.Events[side], 0)
		}
	}
	byValue, largest := d.byValue(both)
	own := d.Class != Rare && d.isID(both)
	measured := len(f.Bins) > 0 && f.Kind == event.String // what is a text has none but as a histogram
	if measured || len(f.Bins) > 0 && (f.Distinct > fewNumbers || f.Cut || own) {
		d.Numbers = newNumbers(f.Bins)
		d.Values, d.Rest = nil, [2]float64{}
		luck := chance * math.Sqrt(1/max(present[0], 1)+1/max(present[1], 1))
		d.Score = max(max(apart(f.Bins)-luck, 0)*min(d.Present[0], d.Present[1]), both.beyondChance(f.Present, 1))
	} else {
		d.Score = byValue
		if f.Distinct > 1000 && largest < 0.005 || own {
			d.Class, d.Score = IDLike, both.beyondChance(f.Present, 1)
			if d.Score > worthSaying { // that it is there at all says something
				d.Class = Ranked
			}
		}
	}
	if both.events[store.Others] == 0 {
		d.Score = d.variety(both.events[store.Selected])
	}
	d.Headline = d.words(both, others)
	return d
}

// isID reports whether nearly every event has a value of its own: most values are
// of one event, and none of many.
func (d *Difference) isID(both *sides) bool {
	of := both.witnesses([2]float64{d.Present[0] * both.events[0], d.Present[1] * both.events[1]})
	most := 0.0
	for _, v := range d.Values {
		n := both.witnesses(v.Events)
		most = max(most, n[store.Selected]+n[store.Others])
	}
	return float64(d.Distinct) > (of[store.Selected]+of[store.Others])*0.9 && most < fewEvents/2.0
}

// shares divides counts by those of their sides; a side without events has none.
func shares(counts, events [2]float64) (out [2]float64) {
	for side := range counts {
		if events[side] > 0 {
			out[side] = counts[side] / events[side]
		}
	}
	return out
}

// byValue returns how far apart the shares of values are, absence being a value
// too: half the sum of all differences, as the total variation distance has it,
// each without what chance makes. largest is the largest share of a value on
// either side.
func (d *Difference) byValue(both *sides) (distance, largest float64) {
	for _, v := range d.Values {
		s := shares(v.Events, both.events)
		distance += both.beyondChance(v.Events, d.Distinct)
		largest = max(largest, s[store.Selected], s[store.Others])
	}
	absent := both.events
	for side := range absent {
		absent[side] = max(absent[side]-d.Present[side]*absent[side], 0)
	}
	distance += both.beyondChance(absent, 1)
	if len(d.Values) == d.Distinct { // else the rest is small on one side because its values were chosen by being frequent
		distance += both.beyondChance(d.Rest, 1)
	}
	return min(distance/2, 1), largest
}

// chance is how many standard errors two shares must differ by to differ at all.
const chance = 2.5

// chanceAmong is chance for the share of one among many values: the ones that stand
// out are looked at, and of many some do by luck.
func chanceAmong(values int) float64 {
	const few = 2
	return math.Sqrt(chance*chance + 2*math.Log(max(float64(values)/few, 1)))
}

// beyondChance returns the difference of the shares that counts have of both
// sides, without what two samples of one and the same kind would differ by. The
// counts are those of one among so many values. Something is taken off besides: where
// few are selected, shares can't but leap.
func (s *sides) beyondChance(counts [2]float64, among int) float64 {
	if s.events[store.Selected] == 0 || s.events[store.Others] == 0 {
		return 0
	}
	share, of := shares(counts, s.events), s.witnesses(counts)
	p := min((of[store.Selected]+of[store.Others])/(s.stored[store.Selected]+s.stored[store.Others]), 1)
	luck := chanceAmong(among) * math.Sqrt(p*(1-p)*(1/s.stored[store.Selected]+1/s.stored[store.Others]))
	luck += 1 / (s.stored[store.Selected] + 1)
	return max(math.Abs(share[store.Selected]-share[store.Others])-luck, 0)
}

// variety is the score of a field where there is nothing to compare with: how
// many events have it, and how evenly they are spread over its values.
func (d *Difference) variety(events float64) float64 {
	counts := []float64{d.Rest[store.Selected]}
	for _, v := range d.Values {
		counts = append(counts, v.Events[store.Selected])
	}
	if d.Numbers != nil {
		counts = d.Numbers.Counts[store.Selected]
	}
	total, entropy := 0.0, 0.0
	for _, n := range counts {
		total += n
	}
	for _, n := range counts {
		if n > 0 {
			entropy -= n / total * math.Log(n/total)
		}
	}
	if total == 0 || events == 0 || len(counts) < 2 {
		return 0
	}
	return d.Present[store.Selected] * entropy / math.Log(float64(len(counts)))
}

// apart is the Kolmogorov-Smirnov distance of two histograms: the largest
// difference of their cumulative shares.
func apart(bins []store.ContrastBin) float64 {
	var total, sum [2]float64
	for _, b := range bins {
		total[0] += b.Events[0]
		total[1] += b.Events[1]
	}
	if total[0] == 0 || total[1] == 0 {
		return 0
	}
	largest := 0.0
	for _, b := range bins {
		sum[0] += b.Events[0]
		sum[1] += b.Events[1]
		largest = max(largest, math.Abs(sum[0]/total[0]-sum[1]/total[1]))
	}
	return largest
}

// newNumbers draws bins together into a histogram that a page can show.
func newNumbers(bins []store.ContrastBin) *Numbers {
	n := &Numbers{Scale: "linear", Min: bins[0].Value, Max: bins[len(bins)-1].Value}
	place := func(v float64) float64 { return (v - n.Min) / (n.Max - n.Min) }
	const farApart = 50
	if n.Min > 0 && n.Max/n.Min >= farApart {
		n.Scale = "log"
		place = func(v float64) float64 { return math.Log(v/n.Min) / math.Log(n.Max/n.Min) }
	}
	for side := range n.Counts {
		n.Counts[side] = make([]float64, histogramBin)
		total, sum := 0.0, 0.0
		for _, b := range bins {
			total += b.Events[side]
		}
		n.Median[side] = math.NaN()
		for _, b := range bins {
			at := 0
			if n.Max > n.Min {
				at = min(int(place(b.Value)*histogramBin), histogramBin-1)
			}
			n.Counts[side][at] += b.Events[side]
			if sum < total/2 && sum+b.Events[side] >= total/2 {
				n.Median[side] = b.Value
			}
			sum += b.Events[side]
		}
	}
	return n
}
