package querier

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store/storetest"
)

// seeded is traffic in which requests of one build are slow, most of the time,
// among fields that have nothing to do with it.
func seeded(t *testing.T, seed uint64) *storetest.Reference {
	t.Helper()
	return seededAt(t, seed, 1)
}

// seededAt is seeded, each event stored for so many.
func seededAt(t *testing.T, seed uint64, rate uint32) *storetest.Reference {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 1))
	b := event.NewBatch("test", "api")
	for i := range 2000 {
		b.Begin(now.Add(-time.Duration(i) * time.Second).UnixNano())
		b.SetSampleRate(rate)
		build := []string{"7f3c", "7f3b", "7f3a"}[rng.IntN(3)]
		slow := rng.Float64() < 0.02 || (build == "7f3c" && rng.Float64() < 0.3)
		duration := 5 + 20*rng.Float64()
		if slow {
			duration += 900
			b.Set("retries", event.IntValue(int64(rng.IntN(2))))
		}
		b.Set("duration_ms", event.FloatValue(duration))
		b.Set("build_id", event.StringValue(build))
		b.Set("region", event.StringValue([]string{"eu", "us", "ap"}[rng.IntN(3)]))
		b.Set("user.id", event.StringValue(fmt.Sprint(rng.IntN(300))))
		b.Set("request.size", event.FloatValue(1000*rng.Float64()))
		b.Set("status", event.IntValue([]int64{200, 200, 200, 404}[rng.IntN(4)]))
		b.Set("http.method", event.StringValue("GET"))
		b.Set("cached", event.BoolValue(rng.IntN(2) == 0))
	}
	b.Begin(now.Add(-time.Minute).UnixNano())
	b.Set("seldom", event.IntValue(1))
	s := storetest.NewReference()
	if err := s.Append(t.Context(), 1, []*event.Batch{b}); err != nil {
		t.Fatal(err)
	}
	return s
}

func bubbleUp(t *testing.T, s Source, text, selected string) (*BubbleUp, error) {
	t.Helper()
	spec, err := query.ParseText(text)
	if err != nil {
		t.Fatal(err)
	}
	selection, err := query.ParseFilter(selected)
	if err != nil {
		t.Fatal(err)
	}
	return newQuerier(s, Config{}).BubbleUp(t.Context(), "test", nil, spec, selection, BubbleUpOptions{})
}

func TestBubbleUp_PutsTheCauseFirstAndSaysIt(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		b, err := bubbleUp(t, seeded(t, seed), `VISUALIZE HEATMAP(duration_ms) WHERE build_id exists LAST 2h`, `duration_ms > 500`)
		if err != nil {
			t.Fatal(err)
		}
		names := []string{b.Fields[0].Name, b.Fields[1].Name}
		if !strings.Contains(strings.Join(names, " "), "build_id") {
			t.Errorf("seed %d: first come %q", seed, names)
		}
		for _, f := range b.Fields {
			switch f.Name {
			case "build_id":
				if !strings.HasPrefix(f.Headline, "build_id = 7f3c in 8") && !strings.HasPrefix(f.Headline, "build_id = 7f3c in 9") {
					t.Errorf("seed %d: %s", seed, f.Headline)
				}
			case "retries":
				if f.Headline != "retries is there in 100 % of the selection, 0 % of the rest" {
					t.Errorf("seed %d: %s", seed, f.Headline)
				}
			}
		}
	}
}

func TestBubbleUp_IsNotFooledByChance(t *testing.T) {
	t.Parallel()
	for seed := range uint64(10) {
		b, err := bubbleUp(t, seeded(t, seed), `WHERE build_id exists LAST 2h`, `duration_ms > 500`)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range b.Fields {
			if f.Class == Ranked && f.Score > worthSaying && f.Name != "build_id" && f.Name != "retries" {
				t.Errorf("seed %d: %s has nothing to do with it, and differs by %.3f: %s", seed, f.Name, f.Score, f.Headline)
			}
		}
	}
}

// An event that was stored for a hundred is one witness, not a hundred: what few of
// them have in common may still be chance.
func TestBubbleUp_IsNotFooledBySampling(t *testing.T) {
	t.Parallel()
	for seed := range uint64(10) {
		b, err := bubbleUp(t, seededAt(t, seed, 100), `WHERE build_id exists LAST 2h`, `duration_ms > 500`)
		if err != nil {
			t.Fatal(err)
		}
		if first := b.Fields[0].Name + " " + b.Fields[1].Name; b.Events[0]+b.Events[1] != 199_900 || !strings.Contains(first, "build_id") {
			t.Errorf("seed %d: %v events, first come %s", seed, b.Events, first)
		}
		for _, f := range b.Fields {
			if f.Class == Ranked && f.Score > worthSaying && f.Name != "build_id" && f.Name != "retries" {
				t.Errorf("seed %d: %s has nothing to do with it, and differs by %.3f: %s", seed, f.Name, f.Score, f.Headline)
			}
		}
	}
}

// Where few of many events are selected, some of many values are among them twice by
// chance: that is nothing to tell.
func TestBubbleUp_IsNotFooledByFewEvents(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 2))
		b := event.NewBatch("test", "api")
		for i := range 1600 {
			b.Begin(now.Add(-time.Duration(i) * time.Second).UnixNano())
			b.Set("slow", event.BoolValue(i%100 == 7))
			if rng.IntN(6) > 0 {
				b.Set("user.id", event.StringValue(fmt.Sprint("u-", rng.IntN(200))))
			}
			b.Set("region", event.StringValue([]string{"eu", "us", "ap"}[rng.IntN(3)]))
			if i%100 == 7 && i > 800 {
				b.Set("user.id", event.StringValue("culprit"))
			}
		}
		s := storetest.NewReference()
		if err := s.Append(t.Context(), 1, []*event.Batch{b}); err != nil {
			t.Fatal(err)
		}
		found, err := bubbleUp(t, s, `WHERE user.id != culprit LAST 2h`, `slow = true`)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range found.Fields {
			if f.Class == Ranked && f.Headline != "" {
				t.Errorf("seed %d: %.3f: %s", seed, f.Score, f.Headline)
			}
		}
		if found, err = bubbleUp(t, s, `LAST 2h`, `slow = true`); err != nil {
			t.Fatal(err)
		}
		if f := found.Fields[0]; f.Headline != "user.id = culprit in 50 % of the selection, 0 % of the rest" {
			t.Errorf("seed %d: %.3f: %s: %s", seed, f.Score, f.Name, f.Headline)
		}
	}
}

// What is another in each event is set apart also where there are few events, but
// for one that only the selected ones have: that says something.
func TestBubbleUp_SetsIDsOfFewEventsApart(t *testing.T) {
	t.Parallel()
	b := event.NewBatch("test", "api")
	for i := range 300 {
		b.Begin(now.Add(-time.Duration(i) * time.Second).UnixNano())
		b.Set("request_id", event.StringValue(fmt.Sprintf("r-%d", 7*i%300)))
		b.Set("user.id", event.StringValue(fmt.Sprintf("u-%d", i%100)))
		b.Set("slow", event.BoolValue(i < 9))
		b.Set("bytes", event.IntValue(int64(1000+37*i)))
		if i < 9 {
			b.Set("user.id", event.StringValue("u-7"))
			b.Set("exception.message", event.StringValue(fmt.Sprintf("no row %d", i)))
		}
	}
	s := storetest.NewReference()
	if err := s.Append(t.Context(), 1, []*event.Batch{b}); err != nil {
		t.Fatal(err)
	}
	found, err := bubbleUp(t, s, `LAST 2h`, `slow = true`)
	if err != nil {
		t.Fatal(err)
	}
	says := map[string]string{}
	for _, f := range found.Fields {
		says[f.Name] = string(f.Class) + ": " + f.Headline
	}
	for name, want := range map[string]string{
		"request_id":        "id_like: ",
		"bytes":             "ranked: bytes is lower: median 1.14 kB in the selection, ",
		"user.id":           "ranked: user.id = u-7 in 100 % of the selection, 0.7 % of the rest",
		"exception.message": "ranked: exception.message is there in 100 % of the selection, 0 % of the rest",
	} {
		if !strings.HasPrefix(says[name], want) || name == "request_id" && says[name] != want {
			t.Errorf("%s is %q, want %q", name, says[name], want)
		}
	}
}

func TestBubbleUp_WithoutOthersRanksByVariety(t *testing.T) {
	t.Parallel()
	b, err := bubbleUp(t, seeded(t, 1), `WHERE build_id exists LAST 2h`, `build_id exists`)
	if err != nil {
		t.Fatal(err)
	}
	at := map[string]int{}
	for i, f := range b.Fields {
		at[f.Name] = i
	}
	if at["region"] > at["retries"] || at["region"] > at["http.method"] {
		t.Errorf("places %v", at)
	}
}

func TestBubbleUp_SetsApartWhatSaysNothing(t *testing.T) {
	t.Parallel()
	b, err := bubbleUp(t, seeded(t, 1), `LAST 2h`, `duration_ms > 500`)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range b.Fields {
		want := Ranked
		switch f.Name {
		case "duration_ms":
			want = Chosen
		case "seldom":
			want = Rare
		case "http.method":
			want = Constant
		}
		if f.Class != want {
			t.Errorf("%s is %s, want %s", f.Name, f.Class, want)
		}
		if sum := f.Rest; f.Name == "user.id" && (sum[0] <= 0 || sum[1] <= 0 || len(f.Values) != 40) {
			t.Errorf("user.id: %d values, the rest is %v", len(f.Values), sum)
		}
		if f.Name == "request.size" && f.Numbers == nil {
			t.Errorf("request.size has no histogram: %+v", f)
		}
	}
	if b.Events[0]+b.Events[1] != 2000 { // the last one is at the end of the range, which is not in it
		t.Errorf("events %v", b.Events)
	}
}

func TestBubbleUp_RefusesWhatIsNotAboutSingleEvents(t *testing.T) {
	t.Parallel()
	q := &query.Query{Environment: "test", End: 1, Stages: []query.Stage{query.Aggregate{}}}
	if _, _, err := q.Condition(); !fault.Is(err, fault.Invalid) {
		t.Error(err)
	}
}

func TestTopValues_AreTheMostFrequentOnes(t *testing.T) {
	t.Parallel()
	ask := &query.Query{Environment: "test", Start: now.Add(-2 * time.Hour).UnixNano(), End: now.UnixNano(), Stages: []query.Stage{
		query.Filter{Where: query.Text{Op: query.StartsWith, X: query.Field{Name: "route"}, S: "/"}},
	}}
	top, err := newQuerier(filled(t), Config{}).TopValues(t.Context(), ask, "route", 5)
	if err != nil {
		t.Fatal(err)
	}
	if values := top.Values; !top.Exact || len(values) != 2 || values[0].Value.Str() != "/a" || values[0].Events[0] != 60 || values[1].Events[0] != 48 {
		t.Errorf("%v", top)
	}
}

// deployed is two hours of traffic in which the second hour is served by another
// build, in two regions.
func deployed(t *testing.T) *storetest.Reference {
	t.Helper()
	b := event.NewBatch("test", "api")
	for i := range 720 {
		b.Begin(now.Add(-time.Duration(10*i+1) * time.Second).UnixNano())
		build := "new"
		if i >= 360 {
			build = "old"
		}
		b.Set("build_id", event.StringValue(build))
		b.Set("region", event.StringValue([]string{"eu", "us", "ap"}[i%3]))
		b.Set("cached", event.BoolValue(i%3 == 1))
	}
	s := storetest.NewReference()
	if err := s.Append(t.Context(), 1, []*event.Batch{b}); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestBubbleUp_ComparesWithAChosenBaseline(t *testing.T) {
	t.Parallel()
	filter := func(text string) query.Expr {
		e, err := query.ParseFilter(text)
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	for _, c := range []struct {
		name     string
		selected string
		baseline Baseline
		events   [2]float64
		first    string
		says     string
	}{
		{"the rest", "region = eu", Baseline{}, [2]float64{120, 240}, "cached", "cached = false in 100 % of the selection, 50 % of the rest"},
		{"the period before", "region = eu", Baseline{Before: true}, [2]float64{120, 360}, "build_id", "build_id = new in 100 % of the selection, 0 % before"},
		{
			"the same group before", "region = eu",
			Baseline{Before: true, Where: filter("region = eu")},
			[2]float64{120, 120},
			"build_id",
			"build_id = new in 100 % of the selection, 0 % before",
		},
		{"another group", "region = eu", Baseline{Where: filter("region = us")}, [2]float64{120, 120}, "cached", "cached = false in 100 % of the selection, 0 % of the baseline"},
		{"an overlapping one", "region = eu", Baseline{Where: filter("region in (eu, ap)")}, [2]float64{120, 120}, "", ""},
	} {
		spec, err := query.ParseText("VISUALIZE COUNT LAST 1h")
		if err != nil {
			t.Fatal(err)
		}
		b, err := newQuerier(deployed(t), Config{}).BubbleUp(t.Context(), "test", nil, spec, filter(c.selected), BubbleUpOptions{Baseline: c.baseline})
		if err != nil {
			t.Fatal(err)
		}
		if b.Events != c.events {
			t.Errorf("%s: %v events, want %v", c.name, b.Events, c.events)
		}
		if f := b.Fields[0]; c.first != "" && (f.Name != c.first || f.Headline != c.says) {
			t.Errorf("%s: first comes %s: %q; want %s: %q", c.name, f.Name, f.Headline, c.first, c.says)
		}
	}
}

// family is traces of three spans: a root of a tier, its child, whose region is of its
// own, and a child of that, which fails in some.
func family(t *testing.T) *storetest.Reference {
	t.Helper()
	api, db := event.NewBatch("test", "api"), event.NewBatch("test", "db")
	for i := range 300 {
		trace := fmt.Sprintf("%032x", i+1)
		span := func(b *event.Batch, id, parent int) {
			b.Begin(now.Add(-time.Duration(i+1) * time.Second).UnixNano())
			b.Set(event.FieldTraceID, event.StringValue(trace))
			b.Set(event.FieldSpanID, event.StringValue(fmt.Sprintf("%016x", id)))
			if parent > 0 {
				b.Set(event.FieldParentID, event.StringValue(fmt.Sprintf("%016x", parent)))
			}
		}
		span(api, 1, 0)
		api.Set("tier", event.StringValue([]string{"free", "paid", "trial"}[i%3]))
		api.Set("ms", event.IntValue(int64(i)))
		span(api, 2, 1)
		api.Set("region", event.StringValue([]string{"eu", "us"}[i%2]))
		span(db, 3, 2)
		db.Set("failed", event.BoolValue(i%5 == 0))
		db.Set("rows", event.IntValue(int64(i%7)))
	}
	api.Begin(now.Add(-time.Second).UnixNano())
	api.Set("tier", event.StringValue("free")) // of no trace
	s := storetest.NewReference()
	if err := s.Append(t.Context(), 1, []*event.Batch{api, db}); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestBubbleUp_ASelectionBySpansOfTheTraceIsWhatTheFilterFinds(t *testing.T) {
	t.Parallel()
	s := family(t)
	counted := func(where string) float64 {
		spec, err := query.ParseText("VISUALIZE COUNT WHERE " + where + " LAST 2h")
		if err != nil {
			t.Fatal(err)
		}
		plan, err := spec.Plan("test", nil, now, query.PlanOptions{})
		if err != nil {
			t.Fatal(err)
		}
		ask, _ := plan.Totals()
		res, err := newQuerier(s, Config{}).Run(t.Context(), ask)
		if err != nil {
			t.Fatal(err)
		}
		n, _ := res.Columns[0].Values[0].Number()
		return n
	}
	for _, selected := range []string{
		`root.tier = "paid"`, `parent.region = "eu"`, `child.rows > 3`, `any.failed = true`, `none.failed = true`,
		`root.tier = "paid" AND root.ms > 100`, `root.tier = "paid" AND any.failed = true AND rows exists`, `any.rows = 1 AND any2.region = "us"`,
		`root.tier != "paid"`, `none.nowhere exists`,
	} {
		b, err := bubbleUp(t, s, "VISUALIZE COUNT LAST 2h", selected)
		if err != nil {
			t.Fatal(err)
		}
		want, all := counted(selected), 901.0
		if want == 0 || b.Events != [2]float64{want, all - want} {
			t.Errorf("%s: %v are on either side, the filter finds %v of %v", selected, b.Events, want, all)
		}
	}
	either, err := bubbleUp(t, s, "VISUALIZE COUNT LAST 2h", `root.tier = "paid" OR any.failed = true OR rows = 3`)
	if err != nil {
		t.Fatal(err)
	}
	if want := counted(`root.tier = "paid"`) + counted(`root.tier != "paid" AND any.failed = true`) + counted(`root.tier != "paid" AND none.failed = true AND rows = 3`); either.Events[0] != want {
		t.Errorf("either of several spans: %v are selected, want %v", either.Events, want)
	}
}

func TestBubbleUp_TakesFiltersAndGroupsOfOtherSpans(t *testing.T) {
	t.Parallel()
	b, err := bubbleUp(t, family(t), `VISUALIZE COUNT WHERE root.tier exists AND any.failed = true GROUP BY root.tier LAST 2h`, `root.tier = "trial"`)
	if err != nil {
		t.Fatal(err)
	}
	if b.Events != [2]float64{60, 120} {
		t.Errorf("%v events are on either side, want 60 of the group and 120 of the others", b.Events)
	}
	for _, f := range b.Fields {
		if f.Name == "tier" && f.Headline == "" {
			t.Error("the tier of roots differs, and no word is said of it")
		}
	}
}

// Of errors, it says nothing that they have the status of errors.
func TestBubbleUp_LeavesOutWhatTheSelectionSaysAlready(t *testing.T) {
	t.Parallel()
	b := event.NewBatch("test", "api")
	for i := range 400 {
		b.Begin(now.Add(-time.Duration(i) * time.Second).UnixNano())
		failed := i%4 == 0
		b.Set(event.FieldError, event.BoolValue(failed))
		b.Set(event.FieldStatusCode, event.IntValue(map[bool]int64{true: 2, false: 0}[failed]))
		b.Set("service.version", event.StringValue(map[bool]string{true: "2.4.0", false: "2.3.1"}[failed || i%2 == 0]))
	}
	s := storetest.NewReference()
	if err := s.Append(t.Context(), 1, []*event.Batch{b}); err != nil {
		t.Fatal(err)
	}
	up, err := bubbleUp(t, s, `VISUALIZE COUNT LAST 1h`, `error = true`)
	if err != nil {
		t.Fatal(err)
	}
	if first := up.Fields[0]; first.Name != "service.version" || first.Class != Ranked {
		t.Errorf("first comes %s (%s), want service.version", first.Name, first.Class)
	}
	for _, f := range up.Fields {
		if f.Name == event.FieldStatusCode && f.Class != Chosen {
			t.Errorf("status_code is %s, want %s", f.Class, Chosen)
		}
	}
	if up, err = bubbleUp(t, s, `VISUALIZE COUNT LAST 1h`, `service.version = "2.4.0"`); err != nil {
		t.Fatal(err)
	}
	if i := slices.IndexFunc(up.Fields, func(d Difference) bool { return d.Name == event.FieldStatusCode }); up.Fields[i].Class != Ranked {
		t.Errorf("of a version, status_code is %s, want %s", up.Fields[i].Class, Ranked)
	}
}
