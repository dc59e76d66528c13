package honeycomb

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/oriel-dev/oriel/internal/auth"
	"github.com/oriel-dev/oriel/internal/dataset"
	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/ingest"
)

// ask calls the API with the configuration key and returns the answer as JSON values.
func (r *rig) ask(method, path, body string) (status int, answer any) {
	r.t.Helper()
	status, h, text := r.do(method, path, map[string]string{"X-Honeycomb-Team": r.keys[auth.Honeycomb], "Content-Type": "application/json"}, []byte(body))
	kind := "application/json"
	if status >= 300 {
		kind = problemJSON
	}
	if text == "" {
		return status, nil
	}
	if h.Get("Content-Type") != kind {
		r.t.Errorf("%s %s: %d as %s", method, path, status, h.Get("Content-Type"))
	}
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		r.t.Fatalf("%s %s: %d %s: %v", method, path, status, text, err)
	}
	return status, answer
}

// want calls the API and wants a status and, unless "", an answer: the members of
// the JSON given must be there and equal, "ID" stands for any id.
func (r *rig) want(method, path, body string, status int, answer string) any {
	r.t.Helper()
	gotStatus, got := r.ask(method, path, body)
	if gotStatus != status {
		r.t.Errorf("%s %s %.200s: %d %v, want %d", method, path, body, gotStatus, got, status)
		return got
	}
	if answer == "" {
		return got
	}
	var wanted any
	must(r.t, json.Unmarshal([]byte(strings.ReplaceAll(answer, "ORIGIN", r.url)), &wanted))
	if d := cmp.Diff(wanted, shapeOf(wanted, got)); d != "" {
		r.t.Errorf("%s %s %.200s: want - got +\n%s", method, path, body, d)
	}
	return got
}

// shapeOf leaves out of an answer what is not wanted.
func shapeOf(want, got any) any {
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			return got
		}
		out := map[string]any{}
		for name := range w {
			if v, there := g[name]; there {
				out[name] = shapeOf(w[name], v)
			}
		}
		return out
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(w) {
			return got
		}
		out := make([]any, len(g))
		for i := range g {
			out[i] = shapeOf(w[i], g[i])
		}
		return out
	case string:
		if id, ok := got.(string); ok && w == "ID" && dataset.IsID(id) {
			return "ID"
		}
	}
	return got
}

func idOf(answer any) string {
	object, _ := answer.(map[string]any)
	id, _ := object["id"].(string)
	return id
}

// sendEvent stores one event of a dataset.
func (r *rig) sendEvent(name, fields string) {
	r.t.Helper()
	var object map[string]any
	must(r.t, json.Unmarshal([]byte(fields), &object))
	b := event.NewBatch("test", name)
	b.Begin(testClock.Add(-time.Minute).UnixNano())
	for field, v := range object {
		switch v := v.(type) {
		case string:
			b.Set(field, event.StringValue(v))
		case bool:
			b.Set(field, event.BoolValue(v))
		case float64:
			if v == float64(int64(v)) {
				b.Set(field, event.IntValue(int64(v)))
			} else {
				b.Set(field, event.FloatValue(v))
			}
		}
	}
	must(r.t, r.door.Write(r.t.Context(), ingest.Request{Batches: []*event.Batch{b}, Protocol: "test"}))
}

const (
	created      = `"created_at":"2025-11-24T16:00:00Z"`
	updated      = `"updated_at":"2025-11-24T16:00:00Z"`
	unparseable4 = `{"status":400,"type":"ORIGIN/problems/unparseable","title":"The request body could not be parsed.","error":`
	notFound4    = `{"status":404,"type":"ORIGIN/problems/not-found","title":"The requested resource cannot be found.","error":`
	conflict4    = `{"status":409,"type":"ORIGIN/problems/conflict","title":"Request could not be completed due to a conflict with the current state of the target resource.","error":`
	invalid4     = `{"status":422,"type":"ORIGIN/problems/validation-failed","title":"The provided input is invalid.","error":"The provided input is invalid.","type_detail":`
	datasetGone  = notFound4 + `"Dataset not found"}`
)

// step is a call and what it must be answered.
type step struct {
	method, path, body string
	status             int
	answer             string
}

func (r *rig) run(steps []step) {
	r.t.Helper()
	for _, s := range steps {
		r.want(s.method, s.path, s.body, s.status, s.answer)
	}
}

func long(n int) string { return strings.Repeat("x", n) }

func TestDatasets_EveryStatusAndBody(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	const plain = `{"name":"My API","slug":"my-api","description":"","settings":{"delete_protected":true},"expand_json_depth":0,"regular_columns_count":0,"last_written_at":null,` + created + `}`
	r.run([]step{
		{"GET", "/1/datasets", "", 200, `[]`},
		{"POST", "/1/datasets", `{"name":"My API","settings":{},"created_at":"0001-01-01T00:00:00Z","last_written_at":"0001-01-01T00:00:00Z","slug":"other"}`, 201, plain},
		{"POST", "/1/datasets", `{"name":"MY/API","description":"another"}`, 200, plain},
		{"GET", "/1/datasets", "", 200, "[" + plain + "]"},
		{"GET", "/1/datasets/my-api", "", 200, plain},
		{"GET", "/1/datasets/My%20API/", "", 200, plain},
		{"PUT", "/1/datasets/my-api", `{"name":"","description":"what it is","expand_json_depth":10,"settings":{"delete_protected":true}}`, 200, `{"name":"My API","description":"what it is","expand_json_depth":10,"settings":{"delete_protected":true}}`},
		{"DELETE", "/1/datasets/my-api", "", 409, conflict4 + `"dataset \"my-api\" is delete protected: disable its delete protection first"}`},
		{"PUT", "/1/datasets/my-api", `{"settings":{"delete_protected":false}}`, 200, `{"description":"","expand_json_depth":0,"settings":{"delete_protected":false}}`},
		{"PUT", "/1/datasets/my-api", `{}`, 200, plain},
		{"PUT", "/1/datasets/my-api", `{"settings":{"delete_protected":false}}`, 200, `{"settings":{"delete_protected":false}}`},
		{"DELETE", "/1/datasets/my-api", "", 202, ""},
		{"GET", "/1/datasets/my-api", "", 404, datasetGone},
		{"DELETE", "/1/datasets/my-api", "", 404, datasetGone},
		{"PUT", "/1/datasets/my-api", `{}`, 404, datasetGone},
		{"GET", "/1/datasets/__all__", "", 404, datasetGone},
		{"POST", "/1/datasets", `{"name":" "}`, 422, invalid4 + `[{"field":"name","code":"missing","description":"cannot be blank"}]}`},
		{"POST", "/1/datasets", `{"name":"` + long(256) + `"}`, 422, invalid4 + `[{"field":"name","code":"invalid","description":"is 256 bytes long, longer than the maximum of 255"}]}`},
		{"POST", "/1/datasets", `{"name":"a","description":"` + long(1025) + `","expand_json_depth":11,"settings":{"delete_protected":false}}`, 422, invalid4 + `[
			{"field":"description","code":"invalid","description":"is 1025 characters long, longer than the maximum of 1024"},
			{"field":"expand_json_depth","code":"invalid","description":"is 11; must be from 0 to 10"},
			{"field":"settings.delete_protected","code":"invalid","description":"cannot be false when a dataset is created; update the dataset after"}]}`},
		{"POST", "/1/datasets", `{"name":1}`, 422, invalid4 + `[{"field":"name","code":"incorrect_type","description":"must be a string, is number"}]}`},
		{"POST", "/1/datasets", `{"settings":[]}`, 422, invalid4 + `[{"field":"settings","code":"incorrect_type","description":"must be an object, is array"}]}`},
		{"POST", "/1/datasets", `[{"name":"a"}]`, 400, unparseable4 + `"could not parse request body: it must be an object"}`},
		{"POST", "/1/datasets", ` null`, 400, unparseable4 + `"could not parse request body: it must be an object"}`},
		{"POST", "/1/datasets", `{"name":"__all__"}`, 422, `{"status":422,"type":"ORIGIN/problems/validation-failed"}`},
		{"POST", "/1/datasets", "", 400, unparseable4 + `"could not parse request body"}`},
		{"POST", "/1/datasets", `{"name"`, 400, unparseable4 + `"could not parse request body"}`},
		{"POST", "/1/datasets", `{"name":"` + long(100_001) + `"}`, 413, `{"status":413,"type":"ORIGIN/problems/payload-too-large","title":"Request body is too large.","error":"Body size is larger than maximum size of 100000 bytes"}`},
	})
}

func TestColumns_EveryStatusAndBody(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	r.want("POST", "/1/datasets", `{"name":"api"}`, 201, "")
	const all = `{"id":"ID","key_name":"total","type":"float","description":"how many","hidden":false,"last_written":null,` + created + `,` + updated + `}`
	made := idOf(r.want("POST", "/1/columns/api", `{"key_name":"total","type":"float","description":"how many","hidden":false}`, 201, all))
	r.sendEvent("api", `{"name":"GET /","n":5,"ok":true}`)
	n := idOf(r.want("GET", "/1/columns/api?key_name=n", "", 200, `{"id":"ID","key_name":"n","type":"integer","description":"","hidden":false,"last_written":"2025-11-24T15:59:00Z",`+created+`,`+updated+`}`))
	const brief = `[{"key_name":"n"},{"key_name":"name"},{"key_name":"ok"},{"key_name":"total"}]`
	const badID = unparseable4 + `"The id provided in the URL is malformed - we expected a 12-char base58-safe string."}`
	const noColumn = notFound4 + `"Column not found"}`
	r.run([]step{
		{"GET", "/1/columns/api", "", 200, brief},
		{"GET", "/1/columns/__all__", "", 200, brief},
		{"GET", "/1/columns/api/" + made, "", 200, all},
		{"GET", "/1/datasets/api", "", 200, `{"regular_columns_count":4,"last_written_at":"2025-11-24T16:00:00Z"}`},
		{"POST", "/1/columns/api", `{"key_name":"total"}`, 409, conflict4 + `"column already exists: \"total\""}`},
		{"POST", "/1/columns/api", `{"key_name":"n"}`, 409, conflict4 + `"column already exists: \"n\""}`},
		{"POST", "/1/columns/api", `{"type":"string"}`, 400, unparseable4 + `"Key name cannot be blank"}`},
		{"POST", "/1/columns/api", `{"key_name":"x","type":"decimal","description":"` + long(256) + `"}`, 422, invalid4 + `[
			{"field":"description","code":"invalid","description":"is 256 characters long, longer than the maximum of 255"},
			{"field":"type","code":"invalid","description":"must be one of string, float, integer, boolean, histogram"}]}`},
		{"POST", "/1/columns/api", `{"key_name":"` + long(256) + `"}`, 422, invalid4 + `[{"field":"key_name","code":"invalid"}]}`},
		{"POST", "/1/columns/api", `{"key_name":"x","hidden":"yes"}`, 422, invalid4 + `[{"field":"hidden","code":"incorrect_type"}]}`},
		{"POST", "/1/columns/api", "", 400, unparseable4 + `"could not parse request body"}`},
		{"POST", "/1/columns/api", `{"key_name":"plain"}`, 201, `{"key_name":"plain","type":"string","description":"","hidden":false}`},
		{"POST", "/1/columns/nothing", `{"key_name":"x"}`, 404, datasetGone},
		{"POST", "/1/columns/__all__", `{"key_name":"x"}`, 404, datasetGone},
		{"GET", "/1/columns/nothing", "", 404, datasetGone},
		{"GET", "/1/columns/api?key_name=nothing", "", 404, noColumn},
		{"GET", "/1/columns/api?key_name=", "", 404, noColumn},
		{"GET", "/1/columns/__all__?key_name=n", "", 400, ""},
		{"GET", "/1/columns/api/short", "", 400, badID},
		{"PUT", "/1/columns/api/0OIl0OIl0OIl", "{}", 400, badID},
		{"DELETE", "/1/columns/api/x", "", 400, badID},
		{"GET", "/1/columns/api/111111111111", "", 404, noColumn},
		{"PUT", "/1/columns/api/111111111111", "{}", 404, noColumn},
		{"DELETE", "/1/columns/api/111111111111", "", 404, noColumn},
		{"GET", "/1/columns/nothing/111111111111", "", 404, datasetGone},
		{"PUT", "/1/columns/api/" + n, `{"key_name":"n","type":"float","description":"a number","hidden":true}`, 200, `{"id":"ID","key_name":"n","type":"float","description":"a number","hidden":true}`},
		{"PUT", "/1/columns/api/" + n, `{}`, 200, `{"key_name":"n","type":"float","description":"","hidden":false}`},
		{"PUT", "/1/columns/api/" + n, `{"key_name":"m"}`, 422, invalid4 + `[{"field":"key_name","code":"invalid","description":"cannot be changed"}]}`},
		{"PUT", "/1/columns/api/" + n, `{"type":"date"}`, 422, invalid4 + `[{"field":"type","code":"invalid"}]}`},
		{"PATCH", "/1/dataset_definitions/api", `{"user":{"name":"n"}}`, 200, `{"user":{"name":"n","column_type":"column"}}`},
		{"DELETE", "/1/columns/api/" + n, "", 409, conflict4 + `"column is in use by dataset definition - user"}`},
		{"PATCH", "/1/dataset_definitions/api", `{"user":{"name":""}}`, 200, `{"user":null}`},
		{"PATCH", "/1/dataset_definitions/api", `{"user":"id","name":{"name":5}}`, 422, invalid4 + `[
			{"field":"name","code":"incorrect_type","description":"must be an object with the name of a column, like {\"name\":\"duration_ms\"}"},
			{"field":"user","code":"incorrect_type"}]}`},
		{"DELETE", "/1/columns/api/" + n, "", 204, ""},
		{"GET", "/1/columns/api/" + n, "", 404, noColumn},
		{"GET", "/1/columns/api?key_name=n", "", 404, noColumn},
	})
}

func TestDatasetDefinitions_EveryStatusAndBody(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	r.want("POST", "/1/datasets", `{"name":"api"}`, 201, "")
	none := map[string]any{}
	for _, meaning := range dataset.Meanings() {
		none[meaning] = nil
	}
	empty, err := json.Marshal(none)
	must(t, err)
	r.run([]step{
		{"GET", "/1/dataset_definitions/api", "", 200, string(empty)},
		{"GET", "/1/dataset_definitions/nothing", "", 404, datasetGone},
		{"PATCH", "/1/dataset_definitions/nothing", "{}", 404, datasetGone},
		{"GET", "/1/dataset_definitions/__all__", "", 404, datasetGone},
	})
	r.sendEvent("api", `{"trace.trace_id":"a","trace.parent_id":"b","id":"c","service_name":"api","durationMs":5,"code":200,"error":true}`)
	const defaults = `{"trace_id":{"name":"trace.trace_id","column_type":"column"},"span_id":{"name":"id","column_type":"column"},
		"service_name":{"name":"service_name","column_type":"column"},"duration_ms":{"name":"durationMs","column_type":"column"},"status":null,"error":{"name":"error"}}`
	r.run([]step{
		{"GET", "/1/dataset_definitions/api", "", 200, defaults},
		{"POST", "/1/derived_columns/__all__", `{"alias":"failed","expression":"GTE($code, 500)"}`, 201, ""},
		{"PATCH", "/1/dataset_definitions/api", `{"status":{"name":"code","column_type":"derived_column"},"error":{"name":"failed"},"route":null}`, 200, `{
			"status":{"name":"code","column_type":"column"},"error":{"name":"failed","column_type":"derived_column"},"trace_id":{"name":"trace.trace_id"},"route":null}`},
		{"GET", "/1/dataset_definitions/api", "", 200, `{"status":{"name":"code"},"error":{"name":"failed"}}`},
		{"PATCH", "/1/dataset_definitions/api", `{"user":{"name":"who"},"route":{"name":"where"}}`, 422, `{"status":422,"type":"ORIGIN/problems/validation-failed","error":"The following columns were not found: where, who"}`},
		{"PATCH", "/1/dataset_definitions/api", `{"colour":{"name":"code"}}`, 422, invalid4 + `[{"field":"colour","code":"invalid"}]}`},
		{"PATCH", "/1/dataset_definitions/api", `{"status":"code"}`, 422, invalid4 + `[{"code":"incorrect_type"}]}`},
		{"PATCH", "/1/dataset_definitions/api", ``, 400, unparseable4 + `"could not parse request body"}`},
		{"PATCH", "/1/dataset_definitions/api", `{}`, 200, `{"status":{"name":"code"},"error":{"name":"failed"}}`},
		{"PATCH", "/1/dataset_definitions/api", `{"status":{"name":""},"error":{"name":""}}`, 200, defaults},
	})
}

func TestCalculatedFields_EveryStatusAndBody(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	r.sendEvent("api", `{"n":5,"name":"GET /"}`)
	r.sendEvent("web", `{"m":5}`)
	const slow = `{"id":"ID","alias":"slow","expression":"GT($n, 1)","description":"too slow",` + created + `,` + updated + `}`
	const none = notFound4 + `"Derived column not found"}`
	mine := idOf(r.want("POST", "/1/derived_columns/api", `{"alias":"slow","expression":"GT($n, 1)","description":"too slow"}`, 201, slow))
	wide := idOf(r.want("POST", "/1/derived_columns/__all__", `{"alias":"slow","expression":"SUM($n, $m)"}`, 201, `{"alias":"slow","description":""}`))
	r.run([]step{
		{"GET", "/1/derived_columns/api", "", 200, "[" + slow + "]"},
		{"GET", "/1/derived_columns/web", "", 200, "[]"},
		{"GET", "/1/derived_columns/__all__", "", 200, `[{"alias":"slow","expression":"SUM($n, $m)"}]`},
		{"GET", "/1/derived_columns/api?alias=slow", "", 200, slow},
		{"GET", "/1/derived_columns/api?alias=fast", "", 404, none},
		{"GET", "/1/derived_columns/api/" + mine, "", 200, slow},
		{"GET", "/1/derived_columns/api/" + wide, "", 404, none},
		{"GET", "/1/derived_columns/nothing", "", 404, datasetGone},
		{"POST", "/1/derived_columns/nothing", `{"alias":"a","expression":"INT(1)"}`, 404, datasetGone},
		{"POST", "/1/derived_columns/api", `{"alias":"slow","expression":"INT(1)"}`, 409, conflict4 + `"a calculated field called \"slow\" already exists"}`},
		{"POST", "/1/derived_columns/api", `{"alias":"n","expression":"INT(1)"}`, 409, conflict4 + `"a column called \"n\" already exists"}`},
		{"POST", "/1/columns/api", `{"key_name":"slow"}`, 409, conflict4 + `"a calculated field called \"slow\" already exists"}`},
		{"POST", "/1/derived_columns/api", `{"expression":"INT(1)"}`, 422, invalid4 + `[{"field":"alias","code":"missing","description":"cannot be blank"}]}`},
		{"POST", "/1/derived_columns/api", `{"alias":"` + long(256) + `","expression":"` + long(4096) + `","description":"` + long(256) + `"}`, 422, invalid4 + `[{"field":"alias"},{"field":"description"},{"field":"expression"}]}`},
		{"POST", "/1/derived_columns/api", `{"alias":"a"}`, 400, unparseable4 + `"empty expression"}`},
		{"POST", "/1/derived_columns/api", `{"alias":"a","expression":"FOOBAR(1)"}`, 400, unparseable4 + `"invalid function: FOOBAR"}`},
		{"POST", "/1/derived_columns/api", `{"alias":"a","expression":"IF("}`, 400, `{"status":400,"type":"ORIGIN/problems/unparseable"}`},
		{"POST", "/1/derived_columns/api", `{"alias":"a","expression":"` + strings.Repeat("!", 500) + `true"}`, 400, `{"status":400,"type":"ORIGIN/problems/unparseable"}`},
		{"POST", "/1/derived_columns/api", `{"alias":"undefined","expression":"1/0"}`, 201, `{"expression":"1/0"}`},
		{"POST", "/1/derived_columns/api", "{\"alias\":\"slow_elsewhere\",\"expression\":\"REG_MATCH($name, `^(a+)+$`)\"}", 201, ""},
		{"POST", "/1/derived_columns/api", "{\"alias\":\"a\",\"expression\":\"REG_MATCH($name, `(?=a)`)\"}", 400, `{"status":400,"type":"ORIGIN/problems/unparseable"}`},
		{"POST", "/1/derived_columns/api", `{"alias":"a","expression":"SUM($m, $n)"}`, 400, unparseable4 + `"unknown column m"}`},
		{"POST", "/1/derived_columns/api", `{"alias":"a","expression":"SUM($p, $q, $n)"}`, 400, unparseable4 + `"unknown column p, unknown column q"}`},
		{"POST", "/1/derived_columns/__all__", `{"alias":"a","expression":"$x"}`, 400, unparseable4 + `"unknown column x"}`},
		{"POST", "/1/derived_columns/api", `{"alias":"a","expression":"NOT($slow)"}`, 400, unparseable4 + `"unknown column slow; slow is a calculated field, which another can't read"}`},
		{"POST", "/1/derived_columns/api", ``, 400, unparseable4 + `"could not parse request body"}`},
		{"PUT", "/1/derived_columns/api/" + mine, `{"alias":"slower","expression":"$n > 2"}`, 200, `{"id":"ID","alias":"slower","expression":"$n > 2","description":""}`},
		{"PUT", "/1/derived_columns/api/" + mine, `{"alias":"slower","expression":"$x > 2"}`, 400, unparseable4 + `"unknown column x"}`},
		{"PUT", "/1/derived_columns/api/" + wide, `{"alias":"a","expression":"1"}`, 404, none},
		{"PATCH", "/1/dataset_definitions/api", `{"error":{"name":"slower"}}`, 200, `{"error":{"name":"slower","column_type":"derived_column"}}`},
		{"DELETE", "/1/derived_columns/api/" + mine, "", 409, conflict4 + `"calculated field \"slower\" is in use by dataset definition - error of api"}`},
		{"PATCH", "/1/dataset_definitions/api", `{"error":{"name":""}}`, 200, `{"error":null}`},
		{"DELETE", "/1/derived_columns/api/" + mine, "", 204, ""},
		{"DELETE", "/1/derived_columns/api/" + mine, "", 404, none},
		{"DELETE", "/1/derived_columns/__all__/" + wide, "", 204, ""},
		{"GET", "/1/derived_columns/__all__", "", 200, "[]"},
	})
}

// TestSchema_NeedsItsPermissions: a key without them is refused, and an ingest
// key; a classic key has no environment-wide datasets.
func TestSchema_NeedsItsPermissions(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	r.sendEvent("api", `{"n":5}`)
	permissions := auth.Permissions{SendEvents: true, CreateDatasets: true}
	_, secret, err := r.front.Keys.Create(t.Context(), auth.NewKey{Kind: auth.Honeycomb, Permissions: &permissions})
	must(t, err)
	for _, c := range []struct {
		key, path string
		status    int
	}{
		{secret.Key, "/1/datasets", 200},
		{secret.Key, "/1/dataset_definitions/api", 200},
		{secret.Key, "/1/columns/api", 403},
		{secret.Key, "/1/derived_columns/api", 403},
		{r.keys[auth.HoneycombIngest], "/1/datasets", 403},
		{r.keys[auth.HoneycombClassic], "/1/columns/api", 200},
		{r.keys[auth.HoneycombClassic], "/1/columns/__all__", 404},
		{r.keys[auth.HoneycombClassic], "/1/derived_columns/__all__", 404},
		{"unknown", "/1/datasets", 401},
	} {
		if status, _, body := r.do(http.MethodGet, c.path, map[string]string{"X-Honeycomb-Team": c.key}, nil); status != c.status {
			t.Errorf("%s: %d %s, want %d", c.path, status, body, c.status)
		}
	}
}

// TestSchema_AsTheVendorsClientsExpect goes through what the tests of the
// vendor's own client assert of a live API, with one key and one dataset.
func TestSchema_AsTheVendorsClientsExpect(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	r.run([]step{
		{"POST", "/1/datasets", `{"name":"testacc","description":"a dataset","expand_json_depth":3,"settings":{},"last_written_at":"0001-01-01T00:00:00Z","created_at":"0001-01-01T00:00:00Z"}`, 201, ""},
		{"POST", "/1/datasets", `{"name":"testacc","description":"a dataset","expand_json_depth":3,"settings":{}}`, 200, `{"description":"a dataset","expand_json_depth":3}`},
		{"POST", "/1/datasets", `{"name":"","settings":{}}`, 422, invalid4 + `[{"field":"name","code":"missing","description":"cannot be blank"}]}`},
		{"PUT", "/1/datasets/testacc", `{"name":"","description":"changed","expand_json_depth":1,"settings":{"delete_protected":true}}`, 200, `{"name":"testacc","description":"changed","expand_json_depth":1,"settings":{"delete_protected":true}}`},
		{"DELETE", "/1/datasets/testacc", "", 409, ""},
	})

	// A column comes back as it was made, hidden:false included, by its id, by its
	// name and in the list, with the same times.
	made := r.want("POST", "/1/columns/testacc", `{"key_name":"column_test","hidden":false,"description":"This column is created by a test","type":"float"}`, 201,
		`{"id":"ID","key_name":"column_test","hidden":false,"description":"This column is created by a test","type":"float"}`)
	whole, err := json.Marshal(made)
	must(t, err)
	r.want("GET", "/1/columns/testacc/"+idOf(made), "", 200, string(whole))
	r.want("GET", "/1/columns/testacc?key_name=column_test", "", 200, string(whole))
	r.want("GET", "/1/columns/testacc", "", 200, "["+string(whole)+"]")
	r.want("POST", "/1/columns/testacc", `{"key_name":"column_test"}`, 409, "")
	r.want("PUT", "/1/columns/testacc/"+idOf(made), `{"key_name":"column_test","hidden":true,"description":"new","type":"boolean"}`, 200, `{"hidden":true,"description":"new","type":"boolean","key_name":"column_test"}`)

	r.want("POST", "/1/derived_columns/testacc", `{"alias":"bad","expression":"BOOL($no_such_column)"}`, 400, unparseable4+`"unknown column no_such_column"}`)
	field := r.want("POST", "/1/derived_columns/testacc", `{"alias":"dc_test","expression":"BOOL(1)","description":"This derived column is created by a test"}`, 201,
		`{"id":"ID","alias":"dc_test","expression":"BOOL(1)","description":"This derived column is created by a test"}`)
	whole, err = json.Marshal(field)
	must(t, err)
	r.want("GET", "/1/derived_columns/testacc/"+idOf(field), "", 200, string(whole))
	r.want("GET", "/1/derived_columns/testacc?alias=dc_test", "", 200, string(whole))
	r.want("POST", "/1/derived_columns/testacc", `{"alias":"dc_test","expression":"BOOL(1)"}`, 409, "")

	// A definition may stand on a column or a calculated field; what it stands on stays.
	r.want("PATCH", "/1/dataset_definitions/testacc", `{"duration_ms":{"name":"column_test"},"error":{"name":"dc_test"}}`, 200,
		`{"duration_ms":{"name":"column_test","column_type":"column"},"error":{"name":"dc_test","column_type":"derived_column"}}`)
	_, answer := r.ask("DELETE", "/1/columns/testacc/"+idOf(made), "")
	if text, _ := answer.(map[string]any)["error"].(string); !strings.Contains(text, "in use by dataset definition") {
		t.Errorf("a column in use: %v", answer)
	}
	r.want("PATCH", "/1/dataset_definitions/testacc", `{"duration_ms":{"name":""},"error":{"name":""}}`, 200, `{"duration_ms":null,"error":null}`)
	r.want("DELETE", "/1/columns/testacc/"+idOf(made), "", 204, "")
	r.want("GET", "/1/columns/testacc/"+idOf(made), "", 404, "")
	r.want("DELETE", "/1/derived_columns/testacc/"+idOf(field), "", 204, "")
	r.want("GET", "/1/derived_columns/testacc/"+idOf(field), "", 404, "")

	r.want("PUT", "/1/datasets/testacc", `{"name":"","settings":{"delete_protected":false}}`, 200, "")
	r.want("DELETE", "/1/datasets/testacc", "", 202, "")
	r.want("GET", "/1/datasets/testacc", "", 404, datasetGone)
}

func TestDeleteDataset_TakesItsEvents(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	for i := range 3 {
		r.sendEvent("api", `{"n":`+strconv.Itoa(i)+`}`)
		r.sendEvent("web", `{"n":`+strconv.Itoa(i)+`}`)
	}
	r.want("PUT", "/1/datasets/api", `{"settings":{"delete_protected":false}}`, 200, "")
	r.want("DELETE", "/1/datasets/api", "", 202, "")
	held := r.store.Catalog("test").Datasets
	if len(held) != 1 || held[0].Slug != "web" || held[0].Rows != 3 {
		t.Errorf("the store holds %+v", held)
	}
	r.want("GET", "/1/datasets", "", 200, `[{"slug":"web"}]`)
	r.sendEvent("api", `{"m":1}`)
	r.want("GET", "/1/columns/api", "", 200, `[{"key_name":"m"}]`)
}
