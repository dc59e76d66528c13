package app

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/oriel-dev/oriel/telemetry"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
)

const (
	retrainEvery = 90 * time.Second
	retrainTakes = 1200 * time.Millisecond
)

// moderation says whether a text may be published. Once in a while it learns anew,
// and holds its lock meanwhile: whoever asks then, waits (problem 6).
type moderation struct {
	tel *telemetry.Telemetry
	log *slog.Logger

	mu     sync.RWMutex
	banned []string
}

func newModeration(ctx context.Context, a *App) (*moderation, error) {
	tel, log, err := a.observe(ctx, "cruddur-moderation", "1.0.7")
	if err != nil {
		return nil, err
	}
	return &moderation{tel: tel, log: log, banned: []string{"spam", "lottery"}}, nil
}

func (m *moderation) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /check", m.check)
	return m.tel.Handler(mux, telemetry.WithLogger(m.log))
}

func (m *moderation) check(w http.ResponseWriter, r *http.Request) {
	var in written
	if err := json.NewDecoder(io.LimitReader(r.Body, 1<<16)).Decode(&in); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	_, span := m.tel.Tracer().Start(r.Context(), "score")
	defer span.End()
	m.mu.RLock()
	defer m.mu.RUnlock()
	for _, word := range m.banned {
		if strings.Contains(in.Message, word) {
			span.SetAttributes(attribute.String("app.banned_word", word))
			m.log.WarnContext(r.Context(), "a text was refused", slog.String("word", word))
			w.WriteHeader(http.StatusUnprocessableEntity)
			return
		}
	}
	span.SetAttributes(attribute.Int("app.text_length", len(in.Message)))
}

// retrain runs until ctx ends.
func (m *moderation) retrain(ctx context.Context) {
	tick := time.NewTicker(retrainEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		_, span := m.tel.Tracer().Start(ctx, "retrain", trace.WithAttributes(attribute.Int("app.words", len(m.banned))))
		m.mu.Lock()
		select {
		case <-ctx.Done():
		case <-time.After(retrainTakes):
		}
		m.mu.Unlock()
		span.End()
	}
}
