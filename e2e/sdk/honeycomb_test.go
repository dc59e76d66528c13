package sdk_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"testing"
	"time"
)

// startWithKeys runs a server that takes known keys only, and calls it with one
// that may send and ask.
func startWithKeys(t *testing.T) *server {
	t.Helper()
	s := start(t, "--auth", "required")
	s.key = s.newKey("honeycomb")
	return s
}

func (s *server) url() string { return "http://" + s.addr["listen"] }

// newKey makes a key beside the running server.
func (s *server) newKey(kind string) string {
	s.t.Helper()
	out, err := exec.CommandContext(s.t.Context(), os.Getenv("ORIEL_BIN"), "keys", "create", "--data", s.data, "--kind", kind, "--json").Output()
	var made struct{ Key string }
	if err != nil || json.Unmarshal(out, &made) != nil || made.Key == "" {
		s.t.Fatalf("make a key of kind %s: %s, %v", kind, out, err)
	}
	return made.Key
}

// arrived is an event as the query API gives it.
type arrived struct {
	Time    int64 // ns
	Dataset string
	Fields  map[string]any // without those that are null
}

// events waits for n events of a dataset and returns them by the text of a
// field, in a range that reaches far enough back for backfills.
func (s *server) events(dataset, by string, n int) map[string]arrived {
	s.t.Helper()
	var page struct {
		Base     string
		Columns  []string
		Rows     [][]any
		Times    []int64
		Datasets []string
		Next     string
	}
	question := map[string]any{"dataset": "__all__", "text": fmt.Sprintf("WHERE %s exists LAST 30d", by), "limit": 1000, "order": "asc"}
	for range 200 {
		s.call(http.MethodPost, "/api/events", question, &page)
		count := 0
		for _, d := range page.Datasets {
			if d == dataset {
				count++
			}
		}
		if count >= n {
			break
		}
		time.Sleep(50 * time.Millisecond) // the client's own batching decides when it sends
	}
	base, err := strconv.ParseInt(page.Base, 10, 64)
	if err != nil || page.Next != "" {
		s.t.Fatalf("base %q, next %q", page.Base, page.Next)
	}
	out := map[string]arrived{}
	for i, row := range page.Rows {
		if page.Datasets[i] != dataset {
			continue
		}
		e := arrived{Time: base + page.Times[i], Dataset: page.Datasets[i], Fields: map[string]any{}}
		for k, v := range row {
			if v != nil {
				e.Fields[page.Columns[k]] = v
			}
		}
		out[fmt.Sprint(e.Fields[by])] = e
	}
	if len(out) != n {
		s.t.Fatalf("%d events of dataset %s arrived with %s (%v), want %d: %v", len(out), dataset, by, slices.Sorted(maps.Keys(out)), n, page.Datasets)
	}
	return out
}

// countsBy asks how many events there are by a field, each counted as often as
// its sample rate says.
func (s *server) countsBy(dataset, by string) map[string]int64 {
	s.t.Helper()
	answer := s.ask(dataset, fmt.Sprintf("VISUALIZE COUNT WHERE %s exists GROUP BY %s LAST 30d", by, by))
	out := map[string]int64{}
	for _, row := range answer {
		n, ok := row[1].(float64)
		if !ok {
			s.t.Fatalf("COUNT is %v", row[1])
		}
		out[fmt.Sprint(row[0])] = int64(n)
	}
	return out
}

// ask runs a question in one line and returns the rows.
func (s *server) ask(dataset, text string) [][]any {
	s.t.Helper()
	rows := [][]any{}
	for _, line := range s.lines("/api/query", map[string]any{"dataset": dataset, "text": text}) {
		var l struct {
			Type   string
			Error  any
			Result struct{ Rows [][]any }
		}
		if err := json.Unmarshal(line, &l); err != nil || l.Error != nil {
			s.t.Fatalf("%s: %s %v", text, line, err)
		}
		if l.Type == "done" {
			rows = l.Result.Rows
		}
	}
	return rows
}

// types returns the type of each column of a dataset, from the vendor's own API.
func (s *server) types(dataset string) map[string]string {
	s.t.Helper()
	var columns []struct {
		Name string `json:"key_name"`
		Type string `json:"type"`
	}
	s.call(http.MethodGet, "/1/columns/"+dataset, nil, &columns)
	out := map[string]string{}
	for _, c := range columns {
		out[c.Name] = c.Type
	}
	return out
}

// same wants all fields as given, and no other; "*" wants any that is not empty.
func (e arrived) same(t *testing.T, what string, want map[string]any) {
	t.Helper()
	if e.Fields == nil {
		t.Errorf("%s did not arrive", what)
		return
	}
	names := slices.Sorted(maps.Keys(e.Fields))
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if _, ok := e.Fields[name]; !ok {
			names = append(names, name)
		}
	}
	for _, name := range names {
		got, arrived := e.Fields[name]
		w, wanted := want[name]
		switch {
		case !wanted:
			t.Errorf("%s: %s is %#v, which was not sent", what, name, got)
		case !arrived:
			t.Errorf("%s: %s did not arrive, want %#v", what, name, w)
		case w == "*" && fmt.Sprint(got) != "":
		case !equal(got, w):
			t.Errorf("%s: %s is %#v, want %#v", what, name, got, w)
		}
	}
}

// equal compares a value of an answer with one that was sent: JSON has but one
// kind of number, and integers beyond 2^53 come as text.
func equal(got, want any) bool {
	if f, ok := got.(float64); ok {
		switch w := want.(type) {
		case int:
			return f == float64(w)
		case float64:
			return f == w
		}
	}
	return fmt.Sprint(got) == fmt.Sprint(want)
}

// near wants a time within some span of another.
func near(t *testing.T, what string, got, want time.Time, within time.Duration) {
	t.Helper()
	if d := got.Sub(want); cmp.Compare(d.Abs(), within) > 0 {
		t.Errorf("%s: %s is %s off %s", what, got.UTC(), d, want.UTC())
	}
}

// merged returns fields with more of them.
func merged(all ...map[string]any) map[string]any {
	out := map[string]any{}
	for _, m := range all {
		maps.Copy(out, m)
	}
	return out
}
