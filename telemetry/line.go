package telemetry

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"strconv"
	"time"
	"unicode/utf8"

	"go.opentelemetry.io/otel/trace"
)

// A record becomes one line of JSON: time, level, msg, the ids of the span it was
// written in (trace_id, span_id), service.name, and its attributes under their own
// names, groups as objects.

const maxDepth = 32 // of groups and of what LogValuers return

// preset is what WithAttrs and WithGroup made of a line already.
type preset struct {
	text    []byte   // as it follows the ids
	open    int      // groups that are open in it
	pending []string // groups that are opened once there is something in them
}

// stamper writes times, most of which share their second with the one before.
type stamper struct {
	second int64
	text   []byte // of second, up to the fraction
}

func (s *stamper) append(b []byte, t time.Time) []byte {
	if second := t.Unix(); second != s.second || s.text == nil {
		s.second, s.text = second, t.UTC().AppendFormat(s.text[:0], "2006-01-02T15:04:05.")
	}
	b = append(b, s.text...)
	micro := t.Nanosecond() / 1000
	return append(b, byte('0'+micro/100_000), byte('0'+micro/10_000%10), byte('0'+micro/1000%10), byte('0'+micro/100%10), byte('0'+micro/10%10), byte('0'+micro%10), 'Z')
}

// appendRecord appends r as JSON.
func appendRecord(ctx context.Context, b []byte, r slog.Record, p preset, times *stamper) []byte {
	b = append(b, `{"time":"`...)
	b = times.append(b, r.Time)
	b = append(b, `","level":"`...)
	b = appendLevel(b, r.Level)
	b = append(b, `","msg":`...)
	b = appendText(b, r.Message)
	if sc := trace.SpanContextFromContext(ctx); sc.IsValid() {
		traceID, spanID := sc.TraceID(), sc.SpanID()
		b = append(b, `,"trace_id":"`...)
		b = hex.AppendEncode(b, traceID[:])
		b = append(b, `","span_id":"`...)
		b = hex.AppendEncode(b, spanID[:])
		b = append(b, '"')
	}
	b = append(b, p.text...)
	open, before := p.open, len(b)
	for _, name := range p.pending {
		b = append(appendKey(b, name), '{')
	}
	empty := len(b)
	r.Attrs(func(a slog.Attr) bool {
		b = appendAttr(b, a, 0)
		return true
	})
	if len(b) == empty {
		b = b[:before]
	} else {
		open += len(p.pending)
	}
	for range open {
		b = append(b, '}')
	}
	return append(b, '}')
}

// appendAttr appends ,"key":value, or nothing for an attribute without content.
func appendAttr(b []byte, a slog.Attr, depth int) []byte {
	v := a.Value.Resolve()
	if v.Kind() != slog.KindGroup {
		if a.Key == "" && v.Equal(slog.Value{}) {
			return b
		}
		b = appendKey(b, a.Key)
		return appendValue(b, v)
	}
	members := v.Group()
	if len(members) == 0 {
		return b
	}
	if a.Key == "" || depth >= maxDepth {
		for _, m := range members {
			if depth < maxDepth {
				b = appendAttr(b, m, depth+1)
			}
		}
		return b
	}
	b = appendKey(b, a.Key)
	b = append(b, '{')
	for _, m := range members {
		b = appendAttr(b, m, depth+1)
	}
	return append(b, '}')
}

// appendKey begins a member; the first of an object has no comma before it.
func appendKey(b []byte, key string) []byte {
	if len(b) > 0 && b[len(b)-1] != '{' {
		b = append(b, ',')
	}
	b = appendText(b, key)
	return append(b, ':')
}

func appendValue(b []byte, v slog.Value) []byte {
	switch v.Kind() {
	case slog.KindString:
		return appendText(b, v.String())
	case slog.KindInt64:
		return strconv.AppendInt(b, v.Int64(), 10)
	case slog.KindUint64:
		return strconv.AppendUint(b, v.Uint64(), 10)
	case slog.KindFloat64:
		return appendFloat(b, v.Float64())
	case slog.KindBool:
		return strconv.AppendBool(b, v.Bool())
	case slog.KindDuration:
		return appendText(b, v.Duration().String())
	case slog.KindTime:
		b = append(b, '"')
		b = v.Time().AppendFormat(b, time.RFC3339Nano)
		return append(b, '"')
	default:
		return appendAny(b, v.Any())
	}
}

// appendAny appends what the app passed; a value that cannot be written, or whose
// methods panic, says so in its place.
func appendAny(b []byte, v any) (out []byte) {
	start := len(b)
	defer func() {
		if p := recover(); p != nil {
			out = appendText(b[:start], fmt.Sprintf("!panic: %v", p))
		}
	}()
	switch v := v.(type) {
	case nil:
		return append(b, "null"...)
	case error:
		return appendText(b, v.Error())
	case json.Marshaler:
	case fmt.Stringer:
		return appendText(b, v.String())
	}
	text, err := json.Marshal(v)
	if err != nil { // not printed another way: a map that holds itself would have no end
		return appendText(b, "!error: "+err.Error())
	}
	return append(b, text...)
}

func appendFloat(b []byte, f float64) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return appendText(b, strconv.FormatFloat(f, 'g', -1, 64))
	}
	return strconv.AppendFloat(b, f, 'g', -1, 64)
}

func appendLevel(b []byte, l slog.Level) []byte {
	switch l {
	case slog.LevelDebug:
		return append(b, "DEBUG"...)
	case slog.LevelInfo:
		return append(b, "INFO"...)
	case slog.LevelWarn:
		return append(b, "WARN"...)
	case slog.LevelError:
		return append(b, "ERROR"...)
	}
	return append(b, l.String()...)
}

const hexDigits = "0123456789abcdef"

// appendText appends a JSON string. Bytes that are no UTF-8 become U+FFFD.
func appendText(b []byte, s string) []byte {
	b = append(b, '"')
	from, i := 0, 0
	for i < len(s) && asIs[s[i]] {
		i++
	}
	for i < len(s) {
		c := s[i]
		if asIs[c] {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			if r != utf8.RuneError || size > 1 {
				i += size
				continue
			}
		}
		b = append(b, s[from:i]...)
		b = appendEscaped(b, c)
		i++
		from = i
	}
	b = append(b, s[from:]...)
	return append(b, '"')
}

// asIs are the bytes that need no look: ASCII without what JSON escapes.
var asIs = func() (plain [256]bool) { //nolint:gochecknoglobals // a constant table
	for c := byte(0x20); c < utf8.RuneSelf; c++ {
		plain[c] = c != '"' && c != '\\'
	}
	return plain
}()

func appendEscaped(b []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(b, '\\', c)
	case '\n':
		return append(b, '\\', 'n')
	case '\r':
		return append(b, '\\', 'r')
	case '\t':
		return append(b, '\\', 't')
	}
	if c >= utf8.RuneSelf {
		return append(b, `\ufffd`...)
	}
	return append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
}
