package insights

import (
	"strconv"
	"strings"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
)

// TimeFormat is how times print.
const TimeFormat = "2006-01-02 15:04:05.000"

// Text prints a value of a column as the service does; false for null, which is
// left out of a row.
func (c Column) Text(v event.Value) (string, bool) {
	if v.IsNull() {
		return "", false
	}
	switch v.Kind() {
	case event.Bool:
		if v.Bool() {
			return "1", true
		}
		return "0", true
	case event.Int:
		if c.Type == Time {
			return time.Unix(0, v.Int()).UTC().Format(TimeFormat), true
		}
	case event.Float:
		if c.Type == Number {
			return decimal(v.Float()), true
		}
	case event.String, event.Null:
	}
	return v.Text(), true
}

// decimal prints at most four decimals.
func decimal(f float64) string {
	s := strconv.FormatFloat(f, 'f', 4, 64)
	if s = strings.TrimRight(strings.TrimRight(s, "0"), "."); s == "-0" || s == "" {
		return "0"
	}
	return s
}
