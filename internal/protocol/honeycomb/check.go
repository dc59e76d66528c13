package honeycomb

import (
	"fmt"
	"reflect"
	"strings"
	"time"
	"unicode/utf8"
)

// checks collects what is wrong with a body, member by member.
type checks []invalidField

func (c *checks) add(field, code, description string) {
	*c = append(*c, invalidField{field, code, description})
}

// name wants text that is not blank, of at most so many bytes.
func (c *checks) name(field, value string, most int) {
	switch {
	case strings.TrimSpace(value) == "":
		c.add(field, "missing", "cannot be blank")
	case len(value) > most:
		c.add(field, "invalid", fmt.Sprintf("is %d bytes long, longer than the maximum of %d", len(value), most))
	}
}

// note wants at most so many characters, or none.
func (c *checks) note(field, value string, most int) {
	if n := utf8.RuneCountInString(value); n > most {
		c.add(field, "invalid", fmt.Sprintf("is %d characters long, longer than the maximum of %d", n, most))
	}
}

// kindName is what JSON calls the values that a type is read from.
func kindName(t reflect.Type) string {
	switch k := t.Kind(); {
	case k == reflect.Bool:
		return "a boolean"
	case k == reflect.String:
		return "a string"
	case k == reflect.Slice:
		return "an array"
	case k == reflect.Float64:
		return "a number"
	case k >= reflect.Int && k <= reflect.Int64:
		return "a whole number"
	}
	return "an object"
}

// err is nil if nothing is wrong.
func (c *checks) err() error {
	if len(*c) == 0 {
		return nil
	}
	return invalid(*c...)
}

// timestamp is a time as the API tells it: to the second, so that it is the same
// however often it is asked for.
func timestamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// timestampOrNull is nil for a time that has not been.
func timestampOrNull(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	text := timestamp(t)
	return &text
}
