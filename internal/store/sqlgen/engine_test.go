package sqlgen_test

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unsafe"

	bindings "github.com/duckdb/duckdb-go-bindings"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
	"github.com/oriel-dev/oriel/internal/store/duckdb"
	"github.com/oriel-dev/oriel/internal/store/sqlgen"
)

// rowsSchema describes the rows of some batches, as an engine would.
type rowsSchema struct {
	kinds    map[string]event.Kind
	names    []string
	weighted bool
	rows     int64
}

func (s *rowsSchema) Kind(field string) event.Kind { return s.kinds[field] }
func (s *rowsSchema) Fields() []string             { return s.names }
func (s *rowsSchema) Weighted() bool               { return s.weighted }
func (s *rowsSchema) Rows() int64                  { return s.rows }

// reached are the rows of a query's events relation.
func reached(q *query.Query, batches []*event.Batch) []event.Row {
	var rows []event.Row
	for _, b := range batches {
		if len(q.Datasets) > 0 && !sqlgen.LooksAtTraces(q) && !slices.Contains(q.Datasets, b.Dataset) {
			continue
		}
		for i, at := range b.Times {
			if at >= q.Start && at < q.End {
				rows = append(rows, b.Row(i))
			}
		}
	}
	return rows
}

func schemaOf(rows []event.Row) *rowsSchema {
	s := &rowsSchema{kinds: map[string]event.Kind{}}
	for _, r := range rows {
		s.weighted = s.weighted || r.Batch.SampleRate(r.Index) > 1
		r.All(func(name string, v event.Value) {
			if _, ok := s.kinds[name]; !ok {
				s.names = append(s.names, name)
			}
			s.kinds[name] = event.Unify(s.kinds[name], v.Kind())
		})
	}
	return s
}

// withEvents puts the rows before the statement, as a relation.
func withEvents(d sqlgen.Dialect, stmt *sqlgen.Statement, s sqlgen.Schema, rows []event.Row) string {
	kinds := []event.Kind{event.Int, event.String, event.Int}
	names := []string{"t", "ds", "w"}
	for i, f := range stmt.Fields {
		kinds, names = append(kinds, s.Kind(f)), append(names, fmt.Sprintf("f%d", i))
	}
	nulls := make([]string, len(kinds))
	for i, k := range kinds {
		nulls[i] = d.Null(k)
	}
	tuples := []string{"(" + strings.Join(nulls, ", ") + ")"}
	for _, r := range rows {
		cells := []string{
			d.Literal(r.Get(event.SystemTime)), d.Literal(r.Get(event.SystemDataset)), d.Literal(r.Get(event.SystemSampleRate)),
		}
		for _, f := range stmt.Fields {
			v := r.Get(f).Convert(s.Kind(f))
			if v.IsNull() {
				cells = append(cells, d.Null(s.Kind(f)))
				continue
			}
			cells = append(cells, d.Literal(v))
		}
		tuples = append(tuples, "("+strings.Join(cells, ", ")+")")
	}
	values := "(VALUES " + strings.Join(tuples, ", ") + ") v(" + strings.Join(names, ", ") + ")"
	if d == sqlgen.ClickHouse {
		structure := make([]string, len(names))
		for i, name := range names {
			if i < 3 {
				name = "given_" + name
			}
			structure[i] = name + " " + d.Type(kinds[i])
		}
		values = "values(" + d.Quote(strings.Join(structure, ", ")) + ", " + strings.Join(tuples, ", ") + ")"
		// The relation an engine gives has times, datasets and weights without nulls.
		return "WITH events AS (SELECT assumeNotNull(given_t) AS t, assumeNotNull(given_ds) AS ds, assumeNotNull(given_w) AS w, * EXCEPT (given_t, given_ds, given_w) FROM " + values + " WHERE given_t IS NOT NULL) " + stmt.SQL
	}
	return "WITH events AS (SELECT * FROM " + values + " WHERE t IS NOT NULL) " + stmt.SQL
}

// fromText converts the text an engine gave for a value of a kind.
func fromText(text string, kind event.Kind) (event.Value, error) {
	switch kind {
	case event.Bool:
		return event.BoolValue(text == "true" || text == "1"), nil
	case event.Int:
		i, err := strconv.ParseInt(text, 10, 64)
		return event.IntValue(i), err
	case event.Float:
		f, err := strconv.ParseFloat(text, 64)
		return event.FloatValue(f), err
	case event.String:
	case event.Null:
		return event.Value{}, fmt.Errorf("%q in a column without values", text)
	}
	return event.StringValue(text), nil
}

func newResult(stmt *sqlgen.Statement) *store.Result {
	r := &store.Result{}
	for _, c := range stmt.Columns {
		r.Columns = append(r.Columns, store.ResultColumn{Name: c.Name})
	}
	return r
}

func addCell(r *store.Result, stmt *sqlgen.Statement, i int, text string, null bool) error {
	v := event.Value{}
	if !null {
		var err error
		if v, err = fromText(text, stmt.Columns[i].Kind); err != nil {
			return fmt.Errorf("column %q: %w", stmt.Columns[i].Name, err)
		}
	}
	c := &r.Columns[i]
	c.Values, c.Kind = append(c.Values, v), event.Unify(c.Kind, v.Kind())
	return nil
}

// duck is an in-memory DuckDB that all tests share; it runs one query at a time.
type duck struct {
	mu   sync.Mutex
	conn bindings.Connection
}

var openDuck = sync.OnceValues(func() (*duck, error) {
	var db bindings.Database
	d := &duck{}
	if bindings.Open(":memory:", &db) != bindings.StateSuccess || bindings.Connect(db, &d.conn) != bindings.StateSuccess {
		return nil, errors.New("duckdb does not open")
	}
	return d, duckdb.RegisterFunctions(d.conn)
})

func (d *duck) run(sql string, stmt *sqlgen.Statement) (*store.Result, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	texts := make([]string, max(len(stmt.Columns), 1))
	for i := range texts {
		texts[i] = fmt.Sprintf("CAST(r%d AS VARCHAR)", i)
	}
	// The inner SELECT keeps its order: insertion order is preserved.
	sql = "SELECT " + strings.Join(texts, ", ") + " FROM (" + sql + ")"
	var res bindings.Result
	defer bindings.DestroyResult(&res)
	if bindings.Query(d.conn, sql, &res) != bindings.StateSuccess {
		return nil, fmt.Errorf("%s\n%s", bindings.ResultError(&res), sql)
	}
	out := newResult(stmt)
	for n := range bindings.ResultChunkCount(res) { //nolint:staticcheck // results are small here
		chunk := bindings.ResultGetChunk(res, n)
		size := bindings.DataChunkGetSize(chunk)
		for i := range stmt.Columns {
			vector := bindings.DataChunkGetVector(chunk, bindings.IdxT(i))
			valid := bindings.VectorGetValidity(vector)
			data := unsafe.Slice((*bindings.StringT)(bindings.VectorGetData(vector)), int(size))
			for j := range data {
				null := valid != nil && !bindings.ValidityRowIsValid(valid, bindings.IdxT(j))
				text := ""
				if !null {
					text = bindings.StringTData(&data[j])
				}
				if err := addCell(out, stmt, i, text, null); err != nil {
					return nil, err
				}
			}
		}
		out.Rows += int(size)
		bindings.DestroyDataChunk(&chunk)
	}
	return out, nil
}

// runDuckDB compiles and runs a query over the rows.
func runDuckDB(q *query.Query, batches []*event.Batch) (*store.Result, error) {
	d, err := openDuck()
	if err != nil {
		return nil, err
	}
	rows := reached(q, batches)
	schema := schemaOf(rows)
	stmt, err := sqlgen.Compile(sqlgen.DuckDB, q, schema)
	if err != nil {
		return nil, err
	}
	return d.run(withEvents(sqlgen.DuckDB, stmt, schema, rows), stmt)
}
