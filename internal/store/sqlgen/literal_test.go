package sqlgen_test

import (
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/store/sqlgen"
	"github.com/oriel-dev/oriel/internal/store/storetest"
)

// unquoted reads a literal back by the dialect's own rules, written down here a
// second time; ok is false if the literal ends early or late.
func unquoted(d sqlgen.Dialect, sql string) (string, bool) {
	if d == sqlgen.DuckDB && strings.HasPrefix(sql, "(") {
		sql = strings.TrimSuffix(strings.TrimPrefix(sql, "("), ")")
	}
	var out strings.Builder
	for {
		if !strings.HasPrefix(sql, "'") {
			return "", false
		}
		i := 1
		for {
			if i >= len(sql) {
				return "", false
			}
			if sql[i] == '\\' && d == sqlgen.ClickHouse {
				if i+1 >= len(sql) {
					return "", false
				}
				out.WriteByte(map[byte]byte{'\\': '\\', '\'': '\'', '0': 0}[sql[i+1]])
				i += 2
				continue
			}
			if sql[i] == '\'' {
				if d == sqlgen.DuckDB && strings.HasPrefix(sql[i:], "''") {
					out.WriteByte('\'')
					i += 2
					continue
				}
				break
			}
			out.WriteByte(sql[i])
			i++
		}
		sql = sql[i+1:]
		if sql == "" {
			return out.String(), true
		}
		rest, ok := strings.CutPrefix(sql, " || chr(0) || ")
		if !ok || d == sqlgen.ClickHouse {
			return "", false
		}
		out.WriteByte(0)
		sql = rest
	}
}

func FuzzQuote(f *testing.F) {
	for _, s := range storetest.HostileStrings() {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		want := strings.ToValidUTF8(s, "\uFFFD")
		for _, d := range []sqlgen.Dialect{sqlgen.DuckDB, sqlgen.ClickHouse} {
			sql := d.Quote(s)
			if got, ok := unquoted(d, sql); !ok || got != want {
				t.Errorf("%v: %q became %s, which reads as %q, %v", d, s, sql, got, ok)
			}
			if strings.Contains(sql, "\x00") {
				t.Errorf("%v: %q keeps a NUL, which ends a statement", d, s)
			}
		}
	})
}

func FuzzQuoteName(f *testing.F) {
	for _, s := range storetest.HostileStrings() {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		want := strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
		duck := sqlgen.DuckDB.QuoteName(s)
		inner := duck[1 : len(duck)-1]
		if duck[0] != '"' || duck[len(duck)-1] != '"' || strings.ReplaceAll(inner, `""`, "") != strings.ReplaceAll(want, `"`, "") || strings.ReplaceAll(inner, `""`, `"`) != want {
			t.Errorf("DuckDB: %q became %s", s, duck)
		}
		click := sqlgen.ClickHouse.QuoteName(s)
		if got, ok := unquoted(sqlgen.ClickHouse, "'"+strings.ReplaceAll(strings.ReplaceAll(click[1:len(click)-1], "\\`", "`"), "'", `\'`)+"'"); !ok || got != want {
			t.Errorf("ClickHouse: %q became %s, which reads as %q", s, click, got)
		}
	})
}

// TestQuote_ReadsBackInDuckDB gives every hostile string to the real parser.
func TestQuote_ReadsBackInDuckDB(t *testing.T) {
	t.Parallel()
	d, err := openDuck()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range storetest.HostileStrings() {
		stmt := &sqlgen.Statement{Columns: []sqlgen.Column{{Name: "s", Kind: event.String}, {Name: "n", Kind: event.Int}}}
		res, err := d.run("SELECT "+sqlgen.DuckDB.Quote(s)+" AS r0, "+sqlgen.DuckDB.QuoteName(s+"x")+" AS r1 FROM (SELECT 1 AS "+sqlgen.DuckDB.QuoteName(s+"x")+")", stmt)
		if err != nil {
			t.Errorf("%q: %v", s, err)
			continue
		}
		if got := res.Columns[0].Values[0].Str(); got != s {
			t.Errorf("%q came back as %q", s, got)
		}
	}
}

func floats() []float64 {
	return []float64{
		0, math.Copysign(0, -1), 1, -1, 0.1, 1.0 / 3, 1e15, 1e16, 123456789012345680, 1e-5, 1.5e-6, 1e-6, 9.999e-7, 1e-7, -1e-7, 1e20,
		-1.2345678901234567e20, 999999999999999900000, 1e21, 1.5e300, math.MaxFloat64, math.SmallestNonzeroFloat64, 1 << 53, 1<<53 + 2,
		-4503599627370497.5, 0.000123, 100, 1e2 + 0.5, math.NaN(), math.Inf(1), math.Inf(-1),
	}
}

// TestConvert_PrintsFloatsAsValuesDo compares text made by the engines with the
// canonical text.
func TestConvert_PrintsFloatsAsValuesDo(t *testing.T) {
	t.Parallel()
	all := floats()
	for i := range 300 {
		all = append(all, rapid.Float64().Example(i))
	}
	stmt := &sqlgen.Statement{Columns: []sqlgen.Column{{Name: "s", Kind: event.String}, {Name: "f", Kind: event.String}}}
	sql := func(d sqlgen.Dialect, f float64) string {
		return "SELECT " + d.Convert("x", event.Float, event.String) + " AS r0, " + d.Convert("x", event.Float, event.String) + " AS r1 FROM (SELECT " + d.Literal(event.FloatValue(f)) + " AS x)"
	}
	d, err := openDuck()
	if err != nil {
		t.Fatal(err)
	}
	var batch clickHouseBatch
	for _, f := range all {
		res, err := d.run(sql(sqlgen.DuckDB, f), stmt)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := res.Columns[0].Values[0].Str(), event.FloatValue(f).Text(); got != want {
			t.Errorf("DuckDB prints %q, want %q", got, want)
		}
		batch.statements, batch.compiled = append(batch.statements, sql(sqlgen.ClickHouse, f)), append(batch.compiled, stmt)
	}
	for i, answer := range batch.run(t) {
		res, err := answer()
		if err != nil {
			t.Fatal(err)
		}
		if got, want := res.Columns[0].Values[0].Str(), event.FloatValue(all[i]).Text(); got != want {
			t.Errorf("ClickHouse prints %q, want %q", got, want)
		}
	}
}
