package sdk_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/honeycombio/honeycomb-derived-column-validator/pkg/parser"

	"github.com/oriel-dev/oriel/internal/query"
)

// goodFields are expressions of calculated fields in the manner of the vendor's
// documentation and of teams that use them.
var goodFields = []string{
	"$a", "1", "-1", "- 1", "1.5", ".5", "-.5e-3", "1e9", "1E+9", "007", `"text"`, "`raw \\d+`", "true", "false", "null",
	`$"a b"`, "$`a b`", `$ "a b"`, "$a.b_c/d:e=f+g?h-i", "$größe", "$日本語", "$1st", "$=", "$٣",
	`"\a\b\f\n\r\t\v\\\"\101\x41\u00e9\U0001F600"`, "\t$a\r\n+\v1\f", "$a\u00a0=\u20031",
	"IF($a, 1)", "IF($a, 1,)", "IF($a = 1, `x`, $b > 2.5, `y`, null)", "SWITCH($env, \"prod\", 1, \"dev\", 0.1, 0)", "COALESCE($a, $b, \"none\")",
	"LT($a, 1) AND LTE($a, 2) OR GT($b, 3) AND GTE($b, 4)", "EQUALS($a, \"x\")", "IN($region, \"us-east\", \"eu-west\")", "EXISTS($trace.parent_id)",
	"NOT(EXISTS($a))", "!EXISTS($a)", "!!$a", "! $a = $b", "AND($a, $b, $c)", "OR ( $a, $b )", "AND()", "IF()", "$a =! $b", "EVENT_TIMESTAMP()", "INGEST_TIMESTAMP ( )",
	"MIN($a, 1)", "MAX($a, MIN($b, 2))", "SUM(1.0, 5, \"2.3\")", "SUB($a, 100)", "MUL(100, DIV($a, $b))", "MOD($id, 10)", "LOG10($n)",
	"BUCKET($duration_ms, 10, 0, 30)", "INT($a)", "FLOAT(\"3.14\")", "BOOL(\"\")", "STRING($a)", "CONCAT($a, \" \", $b)",
	"STARTS_WITH($url, \"https://\")", "ENDS_WITH($f, \".json\")", "CONTAINS($ua, \"mobile\")", "TO_LOWER($cc)", "LENGTH($m, \"bytes\")",
	"REG_MATCH($email, `^[a-z0-9._%+-]+@[a-z0-9.-]+\\.[a-z]{2,}$`)", "REG_VALUE($line, `error code: ([0-9]+)`)", "REG_COUNT($text, `\\berror\\b`)",
	"UNIX_TIMESTAMP($created_at) - EVENT_TIMESTAMP()", "FORMAT_TIME(\"%Y-%m-%d\", EVENT_TIMESTAMP())",
	"LAST($metric)", "RATE($metric, 60) * 60", "INCREASE($m)", "SUMMARIZE($m)", "RAW_METRIC($m)",
	"$a + $b * $c - $d / $e % $f", "(($a + $b)) * 2", "1 - -1", "1 -1", "1 - - 1", "$a < $b = $c >= $d != true", "$a - 1 - 2 - 3", "$errors / $total * 100",
	"IF(AND(NOT(EXISTS($trace.parent_id)), EXISTS($duration_ms)), LTE($duration_ms, 300))",
	"COALESCE(\n  IF(CONTAINS($ua, \"beeline\"), REG_VALUE($ua, `libhoney-([a-z]+)`)),\n  IF(IN($sdk, \"nodejs\", \"node.js\"), \"js\"),\n  $sdk,\n)",
	"AND(\n GTE(INT(FORMAT_TIME(\"%H\", EVENT_TIMESTAMP())), 9),\n NOT(IN(FORMAT_TIME(\"%A\", EVENT_TIMESTAMP()), \"Saturday\", \"Sunday\"))\n)",
	"9223372036854775807", "-9223372036854775807", "1e308", "$true", "$null",
}

// badFields are expressions that have been seen to be taken for good ones.
var badFields = []string{
	" ", "\n", "a", "x + 1", "$", "$ a", "$\"\\q\"", "$ $a", "1.", "1..2", ".", "1e", "1e+", "1ee", "--1", "+1", "-$a", "-(1)", "- \"a\"", "9223372036854775808", "-9223372036854775808", "1e999",
	"\"open", "`open", "'single'", "\"a\nb\"", "\"\\'\"", "\"\\q\"", "\"\\400\"", "\"\\x4\"", "\"\\u12\"", "\"\\UFFFFFFFF\"", "\"\\8\"",
	"IF", "IF(", "IF)", "IF(,)", "IF(,1)", "IF($a,,1)", "IF($a 1)", "IF($a, 1))", "if($a, 1)", "If($a, 1)", "FOOBAR($a)", "F($a)", "HAS_VALUE($a)", "PREFIX($a, 1)", "NOT_IN($a, 1)",
	"AND", "OR", "ANDY", "ANDY(1)", "trueish", "$a AND", "AND $a", "$a and $b", "$a && $b", "$a || $b", "$a == $b", "$a <> $b", "$a => 1", "$a !", "NOT $a", "!", "()", "($a", "$a)", "(,)", "[$a]", "{$a}",
	"$a $b", "$a 1", "1 $a", "$a-$b", "$a - $b $c", "$a; $b", "$a # x", "$a // x", "$a /* x */", "$a ? 1 : 2", "$a ~ 1", "$a.b()", "TRUE", "NULL", "nil", "None",
	"LAST(LAST($m))", "LAST($m) + LAST($n)", "RATE(INCREASE($m), 60)", "\x00", "$a\x00", "$a\u200b", "“quoted”", "$a = ‘b’", "$a, $b", ",", "IF($a, 1),", "$a +", "+ $a", "* 2", "1 * / 2", "1 = = 2",
}

// ANTLR repairs what the grammar does not hold, and says so, which is refused;
// the texts of both then differ, so only that there is one is compared.
func agree(t *testing.T, text string) bool {
	t.Helper()
	_, theirs := parser.ANTLRParse(text, false)
	_, ours := query.ParseFieldSyntax(text)
	if (theirs == nil) != (ours == nil) {
		t.Errorf("%q\nthe vendor: %v\nours: %v", text, theirs, ours)
		return false
	}
	return theirs == nil
}

// TestFields_ParseAsTheVendorsValidatorDoes holds the grammar of calculated
// fields to the vendor's own parser: each expression is taken by both or by
// neither.
func TestFields_ParseAsTheVendorsValidatorDoes(t *testing.T) {
	t.Parallel()
	taken, tried := 0, 0
	try := func(text string) bool {
		tried++
		ok := agree(t, text)
		if ok {
			taken++
		}
		return ok
	}
	try("")
	for _, text := range goodFields {
		if !try(text) {
			t.Errorf("%q is refused", text)
		}
	}
	for _, text := range badFields {
		if try(text) {
			t.Errorf("%q is taken", text)
		}
	}
	operands := []string{"$a", "-1", "2.5", `"s"`, "`r`", "true", "null", "!$b", "(1)", "LOG10($c)", "$d-", ""}
	for _, op := range []string{"+", "-", "*", "/", "%", "<", "<=", ">", ">=", "=", "!=", "AND", "OR", "!", ",", "&"} {
		for _, left := range operands {
			for _, right := range operands {
				try(left + " " + op + " " + right)
			}
			try(left + op + "3")
		}
	}
	// Each good expression with a character left out, or doubled.
	for _, text := range goodFields {
		runes := []rune(text)
		for i := range runes {
			try(string(runes[:i]) + string(runes[i+1:]))
			try(string(runes[:i+1]) + string(runes[i:]))
		}
	}
	// Tokens in any order, the same on each run.
	tokens := []string{"$a", "$", "1", "-", "2.5", `"s"`, "`r`", "true", "null", "!", "(", ")", ",", "+", "*", "<", "=", "AND", "OR", "IF", "LOG10", "LAST", "FOO", "x"}
	random := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		parts := make([]string, 1+random.IntN(7))
		for i := range parts {
			parts[i] = tokens[random.IntN(len(tokens))]
		}
		try(strings.Join(parts, " "))
	}
	t.Logf("%d expressions, %d of them taken", tried, taken)
	if taken < 500 || tried-taken < 500 {
		t.Error("too few of either kind to say anything")
	}
}
