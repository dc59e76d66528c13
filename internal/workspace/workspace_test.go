package workspace

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/oriel-dev/oriel/internal/fault"
)

var scope = Scope{Environment: "test", Dataset: "shop"} //nolint:gochecknoglobals // a constant of the tests

const count = `{"calculations":[{"op":"COUNT"}]}`

func TestSaveQuery_KeepsExactlyWhatWasAsked(t *testing.T) {
	t.Parallel()
	d := newDesk(t, Config{})
	for in, want := range map[string]string{
		`{}`: `{}`,
		` { "time_range" : 7200, "calculations":[{"op":"COUNT"}] }`:                     `{"calculations":[{"op":"COUNT"}],"time_range":7200}`,
		`{"filter_combination":"AND","id":"abc","limit":null}`:                          `{}`,
		`{"filter_combination":"OR","filters":[{"column":"a<b","op":"=","value":1.0}]}`: `{"filter_combination":"OR","filters":[{"column":"a<b","op":"=","value":1.0}]}`,
		`{"filters":[{"column":"n","op":"in","value":[9007199254740993,"x",true]}]}`:    `{"filters":[{"column":"n","op":"in","value":[9007199254740993,"x",true]}]}`,
	} {
		q, err := d.SaveQuery(t.Context(), scope, []byte(in))
		must(t, err)
		d.restart()
		got, err := d.Query(t.Context(), scope, q.ID)
		must(t, err)
		if string(got.Spec) != want {
			t.Errorf("%s came back as %s, want %s", in, got.Spec, want)
		}
	}
}

func TestSaveQuery_TheSameQuestionIsTheSameQuery(t *testing.T) {
	t.Parallel()
	d := newDesk(t, Config{})
	a, err := d.SaveQuery(t.Context(), scope, []byte(`{"limit":5,"calculations":[{"op":"COUNT"}]}`))
	must(t, err)
	b, err := d.SaveQuery(t.Context(), scope, []byte(`{"calculations":[{"op":"COUNT"}],"limit":5}`))
	must(t, err)
	if diff := cmp.Diff(a, b); diff != "" {
		t.Error(diff)
	}
	c, err := d.SaveQuery(t.Context(), Scope{"test", All}, []byte(`{"limit":5,"calculations":[{"op":"COUNT"}]}`))
	must(t, err)
	if c.ID == a.ID {
		t.Error("two scopes share a query")
	}
	_, err = d.Query(t.Context(), Scope{"test", "other"}, a.ID)
	wantFault(t, "another dataset", err, fault.NotFound, a.ID)
}

func TestSaveQuery_RefusesWhatCannotRun(t *testing.T) {
	t.Parallel()
	d := newDesk(t, Config{MaxQueries: 1})
	for in, want := range map[string]string{
		``: "empty", `[]`: "invalid query data", `{"limit":"5"}`: "limit", `{"limit":1,"Limit":2}`: "stands twice", `{}{}`: "invalid query data", `{"calculations":[{"op":"NO"}]}`: "NO",
	} {
		_, err := d.SaveQuery(t.Context(), scope, []byte(in))
		wantFault(t, in, err, fault.Invalid, want)
	}
	_, err := d.SaveQuery(t.Context(), scope, []byte(`{"x":"`+strings.Repeat("x", maxSpec)+`"}`))
	wantFault(t, "long", err, fault.TooLarge, "100000")
	_, err = d.SaveQuery(t.Context(), scope, []byte(count))
	must(t, err)
	_, err = d.SaveQuery(t.Context(), scope, []byte(`{}`))
	wantFault(t, "one too many", err, fault.Conflict, "limit of 1 queries")
	if _, err = d.SaveQuery(t.Context(), scope, []byte(count)); err != nil {
		t.Errorf("a known query at the limit: %v", err)
	}
}

func TestResult_SurvivesARestartUnchanged(t *testing.T) {
	t.Parallel()
	d := newDesk(t, Config{})
	answer := []byte(`{"rows":[[1]]}`)
	kept, err := d.KeepResult(t.Context(), scope, json.RawMessage(count), answer)
	must(t, err)
	asked, err := d.StartResult(t.Context(), scope, "q1", json.RawMessage(count))
	must(t, err)
	must(t, d.EndResult(t.Context(), asked.ID, answer))
	wrong, err := d.StartResult(t.Context(), scope, "q1", json.RawMessage(count))
	must(t, err)
	must(t, d.FailResult(t.Context(), wrong.ID, "too slow"))
	d.restart()
	for _, id := range []string{kept.ID, asked.ID} {
		got, err := d.Result(t.Context(), "test", id)
		must(t, err)
		if !got.Complete() || !bytes.Equal(d.answer(got), answer) || string(got.Spec) != count || got.Failure != "" {
			t.Errorf("%s: %+v", id, got)
		}
		wantFault(t, "ended twice", d.EndResult(t.Context(), id, nil), fault.Conflict, id)
		wantFault(t, "failed after the end", d.FailResult(t.Context(), id, "x"), fault.Conflict, id)
	}
	got, err := d.Result(t.Context(), "test", wrong.ID)
	must(t, err)
	if !got.Complete() || got.Failure != "too slow" || got.Answered() {
		t.Errorf("%+v", got)
	}
	_, err = d.Result(t.Context(), "other", kept.ID)
	wantFault(t, "another environment", err, fault.NotFound, kept.ID)
}

func TestResult_UnderWayAtARestartHasFailed(t *testing.T) {
	t.Parallel()
	d := newDesk(t, Config{})
	asked, err := d.StartResult(t.Context(), scope, "q1", json.RawMessage(count))
	must(t, err)
	got, err := d.Result(t.Context(), "test", asked.ID)
	must(t, err)
	if got.Complete() {
		t.Fatal("complete before it ended")
	}
	d.restart()
	got, err = d.Result(t.Context(), "test", asked.ID)
	must(t, err)
	if !got.Complete() || !strings.Contains(got.Failure, "restarted") {
		t.Errorf("%+v", got)
	}
}

func TestResult_TooLargeAnAnswerIsAFailureThatSaysSo(t *testing.T) {
	t.Parallel()
	d := newDesk(t, Config{MaxAnswer: 100})
	asked, err := d.StartResult(t.Context(), scope, "q1", json.RawMessage(count))
	must(t, err)
	must(t, d.EndResult(t.Context(), asked.ID, make([]byte, 101)))
	got, err := d.Result(t.Context(), "test", asked.ID)
	must(t, err)
	if !got.Complete() || !strings.Contains(got.Failure, "101 bytes") || got.Answered() {
		t.Errorf("%+v", got)
	}
	_, err = d.KeepResult(t.Context(), scope, json.RawMessage(count), make([]byte, 101))
	wantFault(t, "kept at once", err, fault.TooLarge, "101 bytes")
}

func TestResults_TheOldestGoBeyondTheLimit(t *testing.T) {
	t.Parallel()
	d := newDesk(t, Config{MaxAnswers: 20_000})
	running, err := d.StartResult(t.Context(), scope, "q1", json.RawMessage(count))
	must(t, err)
	noise := rand.New(rand.NewPCG(1, 2))
	var ids []string
	for i := range 30 {
		answer := make([]byte, 1500)
		for k := range answer {
			answer[k] = byte(noise.Uint32())
		}
		r, err := d.KeepResult(t.Context(), scope, json.RawMessage(count), answer)
		must(t, err)
		ids = append(ids, r.ID)
		if i == 15 {
			d.restart() // the sum is found again
			running, err = d.StartResult(t.Context(), scope, "q2", json.RawMessage(count))
			must(t, err)
		}
	}
	if _, err = d.Result(t.Context(), "test", running.ID); err != nil {
		t.Errorf("the one under way: %v", err)
	}
	if _, err = d.Result(t.Context(), "test", ids[29]); err != nil {
		t.Errorf("the newest: %v", err)
	}
	_, err = d.Result(t.Context(), "test", ids[0])
	wantFault(t, "the oldest", err, fault.NotFound, ids[0])
	if d.stored > 20_000 {
		t.Errorf("%d bytes are kept", d.stored)
	}
}

func TestAnnotation_StaysWithItsQuery(t *testing.T) {
	t.Parallel()
	d := newDesk(t, Config{MaxAnnotations: 2})
	q, err := d.SaveQuery(t.Context(), scope, []byte(count))
	must(t, err)
	_, err = d.AddAnnotation(t.Context(), Annotation{Scope: Scope{"test", "other"}, QueryID: q.ID, Name: "n"})
	wantFault(t, "of another dataset", err, fault.Invalid, "Query is not in the dataset")
	a, err := d.AddAnnotation(t.Context(), Annotation{Scope: scope, QueryID: q.ID, Name: "slow", Description: "why"})
	must(t, err)
	board, err := d.AddAnnotation(t.Context(), Annotation{Scope: scope, QueryID: q.ID, Name: "panel", Source: SourceBoard})
	must(t, err)
	_, err = d.AddAnnotation(t.Context(), Annotation{Scope: scope, QueryID: q.ID, Name: "third"})
	wantFault(t, "one too many", err, fault.Conflict, "limit of 2")
	d.restart()
	mine, err := d.Annotations(t.Context(), scope, false)
	must(t, err)
	all, err := d.Annotations(t.Context(), scope, true)
	must(t, err)
	if diff := cmp.Diff([][]Annotation{{a}, {a, board}}, [][]Annotation{mine, all}); diff != "" {
		t.Error(diff)
	}
	_, err = d.ChangeAnnotation(t.Context(), Annotation{ID: a.ID, Scope: scope, QueryID: "another", Name: "x"})
	wantFault(t, "another query", err, fault.Invalid, "cannot be changed")
	changed, err := d.ChangeAnnotation(t.Context(), Annotation{ID: a.ID, Scope: scope, QueryID: q.ID, Name: "new"})
	must(t, err)
	if changed.Name != "new" || changed.Description != "" || !changed.Updated.After(a.Updated) || changed.Created != a.Created {
		t.Errorf("%+v", changed)
	}
	must(t, d.RemoveAnnotation(t.Context(), scope, a.ID))
	wantFault(t, "removed twice", d.RemoveAnnotation(t.Context(), scope, a.ID), fault.NotFound, a.ID)
	if _, err := d.Query(t.Context(), scope, q.ID); err != nil {
		t.Errorf("the query went with its annotation: %v", err)
	}
}

func TestMarker_HasTheColourOfItsType(t *testing.T) {
	t.Parallel()
	d := newDesk(t, Config{MaxMarkers: 3})
	m, err := d.AddMarker(t.Context(), Marker{Scope: scope, Start: 100, End: 200, Message: "v1", Type: "deploy", URL: "https://ci.example/1"})
	must(t, err)
	colour := func() string {
		t.Helper()
		list, err := d.Markers(t.Context(), scope)
		must(t, err)
		if len(list) != 1 {
			t.Fatalf("%d markers", len(list))
		}
		return list[0].Color
	}
	if c := colour(); c != "" {
		t.Errorf("colour %q before there is a setting", c)
	}
	_, err = d.AddMarkerSetting(t.Context(), MarkerSetting{Scope: Scope{"test", All}, Type: "deploy", Color: "#111111"})
	must(t, err)
	if c := colour(); c != "#111111" {
		t.Errorf("colour %q, want that of the environment", c)
	}
	s, err := d.AddMarkerSetting(t.Context(), MarkerSetting{Scope: scope, Type: "deploy", Color: "#222222"})
	must(t, err)
	if c := colour(); c != "#222222" {
		t.Errorf("colour %q, want that of the dataset", c)
	}
	_, err = d.AddMarkerSetting(t.Context(), MarkerSetting{Scope: scope, Type: "deploy", Color: "#333333"})
	wantFault(t, "twice", err, fault.Conflict, "deploy")
	_, err = d.ChangeMarkerSetting(t.Context(), scope, s.ID, "other", "#444444")
	wantFault(t, "another type", err, fault.Invalid, "cannot be changed")
	if s, err = d.ChangeMarkerSetting(t.Context(), scope, s.ID, "deploy", "#444444"); err != nil || s.Color != "#444444" {
		t.Errorf("%+v %v", s, err)
	}
	d.restart()
	if c := colour(); c != "#444444" {
		t.Errorf("colour %q after a restart", c)
	}
	if _, err = d.RemoveMarkerSetting(t.Context(), scope, s.ID); err != nil || colour() != "#111111" {
		t.Errorf("%v, colour %q", err, colour())
	}
	settings, err := d.MarkerSettings(t.Context(), scope)
	if err != nil || len(settings) != 0 {
		t.Errorf("%v %v", settings, err)
	}
	m, err = d.ChangeMarker(t.Context(), scope, m.ID, func(m *Marker) error { m.Message = "v2"; return nil })
	if err != nil || m.Message != "v2" || m.Start != 100 || m.Color != "#111111" {
		t.Errorf("%+v %v", m, err)
	}
	gone, err := d.RemoveMarker(t.Context(), scope, m.ID)
	if diff := cmp.Diff(m, gone); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	_, err = d.RemoveMarker(t.Context(), scope, m.ID)
	wantFault(t, "removed twice", err, fault.NotFound, m.ID)
	for range 3 {
		_, err = d.AddMarker(t.Context(), Marker{Scope: scope, Start: 1})
		must(t, err)
	}
	_, err = d.AddMarker(t.Context(), Marker{Scope: scope, Start: 1})
	wantFault(t, "one too many", err, fault.Conflict, "limit of 3 markers")
}

func TestHistory_NewestFirstAndBounded(t *testing.T) {
	t.Parallel()
	d := newDesk(t, Config{MaxRuns: 5})
	note := func(owner, dataset, spec, text, result string) {
		t.Helper()
		must(t, d.Note(t.Context(), Run{Scope: Scope{"test", dataset}, Owner: owner, OwnerName: "key " + owner, Spec: json.RawMessage(spec), Text: text, ResultID: result, At: d.cfg.Clock(), Rows: 1}))
	}
	for i := range 8 {
		note("me", "shop", fmt.Sprintf(`{"limit":%d}`, i+1), fmt.Sprintf("VISUALIZE COUNT LIMIT %d", i+1), "")
	}
	texts := func(f HistoryFilter) (out []string) {
		t.Helper()
		f.Limit = max(f.Limit, 100)
		runs, _, err := d.History(t.Context(), "test", f)
		must(t, err)
		for _, r := range runs {
			out = append(out, r.Text)
		}
		return out
	}
	want := []string{"VISUALIZE COUNT LIMIT 8", "VISUALIZE COUNT LIMIT 7", "VISUALIZE COUNT LIMIT 6", "VISUALIZE COUNT LIMIT 5", "VISUALIZE COUNT LIMIT 4"}
	if diff := cmp.Diff(want, texts(HistoryFilter{})); diff != "" {
		t.Error(diff)
	}
	d.restart()
	if diff := cmp.Diff(want, texts(HistoryFilter{})); diff != "" {
		t.Errorf("after a restart: %s", diff)
	}
	note("me", "shop", `{"limit":8}`, "VISUALIZE COUNT LIMIT 8", "")
	if diff := cmp.Diff(want, texts(HistoryFilter{})); diff != "" {
		t.Errorf("asked again at once, it is one entry: %s", diff)
	}
	note("me", "shop", `{"limit":8}`, "VISUALIZE COUNT LIMIT 8", "kept1")
	note("me", "shop", `{"limit":8}`, "VISUALIZE COUNT LIMIT 8", "kept2")
	note("you", "100%_shop", `{}`, "VISUALIZE COUNT", "")
	me := "me"
	for want, f := range map[string]HistoryFilter{
		"VISUALIZE COUNT":         {Text: "100%_"},
		"VISUALIZE COUNT LIMIT 8": {Text: "count limit 8", Owner: &me},
		"":                        {Text: "1__shop"},
	} {
		got := texts(f)
		if (want == "" && len(got) > 0) || (want != "" && (len(got) == 0 || got[0] != want)) {
			t.Errorf("%+v: %q, want %q first", f, got, want)
		}
	}
	runs, _, err := d.History(t.Context(), "test", HistoryFilter{Limit: 3})
	must(t, err)
	if len(runs) != 3 || runs[1].ResultID != "kept2" || runs[2].ResultID != "kept1" {
		t.Errorf("each kept answer has its entry: %+v", runs)
	}
}

func TestHistory_PagesHoldEachRunOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t, Config{})
	at := d.cfg.Clock()
	for i := range 25 {
		// Several at one moment: the order among them must not change from page to page.
		run := Run{Scope: Scope{"test", []string{"shop", All}[i%2]}, Owner: fmt.Sprint(i % 3), Spec: json.RawMessage(fmt.Sprintf(`{"limit":%d}`, i+1)), Text: fmt.Sprint(i), At: at.Add(time.Duration(i/10) * time.Second)}
		if i%5 == 0 {
			run.Sketch = json.RawMessage(`{"calc":"COUNT"}`)
		}
		if i == 7 {
			run.Sketch = json.RawMessage(`"` + strings.Repeat("x", MaxSketch) + `"`)
		}
		must(t, d.Note(t.Context(), run))
	}
	one := "1"
	for name, c := range map[string]struct {
		f    HistoryFilter
		want func(i int) bool
	}{
		"all":                  {HistoryFilter{Limit: 4}, func(int) bool { return true }},
		"of a dataset":         {HistoryFilter{Limit: 3, Dataset: "shop"}, func(i int) bool { return i%2 == 0 }},
		"of the environment":   {HistoryFilter{Limit: 5, Dataset: All}, func(i int) bool { return i%2 == 1 }},
		"of one who asked":     {HistoryFilter{Limit: 2, Owner: &one}, func(i int) bool { return i%3 == 1 }},
		"as many as there are": {HistoryFilter{Limit: 25}, func(int) bool { return true }},
	} {
		seen := map[string]bool{}
		for f, pages := c.f, 0; ; pages++ {
			runs, next, err := d.History(t.Context(), "test", f)
			must(t, err)
			for _, r := range runs {
				i, _ := strconv.Atoi(r.Text)
				if seen[r.Text] || !c.want(i) || (r.Sketch != nil) != (i%5 == 0) {
					t.Errorf("%s: %+v", name, r)
				}
				seen[r.Text] = true
			}
			if len(runs) > c.f.Limit || pages > 25 {
				t.Fatalf("%s: %d runs on page %d", name, len(runs), pages)
			}
			if f.After = next; next == "" {
				break
			}
		}
		for i := range 25 {
			if seen[fmt.Sprint(i)] != c.want(i) {
				t.Errorf("%s: run %d seen: %v", name, i, seen[fmt.Sprint(i)])
			}
		}
	}
	for _, cursor := range []string{"x", "12", "-a"} {
		_, _, err := d.History(t.Context(), "test", HistoryFilter{After: cursor})
		wantFault(t, cursor, err, fault.Invalid, "cursor")
	}
}

func TestHistory_ShowsTheNameOfAQuestion(t *testing.T) {
	t.Parallel()
	d := newDesk(t, Config{})
	must(t, d.Note(t.Context(), Run{Scope: scope, Spec: json.RawMessage(count), At: d.cfg.Clock()}))
	q, err := d.SaveQuery(t.Context(), scope, []byte(count))
	must(t, err)
	_, err = d.AddAnnotation(t.Context(), Annotation{Scope: scope, QueryID: q.ID, Name: "Checkout load"})
	must(t, err)
	runs, _, err := d.History(t.Context(), "test", HistoryFilter{Limit: 10, Text: "checkout"})
	must(t, err)
	if len(runs) != 1 || runs[0].Name != "Checkout load" {
		t.Errorf("%+v", runs)
	}
}

func TestForget_LeavesWhatNeverChanges(t *testing.T) {
	t.Parallel()
	d := newDesk(t, Config{})
	for _, dataset := range []string{"shop", "other"} {
		s := Scope{"test", dataset}
		q, err := d.SaveQuery(t.Context(), s, []byte(count))
		must(t, err)
		_, err = d.AddAnnotation(t.Context(), Annotation{Scope: s, QueryID: q.ID, Name: "n"})
		must(t, err)
		_, err = d.AddMarker(t.Context(), Marker{Scope: s, Start: 1})
		must(t, err)
		_, err = d.AddMarkerSetting(t.Context(), MarkerSetting{Scope: s, Type: "deploy", Color: "#111111"})
		must(t, err)
	}
	kept, err := d.KeepResult(t.Context(), scope, json.RawMessage(count), []byte("{}"))
	must(t, err)
	must(t, d.Forget(t.Context(), scope))
	for dataset, want := range map[string]int{"shop": 0, "other": 1} {
		s := Scope{"test", dataset}
		markers, err := d.Markers(t.Context(), s)
		must(t, err)
		settings, err := d.MarkerSettings(t.Context(), s)
		must(t, err)
		notes, err := d.Annotations(t.Context(), s, true)
		must(t, err)
		if len(markers) != want || len(settings) != want || len(notes) != want {
			t.Errorf("%s has %d markers, %d settings and %d annotations, want %d of each", dataset, len(markers), len(settings), len(notes), want)
		}
	}
	if _, err := d.Result(t.Context(), "test", kept.ID); err != nil {
		t.Error(err)
	}
}

func TestResults_ThoseThatAreReadAreBounded(t *testing.T) {
	t.Parallel()
	d := newDesk(t, Config{MaxOpen: 100})
	var results []*Result
	for range 3 {
		r, err := d.KeepResult(t.Context(), scope, json.RawMessage(count), bytes.Repeat([]byte("x"), 60))
		must(t, err)
		results = append(results, r)
	}
	large, err := d.KeepResult(t.Context(), scope, json.RawMessage(count), bytes.Repeat([]byte("x"), 200))
	must(t, err)
	if n := len(d.answer(large)); n != 200 {
		t.Errorf("one by itself has %d bytes", n)
	}
	_, release, err := results[0].Open()
	must(t, err)
	_, _, err = results[1].Open()
	wantFault(t, "two at once", err, fault.Throttled, "more than 100 bytes")
	_, _, err = large.Open()
	wantFault(t, "a large one beside", err, fault.Throttled, "more than 100 bytes")
	release()
	d.answer(results[2])
	if n := d.opened.Load(); n != 0 {
		t.Errorf("%d bytes are still counted", n)
	}
}

func TestAddresses_AreFoundAgain(t *testing.T) {
	t.Parallel()
	d := newDesk(t, Config{MaxAddresses: 2})
	keep := func(params string) string {
		t.Helper()
		id, err := d.KeepAddress(t.Context(), "test", params)
		must(t, err)
		return id
	}
	long := "where=" + strings.Repeat("a", 5000)
	first := keep(long)
	if again := keep(long); again != first || len(first) > 30 {
		t.Errorf("the same address has the ids %q and %q", first, again)
	}
	d.restart()
	if got, err := d.Address(t.Context(), "test", first); err != nil || got != long {
		t.Errorf("%v %q", err, got)
	}
	if _, err := d.Address(t.Context(), "other", first); fault.KindOf(err) != fault.NotFound {
		t.Errorf("an address of one environment is seen in another: %v", err)
	}
	second := keep("b=1")
	keep(long) // used again, so the second one is the oldest
	third := keep("c=1")
	if _, err := d.Address(t.Context(), "test", second); fault.KindOf(err) != fault.NotFound {
		t.Errorf("beyond the limit the oldest address is still there: %v", err)
	}
	for _, id := range []string{first, third} {
		if _, err := d.Address(t.Context(), "test", id); err != nil {
			t.Error(err)
		}
	}
	if _, err := d.KeepAddress(t.Context(), "test", strings.Repeat("a", maxAddress+1)); fault.KindOf(err) != fault.TooLarge {
		t.Errorf("an address beyond the limit: %v", err)
	}
	if _, err := d.KeepAddress(t.Context(), "test", " "); fault.KindOf(err) != fault.Invalid {
		t.Errorf("an empty address: %v", err)
	}
}
