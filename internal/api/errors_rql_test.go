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

// occurrences puts three occurrences into the store.
func occurrences(b *bench) {
	b.t.Helper()
	rows := event.NewBatch("test", "errors")
	for i, name := range []string{"ada", "bob", "=cmd"} {
		rows.Begin(b.clock.Add(-time.Duration(i+1) * time.Minute).UnixNano())
		rows.SetAt(i, event.FieldErrorFingerprint, event.StringValue("f"))
		rows.SetAt(i, event.FieldErrorEnvironment, event.StringValue("production"))
		rows.SetAt(i, event.FieldErrorID, event.IntValue(int64(100-i)))
		rows.SetAt(i, "person.username", event.StringValue(name))
		rows.SetAt(i, "custom.ms", event.FloatValue(float64(i)+0.5))
	}
	b.must(b.store.Append(b.t.Context(), 2, []*event.Batch{rows}))
	b.api.Datasets.Touch(rows)
}

func TestRQL_StreamsPlanAndAnswer(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	occurrences(b)
	lines := b.answerLines("/api/errors/rql", `{"query":"SELECT person.username u, custom.ms, nothing FROM item_occurrence ORDER BY timestamp LIMIT 2"}`)
	if d := cmp.Diff([]any{[]any{"=cmd", 2.5, nil}, []any{"bob", 1.5, nil}}, lines["done"]["rows"]); d != "" {
		t.Error(d)
	}
	warnings, _ := json.Marshal(lines["plan"]["warnings"])
	if !strings.Contains(string(warnings), "no event has the field nothing") {
		t.Errorf("warnings are %s", warnings)
	}
	lines = b.answerLines("/api/errors/rql", `{"query":"SELECT * FROM item_occurrence WHERE"}`)
	if d := cmp.Diff([]any{35.0, 35.0}, lines["error"]["range"]); d != "" {
		t.Errorf("%v\n%s", lines["error"], d)
	}
}

func TestRQL_IsCheckedWithoutBeingRun(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for query, want := range map[string]string{
		"SELECT count(*) FROM item_occurrence":   `"type":"plan"`,
		"SELECT count(*) FROM deploy":            `"table":"deploy"`,
		"SELECT foo(a) FROM item_occurrence":     `"range":[7,10]`,
		"SELECT item.nope FROM item_occurrence ": "there is no column item.nope",
	} {
		body, err := json.Marshal(map[string]string{"query": query})
		b.must(err)
		if status, _, raw := b.do(http.MethodPost, "/api/errors/rql/check", "", string(body)); status != 200 || !strings.Contains(string(raw), want) {
			t.Errorf("%s: %d %s", query, status, raw)
		}
	}
}

func TestRQL_ExportsAllRowsForSpreadsheets(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	occurrences(b)
	status, header, raw := b.do(http.MethodPost, "/api/errors/rql/export", "", `{"query":"SELECT person.username, -custom.ms AS m FROM item_occurrence"}`)
	if want := "person.username,m\nada,-0.5\nbob,-1.5\n'=cmd,-2.5\n"; status != 200 || string(raw) != want || !strings.HasPrefix(header.Get("Content-Type"), "text/csv") {
		t.Errorf("%d %q, want %q", status, raw, want)
	}
}

func TestRQL_CompletesColumns(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	occurrences(b)
	_, _, raw := b.do(http.MethodGet, "/api/errors/rql/complete", "", "")
	for _, want := range []string{`"custom.ms"`, `"item.counter"`, `"concat_ws"`, `"GROUP BY"`, `"revision"`, `"templates"`} {
		if !strings.Contains(string(raw), want) {
			t.Errorf("there is no %s in %s", want, raw)
		}
	}
	for _, never := range []string{event.FieldErrorFingerprint, "rollbar.payload"} {
		if strings.Contains(string(raw), `"`+never+`"`) {
			t.Errorf("%s is offered", never)
		}
	}
}
