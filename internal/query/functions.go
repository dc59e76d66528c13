package query

import (
	"math"
	"regexp"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
)

// The catalogue of the functions of [Call], which are those of Honeycomb's
// calculated fields. The rules that all of them share:
//
//   - Types are strict. An expression has one kind, [KindOf], made from the kinds
//     of its parts as a column's is from its rows: IF(c, 1, "x") is text, and
//     gives "1". EQUALS(200, "200") is false; 200 equals 200.0.
//   - Integers and floats are numbers, booleans are not. A float that is NaN or
//     infinite counts as no number, and a calculation that would give one is null.
//   - Arithmetic gives floats; what is no number counts as 0 in it, null too. Text
//     that reads as a number is one there (see event.Value.Number), and only there.
//   - "Empty" is null: the empty text is a value.
//
// | function | gives |
// | --- | --- |
// | IF(c, v, …[, else]) | the value after the first condition that is true (see [Truth]), else the last value or null |
// | SWITCH(x, "case", v, …[, else]) | the value after the first text that x equals |
// | COALESCE(a, …) | the first that is not null |
// | LT LTE GT GTE(a, b) | whether both are numbers, or both text, in that order |
// | EQUALS(a, b), IN(a, b, …) | whether a equals b, or any of them, in type too; null equals nothing |
// | EXISTS(a) | whether a is not null |
// | NOT(a) AND(a, …) OR(a, …) | of the truth of the arguments |
// | MIN(a, …) MAX(a, …) | the least or greatest of those of the type (number, text, boolean) of the first that is not null |
// | SUM(a, …) MUL(a, …) SUB(a, b) DIV(a, b) MOD(a, b) | arithmetic; null if divided by zero; MOD has the sign of a |
// | LOG10(a) | null if a is no number (text that reads as one is) or not above 0 |
// | BUCKET(a, size[, min[, max]]) | the bin of a number as text, "0 - 10"; a value on a border is in the lower bin |
// | INT(a) FLOAT(a) | the number, cut towards zero for INT; 0 where it is none, or too large for INT |
// | BOOL(a) STRING(a) | the truth; the text, "" for null |
// | CONCAT(a, …) | the texts one after the other, without those of nulls |
// | STARTS_WITH ENDS_WITH CONTAINS(s, t) | false unless both are text |
// | TO_LOWER(s) | null unless text |
// | LENGTH(s[, "bytes" or "chars"]) | in characters (code points) unless told; null unless text |
// | REG_MATCH(s, re) | whether s is text and matches somewhere |
// | REG_VALUE(s, re) | the first group of the first match, the match if there is no group; null without match |
// | REG_COUNT(s, re) | the number of matches that do not overlap, 0 unless text |
// | UNIX_TIMESTAMP(s) | seconds since 1970 of an RFC 3339 time, else null |
// | EVENT_TIMESTAMP() | the event's time in seconds since 1970 |
// | INGEST_TIMESTAMP() | when it came in, up to event.LagStep early, in seconds since 1970; null where that was not kept |
// | FORMAT_TIME(format, seconds) | the time in UTC, by a strftime format; null before 1900 or from 2300 on |
//
// LAST, SUMMARIZE, INCREASE, RATE and RAW_METRIC work on metrics datasets only.
type function struct {
	least, most int // arguments; most is 0 for any number
	timed       bool
	check       func(args []Expr) error // nil for none
	kind        func(kinds []event.Kind) event.Kind
	eval        func(row Row, args []event.Value) event.Value
}

const maxArguments = 1000

// functionNamed returns a function of the catalogue, nil if there is none.
func functionNamed(name string) *function {
	f, ok := functions[name]
	if !ok {
		f, ok = valueFunctions[name]
	}
	if !ok {
		return nil
	}
	return &f
}

//nolint:gochecknoglobals // a table of constants
var functions = map[string]function{
	"IF":       {least: 2, kind: kindOfIf, eval: evalIf},
	"SWITCH":   {least: 3, check: checkCases, kind: kindOfSwitch, eval: evalSwitch},
	"COALESCE": {least: 1, kind: unified, eval: evalCoalesce},

	"LT":     {least: 2, most: 2, kind: always(event.Bool), eval: evalOrder(Lt)},
	"LTE":    {least: 2, most: 2, kind: always(event.Bool), eval: evalOrder(Le)},
	"GT":     {least: 2, most: 2, kind: always(event.Bool), eval: evalOrder(Gt)},
	"GTE":    {least: 2, most: 2, kind: always(event.Bool), eval: evalOrder(Ge)},
	"EQUALS": {least: 2, most: 2, kind: always(event.Bool), eval: evalIn},
	"IN":     {least: 2, kind: always(event.Bool), eval: evalIn},
	"EXISTS": {least: 1, most: 1, kind: always(event.Bool), eval: evalExists},
	"NOT":    {least: 1, most: 1, kind: always(event.Bool), eval: evalNot},
	"AND":    {least: 1, kind: always(event.Bool), eval: evalAnd},
	"OR":     {least: 1, kind: always(event.Bool), eval: evalOr},

	"MIN":    {least: 1, kind: unified, eval: evalExtreme(Lt)},
	"MAX":    {least: 1, kind: unified, eval: evalExtreme(Gt)},
	"SUM":    {least: 1, kind: always(event.Float), eval: evalSum},
	"SUB":    {least: 2, most: 2, kind: always(event.Float), eval: evalSub},
	"MUL":    {least: 1, kind: always(event.Float), eval: evalMul},
	"DIV":    {least: 2, most: 2, kind: always(event.Float), eval: evalDiv},
	"MOD":    {least: 2, most: 2, kind: always(event.Float), eval: evalMod},
	"LOG10":  {least: 1, most: 1, kind: always(event.Float), eval: evalLog10},
	"BUCKET": {least: 2, most: 4, check: checkBucket, kind: always(event.String), eval: evalBucket},

	"INT":    {least: 1, most: 1, kind: always(event.Int), eval: evalInt},
	"FLOAT":  {least: 1, most: 1, kind: always(event.Float), eval: evalFloat},
	"BOOL":   {least: 1, most: 1, kind: always(event.Bool), eval: evalBool},
	"STRING": {least: 1, most: 1, kind: always(event.String), eval: evalConcat},

	"CONCAT":      {least: 1, kind: always(event.String), eval: evalConcat},
	"STARTS_WITH": {least: 2, most: 2, kind: always(event.Bool), eval: evalText(strings.HasPrefix)},
	"ENDS_WITH":   {least: 2, most: 2, kind: always(event.Bool), eval: evalText(strings.HasSuffix)},
	"CONTAINS":    {least: 2, most: 2, kind: always(event.Bool), eval: evalText(strings.Contains)},
	"TO_LOWER":    {least: 1, most: 1, kind: always(event.String), eval: evalLower},
	"LENGTH":      {least: 1, most: 2, check: checkUnit, kind: always(event.Int), eval: evalLength},
	"REG_MATCH":   {least: 2, most: 2, check: checkRegex, kind: always(event.Bool), eval: evalRegMatch},
	"REG_VALUE":   {least: 2, most: 2, check: checkRegex, kind: always(event.String), eval: evalRegValue},
	"REG_COUNT":   {least: 2, most: 2, check: checkRegex, kind: always(event.Int), eval: evalRegCount},

	"UNIX_TIMESTAMP":   {least: 1, most: 1, kind: always(event.Float), eval: evalUnixTimestamp},
	"EVENT_TIMESTAMP":  {most: -1, kind: always(event.Float), eval: evalEventTimestamp},
	"INGEST_TIMESTAMP": {most: -1, kind: always(event.Float), eval: evalIngestTimestamp},
	"FORMAT_TIME":      {least: 2, most: 2, check: checkTimeFormat, kind: always(event.String), eval: evalFormatTime},

	"LAST":       {least: 1, timed: true, kind: always(event.Float), eval: nothing},
	"SUMMARIZE":  {least: 1, timed: true, kind: always(event.Float), eval: nothing},
	"INCREASE":   {least: 1, most: 2, timed: true, kind: always(event.Float), eval: nothing},
	"RATE":       {least: 1, most: 2, timed: true, kind: always(event.Float), eval: nothing},
	"RAW_METRIC": {least: 1, timed: true, kind: always(event.Float), eval: nothing},
}

func nothing(Row, []event.Value) event.Value { return event.Value{} }

// CheckField checks the functions of an expression: that they are in the
// catalogue and can take their arguments.
func CheckField(e Expr) error {
	c, ok := e.(Call)
	if !ok {
		return nil
	}
	f := functionNamed(c.Name)
	switch {
	case f == nil:
		return fault.New(fault.Invalid, "invalid function: %s", c.Name)
	case f.timed:
		return fault.New(fault.Invalid, "%s is only supported in metrics datasets", c.Name)
	case len(c.Args) < f.least || len(c.Args) > max(f.most, 0) && f.most != 0 || len(c.Args) > maxArguments:
		return fault.New(fault.Invalid, "%s takes %s, found %d", c.Name, f.arity(), len(c.Args))
	}
	if f.check != nil {
		if err := f.check(c.Args); err != nil {
			return fault.New(fault.KindOf(err), "%s: %s", c.Name, fault.MessageOf(err))
		}
	}
	for _, a := range c.Args {
		if err := CheckField(a); err != nil {
			return err
		}
	}
	return nil
}

func (f *function) arity() string {
	count := func(n int) string {
		names := []string{"no arguments", "one argument", "two arguments", "three arguments", "four arguments"}
		return names[n]
	}
	switch {
	case f.most < 0:
		return count(0)
	case f.most == 0:
		return "at least " + count(f.least)
	case f.most == f.least:
		return count(f.least)
	}
	return count(f.least)[:strings.IndexByte(count(f.least), ' ')] + " to " + count(f.most)
}

func constant(e Expr) (event.Value, bool) {
	l, ok := e.(Literal)
	return l.Value, ok
}

func constantText(e Expr) (string, bool) {
	v, ok := constant(e)
	return v.Str(), ok && v.Kind() == event.String
}

func checkCases(args []Expr) error {
	for i := 1; i+1 < len(args); i += 2 {
		if _, ok := constantText(args[i]); !ok {
			return fault.New(fault.Invalid, "case %d is %s; cases must be string literals", (i+1)/2, FieldText(args[i]))
		}
	}
	return nil
}

func checkBucket(args []Expr) error {
	bounds := make([]float64, 0, 3)
	for _, a := range args[1:] {
		v, ok := constant(a)
		f, isNumber := number(v)
		if !ok || !isNumber {
			return fault.New(fault.Invalid, "size, min and max must be numeric literals, found %s", FieldText(a))
		}
		bounds = append(bounds, f)
	}
	switch {
	case bounds[0] <= 0:
		return fault.New(fault.Invalid, "size is %v; it must be above 0", bounds[0])
	case len(bounds) == 3 && bounds[2] <= bounds[1]:
		return fault.New(fault.Invalid, "max is %v; it must be above min, %v", bounds[2], bounds[1])
	}
	return nil
}

func checkUnit(args []Expr) error {
	if len(args) < 2 {
		return nil
	}
	if s, ok := constantText(args[1]); !ok || s != "bytes" && s != "chars" {
		return fault.New(fault.Invalid, `the unit is %s; it must be "bytes" or "chars"`, FieldText(args[1]))
	}
	return nil
}

func checkRegex(args []Expr) error {
	s, ok := constantText(args[1])
	if !ok {
		return fault.New(fault.Invalid, "the regular expression must be a string literal, found %s", FieldText(args[1]))
	}
	return checkPattern(s)
}

// KindOf returns the kind of an expression's values, given those of fields; Null
// if it never has one.
func KindOf(e Expr, fields func(name string) event.Kind) event.Kind {
	switch x := e.(type) {
	case Field:
		return fields(x.Name)
	case Literal:
		return x.Value.Kind()
	case Call:
		f := functionNamed(x.Name)
		if f == nil {
			return event.Null
		}
		kinds := make([]event.Kind, len(x.Args))
		for i, a := range x.Args {
			kinds[i] = KindOf(a, fields)
		}
		return f.kind(kinds)
	}
	return event.Bool
}

// IsCondition reports whether an expression is a boolean that is never null.
func IsCondition(e Expr) bool {
	switch x := e.(type) {
	case Field, Literal:
		return false
	case Call:
		switch x.Name {
		case "LT", "LTE", "GT", "GTE", "EQUALS", "IN", "EXISTS", "NOT", "AND", "OR", "BOOL", "STARTS_WITH", "ENDS_WITH", "CONTAINS", "REG_MATCH":
			return true
		}
		return false
	}
	return true
}

func always(kind event.Kind) func([]event.Kind) event.Kind {
	return func([]event.Kind) event.Kind { return kind }
}

func unified(kinds []event.Kind) event.Kind {
	kind := event.Null
	for _, k := range kinds {
		kind = event.Unify(kind, k)
	}
	return kind
}

func kindOfIf(kinds []event.Kind) event.Kind {
	var values []event.Kind
	for i, k := range kinds {
		if i%2 == 1 || i == len(kinds)-1 {
			values = append(values, k)
		}
	}
	return unified(values)
}

func kindOfSwitch(kinds []event.Kind) event.Kind { return kindOfIf(kinds[1:]) }

// number reads a number of a strict kind; those that are not finite are none.
func number(v event.Value) (float64, bool) {
	if v.Kind() != event.Int && v.Kind() != event.Float {
		return 0, false
	}
	f, _ := v.Number()
	return f, !math.IsNaN(f) && !math.IsInf(f, 0)
}

// parsed is number, but also reads text.
func parsed(v event.Value) (float64, bool) {
	if v.Kind() == event.String {
		return v.Number()
	}
	return number(v)
}

// finite is a float, null if it is none.
func finite(f float64) event.Value {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return event.Value{}
	}
	return event.FloatValue(f)
}

func compiledPattern(v event.Value) *regexp.Regexp { return patterns.get(v.Str()) }
