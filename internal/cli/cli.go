// Package cli is the command line's client side: oriel query, traces, tail and
// doctor, all over the HTTP API of a running server.
package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/oriel-dev/oriel/internal/cli/usage"
)

// Streams are the terminal's ends and what a command may know of its surroundings.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
	Getenv   func(string) string
	Clock    func() time.Time
	Width    int  // columns of the terminal; 0 if output is no terminal
	Hints    bool // standard error is a terminal: progress and hints have a reader
	Color    bool // output is a terminal that shows colours
	Piped    bool // input is a pipe or a file, not a terminal
}

// command is one subcommand.
type command struct {
	name, use, about string
	run              func(ctx context.Context, s Streams, args []string) error
}

func commands() []command {
	return []command{
		{"query", "query [flags] TEXT | JSON | @FILE | -", "ask a question and print the answer as table, CSV or JSON", runQuery},
		{"bubbleup", "bubbleup [flags] FILTER", "say what is different about the events for which a filter is true", runBubbleUp},
		{"traces", "traces [flags] | traces [show] TRACE-ID", "list traces, or show one as a tree with bars", runTraces},
		{"wait", "wait [flags] EXPECTATION…", "wait until telemetry has arrived, or fail: for tests", runWait},
		{"tail", "tail [flags] [FILTER]", "print events as they arrive", runTail},
		{"sample", "sample [flags] [load | remove]", "load an hour of sample data, or remove it", runSample},
		{"health", "health [flags]", "fail unless the server is ready: for health checks", runHealth},
		{"doctor", "doctor [flags]", "send a test trace and check every door, with a remedy for what is wrong", runDoctor},
	}
}

// Handles reports whether name is one of this package's commands.
func Handles(name string) bool {
	for _, c := range commands() {
		if c.name == name {
			return true
		}
	}
	return false
}

// List writes one line for each command.
func List(w io.Writer) {
	for _, c := range commands() {
		_, _ = fmt.Fprintf(w, "  %-9s %s\n", c.name, c.about)
	}
}

// Run runs the command called name. flag.ErrHelp means that help was shown.
func Run(ctx context.Context, name string, s Streams, args []string) error {
	for _, c := range commands() {
		if c.name == name {
			err := c.run(ctx, s, args)
			if errors.Is(err, context.Canceled) && ctx.Err() != nil {
				return nil //nolint:nilerr // being interrupted is how a tail ends
			}
			return err
		}
	}
	return Unknown(name)
}

// Unknown is the error for a command that neither this package nor the program,
// which has the others, knows.
func Unknown(name string, others ...string) error {
	for _, c := range commands() {
		others = append(others, c.name)
	}
	for _, other := range others {
		if len(name) > 2 && strings.HasPrefix(other, name) {
			return usage.Errorf("unknown command %q; did you mean %s?", clean(name), other)
		}
	}
	return usage.Errorf("unknown command %q%s (oriel help lists them)", clean(name), usage.Meant(name, others))
}

// target is where a command's questions go.
type target struct {
	url, key, env string
}

// flags returns a flag set with the flags that every command has.
func flags(s Streams, name, about string, t *target) *flag.FlagSet {
	for _, c := range commands() {
		if c.name == name {
			about = "Usage: oriel " + c.use + "\n\n" + about
		}
	}
	set := usage.Set("oriel "+name, s.Out, about)
	defaultURL := s.Getenv("ORIEL_URL")
	if defaultURL == "" {
		defaultURL = "http://127.0.0.1:6743"
	}
	set.StringVar(&t.url, "url", defaultURL, "`address` of the server (or ORIEL_URL)")
	set.StringVar(&t.key, "key", "", "API `key`, where the server wants one (or ORIEL_KEY)")
	set.StringVar(&t.env, "env", "", "`slug` of the environment; the default one if empty")
	return set
}

func (t *target) client(s Streams) *client {
	if !strings.Contains(t.url, "://") {
		t.url = "http://" + t.url
	}
	key := t.key
	if key == "" {
		key = s.Getenv("ORIEL_KEY") // not as the flag's default, which --help prints
	}
	return &client{base: strings.TrimRight(t.url, "/"), key: key, env: t.env, http: &http.Client{}, clock: s.Clock}
}

// output is the form an answer is printed in.
type output string

const (
	asTable output = "table"
	asCSV   output = "csv"
	asJSON  output = "json"
)

// parse takes the flags of args and returns the rest of them, and the form that the
// flags of outputFlags choose.
func parse(set *flag.FlagSet, args []string, form func() (output, error)) (rest []string, how output, err error) {
	if rest, err = usage.Parse(set, args); err != nil {
		return nil, "", err
	}
	how, err = form()
	return rest, how, err
}

// outputFlags adds --output and its short forms.
func outputFlags(set *flag.FlagSet, forms ...output) func() (output, error) {
	names := make([]string, len(forms))
	for i, f := range forms {
		names[i] = string(f)
	}
	chosen := set.String("output", string(forms[0]), "`form` of the answer: "+strings.Join(names, ", "))
	short := map[output]*bool{}
	for _, f := range forms[1:] {
		short[f] = set.Bool(string(f), false, "short for --output "+string(f))
	}
	return func() (output, error) {
		given := 0
		for f, yes := range short {
			if *yes {
				given++
				*chosen = string(f)
			}
		}
		if given > 1 {
			return "", usage.Errorf("--csv and --json exclude each other")
		}
		for _, f := range forms {
			if string(f) == *chosen {
				return f, nil
			}
		}
		return "", usage.Errorf("output is %q; it must be one of %s", *chosen, strings.Join(names, ", "))
	}
}

// clean makes text from telemetry safe for a terminal: control characters,
// which could move the cursor or set its title, are shown, not sent.
func clean(s string) string {
	s = strings.ToValidUTF8(s, "\ufffd") // a lone byte 0x9b begins a command for some terminals
	if strings.IndexFunc(s, unsafeRune) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '\n':
			b.WriteString("⏎")
		case r == '\t':
			b.WriteByte(' ')
		case unsafeRune(r):
			_, _ = fmt.Fprintf(&b, "\\x%02x", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// cell makes text safe where output is a terminal; a file gets it as it is.
func (s Streams) cell(text string) string {
	if s.Width == 0 {
		return text
	}
	return clean(text)
}

// json escapes, in an answer shown in a terminal, the control characters that
// JSON allows unescaped: it stays the same JSON.
func (s Streams) json(raw []byte) string {
	if s.Width == 0 {
		return string(raw)
	}
	var b strings.Builder
	for _, r := range strings.ToValidUTF8(string(raw), "\ufffd") {
		if r >= 0x7f && unsafeRune(r) {
			_, _ = fmt.Fprintf(&b, "\\u%04x", r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func unsafeRune(r rune) bool {
	return r < 0x20 || (r >= 0x7f && r < 0xa0) || (r >= 0x202a && r <= 0x202e) || (r >= 0x2066 && r <= 0x2069)
}
