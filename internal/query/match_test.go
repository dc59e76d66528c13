package query_test

import (
	"testing"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
)

// oneField is a row with one field.
type oneField struct {
	name  string
	value event.Value
}

func (r oneField) Get(name string) event.Value {
	if name == r.name {
		return r.value
	}
	return event.Value{}
}

// TestFailed: the condition and the test of a value agree, whatever senders put in "error".
func TestFailed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		value event.Value
		want  bool
	}{
		{event.BoolValue(true), true},
		{event.StringValue("connection refused"), true},
		{event.StringValue("true"), true},
		{event.StringValue("0.0"), true}, // no sender writes false so
		{event.IntValue(1), true},
		{event.FloatValue(0.5), true},
		{event.BoolValue(false), false},
		{event.StringValue(""), false},
		{event.StringValue("false"), false},
		{event.StringValue("0"), false},
		{event.IntValue(0), false},
		{event.FloatValue(0), false},
		{event.Value{}, false},
	} {
		if got := event.Failed(c.value); got != c.want {
			t.Errorf("event.Failed(%v %q) = %v, want %v", c.value.Kind(), c.value.Text(), got, c.want)
		}
		if got := query.Match(query.Failed(), oneField{event.FieldError, c.value}); got != c.want {
			t.Errorf("error = %v %q meets Failed: %v, want %v", c.value.Kind(), c.value.Text(), got, c.want)
		}
	}
}
