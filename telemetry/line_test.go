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
		for i := range p.open.lines {
			var line map[string]any
			if err := json.Unmarshal([]byte(p.open.line(i)), &line); err != nil {
				t.Fatalf("%v: %s", err, p.open.line(i))
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
	if many, ok := err.(interface{ Unwrap() []error }); ok { //nolint:errorlint // it is what the suite returns
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
	if last := p.sealed[len(p.sealed)-1]; !strings.HasSuffix(last.line(len(last.lines)-1), cutMark) {
		t.Error("a line that was cut does not say so")
	}
	if len(p.sealed) != 3 {
		t.Errorf("%d batches", len(p.sealed))
	}
}

func FuzzLine_IsJSON(f *testing.F) {
	f.Add("message", "key", "value")
	f.Fuzz(func(t *testing.T, message, key, value string) {
		r := slog.NewRecord(time.Unix(0, 0), slog.LevelInfo, message, 0)
		r.AddAttrs(slog.String(key, value), slog.Any(value, errors.New(key)))
		b := appendRecord(context.Background(), nil, r, preset{})
		if !json.Valid(b) || bytes.ContainsAny(b, "\n\r") {
			t.Errorf("%q", b)
		}
	})
}
