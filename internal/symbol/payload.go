package symbol

import (
	"cmp"
	"encoding/json"
	"strconv"
	"strings"
)

// Payload are the resolved frames of the data of a Rollbar payload.
type Payload struct {
	Version string // the effective one, "" if it says none
	// Traces are those of the chain, outermost first, with what became of each
	// frame in the order it was sent. nil where nothing is to be resolved.
	Traces [][]Resolved
}

// maxFrames bounds what is resolved of one trace: the last, nearest to the fault.
const maxFrames = 500

// loose reads a text, number or nothing; what else is sent counts as nothing.
type loose string

// UnmarshalJSON implements json.Unmarshaler.
func (l *loose) UnmarshalJSON(raw []byte) error {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		*l = loose(s)
	} else if len(raw) > 0 && (raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9') {
		*l = loose(raw)
	}
	return nil
}

func (l loose) number(none int) int {
	f, err := strconv.ParseFloat(string(l), 64)
	if err != nil || f < 0 || f > 1<<31 {
		return none
	}
	return int(f)
}

// part reads an object; what is none counts as an empty one.
func part[T any](raw json.RawMessage) T {
	var v T
	if json.Unmarshal(raw, &v) != nil {
		var none T
		return none
	}
	return v
}

type data struct {
	Body        json.RawMessage `json:"body"`
	CodeVersion loose           `json:"code_version"`
	Language    loose           `json:"language"`
	Platform    loose           `json:"platform"`
	Framework   loose           `json:"framework"`
	Client      json.RawMessage `json:"client"`
	Server      json.RawMessage `json:"server"`
}

type client struct {
	JavaScript json.RawMessage `json:"javascript"`
}

type javaScript struct {
	CodeVersion loose `json:"code_version"`
}

type server struct {
	CodeVersion loose `json:"code_version"`
	SHA         loose `json:"sha"`
}

type body struct {
	Trace      json.RawMessage   `json:"trace"`
	TraceChain []json.RawMessage `json:"trace_chain"`
}

type trace struct {
	Frames []json.RawMessage `json:"frames"`
}

type wireFrame struct {
	Filename loose `json:"filename"`
	Line     loose `json:"lineno"`
	Column   loose `json:"colno"`
	Method   loose `json:"method"`
	DebugID  loose `json:"debug_id"`
}

// Payload resolves the frames of the data of a Rollbar payload of JavaScript; of
// other languages it resolves none.
func (s *Store) Payload(environment string, raw []byte) Payload {
	d := part[data](raw)
	inPage := part[client](d.Client)
	js := part[javaScript](inPage.JavaScript)
	of := part[server](d.Server)
	p := Payload{Version: string(cmp.Or(d.CodeVersion, js.CodeVersion, of.CodeVersion, of.SHA))}
	if !isJavaScript(d, inPage) {
		return p
	}
	b := part[body](d.Body)
	traces := b.TraceChain
	if len(b.Trace) > 0 {
		traces = append(traces, b.Trace)
	}
	const mostTraces = 50
	node := !strings.EqualFold(string(d.Platform), "browser") && !isObject(inPage.JavaScript) && !strings.Contains(strings.ToLower(string(d.Framework)), "browser")
	for _, one := range traces[:min(len(traces), mostTraces)] {
		p.Traces = append(p.Traces, s.trace(Trace{Environment: environment, Version: p.Version, Node: node}, part[trace](one)))
	}
	return p
}

func (s *Store) trace(t Trace, sent trace) []Resolved {
	left := max(len(sent.Frames)-maxFrames, 0)
	for _, raw := range sent.Frames[left:] {
		f := part[wireFrame](raw)
		t.Frames = append(t.Frames, Frame{
			File: string(f.Filename), Line: f.Line.number(0), Column: f.Column.number(-1), Method: string(f.Method), DebugID: string(f.DebugID),
		})
	}
	out := make([]Resolved, left, len(sent.Frames))
	for i := range out {
		out[i] = Resolved{Code: CodeNoMap, Reason: "only the last " + strconv.Itoa(maxFrames) + " frames are resolved"}
	}
	return append(out, s.Resolve(t)...)
}

func isJavaScript(d data, in client) bool {
	return isJavaScriptName(string(d.Language)) || d.Language == "" && isObject(in.JavaScript)
}

func isJavaScriptName(language string) bool {
	first, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(language)), " ")
	switch first {
	case "javascript", "typescript", "ecmascript", "nodejs", "webjs":
		return true
	}
	return false
}

func isObject(raw json.RawMessage) bool { return len(raw) > 0 && raw[0] == '{' }
