package query

import (
	"math"
	"strings"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
)

func checkStep(args []Expr) error {
	for _, a := range args[1:] {
		if v, ok := constant(a); !ok || v.Kind() != event.Int {
			return fault.New(fault.Invalid, "the step is %s; it must be a whole number", FieldText(a))
		}
	}
	if v, _ := constant(args[1]); v.Int() <= 0 {
		return fault.New(fault.Invalid, "the step is %d; it must be above 0", v.Int())
	}
	return nil
}

// floorTime rounds down to a multiple of step, counted from offset.
func floorTime(t, step, offset int64) int64 {
	rest := (t - offset) % step
	if rest < 0 {
		rest += step
	}
	return t - rest
}

func stepOf(args []event.Value) (step, offset int64) {
	step = max(args[1].Int(), 1)
	if len(args) > 2 {
		offset = args[2].Int()
	}
	return step, offset
}

func evalTimeFloor(_ Row, args []event.Value) event.Value {
	if args[0].Kind() != event.Int {
		return event.Value{}
	}
	step, offset := stepOf(args)
	return event.IntValue(floorTime(args[0].Int(), step, offset))
}

func evalTimeCeil(_ Row, args []event.Value) event.Value {
	if args[0].Kind() != event.Int {
		return event.Value{}
	}
	step, offset := stepOf(args)
	return event.IntValue(floorTime(args[0].Int()+(step-1), step, offset))
}

// evalMonth rounds to multiples of months since the year 0, and up if it is not there.
func evalMonth(up int) func(Row, []event.Value) event.Value {
	return func(_ Row, args []event.Value) event.Value {
		ns, ok := readTime(args[0])
		step, isWhole := readNumber(args[1])
		if !ok || !isWhole || step < 1 {
			return event.Value{}
		}
		t := time.Unix(0, ns).UTC()
		n := t.Year()*12 + int(t.Month()) - 1
		n -= n % int(step)
		at := time.Date(n/12, time.Month(n%12+1), 1, 0, 0, 0, 0, time.UTC)
		if up == 1 && at.Before(t) {
			at = at.AddDate(0, int(step), 0)
		}
		return event.IntValue(at.UnixNano())
	}
}

// readTime reads Unix nanoseconds, also from text, as engines that call back give them.
func readTime(v event.Value) (int64, bool) {
	whole := evalWhole(nil, []event.Value{v})
	if v.Kind() == event.String {
		whole = parseInt(v.Str())
	}
	return whole.Int(), !whole.IsNull()
}

const millisecond = int64(time.Millisecond)

func evalToMillis(_ Row, args []event.Value) event.Value {
	if args[0].Kind() != event.Int {
		return event.Value{}
	}
	return event.IntValue(floorTime(args[0].Int(), millisecond, 0) / millisecond)
}

// maxMillis is the last millisecond that nanoseconds reach.
const maxMillis = float64(math.MaxInt64 / 1_000_000)

func evalFromMillis(_ Row, args []event.Value) event.Value {
	f, ok := readNumber(args[0])
	if !ok || math.Abs(f) > maxMillis {
		return event.Value{}
	}
	return event.IntValue(int64(f) * millisecond)
}

func checkTimePattern(args []Expr) error {
	s, ok := constantText(args[1])
	if !ok {
		return fault.New(fault.Invalid, "the pattern of a time must be a string literal, found %s", FieldText(args[1]))
	}
	_, err := timeLayout(s)
	return err
}

// timeLayout turns a pattern of letters, as Java has them, into Go's layout.
func timeLayout(pattern string) (string, error) {
	words := map[string]string{
		"yyyy": "2006", "YYYY": "2006", "uuuu": "2006", "yy": "06", "MMMM": "January", "MMM": "Jan", "MM": "01", "M": "1", "dd": "02", "d": "2",
		"DDD": "002", "EEEE": "Monday", "EEE": "Mon", "E": "Mon", "HH": "15", "H": "15", "hh": "03", "h": "3", "mm": "04", "m": "4",
		"ss": "05", "s": "5", "a": "PM", "Z": "-0700", "XXX": "Z07:00", "XX": "Z0700", "X": "Z07", "z": "MST",
	}
	var b strings.Builder
	for i := 0; i < len(pattern); {
		c := pattern[i]
		switch {
		case c == '\'':
			end := strings.IndexByte(pattern[i+1:], '\'')
			if end < 0 {
				return "", fault.New(fault.Invalid, "the pattern %q has a quote that does not end", pattern)
			}
			text := pattern[i+1 : i+1+end]
			if text == "" {
				text = "'"
			}
			b.WriteString(text)
			i += end + 2
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
			n := i
			for n < len(pattern) && pattern[n] == c {
				n++
			}
			word := pattern[i:n]
			layout, ok := words[word]
			if c == 'S' && n-i <= 9 {
				layout, ok = strings.Repeat("0", n-i), true
				if before := b.String(); !strings.HasSuffix(before, ".") && !strings.HasSuffix(before, ",") {
					return "", fault.New(fault.Invalid, "the pattern %q has fractions of a second that do not follow a point", pattern)
				}
			}
			if !ok {
				return "", fault.New(fault.Invalid, "the pattern %q has %q, which is not known", pattern, word)
			}
			b.WriteString(layout)
			i = n
		default:
			b.WriteByte(c)
			i++
		}
	}
	return b.String(), nil
}

func evalParseTime(_ Row, args []event.Value) event.Value {
	if args[0].IsNull() {
		return event.Value{}
	}
	layout, err := timeLayout(args[1].Text())
	if err != nil {
		return event.Value{}
	}
	t, err := time.ParseInLocation(layout, args[0].Text(), time.UTC)
	if err != nil || t.Year() < 1678 || t.Year() > 2261 {
		return event.Value{}
	}
	return event.IntValue(t.UnixNano())
}

func evalPrintTime(_ Row, args []event.Value) event.Value {
	ns, ok := readTime(args[0])
	layout, err := timeLayout(args[1].Text())
	if !ok || err != nil {
		return event.Value{}
	}
	return event.StringValue(time.Unix(0, ns).UTC().Format(layout))
}
