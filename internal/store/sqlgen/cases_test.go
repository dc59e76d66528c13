package sqlgen_test

import (
	"strings"
	"testing"

	"github.com/oriel-dev/oriel/internal/golden"
	"github.com/oriel-dev/oriel/internal/store/sqlgen"
	"github.com/oriel-dev/oriel/internal/store/storetest"
)

var _ = golden.Flag()

// TestCases compiles every case of testdata and compares the SQL with the file,
// and the rows it yields with those wanted, in the reference store, DuckDB and
// ClickHouse. With -update the SQL is rewritten, and wanted where it is missing.
func TestCases(t *testing.T) {
	t.Parallel()
	cases, err := storetest.ReadCases("testdata")
	if err != nil {
		t.Fatal(err)
	}
	var batch clickHouseBatch
	for _, c := range cases {
		checkCase(t, c)
		if _, err := batch.add(c.Query, c.Batches); err != nil {
			t.Fatalf("%s: %v", c.Name, err)
		}
	}
	t.Run("clickhouse", func(t *testing.T) {
		t.Parallel()
		for i, answer := range batch.run(t) {
			want, err := cases[i].Wanted()
			if err != nil {
				t.Fatal(err)
			}
			got, err := answer()
			if err != nil {
				t.Errorf("%s: %v", cases[i].Name, err)
				continue
			}
			if d := storetest.Difference(cases[i].Query, want, got); d != "" {
				t.Errorf("%s: %s", cases[i].Name, d)
			}
		}
	})
}

func checkCase(t *testing.T, c *storetest.Case) {
	t.Helper()
	schema := schemaOf(reached(c.Query, c.Batches))
	for _, d := range []sqlgen.Dialect{sqlgen.DuckDB, sqlgen.ClickHouse} {
		stmt, err := sqlgen.Compile(d, c.Query, schema)
		if err != nil {
			t.Fatalf("%s: %v", c.Name, err)
		}
		c.Set(d.String(), laidOut(stmt.SQL))
	}
	fromReference, err := runReference(t.Context(), c.Query, c.Batches)
	if err != nil {
		t.Fatalf("%s: %v", c.Name, err)
	}
	if c.Sections["wanted"] == "" && golden.Updating() {
		c.Set("wanted", storetest.Table(fromReference))
	}
	golden.Check(t, c.Path, c.Text())
	want, err := c.Wanted()
	if err != nil {
		t.Fatalf("%s: %v", c.Name, err)
	}
	if d := storetest.Difference(c.Query, want, fromReference); d != "" {
		t.Errorf("%s: reference: %s", c.Name, d)
	}
	fromDuckDB, err := runDuckDB(c.Query, c.Batches)
	if err != nil {
		t.Errorf("%s: %v", c.Name, err)
		return
	}
	if d := storetest.Difference(c.Query, want, fromDuckDB); d != "" {
		t.Errorf("%s: DuckDB: %s", c.Name, d)
	}
}

// laidOut breaks SQL into lines at its clauses, but not inside literals.
func laidOut(sql string) string {
	var b strings.Builder
	quoted := false
	for i := range len(sql) {
		if sql[i] == '\'' && (i == 0 || sql[i-1] != '\\') {
			quoted = !quoted
		}
		if sql[i] == ' ' && !quoted && startsClause(sql[i+1:]) {
			b.WriteByte('\n')
			continue
		}
		b.WriteByte(sql[i])
	}
	return b.String()
}

func startsClause(rest string) bool {
	for _, word := range []string{"FROM ", "WHERE ", "GROUP BY ", "UNION ALL ", "LIMIT "} {
		if strings.HasPrefix(rest, word) {
			return true
		}
	}
	return false
}
