package storetest

import (
	"fmt"
	"strings"
	"time"

	"github.com/oriel-dev/oriel/internal/query"
)

// Environment is where the events of cases and of generated queries live.
const Environment = "test"

// stageForm is one stage in a case file.
type stageForm struct {
	Range      []int64        `json:"range,omitempty"`    // [start, end) of the query, ns
	Datasets   []string       `json:"datasets,omitempty"` // of the query
	Unweighted bool           `json:"unweighted,omitempty"`
	Filter     any            `json:"filter,omitempty"`
	Trace      [][]any        `json:"trace,omitempty"`  // [["root", expression], …]
	Relate     []any          `json:"relate,omitempty"` // [relation, condition or null, {name: expression}]
	Compute    *computeForm   `json:"compute,omitempty"`
	Aggregate  *aggregateForm `json:"aggregate,omitempty"`
	Sort       []string       `json:"sort,omitempty"` // "-name" descends
	Limit      *int           `json:"limit,omitempty"`
	Offset     int            `json:"offset,omitempty"`
	Dedup      []string       `json:"dedup,omitempty"`
	Project    []string       `json:"project,omitempty"`
}

type computeForm struct {
	Name  string `json:"name"`
	Expr  any    `json:"expr,omitempty"`
	Field string `json:"field,omitempty"` // a calculated field, in place of expr
}

type aggregateForm struct {
	Groups []string   `json:"groups,omitempty"`
	Step   string     `json:"step,omitempty"` // a Go duration
	Calcs  []calcForm `json:"calcs"`
	From   int64      `json:"from,omitempty"`
	To     int64      `json:"to,omitempty"`
}

type calcForm struct {
	Op    string  `json:"op"`
	Field string  `json:"field,omitempty"`
	Q     float64 `json:"q,omitempty"`
	Where any     `json:"where,omitempty"`
	Name  string  `json:"name"`

	Series *seriesForm `json:"series,omitempty"`
}

type seriesForm struct {
	Func         string   `json:"func"`
	Range        string   `json:"range,omitempty"` // a Go duration
	Deltas       bool     `json:"deltas,omitempty"`
	Distribution bool     `json:"distribution,omitempty"`
	Share        *float64 `json:"share,omitempty"`
}

func (f *seriesForm) temporal() (*query.Temporal, error) {
	i, err := place([]string{"last", "summarize", "increase", "rate"}, f.Func)
	if err != nil {
		return nil, err
	}
	t := &query.Temporal{Func: query.TemporalFunc(i), Deltas: f.Deltas, Distribution: f.Distribution, Share: f.Share}
	if f.Range != "" {
		d, err := time.ParseDuration(f.Range)
		if err != nil {
			return nil, err
		}
		t.Range = int64(d)
	}
	return t, nil
}

var (
	calcNames     = []string{"count", "count_distinct", "sum", "avg", "min", "max", "quantile", "concurrency", "histogram", "first", "last"}
	relationNames = []string{"root", "parent", "child", "any", "none"}
	compareNames  = []string{"=", "!=", "<", "<=", ">", ">="}
	textNames     = []string{"contains", "starts_with", "ends_with", "regex", "search"}
)

// ParsePipeline reads a query from lines of JSON, one stage each:
//
//	{"range": [0, 1000], "datasets": ["api"], "unweighted": true}
//	{"filter": ["and", [">", "$duration_ms", 5], ["exists", "$user"]]}
//	{"trace": [["root", ["=", "$name", "GET /"]]]}
//	{"relate": ["parent", null, {"caller": "$name"}]}
//	{"compute": {"name": "slow", "expr": [">", "$duration_ms", 500]}}
//	{"compute": {"name": "kind", "field": "IF($duration_ms > 500, `slow`, `ok`)"}}
//	{"aggregate": {"groups": ["route"], "step": "60s", "calcs": [{"op": "count", "name": "n"}]}}
//	{"aggregate": {"from": 60, "calcs": [{"op": "sum", "field": "requests", "name": "n", "series": {"func": "increase", "deltas": true}}]}}
//	{"sort": ["-n", "route"]}
//	{"limit": 10, "offset": 2}
//	{"dedup": ["route"]}
//	{"project": ["route", "n"]}
//
// In expressions "$name" is a field, other text and numbers are literals, and a
// list is an operator with its operands: = != < <= > >=, in, exists, contains,
// starts_with, ends_with, regex, search, and, or, not, or call with the name of
// a function.
func ParsePipeline(text string) (*query.Query, error) {
	q := &query.Query{Environment: Environment, End: int64(time.Hour)}
	for line := range strings.Lines(text) {
		if strings.TrimSpace(line) == "" {
			continue
		}
		var form stageForm
		if err := decodeJSON(line, &form); err != nil {
			return nil, fmt.Errorf("stage %s: %w", strings.TrimSpace(line), err)
		}
		if err := form.addTo(q); err != nil {
			return nil, fmt.Errorf("stage %s: %w", strings.TrimSpace(line), err)
		}
	}
	return q, nil
}

func (f *stageForm) addTo(q *query.Query) error {
	switch {
	case f.Filter != nil:
		e, err := parseExpr(f.Filter)
		q.Stages = append(q.Stages, query.Filter{Where: e})
		return err
	case f.Trace != nil:
		s, err := parseTrace(f.Trace)
		q.Stages = append(q.Stages, s)
		return err
	case f.Relate != nil:
		s, err := parseRelate(f.Relate)
		q.Stages = append(q.Stages, s)
		return err
	case f.Compute != nil:
		e, err := query.ParseField(f.Compute.Field)
		if f.Compute.Field == "" {
			e, err = parseExpr(f.Compute.Expr)
		}
		q.Stages = append(q.Stages, query.Compute{Name: f.Compute.Name, Expr: e})
		return err
	case f.Aggregate != nil:
		s, err := f.Aggregate.stage()
		q.Stages = append(q.Stages, s)
		return err
	case f.Sort != nil:
		var s query.Sort
		for _, name := range f.Sort {
			field, desc := strings.CutPrefix(name, "-")
			s.Keys = append(s.Keys, query.SortKey{Field: field, Desc: desc})
		}
		q.Stages = append(q.Stages, s)
	case f.Limit != nil:
		q.Stages = append(q.Stages, query.Limit{Count: *f.Limit, Offset: f.Offset})
	case f.Dedup != nil:
		q.Stages = append(q.Stages, query.Dedup{Fields: f.Dedup})
	case f.Project != nil:
		q.Stages = append(q.Stages, query.Project{Fields: f.Project})
	default:
		q.Datasets, q.Unweighted = f.Datasets, f.Unweighted
		if len(f.Range) == 2 {
			q.Start, q.End = f.Range[0], f.Range[1]
		}
	}
	return nil
}

func parseRelate(parts []any) (query.Relate, error) {
	var s query.Relate
	if len(parts) != 3 {
		return s, fmt.Errorf("relate has a relation, a condition and fields, not %v", parts)
	}
	i, err := place(relationNames, parts[0])
	if err != nil {
		return s, err
	}
	s.Relation = query.Relation(i)
	if parts[1] != nil {
		if s.Where, err = parseExpr(parts[1]); err != nil {
			return s, err
		}
	}
	fields, ok := parts[2].(map[string]any)
	if !ok {
		return s, fmt.Errorf("the fields of relate are an object, not %v", parts[2])
	}
	for _, name := range sortedKeys(fields) {
		e, err := parseExpr(fields[name])
		if err != nil {
			return s, err
		}
		s.Fields = append(s.Fields, query.RelatedField{Name: name, Expr: e})
	}
	return s, nil
}

func parseTrace(conds [][]any) (query.TraceFilter, error) {
	var s query.TraceFilter
	for _, c := range conds {
		if len(c) != 2 {
			return s, fmt.Errorf("a condition on traces is a relation and an expression, not %v", c)
		}
		i, err := place(relationNames, c[0])
		if err != nil {
			return s, err
		}
		e, err := parseExpr(c[1])
		if err != nil {
			return s, err
		}
		s.Conditions = append(s.Conditions, query.TraceCondition{Relation: query.Relation(i), Where: e})
	}
	return s, nil
}

func (f *aggregateForm) stage() (query.Aggregate, error) {
	s := query.Aggregate{Groups: f.Groups, From: f.From, To: f.To}
	if f.Step != "" {
		d, err := time.ParseDuration(f.Step)
		if err != nil {
			return s, err
		}
		s.Step = int64(d)
	}
	for _, c := range f.Calcs {
		i, err := place(calcNames, c.Op)
		if err != nil {
			return s, err
		}
		calc := query.Calc{Op: query.CalcOp(i), Field: c.Field, Q: c.Q, Name: c.Name}
		if c.Where != nil {
			if calc.Where, err = parseExpr(c.Where); err != nil {
				return s, err
			}
		}
		if c.Series != nil {
			if calc.Series, err = c.Series.temporal(); err != nil {
				return s, err
			}
		}
		s.Calcs = append(s.Calcs, calc)
	}
	return s, nil
}

func place(names []string, x any) (int, error) {
	for i, name := range names {
		if name == x {
			return i, nil
		}
	}
	return 0, fmt.Errorf("%v is none of %q", x, names)
}

func parseExpr(x any) (query.Expr, error) {
	list, ok := x.([]any)
	if !ok {
		if s, isText := x.(string); isText && strings.HasPrefix(s, "$") {
			return query.Field{Name: s[1:]}, nil
		}
		v, err := toValue(x)
		return query.Literal{Value: v}, err
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("an expression needs an operator")
	}
	return parseOperation(fmt.Sprint(list[0]), list[1:])
}

func parseOperation(op string, operands []any) (query.Expr, error) {
	if op == "in" && len(operands) == 2 {
		return parseIn(operands)
	}
	name := ""
	if op == "call" && len(operands) > 0 {
		name, operands = fmt.Sprint(operands[0]), operands[1:]
	}
	args := make([]query.Expr, len(operands))
	for i, x := range operands {
		e, err := parseExpr(x)
		if err != nil {
			return nil, err
		}
		args[i] = e
	}
	switch op {
	case "and":
		return query.And{Terms: args}, nil
	case "or":
		return query.Or{Terms: args}, nil
	case "call":
		return query.Call{Name: name, Args: args}, nil
	case "not":
		if len(args) == 1 {
			return query.Not{X: args[0]}, nil
		}
	case "exists":
		if len(args) == 1 {
			return query.Exists{X: args[0]}, nil
		}
	}
	if len(args) != 2 {
		return nil, fmt.Errorf("%s with %d operands", op, len(args))
	}
	if i, err := place(textNames, op); err == nil {
		text, ok := operands[1].(string)
		if !ok {
			return nil, fmt.Errorf("%s wants text, not %v", op, operands[1])
		}
		return query.Text{Op: query.TextOp(i), X: args[0], S: text}, nil
	}
	i, err := place(compareNames, op)
	return query.Compare{Op: query.CompareOp(i), L: args[0], R: args[1]}, err
}

func parseIn(operands []any) (query.Expr, error) {
	x, err := parseExpr(operands[0])
	if err != nil {
		return nil, err
	}
	list, ok := operands[1].([]any)
	if !ok {
		return nil, fmt.Errorf("in wants a list, not %v", operands[1])
	}
	in := query.In{X: x}
	for _, item := range list {
		v, err := toValue(item)
		if err != nil {
			return nil, err
		}
		in.Values = append(in.Values, v)
	}
	return in, nil
}
