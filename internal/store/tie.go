package store

import (
	"strings"
	"unicode/utf8"

	"github.com/cespare/xxhash/v2"

	"github.com/oriel-dev/oriel/internal/event"
)

// TieFields are the fields that [Tie] looks at first: of a span it needs no others.
func TieFields() []string {
	return []string{event.FieldSignal, event.FieldTraceID, event.FieldSpanID, event.FieldName}
}

// IsSpan reports whether the row is told from others by the fields of TieFields.
func IsSpan(r event.Row) bool {
	return r.Get(event.FieldSignal).Str() == event.SignalTrace && r.Get(event.FieldSpanID).Text() != ""
}

// Tie tells a row without arrival from others of its time: a span by its ids and
// name, another row by all that it says. It does not depend on the kinds that its
// values are kept in, nor on what a segment does to text that is not UTF-8.
func Tie(r event.Row) uint64 {
	sum := xxhash.Sum64String(r.Batch.Dataset)
	add := func(name string, v event.Value) {
		d := xxhash.New()
		_, _ = d.WriteString(readable(name)) // a hash takes everything
		_, _ = d.Write([]byte{0})
		_, _ = d.WriteString(readable(v.Text()))
		sum += d.Sum64() // in whatever order
	}
	if IsSpan(r) {
		for _, name := range TieFields() {
			add(name, r.Get(name))
		}
		return sum
	}
	r.Each(add)
	return sum
}

// readable leaves out what is not UTF-8, and what stands in its place.
func readable(s string) string {
	if utf8.ValidString(s) && !strings.ContainsRune(s, utf8.RuneError) {
		return s
	}
	return strings.Map(func(c rune) rune {
		if c == utf8.RuneError {
			return -1
		}
		return c
	}, s)
}
