package duckdb

import (
	"testing"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
)

// Where every row has a text, the engine hands over no bits that say which do.
func TestFilterPattern_TestsTextsOfWhichNoneIsNull(t *testing.T) {
	t.Parallel()
	s := openStore(t, Config{})
	defer func() { _ = s.Close() }()
	b := event.NewBatch("test", "app")
	const rows = 3000 // more than one vector of them
	for i := range rows {
		b.Begin(int64(i) + 1)
		b.SetString(b.Column(event.FieldSeverity), "info")
		b.SetString(b.Column(event.FieldBody), []string{`{"status":200}`, `{"status":503}`, `no JSON`}[i%3])
	}
	if err := s.Append(t.Context(), 1, []*event.Batch{b}); err != nil {
		t.Fatal(err)
	}
	where, err := query.ParseFilter(`body matches-pattern "{ $.status = 5* }"`)
	if err != nil {
		t.Fatal(err)
	}
	res, err := s.Run(t.Context(), &query.Query{Environment: "test", Start: 0, End: rows + 2, Stages: []query.Stage{
		query.Filter{Where: where},
		query.Aggregate{Groups: []string{event.FieldSeverity}, Calcs: []query.Calc{{Op: query.Count, Name: "n"}}},
	}}, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if res.Rows != 1 || res.Column("n").Values[0].Int() != rows/3 {
		t.Fatalf("%d groups: %+v", res.Rows, res.Columns)
	}
}
