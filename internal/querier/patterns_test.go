package querier

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store/storetest"
)

// chatter is an hour of log lines, and the hour before, in which nothing failed.
func chatter(t *testing.T) *storetest.Reference {
	t.Helper()
	b := event.NewBatch("test", "app")
	for i := range 7200 {
		at := now.Add(-time.Duration(i+1) * time.Second)
		b.Begin(at.UnixNano())
		b.SetSampleRate(2)
		switch {
		case i%10 == 0 && i < 3600:
			b.Set(event.FieldBody, event.StringValue(fmt.Sprintf("query %d failed after %d ms", i, i%7)))
			b.Set(event.FieldSeverity, event.StringValue("error"))
		case i%100 == 1:
			b.Set("other", event.IntValue(1)) // no message
		default:
			b.Set(event.FieldBody, event.StringValue(fmt.Sprintf("query %d took %d ms", i, i%7)))
			b.Set(event.FieldSeverity, event.StringValue("info"))
		}
	}
	s := storetest.NewReference()
	if err := s.Append(t.Context(), 1, []*event.Batch{b}); err != nil {
		t.Fatal(err)
	}
	return s
}

func lastHour(stages ...query.Stage) *query.Query {
	return &query.Query{Environment: "test", Start: now.Add(-time.Hour).UnixNano(), End: now.UnixNano(), Stages: stages}
}

func TestPatterns_CompareWithThePeriodBefore(t *testing.T) {
	t.Parallel()
	q := newQuerier(chatter(t), Config{})
	got, err := q.Patterns(t.Context(), lastHour(), PatternOptions{Buckets: 4, Earlier: int64(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, p := range got.Patterns {
		texts = append(texts, fmt.Sprintf("%s: %v, before %v, info %v, error %v, by time %v", p.Text, p.Count, p.Before, p.Severity[3], p.Severity[5], p.Buckets))
	}
	if d := cmp.Diff([]string{
		"query <Number-1> took <Number-2> ms: 6408, before 7128, info 6408, error 0, by time [1602 1602 1602 1602]",
		"query <Number-1> failed after <Number-2> ms: 720, before 0, info 0, error 720, by time [180 180 180 180]",
	}, texts); d != "" {
		t.Error(d)
	}
	if got.Events != 7128 || got.Before != 7128 || got.Found != 2 || got.Step != int64(15*time.Minute) {
		t.Errorf("%v events, %v before, %d found, steps of %d", got.Events, got.Before, got.Found, got.Step)
	}
}

func TestPatterns_OfOtherFieldsAndConditions(t *testing.T) {
	t.Parallel()
	q := newQuerier(chatter(t), Config{})
	failed := query.Filter{Where: query.Text{Op: query.Contains, X: query.Field{Name: event.FieldBody}, S: "failed"}}
	cut := query.Compute{Name: "verb", Expr: query.Call{Name: "REG_VALUE", Args: []query.Expr{
		query.Field{Name: event.FieldBody}, query.Literal{Value: event.StringValue(`\d+ (\w+)`)},
	}}}
	got, err := q.Patterns(t.Context(), lastHour(failed, cut), PatternOptions{Field: "verb"})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Patterns) != 1 || got.Patterns[0].Text != "failed" || got.Patterns[0].Count != 720 {
		t.Errorf("%+v", got.Patterns)
	}
	for _, bad := range []PatternOptions{{Buckets: 501}, {Buckets: -1}, {Limit: -1}, {Limit: 10_001}, {Earlier: -1}} {
		if _, err := q.Patterns(t.Context(), lastHour(), bad); !fault.Is(err, fault.Invalid) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}
