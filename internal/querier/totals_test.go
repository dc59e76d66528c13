package querier

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store/storetest"
)

func specOf(t *testing.T, text string) *query.Spec {
	t.Helper()
	spec, err := query.ParseText(text)
	if err != nil {
		t.Fatal(err)
	}
	return spec
}

// Whatever the groups and the havings, table and other together are the total.
func TestRunSpec_TableAndOtherAreTheTotal(t *testing.T) {
	t.Parallel()
	s := storetest.NewReference()
	b := event.NewBatch("test", "api")
	noise := rand.New(rand.NewPCG(3, 4))
	for i := range 500 {
		b.Begin(now.UnixNano() - int64(i+1)*1e9)
		b.SetSampleRate(uint32(noise.IntN(3) + 1))
		for _, field := range []string{"a", "b", "c"} {
			switch noise.IntN(5) {
			case 0: // absent
			case 1:
				b.Set(field, event.StringValue(""))
			default:
				b.Set(field, event.StringValue(fmt.Sprint(noise.IntN(4))))
			}
		}
	}
	if err := s.Append(t.Context(), 1, []*event.Batch{b}); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		`VISUALIZE COUNT GROUP BY a LIMIT 2 LAST 1h`, `VISUALIZE COUNT GROUP BY a, b LIMIT 7 LAST 1h`,
		`VISUALIZE COUNT GROUP BY a, b, c LIMIT 30 LAST 1h`, `VISUALIZE COUNT GROUP BY b HAVING COUNT > 200 LAST 1h`,
		`VISUALIZE COUNT GROUP BY a LIMIT 100 LAST 1h`, `VISUALIZE COUNT GROUP BY a HAVING COUNT > 100000 LAST 1h`,
	} {
		r, err := newQuerier(s, Config{}).RunSpec(t.Context(), "test", nil, specOf(t, text), SpecOptions{Totals: true, Other: true})
		if err != nil {
			t.Fatal(err)
		}
		table := 0.0
		for _, v := range r.Columns[len(r.Columns)-1].Values {
			n, _ := v.Number()
			table += n
		}
		other, _ := r.Other["COUNT"].Number()
		if total, _ := r.Totals["COUNT"].Number(); table+other != total || (r.More && other == 0) {
			t.Errorf("%s: %v in the table and %v in others, of %v", text, table, other, total)
		}
	}
}

func TestRunSpec_OtherWorksForThousandsOfGroups(t *testing.T) {
	t.Parallel()
	s := storetest.NewReference()
	b := event.NewBatch("test", "api")
	for i := range 6000 {
		b.Begin(now.UnixNano() - int64(i+1)*1e3)
		b.Set("tenant", event.IntValue(int64(i%50)))
		b.Set("user", event.IntValue(int64(i)))
	}
	if err := s.Append(t.Context(), 1, []*event.Batch{b}); err != nil {
		t.Fatal(err)
	}
	r, err := newQuerier(s, Config{}).RunSpec(t.Context(), "test", nil, specOf(t, `VISUALIZE COUNT GROUP BY tenant, user LIMIT 5000 LAST 1h`), SpecOptions{Other: true})
	if err != nil {
		t.Fatal(err)
	}
	if n, _ := r.Other["COUNT"].Number(); n != 1000 {
		t.Errorf("%v in others", n)
	}
}

func TestRunSpec_TotalSeriesIsThatOfAllGroups(t *testing.T) {
	t.Parallel()
	q := newQuerier(filled(t), Config{})
	r, err := q.RunSpec(t.Context(), "test", nil, specOf(t, `VISUALIZE COUNT GROUP BY route LIMIT 1 GRANULARITY 5m LAST 1h`), SpecOptions{Series: true, TotalSeries: true})
	if err != nil {
		t.Fatal(err)
	}
	plain, err := q.RunSpec(t.Context(), "test", nil, specOf(t, `VISUALIZE COUNT GRANULARITY 5m LAST 1h`), SpecOptions{Series: true, TotalSeries: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.TotalSeries.Groups) != 1 || len(r.Series.Groups) != 1 {
		t.Fatalf("%+v", r.TotalSeries)
	}
	a, b := r.TotalSeries.answer(), plain.Series.answer()
	if diff := cmp.Diff(b.Groups[0].Values, a.Groups[0].Values, cmpopts.EquateNaNs()); diff != "" {
		t.Error(diff)
	}
}

// Series that would take the server's memory are refused, with what to change.
func TestRunSpec_SeriesAreBounded(t *testing.T) {
	t.Parallel()
	s := storetest.NewReference()
	b := event.NewBatch("test", "api")
	for i := range 1000 {
		b.Begin(now.UnixNano() - int64(i+1)*1e6)
		b.Set("user", event.IntValue(int64(i)))
	}
	if err := s.Append(t.Context(), 1, []*event.Batch{b}); err != nil {
		t.Fatal(err)
	}
	calcs := "COUNT"
	for i := range 5 {
		calcs += fmt.Sprintf(", COUNT AS c%d", i)
	}
	spec := specOf(t, "VISUALIZE "+calcs+" GROUP BY user LIMIT 1000 GRANULARITY 4s LAST 1h")
	_, err := newQuerier(s, Config{}).RunSpec(t.Context(), "test", nil, spec, SpecOptions{Series: true})
	if !fault.Is(err, fault.TooLarge) || !strings.Contains(fault.MessageOf(err), "coarser granularity") {
		t.Error(err)
	}
}

// What is kept reads back as what was shown.
func TestKept_ReadsBackTheSame(t *testing.T) {
	t.Parallel()
	r, err := newQuerier(filled(t), Config{}).RunSpec(t.Context(), "test", nil,
		specOf(t, `VISUALIZE COUNT, P99(duration_ms), HEATMAP(duration_ms) GROUP BY route GRANULARITY 5m LAST 1h COMPARE 1h`),
		SpecOptions{Series: true, Totals: true, Other: true, TotalSeries: true})
	if err != nil {
		t.Fatal(err)
	}
	first, err := json.Marshal(r.Keep(12.5))
	if err != nil {
		t.Fatal(err)
	}
	kept, err := DecodeKept(first)
	if err != nil {
		t.Fatal(err)
	}
	second, err := json.Marshal(kept)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(first), string(second)); diff != "" {
		t.Error(diff)
	}
	if kept.Result.Compare == nil || kept.Result.TotalsOver == nil || len(kept.Result.Heatmaps) != 1 || kept.ElapsedMS != 12.5 {
		t.Errorf("%+v", kept)
	}
}

// A course reads like a list of numbers and nulls, and nothing else does.
func FuzzCourse(f *testing.F) {
	for _, seed := range []string{`[]`, `[1,null,-2.5e-9]`, `[ 1 , null ]`, `[1,]`, `null`, `[[1]]`, `[1e999]`, `["1"]`, `{"a":1}`, `[0x10]`, `[1_000]`, `[Inf]`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var want []*float64
		var got struct{ C Course }
		text := append(append([]byte(`{"C":`), raw...), '}')
		var wrapped struct{ C *[]*float64 }
		wantErr, gotErr := json.Unmarshal(text, &wrapped), json.Unmarshal(text, &got)
		if wantErr == nil && wrapped.C != nil {
			want = *wrapped.C
		}
		if wantErr != nil {
			return // what is no JSON never gets so far
		}
		if wrapped.C == nil {
			return // null, or another member
		}
		if gotErr != nil || len(got.C) != len(want) {
			t.Fatalf("%s: %v, %v", raw, got.C, gotErr)
		}
		for i, v := range got.C {
			if (want[i] == nil) != math.IsNaN(v) || want[i] != nil && *want[i] != v {
				t.Fatalf("%s: point %d is %v", raw, i, v)
			}
		}
		out, err := json.Marshal(got.C)
		var back Course
		if err != nil || json.Unmarshal(out, &back) != nil || len(back) != len(got.C) {
			t.Fatalf("%s became %s, %v", raw, out, err)
		}
	})
}
