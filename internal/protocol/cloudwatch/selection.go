package cloudwatch

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// selection is what selects groups or lines by what is known of them as a whole:
// the selectionCriteria of account policies and the fieldSelectionCriteria of
// filters.
//
//	LogGroupNamePrefix = "/a" AND @aws.account NOT IN ["1", "2"]
type selection []condition

type condition struct {
	field    string
	operator string // "=", "!=", "IN" or "NOT IN"
	not      bool
	values   []string
}

// maxSelected is how many values one list of criteria may have.
const maxSelected = 50

const clauseForm = `^\s*(@?[A-Za-z.]+)\s*(=|!=|\bIN\b|\bNOT\s+IN\b)\s*(.*?)\s*$`

// readSelection reads the conditions, joined by AND.
func readSelection(text string) (selection, error) {
	clause, err := regexp.Compile(clauseForm)
	if err != nil {
		return nil, err
	}
	var all selection
	for part := range splitAnd(text) {
		m := clause.FindStringSubmatch(part)
		if m == nil {
			return nil, invalidParameter("The criteria are not valid at '" + cut(part) + "': a condition is FIELD = \"value\", FIELD != \"value\", FIELD IN [\"a\", \"b\"] or FIELD NOT IN […]; several are joined by AND.")
		}
		fields := []string{"LogGroupName", prefixField, "@aws.region", "@aws.account", "@source.log"}
		if !slices.Contains(fields, m[1]) {
			return nil, invalidParameter("The criteria name the field " + cut(m[1]) + "; it must be one of " + strings.Join(fields, ", ") + ".")
		}
		c := condition{field: m[1], operator: strings.Join(strings.Fields(m[2]), " "), not: strings.HasPrefix(m[2], "NOT") || m[2] == "!="}
		into := any(&c.values)
		if m[2] == "=" || m[2] == "!=" {
			c.values = make([]string, 1)
			into = &c.values[0]
		}
		if err := json.Unmarshal([]byte(m[3]), into); err != nil {
			return nil, invalidParameter("The criteria have a value that is not valid: " + cut(m[3]))
		}
		if len(c.values) > maxSelected {
			return nil, invalidParameter(fmt.Sprintf("The criteria list %d values for %s; the limit is %d.", len(c.values), c.field, maxSelected))
		}
		all = append(all, c)
	}
	return all, nil
}

// readOptionalSelection is readSelection, of which nothing selects everything.
func readOptionalSelection(text string) (selection, error) {
	if text == "" {
		return nil, nil
	}
	return readSelection(text)
}

// apart reports whether two selections can't select the same group. It knows of
// conditions about names; of others it takes it that they can.
func (s selection) apart(other selection) bool {
	for _, a := range s {
		for _, b := range other {
			if a.apart(b) || b.apart(a) {
				return true
			}
		}
	}
	return false
}

// apart reports whether a group that the one condition is true of can't be one
// that the other is true of.
func (c condition) apart(other condition) bool {
	if c.not || !c.named() || !other.named() {
		return false
	}
	for _, v := range c.values {
		exact := c.field != prefixField
		if other.not { // each of ours must be among those that are left out
			if !slices.ContainsFunc(other.values, func(w string) bool {
				return other.field == prefixField && strings.HasPrefix(v, w) || exact && other.field != prefixField && v == w
			}) {
				return false
			}
			continue
		}
		if slices.ContainsFunc(other.values, func(w string) bool {
			switch {
			case exact && other.field != prefixField:
				return v == w
			case exact:
				return strings.HasPrefix(v, w)
			case other.field != prefixField:
				return strings.HasPrefix(w, v)
			}
			return strings.HasPrefix(v, w) || strings.HasPrefix(w, v)
		}) {
			return false
		}
	}
	return true
}

const prefixField = "LogGroupNamePrefix"

func (c condition) named() bool { return c.field == prefixField || c.field == "LogGroupName" }

// splitAnd splits at AND outside of quotes.
func splitAnd(text string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		quoted, from := false, 0
		for i := 0; i < len(text); i++ {
			switch {
			case text[i] == '\\' && quoted:
				i++
			case text[i] == '"':
				quoted = !quoted
			case !quoted && strings.HasPrefix(text[i:], " AND "):
				if !yield(text[from:i]) {
					return
				}
				from = i + len(" AND ")
			}
		}
		yield(text[from:])
	}
}

// matches reports whether a group of an account is selected.
func (s selection) matches(g *group, account string) bool {
	for _, c := range s {
		is := slices.ContainsFunc(c.values, func(v string) bool {
			switch c.field {
			case prefixField:
				return strings.HasPrefix(g.name, v)
			case "@aws.region":
				return g.region == v
			case "@aws.account":
				return account == v
			}
			return g.name == v
		})
		if is == c.not {
			return false
		}
	}
	return true
}
