package sqlgen

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query"
)

func (f *invocation) concat() (string, error) {
	list := make([]string, 0, len(f.args)+1)
	for i, a := range f.args {
		if a.literal {
			list = append(list, f.c.d.Quote(a.value.Text()))
			continue
		}
		list = append(list, "coalesce("+f.as(i, event.String)+", '')")
	}
	if len(list) == 1 {
		return list[0], nil
	}
	return "concat(" + strings.Join(list, ", ") + ")", nil
}

// isText reports whether an argument is text by its kind.
func (f *invocation) isText(i int) bool { return f.args[i].kind == event.String }

func textTest(op query.TextOp) func(f *invocation) (string, error) {
	return func(f *invocation) (string, error) {
		if !f.isText(0) || !f.isText(1) {
			return f.c.d.falsity(), nil
		}
		s, part := f.args[0].sql, f.args[1].sql
		switch op { //nolint:exhaustive // only three are functions
		case query.StartsWith:
			return f.c.d.call("starts_with", "startsWith", s, part), nil
		case query.EndsWith:
			return f.c.d.call("ends_with", "endsWith", s, part), nil
		}
		return f.c.d.contains(s, part), nil
	}
}

func (f *invocation) lower() (string, error) {
	if !f.isText(0) {
		return f.c.d.Null(event.String), nil
	}
	return f.c.d.call("lower", "lowerUTF8", f.args[0].sql), nil
}

func (f *invocation) length() (string, error) {
	if !f.isText(0) {
		return f.c.d.Null(event.Int), nil
	}
	if len(f.args) > 1 && f.args[1].value.Str() == "bytes" {
		return f.c.d.cast(f.c.d.call("strlen", "length", f.args[0].sql), event.Int), nil
	}
	return f.c.d.cast(f.c.d.call("length", "lengthUTF8", f.args[0].sql), event.Int), nil
}

// pattern is the regular expression as a literal. ClickHouse lets a dot match the
// end of a line unless told otherwise.
func (f *invocation) pattern() string {
	return f.c.d.Quote(f.c.d.pick("", "(?-s)") + f.args[1].value.Str())
}

func (f *invocation) regMatch() (string, error) {
	if !f.isText(0) {
		return f.c.d.falsity(), nil
	}
	return f.c.d.call("regexp_matches", "match", f.args[0].sql, f.pattern()), nil
}

func (f *invocation) regValue() (string, error) {
	if !f.isText(0) {
		return f.c.d.Null(event.String), nil
	}
	d, s, p := f.c.d, f.arg(0).sql, f.pattern()
	re, err := regexp.Compile(f.args[1].value.Str())
	if err != nil {
		return "", fault.New(fault.Invalid, "regular expression: %w", err)
	}
	group := min(re.NumSubexp(), 1)
	value := d.pick(fmt.Sprintf("regexp_extract(%s, %s, %d)", s, p, group), "extract("+s+", "+p+")")
	if takesSomething(f.args[1].value.Str(), group) {
		return "nullif(" + value + ", '')", nil
	}
	// Both engines give the empty text where nothing matches, too.
	value = f.step(0, value)
	return "CASE WHEN " + value + " <> '' THEN " + value + " WHEN " + d.call("regexp_matches", "match", s, p) + " THEN '' END", nil
}

// takesSomething reports whether a group, 0 for the whole match, has text in it
// whenever a pattern matches.
func takesSomething(pattern string, group int) bool {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return false
	}
	if group == 0 {
		return !mayBeEmpty(re)
	}
	return fills(re, group)
}

func fills(re *syntax.Regexp, group int) bool {
	switch re.Op { //nolint:exhaustive // the others hold no group, or may pass it by
	case syntax.OpCapture:
		if re.Cap == group {
			return !mayBeEmpty(re.Sub[0])
		}
		return fills(re.Sub[0], group)
	case syntax.OpPlus:
		return fills(re.Sub[0], group)
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			if fills(sub, group) {
				return true
			}
		}
	}
	return false
}

// regCount puts a character after each match and sees how much longer that is.
func (f *invocation) regCount() (string, error) {
	if !f.isText(0) {
		return f.c.d.Literal(event.IntValue(0)), nil
	}
	d, s := f.c.d, f.arg(0).sql
	if d == ClickHouse && matchesNothing(f.args[1].value.Str()) {
		// It counts such matches by bytes, and right behind other matches too.
		return "", fault.New(fault.Unsupported, "REG_COUNT: ClickHouse cannot count the matches of a pattern that also matches the empty text; make it match at least one character")
	}
	marked := d.pick("regexp_replace("+s+", "+f.pattern()+`, '\0+', 'g')`, "replaceRegexpAll("+s+", "+f.pattern()+`, '\\0+')`)
	length := func(s string) string { return d.cast(d.call("strlen", "length", s), event.Int) }
	return "coalesce(" + length(marked) + " - " + length(s) + ", " + d.integer(0) + ")", nil
}

// matchesNothing reports whether a pattern can match without taking a character.
func matchesNothing(pattern string) bool {
	re, err := syntax.Parse(pattern, syntax.Perl)
	return err != nil || mayBeEmpty(re)
}

func mayBeEmpty(re *syntax.Regexp) bool {
	switch re.Op { // anchors, boundaries, stars and options need no character
	case syntax.OpLiteral:
		return len(re.Rune) == 0
	case syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL, syntax.OpNoMatch:
		return false
	case syntax.OpCapture, syntax.OpPlus:
		return mayBeEmpty(re.Sub[0])
	case syntax.OpRepeat:
		return re.Min == 0 || mayBeEmpty(re.Sub[0])
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			if !mayBeEmpty(sub) {
				return false
			}
		}
		return true
	case syntax.OpAlternate:
		return slices.ContainsFunc(re.Sub, mayBeEmpty)
	case syntax.OpEmptyMatch, syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText,
		syntax.OpWordBoundary, syntax.OpNoWordBoundary, syntax.OpStar, syntax.OpQuest:
	}
	return true
}

// unixTimestamp reads an RFC 3339 time. Every cast is one that gives null where
// it fails, so that it does not matter what the engine evaluates first.
func (f *invocation) unixTimestamp() (string, error) {
	if !f.isText(0) {
		return f.c.d.Null(event.Float), nil
	}
	d, s := f.c.d, f.arg(0).sql
	whole := func(text string) string { return d.pick("TRY_CAST("+text+" AS BIGINT)", "toInt64OrNull("+text+")") }
	part := func(from, length int) string { return whole(fmt.Sprintf("substr(%s, %d, %d)", s, from, length)) }
	offset := fmt.Sprintf("CASE WHEN %s THEN 0 ELSE (%s * 60 + %s) * CASE WHEN substr(%s, -6, 1) = '-' THEN -60 ELSE 60 END END",
		d.call("ends_with", "endsWith", s, "'Z'"), part(-5, 2), part(-2, 2), s)
	fraction := d.pick("TRY_CAST(concat('0', regexp_extract("+s+", '[.][0-9]+')) AS DOUBLE)", "toFloat64OrNull(concat('0', extract("+s+", '[.][0-9]+')))")
	valid := d.call("regexp_matches", "match", s, d.Quote(query.Timestamp)) + " AND NOT " + d.call("starts_with", "startsWith", s, "'0000'")
	var seconds string
	if d == DuckDB {
		seconds = "epoch_us(TRY_CAST(substr(" + s + ", 1, 19) AS TIMESTAMP)) // 1000000"
	} else {
		// Its own types begin in 1900: days are counted as in the proleptic calendar,
		// years beginning in March.
		y, m, day := f.step(0, part(1, 4)), f.step(0, part(6, 2)), f.step(0, part(9, 2))
		year := f.step(1, y+" - ("+m+" <= 2)")
		leap := "(" + y + " % 4 = 0 AND (" + y + " % 100 <> 0 OR " + y + " % 400 = 0))"
		valid += " AND " + day + " <= multiIf(" + m + " = 2, 28 + " + leap + ", " + m + " IN (4, 6, 9, 11), 30, 31)"
		days := fmt.Sprintf("%[1]s * 365 + intDiv(%[1]s, 4) - intDiv(%[1]s, 100) + intDiv(%[1]s, 400) + intDiv(153 * ((%[2]s + 9) %% 12) + 2, 5) + %[3]s - 719469", year, m, day)
		seconds = "(" + days + ") * 86400 + " + part(12, 2) + " * 3600 + " + part(15, 2) + " * 60 + " + part(18, 2)
	}
	return "CASE WHEN " + valid + " THEN " + d.cast(seconds+" - "+offset, event.Float) + " + " + fraction + " END", nil
}
