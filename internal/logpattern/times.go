package logpattern

// date returns the end of a date, a time or both that begin with a digit, 0 if
// none do: 2026-01-15T10:00:00.123Z, 2026/01/15 10:00:00, 25 May 2019
// 10:24:39,474, 10/Oct/2000:13:25:15 -0700, 10:24:39.
func date(text []byte, at int) int { //nolint:cyclop // one case for each form, side by side
	n := digitsAt(text, at)
	end := at + n
	if end >= len(text) {
		return 0
	}
	switch sep := text[end]; {
	case n == 4 && (sep == '-' || sep == '/') && dd(text, end+1) && end+3 < len(text) && text[end+3] == sep && dd(text, end+4) && !digitAt(text, end+6):
		return withClock(text, end+6)
	case (n == 1 || n == 2) && (sep == '/' || sep == ' ' || sep == '-') && month(text, end+1) && end+4 < len(text) && text[end+4] == sep && digitsAt(text, end+5) == 4:
		return withClock(text, end+9)
	case n == 2 && (sep == '/' || sep == '-' || sep == '.') && dd(text, end+1) && end+3 < len(text) && text[end+3] == sep && digitsAt(text, end+4) == 4:
		return withClock(text, end+8)
	case n == 2 && sep == ':':
		if to := clock(text, at); to > 0 {
			return to
		}
	}
	return 0
}

func digitAt(text []byte, at int) bool { return at < len(text) && kinds[text[at]] == digit }

func dd(text []byte, at int) bool { return digitAt(text, at) && digitAt(text, at+1) }

func digitsAt(text []byte, at int) int {
	n := 0
	for digitAt(text, at+n) && n < 10 {
		n++
	}
	return n
}

// clock returns the end of 10:24:39,474Z or the like.
func clock(text []byte, at int) int {
	if !dd(text, at) || at+5 >= len(text) || text[at+2] != ':' || !dd(text, at+3) || text[at+5] != ':' || !dd(text, at+6) || digitAt(text, at+8) {
		return 0
	}
	end := at + 8
	if end+1 < len(text) && (text[end] == '.' || text[end] == ',') && digitAt(text, end+1) {
		end++
		end += digitsAt(text, end)
	}
	return zone(text, end)
}

// zone takes a time zone behind a time.
func zone(text []byte, at int) int { //nolint:cyclop // one case for each form, side by side
	i := at
	if i < len(text) && text[i] == 'Z' && (i+1 == len(text) || kinds[text[i+1]] != letter) {
		return i + 1
	}
	if i+4 < len(text) && text[i] == ' ' && (text[i+1] == '+' || text[i+1] == '-') {
		i++
	}
	if i < len(text) && (text[i] == '+' || text[i] == '-') && dd(text, i+1) {
		i += 3
		if i < len(text) && text[i] == ':' {
			i++
		}
		if dd(text, i) && !digitAt(text, i+2) {
			return i + 2
		}
	}
	for _, name := range []string{" UTC", " GMT"} {
		if end := at + len(name); end <= len(text) && string(text[at:end]) == name && (end == len(text) || kinds[text[end]] != letter) {
			return end
		}
	}
	return at
}

// withClock takes the time behind a date, if there is one.
func withClock(text []byte, at int) int {
	if at >= len(text) {
		return at
	}
	if c := text[at]; c == 'T' || c == ' ' || c == ':' || c == 't' {
		if end := clock(text, at+1); end > 0 {
			return end
		}
	}
	if c := text[at]; c == ',' && at+1 < len(text) && text[at+1] == ' ' {
		if end := clock(text, at+2); end > 0 {
			return end
		}
	}
	return at
}

func month(text []byte, at int) bool {
	if at+3 > len(text) {
		return false
	}
	switch string(text[at : at+3]) {
	case "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec":
		return at+3 == len(text) || kinds[text[at+3]] != letter
	}
	return false
}

func weekday(text []byte, at, end int) bool {
	if end-at != 3 {
		return false
	}
	switch string(text[at:end]) {
	case "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun":
		return true
	}
	return false
}

// namedDate returns the end of a time that begins with the word [at, end), a
// month or a day: Jan  2 15:04:05, Mon, 02 Jan 2006 15:04:05 GMT.
func namedDate(text []byte, at, end int) int { //nolint:cyclop // one case for each form, side by side
	if end-at != 3 || end >= len(text) {
		return 0
	}
	if weekday(text, at, end) {
		i := end
		if text[i] == ',' {
			i++
		}
		for i < len(text) && text[i] == ' ' {
			i++
		}
		if i > end && digitAt(text, i) {
			return date(text, i)
		}
		if i > end && month(text, i) {
			return namedDate(text, i, i+3)
		}
		return 0
	}
	if !month(text, at) {
		return 0
	}
	i := end
	for i < len(text) && text[i] == ' ' && i < end+2 {
		i++
	}
	n := digitsAt(text, i)
	if i == end || n == 0 || n > 2 || i+n >= len(text) {
		return 0
	}
	i += n
	if text[i] == ',' {
		i++
	}
	if i+5 < len(text) && text[i] == ' ' && digitsAt(text, i+1) == 4 { // Jan 2, 2006 15:04:05
		return withClock(text, i+5)
	}
	to := clock(text, i+1)
	if text[i] != ' ' || to == 0 {
		return 0
	}
	if to+5 <= len(text) && text[to] == ' ' && digitsAt(text, to+1) == 4 { // the year
		return to + 5
	}
	return to
}
