package sourcemap

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// Excerpt is a line of a source with those around it.
type Excerpt struct {
	Code string
	Pre  []string // before it, in the order of the file
	Post []string
}

// Of an excerpt.
const (
	around  = 5
	longest = 300 // bytes of a line; longer ones are cut around the column
)

// Excerpts returns a line (from 1) of a text and the five before and behind it;
// false if there is no such line.
func Excerpts(text string, line, column int) (Excerpt, bool) {
	var e Excerpt
	if line < 1 {
		return e, false
	}
	n := 0
	for rest, more := text, true; more && n < line+around; {
		var one string
		one, rest, more = strings.Cut(rest, "\n")
		if n++; n < line-around {
			continue
		}
		one = strings.TrimSuffix(one, "\r")
		switch {
		case n < line:
			e.Pre = append(e.Pre, shorten(one, 0))
		case n == line:
			e.Code = shorten(one, column)
		case more || one != "": // nothing stands behind the last end of a line
			e.Post = append(e.Post, shorten(one, 0))
		}
	}
	return e, n >= line
}

// shorten cuts a long line around a column.
func shorten(line string, column int) string {
	if len(line) <= longest {
		return line
	}
	from := min(max(column-longest/2, 0), len(line)-longest)
	cut := strings.ToValidUTF8(line[from:from+longest], "")
	if from > 0 {
		cut = "…" + cut
	}
	if from+longest < len(line) {
		cut += "…"
	}
	return cut
}

// How functions begin: by their word, by assignment, and as methods.
//
//nolint:gochecknoglobals // compiled once
var functionStarts = []*regexp.Regexp{
	regexp.MustCompile(`\bfunction\s*\*?\s*([A-Za-z_$][\w$]*)\s*\(`),
	regexp.MustCompile(`([A-Za-z_$][\w$]*)\s*[=:]\s*(?:async\s*)?(?:function\b|\([^()]*\)\s*=>|[A-Za-z_$][\w$]*\s*=>)`),
	regexp.MustCompile(`^\s*(?:(?:static|async|get|set|public|private|protected)\s+)*\*?([A-Za-z_$#][\w$]*)\s*\([^()]*\)\s*(?::[^{]*)?\{`),
}

// Of the search for a function's name.
const (
	farthest = 200  // lines looked back
	lineLook = 1000 // bytes of each
)

// EnclosingFunction guesses the name of the function that a position of a text
// is in: the nearest beginning of a function before it that is indented less.
// It returns "" if there is none.
func EnclosingFunction(text string, line, column int) string {
	lines := linesBefore(text, line)
	if len(lines) == 0 {
		return ""
	}
	own := lines[len(lines)-1]
	if column >= 0 && column < len(own) {
		if name := lastFunction(own[:column]); name != "" && strings.Count(own[:column], "{") > strings.Count(own[:column], "}") {
			return name
		}
	}
	limit := indentation(own)
	for i := len(lines) - 2; i >= 0; i-- {
		l := lines[i]
		if strings.TrimSpace(l) == "" {
			continue
		}
		in := indentation(l)
		if in >= limit && limit > 0 {
			continue
		}
		if name := lastFunction(l); name != "" {
			return name
		}
		limit = min(limit, in)
		if limit == 0 && in == 0 && strings.HasPrefix(l, "}") {
			return "" // at the top of the file, behind another function
		}
	}
	return ""
}

// linesBefore are the lines up to the given one, at most so many.
func linesBefore(text string, line int) []string {
	var lines []string
	n := 0
	for l := range strings.SplitSeq(text, "\n") {
		if n++; n > line {
			break
		}
		if n <= line-farthest {
			continue
		}
		if len(l) > lineLook {
			l = l[:lineLook]
		}
		lines = append(lines, l)
	}
	if n < line {
		return nil
	}
	return lines
}

func indentation(line string) int {
	return len(line) - len(strings.TrimLeft(line, " \t"))
}

// lastFunction is the name of the last function that begins in a text.
func lastFunction(text string) string {
	name, at := "", -1
	for _, re := range functionStarts {
		for _, m := range re.FindAllStringSubmatchIndex(text, -1) {
			found := text[m[2]:m[3]]
			if m[2] > at && !isWordOfLanguage(found) && utf8.ValidString(found) {
				name, at = found, m[2]
			}
		}
	}
	return name
}

// isWordOfLanguage tells what looks like a method and is none.
func isWordOfLanguage(word string) bool {
	switch word {
	case "if", "for", "while", "switch", "catch", "with", "return", "function", "do", "else", "await", "typeof", "new":
		return true
	}
	return false
}
