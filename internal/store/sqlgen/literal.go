package sqlgen

import (
	"math"
	"strconv"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
)

// Quote returns s as a string literal of the dialect. It is the only place where
// text from outside becomes SQL. Bytes that are not UTF-8 become U+FFFD, as no
// stored text holds them.
func (d Dialect) Quote(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if d == ClickHouse {
		return quoteClickHouse(s)
	}
	return quoteDuckDB(s)
}

// quoteDuckDB doubles quotes; backslashes mean nothing. A NUL would end the
// statement for the C interface, so it is put in by chr(0).
func quoteDuckDB(s string) string {
	quoted := "'" + strings.ReplaceAll(s, "'", "''") + "'"
	if !strings.Contains(s, "\x00") {
		return quoted
	}
	return "(" + strings.ReplaceAll(quoted, "\x00", "' || chr(0) || '") + ")"
}

// quoteClickHouse escapes with backslashes.
func quoteClickHouse(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`, "\x00", `\0`).Replace(s) + "'"
}

// QuoteName returns name as a quoted identifier of the dialect, for an engine's
// own use: statements compiled here hold no name from outside. Names with a NUL
// cannot be identifiers; it is replaced by U+FFFD.
func (d Dialect) QuoteName(name string) string {
	name = strings.ReplaceAll(strings.ToValidUTF8(name, "\uFFFD"), "\x00", "\uFFFD")
	if d == ClickHouse {
		return "`" + strings.NewReplacer(`\`, `\\`, "`", "\\`").Replace(name) + "`"
	}
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

// Literal returns v as a literal of exactly the type that its kind has in the
// dialect; null has the type of String.
func (d Dialect) Literal(v event.Value) string {
	switch v.Kind() {
	case event.Bool:
		return strconv.FormatBool(v.Bool())
	case event.Int:
		return d.cast(integerLiteral(v.Int()), event.Int)
	case event.Float:
		return d.floatLiteral(v.Float())
	case event.String:
		return d.Quote(v.Str())
	case event.Null:
	}
	return d.Null(event.String)
}

// Null returns a null of the type that kind has in the dialect.
func (d Dialect) Null(kind event.Kind) string { return d.cast("NULL", kind) }

func integerLiteral(i int64) string {
	if i < 0 {
		// In brackets, so that "x - -1" never becomes a comment.
		return "(" + strconv.FormatInt(i, 10) + ")"
	}
	return strconv.FormatInt(i, 10)
}

// integer is an integer for arithmetic. ClickHouse would take the narrowest type,
// unsigned, and wrap around.
func (d Dialect) integer(i int64) string {
	return d.pick(integerLiteral(i), "toInt64("+integerLiteral(i)+")")
}

// floatLiteral always has an exponent: without one DuckDB reads a decimal.
func (d Dialect) floatLiteral(f float64) string {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return d.cast(d.Quote(strings.ToLower(strconv.FormatFloat(f, 'g', -1, 64))), event.Float)
	}
	s := strconv.FormatFloat(f, 'e', -1, 64)
	if math.Signbit(f) {
		return "(" + s + ")"
	}
	return s
}
