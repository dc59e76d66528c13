package protocoltest

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSchema_DecodesWhatItEncodes(t *testing.T) {
	t.Parallel()
	for message, text := range map[string]string{
		"Span":             `{"traceId":"0102","spanId":"","name":"é\"","kind":3,"startTimeUnixNano":18446744073709551615,"attributes":[{"key":"k","value":{"intValue":-1}},{"key":"l","value":{"arrayValue":{"values":[{"boolValue":true},{}]}}}],"status":{"code":2},"flags":257}`,
		"HistogramPoint":   `{"count":3,"bucketCounts":[1,2],"explicitBounds":[0.5],"min":-1.5}`,
		"ExponentialPoint": `{"scale":-2,"positive":{"offset":3,"bucketCounts":[1,300]}}`,
		"NumberPoint":      `{"asDouble":"-Infinity"}`,
		"RpcStatus":        `{"code":8,"message":"m","details":[{"typeUrl":"u","value":{"retryDelay":{"seconds":1}}}]}`,
	} {
		raw, err := OTLP().Encode(message, []byte(text))
		if err != nil {
			t.Errorf("%s: %v", message, err)
			continue
		}
		got, err := OTLP().Decode(message, raw)
		if err != nil {
			t.Errorf("%s: %v", message, err)
		}
		if d := cmp.Diff(text, got); d != "" {
			t.Errorf("%s: %s", message, d)
		}
	}
}

func TestSchema_RefusesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`{"nme":"x"}`, `{"name":5}`, `{"attributes":{}}`, `{"traceId":"xyz"}`, `{"kind":"x"}`, `[]`, `{`} {
		if raw, err := OTLP().Encode("Span", []byte(text)); err == nil {
			t.Errorf("%s became %x", text, raw)
		}
	}
	for _, raw := range []string{"\x0a", "\x0a\x05x", "\x98\x06\x01", "\x39\x01", "\x0b", "\x30"} {
		if text, err := OTLP().Decode("Span", []byte(raw)); err == nil {
			t.Errorf("%x became %s", raw, text)
		}
	}
}

func TestParse_PrintsBackWhatItRead(t *testing.T) {
	t.Parallel()
	const file = "A comment.\n-- request --\nGET /a\n\n-- response --\n200\n-- response grpc --\n-- events --\nrow\n-- request --\nGET /b\n\nbody\n-- response --\n"
	tr, err := parse([]byte(file))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(file, tr.String()); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{asWritten, asGRPC}, tr.variants()); d != "" {
		t.Error(d)
	}
	for _, bad := range []string{"", "only text\n", "-- response --\n", "-- request --\nGET /\n-- answer --\n"} {
		if _, err := parse([]byte(bad)); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}

func TestReplay_NotesWhatHappened(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		w.Header().Set("X-Was", r.Header.Get("X-Key")+" "+r.Header.Get("X-Time"))
		w.WriteHeader(http.StatusTeapot)
		_, _ = w.Write([]byte("see http://" + r.Host))
	}))
	t.Cleanup(srv.Close)
	events := []string{"first\n", ""}
	target := &Target{
		URL: srv.URL, Now: 1000, Vars: map[string]string{"KEY": "secret"},
		Events: func() string { e := events[0]; events = events[1:]; return e },
		Drops:  func() string { return "" },
		Set:    func(*testing.T, string) {},
	}
	const asked = "GET /\nX-Key: $KEY\nX-Time: $NOW+2us\n\n"
	tr, err := parse([]byte("-- request --\n" + asked + "-- response --\n-- request --\n" + asked + "-- response --\nold\n-- events --\nold\n"))
	if err != nil {
		t.Fatal(err)
	}
	tr.replay(t, asWritten, target)
	answer := "418\nContent-Length: " + strconv.Itoa(len("see "+srv.URL)) + "\nContent-Type: text/plain\nX-Was: $KEY 3000\n\nsee $URL\n"
	want := "-- request --\n" + asked + "-- response --\n" + answer + "-- events --\nfirst\n-- request --\n" + asked + "-- response --\n" + answer + "-- events --\n"
	if d := cmp.Diff(want, tr.String()); d != "" {
		t.Error(d)
	}
}
