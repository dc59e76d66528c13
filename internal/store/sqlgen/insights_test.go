package sqlgen_test

import (
	"context"
	"strings"
	"testing"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/golden"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/query/insights"
	"github.com/oriel-dev/oriel/internal/query/insights/insightstest"
	"github.com/oriel-dev/oriel/internal/store"
)

const insightsExamples = "../../query/insights/testdata/examples.txt"

func TestInsightsExamples_InDuckDB(t *testing.T) {
	t.Parallel()
	examples, err := golden.Examples(insightsExamples)
	if err != nil {
		t.Fatal(err)
	}
	events := insightstest.Events()
	for _, e := range examples {
		t.Run(strings.ReplaceAll(e.Name, " ", "_"), func(t *testing.T) {
			t.Parallel()
			insightstest.Check(t, &e, func(q *query.Query) (*store.Result, error) { return runDuckDB(q, events) })
		})
	}
}

// TestInsightsExamples_InClickHouse runs those that need no function that only
// callbacks compute.
func TestInsightsExamples_InClickHouse(t *testing.T) {
	t.Parallel()
	examples, err := golden.Examples(insightsExamples)
	if err != nil {
		t.Fatal(err)
	}
	events := insightstest.Events()
	var batch clickHouseBatch
	type asked struct {
		e golden.Example
		p *insights.Program
		q *query.Query
	}
	var all []asked
	for _, e := range examples {
		p, err := insights.Compile(e.Text, insightstest.Options())
		if err != nil {
			t.Fatal(err)
		}
		q, err := p.Query(insightstest.Options()).WithLists(func(q *query.Query) ([]event.Value, error) {
			r, err := runReference(context.Background(), q, events)
			if err != nil {
				return nil, err
			}
			return r.Columns[0].Values, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		switch _, err := batch.add(q, events); {
		case fault.Is(err, fault.Unsupported):
			t.Logf("%s: %v", e.Name, err)
		case err != nil:
			t.Fatal(err)
		default:
			all = append(all, asked{e, p, q})
		}
	}
	for i, answer := range batch.run(t) {
		r, err := answer()
		if err != nil {
			t.Errorf("%s: %v", all[i].e.Text, err)
			continue
		}
		all[i].e.Compare(t, all[i].q, insightstest.Rows(all[i].p, r))
	}
}
