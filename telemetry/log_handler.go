package telemetry

import (
	"context"
	"log/slog"
	"slices"
)

// LogHandler returns a handler that sends records to CloudWatch Logs, makes items of
// those that are errors, and passes all on to next, which keeps its own levels and
// form; next may be nil. A line says its service, and a record that carries a trace
// (through its context) the ids. Handling a record never waits for a backend.
func (t *Telemetry) LogHandler(next slog.Handler) slog.Handler {
	h := &logHandler{t: t, next: next}
	if name := t.settings.Service; name != "" {
		h.preset.text = appendText(appendKey([]byte{' '}, "service.name"), name)[1:] // it follows the ids, or the message
	}
	return h
}

type logHandler struct {
	t      *Telemetry
	next   slog.Handler
	preset preset
	attrs  []slog.Attr
	prefix string // of names in items: groups with dots
}

// Enabled implements slog.Handler.
func (h *logHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.ships(level) || h.remembers(level) || h.next != nil && h.next.Enabled(ctx, level)
}

func (h *logHandler) ships(level slog.Level) bool {
	return h.t.lines != nil && level >= h.t.settings.Logs.Level.Level()
}

func (h *logHandler) reports(level slog.Level) bool {
	return h.t.reporter != nil && level >= h.t.settings.Errors.Level.Level()
}

// remembers reports whether a record goes into the telemetry of later items.
func (h *logHandler) remembers(level slog.Level) bool {
	return h.t.reporter != nil && (level >= slog.LevelInfo || h.reports(level))
}

// Handle implements slog.Handler.
func (h *logHandler) Handle(ctx context.Context, r slog.Record) error {
	if h.ships(r.Level) {
		h.t.lines.add(ctx, r, h.preset)
	}
	if h.remembers(r.Level) {
		h.t.reporter.remember(r)
	}
	if h.reports(r.Level) && ctx.Value(reportedKey{}) == nil {
		h.t.reporter.reportRecord(ctx, r, h.attrs, h.prefix)
	}
	if h.next != nil && h.next.Enabled(ctx, r.Level) {
		return h.next.Handle(ctx, r)
	}
	return nil
}

// WithAttrs implements slog.Handler.
func (h *logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	if len(attrs) == 0 {
		return h
	}
	c := *h
	text := slices.Clone(h.preset.text)
	if len(text) == 0 { // the ids, or the message, come before it
		text = append(make([]byte, 0, 128), ' ')
	}
	before := len(text)
	for _, name := range h.preset.pending {
		text = append(appendKey(text, name), '{')
	}
	empty := len(text)
	for _, a := range attrs {
		text = appendAttr(text, a, 0)
	}
	c.preset = preset{text, h.preset.open + len(h.preset.pending), nil}
	if len(text) == empty {
		c.preset = preset{text[:before], h.preset.open, h.preset.pending}
	}
	c.attrs = slices.Clone(h.attrs)
	for _, a := range attrs {
		c.attrs = append(c.attrs, slog.Attr{Key: h.prefix + a.Key, Value: a.Value})
	}
	if h.next != nil {
		c.next = h.next.WithAttrs(attrs)
	}
	return &c
}

// WithGroup implements slog.Handler.
func (h *logHandler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	c := *h
	c.preset.pending = append(slices.Clone(h.preset.pending), name)
	c.prefix += name + "."
	if h.next != nil {
		c.next = h.next.WithGroup(name)
	}
	return &c
}
