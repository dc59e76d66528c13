package api

import (
	"cmp"
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/oriel-dev/oriel/internal/item/grouping"
	"github.com/oriel-dev/oriel/internal/symbol"
)

// traceOut is an exception of a chain, its newest call first.
type traceOut struct {
	Class       string     `json:"class"`
	Message     string     `json:"message"`
	Description string     `json:"description"`
	Frames      []frameOut `json:"frames"`
	LeftOut     int        `json:"left_out"`
}

type frameOut struct {
	File    string      `json:"file"`
	Line    int         `json:"line"`
	Column  int         `json:"column"`
	Method  string      `json:"method"`
	Class   string      `json:"class"`
	Code    string      `json:"code"`
	Pre     []string    `json:"pre"`
	Post    []string    `json:"post"`
	Own     bool        `json:"own"`
	Library string      `json:"library"`
	Args    [][2]any    `json:"args"`
	Locals  any         `json:"locals"`
	Mapped  *mappedCode `json:"original,omitempty"`
	Why     string      `json:"unmapped,omitempty"` // why no source map leads on
}

// mappedCode is where a source map leads.
type mappedCode struct {
	File   string   `json:"file"`
	Line   int      `json:"line"`
	Column int      `json:"column"`
	Method string   `json:"method"`
	Code   string   `json:"code"`
	Pre    []string `json:"pre"`
	Post   []string `json:"post"`
}

// Bounds of a traceback on a page.
const (
	mostTraces    = 20
	mostFrames    = 300 // of a trace: the newest and the oldest
	oldestFrames  = 50  // of them
	longestCode   = 2000
	longestName   = 1000
	longestReason = 20_000
	mostContext   = 10
)

// tracesOf reads the chain of exceptions of a payload, what was raised last first.
// mapped is what source maps make of the frames, in the order in which they were sent.
func tracesOf(data map[string]any, mapped [][]symbol.Resolved, budget int) []traceOut {
	body, _ := data["body"].(map[string]any)
	chain, _ := body["trace_chain"].([]any)
	path := []string{"body", "trace_chain"}
	if one, ok := body["trace"].(map[string]any); ok && len(chain) == 0 {
		chain, path = []any{one}, []string{"body", "trace"}
	}
	own := grouping.OwnFiles(data)
	newestFirst := grouping.IsGo(data)
	traces := []traceOut{}
	for n, raw := range chain[:min(len(chain), mostTraces)] {
		t, ok := raw.(map[string]any)
		if !ok {
			continue
		}
		at := path
		if path[1] == "trace_chain" {
			at = append(at[:2:2], strconv.Itoa(n))
		}
		c := chained{path: append(at, "frames"), own: own, newestFirst: newestFirst, budget: budget}
		if n < len(mapped) {
			c.mapped = mapped[n]
		}
		traces = append(traces, c.trace(t))
	}
	return traces
}

// chained is what is known about the frames of one exception.
type chained struct {
	path        []string // of the frames, in the payload
	own         func(file string) bool
	newestFirst bool // as they were sent
	budget      int
	mapped      []symbol.Resolved
}

func (c *chained) trace(t map[string]any) traceOut {
	out := traceOut{Frames: []frameOut{}}
	switch e := t["exception"].(type) {
	case map[string]any:
		out.Class, out.Message, out.Description = cutText(plainText(e["class"]), longestName), cutText(plainText(e["message"]), longestReason), cutText(plainText(e["description"]), longestReason)
	default:
		out.Class = cutText(plainText(e), longestName)
	}
	out.Class = cmp.Or(out.Class, "(unknown)")
	frames, _ := t["frames"].([]any)
	for k := range frames {
		at := len(frames) - 1 - k
		if c.newestFirst {
			at = k
		}
		if k >= mostFrames-oldestFrames && k < len(frames)-oldestFrames {
			out.LeftOut++
			continue
		}
		f, ok := frames[at].(map[string]any)
		if !ok {
			continue
		}
		const share = 8 // a frame must leave room for others
		one := frameOf(f, append(slices.Clip(c.path), strconv.Itoa(at)), c.own, c.budget/share)
		if at < len(c.mapped) {
			one.follow(&c.mapped[at])
		}
		out.Frames = append(out.Frames, one)
	}
	return out
}

// follow notes where a source map leads, or why none does.
func (f *frameOut) follow(r *symbol.Resolved) {
	if r.Code != "" {
		f.Why = r.Reason
		return
	}
	f.Own = r.InProject
	f.Mapped = &mappedCode{File: r.File, Line: r.Line, Column: r.Column, Method: r.Method, Code: r.Text, Pre: nonNil(r.Pre), Post: nonNil(r.Post)}
}

func frameOf(f map[string]any, path []string, own func(string) bool, budget int) frameOut {
	file := cutText(plainText(f["filename"]), longestName)
	out := frameOut{
		File: file, Line: payloadNumber(f["lineno"]), Column: payloadNumber(f["colno"]), Method: cutText(plainText(f["method"]), longestName),
		Class: cutText(plainText(f["class_name"]), longestName), Code: cutText(plainText(f["code"]), longestCode),
		Own: own(file), Library: libraryOf(file), Args: [][2]any{}, Pre: []string{}, Post: []string{},
	}
	if context, ok := f["context"].(map[string]any); ok {
		pre, post := codeOf(context["pre"]), codeOf(context["post"])
		out.Pre, out.Post = pre[max(len(pre)-mostContext, 0):], post[:min(len(post), mostContext)]
	}
	locals, _ := f["locals"].(map[string]any)
	out.Args = argsOf(f, locals, path, budget)
	if len(locals) > 0 {
		out.Locals = pruned(locals, append(path, "locals"), budget)
	}
	return out
}

func codeOf(v any) []string {
	list, _ := v.([]any)
	lines := make([]string, 0, min(len(list), 2*mostContext))
	for _, l := range list[:min(len(list), 1000)] { //nolint:mnd // more than any sender has
		lines = append(lines, cutText(plainText(l), longestCode))
	}
	return lines
}

// argsOf are the arguments of a call: names whose values are locals, or values.
func argsOf(f, locals map[string]any, path []string, budget int) [][2]any {
	args := [][2]any{}
	const most = 50
	named := func(name string) {
		if v, ok := locals[name]; ok && name != "" && len(args) < most {
			args = append(args, [2]any{cutText(name, longestName), pruned(v, append(slices.Clip(path), "locals", name), budget/4)}) //nolint:mnd // some of many
		}
	}
	spec, _ := f["argspec"].([]any)
	for _, name := range spec {
		named(plainText(name))
	}
	named(plainText(f["varargspec"]))
	named(plainText(f["keywordspec"]))
	if len(args) > 0 {
		return args
	}
	values, _ := f["args"].([]any)
	for n, v := range values[:min(len(values), most)] {
		args = append(args, [2]any{strconv.Itoa(n), pruned(v, append(slices.Clip(path), "args", strconv.Itoa(n)), budget/4)}) //nolint:mnd // some of many
	}
	return args
}

// libraries finds the name of a library in the path of one of its files.
func libraryOf(file string) string {
	for _, p := range libraryPaths() {
		if m := p.FindStringSubmatch(file); m != nil {
			return m[1]
		}
	}
	return ""
}

func libraryPaths() []*regexp.Regexp { return compiledLibraryPaths }

//nolint:gochecknoglobals // constants that Go has no literal for
var compiledLibraryPaths = []*regexp.Regexp{
	regexp.MustCompile(`(?:site|dist)-packages/([\w.-]+?)(?:\.py|/)`),
	regexp.MustCompile(`node_modules/((?:@[\w.-]+/)?[\w.-]+)/`),
	regexp.MustCompile(`/gems/([\w-]+?)-\d[\w.]*/`),
	regexp.MustCompile(`([\w.-]+/[\w.-]+)@v\d`),
	regexp.MustCompile(`/(vendor/[\w.-]+/[\w.-]+)/`),
	regexp.MustCompile(`/lib/(python)\d[\d.]*/`),
	regexp.MustCompile(`^(node):`),
}

// telemetryOut is something that happened before.
type telemetryOut struct {
	At     string         `json:"at"`
	Level  string         `json:"level"`
	Type   string         `json:"type"`
	Source string         `json:"source"`
	Body   map[string]any `json:"body"`
}

const mostTelemetry = 200

// telemetryOf reads what a sender noted before an error, the oldest first.
func telemetryOf(data map[string]any) []telemetryOut {
	body, _ := data["body"].(map[string]any)
	list, _ := body["telemetry"].([]any)
	from := max(len(list)-mostTelemetry, 0)
	out := []telemetryOut{}
	for n, raw := range list[from:] {
		e, ok := raw.(map[string]any)
		if !ok {
			continue
		}
		at := ""
		if ms := payloadNumber(e["timestamp_ms"]); ms > 0 {
			at = ns(int64(ms) * int64(time.Millisecond))
		}
		b, ok := pruned(e["body"], []string{"body", "telemetry", strconv.Itoa(from + n), "body"}, 8<<10).(map[string]any) //nolint:mnd // 8 kB of one of hundreds
		if !ok {
			b = map[string]any{"message": plainText(e["body"])}
		}
		out = append(out, telemetryOut{
			At: at, Level: cutText(plainText(e["level"]), longestName), Type: cutText(plainText(e["type"]), longestName),
			Source: cutText(plainText(e["source"]), longestName), Body: b,
		})
	}
	return out
}

// plainText is a scalar of a payload as text, "" for anything else.
func plainText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}

// payloadNumber is a number of a payload, or a text that is one; 0 for anything else.
func payloadNumber(v any) int {
	f, err := strconv.ParseFloat(strings.TrimSpace(plainText(v)), 64)
	const most = 1 << 52
	if err != nil || f < 0 || f > most {
		return 0
	}
	return int(f)
}

// cutText shortens a text to about n bytes.
func cutText(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "…"
}
