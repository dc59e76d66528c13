// Package usage is what every command of the program shares: flags that may
// stand anywhere on the command line, help in two columns, values with units,
// and errors of wrong use, which the program ends with exit code 2.
package usage

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Error is a command line that is wrong.
type Error struct{ text string }

// Error returns one line that says what to change.
func (e *Error) Error() string { return e.text }

// Errorf returns an Error with the text.
func Errorf(format string, args ...any) error {
	return &Error{fmt.Sprintf(format, args...)}
}

// Set returns an empty set of flags for a command, as "oriel query". Help goes
// to out, which a pager can read; about is printed before the flags.
func Set(command string, out io.Writer, about string) *flag.FlagSet {
	set := flag.NewFlagSet(command, flag.ContinueOnError)
	set.SetOutput(out)
	set.Usage = func() {
		_, _ = fmt.Fprintf(out, "%s\n\nFlags:\n", strings.TrimSpace(about))
		flags(out, set)
	}
	return set
}

// Parse parses flags that stand before, between and after other arguments,
// which it returns. flag.ErrHelp means that help was asked for and is printed; a
// mistake is an Error of one line instead of flag's whole help.
func Parse(set *flag.FlagSet, args []string) (rest []string, err error) {
	help, out := set.Usage, set.Output()
	set.Usage = func() {}
	set.SetOutput(io.Discard)
	defer func() {
		set.Usage = help
		set.SetOutput(out)
	}()
	for {
		err := set.Parse(args)
		if errors.Is(err, flag.ErrHelp) {
			set.SetOutput(out)
			help()
			return nil, err
		}
		if err != nil {
			return nil, mistake(set, err)
		}
		if set.NArg() == 0 {
			return rest, nil
		}
		if n := len(args) - set.NArg(); n > 0 && args[n-1] == "--" {
			return append(rest, set.Args()...), nil
		}
		rest = append(rest, set.Arg(0))
		args = set.Args()[1:]
	}
}

var (
	invalid  = regexp.MustCompile(`(?s)^invalid (?:boolean )?value ("(?:[^"\\]|\\.)*") for (?:flag )?-([^:]+): (.*)$`)
	hungry   = regexp.MustCompile(`^flag needs an argument: -(.*)$`)
	stranger = "flag provided but not defined: -"
)

// mistake words an error of the flag package as the flags are written here.
func mistake(set *flag.FlagSet, err error) error {
	text := err.Error()
	if name, ok := strings.CutPrefix(text, stranger); ok {
		var known []string
		set.VisitAll(func(f *flag.Flag) { known = append(known, "--"+f.Name) })
		return Errorf("unknown flag --%s%s (%s --help lists them)", name, Meant("--"+name, known), set.Name())
	}
	if m := hungry.FindStringSubmatch(text); m != nil {
		return Errorf("--%s wants a value (%s --help says more)", m[1], set.Name())
	}
	if m := invalid.FindStringSubmatch(text); m != nil {
		return Errorf("--%s is %s; %s", m[2], m[1], reason(set.Lookup(m[2]), m[3]))
	}
	return Errorf("%s (%s --help says more)", text, set.Name())
}

// reason words why a value was not taken: flag's own types say "parse error".
func reason(f *flag.Flag, why string) string {
	if why != "parse error" && why != "value out of range" || f == nil {
		return why
	}
	if getter, ok := f.Value.(flag.Getter); ok {
		switch getter.Get().(type) {
		case bool:
			return "it must be true or false"
		case int, int64, uint, uint64:
			return "it must be a whole number"
		}
	}
	return why
}

// lineWidth is where help is wrapped.
const lineWidth = 80

// flags prints each flag and, beside or below it, what it means.
func flags(out io.Writer, set *flag.FlagSet) {
	const indent, widest = 2, 24
	column := 0
	set.VisitAll(func(f *flag.Flag) {
		if n := len(written(f)); n <= widest {
			column = max(column, n)
		}
	})
	column += indent + 2
	set.VisitAll(func(f *flag.Flag) {
		_, about := flag.UnquoteUsage(f)
		switch f.DefValue {
		case "", "false", "0s":
		default:
			about += " (default " + f.DefValue + ")"
		}
		line := strings.Repeat(" ", indent) + written(f)
		if len(line)+2 > column {
			_, _ = fmt.Fprintln(out, line)
			line = ""
		}
		for _, text := range wrap(about, lineWidth-column) {
			_, _ = fmt.Fprintf(out, "%-*s%s\n", column, line, text)
			line = ""
		}
	})
}

// written is how a flag is written: --limit NUMBER.
func written(f *flag.Flag) string {
	name, _ := flag.UnquoteUsage(f)
	if name == "" {
		return "--" + f.Name
	}
	return "--" + f.Name + " " + strings.ToUpper(name)
}

func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}
