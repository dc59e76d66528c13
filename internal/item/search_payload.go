package item

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/oriel-dev/oriel/internal/query"
)

// Fields of a search that are answered from the payload, which is JSON as it was
// sent, and from the names of fields that were made of it. A place in JSON is
// found by a regular expression that walks over whole texts, objects and lists,
// nested up to a depth: what stands in a text or further in is not taken for it.

const (
	anyText   = `"(?:[^"\\]|\\.)*"`
	restOf    = `(?:[^"\\]|\\.)*` // of a text
	walked    = 8                 // how deep objects and lists are walked over
	maxCount  = 500               // of minfiles and maxfiles
	maxFields = 300               // that one part of a search looks at
	maxPrefix = 60                // characters of allfiles
)

// over is what a walk steps over: anything but the end of where it is.
func over() string {
	one := `[^"\[\]{}]|` + anyText
	text := `(?:` + one + `)*`
	for range walked {
		text = `(?:` + one + `|[\[{]` + text + `[\]}])*`
	}
	return text
}

// jsonText is a text as it stands in JSON, without its quotes, as a pattern.
func jsonText(value string) string {
	text, err := json.Marshal(value)
	if err != nil { // a string always can
		return "$^"
	}
	return regexp.QuoteMeta(strings.TrimSuffix(strings.TrimPrefix(string(text), `"`), `"`))
}

func inPayload(pattern string) query.Expr {
	return query.Text{Op: query.Regex, X: query.Field{Name: payloadField}, S: "(?i)" + pattern}
}

// memberKey is a member's name and what leads to its value.
func memberKey(name string) string { return `"` + name + `"\s*:\s*` }

// ofFiles are the fields about the files of frames as a whole; nil if the name is none.
func (p searchPart) ofFiles() query.Expr {
	file := memberKey("filename") + `"` + jsonText(p.value)
	hasFrames := inPayload(memberKey("frames") + `\[\s*\{`)
	first := inPayload(memberKey("frames") + `\[\s*\{` + over() + file)
	last := inPayload(memberKey("frames") + `\[` + over() + `\{` + over() + file + restOf + `"` + over() + `\}\s*\]`)
	isGo := query.Text{Op: query.Regex, X: query.Field{Name: "language"}, S: `(?i)^go\b`}
	either := func(ofGo, ofOthers query.Expr) query.Expr {
		return query.Or{Terms: []query.Expr{query.And{Terms: []query.Expr{isGo, ofGo}}, query.And{Terms: []query.Expr{query.Not{X: isGo}, ofOthers}}}}
	}
	switch p.name {
	case "topfile": // where it went wrong: Go's frames come the newest first
		return either(first, last)
	case "bottomfile":
		return either(last, first)
	case "nofiles":
		return query.And{Terms: []query.Expr{hasFrames, query.Not{X: inPayload(file)}}}
	case "allfiles":
		return query.And{Terms: []query.Expr{hasFrames, query.Not{X: inPayload(memberKey("filename") + `"` + notPrefix(p.value))}}}
	case "minfiles", "maxfiles":
		n, err := strconv.Atoi(p.value)
		if err != nil || n < 0 || n > maxCount {
			return nil
		}
		if p.name == "maxfiles" {
			return query.And{Terms: []query.Expr{hasFrames, query.Not{X: frames(n + 1)}}}
		}
		return query.And{Terms: []query.Expr{hasFrames, frames(n)}}
	}
	return nil
}

// frames is true of payloads that have as many files of frames, or more.
func frames(n int) query.Expr {
	if n == 0 {
		return query.Exists{X: query.Field{Name: payloadField}}
	}
	return inPayload(`(?s:` + memberKey("filename") + `.*?){` + strconv.Itoa(n) + `}`)
}

// notPrefix is the pattern of what follows the quote of a text that does not begin
// with the value.
func notPrefix(value string) string {
	runes := []rune(value)
	runes = runes[:min(len(runes), maxPrefix)]
	text := ""
	for _, r := range slices.Backward(runes) {
		c := jsonText(string(r))
		not := `[^` + c + `]`
		if len([]rune(strings.TrimPrefix(c, `\`))) > 1 { // an escape of JSON, which begins with a backslash
			not = `[^\\]`
		}
		if text != "" {
			not += `|` + c + `(?:` + text + `)`
		}
		text = not
	}
	if text == "" {
		return "$^" // every text begins with nothing
	}
	return `(?:` + text + `)`
}

// ofTelemetry are the fields about what happened before; nil if the name is none.
func (p searchPart) ofTelemetry() query.Expr {
	entry := memberKey("telemetry") + `\[` + over() + `\{` + over()
	value := `"?` + jsonText(p.value)
	switch p.name {
	case "telemetry_level", "telemetry_type", "telemetry_source":
		return inPayload(entry + memberKey(strings.TrimPrefix(p.name, "telemetry_")) + value)
	case "telemetry_body_message", "telemetry_body_subtype", "telemetry_body_method":
		return inPayload(entry + memberKey("body") + `\{` + over() + memberKey(strings.TrimPrefix(p.name, "telemetry_body_")) + value)
	}
	return nil
}

// ofFrame are the fields about one frame that only the payload has; nil if the
// name is none.
func (p searchPart) ofFrame() query.Expr {
	locals := memberKey("locals") + `\{` + over()
	value := `"?` + jsonText(p.value)
	if name, of, ok := strings.Cut(strings.TrimSuffix(p.name, "]"), "["); ok && name == "traceframe_local" && strings.HasSuffix(p.name, "]") {
		return inPayload(locals + memberKey(jsonText(of)) + value)
	}
	switch p.name {
	case "traceframe_lineno", "traceframe_colno":
		if _, err := strconv.Atoi(p.value); err != nil {
			return nil
		}
		return inPayload(memberKey(strings.TrimPrefix(p.name, "traceframe_")) + `"?` + p.value + `\b`)
	case "traceframe_locals_name":
		return inPayload(locals + `"` + jsonText(p.value) + restOf + `"\s*:`)
	case "traceframe_locals_value":
		return inPayload(locals + anyText + `\s*:\s*` + value)
	}
	return nil
}

// spread are the fields whose names the sender chose, with where they are.
func spread(name string) (prefix string, names, known bool) {
	at := map[string]string{
		"customs": "custom.", "request_headers": "request.headers.", "request_params": "request.params.", "request_gets": "request.GET.", "request_posts": "request.POST.",
	}
	for of, prefix := range at {
		switch name {
		case of + "_name":
			return prefix, true, true
		case of + "_value":
			return prefix, false, true
		}
	}
	return "", false, false
}

// ofNames is what an occurrence must be for a part about names, or values, of
// whatever the sender has below a place; none is true if no field there is such.
func (p searchPart) ofNames(fields func() []string) (x query.Expr, none, known bool) {
	prefix, names, known := spread(p.name)
	if !known {
		return nil, false, false
	}
	var pattern *regexp.Regexp
	if names {
		var err error
		if pattern, err = regexp.Compile(likePattern(p.value, p.quoted)); err != nil {
			return nil, true, true
		}
	}
	var terms []query.Expr
	for _, f := range fields() {
		rest, below := strings.CutPrefix(f, prefix)
		switch {
		case !below || len(terms) == maxFields:
		case !names:
			terms = append(terms, query.Text{Op: query.Regex, X: query.Field{Name: f}, S: likePattern(p.value, p.quoted)})
		case pattern.MatchString(rest) || slices.ContainsFunc(strings.Split(rest, "."), pattern.MatchString):
			terms = append(terms, query.Exists{X: query.Field{Name: f}})
		}
	}
	if len(terms) == 0 {
		return nil, true, true
	}
	if len(terms) == 1 {
		return terms[0], false, true
	}
	return query.Or{Terms: terms}, false, true
}
