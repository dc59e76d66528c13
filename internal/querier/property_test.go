package querier

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store/storetest"
)

// earlier is how long before the events of a question those lie that it is compared
// with.
const earlier = 1800

// question draws a question of Honeycomb's form over generated events, which lie
// around a moment.
func question(t *rapid.T, start int64) map[string]any {
	pick := func(what string, from ...string) string { return rapid.SampledFrom(from).Draw(t, what) }
	columns := []string{"route", "status", "ok", "absent", "made"}
	filters := func(n int) []any {
		list := []any{}
		for range n {
			list = append(list, rapid.SampledFrom([]map[string]any{
				{"column": "route", "op": "=", "value": "a"},
				{"column": "route", "op": "!=", "value": "a"},
				{"column": "status", "op": ">=", "value": 9},
				{"column": "status", "op": "in", "value": []int{0, 200, 500}},
				{"column": "status", "op": "not-in", "value": []int{1, 10}},
				{"column": "duration_ms", "op": "<", "value": 9000.5},
				{"column": "ok", "op": "exists"},
				{"column": "ok", "op": "does-not-exist"},
				{"column": "ok", "op": "=", "value": true},
				{"column": "route", "op": "does-not-contain", "value": "b"},
				{"column": "made", "op": "starts-with", "value": "s"},
			}).Draw(t, "filter"))
		}
		return list
	}
	spec := map[string]any{"start_time": start, "end_time": start + rapid.Int64Range(20, 60).Draw(t, "seconds"), "usage_mode": rapid.Bool().Draw(t, "usage")}
	spec["granularity"] = rapid.SampledFrom([]int{1, 7, 10, 20}).Draw(t, "granularity")
	spec["calculated_fields"] = []any{map[string]any{"name": "made", "expression": `IF($duration_ms > 9000, "slow", $route)`}}
	spec["filters"], spec["filter_combination"] = filters(rapid.IntRange(0, 2).Draw(t, "filters")), pick("combination", "AND", "OR")
	spec["breakdowns"] = rapid.SliceOfNDistinct(rapid.SampledFrom(columns), 0, 2, rapid.ID[string]).Draw(t, "breakdowns")
	var calcs []any
	var names []string
	for i := range rapid.IntRange(1, 3).Draw(t, "calculations") {
		c := map[string]any{"op": pick("op", "COUNT", "COUNT", "SUM", "AVG", "MIN", "MAX", "COUNT_DISTINCT", "RATE_SUM", "RATE_AVG", "RATE_MAX"), "name": fmt.Sprint("calc", i)}
		switch fmt.Sprint(c["op"]) {
		case "COUNT":
			if rapid.Bool().Draw(t, "of a column") {
				c["column"] = pick("counted", columns...)
			}
		case "COUNT_DISTINCT":
			c["column"] = pick("distinct", "route", "status", "ok", "made")
		default:
			c["column"] = pick("number", "status", "duration_ms", "ratio")
		}
		if n := rapid.IntRange(0, 2).Draw(t, "own filters"); n > 0 {
			c["filters"], c["filter_combination"] = filters(n), pick("own combination", "AND", "OR")
		}
		if !strings.HasPrefix(fmt.Sprint(c["op"]), "RATE_") {
			names = append(names, fmt.Sprint("calc", i))
		}
		calcs = append(calcs, c)
	}
	spec["calculations"] = calcs
	if len(names) == len(calcs) && rapid.IntRange(0, 2).Draw(t, "formulas") == 0 {
		first, last := names[0], names[len(names)-1]
		spec["formulas"] = []any{map[string]any{"name": "formula", "expression": "$" + first + " * 100 / $" + last + " - 1"}}
		names = []string{"formula"}
	}
	if len(names) > 0 && rapid.Bool().Draw(t, "having") {
		spec["havings"] = []any{map[string]any{"column": pick("of", names...), "op": pick("sign", "=", "!=", "<", "<=", ">", ">="), "value": rapid.IntRange(0, 12).Draw(t, "bound")}}
	}
	if len(names) > 0 && rapid.Bool().Draw(t, "ordered") {
		spec["orders"] = []any{map[string]any{"column": pick("by", names...), "order": pick("way", "ascending", "descending")}}
	}
	if rapid.Bool().Draw(t, "limited") {
		spec["limit"] = rapid.IntRange(1, 8).Draw(t, "limit")
	}
	switch rapid.IntRange(0, 4).Draw(t, "compared") {
	case 0:
		spec["compare_time_offset_seconds"] = earlier
	case 1:
		spec["compare"] = pick("with", "previous", "1807s", "40m")
	}
	return spec
}

// plainly answers a question in the plainest way there is.
type plainly struct {
	spec  *query.Spec
	rows  []event.Row
	where query.Expr
	made  query.Expr
}

// madeRow is a row with the question's calculated field.
type madeRow struct {
	event.Row
	made query.Expr
}

func (r madeRow) Get(name string) event.Value {
	if name == "made" {
		return query.Eval(r.made, r.Row)
	}
	return r.Row.Get(name)
}

func (p *plainly) key(r madeRow) string {
	var parts []string
	for _, b := range p.spec.Breakdowns {
		v := r.Get(b)
		parts = append(parts, fmt.Sprint(v.IsNull(), v.Text()))
	}
	return strings.Join(parts, "|")
}

// groups are the rows of [from, to) ns that the filters keep, by key.
func (p *plainly) groups(from, to int64) map[string][]madeRow {
	out := map[string][]madeRow{}
	for _, row := range p.rows {
		r := madeRow{row, p.made}
		if at := row.Batch.Times[row.Index]; at >= from && at < to && (p.where == nil || query.Match(p.where, r)) {
			out[p.key(r)] = append(out[p.key(r)], r)
		}
	}
	if len(p.spec.Breakdowns) == 0 && len(out) == 0 {
		out[""] = nil
	}
	return out
}

// calculate is one calculation over rows; NaN stands for null.
func (p *plainly) calculate(op string, c query.SpecCalc, rows []madeRow) float64 {
	own, _ := (&query.Spec{Filters: c.Filters, FilterCombination: c.FilterCombination}).Condition()
	count, sum, least, most, some := 0.0, 0.0, math.Inf(1), math.Inf(-1), false
	distinct := map[string]bool{}
	for _, r := range rows {
		if own != nil && !query.Match(own, r) {
			continue
		}
		w := float64(r.Batch.SampleRate(r.Index))
		if p.spec.UsageMode {
			w = 1
		}
		v := r.Get(c.Column)
		if c.Column != "" && v.IsNull() {
			continue
		}
		n, _ := v.Number()
		some, count, sum = true, count+w, sum+w*n
		least, most = min(least, n), max(most, n)
		distinct[v.Text()] = true
	}
	switch {
	case op == "COUNT":
		return count
	case op == "COUNT_DISTINCT":
		return float64(len(distinct))
	case !some:
		return math.NaN()
	}
	return map[string]float64{"SUM": sum, "AVG": sum / count, "MIN": least, "MAX": most}[op]
}

// row is all calculations of a group, or the formulas in their place.
func (p *plainly) row(rows []madeRow) map[string]float64 {
	out := map[string]float64{}
	for _, c := range p.spec.Calculations {
		if !strings.HasPrefix(c.Op, "RATE_") {
			out[c.Key()] = p.calculate(c.Op, c, rows)
		}
	}
	if len(p.spec.Formulas) == 0 {
		return out
	}
	of := func(name string) float64 { // null counts as 0 in arithmetic
		if v := out[name]; !math.IsNaN(v) {
			return v
		}
		return 0
	}
	first, last := p.spec.Calculations[0].Key(), p.spec.Calculations[len(p.spec.Calculations)-1].Key()
	part := of(first) * 100 / of(last)
	if math.IsNaN(part) || math.IsInf(part, 0) {
		part = 0
	}
	return map[string]float64{"formula": part - 1}
}

// course is a calculation in each bucket.
func (p *plainly) course(name string, rows []madeRow, from, step int64, count int) []float64 {
	out, last := make([]float64, count), math.NaN()
	for i := range out {
		var within []madeRow
		for _, r := range rows {
			if at := r.Batch.Times[r.Index]; at >= from+int64(i)*step && at < from+int64(i+1)*step {
				within = append(within, r)
			}
		}
		out[i] = math.NaN()
		if len(within) == 0 {
			continue
		}
		at := slices.IndexFunc(p.spec.Calculations, func(c query.SpecCalc) bool { return c.Key() == name })
		if at < 0 || !strings.HasPrefix(p.spec.Calculations[at].Op, "RATE_") {
			out[i] = p.row(within)[name]
			continue
		}
		c := p.spec.Calculations[at]
		v := p.calculate(strings.TrimPrefix(c.Op, "RATE_"), c, within)
		if math.IsNaN(v) {
			continue
		}
		out[i], last = max(v-last, 0), v
	}
	return out
}

func (p *plainly) keeps(row map[string]float64) bool {
	for _, h := range p.spec.Havings {
		v, bound := row[h.Key()], *h.Value
		kept := map[string]bool{"=": v == bound, "!=": v != bound, "<": v < bound, "<=": v <= bound, ">": v > bound, ">=": v >= bound}[h.Op]
		if !kept {
			return false
		}
	}
	return true
}

func near(a, b float64) bool {
	return math.IsNaN(a) && math.IsNaN(b) || a == b || math.Abs(a-b) <= 1e-9*max(math.Abs(a), math.Abs(b))
}

func numberOf(v event.Value) float64 {
	if v.IsNull() {
		return math.NaN()
	}
	n, _ := v.Number()
	return n
}

func keyOfValues(values []event.Value) string {
	var parts []string
	for _, v := range values {
		parts = append(parts, fmt.Sprint(v.IsNull(), v.Text()))
	}
	return strings.Join(parts, "|")
}

// TestRunSpec_AnswersAsIsPlain draws questions, and counts their answers by hand:
// the table, the course over time, the comparison, totals and others.
func TestRunSpec_AnswersAsIsPlain(t *testing.T) {
	t.Parallel()
	start := now.Unix() - 3600
	rapid.Check(t, func(t *rapid.T) {
		s, p := storetest.NewReference(), &plainly{}
		for seq, shift := range []int64{start, start - earlier} {
			batches := storetest.Events(t, "test", 40)
			for _, b := range batches {
				for i := range b.Times {
					b.Times[i] += shift * int64(time.Second)
					p.rows = append(p.rows, b.Row(i))
				}
			}
			if err := s.Append(t.Context(), uint64(seq+1), batches); err != nil {
				t.Fatal(err)
			}
		}
		raw, err := json.Marshal(question(t, start))
		if err != nil {
			t.Fatal(err)
		}
		if p.spec, err = query.DecodeSpec(raw); err != nil {
			t.Fatalf("%s: %v", raw, err)
		}
		p.made, _ = query.ParseField(p.spec.CalculatedFields[0].Expression)
		p.where, _ = p.spec.Condition()
		r, err := newQuerier(s, Config{}).RunSpec(t.Context(), "test", nil, p.spec, SpecOptions{Series: true, Totals: true, Other: true, TotalSeries: true})
		if err != nil {
			t.Fatalf("%s: %v", raw, err)
		}
		if d := p.differs(r); d != "" {
			t.Fatalf("%s\n%s", raw, d)
		}
	})
}

// differs says how an answer differs from the plain one, "" if it does not.
func (p *plainly) differs(r *SpecResult) string {
	groups := p.groups(r.Plan.Start, r.Plan.End)
	kept := map[string]bool{}
	for key, rows := range groups {
		if p.keeps(p.row(rows)) {
			kept[key] = true
		}
	}
	if want := min(len(kept), r.Plan.Limit); r.Rows != want || r.More != (len(kept) > r.Plan.Limit) {
		return fmt.Sprintf("%d rows, more is %t; there are %d groups", r.Rows, r.More, len(kept))
	}
	shown := map[string]bool{}
	for row, values := range r.keys() {
		key := keyOfValues(values)
		if !kept[key] || shown[key] {
			return fmt.Sprintf("row %d is of %s", row, key)
		}
		shown[key] = true
		for name, want := range p.row(groups[key]) {
			for _, c := range r.Columns {
				if c.Name == name && !near(numberOf(c.Values[row]), want) {
					return fmt.Sprintf("%s of %s is %v, want %v", name, key, c.Values[row].Text(), want)
				}
			}
		}
	}
	var outside, all []madeRow
	for key, rows := range groups {
		all = append(all, rows...)
		if !shown[key] {
			outside = append(outside, rows...)
		}
	}
	for name, want := range p.row(all) {
		if got := numberOf(r.Totals[name]); !near(got, want) {
			return fmt.Sprintf("the total of %s is %v, want %v", name, got, want)
		}
		if len(r.Other) > 0 && len(outside) > 0 && !near(numberOf(r.Other[name]), p.row(outside)[name]) {
			return fmt.Sprintf("the others of %s are %v, want %v", name, r.Other[name].Text(), p.row(outside)[name])
		}
	}
	if d := p.courseDiffers(r.Series, groups); d != "" {
		return "over time: " + d
	}
	if d := p.courseDiffers(r.TotalSeries, map[string][]madeRow{"": all}); d != "" {
		return "over time, all together: " + d
	}
	if r.Compare == nil {
		return ""
	}
	shift := r.Plan.Compare
	if d := p.courseDiffers(r.Compare, p.groups(r.Plan.Start-shift, r.Plan.End-shift)); d != "" {
		return "compared: " + d
	}
	return ""
}

func (p *plainly) courseDiffers(s *Series, groups map[string][]madeRow) string {
	for _, g := range s.Groups {
		for name, got := range g.Values {
			want := p.course(name, groups[keyOfValues(g.Key)], s.Start, s.Step, s.Count)
			if !slices.EqualFunc(got, want, near) {
				return fmt.Sprintf("%s of %s is\n%v, want\n%v", name, keyOfValues(g.Key), got, want)
			}
		}
	}
	return ""
}
