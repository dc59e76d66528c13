package rqltest

import (
	"pgregory.net/rapid"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query/rql"
)

// Draw draws a query about the occurrences. Items says whether columns of items
// may be in it.
func Draw(t *rapid.T, items bool) *rql.Select {
	g := generator{t, items}
	s := &rql.Select{Table: rql.Occurrences, Limit: 1000}
	if rapid.Bool().Draw(t, "where") {
		s.Where = g.condition(3)
	}
	if !rapid.Bool().Draw(t, "grouped") {
		for range rapid.IntRange(1, 3).Draw(t, "columns") {
			s.Items = append(s.Items, rql.Item{Expr: g.value(2)})
		}
	} else {
		for range rapid.IntRange(0, 2).Draw(t, "groups") {
			s.Groups = append(s.Groups, g.value(1))
		}
		for _, group := range s.Groups {
			s.Items = append(s.Items, rql.Item{Expr: group})
		}
		for range rapid.IntRange(1, 3).Draw(t, "aggregates") {
			s.Items = append(s.Items, rql.Item{Expr: g.aggregate()})
		}
	}
	for i := range s.Items {
		s.Items[i].Alias = string(rune('a' + i))
	}
	if rapid.Bool().Draw(t, "ordered") {
		s.Orders = append(s.Orders, rql.Order{Expr: s.Items[rapid.IntRange(0, len(s.Items)-1).Draw(t, "by")].Expr, Desc: rapid.Bool().Draw(t, "desc")})
	}
	return s
}

type generator struct {
	t     *rapid.T
	items bool
}

func (g generator) pick(n int, what string) int { return rapid.IntRange(0, n-1).Draw(g.t, what) }

func (g generator) column() *rql.Node {
	names := []string{"level", "environment", "person.id", "person.username", "custom.ms", "code_version", "server.host", "occurrence_id", "timestamp", "nothing", "body.trace.exception.class"}
	if g.items {
		names = append(names, "item.id", "item.level", "item.title", "item.assigned_user_id", "item.status", "item.counter", "item.environment")
	}
	return &rql.Node{Kind: rql.Column, Name: rapid.SampledFrom(names).Draw(g.t, "column")}
}

func (g generator) literal() *rql.Node {
	values := []event.Value{
		event.StringValue("error"), event.StringValue("7"), event.StringValue("web"), event.StringValue("it's \\ \"%\""), event.StringValue("Ü"), event.StringValue(""),
		event.IntValue(0), event.IntValue(1), event.IntValue(7), event.IntValue(40), event.FloatValue(2.5),
		{},
	}
	return &rql.Node{Kind: rql.Literal, Value: values[g.pick(len(values), "literal")]}
}

func call(name string, args ...*rql.Node) *rql.Node {
	return &rql.Node{Kind: rql.Call, Name: name, Args: args}
}

func binary(op string, args ...*rql.Node) *rql.Node {
	return &rql.Node{Kind: rql.Binary, Name: op, Args: args}
}

// value draws an expression that is one of the columns in half of the cases, so
// that groups come out as they are written.
func (g generator) value(depth int) *rql.Node {
	if depth == 0 || g.pick(2, "plain") == 0 {
		if g.pick(5, "constant") == 0 && depth > 0 {
			return call("concat", g.literal())
		}
		return g.column()
	}
	operand := func() *rql.Node {
		if g.pick(3, "literal") == 0 {
			return g.literal()
		}
		return g.value(depth - 1)
	}
	switch g.pick(12, "value") {
	case 0:
		return binary(rapid.SampledFrom([]string{"+", "-", "*", "div", "mod"}).Draw(g.t, "op"), operand(), operand())
	case 1:
		return call(rapid.SampledFrom([]string{"lower", "upper", "length", "char_length"}).Draw(g.t, "of one"), operand())
	case 2:
		return call("concat", operand(), operand())
	case 3:
		return call("concat_ws", operand(), operand(), operand())
	case 4:
		return call(rapid.SampledFrom([]string{"left", "right"}).Draw(g.t, "end"), operand(), g.number())
	case 5:
		return call("substring", operand(), g.number())
	case 6:
		return call("substring", operand(), g.number(), g.number())
	case 7:
		return call("locate", operand(), operand())
	case 8:
		return call("locate", operand(), operand(), g.number())
	case 9:
		return &rql.Node{Kind: rql.Unary, Name: "-", Args: []*rql.Node{operand()}}
	case 10:
		return call("if", g.condition(depth-1), operand(), operand())
	}
	return g.condition(depth - 1)
}

func (g generator) number() *rql.Node {
	n := &rql.Node{Kind: rql.Literal, Value: event.IntValue(int64(g.pick(4, "number")))}
	if g.pick(3, "negative") == 0 {
		return &rql.Node{Kind: rql.Unary, Name: "-", Args: []*rql.Node{n}}
	}
	return n
}

func (g generator) condition(depth int) *rql.Node {
	x := g.value(max(depth-1, 0))
	negative := rapid.Bool().Draw(g.t, "negative")
	if depth > 0 {
		switch g.pick(4, "logic") {
		case 0:
			return binary(rapid.SampledFrom([]string{"and", "or"}).Draw(g.t, "joined"), g.condition(depth-1), g.condition(depth-1))
		case 1:
			return &rql.Node{Kind: rql.Unary, Name: "not", Args: []*rql.Node{g.condition(depth - 1)}}
		}
	}
	switch g.pick(6, "test") {
	case 0:
		return &rql.Node{Kind: rql.IsNull, Args: []*rql.Node{x}, Negative: negative}
	case 1:
		return &rql.Node{Kind: rql.In, Args: []*rql.Node{x, g.literal(), g.literal()}, Negative: negative}
	case 2:
		return &rql.Node{Kind: rql.Between, Args: []*rql.Node{x, g.literal(), g.literal()}, Negative: negative}
	case 3:
		pattern := rapid.SampledFrom([]string{"%", "e%", "%e%", "%r", "_rr%", "web\\_%", "", "%%", "%.%"}).Draw(g.t, "pattern")
		return &rql.Node{Kind: rql.Like, Args: []*rql.Node{x, {Kind: rql.Literal, Value: event.StringValue(pattern)}}, Negative: negative}
	}
	right := g.literal()
	if g.pick(3, "columns") == 0 {
		right = g.column()
	}
	return binary(rapid.SampledFrom([]string{"=", "!=", "<", "<=", ">", ">="}).Draw(g.t, "compared"), x, right)
}

func (g generator) aggregate() *rql.Node {
	name := rapid.SampledFrom([]string{"count", "count_distinct", "sum", "avg", "min", "max", "*"}).Draw(g.t, "aggregate")
	if name == "*" {
		return call("count", &rql.Node{Kind: rql.Star})
	}
	return call(name, g.value(1))
}
