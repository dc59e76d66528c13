package query

import (
	"slices"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
)

// Plan is a question made ready to run: its time range resolved, its parts
// turned into pipelines. A store's Limit is one above Limit, so that a result
// can tell whether there are more groups.
type Plan struct {
	Environment string
	Datasets    []string
	Start, End  int64 // Unix nanoseconds, [Start, End)
	Step        int64 // ns, of the series
	Limit       int
	Breakdowns  []string
	Calcs       []PlannedCalc
	Where       Expr  // on the event; nil for none
	Compare     int64 // ns back, 0 for no comparison
	Unweighted  bool

	before   []Stage       // compute the calculated fields that are used
	related  []Stage       // keep rows by other spans, and add their fields
	inputs   []PlannedCalc // what the formulas calculate with; nil without formulas
	formulas []Compute
	havings  []Expr
	sort     []SortKey

	series bool  // some calculation is one over series of metrics
	back   int64 // ns before Start that series are looked at
	ahead  int64 // ns from End on
	there  Expr  // of rows that some calculation is about; nil for all
}

// PlanOptions say how a question is made ready.
type PlanOptions struct {
	Series bool // series are wanted, which are limited to 1,000 groups
	// Fields are names that are read besides those in the question.
	Fields []string
	// Metrics says what is known of the metrics of a metrics dataset, by the names of
	// their fields; nil for any other. Calculations are then over time series.
	Metrics func(name string) event.Metric
	// Saved are the stored calculated fields that the question may read, by alias.
	Saved map[string]string
}

// PlannedCalc is a calculation with the column of the result that holds it.
type PlannedCalc struct {
	Calc
	Key     string // name in results
	Heatmap bool
	Rate    bool
	Points  bool // of data points, not of what they say
	Values  bool // of the values that histograms hold

	ratio *ratio // what it is made of, if it is the share of two others
}

// Plan resolves the question at a moment. Datasets empty means all of them.
func (s *Spec) Plan(environment string, datasets []string, now time.Time, opts PlanOptions) (*Plan, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	where, related, err := s.split()
	if err != nil {
		return nil, err
	}
	p := &Plan{Environment: environment, Datasets: datasets, Breakdowns: s.Breakdowns, Where: where, Unweighted: s.UsageMode}
	p.Start, p.End = s.bounds(now)
	if p.Start >= p.End {
		return nil, fault.New(fault.Invalid, "the time range is empty: it ends at %d and starts at %d", p.End/1e9, p.Start/1e9)
	}
	if p.Step, err = s.step(p.End-p.Start, opts.Metrics != nil); err != nil {
		return nil, err
	}
	if p.Limit, err = s.limit(opts.Series); err != nil {
		return nil, err
	}
	if p.Compare, err = s.comparedBack(p.End - p.Start); err != nil {
		return nil, err
	}
	if err := p.planCalcs(s); err != nil {
		return nil, err
	}
	if err := p.planSeries(s, opts); err != nil {
		return nil, err
	}
	if err := p.planFields(s, related, opts); err != nil {
		return nil, err
	}
	p.planHavings(s)
	p.planOrder(s)
	return p, nil
}

// planCalcs plans the calculations, and the formulas in their place.
func (p *Plan) planCalcs(s *Spec) error {
	ops := specOps()
	for _, c := range s.calcs() {
		op := ops[c.Op]
		condition, err := condition(c.Filters, c.FilterCombination)
		if err != nil {
			return err
		}
		p.Calcs = append(p.Calcs, PlannedCalc{
			Calc: Calc{Op: op.calc, Field: c.Column, Q: op.q, Where: condition, Name: c.Key()}, Key: c.Key(),
			Heatmap: op.calc == Histogram, Rate: op.rate, Points: op.points && !op.values, Values: op.values,
		})
	}
	var err error
	if p.formulas, err = s.parseFormulas(); err != nil || len(p.formulas) == 0 {
		return err
	}
	for _, c := range p.Calcs {
		if !c.Rate {
			p.inputs = append(p.inputs, c)
		}
	}
	p.Calcs = nil
	for _, f := range p.formulas {
		p.Calcs = append(p.Calcs, PlannedCalc{Calc: Calc{Name: f.Name}, Key: f.Name})
	}
	return nil
}

// planFields plans the calculated fields that are used, and what is asked of
// other spans.
func (p *Plan) planFields(s *Spec, related []*relatedSpan, opts PlanOptions) error {
	own, err := s.parseFields()
	if err != nil {
		return err
	}
	names := slices.Concat(FieldsOf(p.Where), p.Breakdowns, opts.Fields)
	for _, c := range slices.Concat(p.inputs, p.Calcs) {
		for _, calc := range c.calcs() {
			names = append(append(names, calc.Field), FieldsOf(calc.Where)...)
		}
	}
	for _, f := range s.CalculatedFields {
		if slices.Contains(names, f.Name) && !IsOfSeries(own[f.Name]) {
			p.before = append(p.before, Compute{Name: f.Name, Expr: own[f.Name]})
		}
	}
	p.related = relatedStages(related, own)
	return nil
}

// bounds follows Honeycomb: the range reaches forward from a start, backward
// from an end, and back from now where neither is given.
func (s *Spec) bounds(now time.Time) (start, end int64) {
	length := int64(defaultRange)
	if s.TimeRange != nil {
		length = *s.TimeRange
	}
	const second = int64(time.Second)
	switch {
	case s.StartTime != nil && s.EndTime != nil:
		return *s.StartTime * second, *s.EndTime * second
	case s.StartTime != nil && s.TimeRange == nil:
		return *s.StartTime * second, now.UnixNano()
	case s.StartTime != nil:
		return *s.StartTime * second, (*s.StartTime + length) * second
	case s.EndTime != nil:
		return (*s.EndTime - length) * second, *s.EndTime * second
	}
	return now.UnixNano() - length*second, now.UnixNano()
}

// HumanSteps are the lengths of buckets that people count in.
func HumanSteps() []time.Duration {
	const day = 24 * time.Hour
	return []time.Duration{
		10 * time.Millisecond, 50 * time.Millisecond, 100 * time.Millisecond, 500 * time.Millisecond,
		time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
		time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
		time.Hour, 2 * time.Hour, 3 * time.Hour, 4 * time.Hour, 6 * time.Hour, 12 * time.Hour,
		day, 2 * day, 3 * day, 7 * day,
	}
}

// pointsOfASeries is how many buckets an automatic granularity aims below.
const pointsOfASeries = 170

func (s *Spec) step(length int64, metrics bool) (int64, error) {
	if s.Granularity == nil || *s.Granularity == 0 {
		least := length / pointsOfASeries
		if metrics && length > metricStep {
			least = max(least, metricStep)
		}
		for _, step := range HumanSteps() {
			if int64(step) >= least {
				return int64(step), nil
			}
		}
		return int64(7 * 24 * time.Hour), nil
	}
	step := int64(*s.Granularity * 1e9)
	if step < length/1000 || step > length || step <= 0 {
		return 0, fault.New(fault.Invalid, "granularity is %v seconds; for this time range it must be from %v to %v", *s.Granularity, float64(length/1000)/1e9, float64(length)/1e9)
	}
	return step, nil
}

// defaultLimit is how many groups are answered where the question does not say.
const defaultLimit = 100

func (s *Spec) limit(withSeries bool) (int, error) {
	if s.Limit == nil {
		return defaultLimit, nil
	}
	if withSeries && *s.Limit > maxGroupLimit {
		return 0, fault.New(fault.Invalid, "limit is %d; with series it must be from 1 to %d", *s.Limit, maxGroupLimit)
	}
	return *s.Limit, nil
}

func (p *Plan) planHavings(s *Spec) {
	for _, h := range s.Havings {
		ops := []CompareOp{Eq, Eq, Lt, Le, Gt, Ge}
		compare := Compare{Op: ops[havingOp(h.Op)], L: Field{Name: h.Key()}, R: Literal{Value: event.FloatValue(*h.Value)}}
		p.havings = append(p.havings, negated(h.Op == "!=", compare))
	}
}

// planOrder sorts as asked, and without being asked by the first calculation,
// largest first; breakdowns break ties so that pages are stable.
func (p *Plan) planOrder(s *Spec) {
	for _, o := range s.Orders {
		p.sort = append(p.sort, SortKey{Field: o.Key(), Desc: o.Order == "descending"})
	}
	if len(p.sort) == 0 {
		if at := slices.IndexFunc(p.Calcs, func(c PlannedCalc) bool { return !c.Heatmap && !c.Rate }); at >= 0 {
			p.sort = append(p.sort, SortKey{Field: p.Calcs[at].Key, Desc: true})
		}
	}
	for _, b := range p.Breakdowns {
		if !slices.ContainsFunc(p.sort, func(k SortKey) bool { return k.Field == b }) {
			p.sort = append(p.sort, SortKey{Field: b})
		}
	}
}

// plain are the calculations that one aggregate gives, for the table or, with
// the rates' base, for the series. A heatmap is asked for by itself.
func (p *Plan) plain(series bool) []Calc {
	var calcs []Calc
	for _, c := range p.planned() {
		if !c.Heatmap && (series || !c.Rate) {
			calcs = append(calcs, c.calcs()...)
		}
	}
	return calcs
}

// planned are the calculations that aggregates give: those asked for, or what the
// formulas calculate with.
func (p *Plan) planned() []PlannedCalc {
	if len(p.formulas) > 0 {
		return p.inputs
	}
	return p.Calcs
}

func (p *Plan) query(start, end int64, stages ...Stage) *Query {
	before := slices.Clone(p.before)
	if p.Where != nil {
		before = append(before, Filter{Where: p.Where})
	}
	if p.series {
		start, end, stages = p.ofSeries(start, end, stages)
	}
	stages = slices.Concat(before, p.related, stages)
	return &Query{Environment: p.Environment, Datasets: p.Datasets, Start: start, End: end, Unweighted: p.Unweighted, Stages: stages}
}

// Rows asks for the events that the question is about.
func (p *Plan) Rows() *Query { return p.query(p.Start, p.End) }

// Table asks for one row per group over the whole range. Groups come in order,
// one more than Limit if there are more. Where only heatmaps and rates are asked
// for, and there are groups, they are found by their count.
func (p *Plan) Table() *Query {
	calcs := p.plain(false)
	stages := []Stage{Aggregate{Groups: p.Breakdowns, Calcs: calcs}}
	if len(calcs) == 0 {
		stages = []Stage{Aggregate{Groups: p.Breakdowns, Calcs: []Calc{{Op: Count, Name: hiddenCount}}}}
	}
	stages = append(stages, p.math()...)
	for _, h := range p.havings {
		stages = append(stages, Filter{Where: h})
	}
	sort := slices.DeleteFunc(slices.Clone(p.sort), func(k SortKey) bool {
		return !slices.Contains(p.Breakdowns, k.Field) && !slices.ContainsFunc(calcs, func(c Calc) bool { return c.Name == k.Field }) &&
			!slices.ContainsFunc(p.math(), func(s Stage) bool { c, ok := s.(Compute); return ok && c.Name == k.Field })
	})
	if len(p.Breakdowns) > 0 {
		if len(sort) > 0 {
			stages = append(stages, Sort{Keys: sort})
		}
		stages = append(stages, Limit{Count: p.Limit + 1})
	}
	return p.query(p.Start, p.End, stages...)
}

// hiddenCount is the column of a count that nobody asked for.
const hiddenCount = "_count"

// Series asks for the course over time of the groups with the given keys, each
// as long as Breakdowns; null stands for rows without the field. Without
// breakdowns keys is ignored. The second result is false if there is nothing to
// ask: no calculation has a course but heatmaps.
func (p *Plan) Series(keys [][]event.Value, shift int64) (*Query, bool) {
	calcs := p.plain(true)
	if len(calcs) == 0 || (len(p.Breakdowns) > 0 && len(keys) == 0) {
		return nil, false
	}
	var stages []Stage
	if len(p.Breakdowns) > 0 {
		stages = append(stages, Filter{Where: p.isOneOf(keys)})
	}
	stages = append(stages, Aggregate{Groups: p.Breakdowns, Step: p.Step, Calcs: calcs})
	stages = append(stages, p.math()...)
	return p.query(p.Start-shift, p.End-shift, stages...), true
}

// isOneOf is true of rows of the groups with the given keys. With several
// breakdowns it lets through a few groups more: each field is checked alone,
// which is far cheaper, and the caller drops what it did not ask for.
func (p *Plan) isOneOf(keys [][]event.Value) Expr {
	var terms []Expr
	for i, b := range p.Breakdowns {
		var values []event.Value
		for _, k := range keys {
			if !slices.Contains(values, k[i]) {
				values = append(values, k[i])
			}
		}
		terms = append(terms, oneOf(b, values))
	}
	if len(terms) == 1 {
		return terms[0]
	}
	return And{Terms: terms}
}

// Heatmap asks for the histogram of a calculation per bucket of time.
func (p *Plan) Heatmap(c PlannedCalc, step int64) *Query {
	return p.query(p.Start, p.End, Aggregate{Step: step, Calcs: []Calc{c.Calc}})
}

// Totals asks for the calculations over all rows, whatever their group.
func (p *Plan) Totals() (*Query, bool) {
	calcs := p.plain(false)
	if len(calcs) == 0 {
		return nil, false
	}
	return p.query(p.Start, p.End, append([]Stage{Aggregate{Calcs: calcs}}, p.onlyMath()...)...), true
}

// math computes the formulas, and what else is the share of two calculations, from
// the calculations of each row.
func (p *Plan) math() []Stage {
	var stages []Stage
	for _, c := range p.planned() {
		if c.ratio != nil {
			share := Call{Name: "DIV", Args: []Expr{Field{Name: c.ratio.above.Name}, Field{Name: c.ratio.below.Name}}}
			stages = append(stages, Compute{Name: c.Name, Expr: share})
		}
	}
	for _, f := range p.formulas {
		stages = append(stages, f)
	}
	return stages
}

// onlyMath is math without what it is computed from in the result.
func (p *Plan) onlyMath() []Stage {
	stages := p.math()
	if len(stages) == 0 {
		return nil
	}
	var names []string
	for _, c := range p.Calcs {
		if !c.Heatmap && !c.Rate {
			names = append(names, c.Name)
		}
	}
	return append(stages, Project{Fields: names})
}
