package cli

import (
	"encoding/json"
	"net/url"
	"strconv"
	"strings"

	"github.com/oriel-dev/oriel/internal/cli/usage"
)

// lineChoice is which log lines are asked for.
type lineChoice struct {
	groups, stream string
	all            bool
}

// params adds the choice, and a filter, to the parameters of a request. Where
// lines are chosen the filter may be in any language in which lines are searched;
// it is a condition of ours where events of any kind are.
func (c *lineChoice) params(filter string, to url.Values) error {
	if c.groups == "" && !c.all {
		if c.stream != "" {
			return usage.Errorf("--stream wants --group with the log group that the stream is of")
		}
		if filter != "" {
			to.Set("q", filter)
		}
		return nil
	}
	where := `meta.signal_type = "log"`
	if c.groups != "" {
		var of []string
		for name := range strings.SplitSeq(c.groups, ",") {
			of = append(of, named("log.group", strings.TrimSpace(name)))
		}
		where += " AND (" + strings.Join(of, " OR ") + ")"
	}
	if c.stream != "" {
		where += " AND " + named("log.stream", c.stream)
	}
	to.Set("q", where)
	if filter != "" {
		to.Set("search", filter)
	}
	return nil
}

// named is a condition on a name, of which a star at the end leaves the rest open.
func named(field, name string) string {
	if prefix, open := strings.CutSuffix(name, "*"); open {
		return field + " starts-with " + strconv.Quote(prefix)
	}
	return field + " = " + strconv.Quote(name)
}

// saidBy tells which fields of a line only repeat its message, which is JSON, or
// ends in it, and is shown whole.
func saidBy(fields map[string]any) func(name string) bool {
	body, _ := fields["body"].(string)
	var members map[string]json.RawMessage
	if at := strings.IndexByte(body, '{'); at < 0 || json.Unmarshal([]byte(body[at:]), &members) != nil {
		return func(string) bool { return false }
	}
	return func(name string) bool {
		name = strings.TrimPrefix(name, "message.")
		for at := 0; at <= len(name); at++ {
			if at == len(name) || name[at] == '.' {
				if _, said := members[name[:at]]; said {
					return true
				}
			}
		}
		return false
	}
}
