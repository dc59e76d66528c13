package event_test

import (
	"testing"

	"github.com/oriel-dev/oriel/internal/event"
)

func TestCut_EndsBetweenCharacters(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		n    int
		want string
	}{
		{"abc", 3, "abc"},
		{"abc", 2, "ab"},
		{"aé", 2, "a"},
		{"a🙂b", 4, "a"},
		{"a🙂b", 5, "a🙂"},
		{"🙂", 3, ""},
		{"", 0, ""},
		{"\x80\x80\x80\x80\x80\x80", 5, "\x80\x80"},
	} {
		if got := event.Cut(c.text, c.n); got != c.want {
			t.Errorf("%q cut to %d is %q, want %q", c.text, c.n, got, c.want)
		}
		if got := event.Cut([]byte(c.text), c.n); string(got) != c.want {
			t.Errorf("the bytes of %q cut to %d are %q, want %q", c.text, c.n, got, c.want)
		}
	}
}
