package query

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/oriel-dev/oriel/internal/event"
)

// typedRow is a row of fields that have kinds of their own, whatever its values.
type typedRow struct {
	values map[string]event.Value
	kinds  map[string]event.Kind
}

func (r *typedRow) Get(name string) event.Value { return r.values[name] }
func (r *typedRow) Kind(name string) event.Kind { return r.kinds[name] }

func someValue(t *rapid.T) event.Value {
	return rapid.SampledFrom([]event.Value{
		{},
		event.IntValue(0), event.IntValue(7), event.IntValue(-1 << 60), event.FloatValue(7), event.FloatValue(0.5),
		event.StringValue(""), event.StringValue("7"), event.StringValue("true"), event.StringValue("an error"), event.BoolValue(true), event.BoolValue(false),
	}).Draw(t, "value")
}

// anyComputed is an expression whose functions have as many arguments as they take.
func anyComputed(t *rapid.T, depth int) Expr {
	if depth == 0 || rapid.IntRange(0, 3).Draw(t, "leaf") == 0 {
		if rapid.Bool().Draw(t, "literal") {
			return Literal{Value: someValue(t)}
		}
		return Field{Name: rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "field")}
	}
	switch rapid.IntRange(0, 9).Draw(t, "form") {
	case 0:
		return Compare{Op: Lt, L: anyComputed(t, depth-1), R: anyComputed(t, depth-1)}
	case 1:
		return In{X: anyComputed(t, depth-1), Values: []event.Value{someValue(t), someValue(t)}}
	case 2:
		return And{Terms: []Expr{anyComputed(t, depth-1), Not{X: anyComputed(t, depth-1)}}}
	case 3:
		return Or{Terms: []Expr{anyComputed(t, depth-1), Exists{X: anyComputed(t, depth-1)}}}
	case 4:
		return Text{Op: Contains, X: anyComputed(t, depth-1), S: "r"}
	case 5, 6:
		return Call{Name: "IF", Args: []Expr{anyComputed(t, depth-1), anyComputed(t, depth-1), anyComputed(t, depth-1)}}
	}
	name := rapid.SampledFrom(functionNames()).Draw(t, "function")
	f, c := functions[name], Call{Name: name}
	most := f.most
	if most == 0 {
		most = f.least + 3
	}
	for range rapid.IntRange(f.least, max(most, f.least)).Draw(t, "arguments") {
		c.Args = append(c.Args, anyComputed(t, depth-1))
	}
	if f.check != nil && f.check(c.Args) != nil {
		return Call{Name: "IF", Args: append(c.Args, anyComputed(t, depth-1))}
	}
	return c
}

func TestEvaluation_IsEvalOfEachRow(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		row := &typedRow{kinds: map[string]event.Kind{}}
		for _, name := range []string{"a", "b", "c"} {
			row.kinds[name] = rapid.SampledFrom([]event.Kind{event.Null, event.Int, event.Float, event.String, event.Bool}).Draw(t, "kind")
		}
		e := anyComputed(t, 4)
		eval, holds := Evaluation(e, row.Kind), Condition(e, row.Kind)
		for range 5 {
			row.values = map[string]event.Value{}
			for name, kind := range row.kinds {
				row.values[name] = someValue(t).Convert(kind)
			}
			if got, want := eval(row), Eval(e, row); got.Kind() != want.Kind() || got.Text() != want.Text() {
				t.Fatalf("%v of %v is %v %v, wanted %v %v", e, row.values, got.Kind(), got.Text(), want.Kind(), want.Text())
			}
			if got, want := holds(row), Match(e, row); got != want {
				t.Fatalf("%v of %v is %v, wanted %v", e, row.values, got, want)
			}
		}
	})
}
