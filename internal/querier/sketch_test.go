package querier

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/oriel-dev/oriel/internal/query"
)

func sketched(calcs []query.PlannedCalc, groups [][]float64, heat ...Heatmap) *SpecResult {
	r := &SpecResult{Plan: &query.Plan{Calcs: calcs}, Heatmaps: heat}
	if groups != nil {
		r.Series = &Series{Count: len(groups[0])}
		for _, g := range groups {
			r.Series.Groups = append(r.Series.Groups, SeriesGroup{Values: map[string][]float64{"COUNT": g}})
		}
	}
	return r
}

func TestSketch_ShowsTheFirstCalculation(t *testing.T) {
	t.Parallel()
	count, heat := query.PlannedCalc{Key: "COUNT"}, query.PlannedCalc{Key: "HEATMAP(d)", Heatmap: true}
	cells := Heatmap{Calc: "HEATMAP(d)", Count: 2, Bins: 2, Counts: []float64{0, 1, 100, 0}}
	none := math.NaN()
	for name, c := range map[string]struct {
		of   *SpecResult
		want string
	}{
		"lines":                    {sketched([]query.PlannedCalc{count, heat}, [][]float64{{0, 5, 10}, {none, 1, 2}}, cells), `{"calc":"COUNT","lines":[[0,50,100],[-1,10,20]]}`},
		"below nothing":            {sketched([]query.PlannedCalc{count}, [][]float64{{-10, 0, 10}}), `{"calc":"COUNT","lines":[[0,50,100]]}`},
		"a heatmap":                {sketched([]query.PlannedCalc{heat, count}, [][]float64{{1, 2}}, cells), `{"calc":"HEATMAP(d)","heat":{"rows":2,"cells":"0290"}}`},
		"an empty heatmap":         {sketched([]query.PlannedCalc{heat, count}, [][]float64{{1, 2}}, Heatmap{Calc: "HEATMAP(d)", Count: 1, Bins: 1, Counts: []float64{0}}), `{"calc":"COUNT","lines":[[50,100]]}`},
		"nothing over time":        {sketched([]query.PlannedCalc{count}, nil), `null`},
		"one point":                {sketched([]query.PlannedCalc{count}, [][]float64{{4}}), `null`},
		"no value":                 {sketched([]query.PlannedCalc{count}, [][]float64{{none, none}}), `null`},
		"a value without an end":   {sketched([]query.PlannedCalc{count}, [][]float64{{1, math.Inf(1)}}), `null`},
		"groups that do not exist": {sketched([]query.PlannedCalc{{Key: "other"}}, [][]float64{{1, 2}}), `null`},
	} {
		got, err := json.Marshal(c.of.Sketch())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, string(got)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestSketch_StaysSmall(t *testing.T) {
	t.Parallel()
	many := make([]float64, 5000)
	for i := range many {
		many[i] = float64(i)
	}
	groups := make([][]float64, 1000)
	for i := range groups {
		groups[i] = many
	}
	counts := make([]float64, 160*60)
	counts[0], counts[len(counts)-1] = 1e12, 0.5
	for name, r := range map[string]*SpecResult{
		"lines": sketched([]query.PlannedCalc{{Key: "COUNT"}}, groups),
		"heat":  sketched([]query.PlannedCalc{{Key: "h", Heatmap: true}}, nil, Heatmap{Calc: "h", Count: 160, Bins: 60, Counts: counts}),
	} {
		raw, err := json.Marshal(r.Sketch())
		if err != nil || len(raw) > 2000 {
			t.Errorf("%s: %d bytes %v", name, len(raw), err)
		}
		if name == "heat" && (!strings.Contains(string(raw), `"9000`) || !strings.HasSuffix(string(raw), `01"}}`)) {
			t.Errorf("the corners are %s", raw)
		}
	}
}
