package sample

import (
	"encoding/json"
	"strings"
	"testing"
)

// The demo's pages of errors need all kinds of them, each linked to its trace.
func TestReporter_ReportsEveryKindOfError(t *testing.T) {
	t.Parallel()
	g, r, again := New(Dense(5)), NewReporter(5), NewReporter(5)
	languages, levels, classes, chains := map[string]int{}, map[string]int{}, map[string]int{}, 0
	for i := range 30_000 {
		tr := g.Next()
		at := int64(1_800_000_000e9) + int64(i)*200_000_000
		bodies := r.Payloads(&tr, at)
		for k, other := range again.Payloads(&tr, at) {
			if string(bodies[k]) != string(other) {
				t.Fatal("the same seed gave different payloads")
			}
		}
		for _, body := range bodies {
			var p struct {
				Data struct {
					Environment, Level, Language, UUID string
					Body                               struct {
						Trace      *struct{ Exception struct{ Class string } }
						TraceChain []any `json:"trace_chain"`
						Message    any
					}
				}
			}
			if err := json.Unmarshal(body, &p); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(body), tr.TraceID()) || p.Data.Environment == "" || len(p.Data.UUID) != 32 {
				t.Fatalf("payload %s", body)
			}
			languages[p.Data.Language]++
			levels[p.Data.Level]++
			switch {
			case p.Data.Body.Trace != nil:
				classes[p.Data.Body.Trace.Exception.Class]++
			case p.Data.Body.TraceChain != nil:
				chains++
			case p.Data.Body.Message == nil:
				t.Fatalf("payload without a body: %s", body)
			}
		}
	}
	if len(languages) < 4 || len(levels) != 5 || len(classes) < 8 || chains == 0 {
		t.Errorf("languages %v, levels %v, classes %v, %d chains", languages, levels, classes, chains)
	}
}
