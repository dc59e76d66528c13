package honeycomb

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/oriel-dev/oriel/internal/auth"
	"github.com/oriel-dev/oriel/internal/querier"
)

// documented are the statuses that the vendor's description has for each
// operation that is served.
func documented() map[string][]int {
	return map[string][]int{
		"createEvent": {200, 400, 401, 403, 404, 429}, "createEvents": {200, 400, 401, 403, 404, 429}, "createKinesisEvents": {200, 401},
		"getTeamSlug": {200, 401}, "getAuth": {200, 401, 429}, "getV2Auth": {200, 401, 429},
		"createDataset": {200, 201, 401, 403, 409, 422, 429}, "listDatasets": {200, 401, 429}, "getDataset": {200, 401, 404, 429},
		"updateDataset": {200, 401, 404, 429}, "deleteDataset": {202, 401, 403, 404, 409, 429},
		"createColumn": {201, 400, 401, 403, 404, 409, 422, 429}, "listColumns": {200, 400, 401, 404, 429}, "getColumn": {200, 400, 401, 404, 429},
		"updateColumn": {200, 400, 401, 404, 422, 429}, "deleteColumn": {204, 400, 401, 404, 409, 429},
		"listDatasetDefinitions": {200, 401, 404}, "patchDatasetDefinitions": {200, 400, 401, 404, 422},
		"createCalculatedField": {201, 400, 401, 403, 404, 409, 429}, "listCalculatedFields": {200, 400, 401, 404, 429},
		"getCalculatedField": {200, 400, 401, 404, 429}, "updateCalculatedField": {200, 400, 401, 404, 409, 429},
		"deleteCalculatedField": {204, 400, 401, 404, 409, 429},
		"createQuery":           {200, 400, 404, 422, 429}, "getQuery": {200, 403, 404, 429},
		"createQueryResult": {201, 400, 403, 404, 422, 429}, "getQueryResult": {200, 404},
		"createQueryAnnotation": {201, 400, 403, 404, 429}, "listQueryAnnotations": {200, 404, 429}, "getQueryAnnotation": {200, 404, 429},
		"updateQueryAnnotation": {200, 400, 404, 429}, "deleteQueryAnnotation": {204, 404, 429},
		"createMarker": {201, 401, 404, 429}, "getMarker": {200, 401, 429}, "updateMarker": {200, 401, 404, 429}, "deleteMarker": {200, 401, 404, 429},
		"createMarkerSetting": {201, 404, 422, 429}, "listMarkerSettings": {200, 404, 429}, "updateMarkerSettings": {200, 404, 422, 429},
		"deleteMarkerSettings": {200, 404, 429},
	}
}

// neverAnswered are documented statuses that we have no reason for.
func neverAnswered() map[string]string {
	const throttled, lists = "nobody throttles a team here", "there is nothing in the request to be wrong"
	return map[string]string{
		"createEvent 403": throttled, "createEvents 403": throttled,
		"listColumns 400": lists, "listCalculatedFields 400": lists,
		"getCalculatedField 400": "an id of any form that is not there is 404", "deleteCalculatedField 400": "as getCalculatedField",
	}
}

// Bodies of errors that many operations share.
const (
	unknownKey  = `{"error":"unknown API key - check your credentials"}`
	v2Unknown   = `{"errors":[{"status":"401","code":"unauthenticated/invalid-key","title":"invalid API key","source":{"header":"Authorization"}}]}`
	unreadable4 = unparseable4 + `"could not parse request body"}`
	wrongID4    = unparseable4 + `"The id provided in the URL is malformed - we expected a 12-char base58-safe string."}`
	limited4    = `{"status":429,"type":"ORIGIN/problems/rate-limited","title":"You have exceeded your rate limit.","error":"You have exceeded your rate limit."}`
	forbidden4  = `{"status":403,"type":"ORIGIN/problems/forbidden","title":"The API key does not have the permission."}`
	fieldGone4  = notFound4 + `"Derived column not found"}`
	columnGone4 = notFound4 + `"Column not found"}`
	queryGone4  = notFound4 + `"Query not found"}`
	noteGone4   = notFound4 + `"Query annotation not found"}`
	markGone4   = notFound4 + `"Marker not found"}`
	setGone4    = notFound4 + `"Marker setting not found"}`
	blankName4  = invalid4 + `[{"field":"name","code":"missing","description":"cannot be blank"}]}`
)

// documentedCase is a call of an operation; {x} in its path and body is what an
// earlier case kept of its answer as x.
type documentedCase struct {
	operation, path, body string
	status                int
	answer                string // members that must be there; "" is no body
	keep                  string
}

// documentedCases are in the order they are called in.
func documentedCases() []documentedCase {
	return []documentedCase{
		{"createEvent", "/1/events/shop", `{"n":1,"name":"GET /","duration_ms":2.5}`, 200, "", ""},
		{"createEvent", "/1/events/shop", ``, 400, `{"error":"Request body should not be empty."}`, ""},
		{"createEvent", "/1/events/shop", manyFields(2001), 400, `{"error":"Event has too many columns."}`, ""},
		{"createEvent", "/1/events/shop", `{`, 400, `{"error":"Request body is malformed and cannot be read."}`, ""},
		{"createEvents", "/1/batch/shop", `[{"data":{"n":2}},{"data":{}}]`, 200, `[{"status":202},{"status":400,"error":"Request body should not be empty."}]`, ""},
		{"createEvents", "/1/batch/shop", `{}`, 400, `{"error":"Request body is malformed and cannot be read."}`, ""},
		{"createKinesisEvents", "/1/kinesis_events/aws", `{"requestId":"r","timestamp":1,"records":[]}`, 200, `{"requestId":"r","timestamp":1764000000000}`, ""},
		{"getAuth", "/1/auth", "", 200, `{"type":"configuration","api_key_access":{"events":true,"createDatasets":true,"create_datasets":true},"environment":{"slug":"test"},"team":{"slug":"oriel"}}`, ""},

		{"getTeamSlug", "/1/team_slug", "", 200, `{"team_slug":"oriel"}`, ""},

		{"createDataset", "/1/datasets", `{"name":"Web"}`, 201, `{"name":"Web","slug":"web","last_written_at":null}`, ""},
		{"createDataset", "/1/datasets", `{"name":"web"}`, 200, `{"name":"Web","slug":"web"}`, ""},
		{"createDataset", "/1/datasets", `{"name":""}`, 422, blankName4, ""},
		{"listDatasets", "/1/datasets", "", 200, `[{"slug":"shop"},{"slug":"web"}]`, ""},
		{"getDataset", "/1/datasets/shop", "", 200, `{"slug":"shop"}`, ""},
		{"getDataset", "/1/datasets/none", "", 404, datasetGone, ""},
		{"updateDataset", "/1/datasets/web", `{"description":"pages"}`, 200, `{"slug":"web","description":"pages"}`, ""},
		{"updateDataset", "/1/datasets/none", `{}`, 404, datasetGone, ""},
		{"deleteDataset", "/1/datasets/web", "", 409, conflict4 + `"dataset \"web\" is delete protected: disable its delete protection first"}`, ""},
		{"updateDataset", "/1/datasets/web", `{"settings":{"delete_protected":false}}`, 200, `{"settings":{"delete_protected":false}}`, ""},
		{"deleteDataset", "/1/datasets/web", "", 202, "", ""},
		{"deleteDataset", "/1/datasets/web", "", 404, datasetGone, ""},

		{"createColumn", "/1/columns/shop", `{"key_name":"c","type":"float"}`, 201, `{"key_name":"c","type":"float","hidden":false}`, "column"},
		{"createColumn", "/1/columns/shop", `{"key_name":""}`, 400, unparseable4 + `"Key name cannot be blank"}`, ""},
		{"createColumn", "/1/columns/none", `{"key_name":"c"}`, 404, datasetGone, ""},
		{"createColumn", "/1/columns/shop", `{"key_name":"c"}`, 409, conflict4 + `"column already exists: \"c\""}`, ""},
		{"createColumn", "/1/columns/shop", `{"key_name":"d","type":"date"}`, 422, invalid4 + `[{"field":"type","code":"invalid"}]}`, ""},
		{"listColumns", "/1/columns/shop?key_name=c", "", 200, `{"key_name":"c"}`, ""},
		{"listColumns", "/1/columns/shop?key_name=x", "", 404, columnGone4, ""},
		{"getColumn", "/1/columns/shop/{column}", "", 200, `{"key_name":"c"}`, ""},
		{"getColumn", "/1/columns/shop/x", "", 400, wrongID4, ""},
		{"getColumn", "/1/columns/shop/abcdefgh2345", "", 404, columnGone4, ""},
		{"updateColumn", "/1/columns/shop/{column}", `{"key_name":"c","hidden":true}`, 200, `{"hidden":true,"type":"float"}`, ""},
		{"updateColumn", "/1/columns/shop/x", `{}`, 400, wrongID4, ""},
		{"updateColumn", "/1/columns/shop/abcdefgh2345", `{}`, 404, columnGone4, ""},
		{"updateColumn", "/1/columns/shop/{column}", `{"key_name":"other"}`, 422, invalid4 + `[{"field":"key_name","code":"invalid","description":"cannot be changed"}]}`, ""},

		{"listDatasetDefinitions", "/1/dataset_definitions/shop", "", 200, `{"name":{"name":"name","column_type":"column"},"user":null}`, ""},
		{"listDatasetDefinitions", "/1/dataset_definitions/none", "", 404, datasetGone, ""},
		{"patchDatasetDefinitions", "/1/dataset_definitions/shop", `{"user":{"name":"c"}}`, 200, `{"user":{"name":"c","column_type":"column"}}`, ""},
		{"patchDatasetDefinitions", "/1/dataset_definitions/shop", "", 400, unreadable4, ""},
		{"patchDatasetDefinitions", "/1/dataset_definitions/none", "{}", 404, datasetGone, ""},
		{"patchDatasetDefinitions", "/1/dataset_definitions/shop", `{"user":{"name":"a"},"route":{"name":"b"}}`, 422, `{"status":422,"type":"ORIGIN/problems/validation-failed","error":"The following columns were not found: b, a"}`, ""},
		{"deleteColumn", "/1/columns/shop/{column}", "", 409, conflict4 + `"column is in use by dataset definition - user"}`, ""},
		{"patchDatasetDefinitions", "/1/dataset_definitions/shop", `{"user":{"name":""}}`, 200, `{"user":null}`, ""},
		{"deleteColumn", "/1/columns/shop/x", "", 400, wrongID4, ""},
		{"deleteColumn", "/1/columns/shop/{column}", "", 204, "", ""},
		{"deleteColumn", "/1/columns/shop/{column}", "", 404, columnGone4, ""},

		{"createCalculatedField", "/1/derived_columns/shop", `{"alias":"slow","expression":"$duration_ms > 1"}`, 201, `{"alias":"slow","expression":"$duration_ms > 1"}`, "field"},
		{"createCalculatedField", "/1/derived_columns/shop", `{"alias":"a","expression":"$x > 1"}`, 400, unparseable4 + `"unknown column x"}`, ""},
		{"createCalculatedField", "/1/derived_columns/none", `{"alias":"a","expression":"1"}`, 404, datasetGone, ""},
		{"createCalculatedField", "/1/derived_columns/shop", `{"alias":"slow","expression":"1"}`, 409, conflict4 + `"a calculated field called \"slow\" already exists"}`, ""},
		{"listCalculatedFields", "/1/derived_columns/shop", "", 200, `[{"alias":"slow"}]`, ""},
		{"listCalculatedFields", "/1/derived_columns/none", "", 404, datasetGone, ""},
		{"getCalculatedField", "/1/derived_columns/shop/{field}", "", 200, `{"alias":"slow"}`, ""},
		{"getCalculatedField", "/1/derived_columns/shop/x", "", 404, fieldGone4, ""},
		{"updateCalculatedField", "/1/derived_columns/shop/{field}", `{"alias":"slow","expression":"$n > 1"}`, 200, `{"expression":"$n > 1"}`, ""},
		{"updateCalculatedField", "/1/derived_columns/shop/{field}", `{"alias":"slow","expression":"FOO($n)"}`, 400, unparseable4 + `"invalid function: FOO"}`, ""},
		{"updateCalculatedField", "/1/derived_columns/shop/x", `{"alias":"slow","expression":"1"}`, 404, fieldGone4, ""},
		{"updateCalculatedField", "/1/derived_columns/shop/{field}", `{"alias":"n","expression":"1"}`, 409, conflict4 + `"a column called \"n\" already exists"}`, ""},
		{"patchDatasetDefinitions", "/1/dataset_definitions/shop", `{"error":{"name":"slow"}}`, 200, `{"error":{"name":"slow","column_type":"derived_column"}}`, ""},
		{"deleteCalculatedField", "/1/derived_columns/shop/{field}", "", 409, conflict4 + `"calculated field \"slow\" is in use by dataset definition - error of shop"}`, ""},
		{"patchDatasetDefinitions", "/1/dataset_definitions/shop", `{"error":{"name":""}}`, 200, `{"error":null}`, ""},
		{"deleteCalculatedField", "/1/derived_columns/shop/{field}", "", 204, "", ""},
		{"deleteCalculatedField", "/1/derived_columns/shop/{field}", "", 404, fieldGone4, ""},

		{"createQuery", "/1/queries/shop", `{"calculations":[{"op":"MAX","column":"n"}],"limit":5}`, 200, `{"calculations":[{"op":"MAX","column":"n"}],"limit":5}`, "query"},
		{"createQuery", "/1/queries/shop", `[]`, 400, unparseable4 + `"invalid Query data: it must be an object, is array"}`, ""},
		{"createQuery", "/1/queries/none", `{}`, 404, datasetGone, ""},
		{"createQuery", "/1/queries/shop", `{"limit":1001}`, 422, `{"status":422,"type":"ORIGIN/problems/validation-failed","title":"The provided input is invalid."}`, ""},
		{"getQuery", "/1/queries/shop/{query}", "", 200, `{"calculations":[{"op":"MAX","column":"n"}],"limit":5}`, ""},
		{"getQuery", "/1/queries/shop/x", "", 404, queryGone4, ""},
		{"createQueryResult", "/1/query_results/shop", `{"query_id":"{query}"}`, 201, `{"complete":false,"links":{"query_url":"ORIGIN/oriel/environments/test/datasets/shop/result/{result}"}}`, "result"},
		{"createQueryResult", "/1/query_results/shop", ``, 400, unreadable4, ""},
		{"createQueryResult", "/1/query_results/shop", `{"query_id":"x"}`, 404, queryGone4, ""},
		{"createQueryResult", "/1/query_results/shop", `{}`, 422, invalid4 + `[{"field":"query_id","code":"missing","description":"cannot be blank"}]}`, ""},
		{"getQueryResult", "/1/query_results/shop/{result}", "", 200, `{"query":{"limit":5}}`, ""},
		{"getQueryResult", "/1/query_results/shop/x", "", 404, notFound4 + `"Query result not found"}`, ""},

		{"createQueryAnnotation", "/1/query_annotations/shop", `{"name":"most","query_id":"{query}"}`, 201, `{"name":"most","description":"","source":"query","query_id":"{query}"}`, "note"},
		{"createQueryAnnotation", "/1/query_annotations/shop", `{"name":"most","query_id":"x"}`, 400, unparseable4 + `"Query id included in body is invalid"}`, ""},
		{"createQueryAnnotation", "/1/query_annotations/none", `{"name":"most","query_id":"{query}"}`, 404, datasetGone, ""},
		{"listQueryAnnotations", "/1/query_annotations/shop", "", 200, `[{"name":"most"}]`, ""},
		{"listQueryAnnotations", "/1/query_annotations/none", "", 404, datasetGone, ""},
		{"getQueryAnnotation", "/1/query_annotations/shop/{note}", "", 200, `{"name":"most"}`, ""},
		{"getQueryAnnotation", "/1/query_annotations/shop/x", "", 404, noteGone4, ""},
		{"updateQueryAnnotation", "/1/query_annotations/shop/{note}", `{"name":"new","query_id":"{query}"}`, 200, `{"name":"new"}`, ""},
		{"updateQueryAnnotation", "/1/query_annotations/shop/{note}", `{"id":"x","name":"new","query_id":"{query}"}`, 400, unparseable4 + `"Query annotation id included in body does not match URL"}`, ""},
		{"updateQueryAnnotation", "/1/query_annotations/shop/x", `{"name":"new","query_id":"{query}"}`, 404, noteGone4, ""},
		{"deleteQueryAnnotation", "/1/query_annotations/shop/{note}", "", 204, "", ""},
		{"deleteQueryAnnotation", "/1/query_annotations/shop/{note}", "", 404, noteGone4, ""},

		{"createMarker", "/1/markers/shop", `{"message":"m","type":"deploy"}`, 201, `{"start_time":1764000000,"message":"m","type":"deploy",` + created + `}`, "mark"},
		{"createMarker", "/1/markers/none", `{}`, 404, datasetGone, ""},
		{"getMarker", "/1/markers/shop", "", 200, `[{"message":"m"}]`, ""},
		{"updateMarker", "/1/markers/shop/{mark}", `{"message":"n"}`, 200, `{"message":"n","type":"deploy"}`, ""},
		{"updateMarker", "/1/markers/shop/x", `{}`, 404, markGone4, ""},
		{"createMarkerSetting", "/1/marker_settings/shop", `{"type":"deploy","color":"#F96E11"}`, 201, `{"type":"deploy","color":"#F96E11"}`, "setting"},
		{"createMarkerSetting", "/1/marker_settings/none", `{"type":"deploy","color":"#F96E11"}`, 404, datasetGone, ""},
		{"createMarkerSetting", "/1/marker_settings/shop", `{"type":"x","color":"red"}`, 422, invalid4 + `[{"field":"color","code":"invalid"}]}`, ""},
		{"listMarkerSettings", "/1/marker_settings/shop", "", 200, `[{"type":"deploy"}]`, ""},
		{"listMarkerSettings", "/1/marker_settings/none", "", 404, datasetGone, ""},
		{"updateMarkerSettings", "/1/marker_settings/shop/{setting}", `{"type":"deploy","color":"#00ff00"}`, 200, `{"color":"#00ff00"}`, ""},
		{"updateMarkerSettings", "/1/marker_settings/shop/x", `{"color":"#00ff00"}`, 404, setGone4, ""},
		{"updateMarkerSettings", "/1/marker_settings/shop/{setting}", `{"type":"other","color":"#00ff00"}`, 422, invalid4 + `[{"field":"type","code":"invalid"}]}`, ""},
		{"deleteMarkerSettings", "/1/marker_settings/shop/{setting}", "", 200, `{"color":"#00ff00"}`, ""},
		{"deleteMarkerSettings", "/1/marker_settings/shop/{setting}", "", 404, setGone4, ""},
		{"deleteMarker", "/1/markers/shop/{mark}", "", 200, `{"message":"n"}`, ""},
		{"deleteMarker", "/1/markers/shop/{mark}", "", 404, markGone4, ""},
	}
}

// documentedRun calls operations and notes which statuses each answered as it should.
type documentedRun struct {
	*rig
	kept map[string]string
	seen map[string][]int
}

func (r *documentedRun) key(key string) map[string]string {
	return map[string]string{
		"X-Honeycomb-Team": key, "Authorization": "Bearer " + key, "X-Amz-Firehose-Access-Key": key, "X-Amz-Firehose-Request-Id": "r", "Content-Type": "application/json",
	}
}

func (r *documentedRun) call(c documentedCase, key string) {
	r.t.Helper()
	var method string
	for _, o := range operations() {
		if o.name == c.operation {
			method = o.method
		}
	}
	fill := func(text string) string {
		for name, v := range r.kept {
			text = strings.ReplaceAll(text, "{"+name+"}", v)
		}
		return strings.ReplaceAll(text, "ORIGIN", r.url)
	}
	status, _, body := r.do(method, fill(c.path), r.key(key), []byte(fill(c.body)))
	what := fmt.Sprintf("%s %s %.80s", c.operation, c.path, c.body)
	var want, got any
	if c.keep != "" {
		must(r.t, json.Unmarshal([]byte(body), &got))
		r.kept[c.keep] = idOf(got)
	}
	if body != "" {
		if err := json.Unmarshal([]byte(body), &got); err != nil {
			r.t.Errorf("%s: %q: %v", what, body, err)
		}
	}
	if c.answer != "" {
		must(r.t, json.Unmarshal([]byte(fill(c.answer)), &want))
		got = shapeOf(want, got)
	}
	if d := cmp.Diff(want, got); status != c.status || d != "" {
		r.t.Errorf("%s: %d, want %d; want - got +\n%s", what, status, c.status, d)
		return
	}
	r.seen[c.operation] = append(r.seen[c.operation], status)
}

// refusals are answered to any call of an operation by one of another key.
func (r *documentedRun) refusals(o *operation, key string, status int) {
	r.t.Helper()
	answer := map[int]string{401: unknownKey, 403: forbidden4, 429: limited4}[status]
	switch {
	case o.name == "getV2Auth" && status == 401:
		answer = v2Unknown
	case o.name == "getV2Auth":
		answer = `{"errors":[{"status":"429","code":"rate-limited/may-retry","title":"request rate limit exceeded"}]}`
	case o.name == "createKinesisEvents":
		answer = `{"requestId":"r","errorMessage":"unknown API key - check your credentials"}`
	case o.needs == sendEvents && status == 429:
		answer = `{"error":"Request dropped due to rate limiting."}`
	}
	r.call(documentedCase{operation: o.name, path: strings.ReplaceAll(filled(o.path), "/x", "/shop"), body: "{}", status: status, answer: answer}, key)
}

// TestDocumented_EveryStatusAndBody holds each status and body that the vendor's
// description has for an operation that we serve.
func TestDocumented_EveryStatusAndBody(t *testing.T) {
	t.Parallel()
	r := &documentedRun{newRig(t, false), map[string]string{}, map[string][]int{}}
	r.front.Querier = querier.New(querier.Config{Store: r.store, Clock: r.front.Clock, Log: r.front.Log})
	t.Cleanup(func() { must(t, r.front.Close(context.WithoutCancel(t.Context()))) })
	mine := r.keys[auth.Honeycomb]
	for _, c := range documentedCases() {
		r.call(c, mine)
	}
	sender, err := r.permitted(auth.Permissions{SendEvents: true})
	must(t, err)
	_, management, err := r.front.Keys.Create(t.Context(), auth.NewKey{Kind: auth.HoneycombManagement})
	must(t, err)
	r.call(documentedCase{"getV2Auth", "/2/auth", "", 200, `{"data":{"type":"api-keys","attributes":{"key_type":"management"}},"included":[{"type":"teams","attributes":{"slug":"oriel"}}]}`, ""}, management.Key)
	for _, path := range []string{"/1/events/new", "/1/batch/new"} {
		operation := map[bool]string{true: "createEvent", false: "createEvents"}[strings.Contains(path, "events")]
		body := map[string]string{"createEvent": `{"a":1}`, "createEvents": `[{"data":{"a":1}}]`}[operation]
		r.call(documentedCase{operation, path, body, 404, `{"error":"dataset not found"}`, ""}, sender.Key)
	}
	const most = 1000
	for i := range most {
		_, _ = r.front.Datasets.Resolve("test", "filler "+strconv.Itoa(i), true) // the last ones find no room
	}
	r.call(documentedCase{"createDataset", "/1/datasets", `{"name":"one more"}`, 409, conflict4 + `"environment has reached the maximum number of datasets allowed, 1000"}`, ""}, mine)

	statuses := documented()
	for _, status := range []int{401, 403, 429} {
		if status == 429 {
			r.set(t, "busy")
			for _, key := range []string{mine, management.Key} {
				who, err := r.front.Keys.Authenticate(t.Context(), map[bool]auth.Family{true: auth.Sending, false: auth.Management}[key == mine], key)
				must(t, err)
				r.front.calls.made[who.KeyID] = maxCalls
			}
		}
		for _, o := range operations() {
			if !slices.Contains(statuses[o.name], status) || neverAnswered()[o.name+" "+strconv.Itoa(status)] != "" {
				continue
			}
			key := map[int]string{401: "nobody", 403: sender.Key, 429: mine}[status]
			if o.name == "getV2Auth" && status == 429 {
				key = management.Key
			}
			if o.name == "createDataset" && status == 403 {
				key = r.keys[auth.HoneycombIngest]
			}
			r.refusals(&o, key, status)
		}
	}
	r.complete(statuses)
}

// complete wants every documented status to have been answered, and every
// operation that is served to be documented.
func (r *documentedRun) complete(statuses map[string][]int) {
	r.t.Helper()
	served := slices.Collect(maps.Keys(rawHandlers()))
	for _, resource := range handlers() {
		served = slices.AppendSeq(served, maps.Keys(resource))
	}
	for _, name := range served {
		if statuses[name] == nil {
			r.t.Errorf("%s is served, and nothing is documented of it", name)
		}
		for _, status := range statuses[name] {
			id := name + " " + strconv.Itoa(status)
			if never := neverAnswered()[id] != ""; never == slices.Contains(r.seen[name], status) {
				r.t.Errorf("%s is answered: %t", id, !never)
			}
		}
	}
}
