package xrayfilter

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/xraymodel"
)

// fixtureRows makes rows of documents: of each trace its id, and of each row the
// kind of document, its id, parent, name, start and length in ms, and its fields.
type fixture struct {
	batch *event.Batch
	trace string
}

const fixtureStart = int64(1_700_000_000_000_000_000)

func (f *fixture) doc(what, id, parent, service, name string, start, took int64, more ...any) {
	b := f.batch
	b.Begin(fixtureStart + start*1e6)
	set := func(name string, v any) {
		switch v := v.(type) {
		case string:
			b.Set(name, event.StringValue(v))
		case int:
			b.Set(name, event.IntValue(int64(v)))
		case int64:
			b.Set(name, event.IntValue(v))
		case bool:
			b.Set(name, event.BoolValue(v))
		}
	}
	set(event.FieldTraceID, f.trace)
	set(event.FieldSpanID, id)
	if parent != "" {
		set(event.FieldParentID, parent)
	}
	set(event.FieldSignal, event.SignalTrace)
	set(event.FieldService, service)
	set(event.FieldName, name)
	set(event.FieldDuration, took)
	set(xraymodel.FieldType, what)
	var keys []string
	for i := 0; i < len(more); i += 2 {
		field := more[i].(string)
		if key, ok := strings.CutPrefix(field, "@"); ok {
			keys = append(keys, key)
			field = key
		}
		set(field, more[i+1])
	}
	if keys != nil {
		raw, _ := json.Marshal(keys)
		set(xraymodel.FieldAnnotations, string(raw))
	}
}

func (f *fixture) exception(parent, kind, message string) {
	b := f.batch
	b.Begin(fixtureStart)
	for name, v := range map[string]string{
		event.FieldTraceID: f.trace, event.FieldParentID: parent, event.FieldAnnotation: event.AnnotationSpanEvent, event.FieldName: "exception",
		"exception.type": kind, "exception.message": message,
	} {
		b.Set(name, event.StringValue(v))
	}
}

const (
	segment    = "segment"
	subsegment = "subsegment"
	method     = "http.request.method"
	urlFull    = "url.full"
	status     = "http.response.status_code"
	userID     = "enduser.id"
)

// fixtureTraces are the five traces of the reference.
func fixtureTraces() map[string]*event.Batch {
	rows := map[string]func(f *fixture){
		"T1": func(f *fixture) {
			f.doc(segment, "1", "", "api.example.com", "api.example.com", 0, 300, xraymodel.FieldOrigin, "AWS::EC2::Instance", method, "GET", urlFull, "https://api.example.com/v2/items",
				status, 200, userID, "alice", "@gameid", "817DL6VO", "@age", 31, "@internal", false)
			f.doc(subsegment, "2", "1", "api.example.com", "DynamoDB", 10, 100, xraymodel.FieldNamespace, "aws", event.FieldSpanKind, "client", "aws.table_name", "items")
		},
		"T2": func(f *fixture) {
			f.doc(segment, "1", "", "api.example.com", "api.example.com", 0, 6000, xraymodel.FieldOrigin, "AWS::EC2::Instance", method, "POST", urlFull, "http://api.example.com/api/game/1",
				status, 500, xraymodel.FieldFault, true, userID, "bob", "@age", 20)
			f.doc(subsegment, "2", "1", "api.example.com", "backend.example.com", 500, 5400, xraymodel.FieldNamespace, "remote", event.FieldSpanKind, "client", xraymodel.FieldFault, true)
			f.doc(segment, "3", "2", "backend.example.com", "backend.example.com", 600, 5200, xraymodel.FieldFault, true)
			f.exception("3", "AccessDenied", "Access Denied for account_id: 1234567890")
			f.doc(subsegment, "4", "1", "api.example.com", "late", 6000, 500)
		},
		"T3": func(f *fixture) {
			f.doc(segment, "1", "", "frontend", "frontend", 0, 100, method, "GET", urlFull, "http://front/home", status, 200)
			f.doc(subsegment, "2", "1", "frontend", "api.example.com", 10, 60, xraymodel.FieldNamespace, "remote", event.FieldSpanKind, "client", xraymodel.FieldError, true)
			f.doc(segment, "3", "2", "api.example.com", "api.example.com", 15, 50, xraymodel.FieldOrigin, "AWS::EC2::Instance", status, 404, xraymodel.FieldError, true)
		},
		"T4": func(f *fixture) {
			f.doc(segment, "1", "", "frontend", "frontend", 0, 20, method, "GET", urlFull, "http://front/home?retry=1", status, 429, xraymodel.FieldError, true, xraymodel.FieldThrottle, true,
				"@http.route", "/home")
			f.doc(subsegment, "2", "1", "frontend", "worker", 5, 10, xraymodel.FieldNamespace, "remote", event.FieldSpanKind, "client")
			f.doc(segment, "3", "2", "worker", "worker", 4000, 0, event.FieldAnnotation, event.AnnotationInProgress)
		},
		"T5": func(f *fixture) {
			f.doc(segment, "1", "", "gateway", "gateway", 0, 2500, method, "GET", urlFull, "http://gw/fn", status, 200)
			f.doc(subsegment, "2", "1", "gateway", "Lambda", 10, 2400, xraymodel.FieldNamespace, "aws", event.FieldSpanKind, "client", "aws.function_name", "fn")
			f.doc(segment, "3", "2", "fn", "fn", 20, 2300, xraymodel.FieldOrigin, "AWS::Lambda")
			f.doc(segment, "4", "3", "fn", "fn", 30, 2200, xraymodel.FieldOrigin, "AWS::Lambda::Function", xraymodel.FieldError, true)
		},
	}
	out := map[string]*event.Batch{}
	for i, name := range slices.Sorted(maps.Keys(rows)) {
		f := &fixture{batch: event.NewBatch("test", "x"), trace: fmt.Sprintf("%032x", i+1)}
		rows[name](f)
		out[name] = f.batch
	}
	return out
}

func buildTrace(b *event.Batch) *xraymodel.Trace {
	return xraymodel.Build(b.Find(event.FieldTraceID).Get(0).Text(), []*event.Batch{b}, xraymodel.Options{Annotations: true, Exceptions: true})
}

// The table of the reference, word by word, and what follows from its rules.
func TestMatch_OfTheWorkedFixture(t *testing.T) {
	t.Parallel()
	traces := map[string]*xraymodel.Trace{}
	for name, rows := range fixtureTraces() {
		traces[name] = buildTrace(rows)
	}
	groups := []Group{{Name: "Default", ARN: "arn:d"}, {Name: "slow", ARN: "arn:s", Filter: "responsetime > 2"}}
	f := func(text, want string) {
		t.Helper()
		e, err := Parse(text)
		if err == nil {
			e, err = e.Resolve(groups)
		}
		if err != nil {
			t.Errorf("%s: %v", text, err)
			return
		}
		var got []string
		for _, name := range slices.Sorted(maps.Keys(traces)) {
			if e.Match(traces[name], Options{Slow: func(t *xraymodel.Trace) bool { return t.Root.Duration() > 1e9 }}) {
				got = append(got, name)
			}
		}
		if g := strings.Join(got, " "); g != want {
			t.Errorf("%s matches %q, want %q", text, g, want)
		}
	}
	f("ok", "T1 T3 T5")
	f("!ok", "T2 T4")
	f("ok = false", "T2 T4")
	f("FAULT", "T2")
	f("error", "T4")
	f("fault = true OR throttle", "T2 T4")
	f("partial", "T4")
	f("inferred", "T1")
	f("ok !partial duration <3", "T1 T3 T5")
	f("responsetime > 5", "T2")
	f("duration >= 3 AND duration <= 8", "T2 T4")
	f("http.status != 200", "T2 T4")
	f(`http.url CONTAINS "/api/game/"`, "T2")
	f(`http.url BEGINSWITH "http://front" http.method = "GET"`, "T3 T4")
	f(`http.url ENDSWITH "/home"`, "T3")
	f("http.url AND responseTime > 2", "T2 T5")
	f(`user CONTAINS ""`, "T1 T2")
	f(`annotation.gameid = "817DL6VO"`, "T1")
	f("annotation.age", "T1 T2")
	f("!annotation.age", "T3 T4 T5")
	f("annotation.age > 29", "T1")
	f("annotation.internal", "")
	f("annotation.internal = false", "T1")
	f(`annotation[http.route] = "/home"`, "T4")
	f(`service("api.example.com")`, "T1 T2 T3")
	f(`service("api.example.com") { fault }`, "T2")
	f(`service("api.example.com") { error }`, "T3")
	f(`service("api.example.com") { root = true and fault = true }`, "T2")
	f(`service("api.example.com") { root }`, "T1 T2")
	f("service() { error }", "T3 T4 T5")
	f("service() { fault }", "T2")
	f(`edge("frontend", "api.example.com") { error }`, "T3")
	f(`edge("frontend", "api.example.com") { fault }`, "")
	f(`service(id(name: "fn", type: "AWS::Lambda::Function")) { error }`, "T5")
	f(`service(id(name: "fn", type: "AWS::Lambda")) { error }`, "")
	f(`service(id(type: "AWS::DynamoDB::Table"))`, "T1")
	f(`http.url BEGINSWITH "http://" AND !service("api.example.com")`, "T4 T5")
	f("(ok OR throttle) AND duration > 1", "T4 T5")
	f("ok OR throttle AND duration > 10", "T1 T3 T5")
	f(`service("api.example.com") { fault = true OR responsetime > 2.5 } AND annotation.age = 20`, "T2")
	f(`rootcause.fault.service { name = "backend.example.com" }`, "T2")
	f("rootcause.fault.service { last and inferred }", "")
	f(`rootcause.fault.exception { last and message = "Access Denied for account_id: 1234567890" }`, "T2")
	f(`group.name = "slow" AND user = "bob"`, "T2")

	// What does not say its origin is the service of its name; a function and what runs it are two.
	f(`service(id(name: "backend.example.com", type: "AWS::ECS::Container"))`, "T2")
	f(`edge(id(name: "frontend", type: "AWS::EC2::Instance"), id(name: "api.example.com", type: "AWS::EC2::Instance"))`, "T3")
	f(`service(id(name: "api.example.com", type: "AWS::ECS::Container"))`, "")
	f(`service(id(name: "backend.example.com", type: "client"))`, "")
	f(`service(id(type: "AWS::ECS::Container"))`, "")
	f(`group.name != "slow"`, "T1 T3 T4")
	f(`group.arn BEGINSWITH "arn:"`, "T1 T2 T3 T4 T5")
	f("group.name", "T1 T2 T3 T4 T5")
	f(`edge(id(name: "frontend", type: "client"), "frontend") { throttle }`, "T4")
	f(`service(id(name: "gateway", type: "client"))`, "T5")
	f(`rootcause.responsetime.entity { coverage > 0.85 AND name = "fn" }`, "T5")
	f("rootcause.responsetime.service { first and name = gateway }", "T5")
	f(`rootcause.json = #[{"Services":[{"Name":"api.example.com"},{"Name":"backend.example.com","EntityPath":[{"Exceptions":[{"Name":"AccessDenied"}]}]}]}]`, "T2")
	f(`rootcause.json = #[{"Services":[{"Name":"api.example.com"}]}]`, "T3")
	f(`annotation.age = "20"`, "")
	f("user != \"bob\"", "T1")
	f("account.id", "")
}

func TestResolve_WantsGroupsThatAreThere(t *testing.T) {
	t.Parallel()
	groups := []Group{{Name: "a", Filter: `group.name = "b"`}, {Name: "b", Filter: `ok OR group.name = "a"`}, {Name: "c", Filter: "ok OR"}}
	for text, says := range map[string]string{`group.name = "x"`: "no group", `fault AND group.name = "a"`: "circle", `group.name = "c"`: "can't be read"} {
		e, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.Resolve(groups); !fault.Is(err, fault.Invalid) || !strings.Contains(fault.MessageOf(err), says) {
			t.Errorf("%s: %v, want %q", text, err, says)
		}
	}
}
