package cloudwatch

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/oriel-dev/oriel/internal/store"
)

// pointer is the @ptr of a line: where it is, in a form that nobody reads. It
// stays the same as long as the line is kept.
func pointer(dataset string, p store.Position) string {
	return sealToken("pointer", p.String()+"@"+dataset)
}

// ReadPointer reads an @ptr; false if it is none.
func ReadPointer(text string) (dataset string, at store.Position, ok bool) {
	inside, err := openToken("pointer", text)
	if err != nil {
		return "", at, false
	}
	position, dataset, _ := strings.Cut(inside, "@")
	at, err = store.ParsePosition(position)
	return dataset, at, err == nil
}

// Tokens of GetLogEvents are f/DIGITS/s and b/DIGITS/s, as some scripts expect:
//
//	19 digits of the time in ns, 20 of the arrival, which is shifted so that it is
//	not negative, 17 that tell of which stream the token is; then, of lines
//	without arrival, 20 of the tie and 10 of the number among those alike.
const (
	timeDigits    = 19
	arrivalDigits = 20
	checkDigits   = 17
	shortToken    = timeDigits + arrivalDigits + checkDigits
	tieDigits     = 20
	nthDigits     = 10
)

func sealPosition(direction, check string, p store.Position) string {
	digits := fmt.Sprintf("%019d%020d", max(p.Time, 0), uint64(p.Arrival)^1<<63)
	rest := ""
	if p.Tie != 0 || p.Nth != 0 {
		rest = fmt.Sprintf("%020d%010d", p.Tie, p.Nth)
	}
	const most = 100_000_000_000_000_000
	return fmt.Sprintf("%s/%s%017d%s/s", direction, digits, checkOf(direction, check, digits, rest)%most, rest)
}

func openPosition(check, token string) (direction string, p store.Position, err error) {
	parts := strings.Split(token, "/")
	if len(parts) != 3 || (parts[0] != "f" && parts[0] != "b") || len(parts[1]) < shortToken || len(parts[1]) > shortToken+tieDigits+nthDigits {
		return "", p, badToken()
	}
	digits := parts[1]
	var failed bool
	number := func(n int) uint64 {
		v, err := strconv.ParseUint(digits[:n], 10, 64)
		failed = failed || err != nil
		digits = digits[n:]
		return v
	}
	if at := number(timeDigits); at <= math.MaxInt64 {
		p.Time = int64(at)
	}
	p.Arrival = int64(number(arrivalDigits) ^ 1<<63)
	number(checkDigits)
	if len(digits) == tieDigits+nthDigits {
		p.Tie = number(tieDigits)
		p.Nth = uint32(min(number(nthDigits), math.MaxUint32))
	}
	if failed || sealPosition(parts[0], check, p) != token {
		return "", p, badToken()
	}
	return parts[0], p, nil
}

// behind is the position right behind one.
func behind(p store.Position) store.Position {
	if p.Nth < math.MaxUint32 {
		p.Nth++
		return p
	}
	return p
}
