package api

import (
	"encoding/json"
	"net/http"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/logline"
)

func TestInsights_StreamsPlanAndAnswer(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	rows := event.NewBatch("test", "web")
	var reader logline.Reader
	for i := range 3 {
		rows.Begin(b.clock.UnixNano() - int64(i+1)*1e9)
		message := `{"level":"INFO","ms":` + strconv.Itoa(10*i) + `}`
		rows.Set(event.FieldBody, event.StringValue(message))
		reader.Read(rows, []byte(message))
	}
	b.must(b.store.Append(t.Context(), 2, []*event.Batch{rows}))
	b.api.Datasets.Touch(rows)

	lines := b.answerLines("/api/insights", `{"query":"stats count(*) as n, max(ms) as m by level, bin(1h) as t","datasets":["web"],"time_range":60}`)
	columns := []any{
		map[string]any{"name": "level", "type": "any", "key": true},
		map[string]any{"name": "t", "type": "time", "key": true},
		map[string]any{"name": "n", "type": "number", "key": false},
		map[string]any{"name": "m", "type": "any", "key": false},
	}
	if d := cmp.Diff(columns, lines["plan"]["columns"]); d != "" {
		t.Error(d)
	}
	done, _ := lines["done"]["rows"].([]any)
	if len(done) != 1 {
		t.Fatalf("the answer is %v", lines["done"])
	}
	row, _ := done[0].([]any)
	if row[0] != "INFO" || row[2] != "3" || row[3] != "20" {
		t.Errorf("the row is %v", row)
	}
	statistics, _ := lines["done"]["statistics"].(map[string]any)
	if statistics["matched"] != 3.0 || statistics["scanned"] != 3.0 || statistics["groups"] != 1.0 {
		t.Errorf("statistics %v", statistics)
	}

	lines = b.answerLines("/api/insights", `{"query":"fields ms, nothing | limit 2","datasets":["web"],"time_range":60}`)
	if d := cmp.Diff([]any{[]any{"0", nil}, []any{"10", nil}}, lines["done"]["rows"]); d != "" {
		t.Error(d)
	}
	if list, _ := lines["done"]["pointers"].([]any); len(list) != 2 {
		t.Errorf("%d pointers to 2 events", len(list))
	}
}

func TestInsights_PointsAtMistakes(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	line := b.answerLines("/api/insights", `{"query":"fields @message | fitler a = 1"}`)["error"]
	if d := cmp.Diff([]any{18.0, 24.0}, line["range"]); d != "" {
		t.Errorf("%v\n%s", line, d)
	}
	status, _, raw := b.do(http.MethodGet, "/api/insights/complete", "", "")
	var help struct {
		Commands, Functions []struct{ Name, Signature, Help, Kind string }
	}
	b.must(json.Unmarshal(raw, &help))
	if status != http.StatusOK || len(help.Commands) < 20 || len(help.Functions) < 80 {
		t.Errorf("%d: %d commands, %d functions", status, len(help.Commands), len(help.Functions))
	}
}

func TestInsights_SeesLinesNotTheSpansBesideThem(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	rows := event.NewBatch("test", "web")
	for i, signal := range []string{event.SignalTrace, event.SignalLog, event.SignalTrace} {
		rows.Begin(b.clock.UnixNano() - int64(i+1)*1e9)
		rows.Set(event.FieldSignal, event.StringValue(signal))
		if signal == event.SignalLog {
			rows.Set(event.FieldBody, event.StringValue("a line"))
		} else {
			rows.Set(event.FieldSpanID, event.StringValue("00f067aa0ba902b7"))
		}
	}
	b.must(b.store.Append(t.Context(), 2, []*event.Batch{rows}))
	b.api.Datasets.Touch(rows)
	for datasets, want := range map[string]string{`["web"]`: "1", `[]`: "1", `["__all__"]`: "3"} {
		lines := b.answerLines("/api/insights", `{"query":"stats count(*) as n","datasets":`+datasets+`,"time_range":60}`)
		if d := cmp.Diff([]any{[]any{want}}, lines["done"]["rows"]); d != "" {
			t.Errorf("%s: %s", datasets, d)
		}
	}
}
