package honeycomb

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oriel-dev/oriel/internal/auth"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/protocol"
)

func TestOTLP_AnswersAsHoneycombDoes(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	key, classic := r.keys[auth.Honeycomb], r.keys[auth.HoneycombClassic]
	good := []byte(spanJSON("a", testClock))
	json := map[string]string{"Content-Type": "application/json; charset=utf-8"}
	with := func(more ...string) map[string]string {
		h := map[string]string{"Content-Type": json["Content-Type"]}
		for i := 0; i < len(more); i += 2 {
			h[more[i]] = more[i+1]
		}
		return h
	}
	for _, c := range []struct {
		name   string
		path   string
		header map[string]string
		body   []byte
		status int
		answer string
	}{
		{"good", "/v1/traces", with("X-Honeycomb-Team", key), good, 200, "{}"},
		{"trailing slash", "/v1/traces/", with("X-Honeycomb-Team", key), []byte(spanJSON("b", testClock)), 200, "{}"},
		{"short header", "/v1/traces", with("X-Hny-Team", key), []byte(spanJSON("c", testClock)), 200, "{}"},
		{"ingest key", "/v1/traces", with("X-Honeycomb-Team", r.keys[auth.HoneycombIngest]), []byte(spanJSON("d", testClock)), 200, "{}"},
		{"empty", "/v1/traces", with("X-Honeycomb-Team", key), []byte("{}"), 200, "{}"},
		{"gzip", "/v1/traces", with("X-Honeycomb-Team", key, "Content-Encoding", "gzip"), pack(t, "gzip", []byte(spanJSON("e", testClock))), 200, "{}"},
		{"zstd", "/v1/traces", with("X-Honeycomb-Team", key, "Content-Encoding", "zstd"), pack(t, "zstd", []byte(spanJSON("f", testClock))), 200, "{}"},
		{"content type before key", "/v1/traces", map[string]string{"Content-Type": "text/plain"}, good, 415, badContentType},
		{"no key", "/v1/traces", with(), good, 401, `{"message":"missing 'x-honeycomb-team' header"}`},
		{"unknown key", "/v1/traces", with("X-Honeycomb-Team", "nobody"), good, 401, "unknown API key"},
		{"classic without dataset", "/v1/traces", with("X-Honeycomb-Team", classic), good, 401, "missing 'x-honeycomb-dataset' header"},
		{"classic logs need none", "/v1/logs", with("X-Honeycomb-Team", classic), []byte("{}"), 200, "{}"},
		{"classic with dataset", "/v1/traces", with("X-Honeycomb-Team", classic, "X-Honeycomb-Dataset", "Old Set"), []byte(spanJSON("g", testClock)), 200, "{}"},
		{"no JSON", "/v1/traces", with("X-Honeycomb-Team", key), []byte("{"), 400, "failed to parse OTLP request body"},
		{"no protobuf", "/v1/traces", map[string]string{"Content-Type": "application/x-protobuf", "X-Honeycomb-Team": key}, []byte{0x0a, 0xff}, 400, "failed to parse OTLP request body"},
		{"no gzip", "/v1/traces", with("X-Honeycomb-Team", key, "Content-Encoding", "gzip"), good, 400, "not gzip"},
		{"unknown coding", "/v1/traces", with("X-Honeycomb-Team", key, "Content-Encoding", "br"), good, 400, `unsupported content encoding \"br\"`},
		{"gzip bomb", "/v1/traces", with("X-Honeycomb-Team", key, "Content-Encoding", "gzip"), pack(t, "gzip", make([]byte, maxUnpacked+1)), 413, "larger than"},
		{"zstd bomb", "/v1/traces", with("X-Honeycomb-Team", key, "Content-Encoding", "zstd"), pack(t, "zstd", make([]byte, maxUnpacked+1)), 413, "larger than"},
		{"old span", "/v1/traces", with("X-Honeycomb-Team", key), []byte(spanJSON("h", time.Unix(5, 0))), 200, `"rejectedSpans":"1"`},
		{"future span", "/v1/traces", with("X-Honeycomb-Team", key), []byte(spanJSON("i", testClock.Add(72*time.Hour))), 200, "time_in_future"},
	} {
		status, header, answer := r.do(http.MethodPost, c.path, c.header, c.body)
		if status != c.status || !strings.Contains(answer, c.answer) {
			t.Errorf("%s: %d %s", c.name, status, answer)
		}
		if status == 200 && !strings.HasPrefix(header.Get("Content-Type"), "application/json") {
			t.Errorf("%s: content type %q", c.name, header.Get("Content-Type"))
		}
		if header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s: a page can't read the answer", c.name)
		}
	}
	if api, old := r.rows("api"), r.rows("old-set"); api != 6 || old != 1 {
		t.Errorf("%d rows in api, %d in old-set", api, old)
	}
	for _, path := range []string{"/v1/traces", "/1/events/set", "/1/batch/set"} { // what SDKs for browsers add
		status, h, _ := r.do(http.MethodOptions, path, nil, nil)
		for _, name := range []string{
			"content-type", "content-encoding", "x-honeycomb-team", "x-honeycomb-dataset", "x-honeycomb-event-time", "x-honeycomb-samplerate",
			"traceparent", "tracestate", "baggage", "x-otlp-version", "user-agent", "authorization",
		} {
			if status != 204 || !slices.Contains(strings.Split(h.Get("Access-Control-Allow-Headers"), ", "), name) {
				t.Errorf("preflight of %s: %d, %s is not among %q", path, status, name, h.Get("Access-Control-Allow-Headers"))
			}
		}
	}
}

func TestOTLP_CountsARetryOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t, true)
	for range 3 {
		if status, _, answer := r.do(http.MethodPost, "/v1/traces", map[string]string{"Content-Type": "application/json"}, []byte(spanJSON("a", testClock))); status != 200 {
			t.Fatalf("%d %s", status, answer)
		}
	}
	if n := r.rows(""); n != 1 {
		t.Fatalf("%d rows of one request sent three times", n)
	}
}

// Conservation: every row that came in is stored, deduplicated, dropped with a
// reason, or refused; what is stored with less than was sent is counted apart.
func TestOTLP_AccountsForEveryRow(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	header := map[string]string{"Content-Type": "application/json", "X-Honeycomb-Team": r.keys[auth.Honeycomb]}
	post := func(body string, want int) {
		t.Helper()
		if status, _, answer := r.do(http.MethodPost, "/v1/traces", header, []byte(body)); status != want {
			t.Fatalf("%d %s", status, answer)
		}
	}
	post(spanJSON("stored", testClock), 200)
	post(spanJSON("stored", testClock), 200) // a retry
	post(spanJSON("old", time.Unix(5, 0)), 200)
	post(spanJSON(strings.Repeat("long", 20_000), testClock), 200)
	post("{", 400)
	must(t, r.door.Close(t.Context()))
	post(spanJSON("refused", testClock), 503)
	s := r.door.Stats()
	if s.Received != 5 || s.Stored != 2 || s.Deduplicated != 1 || s.Dropped != 1 || s.Refused != 1 {
		t.Errorf("%+v", s)
	}
	for _, d := range r.door.Ledger().Drops() {
		if want := d.Reason == "value_truncated"; d.Stored != want || d.Count != 1 {
			t.Errorf("%+v", d)
		}
	}
}

func TestHandles_TakesWhatIsHoneycombs(t *testing.T) {
	t.Parallel()
	front := New(protocol.Deps{})
	for path, want := range map[string]bool{
		"/v1/traces": true, "/1/auth": true, "/1/batch/libhoney-go%20dataset": true, "/2/teams": true, "/alive": true,
		"/": false, "/api/query": false, "/v1": false, "/metrics": false, "/api/1/item/": false,
	} {
		if got := front.Handles(httptest.NewRequest(http.MethodPost, path, nil)); got != want {
			t.Errorf("%s: %v", path, got)
		}
	}
	for kind, want := range map[string]bool{"application/grpc": true, "application/grpc+proto": true, "application/grpc-web": false, "application/grpc-web+proto": false} {
		r := httptest.NewRequest(http.MethodPost, "/x.Y/Z", nil)
		r.ProtoMajor = 2
		r.Header.Set("Content-Type", kind)
		if got := front.Handles(r); got != want {
			t.Errorf("%s: %v", kind, got)
		}
	}
}

// Pages of other sites may send, and ask whose key they have; nothing else.
func TestSends_TellsSendingFromReadingAndChanging(t *testing.T) {
	t.Parallel()
	r := newRig(t, true)
	for _, c := range []struct {
		method, path string
		want         bool
	}{
		{"POST", "/v1/traces", true},
		{"POST", "/v1/logs/", true},
		{"OPTIONS", "/v1/metrics", true},
		{"GET", "/v1/traces", true},
		{"POST", "/1/events/a%2Fb", true},
		{"POST", "/1/batch/x", true},
		{"POST", "/1/kinesis_events/x", true},
		{"OPTIONS", "/1/batch/x", true},
		{"GET", "/1/auth", true},
		{"OPTIONS", "/1/auth", true},
		{"GET", "/alive", true},
		{"GET", "/ready", true},
		{"GET", "/1/events/x", false},
		{"DELETE", "/1/batch/x", false},
		{"GET", "/2/auth", false},
		{"GET", "/1/boards", false},
		{"POST", "/1/boards", false},
		{"OPTIONS", "/1/boards", false},
		{"POST", "/1/queries/x", false},
		{"GET", "/1/query_results/x/y", false},
		{"GET", "/1/nothing", false},
		{"GET", "/1/auth/more", false},
		{"POST", "/v1/../1/boards", false},
	} {
		req := httptest.NewRequest(c.method, c.path, nil)
		if got := r.front.Sends(req); got != c.want {
			t.Errorf("%s %s: %v", c.method, c.path, got)
		}
		w := httptest.NewRecorder()
		r.front.ServeHTTP(w, req)
		probe := c.path == "/alive" || c.path == "/ready"
		if got := w.Header().Get("Access-Control-Allow-Origin") == "*"; got != c.want && !probe {
			t.Errorf("%s %s: other sites may read the answer: %v", c.method, c.path, got)
		}
	}
	call := httptest.NewRequest(http.MethodPost, "/opentelemetry.proto.collector.trace.v1.TraceService/Export", nil)
	call.ProtoMajor = 2
	call.Header.Set("Content-Type", "application/grpc")
	if !r.front.Sends(call) {
		t.Error("gRPC does not send")
	}
}

// An exporter that was given a wrong address learns the right one, and so does
// the person at the set-up page.
func TestOTLP_SaysWhereItBelongs(t *testing.T) {
	t.Parallel()
	r := newRig(t, true)
	_, more := r.door.Ledger().Watch(0)
	for _, c := range []struct {
		path, kind, want string
		taken            bool
	}{
		{"/", "application/x-protobuf", "/v1/traces", true},
		{"/", "application/json", "/v1/traces", true},
		{"/v1/traces/v1/traces", "application/x-protobuf", "twice", true},
		{"/v1/trace", "application/json; charset=utf-8", "/v1/traces", true},
		{"/otlp/v1/logs", "application/protobuf", "/v1/logs", true},
		{"/v1development/profiles", "application/x-protobuf", "profiles", true},
		{"/", "application/x-amz-json-1.1", "", false},
		{"/api/1/item/", "application/json", "", false},
		{"/", "text/plain", "", false},
	} {
		req := httptest.NewRequest(http.MethodPost, c.path, nil)
		req.Header.Set("Content-Type", c.kind)
		if got := r.front.Handles(req); got != c.taken {
			t.Errorf("%s as %s: handled %v", c.path, c.kind, got)
			continue
		}
		if !c.taken {
			continue
		}
		if !r.front.Sends(req) {
			t.Errorf("%s as %s is kept from other sites", c.path, c.kind)
		}
		status, h, answer := r.do(http.MethodPost, c.path, map[string]string{"Content-Type": c.kind}, []byte("x"))
		if status != http.StatusNotFound || !strings.Contains(answer, c.want) || !strings.HasPrefix(c.kind, h.Get("Content-Type")) {
			t.Errorf("%s as %s: %d %s %q", c.path, c.kind, status, h.Get("Content-Type"), answer)
		}
	}
	<-more
	entries, _ := r.door.Ledger().Watch(0)
	if len(entries) != 5 || entries[0].Refused.Count != 2 || entries[0].Refused.Status != 404 || !strings.Contains(entries[0].Refused.Remedy, "OTEL_EXPORTER_OTLP_ENDPOINT") {
		t.Errorf("%d entries, %+v", len(entries), entries[0].Refused)
	}
	for _, get := range []string{"/", "/v1/traces/v1/traces"} {
		req := httptest.NewRequest(http.MethodGet, get, nil)
		req.Header.Set("Content-Type", "application/x-protobuf")
		if misplaced(req) {
			t.Errorf("GET %s", get)
		}
	}
}

func TestRetryInfo_IsWhatClientsRead(t *testing.T) {
	t.Parallel()
	got := base64.StdEncoding.EncodeToString(retryInfo(8, "busy", 1500*time.Millisecond))
	want := base64.StdEncoding.EncodeToString([]byte("\x08\x08\x12\x04busy\x1a\x36\x0a\x28type.googleapis.com/google.rpc.RetryInfo\x12\x0a\x0a\x08\x08\x01\x10\x80\xca\xb5\xee\x01"))
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestAuth_SaysWhoseKeyItIs(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	status, _, body := r.do(http.MethodGet, "/1/auth", map[string]string{"X-Honeycomb-Team": r.keys[auth.Honeycomb]}, nil)
	var answer authAnswer
	if err := json.Unmarshal([]byte(body), &answer); err != nil || status != 200 {
		t.Fatalf("%d %s", status, body)
	}
	if answer.Type != "configuration" || answer.Env.Slug != "test" || answer.Team.Slug == "" || !answer.Access["createDatasets"] || !answer.Access["create_datasets"] {
		t.Errorf("%+v", answer)
	}
	if status, _, body := r.do(http.MethodGet, "/1/auth", map[string]string{"X-Honeycomb-Team": "nobody"}, nil); status != 401 || !strings.Contains(body, "unknown API key") {
		t.Errorf("%d %s", status, body)
	}
}

func TestOverload_TellsTheSenderToWait(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	r := newRig(t, true)
	req := httptest.NewRequest(http.MethodPost, "/v1/traces", nil)
	r.front.failOTLP(w, &export{protocol: "otlp_http", request: req}, fault.Busy(fault.Throttled, 3*time.Second, "busy"))
	if w.Code != 429 || w.Header().Get("Retry-After") != "3" {
		t.Errorf("%d, Retry-After %q", w.Code, w.Header().Get("Retry-After"))
	}
	if code := grpcCode(fault.Busy(fault.Unavailable, time.Second, "full")); code != grpcUnavailable {
		t.Errorf("gRPC code %d", code)
	}
}
