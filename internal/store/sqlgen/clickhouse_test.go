package sqlgen_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
	"github.com/oriel-dev/oriel/internal/store/sqlgen"
)

// clickHouseSettings are what an engine must set for compiled statements:
// numbers in text are read exactly, as Go does, and SELECTs nest as deep as
// calculated fields do.
const clickHouseSettings = "precise_float_parsing = 1, max_subquery_depth = 1000, output_format_json_quote_64bit_integers = 1, output_format_json_quote_denormals = 1"

// clickHouseBatch collects statements, to run them all in one process: starting
// the engine takes a second.
type clickHouseBatch struct {
	statements []string
	compiled   []*sqlgen.Statement
}

// add compiles a query over rows and returns its place in the batch.
func (b *clickHouseBatch) add(q *query.Query, batches []*event.Batch) (int, error) {
	rows := reached(q, batches)
	schema := schemaOf(rows)
	stmt, err := sqlgen.Compile(sqlgen.ClickHouse, q, schema)
	if err != nil {
		return 0, err
	}
	b.statements = append(b.statements, withEvents(sqlgen.ClickHouse, stmt, schema, rows))
	b.compiled = append(b.compiled, stmt)
	return len(b.compiled) - 1, nil
}

// run returns for each statement a function that gives its result or error. It
// skips the test where the engine is not installed.
func (b *clickHouseBatch) run(t *testing.T) []func() (*store.Result, error) {
	t.Helper()
	modules := os.Getenv("ORIEL_CHDB_DIR")
	if modules == "" {
		t.Skip("ORIEL_CHDB_DIR is not set: run npm ci in internal/store/sqlgen/testdata/chdb and name that folder")
	}
	modules, err := filepath.Abs(modules)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	input, output := filepath.Join(folder, "in.json"), filepath.Join(folder, "out.json")
	text, err := json.Marshal(map[string]any{"settings": clickHouseSettings, "statements": b.statements})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(input, text, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", filepath.Join("testdata", "chdb", "run.js"), input, output)
	cmd.Env = append(os.Environ(), "ORIEL_CHDB_DIR="+modules)
	if log, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("run node: %v\n%s", err, log)
	}
	text, err = os.ReadFile(output)
	if err != nil {
		t.Fatal(err)
	}
	var answers []clickHouseAnswer
	if err := json.Unmarshal(text, &answers); err != nil {
		t.Fatal(err)
	}
	if len(answers) != len(b.statements) {
		t.Fatalf("%d answers to %d statements", len(answers), len(b.statements))
	}
	results := make([]func() (*store.Result, error), len(answers))
	for i, a := range answers {
		results[i] = func() (*store.Result, error) { return a.result(b.compiled[i], b.statements[i]) }
	}
	return results
}

type clickHouseAnswer struct {
	Rows  [][]*string `json:"rows"`
	Error string      `json:"error"`
}

func (a clickHouseAnswer) result(stmt *sqlgen.Statement, sql string) (*store.Result, error) {
	if a.Error != "" {
		return nil, fmt.Errorf("%s\n%s\n%s", a.Error, stmt.SQL, sql)
	}
	r := newResult(stmt)
	for _, row := range a.Rows {
		r.Rows++
		if len(row) != max(len(stmt.Columns), 1) {
			return nil, errors.New("a row has too few or too many cells")
		}
		for i := range stmt.Columns {
			text := ""
			if row[i] != nil {
				text = *row[i]
			}
			if err := addCell(r, stmt, i, text, row[i] == nil); err != nil {
				return nil, err
			}
		}
	}
	return r, nil
}
