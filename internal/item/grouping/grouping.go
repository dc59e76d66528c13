// Package grouping decides which errors are the same. It is pure: from the data
// of a Rollbar payload (or one made of an exception event of a span, see
// [FromEvent]) it makes a canonical text, whose SHA-1 is the fingerprint, and
// says in words how it came to it. Line numbers, addresses, ids, hosts and paths
// of installation do not matter to it.
//
// The algorithm has a version. What one version has decided is never decided
// anew: a change of it is a new version, and what is known under an old one's
// fingerprint stays where it is. Canonical texts of version 1:
//
//	e:file|method;file|method!Class / file|method!Class      traces, oldest call first
//	e:…!Class!message      if there are no frames, or only Go's generic classes
//	m:message              messages
//	c:type;codes;symbols   crash reports
//
// Payloads are hostile: any field may have any type, and all loops are bounded.
package grouping

import (
	"crypto/sha1" //nolint:gosec // a name for a text that need not be kept secret; the vendor's own
	"encoding/hex"
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// Version is that of the algorithm in use.
const Version = 1

// GroupPrefix begins fingerprints that name a group item by its number.
const GroupPrefix = "group-item-"

// Steps that may decide.
const (
	StepClient  = "client"  // the payload brought a fingerprint
	StepRule    = "rule"    // a custom rule of the project
	StepDefault = "default" // the algorithm
)

// Limits of what is looked at and made.
const (
	maxFingerprint = 40
	maxTitle       = 255
	maxTraces      = 50     // of a chain
	maxFrames      = 20_000 // looked at, of a trace
	maxCounted     = 300    // frames of a trace that count: those nearest to the fault
	maxText        = 2000   // of a message or a name, bytes
)

// Decision is what an error is grouped by.
type Decision struct {
	Version     int
	Step        string
	Rule        int // index of the rule that decided, -1 if none did
	Fingerprint string
	Canonical   string // the text that the default fingerprint is the hash of
	Default     string // the fingerprint of the algorithm, whatever decided
	// Older are the fingerprints that earlier versions of the algorithm make of it,
	// the first version's first, if the algorithm decided. There is none before 1.
	Older   []string
	Title   string
	Culprit string // "function in file" of the frame at fault, "" if none is known
	Class   string // of what was raised last; "" for messages
	Message string // its text
	Level   string // as sent, or what its kind has
}

// Decide groups the data of a payload by a project's rules; nil rules are the
// algorithm alone. It never fails: what has no known form is grouped as a message.
func (r *Rules) Decide(data map[string]any) Decision {
	return r.decide(&subject{data: data, body: object(data["body"])}, nil)
}

func (r *Rules) decide(s *subject, note func(Note)) Decision {
	s.read()
	s.rules = r
	d := Decision{Version: Version, Rule: -1, Canonical: s.canonical(note)}
	d.Default = hash(d.Canonical)
	d.Class, d.Message, d.Level, d.Culprit = s.class(), s.message(), s.level(), s.culprit()
	d.Step, d.Fingerprint, d.Title = StepDefault, d.Default, s.title()
	client := Scalar(s.data["fingerprint"])
	if client != "" && !r.ignoresClient() {
		d.Step, d.Fingerprint = StepClient, bounded(client)
	} else if rule, fingerprint, title := r.apply(s, d.Default, d.Title); rule >= 0 {
		d.Step, d.Rule, d.Fingerprint = StepRule, rule, bounded(fingerprint)
		if title != "" && Scalar(s.data["title"]) == "" {
			d.Title = oneLine(title)
		}
	}
	return d
}

// bounded is a fingerprint that somebody chose: itself if it is short enough.
func bounded(s string) string {
	if utf8.RuneCountInString(s) <= maxFingerprint {
		return strings.ToValidUTF8(s, "\ufffd")
	}
	return hash(s)
}

func hash(s string) string {
	sum := sha1.Sum([]byte(s)) //nolint:gosec // see the import
	return hex.EncodeToString(sum[:])
}

// oneLine is text as a title: without line breaks, at most 255 characters.
func oneLine(s string) string {
	const dots = "..."
	s = strings.Join(strings.Fields(strings.ToValidUTF8(cut(s, 4*maxText), "\ufffd")), " ")
	if utf8.RuneCountInString(s) <= maxTitle {
		return s
	}
	return string([]rune(s)[:maxTitle-len(dots)]) + dots
}

// cut shortens text to at most n bytes, between characters.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

func object(v any) map[string]any {
	m, _ := v.(map[string]any)
	return m
}

func list(v any) []any {
	l, _ := v.([]any)
	return l
}

// Scalar is a text, number or truth of a payload as text: strings as they are, numbers and truths as JSON,
// all else "".
func Scalar(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case nil, map[string]any, []any:
		return ""
	}
	text, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(text)
}
