package rollbar

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/oriel-dev/oriel/internal/event"
)

// Whatever is in a payload is kept as it is and is no more than text, or is refused
// with a reason that people can read.
func TestPostItem_HostilePayloadsAreTextOrRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	const script = `<script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}`
	row := r.stored(`{"data":{"environment":"` + script + `","title":"` + script + `","body":{"trace":{"exception":{"class":"` + script + `","message":"a\u0000b\u001b[31m"},
		"frames":[{"filename":"javascript:` + script + `","method":"` + script + `"}]}},"person":{"id":"../../etc/passwd"}}}`)
	if title := row.Get(event.FieldErrorTitle).Str(); title != script {
		t.Errorf("the title is %q", title)
	}
	if got := row.Get("exception.message").Str(); got != "a\x00b\x1b[31m" {
		t.Errorf("the message is %q", got)
	}
	if culprit := row.Get(event.FieldErrorCulprit).Str(); len(culprit) > 255 {
		t.Errorf("the culprit is %q", culprit)
	}

	// Locals of a megabyte are kept whole, of ten they are refused and shown as such.
	locals := func(size int) string {
		return `{"data":{"environment":"e","body":{"trace":{"exception":{"class":"E"},"frames":[{"filename":"a.py","locals":{"x":"` + strings.Repeat("x", size) + `"}}]}}}}`
	}
	const most = maxPayload - 1000
	if text := r.stored(locals(most)).Get(fieldPayload).Str(); !strings.Contains(text, strings.Repeat("x", most)) {
		t.Errorf("%d bytes are kept of %d of locals", len(text), most)
	}
	if a := r.post(locals(10 << 20)); a.status != 413 {
		t.Errorf("ten megabytes of locals: %d %s", a.status, a.body)
	}
	list, err := r.front.Rejected(t.Context(), RejectedFilter{Environment: "test"})
	if err != nil || len(list) != 1 || list[0].Status != 413 || list[0].Bytes < 10<<20 || !strings.Contains(list[0].Remedy, "locals") {
		t.Errorf("what was refused: %+v, %v", list, err)
	}

	// What SDKs make of objects that hold themselves, and references of other formats.
	for _, cycle := range []string{`"<Circular Ref>"`, `{"$ref":"#"}`, `{"self":{"self":{"self":"[Circular ~]"}}}`, `{"__proto__":{"x":1},"constructor":{"prototype":[]}}`} {
		kept := kept(t, r.stored(message(`,"custom":{"a":`+cycle+`}`)))
		custom, _ := kept["custom"].(map[string]any)
		got, err := json.Marshal(custom["a"])
		must(t, err)
		if string(got) != strings.ReplaceAll(strings.ReplaceAll(cycle, "<", `\u003c`), ">", `\u003e`) {
			t.Errorf("%s is kept as %s", cycle, got)
		}
	}
}

// Every part of a trace may have any type.
func TestPostItem_AnyPartOfATraceMayHaveAnyType(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	values := []string{`null`, `true`, `7`, `1e999`, `"x"`, `"\ud800"`, `[]`, `[null,1,"a",[{}]]`, `{}`, `{"":{"":[]}}`, `{"body":{"trace":1}}`}
	for _, trace := range []string{
		`{"frames":V}`, `{"frames":[V]}`, `{"frames":[{"filename":V}]}`, `{"frames":[{"method":V,"lineno":V,"colno":V,"code":V}]}`, `{"frames":[{"locals":V,"args":V,"argspec":V,"context":V}]}`,
		`{"frames":[{"context":{"pre":V,"post":V}}]}`, `{"exception":V}`, `{"exception":{"class":V}}`, `{"exception":{"class":"E","message":V,"description":V}}`, `{"V":V}`,
	} {
		for _, value := range values {
			one := strings.ReplaceAll(trace, "V", value)
			if strings.HasPrefix(trace, `{"V"`) {
				one = `{"x":` + value + `}`
			}
			for _, data := range []string{`"body":{"trace":` + one + `}`, `"body":{"trace_chain":[` + one + `,` + one + `]}`, `"body":{"trace":{},"telemetry":` + value + `},"request":{"headers":` + value + `,"url":` + value + `},"person":{"id":` + value + `},"server":{"root":` + value + `},"client":{"javascript":` + value + `}`} {
				a := r.post(`{"data":{"environment":"e",` + data + `}}`)
				if a.status != 200 && a.status != 422 {
					t.Errorf("%s: %d %s", data, a.status, a.body)
				}
			}
		}
	}
	for _, row := range r.store.take() {
		if text := row.Get(fieldPayload).Str(); !json.Valid([]byte(text)) {
			t.Errorf("no JSON is kept: %.200s", text)
		}
		if row.Get(event.FieldErrorFingerprint).Str() == "" || row.Get(event.FieldErrorTitle).Str() == "" {
			t.Errorf("not grouped: %.200s", row.Get(fieldPayload).Str())
		}
	}
}

// A page in a browser, too, can read why its report was refused. That it is heard
// to its end, within bounds, is the server's work for every door.
func TestPostItem_WhoSendsTooMuchIsToldSo(t *testing.T) {
	t.Parallel()
	r := newRig(t, true)
	req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/api/1/item/", strings.NewReader(strings.Repeat("x", 10<<20)))
	req.Header.Set(tokenHeader, "k")
	w := httptest.NewRecorder()
	r.front.ServeHTTP(w, req)
	if w.Code != http.StatusRequestEntityTooLarge || w.Header().Get("Access-Control-Allow-Origin") != "*" || !strings.Contains(w.Body.String(), saysTooLarge) {
		t.Errorf("answered %d, %v: %s", w.Code, w.Header(), w.Body)
	}
}
