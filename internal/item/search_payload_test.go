package item_test

import (
	"encoding/json"
	"testing"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/item"
	"github.com/oriel-dev/oriel/internal/query"
)

const searched = `{"language":"python 3","level":"warning","custom":{"queue":"mail","deep":{"tier":"gold"}},
	"body":{"telemetry":[{"level":"info","type":"log","source":"server","timestamp_ms":1,"body":{"message":"cart \"opened\" level","more":{"a":[{"b":{}}]}}},
		{"level":"error","type":"network","body":{"method":"GET","subtype":"xhr","url":"http://stock"}}],
	"trace":{"exception":{"class":"KeyError","message":"\"topfile\":\"nothing\""},"frames":[
		{"filename":"/srv/app/wsgi.py","lineno":10,"method":"main"},
		{"filename":"/srv/lib/flask.py","lineno":"21","method":"call","locals":{"level":"critical"}},
		{"filename":"/srv/app/cart.py","lineno":210,"method":"add","locals":{"limit":20,"user name":"ada","session":{"cart":{"inner":"7"}}}}]}}}`

// What stands in a payload is found where it is meant, and nowhere else.
func TestReadSearch_LooksIntoPayloads(t *testing.T) {
	t.Parallel()
	if !json.Valid([]byte(searched)) {
		t.Fatal("the payload is no JSON")
	}
	b := event.NewBatch("test", "errors")
	b.Begin(1)
	b.Set("rollbar.payload", event.StringValue(searched))
	b.Set("language", event.StringValue("python 3"))
	b.Set("error.fingerprint", event.StringValue("f"))
	b.Set("custom.queue", event.StringValue("mail"))
	b.Set("custom.deep.tier", event.StringValue("gold"))
	b.Set("request.headers.User-Agent", event.StringValue("curl/8"))
	fields := func() []string {
		return []string{"custom.deep.tier", "custom.queue", "custom.other", "request.headers.User-Agent", "language"}
	}
	for text, want := range map[string]bool{
		"topfile:/srv/app/cart": true, "topfile:/srv/app/wsgi": false, "topfile:cart.py": false, "bottomfile:/srv/app/wsgi.py": true, "bottomfile:/srv/lib": false,
		"topfile:nothing": false,
		"allfiles:/srv/":  true, "allfiles:/srv/app": false, "nofiles:/opt": true, "nofiles:/srv/lib": false, "file:lib/flask": true,
		"minfiles:3": true, "minfiles:4": false, "maxfiles:3": true, "maxfiles:2": false, "minfiles:0": true,
		"telemetry_level:error": true, "telemetry_level:warning": false, "telemetry_level:critical": false, "telemetry_type:network": true, "telemetry_type:dom": false,
		`telemetry_body_message:"cart \"opened"`: true, "telemetry_body_message:opened": false, "telemetry_body_method:GET": true, "telemetry_body_subtype:xhr": true,
		"telemetry_body_method:POST": false, "telemetry_body_message:nothing": false,
		"traceframe_local[limit]:20": true, "traceframe_local[limit]:3": false, "traceframe_local[user name]:ad": true, "traceframe_local[inner]:7": false,
		"traceframe_locals_name:sess": true, "traceframe_locals_name:inner": false, "traceframe_locals_name:ada": false, "traceframe_locals_value:ada": true, "traceframe_locals_value:gold": false,
		"traceframe_lineno:21": true, "traceframe_lineno:22": false, "traceframe_lineno:1": false, "traceframe_method:ad": true,
		"customs_name:queue": true, "customs_name:tier": true, "customs_name:deep.t": true, "customs_name:colour": false, "customs_value:gold": true, "customs_value:old": false,
		"request_headers_name:user-agent": true, "request_headers_value:curl%": true, "request_gets_name:page": false,
	} {
		s, err := item.ReadSearch(text, fields)
		if err != nil || len(s.Unknown) > 0 || len(s.Title) > 0 {
			t.Errorf("%s: %+v, %v", text, s, err)
			continue
		}
		got := !s.None
		if s.Rows != nil {
			if err := (&query.Query{Environment: "test", Start: 0, End: 2, Stages: []query.Stage{query.Filter{Where: s.Rows}}}).Validate(); err != nil {
				t.Errorf("%s: %v", text, err)
			}
			got = got && query.Match(s.Rows, b.Row(0))
		}
		if got != want {
			t.Errorf("%s matches: %v, want %v (%v)", text, got, want, s.Rows)
		}
	}
}

func TestReadSearch_TakesWhatIsNoNumberForWords(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"minfiles:many", "minfiles:-1", "minfiles:99999", "traceframe_lineno:x"} {
		if s, err := item.ReadSearch(text, nil); err != nil || len(s.Unknown) != 1 {
			t.Errorf("%s: %+v, %v", text, s, err)
		}
	}
}
