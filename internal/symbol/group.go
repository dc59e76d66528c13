package symbol

import (
	"cmp"
	"encoding/json"
	"maps"
	"strconv"
	"strings"
)

// Applied returns the data of a payload of JavaScript with the frames that can be
// resolved as they are in their sources: what grouping looks at, which minified
// names would mislead. The second result is false where no frame can be; data is
// never changed. It is meant to be called for every occurrence: where nobody has
// uploaded a map it costs next to nothing.
func (s *Store) Applied(environment, version string, browser bool, data map[string]any) (map[string]any, bool) {
	if !s.Any(environment) {
		return nil, false
	}
	language, _ := data["language"].(string)
	if !isJavaScriptName(language) && (language != "" || !browser) {
		return nil, false
	}
	body, _ := data["body"].(map[string]any)
	t := Trace{Environment: environment, Version: version, Node: !browser}
	chain, _ := body["trace_chain"].([]any)
	changed := maps.Clone(body)
	done := false
	if one, ok := s.appliedTrace(t, body["trace"]); ok {
		changed["trace"], done = one, true
	}
	const mostTraces = 50
	var traces []any
	for i, raw := range chain {
		if i >= mostTraces {
			break
		}
		one, ok := s.appliedTrace(t, raw)
		if !ok {
			one = raw
		}
		traces, done = append(traces, one), done || ok
	}
	if !done {
		return nil, false
	}
	if traces != nil {
		changed["trace_chain"] = traces
	}
	out := maps.Clone(data)
	out["body"] = changed
	return out, true
}

// AppliedTo is Applied of data that is whole: its version and platform are read
// from it.
func (s *Store) AppliedTo(environment string, data map[string]any) (map[string]any, bool) {
	js, inPage := at(data, "client", "javascript").(map[string]any)
	of, _ := data["server"].(map[string]any)
	version := cmp.Or(textOf(data["code_version"]), textOf(js["code_version"]), textOf(of["code_version"]), textOf(of["sha"]))
	return s.Applied(environment, version, inPage || strings.EqualFold(textOf(data["platform"]), "browser"), data)
}

// at is what stands at a path, nil if nothing does.
func at(v any, path ...string) any {
	for _, name := range path {
		m, _ := v.(map[string]any)
		v = m[name]
	}
	return v
}

// Any reports whether an environment has source maps.
func (s *Store) Any(environment string) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.perEnvironment[environment] > 0
}

func (s *Store) appliedTrace(t Trace, raw any) (any, bool) {
	one, _ := raw.(map[string]any)
	frames, _ := one["frames"].([]any)
	if len(frames) == 0 {
		return nil, false
	}
	left := max(len(frames)-maxFrames, 0)
	for _, raw := range frames[left:] {
		f, _ := raw.(map[string]any)
		t.Frames = append(t.Frames, Frame{
			File: textOf(f["filename"]), Line: loose(textOf(f["lineno"])).number(0), Column: loose(textOf(f["colno"])).number(-1),
			Method: textOf(f["method"]), DebugID: textOf(f["debug_id"]),
		})
	}
	out, done := append([]any(nil), frames...), false
	for i, r := range s.resolve(&t, false) {
		f, _ := frames[left+i].(map[string]any)
		if r.Code != "" || f == nil {
			continue
		}
		f = maps.Clone(f)
		f["filename"], f["method"], f["lineno"], f["colno"] = r.File, r.Method, json.Number(strconv.Itoa(r.Line)), json.Number(strconv.Itoa(r.Column))
		out[left+i], done = f, true
	}
	if !done {
		return nil, false
	}
	one = maps.Clone(one)
	one["frames"] = out
	return one, true
}

func textOf(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return ""
}
