package usage

import (
	"errors"
	"flag"
	"math"
	"strconv"
	"strings"
	"time"
)

// Duration defines a flag for a length of time, which may be given in days and
// weeks too: 90s, 36h, 60d, 2w.
func Duration(set *flag.FlagSet, p *time.Duration, name, about string) {
	set.Var((*duration)(p), name, about)
}

// Bytes defines a flag for an amount of bytes, which may be given with a unit:
// 512MB, 1.5GiB.
func Bytes(set *flag.FlagSet, p *int64, name, about string) {
	set.Var((*bytesValue)(p), name, about)
}

type duration time.Duration

// day and week are as long as everywhere but where the clocks change.
const (
	day  = 24 * time.Hour
	week = 7 * day
)

func (d *duration) Set(s string) error {
	v, err := ParseDuration(s)
	if err != nil {
		return err
	}
	*d = duration(v)
	return nil
}

func (d *duration) String() string {
	t := time.Duration(*d)
	if t != 0 && t%day == 0 {
		return strconv.FormatInt(int64(t/day), 10) + "d"
	}
	s := t.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// ParseDuration reads a length of time as time.ParseDuration does, and whole or
// broken numbers of days and weeks.
func ParseDuration(s string) (time.Duration, error) {
	for suffix, unit := range map[string]time.Duration{"d": day, "w": week} {
		number, ok := strings.CutSuffix(s, suffix)
		if !ok {
			continue
		}
		n, err := strconv.ParseFloat(number, 64)
		if err != nil || math.Abs(n)*float64(unit) >= math.MaxInt64 || math.IsNaN(n) {
			return 0, errDuration
		}
		return time.Duration(n * float64(unit)), nil
	}
	v, err := time.ParseDuration(s)
	if err != nil {
		return 0, errDuration
	}
	return v, nil
}

var (
	errDuration = errors.New("it must be a length of time, as 300ms, 90s, 36h or 60d")
	errBytes    = errors.New("it must be a number of bytes, as 1610612736, 512MB or 1.5GiB")
)

type bytesValue int64

type byteUnit struct {
	name string
	size float64
}

// byteUnits has the longer names first, so that MiB is not read as B, and the
// unit that a size is best printed in before the others.
var byteUnits = [...]byteUnit{
	{"TiB", 1 << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"TB", 1e12}, {"GB", 1e9}, {"MB", 1e6}, {"KiB", 1 << 10}, {"kB", 1e3}, {"B", 1},
}

func (b *bytesValue) Set(s string) error {
	text := strings.TrimSpace(s)
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		*b = bytesValue(n)
		return nil
	}
	for _, u := range byteUnits {
		if number, ok := cutSuffixFold(text, u.name); ok {
			n, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
			if err != nil || math.IsNaN(n) || math.Abs(n)*u.size >= math.MaxInt64 {
				return errBytes
			}
			*b = bytesValue(n * u.size)
			return nil
		}
	}
	return errBytes
}

func cutSuffixFold(s, suffix string) (string, bool) {
	if len(s) < len(suffix) || !strings.EqualFold(s[len(s)-len(suffix):], suffix) {
		return s, false
	}
	return s[:len(s)-len(suffix)], true
}

func (b *bytesValue) String() string {
	for _, u := range byteUnits[:len(byteUnits)-1] {
		if n := int64(*b); n != 0 && n%int64(u.size) == 0 {
			return strconv.FormatInt(n/int64(u.size), 10) + u.name
		}
	}
	return strconv.FormatInt(int64(*b), 10)
}
