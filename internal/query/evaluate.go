package query

import "github.com/oriel-dev/oriel/internal/event"

// Evaluation returns what computes an expression for many rows, as Eval does for one
// that is Typed: which functions it calls, and of what kinds everything is, are found
// out once, by the kinds of fields. It serves one goroutine at a time.
func Evaluation(e Expr, kindOf func(field string) event.Kind) func(Row) event.Value {
	switch x := e.(type) {
	case Field:
		return func(row Row) event.Value { return row.Get(x.Name) }
	case Literal:
		return func(Row) event.Value { return x.Value }
	case Call:
		return evaluationOf(x, kindOf)
	}
	condition := Condition(e, kindOf)
	return func(row Row) event.Value { return event.BoolValue(condition(row)) }
}

// Condition is Evaluation of a condition, which it tests as Match does.
func Condition(e Expr, kindOf func(field string) event.Kind) func(Row) bool {
	switch x := e.(type) {
	case Compare:
		l, r := Evaluation(x.L, kindOf), Evaluation(x.R, kindOf)
		return func(row Row) bool { return compareValues(x.Op, l(row), r(row)) }
	case In:
		value := Evaluation(x.X, kindOf)
		return func(row Row) bool { return isIn(value(row), x.Values) }
	case Exists:
		value := Evaluation(x.X, kindOf)
		return func(row Row) bool { return !value(row).IsNull() }
	case Text:
		value := Evaluation(x.X, kindOf)
		return func(row Row) bool { return hasText(x, value(row)) }
	case And:
		return untilOne(x.Terms, false, kindOf)
	case Or:
		return untilOne(x.Terms, true, kindOf)
	case Not:
		condition := Condition(x.X, kindOf)
		return func(row Row) bool { return !condition(row) }
	}
	value := Evaluation(e, kindOf)
	return func(row Row) bool { return Truth(value(row)) }
}

// untilOne is what one of the terms is, if it is so.
func untilOne(terms []Expr, so bool, kindOf func(field string) event.Kind) func(Row) bool {
	conditions := make([]func(Row) bool, len(terms))
	for i, t := range terms {
		conditions[i] = Condition(t, kindOf)
	}
	return func(row Row) bool {
		for _, condition := range conditions {
			if condition(row) == so {
				return so
			}
		}
		return !so
	}
}

func evaluationOf(c Call, kindOf func(field string) event.Kind) func(Row) event.Value {
	f := functionNamed(c.Name)
	if f == nil || len(c.Args) < f.least {
		return func(Row) event.Value { return event.Value{} }
	}
	of, kinds := make([]func(Row) event.Value, len(c.Args)), make([]event.Kind, len(c.Args))
	for i, a := range c.Args {
		of[i], kinds[i] = Evaluation(a, kindOf), KindOf(a, kindOf)
	}
	kind := f.kind(kinds)
	if c.Name == "IF" {
		return firstTrue(of, kinds, kind)
	}
	args := make([]event.Value, len(c.Args))
	return func(row Row) event.Value {
		for i := range args {
			args[i] = of[i](row).Convert(kinds[i])
		}
		return f.eval(row, args).Convert(kind)
	}
}

// firstTrue is evalIf without working out what is not asked for.
func firstTrue(of []func(Row) event.Value, kinds []event.Kind, kind event.Kind) func(Row) event.Value {
	return func(row Row) event.Value {
		at := 0
		for ; at+1 < len(of); at += 2 {
			if Truth(of[at](row).Convert(kinds[at])) {
				at++
				break
			}
		}
		if at >= len(of) {
			return event.Value{}
		}
		return of[at](row).Convert(kinds[at]).Convert(kind)
	}
}
