package querier

import (
	"strings"
	"testing"

	"github.com/oriel-dev/oriel/internal/dataset"
	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
	"github.com/oriel-dev/oriel/internal/store/storetest"
)

// calculated are the saved fields of the tests: the dataset's own goes first.
func calculated(_, scope string) map[string]string {
	if scope == dataset.All {
		return map[string]string{"slow": "$duration_ms > 500", "speed": `IF($slow_by_another_name, 1, "wide")`}
	}
	return map[string]string{"slow": "$duration_ms > 500", "speed": `IF($duration_ms > 500, "slow", "quick")`, "broken": "GONE(1)"}
}

func TestCalculatedFields_AreReadAsIfStored(t *testing.T) {
	t.Parallel()
	q := newQuerier(seeded(t, 1), Config{Calculated: calculated})
	ctx, api := t.Context(), []string{"api"}
	count := func(text string, datasets []string) map[string]float64 {
		t.Helper()
		r, err := q.RunSpec(ctx, "test", datasets, specOf(t, text), SpecOptions{Series: true, Totals: true})
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		out := map[string]float64{}
		for row := range r.Rows {
			key := make([]string, len(r.Plan.Breakdowns))
			for i := range key {
				key[i] = r.Columns[i].Values[row].Text()
			}
			out[strings.Join(key, " ")], _ = r.Columns[len(key)].Values[row].Number()
		}
		return out
	}
	slow := count("VISUALIZE COUNT WHERE duration_ms > 500 LAST 24h", nil)[""]
	all := count("VISUALIZE COUNT LAST 24h", nil)[""]
	if slow < 10 || all <= slow {
		t.Fatalf("%v of %v are slow", slow, all)
	}
	if got := count("VISUALIZE COUNT GROUP BY speed LAST 24h", api); got["slow"] != slow || got["quick"] != all-slow {
		t.Errorf("by the dataset's field: %v, want %v slow of %v", got, slow, all)
	}
	if got := count("VISUALIZE COUNT WHERE slow = true LAST 24h", nil)[""]; got != slow {
		t.Errorf("where the environment's field is true: %v, want %v", got, slow)
	}
	if got := count("VISUALIZE COUNT GROUP BY speed LAST 24h", nil); got["wide"] != all {
		t.Errorf("by the environment's field: %v", got)
	}
	if got := count("VISUALIZE COUNT GROUP BY speed, build_id WHERE slow = true LAST 24h", api); len(got) != 3 {
		t.Errorf("by two fields: %v", got)
	}
	top, err := q.TopValues(ctx, &query.Query{Environment: "test", Datasets: api, Start: 0, End: now.UnixNano()}, "speed", 5)
	if err != nil || len(top.Values) != 2 || top.Values[0].Value.Text() != "quick" || top.Values[0].Events[store.Selected] != all-slow || !top.Exact {
		t.Errorf("its values: %v, %v", top, err)
	}
	top, err = q.TopValues(ctx, &query.Query{Environment: "test", Datasets: api, Start: 0, End: now.UnixNano(), Stages: []query.Stage{
		query.Filter{Where: query.Compare{Op: query.Eq, L: query.Field{Name: "speed"}, R: query.Literal{Value: event.StringValue("slow")}}},
	}}, "build_id", 5)
	if err != nil || len(top.Values) != 3 || top.Values[0].Value.Text() != "7f3c" {
		t.Errorf("values where it is slow: %v, %v", top, err)
	}
	top, err = q.TopValues(ctx, &query.Query{Environment: "test", Datasets: api, Start: 0, End: now.UnixNano(), Stages: []query.Stage{
		query.Filter{Where: query.Text{Op: query.StartsWith, X: query.Field{Name: "speed"}, S: "sl"}},
	}}, "speed", 5)
	if err != nil || len(top.Values) != 1 || top.Values[0].Value.Text() != "slow" || top.Values[0].Events[store.Selected] != slow {
		t.Errorf("its values that begin with sl: %v, %v", top, err)
	}
	b, err := q.BubbleUp(ctx, "test", api, specOf(t, "VISUALIZE COUNT LAST 24h"), query.Compare{Op: query.Eq, L: query.Field{Name: "build_id"}, R: query.Literal{Value: event.StringValue("7f3c")}}, BubbleUpOptions{Fields: []string{"speed"}})
	if err != nil || len(b.Fields) != 1 || b.Fields[0].Name != "speed" || len(b.Fields[0].Values) != 2 {
		t.Errorf("BubbleUp by it: %+v, %v", b, err)
	}
	if _, err := q.RunSpec(ctx, "test", api, specOf(t, "VISUALIZE COUNT GROUP BY broken"), SpecOptions{}); !fault.Is(err, fault.Invalid) || !strings.Contains(fault.MessageOf(err), "calculated field broken") {
		t.Errorf("a field that can't be read: %v", err)
	}
}

func TestCalculatedFields_SelectForBubbleUpAndTail(t *testing.T) {
	t.Parallel()
	q := newQuerier(seeded(t, 1), Config{Calculated: calculated})
	selection, err := query.ParseFilter("slow = true")
	if err != nil {
		t.Fatal(err)
	}
	b, err := q.BubbleUp(t.Context(), "test", []string{"api"}, specOf(t, "VISUALIZE COUNT LAST 24h"), selection, BubbleUpOptions{})
	if err != nil || b.Events[store.Selected] < 10 || b.Fields[0].Name != "retries" && b.Fields[0].Name != "duration_ms" && b.Fields[0].Name != "build_id" {
		t.Errorf("%+v, %v", b, err)
	}
	where, err := q.Condition("test", nil, selection)
	if err != nil {
		t.Fatal(err)
	}
	rows := event.NewBatch("test", "api")
	for _, ms := range []float64{501, 499} {
		rows.Begin(1)
		rows.Set("duration_ms", event.FloatValue(ms))
	}
	if !query.Match(where, rows.Row(0)) || query.Match(where, rows.Row(1)) {
		t.Errorf("%s does not match what is slow", where)
	}
	plain := query.Exists{X: query.Field{Name: "duration_ms"}}
	if where, err := newQuerier(seeded(t, 1), Config{}).Condition("test", nil, plain); err != nil || where.String() != (query.And{Terms: []query.Expr{plain}}).String() && where.String() != plain.String() {
		t.Errorf("a condition without them: %v, %v", where, err)
	}
}

func TestIDsOfTraces_AreFoundInEitherNotation(t *testing.T) {
	t.Parallel()
	s := storetest.NewReference()
	b := event.NewBatch("test", "api")
	for _, id := range []string{"5759e988bd862e3fe1be46a994272793", "5759e988bd862e3fe1be46a994272794"} {
		b.Begin(now.UnixNano() - 1)
		b.Set(event.FieldTraceID, event.StringValue(id))
	}
	if err := s.Append(t.Context(), 1, []*event.Batch{b}); err != nil {
		t.Fatal(err)
	}
	q := newQuerier(s, Config{})
	where, err := query.ParseFilter(`trace.trace_id = "1-5759e988-bd862e3fe1be46a994272793"`)
	if err != nil {
		t.Fatal(err)
	}
	ask := &query.Query{Environment: "test", End: now.UnixNano(), Stages: []query.Stage{query.Filter{Where: where}}}
	if r, err := q.Run(t.Context(), ask); err != nil || r.Rows != 1 {
		t.Errorf("a query finds %v, %v", r, err)
	}
	if page, err := q.Page(t.Context(), ask, store.PageOptions{Limit: 5}); err != nil || len(page.Rows) != 1 {
		t.Errorf("a page has %v, %v", page, err)
	}
	tail, err := q.Condition("test", nil, where)
	if err != nil || !query.Match(tail, b.Row(0)) || query.Match(tail, b.Row(1)) {
		t.Errorf("a tail is told %v, %v", tail, err)
	}
	found, err := q.BubbleUp(t.Context(), "test", nil, specOf(t, "VISUALIZE COUNT LAST 1h"), where, BubbleUpOptions{})
	if err != nil || found.Events != [2]float64{1, 1} {
		t.Errorf("BubbleUp selects %v, %v", found, err)
	}
}
