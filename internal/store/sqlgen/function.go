package sqlgen

import (
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
)

// invocation is a function being compiled. Functions give SQL of the kind that
// query.KindOf says; those of query.IsCondition give a condition, which may be
// null where it does not hold.
type invocation struct {
	c    *compiler
	call query.Call
	args []term
	// conds are the arguments as conditions, which may be null.
	conds []string
	kind  event.Kind
}

var functions = map[string]func(f *invocation) (string, error){
	"IF": (*invocation).ifs, "SWITCH": (*invocation).cases, "COALESCE": (*invocation).coalesce,
	"LT": compares("<"), "LTE": compares("<="), "GT": compares(">"), "GTE": compares(">="),
	"EQUALS": (*invocation).in, "IN": (*invocation).in, "EXISTS": (*invocation).exists,
	"NOT": (*invocation).not, "AND": junction(" AND "), "OR": junction(" OR "), "BOOL": junction(" OR "),
	"MIN": extreme("least"), "MAX": extreme("greatest"),
	"SUM": arithmetic(" + "), "MUL": arithmetic(" * "), "SUB": arithmetic(" - "), "DIV": divided(" / "), "MOD": divided(" % "),
	"LOG10": (*invocation).log10, "BUCKET": (*invocation).bucket,
	"INT": (*invocation).integer, "FLOAT": (*invocation).float, "STRING": (*invocation).concat,
	"CONCAT": (*invocation).concat, "STARTS_WITH": textTest(query.StartsWith), "ENDS_WITH": textTest(query.EndsWith), "CONTAINS": textTest(query.Contains),
	"TO_LOWER": (*invocation).lower, "LENGTH": (*invocation).length,
	"REG_MATCH": (*invocation).regMatch, "REG_VALUE": (*invocation).regValue, "REG_COUNT": (*invocation).regCount,
	"UNIX_TIMESTAMP": (*invocation).unixTimestamp, "EVENT_TIMESTAMP": (*invocation).eventTimestamp, "FORMAT_TIME": (*invocation).formatTime,
	"INGEST_TIMESTAMP": (*invocation).ingestTimestamp,
}

// function compiles a call to its SQL: a condition, which may be null, for
// query.IsCondition, else a value.
func (c *compiler) function(x query.Call) (term, error) {
	compile, ok := functions[x.Name]
	if !ok {
		compile = (*invocation).valueFunction
	}
	if err := query.CheckField(x); err != nil {
		return term{}, err
	}
	f := &invocation{c: c, call: x, kind: query.KindOf(x, func(name string) event.Kind { return c.lookup(name).kind })}
	for _, a := range x.Args {
		t, cond, err := c.argument(a)
		if err != nil {
			return term{}, err
		}
		f.args, f.conds = append(f.args, t), append(f.conds, cond)
	}
	sql, err := compile(f)
	if err == nil && f.kind == event.Null {
		return c.null(), nil
	}
	return term{sql: sql, kind: f.kind}, err
}

// arg is an argument as something that may be used many times.
func (f *invocation) arg(i int) term {
	if f.args[i].literal {
		return f.args[i]
	}
	return f.c.atom(f.call.Args[i], f.args[i])
}

// argument compiles an expression once, to a value and to a condition.
func (c *compiler) argument(e query.Expr) (term, string, error) {
	if query.IsCondition(e) {
		cond, err := c.cond(e)
		return term{sql: c.d.holds(cond), kind: event.Bool}, "(" + cond + ")", err
	}
	t, err := c.expr(e)
	return t, "(" + c.truthy(t) + ")", err
}

// step is SQL as something that may be used many times; it may use the
// arguments' atoms and what earlier steps made.
func (f *invocation) step(n int, sql string) string {
	return f.c.hoist(stepsOfHeight*height(f.call)+n, sql)
}

// as is an argument, used once, in the kind of the result.
func (f *invocation) as(i int, kind event.Kind) string {
	t := f.args[i]
	switch {
	case t.kind == event.Null:
		return f.c.d.Null(kind)
	case t.literal:
		return f.c.d.Literal(t.value.Convert(kind))
	case t.kind == event.Float && kind == event.String:
		t = f.arg(i) // its text uses it many times
	}
	return f.c.d.Convert(t.sql, t.kind, kind)
}

// number is an argument that is a number by its kind, null where it is not finite.
func (f *invocation) number(i int, kind event.Kind) string {
	t := f.args[i]
	if t.literal || t.kind != event.Float || finiteAlways(f.call.Args[i]) {
		return f.as(i, kind)
	}
	return f.c.d.finite(f.arg(i).sql, event.Float)
}

// finiteAlways reports expressions that give no NaN and no infinity.
func finiteAlways(e query.Expr) bool {
	c, ok := e.(query.Call)
	return ok && c.Name != "IF" && c.Name != "SWITCH" && c.Name != "COALESCE"
}

// class groups kinds that compare: numbers, text, booleans.
func class(kind event.Kind) event.Kind {
	if kind == event.Int {
		return event.Float
	}
	return kind
}

func (f *invocation) ifs() (string, error) {
	return f.branches(0, func(i int) string { return f.conds[i] }), nil
}

func (f *invocation) cases() (string, error) {
	if f.args[0].kind != event.String {
		if n := len(f.args); n%2 == 0 {
			return f.as(n-1, f.kind), nil
		}
		return f.c.d.Null(f.kind), nil
	}
	x := f.arg(0)
	return f.branches(1, func(i int) string { return x.sql + " = " + f.args[i].sql }), nil
}

// branches compiles conditions and values in turn, from an argument on.
func (f *invocation) branches(from int, cond func(i int) string) string {
	var b strings.Builder
	b.WriteString("CASE")
	i := from
	for ; i+1 < len(f.args); i += 2 {
		b.WriteString(" WHEN " + cond(i) + " THEN " + f.as(i+1, f.kind))
	}
	last := f.c.d.Null(f.kind)
	if i < len(f.args) {
		last = f.as(i, f.kind)
	}
	return b.String() + " ELSE " + last + " END"
}

func (f *invocation) coalesce() (string, error) {
	list := make([]string, len(f.args))
	for i := range f.args {
		list[i] = f.as(i, f.kind)
	}
	return "coalesce(" + strings.Join(list, ", ") + ")", nil
}

// alike compares two arguments where their types allow it.
func (f *invocation) alike(i, j int, sign string) string {
	l, r := f.args[i].kind, f.args[j].kind
	switch {
	case l == event.Null || class(l) != class(r):
		return f.c.d.falsity()
	case class(l) != event.Float:
		return f.arg(i).sql + " " + sign + " " + f.arg(j).sql
	}
	kind := event.Unify(l, r)
	return f.number(i, kind) + " " + sign + " " + f.number(j, kind)
}

func compares(sign string) func(f *invocation) (string, error) {
	return func(f *invocation) (string, error) {
		if f.args[0].kind == event.Bool {
			return f.c.d.falsity(), nil
		}
		return f.alike(0, 1, sign), nil
	}
}

func (f *invocation) in() (string, error) {
	var texts, conds []string
	if len(f.args) > 2 {
		f.args[0] = f.arg(0)
	}
	for i := 1; i < len(f.args); i++ {
		if f.args[i].literal && f.args[i].kind == event.String && f.args[0].kind == event.String {
			texts = append(texts, f.args[i].sql)
			continue
		}
		conds = append(conds, f.alike(0, i, "="))
	}
	switch {
	case len(texts) == 1:
		conds = append(conds, f.arg(0).sql+" = "+texts[0])
	case len(texts) > 1:
		conds = append(conds, f.arg(0).sql+" IN ("+strings.Join(texts, ", ")+")")
	}
	return joined(conds, " OR "), nil
}

func (f *invocation) exists() (string, error) {
	if f.args[0].kind == event.Null {
		return f.c.d.falsity(), nil
	}
	return f.args[0].sql + " IS NOT NULL", nil
}

func (f *invocation) not() (string, error) { return "(" + f.c.d.not(f.conds[0]) + ")", nil }

func junction(sign string) func(f *invocation) (string, error) {
	return func(f *invocation) (string, error) {
		list := make([]string, len(f.args))
		for i := range f.args {
			list[i] = f.conds[i]
		}
		return joined(list, sign), nil
	}
}

// extreme finds the least or greatest of the arguments of the type of the first
// that is not null: earlier ones are null, so all of that type take part.
func extreme(name string) func(f *invocation) (string, error) {
	return func(f *invocation) (string, error) {
		members := map[event.Kind][]int{}
		for i, a := range f.args {
			if a.kind != event.Null {
				members[class(a.kind)] = append(members[class(a.kind)], i)
			}
		}
		for i := range f.args {
			if len(members) > 1 {
				f.args[i] = f.arg(i)
			}
		}
		best := func(of event.Kind) string {
			var kind event.Kind
			var list []string
			for _, i := range members[of] {
				kind = event.Unify(kind, f.args[i].kind)
			}
			for _, i := range members[of] {
				list = append(list, f.number(i, kind))
			}
			sql := list[0]
			if len(list) > 1 {
				sql = name + "(" + strings.Join(list, ", ") + ")"
			}
			if kind == f.kind {
				return sql
			}
			return f.c.d.Convert(f.step(0, sql), kind, f.kind)
		}
		switch len(members) {
		case 0:
			return f.c.d.Null(f.kind), nil
		case 1:
			return best(class(f.args[firstOf(members)].kind)), nil
		}
		results := map[event.Kind]string{}
		var b strings.Builder
		b.WriteString("CASE")
		for i, a := range f.args {
			if a.kind == event.Null {
				continue
			}
			of := class(a.kind)
			if results[of] == "" {
				results[of] = f.step(1, best(of))
			}
			b.WriteString(" WHEN " + f.number(i, a.kind) + " IS NOT NULL THEN " + results[of])
		}
		return b.String() + " END", nil
	}
}

func firstOf(members map[event.Kind][]int) int {
	for _, list := range members {
		return list[0]
	}
	return 0
}
