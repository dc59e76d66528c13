package honeycomb

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"image/png"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/oriel-dev/oriel/internal/auth"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
	"github.com/oriel-dev/oriel/internal/store/storetest"
)

func (d *desk) withCookie(key, method, path, body string) int {
	d.t.Helper()
	r := httptest.NewRequest(method, "http://"+deskHost+path, strings.NewReader(body))
	r.AddCookie(&http.Cookie{Name: "oriel_key", Value: key})
	w := httptest.NewRecorder()
	d.front.ServeHTTP(w, r)
	return w.Code
}

// answer is a result as clients read it.
type answer struct {
	ID       string
	Complete bool
	Query    map[string]any
	Links    struct {
		Query string `json:"query_url"`
		Graph string `json:"graph_image_url"`
	}
	Error *string
	Data  *struct {
		Series  json.RawMessage
		Results json.RawMessage
		Total   map[string]any  `json:"total_by_aggregate"`
		Totals  json.RawMessage `json:"total_by_aggregate_series"`
		Other   map[string]any  `json:"other_by_aggregate"`
		Compare *struct {
			Offset json.Number `json:"time_offset_seconds"`
			Series json.RawMessage
		}
		Heatmaps []struct{ Counts []json.Number }
	}
}

// start asks for a result and returns its address.
func (d *desk) start(scope, ask string) string {
	d.t.Helper()
	var a answer
	header := d.get(http.StatusCreated, "POST", "/1/query_results/"+scope, ask, &a)
	if a.ID == "" || a.Data != nil || header.Get("Location") != "/1/query_results/"+scope+"/"+a.ID {
		d.t.Fatalf("%+v %v", a, header)
	}
	return header.Get("Location")
}

// settle waits until nothing is worked on.
func (d *desk) settle() { d.front.work.all.Wait() }

// run saves a query, asks for its result and returns it.
func (d *desk) run(scope, spec, options string) (answer, http.Header) {
	d.t.Helper()
	path := d.start(scope, `{"query_id":"`+d.save(scope, spec)+`"`+options+`}`)
	d.settle()
	var a answer
	header := d.get(http.StatusOK, "GET", path+"?include_series=true", "", &a)
	if !a.Complete {
		d.t.Fatalf("%s is not complete", path)
	}
	return a, header
}

func same(t *testing.T, what, want string, got json.RawMessage) {
	t.Helper()
	var a, b any
	must(t, json.Unmarshal([]byte(want), &a))
	if err := json.Unmarshal(got, &b); err != nil {
		t.Errorf("%s: %q: %v", what, got, err)
	} else if diff := cmp.Diff(a, b); diff != "" {
		t.Errorf("%s: %s", what, diff)
	}
}

func TestQueryResults_HoldTableSeriesAndLinks(t *testing.T) {
	t.Parallel()
	d := newDesk(t, deskEvents(t))
	a, header := d.run("shop", `{"calculations":[{"op":"COUNT"},{"op":"MAX","column":"duration_ms"}],"breakdowns":["route"],"time_range":3600,"granularity":1800,"limit":2}`,
		`,"disable_total_by_aggregate":false,"disable_other_by_aggregate":false`)
	same(t, "results", `[{"data":{"route":"/a","COUNT":60,"MAX(duration_ms)":10}},{"data":{"route":"/b","COUNT":48,"MAX(duration_ms)":1000}}]`, a.Data.Results)
	same(t, "series", `[
		{"time":"2025-11-24T15:00:00Z","data":{"route":"/a","COUNT":30,"MAX(duration_ms)":10}},{"time":"2025-11-24T15:00:00Z","data":{"route":"/b","COUNT":24,"MAX(duration_ms)":1000}},
		{"time":"2025-11-24T15:30:00Z","data":{"route":"/a","COUNT":30,"MAX(duration_ms)":10}},{"time":"2025-11-24T15:30:00Z","data":{"route":"/b","COUNT":24,"MAX(duration_ms)":1000}}]`, a.Data.Series)
	same(t, "the course of the total", `[{"time":"2025-11-24T15:00:00Z","data":{"COUNT":56,"MAX(duration_ms)":1000}},{"time":"2025-11-24T15:30:00Z","data":{"COUNT":55,"MAX(duration_ms)":1000}}]`, a.Data.Totals)
	if diff := cmp.Diff(map[string]any{"COUNT": json.Number("111"), "MAX(duration_ms)": json.Number("1000")}, a.Data.Total); diff != "" {
		t.Errorf("total: %s", diff)
	}
	if diff := cmp.Diff(map[string]any{"COUNT": json.Number("3"), "MAX(duration_ms)": json.Number("50")}, a.Data.Other); diff != "" {
		t.Errorf("other: %s", diff)
	}
	page := "http://" + deskHost + "/oriel/environments/test/datasets/shop/result/" + a.ID
	if a.Links.Query != page || a.Links.Graph != page+"/snapshot" {
		t.Errorf("%+v", a.Links)
	}
	if header.Get("Last-Modified") != testClock.UTC().Format(http.TimeFormat) || !strings.Contains(header.Get("Cache-Control"), "private") {
		t.Errorf("%v", header)
	}
	if a.Query["limit"] != json.Number("2") || a.Query["id"] == "" || a.Query["granularity"] != json.Number("1800") {
		t.Errorf("query %v", a.Query)
	}
}

func TestQueryResults_AlwaysHaveArrays(t *testing.T) {
	t.Parallel()
	d := newDesk(t, deskEvents(t))
	for options, spec := range map[string]string{
		``:                                           `{"filters":[{"column":"route","op":"=","value":"none"}],"breakdowns":["route"]}`,
		`,"disable_series":true`:                     `{"filters":[{"column":"route","op":"=","value":"none"}],"breakdowns":["route"]}`,
		`,"limit":10,"disable_series":false`:         `{"calculations":[{"op":"HEATMAP","column":"nothing"}]}`,
		`,"disable_series":true,"limit":10000`:       `{"breakdowns":["nothing","nobody"],"havings":[{"calculate_op":"COUNT","op":"<","value":0}],"calculations":[{"op":"COUNT"}]}`,
		`,"disable_other_by_aggregate":false`:        `{"start_time":1,"end_time":2}`,
		`,"disable_total_by_aggregate":false       `: `{"start_time":1,"end_time":2,"breakdowns":["x"]}`,
	} {
		a, _ := d.run("shop", spec, options)
		for name, raw := range map[string]json.RawMessage{"series": a.Data.Series, "results": a.Data.Results} {
			if !strings.HasPrefix(string(raw), "[") {
				t.Errorf("%s%s: %s is %s", spec, options, name, raw)
			}
		}
	}
	a, _ := d.run("shop", `{"breakdowns":["route"]}`, ``)
	if string(a.Data.Series) == "[]" || a.Data.Total != nil || a.Data.Totals != nil || a.Data.Other != nil || a.Query["limit"] != json.Number("1000") {
		t.Errorf("defaults: %+v %v", a.Data, a.Query)
	}
	if a, _ = d.run("shop", `{"breakdowns":["route"]}`, `,"disable_series":true`); string(a.Data.Series) != "[]" {
		t.Errorf("series that were disabled: %s", a.Data.Series)
	}
}

func TestQueryResults_AreOfAllDatasetsAndOfEarlier(t *testing.T) {
	t.Parallel()
	d := newDesk(t, deskEvents(t))
	a, _ := d.run("__all__", `{"calculations":[{"op":"COUNT"},{"op":"MAX","column":"big"},{"op":"HEATMAP","column":"duration_ms"}],"time_range":1800,"granularity":1800,"compare_time_offset_seconds":1800}`, ``)
	if want := "http://" + deskHost + "/oriel/environments/test/result/" + a.ID; a.Links.Query != want {
		t.Errorf("%s, want %s", a.Links.Query, want)
	}
	if !strings.Contains(string(a.Data.Results), `"MAX(big)":9007199254740993`) {
		t.Errorf("a large integer is %s", a.Data.Results)
	}
	if c := a.Data.Compare; c == nil || c.Offset != "1800" || !strings.Contains(string(c.Series), "2025-11-24T15:00:00Z") {
		t.Errorf("%+v", c)
	}
	if len(a.Data.Heatmaps) != 1 || len(a.Data.Heatmaps[0].Counts) == 0 {
		t.Errorf("%+v", a.Data.Heatmaps)
	}
	key := d.keys[auth.HoneycombClassic]
	_, _, raw := d.doAs(key, "POST", "/1/queries/shop", `{}`)
	var q struct{ ID string }
	must(t, json.Unmarshal(raw, &q))
	_, _, raw = d.doAs(key, "POST", "/1/query_results/shop", `{"query_id":"`+q.ID+`"}`)
	var classic answer
	must(t, json.Unmarshal(raw, &classic))
	if want := "http://" + deskHost + "/oriel/datasets/shop/result/" + classic.ID; classic.Links.Query != want {
		t.Errorf("classic: %s, want %s", classic.Links.Query, want)
	}
}

// The answer is what it was, whatever becomes of server and events.
func TestQueryResults_SurviveARestartAndTheirEvents(t *testing.T) {
	t.Parallel()
	d := newDesk(t, deskEvents(t))
	a, _ := d.run("shop", `{"breakdowns":["route"]}`, `,"disable_total_by_aggregate":false`)
	path := "/1/query_results/shop/" + a.ID
	_, _, before := d.do("GET", path, "")
	d.source = storetest.NewReference()
	d.restart()
	_, _, after := d.do("GET", path, "")
	if diff := cmp.Diff(string(before), string(after)); diff != "" {
		t.Error(diff)
	}
}

// stuck is a store whose queries end when they are let, or with their context.
type stuck struct {
	store.Store
	free chan struct{}
	once sync.Once
}

func newStuck(t *testing.T) *stuck {
	t.Helper()
	return &stuck{Store: storetest.NewReference(), free: make(chan struct{})}
}

func (s *stuck) release() { s.once.Do(func() { close(s.free) }) }

func (s *stuck) Run(ctx context.Context, q *query.Query, opts store.Options) (*store.Result, error) {
	select {
	case <-s.free:
		return s.Store.Run(ctx, q, opts)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func TestQueryResults_TellOneThatRunsFromOneThatWasStopped(t *testing.T) {
	t.Parallel()
	d := newDesk(t, newStuck(t))
	path := d.start("shop", `{"query_id":"`+d.save("shop", `{}`)+`"}`)
	var a answer
	header := d.get(200, "GET", path, "", &a)
	if a.Complete || a.Data != nil || a.Error != nil || a.Links.Query == "" || header.Get("Cache-Control") != "no-store" {
		t.Errorf("%+v %v", a, header)
	}
	d.restart()
	d.get(200, "GET", path, "", &a)
	if !a.Complete || a.Error == nil || !strings.Contains(*a.Error, "stopped") || a.Data != nil {
		t.Errorf("after a stop: %+v", a)
	}
}

func TestQueryResults_AtWorkAreBounded(t *testing.T) {
	t.Parallel()
	s := newStuck(t)
	d := newDesk(t, s)
	ask := `{"query_id":"` + d.save("shop", `{}`) + `"}`
	var last string
	for range maxResultsAtWork {
		last = d.start("shop", ask)
	}
	status, header, raw := d.do("POST", "/1/query_results/shop", ask)
	if status != 429 || header.Get("Retry-After") == "" || !strings.Contains(string(raw), "64 query results") {
		t.Errorf("%d %v %s", status, header, raw)
	}
	s.release()
	d.settle()
	var a answer
	if d.get(200, "GET", last, "", &a); !a.Complete || a.Error != nil {
		t.Errorf("%+v", a)
	}
	d.start("shop", ask)
}

// broken is a store that fails in a way.
type broken struct {
	store.Store
	err error
}

func (b *broken) Run(context.Context, *query.Query, store.Options) (*store.Result, error) {
	if b.err == nil {
		panic("boom")
	}
	return nil, b.err
}

func TestQueryResults_OfAFailureAreCompleteWithAnError(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"too slow": {fault.New(fault.Deadline, "the query did not end within 30s"), "did not end within 30s"},
		"ours":     {errors.New("disk on fire"), "internal error"},
		"panic":    {nil, "internal error"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, &broken{storetest.NewReference(), c.err})
			a, _ := d.run("shop", `{}`, ``)
			if a.Error == nil || !strings.Contains(*a.Error, c.want) || a.Data != nil {
				t.Errorf("%+v", a)
			}
		})
	}
}

// Both links of a result lead somewhere: the page to the UI, the picture here.
func TestSnapshot_IsAPictureOfTheResult(t *testing.T) {
	t.Parallel()
	d := newDesk(t, deskEvents(t))
	for spec, options := range map[string]string{
		`{"calculations":[{"op":"COUNT"},{"op":"HEATMAP","column":"duration_ms"}],"breakdowns":["route"]}`: ``,
		`{"breakdowns":["route"]}`:                         `,"disable_series":true`,
		`{"start_time":1,"end_time":2,"breakdowns":["x"]}`: ``,
	} {
		a, _ := d.run("shop", spec, options)
		path := strings.TrimPrefix(a.Links.Graph, "http://"+deskHost)
		status, header, raw := d.do("GET", path, "")
		if status != 200 || header.Get("Content-Type") != "image/png" {
			t.Fatalf("%s: %d %v %.100s", path, status, header, raw)
		}
		if img, err := png.Decode(bytes.NewReader(raw)); err != nil || img.Bounds().Dx() < 600 {
			t.Errorf("%s: %v", spec, err)
		}
		if status := d.withCookie(d.keys[auth.Honeycomb], "GET", path, ""); status != 200 {
			t.Errorf("with the pages' own key: %d", status)
		}
		if status, _, _ := d.do("GET", "/oriel/result/"+a.ID+"/snapshot", ""); status != 200 {
			t.Errorf("by its id alone: %d", status)
		}
		for _, wrong := range []string{
			strings.Replace(path, "/shop/", "/my-other-set/", 1), strings.Replace(path, "/test/", "/other/", 1), strings.Replace(path, a.ID, "none", 1),
		} {
			if status, _, _ := d.do("GET", wrong, ""); status != 404 {
				t.Errorf("%s: %d", wrong, status)
			}
		}
	}
}

func TestResultLinks_LeadToThePageOfTheResult(t *testing.T) {
	t.Parallel()
	d := newDesk(t, deskEvents(t))
	for path, want := range map[string]string{
		"/oriel/environments/test/datasets/shop/result/x":      "/r/x",
		"/oriel/environments/test/datasets/shop/result/x/":     "/r/x",
		"/oriel/environments/other/result/x":                   "/r/x?env=other",
		"/oriel/datasets/shop/result/x":                        "/r/x",
		"/oriel/result/x":                                      "/r/x",
		"/result/x":                                            "",
		"/oriel/environments/e/datasets/d":                     "",
		"/a/b/c/result/x":                                      "",
		"/oriel/datasets/d/environments/e/result/x":            "",
		"/oriel/result//snapshot":                              "",
		"/oriel/environments/test/environments/other/result/x": "",
		"/snapshot": "",
		"/oriel/environments/test/datasets/shop/result/x/trace/1234": "",
	} {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		if got := d.front.Handles(r); got != (want != "") {
			t.Errorf("%s: handled %v", path, got)
		}
		if want == "" {
			continue
		}
		w := httptest.NewRecorder()
		d.front.ServeHTTP(w, r)
		to, err := r.URL.Parse(w.Header().Get("Location"))
		must(t, err)
		if w.Code != http.StatusFound || to.RequestURI() != want {
			t.Errorf("%s leads to %d %s, want %s", path, w.Code, to, want)
		}
	}
}

// The links of a result lead to it also from where its environment is not the
// caller's own, but one that everybody may look into.
func TestSnapshot_OfSampleDataIsForEverybody(t *testing.T) {
	t.Parallel()
	d := newDesk(t, deskEvents(t))
	_, err := d.front.Keys.OpenSample(t.Context())
	must(t, err)
	var q, a answer
	d.get(200, "POST", "/1/queries/__all__?env=sample", `{}`, &q)
	d.get(201, "POST", "/1/query_results/__all__?env=sample", `{"query_id":"`+q.ID+`"}`, &a)
	d.settle()
	path := strings.TrimPrefix(a.Links.Graph, "http://"+deskHost)
	if status, header, raw := d.do("GET", path, ""); path != "/oriel/environments/sample/result/"+a.ID+"/snapshot" || status != 200 || header.Get("Content-Type") != "image/png" {
		t.Errorf("%s: %d %.200s", path, status, raw)
	}
	if status, _, raw := d.do("GET", strings.Replace(path, "sample", "other", 1), ""); status != 404 {
		t.Errorf("of an environment that there is not: %d %s", status, raw)
	}
}

func TestSnapshot_OfNoAnswerSaysWhy(t *testing.T) {
	t.Parallel()
	d := newDesk(t, newStuck(t))
	path := d.start("shop", `{"query_id":"`+d.save("shop", `{}`)+`"}`)
	picture := "/oriel/environments/test/datasets/shop/result/" + path[strings.LastIndex(path, "/")+1:] + "/snapshot"
	status, header, running := d.do("GET", picture, "")
	if status != 200 || header.Get("Cache-Control") != "no-store" {
		t.Errorf("%d %v", status, header)
	}
	d.restart()
	status, _, failed := d.do("GET", picture, "")
	if status != 200 || bytes.Equal(running, failed) {
		t.Errorf("%d, the same picture", status)
	}
}
