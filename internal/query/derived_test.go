package query

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
)

func TestParseField_ReadsOperatorsAsFunctions(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"$a":     "$a",
		"-3":     "-3",
		"- .5e1": "-5.0",
		"1 - 2":  "SUB(1, 2)",
		"1 -2":   "SUB(1, 2)",
		"1 - -2": "SUB(1, -2)",
		// Minus binds tighter than plus, a quirk of the vendor's.
		"1 + 2 - 3 * 4":              "SUM(1, SUB(2, MUL(3, 4)))",
		"1 - 2 + 3":                  "SUM(SUB(1, 2), 3)",
		"1 - 2 - 3":                  "SUB(SUB(1, 2), 3)",
		"$a + $b + $c":               "SUM($a, $b, $c)",
		"($a + $b) + $c":             "SUM(SUM($a, $b), $c)",
		"8 / 4 / 2 * 3 * 5 % 2":      "MOD(MUL(DIV(DIV(8, 4), 2), 3, 5), 2)",
		"!$a = $b":                   "EQUALS(NOT($a), $b)",
		"!!$a":                       "NOT(NOT($a))",
		"$a != 1 AND $b OR $c":       "OR(AND(NOT(EQUALS($a, 1)), $b), $c)",
		"$a OR $b OR AND($c, $d,)":   "OR($a, $b, AND($c, $d))",
		"$a < 1 = true":              "EQUALS(LT($a, 1), true)",
		"IF($a >= 1.5, `x\\`, null)": `IF(GTE($a, 1.5), "x\\", null)`,
		`$"a b"`:                     `$"a b"`,
		"$ `it's`":                   `$"it's"`,
		`CONCAT("\x41\u00e9\101\n", $Größe.日本/x:y=z+q?)`: `CONCAT("AéA\n", $Größe.日本/x:y=z+q?)`,
		"EVENT_TIMESTAMP()":  "EVENT_TIMESTAMP()",
		"INGEST_TIMESTAMP()": "INGEST_TIMESTAMP()",
	} {
		e, err := ParseField(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := FieldText(e); got != want {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
	}
}

func TestParseField_SaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                          "empty expression",
		"  ":                        "mismatched input '<EOF>' expecting",
		"IF($a":                     "mismatched input '<EOF>' expecting",
		"IF($a, , 1)":               "extraneous input ','",
		"IF(,)":                     "mismatched input ','",
		"FOOBAR($a)":                "invalid function: FOOBAR",
		"if($a, 1)":                 "invalid function: if",
		"LT($a)":                    "LT takes two arguments, found 1",
		"BUCKET($a)":                "BUCKET takes two to four arguments, found 1",
		"EVENT_TIMESTAMP(1)":        "EVENT_TIMESTAMP takes no arguments, found 1",
		"CONCAT()":                  "CONCAT takes at least one argument, found 0",
		"LAST(LAST($m))":            "timeseries operations cannot be nested",
		"RATE($m, 60)":              "only supported in metrics datasets",
		"INGEST_TIMESTAMP($a)":      "INGEST_TIMESTAMP takes no arguments, found 1",
		"$a-$b":                     "extraneous input '$b'",
		"$a $b":                     "extraneous input '$b'",
		"a":                         "token recognition error at: 'a'",
		"$a & $b":                   "token recognition error at: '& $b'",
		`"open`:                     "token recognition error",
		`"a\q"`:                     "an escape in it is not known",
		"\"a\nb\"":                  "over the end of its line",
		"99999999999999999999":      "too large for an integer",
		"1e999":                     "too large for a number",
		"- $a":                      "mismatched input '$a' expecting {INT, FLOAT}",
		"AND":                       "mismatched input '<EOF>' expecting '('",
		"$a AND":                    "mismatched input '<EOF>'",
		"REG_MATCH($a, $b)":         "must be a string literal",
		"REG_MATCH($a, `(`)":        "not one of RE2",
		"REG_VALUE($a, `(?=x)`)":    "not one of RE2",
		"SWITCH($a, $b, 1)":         "case 1 is $b; cases must be string literals",
		"BUCKET($a, $b)":            "must be numeric literals",
		"BUCKET($a, 0)":             "size is 0; it must be above 0",
		"BUCKET($a, 1, 5, 5)":       "max is 5; it must be above min, 5",
		`LENGTH($a, "words")`:       `it must be "bytes" or "chars"`,
		`FORMAT_TIME($a, 1)`:        "the format must be a string literal",
		`FORMAT_TIME("%Q", 1)`:      "the format has %Q",
		`FORMAT_TIME("100%", 1)`:    "ends with a %",
		strings.Repeat("$a+", 1400): "at most 4095 are taken",
		"REG_MATCH($a, `" + strings.Repeat("x", 2001) + "`)": "at most 2000 are taken",
	} {
		_, err := ParseField(text)
		if k := fault.KindOf(err); k != fault.Invalid && k != fault.Unsupported || !strings.Contains(fault.MessageOf(err), want) {
			t.Errorf("%.60q: %v, want %s", text, err, want)
		}
	}
}

// TestParseField_IsBounded nests as deep as text of the greatest length can.
func TestParseField_IsBounded(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		strings.Repeat("NOT(", 500) + "$a" + strings.Repeat(")", 500),
		strings.Repeat("(", 500) + "$a" + strings.Repeat(")", 500),
		strings.Repeat("(", 4000), strings.Repeat("!", 4000) + "1", "1" + strings.Repeat("-1", 500),
		strings.Repeat("!(1-1-1-1-1-1-1-1-1-1-1-", 45) + "1" + strings.Repeat(")", 45),
	} {
		if _, err := ParseField(text); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "nested more than 50 deep") {
			t.Errorf("%.20s…: %v", text, err)
		}
	}
	for _, text := range []string{`"` + strings.Repeat("ä", maxFieldText-2) + `"`, "$a" + strings.Repeat(" AND $a", 500), "1" + strings.Repeat("+1", 900), strings.Repeat("(", 90) + "$a" + strings.Repeat(")", 90)} {
		if _, err := ParseField(text); err != nil {
			t.Errorf("%.20s…: %v", text, err)
		}
	}
}

func anyField(t *rapid.T, depth int) Expr {
	if depth == 0 || rapid.IntRange(0, 3).Draw(t, "leaf") == 0 {
		switch rapid.IntRange(0, 5).Draw(t, "kind") {
		case 0:
			return Literal{Value: event.IntValue(max(rapid.Int64().Draw(t, "int"), math.MinInt64+1))}
		case 1:
			return Literal{Value: event.FloatValue(rapid.Float64().Draw(t, "float"))}
		case 2:
			return Literal{Value: event.StringValue(rapid.String().Draw(t, "string"))}
		case 3:
			return Literal{Value: rapid.SampledFrom([]event.Value{{}, event.BoolValue(true), event.BoolValue(false)}).Draw(t, "word")}
		}
		return Field{Name: rapid.String().Draw(t, "name")}
	}
	c := Call{Name: rapid.SampledFrom(functionNames()).Draw(t, "function")}
	for range rapid.IntRange(0, 3).Draw(t, "arguments") {
		c.Args = append(c.Args, anyField(t, depth-1))
	}
	return c
}

func TestParseField_ComesBackAsItWasPrinted(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		e := anyField(t, 4)
		text := FieldText(e)
		if len(text) > maxFieldText {
			t.Skip("longer than expressions may be")
		}
		got, err := ParseFieldSyntax(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if d := cmp.Diff(e, got, cmp.AllowUnexported(event.Value{})); d != "" {
			t.Fatalf("%s\n%s", text, d)
		}
	})
}

func FuzzParseField(f *testing.F) {
	for _, s := range []string{
		"IF($a >= 1.5, `x`, null)", "$a-$b", `$"a b" != -1e5 AND !EXISTS($c)`, `"\x41\u00e9\101\n"`, "BUCKET($x, 10, 0, 30)", "((((", "1 + 2 - 3",
		`FORMAT_TIME("%F", EVENT_TIMESTAMP())`, "SWITCH($a, \"x\", 1, 2,)", "\xff",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		e, err := ParseField(text)
		if err != nil {
			return
		}
		again, err := ParseField(FieldText(e))
		if err != nil && len(FieldText(e)) <= maxFieldText {
			t.Fatalf("%q: %q: %v", text, FieldText(e), err)
		}
		if err == nil && FieldText(again) != FieldText(e) {
			t.Fatalf("%q: %q is not %q", text, FieldText(again), FieldText(e))
		}
		Eval(e, mapRow{"a": event.StringValue(text), "x": event.IntValue(7)})
	})
}

// functionNames lists the functions that calculated fields can use, sorted.
func functionNames() []string {
	var names []string
	for name, f := range functions {
		if !f.timed {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
