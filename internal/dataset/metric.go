package dataset

import (
	"context"
	"log/slog"
	"math"
	"slices"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
)

// maxDeclarations is how many texts of event.FieldMetrics a dataset is known by; a
// sender says the same each time.
const maxDeclarations = 256

// Metrics returns what is known of the metrics of a dataset, by the names of their
// fields; nil if the dataset is none of metrics.
func (r *Registry) Metrics(environment, slug string) func(name string) event.Metric {
	r.mu.RLock()
	defer r.mu.RUnlock()
	s := r.sets[id{environment, slug}]
	if s == nil || !s.Metrics {
		return nil
	}
	return func(name string) event.Metric {
		r.mu.RLock()
		defer r.mu.RUnlock()
		if c := s.columns[name]; c != nil {
			return c.metric
		}
		return event.Metric{}
	}
}

// declarations calls f for each text that tells of the metrics of a batch.
func declarations(b *event.Batch, f func(text string) bool) {
	c := b.Find(event.FieldMetrics)
	if c == nil || c.Kind != event.String {
		return
	}
	for _, code := range c.Codes {
		if !f(c.Dict.Text(code)) {
			return
		}
	}
}

// knowsMetrics reports whether all that a batch tells of its metrics is known.
func (s *set) knowsMetrics(b *event.Batch) bool {
	known := true
	declarations(b, func(text string) bool {
		known = s.declared[text]
		return known
	})
	return known
}

// noteMetricsLocked remembers what a batch tells of its metrics. What was said last
// counts.
func (r *Registry) noteMetricsLocked(s *set, b *event.Batch) {
	declarations(b, func(text string) bool {
		r.declareLocked(s, text)
		return true
	})
}

// declareLocked takes a declaration in, again where columns have come since.
func (r *Registry) declareLocked(s *set, text string) {
	if s.declared == nil || len(s.declared) >= maxDeclarations {
		s.declared = map[string]bool{}
	}
	s.declared[strings.Clone(text)] = true
	for _, m := range event.DeclaredMetrics(text) {
		r.describeLocked(s, m)
		if !m.Kind.IsHistogram() && m.Kind != event.Summary {
			continue
		}
		for name := range s.columns {
			if suffix, ok := strings.CutPrefix(name, m.Name); ok && isFigure(suffix) {
				part := m.Part(suffix)
				r.describeLocked(s, part)
			}
		}
	}
}

// isFigure reports whether a suffix is that of a figure of a histogram or summary.
func isFigure(suffix string) bool {
	switch suffix {
	case ".count", ".sum", ".avg", ".min", ".max":
		return true
	}
	digits, ok := strings.CutPrefix(suffix, ".p")
	return ok && digits != "" && strings.Trim(digits, "0123456789") == ""
}

// describeLocked puts what is said of a metric to its column.
func (r *Registry) describeLocked(s *set, m event.Metric) {
	c := s.columns[m.Name]
	if c == nil || m.Kind == event.NoMetric || m == c.metric {
		return
	}
	changed := *c
	changed.metric = m
	name := strings.Clone(m.Name)
	s.columns[name] = &changed
	r.noted = append(r.noted, notedColumn{s, name})
	r.signal()
}

// learnMetrics asks the store what it was told of the metrics of a dataset, which
// the settings database lacks.
func (r *Registry) learnMetrics(ctx context.Context, s *set) {
	res, err := r.cfg.Data.Run(ctx, &query.Query{
		Environment: s.Environment, Datasets: []string{s.Slug}, Start: math.MinInt64, End: math.MaxInt64,
		Stages: []query.Stage{
			query.Aggregate{Groups: []string{event.FieldMetrics}, Calcs: []query.Calc{{Op: query.Max, Field: event.SystemTime, Name: "last"}}},
			query.Sort{Keys: []query.SortKey{{Field: "last", Desc: true}}},
			query.Limit{Count: maxDeclarations},
		},
	}, store.Options{})
	if err != nil {
		r.cfg.Log.WarnContext(ctx, "the kinds of metrics could not be read from the events", slog.String("dataset", s.Slug), slog.Any("error", err))
		return
	}
	texts := res.Column(event.FieldMetrics).Values
	slices.Reverse(texts) // what was said last counts
	for _, v := range texts {
		if v.Kind() == event.String {
			s.Metrics = true
			r.declareLocked(s, v.Str())
		}
	}
}
