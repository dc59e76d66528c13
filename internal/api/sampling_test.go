package api

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/oriel-dev/oriel/internal/event"
)

// Two minutes with 300 and 10 requests of a shop, and 20 of a job whose spans are
// named in the older way.
func TestSamplingDryRun_CountsAsTheRulesAreAndAsTheyWouldBe(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	rows := event.NewBatch("test", "shop")
	add := func(n int, age time.Duration, fields map[string]string) {
		for range n {
			rows.Begin(b.clock.Truncate(time.Minute).Add(-age).UnixNano())
			rows.Set(event.FieldTraceID, event.StringValue("5759e988bd862e3fe1be46a994272793"))
			rows.Set(event.FieldSpanID, event.StringValue("53995c3f42cd8ad8"))
			for name, v := range fields {
				rows.Set(name, event.StringValue(v))
			}
		}
	}
	cart := map[string]string{event.FieldService: "shop", "url.path": "/cart", "http.request.method": "GET"}
	add(300, 5*time.Minute, cart)
	add(10, 9*time.Minute, cart)
	add(20, 9*time.Minute, map[string]string{event.FieldService: "job", "http.url": "http://job/run?id=1", "http.method": "POST"})
	add(7, 9*time.Minute, map[string]string{event.FieldService: "shop", event.FieldParentID: "53995c3f42cd8ad7"})
	b.must(b.store.Append(t.Context(), 2, []*event.Batch{rows}))

	type counts struct{ Requests, Kept float64 }
	type rule struct {
		Name      string
		Now, Then counts
	}
	type kind struct {
		Service, Method, Path, Now, Then string
		Requests                         float64
	}
	var got struct {
		Requests float64
		Rules    []rule
		Kinds    []kind
	}
	status, _, raw := b.do(http.MethodPost, "/api/sampling/dryrun", "", `{"from":"now-30m","rule":{"name":"cart","priority":5,"fixed_rate":0.5,"reservoir_size":2,
		"service_name":"shop","service_type":"*","host":"*","http_method":"*","url_path":"/c*","resource_arn":"*"}}`)
	if status != 200 {
		t.Fatalf("%d %s", status, raw)
	}
	b.must(json.Unmarshal(raw, &got))
	want := got
	want.Requests = 330
	want.Rules = []rule{
		{"cart", counts{}, counts{310, 120 + 90 + 10}},
		{"Default", counts{330, 60 + 12 + 30}, counts{20, 20}},
	}
	want.Kinds = []kind{{"shop", "GET", "/cart", "Default", "cart", 310}, {"job", "POST", "/run", "Default", "Default", 20}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for body, text := range map[string]string{
		`{"rule":{"name":"x","priority":5,"fixed_rate":2}}`: "want a share from 0 to 1",
		`{"remove":"Default"}`:                              "cannot be removed",
		`{"from":"now","to":"now-1h"}`:                      "time range is empty",
	} {
		if status, _, raw := b.do(http.MethodPost, "/api/sampling/dryrun", "", body); status != 400 || !strings.Contains(string(raw), text) {
			t.Errorf("%s: %d %s, want %q", body, status, raw, text)
		}
	}
}
