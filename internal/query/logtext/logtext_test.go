package logtext_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/query/logtext"
	"github.com/oriel-dev/oriel/internal/store/storetest"
)

func TestRead_TellsTheLanguagesApart(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, language, kind, want string }{
		{``, "pattern", "terms", `true`},
		{`ERROR -timeout`, "pattern", "terms", `body contains "ERROR" AND body does-not-contain "timeout"`},
		{`"connection reset"`, "pattern", "terms", `body contains "connection reset"`},
		{`?a ?b`, "pattern", "terms", `body contains "a" OR body contains "b"`},
		{`%5\d\d%`, "pattern", "terms", `body matches "5\\d\\d"`},
		{`{ $.status >= 500 }`, "pattern", "json", `body matches-pattern "{ $.status >= 500 }"`},
		{` [ip, ..., status = 5*]`, "pattern", "fields", `body matches-pattern "[ip, ..., status = 5*]"`},
		{`error: timeout at 10:24:39`, "pattern", "terms", `body contains "error:" AND body contains "timeout" AND body contains "at" AND body contains "10:24:39"`},
		{`https://example.com/x`, "pattern", "terms", `body contains "https://example.com/x"`},
		{`std::vector`, "pattern", "terms", `body contains "std::vector"`},
		{`status = 500`, "filter", "", `status = 500`},
		{`user.handle="ada" OR duration_ms > 1.5s`, "filter", "", `user.handle = "ada" OR duration_ms > 1500`},
		{`level:error`, "filter", "", `level = "error" OR severity = "error"`},
		{`level:ERROR,Fatal -service:web`, "filter", "", `(level in ("ERROR", "Fatal") OR severity in ("error", "fatal")) AND NOT (service = "web" OR service.name = "web")`},
		{`level=error a=b`, "filter", "", `level = "error" AND a = "b"`},
		{`level:error timeout "no route"`, "filter", "", `(level = "error" OR severity = "error") AND body contains "timeout" AND body contains "no route"`},
		{`-level:debug status:500,503 retry`, "filter", "", `NOT (level = "debug" OR severity = "debug") AND status in (500, 503) AND body contains "retry"`},
		{`status:>=500`, "filter", "", `status >= 500`},
		{`status>=500 user:ada`, "filter", "", `status >= 500 AND user = "ada"`},
		{`route:/api/* err:*timeout* x:*y`, "filter", "", `route starts-with "/api/" AND err contains "timeout" AND x ends-with "y"`},
		{`user.handle:*`, "filter", "", `user.handle exists`},
		{`a:x*y`, "filter", "", `a matches "(?s)^x.*y$"`},
		{`name:"two words" ok:true`, "filter", "", `name = "two words" AND ok = true`},
		{`@logStream:web-1`, "filter", "", `log.stream = "web-1"`},
		{`zip:01234`, "filter", "", `zip = "01234"`},
		{`1-5759e988-bd862e3fe1be46a994272793`, "filter", "", `trace.trace_id = "5759e988bd862e3fe1be46a994272793" OR body contains "5759e988bd862e3fe1be46a994272793" OR body contains "1-5759e988-bd862e3fe1be46a994272793"`},
		{`-5759E988BD862E3FE1BE46A994272793 lost`, "filter", "", `NOT (trace.trace_id = "5759e988bd862e3fe1be46a994272793" OR body contains "5759e988bd862e3fe1be46a994272793" OR body contains "1-5759e988-bd862e3fe1be46a994272793") AND body contains "lost"`},
		{`5759e988bd862e3fe1be46a99427279x`, "pattern", "terms", `body contains "5759e988bd862e3fe1be46a99427279x"`},
		{`fields @timestamp, @message | sort @timestamp desc`, "insights", "", ``},
		{`filter @message like /Error/`, "insights", "", ``},
		{`filter level = "ERROR"`, "insights", "", ``},
		{`stats count(*) by bin(5m)`, "insights", "", ``},
		{`@message like "x"`, "insights", "", ``},
		{`SOURCE logGroups(namePrefix: ['a'])`, "insights", "", ``},
		{`| limit 5`, "insights", "", ``},
		{`filter not found`, "pattern", "terms", `body contains "filter" AND body contains "not" AND body contains "found"`},
		{`limit exceeded`, "pattern", "terms", `body contains "limit" AND body contains "exceeded"`},
	} {
		got, err := logtext.Read(c.text)
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		where := ""
		if got.Where != nil {
			where = got.Where.String()
		}
		if string(got.Language) != c.language || got.Kind != c.kind || where != c.want {
			t.Errorf("%s\n is %s %s: %s\nnot %s %s: %s", c.text, got.Language, got.Kind, where, c.language, c.kind, c.want)
		}
	}
}

func TestRead_PointsAtWhatIsWrong(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text, language, want string
		at                   int
	}{
		{`{ $.status >= }`, "pattern", "expected a value", 14},
		{`[a, a]`, "pattern", "two fields", 4},
		{`say (hello)`, "pattern", "without quotes", 4},
		{`status >= `, "filter", "expected a value", 10},
		{`a = 1 AND`, "filter", "expected a field", 9},
		{`status in "x"`, "filter", "expected", 10},
	} {
		got, err := logtext.Read(c.text)
		if err == nil || string(got.Language) != c.language || !strings.Contains(fault.MessageOf(err), c.want) || fault.PositionOf(err) != c.at {
			t.Errorf("%s: %s at %d: %v", c.text, got.Language, fault.PositionOf(err), err)
		}
	}
	if got, err := logtext.Read("?a b"); err != nil || got.Warning == "" {
		t.Errorf("no warning of an optional term that is ignored: %v", err)
	}
}

func TestCopy_InTheLanguagesOfCloudWatch(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ filter, pattern, insights string }{
		{`body contains "ERROR" AND body does-not-contain "a b"`, `ERROR -"a b"`, `@message like "ERROR" and not (@message like "a b")`},
		{`body contains "a" OR body matches "b\\d"`, `?a ?%b\d%`, `@message like "a" or @message like /b\d/`},
		{`level = "ERROR" AND status >= 500`, `{ $.level = "ERROR" && $.status >= 500 }`, `level = "ERROR" and status >= 500`},
		{`level in ("a", "b") AND user.tags.0 exists`, `{ ($.level = "a" || $.level = "b") && $.user.tags[0] = * }`, `level in ["a", "b"] and ispresent(user.tags.0)`},
		{`status != 200`, `{ $.status != 200 }`, `not (status = 200)`},
		{`x does-not-exist`, `{ $.x NOT EXISTS }`, `not (ispresent(x))`},
		{`ok = true AND route starts-with "/a" AND err ends-with "b"`, `{ $.ok IS TRUE && $.route = "/a*" && $.err = "*b" }`, `ok = "true" and route like /^\/a/ and err like /b$/`},
		{`message.body = "x"`, `{ $.body = "x" }`, `body = "x"`},
		{"`user-agent` contains \"x\"", `{ $.user-agent = "*x*" }`, "`user-agent` like \"x\""},
		{`severity = "error"`, ``, `severity = "error"`},
		{`level = "x" AND body contains "y"`, ``, `level = "x" and @message like "y"`},
		{`body matches-pattern "{ $.a.b = 5 || $.c != \"x*\" }"`, `{ $.a.b = 5 || $.c != "x*" }`, `a.b = 5 or not (c like /^x/)`},
		{`body matches-pattern "[a, b = 5]"`, `[a, b = 5]`, ``},
		{`body search "Time"`, ``, `@message like /(?i)Time/`},
		{`log.stream = "web-1"`, ``, `@logStream = "web-1"`},
	} {
		e, err := query.ParseFilter(c.filter)
		if err != nil {
			t.Fatalf("%s: %v", c.filter, err)
		}
		if got, ok := logtext.AsPattern(e); got != c.pattern || ok != (c.pattern != "") {
			t.Errorf("%s\nas pattern %s\nwant       %s", c.filter, got, c.pattern)
		}
		if got, ok := logtext.AsInsights(e); ok != (c.insights != "") || ok && got != c.insights {
			t.Errorf("%s\nin Insights %s\nwant        %s", c.filter, got, c.insights)
		}
	}
}

// A pattern that is typed and copied finds the same lines.
func TestAsPattern_KeepsTheMeaningOfPatterns(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := storetest.FilterPattern(t)
		r, err := logtext.Read(text)
		if err != nil || r.Language != logtext.Pattern || r.Where.String() == "true" {
			return // words that are a filter, or nothing
		}
		copied, ok := logtext.AsPattern(r.Where)
		if !ok {
			t.Fatalf("%s cannot be copied", text)
		}
		again, err := logtext.Read(copied)
		if err != nil {
			t.Fatalf("%s copied as %s: %v", text, copied, err)
		}
		b := event.NewBatch("test", "app")
		b.Begin(1)
		b.Set(event.FieldBody, event.StringValue(storetest.LogMessage(t)))
		if query.Match(r.Where, b.Row(0)) != query.Match(again.Where, b.Row(0)) {
			t.Fatalf("%s copied as %s differs on %s", text, copied, b.Row(0).Get(event.FieldBody).Str())
		}
	})
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{`level:error "x y" -a:b,c`, `a = 1 AND`, `{ $.a = "`, `filter @message like /x/`, `a:>=5 b:"\"" `, "x:*y*z"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := logtext.Read(text)
		if err != nil || r.Where == nil {
			return
		}
		if _, err := query.ParseFilter(r.Where.String()); err != nil {
			t.Fatalf("%q became %q: %v", text, r.Where, err)
		}
		logtext.AsInsights(r.Where)
		logtext.AsPattern(r.Where)
	})
}
