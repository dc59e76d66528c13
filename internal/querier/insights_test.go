package querier_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/golden"
	"github.com/oriel-dev/oriel/internal/querier"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/query/insights"
	"github.com/oriel-dev/oriel/internal/query/insights/insightstest"
	"github.com/oriel-dev/oriel/internal/store"
	"github.com/oriel-dev/oriel/internal/store/storetest"
)

func tables(name string) (*query.Table, error) {
	switch name {
	case "codes":
		return &query.Table{Name: name, Columns: []string{"code", "meaning"}, Rows: [][]string{{"500", "broken"}, {"503", "busy"}}}, nil
	case "nets":
		return &query.Table{Name: name, Columns: []string{"net", "owner"}, Rows: [][]string{{"10.0.0.0/8", "wide"}, {"10.1.0.0/16", "narrow"}}}, nil
	}
	return nil, fault.New(fault.NotFound, "there is no lookup table %s", name)
}

// TestInsights runs the worked examples, and those whose last commands no store
// runs.
func TestInsights(t *testing.T) {
	t.Parallel()
	s := storetest.NewReference()
	if err := s.Append(t.Context(), 1, insightstest.Events()); err != nil {
		t.Fatal(err)
	}
	q := querier.New(querier.Config{Store: s, Clock: func() time.Time { return insightstest.Start() }, Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	o := q.InsightsFields(insightstest.Options())
	o.Table = tables
	for _, file := range []string{"examples.txt", "local.txt"} {
		examples, err := golden.Examples("../query/insights/testdata/" + file)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range examples {
			t.Run(strings.ReplaceAll(e.Name, " ", "_"), func(t *testing.T) {
				t.Parallel()
				p, err := insights.Compile(e.Text, o)
				if err != nil {
					t.Fatal(err)
				}
				a, err := q.Insights(t.Context(), p, o, querier.Telling{})
				if err != nil {
					t.Fatalf("%s\n%v", p.Query(o), err)
				}
				e.Compare(t, p.Query(o), insightstest.Rows(p, a.Result))
			})
		}
	}
}

func TestInsights_CountsWhatMatches(t *testing.T) {
	t.Parallel()
	s := storetest.NewReference()
	if err := s.Append(t.Context(), 1, insightstest.Events()); err != nil {
		t.Fatal(err)
	}
	q := querier.New(querier.Config{Store: s, Clock: func() time.Time { return insightstest.Start() }, Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	o := q.InsightsFields(insightstest.Options())
	for text, want := range map[string][2]int64{
		"filter status >= 500":                                                          {2, 8},
		"filter status >= 500 | limit 1":                                                {2, 8},
		"fields @message":                                                               {8, 8},
		"filter level = 'INFO' | stats count(*) by level":                               {3, 8},
		"parse @message '\"ms\":*,' as m | filter m > 20 | stats max(m)":                {3, 8},
		"fields jsonParse(@message) as j | unnest j.tags into t | display t | limit 10": {8, 8},
	} {
		p, err := insights.Compile(text, o)
		if err != nil {
			t.Fatal(err)
		}
		a, err := q.Insights(t.Context(), p, o, querier.Telling{})
		if err != nil {
			t.Fatal(err)
		}
		if got := [2]int64{a.Matched, a.Scanned}; got != want || a.Bytes == 0 {
			t.Errorf("%s: matched and scanned %d, %d bytes; want %d", text, got, a.Bytes, want)
		}
	}
}

// brief is a store whose pages end early where they are short of time, as those of
// rare events do.
type brief struct{ *storetest.Reference }

func (b brief) Page(ctx context.Context, q *query.Query, opts store.PageOptions) (*store.Page, error) {
	short := opts.Within > 0 && opts.Limit > 2
	if short {
		opts.Limit = 2
	}
	page, err := b.Reference.Page(ctx, q, opts)
	if err == nil && short {
		page.More = true
	}
	return page, err
}

func TestInsights_TellsTheFirstRowsOfAnAnswerOnTheWay(t *testing.T) {
	t.Parallel()
	s := storetest.NewReference()
	if err := s.Append(t.Context(), 1, insightstest.Events()); err != nil {
		t.Fatal(err)
	}
	q := querier.New(querier.Config{Store: brief{s}, Clock: func() time.Time { return insightstest.Start() }, Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	o := q.InsightsFields(insightstest.Options())
	// The first is looked for to its end a page at a time, the second by another query.
	for _, text := range []string{"fields @message, strlen(@message) as length | filter status >= 200", "fields @message | filter @message like /\"status\":[2-5]/"} {
		p, err := insights.Compile(text, o)
		if err != nil {
			t.Fatal(err)
		}
		var told [][]string
		a, err := q.Insights(t.Context(), p, o, querier.Telling{Partial: func(r *store.Result) { told = append(told, insightstest.Rows(p, r)) }})
		if err != nil {
			t.Fatal(err)
		}
		whole := insightstest.Rows(p, a.Result)
		if len(told) != 1 || len(told[0]) != 2 || len(whole) < 3 {
			t.Fatalf("%s: %d answers on the way, of %v; the whole has %d rows", text, len(told), told, len(whole))
		}
		if d := cmp.Diff(whole[:2], told[0]); d != "" {
			t.Errorf("%s: %s", text, d)
		}
	}
}
