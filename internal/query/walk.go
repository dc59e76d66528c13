package query

import (
	"slices"

	"github.com/oriel-dev/oriel/internal/event"
)

// FieldsOf lists the fields an expression reads, each once, in the order in
// which they first appear.
func FieldsOf(e Expr) []string {
	var names []string
	add := func(list ...string) {
		for _, name := range list {
			if name != "" && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	walk(e, func(x Expr) {
		switch x := x.(type) {
		case Field:
			add(x.Name)
		case Call:
			switch x.Name {
			case "EVENT_TIMESTAMP":
				add(event.SystemTime)
			case "INGEST_TIMESTAMP":
				add(event.FieldArrival, event.SystemLag, event.SystemTime)
			}
		}
	})
	return names
}

// HasCalls reports whether an expression calls functions, whose results may
// depend on the kinds of fields: see [Typed].
func HasCalls(e Expr) (some bool) {
	walk(e, func(x Expr) {
		if _, is := x.(Call); is {
			some = true
		}
	})
	return some
}

// Calls calls f with the name of each function that an expression calls, as often as
// it is called.
func Calls(e Expr, f func(name string)) {
	walk(e, func(x Expr) {
		if c, is := x.(Call); is {
			f(c.Name)
		}
	})
}

// IsPlain reports whether stages are conditions, and nothing else, each part of which
// compares fields or looks for texts in them.
func IsPlain(stages []Stage) bool {
	for _, s := range stages {
		f, ok := s.(Filter)
		if !ok {
			return false
		}
		plain := true
		walk(f.Where, func(x Expr) {
			switch x := x.(type) {
			case Call, InQuery:
				plain = false
			case Text:
				plain = plain && x.Op != Regex && x.Op != Search
			}
		})
		if !plain {
			return false
		}
	}
	return true
}

// walk calls f for an expression and all its parts.
func walk(e Expr, f func(Expr)) {
	if e == nil {
		return
	}
	f(e)
	all := func(list []Expr) {
		for _, x := range list {
			walk(x, f)
		}
	}
	switch x := e.(type) {
	case Compare:
		walk(x.L, f)
		walk(x.R, f)
	case In:
		walk(x.X, f)
	case InQuery:
		walk(x.X, f)
	case Exists:
		walk(x.X, f)
	case Text:
		walk(x.X, f)
	case And:
		all(x.Terms)
	case Or:
		all(x.Terms)
	case Not:
		walk(x.X, f)
	case Call:
		all(x.Args)
	}
}
