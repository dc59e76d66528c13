package api

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/oriel-dev/oriel/internal/item"
)

func decoded(t *testing.T, text string) map[string]any {
	t.Helper()
	v, err := decodeLoose([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	m, ok := v.(map[string]any)
	if !ok {
		t.Fatalf("%s is no object", text)
	}
	return m
}

func TestPruned_LeavesOutWhatIsLargeAndSaysWhereItIs(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 20_000)
	data := map[string]any{"small": "a", "deep": map[string]any{"text": long, "n": json.Number("3")}, "list": []any{long, "b"}}
	got := pruned(data, []string{"body"}, 1000)
	want := map[string]any{
		"small": "a",
		"deep":  map[string]any{"n": json.Number("3"), "text": map[string]any{"$bytes": 20_000, "$count": 0, "$path": []string{"body", "deep", "text"}}},
		"list":  []any{map[string]any{"$bytes": 20_000, "$count": 0, "$path": []string{"body", "list", "0"}}, "b"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestPruned_IsBoundedWhateverComes(t *testing.T) {
	t.Parallel()
	var deep any = "end"
	for range 5000 {
		deep = map[string]any{"x": deep}
	}
	wide := make([]any, 100_000)
	for i := range wide {
		wide[i] = "0123456789"
	}
	raw, err := json.Marshal(pruned(map[string]any{"deep": deep, "wide": wide, "many": []any{strings.Repeat("y", 15_000), strings.Repeat("z", 15_000)}}, nil, 20_000))
	if err != nil {
		t.Fatal(err)
	}
	if len(raw) > 40_000 {
		t.Errorf("%d bytes are left, with a budget of 20,000", len(raw))
	}
}

func TestTracesOf_PutsTheNewestCallFirst(t *testing.T) {
	t.Parallel()
	python := decoded(t, `{"language":"python 3.11","body":{"trace":{"exception":{"class":"KeyError","message":"'user'"},"frames":[
		{"filename":"/usr/lib/python3.11/site-packages/flask/app.py","lineno":"12","method":"dispatch"},
		{"filename":"/srv/app/home.py","lineno":7,"method":"home","code":"x","context":{"pre":["a"],"post":null},"argspec":["limit"],"locals":{"limit":20,"s":"t"}}]}}}`)
	got := tracesOf(python, nil, 10_000)
	if len(got) != 1 || len(got[0].Frames) != 2 {
		t.Fatalf("%+v, want one trace of two frames", got)
	}
	newest, oldest := got[0].Frames[0], got[0].Frames[1]
	if newest.Method != "home" || !newest.Own || newest.Line != 7 || !cmp.Equal(newest.Pre, []string{"a"}) || len(newest.Args) != 1 {
		t.Errorf("the newest call is %+v", newest)
	}
	if oldest.Own || oldest.Library != "flask" || oldest.Line != 12 {
		t.Errorf("the oldest call is %+v", oldest)
	}
	goData := decoded(t, `{"language":"go","body":{"trace":{"exception":{"class":"x"},"frames":[{"method":"newest"},{"method":"oldest"}]}}}`)
	if f := tracesOf(goData, nil, 10_000)[0].Frames; f[0].Method != "newest" {
		t.Errorf("Go's frames come the newest first, and are shown as %+v", f)
	}
}

func TestTracesOf_TakesFieldsOfAnyType(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{}`, `{"body":7}`, `{"body":{"trace":[]}}`, `{"body":{"trace_chain":{"a":1}}}`, `{"body":{"trace_chain":[1,null,"x"]}}`,
		`{"body":{"trace":{"frames":{"0":1},"exception":"OldClass"}}}`,
		`{"body":{"trace":{"frames":[1,null,{"filename":{},"lineno":[],"colno":-3,"context":[],"locals":"x","argspec":"y","args":{}}],"exception":[]}}}`,
	} {
		tracesOf(decoded(t, text), nil, 1000)
		telemetryOf(decoded(t, text))
	}
	if got := tracesOf(decoded(t, `{"body":{"trace":{"exception":"OldClass"}}}`), nil, 1000); got[0].Class != "OldClass" {
		t.Errorf("the class of an exception that is a text is %q", got[0].Class)
	}
}

func TestTracesOf_KeepsTheEndsOfManyFrames(t *testing.T) {
	t.Parallel()
	frames := make([]any, 1000)
	for i := range frames {
		frames[i] = map[string]any{"method": "f", "lineno": json.Number("1")}
	}
	got := tracesOf(map[string]any{"body": map[string]any{"trace": map[string]any{"frames": frames}}}, nil, 10_000)[0]
	if len(got.Frames) != mostFrames || got.LeftOut != 1000-mostFrames {
		t.Errorf("%d frames and %d left out", len(got.Frames), got.LeftOut)
	}
}

func TestLibraryOf(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]string{
		"/usr/lib/python3/dist-packages/psycopg/cursor.py":       "psycopg",
		"/app/.venv/lib/python3.11/site-packages/six.py":         "six",
		"/app/node_modules/@aws-sdk/client/dist/index.js":        "@aws-sdk/client",
		"/usr/local/bundle/gems/activerecord-7.1.3/lib/a.rb":     "activerecord",
		"/home/dev/go/pkg/mod/github.com/jackc/pgx@v5.1/conn.go": "jackc/pgx",
		"/usr/lib/python3.11/json/decoder.py":                    "python",
		"node:internal/process":                                  "node",
		"/srv/app/home.py":                                       "",
	} {
		if got := libraryOf(file); got != want {
			t.Errorf("%s is of %q, want %q", file, got, want)
		}
	}
}

func TestTabsOf(t *testing.T) {
	t.Parallel()
	const now = int64(100 * 24 * time.Hour)
	old := item.Item{Status: item.Active, First: item.Sighting{ID: 1, At: 1}, Activating: item.Sighting{ID: 1, At: 1}}
	f := func(change func(i *item.Item), want ...string) {
		t.Helper()
		i := old
		change(&i)
		if got := tabsOf(&i, now, 7); !cmp.Equal(got, want) {
			t.Errorf("%+v is on %v, want %v", i, got, want)
		}
	}
	f(func(*item.Item) {}, "all", "active")
	f(func(i *item.Item) { i.First.At = now - 1 }, "all", "active", "new")
	f(func(i *item.Item) { i.Activating.ID = 2 }, "all", "active", "reactivated")
	f(func(i *item.Item) { i.AssignedUser = 7 }, "all", "mine", "active")
	f(func(i *item.Item) { i.Snooze, i.AssignedUser = &item.Snooze{Until: now + 1}, 7 }, "all", "mine")
	f(func(i *item.Item) { i.Status = item.Muted }, "all", "muted")
	f(func(i *item.Item) { i.Status = item.Resolved }, "all", "resolved")
	f(func(i *item.Item) { i.Status = item.Archived }, "all")
}

func TestUndoable_GivesAStepBackOnceInItsTimeAndEnvironment(t *testing.T) {
	t.Parallel()
	u := undoable{steps: map[string]step{}}
	now := time.Unix(1000, 0)
	token := u.keep(now, step{environment: "a", group: 3})
	if _, ok := u.take(now, "b", token); ok {
		t.Error("another environment took it back")
	}
	if s, ok := u.take(now, "a", token); !ok || s.group != 3 {
		t.Error("it could not be taken back")
	}
	if _, ok := u.take(now, "a", token); ok {
		t.Error("it was taken back twice")
	}
	late := u.keep(now, step{environment: "a"})
	if _, ok := u.take(now.Add(undoFor+1), "a", late); ok {
		t.Error("it was taken back too late")
	}
	for range 3 * undoKept {
		u.keep(now, step{environment: "a"})
	}
	if len(u.steps) > undoKept {
		t.Errorf("%d steps are kept, the limit is %d", len(u.steps), undoKept)
	}
}
