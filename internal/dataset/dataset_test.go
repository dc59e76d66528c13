package dataset

import (
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
)

const env = "prod"

func TestSlug(t *testing.T) {
	t.Parallel()
	for name, slug := range map[string]string{
		"api": "api", "My Dataset!": "my-dataset-", "a/b": "a-b", "Ünï": "-n-", "A_b~c.d-9": "a_b~c.d-9", "": "", "  ": "--",
	} {
		equal(t, "slug of "+name, Slug(name), slug)
	}
}

func TestIDs_AreOfTheirShape(t *testing.T) {
	t.Parallel()
	for _, id := range []string{newID(), columnID("a", "b", "c")} {
		if !IsID(id) {
			t.Errorf("%q is no id", id)
		}
	}
	for _, id := range []string{"", "short", "0123456789ab", "IIIIIIIIIIII", "llllllllllll", "OOOOOOOOOOOO", "abcdefghijk√", strings.Repeat("a", 13)} {
		if IsID(id) {
			t.Errorf("%q is taken for an id", id)
		}
	}
	if one, other := newID(), newID(); one == other || columnID("a", "b", "c") == columnID("a", "bc", "") {
		t.Error("two ids are one")
	}
}

func TestCreate_KeepsTheFirstAndSurvivesARestart(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	settings := Settings{Description: "what it is", ExpandJSONDepth: 3}
	d, created, err := r.Create(t.Context(), env, "My API", settings)
	must(t, err)
	if !created || d.Slug != "my-api" || d.Name != "My API" || d.Settings != settings || !d.LastWritten.IsZero() || d.Deletable {
		t.Errorf("created %v: %+v", created, d)
	}
	for _, name := range []string{"My API", "my-api", "MY/API"} {
		again, created, err := r.Create(t.Context(), env, name, Settings{Description: "another"})
		must(t, err)
		if created || again != d {
			t.Errorf("%s: created %v: %+v", name, created, again)
		}
	}
	changed := Settings{Description: "", ExpandJSONDepth: 10, Deletable: true}
	d, err = r.Update(t.Context(), env, "my-api", changed)
	must(t, err)
	equal(t, "settings", d.Settings, changed)
	r.restart()
	again, ok := r.Find(env, "my-api")
	if !ok || again != d {
		t.Errorf("after a restart: %+v, was %+v", again, d)
	}
	equal(t, "depth", r.ExpandJSONDepth(env, "my-api"), 10)
	equal(t, "depth of nothing", r.ExpandJSONDepth(env, "nothing"), 0)
	if slug, err := r.Resolve(env, "My API", false); err != nil || slug != "my-api" {
		t.Errorf("resolved to %q, %v", slug, err)
	}
	_, err = r.Update(t.Context(), env, "nothing", changed)
	want(t, err, fault.NotFound, "nothing")
	for _, name := range []string{"", strings.Repeat("a", MaxName+1), "a\xff", "__ALL__"} {
		_, _, err := r.Create(t.Context(), env, name, Settings{})
		want(t, err, fault.Invalid, "dataset name")
	}
}

// What a dataset's first events were decides for good, and by itself: also where
// only the journal knows of it.
func TestMetrics_IsWhatTheFirstEventsWere(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	point := map[string]any{"meta.signal_type": "metric", "cpu": 0.5}
	for _, name := range []string{"resolved", "created", "mixed"} {
		_, err := r.Resolve(env, name, true)
		must(t, err)
	}
	r.send("resolved", point)
	r.send("created", map[string]any{"a": 1})
	r.send("created", point)
	r.send("replayed", point)
	r.send("replayed", map[string]any{"a": 1})
	for range 2 {
		for name, want := range map[string]bool{"resolved": true, "created": false, "replayed": true, "mixed": false} {
			if d, ok := r.Find(env, name); !ok || d.Metrics != want {
				t.Errorf("%s is a metrics dataset: %t", name, d.Metrics)
			}
		}
		r.restart()
	}
	if _, err := r.Update(t.Context(), env, "resolved", Settings{Description: "x"}); err != nil {
		t.Fatal(err)
	}
	if d, _ := r.Find(env, "resolved"); !d.Metrics {
		t.Error("a change of its settings makes it another")
	}
}

func TestCreate_IsLimited(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.max = 2
	r.restart()
	for i := range 3 {
		_, _, err := r.Create(t.Context(), env, fmt.Sprint("set", i), Settings{})
		if i == 2 {
			want(t, err, fault.Conflict, "maximum number of datasets")
		} else {
			must(t, err)
		}
	}
	if _, created, err := r.Create(t.Context(), "other", "set0", Settings{}); err != nil || !created {
		t.Errorf("another environment: %v, %v", created, err)
	}
}

func TestColumns_AppearFromEvents(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.send("api", map[string]any{"n": 1, "ok": true, "name": "GET /"})
	equal(t, "columns", r.names("api"), "n integer, name string, ok boolean")
	first := r.column("api", "n")
	if !IsID(first.ID) || first.Created.IsZero() || first.LastWritten.Unix() != 1_763_999_000 || !first.Updated.Equal(first.Created) {
		t.Errorf("%+v", first)
	}
	r.send("api", map[string]any{"n": 1.5, "late": "x"})
	equal(t, "columns", r.names("api"), "late string, n float, name string, ok boolean")
	late := r.column("api", "late")
	if !late.Created.After(first.Created) {
		t.Errorf("created %v, after %v", late.Created, first.Created)
	}
	r.restart()
	if again := r.column("api", "late"); again != late {
		t.Errorf("after a restart: %+v, was %+v", again, late)
	}
	d, _ := r.Find(env, "api")
	equal(t, "count", d.Columns, 4)
	r.send("web", map[string]any{"n": "text"})
	equal(t, "columns of all", r.names(All), "late string, n float, name string, ok boolean, n string")
	if r.column("web", "n").ID == first.ID {
		t.Error("columns of two datasets have one id")
	}
	_, err := r.Columns(env, "nothing")
	want(t, err, fault.NotFound, "nothing")
	for slug, missing := range map[string]string{"api": "x", "web": "late x", All: "x", "nothing": "late n x"} {
		equal(t, "missing in "+slug, strings.Join(r.Missing(env, slug, []string{"late", "n", "x", "_time"}), " "), missing)
	}
}

func TestColumns_OfALostDatabaseComeFromTheStore(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.send("api", map[string]any{"n": 1})
	b := eventOf("lost", map[string]any{"x": 1})
	must(t, r.store.Append(t.Context(), 2, []*event.Batch{b}))
	r.restart()
	equal(t, "columns", r.names("lost"), "x integer")
}

func TestColumns_AreBounded(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	fields := map[string]any{}
	for i := range maxColumns + 50 {
		fields[fmt.Sprintf("f%05d", i)] = i
	}
	r.send("api", fields)
	all, err := r.Columns(env, "api")
	must(t, err)
	equal(t, "columns listed", len(all), maxColumns+50)
	_, err = r.CreateColumn(t.Context(), env, "api", "one more", ColumnSettings{})
	want(t, err, fault.Conflict, "2000 columns")
	for _, c := range all {
		if c.ID == "" || c.Created.IsZero() {
			t.Fatalf("%+v", c)
		}
		_, err = r.CreateColumn(t.Context(), env, "api", c.Name, ColumnSettings{})
		want(t, err, fault.Conflict, "already exists")
		if t.Failed() {
			return
		}
		if len(all) > 5 {
			break
		}
	}
	must(t, r.Define(t.Context(), env, "api", map[string]string{"user": all[maxColumns+40].Name, "route": all[3].Name}))
}

func TestColumn_CreateUpdateDelete(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.send("api", map[string]any{"n": 1})
	said := ColumnSettings{Type: "float", Description: "how many", Hidden: true}
	c, err := r.CreateColumn(t.Context(), env, "api", "total", said)
	must(t, err)
	if c.ColumnSettings != said || c.Name != "total" || !IsID(c.ID) || !c.LastWritten.IsZero() {
		t.Errorf("%+v", c)
	}
	for _, name := range []string{"total", "n"} {
		_, err = r.CreateColumn(t.Context(), env, "api", name, said)
		want(t, err, fault.Conflict, "already exists")
	}
	_, err = r.CreateColumn(t.Context(), env, "nothing", "x", said)
	want(t, err, fault.NotFound, "nothing")
	_, err = r.CreateColumn(t.Context(), env, "api", "_time", said)
	want(t, err, fault.Invalid, "_time")
	r.send("api", map[string]any{"total": "not a number"})
	equal(t, "columns", r.names("api"), "n integer, total float")

	n := r.column("api", "n")
	changed, err := r.UpdateColumn(t.Context(), env, "api", n.ID, ColumnSettings{Type: "integer", Description: "a number"})
	must(t, err)
	if !changed.Updated.After(n.Updated) || !changed.Created.Equal(n.Created) || changed.Description != "a number" || changed.ID != n.ID {
		t.Errorf("%+v, was %+v", changed, n)
	}
	r.send("api", map[string]any{"n": 0.5})
	equal(t, "type, which the data goes on deciding", r.column("api", "n").Type, "float")
	r.restart()
	equal(t, "description", r.column("api", "n").Description, "a number")
	equal(t, "settings", r.column("api", "total").ColumnSettings, said)

	must(t, r.DeleteColumn(t.Context(), env, "api", n.ID))
	equal(t, "columns", r.names("api"), "total float")
	_, err = r.Column(env, "api", n.ID)
	want(t, err, fault.NotFound, n.ID)
	want(t, r.DeleteColumn(t.Context(), env, "api", n.ID), fault.NotFound, n.ID)
	r.restart()
	equal(t, "columns after a restart", r.names("api"), "total float")
	r.send("api", map[string]any{"n": 1})
	again := r.column("api", "n")
	if again.Description != "" || !again.Created.After(n.Created) {
		t.Errorf("a column that came again is %+v", again)
	}
	d, _ := r.Find(env, "api")
	equal(t, "count", d.Columns, 2)
}

func TestDefinitions_AreTheUsualOnesUntilSomebodySays(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.send("beeline", map[string]any{"trace.trace_id": "a", "serviceName": "x", "service_name": "y", "durationMs": 1, "code": 200})
	check := func(wanted string) {
		t.Helper()
		all, err := r.Definitions(env, "beeline")
		must(t, err)
		var got []string
		for _, meaning := range Meanings() {
			if d, ok := all[meaning]; ok {
				got = append(got, meaning+"="+d.Name)
				if d.Calculated {
					got[len(got)-1] += " (calculated)"
				}
			}
		}
		equal(t, "definitions", strings.Join(got, ", "), wanted)
	}
	check("trace_id=trace.trace_id, service_name=service_name, duration_ms=durationMs")
	r.send("beeline", map[string]any{"duration_ms": 1})
	check("trace_id=trace.trace_id, service_name=service_name, duration_ms=duration_ms")
	must(t, r.Define(t.Context(), env, "beeline", map[string]string{"service_name": "serviceName", "status": "code"}))
	check("trace_id=trace.trace_id, service_name=serviceName, duration_ms=duration_ms, status=code")
	err := r.Define(t.Context(), env, "beeline", map[string]string{"user": "who", "route": "where", "error": "code"})
	want(t, err, fault.Invalid, "The following columns were not found: where, who")
	want(t, r.Define(t.Context(), env, "beeline", map[string]string{"colour": "code"}), fault.Invalid, `"colour" is no definition`)
	want(t, r.Define(t.Context(), env, "nothing", nil), fault.NotFound, "nothing")

	f, err := r.CreateCalculated(t.Context(), env, All, CalculatedSettings{Alias: "failed", Expression: "BOOL(1)"})
	must(t, err)
	must(t, r.Define(t.Context(), env, "beeline", map[string]string{"error": "failed"}))
	r.restart()
	check("trace_id=trace.trace_id, service_name=serviceName, duration_ms=duration_ms, error=failed (calculated), status=code")

	for _, name := range []string{"code", "trace.trace_id"} {
		want(t, r.DeleteColumn(t.Context(), env, "beeline", r.column("beeline", name).ID), fault.Conflict, "in use by dataset definition")
	}
	want(t, r.DeleteCalculated(t.Context(), env, All, f.ID), fault.Conflict, "in use by dataset definition - error of beeline")
	_, err = r.UpdateCalculated(t.Context(), env, All, f.ID, CalculatedSettings{Alias: "renamed", Expression: "BOOL(1)"})
	want(t, err, fault.Conflict, "in use")

	must(t, r.Define(t.Context(), env, "beeline", map[string]string{"error": "", "status": "", "service_name": ""}))
	r.restart()
	check("trace_id=trace.trace_id, service_name=service_name, duration_ms=duration_ms")
	must(t, r.DeleteColumn(t.Context(), env, "beeline", r.column("beeline", "code").ID))
	must(t, r.DeleteCalculated(t.Context(), env, All, f.ID))
}

func TestCalculated_CreateUpdateDelete(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.send("api", map[string]any{"n": 1})
	said := CalculatedSettings{Alias: "slow", Expression: "GT($n, 1)", Description: "too slow"}
	f, err := r.CreateCalculated(t.Context(), env, "api", said)
	must(t, err)
	if f.CalculatedSettings != said || !IsID(f.ID) || f.Dataset != "api" {
		t.Errorf("%+v", f)
	}
	_, err = r.CreateCalculated(t.Context(), env, "api", said)
	want(t, err, fault.Conflict, "already exists")
	_, err = r.CreateCalculated(t.Context(), env, "api", CalculatedSettings{Alias: "n", Expression: "INT(1)"})
	want(t, err, fault.Conflict, `column called "n"`)
	_, err = r.CreateColumn(t.Context(), env, "api", "slow", ColumnSettings{})
	want(t, err, fault.Conflict, "calculated field")
	_, err = r.CreateCalculated(t.Context(), env, "nothing", said)
	want(t, err, fault.NotFound, "nothing")
	everywhere := CalculatedSettings{Alias: "slow", Expression: "GT($n, 9)"}
	wide, err := r.CreateCalculated(t.Context(), env, All, everywhere)
	must(t, err)
	_, err = r.CreateCalculated(t.Context(), env, All, CalculatedSettings{Alias: "everywhere", Expression: "INT(2)"})
	must(t, err)
	if got := r.Calculated(env, "api"); !maps.Equal(got, map[string]string{"slow": "GT($n, 1)", "everywhere": "INT(2)"}) {
		t.Errorf("for queries of api: %v", got)
	}
	if got := r.Calculated(env, All); !maps.Equal(got, map[string]string{"slow": "GT($n, 9)", "everywhere": "INT(2)"}) {
		t.Errorf("for queries of all: %v", got)
	}
	changed, err := r.UpdateCalculated(t.Context(), env, "api", f.ID, CalculatedSettings{Alias: "slower", Expression: "GT($n, 2)"})
	must(t, err)
	if changed.ID != f.ID || !changed.Updated.After(f.Updated) || !changed.Created.Equal(f.Created) || changed.Description != "" {
		t.Errorf("%+v", changed)
	}
	_, err = r.UpdateCalculated(t.Context(), env, All, wide.ID, CalculatedSettings{Alias: "everywhere", Expression: "INT(2)"})
	want(t, err, fault.Conflict, "already exists")
	r.restart()
	again, err := r.CalculatedField(env, "api", f.ID)
	must(t, err)
	equal(t, "field", again, changed)
	_, err = r.CalculatedField(env, All, f.ID)
	want(t, err, fault.NotFound, f.ID)
	must(t, r.DeleteCalculated(t.Context(), env, "api", f.ID))
	want(t, r.DeleteCalculated(t.Context(), env, "api", f.ID), fault.NotFound, f.ID)
	r.restart()
	if all, err := r.CalculatedFields(env, "api"); err != nil || len(all) != 0 {
		t.Errorf("%v, %v", all, err)
	}
}

func TestRegistry_ChangesBesideEvents(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	_, _, err := r.Create(t.Context(), env, "api", Settings{})
	must(t, err)
	var wg sync.WaitGroup
	for g := range 3 {
		wg.Go(func() {
			for i := range 30 {
				r.Touch(eventOf("api", map[string]any{fmt.Sprint("f", g, i): 1, "n": 1}))
				_ = r.Write(t.Context())
			}
		})
		wg.Go(func() {
			for i := range 10 {
				if _, err := r.CreateColumn(t.Context(), env, "api", fmt.Sprint("c", g, i), ColumnSettings{Type: "string"}); err != nil {
					t.Error(err)
				}
				_, _ = r.Definitions(env, "api")
				_, _ = r.Update(t.Context(), env, "api", Settings{ExpandJSONDepth: i})
				_ = r.List(env)
			}
		})
	}
	wg.Wait()
	d, _ := r.Find(env, "api")
	equal(t, "columns", d.Columns, 3*30+3*10+1)
	r.restart()
	d, _ = r.Find(env, "api")
	equal(t, "columns after a restart", d.Columns, 3*30+3*10+1)
}
