package cloudwatch

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/oriel-dev/oriel/internal/store"
)

func TestFilterLogEvents_MergesStreamsInOneOrder(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	now := r.now.Load()
	r.fill("g", "a1", 5, "a ERROR 1", 3, "a info 3")
	r.fill("g", "a2", 4, "b ERROR 2", 3, "b ERROR 4")
	r.fill("g", "b1", 3, "c ERROR 5")
	f := func(more object) object {
		more["logGroupName"] = "g"
		return r.ok("FilterLogEvents", more)
	}
	all := f(object{})
	r.wantSaid("all", all, "a ERROR 1", "b ERROR 2", "a info 3", "b ERROR 4", "c ERROR 5")
	if _, more := all["nextToken"]; more || fmt.Sprint(all["searchedLogStreams"]) != "[]" {
		t.Errorf("%v", all)
	}
	r.wantSaid("pattern", f(object{"filterPattern": "ERROR -1"}), "b ERROR 2", "b ERROR 4", "c ERROR 5")
	r.wantSaid("JSON pattern", f(object{"filterPattern": "{ $.a = 1 }"}))
	r.wantSaid("fields", f(object{"filterPattern": "[who = a, level, n > 1]"}), "a info 3")
	r.wantSaid("streams", f(object{"logStreamNames": []string{"a1", "b1"}}), "a ERROR 1", "a info 3", "c ERROR 5")
	r.wantSaid("prefix", f(object{"logStreamNamePrefix": "a"}), "a ERROR 1", "b ERROR 2", "a info 3", "b ERROR 4")
	r.wantSaid("no such prefix", f(object{"logStreamNamePrefix": "z"}))
	r.wantSaid("both ends are in it", f(object{"startTime": now - 4, "endTime": now - 3}), "b ERROR 2", "a info 3", "b ERROR 4", "c ERROR 5")
	r.wantSaid("newest first", f(object{"startFromHead": false, "startTime": now - 4, "limit": 2}), "c ERROR 5", "b ERROR 4")
	page := f(object{"limit": 2, "filterPattern": "ERROR"})
	r.wantSaid("page", page, "a ERROR 1", "b ERROR 2")
	r.restart()
	r.wantSaid("next page, the start moved", f(object{"limit": 2, "filterPattern": "ERROR", "nextToken": page["nextToken"], "startTime": now - 1}), "b ERROR 4", "c ERROR 5")
	ids := map[any]bool{}
	events, _ := f(object{})["events"].([]any)
	for i, e := range events {
		o, _ := e.(object)
		before, _ := all["events"].([]any)
		was, _ := before[i].(object)
		if id := fmt.Sprint(o["eventId"]); len(id) != 56 || o["eventId"] != was["eventId"] {
			t.Errorf("id %s was %v", id, was["eventId"])
		}
		ids[o["eventId"]] = true
	}
	if len(ids) != 5 {
		t.Errorf("%d different ids", len(ids))
	}
}

func TestFilterLogEvents_Refuses(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.fill("g", "s", 1, "1", 1, "2")
	for text, more := range map[string]object{
		"mutually exclusive":                            {"logStreamNames": []string{"s"}, "logStreamNamePrefix": "s"},
		"Invalid filter pattern":                        {"filterPattern": "{ $.a = "},
		"startFromHead can be false only":               {"startFromHead": false},
		"The specified nextToken is invalid.":           {"nextToken": "AAAAAAAAAAAAAAAAAAAAAA"},
		"before startTime":                              {"startTime": 2, "endTime": 1},
		"Member must have length less than or equal to": {"filterPattern": strings.Repeat("x", 1025)},
	} {
		more["logGroupName"] = "g"
		r.fails("InvalidParameterException", text, "FilterLogEvents", more)
	}
	r.fails("ResourceNotFoundException", "The specified log stream does not exist.", "FilterLogEvents", object{"logGroupName": "g", "logStreamNames": []string{"s", "x"}})
	token := r.ok("FilterLogEvents", object{"logGroupName": "g", "limit": 1})["nextToken"]
	r.fails("InvalidParameterException", "The specified nextToken is invalid.", "FilterLogEvents", object{"logGroupName": "g", "limit": 1, "nextToken": token, "filterPattern": "x"})
}

// Pages of random length, read while lines are put, have every line that was there
// when the first was read, once, in order.
func TestFilterLogEvents_PagesAreCompleteBesideWriters(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		group := fmt.Sprint("g", n)
		count := 0
		put := func() {
			var lines []any
			for _, before := range slices.Backward(slices.Sorted(slices.Values(rapid.SliceOfN(rapid.IntRange(0, 20), 1, 10).Draw(rt, "before")))) {
				count++
				lines = append(lines, before, fmt.Sprintf("%03d", count))
			}
			r.fill(group, rapid.SampledFrom([]string{"a", "b"}).Draw(rt, "stream"), lines...)
		}
		put()
		put()
		there := said(r.ok("FilterLogEvents", object{"logGroupName": group}))
		in := object{"logGroupName": group}
		seen, last := map[string]bool{}, ""
		for {
			in["limit"] = rapid.IntRange(1, 5).Draw(rt, "limit")
			a := r.ok("FilterLogEvents", in)
			events, _ := a["events"].([]any)
			for _, e := range events {
				o, _ := e.(object)
				text, id := fmt.Sprint(o["message"]), fmt.Sprint(o["eventId"])
				if seen[text] || id[:38] <= last {
					rt.Fatalf("%s comes twice, or out of order: %s after %s", text, id, last)
				}
				seen[text], last = true, id[:38]
			}
			if a["nextToken"] == nil {
				break
			}
			in["nextToken"] = a["nextToken"]
			if count < 60 && rapid.Bool().Draw(rt, "put") {
				put()
			}
		}
		for _, text := range there {
			if !seen[text] {
				rt.Fatalf("%s is on no page: %v", text, seen)
			}
		}
	})
}

func TestGetLogRecord_FindsALineByItsPointer(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.fill("g", "s", 2, `{"level":"warn","user":{"handle":"ann"},"body":"inner","trace.x":1}`, 1, "plain")
	g := r.groups.find("test", testRegion, "g")
	page, err := r.Querier.Page(t.Context(), g.lines(lineRange{0, 1 << 62}, r.now.Load()), store.PageOptions{Limit: 1})
	must(t, err)
	at := pointer(g.dataset, page.Rows[0].Position)
	r.restart()
	record, _ := r.ok("GetLogRecord", object{"logRecordPointer": at})["logRecord"].(object)
	for name, want := range map[string]string{
		"@message": `{"level":"warn","user":{"handle":"ann"},"body":"inner","trace.x":1}`, "@logStream": "s", "@log": r.account() + ":g",
		"@timestamp": fmt.Sprint(r.now.Load() - 2), "@ingestionTime": fmt.Sprint(r.now.Load()), "level": "warn", "user.handle": "ann", "body": "inner",
	} {
		if record[name] != want {
			t.Errorf("%s is %v, want %s", name, record[name], want)
		}
	}
	if record["severity"] != nil || record["log.group"] != nil {
		t.Errorf("%v", record)
	}
	for _, bad := range []string{"x", "", at[:len(at)-2], "AAAA" + at[4:]} {
		r.fails("InvalidParameterException", "", "GetLogRecord", object{"logRecordPointer": bad})
	}
	r.ok("DeleteLogStream", object{"logGroupName": "g", "logStreamName": "s"})
	r.fails("ResourceNotFoundException", "does not exist any more", "GetLogRecord", object{"logRecordPointer": at})
}

func TestGetLogGroupFields_CountsTheNewestLines(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.fill("g", "s", 10, `{"a":1}`, 9, `{"a":1,"b":2}`, 8, "x", 7, "y")
	out := r.ok("GetLogGroupFields", object{"logGroupName": "g"})
	want := "@ingestionTime @log @logStream @message @timestamp a b"
	if got := names(out, "logGroupFields", "name"); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got := names(out, "logGroupFields", "percent"); got != "100 100 100 100 100 50 25" {
		t.Errorf("%s", got)
	}
	r.now.Add(3_600_000)
	if got := names(r.ok("GetLogGroupFields", object{"logGroupName": "g"}), "logGroupFields", "name"); got != "" {
		t.Errorf("an hour later: %s", got)
	}
	if got := names(r.ok("GetLogGroupFields", object{"logGroupName": "g", "time": r.now.Load()/1000 - 3600}), "logGroupFields", "name"); got != want {
		t.Errorf("an hour ago: %s", got)
	}
}
