package honeycomb

import (
	"math"
	"strconv"
	"time"
)

// epochDigits is how many digits Unix seconds have from 2001 to 2286: what
// follows them is a fraction.
const epochDigits = 10

// eventTime reads the time of an event, in Unix nanoseconds: RFC 3339 with any
// fraction; ten digits of Unix seconds; more digits, of which those after the
// tenth are the fraction (so milliseconds, microseconds and nanoseconds are
// understood); or Unix seconds with a point.
func eventTime(text []byte) (ns int64, ok bool) {
	if len(text) == 0 || len(text) > 64 {
		return 0, false
	}
	digits := leadingDigits(text)
	switch {
	case digits == len(text):
		if digits < epochDigits {
			return 0, false
		}
		return decimal(text[:epochDigits], text[epochDigits:])
	case digits > 0 && digits <= epochDigits && text[digits] == '.' && leadingDigits(text[digits+1:]) == len(text)-digits-1:
		return decimal(text[:digits], text[digits+1:])
	case digits == 4: // a year
		at, err := time.Parse(time.RFC3339Nano, shared(text))
		if err != nil || at.Year() < 1678 || at.Year() > 2261 { // of those that nanoseconds can say
			return 0, false
		}
		return at.UnixNano(), true
	}
	seconds, err := strconv.ParseFloat(shared(text), 64)
	if err != nil {
		return 0, false
	}
	return epoch(seconds)
}

// epoch reads Unix seconds.
func epoch(seconds float64) (ns int64, ok bool) {
	if math.IsNaN(seconds) || math.Abs(seconds) >= 1<<33 {
		return 0, false
	}
	whole, fraction := math.Modf(seconds)
	return int64(whole)*1e9 + int64(math.Round(fraction*1e9)), true
}

// decimal reads seconds and the digits after their point.
func decimal(whole, fraction []byte) (ns int64, ok bool) {
	for _, c := range whole {
		ns = ns*10 + int64(c-'0')
	}
	if ns > math.MaxInt64/1_000_000_000-1 {
		return 0, false
	}
	for i := range 9 {
		ns *= 10
		if i < len(fraction) {
			ns += int64(fraction[i] - '0')
		}
	}
	return ns, true
}

func leadingDigits(text []byte) int {
	for i, c := range text {
		if c < '0' || c > '9' {
			return i
		}
	}
	return len(text)
}

// epochNumber reads a time that is a whole number: as many digits as it takes.
func epochNumber(n int64) (ns int64, ok bool) {
	var buf [20]byte
	return eventTime(strconv.AppendInt(buf[:0], n, 10))
}
