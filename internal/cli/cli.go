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
)

// Streams are the terminal's ends and what a command may know of its surroundings.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
	Getenv   func(string) string
	Clock    func() time.Time
	Width    int  // columns of the terminal; 0 if output is no terminal
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
		{"tail", "tail [flags] [FILTER]", "print events as they arrive", runTail},
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

// Usage writes one line for each command.
func Usage(w io.Writer) {
	for _, c := range commands() {
		_, _ = fmt.Fprintf(w, "  %-9s %s\n", c.name, c.about)
	}
}

// UsageError is a command line that is wrong: the program exits with 2 for it.
type UsageError struct{ text string }

func (e *UsageError) Error() string { return e.text }

func misused(format string, args ...any) error {
	return &UsageError{fmt.Sprintf(format, args...)}
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
		if mistyped(name, other) {
			return misused("unknown command %q; did you mean oriel %s?", clean(name), other)
		}
	}
	return misused("unknown command %q; oriel help lists the commands", clean(name))
}

// mistyped reports whether a name has the letters of another but for one, in any
// order, or is the beginning of it.
func mistyped(name, meant string) bool {
	if len(name) > 2 && strings.HasPrefix(meant, name) {
		return true
	}
	letters := map[rune]int{}
	for _, r := range meant {
		letters[r]++
	}
	for _, r := range name {
		letters[r]--
	}
	differ := 0
	for _, n := range letters {
		differ += max(n, -n)
	}
	return differ <= 1
}

// target is where a command's questions go.
type target struct {
	url, key, env string
}

// flags returns a flag set with the flags that every command has.
func flags(s Streams, name, about string, t *target) *flag.FlagSet {
	set := flag.NewFlagSet("oriel "+name, flag.ContinueOnError)
	set.SetOutput(s.Out)
	defaultURL := s.Getenv("ORIEL_URL")
	if defaultURL == "" {
		defaultURL = "http://127.0.0.1:6743"
	}
	set.StringVar(&t.url, "url", defaultURL, "`address` of the server (or ORIEL_URL)")
	set.StringVar(&t.key, "key", s.Getenv("ORIEL_KEY"), "API `key`, where the server wants one (or ORIEL_KEY)")
	set.StringVar(&t.env, "env", "", "environment `slug`; the default one if empty")
	set.Usage = func() {
		for _, c := range commands() {
			if c.name == name {
				_, _ = fmt.Fprintf(s.Out, "Usage: oriel %s\n\n%s\n\nFlags:\n", c.use, about)
			}
		}
		set.PrintDefaults()
	}
	return set
}

// parse parses flags that stand before, between and after other arguments. Help
// goes to standard output, for a pager; a mistake gets one line instead of it.
func parse(set *flag.FlagSet, args []string) (rest []string, err error) {
	usage, out := set.Usage, set.Output()
	set.Usage = func() {}
	set.SetOutput(io.Discard)
	for {
		err := set.Parse(args)
		if errors.Is(err, flag.ErrHelp) {
			set.SetOutput(out)
			usage()
			return nil, err
		}
		if err != nil {
			text := strings.Replace(err.Error(), "flag provided but not defined: -", "unknown flag --", 1)
			return nil, misused("%s (%s --help lists the flags)", text, set.Name())
		}
		if set.NArg() == 0 {
			return rest, nil
		}
		rest = append(rest, set.Arg(0))
		args = set.Args()[1:]
	}
}

func (t *target) client(s Streams) *client {
	if !strings.Contains(t.url, "://") {
		t.url = "http://" + t.url
	}
	return &client{base: strings.TrimRight(t.url, "/"), key: t.key, env: t.env, http: &http.Client{}, clock: s.Clock}
}

// output is the form an answer is printed in.
type output string

const (
	asTable output = "table"
	asCSV   output = "csv"
	asJSON  output = "json"
)

// outputFlags adds --output and its short forms.
func outputFlags(set *flag.FlagSet, forms ...output) func() (output, error) {
	names := make([]string, len(forms))
	for i, f := range forms {
		names[i] = string(f)
	}
	chosen := set.String("output", string(forms[0]), "`form` of the answer: "+strings.Join(names, ", "))
	json := set.Bool("json", false, "short for --output json")
	return func() (output, error) {
		if *json {
			return asJSON, nil
		}
		for _, f := range forms {
			if string(f) == *chosen {
				return f, nil
			}
		}
		return "", misused("output is %q; it must be one of %s", *chosen, strings.Join(names, ", "))
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
