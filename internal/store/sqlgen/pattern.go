package sqlgen

import (
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query"
)

// FilterPattern is the function of two texts, a message and a filter pattern,
// that DuckDB must be given: whether the message matches, false for null.
const FilterPattern = "filter_pattern"

// filterPattern compiles a test by a filter pattern that is not one of terms.
func (c *compiler) filterPattern(text, filter string) (string, error) {
	p := query.FilterPattern(filter)
	if p == nil {
		return "", fault.New(fault.Invalid, "%q is no filter pattern", filter)
	}
	if c.d == DuckDB {
		return FilterPattern + "(" + text + ", " + c.d.Quote(filter) + ")", nil
	}
	return "", fault.New(fault.Unsupported, "filter patterns of JSON and fields are not yet compiled for ClickHouse")
}
