package sample

import (
	"encoding/json"
	"strings"
	"testing"
)

// The demo's screens need every kind of line to have something to show.
func TestLogger_PrintsEveryKindOfLine(t *testing.T) {
	t.Parallel()
	g, l, again := New(Dense(3)), NewLogger(3), NewLogger(3)
	start := int64(1_800_000_000e9)
	severities, services, stacks, coloured, traced, long := map[int]int{}, map[int]int{}, 0, 0, 0, 0
	for i := range 5000 {
		tr := g.Next()
		at := start + int64(i)*200_000_000
		lines := l.Lines(&tr, at)
		for k, other := range again.Lines(&tr, at) {
			if lines[k] != other {
				t.Fatal("the same seed gave different lines")
			}
		}
		for _, line := range lines {
			severities[line.Severity]++
			services[line.Service]++
			if line.At < at || line.Text == "" {
				t.Fatalf("line %+v of a trace at %d", line, at)
			}
			if strings.HasPrefix(line.Text, "{") && !json.Valid([]byte(line.Text)) {
				t.Fatalf("not JSON: %s", line.Text)
			}
			if strings.Contains(line.Text, "\n") {
				stacks++
			}
			if strings.Contains(line.Text, "\x1b[") {
				coloured++
			}
			if strings.Contains(line.Text, tr.TraceID()) {
				traced++
			}
			if len(line.Text) > 4096 {
				long++
			}
		}
	}
	for _, s := range []int{levelTrace, levelDebug, levelInfo, levelWarn, levelError, levelFatal} {
		if severities[s] == 0 {
			t.Errorf("no line of severity %d", s)
		}
	}
	if len(services) != len(Services) || stacks == 0 || coloured == 0 || traced == 0 || long == 0 {
		t.Errorf("%d services print, %d stacks, %d coloured, %d with their trace, %d long", len(services), stacks, coloured, traced, long)
	}
	t.Logf("severities %v", severities)
}

func TestEncodeLines_HoldsEachLine(t *testing.T) {
	t.Parallel()
	g, l := New(Dense(4)), NewLogger(4)
	tr := g.Next()
	lines := l.Lines(&tr, 1e18)
	body := string(g.EncodeLines(lines))
	for _, line := range lines {
		if !strings.Contains(body, line.Text) {
			t.Errorf("%q is not in the request", line.Text)
		}
	}
}
