package logtext

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
)

const mostItems = 100

// readWords reads items one beside the other, all of which must hold: words and
// "phrases" in the message, and field:value in these forms:
//
//	level:error     status:500,503     route:/api/*     user.handle:*
//	status:>=500    status>=500        user=ada         -level:debug
//
// The id of a trace, in either notation, is a field of its own: it stands for the
// lines of the trace, and for those that name it.
//
// It returns nil where there is no field, so that the text is left to the other
// languages, or where something else stands there.
func readWords(text string) query.Expr {
	var all []query.Expr
	fields := 0
	for rest := strings.TrimSpace(text); rest != ""; rest = strings.TrimSpace(rest) {
		excluded := len(rest) > 1 && rest[0] == '-'
		if excluded {
			rest = rest[1:]
		}
		e, n := readField(rest)
		if e == nil {
			e, n = readID(rest)
		}
		if e != nil {
			fields++
		} else if e, n = readWord(rest); e == nil {
			return nil
		}
		if excluded {
			e = query.Not{X: e}
		}
		if all = append(all, e); len(all) > mostItems {
			return nil
		}
		rest = rest[n:]
	}
	switch {
	case fields == 0:
		return nil
	case len(all) == 1:
		return all[0]
	}
	return query.And{Terms: all}
}

// field finds a name and its operator. A colon with two slashes or another one
// behind it is no operator: those stand in addresses and names of types.
var (
	field     = regexp.MustCompile(`^([A-Za-z_@][\w.@/-]*)(:>=|:<=|:>|:<|:|!=|>=|<=|=|>|<)`)
	plainWord = regexp.MustCompile(`^[\pL\pN_./:=@#,$][\pL\pN_./:=@#,$-]*`)
)

func readField(rest string) (query.Expr, int) {
	m := field.FindStringSubmatch(rest)
	if m == nil {
		return nil, 0
	}
	name, op, n := fieldNamed(m[1]), strings.TrimPrefix(m[2], ":"), len(m[0])
	if op == "" {
		op = "="
	}
	value, used, quoted := readValue(rest[n:])
	if used == 0 || m[2] == ":" && (rest[n] == ':' || rest[n] == '\\' || strings.HasPrefix(rest[n:], "//")) {
		return nil, 0
	}
	n += used
	if n < len(rest) && !strings.ContainsAny(rest[n:n+1], " \t\r\n") {
		return nil, 0
	}
	f := query.Field{Name: name}
	if op != "=" && op != "!=" {
		compare := map[string]query.CompareOp{"<": query.Lt, "<=": query.Le, ">": query.Gt, ">=": query.Ge}[op]
		return query.Compare{Op: compare, L: f, R: query.Literal{Value: typed(value, quoted)}}, n
	}
	e := equals(f, value, quoted)
	if common := commonName(name); common != "" && strings.HasPrefix(m[2], ":") {
		if common == event.FieldSeverity {
			value = strings.ToLower(value)
		}
		e = query.Or{Terms: []query.Expr{e, equals(query.Field{Name: common}, value, quoted)}}
	}
	if op == "!=" {
		e = query.Not{X: e}
	}
	return e, n
}

// commonName is the field that every line has, however it was sent, for a short
// word that people type before a colon. A member of JSON lines may have the same
// name: name:value finds both.
func commonName(word string) string {
	switch word {
	case "level":
		return event.FieldSeverity
	case "service":
		return event.FieldService
	case "host":
		return "host.name"
	case "group":
		return event.FieldLogGroup
	case "stream":
		return event.FieldLogStream
	case "trace":
		return event.FieldTraceID
	}
	return ""
}

// fieldNamed knows the names that Insights has for what every line has.
func fieldNamed(name string) string {
	switch name {
	case "@message", "message":
		return event.FieldBody
	case "@logStream":
		return event.FieldLogStream
	case "@log":
		return event.FieldLogGroup
	}
	return name
}

// readValue reads a value and says how much text it took.
func readValue(rest string) (value string, used int, quoted bool) {
	if strings.HasPrefix(rest, `"`) {
		for i := 1; i < len(rest); i++ {
			switch rest[i] {
			case '\\':
				i++
			case '"':
				return strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(rest[1:i]), i + 1, true
			}
		}
		return "", 0, false
	}
	n := strings.IndexAny(rest, " \t\r\n\"()")
	if n < 0 {
		n = len(rest)
	}
	return rest[:n], n, false
}

func equals(f query.Field, value string, quoted bool) query.Expr {
	switch {
	case quoted:
	case value == "*":
		return query.Exists{X: f}
	case strings.Contains(value, "*"):
		return glob(f, value)
	case strings.Contains(value, ","):
		in := query.In{X: f}
		for part := range strings.SplitSeq(value, ",") {
			if part != "" {
				in.Values = append(in.Values, typed(part, false))
			}
		}
		if len(in.Values) > 0 {
			return in
		}
	}
	return query.Compare{Op: query.Eq, L: f, R: query.Literal{Value: typed(value, quoted)}}
}

// glob is a text with stars as a test.
func glob(x query.Expr, text string) query.Expr {
	inner := strings.Trim(text, "*")
	before, after := strings.HasPrefix(text, "*"), strings.HasSuffix(text, "*")
	switch {
	case inner == "":
		return query.Exists{X: x}
	case strings.Contains(inner, "*"):
	case before && after:
		return query.Text{Op: query.Contains, X: x, S: inner}
	case before:
		return query.Text{Op: query.EndsWith, X: x, S: inner}
	case after:
		return query.Text{Op: query.StartsWith, X: x, S: inner}
	}
	return query.Text{Op: query.Regex, X: x, S: "(?s)^" + strings.ReplaceAll(regexp.QuoteMeta(text), `\*`, ".*") + "$"}
}

func typed(text string, quoted bool) event.Value {
	if quoted {
		return event.StringValue(text)
	}
	if text == "true" || text == "false" {
		return event.BoolValue(text == "true")
	}
	if i, err := strconv.ParseInt(text, 10, 64); err == nil && strconv.FormatInt(i, 10) == text {
		return event.IntValue(i)
	}
	if f, ok := event.StringValue(text).Number(); ok && text[0] != '0' && text[0] != '+' {
		return event.FloatValue(f)
	}
	return event.StringValue(text)
}

// traceID is the id of a trace, of 32 digits or in X-Ray's form, as a word.
var traceID = regexp.MustCompile(`^(?:1-[0-9A-Fa-f]{8}-[0-9A-Fa-f]{24}|[0-9A-Fa-f]{32})(?:\s|$)`)

func readID(rest string) (query.Expr, int) {
	word := strings.TrimSpace(traceID.FindString(rest))
	if word == "" {
		return nil, 0
	}
	id, _ := event.TraceID(word)
	names := func(text string) query.Expr {
		return query.Text{Op: query.Contains, X: query.Field{Name: event.FieldBody}, S: text}
	}
	return query.Or{Terms: []query.Expr{
		query.Compare{Op: query.Eq, L: query.Field{Name: event.FieldTraceID}, R: query.Literal{Value: event.StringValue(id)}}, names(id), names(event.XRayTraceID(id)),
	}}, len(word)
}

func readWord(rest string) (query.Expr, int) {
	body := query.Field{Name: event.FieldBody}
	if rest[0] == '"' {
		text, n, _ := readValue(rest)
		if n == 0 || text == "" {
			return nil, 0
		}
		return query.Text{Op: query.Contains, X: body, S: text}, n
	}
	word := plainWord.FindString(rest)
	if word == "" || len(word) < len(rest) && !strings.ContainsAny(rest[len(word):len(word)+1], " \t\r\n") {
		return nil, 0
	}
	switch strings.ToUpper(word) {
	case "AND", "OR", "NOT", "=": // a condition
		return nil, 0
	}
	return query.Text{Op: query.Contains, X: body, S: word}, len(word)
}
