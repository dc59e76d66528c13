package sdk_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/honeycombio/honeycomb-derived-column-validator/pkg/api"
	"github.com/honeycombio/honeycomb-derived-column-validator/pkg/parser"

	"github.com/oriel-dev/oriel/internal/query"
)

// vendorOps are the names that our functions have in the vendor's tree.
func vendorOps() map[string]api.DeriveOp {
	return map[string]api.DeriveOp{
		"IF": api.DeriveOp_D_IF, "COALESCE": api.DeriveOp_D_COALESCE, "NOT": api.DeriveOp_D_NOT, "LT": api.DeriveOp_D_LT, "LTE": api.DeriveOp_D_LTE,
		"GT": api.DeriveOp_D_GT, "GTE": api.DeriveOp_D_GTE, "EQUALS": api.DeriveOp_D_IN, "IN": api.DeriveOp_D_IN, "AND": api.DeriveOp_D_AND, "OR": api.DeriveOp_D_OR,
		"MIN": api.DeriveOp_D_MIN, "MAX": api.DeriveOp_D_MAX, "CONCAT": api.DeriveOp_D_CONCAT, "EXISTS": api.DeriveOp_D_HAS_VALUE,
		"STARTS_WITH": api.DeriveOp_D_PREFIX, "ENDS_WITH": api.DeriveOp_D_SUFFIX, "SUM": api.DeriveOp_D_SUM, "SUB": api.DeriveOp_D_SUB,
		"MUL": api.DeriveOp_D_MUL, "DIV": api.DeriveOp_D_DIV, "INT": api.DeriveOp_D_INT, "LOG10": api.DeriveOp_D_LOG10, "CONTAINS": api.DeriveOp_D_CONTAINS,
		"REG_MATCH": api.DeriveOp_D_REG_MATCH, "REG_VALUE": api.DeriveOp_D_REG_VALUE, "REG_COUNT": api.DeriveOp_D_REG_COUNT,
		"UNIX_TIMESTAMP": api.DeriveOp_D_UNIX_TIMESTAMP, "FLOAT": api.DeriveOp_D_FLOAT, "BOOL": api.DeriveOp_D_BOOL, "STRING": api.DeriveOp_D_STRING,
		"BUCKET": api.DeriveOp_D_BUCKET, "EVENT_TIMESTAMP": api.DeriveOp_D_EVENT_TIMESTAMP, "INGEST_TIMESTAMP": api.DeriveOp_D_INGEST_TIMESTAMP,
		"MOD": api.DeriveOp_D_MOD, "FORMAT_TIME": api.DeriveOp_D_FORMAT_TIME, "LENGTH": api.DeriveOp_D_LENGTH, "SWITCH": api.DeriveOp_D_SWITCH,
		"TO_LOWER": api.DeriveOp_D_TO_LOWER,
		"LAST":     api.DeriveOp_D_NONE, "SUMMARIZE": api.DeriveOp_D_NONE, "INCREASE": api.DeriveOp_D_NONE, "RATE": api.DeriveOp_D_NONE, "RAW_METRIC": api.DeriveOp_D_NONE,
	}
}

// operation is a node of either tree. Fields and literals are left out: the vendor's
// published parser does not keep them.
type operation struct {
	op   api.DeriveOp
	args []operation
}

func (o operation) String() string {
	parts := make([]string, len(o.args))
	for i, a := range o.args {
		parts[i] = a.String()
	}
	return string('A'+rune(o.op)) + "(" + strings.Join(parts, ",") + ")"
}

func theirTree(v *api.DerivedValue) operation {
	out := operation{op: v.Op}
	for _, p := range v.Params {
		if d, ok := p.Value.(*api.DerivedParam_Derived); ok {
			out.args = append(out.args, theirTree(d.Derived))
		}
	}
	if v.Op == api.DeriveOp_D_NOT_IN {
		out.op = api.DeriveOp_D_IN
		return operation{api.DeriveOp_D_NOT, []operation{out}}
	}
	return out
}

// ourTree turns an expression into operations; a chain of + * AND OR, which we keep
// as one call, is nested to the left as the vendor has it.
func ourTree(e query.Expr) []operation {
	c, ok := e.(query.Call)
	if !ok {
		return nil
	}
	out := operation{op: vendorOps()[c.Name]}
	for i, a := range c.Args {
		if i > 1 && slices.Contains([]string{"SUM", "MUL", "AND", "OR"}, c.Name) {
			out = operation{op: out.op, args: []operation{out}}
		}
		out.args = append(out.args, ourTree(a)...)
	}
	return []operation{out}
}

// writer writes random expressions, token by token.
type writer struct {
	*rand.Rand
	text strings.Builder
	last string
}

func pick(r *rand.Rand, from ...string) string { return from[r.IntN(len(from))] }

// token writes a token after white space of any kind, which may be missing beside
// brackets and commas.
func (w *writer) token(text string) {
	const bare = "(),"
	if w.last != "" && (w.IntN(3) == 0 || !strings.Contains(bare, text) && !strings.Contains(bare, w.last)) {
		for range 1 + w.IntN(3)*w.IntN(2) {
			w.text.WriteString(pick(w.Rand, " ", " ", " ", "\t", "\n", "\v", "\f", "\r", "\u0085", "\u00a0", "\u1680", "\u2003", "\u2028", "\u2029", "\u202f", "\u205f", "\u3000"))
		}
	}
	w.text.WriteString(text)
	w.last = text
}

func (w *writer) leaf() {
	w.token(pick(w.Rand,
		"$a", "$duration_ms", "$a-b", "$größe", "$日本語", "$ǅ", "$𝒳", "$٣", "$a.b/c:d=e+f?g-h", `$"a b \u00e9"`, "$`a\n b`", `$ "x"`,
		"0", "007", "42", "- 7", "-9223372036854775807", "1.0", ".5", "00.50", "5e3", "5E-3", "1.50e+10", "-.5e-3", "1e308", "1e-400",
		`""`, `"x"`, `"\a\b\f\n\r\t\v\\\"\101\x41\u00e9\U0001F600"`, `"日本 ' \t"`, "``", "`\\d+ \" é`", "true", "false", "null",
		"LOG10($a)", "INT(1)", "EVENT_TIMESTAMP()"))
}

func (w *writer) expression(depth int) {
	if depth == 0 {
		w.leaf()
		return
	}
	switch w.IntN(10) {
	case 0:
		w.token("!")
		w.expression(depth - 1)
	case 1, 2:
		w.token("(")
		w.expression(depth - 1)
		w.token(")")
	case 3, 4, 5:
		w.call(depth)
	default:
		w.expression(depth - 1)
		for range 1 + w.IntN(3) {
			w.token(pick(w.Rand, "+", "-", "*", "/", "%", "<", "<=", ">", ">=", "=", "!=", "AND", "OR"))
			w.expression(w.IntN(depth))
		}
	}
}

// call writes a function of at most two arguments where more would be a chain.
func (w *writer) call(depth int) {
	names := make([]string, 0, 50)
	for name, op := range vendorOps() {
		if op != api.DeriveOp_D_NONE { // those of metrics can't be nested
			names = append(names, name)
		}
	}
	slices.Sort(names)
	name := pick(w.Rand, names...)
	most := 5
	if slices.Contains([]string{"SUM", "MUL", "AND", "OR"}, name) {
		most = 3
	}
	w.token(name)
	w.token("(")
	n := w.IntN(most)
	for i := range n {
		if i > 0 {
			w.token(",")
		}
		w.expression(w.IntN(depth))
	}
	if n > 0 && w.IntN(4) == 0 {
		w.token(",")
	}
	w.token(")")
}

// TestFields_AreReadInTheVendorsOrder holds generated expressions to the vendor's own
// parser: not only are both of one mind whether to take them, also what is applied to
// what is the same. Then it spoils each in one place.
func TestFields_AreReadInTheVendorsOrder(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	spoilt, refused := 0, 0
	for range 3000 {
		w := &writer{Rand: random}
		w.expression(1 + random.IntN(5))
		text := w.text.String()
		if len(text) > 4000 {
			continue // longer than expressions may be
		}
		theirs, err := parser.ANTLRParse(text, false)
		ours, ourErr := query.ParseFieldSyntax(text)
		if err != nil || ourErr != nil {
			t.Fatalf("%q\nthe vendor: %v\nours: %v", text, err, ourErr)
		}
		if tree := ourTree(ours); len(tree) == 1 && tree[0].String() != theirTree(theirs).String() {
			t.Errorf("%q is %s, at the vendor's %s", text, tree[0], theirTree(theirs))
		}
		runes := []rune(text)
		at := random.IntN(len(runes) + 1)
		odd := []rune(pick(random, "\u200b", "\ufeff", "\u180e", "\x00", `\`, `"`, "`", "'", "$", "!", "=", ".", "e", "é", "٣", "日", "🚀", "\ufffd", "\u0301", "²", "ⅷ", "0", "_", "-", "(", ")", ",", "AND", " "))
		if spoilt++; !agree(t, string(slices.Concat(runes[:at], odd, runes[at:]))) {
			refused++
		}
	}
	if refused < spoilt/4 || refused > spoilt*9/10 {
		t.Errorf("%d of %d spoilt expressions are refused: too many of one kind to say anything", refused, spoilt)
	}
}

// TestFields_OfAnyScript names columns with characters of every kind, alone.
func TestFields_OfAnyScript(t *testing.T) {
	t.Parallel()
	for _, r := range "aÀßªʰǅאبक日ꙮ𝒳𐐷𞤀0٣०𝟘_./:=+?-²Ⅷⅷ①\u0301\u200d\u200b\ufe0f€+×🚀\ue000\ufffd\u00ad'\"`~@#%^&*()[]{}|;<>, \u00a0" {
		agree(t, "$"+string(r))
		agree(t, "$x"+string(r)+"y")
		agree(t, string(r)+"1")
		agree(t, "IF"+string(r)+"($a)")
	}
}

// TestFields_NestAsDeepAsWeSay: up to our limit as at the vendor's, then a clear error.
func TestFields_NestAsDeepAsWeSay(t *testing.T) {
	t.Parallel()
	for _, around := range [][2]string{{"NOT(", ")"}, {"!", ""}, {"(", ")"}, {"IF($a, ", ")"}, {"1 - (", ")"}} {
		for _, depth := range []int{1, 10, 49, 50} {
			if !agree(t, strings.Repeat(around[0], depth)+"$a"+strings.Repeat(around[1], depth)) {
				t.Errorf("%s is not taken %d deep", around[0], depth)
			}
		}
		_, err := query.ParseFieldSyntax(strings.Repeat(around[0], 500) + "$a" + strings.Repeat(around[1], 500))
		if err == nil || !strings.Contains(err.Error(), "nested more than 50 deep") {
			t.Errorf("%s 500 deep: %v", around[0], err)
		}
	}
}
