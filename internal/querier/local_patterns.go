package querier

import (
	"context"
	"fmt"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/logpattern"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
)

// templates are the patterns of texts as a table.
func (q *Querier) templates(ctx context.Context, part *query.Query, s query.Templates, progress func(store.Progress)) (*rows, error) {
	found, err := q.Patterns(ctx, part, PatternOptions{Field: s.Field, Earlier: s.Earlier, Tell: progress})
	if err != nil {
		return nil, err
	}
	t := &rows{names: map[string]int{}, most: q.config.MaxRows, stats: found.Stats}
	for _, name := range s.Names {
		if name != "" {
			t.column(name)
		}
	}
	for i := range found.Patterns {
		p := &found.Patterns[i]
		values := []event.Value{
			event.StringValue(p.Text), event.FloatValue(p.Count / max(found.Events, 1)), event.FloatValue(p.Count), event.StringValue(severityLabel(p)), event.StringValue(p.ID),
		}
		if s.Earlier > 0 {
			values = append(values, event.FloatValue(p.Count-p.Before), event.StringValue(difference(p)))
		}
		t.values = append(t.values, values)
	}
	return t, nil
}

// severityLabel is the most frequent severity of a pattern's messages.
func severityLabel(p *logpattern.Pattern) string {
	best := 0
	for i, n := range p.Severity {
		if n > p.Severity[best] {
			best = i
		}
	}
	return [...]string{"NONE", "TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"}[best]
}

// difference says how a pattern's count compares with before.
func difference(p *logpattern.Pattern) string {
	switch {
	case p.Before == 0:
		return "New"
	case p.Count == 0:
		return "Gone"
	case p.Count == p.Before:
		return "No difference"
	}
	change := (p.Count - p.Before) / p.Before * 100
	word := "more"
	if change < 0 {
		change, word = -change, "fewer"
	}
	return strings.TrimSpace(fmt.Sprintf("%.0f%% %s", change, word))
}
