// Package golden compares what a test produced with a file beside it, and
// rewrites the file when the test binary runs with -update. The diff of the
// rewritten files is reviewed like code. For tests only.
package golden

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Flag defines -update for a test binary. Call it once in each test package that
// uses golden files, where flags are not parsed yet: var _ = golden.Flag().
func Flag() *bool { return flag.Bool("update", false, "rewrite golden files") }

// Updating reports whether the tests run with -update.
func Updating() bool {
	f := flag.Lookup("update")
	return f != nil && f.Value.String() == "true"
}

// Check compares got with the file at path and fails the test at the first line
// that differs. With -update it writes the file (and its folder) instead.
func Check(tb testing.TB, path, got string) {
	tb.Helper()
	if Updating() {
		if err := write(path, got); err != nil {
			tb.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		tb.Fatalf("%v; run the test with -update to write it", err)
	}
	if d := Difference(string(want), got); d != "" {
		tb.Errorf("%s differs from what the test made; if that is right, run with -update\n%s", path, d)
	}
}

// Difference describes the first line in which two texts differ, with its
// number; "" if they are equal.
func Difference(want, got string) string {
	if want == got {
		return ""
	}
	w, g := strings.SplitAfter(want, "\n"), strings.SplitAfter(got, "\n")
	i := 0
	for i < len(w) && i < len(g) && w[i] == g[i] {
		i++
	}
	line := func(lines []string) string {
		if i < len(lines) {
			return fmt.Sprintf("%q", lines[i])
		}
		return "(end)"
	}
	return fmt.Sprintf("line %d\nwant %s\ngot  %s", i+1, line(w), line(g))
}

// write changes the file only if it must, so that times of equal files stay.
func write(path, text string) error {
	if old, err := os.ReadFile(path); err == nil && string(old) == text {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return fmt.Errorf("make folder of golden file: %w", err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return fmt.Errorf("write golden file: %w", err)
	}
	return nil
}
