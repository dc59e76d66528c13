package query

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
)

// Spec is a question as Honeycomb's query specification has it, the form that
// its API and our builder speak. Absent members stay absent when it is encoded
// again: nothing is invented. Times are Unix seconds, lengths seconds.
type Spec struct {
	Calculations      []SpecCalc   `json:"calculations,omitempty"`
	Filters           []SpecFilter `json:"filters,omitempty"`
	FilterCombination string       `json:"filter_combination,omitempty"`
	Breakdowns        []string     `json:"breakdowns,omitempty"`
	Orders            []SpecOrder  `json:"orders,omitempty"`
	Havings           []SpecHaving `json:"havings,omitempty"`
	Limit             *int         `json:"limit,omitempty"`
	Granularity       *float64     `json:"granularity,omitempty"`
	TimeRange         *int64       `json:"time_range,omitempty"`
	StartTime         *int64       `json:"start_time,omitempty"`
	EndTime           *int64       `json:"end_time,omitempty"`
	CompareOffset     *int64       `json:"compare_time_offset_seconds,omitempty"`
	UsageMode         bool         `json:"usage_mode,omitempty"`

	// Where is ours: a condition in text form beside the filters, for what their
	// one level of AND or OR can't say.
	Where string `json:"where,omitempty"`

	// Compare is ours: the earlier period to compare with where CompareOffset can't
	// say it. It is "previous", the period just before and as long as the range, or
	// how far back as the text form has it, like 36h.
	Compare string `json:"compare,omitempty"`

	CalculatedFields []SpecField   `json:"calculated_fields,omitempty"`
	Formulas         []SpecFormula `json:"formulas,omitempty"`
}

// SpecCalc is one calculation.
type SpecCalc struct {
	Op                string       `json:"op"`
	Column            string       `json:"column,omitempty"`
	Name              string       `json:"name,omitempty"`
	Filters           []SpecFilter `json:"filters,omitempty"`
	FilterCombination string       `json:"filter_combination,omitempty"`
}

// Key is the calculation's name in results: its own, else OP or OP(column).
func (c SpecCalc) Key() string {
	switch {
	case c.Name != "":
		return c.Name
	case c.Column == "":
		return c.Op
	}
	return c.Op + "(" + c.Column + ")"
}

// SpecFilter is one condition; Value is a scalar, or a list for in and not-in.
type SpecFilter struct {
	Column string          `json:"column"`
	Op     string          `json:"op"`
	Value  json.RawMessage `json:"value,omitempty"`
}

// SpecOrder sorts by a breakdown or a calculation.
type SpecOrder struct {
	Column string `json:"column,omitempty"`
	Op     string `json:"op,omitempty"`
	Order  string `json:"order,omitempty"`
}

// Key is the result column the order names.
func (o SpecOrder) Key() string {
	if o.Op == "" {
		return o.Column
	}
	return SpecCalc{Op: o.Op, Column: o.Column}.Key()
}

// SpecHaving keeps groups whose calculation compares with a number.
type SpecHaving struct {
	CalculateOp string   `json:"calculate_op,omitempty"`
	Column      string   `json:"column,omitempty"`
	Op          string   `json:"op"`
	Value       *float64 `json:"value"`
}

// Key is the result column the having names.
func (h SpecHaving) Key() string {
	if h.CalculateOp == "" {
		return h.Column
	}
	return SpecCalc{Op: h.CalculateOp, Column: h.Column}.Key()
}

// Limits of a question, Honeycomb's where it has one.
const (
	maxParts      = 100 // calculations, filters, breakdowns, orders
	maxGroupLimit = 1000
	maxTableLimit = 10_000
	defaultRange  = 7200
	maxSpecRange  = 400 * 24 * 3600
	maxName       = 300
)

// DecodeSpec reads a question. Members that are not known are ignored; a wrong
// type is an Invalid fault that names the member.
func DecodeSpec(raw []byte) (*Spec, error) {
	if len(bytes.TrimSpace(raw)) == 0 {
		return nil, fault.New(fault.Invalid, "the query is empty; {} counts all events of the last two hours")
	}
	var s Spec
	if err := json.Unmarshal(raw, &s); err != nil {
		if t := (*json.UnmarshalTypeError)(nil); asType(err, &t) {
			return nil, fault.New(fault.Invalid, "invalid query data: %s is a %s where a %s is wanted", t.Field, t.Value, t.Type)
		}
		return nil, fault.New(fault.Invalid, "invalid query data: %w", err)
	}
	s.settleCompare()
	return &s, s.Validate()
}

func asType(err error, into **json.UnmarshalTypeError) bool {
	t, ok := err.(*json.UnmarshalTypeError) //nolint:errorlint // encoding/json returns it bare
	if ok {
		*into = t
	}
	return ok
}

// Validate checks everything that does not depend on the current time.
func (s *Spec) Validate() error {
	for name, n := range map[string]int{
		"calculations": len(s.Calculations), "filters": len(s.Filters), "breakdowns": len(s.Breakdowns),
		"orders": len(s.Orders), "havings": len(s.Havings), "calculated_fields": len(s.CalculatedFields), "formulas": len(s.Formulas),
	} {
		if n > maxParts {
			return fault.New(fault.Invalid, "%s has %d members; at most %d are taken", name, n, maxParts)
		}
	}
	for _, check := range []func() error{s.checkFields, s.checkCalcs, s.checkBreakdowns, s.checkOrders, s.checkHavings, s.checkNumbers} {
		if err := check(); err != nil {
			return err
		}
	}
	_, _, err := s.split()
	return err
}

func (s *Spec) checkCalcs() error {
	seen := map[string]bool{}
	for i, c := range s.Calculations {
		kind, known := specOps()[c.Op]
		switch {
		case !known:
			return fault.New(fault.Invalid, "calculations[%d].op is %q; known are %s", i, c.Op, strings.Join(opNames(), ", "))
		case kind.column && c.Column == "":
			return fault.New(fault.Invalid, "calculations[%d]: %s needs a column", i, c.Op)
		case kind.bare && c.Column != "":
			return fault.New(fault.Invalid, "calculations[%d]: %s takes no column, found %q", i, c.Op, c.Column)
		case len(c.Column) > maxName || len(c.Name) > maxName:
			return fault.New(fault.Invalid, "calculations[%d]: names are at most %d bytes long", i, maxName)
		case seen[c.Key()]:
			return fault.New(fault.Invalid, "calculations[%d]: %s is asked for twice; give one of them a name", i, c.Key())
		}
		seen[c.Key()] = true
		if err := checkRelational(c.Column, "calculations"); err != nil {
			return err
		}
		for _, f := range c.Filters {
			if err := checkRelational(f.Column, "the filters of calculations"); err != nil {
				return err
			}
		}
		if _, err := condition(c.Filters, c.FilterCombination); err != nil {
			return err
		}
	}
	return nil
}

func (s *Spec) checkBreakdowns() error {
	seen := map[string]bool{}
	for i, b := range s.Breakdowns {
		if b == "" || len(b) > maxName {
			return fault.New(fault.Invalid, "breakdowns[%d] is empty or longer than %d bytes", i, maxName)
		}
		if seen[b] {
			return fault.New(fault.Invalid, "breakdowns[%d]: %s stands twice", i, b)
		}
		seen[b] = true
	}
	return nil
}

// hasKey reports whether a calculation, a formula or, if allowed, a breakdown has
// the key.
func (s *Spec) hasKey(key string, breakdowns bool) bool {
	return breakdowns && slices.Contains(s.Breakdowns, key) || s.hasCalc(key) ||
		slices.ContainsFunc(s.Formulas, func(f SpecFormula) bool { return f.Name == key })
}

// calcs are the calculations, COUNT where none is asked for.
func (s *Spec) calcs() []SpecCalc {
	if len(s.Calculations) == 0 {
		return []SpecCalc{{Op: "COUNT"}}
	}
	return s.Calculations
}

func (s *Spec) checkOrders() error {
	for i, o := range s.Orders {
		switch {
		case o.Order != "" && o.Order != "ascending" && o.Order != "descending":
			return fault.New(fault.Invalid, "orders[%d].order is %q; it must be ascending or descending", i, o.Order)
		case o.Op == "HEATMAP":
			return fault.New(fault.Invalid, "orders[%d]: results can't be sorted by a HEATMAP", i)
		case !s.hasKey(o.Key(), true):
			return fault.New(fault.Invalid, "orders[%d]: %s is neither a breakdown nor a calculation of this query", i, o.Key())
		}
	}
	return nil
}

func (s *Spec) checkHavings() error {
	for i, h := range s.Havings {
		switch {
		case havingOp(h.Op) < 0:
			return fault.New(fault.Invalid, "havings[%d].op is %q; it must be one of = != > >= < <=", i, h.Op)
		case h.Value == nil:
			return fault.New(fault.Invalid, "havings[%d] has no value", i)
		case h.CalculateOp == "HEATMAP" || !s.hasKey(h.Key(), false):
			return fault.New(fault.Invalid, "havings[%d]: %s is not a calculation of this query", i, h.Key())
		}
	}
	return nil
}

func havingOp(op string) int { return slices.Index([]string{"=", "!=", "<", "<=", ">", ">="}, op) }

func (s *Spec) checkNumbers() error {
	if s.Limit != nil && (*s.Limit < 1 || *s.Limit > maxTableLimit) {
		return fault.New(fault.Invalid, "limit is %d; it must be from 1 to %d (%d with series)", *s.Limit, maxTableLimit, maxGroupLimit)
	}
	if s.TimeRange != nil && s.StartTime != nil && s.EndTime != nil {
		return fault.New(fault.Invalid, "time_range, start_time and end_time are given; at most two of them may be")
	}
	if s.TimeRange != nil && (*s.TimeRange < 1 || *s.TimeRange > maxSpecRange) {
		return fault.New(fault.Invalid, "time_range is %d seconds; it must be from 1 to %d", *s.TimeRange, maxSpecRange)
	}
	if s.Granularity != nil && (*s.Granularity < 0 || *s.Granularity > maxSpecRange) {
		return fault.New(fault.Invalid, "granularity is %v seconds; it must be from 0 to the time range", *s.Granularity)
	}
	return s.checkCompare()
}

// Condition is the expression of the filters and Where together, nil for none.
func (s *Spec) Condition() (Expr, error) {
	e, err := condition(s.Filters, s.FilterCombination)
	if err != nil || strings.TrimSpace(s.Where) == "" {
		return e, err
	}
	w, err := ParseFilter(s.Where)
	if err != nil {
		return nil, err
	}
	if e == nil {
		return w, nil
	}
	return And{Terms: []Expr{e, w}}, nil
}

func condition(filters []SpecFilter, combination string) (Expr, error) {
	switch combination {
	case "", "AND", "OR":
	default:
		return nil, fault.New(fault.Invalid, "filter_combination is %q; it must be AND or OR", combination)
	}
	var terms []Expr
	for i, f := range filters {
		e, err := f.expr()
		if err != nil {
			return nil, fault.New(fault.KindOf(err), "filters[%d]: %s", i, fault.MessageOf(err))
		}
		terms = append(terms, e)
	}
	switch {
	case len(terms) == 0:
		return nil, nil
	case len(terms) == 1:
		return terms[0], nil
	case combination == "OR":
		return Or{Terms: terms}, nil
	}
	return And{Terms: terms}, nil
}

// expr translates a filter. Negative operators hold where the column is absent.
func (f SpecFilter) expr() (Expr, error) {
	if f.Column == "" || len(f.Column) > maxName {
		return nil, fault.New(fault.Invalid, "the column is empty or longer than %d bytes", maxName)
	}
	field := Field{Name: f.Column}
	switch f.Op {
	case "exists":
		return Exists{X: field}, nil
	case "does-not-exist":
		return Not{X: Exists{X: field}}, nil
	case "in", "not-in":
		values, err := f.list()
		if err != nil {
			return nil, err
		}
		return negated(f.Op == "not-in", In{X: field, Values: values}), nil
	}
	if op, negative, ok := textOperator(f.Op); ok {
		return f.text(field, op, negative)
	}
	ops := map[string]CompareOp{"=": Eq, "!=": Eq, "<": Lt, "<=": Le, ">": Gt, ">=": Ge}
	op, ok := ops[f.Op]
	if !ok {
		return nil, fault.New(fault.Invalid, "op %q is not known", f.Op)
	}
	v, err := scalar(f.Value)
	if err != nil {
		return nil, fault.New(fault.Invalid, "%s %s: %w", f.Column, f.Op, err)
	}
	return negated(f.Op == "!=", Compare{Op: op, L: field, R: Literal{Value: v}}), nil
}

// text translates a test on text; search takes a list of terms, all of which must be there.
func (f SpecFilter) text(field Field, op TextOp, negative bool) (Expr, error) {
	if op == Search {
		if values, err := f.list(); err == nil {
			terms := make([]Expr, len(values))
			for i, v := range values {
				terms[i] = Text{Op: Search, X: field, S: v.Text()}
			}
			return And{Terms: terms}, nil
		}
	}
	v, err := scalar(f.Value)
	if err != nil {
		return nil, fault.New(fault.Invalid, "%s %s: %w", f.Column, f.Op, err)
	}
	if err := op.check(v.Text()); err != nil {
		return nil, err
	}
	return negated(negative, Text{Op: op, X: field, S: v.Text()}), nil
}

// list reads the values of in and not-in: a list, or text with commas, which
// some clients send.
func (f SpecFilter) list() ([]event.Value, error) {
	var raw []json.RawMessage
	if err := json.Unmarshal(f.Value, &raw); err != nil {
		v, err := scalar(f.Value)
		if err != nil || v.Kind() != event.String {
			return nil, fault.New(fault.Invalid, "%s %s wants a list of values", f.Column, f.Op)
		}
		var values []event.Value
		for part := range strings.SplitSeq(v.Str(), ",") {
			values = append(values, event.StringValue(strings.TrimSpace(part)))
		}
		return values, nil
	}
	if len(raw) > maxValues {
		return nil, fault.New(fault.Invalid, "%s %s has %d values; at most %d are taken", f.Column, f.Op, len(raw), maxValues)
	}
	values := make([]event.Value, len(raw))
	for i, r := range raw {
		v, err := scalar(r)
		if err != nil {
			return nil, fault.New(fault.Invalid, "%s %s: value %d: %w", f.Column, f.Op, i, err)
		}
		values[i] = v
	}
	return values, nil
}

// scalar reads a JSON string, number or boolean; integers stay exact.
func scalar(raw json.RawMessage) (event.Value, error) {
	if len(raw) == 0 {
		return event.Value{}, fault.New(fault.Invalid, "the value is missing")
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return event.Value{}, fault.New(fault.Invalid, "the value is not JSON: %w", err)
	}
	switch x := v.(type) {
	case string:
		return event.StringValue(x), nil
	case bool:
		return event.BoolValue(x), nil
	case json.Number:
		if i, err := strconv.ParseInt(x.String(), 10, 64); err == nil {
			return event.IntValue(i), nil
		}
		if f, err := strconv.ParseFloat(x.String(), 64); err == nil {
			return event.FloatValue(f), nil
		}
	}
	return event.Value{}, fault.New(fault.Invalid, "%s is no text, number or boolean", raw)
}
