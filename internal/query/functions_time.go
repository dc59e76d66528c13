package query

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
)

// Timestamp is what UNIX_TIMESTAMP reads: RFC 3339, in capitals, from the year 1
// on, without leap seconds. Days that a month does not have are refused apart.
const Timestamp = `^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,12})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$`

// Seconds since 1970 that FORMAT_TIME takes: the years 1900 to 2299.
const (
	FirstFormattedSecond = -2208988800
	LastFormattedSecond  = 10413791999
)

//nolint:gochecknoglobals // compiled once
var timestampPattern = regexp.MustCompile(Timestamp)

func evalUnixTimestamp(_ Row, args []event.Value) event.Value {
	s := args[0].Str()
	if !timestampPattern.MatchString(s) || s[:4] == "0000" {
		return event.Value{}
	}
	at, err := time.Parse("2006-01-02T15:04:05Z07:00", s)
	if err != nil {
		return event.Value{} // 30 February
	}
	fraction := 0.0
	if s[19] == '.' {
		end := strings.IndexAny(s[19:], "Z+-")
		fraction, _ = strconv.ParseFloat("0"+s[19:19+end], 64)
	}
	return event.FloatValue(float64(at.Unix()) + fraction)
}

func evalEventTimestamp(row Row, _ []event.Value) event.Value {
	t := row.Get(event.SystemTime)
	if t.Kind() != event.Int {
		return event.Value{}
	}
	return event.FloatValue(float64(t.Int()) / 1e9)
}

func evalIngestTimestamp(row Row, _ []event.Value) event.Value {
	at, known := event.Arrived(row.Get)
	if !known {
		return event.Value{}
	}
	return event.FloatValue(float64(at) / 1e9)
}

// TimeFormat is a part of FORMAT_TIME's format: a letter of TimeLetters, or,
// where it is 0, literal text.
type TimeFormat struct {
	Letter byte
	Text   string
}

// TimeLetters are the conversions of strftime that FORMAT_TIME has, but for
// those that ParseTimeFormat spells out: F is Y-m-d, T is H:M:S, R is H:M, D is
// m/d/y, h is b, n and t are white space, z is +0000, Z is UTC.
const TimeLetters = "aAbBdeHIjklmMpsSuwyY"

// ParseTimeFormat cuts FORMAT_TIME's format into its parts.
func ParseTimeFormat(format string) ([]TimeFormat, error) {
	const maxFormat = 1000
	if len(format) > maxFormat {
		return nil, fault.New(fault.Invalid, "the format is %d bytes long; at most %d are taken", len(format), maxFormat)
	}
	format = strings.NewReplacer("%%", "%%", "%F", "%Y-%m-%d", "%T", "%H:%M:%S", "%R", "%H:%M", "%D", "%m/%d/%y", "%h", "%b").Replace(format)
	var parts []TimeFormat
	text := func(s string) {
		if n := len(parts); n > 0 && parts[n-1].Letter == 0 {
			parts[n-1].Text += s
			return
		}
		parts = append(parts, TimeFormat{Text: s})
	}
	plain := map[byte]string{'%': "%", 'n': "\n", 't': "\t", 'z': "+0000", 'Z': "UTC"}
	for {
		before, after, found := strings.Cut(format, "%")
		if before != "" {
			text(before)
		}
		switch {
		case !found:
			return parts, nil
		case after == "":
			return nil, fault.New(fault.Invalid, "the format ends with a %%; write %%%% for one")
		case plain[after[0]] != "":
			text(plain[after[0]])
		case strings.IndexByte(TimeLetters, after[0]) >= 0:
			parts = append(parts, TimeFormat{Letter: after[0]})
		default:
			return nil, fault.New(fault.Invalid, "the format has %%%s; known are %% with one of %sFTRDhntzZ%%", after[:1], TimeLetters)
		}
		format = after[1:]
	}
}

func checkTimeFormat(args []Expr) error {
	s, ok := constantText(args[0])
	if !ok {
		return fault.New(fault.Invalid, "the format must be a string literal, found %s", FieldText(args[0]))
	}
	_, err := ParseTimeFormat(s)
	return err
}

func evalFormatTime(_ Row, args []event.Value) event.Value {
	seconds, ok := parsed(args[1])
	seconds = math.Floor(seconds)
	parts, err := ParseTimeFormat(args[0].Str())
	if !ok || err != nil || seconds < FirstFormattedSecond || seconds > LastFormattedSecond {
		return event.Value{}
	}
	at := time.Unix(int64(seconds), 0).UTC()
	var b strings.Builder
	for _, p := range parts {
		if p.Letter == 0 {
			b.WriteString(p.Text)
			continue
		}
		b.WriteString(timePart(at, p.Letter))
	}
	return event.StringValue(b.String())
}

func timePart(at time.Time, letter byte) string {
	layouts := map[byte]string{
		'a': "Mon", 'A': "Monday", 'b': "Jan", 'B': "January", 'd': "02", 'e': "_2", 'H': "15", 'I': "03",
		'm': "01", 'M': "04", 'p': "PM", 'S': "05", 'y': "06", 'Y': "2006", 'j': "002",
	}
	switch letter {
	case 'k':
		return fmt.Sprintf("%2d", at.Hour())
	case 'l':
		return fmt.Sprintf("%2d", (at.Hour()+11)%12+1)
	case 's':
		return strconv.FormatInt(at.Unix(), 10)
	case 'u':
		return strconv.Itoa((int(at.Weekday())+6)%7 + 1)
	case 'w':
		return strconv.Itoa(int(at.Weekday()))
	}
	return at.Format(layouts[letter])
}
