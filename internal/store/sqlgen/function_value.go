package sqlgen

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query"
)

// CallBack is the name of the function by which DuckDB asks for what SQL has no
// words for: CallBack(function, argument, …), texts all, gives what [query.Apply]
// gives. The engine registers it.
const CallBack = "apply_function"

// valueFunctions are those of query with loose types that SQL has words for.
var valueFunctions = map[string]func(f *invocation) (string, error){
	"plus": loose(2, "%s + %s"), "minus": loose(2, "%s - %s"), "times": loose(2, "%s * %s"), "over": loose(2, "%s / nullif(%s, 0)"),
	"remainder": loose(2, "%s %% nullif(%s, 0)"), // not fmod, whose sign is that of the second
	"power":     loose(2, "power(%s, %s)"), "negative": loose(1, "0 - %s"), "absolute": loose(1, "abs(%s)"),
	"ceiling": loose(1, "ceil(%s)"), "floor": loose(1, "floor(%s)"), "sqrt": (*invocation).sqrt, "ln": (*invocation).ln,
	"greatest": (*invocation).best, "least": (*invocation).best, "number": loose(1, "%s"), "whole": (*invocation).whole,
	"is_number": (*invocation).isNumber, "order": (*invocation).order,

	"text": (*invocation).asText, "locate": (*invocation).locate, "characters": (*invocation).characters, "upper": textual("upper", "upperUTF8"), "lower": textual("lower", "lowerUTF8"),
	"trim_left": (*invocation).trim, "trim_right": (*invocation).trim, "trim": (*invocation).trim,
	"substring": (*invocation).substring, "replace": (*invocation).replace, "capture": (*invocation).capture, "glob_part": (*invocation).globPart,

	"time_floor": (*invocation).timeFloor, "time_ceil": (*invocation).timeFloor, "to_millis": (*invocation).toMillis, "from_millis": (*invocation).fromMillis,
}

// valueFunction compiles one of the functions with loose types.
func (f *invocation) valueFunction() (string, error) {
	if compile, ok := valueFunctions[f.call.Name]; ok {
		return compile(f)
	}
	return f.callBack()
}

// callBack leaves a function to who runs the engine.
func (f *invocation) callBack() (string, error) {
	if f.c.d == ClickHouse {
		return "", fault.New(fault.Unsupported, "%s cannot be computed in ClickHouse yet", f.call.Name)
	}
	args := []string{f.c.d.Quote(f.call.Name)}
	for i := range f.args {
		args = append(args, f.as(i, event.String))
	}
	called := CallBack + "(" + strings.Join(args, ", ") + ")"
	if f.kind == event.String {
		return called, nil
	}
	return "TRY_CAST(" + called + " AS " + f.c.d.Type(f.kind) + ")", nil
}

// read is an argument as a number, also of text and booleans, null if it is none.
func (f *invocation) read(i int) string {
	t := f.args[i]
	if t.literal {
		if n, ok := t.value.Number(); ok {
			return f.c.d.floatLiteral(n)
		}
		return f.c.d.Null(event.Float)
	}
	switch t.kind {
	case event.Bool:
		return f.c.d.cast(t.sql, event.Float)
	case event.Int, event.Float, event.String, event.Null:
	}
	return f.parsed(i)
}

// loose compiles arithmetic whose result may be none.
func loose(args int, form string) func(f *invocation) (string, error) {
	return func(f *invocation) (string, error) {
		list := make([]any, args)
		for i := range list {
			list[i] = f.read(i)
		}
		return f.sane("(" + fmt.Sprintf(form, list...) + ")"), nil
	}
}

func (f *invocation) sqrt() (string, error) {
	n := f.step(0, f.read(0))
	return "CASE WHEN " + n + " >= 0 THEN sqrt(" + n + ") END", nil
}

func (f *invocation) ln() (string, error) {
	n := f.step(0, f.read(0))
	return "CASE WHEN " + n + " > 0 THEN " + f.c.d.call("ln", "log", n) + " END", nil
}

// best is the greatest or least of the numbers; nulls are passed over.
func (f *invocation) best() (string, error) {
	list := make([]string, len(f.args))
	for i := range f.args {
		list[i] = f.read(i)
	}
	if len(list) == 1 {
		return list[0], nil
	}
	if f.c.d == DuckDB {
		return f.call.Name + "(" + strings.Join(list, ", ") + ")", nil
	}
	// ClickHouse's gives null where one is null.
	first := make([]string, len(list))
	for i := range list {
		list[i] = f.step(0, list[i])
	}
	for i := range list {
		first[i] = "coalesce(" + strings.Join(append([]string{list[i]}, list...), ", ") + ")"
	}
	return f.call.Name + "(" + strings.Join(first, ", ") + ")", nil
}

func (f *invocation) whole() (string, error) {
	if f.args[0].kind == event.Int {
		return f.as(0, event.Int), nil
	}
	n := f.step(0, f.read(0))
	const largest = float64(1<<63 - 1024)
	return fmt.Sprintf("CASE WHEN abs(%s) <= %s THEN %s END", n, f.c.d.floatLiteral(largest),
		f.c.d.pick("CAST(trunc("+n+") AS BIGINT)", "toInt64("+n+")")), nil
}

func (f *invocation) isNumber() (string, error) {
	return f.c.d.either("("+f.read(0)+") IS NOT NULL", f.c.d.integer(1), f.c.d.integer(0)), nil
}

func (f *invocation) order() (string, error) {
	if f.args[0].kind == event.Null || f.args[1].kind == event.Null {
		return f.c.d.Null(event.Int), nil
	}
	a, b := f.step(0, f.read(0)), f.step(0, f.read(1))
	s, t := f.as(0, event.String), f.as(1, event.String)
	sign := func(x, y string) string {
		return fmt.Sprintf("CASE WHEN %[1]s < %[2]s THEN -1 WHEN %[1]s > %[2]s THEN 1 WHEN %[1]s = %[2]s THEN 0 END", x, y)
	}
	return f.c.d.cast("CASE WHEN "+a+" IS NOT NULL AND "+b+" IS NOT NULL THEN "+sign(a, b)+" ELSE "+sign(f.step(1, s), f.step(1, t))+" END", event.Int), nil
}

func (f *invocation) asText() (string, error) { return f.as(0, event.String), nil }

func textual(duckdb, clickhouse string) func(f *invocation) (string, error) {
	return func(f *invocation) (string, error) { return f.c.d.call(duckdb, clickhouse, f.as(0, event.String)), nil }
}

func (f *invocation) characters() (string, error) {
	return f.c.d.cast(f.c.d.call("length", "lengthUTF8", f.as(0, event.String)), event.Int), nil
}

func (f *invocation) locate() (string, error) {
	return f.c.d.cast(f.c.d.call("strpos", "positionUTF8", f.as(1, event.String), f.as(0, event.String)), event.Int), nil
}

func (f *invocation) trim() (string, error) {
	set := " "
	if len(f.args) > 1 {
		if !f.args[1].literal || f.args[1].kind != event.String {
			return f.callBack()
		}
		set = f.args[1].value.Str()
	}
	s := f.as(0, event.String)
	if set == "" {
		return s, nil
	}
	if f.c.d == DuckDB {
		name := map[string]string{"trim_left": "ltrim", "trim_right": "rtrim", "trim": "trim"}[f.call.Name]
		return name + "(" + s + ", " + f.c.d.Quote(set) + ")", nil
	}
	class := "[" + escapeClass(set) + "]+"
	if f.call.Name != "trim_right" {
		s = "replaceRegexpOne(" + s + ", " + f.c.d.Quote("^"+class) + ", '')"
	}
	if f.call.Name != "trim_left" {
		s = "replaceRegexpOne(" + s + ", " + f.c.d.Quote(class+"$") + ", '')"
	}
	return s, nil
}

// escapeClass writes characters so that they stand for themselves in a class.
func escapeClass(set string) string {
	var b strings.Builder
	for _, r := range set {
		if strings.ContainsRune(`\]^-[`, r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

func (f *invocation) substring() (string, error) {
	s, name := f.as(0, event.String), f.c.d.pick("substring", "substringUTF8")
	place := func(i int) string {
		const far = 1 << 30
		n := "least(greatest(" + f.read(i) + ", 0), " + f.c.d.floatLiteral(far) + ")"
		return f.c.d.pick("CAST(trunc("+n+") AS BIGINT)", "toInt64("+n+")")
	}
	for i := 1; i < len(f.args); i++ {
		if f.args[i].kind == event.Null {
			return f.c.d.Null(event.String), nil
		}
		if f.c.d == ClickHouse && !f.args[i].literal {
			return f.callBack()
		}
	}
	if len(f.args) == 2 {
		return name + "(" + s + ", " + place(1) + " + 1)", nil
	}
	return name + "(" + s + ", " + place(1) + " + 1, " + place(2) + ")", nil
}

func (f *invocation) replace() (string, error) {
	what := f.args[1]
	if !what.literal || what.value.Text() == "" || f.c.d == ClickHouse && !f.args[2].literal {
		return f.callBack()
	}
	return f.c.d.call("replace", "replaceAll", f.as(0, event.String), f.as(1, event.String), f.as(2, event.String)), nil
}

// capture is the text of a group; both engines give the empty text where there
// is no match, too, so an empty one counts as none.
func (f *invocation) capture() (string, error) {
	re, err := regexp.Compile(f.args[1].value.Str())
	if err != nil {
		return "", fault.New(fault.Invalid, "regular expression: %w", err)
	}
	n := f.args[2].value.Int()
	if n > int64(re.NumSubexp()) || f.args[0].kind == event.Null {
		return f.c.d.Null(event.String), nil
	}
	s := f.as(0, event.String)
	if f.c.d == DuckDB {
		return fmt.Sprintf("nullif(regexp_extract(%s, %s, %d), '')", s, f.pattern(), n), nil
	}
	// A group around all makes the match itself the first.
	pattern := f.c.d.Quote("(?-s)(" + f.args[1].value.Str() + ")")
	return fmt.Sprintf("nullif(arrayElement(extractGroups(ifNull(%s, ''), %s), %d), '')", s, pattern, n+1), nil
}

// globPart looks for the literals one after the other. In DuckDB that is a call
// back: expressions of SQL find each literal once more for each star.
func (f *invocation) globPart() (string, error) {
	if f.args[0].kind == event.Null {
		return f.c.d.Null(event.String), nil
	}
	if f.c.d == DuckDB {
		return f.callBack()
	}
	glob, n := query.NewGlob(f.args[1].value.Text()), int(f.args[2].value.Int())
	if n >= glob.Stars() {
		return f.c.d.Null(event.String), nil
	}
	var b strings.Builder
	literals := glob.Literals()
	for i, l := range literals {
		b.WriteString(regexp.QuoteMeta(l))
		switch {
		case i == len(literals)-1:
		case i == len(literals)-2 && literals[i+1] == "":
			b.WriteString("(.*)")
		default:
			b.WriteString("(.*?)")
		}
	}
	s, p := f.step(0, f.as(0, event.String)), f.c.d.Quote("(?s)"+b.String())
	return fmt.Sprintf("CASE WHEN match(%s, %s) THEN arrayElement(extractGroups(ifNull(%s, ''), %s), %d) END", s, p, s, p, n+1), nil
}

func (f *invocation) timeFloor() (string, error) {
	if f.args[0].kind != event.Int {
		return f.c.d.Null(event.Int), nil
	}
	t, step, offset := f.arg(0).sql, f.args[1].value.Int(), int64(0)
	if len(f.args) > 2 {
		offset = f.args[2].value.Int()
	}
	if f.call.Name == "time_ceil" {
		t = f.step(0, t+" + "+f.c.d.integer(step-1))
	}
	if offset == 0 {
		return f.c.d.bucket(t, step, f.c.mayBeNegative(f.call.Args[0])), nil
	}
	s := f.c.d.integer(step)
	return fmt.Sprintf("%[1]s - (((%[1]s - %[2]s) %% %[3]s) + %[3]s) %% %[3]s", t, f.c.d.integer(offset), s), nil
}

// mayBeNegative is false of the time of events that are all after 1970.
func (c *compiler) mayBeNegative(e query.Expr) bool {
	field, ok := e.(query.Field)
	return !ok || field.Name != event.SystemTime || !c.rel.raw || c.q.Start < 0
}

func (f *invocation) toMillis() (string, error) {
	if f.args[0].kind != event.Int {
		return f.c.d.Null(event.Int), nil
	}
	const million = 1_000_000
	t := f.arg(0).sql
	floor := f.step(0, f.c.d.bucket(t, million, f.c.mayBeNegative(f.call.Args[0])))
	return f.c.d.pick("("+floor+") // 1000000", "intDiv("+floor+", 1000000)"), nil
}

func (f *invocation) fromMillis() (string, error) {
	n := f.step(0, f.read(0))
	const most = float64((1<<63 - 1) / 1_000_000)
	return fmt.Sprintf("CASE WHEN abs(%s) <= %s THEN %s * %s END", n, f.c.d.floatLiteral(most),
		f.c.d.pick("CAST(trunc("+n+") AS BIGINT)", "toInt64("+n+")"), f.c.d.integer(1_000_000)), nil
}
