package item

import (
	"cmp"
	"strconv"
	"strings"
)

// isOlder reports whether version is before resolved, as far as versions can be
// compared: numbers with dots with such, whole numbers with whole numbers, and
// commits by when they were first seen. What cannot be compared is not older.
func isOlder(version, resolved string, seen func(version string) (first int64, known bool), resolvedAt int64) bool {
	switch {
	case version == "" || version == resolved:
		return false
	case isCommit(version) && isCommit(resolved):
		if strings.HasPrefix(version, resolved) || strings.HasPrefix(resolved, version) {
			return false
		}
		since, known := seen(resolved)
		if !known {
			since = resolvedAt
		}
		first, known := seen(version)
		return known && first < since
	}
	if a, errA := strconv.ParseUint(version, 10, 63); errA == nil {
		b, errB := strconv.ParseUint(resolved, 10, 63)
		return errB == nil && a < b
	}
	a, okA := parseDotted(version)
	b, okB := parseDotted(resolved)
	return okA && okB && a.compare(b) < 0
}

// dotted is a version of two or three numbers, and what follows a "-".
type dotted struct {
	parts [3]uint64
	pre   string
}

func parseDotted(s string) (d dotted, ok bool) {
	s = strings.TrimPrefix(strings.TrimPrefix(s, "v"), "V")
	s, _, _ = strings.Cut(s, "+")
	s, d.pre, _ = strings.Cut(s, "-")
	parts := strings.Split(s, ".")
	if len(parts) < 2 || len(parts) > len(d.parts) {
		return d, false
	}
	for i, p := range parts {
		n, err := strconv.ParseUint(p, 10, 63)
		if err != nil {
			return d, false
		}
		d.parts[i] = n
	}
	return d, true
}

func (d dotted) compare(other dotted) int {
	for i := range d.parts {
		if c := cmp.Compare(d.parts[i], other.parts[i]); c != 0 {
			return c
		}
	}
	switch {
	case d.pre == other.pre:
		return 0
	case d.pre == "":
		return 1
	case other.pre == "":
		return -1
	}
	return strings.Compare(d.pre, other.pre)
}

const shortestCommit, longestCommit = 7, 40

// isCommit reports whether a version looks like (the beginning of) a commit's hash.
func isCommit(s string) bool {
	if len(s) < shortestCommit || len(s) > longestCommit {
		return false
	}
	letters := false
	for i := range len(s) {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
		case c >= 'a' && c <= 'f':
			letters = true
		default:
			return false
		}
	}
	return letters
}
