package api

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/item"
	"github.com/oriel-dev/oriel/internal/store"
	"github.com/oriel-dev/oriel/internal/workspace"
)

// Whatever vendor an id is of, one field finds what it stands for.
func TestFind_KnowsTheIDsOfAllVendors(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	at := b.clock.Add(-50 * 24 * time.Hour).UnixNano() // long ago is found, too
	rows := event.NewBatch("test", "shop")
	add := func(fields map[string]event.Value) {
		rows.Begin(at)
		for name, v := range fields {
			rows.Set(name, v)
		}
	}
	text := event.StringValue
	const trace, request = "5759e988bd862e3fe1be46a994272793", "b0e49890-d9fc-4fcb-a8c0-e02def622de6"
	add(map[string]event.Value{
		event.FieldTraceID: text(trace), event.FieldSpanID: text("00f067aa0ba902b7"), event.FieldName: text("GET /cart"), event.FieldService: text("web"),
		event.FieldDuration: event.FloatValue(5), "aws.request_id": text(request), "user.id": text("ada"), event.FieldSignal: text(event.SignalTrace),
	})
	add(map[string]event.Value{event.FieldBody: text("REPORT done"), "@requestId": text(request), event.FieldLogGroup: text("/aws/lambda/feed"), event.FieldSignal: text(event.SignalLog)})
	add(map[string]event.Value{"person.id": event.IntValue(4711), event.FieldName: text("click")})
	b.must(b.store.Append(t.Context(), 2, []*event.Batch{rows}))
	kinds := func(id string) (out []string) {
		t.Helper()
		status, _, raw := b.do(http.MethodGet, "/api/find?id="+url.QueryEscape(id), "", "")
		var got struct{ Found []foundThing }
		b.must(json.Unmarshal(raw, &got))
		if status != http.StatusOK {
			t.Errorf("%s: %d %s", id, status, raw)
		}
		for _, f := range got.Found {
			out = append(out, strings.TrimSpace(f.Kind+" "+f.Service+" "+f.Name+" "+f.Field))
		}
		return out
	}
	for id, want := range map[string][]string{
		trace:                                  {"trace web GET /cart"},
		"1-5759e988-bd862e3fe1be46a994272793":  {"trace web GET /cart"},
		"5759e988-bd86-2e3f-e1be-46a994272793": {"trace web GET /cart"},
		"00f067aa0ba902b7":                     {"span web GET /cart"},
		"ada":                                  {"person web GET /cart user.id"},
		"4711":                                 {"person  click person.id"},
		"feedfacefeedface":                     nil,
	} {
		if diff := cmp.Diff(want, kinds(id)); diff != "" {
			t.Errorf("%s:\n%s", id, diff)
		}
	}
	if got := kinds(request); len(got) != 2 || !strings.Contains(strings.Join(got, "\n"), "request web GET /cart aws.request_id") || !strings.Contains(strings.Join(got, "\n"), "request /aws/lambda/feed REPORT done @requestId") {
		t.Errorf("%q", got)
	}
	page, err := b.api.Querier.Page(t.Context(), b.api.rowsWith("test", request, request), store.PageOptions{Limit: 10, Fields: fieldsOfFound()})
	b.must(err)
	lines := 0
	for _, r := range page.Rows {
		if r.Get(event.FieldBody).IsNull() {
			continue
		}
		lines++
		if got := kinds(r.Position.String()); len(got) != 1 || got[0] != "line /aws/lambda/feed REPORT done" {
			t.Errorf("its position: %q", got)
		}
	}
	if lines != 1 {
		t.Errorf("%d lines", lines)
	}
	scope := workspace.Scope{Environment: "test", Dataset: "shop"}
	asked := json.RawMessage(`{"calculations":[{"op":"COUNT"}],"breakdowns":["name"]}`)
	saved, err := b.api.Workspace.SaveQuery(t.Context(), scope, asked)
	b.must(err)
	kept, err := b.api.Workspace.KeepResult(t.Context(), scope, asked, json.RawMessage(`{}`))
	b.must(err)
	for kind, id := range map[string]string{"query": saved.ID, "result": kept.ID} {
		status, _, raw := b.do(http.MethodGet, "/api/find?id="+id, "", "")
		var got struct{ Found []foundThing }
		b.must(json.Unmarshal(raw, &got))
		if status != http.StatusOK || len(got.Found) != 1 || got.Found[0].Kind != kind || got.Found[0].Dataset != "shop" || got.Found[0].Name != "VISUALIZE COUNT GROUP BY name" {
			t.Errorf("%s: %d %s", kind, status, raw)
		} else if f := got.Found[0]; f.Result != kept.ID && string(f.Query) != string(saved.Spec) {
			t.Errorf("%s does not lead to it: %s", kind, raw)
		}
	}
	if status, _, _ := b.do(http.MethodGet, "/api/find?id="+strings.Repeat("x", longestID+1), "", ""); status != http.StatusBadRequest {
		t.Errorf("an endless id: %d", status)
	}
}

// Who pastes a uuid of Rollbar need not know in which environment it happened.
func TestFindError_ByUUIDInAnyEnvironment(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	_, err := b.keys.OpenSample(t.Context())
	b.must(err)
	rows := event.NewBatch("sample", "errors")
	rows.Begin(b.clock.Add(-time.Minute).UnixNano())
	rows.Set("uuid", event.StringValue("5759e988bd862e3fe1be46a994272793"))
	item.Apply(rows, []item.Stamp{b.api.Items.StampPayload("sample", map[string]any{
		"environment": "production", "body": map[string]any{"message": map[string]any{"body": "out of stock"}}, "level": "error",
	}, "")})
	b.api.Items.Stamp([]*event.Batch{rows})
	b.api.Items.Follow(1, []*event.Batch{rows})
	b.must(b.store.Append(t.Context(), 2, []*event.Batch{rows}))
	status, _, raw := b.do(http.MethodGet, "/api/errors/find?uuid=5759e988-bd86-2e3f-e1be-46a994272793", "", "")
	var got struct{ Found []foundError }
	b.must(json.Unmarshal(raw, &got))
	if status != http.StatusOK || len(got.Found) != 1 || got.Found[0].Env != "sample" || got.Found[0].Occurrence == "" {
		t.Errorf("%d %s", status, raw)
	}
}
