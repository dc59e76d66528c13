package telemetry

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"math"
	"reflect"
	"strings"
	"testing"
	"testing/slogtest"
	"time"

	"go.opentelemetry.io/otel/trace"
)

type loud struct{}

func (loud) String() string { panic("loud") }

// capture is a shipper that sends to nobody.
func capture(t *testing.T) (*Telemetry, func() []map[string]any) {
	t.Helper()
	s := &settings{}
	s.Logs = Logs{Level: slog.Level(-100), Buffer: 1 << 30}
	p := &shipper{settings: s, open: &lineBatch{}, nudge: make(chan struct{}, 1)}
	return &Telemetry{settings: *s, lines: p}, func() (out []map[string]any) {
		for _, text := range p.open.texts() {
			var line map[string]any
			if err := json.Unmarshal([]byte(text), &line); err != nil {
				t.Fatalf("%v: %s", err, text)
			}
			out = append(out, line)
		}
		return out
	}
}

// The standard library's own suite of what a handler must do.
func TestLogHandler_IsOneBySlogsOwnRules(t *testing.T) {
	tel, got := capture(t)
	err := slogtest.TestHandler(tel.LogHandler(nil), func() []map[string]any {
		all := got()
		for _, line := range all {
			if line["time"] == "0001-01-01T00:00:00.000000Z" {
				delete(line, "time")
			}
		}
		return all
	})
	// A line always has a time: CloudWatch orders by it.
	for _, e := range unjoin(err) {
		if !strings.Contains(e.Error(), "a Handler should ignore a zero Record.Time") {
			t.Error(e)
		}
	}
}

func unjoin(err error) []error {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		return many.Unwrap()
	}
	if err != nil {
		return []error{err}
	}
	return nil
}

func TestLine_SaysEveryKindOfValue(t *testing.T) {
	tel, got := capture(t)
	log := slog.New(tel.LogHandler(nil))
	log.Info("a \"quoted\"\n\x01line \xff of ☂", "nan", math.NaN(), "f", 1.5, "d", 1500*time.Millisecond, "err", io.EOF, "loud", loud{}, "nothing", nil,
		"list", []int{1, 2}, "fn", func() {}, slog.Group("g", "a", 1, slog.Group("h", "b", true)))
	line := got()[0]
	delete(line, "time")
	fn := line["fn"]
	delete(line, "fn")
	want := map[string]any{
		"level": "INFO", "msg": "a \"quoted\"\n\x01line \ufffd of ☂", "nan": "NaN", "f": 1.5, "d": "1.5s", "err": "EOF", "loud": "!panic: loud", "nothing": nil,
		"list": []any{1.0, 2.0}, "g": map[string]any{"a": 1.0, "h": map[string]any{"b": true}},
	}
	if !reflect.DeepEqual(line, want) {
		t.Errorf("got  %v\nwant %v", line, want)
	}
	if text, ok := fn.(string); !ok || text == "" {
		t.Errorf("a function is %v", fn)
	}
}

func TestShipper_KeepsWithinTheBoundsOfABatch(t *testing.T) {
	tel, _ := capture(t)
	log := slog.New(tel.LogHandler(nil))
	long := strings.Repeat("x", 600<<10)
	log.Info(long)
	log.Info(long)
	log.Info(strings.Repeat("é", batchBytes))
	p := tel.lines
	p.seal()
	for _, b := range p.sealed {
		if b.size() > batchBytes || len(b.lines) > batchLines {
			t.Errorf("a batch of %d bytes and %d lines", b.size(), len(b.lines))
		}
	}
	if last := p.sealed[len(p.sealed)-1]; !bytes.HasSuffix(last.text, []byte(cutMark)) {
		t.Error("a line that was cut does not say so")
	}
	if len(p.sealed) != 3 {
		t.Errorf("%d batches", len(p.sealed))
	}
}

// A line costs the app no memory of its own: its text goes into a batch that was used
// before.
func TestLogHandler_AllocatesNothingForALine(t *testing.T) {
	tel, _ := capture(t)
	tel.lines.open.text, tel.lines.open.lines = make([]byte, 0, sealedAt), make([]lineMark, 0, batchLines)
	log := slog.New(tel.LogHandler(nil)).With(slog.String("component", "cart"))
	ctx := trace.ContextWithSpanContext(t.Context(), trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}}))
	n := testing.AllocsPerRun(500, func() {
		log.LogAttrs(ctx, slog.LevelInfo, "looking at a cart", slog.String("cart", "9"), slog.Int("items", 3), slog.Float64("total", 12.5))
	})
	if n != 0 {
		t.Errorf("a line makes %v allocations", n)
	}
}

func FuzzLine_IsJSON(f *testing.F) {
	f.Add("message", "key", "value")
	f.Fuzz(func(t *testing.T, message, key, value string) {
		r := slog.NewRecord(time.Unix(0, 0), slog.LevelInfo, message, 0)
		r.AddAttrs(slog.String(key, value), slog.Any(value, errors.New(key)))
		b := appendRecord(context.Background(), nil, r, preset{}, &stamper{})
		if !json.Valid(b) || bytes.ContainsAny(b, "\n\r") {
			t.Errorf("%q", b)
		}
	})
}
