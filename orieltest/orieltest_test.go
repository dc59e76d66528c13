package orieltest_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/oriel-dev/oriel/orieltest"
)

// post sends JSON to the server.
func post(t *testing.T, o *orieltest.Server, path, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, o.URL()+path, bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Honeycomb-Team", "test")
	request.Header.Set("X-Rollbar-Access-Token", "test")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s", path, response.Status)
	}
}

const traceID = "5759e988bd862e3fe1be46a994272793"

func sendSpan(t *testing.T, o *orieltest.Server, service, id, parent string) {
	t.Helper()
	at := time.Now().UnixNano()
	post(t, o, "/v1/traces", fmt.Sprintf(`{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":%q}}]},
		"scopeSpans":[{"spans":[{"traceId":%q,"spanId":%q,"parentSpanId":%q,"name":"GET /cart","startTimeUnixNano":"%d","endTimeUnixNano":"%d"}]}]}]}`,
		service, traceID, id, parent, at, at+5_000_000))
}

func TestWait_SeesWhatComesWhicheverWay(t *testing.T) {
	t.Parallel()
	o := orieltest.New(t)
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		sendSpan(t, o, "shop", "53995c3f42cd8ad8", "")
		sendSpan(t, o, "stock", "53995c3f42cd8ad9", "53995c3f42cd8ad8")
		post(t, o, "/api/1/item/", `{"data":{"environment":"test","body":{"message":{"body":"no tea left"}},"custom":{"trace_id":"`+traceID+`"}}}`)
	}()
	found := o.Wait(
		orieltest.Span(`service.name = "stock" AND duration_ms = 5`).Times(1),
		orieltest.Span(`name = "GET /cart"`).AtLeast(2),
		orieltest.Trace(`service.name = "shop"`, `service.name = "stock"`, `error.title contains "no tea"`),
		orieltest.Error(`error.environment = "test"`),
	)
	<-sent
	if len(found) != 4 || found[0].Examples[0]["trace.trace_id"] != traceID || found[2].Found != 1 {
		t.Errorf("%+v", found)
	}
}

// recorder is a test that may fail.
type recorder struct {
	testing.TB
	failed []string
}

// Errorf implements testing.TB.
func (r *recorder) Errorf(format string, args ...any) {
	r.failed = append(r.failed, fmt.Sprintf(format, args...))
}

func TestWait_SaysThatNothingArrived(t *testing.T) {
	t.Parallel()
	r := &recorder{TB: t}
	orieltest.New(r, orieltest.Within(time.Millisecond)).Wait(orieltest.Span(`http.route = "/cart"`))
	if want := "none of kind span arrived, nor anything else: does it go to this address"; len(r.failed) != 1 || !strings.Contains(r.failed[0], want) {
		t.Errorf("%q, want %s", r.failed, want)
	}
}

func TestWait_SaysWhatIsMissingAndHowNearItWas(t *testing.T) {
	t.Parallel()
	r := &recorder{TB: t}
	o := orieltest.New(r, orieltest.Within(time.Millisecond))
	sendSpan(t, o, "shop", "53995c3f42cd8ad8", "")
	post(t, o, "/api/1/item/", `{"data":{"environment":"test","body":{"message":{"body":"no tea left"}}}}`)
	o.Wait(orieltest.Span(`service.name = "shop" AND http.route = "/nowhere"`), orieltest.Log(""), orieltest.NoErrors(), orieltest.Trace(`service.name = "shop"`, `service.name = "x"`))
	if len(r.failed) != 1 {
		t.Fatalf("it failed %d times", len(r.failed))
	}
	for _, text := range []string{
		"1 of kind span arrived", `= "shop" is true for 1`, `http.route = "/nowhere" is true for 0, and where not, http.route is absent (1)`, "none of kind log arrived; what did: ",
		`there are too many, the newest of them "no tea left"`, `service.name = "x" is true in 0, and where not, service.name is "shop" (1)`,
	} {
		if !strings.Contains(r.failed[0], text) {
			t.Errorf("it does not say %q:\n%s", text, r.failed[0])
		}
	}
}
