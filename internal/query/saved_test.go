package query

import (
	"strings"
	"testing"

	"github.com/oriel-dev/oriel/internal/fault"
)

func TestWithFields_ComputesWhatIsRead(t *testing.T) {
	t.Parallel()
	saved := map[string]string{"slow": "$ms > 1000", "route": "CONCAT($route, $slow_column)", "label": `IF($route = "/", "home")`, "unused": "broken("}
	field := func(name string) Expr { return Field{Name: name} }
	count := Aggregate{Calcs: []Calc{{Op: Count, Name: "COUNT"}}}
	for _, c := range []struct {
		name    string
		stages  []Stage
		further []string
		want    []string // names computed, in order; nil: the query is as it was
	}{
		{"nothing", []Stage{count}, nil, nil},
		{"other fields", []Stage{Filter{Where: Exists{X: field("ms")}}, count}, nil, nil},
		{"a condition", []Stage{Filter{Where: Not{X: Exists{X: field("slow")}}}, count}, nil, []string{"slow"}},
		{"a group", []Stage{Aggregate{Groups: []string{"slow"}}}, nil, []string{"slow"}},
		{"a calculation", []Stage{Aggregate{Calcs: []Calc{{Op: Avg, Field: "slow", Name: "x"}}}}, nil, []string{"slow"}},
		{"a calculation's condition", []Stage{Aggregate{Calcs: []Calc{{Op: Count, Where: Exists{X: field("slow")}, Name: "x"}}}}, nil, []string{"slow"}},
		{"a projection", []Stage{Sort{Keys: []SortKey{{Field: "slow"}}}, Project{Fields: []string{"label"}}}, nil, []string{"label", "slow"}},
		{"a name of the question's own", []Stage{Compute{Name: "slow", Expr: field("ms")}, Filter{Where: Exists{X: field("slow")}}}, nil, nil},
		{"what the question's own computes read", []Stage{Compute{Name: "x", Expr: field("slow")}, Filter{Where: Exists{X: field("x")}}}, nil, nil},
		{"an answer's column", []Stage{Aggregate{Calcs: []Calc{{Op: Count, Name: "slow"}}}, Sort{Keys: []SortKey{{Field: "slow"}}}}, nil, nil},
		{"a further name", []Stage{count}, []string{"slow"}, []string{"slow"}},
		{"one that reads a stored field of another's name", []Stage{Dedup{Fields: []string{"route", "label"}}}, nil, []string{"label", "route"}},
	} {
		q := &Query{Environment: "e", End: 1, Stages: c.stages}
		got, err := q.WithFields(saved, c.further...)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if (got == q) != (c.want == nil) {
			t.Errorf("%s: the query is %s", c.name, got)
		}
		var names []string
		for _, s := range got.Stages[:len(got.Stages)-len(c.stages)] {
			names = append(names, s.(Compute).Name)
		}
		if strings.Join(names, " ") != strings.Join(c.want, " ") || len(q.Stages) != len(c.stages) {
			t.Errorf("%s: computes %v, want %v", c.name, names, c.want)
		}
	}
}

func TestWithFields_StandsInConditionsOnOtherSpans(t *testing.T) {
	t.Parallel()
	q := &Query{Environment: "e", End: 1, Stages: []Stage{TraceFilter{Conditions: []TraceCondition{{Relation: Root, Where: Exists{X: Field{Name: "slow"}}}}}}}
	got, err := q.WithFields(map[string]string{"slow": "$ms"})
	if err != nil {
		t.Fatal(err)
	}
	want := &Query{Environment: "e", End: 1, Stages: []Stage{TraceFilter{Conditions: []TraceCondition{{Relation: Root, Where: Exists{X: Field{Name: "ms"}}}}}}}
	if got.String() != want.String() || !strings.Contains(q.String(), "slow") {
		t.Errorf("%s, want %s; it was %s", got, want, q)
	}
}

func TestWithFields_NamesWhatCannotBeRead(t *testing.T) {
	t.Parallel()
	q := &Query{Environment: "e", End: 1, Stages: []Stage{Project{Fields: []string{"old"}}}}
	_, err := q.WithFields(map[string]string{"old": "GONE(1)"})
	if !fault.Is(err, fault.Invalid) || !strings.Contains(fault.MessageOf(err), "calculated field old: invalid function: GONE") {
		t.Error(err)
	}
}
