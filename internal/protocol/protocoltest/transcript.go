package protocoltest

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/oriel-dev/oriel/internal/golden"
)

// Target is the server that a transcript is replayed against: the real handlers
// over rooms of its own, with a clock that stands still.
type Target struct {
	URL string
	Now int64 // Unix nanoseconds
	// Vars are what $NAME stands for in requests; answers show the name in place
	// of the value.
	Vars map[string]string
	// Events prints the events that were stored since it was last asked, and
	// Drops what was left out.
	Events, Drops func() string
	// Set brings the server into a state that a request asks for: "@set: full".
	Set func(t *testing.T, state string)
}

// Variants of a transcript: what its requests are sent as. They share events and
// drops; each has its own answers.
const (
	asWritten  = "response"
	asProtobuf = "response protobuf"
	asGRPC     = "response grpc"
	asMsgpack  = "response msgpack"
)

// Run replays each file that matches the pattern against targets of its own, and
// compares what happened with what the file says. With -update the files are
// rewritten.
//
// A file is a txtar archive: a comment, then for each request the sections
//
//	-- request --            POST /v1/traces, headers, an empty line, the body
//	-- response --           status, headers, an empty line, the body
//	-- response protobuf --  the same request with its JSON body as protobuf
//	-- response grpc --      the same request over gRPC
//	-- response msgpack --   the same request with its JSON body as msgpack
//	-- events --             the rows it became
//	-- drops --              what was not stored, or not whole, and why
//
// Only variants that are named are sent. Protobuf in answers is shown as JSON.
// In requests $NOW+5ms is a time in nanoseconds, $MS+5ms one in milliseconds, $NAME
// one of the target's variables, and lines that begin with @ are not sent but
// obeyed: see request.
func Run(t *testing.T, pattern string, open func(t *testing.T) *Target) {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts at %s: %v", pattern, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), filepath.Ext(file)), func(t *testing.T) {
			t.Parallel()
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			tr, err := parse(raw)
			if err != nil {
				t.Fatal(err)
			}
			for _, variant := range tr.variants() {
				tr.replay(t, variant, open(t))
			}
			golden.Check(t, file, tr.String())
		})
	}
}

// transcript is a file.
type transcript struct {
	comment string
	steps   []step
}

// step is a request with what comes of it, by the name of the section.
type step struct {
	request string
	out     map[string]string
	seen    map[string]string // of events and drops: the variant that showed them
}

func parse(raw []byte) (*transcript, error) {
	tr := &transcript{}
	section := ""
	body := &strings.Builder{}
	flush := func() error {
		switch {
		case section == "":
			tr.comment = body.String()
		case section == "request":
			tr.steps = append(tr.steps, step{request: body.String(), out: map[string]string{}, seen: map[string]string{}})
		case len(tr.steps) == 0:
			return fmt.Errorf("section %q before a request", section)
		case !slices.Contains(sections(), section):
			return fmt.Errorf("section %q is not one of %q", section, sections())
		default:
			tr.steps[len(tr.steps)-1].out[section] = body.String()
		}
		body.Reset()
		return nil
	}
	for line := range bytes.Lines(raw) {
		text := strings.TrimRight(string(line), "\n")
		if name, ok := strings.CutPrefix(text, "-- "); ok && strings.HasSuffix(name, " --") {
			if err := flush(); err != nil {
				return nil, err
			}
			section = strings.TrimSuffix(name, " --")
			continue
		}
		body.Write(line)
	}
	if err := flush(); err != nil {
		return nil, err
	}
	if len(tr.steps) == 0 {
		return nil, fmt.Errorf("no request")
	}
	return tr, nil
}

func sections() []string {
	return []string{asWritten, asProtobuf, asGRPC, asMsgpack, "events", "drops"}
}

// String prints the file.
func (tr *transcript) String() string {
	var b strings.Builder
	b.WriteString(tr.comment)
	for _, s := range tr.steps {
		b.WriteString("-- request --\n" + s.request)
		for _, name := range sections() {
			if text, ok := s.out[name]; ok {
				b.WriteString("-- " + name + " --\n" + text)
			}
		}
	}
	return b.String()
}

func (tr *transcript) variants() []string {
	var out []string
	for _, v := range []string{asWritten, asProtobuf, asGRPC, asMsgpack} {
		if slices.ContainsFunc(tr.steps, func(s step) bool { _, ok := s.out[v]; return ok }) {
			out = append(out, v)
		}
	}
	return out
}

// replay sends all requests in one variant and notes what came of them.
func (tr *transcript) replay(t *testing.T, variant string, target *Target) {
	t.Helper()
	for i := range tr.steps {
		s := &tr.steps[i]
		if _, named := s.out[variant]; !named {
			continue
		}
		r, err := target.request(s.request, variant)
		if err != nil {
			t.Fatalf("request %d: %v", i+1, err)
		}
		if r.state != "" {
			target.Set(t, r.state)
		}
		answer, err := target.send(t.Context(), r)
		if err != nil {
			t.Fatalf("request %d as %q: %v", i+1, variant, err)
		}
		s.out[variant] = target.hide(answer)
		s.note(t, variant, "events", target.Events())
		s.note(t, variant, "drops", target.hide(target.Drops()))
	}
}

// note keeps what was stored or dropped, which must not depend on the variant.
func (s *step) note(t *testing.T, variant, section, text string) {
	t.Helper()
	if before, ok := s.seen[section]; ok {
		if d := golden.Difference(s.out[section], text); d != "" {
			t.Errorf("%s of %q and of %q are not the same: %s", section, before, variant, d)
		}
		return
	}
	s.seen[section] = variant
	if _, named := s.out[section]; named || text != "" {
		s.out[section] = text
	}
}

// hide shows names in place of values that differ from run to run.
func (t *Target) hide(text string) string {
	text = strings.ReplaceAll(text, t.URL, "$URL")
	for name, value := range t.Vars {
		text = strings.ReplaceAll(text, value, "$"+name)
	}
	return text
}
