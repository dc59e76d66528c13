package rollbar

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"

	"github.com/oriel-dev/oriel/internal/auth"
	"github.com/oriel-dev/oriel/internal/event"
)

// message is a payload of the least there is.
func message(more string) string {
	return `{"data":{"environment":"production","body":{"message":{"body":"hello"}}` + more + `}}`
}

// post sends an item with a token that may.
func (r *rig) post(body any, headers ...string) answer {
	r.t.Helper()
	return r.do("POST", "/api/1/item/", body, append([]string{tokenHeader, r.keys[auth.RollbarWrite]}, headers...)...)
}

// stored sends an item and returns its row.
func (r *rig) stored(body any, headers ...string) event.Row {
	r.t.Helper()
	if a := r.post(body, headers...); a.status != http.StatusOK {
		r.t.Fatalf("%d %s", a.status, a.body)
	}
	rows := r.store.take()
	if len(rows) != 1 {
		r.t.Fatalf("%d rows for one item", len(rows))
	}
	return rows[0]
}

// kept is the payload that is kept of an occurrence.
func kept(t *testing.T, row event.Row) map[string]any {
	t.Helper()
	var data map[string]any
	must(t, json.Unmarshal([]byte(row.Get(fieldPayload).Str()), &data))
	return data
}

func TestPostItem_AnswersAsRollbarDoes(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	a := r.post(message(`,"uuid":"f01d9f70f8134b0a9585994dc3da98fe"`))
	if a.status != 200 || a.body != `{"err":0,"result":{"id":null,"uuid":"f01d9f70f8134b0a9585994dc3da98fe"}}` {
		t.Fatalf("%d %s", a.status, a.body)
	}
	for _, name := range []string{"X-Rate-Limit-Limit", "X-Rate-Limit-Remaining", "X-Rate-Limit-Reset", "X-Rate-Limit-Remaining-Seconds", "Rollbar-Replay-Enabled", "Rollbar-Replay-RateLimit-Remaining", "Rollbar-Replay-RateLimit-Reset"} {
		if v := a.header.Get(name); v == "" || v == "0" {
			t.Errorf("%s is %q", name, v)
		}
	}
	var made struct {
		Result struct{ UUID string }
	}
	must(t, json.Unmarshal([]byte(r.post(message("")).body), &made))
	if len(made.Result.UUID) != 32 {
		t.Errorf("an item without a uuid got %q", made.Result.UUID)
	}
}

// What SDKs say of their bodies is often wrong: what counts is what is in them.
func TestPostItem_BodiesAreSniffed(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, err := z.Write([]byte(message("")))
	must(t, err)
	must(t, z.Close())
	const form = "application/x-www-form-urlencoded"
	for name, c := range map[string]struct {
		body    any
		headers []string
	}{
		"JSON":                 {message(""), []string{"Content-Type", "application/json"}},
		"JSON said to be text": {message(""), []string{"Content-Type", "text/plain"}},
		"JSON said to be form": {message(""), []string{"Content-Type", form}},
		"no type":              {message(""), nil},
		"mark and white space": {" \n\ufeff " + message("") + "\r\n", nil},
		"form":                 {"payload=" + strings.ReplaceAll(message(""), `"`, "%22"), []string{"Content-Type", form}},
		"gzip":                 {packed.Bytes(), []string{"Content-Encoding", "gzip"}},
		"lone surrogate":       {message(`,"custom":{"a":"x\ud800y"}`), nil},
		"duplicate keys":       {`{"data":{"environment":"staging","environment":"production","body":{"message":{"body":"hello"}}}}`, nil},
		"bad UTF-8":            {message(",\"custom\":{\"a\":\"x\xff\xfey\"}"), nil},
	} {
		row := r.stored(c.body, c.headers...)
		if row.Get("body.message.body").Str() != "hello" || row.Get("environment").Str() != "production" {
			t.Errorf("%s: %v", name, kept(t, row))
		}
		if a := row.Get("custom.a").Str(); a != "" && !strings.Contains(a, "\ufffd") {
			t.Errorf("%s: %q", name, a)
		}
	}
}

func TestPostItem_RefusesInRollbarsWords(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	const two = "Invalid format. data.body must have either a 'trace', 'trace_chain', 'message' or 'crash_report' property, (but not more than one)."
	const undefined = "Invalid format. data.body must not be undefined. Instead, it should be an object with a 'message', 'trace', 'trace_chain', or 'crash_report' key."
	for _, c := range []struct {
		body    string
		status  int
		message string
	}{
		{`{"data":{"environment":"e","body":{}}}`, 422, two},
		{`{"data":{"environment":"e","body":{"telemetry":[]}}}`, 422, two},
		{`{"data":{"environment":"e","body":{"message":{"body":"a"},"trace":{}}}}`, 422, two},
		{`{"data":{"environment":"e"}}`, 422, undefined},
		{`{"data":{"environment":"e","body":[1]}}`, 422, undefined},
		{`{"data":{"environment":"e","body":{"trace":7}}}`, 422, "Invalid format. data.body.trace must be an object."},
		{`{"data":{"environment":"e","body":{"trace_chain":[]}}}`, 422, "Invalid format. data.body.trace_chain"},
		{`{"data":{"environment":"e","body":{"trace_chain":[3]}}}`, 422, "Invalid format. data.body.trace_chain"},
		{`{"data":{"environment":"e","body":{"message":{}}}}`, 422, "Invalid format. data.body.message.body"},
		{`{"data":{"environment":"e","body":{"crash_report":{}}}}`, 422, "Invalid format. data.body.crash_report.raw"},
		{`{"data":{"body":{"message":{"body":"a"}}}}`, 422, "Invalid format. data.environment is missing and it is required."},
		{`{"data":{"environment":"","body":{"message":{"body":"a"}}}}`, 422, "Invalid format. data.environment"},
		{`{}`, 422, "Invalid format. data must not be undefined."},
		{`[]`, 422, "Invalid format."},
		{`{"data":`, 400, "Bad request: could not decode body"},
		{`{"data":NaN}`, 400, "Bad request: could not decode body"},
		{message("") + "x", 400, "Bad request: could not decode body"},
		{`hello`, 400, "Bad request: could not decode body"},
		{``, 400, "Bad request: could not decode body"},
		{message(`,"custom":` + strings.Repeat("[", 120) + strings.Repeat("]", 120)), 422, "Invalid format. The payload is not taken: it is nested deeper than 100."},
		{message(`,"custom":[` + strings.Repeat("0,", maxNodes) + `0]`), 422, "Invalid format. The payload is not taken: it has more than"},
		{message(`,"custom":"` + strings.Repeat("x", maxPayload) + `"`), 413, "request entity too large"},
	} {
		a := r.post(c.body)
		if a.status != c.status || !strings.HasPrefix(a.message(), c.message) || a.header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%.80s: %d %s", c.body, a.status, a.body)
		}
	}
	if rows := r.store.take(); len(rows) != 0 {
		t.Errorf("%d rows of what was refused", len(rows))
	}
}

// A bomb unpacks to more than it may; the memory it takes is bounded.
func TestPostItem_UnpacksNoBombs(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	for range 64 {
		_, err := z.Write(bytes.Repeat([]byte(" "), 1<<20))
		must(t, err)
	}
	must(t, z.Close())
	if a := r.post(packed.Bytes(), "Content-Encoding", "gzip"); a.status != 413 {
		t.Errorf("%d %s", a.status, a.body)
	}
	if held := r.front.bodies.Held(); held != 0 {
		t.Errorf("%d bytes are held after the request", held)
	}
}

func TestPostItem_ScopesFollowThePlatform(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	must(t, r.front.quotas.set(t.Context(), r.ids[auth.RollbarWrite], tokenSettings{Scopes: postClient}))
	a := r.post(message(`,"platform":"linux"`))
	if want := "insufficient privileges: post_server_item scope is required but the access token only has post_client_item."; a.status != 403 || a.message() != want {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := r.post(message(`,"platform":"browser"`)); a.status != 200 {
		t.Errorf("%d %s", a.status, a.body)
	}
	must(t, r.front.quotas.set(t.Context(), r.ids[auth.RollbarWrite], tokenSettings{Scopes: postServer}))
	a = r.post(message(`,"platform":"browser"`))
	if want := "insufficient privileges: post_client_item scope is required but the access token only has post_server_item."; a.status != 403 || a.message() != want {
		t.Errorf("%d %s", a.status, a.body)
	}
	s := DefaultSettings()
	s.AnyScope = true
	must(t, r.front.SetSettings(t.Context(), "test", s, "ann"))
	if a := r.post(message(`,"platform":"browser"`)); a.status != 200 {
		t.Errorf("with any scope: %d %s", a.status, a.body)
	}
	if a := r.do("POST", "/api/1/item", message(""), tokenHeader, r.keys[auth.RollbarRead]); a.status != 403 {
		t.Errorf("a token that reads: %d %s", a.status, a.body)
	}
}

// The rows are what all of Oriel asks by: fields under the paths they have in the
// payload, and what the server knows beside them.
func TestPostItem_BecomesAnOccurrence(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	row := r.stored(`{"access_token":"`+r.keys[auth.RollbarWrite]+`","data":{
		"environment":"production","level":"critical","timestamp":1763999990,"platform":"linux","language":"python 3.11.7","framework":"flask",
		"code_version":12,"context":null,"uuid":"d4c7acef55bf4c9ea95e4fe9428a8287","person":{"id":7,"username":"ann","plan":"pro"},
		"request":{"url":"https://shop.example/cart?id=3","method":"GET","user_ip":"$remote_ip","headers":{
			"User-Agent":"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
			"traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}},
		"server":{"host":"web-1","root":"/app"},"custom":{"queue":"mail","retries":3,"ratio":0.5,"list":[1,2]},
		"error.fingerprint":"forged","name":"forged",
		"body":{"trace_chain":[
			{"frames":[{"filename":"/app/a.py","method":"f","lineno":3,"locals":{"x":1}}],"exception":{"class":"ValueError","message":"bad 17"}},
			{"frames":[],"exception":"KeyError"}],
			"telemetry":[{"type":"log","body":{"message":"before"}}]}}}`, "User-Agent", "pyrollbar")
	for name, want := range map[string]any{
		"meta.signal_type": "error", "environment": "production", "level": "critical", "severity": "fatal", "language": "python 3.11.7", "code_version": "12",
		"uuid": "d4c7acef55bf4c9ea95e4fe9428a8287", "person.id": "7", "person.plan": "pro", "request.url": "https://shop.example/cart?id=3", "request.user_ip": "192.0.2.1",
		"server.host": "web-1", "custom.queue": "mail", "custom.retries": int64(3), "custom.ratio": 0.5, "custom.list": "[1,2]",
		"body.trace_chain.0.exception.class": "ValueError", "body.trace_chain.0.exception.message": "bad 17", "body.trace_chain.1.exception": "KeyError",
		"exception.type": "ValueError", "exception.message": "bad 17", "browser": "Chrome 126.0", "os": "Windows 10",
		"trace.trace_id": "4bf92f3577b34da6a3ce929d0e0e4736", "trace.parent_id": "00f067aa0ba902b7",
		event.FieldErrorTitle: "ValueError: bad 17", event.FieldErrorLevel: "critical", event.FieldErrorEnvironment: "production", event.FieldErrorFramework: "flask",
		event.FieldErrorGrouping: "default", event.FieldErrorPlatform: "linux", event.FieldName: "ValueError: bad 17", "_error.fingerprint": "forged",
	} {
		if got := row.Get(name).Any(); got != want {
			t.Errorf("%s is %#v, want %#v", name, got, want)
		}
	}
	if fp := row.Get(event.FieldErrorFingerprint).Str(); len(fp) != 40 {
		t.Errorf("fingerprint %q", fp)
	}
	row.Each(func(name string, _ event.Value) {
		if strings.Contains(name, "frames") || strings.Contains(name, "telemetry") || strings.Contains(name, "locals") {
			t.Errorf("the field %s is none", name)
		}
	})
	data := kept(t, row)
	metadata, _ := data["metadata"].(map[string]any)
	if metadata["customer_timestamp"] != 1763999990.0 || metadata["timestamp_ms"] != 1764000000000.0 || metadata["access_token"] != r.keys[auth.RollbarWrite][:4]+"…" {
		t.Errorf("metadata: %v", metadata)
	}
	if strings.Contains(row.Get(fieldPayload).Str(), r.keys[auth.RollbarWrite]) {
		t.Error("the token is kept")
	}
	if row.Batch.Dataset != "errors" || row.Batch.Environment != "test" {
		t.Errorf("dataset %s of %s", row.Batch.Dataset, row.Batch.Environment)
	}
}

func TestPostItem_LenientWhereNobodyReliesOnMore(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	f := func(data, field string, want any) {
		t.Helper()
		row := r.stored(`{"data":{"environment":"e",` + data + `}}`)
		if got := row.Get(field).Any(); got != want {
			t.Errorf("%s: %s is %#v, want %#v", data, field, got, want)
		}
	}
	f(`"body":{"trace":{}}`, "exception.type", "(unknown)")
	f(`"body":{"trace":{"exception":"OldError"}}`, "exception.type", "OldError")
	f(`"body":{"trace":{"frames":7,"exception":{"class":5,"message":{"a":1}}}}`, "exception.message", `{"a":1}`)
	f(`"body":{"message":{"body":{"a":[1]}}}`, event.FieldErrorTitle, `{"a":[1]}`)
	f(`"body":{"message":"bare"}`, event.FieldErrorTitle, "bare")
	f(`"body":{"message":{"body":"x"}}`, "level", "info")
	f(`"body":{"trace":{}}`, "level", "error")
	f(`"level":"warn","body":{"trace":{}}`, "level", "warning")
	f(`"level":["x"],"body":{"crash_report":{"raw":"Exception Type: SIGSEGV"}}`, "level", "error")
	f(`"context":{"a":1},"body":{"message":{"body":"x"}}`, "context.a", int64(1))
	f(`"client":{"javascript":{"code_version":"abc"}},"body":{"message":{"body":"x"}}`, "code_version", "abc")
	f(`"server":{"sha":"def"},"body":{"message":{"body":"x"}}`, "code_version", "def")
	f(`"attributes":[{"key":"session_id","value":"s1"},{"key":"trace_id","value":"4bf92f3577b34da6a3ce929d0e0e4736"}],"body":{"message":{"body":"x"}}`, "session_id", "s1")
	f(`"custom":{"trace_id":"1-5759e988-bd862e3fe1be46a994272793"},"body":{"message":{"body":"x"}}`, "trace.trace_id", "5759e988bd862e3fe1be46a994272793")
	f(`"request":{"headers":{"x-amzn-trace-id":["Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8"]}},"body":{"message":{"body":"x"}}`, "trace.parent_id", "53995c3f42cd8ad8")
	f(`"request":{"headers":{"X-Honeycomb-Trace":"1;trace_id=abc123,parent_id=def"}},"body":{"message":{"body":"x"}}`, "trace.trace_id", "abc123")
	f(`"request":{"user_ip":"$remote_ip_anonymize"},"body":{"message":{"body":"x"}}`, "request.user_ip", "192.0.2.0")
	f(`"request":{"user_ip":null},"body":{"message":{"body":"x"}}`, "request.user_ip", nil)

	s := DefaultSettings()
	s.NoEnvironment = true
	must(t, r.front.SetSettings(t.Context(), "test", s, "ann"))
	if got := r.stored(`{"data":{"body":{"message":{"body":"x"}}}}`).Get("environment").Str(); got != "unknown" {
		t.Errorf("environment is %q", got)
	}
}

func TestPostItem_TwinsOfAUUIDAreOneOccurrence(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	body := message(`,"uuid":"same"`)
	r.stored(body)
	f := func(when string, want int) {
		t.Helper()
		if a := r.post(body); a.status != 200 || !strings.Contains(a.body, `"uuid":"same"`) {
			t.Errorf("%s: %d %s", when, a.status, a.body)
		}
		if n := len(r.store.take()); n != want {
			t.Errorf("%s: %d rows", when, n)
		}
	}
	f("at once", 0)
	r.stop()
	r.start()
	r.store.take()
	f("after a restart", 0)
	r.clock.advance(2 * uuidWindow)
	f("long after", 1)
}

func TestPostBatch_TakesWhatItCan(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	one := func(uuid string) string { return message(fmt.Sprintf(`,"uuid":%q,"custom":{"n":%q}`, uuid, uuid)) }
	body := "[" + one("a") + "," + `{"data":{"environment":"e","body":{}}}` + "," + one("b") + "," + one("a") + "]"
	for _, path := range []string{"/api/1/item_batch/", "/api/1/items"} {
		a := r.do("POST", path, body, tokenHeader, r.keys[auth.RollbarWrite])
		var got struct {
			Result struct {
				Accepted int
				Rejected []batchRejection
			}
		}
		must(t, json.Unmarshal([]byte(a.body), &got))
		if a.status != 200 || got.Result.Accepted != 3 || len(got.Result.Rejected) != 1 || got.Result.Rejected[0].Index != 1 {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
	var order []string
	for _, row := range r.store.take() {
		order = append(order, row.Get("uuid").Str())
	}
	if strings.Join(order, " ") != "a b" {
		t.Errorf("rows %v", order)
	}
	for body, status := range map[string]int{`{}`: 422, `[]`: 200, `[{}]`: 422, `[{"data":{}},`: 400, `[` + one("c") + `]x`: 400} {
		if a := r.do("POST", "/api/1/item_batch", body, tokenHeader, r.keys[auth.RollbarWrite]); a.status != status {
			t.Errorf("%.40s: %d %s", body, a.status, a.body)
		}
	}
	// The token may be in each element as well.
	inElement := `[{"access_token":"` + r.keys[auth.RollbarWrite] + `","data":{"environment":"e","body":{"message":{"body":"x"}}}}]`
	if a := r.do("POST", "/api/1/item_batch", inElement); a.status != 200 {
		t.Errorf("token in the element: %d %s", a.status, a.body)
	}
}

// Every field of every wrong type is stored or refused: it is never our fault.
func TestPostItem_AnyFieldMayHaveAnyType(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	names := []string{
		"environment", "level", "timestamp", "code_version", "platform", "language", "framework", "context", "request", "person", "server", "client", "custom",
		"fingerprint", "title", "uuid", "notifier", "attributes", "project_package_paths", "metadata", "body",
	}
	values := []string{`null`, `true`, `7`, `-1.5e300`, `1e999`, `""`, `"x"`, `"` + strings.Repeat("é", 20_000) + `"`, `[]`, `[[[1]]]`, `[{"key":{}}]`, `{}`, `{"":{"":""}}`, `{"a":{"b":[{"c":1}]},"headers":[1],"javascript":3,"message":[],"trace":[]}`}
	for _, name := range names {
		for _, value := range values {
			a := r.post(`{"data":{"environment":"e","body":{"trace":{"frames":[{}],"exception":{}}},"` + name + `":` + value + `}}`)
			if a.status != 200 && a.status != 422 {
				t.Errorf("%s = %.60s: %d %s", name, value, a.status, a.body)
			}
		}
	}
	for _, row := range r.store.take() {
		if text := row.Get(fieldPayload).Str(); !json.Valid([]byte(text)) {
			t.Errorf("no JSON is kept: %.200s", text)
		}
	}
}

func TestPostItem_BlockedAddresses(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	s := r.front.Settings("test")
	s.BlockedAddresses = []string{"203.0.113.9", "192.0.2.0/24"}
	must(t, r.front.SetSettings(t.Context(), "test", s, "ann"))
	if a := r.post(message("")); a.status != 403 || a.message() != "Your IP address (192.0.2.1) has been blocked." {
		t.Errorf("%d %s", a.status, a.body)
	}
	s.BlockedAddresses = []string{"203.0.113.9"}
	must(t, r.front.SetSettings(t.Context(), "test", s, "ann"))
	r.stored(message(""))
	s.BlockedAddresses = []string{"here"}
	if err := r.front.SetSettings(t.Context(), "test", s, "ann"); err == nil {
		t.Error("an address that is none is taken")
	}
}

// Who sent is told by proxies that are trusted, by nobody else.
func TestPostItem_AddressesOfTrustedProxies(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	body := message(`,"request":{"user_ip":"$remote_ip"}`)
	f := func(forwarded, want string) {
		t.Helper()
		if got := r.stored(body, "X-Forwarded-For", forwarded).Get("request.user_ip").Str(); got != want {
			t.Errorf("%s: %s, want %s", forwarded, got, want)
		}
	}
	f("203.0.113.7", "192.0.2.1")
	r.front.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("10.0.0.0/8")}
	f("203.0.113.7", "203.0.113.7")
	f("1.2.3.4, 203.0.113.7, 10.1.1.1", "203.0.113.7")
	f("2001:db8::1", "2001:db8::1")
	f("nonsense", "192.0.2.1")
	f("", "192.0.2.1")
}
