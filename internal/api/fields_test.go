package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/oriel-dev/oriel/internal/dataset"
	"github.com/oriel-dev/oriel/internal/event"
)

// fieldsOf lists the fields of a dataset, one a line.
func (b *bench) fieldsOf(slug string) string {
	b.t.Helper()
	status, _, raw := b.do(http.MethodGet, "/api/fields?dataset="+slug, "", "")
	var answer struct{ Fields []listedField }
	b.must(json.Unmarshal(raw, &answer))
	if status != http.StatusOK {
		b.t.Fatalf("%s: %d %s", slug, status, raw)
	}
	var out []string
	for _, f := range answer.Fields {
		line := fmt.Sprintf("%s %s %.2f", f.Name, f.Type, f.Fill)
		if len(f.Sources) > 0 && f.Sources[0] != "event" {
			line += " of " + strings.Join(f.Sources, ", ")
		}
		if f.Hidden {
			line += " hidden"
		}
		if f.Description != "" {
			line += " (" + f.Description + ")"
		}
		if f.Expression != "" {
			line += " = " + f.Expression
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}

func TestFields_SayWhatPeopleSaid(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ctx, sets := t.Context(), b.api.Datasets
	rows := event.NewBatch("test", "web")
	for i := range 10 {
		rows.Begin(b.clock.UnixNano())
		rows.Set("route", event.StringValue("/"))
		if i < 5 {
			rows.Set("ms", event.FloatValue(1.5))
		}
		rows.Set("secret", event.IntValue(1))
	}
	b.must(b.store.Append(ctx, 2, []*event.Batch{rows}))
	sets.Touch(rows)
	said := map[string]dataset.ColumnSettings{"route": {Description: "the page", Type: "string"}, "secret": {Hidden: true}}
	columns, err := sets.Columns("test", "web")
	b.must(err)
	for _, c := range columns {
		if s, ok := said[c.Name]; ok {
			_, err := sets.UpdateColumn(ctx, "test", "web", c.ID, s)
			b.must(err)
		}
	}
	_, err = sets.CreateColumn(ctx, "test", "web", "planned", dataset.ColumnSettings{Type: "boolean", Description: "soon"})
	b.must(err)
	for scope, c := range map[string]dataset.CalculatedSettings{
		"web": {Alias: "slow", Expression: "$ms > 1", Description: "too slow"}, dataset.All: {Alias: "seconds", Expression: "$ms / 1000"},
	} {
		_, err = sets.CreateCalculated(ctx, "test", scope, c)
		b.must(err)
	}
	want := `route string 1.00 (the page)
secret integer 1.00 hidden
ms float 0.50
seconds float 0.50 = $ms / 1000
slow boolean 0.50 (too slow) = $ms > 1
planned boolean 0.00 (soon)`
	if got := b.fieldsOf("web"); got != want {
		t.Errorf("fields of web:\n%s\nwant:\n%s", got, want)
	}
	want = `route string 1.00 (the page)
secret integer 0.50 hidden
ms float 0.25
seconds float 0.25 = $ms / 1000
planned boolean 0.00 (soon)`
	if got := b.fieldsOf(dataset.All); got != want {
		t.Errorf("fields of all:\n%s\nwant:\n%s", got, want)
	}
	for _, c := range columns {
		if c.Name == "secret" {
			b.must(sets.DeleteColumn(ctx, "test", "web", c.ID))
		}
	}
	if got := b.fieldsOf("web"); strings.Contains(got, "secret") {
		t.Errorf("a column that was deleted is listed:\n%s", got)
	}
	if status, _, raw := b.do(http.MethodGet, "/api/fields?dataset=nothing", "", ""); status != http.StatusNotFound {
		t.Errorf("an unknown dataset: %d %s", status, raw)
	}
	_, _, err = sets.Create(ctx, "test", "new", dataset.Settings{})
	b.must(err)
	if got := b.fieldsOf("new"); got != "seconds float 0.00 = $ms / 1000" {
		t.Errorf("fields of a dataset without events: %s", got)
	}
}

func TestValues_AreThoseOfTheEventsThatAreAskedFor(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	rows := event.NewBatch("test", "web")
	for _, signal := range []string{event.SignalTrace, event.SignalLog} {
		rows.Begin(b.clock.UnixNano() - 1e9)
		rows.Set(event.FieldSignal, event.StringValue(signal))
		rows.Set("route", event.StringValue("/"+signal))
	}
	b.must(b.store.Append(t.Context(), 2, []*event.Batch{rows}))
	for path, want := range map[string]string{
		"/api/values?field=route&dataset=web":                                           `"/trace"`,
		"/api/values?field=route&dataset=web&q=" + "meta.signal_type%20%3D%20%22log%22": `"values":[{"value":"/log","count":1}]`,
		"/api/values?field=route&dataset=web&q=route%20%3D":                             `"kind":"invalid"`,
	} {
		if _, _, raw := b.do(http.MethodGet, path, "", ""); !strings.Contains(string(raw), want) {
			t.Errorf("%s: %s", path, raw)
		}
	}
}

func TestFields_SayWhatHoldsThem(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for slug, name := range map[string]string{"web": event.FieldDuration, "lines": event.FieldBody, "plain": "x"} {
		rows := event.NewBatch("test", slug)
		rows.Begin(b.clock.UnixNano())
		if name == event.FieldBody {
			rows.Set(name, event.StringValue("hello"))
		} else {
			rows.Set(name, event.FloatValue(1.5))
		}
		rows.Set("shared", event.StringValue("a"))
		b.must(b.store.Append(t.Context(), 2, []*event.Batch{rows}))
		b.api.Datasets.Touch(rows)
	}
	_, _, raw := b.do(http.MethodGet, "/api/fields?dataset=__all__", "", "")
	var answer struct{ Fields []listedField }
	b.must(json.Unmarshal(raw, &answer))
	got := map[string]string{}
	for _, f := range answer.Fields {
		got[f.Name] = strings.Join(f.Sources, " ")
	}
	for name, want := range map[string]string{event.FieldDuration: "span", event.FieldBody: "log", "x": "event", "shared": "event log span"} {
		if got[name] != want {
			t.Errorf("%s is held by %q, want %q", name, got[name], want)
		}
	}
}
