package query

import (
	"testing"

	"github.com/oriel-dev/oriel/internal/event"
)

func TestWithIDs_WritesIDsOfTracesAsRowsHaveThem(t *testing.T) {
	t.Parallel()
	const stored, xray = "5759e988bd862e3fe1be46a994272793", "1-5759e988-bd862e3fe1be46a994272793"
	for text, want := range map[string]string{
		`trace.trace_id = "` + xray + `"`:                                             `trace.trace_id = "` + stored + `"`,
		`trace.trace_id != "5759E988BD862E3FE1BE46A994272793" AND a = "` + xray + `"`: `trace.trace_id != "` + stored + `" AND a = "` + xray + `"`,
		`NOT (trace.trace_id in ("x", "` + xray + `"))`:                               `trace.trace_id not-in ("x", "` + stored + `")`,
		`trace.trace_id contains "` + xray + `" OR a exists`:                          `trace.trace_id contains "` + stored + `" OR a exists`,
		`trace.link.trace_id = "00-` + stored + `-bd862e3fe1be46a9-01"`:               `trace.link.trace_id = "` + stored + `"`,
		`trace.trace_id starts-with "1-5759e988"`:                                     `trace.trace_id starts-with "1-5759e988"`,
		`trace.trace_id = 5`: `trace.trace_id = 5`,
	} {
		e, err := ParseFilter(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := ConditionWithIDs(e).String(); got != want {
			t.Errorf("%s\n is %s\nnot %s", text, got, want)
		}
	}
	field := Call{Name: "EQUALS", Args: []Expr{Field{Name: event.FieldTraceID}, Literal{Value: event.StringValue(xray)}}}
	where, _ := ParseFilter(`trace.trace_id = "` + xray + `"`)
	q := &Query{Stages: []Stage{
		Compute{Name: "same", Expr: field},
		Filter{Where: where},
		TraceFilter{Conditions: []TraceCondition{{Relation: Any, Where: where}}},
		Relate{Relation: Parent, Where: where, Fields: []RelatedField{{Name: "p", Expr: field}}},
		Aggregate{Calcs: []Calc{{Op: Count, Where: where, Name: "n"}}},
	}}
	asked := q.String()
	got := q.WithIDs()
	e, _ := ParseFilter(`trace.trace_id = "` + stored + `"`)
	call := Call{Name: "EQUALS", Args: []Expr{Field{Name: event.FieldTraceID}, Literal{Value: event.StringValue(stored)}}}
	want := &Query{Stages: []Stage{
		Compute{Name: "same", Expr: call},
		Filter{Where: e},
		TraceFilter{Conditions: []TraceCondition{{Relation: Any, Where: e}}},
		Relate{Relation: Parent, Where: e, Fields: []RelatedField{{Name: "p", Expr: call}}},
		Aggregate{Calcs: []Calc{{Op: Count, Where: e, Name: "n"}}},
	}}
	if got.String() != want.String() || q.String() != asked {
		t.Errorf("it is %s\nnot %s\nand the question is %s now", got, want, q)
	}
	if plain := (&Query{Stages: []Stage{Filter{Where: Exists{X: Field{Name: "a"}}}, Aggregate{Calcs: []Calc{{Op: Count, Name: "n"}}}}}); plain.WithIDs() != plain {
		t.Error("a question that names no trace is made anew")
	}
}
