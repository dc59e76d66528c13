package cloudwatch

import (
	"encoding/json"
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
	field  string
	not    bool
	values []string
}

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
		fields := []string{"LogGroupName", "LogGroupNamePrefix", "@aws.region", "@aws.account", "@source.log"}
		if !slices.Contains(fields, m[1]) {
			return nil, invalidParameter("The criteria name the field " + cut(m[1]) + "; it must be one of " + strings.Join(fields, ", ") + ".")
		}
		c := condition{field: m[1], not: strings.HasPrefix(m[2], "NOT") || m[2] == "!="}
		into := any(&c.values)
		if m[2] == "=" || m[2] == "!=" {
			c.values = make([]string, 1)
			into = &c.values[0]
		}
		if err := json.Unmarshal([]byte(m[3]), into); err != nil {
			return nil, invalidParameter("The criteria have a value that is not valid: " + cut(m[3]))
		}
		all = append(all, c)
	}
	return all, nil
}

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
			case "LogGroupNamePrefix":
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
