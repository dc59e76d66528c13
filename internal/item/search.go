package item

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query"
)

// Search is what a text of Rollbar's search field asks for. A blank is "and":
// each word must be in the title, field:value begins with the value, where % and
// _ stand for any text and any character; "v" is the whole value, \ takes the
// next character as it is.
type Search struct {
	Counters     []int64
	Title        []string
	Fingerprints []string
	Groups       *bool // is:group
	Commented    *bool // has:comments
	None         bool  // it asks for what no item has
	// Rows must be true of an occurrence of the item; nil if there is none to ask for.
	Rows query.Expr
	// Unknown are names before a colon that are no fields: they are looked for in titles.
	Unknown []string
}

// Bounds of a search.
const (
	maxSearch      = 2_000
	maxSearchParts = 40
)

// payloadField is the whole payload of a row, as JSON.
const payloadField = "rollbar.payload"

// searchable are the fields of a search and of rows.
func searchable(name string) (field string, known bool) {
	field, known = map[string]string{
		"host": "server.host", "context": "context", "ip": "request.user_ip", "code_version": "code_version", "server_root": "server.root",
		"server_pid": "server.pid", "server_cpu": "server.cpu", "scm_branch": "server.branch", "environment": event.FieldErrorEnvironment, "level": event.FieldErrorLevel,
		"user_id": "person.id", "username": "person.username", "email": "person.email",
		"exception": "exception.type", "exception_class": "exception.type", "exception_message": "exception.message",
		"exception_description": "body.trace.exception.description", "message_body": "body.message.body",
		"os": "os", "os_family": "os", "browser": "browser", "platform": "platform", "platform_canonical": event.FieldErrorPlatform, "framework": event.FieldErrorFramework,
		"framework_canonical": event.FieldErrorFramework, "language": "language", "language_name": "language", "notifier_name": "notifier.name",
		"notifier_version": "notifier.version", "uuid": "uuid", "request_url": "request.url", "request_method": "request.method",
		"request_query_string": "request.query_string", "request_body": "request.body", "service": "service.name", "trace_id": event.FieldTraceID,
	}[name]
	return field, known
}

// keyed are the fields that name a key in brackets.
func keyed(name string) (prefix string, known bool) {
	prefix, known = map[string]string{
		"custom": "custom.", "request_header": "request.headers.", "request_get": "request.GET.", "request_param": "request.params.", "request_post": "request.POST.",
	}[name]
	return prefix, known
}

// inFrames are the fields of frames, which are only in the payload.
func inFrames(name string) (member string, anywhere, known bool) {
	switch name {
	case "file":
		return "filename", true, true
	case "method":
		return "method", true, true
	case "traceframe_filename":
		return "filename", false, true
	case "traceframe_method":
		return "method", false, true
	case "traceframe_class_name":
		return "class_name", false, true
	}
	return "", false, false
}

// ReadSearch reads a text. It asks for the names of the fields that rows have where
// a part is about all below a place; fields may be nil if there are none. Errors:
// Invalid if the text is too long.
func ReadSearch(text string, fields func() []string) (Search, error) {
	var s Search
	if len(text) > maxSearch {
		return s, fault.New(fault.Invalid, "the search has %d bytes; at most %d are taken", len(text), maxSearch)
	}
	parts := searchParts(text)
	if len(parts) > maxSearchParts {
		return s, fault.New(fault.Invalid, "the search has %d parts; at most %d are taken", len(parts), maxSearchParts)
	}
	if fields == nil {
		fields = func() []string { return nil }
	}
	var rows []query.Expr
	for _, p := range parts {
		if x := s.take(p, fields); x != nil {
			rows = append(rows, x)
		}
	}
	switch len(rows) {
	case 0:
	case 1:
		s.Rows = rows[0]
	default:
		s.Rows = query.And{Terms: rows}
	}
	return s, nil
}

// take adds a part to what is asked for, or returns what an occurrence must be.
func (s *Search) take(p searchPart, fields func() []string) query.Expr {
	if n, ok := strings.CutPrefix(p.value, "#"); ok && p.name == "" && !p.quoted {
		if counter, err := strconv.ParseInt(n, 10, 64); err == nil {
			s.Counters = append(s.Counters, counter)
			return nil
		}
	}
	yes := !p.not
	switch {
	case p.name == "":
	case p.name == "title":
		s.Title = append(s.Title, p.value)
		return nil
	case p.name == "fingerprint":
		s.Fingerprints = append(s.Fingerprints, p.value)
		return nil
	case p.name == "is" && p.value == "group":
		s.Groups = &yes
		return nil
	case p.name == "has" && p.value == "comments":
		s.Commented = &yes
		return nil
	case p.name == "has" && p.value == "issue": // no item here has one
		s.None = s.None || yes
		return nil
	default:
		x, none, known := p.ofNames(fields)
		if known {
			s.None = s.None || none
			return x
		}
		if x = p.condition(); x != nil {
			return x
		}
		s.Unknown = append(s.Unknown, p.name)
	}
	if word := p.whole(); word != "" {
		s.Title = append(s.Title, word)
	}
	return nil
}

// condition is what an occurrence must be for the part; nil if its name is no field.
func (p searchPart) condition() query.Expr {
	if member, anywhere, known := inFrames(p.name); known {
		return query.Text{Op: query.Regex, X: query.Field{Name: payloadField}, S: memberPattern(member, p.value, anywhere)}
	}
	for _, of := range []func() query.Expr{p.ofFiles, p.ofTelemetry, p.ofFrame} {
		if x := of(); x != nil {
			return x
		}
	}
	field, known := searchable(p.name)
	if name, key, ok := strings.Cut(strings.TrimSuffix(p.name, "]"), "["); ok && strings.HasSuffix(p.name, "]") {
		if field, known = keyed(name); known {
			field += key
		}
	}
	if !known {
		return nil
	}
	exactly := p.quoted || p.name == "ip" || p.name == "uuid" || p.name == "server_pid"
	return query.Text{Op: query.Regex, X: query.Field{Name: field}, S: likePattern(p.value, exactly)}
}

// likePattern is the regular expression of a value with % and _.
func likePattern(value string, exactly bool) string {
	var b strings.Builder
	b.WriteString("(?is)^")
	escaped := false
	for _, c := range value {
		switch {
		case escaped:
			b.WriteString(regexp.QuoteMeta(string(c)))
			escaped = false
		case c == '\\':
			escaped = true
		case c == '%' && !exactly:
			b.WriteString(".*")
		case c == '_' && !exactly:
			b.WriteString(".")
		default:
			b.WriteString(regexp.QuoteMeta(string(c)))
		}
	}
	if exactly {
		b.WriteString("$")
	}
	return b.String()
}

// memberPattern finds a text as (the beginning of) a member's value in JSON.
func memberPattern(member, value string, anywhere bool) string {
	before := ""
	if anywhere {
		before = restOf
	}
	return `(?i)` + memberKey(member) + `"` + before + jsonText(value)
}

// searchPart is a word, or a name and a value.
type searchPart struct {
	not    bool
	name   string
	value  string
	quoted bool
}

// whole is the part as it would stand in a title.
func (p searchPart) whole() string {
	if p.name == "" {
		return p.value
	}
	return p.name + ":" + p.value
}

// searchParts cuts a text at blanks outside quotes.
func searchParts(text string) []searchPart {
	var parts []searchPart
	for {
		text = strings.TrimLeftFunc(text, unicode.IsSpace)
		if text == "" {
			return parts
		}
		var p searchPart
		if rest, ok := strings.CutPrefix(text, "!"); ok && strings.Contains(firstWord(rest), ":") {
			p.not, text = true, rest
		}
		if at := nameLength(text); at > 0 {
			p.name, text = text[:at], text[at+1:]
		}
		p.value, p.quoted, text = searchValue(text)
		if p.name != "" || p.value != "" {
			parts = append(parts, p)
		}
	}
}

func firstWord(s string) string {
	if at := strings.IndexFunc(s, unicode.IsSpace); at >= 0 {
		return s[:at]
	}
	return s
}

// nameLength is how long the name before a colon is, 0 if there is none.
func nameLength(s string) int {
	inKey := false
	for i, c := range s {
		switch {
		case c == '[' && i > 0 && !inKey:
			inKey = true
		case c == ']' && inKey:
			inKey = false
		case c == ':' && i > 0 && !inKey:
			if strings.HasPrefix(s[i:], "::") { // a class of C++, Ruby or PHP
				return 0
			}
			return i
		case inKey:
		case c == '_' || c < utf8.RuneSelf && (unicode.IsLower(c) || unicode.IsDigit(c)):
		default:
			return 0
		}
	}
	return 0
}

// searchValue reads up to the next blank, or a text in quotes.
func searchValue(s string) (value string, quoted bool, rest string) {
	if !strings.HasPrefix(s, `"`) {
		value = firstWord(s)
		return value, false, s[len(value):]
	}
	var b strings.Builder
	escaped := false
	for i, c := range s[1:] {
		switch {
		case escaped:
			b.WriteRune(c)
			escaped = false
		case c == '\\':
			escaped = true
		case c == '"':
			return b.String(), true, s[i+2:]
		default:
			b.WriteRune(c)
		}
	}
	return b.String(), true, ""
}
