package xray

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/ingest"
)

// lines writes a graph down: a line for each node and each edge.
func lines(t *testing.T, services []any) []string {
	t.Helper()
	names := map[float64]string{}
	name := func(s object) string {
		kind, _ := s["Type"].(string)
		return fmt.Sprintf("%s[%s]", s["Name"], kind)
	}
	for _, s := range services {
		names[s.(object)["ReferenceId"].(float64)] = name(s.(object))
	}
	figures := func(o object) string {
		stats, ok := o["SummaryStatistics"].(object)
		if !ok {
			return "without figures"
		}
		errors, faults := stats["ErrorStatistics"].(object), stats["FaultStatistics"].(object)
		n := 0.0
		histogram, _ := o["ResponseTimeHistogram"].([]any)
		for _, h := range histogram {
			n += h.(object)["Count"].(float64)
		}
		if n != stats["TotalCount"] {
			t.Errorf("%v in the histogram of %v", n, stats)
		}
		return fmt.Sprintf("ok %v error %v throttle %v fault %v %.1fs", stats["OkCount"], errors["OtherCount"], errors["ThrottleCount"], faults["TotalCount"], stats["TotalResponseTime"])
	}
	var out []string
	for _, s := range services {
		s := s.(object)
		line := name(s) + " " + s["State"].(string)
		if s["Root"] == true {
			line += " root"
		}
		out = append(out, line+": "+figures(s))
		for _, e := range s["Edges"].([]any) {
			e := e.(object)
			out = append(out, fmt.Sprintf("%s -> %s: %s", name(s), names[e["ReferenceId"].(float64)], figures(e)))
		}
	}
	slices.Sort(out)
	return out
}

func wantLines(t *testing.T, what string, got []string, want string) {
	t.Helper()
	wanted := strings.Split(strings.TrimSpace(want), "\n")
	for i := range wanted {
		wanted[i] = strings.TrimSpace(wanted[i])
	}
	slices.Sort(wanted)
	if !slices.Equal(got, wanted) {
		t.Errorf("%s:\n%s\nwant\n%s", what, strings.Join(got, "\n"), strings.Join(wanted, "\n"))
	}
}

const fixtureGraph = `
	api.example.com[client] unknown: without figures
	api.example.com[client] -> api.example.com[AWS::EC2::Instance]: ok 1 error 0 throttle 0 fault 1 6.3s
	frontend[client] unknown: without figures
	frontend[client] -> frontend[]: ok 1 error 0 throttle 1 fault 0 0.1s
	gateway[client] unknown: without figures
	gateway[client] -> gateway[]: ok 1 error 0 throttle 0 fault 0 2.5s
	api.example.com[AWS::EC2::Instance] active root: ok 1 error 1 throttle 0 fault 1 6.3s
	api.example.com[AWS::EC2::Instance] -> items[AWS::DynamoDB::Table]: ok 1 error 0 throttle 0 fault 0 0.1s
	api.example.com[AWS::EC2::Instance] -> backend.example.com[]: ok 0 error 0 throttle 0 fault 1 5.4s
	items[AWS::DynamoDB::Table] unknown: ok 1 error 0 throttle 0 fault 0 0.1s
	backend.example.com[] active: ok 0 error 0 throttle 0 fault 1 5.2s
	frontend[] active root: ok 1 error 0 throttle 1 fault 0 0.1s
	frontend[] -> api.example.com[AWS::EC2::Instance]: ok 0 error 1 throttle 0 fault 0 0.1s
	gateway[] active root: ok 1 error 0 throttle 0 fault 0 2.5s
	gateway[] -> fn[AWS::Lambda]: ok 1 error 0 throttle 0 fault 0 2.4s
	fn[AWS::Lambda] active: ok 1 error 0 throttle 0 fault 0 2.4s
	fn[AWS::Lambda] -> fn[AWS::Lambda::Function]: ok 0 error 1 throttle 0 fault 0 2.3s
	fn[AWS::Lambda::Function] active: ok 0 error 1 throttle 0 fault 0 2.3s`

// The graph of everything, of roll-ups, is the graph of all traces.
func TestGetServiceGraph_OfRollupsAndOfTraces(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.fixture()
	// A call whose answer is in progress is known to roll-ups as one nobody answered.
	pending := "worker[remote] unknown: ok 1 error 0 throttle 0 fault 0 0.0s\nfrontend[] -> worker[remote]: ok 1 error 0 throttle 0 fault 0 0.0s"
	answer := r.ok("/ServiceGraph", lastHour(nil))
	wantLines(t, "of roll-ups", lines(t, answer["Services"].([]any)), fixtureGraph+"\n"+pending)
	if answer["StartTime"] != float64(testClock().Unix()-3600) || answer["ContainsOldGroupVersions"] != false {
		t.Errorf("the envelope is %v", answer)
	}
	var ids []string
	for n := range 5 {
		ids = append(ids, fixtureTrace(n+1))
	}
	arrived := "worker[] active: ok 0 error 0 throttle 0 fault 0 0.0s\nfrontend[] -> worker[]: ok 1 error 0 throttle 0 fault 0 0.0s"
	wantLines(t, "of traces", lines(t, r.ok("/TraceGraph", object{"TraceIds": ids})["Services"].([]any)), fixtureGraph+"\n"+arrived)

	r.ok("/CreateGroup", object{"GroupName": "api", "FilterExpression": `service("backend.example.com")`})
	wantLines(t, "of a group", lines(t, r.ok("/ServiceGraph", lastHour(object{"GroupName": "api"}))["Services"].([]any)), `
		api.example.com[client] unknown: without figures
		api.example.com[client] -> api.example.com[AWS::EC2::Instance]: ok 0 error 0 throttle 0 fault 1 6.0s
		api.example.com[AWS::EC2::Instance] active root: ok 0 error 0 throttle 0 fault 1 6.0s
		api.example.com[AWS::EC2::Instance] -> backend.example.com[]: ok 0 error 0 throttle 0 fault 1 5.4s
		backend.example.com[] active: ok 0 error 0 throttle 0 fault 1 5.2s`)
	r.fails(400, "InvalidRequestException", "no group", "/ServiceGraph", lastHour(object{"GroupName": "none"}))
}

// Whatever marks and status a segment has, roll-ups and traces count it as the same.
func TestGetServiceGraph_CountsEveryOutcomeOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var ids []string
	var documents []string
	for _, status := range []int{0, 200, 404, 429, 503} {
		for marks := range 8 {
			id := fmt.Sprintf("1-%08x-%024x", testClock().Unix()-60, len(ids)+1)
			ids = append(ids, id)
			documents = append(documents, fmt.Sprintf(`{"trace_id":"%s","id":"%016x","name":"s%d.%d","start_time":%d,"end_time":%d,"fault":%t,"error":%t,"throttle":%t,"http":{"response":{"status":%d}}}`,
				id, len(ids), status, marks, testClock().Unix()-60, testClock().Unix()-59, marks&4 != 0, marks&2 != 0, marks&1 != 0, status))
		}
	}
	r.ok("/TraceSegments", object{"TraceSegmentDocuments": documents})
	got := lines(t, r.ok("/TraceGraph", object{"TraceIds": ids})["Services"].([]any))
	wantLines(t, "of roll-ups", lines(t, r.ok("/ServiceGraph", lastHour(nil))["Services"].([]any)), strings.Join(got, "\n"))
	for _, want := range []string{
		"s429.7[] active root: ok 0 error 0 throttle 1 fault 0 1.0s", // the SDK for Node says so
		"s429.0[] active root: ok 0 error 0 throttle 1 fault 0 1.0s",
		"s404.4[] active root: ok 0 error 0 throttle 0 fault 1 1.0s",
		"s404.1[] active root: ok 0 error 0 throttle 1 fault 0 1.0s",
		"s200.2[] active root: ok 0 error 1 throttle 0 fault 0 1.0s",
		"s200.0[] active root: ok 1 error 0 throttle 0 fault 0 1.0s",
		"s0.6[] active root: ok 0 error 0 throttle 0 fault 1 1.0s",
	} {
		if !slices.Contains(got, want) {
			t.Errorf("there is no %q in\n%s", want, strings.Join(got, "\n"))
		}
	}
}

// A service that X-Ray's segments and OpenTelemetry's spans tell of is one.
func TestGetServiceGraph_HasOneNodePerService(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.put(segment("53995c3f42cd8ad8", "media", `"origin":"AWS::ECS::Container"`))
	spans := event.NewBatch(r.Keys.Default().Slug, "media")
	spans.Begin(testClock().UnixNano())
	for name, v := range map[string]string{
		event.FieldTraceID: "5759e988bd862e3fe1be46a994272799", event.FieldSpanID: "53995c3f42cd8ad9", event.FieldService: "media", event.FieldName: "GET /", event.FieldSpanKind: "server",
	} {
		spans.Set(name, event.StringValue(v))
	}
	spans.Set(event.FieldDuration, event.FloatValue(500))
	must(t, r.Door.Write(t.Context(), ingest.Request{Batches: []*event.Batch{spans}, Protocol: "test"}))
	want := `
		media[client] unknown: without figures
		media[client] -> media[AWS::ECS::Container]: ok 2 error 0 throttle 0 fault 0 0.8s
		media[AWS::ECS::Container] active root: ok 2 error 0 throttle 0 fault 0 0.8s`
	wide := object{"StartTime": testClock().Unix() - 60, "EndTime": testClock().Unix() + 60}
	wantLines(t, "of roll-ups", lines(t, r.ok("/ServiceGraph", wide)["Services"].([]any)), want)
	r.ok("/CreateGroup", object{"GroupName": "media", "FilterExpression": `service(id(name: "media", type: "AWS::ECS::Container"))`})
	wide["GroupName"] = "media"
	wantLines(t, "of a group", lines(t, r.ok("/ServiceGraph", wide)["Services"].([]any)), want)
}

func TestGetTimeSeriesServiceStatistics_ListsEveryPeriod(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.fixture()
	r.ok("/CreateGroup", object{"GroupName": "api", "FilterExpression": `service("backend.example.com")`})
	sum := func(more object, member string) (periods int, total float64) {
		t.Helper()
		list := r.ok("/TimeSeriesServiceStatistics", lastHour(more))["TimeSeriesServiceStatistics"].([]any)
		for i, s := range list {
			stats, ok := s.(object)[member].(object)
			if !ok {
				t.Fatalf("%v: there is no %s in %v", more, member, s)
			}
			if i > 0 && s.(object)["Timestamp"].(float64) <= list[i-1].(object)["Timestamp"].(float64) {
				t.Errorf("%v is out of order", s)
			}
			total += stats["TotalCount"].(float64)
		}
		return len(list), total
	}
	for _, c := range []struct {
		more    object
		member  string
		periods int
		total   float64
	}{
		{nil, "EdgeSummaryStatistics", 60, 5},
		{object{"Period": 300, "EntitySelectorExpression": `service("api.example.com")`}, "ServiceSummaryStatistics", 12, 3},
		{object{"EntitySelectorExpression": `service(id(name: "fn", type: "AWS::Lambda"))`}, "ServiceSummaryStatistics", 60, 1},
		{object{"EntitySelectorExpression": `service("items")`}, "ServiceSummaryStatistics", 60, 1},
		{object{"EntitySelectorExpression": `edge("frontend", "api.example.com")`}, "EdgeSummaryStatistics", 60, 1},
		{object{"EntitySelectorExpression": `edge(id(name: "frontend", type: "client"), id(name: "frontend"))`}, "EdgeSummaryStatistics", 60, 2},
		{object{"EntitySelectorExpression": `service("api.example.com")`, "GroupName": "api"}, "ServiceSummaryStatistics", 60, 1},
	} {
		if periods, total := sum(c.more, c.member); periods != c.periods || total != c.total {
			t.Errorf("%v: %d periods, %v requests; want %d, %v", c.more, periods, total, c.periods, c.total)
		}
	}
	forecast := r.ok("/TimeSeriesServiceStatistics", lastHour(object{"EntitySelectorExpression": `service(id(name: "frontend"))`, "ForecastStatistics": true}))
	last := forecast["TimeSeriesServiceStatistics"].([]any)[59].(object)["ServiceForecastStatistics"].(object)
	if last["FaultCountLow"] != 0.0 || last["FaultCountHigh"].(float64) < 1 {
		t.Errorf("the forecast is %v", last)
	}
	for _, bad := range []object{
		{"Period": 90},
		{"Period": 0},
		{"EntitySelectorExpression": "ok"},
		{"EntitySelectorExpression": `service("a") { fault }`},
		{"ForecastStatistics": true},
		{"EntitySelectorExpression": `service("a")`, "ForecastStatistics": true},
	} {
		r.fails(400, "InvalidRequestException", "", "/TimeSeriesServiceStatistics", lastHour(bad))
	}
}

func TestGroups_AreKeptAndChecked(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	made := r.ok("/CreateGroup", object{
		"GroupName": "Cruddur", "FilterExpression": `service("backend-flask")`, "InsightsConfiguration": object{"InsightsEnabled": true}, "Tags": []object{{"Key": "team", "Value": "a"}},
	})["Group"].(object)
	arn := made["GroupARN"].(string)
	if !strings.Contains(arn, ":group/Cruddur/") || made["InsightsConfiguration"].(object)["NotificationsEnabled"] != false {
		t.Errorf("made is %v", made)
	}
	r.fails(400, "InvalidRequestException", "already", "/CreateGroup", object{"GroupName": "Cruddur"})
	r.fails(400, "InvalidRequestException", "already", "/CreateGroup", object{"GroupName": "Default"})
	r.fails(400, "InvalidRequestException", "letters", "/CreateGroup", object{"GroupName": "a b"})
	r.fails(400, "InvalidRequestException", "column 4", "/CreateGroup", object{"GroupName": "x", "FilterExpression": "ok )"})
	r.fails(400, "InvalidRequestException", "circle", "/CreateGroup", object{"GroupName": "x", "FilterExpression": `group.name = "x"`})
	r.fails(400, "InvalidRequestException", "InsightsEnabled", "/CreateGroup", object{"GroupName": "x", "InsightsConfiguration": object{"NotificationsEnabled": true}})
	r.fails(400, "InvalidRequestException", "Default", "/UpdateGroup", object{"GroupName": "Default", "FilterExpression": "ok"})
	r.fails(400, "InvalidRequestException", "not by both", "/GetGroup", object{"GroupName": "Cruddur", "GroupARN": arn})
	r.fails(400, "InvalidRequestException", "no group", "/UpdateGroup", object{"GroupName": "cruddur"})
	r.restart()
	changed := r.ok("/UpdateGroup", object{"GroupARN": arn, "InsightsConfiguration": object{"NotificationsEnabled": true}})["Group"].(object)
	if changed["FilterExpression"] != `service("backend-flask")` || changed["InsightsConfiguration"].(object)["NotificationsEnabled"] != true {
		t.Errorf("changed is %v", changed)
	}
	if g := r.ok("/UpdateGroup", object{"GroupName": "Cruddur", "FilterExpression": ""})["Group"].(object); g["FilterExpression"] != nil {
		t.Errorf("cleared is %v", g)
	}
	if list := r.ok("/Groups", object{})["Groups"].([]any); len(list) != 2 {
		t.Errorf("there are %v", list)
	}
	r.ok("/DeleteGroup", object{"GroupARN": arn})
	r.fails(400, "InvalidRequestException", "no group", "/GetGroup", object{"GroupName": "Cruddur"})
	r.fails(400, "InvalidRequestException", "can't be deleted", "/DeleteGroup", object{"GroupName": "Default"})
	if g := r.ok("/GetGroup", object{"GroupName": "Default"})["Group"].(object); !strings.HasSuffix(g["GroupARN"].(string), ":group/Default") {
		t.Errorf("the default group is %v", g)
	}
}
