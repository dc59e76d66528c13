package api

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/trace"
)

func TestMatching_FindsSpansByTheirFieldsAndByWhatHangsOnThem(t *testing.T) {
	t.Parallel()
	b := event.NewBatch("test", "api")
	add := func(at int64, fields map[string]any) {
		b.Begin(at * 1e6)
		for name, v := range fields {
			switch v := v.(type) {
			case string:
				b.Set(name, event.StringValue(v))
			case int:
				b.Set(name, event.FloatValue(float64(v)))
			}
		}
	}
	add(1, map[string]any{event.FieldSpanID: "a", event.FieldDuration: 90, "http.route": "/cart"})
	add(2, map[string]any{event.FieldSpanID: "b", event.FieldParentID: "a", event.FieldDuration: 10, "db.rows": 7})
	add(3, map[string]any{event.FieldSpanID: "c", event.FieldParentID: "gone", event.FieldDuration: 10, "db.rows": 9})
	add(4, map[string]any{event.FieldSignal: event.SignalLog, event.FieldParentID: "b", event.FieldBody: "cache miss"})
	add(5, map[string]any{event.FieldSignal: event.SignalLog, event.FieldBody: "cache lost"})
	batches := []*event.Batch{b}
	lt := &loadedTrace{tree: trace.Assemble("t", batches, trace.Options{}), batches: batches}
	for text, want := range map[string][]string{
		`http.route = "/cart"`:                {"a"},
		`db.rows > 6`:                         {"b", "c"},
		`body contains "miss"`:                {"b"},
		`body contains "cache"`:               {"", "b"},
		`nothing = 1`:                         nil,
		`db.rows = 9 OR http.route = "/cart"`: {"a", "c"},
	} {
		where, err := query.ParseFilter(text)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, i := range lt.matching(where) {
			if i < 0 {
				got = append(got, "")
				continue
			}
			got = append(got, lt.tree.Spans[i].ID)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", text, d)
		}
	}
}
