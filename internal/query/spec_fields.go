package query

import (
	"slices"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
)

// SpecField is a calculated field that exists for one question only; see
// [ParseField]. It cannot use other calculated fields.
type SpecField struct {
	Name       string `json:"name"`
	Expression string `json:"expression"`
}

// SpecFormula calculates with the calculations of a group, "$errors / $total",
// in each bucket of time and over the whole range. Where there are formulas,
// results hold them in place of the calculations.
type SpecFormula struct {
	Name       string `json:"name"`
	Expression string `json:"expression"`
}

// maxAlias bounds the names of calculated fields and formulas.
const maxAlias = 255

func checkAlias(list string, i int, name string) error {
	switch {
	case name == "" || len(name) > maxAlias:
		return fault.New(fault.Invalid, "%s[%d].name is empty or longer than %d bytes", list, i, maxAlias)
	case event.IsSystem(name):
		return fault.New(fault.Invalid, "%s[%d].name is %q, which every event has already", list, i, name)
	}
	return nil
}

// parseFields parses the calculated fields, and checks that none uses another.
func (s *Spec) parseFields() (map[string]Expr, error) {
	fields := map[string]Expr{}
	for i, f := range s.CalculatedFields {
		if err := checkAlias("calculated_fields", i, f.Name); err != nil {
			return nil, err
		}
		if _, twice := fields[f.Name]; twice {
			return nil, fault.New(fault.Invalid, "calculated_fields[%d]: the name %s stands twice", i, f.Name)
		}
		e, err := ParseAnyField(f.Expression)
		if err != nil {
			return nil, fault.New(fault.KindOf(err), "calculated_fields[%d] %s: %s", i, f.Name, fault.MessageOf(err))
		}
		fields[f.Name] = e
	}
	for i, f := range s.CalculatedFields {
		if err := checkPlainFields(fields[f.Name], func(name string) bool { _, ok := fields[name]; return ok }); err != nil {
			return nil, fault.New(fault.Invalid, "calculated_fields[%d] %s: %s", i, f.Name, fault.MessageOf(err))
		}
	}
	return fields, nil
}

// checkPlainFields refuses what only events have not.
func checkPlainFields(e Expr, calculated func(name string) bool) error {
	for _, name := range FieldsOf(e) {
		if calculated(name) {
			return fault.New(fault.Invalid, "$%s is a calculated field; calculated fields cannot reference one another", name)
		}
		if prefix, _ := relationOf(name); prefix != "" {
			return fault.New(fault.Invalid, "$%s is a field of another span; calculated fields cannot reference those", name)
		}
	}
	return nil
}

// parseFormulas parses the formulas, and checks that they use calculations of
// this question only.
func (s *Spec) parseFormulas() ([]Compute, error) {
	var formulas []Compute
	for i, f := range s.Formulas {
		if err := checkAlias("formulas", i, f.Name); err != nil {
			return nil, err
		}
		if slices.ContainsFunc(formulas, func(o Compute) bool { return o.Name == f.Name }) || slices.Contains(s.Breakdowns, f.Name) || s.hasCalc(f.Name) {
			return nil, fault.New(fault.Invalid, "formulas[%d]: the name %s stands twice", i, f.Name)
		}
		e, err := ParseField(f.Expression)
		if err != nil {
			return nil, fault.New(fault.KindOf(err), "formulas[%d] %s: %s", i, f.Name, fault.MessageOf(err))
		}
		for _, name := range FieldsOf(e) {
			if err := s.checkOperand(name); err != nil {
				return nil, fault.New(fault.KindOf(err), "formulas[%d] %s: %s", i, f.Name, fault.MessageOf(err))
			}
		}
		formulas = append(formulas, Compute{Name: f.Name, Expr: e})
	}
	return formulas, nil
}

func (s *Spec) hasCalc(key string) bool {
	return slices.ContainsFunc(s.calcs(), func(c SpecCalc) bool { return c.Key() == key })
}

// checkOperand checks that a formula may use a name.
func (s *Spec) checkOperand(name string) error {
	if event.IsArrival(name) {
		return fault.New(fault.Invalid, "INGEST_TIMESTAMP() is of events; a formula calculates with calculations")
	}
	if name == event.SystemTime {
		return fault.New(fault.Invalid, "EVENT_TIMESTAMP() is of events; a formula calculates with calculations")
	}
	at := slices.IndexFunc(s.calcs(), func(c SpecCalc) bool { return c.Key() == name })
	if at < 0 {
		keys := make([]string, len(s.calcs()))
		for i, c := range s.calcs() {
			keys[i] = "$" + c.Key()
		}
		return fault.New(fault.Invalid, "$%s is no calculation of this query; there are %s", name, strings.Join(keys, ", "))
	}
	if op := s.calcs()[at].Op; specOps()[op].rate {
		return fault.New(fault.Unsupported, "a formula cannot use %s, which is a difference between buckets of time", op)
	}
	return nil
}

func (s *Spec) checkFields() error {
	if _, err := s.parseFields(); err != nil {
		return err
	}
	if _, err := s.parseFormulas(); err != nil {
		return err
	}
	if len(s.Formulas) == 0 {
		return nil
	}
	for i, c := range s.Calculations {
		if c.Op == "HEATMAP" {
			return fault.New(fault.Invalid, "calculations[%d]: a HEATMAP cannot stand in a query with formulas", i)
		}
	}
	return nil
}
