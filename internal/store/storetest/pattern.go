package storetest

import (
	"strings"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/oriel-dev/oriel/internal/query/pattern"
)

var (
	drawnKeys   = []string{"a", "b", "c.d", "e'f", "0", "level"}
	drawnTexts  = []string{"", "a", "ab", "abc", "5", "50", "1e2", "a b", `q"`, "true", "é", "/x"}
	drawnValues = []string{`a`, `ab*`, `*b*`, `"a b"`, `5`, `5*`, `100`, `"5"`, `"*"`, `*`, `%a+b%`, `1e2`, `true`, `"1e2"`, `-0.5`, `e*`, `"q\""`}
)

// FilterPattern draws the text of a filter pattern.
func FilterPattern(t *rapid.T) string {
	switch rapid.IntRange(0, 2).Draw(t, "kind") {
	case 0:
		var terms []string
		for range rapid.IntRange(0, 4).Draw(t, "terms") {
			terms = append(terms, rapid.SampledFrom([]string{"", "?", "-"}).Draw(t, "sign")+rapid.SampledFrom([]string{"a", "ab", "5", `"a b"`, `"\""`, "level", "é"}).Draw(t, "term"))
		}
		return strings.Join(terms, " ")
	case 1:
		d := &drawing{t: t}
		return "{ " + d.node(2, d.jsonLeaf) + " }"
	}
	d := &drawing{t: t}
	var slots []string
	ellipsis := rapid.IntRange(-4, 4).Draw(t, "ellipsis")
	for i := range rapid.IntRange(1, 5).Draw(t, "slots") {
		name := string(rune('p' + i))
		switch {
		case i == ellipsis:
			slots = append(slots, "...")
		case rapid.Bool().Draw(t, "conditions"):
			slots = append(slots, d.node(1, func() string { return name + d.comparison() }))
		default:
			slots = append(slots, name)
		}
	}
	return "[" + strings.Join(slots, ", ") + "]"
}

type drawing struct {
	t                  *rapid.T
	regexes, wildcards int
}

func (d *drawing) node(depth int, leaf func() string) string {
	if depth == 0 || rapid.Bool().Draw(d.t, "leaf") {
		return leaf()
	}
	sign := rapid.SampledFrom([]string{" && ", "||"}).Draw(d.t, "joint")
	return "(" + d.node(depth-1, leaf) + sign + d.node(depth-1, leaf) + ")"
}

func (d *drawing) comparison() string {
	if rapid.IntRange(0, 3).Draw(d.t, "ordered") == 0 {
		return rapid.SampledFrom([]string{" < ", " <= ", " > ", " >= "}).Draw(d.t, "op") + rapid.SampledFrom([]string{"5", "-0.5", "1e2", "50"}).Draw(d.t, "number")
	}
	v := rapid.SampledFrom(drawnValues).Draw(d.t, "value")
	if strings.HasPrefix(v, "%") {
		if d.regexes++; d.regexes > pattern.MaxRegexes {
			v = "ab"
		}
	}
	return rapid.SampledFrom([]string{" = ", " != "}).Draw(d.t, "op") + v
}

func (d *drawing) jsonLeaf() string {
	path := []pattern.Step{}
	wild := false
	for range rapid.IntRange(0, 3).Draw(d.t, "steps") {
		s := pattern.Step{Index: -1, Key: rapid.SampledFrom(drawnKeys).Draw(d.t, "key")}
		if rapid.IntRange(0, 2).Draw(d.t, "element") == 0 {
			s = pattern.Step{Index: rapid.IntRange(0, 2).Draw(d.t, "place")}
		}
		if !wild && d.wildcards < pattern.MaxWildcards && rapid.IntRange(0, 3).Draw(d.t, "every") == 0 {
			wild = true
			d.wildcards++
			s.Every, s.Key, s.Index = true, "", min(s.Index, 0)
		}
		path = append(path, s)
	}
	if rapid.IntRange(0, 3).Draw(d.t, "word") == 0 {
		return pattern.PathText(path) + " " + rapid.SampledFrom([]string{"IS NULL", "IS TRUE", "is false", "NOT EXISTS"}).Draw(d.t, "word op")
	}
	return pattern.PathText(path) + d.comparison()
}

// LogMessage draws a log message: JSON, nearly JSON, or fields.
func LogMessage(t *rapid.T) string {
	switch rapid.IntRange(0, 5).Draw(t, "message kind") {
	case 0:
		var words []string
		for range rapid.IntRange(0, 6).Draw(t, "words") {
			words = append(words, rapid.SampledFrom([]string{"a", "ab", "5", "5.0", "100", `"a b"`, "[a", "[x y]", `"`, "1e2", "\t", "-0.5", `"5"x`, "é"}).Draw(t, "word"))
		}
		return strings.Join(words, rapid.SampledFrom([]string{" ", "  ", "\n"}).Draw(t, "blank"))
	case 1:
		m := drawJSON(t, 3)
		at := rapid.IntRange(0, len(m)).Draw(t, "at")
		for at < len(m) && !utf8.RuneStart(m[at]) {
			at++
		}
		return m[:at] + rapid.SampledFrom([]string{",", "}", "x", " ", `"`, "1", "NaN", "]"}).Draw(t, "noise") + m[at:]
	}
	return drawJSON(t, 3)
}

func drawJSON(t *rapid.T, depth int) string {
	kind := rapid.IntRange(0, 9).Draw(t, "json")
	if depth == 3 {
		kind = 8 + kind%2
	}
	if depth == 0 {
		kind %= 8
	}
	var parts []string
	switch kind {
	case 0, 1, 2:
		s := rapid.SampledFrom(drawnTexts).Draw(t, "text")
		s = strings.NewReplacer(`"`, `\"`).Replace(s)
		return `"` + rapid.SampledFrom([]string{s, s, s, s + `\u0061`, `\u0061` + s, s + `\n`, `\ud83d` + s, `\ud83d\ude00`, `\ud83d\ud83d\ude00`, `\ude00`, `\\\ud83dx`, `\\ud83d`, `\/x`}).Draw(t, "escapes") + `"`
	case 3, 4, 5:
		return rapid.SampledFrom([]string{"0", "5", "-0", "5.0", "50", "100", "1e2", "1E+2", "-0.5", "123456789012345678901234567890", "1e400", "-1e999", "9223372036854775807", "9223372036854775808", "-9223372036854775809", "1e19", "100000000000000000000.5", "-0.0", "18446744073709551615", "0.1", "1e-7", "1e21", "5e-1"}).Draw(t, "number")
	case 6, 7:
		return rapid.SampledFrom([]string{"true", "false", "null"}).Draw(t, "word")
	case 8:
		for range rapid.IntRange(0, 3).Draw(t, "elements") {
			parts = append(parts, drawJSON(t, depth-1))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	for range rapid.IntRange(0, 4).Draw(t, "members") {
		parts = append(parts, `"`+rapid.SampledFrom(append(drawnKeys, `\u0061`)).Draw(t, "name")+`":`+drawJSON(t, depth-1))
	}
	return "{" + strings.Join(parts, ",") + "}"
}
