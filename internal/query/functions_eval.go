package query

import (
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/oriel-dev/oriel/internal/event"
)

// Typed is a Row that knows the kinds of fields beyond its own values, as a store
// does. Without it a field has the kind of its value, so that an expression on
// one event alone may differ from a query where fields hold several kinds.
type Typed interface {
	Row
	// Kind returns the kind of a field's values, Null if it has none.
	Kind(name string) event.Kind
}

// call computes a function: arguments and result are of the kinds that KindOf gives.
func call(c Call, row Row) event.Value {
	f := functionNamed(c.Name)
	if f == nil || len(c.Args) < f.least {
		return event.Value{}
	}
	kindOf := func(name string) event.Kind { return row.Get(name).Kind() }
	if t, ok := row.(Typed); ok {
		kindOf = t.Kind
	}
	args, kinds := make([]event.Value, len(c.Args)), make([]event.Kind, len(c.Args))
	for i, a := range c.Args {
		kinds[i] = KindOf(a, kindOf)
		args[i] = Eval(a, row).Convert(kinds[i])
	}
	return f.eval(row, args).Convert(f.kind(kinds))
}

func truth(b bool) event.Value { return event.BoolValue(b) }

func evalIf(_ Row, args []event.Value) event.Value {
	for i := 0; i+1 < len(args); i += 2 {
		if Truth(args[i]) {
			return args[i+1]
		}
	}
	if len(args)%2 == 1 {
		return args[len(args)-1]
	}
	return event.Value{}
}

func evalSwitch(_ Row, args []event.Value) event.Value {
	for i := 1; i+1 < len(args); i += 2 {
		if equal(args[0], args[i]) {
			return args[i+1]
		}
	}
	if len(args)%2 == 0 {
		return args[len(args)-1]
	}
	return event.Value{}
}

func evalCoalesce(_ Row, args []event.Value) event.Value {
	for _, a := range args {
		if !a.IsNull() {
			return a
		}
	}
	return event.Value{}
}

// class groups the kinds that functions compare: numbers, text, booleans.
func class(v event.Value) event.Kind {
	if v.Kind() == event.Int {
		return event.Float
	}
	return v.Kind()
}

// alike reports whether two values are of one class; a float that is not
// finite is of none.
func alike(a, b event.Value) bool {
	if a.IsNull() || class(a) != class(b) {
		return false
	}
	if class(a) != event.Float {
		return true
	}
	_, x := number(a)
	_, y := number(b)
	return x && y
}

func equal(a, b event.Value) bool { return alike(a, b) && compareValues(Eq, a, b) }

func evalOrder(op CompareOp) func(Row, []event.Value) event.Value {
	return func(_ Row, args []event.Value) event.Value {
		return truth(args[0].Kind() != event.Bool && alike(args[0], args[1]) && compareValues(op, args[0], args[1]))
	}
}

func evalIn(_ Row, args []event.Value) event.Value {
	for _, a := range args[1:] {
		if equal(args[0], a) {
			return truth(true)
		}
	}
	return truth(false)
}

func evalExists(_ Row, args []event.Value) event.Value { return truth(!args[0].IsNull()) }
func evalNot(_ Row, args []event.Value) event.Value    { return truth(!Truth(args[0])) }
func evalBool(_ Row, args []event.Value) event.Value   { return truth(Truth(args[0])) }

func evalAnd(_ Row, args []event.Value) event.Value {
	for _, a := range args {
		if !Truth(a) {
			return truth(false)
		}
	}
	return truth(true)
}

func evalOr(_ Row, args []event.Value) event.Value {
	return truth(slices.ContainsFunc(args, Truth))
}

func evalExtreme(better CompareOp) func(Row, []event.Value) event.Value {
	return func(_ Row, args []event.Value) event.Value {
		var best event.Value
		for _, a := range args {
			switch {
			case !alike(a, a):
			case best.IsNull():
				best = a
			case alike(a, best) && compareValues(better, a, best):
				best = a
			}
		}
		return best
	}
}

// amount is a value in arithmetic: 0 where it is no number.
func amount(v event.Value) float64 {
	if f, ok := parsed(v); ok {
		return f
	}
	return 0
}

func evalSum(_ Row, args []event.Value) event.Value {
	sum := amount(args[0])
	for _, a := range args[1:] {
		sum += amount(a)
	}
	return finite(sum)
}

func evalMul(_ Row, args []event.Value) event.Value {
	product := amount(args[0])
	for _, a := range args[1:] {
		product *= amount(a)
	}
	return finite(product)
}

func evalSub(_ Row, args []event.Value) event.Value {
	return finite(amount(args[0]) - amount(args[1]))
}

func evalDiv(_ Row, args []event.Value) event.Value {
	by := amount(args[1])
	if by == 0 {
		return event.Value{}
	}
	return finite(amount(args[0]) / by)
}

func evalMod(_ Row, args []event.Value) event.Value {
	by := amount(args[1])
	if by == 0 {
		return event.Value{}
	}
	return finite(math.Mod(amount(args[0]), by))
}

func evalLog10(_ Row, args []event.Value) event.Value {
	f, ok := parsed(args[0])
	if !ok || f <= 0 {
		return event.Value{}
	}
	log := math.Log10(f)
	// Powers of ten are exact in C's library, and so in SQL, but not in Go's.
	if whole := math.Round(log); math.Pow(10, whole) == f {
		log = whole
	}
	return finite(log)
}

func evalBucket(_ Row, args []event.Value) event.Value {
	x, ok := number(args[0])
	if !ok {
		return event.Value{}
	}
	size, _ := number(args[1])
	least, most := 0.0, math.Inf(1)
	if len(args) > 2 {
		if least, _ = number(args[2]); x <= least {
			return event.StringValue("< " + floatText(least))
		}
	}
	if len(args) > 3 {
		if most, _ = number(args[3]); x > most {
			return event.StringValue("> " + floatText(most))
		}
	}
	n := math.Ceil((x - least) / size)
	// The conversions keep the compiler from fusing, which would round otherwise.
	from, to := least+float64((n-1)*size), min(least+float64(n*size), most)
	if math.IsInf(from, 0) || math.IsNaN(from) || math.IsInf(to, 0) {
		return event.Value{}
	}
	return event.StringValue(floatText(from) + " - " + floatText(to))
}

func floatText(f float64) string {
	if f == 0 {
		return "0" // not -0
	}
	return event.FloatValue(f).Text()
}

// largestInt is the largest float below 2^63.
const largestInt = float64(1<<63 - 1024)

func evalInt(_ Row, args []event.Value) event.Value {
	if args[0].Kind() == event.Int {
		return args[0]
	}
	f, ok := parsed(args[0])
	if !ok || math.Abs(f) > largestInt {
		return event.IntValue(0)
	}
	return event.IntValue(int64(f))
}

func evalFloat(_ Row, args []event.Value) event.Value {
	return event.FloatValue(amount(args[0]))
}

func evalConcat(_ Row, args []event.Value) event.Value {
	var b strings.Builder
	for _, a := range args {
		b.WriteString(a.Text())
	}
	return event.StringValue(b.String())
}

func evalText(test func(s, part string) bool) func(Row, []event.Value) event.Value {
	return func(_ Row, args []event.Value) event.Value {
		return truth(args[0].Kind() == event.String && args[1].Kind() == event.String && test(args[0].Str(), args[1].Str()))
	}
}

func evalLower(_ Row, args []event.Value) event.Value {
	if args[0].Kind() != event.String {
		return event.Value{}
	}
	return event.StringValue(strings.ToLower(args[0].Str()))
}

func evalLength(_ Row, args []event.Value) event.Value {
	s := args[0].Str()
	switch {
	case args[0].Kind() != event.String:
		return event.Value{}
	case len(args) > 1 && args[1].Str() == "bytes":
		return event.IntValue(int64(len(s)))
	}
	return event.IntValue(int64(utf8.RuneCountInString(s)))
}

func evalRegMatch(_ Row, args []event.Value) event.Value {
	re := compiledPattern(args[1])
	return truth(args[0].Kind() == event.String && re != nil && re.MatchString(args[0].Str()))
}

func evalRegValue(_ Row, args []event.Value) event.Value {
	re := compiledPattern(args[1])
	if args[0].Kind() != event.String || re == nil {
		return event.Value{}
	}
	found := re.FindStringSubmatch(args[0].Str())
	if found == nil {
		return event.Value{}
	}
	return event.StringValue(found[min(1, len(found)-1)])
}

func evalRegCount(_ Row, args []event.Value) event.Value {
	re := compiledPattern(args[1])
	if args[0].Kind() != event.String || re == nil {
		return event.IntValue(0)
	}
	return event.IntValue(int64(len(re.FindAllStringIndex(args[0].Str(), -1))))
}
