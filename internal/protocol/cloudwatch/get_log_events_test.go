package cloudwatch

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/ingest"
	"github.com/oriel-dev/oriel/internal/store"
)

// fill sends lines to a stream, which is made if need be: text by text, at times
// in milliseconds before now.
func (r *rig) fill(group, stream string, lines ...any) {
	r.t.Helper()
	if g := r.groups.find("test", testRegion, group); g == nil {
		r.ok("CreateLogGroup", object{"logGroupName": group})
	}
	if g := r.groups.find("test", testRegion, group); !g.hasStream(stream) {
		r.ok("CreateLogStream", object{"logGroupName": group, "logStreamName": stream})
	}
	var events []object
	for i := 0; i < len(lines); i += 2 {
		before, _ := lines[i].(int)
		events = append(events, object{"timestamp": r.now.Load() - int64(before), "message": lines[i+1]})
	}
	r.ok("PutLogEvents", object{"logGroupName": group, "logStreamName": stream, "logEvents": events})
}

// said lists the messages of an answer.
func said(answer object) []string {
	out := []string{}
	events, _ := answer["events"].([]any)
	for _, e := range events {
		o, _ := e.(object)
		out = append(out, fmt.Sprint(o["message"]))
	}
	return out
}

func (r *rig) wantSaid(what string, answer object, want ...string) {
	r.t.Helper()
	if got := said(answer); !slices.Equal(got, want) {
		r.t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// The sequence of the service: five lines, two a page, to the end, again at the
// end, and back.
func TestGetLogEvents_TokensLeadBothWaysAndStopAtTheEnds(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.fill("g", "s", 5, "1", 4, "2", 3, "3", 3, "4", 1, "5")
	r.fill("g", "other", 4, "no")
	in := object{"logGroupName": "g", "logStreamName": "s", "limit": 2, "startFromHead": true}
	get := func(token any) object {
		if token != nil {
			in["nextToken"] = token
		}
		return r.ok("GetLogEvents", in)
	}
	a := get(nil)
	r.wantSaid("first", a, "1", "2")
	r.restart()
	b := get(a["nextForwardToken"])
	r.wantSaid("second", b, "3", "4")
	c := get(b["nextForwardToken"])
	r.wantSaid("third", c, "5")
	end := get(c["nextForwardToken"])
	r.wantSaid("end", end)
	if end["nextForwardToken"] != c["nextForwardToken"] {
		t.Errorf("at the end %v became %v", c["nextForwardToken"], end["nextForwardToken"])
	}
	r.wantSaid("back from the end", get(end["nextBackwardToken"]), "4", "5")
	back := get(c["nextBackwardToken"])
	r.wantSaid("back", back, "3", "4")
	start := get(back["nextBackwardToken"])
	r.wantSaid("back again", start, "1", "2")
	before := get(start["nextBackwardToken"])
	r.wantSaid("before the beginning", before)
	if before["nextBackwardToken"] != start["nextBackwardToken"] {
		t.Errorf("at the beginning %v became %v", start["nextBackwardToken"], before["nextBackwardToken"])
	}
	r.fill("g", "s", 0, "6")
	r.wantSaid("what came since", get(end["nextForwardToken"]), "6")
	delete(in, "nextToken")
	in["startFromHead"] = false
	tail := get(nil)
	r.wantSaid("the tail", tail, "5", "6")
	for _, token := range []any{tail["nextForwardToken"], tail["nextBackwardToken"]} {
		if s := fmt.Sprint(token); len(s) != len("f/")+56+len("/s") || !strings.HasSuffix(s, "/s") {
			t.Errorf("token %s", s)
		}
	}
}

func TestGetLogEvents_OfAnEmptyStreamHasTokensThatLaterLead(t *testing.T) {
	t.Parallel()
	for _, head := range []bool{true, false} {
		r := newRig(t)
		r.ok("CreateLogGroup", object{"logGroupName": "g"})
		r.ok("CreateLogStream", object{"logGroupName": "g", "logStreamName": "s"})
		in := object{"logGroupName": "g", "logStreamName": "s", "startFromHead": head}
		a := r.ok("GetLogEvents", in)
		r.wantSaid("nothing", a)
		in["nextToken"] = a["nextForwardToken"]
		if again := r.ok("GetLogEvents", in); again["nextForwardToken"] != a["nextForwardToken"] {
			t.Errorf("%v", again)
		}
		r.fill("g", "s", 1, "first")
		r.wantSaid("later", r.ok("GetLogEvents", in), "first")
	}
}

func TestGetLogEvents_TimesAndSizes(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	now := r.now.Load()
	long := strings.Repeat("x", 400_000)
	r.fill("g", "s", 30, long, 20, long)
	r.fill("g", "s", 10, long)
	in := func(more object) object {
		more["logGroupIdentifier"], more["logStreamName"] = "arn:aws:logs:"+testRegion+":"+r.account()+":log-group:g", "s"
		return more
	}
	if got := said(r.ok("GetLogEvents", in(object{"startTime": now - 20, "endTime": now - 10}))); len(got) != 1 {
		t.Errorf("start is inclusive and end is not: %d lines", len(got))
	}
	if got := said(r.ok("GetLogEvents", in(object{"startTime": now - 20, "endTime": now - 20}))); len(got) != 0 {
		t.Errorf("no time at all has %d lines", len(got))
	}
	a := r.ok("GetLogEvents", in(object{}))
	if got := said(a); len(got) != 2 {
		t.Errorf("%d lines are more than a megabyte", len(got))
	}
	if got := said(r.ok("GetLogEvents", in(object{"nextToken": a["nextBackwardToken"]}))); len(got) != 1 {
		t.Errorf("%d lines are left", len(got))
	}
	e := first(t, a, "events")
	if e["timestamp"] != float64(now-20) || e["ingestionTime"] != float64(now) {
		t.Errorf("%v, %v", e["timestamp"], e["ingestionTime"])
	}
}

func TestGetLogEvents_Refuses(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.fill("g", "s", 1, "1")
	r.fill("g", "s2", 1, "1")
	r.fails("ResourceNotFoundException", "The specified log group does not exist.", "GetLogEvents", object{"logGroupName": "x", "logStreamName": "s"})
	r.fails("ResourceNotFoundException", "The specified log stream does not exist.", "GetLogEvents", object{"logGroupName": "g", "logStreamName": "x"})
	r.fails("InvalidParameterException", "before startTime", "GetLogEvents", object{"logGroupName": "g", "logStreamName": "s", "startTime": 5, "endTime": 4})
	r.fails("InvalidParameterException", "less than or equal to 10000", "GetLogEvents", object{"logGroupName": "g", "logStreamName": "s", "limit": 10001})
	token := fmt.Sprint(r.ok("GetLogEvents", object{"logGroupName": "g", "logStreamName": "s"})["nextForwardToken"])
	for _, bad := range []string{"x", "f/1/s", "b" + token[1:], strings.Replace(token, "f/1", "f/2", 1), token + "0", strings.Replace(token, "/s", "0/s", 1)} {
		r.fails("InvalidParameterException", "The specified nextToken is invalid.", "GetLogEvents", object{"logGroupName": "g", "logStreamName": "s", "nextToken": bad})
	}
	r.fails("InvalidParameterException", "The specified nextToken is invalid.", "GetLogEvents", object{"logGroupName": "g", "logStreamName": "s2", "nextToken": token})
}

// Lines that came by OTLP can be read, and so can spans.
func TestGetLogEvents_OfVirtualGroups(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	slug, err := r.Datasets.Resolve("test", "Checkout", true)
	must(t, err)
	b := event.NewBatch("test", slug)
	for i := range 3 {
		b.Begin(r.now.Load()*1e6 + int64(i))
		b.Set(event.FieldSignal, event.StringValue(event.SignalLog))
		b.Set(event.FieldBody, event.StringValue(fmt.Sprint("line ", i)))
		b.Begin(r.now.Load() * 1e6) // all at one time
		for name, v := range map[string]event.Value{
			event.FieldSignal: event.StringValue(event.SignalTrace), event.FieldTraceID: event.StringValue(strings.Repeat("a", 32)), event.FieldSpanID: event.StringValue(fmt.Sprintf("%016d", i)),
			event.FieldDuration: event.FloatValue(2.5), event.FieldName: event.StringValue("GET /"), event.FieldSpanKind: event.StringValue("server"),
			event.FieldService: event.StringValue("Checkout"), "http.route": event.StringValue("/"), "http.response.status_code": event.IntValue(200),
			"xray.document": event.StringValue(`{"name":"Checkout"}`), // is no attribute
		} {
			b.Set(name, v)
		}
	}
	must(t, r.Door.Write(t.Context(), ingest.Request{Batches: []*event.Batch{b}}))
	r.wantSaid("lines", r.ok("GetLogEvents", object{"logGroupName": "Checkout", "logStreamName": "default"}), "line 0", "line 1", "line 2")
	seen := map[string]bool{}
	var token any
	for range 3 {
		in := object{"logGroupName": "aws/spans", "logStreamName": "default", "limit": 1, "startFromHead": true}
		if token != nil {
			in["nextToken"] = token
		}
		a := r.ok("GetLogEvents", in)
		e := first(t, a, "events")
		text := fmt.Sprint(e["message"])
		seen[text] = true
		for _, want := range []string{
			`"resource":{"attributes":{"service.name":"Checkout"}}`, `"traceId":"aaaa`, `"kind":"SERVER"`, `"durationNano":2500000`,
			`"attributes":{"http.response.status_code":200,"http.route":"/"}`, `"status":{"code":"UNSET"}`,
		} {
			if !strings.Contains(text, want) {
				t.Errorf("no %s in %s", want, text)
			}
		}
		token = a["nextForwardToken"]
	}
	if len(seen) != 3 {
		t.Errorf("%d different spans", len(seen))
	}
}

// What has expired, and what a deleted stream held, is not shown.
func TestReading_LeavesOutWhatIsGone(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.fill("g", "a", 1000, "old")
	r.fill("g", "b", 1000, "kept")
	r.ok("DeleteLogStream", object{"logGroupName": "g", "logStreamName": "a"})
	r.wantSaid("deleted", r.ok("FilterLogEvents", object{"logGroupName": "g"}), "kept")
	r.fill("g", "a", 500, "new")
	r.wantSaid("made again", r.ok("FilterLogEvents", object{"logGroupName": "g"}), "kept", "new")
	r.wantSaid("made again", r.ok("GetLogEvents", object{"logGroupName": "g", "logStreamName": "a"}), "new")
	r.ok("PutRetentionPolicy", object{"logGroupName": "g", "retentionInDays": 1})
	r.now.Add((24*time.Hour - 700*time.Millisecond).Milliseconds())
	r.wantSaid("expired", r.ok("FilterLogEvents", object{"logGroupName": "g"}), "new")
	r.ok("DeleteRetentionPolicy", object{"logGroupName": "g"})
}

// Lines of a deleted stream are removed in the background; nothing else is.
func TestSweep_RemovesTheLinesOfDeletedStreams(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	rows := func() int {
		n := 0
		for _, d := range r.store.Catalog("test").Datasets {
			n += int(d.Rows)
		}
		return n
	}
	r.fill("g", "a", 1000, "old 1", 900, "old 2")
	r.fill("g", "b", 1000, "kept")
	r.fill("g", "c", 1000, "old too")
	r.ok("DeleteLogStream", object{"logGroupName": "g", "logStreamName": "a"})
	r.ok("DeleteLogStream", object{"logGroupName": "g", "logStreamName": "c"})
	r.fill("g", "a", 500, "new")
	if n := rows(); n != 5 {
		t.Fatalf("%d rows before", n)
	}
	must(t, r.groups.sweep(t.Context(), r.store.DropRows))
	for _, what := range []string{"swept", "after a restart"} {
		if n := rows(); n != 2 {
			t.Errorf("%s: %d rows", what, n)
		}
		g := r.groups.find("test", testRegion, "g")
		if h := g.hidden(); len(h) != 0 {
			t.Errorf("%s: %v is still hidden", what, h)
		}
		r.wantSaid(what, r.ok("FilterLogEvents", object{"logGroupName": "g"}), "kept", "new")
		if got := names(r.ok("DescribeLogStreams", object{"logGroupName": "g"}), "logStreams", "logStreamName"); got != "a b" {
			t.Errorf("%s: %s", what, got)
		}
		r.restart()
	}
}

// account is the id of the default environment.
func (r *rig) account() string {
	who, _ := r.Keys.Anonymous()
	return who.Account
}

func FuzzOpenPosition(f *testing.F) {
	f.Add(sealPosition("f", "g", store.Position{Time: 1, Arrival: 2}))
	f.Add(sealPosition("b", "g", store.BeforeTime(5)))
	f.Add(sealPosition("b", "g", store.Position{Time: 1, Tie: 1 << 63, Nth: 3}))
	f.Fuzz(func(t *testing.T, token string) {
		direction, p, err := openPosition("g", token)
		if err == nil && sealPosition(direction, "g", p) != token {
			t.Errorf("%q is taken for %s %s", token, direction, p)
		}
	})
}
