package telemetry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// talkative logs while it is logged.
type talkative struct{ log *slog.Logger }

func (v talkative) String() string {
	v.log.Info("somebody asks for my name")
	return "tea"
}

// A value of the app may log when its text is asked for.
func TestLogHandler_TakesLinesWithinLines(t *testing.T) {
	t.Parallel()
	tel, got := capture(t)
	log := slog.New(tel.LogHandler(nil))
	said := make(chan struct{})
	go func() {
		defer close(said)
		log.Info("outer", "what", talkative{log})
	}()
	select {
	case <-said:
	case <-time.After(10 * time.Second):
		t.Fatal("a line that is written within another waits for it")
	}
	if all := got(); len(all) != 2 || all[0]["msg"] != "somebody asks for my name" || all[1]["what"] != "tea" {
		t.Errorf("%v", all)
	}
}

// A value that holds itself has no text.
func TestLogHandler_TakesAValueThatHoldsItself(t *testing.T) {
	t.Parallel()
	tel, got := capture(t)
	own := map[string]any{}
	own["own"] = own
	slog.New(tel.LogHandler(nil)).Info("a line", "what", own)
	if text, ok := got()[0]["what"].(string); !ok || !strings.HasPrefix(text, "!error: ") {
		t.Errorf("%v", got())
	}
}

// broken cannot be written.
type broken struct{}

func (broken) MarshalJSON() ([]byte, error) { panic("broken") }

// heldUp is a reporter whose backend takes one item, and answers once released.
func heldUp(t *testing.T) (tel *Telemetry, bodies chan []byte, release func()) {
	t.Helper()
	bodies, hold := make(chan []byte, 10), make(chan struct{})
	backend := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		<-hold
		var body json.RawMessage
		_ = json.NewDecoder(r.Body).Decode(&body)
		select {
		case bodies <- body:
		default: // nobody looks at more
		}
	}))
	t.Cleanup(backend.Close)
	tel, err := Start(t.Context(), Config{Errors: Errors{Token: "t", Endpoint: backend.URL, Scrub: []string{"iban"}}, Trouble: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	released := false
	release = func() {
		if !released {
			released = true
			close(hold)
		}
	}
	t.Cleanup(func() {
		release()
		_ = tel.Shutdown(context.Background())
	})
	return tel, bodies, release
}

// An item says what was true when it was reported, though the app goes on with its
// values while the item waits, and whatever their methods do.
func TestReport_WritesDownWhatBelongsToTheApp(t *testing.T) {
	tel, bodies, release := heldUp(t)
	tel.Report(t.Context(), errors.New("the first, which is on its way"))
	cart := map[string]any{"tea": 1}
	request := httptest.NewRequest(http.MethodGet, "/cart?page=2", http.NoBody)
	request.Header.Set("X-Step", "one")
	tel.Report(t.Context(), errors.New("no luck"), WithRequest(request), WithCustom(map[string]any{
		"cart": cart, "broken": broken{}, "cause": errors.New("rain"), "n": int64(1) << 60,
	}))
	cart["tea"] = 2
	request.Header.Set("X-Step", "two")
	request.URL.Path = "/elsewhere"
	release()
	<-bodies
	var sent struct {
		Data struct {
			Custom  map[string]json.RawMessage
			Request struct {
				URL     string
				Headers map[string]string
			}
		}
	}
	if err := json.Unmarshal(<-bodies, &sent); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{"cart": `{"tea":1}`, "broken": `"!panic: broken"`, "cause": `"rain"`, "n": `1152921504606846976`} {
		if got := string(sent.Data.Custom[key]); got != want {
			t.Errorf("%s is %s, want %s", key, got, want)
		}
	}
	if r := sent.Data.Request; !strings.HasSuffix(r.URL, "/cart?page=2") || r.Headers["X-Step"] != "one" {
		t.Errorf("the request is %+v", r)
	}
}

// Secrets are found however deep they lie, in whatever types of the app.
func TestReport_ScrubsValuesOfAnyType(t *testing.T) {
	tel, bodies, release := heldUp(t)
	release()
	type login struct {
		Name, Password string
		Tokens         []map[string]string `json:"tokens"`
	}
	type account struct {
		Login *login         `json:"login"`
		IBAN  string         `json:"iban"`
		More  []any          `json:"more"`
		Of    map[string]any `json:"of"`
	}
	const hush = "hu" + "sh"
	user := account{&login{"ada", hush, []map[string]string{{"a": hush}}}, hush, []any{map[string]any{"api_key": hush, "ok": 1}}, map[string]any{"cookie": []int{1}}}
	slog.New(tel.LogHandler(nil)).Error("no luck", slog.Any("user", user), slog.Group("request", slog.String("authorization", hush), slog.Any("user", &user)))
	tel.Report(t.Context(), errors.New("no luck"), WithCustom(map[string]any{"users": []account{user}, "headers": http.Header{"Authorization": {hush}}, "secret": hush}))
	for range 2 {
		var sent struct {
			Data struct{ Custom map[string]any }
		}
		if err := json.Unmarshal(<-bodies, &sent); err != nil {
			t.Fatal(err)
		}
		if text := fmt.Sprint(sent.Data.Custom); strings.Contains(text, hush) || !strings.Contains(text, "ada") || !strings.Contains(text, "ok:1") {
			t.Errorf("%s", text)
		}
	}
}

// What waits to be reported is bounded in bytes, too.
func TestReport_BoundsWhatWaits(t *testing.T) {
	tel, _, _ := heldUp(t)
	const each, n = 200 << 10, 120
	for range n {
		tel.Report(t.Context(), errors.New("no luck"), WithCustom(map[string]any{"page": strings.Repeat("x", each)}))
	}
	if s := tel.Stats().Errors; s.Waiting > itemsBytes/each+1 || s.Waiting < itemsBytes/each/2 || s.Waiting+s.Dropped != n {
		t.Errorf("%+v", s)
	}
	log := slog.New(tel.LogHandler(nil))
	log.Info(strings.Repeat("x", 1<<20))
	if recent := tel.reporter.before(); len(recent) != 1 || len(recent[0].message) > 2*recentLong {
		t.Errorf("%d bytes of a recent message are kept", len(recent[0].message))
	}
}
