package api

import (
	"testing"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/logpattern"
	"github.com/oriel-dev/oriel/internal/querier"
	"github.com/oriel-dev/oriel/internal/query"
)

func TestPatternQuestion_ComparesWithPeriods(t *testing.T) {
	t.Parallel()
	for compare, want := range map[string]int64{"": 0, "none": 0, "previous": 500, "86400": 86400e9} {
		opts, err := (&patternQuestion{Compare: compare}).options(500)
		if err != nil || opts.Earlier != want || opts.Field != event.FieldBody {
			t.Errorf("%q: %+v %v", compare, opts, err)
		}
	}
	for _, bad := range []string{"0", "-5", "soon", "99999999999"} {
		if _, err := (&patternQuestion{Compare: bad}).options(500); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// The filter of a pattern finds the lines of the pattern, and no others.
func TestPatternFilter_FindsItsLines(t *testing.T) {
	t.Parallel()
	lines := []string{
		`{"level":"INFO","path":"/a/\"x\"","ms":12}`, `{"level":"WARN","path":"/a/\"x\"","ms":1}`, `GET /api/users/42 (10.0.0.1) took 5ms`,
		"panic: boom\n\tmain.go:17 +0x1d", "cache \x1b[31mmiss\x1b[0m for key 77", "", "plain",
	}
	m := logpattern.New(0)
	for _, s := range lines {
		m.Count(m.Find([]byte(s)), logpattern.Line{N: 1})
	}
	for _, p := range m.Patterns() {
		text := patternFilter(&p, event.FieldBody)
		where, err := query.ParseFilter(text)
		if err != nil {
			t.Errorf("%s: %q: %v", p.Text, text, err)
			continue
		}
		found := 0
		for _, s := range lines {
			b := event.NewBatch("test", "app")
			b.Begin(1)
			b.Set(event.FieldBody, event.StringValue(s))
			if query.Match(where, b.Row(0)) {
				if found++; s != p.Samples[0] {
					t.Errorf("%s finds %s", text, s)
				}
			}
		}
		if found != 1 {
			t.Errorf("%s finds %d lines", text, found)
		}
	}
}

func TestChangeOf_IsAWord(t *testing.T) {
	t.Parallel()
	for want, p := range map[string]logpattern.Pattern{
		"new": {Count: 5}, "gone": {Before: 5}, "risen": {Count: 11, Before: 5}, "fallen": {Count: 5, Before: 11}, "same": {Count: 10, Before: 5},
	} {
		if got := changeOf(&p, &querier.Patterns{Events: 40, Before: 40}); got != want {
			t.Errorf("%v before %v is %q", p.Count, p.Before, got)
		}
	}
	if got := changeOf(&logpattern.Pattern{Count: 5}, &querier.Patterns{}); got != "" {
		t.Errorf("compared with nothing it is %q", got)
	}
}
