package querier

import (
	"context"
	"strconv"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
)

// runLocal answers a query whose last stages no store runs.
func (q *Querier) runLocal(ctx context.Context, ask *query.Query, progress func(store.Progress)) (*store.Result, error) {
	before, local := query.Cut(ask.Stages)
	part := *ask
	part.Stages = before
	t, err := q.begin(ctx, &part, local[0], progress)
	if err != nil {
		return nil, err
	}
	for i, stage := range local {
		if err := ctx.Err(); err != nil {
			return nil, q.ended(ctx, ctx, err)
		}
		sofar := part
		sofar.Stages = ask.Stages[:len(before)+i]
		if err := q.applyLocal(ctx, t, stage, &sofar); err != nil {
			return nil, err
		}
		if len(t.values) > t.most {
			return nil, t.tooMany()
		}
	}
	return t.result(), nil
}

// begin gives the rows that the first stage is applied to, or its own where it
// looks at events itself.
func (q *Querier) begin(ctx context.Context, part *query.Query, stage query.Stage, progress func(store.Progress)) (*rows, error) {
	switch s := stage.(type) {
	case query.Relevant:
		return q.relevant(ctx, part, s)
	case query.Templates:
		return q.templates(ctx, part, s, progress)
	}
	r, err := q.newest(ctx, part, nil)
	if r == nil && err == nil {
		r, err = q.run(ctx, part, Telling{Progress: progress})
	}
	if err != nil {
		return nil, err
	}
	return newRows(r, q.config.MaxRows), nil
}

// applyLocal applies one stage; sofar is the query that gave the rows.
func (q *Querier) applyLocal(ctx context.Context, t *rows, stage query.Stage, sofar *query.Query) error {
	switch s := stage.(type) {
	case query.Relevant, query.Templates: // begin has done it
	case query.FillGaps:
		return t.fillGaps(s)
	case query.FillDown:
		t.fillDown(s)
	case query.RunningTotal:
		t.runningTotal(s)
	case query.Lag:
		t.lag(s)
	case query.Totals:
		t.totals(s)
	case query.Outliers:
		t.outliers(s)
	case query.Sessions:
		t.sessions(s)
	case query.Lookup:
		t.lookup(s)
	case query.Join:
		return q.join(ctx, t, s)
	case query.Beside:
		return q.beside(ctx, t, s)
	case query.Earlier:
		return q.earlier(ctx, t, s, sofar)
	default:
		return t.apply(stage)
	}
	return nil
}

func (t *rows) fillDown(s query.FillDown) {
	for _, name := range s.Fields {
		var last event.Value
		for i := range t.values {
			if v := t.get(i, name); !v.IsNull() {
				last = v
			} else {
				t.set(i, name, last)
			}
		}
	}
}

func (t *rows) runningTotal(s query.RunningTotal) {
	sum := 0.0
	for i := range t.values {
		f, _ := finiteNumber(t.get(i, s.Field))
		sum += f
		t.set(i, s.Name, event.FloatValue(sum))
	}
	t.column(s.Name)
}

func (t *rows) lag(s query.Lag) {
	for n := s.From; n <= s.To; n++ {
		name := s.Name + strconv.Itoa(n)
		t.column(name)
		for i := n; i < len(t.values); i++ {
			t.set(i, name, t.get(i-n, s.Field))
		}
	}
}

// totals adds a field and a row of sums.
func (t *rows) totals(s query.Totals) {
	sums := make([]float64, len(s.Fields))
	for i := range t.values {
		all := 0.0
		for k, name := range s.Fields {
			f, _ := finiteNumber(t.get(i, name))
			all += f
			sums[k] += f
		}
		if s.Name != "" {
			t.set(i, s.Name, event.FloatValue(all))
		}
	}
	if s.Name != "" {
		t.column(s.Name)
	}
	if !s.Row {
		return
	}
	t.values = append(t.values, nil)
	last, all := len(t.values)-1, 0.0
	for k, name := range s.Fields {
		t.set(last, name, event.FloatValue(sums[k]))
		all += sums[k]
	}
	if s.Name != "" {
		t.set(last, s.Name, event.FloatValue(all))
	}
}

// outliers finds what lies far from the quartiles.
func (t *rows) outliers(s query.Outliers) {
	out := make([]bool, len(t.values))
	for _, name := range s.Fields {
		low, high, ok := t.borders(name, s.Width)
		if !ok {
			continue
		}
		for i := range t.values {
			f, isNumber := finiteNumber(t.get(i, name))
			border := 0.0
			switch {
			case isNumber && f > high:
				border = high
			case isNumber && s.Lower && f < low:
				border = low
			default:
				continue
			}
			out[i] = true
			v := event.FloatValue(border)
			if s.Mark {
				v = event.StringValue("000" + v.Text())
			}
			if !s.Remove {
				t.set(i, name, v)
			}
		}
	}
	if s.Remove {
		t.keep(func(i int) bool { return !out[i] })
	}
}

// borders are those beyond which a number is an outlier.
func (t *rows) borders(name string, width float64) (low, high float64, ok bool) {
	var values []event.Value
	for i := range t.values {
		values = append(values, t.get(i, name))
	}
	quartile := func(at float64) (float64, bool) {
		v := measure(query.Calc{Op: query.Interpolated, Q: at}, values)
		return v.Float(), !v.IsNull()
	}
	first, ok := quartile(0.25)
	third, _ := quartile(0.75)
	return first - width*(third-first), third + width*(third-first), ok
}

// sessions numbers the stretches without gaps.
func (t *rows) sessions(s query.Sessions) {
	t.sort([]query.SortKey{{Field: s.Time}})
	type open struct {
		id   int
		last int64
	}
	running := map[string]open{}
	count := 0
	for i := range t.values {
		key := t.key(i, s.Fields)
		at := t.get(i, s.Time).Int()
		now, known := running[key]
		if !known || at-now.last > s.Span {
			count++
			now.id = count
		}
		now.last = at
		running[key] = now
		t.set(i, s.Name, event.IntValue(int64(now.id)))
	}
	t.column(s.Name)
}

// relevant is BubbleUp as a table.
func (q *Querier) relevant(ctx context.Context, part *query.Query, s query.Relevant) (*rows, error) {
	ask, err := q.withFields(part, query.FieldsOf(s.Where)...)
	if err != nil {
		return nil, err
	}
	var found *store.Contrast
	if _, err = q.admit(ctx, q.gateOf(ask), func(ctx context.Context) (*store.Result, error) {
		var err error
		found, err = q.config.Store.Contrast(ctx, ask, query.ConditionWithIDs(s.Where), store.ContrastOptions{Fields: s.Fields})
		return nil, err
	}); err != nil {
		return nil, err
	}
	b := newBubbleUp(found, query.FieldsOf(s.Where), Baseline{})
	t := &rows{names: map[string]int{}, most: q.config.MaxRows, stats: b.Stats}
	for _, name := range s.Names {
		t.column(name)
	}
	for _, d := range b.Fields {
		if d.Class == Chosen || d.Class == IDLike || d.Class == Constant || ownField(d.Name) {
			continue
		}
		t.values = append(t.values, []event.Value{
			event.StringValue(d.Name), event.FloatValue(d.Score), contributors(&d), median(&d, store.Selected), median(&d, store.Others),
		})
	}
	return t, nil
}

// ownField reports whether a field says nothing that is in the event itself.
func ownField(name string) bool {
	return strings.HasPrefix(name, "_") || strings.HasPrefix(name, "meta.") || strings.HasPrefix(name, "log.") || name == event.FieldBody
}

// contributors are the values that set a field apart, in words.
func contributors(d *Difference) event.Value {
	var parts []string
	for _, v := range d.Values {
		if v.Events[store.Selected] > 0 && len(parts) < 3 {
			parts = append(parts, v.Value.Text())
		}
	}
	if len(parts) == 0 {
		if d.Headline == "" {
			return event.Value{}
		}
		return event.StringValue(d.Headline)
	}
	return event.StringValue(strings.Join(parts, ", "))
}

// median is that of a side, if the field is a number.
func median(d *Difference, side int) event.Value {
	if d.Numbers != nil {
		if m := d.Numbers.Median[side]; m == m { //nolint:gocritic // not NaN
			return event.FloatValue(m)
		}
		return event.Value{}
	}
	var values []event.Value
	for _, v := range d.Values {
		for range int(min(v.Events[side], 1000)) {
			values = append(values, v.Value)
		}
	}
	if d.Kind == event.String || d.Kind == event.Bool {
		return event.Value{}
	}
	return measure(query.Calc{Op: query.Interpolated, Q: 0.5}, values)
}
