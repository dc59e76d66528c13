package grouping

import (
	"strconv"
	"strings"
)

// Event is an exception as OpenTelemetry records it.
type Event struct {
	Language   string // telemetry.sdk.language, "" if not known
	Type       string
	Message    string
	Stacktrace string
}

// Limits of a stack trace's text.
const (
	maxStacktrace = 256 << 10
	maxStackLines = 5000
)

// FromEvent makes the data of a payload of an exception event, with the frames
// that its stack trace names: the payload that Rollbar's SDK of that language
// would have sent of the same exception, so that both are grouped the same way.
func FromEvent(e Event) map[string]any {
	language := strings.ToLower(strings.TrimSpace(cut(e.Language, maxText)))
	text := strings.ToValidUTF8(cut(e.Stacktrace, maxStacktrace), "\ufffd")
	if language == "" {
		language = languageOfStack(text)
	}
	data := map[string]any{}
	switch language {
	case "nodejs":
		data["language"], data["framework"] = "javascript", "node-js"
	case "webjs":
		data["language"], data["framework"], data["platform"] = "javascript", "browser-js", "browser"
	case "":
	default:
		data["language"] = language
	}
	traces := readStack(language, text)
	if len(traces) == 0 { // what others wrote in the language's place
		traces = readNewestFirst(strings.Split(text, "\n"), scriptCall)
	}
	if len(traces) == 0 {
		traces = []stack{{}}
	}
	traces[0].class, traces[0].message = shortClass(language, e.Type), e.Message
	if language == "go" && len(traces[0].calls) > 0 { // as its SDK sends them
		traces[0].reverse()
	}
	if len(traces) == 1 {
		data["body"] = map[string]any{"trace": traces[0].payload()}
		return data
	}
	chain := make([]any, len(traces))
	for i := range traces {
		chain[i] = traces[i].payload()
	}
	data["body"] = map[string]any{"trace_chain": chain}
	return data
}

// stack is one exception of a chain.
type stack struct {
	class, message string
	calls          []stackCall // the oldest first
}

// stackCall is a line of a stack trace.
type stackCall struct {
	file, method, class, code string
	line, column              int
}

func (s *stack) reverse() {
	for i, j := 0, len(s.calls)-1; i < j; i, j = i+1, j-1 {
		s.calls[i], s.calls[j] = s.calls[j], s.calls[i]
	}
}

func (s *stack) payload() map[string]any {
	frames := make([]any, len(s.calls))
	for i, c := range s.calls {
		f := map[string]any{"filename": c.file, "method": c.method}
		for key, n := range map[string]int{"lineno": c.line, "colno": c.column} {
			if n > 0 {
				f[key] = n
			}
		}
		for key, text := range map[string]string{"class_name": c.class, "code": c.code} {
			if text != "" {
				f[key] = text
			}
		}
		frames[i] = f
	}
	return map[string]any{"frames": frames, "exception": map[string]any{"class": s.class, "message": s.message}}
}

// shortClass is a class as Rollbar's SDK of the language names it.
func shortClass(language, class string) string {
	class = strings.TrimSpace(class)
	switch language {
	case "python":
		return class[strings.LastIndexByte(class, '.')+1:]
	case "go":
		class = strings.TrimPrefix(class, "*")
		return class[strings.LastIndexByte(class, '/')+1:]
	}
	return class
}

// languageOfStack tells a language by the look of a stack trace, "" if it can't.
func languageOfStack(text string) string {
	switch {
	case strings.Contains(text, "Traceback (most recent call last):"):
		return "python"
	case strings.HasPrefix(text, "goroutine ") || strings.Contains(text, "\ngoroutine "):
		return "go"
	case strings.Contains(text, "\n\tat ") || strings.HasPrefix(text, "\tat "):
		return "java"
	case strings.Contains(text, ":line ") && strings.Contains(text, "   at "):
		return "dotnet"
	case strings.Contains(text, "\n    at ") || strings.Contains(text, "@http"):
		return "webjs"
	case strings.Contains(text, "#0 ") && strings.Contains(text, "): "):
		return "php"
	case strings.Contains(text, ":in `") || strings.Contains(text, ":in '"):
		return "ruby"
	}
	return ""
}

// readStack reads a stack trace, what was raised last first.
func readStack(language, text string) []stack {
	lines := strings.Split(text, "\n")
	lines = lines[:min(len(lines), maxStackLines)]
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], "\r")
	}
	switch language {
	case "python":
		return readPython(lines)
	case "go":
		return readGo(lines)
	case "java", "kotlin", "scala":
		return readJava(lines)
	case "nodejs", "webjs":
		return readNewestFirst(lines, scriptCall)
	case "ruby":
		return readNewestFirst(lines, rubyCall)
	case "php":
		return readNewestFirst(lines, phpCall)
	case "dotnet":
		return readNewestFirst(lines, dotnetCall)
	}
	return nil
}

// readNewestFirst reads a trace whose lines are calls, the newest first.
func readNewestFirst(lines []string, read func(line string) (stackCall, bool)) []stack {
	var s stack
	for _, line := range lines[:min(len(lines), maxStackLines)] {
		if c, ok := read(line); ok {
			s.calls = append(s.calls, c)
		}
	}
	if len(s.calls) == 0 {
		return nil
	}
	s.reverse()
	return []stack{s}
}

// readPython reads blocks of files and lines, each followed by its exception; what
// was raised last comes last.
func readPython(lines []string) []stack {
	var all []stack
	var s stack
	inside := false
	for _, line := range lines {
		if strings.HasSuffix(line, "Traceback (most recent call last):") {
			s, inside = stack{}, true
			continue
		}
		if !inside {
			continue
		}
		trimmed := strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(trimmed, `File "`) && strings.HasPrefix(line, " "):
			if c, ok := pythonCall(trimmed); ok {
				s.calls = append(s.calls, c)
			}
		case trimmed == "" || strings.HasPrefix(trimmed, "[Previous line repeated"):
		case line[0] != ' ':
			class, message, _ := strings.Cut(line, ":")
			s.class, s.message = shortClass("python", class), strings.TrimSpace(message)
			all, inside = append(all, s), false
		case len(s.calls) > 0 && s.calls[len(s.calls)-1].code == "":
			s.calls[len(s.calls)-1].code = trimmed
		}
		if len(all) >= maxTraces {
			break
		}
	}
	if inside && len(s.calls) > 0 {
		all = append(all, s)
	}
	for i, j := 0, len(all)-1; i < j; i, j = i+1, j-1 {
		all[i], all[j] = all[j], all[i]
	}
	return all
}

// pythonCall reads: File "/srv/app/db.py", line 33, in load.
func pythonCall(line string) (c stackCall, ok bool) {
	file, rest, ok := strings.Cut(strings.TrimPrefix(line, `File "`), `", line `)
	if !ok {
		return c, false
	}
	number, method, _ := strings.Cut(rest, ", in ")
	c.line, _ = strconv.Atoi(number)
	c.file, c.method = file, method
	return c, true
}

// readGo reads what runtime.Stack writes: a call, and on the next line, behind a
// tab, its place. Names and files get the form that rollbar-go gives them.
func readGo(lines []string) []stack {
	var s stack
	for i := 0; i+1 < len(lines); i++ {
		call, place := lines[i], lines[i+1]
		if call == "" || call[0] == '\t' || !strings.HasPrefix(place, "\t") {
			if strings.HasPrefix(call, "goroutine ") && len(s.calls) > 0 {
				break
			}
			continue
		}
		i++
		if strings.HasPrefix(call, "created by ") || strings.HasPrefix(call, "go.opentelemetry.io/otel/") || strings.HasPrefix(call, "runtime/debug.Stack(") {
			continue
		}
		s.calls = append(s.calls, goCall(call, place))
	}
	if len(s.calls) == 0 {
		return nil
	}
	s.reverse()
	return []stack{s}
}

func goCall(call, place string) (c stackCall) {
	if strings.HasSuffix(call, ")") { // without the arguments
		depth := 0
		for i := len(call) - 1; i >= 0; i-- {
			if call[i] == ')' {
				depth++
			} else if call[i] == '(' {
				if depth--; depth == 0 {
					call = call[:i]
					break
				}
			}
		}
	}
	c.method = call[strings.LastIndexByte(call, '/')+1:]
	place, _, _ = strings.Cut(strings.TrimSpace(place), " ")
	c.file, c.line, _ = position(place)
	for _, known := range []string{"github.com/", "code.google.com/", "bitbucket.org/", "launchpad.net/", "gopkg.in/"} {
		if at := strings.Index(c.file, known); at >= 0 {
			c.file = c.file[at:]
			break
		}
	}
	return c
}

// position splits "file:12" and "file:12:34".
func position(s string) (file string, line, column int) {
	last := func(s string) (string, int, bool) {
		at := strings.LastIndexByte(s, ':')
		if at < 0 {
			return s, 0, false
		}
		n, err := strconv.Atoi(s[at+1:])
		return s[:at], n, err == nil && n >= 0
	}
	file, n, ok := last(s)
	if !ok {
		return s, 0, 0
	}
	if before, m, ok := last(file); ok {
		return before, m, n
	}
	return file, n, 0
}

// readJava reads exceptions and what caused them, each with its calls, the newest
// first, and at the end how many of them it has in common with the one before.
func readJava(lines []string) []stack {
	all := []stack{{}}
	for _, line := range lines {
		s := &all[len(all)-1]
		switch trimmed := strings.TrimSpace(line); {
		case strings.HasPrefix(line, "Caused by: "):
			class, message, _ := strings.Cut(strings.TrimPrefix(line, "Caused by: "), ": ")
			if len(all) >= maxTraces {
				return all
			}
			all = append(all, stack{class: strings.TrimSpace(class), message: message})
		case strings.HasPrefix(line, "\t\t"): // of what was suppressed
		case strings.HasPrefix(trimmed, "at "):
			if c, ok := javaCall(strings.TrimPrefix(trimmed, "at ")); ok {
				s.calls = append(s.calls, c)
			}
		case strings.HasPrefix(trimmed, "... ") && len(all) > 1:
			n, err := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(trimmed, "... "), " more"))
			before := all[len(all)-2].calls
			if err == nil && n > 0 && n <= len(before) && len(s.calls)+n <= maxStackLines {
				s.calls = append(s.calls, before[len(before)-n:]...)
			}
		}
	}
	if len(all) == 1 && len(all[0].calls) == 0 {
		return nil
	}
	for i := range all {
		all[i].reverse()
	}
	return all
}

// javaCall reads: com.acme.Cart.total(Cart.java:10), perhaps after "java.base/".
func javaCall(s string) (c stackCall, ok bool) {
	name, place, ok := strings.Cut(s, "(")
	if !ok {
		return c, false
	}
	name = name[strings.LastIndexByte(name, '/')+1:]
	dot := strings.LastIndexByte(name, '.')
	if dot < 0 {
		return c, false
	}
	c.class, c.method = name[:dot], name[dot+1:]
	if place = strings.TrimSuffix(place, ")"); place != "Unknown Source" && place != "Native Method" {
		c.file, c.line, _ = position(place)
	}
	return c, true
}

// scriptCall reads "at f (https://x/main.js:1:2)", "at https://x/main.js:1:2",
// and what other browsers write: "f@https://x/main.js:1:2".
func scriptCall(line string) (c stackCall, ok bool) {
	line = strings.TrimSpace(line)
	rest, isAt := strings.CutPrefix(line, "at ")
	switch {
	case isAt && strings.HasSuffix(rest, ")"):
		open := strings.LastIndex(rest, " (")
		if open < 0 {
			return c, false
		}
		c.method = rest[:open]
		rest = rest[open+2 : len(rest)-1]
	case isAt:
		c.method = "<unknown>"
	default:
		var found bool
		if c.method, rest, found = strings.Cut(line, "@"); !found || !strings.Contains(rest, ":") {
			return c, false
		}
		if c.method == "" {
			c.method = "[anonymous]"
		}
	}
	c.file, c.line, c.column = position(rest)
	return c, c.file != ""
}

// rubyCall reads: /app/cart.rb:10:in `total'.
func rubyCall(line string) (c stackCall, ok bool) {
	line = strings.TrimPrefix(strings.TrimSpace(line), "from ")
	place, method, ok := strings.Cut(line, ":in ")
	if !ok {
		return c, false
	}
	method, _, _ = strings.Cut(method[min(1, len(method)):], "'")
	c.method = method
	c.file, c.line, _ = position(place)
	return c, c.line > 0
}

// phpCall reads: #0 /app/cart.php(10): Cart->total().
func phpCall(line string) (c stackCall, ok bool) {
	if !strings.HasPrefix(line, "#") {
		return c, false
	}
	_, rest, _ := strings.Cut(line, " ")
	place, method, ok := strings.Cut(rest, "): ")
	open := strings.LastIndexByte(place, '(')
	if !ok || open < 0 {
		return c, false
	}
	c.file = place[:open]
	c.line, _ = strconv.Atoi(place[open+1:])
	c.method, _, _ = strings.Cut(method, "(")
	return c, true
}

// dotnetCall reads: at Shop.Cart.Total(Int32 n) in /app/Cart.cs:line 10.
func dotnetCall(line string) (c stackCall, ok bool) {
	rest, ok := strings.CutPrefix(strings.TrimSpace(line), "at ")
	if !ok {
		return c, false
	}
	method, place, placed := strings.Cut(rest, " in ")
	if placed {
		file, number, _ := strings.Cut(place, ":line ")
		c.file = file
		c.line, _ = strconv.Atoi(number)
	}
	c.method = method
	return c, true
}
