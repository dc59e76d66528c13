package duckdb

import (
	"context"
	"strconv"
	"strings"

	bindings "github.com/duckdb/duckdb-go-bindings"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
	"github.com/oriel-dev/oriel/internal/store/sqlgen"
)

// runOver answers what a query says of rows that other stages of it have given.
func (s *Store) runOver(ctx context.Context, columns []store.ResultColumn, rows int, stages []query.Stage, maxRows int) (res *store.Result, err error) {
	given := make([]sqlgen.Column, len(columns))
	for i, c := range columns {
		given[i] = sqlgen.Column{Name: c.Name, Kind: c.Kind}
	}
	stmt, err := sqlgen.CompileOver(dialect, given, stages)
	if err != nil {
		return nil, err
	}
	c, err := s.engine.borrow(ctx)
	if err != nil {
		return nil, err
	}
	defer s.engine.giveBack(c)
	from, list := "", []string{"t"}
	hot := []hotColumn{{name: "t", field: event.SystemTime, kind: event.Int}}
	b := batchOfRows(columns, rows)
	for i, col := range columns {
		name := "f" + strconv.Itoa(i)
		hot, list = append(hot, hotColumn{name, name, col.Kind}), append(list, name)
	}
	if rows > 0 {
		scan := newHotScan(hot, []*event.Batch{b})
		defer scan.close()
		from = "SELECT " + strings.Join(list, ", ") + " FROM " + scan.from()
	} else {
		from = nothingOf(columns)
	}
	err = c.query(ctx, "WITH events AS ("+from+") "+stmt.SQL, nil, func(out *bindings.Result) error {
		var err error
		res, err = fetch(out, stmt.Columns, maxRows)
		return err
	})
	return res, err
}

// batchOfRows puts rows into a batch, column i as fi.
func batchOfRows(columns []store.ResultColumn, rows int) *event.Batch {
	b := event.NewBatch("", "")
	names := make([]string, len(columns))
	for i := range columns {
		names[i] = "f" + strconv.Itoa(i)
	}
	for row := range rows {
		b.Begin(0)
		for i := range columns {
			if v := columns[i].Values[row]; !v.IsNull() {
				b.Set(names[i], v)
			}
		}
	}
	return b
}

// nothingOf is a relation of such columns without rows.
func nothingOf(columns []store.ResultColumn) string {
	list := []string{"CAST(NULL AS BIGINT) AS t"}
	for i, c := range columns {
		list = append(list, dialect.Null(c.Kind)+" AS f"+strconv.Itoa(i))
	}
	return "SELECT " + strings.Join(list, ", ") + " WHERE false"
}
