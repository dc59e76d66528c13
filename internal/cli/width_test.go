package cli

import (
	"testing"

	"pgregory.net/rapid"
)

func TestColumns_AreThoseOfATerminal(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]int{"": 0, "plain": 5, "ü": 1, "u\u0308": 1, "日本語": 6, "한국": 4, "🚀 go": 5, "ｆｕｌｌ": 8, "a\u200db": 2, "░▒▓█": 4, "│├└─": 4, "…": 1, "⏎": 1, "✓✗": 2} {
		if got := columns(s); got != want {
			t.Errorf("%q takes %d columns, want %d", s, got, want)
		}
	}
}

func TestShorten_NeverTakesMoreThanItMay(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in   string
		n    int
		want string
	}{{"日本語テキスト", 14, "日本語テキスト"}, {"日本語テキスト", 7, "日本語…"}, {"日本語テキスト", 8, "日本語…"}, {"abcdef", 3, "ab…"}, {"abc", 1, "…"}} {
		if got := shorten(c.in, c.n); got != c.want {
			t.Errorf("%q in %d columns is %q, want %q", c.in, c.n, got, c.want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		s, n := rapid.String().Draw(t, "s"), rapid.IntRange(1, 40).Draw(t, "n")
		if got := columns(shorten(clean(s), n)); got > n {
			t.Fatalf("%d columns in %d", got, n)
		}
	})
}
