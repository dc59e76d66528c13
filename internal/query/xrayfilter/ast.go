// Package xrayfilter reads the filter expressions of AWS X-Ray: the language of
// GetTraceSummaries, of groups and of the Traces page. An expression is matched
// with one trace ([Expression.Match]), and says which traces are worth reading at
// all ([Expression.Candidates]). It is pure: no I/O, no clock.
//
// The grammar, which AWS does not publish, is the one that all of its examples fit:
//
//	or         = and { "OR" and }
//	and        = unary { [ "AND" ] unary }
//	unary      = ( "!" | "NOT" ) unary | primary
//	primary    = "(" or ")" | entity | rootcause | json | key [ op value ]
//	entity     = "service" "(" [ ref ] ")" [ block ] | "edge" "(" ref "," ref ")" [ block ]
//	ref        = STRING | "id" "(" pair { "," pair } ")"
//	pair       = ( "name" | "type" | "account.id" ) ":" STRING
//	rootcause  = "rootcause." ( "fault" | "error" | "responsetime" ) "." ( "service" | "entity" | "exception" ) block
//	json       = "rootcause.json" "=" "#" ARRAY
//	block      = "{" [ or ] "}"
package xrayfilter

import "encoding/json"

// Expr is a part of an expression. At is where it stands, a byte offset.
type Expr interface {
	expr()
	String() string
}

type (
	// And is true if all its terms are, also if there are none.
	And struct{ Terms []Expr }
	// Or is true if one of its terms is.
	Or struct{ Terms []Expr }
	// Not is true if its term is false.
	Not struct{ X Expr }

	// Has is a key alone: the value of a boolean, else whether there is a value.
	Has struct {
		Key Key
		At  int
	}

	// Compare compares what the key stands for with a value. It is false where
	// there is nothing to compare.
	Compare struct {
		Key   Key
		Op    Op
		Value Value
		At    int
	}

	// Service is true if some node of the trace (the one meant by Of, unless nil) is
	// there and one segment of it satisfies the whole of Where.
	Service struct {
		Of    *Ref
		Where Expr // nil for any
		At    int
	}

	// Edge is true if some call between the two satisfies the whole of Where.
	Edge struct {
		From, To Ref
		Where    Expr // nil for any
		At       int
	}

	// RootCause is true if a root cause of the kind has a part that satisfies Where.
	RootCause struct {
		Kind  CauseKind
		Part  CausePart
		Where Expr // nil for any
		At    int
	}

	// RootCauseJSON is true if every given cause is like one of the trace's.
	RootCauseJSON struct {
		Causes []any // as encoding/json reads them, numbers as json.Number
		At     int
	}
)

func (And) expr()           {}
func (Or) expr()            {}
func (Not) expr()           {}
func (Has) expr()           {}
func (Compare) expr()       {}
func (Service) expr()       {}
func (Edge) expr()          {}
func (RootCause) expr()     {}
func (RootCauseJSON) expr() {}

// Ref names nodes: by one name among theirs, or by all of the parts of an id that
// are not empty.
type Ref struct {
	Name string // of service("…"); the others are then empty

	IDName, IDType, IDAccount *string
}

// Key is what a comparison is about. Annotation is the name of the annotation if
// Name is KeyAnnotation.
type Key struct {
	Name       string // lower case
	Annotation string
}

// KeyAnnotation is the name of every key that is an annotation.
const KeyAnnotation = "annotation"

// Value is what a key is compared with: text, a number or a truth.
type Value struct {
	Kind   ValueKind
	Text   string
	Number float64
	Truth  bool
}

// ValueKind says which of a value's members counts.
type ValueKind uint8

// The kinds of value.
const (
	Text ValueKind = iota
	Number
	Truth
)

// Op is an operator of a comparison.
type Op string

// The operators.
const (
	Equal      Op = "="
	Unequal    Op = "!="
	Less       Op = "<"
	AtMost     Op = "<="
	Greater    Op = ">"
	AtLeast    Op = ">="
	Contains   Op = "CONTAINS"
	BeginsWith Op = "BEGINSWITH"
	EndsWith   Op = "ENDSWITH"
)

// CauseKind is what a root cause is the cause of.
type CauseKind string

// The kinds of root cause.
const (
	OfFault        CauseKind = "fault"
	OfError        CauseKind = "error"
	OfResponseTime CauseKind = "responsetime"
)

// CausePart is what of a root cause a condition is about.
type CausePart string

// The parts of a root cause.
const (
	CauseService   CausePart = "service"
	CauseEntity    CausePart = "entity"
	CauseException CausePart = "exception"
)

// Expression is a whole expression. The zero value matches every trace.
type Expression struct {
	Root Expr // nil for an empty one
}

// String prints the expression in its plainest form, which parses into an equal one.
func (e Expression) String() string {
	if e.Root == nil {
		return ""
	}
	return e.Root.String()
}

// Groups returns the names and ARNs of groups that the expression is about.
func (e Expression) Groups() []string {
	var names []string
	Walk(e.Root, func(x Expr) {
		if c, ok := x.(Compare); ok && (c.Key.Name == "group.name" || c.Key.Name == "group.arn") && c.Value.Kind == Text {
			names = append(names, c.Value.Text)
		}
	})
	return names
}

// Walk calls visit with e and everything in it, from the outside in.
func Walk(e Expr, visit func(Expr)) {
	if e == nil {
		return
	}
	visit(e)
	switch e := e.(type) {
	case And:
		for _, t := range e.Terms {
			Walk(t, visit)
		}
	case Or:
		for _, t := range e.Terms {
			Walk(t, visit)
		}
	case Not:
		Walk(e.X, visit)
	case Service:
		Walk(e.Where, visit)
	case Edge:
		Walk(e.Where, visit)
	case RootCause:
		Walk(e.Where, visit)
	}
}

func (c RootCauseJSON) text() string {
	raw, err := json.Marshal(c.Causes)
	if err != nil {
		return "[]"
	}
	return string(raw)
}
