package logline

import "bytes"

// severityOfEntry reads a field that says how severe a line is, "" if it is none.
func severityOfEntry(e *entry, name []byte) string {
	const longest = len("severityNumber")
	if len(name) > longest {
		return ""
	}
	var plain [16]byte
	switch string(simple(plain[:0], name)) {
	case "level", "levelname", "severity", "lvl", "loglevel", "severitytext":
	case "severitynumber":
		if n, ok := integer(e.raw); ok && e.kind == numberEntry && e.depth == 1 && n >= 1 && n <= 24 { // OpenTelemetry's
			return [...]string{"trace", "debug", "info", "warn", "error", "fatal"}[(n-1)/4]
		}
		return ""
	default:
		return ""
	}
	if e.depth > 1 && !bytes.Equal(e.path, []byte("log.level")) {
		return ""
	}
	if e.kind == numberEntry {
		return severityOfNumber(e.raw)
	}
	return Severity(e.raw)
}

// severityOfNumber reads numbers as pino and bunyan use them, in tens, and below
// ten as syslog and GELF do.
func severityOfNumber(raw []byte) string {
	n, ok := integer(raw)
	switch {
	case !ok || n < 0 || n >= 70:
		return ""
	case n >= 10:
		return [...]string{"trace", "debug", "info", "warn", "error", "fatal"}[n/10-1]
	case n < 8:
		return [...]string{"fatal", "fatal", "fatal", "error", "warn", "info", "info", "debug"}[n]
	}
	return ""
}

const longestWord = len("informational")

// Severity reads a level's name in any case, as loggers write them: one of those
// that Line.Severity has, "" if it is none.
func Severity(word []byte) string { return severityOfWord(bytes.TrimSpace(word)) }

// severityOfWord reads a level's name in any case.
func severityOfWord(word []byte) string {
	if len(word) == 0 || len(word) > longestWord {
		return ""
	}
	var plain [longestWord]byte
	for i, c := range word {
		if c >= 'A' && c <= 'Z' {
			c |= ' '
		}
		plain[i] = c
	}
	switch string(plain[:len(word)]) {
	case "trace", "verbose", "silly", "finest", "finer", "trc", "t", "v":
		return "trace"
	case "debug", "dbg", "fine", "d":
		return "debug"
	case "info", "information", "informational", "inf", "notice", "i":
		return "info"
	case "warn", "warning", "wrn", "w":
		return "warn"
	case "error", "err", "severe", "e":
		return "error"
	case "fatal", "critical", "crit", "panic", "dpanic", "emerg", "emergency", "alert", "ftl", "f", "c":
		return "fatal"
	}
	return ""
}

// severityOfText finds a level in the words a line begins with: one in capitals
// (ERROR), in brackets ([warn]), before a colon (error: …), behind "level=", or
// klog's letter and date (E0102 15:04:05).
func severityOfText(text []byte) string {
	const looked = 160
	text = text[:min(len(text), looked)]
	if s := severityOfKlog(text); s != "" {
		return s
	}
	for i := 0; i < len(text); {
		if !isLetter(text[i]) {
			i++
			continue
		}
		start := i
		for i < len(text) && isLetter(text[i]) {
			i++
		}
		if n := i - start; n < 3 || n > longestWord || !mayBeLevel(text[start]|' ') {
			continue
		}
		if (start > 0 && isWord(text[start-1])) || (i < len(text) && isWord(text[i])) || !stands(text, start, i) {
			continue
		}
		if s := severityOfWord(text[start:i]); s != "" {
			return s
		}
	}
	if bytes.HasPrefix(text, []byte("Traceback (most recent call last)")) {
		return "error"
	}
	return ""
}

// mayBeLevel reports whether a level's name begins with the letter.
func mayBeLevel(c byte) bool {
	switch c {
	case 'a', 'c', 'd', 'e', 'f', 'i', 'n', 'p', 's', 't', 'v', 'w':
		return true
	}
	return false
}

// stands reports whether the word of text[start:end] stands where levels do.
func stands(text []byte, start, end int) bool {
	next := byte(0)
	if end < len(text) {
		next = text[end]
	}
	if isCapital(text[start]) && isCapital(text[end-1]) && bytes.IndexFunc(text[start:end], func(r rune) bool { return r >= 'a' }) < 0 {
		return true
	}
	if start == 0 {
		return next == ':' || next == ']'
	}
	switch last := text[start-1]; last {
	case '[':
		return next == ']' || next == ' ' || next == ':'
	case '<':
		return next == '>'
	case '(':
		return next == ')'
	case '=', '"':
		return afterLevel(text[:start])
	}
	return next == ':' && (end+1 == len(text) || text[end+1] == ' ')
}

// afterLevel reports whether text ends as in `level=` or `lvl="`.
func afterLevel(text []byte) bool {
	text = bytes.TrimRight(text, `="`)
	return bytes.HasSuffix(text, []byte("level")) || bytes.HasSuffix(text, []byte("lvl")) || bytes.HasSuffix(text, []byte("severity"))
}

func isLetter(c byte) bool  { return c|' ' >= 'a' && c|' ' <= 'z' }
func isCapital(c byte) bool { return c >= 'A' && c <= 'Z' }

// severityOfKlog reads "E0102 15:04:05.000000 …".
func severityOfKlog(text []byte) string {
	const length = len("E0102 15:04:05")
	if len(text) < length || text[5] != ' ' || text[8] != ':' {
		return ""
	}
	for _, at := range []int{1, 2, 3, 4, 6, 7} {
		if text[at] < '0' || text[at] > '9' {
			return ""
		}
	}
	switch text[0] {
	case 'I', 'W', 'E', 'F':
		return severityOfWord(text[:1])
	}
	return ""
}
