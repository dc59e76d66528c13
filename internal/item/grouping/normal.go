package grouping

import (
	"strings"
)

// What stands for the part of a path that says where something is installed.
const (
	rootMark    = "<root>"
	siteMark    = "<site>/"
	stdlibMark  = "<stdlib>/"
	gemsMark    = "<gems>/"
	modulesMark = "<nm>/"
	goRootMark  = "<goroot>/"
	noMethod    = "?"
	blank       = "#" // stands for what differs from one to the next
)

// normalFile takes from a path what differs between places and releases.
func (s *subject) normalFile(file string) string {
	file = s.rules.path(file)
	rooted := false
	for _, root := range s.roots {
		if rest, under := s.underRoot(file, root); under {
			file, rooted = rootMark+rest, true
			break
		}
	}
	if at := strings.Index(file, "://"); at > 0 && isScheme(file[:at]) {
		rest := file[at+3:]
		if slash := strings.IndexByte(rest, '/'); slash >= 0 {
			file = rest[slash:]
		} else {
			file = "/"
		}
	}
	if at := strings.IndexAny(file, "?#"); at > 0 {
		file = file[:at]
	}
	if !rooted {
		file = s.installed(file)
	}
	return normalPath(file)
}

func isScheme(s string) bool {
	for i := range len(s) {
		if c := s[i] | 0x20; (c < 'a' || c > 'z') && (i == 0 || !strings.ContainsRune("+-.0123456789", rune(s[i]))) {
			return false
		}
	}
	return true
}

// installed replaces the folders that libraries are installed in.
func (s *subject) installed(file string) string {
	for _, folder := range []string{"/site-packages/", "/dist-packages/"} {
		if at := strings.LastIndex(file, folder); at >= 0 {
			return siteMark + file[at+len(folder):]
		}
	}
	if at := strings.Index(file, "/lib/python"); at >= 0 {
		if version, rest, ok := strings.Cut(file[at+len("/lib/python"):], "/"); ok && isVersion(version) {
			return stdlibMark + rest
		}
	}
	if at := strings.LastIndex(file, "/gems/"); at >= 0 {
		gem, rest, ok := strings.Cut(file[at+len("/gems/"):], "/")
		if dash := strings.LastIndexByte(gem, '-'); ok && dash > 0 && isVersion(gem[dash+1:]) {
			return gemsMark + gem[:dash] + "/" + rest
		}
	}
	if at := strings.LastIndex(file, "/node_modules/"); at >= 0 {
		return modulesMark + file[at+len("/node_modules/"):]
	}
	if s.language == "go" {
		file = goInstalled(file)
	}
	return withoutVersion(file)
}

// goInstalled replaces the folders of Go's toolchain and of its modules.
func goInstalled(file string) string {
	if at := strings.LastIndex(file, "/pkg/mod/"); at >= 0 && !strings.Contains(file, "/toolchain@v") {
		return file[at+len("/pkg/mod/"):]
	}
	at := strings.Index(file, "/src/")
	if at < 0 {
		return file
	}
	folder := file[strings.LastIndexByte(file[:at], '/')+1 : at]
	rest := file[at+len("/src/"):]
	first, _, _ := strings.Cut(rest, "/")
	isToolchain := folder == "go" || strings.HasPrefix(folder, "toolchain@v") || (strings.HasPrefix(folder, "go1.") && isVersion(folder[2:]))
	if isToolchain && !strings.Contains(first, ".") {
		return goRootMark + rest
	}
	return file
}

// isVersion reports whether s is made of numbers and dots, begun by a number.
func isVersion(s string) bool {
	if s == "" || s[0] < '0' || s[0] > '9' {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && c != '.' && (c|0x20 < 'a' || c|0x20 > 'z') && c != '-' {
			return false
		}
	}
	return true
}

// withoutVersion removes "@v1.2.3" up to the next slash.
func withoutVersion(file string) string {
	for from := 0; ; {
		at := strings.Index(file[from:], "@v")
		if at < 0 {
			return file
		}
		at += from
		end := at + len("@v")
		if end >= len(file) || file[end] < '0' || file[end] > '9' {
			from = end
			continue
		}
		for end < len(file) && file[end] != '/' {
			end++
		}
		file, from = file[:at]+file[end:], at
	}
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
func isLower(c byte) bool { return c >= 'a' && c <= 'z' }
func isWord(c byte) bool { // of any alphabet
	return isDigit(c) || isLower(c|0x20) || c == '_' || c >= 0x80
}
func isHexLower(c byte) bool { return isDigit(c) || (c >= 'a' && c <= 'f') }
func isHex(c byte) bool      { return isHexLower(c) || (c >= 'A' && c <= 'F') }

// normalPath blanks what a release or a build gives its files: UUIDs, dates,
// hashes.
func normalPath(s string) string {
	return blanked(s, pathBlank)
}

// blanked replaces the runs that a function finds: how many bytes from a place on, 0
// for none. A text without digits has none.
func blanked(s string, run func(s string, i int) int) string {
	if !strings.ContainsAny(s, "0123456789") {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); {
		if n := run(s, i); n > 0 {
			b.WriteString(blank)
			i += n
			continue
		}
		b.WriteByte(s[i])
		i++
	}
	return b.String()
}

// pathBlank returns how many bytes from i on are to be blanked, 0 for none.
func pathBlank(s string, i int) int {
	if i > 0 && isWord(s[i-1]) { // within a word only runs of digits are looked for
		return dateRun(s, i)
	}
	if n := uuidAt(s, i); n > 0 {
		return n
	}
	if n := dashedDate(s, i); n > 0 {
		return n
	}
	if n := dateRun(s, i); n > 0 {
		return n
	}
	return hashWord(s, i)
}

// dateRun is a run of exactly 8 or 14 digits.
func dateRun(s string, i int) int {
	if !isDigit(s[i]) || (i > 0 && isDigit(s[i-1])) {
		return 0
	}
	n := 0
	for i+n < len(s) && isDigit(s[i+n]) {
		n++
	}
	const day, second = 8, 14
	if n != day && n != second {
		return 0
	}
	return n
}

// dashedDate is yyyy-mm-dd.
func dashedDate(s string, i int) int {
	const form = "dddd-dd-dd"
	if len(s)-i < len(form) || (len(s)-i > len(form) && isDigit(s[i+len(form)])) {
		return 0
	}
	for k := range len(form) {
		if (form[k] == 'd' && !isDigit(s[i+k])) || (form[k] == '-' && s[i+k] != '-') {
			return 0
		}
	}
	return len(form)
}

// hashWord is a whole word of 7 to 64 lower-case hex digits with a digit and a letter.
func hashWord(s string, i int) int {
	n, digits, letters := 0, false, false
	for i+n < len(s) && isWord(s[i+n]) {
		c := s[i+n]
		if !isHexLower(c) {
			return 0
		}
		digits, letters = digits || isDigit(c), letters || isLower(c)
		n++
	}
	const shortest, longest = 7, 64
	if n < shortest || n > longest || !digits || !letters {
		return 0
	}
	return n
}

// uuidAt is 8-4-4-4-12 hex digits that end with a word.
func uuidAt(s string, i int) int {
	const form = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"
	if len(s)-i < len(form) || (len(s)-i > len(form) && isWord(s[i+len(form)])) {
		return 0
	}
	for k := range len(form) {
		if (form[k] == '-') != (s[i+k] == '-') || (form[k] == 'x' && !isHex(s[i+k])) {
			return 0
		}
	}
	return len(form)
}

// normalMethod blanks addresses and numbers of two digits and more.
func normalMethod(s string) string {
	if s == "" {
		return noMethod
	}
	return blanked(s, func(s string, i int) int {
		if n := hexNumber(s, i); n > 0 {
			return n
		}
		return digitRun(s, i)
	})
}

// hexNumber is 0x and hex digits.
func hexNumber(s string, i int) int {
	if i+2 >= len(s) || s[i] != '0' || s[i+1]|0x20 != 'x' || !isHex(s[i+2]) {
		return 0
	}
	n := 2
	for i+n < len(s) && isHex(s[i+n]) {
		n++
	}
	return n
}

// digitRun is a run of two digits or more.
func digitRun(s string, i int) int {
	n := 0
	for i+n < len(s) && isDigit(s[i+n]) {
		n++
	}
	const short = 2
	if n < short {
		return 0
	}
	return n
}
