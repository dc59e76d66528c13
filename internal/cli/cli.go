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
}

// command is one subcommand.
type command struct {
	name, use, about string
	run              func(ctx context.Context, s Streams, args []string) error
}

func commands() []command {
	return []command{
		{"query", "query [flags] TEXT | -", "ask a question and print the answer as table, CSV or JSON", runQuery},
		{"traces", "traces [flags] | traces show TRACE-ID", "list traces, or show one as a tree with bars", runTraces},
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
	return fmt.Errorf("unknown command %q", name)
}

// target is where a command's questions go.
type target struct {
	url, key, env string
}

// flags returns a flag set with the flags that every command has.
func flags(s Streams, name, about string, t *target) *flag.FlagSet {
	set := flag.NewFlagSet("oriel "+name, flag.ContinueOnError)
	set.SetOutput(s.Err)
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
				_, _ = fmt.Fprintf(s.Err, "Usage: oriel %s\n\n%s\n\nFlags:\n", c.use, about)
			}
		}
		set.PrintDefaults()
	}
	return set
}

func (t *target) client(s Streams) *client {
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
		return "", fmt.Errorf("output is %q; it must be one of %s", *chosen, strings.Join(names, ", "))
	}
}

// clean makes text from telemetry safe for a terminal: control characters,
// which could move the cursor or set its title, are shown, not sent.
func clean(s string) string {
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

func unsafeRune(r rune) bool {
	return r < 0x20 || (r >= 0x7f && r < 0xa0) || (r >= 0x202a && r <= 0x202e) || (r >= 0x2066 && r <= 0x2069)
}
