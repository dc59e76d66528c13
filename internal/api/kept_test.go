package api

import (
	"encoding/json"
	"math"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/oriel-dev/oriel/internal/event"
)

// Pages show what retention has taken: how far back there can be events, of all
// datasets and of each.
func TestStart_SaysHowFarBackEventsAreKept(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	later := event.NewBatch("test", "logs")
	later.Begin(b.clock.UnixNano())
	later.Set("a", event.StringValue("b"))
	b.must(b.store.Append(t.Context(), 2, []*event.Batch{later}))
	for name, c := range map[string]struct {
		kept        func(environment, dataset string) int64
		start, shop string
		logs        string
	}{
		"all for ever": {func(string, string) int64 { return math.MinInt64 }, "", "", ""},
		"nothing said": {nil, "", "", ""},
		"one for less": {func(_, dataset string) int64 {
			if dataset == "logs" {
				return 9_000
			}
			return 5_000
		}, "5000", "5000", "9000"},
		"one for longer": {func(_, dataset string) int64 {
			if dataset == "shop" {
				return math.MinInt64
			}
			return 5_000
		}, "", "", "5000"},
	} {
		b.api.Kept = c.kept
		var start struct {
			First string `json:"first_event"`
			Kept  string `json:"kept_from"`
		}
		var storage struct {
			Datasets []struct {
				Slug string `json:"slug"`
				Kept string `json:"kept_from"`
			}
		}
		for path, into := range map[string]any{"/api/start": &start, "/api/storage": &storage} {
			status, _, raw := b.do(http.MethodGet, path, "", "")
			if status != 200 {
				t.Fatalf("%s: %d %s", path, status, raw)
			}
			b.must(json.Unmarshal(raw, into))
		}
		got := map[string]string{"start": start.Kept}
		for _, d := range storage.Datasets {
			got[d.Slug] = d.Kept
		}
		if diff := cmp.Diff(map[string]string{"start": c.start, "shop": c.shop, "logs": c.logs}, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if oldest := "1763999400000000000"; start.First != oldest {
			t.Errorf("the oldest event is of %s, want %s", start.First, oldest)
		}
	}
}
