package query

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
)

// lookBack is how long before the time asked about the reading is looked for that a
// counter grew from.
const lookBack = 10 * time.Minute

// metricStep is the shortest step that is chosen where the question names none: most
// senders read their metrics once a minute, and shorter steps would have gaps.
const metricStep = int64(time.Minute)

// metricScope is what a question to a metrics dataset is planned with.
type metricScope struct {
	metric func(name string) event.Metric
	own    map[string]Expr   // calculated fields of the question
	saved  map[string]string // and those that are stored
}

// ratio is a calculation that is the share of two others.
type ratio struct{ above, below Calc }

// planSeries makes the calculations over metrics ones over series.
func (p *Plan) planSeries(s *Spec, opts PlanOptions) error {
	own, err := s.parseFields()
	if err != nil {
		return err
	}
	if opts.Metrics == nil {
		return s.checkNoSeries(own)
	}
	m := &metricScope{metric: opts.Metrics, own: own, saved: opts.Saved}
	for _, list := range [][]PlannedCalc{p.Calcs, p.inputs} {
		for i := range list {
			if err := m.plan(&list[i]); err != nil {
				return err
			}
		}
	}
	for _, name := range slices.Concat(FieldsOf(p.Where), p.Breakdowns) {
		if m.isTimed(name) {
			return madeOfSeries(name)
		}
	}
	p.planRange()
	return nil
}

func madeOfSeries(name string) error {
	return fault.New(fault.Invalid, "%s is made of time series: it can be calculated with, and not filtered or grouped by", name)
}

// checkNoSeries refuses what only metrics datasets have.
func (s *Spec) checkNoSeries(own map[string]Expr) error {
	for i, f := range s.CalculatedFields {
		if c, ok := timedCall(own[f.Name]); ok {
			return fault.New(fault.Invalid, "calculated_fields[%d] %s: %s is only supported in metrics datasets", i, f.Name, c.Name)
		}
	}
	for _, c := range s.Calculations {
		if c.Op == histogramCount {
			return fault.New(fault.Invalid, "operation only allowed in metrics datasets: %s", c.Op)
		}
	}
	return nil
}

// planRange notes how far back the calculations look, and which rows have any of
// what they are about.
func (p *Plan) planRange() {
	list := p.Calcs
	if len(p.formulas) > 0 {
		list = p.inputs
	}
	all := len(list) > 0
	var there []Expr
	for _, c := range list {
		for _, calc := range c.calcs() {
			all = all && calc.Field != ""
			there = append(there, Exists{X: Field{Name: calc.Field}})
			t := calc.Series
			if t == nil {
				continue
			}
			p.series = true
			if t.Func == Increase || t.Func == Rate {
				p.back = max(p.back, int64(lookBack)+t.Range)
			}
			if t.Spreads() {
				p.ahead = longestDelta
			}
		}
	}
	if p.series && all {
		p.there = Or{Terms: there}
	}
}

// ofSeries lets aggregates see the rows before start and from end on that series are
// made of, and leaves out those that no calculation is about.
func (p *Plan) ofSeries(start, end int64, stages []Stage) (begin, stop int64, out []Stage) {
	begin, stop, out = start, end, slices.Clone(stages)
	for i, stage := range out {
		a, ok := stage.(Aggregate)
		if !ok {
			continue
		}
		if p.back > 0 {
			a.From, begin = start, start-p.back
		}
		if p.ahead > 0 {
			a.To, stop = end, end+p.ahead
		}
		out[i] = a
		if p.there != nil {
			return begin, stop, slices.Insert(out, i, Stage(Filter{Where: p.there}))
		}
	}
	return begin, stop, out
}

// OfSeries reports whether some calculation is one over time series of metrics.
func (p *Plan) OfSeries() bool { return p.series }

// calcs are those that an aggregate is to give for a calculation.
func (c *PlannedCalc) calcs() []Calc {
	if c.ratio != nil {
		return []Calc{c.ratio.above, c.ratio.below}
	}
	return []Calc{c.Calc}
}

// isTimed reports whether a name is that of a calculated field made of series.
func (m *metricScope) isTimed(name string) bool {
	_, ok := timedCall(m.calculated(name))
	return ok
}

// calculated is the expression of a calculated field, nil if there is none.
func (m *metricScope) calculated(name string) Expr {
	if e, ok := m.own[name]; ok {
		return e
	}
	text, ok := m.saved[name]
	if !ok {
		return nil
	}
	e, err := ParseAnyField(text)
	if err != nil {
		return nil // who reads it says why
	}
	return e
}

// plan decides what a calculation makes of its field.
func (m *metricScope) plan(c *PlannedCalc) error {
	for _, name := range FieldsOf(c.Where) {
		if m.isTimed(name) {
			return madeOfSeries(name)
		}
	}
	if c.Rate || c.Points || c.Field == "" {
		if m.isTimed(c.Field) {
			return fault.New(fault.Invalid, "%s can't be made of %s, which is made of time series", c.Op, c.Field)
		}
		return nil
	}
	name, asked, span := c.Field, "", int64(0)
	switch e := m.calculated(name).(type) {
	case nil:
	case Call:
		call, timed := timedCall(e)
		if !timed {
			return m.planExpression(c, e)
		}
		name, asked, span = seriesArguments(call)
	default:
		return m.planExpression(c, e)
	}
	return m.planMetric(c, name, asked, span)
}

func (c *PlannedCalc) check() error { return c.checkSeries(0) }

// planExpression makes of a calculated field what is made of the metric in it. Of
// several, those that count can't be told apart, and rows are looked at.
func (m *metricScope) planExpression(c *PlannedCalc, e Expr) error {
	var found []event.Metric
	for _, name := range FieldsOf(e) {
		if metric := m.metric(name); metric.Kind != event.NoMetric {
			found = append(found, metric)
		}
	}
	counts := slices.ContainsFunc(found, func(m event.Metric) bool { return m.Kind.Counts() })
	if len(found) == 0 || counts && len(found) > 1 || found[0].Kind.IsHistogram() {
		return nil
	}
	c.Series = temporalOf(found[0].Kind, "", 0)
	there := And{} // arithmetic takes what is not there for 0
	for _, metric := range found {
		there.Terms = append(there.Terms, Exists{X: Field{Name: metric.Name}})
	}
	if c.Where != nil {
		there.Terms = append(there.Terms, c.Where)
	}
	c.Where = there
	return c.check()
}

// temporalOf is what is made of a metric: what was asked for, or what suits its kind.
func temporalOf(kind event.MetricKind, asked string, span int64) *Temporal {
	t := &Temporal{Func: LastPoint, Range: span, Deltas: kind.Counts(), Distribution: kind.IsHistogram()}
	switch {
	case asked == SummarizeName:
		t.Func = Summarize
	case asked == IncreaseName, asked == "" && kind.Counts():
		t.Func = Increase
	case asked == RateName:
		t.Func = Rate
	}
	if t.Func != Increase && t.Func != Rate {
		t.Deltas = false
	}
	return t
}

// planMetric makes a calculation of a metric one over its series. What is not known
// to be a metric (an attribute, or what came before kinds were kept) is calculated
// with as in other datasets, unless a function was asked for.
func (m *metricScope) planMetric(c *PlannedCalc, name, asked string, span int64) error {
	c.Field = name
	kind := m.metric(name).Kind
	if parent, share, ok := m.shareOfHistogram(name); ok && c.Op != Count {
		c.Field = parent
		c.Series = temporalOf(m.metric(parent).Kind, asked, span)
		c.Series.Share = &share
		return c.check()
	}
	if asked == RawName {
		if kind.IsHistogram() {
			return m.planHistogram(c, SummarizeName, span)
		}
		return nil
	}
	switch {
	case c.Values:
		return m.planCount(c, asked, span)
	case kind.IsHistogram():
		return m.planHistogram(c, asked, span)
	case kind == event.NoMetric && asked == "":
		return nil
	}
	c.Series = temporalOf(kind, asked, span)
	return c.check()
}

// planCount plans how many values histograms and summaries hold.
func (m *metricScope) planCount(c *PlannedCalc, asked string, span int64) error {
	kind := m.metric(CountOf(c.Field)).Kind
	if !kind.Counts() {
		is := m.metric(c.Field).Kind.String()
		if is == "" {
			is = "no metric"
		}
		return fault.New(fault.Invalid, "%s is for histograms and summaries; %s is %s", histogramCount, c.Field, is)
	}
	c.Field = CountOf(c.Field)
	c.Series = temporalOf(kind, asked, span)
	return c.check()
}

// planHistogram plans what is calculated of distributions. What their senders say
// themselves, sums and extremes, is in fields of its own.
func (m *metricScope) planHistogram(c *PlannedCalc, asked string, span int64) error {
	kind := m.metric(c.Field).Kind
	part := func(op CalcOp, suffix, name string) Calc {
		field := event.Metric{Name: c.Field, Kind: kind}.Part(suffix)
		return Calc{Op: op, Field: field.Name, Where: c.Where, Name: name, Series: temporalOf(field.Kind, asked, span)}
	}
	switch c.Op {
	case Quantile, Histogram:
		c.Series = temporalOf(kind, asked, span)
	case Sum:
		c.Calc = part(Sum, ".sum", c.Name)
	case Avg:
		c.ratio = &ratio{part(Sum, ".sum", hiddenPrefix+"sum "+c.Name), part(Sum, ".count", hiddenPrefix+"count "+c.Name)}
	case Count:
		c.Calc = part(Count, ".count", c.Name)
	case Min, Max:
		suffix := "." + c.Op.String()
		c.Calc = Calc{Op: c.Op, Field: c.Field + suffix, Where: c.Where, Name: c.Name, Series: &Temporal{Func: LastPoint}}
	case CountDistinct, Concurrency, First, Last, Interpolated, StdDev, Variance, LeastText, GreatestText, Values, TopValues:
		return fault.New(fault.Invalid, "%s can't be made of %s, which is a histogram", strings.ToUpper(c.Op.String()), c.Field)
	}
	return c.check()
}

// hiddenPrefix begins the names of columns that nobody asked for.
const hiddenPrefix = "_of "

// shareOfHistogram takes the name of a percentile of a histogram apart: "latency.p99".
func (m *metricScope) shareOfHistogram(name string) (parent string, share float64, ok bool) {
	at := strings.LastIndex(name, ".p")
	if at < 0 {
		return "", 0, false
	}
	digits := name[at+2:]
	if digits == "" || strings.Trim(digits, "0123456789") != "" || !m.metric(name[:at]).Kind.IsHistogram() {
		return "", 0, false
	}
	share, err := strconv.ParseFloat("0."+digits, 64)
	return name[:at], share, err == nil
}

// Names of the functions of time series in calculated fields.
const (
	LastName      = "LAST"
	SummarizeName = "SUMMARIZE"
	IncreaseName  = "INCREASE"
	RateName      = "RATE"
	RawName       = "RAW_METRIC"
)

// timedCall returns the function of time series that an expression is.
func timedCall(e Expr) (Call, bool) {
	c, ok := e.(Call)
	if !ok {
		return Call{}, false
	}
	f := functionNamed(c.Name)
	return c, f != nil && f.timed
}

// seriesArguments takes a checked call apart.
func seriesArguments(c Call) (metric, function string, span int64) {
	if f, ok := c.Args[0].(Field); ok {
		metric = f.Name
	}
	if len(c.Args) > 1 {
		if v, ok := constant(c.Args[1]); ok {
			span = v.Int() * int64(time.Second)
		}
	}
	return metric, c.Name, span
}

// ParseAnyField is [ParseField], but also takes a function of time series, which must
// be all of the expression: INCREASE($http.requests, 300). Only calculations in
// metrics datasets can be made of such.
func ParseAnyField(text string) (Expr, error) {
	e, err := ParseFieldSyntax(text)
	if err != nil {
		return nil, err
	}
	if c, ok := timedCall(e); ok {
		return e, checkTimed(c)
	}
	var inner string
	walk(e, func(x Expr) {
		if c, ok := timedCall(x); ok && inner == "" {
			inner = c.Name
		}
	})
	if inner != "" {
		return nil, fault.New(fault.Invalid, "%s must be the whole expression; formulas can calculate with what it gives", inner)
	}
	return e, CheckField(e)
}

// IsOfSeries reports whether an expression is a function of time series.
func IsOfSeries(e Expr) bool {
	_, ok := timedCall(e)
	return ok
}

func checkTimed(c Call) error {
	f := functionNamed(c.Name)
	most := max(f.most, 1)
	if len(c.Args) < 1 || len(c.Args) > most {
		takes := "one argument"
		if most > 1 {
			takes = "one to two arguments"
		}
		return fault.New(fault.Invalid, "%s takes %s, found %d", c.Name, takes, len(c.Args))
	}
	if _, ok := c.Args[0].(Field); !ok {
		return fault.New(fault.Invalid, "%s: the metric must be a column, found %s", c.Name, FieldText(c.Args[0]))
	}
	if len(c.Args) < 2 {
		return nil
	}
	if v, ok := constant(c.Args[1]); !ok || v.Kind() != event.Int || v.Int() < 1 || v.Int() > maxSpecRange {
		return fault.New(fault.Invalid, "%s: the range must be a whole number of seconds from 1 to %d, found %s", c.Name, maxSpecRange, FieldText(c.Args[1]))
	}
	return nil
}
