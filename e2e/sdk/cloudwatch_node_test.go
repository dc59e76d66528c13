package sdk_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestAWSJavaScript_WritesReadsFollowsAndAsks(t *testing.T) {
	t.Parallel()
	s := startAWS(t)
	out := s.program(s.awsEnv(), "node", "node/cloudwatch/sdk.mjs")
	var got struct {
		Groups, Start, Live, Found []string
		Query, Error               json.RawMessage
	}
	if err := json.Unmarshal(bytes.TrimSpace(out), &got); err != nil {
		t.Fatalf("%s: %v", out, err)
	}
	lines := []string{"INFO one", `{"level":"error","ms":7}`, "héllo 🚀"}
	if !slices.Equal(got.Groups, []string{"/js/sdk"}) || !slices.Equal(got.Start, []string{"web"}) || !slices.Equal(got.Live, lines) {
		t.Errorf("groups %q, start %q, live %q", got.Groups, got.Start, got.Live)
	}
	// The last was sent with a clock that is an hour slow.
	if !slices.Equal(got.Found, append(lines, "INFO from the past")) {
		t.Errorf("found %q", got.Found)
	}
	if want := `["Complete",[[{"field":"worst","value":"7"}]]]`; string(got.Query) != want {
		t.Errorf("query %s", got.Query)
	}
	if want := `["ResourceAlreadyExistsException","The specified log group already exists",400,"string"]`; string(got.Error) != want {
		t.Errorf("error %s", got.Error)
	}
}

func TestWinstonCloudWatch_MakesItsGroupAndLogs(t *testing.T) {
	t.Parallel()
	s := startAWS(t)
	s.program(s.awsEnv(), "node", "node/cloudwatch/winston.cjs")
	if g := s.groups()["/js/winston"]; g.RetentionInDays == nil || *g.RetentionInDays != 7 {
		t.Errorf("retention %v", g.RetentionInDays)
	}
	lines := s.lines("/js/winston", `{ $.message = "request" && $.user.handle = "andrew" }`, 20)
	numbers := map[string]bool{}
	for _, line := range lines {
		var m struct{ N json.Number }
		if err := json.Unmarshal([]byte(*line.Message), &m); err != nil {
			t.Fatal(err)
		}
		numbers[m.N.String()] = true
	}
	if len(numbers) != 20 {
		t.Errorf("%d different lines", len(numbers))
	}
	if got := s.lines("/js/winston", `{ $.level = "error" }`, 1); !strings.Contains(*got[0].Message, "Error: it broke") {
		t.Errorf("%q", messages(got))
	}
	if rows := s.insights("/js/winston", "stats count(*) as n by level | sort n desc"); fmt.Sprint(rows) != "[map[level:info n:20] map[level:error n:1]]" {
		t.Errorf("%v", rows)
	}
}

func TestPinoTransport_MakesItsGroupAndLogs(t *testing.T) {
	t.Parallel()
	s := startAWS(t)
	s.program(s.awsEnv(), "node", "node/cloudwatch/pino.cjs")
	if got := s.lines("/js/pino", `{ $.order.id = 7 }`, 1); *got[0].LogStreamName != "web" || !strings.Contains(*got[0].Message, `"msg":"ordered"`) {
		t.Errorf("%q", messages(got))
	}
	if got := s.lines("/js/pino", "", 2); !strings.Contains(*got[1].Message, "it broke") {
		t.Errorf("%q", messages(got))
	}
	// pino's levels are numbers.
	rows := s.events("-js-pino", "severity", 2)
	if len(rows) != 2 || rows["info"].Fields["order.total"] != 12.5 || rows["error"].Fields["err.type"] != "Error" {
		t.Errorf("%v", rows)
	}
}

// Metrics embedded in what a function prints are lines, and numbers to chart.
func TestEMF_OfAWSsOwnLibrary(t *testing.T) {
	t.Parallel()
	s := startAWS(t)
	printed := s.program(s.awsEnv(), python(t), "python/emf.py")
	s.make("/aws/lambda/checkout", "a")
	s.put("/aws/lambda/checkout", "a", strings.Split(strings.TrimSpace(string(printed)), "\n")...)
	if got := s.lines("/aws/lambda/checkout", "{ $.Latency > 20 }", 2); !strings.Contains(*got[1].Message, "order-3") {
		t.Errorf("%q", messages(got))
	}
	if got := fmt.Sprint(s.ask("shop", `VISUALIZE SUM(Items), MAX(Latency) WHERE Route = "/pay" LAST 1h`)); got != "[[6 37.5]]" {
		t.Errorf("the metrics are %s", got)
	}
	if rows := s.insights("/aws/lambda/checkout", "stats sum(Items) as items, max(Latency) as worst by Route"); fmt.Sprint(rows) != "[map[Route:/pay items:6 worst:37.5]]" {
		t.Errorf("%v", rows)
	}
}
