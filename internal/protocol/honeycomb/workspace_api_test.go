package honeycomb

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/oriel-dev/oriel/internal/auth"
)

// Every status and body that the vendor documents for queries, results,
// annotations, markers and their settings.
func TestWorkspace_AnswersAsDocumented(t *testing.T) {
	t.Parallel()
	d := newDesk(t, deskEvents(t))
	query, other, second := d.save("shop", `{"calculations":[{"op":"COUNT"}]}`), d.save("my-other-set", `{}`), d.save("shop", `{}`)
	var note, mark, setting struct{ ID string }
	d.get(201, "POST", "/1/query_annotations/shop", `{"name":"n","query_id":"`+query+`"}`, &note)
	d.get(201, "POST", "/1/markers/shop", `{"message":"m"}`, &mark)
	d.get(201, "POST", "/1/marker_settings/shop", `{"type":"deploy","color":"#F96E11"}`, &setting)
	long := strings.Repeat("x", 400)
	for _, c := range []struct {
		method, path, body string
		status             int
		kind, text         string // of the problem; "" for none
	}{
		// Queries.
		{"POST", "/1/queries/shop", `{}`, 200, "", ""},
		{"POST", "/1/queries/shop/", `{}`, 200, "", ""},
		{"POST", "/1/queries/__all__", `{}`, 200, "", ""},
		{"POST", "/1/queries/My%20Other%20Set", `{}`, 200, "", ""},
		{"POST", "/1/queries/none", `{}`, 404, "not-found", "Dataset not found"},
		{"POST", "/1/queries/shop", ``, 400, "unparseable", "could not parse request body"},
		{"POST", "/1/queries/shop", `{`, 400, "unparseable", "could not parse request body"},
		{"POST", "/1/queries/shop", `[]`, 400, "unparseable", "invalid Query data"},
		{"POST", "/1/queries/shop", `{"limit":"ten"}`, 400, "unparseable", "invalid Query data: limit must be a whole number, is string"},
		{"POST", "/1/queries/shop", `{"calculations":[{"op":"SOME"}]}`, 422, "validation-failed", "SOME"},
		{"POST", "/1/queries/shop", `{"calculations":[{"op":"AVG"}]}`, 422, "validation-failed", "AVG needs a column"},
		{"POST", "/1/queries/shop", `{"limit":1001}`, 422, "validation-failed", "limit is 1001"},
		{"POST", "/1/queries/shop", `{"compare_time_offset_seconds":5400,"time_range":60}`, 422, "validation-failed", "compare_time_offset_seconds is 5400; it must be one of"},
		{"POST", "/1/queries/shop", `{"compare_time_offset_seconds":1800,"time_range":3600}`, 422, "validation-failed", "at least the time range"},
		{"POST", "/1/queries/shop", `{"compare":"5 parsecs"}`, 422, "validation-failed", "like 90m or 36h"},
		{"POST", "/1/queries/shop", `{"time_range":60,"granularity":61}`, 422, "validation-failed", "granularity is 61"},
		{"POST", "/1/queries/shop", `{"filters":[{"column":"` + long + long[:200] + `","op":"exists"}]}`, 422, "validation-failed", "column"},
		{"POST", "/1/queries/shop", `{"x":"` + strings.Repeat("x", 100_000) + `"}`, 413, "payload-too-large", "100000 bytes"},
		{"GET", "/1/queries/shop/" + query, ``, 200, "", ""},
		{"GET", "/1/queries/shop/none", ``, 404, "not-found", "Query not found"},
		{"GET", "/1/queries/__all__/" + query, ``, 404, "not-found", "Query not found"},
		{"GET", "/1/queries/none/" + query, ``, 404, "not-found", "Dataset not found"},

		// Query results.
		{"POST", "/1/query_results/shop", `{"query_id":"` + query + `"}`, 201, "", ""},
		{"POST", "/1/query_results/shop", `{}`, 422, "validation-failed", `"field":"query_id","code":"missing","description":"cannot be blank"`},
		{"POST", "/1/query_results/shop", ``, 400, "unparseable", "could not parse request body"},
		{"POST", "/1/query_results/shop", `{"query_id":7}`, 422, "validation-failed", `"code":"incorrect_type"`},
		{"POST", "/1/query_results/shop", `{"query_id":"` + other + `"}`, 404, "not-found", "Query not found"},
		{"POST", "/1/query_results/none", `{"query_id":"` + query + `"}`, 404, "not-found", "Dataset not found"},
		{"POST", "/1/query_results/shop", `{"query_id":"` + query + `","limit":1001}`, 422, "validation-failed", "from 1 to 1000 (10000 with disable_series)"},
		{"POST", "/1/query_results/shop", `{"query_id":"` + query + `","limit":10000,"disable_series":true}`, 201, "", ""},
		{"POST", "/1/query_results/shop", `{"query_id":"` + query + `","limit":10001,"disable_series":true}`, 422, "validation-failed", "from 1 to 10000"},
		{"GET", "/1/query_results/shop/none", ``, 404, "not-found", "Query result not found"},

		// Query annotations.
		{"POST", "/1/query_annotations/shop", ``, 400, "unparseable", "could not parse request body"},
		{"POST", "/1/query_annotations/shop", `{"query_id":"` + query + `"}`, 422, "validation-failed", `"field":"name","code":"missing","description":"cannot be blank"`},
		{"POST", "/1/query_annotations/shop", `{"name":"` + long + `","query_id":"` + query + `"}`, 422, "validation-failed", "maximum of 320"},
		{"POST", "/1/query_annotations/shop", `{"name":"n","description":"` + long + long + long + `","query_id":"` + query + `"}`, 422, "validation-failed", "maximum of 1023"},
		{"POST", "/1/query_annotations/shop", `{"name":"n"}`, 422, "validation-failed", `"field":"query_id","code":"missing"`},
		{"POST", "/1/query_annotations/shop", `{"name":"n","query_id":"none"}`, 400, "unparseable", "Query id included in body is invalid"},
		{"POST", "/1/query_annotations/shop", `{"name":"n","query_id":"` + other + `"}`, 400, "unparseable", "Query is not in the dataset"},
		{"POST", "/1/query_annotations/none", `{"name":"n","query_id":"` + query + `"}`, 404, "not-found", "Dataset not found"},
		{"GET", "/1/query_annotations/shop", ``, 200, "", ""},
		{"GET", "/1/query_annotations/none", ``, 404, "not-found", "Dataset not found"},
		{"GET", "/1/query_annotations/shop/none", ``, 404, "not-found", "Query annotation not found"},
		{"PUT", "/1/query_annotations/shop/" + note.ID, `{"id":"another","name":"n","query_id":"` + query + `"}`, 400, "unparseable", "Query annotation id included in body does not match URL"},
		{"PUT", "/1/query_annotations/shop/" + note.ID, `{"name":"n","query_id":"` + second + `"}`, 400, "unparseable", "queries in annotations cannot be changed"},
		{"PUT", "/1/query_annotations/shop/" + note.ID, `{"name":"n","query_id":"` + other + `"}`, 400, "unparseable", "Query is not in the dataset"},
		{"PUT", "/1/query_annotations/shop/" + note.ID, `{"name":"n","query_id":"none"}`, 400, "unparseable", "Query id included in body is invalid"},
		{"PUT", "/1/query_annotations/shop/" + note.ID, `{"name":"","query_id":"` + query + `"}`, 422, "validation-failed", "cannot be blank"},
		{"PUT", "/1/query_annotations/shop/none", `{"name":"n","query_id":"` + query + `"}`, 404, "not-found", "Query annotation not found"},
		{"PUT", "/1/query_annotations/shop/" + note.ID, `{"id":"` + note.ID + `","name":"n","query_id":"` + query + `"}`, 200, "", ""},
		{"DELETE", "/1/query_annotations/my-other-set/" + note.ID, ``, 404, "not-found", "Query annotation not found"},
		{"DELETE", "/1/query_annotations/shop/" + note.ID, ``, 204, "", ""},
		{"DELETE", "/1/query_annotations/shop/" + note.ID, ``, 404, "not-found", "Query annotation not found"},

		// Markers.
		{"POST", "/1/markers/shop", ``, 400, "unparseable", "could not parse request body"},
		{"POST", "/1/markers/shop", `{}`, 201, "", ""},
		{"POST", "/1/markers/none", `{}`, 404, "not-found", "Dataset not found"},
		{"POST", "/1/markers/shop", `{"start_time":"now"}`, 422, "validation-failed", `"field":"start_time","code":"incorrect_type"`},
		{"POST", "/1/markers/shop", `{"start_time":-1}`, 422, "validation-failed", `"field":"start_time","code":"invalid"`},
		{"POST", "/1/markers/shop", `{"start_time":10,"end_time":9}`, 422, "validation-failed", "before start_time"},
		{"GET", "/1/markers/none", ``, 404, "not-found", "Dataset not found"},
		{"GET", "/1/markers", ``, 200, "", ""},
		{"GET", "/1/markers/" + mark.ID, ``, 200, "", ""}, // as one of the vendor's own clients asks
		{"GET", "/1/markers/00000000", ``, 404, "not-found", "Dataset not found"},
		{"PUT", "/1/markers/shop/none", `{}`, 404, "not-found", "Marker not found"},
		{"PUT", "/1/markers/shop/" + mark.ID, `{"end_time":1}`, 422, "validation-failed", "before start_time"},
		{"PUT", "/1/markers/shop/" + mark.ID, `{"message":"new"}`, 200, "", ""},
		{"DELETE", "/1/markers/__all__/" + mark.ID, ``, 404, "not-found", "Marker not found"},
		{"DELETE", "/1/markers/shop/" + mark.ID, ``, 200, "", ""},

		// Marker settings.
		{"POST", "/1/marker_settings/shop", ``, 400, "unparseable", "could not parse request body"},
		{"POST", "/1/marker_settings/shop", `{}`, 422, "validation-failed", `"field":"type","code":"missing"`},
		{"POST", "/1/marker_settings/shop", `{"type":"x"}`, 422, "validation-failed", `"field":"color","code":"missing"`},
		{"POST", "/1/marker_settings/shop", `{"type":"x","color":"red"}`, 422, "validation-failed", `"field":"color","code":"invalid"`},
		{"POST", "/1/marker_settings/shop", `{"type":"deploy","color":"#000000"}`, 409, "conflict", "deploy"},
		{"POST", "/1/marker_settings/none", `{"type":"x","color":"#000000"}`, 404, "not-found", "Dataset not found"},
		{"GET", "/1/marker_settings/none", ``, 404, "not-found", "Dataset not found"},
		{"PUT", "/1/marker_settings/shop/" + setting.ID, `{"type":"other","color":"#000000"}`, 422, "validation-failed", `"field":"type"`},
		{"PUT", "/1/marker_settings/shop/none", `{"color":"#000000"}`, 404, "not-found", "Marker setting not found"},
		{"PUT", "/1/marker_settings/shop/" + setting.ID, `{"type":"deploy","color":"#00ff00"}`, 200, "", ""},
		{"DELETE", "/1/marker_settings/shop/" + setting.ID, ``, 200, "", ""},
		{"DELETE", "/1/marker_settings/shop/" + setting.ID, ``, 404, "not-found", "Marker setting not found"},
	} {
		status, header, raw := d.do(c.method, c.path, c.body)
		what := fmt.Sprintf("%s %s %.60s", c.method, c.path, c.body)
		if status != c.status || !strings.Contains(string(raw), c.text) {
			t.Errorf("%s: %d %.300s, want %d %s", what, status, raw, c.status, c.text)
			continue
		}
		if c.kind == "" {
			continue
		}
		var p problemDetails
		must(t, json.Unmarshal(raw, &p))
		if p.Type != "http://"+deskHost+"/problems/"+c.kind || p.Status != c.status || p.Error == "" || header.Get("Content-Type") != problemJSON {
			t.Errorf("%s: %s %+v", what, header.Get("Content-Type"), p)
		}
	}
}

// A dataset of data points takes what they can be asked, and says what it is.
func TestMetricsDatasets_HaveRulesOfTheirOwn(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	r.sendEvent("points", `{"meta.signal_type":"metric","cpu":0.5}`)
	r.sendEvent("shop", `{"a":1}`)
	r.want("GET", "/1/datasets", "", 200, `[{"slug":"points","dataset_type":"metrics"},{"slug":"shop"}]`)
	if _, body := r.ask("GET", "/1/datasets/shop", ""); body.(map[string]any)["dataset_type"] != nil {
		t.Errorf("a plain dataset has a type: %v", body)
	}
	refused := func(text string) string {
		return `{"status":422,"type":"ORIGIN/problems/validation-failed","error":"` + text + `"}`
	}
	for _, c := range []struct {
		dataset, spec string
		status        int
		answer        string
	}{
		{"points", `{}`, 422, refused("metrics datasets require at least one calculation")},
		{"points", `{"calculations":[{"op":"COUNT"}]}`, 422, refused("operation not allowed in metrics dataset: COUNT")},
		{"points", `{"calculations":[{"op":"RATE_SUM","column":"cpu"}]}`, 422, refused("operation not allowed in metrics dataset: RATE_SUM")},
		{"points", `{"calculations":[{"op":"MAX","column":"cpu"},{"op":"CONCURRENCY"}]}`, 422, refused("operation not allowed in metrics dataset: CONCURRENCY")},
		{"points", `{"calculations":[{"op":"COUNT","column":"cpu"},{"op":"COUNT_DATAPOINTS"},{"op":"COUNT_DATAPOINTS","column":"cpu"},{"op":"AVG","column":"cpu"}]}`, 200, `{}`},
		{"points", `{"calculations":[{"op":"SUM","column":"x"}],"calculated_fields":[{"name":"x","expression":"RATE($cpu, 300)"}]}`, 200, `{}`},
		{"points", `{"calculations":[{"op":"SUM","column":"x"}],"calculated_fields":[{"name":"x","expression":"RATE(LAST($cpu))"}]}`, 422, refused("calculated_fields[0] x: timeseries operations cannot be nested")},
		{"points", `{"calculations":[{"op":"HISTOGRAM_COUNT","column":"cpu"}]}`, 422, refused("HISTOGRAM_COUNT is for histograms and summaries; cpu is no metric")},
		{"shop", `{"calculations":[{"op":"SUM","column":"x"}],"calculated_fields":[{"name":"x","expression":"RATE($a)"}]}`, 422, refused("calculated_fields[0] x: RATE is only supported in metrics datasets")},
		{"shop", `{"calculations":[{"op":"COUNT_DATAPOINTS"}]}`, 422, refused("operation only allowed in metrics datasets: COUNT_DATAPOINTS")},
		{"shop", `{}`, 200, `{}`},
		{"__all__", `{}`, 200, `{}`},
	} {
		r.want("POST", "/1/queries/"+c.dataset, c.spec, c.status, c.answer)
	}
	r.want("POST", "/1/derived_columns/points", `{"alias":"pace","expression":"RATE($cpu, 60)"}`, 201, `{"alias":"pace"}`)
	r.want("POST", "/1/queries/points", `{"calculations":[{"op":"MAX","column":"pace"}]}`, 200, `{}`)
	for _, dataset := range []string{"shop", "__all__"} {
		if status, body := r.ask("POST", "/1/derived_columns/"+dataset, `{"alias":"pace","expression":"RATE($cpu, 60)"}`); status != 400 || !strings.Contains(fmt.Sprint(body), "RATE is only supported in metrics datasets") {
			t.Errorf("%s: %d %v", dataset, status, body)
		}
	}
}

func TestWorkspace_WantsPermission(t *testing.T) {
	t.Parallel()
	d := newDesk(t, deskEvents(t))
	for _, c := range []struct{ method, path string }{
		{"POST", "/1/queries/shop"},
		{"POST", "/1/query_results/shop"},
		{"GET", "/1/query_annotations/shop"},
		{"POST", "/1/markers/shop"},
		{"GET", "/1/markers"},
		{"GET", "/1/marker_settings/shop"},
		{"GET", "/oriel/environments/test/datasets/shop/result/x/snapshot"},
	} {
		if status, _, raw := d.doAs(d.keys[auth.HoneycombIngest], c.method, c.path, "{}"); status != 403 {
			t.Errorf("%s %s with an ingest key: %d %s", c.method, c.path, status, raw)
		}
		if status, _, raw := d.doAs("", c.method, c.path, "{}"); status != 401 {
			t.Errorf("%s %s without a key: %d %s", c.method, c.path, status, raw)
		}
	}
	if status, _, raw := d.doAs(d.keys[auth.HoneycombClassic], "GET", "/1/markers/__all__", ""); status != 404 {
		t.Errorf("a classic team has an environment: %d %s", status, raw)
	}
}

// What a query is made of comes back field for field, and nothing else does.
func TestQueries_AreEchoed(t *testing.T) {
	t.Parallel()
	d := newDesk(t, deskEvents(t))
	for _, spec := range []string{
		`{}`,
		`{"calculations":[{"op":"COUNT"},{"op":"P99","column":"duration_ms","name":"slow","filters":[{"column":"a","op":"exists"}]}],
		  "filters":[{"column":"route","op":"in","value":["/a",7,true,1.50]},{"column":"x","op":"does-not-exist"}],"filter_combination":"OR",
		  "breakdowns":["route","b<c"],"orders":[{"op":"COUNT","order":"descending"},{"column":"route"}],"havings":[{"calculate_op":"COUNT","op":">","value":1}],
		  "limit":100,"time_range":7200,"granularity":120}`,
		`{"start_time":1763990000,"end_time":1763999999,"compare_time_offset_seconds":86400,"usage_mode":true}`,
		`{"time_range":7200,"compare":"36h"}`,
		`{"time_range":7200,"compare":"previous"}`,
	} {
		var want, made, read map[string]any
		dec := json.NewDecoder(strings.NewReader(spec))
		dec.UseNumber()
		must(t, dec.Decode(&want))
		d.get(200, "POST", "/1/queries/shop", spec, &made)
		id, _ := made["id"].(string)
		d.restart()
		d.get(200, "GET", "/1/queries/shop/"+id, "", &read)
		if diff := cmp.Diff(made, read); diff != "" || len(id) < 8 {
			t.Errorf("made and read differ: %s", diff)
		}
		delete(made, "id")
		if diff := cmp.Diff(want, made); diff != "" {
			t.Errorf("%s: %s", spec, diff)
		}
	}
}

func TestQueryAnnotations_RoundTrip(t *testing.T) {
	t.Parallel()
	d := newDesk(t, deskEvents(t))
	id := d.save("__all__", `{}`)
	var made, read, changed queryAnnotation
	header := d.get(201, "POST", "/1/query_annotations/__all__", `{"name":"Slow","description":"why","query_id":"`+id+`","source":"board"}`, &made)
	want := queryAnnotation{ID: made.ID, Name: "Slow", Description: "why", QueryID: id, Source: "query", CreatedAt: timestamp(testClock), UpdatedAt: timestamp(testClock)}
	if diff := cmp.Diff(want, made); diff != "" || header.Get("Location") != "/1/query_annotations/__all__/"+made.ID {
		t.Errorf("%s %v", diff, header)
	}
	d.restart()
	d.get(200, "GET", header.Get("Location"), "", &read)
	if diff := cmp.Diff(want, read); diff != "" {
		t.Error(diff)
	}
	d.get(200, "PUT", "/1/query_annotations/__all__/"+made.ID, `{"id":"`+made.ID+`","name":"Slower","query_id":"`+id+`"}`, &changed)
	if changed.Name != "Slower" || changed.Description != "" {
		t.Errorf("%+v", changed)
	}
	var list []queryAnnotation
	d.get(200, "GET", "/1/query_annotations/__all__", "", &list)
	if diff := cmp.Diff([]queryAnnotation{changed}, list); diff != "" {
		t.Error(diff)
	}
	_, _, raw := d.do("GET", "/1/query_annotations/shop", "")
	if strings.TrimSpace(string(raw)) != "[]" {
		t.Errorf("none are %s", raw)
	}
}

// A deploy script's marker is in the list at once, in the colour of its type.
func TestMarkers_AreVisibleAtOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t, deskEvents(t))
	for _, scope := range []string{"shop", "__all__"} {
		var made marker
		d.get(201, "POST", "/1/markers/"+scope, `{"message":"deploy #12","type":"deploy","url":"https://ci.example/12","end_time":1764000100}`, &made)
		want := marker{
			ID: made.ID, StartTime: testClock.Unix(), EndTime: 1764000100, Message: "deploy #12", Type: "deploy", URL: "https://ci.example/12",
			CreatedAt: timestamp(testClock), UpdatedAt: timestamp(testClock),
		}
		list := func() []marker {
			t.Helper()
			var list []marker
			d.get(200, "GET", "/1/markers/"+scope, "", &list)
			return list
		}
		if diff := cmp.Diff([]marker{want}, list()); diff != "" {
			t.Error(diff)
		}
		var setting markerSetting
		d.get(201, "POST", "/1/marker_settings/"+scope, `{"type":"deploy","color":"#F96E11"}`, &setting)
		want.Color = "#F96E11"
		d.restart()
		if diff := cmp.Diff([]marker{want}, list()); diff != "" {
			t.Error(diff)
		}
		var settings []markerSetting
		d.get(200, "GET", "/1/marker_settings/"+scope, "", &settings)
		if diff := cmp.Diff([]markerSetting{setting}, settings); diff != "" {
			t.Error(diff)
		}
		// What a change leaves out stays; the published client sends no more.
		var changed, gone marker
		d.get(200, "PUT", "/1/markers/"+scope+"/"+made.ID, `{"id":"`+made.ID+`","message":"deploy #13","color":"#000000"}`, &changed)
		want.Message = "deploy #13"
		if diff := cmp.Diff(want, changed); diff != "" {
			t.Error(diff)
		}
		d.get(200, "DELETE", "/1/markers/"+scope+"/"+made.ID, "", &gone)
		if diff := cmp.Diff(want, gone); diff != "" || len(list()) != 0 {
			t.Errorf("%s %v", diff, list())
		}
	}
	var whole []marker
	d.get(201, "POST", "/1/markers/__all__", `{}`, nil)
	d.get(200, "GET", "/1/markers", "", &whole)
	if len(whole) != 1 || whole[0].StartTime != testClock.Unix() || time.Unix(whole[0].StartTime, 0).IsZero() {
		t.Errorf("without a dataset: %+v", whole)
	}
}

// Oriel's own pages have their key in a cookie.
func TestWorkspace_TakesThePagesOwnKey(t *testing.T) {
	t.Parallel()
	d := newDesk(t, deskEvents(t))
	for cookie, want := range map[string]int{d.keys[auth.Honeycomb]: 201, "nobody": 401} {
		status := d.withCookie(cookie, "POST", "/1/markers/shop", `{}`)
		if status != want {
			t.Errorf("cookie %.4s: %d, want %d", cookie, status, want)
		}
	}
}
