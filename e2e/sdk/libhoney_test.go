package sdk_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/honeycombio/libhoney-go"
	"github.com/honeycombio/libhoney-go/transmission"
)

// libhoneyClient returns the vendor's Go client, pointed at a server.
func libhoneyClient(t *testing.T, s *server, key, dataset string, tx *transmission.Honeycomb) *libhoney.Client {
	t.Helper()
	tx.MaxBatchSize, tx.BatchTimeout, tx.MaxConcurrentBatches, tx.PendingWorkCapacity = 50, 20*time.Millisecond, 4, 1000
	tx.BlockOnSend, tx.BlockOnResponse = true, true
	client, err := libhoney.NewClient(libhoney.ClientConfig{APIKey: key, Dataset: dataset, APIHost: s.url(), Transmission: tx})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

// send sends events and returns the answer to each, by its metadata.
func send(t *testing.T, client *libhoney.Client, events ...*libhoney.Event) map[any]transmission.Response {
	t.Helper()
	for _, e := range events {
		if err := e.SendPresampled(); err != nil {
			t.Fatal(err)
		}
	}
	out := map[any]transmission.Response{}
	for range events {
		select {
		case r := <-client.TxResponses():
			out[r.Metadata] = r
		case <-time.After(time.Minute):
			t.Fatalf("%d of %d events were answered within a minute", len(out), len(events))
		}
	}
	return out
}

type basket struct {
	Items int    `json:"items"`
	Owner string `json:"owner"`
}

func TestLibhoneyGo_EveryValueArrivesByJSONAndMsgpack(t *testing.T) {
	t.Parallel()
	at := time.Now().Add(-90 * time.Minute).Truncate(time.Microsecond).Add(789)
	for name, tx := range map[string]*transmission.Honeycomb{
		"JSON, zstd":    {},
		"JSON, plain":   {DisableCompression: true},
		"msgpack, zstd": {EnableMsgpackEncoding: true},
		"msgpack, bare": {EnableMsgpackEncoding: true, DisableCompression: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startWithKeys(t)
			client := libhoneyClient(t, s, s.key, "Shop & Events", tx)
			client.AddField("service", "libhoney")
			client.AddDynamicField("goroutines", func() any { return 7 })

			first := client.NewEvent()
			first.Timestamp, first.Metadata, first.SampleRate = at, "first", 1
			for k, v := range map[string]any{
				"id": "first", "text": "héllo wörld 日本 🚀", "empty": "", "int": 42, "negative": -7, "big": int64(1)<<53 + 1, "float": 2.5, "tiny": 1e-9,
				"yes": true, "no": false, "nothing": nil, "list": []any{1, "a", nil}, "map": map[string]any{"deep": map[string]int{"er": 1}},
				"took": 1500 * time.Millisecond, "long": strings.Repeat("x", 60_000), "a field with spaces": 1, "emoji 🚀": true,
				"uint": uint64(1) << 40, "bytes": []byte("raw"), "error": fmt.Errorf("no such table"),
			} {
				first.AddField(k, v)
			}
			second := client.NewEvent()
			second.Metadata, second.SampleRate = "second", 7
			if err := second.Add(basket{3, "andrew"}); err != nil {
				t.Fatal(err)
			}
			second.AddField("id", "second")
			before := time.Now()

			for id, r := range send(t, client, first, second) {
				if r.StatusCode != http.StatusAccepted || r.Err != nil {
					t.Errorf("%v: %d %s %v", id, r.StatusCode, r.Body, r.Err)
				}
			}
			events := s.events("shop---events", "id", 2)
			common := map[string]any{"service": "libhoney", "goroutines": 7}
			events["first"].same(t, "first", merged(common, map[string]any{
				"id": "first", "text": "héllo wörld 日本 🚀", "empty": "", "int": 42, "negative": -7, "big": "9007199254740993", "float": 2.5, "tiny": 1e-9,
				"yes": true, "no": false, "list": `[1,"a",null]`, "map": `{"deep":{"er":1}}`, "took": 1.5e9, "long": strings.Repeat("x", 60_000),
				"a field with spaces": 1, "emoji 🚀": true, "uint": 1 << 40, "bytes": "cmF3", "error": "{}",
			}))
			if got := events["first"].Time; got != at.UnixNano() {
				t.Errorf("the first is at %d, want %d", got, at.UnixNano())
			}
			events["second"].same(t, "second", merged(common, map[string]any{"id": "second", "items": 3, "owner": "andrew"}))
			near(t, "the second", time.Unix(0, events["second"].Time), before, 10*time.Second)
			if n := s.countsBy("shop---events", "id"); n["first"] != 1 || n["second"] != 7 {
				t.Errorf("sample rates count %v, want 1 and 7", n)
			}
			types := s.types("shop---events")
			for name, want := range map[string]string{"text": "string", "int": "integer", "big": "integer", "float": "float", "yes": "boolean", "list": "string"} {
				if types[name] != want {
					t.Errorf("column %s is of type %q, want %q", name, types[name], want)
				}
			}
		})
	}
}

func TestLibhoneyGo_AnswersEachEventOfABatch(t *testing.T) {
	t.Parallel()
	s := startWithKeys(t)
	client := libhoneyClient(t, s, s.key, "mixed", &transmission.Honeycomb{})
	var events []*libhoney.Event
	for i := range 45 {
		e := client.NewEvent()
		e.Metadata = i
		e.AddField("id", i)
		if i == 20 { // too many fields for one event, in the middle of good ones
			for k := range 2100 {
				e.AddField(fmt.Sprintf("field.%d", k), k)
			}
		}
		events = append(events, e)
	}
	for id, r := range send(t, client, events...) {
		want := http.StatusAccepted
		if id == 20 {
			want = http.StatusBadRequest
		}
		if r.StatusCode != want || (id == 20 && !strings.Contains(string(r.Body)+fmt.Sprint(r.Err), "too many columns")) {
			t.Errorf("event %v: %d %s %v", id, r.StatusCode, r.Body, r.Err)
		}
	}
	if got := s.events("mixed", "id", 44); got["20"].Fields != nil {
		t.Error("the refused event arrived")
	}
}

func TestLibhoneyGo_LearnsItsTeamAndWhatItsKeyMayDo(t *testing.T) {
	t.Parallel()
	s := startWithKeys(t)
	var auth struct{ Team, Environment struct{ Slug string } }
	s.call(http.MethodGet, "/1/auth", nil, &auth)
	team, environment, err := libhoney.GetTeamAndEnvironment(libhoney.Config{APIKey: s.key, APIHost: s.url()})
	if err != nil || team == "" || team != auth.Team.Slug || environment != auth.Environment.Slug || environment == "" {
		t.Errorf("team %q, environment %q, %v; want %+v", team, environment, err, auth)
	}
	if _, err := libhoney.VerifyAPIKey(libhoney.Config{APIKey: "no-such-key", APIHost: s.url()}); err == nil {
		t.Error("an unknown key is verified")
	}
	for _, c := range []struct {
		name, key string
		status    int
		dataset   string // where the event is then
	}{
		{"unknown", "abcdefghijklmnopqrstuv", http.StatusUnauthorized, ""},
		{"ingest", s.newKey("honeycomb-ingest"), http.StatusAccepted, "from-ingest"},
		{"classic", s.newKey("honeycomb-classic"), http.StatusAccepted, "from-classic"},
	} {
		client := libhoneyClient(t, s, c.key, "from "+c.name, &transmission.Honeycomb{})
		e := client.NewEvent()
		e.Metadata = c.name
		e.AddField(c.name, 1)
		r := send(t, client, e)[c.name]
		if r.StatusCode != c.status {
			t.Errorf("%s key: %d %s %v", c.name, r.StatusCode, r.Body, r.Err)
		}
		var answer struct{ Error string }
		if c.status == http.StatusUnauthorized && (json.Unmarshal(r.Body, &answer) != nil || !strings.Contains(answer.Error, "unknown API key")) {
			t.Errorf("%s key: the client is told %q", c.name, r.Body)
		}
		if c.dataset != "" && c.name != "classic" { // the classic key's environment is its own
			s.events(c.dataset, c.name, 1)
		}
	}
}
