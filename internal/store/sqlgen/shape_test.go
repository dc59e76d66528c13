package sqlgen_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store/sqlgen"
	"github.com/oriel-dev/oriel/internal/store/storetest"
)

// allowed are the words that compiled SQL consists of, but for literals, numbers
// and the names made up here. Anything else came from outside.
var allowed = strings.Fields(`
	SELECT FROM WHERE GROUP BY ORDER ASC DESC NULLS LAST LIMIT OFFSET UNION ALL AS AND OR NOT IN IS NULL TRUE FALSE true false
	CASE WHEN THEN ELSE END CAST VARCHAR BIGINT DOUBLE BOOLEAN INTEGER Nullable String Int64 Float64 Bool FILTER OVER PARTITION DISTINCT
	events t ds w p
	strpos positionUTF8 toNullable count sum avg min max any any_value arg_min arg_max argMin argMinOrNull minOrNull maxOrNull argMax argMaxOrNull quantile_disc quantileExactWeightedOrNull uniqExact string_agg
	coalesce ifNull nullif if multiIf least greatest round floor abs trunc ln range unnest arrayJoin row_number chr toInt64 accurateCastOrNull toUInt64
	from_json apply_function key value list_sort list list_transform lambda map_entries histogram array_to_string regexp_extract_all lpad part v e n
	arraySlice arraySort arrayMap arrayZip arrayStringConcat arrayElement extractAll extractGroups leftPad groupUniqArray assumeNotNull sumMap nullIf
	quantile_cont quantileExactInclusiveOrNull stddev_samp var_samp stddevSampOrNull varSampOrNull BETWEEN INTEGER
	upper upperUTF8 ltrim rtrim trim substring substringUTF8 fmod power replaceAll replaceRegexpOne toInt64
	TRY_CAST isfinite isFinite isnan isNaN isinf isInfinite toFloat64OrNull toString regexp_matches regexp_replace regexp_extract match replace
	replaceRegexpOne contains position starts_with startsWith ends_with endsWith lower lowerUTF8 ltrim rpad repeat concat arrayStringConcat arrayMap
	arraySort groupArray assumeNotNull e
	log10 ceil floor trunc substr strlen length lengthUTF8 extract replaceRegexpAll lpad strftime formatDateTime make_timestamp toDateTime64
	epoch_us TIMESTAMP toInt64OrNull intDiv JOIN LEFT ON tuple tupleElement row struct_extract`)

var (
	madeUp  = regexp.MustCompile(`^[fgarxvbnmsqwetzjpl][0-9]+u?$`)
	word    = regexp.MustCompile(`[A-Za-z_][A-Za-z_0-9]*`)
	number  = regexp.MustCompile(`[0-9]+(\.[0-9]+)?(e[+-]?[0-9]+)?`)
	symbols = regexp.MustCompile(`^[][(){}.,*+/%<>=|: -]*$`)
	quotes  = map[sqlgen.Dialect]*regexp.Regexp{
		sqlgen.DuckDB:     regexp.MustCompile(`'(?s:[^']|'')*'`),
		sqlgen.ClickHouse: regexp.MustCompile(`'(?s:[^'\\]|\\.)*'`),
	}
)

// outsiders returns what compiled SQL holds that it may not.
func outsiders(d sqlgen.Dialect, sql string) []string {
	var bad []string
	sql = quotes[d].ReplaceAllString(sql, " ")
	rest := word.ReplaceAllStringFunc(sql, func(w string) string {
		if slices.Contains(allowed, w) {
			return " "
		}
		if !madeUp.MatchString(w) && !regexp.MustCompile(`^e[0-9]*$`).MatchString(w) {
			bad = append(bad, w)
		}
		return " "
	})
	rest = number.ReplaceAllString(rest, " ")
	if !symbols.MatchString(rest) || strings.Contains(rest, "--") || strings.Contains(rest, "/*") {
		bad = append(bad, rest)
	}
	return bad
}

// TestCompile_HoldsNothingFromOutside compiles queries whose every name and
// literal is hostile, and looks at the shape of the SQL.
func TestCompile_HoldsNothingFromOutside(t *testing.T) {
	t.Parallel()
	hostile := storetest.HostileStrings()[1:] // the empty one is no name
	schema := &rowsSchema{kinds: map[string]event.Kind{}, names: hostile, weighted: true}
	for i, s := range hostile {
		schema.kinds[s] = event.Kind(1 + i%4)
	}
	rapid.Check(t, func(t *rapid.T) {
		one := rapid.SampledFrom(hostile)
		q := storetest.Query(t, one.Draw(t, "environment"))
		q.Datasets = []string{one.Draw(t, "dataset"), one.Draw(t, "dataset")}
		where := storetest.Condition(t, hostile, 2)
		calc := storetest.Calculation(t, one.Draw(t, "name"))
		calc.Field = one.Draw(t, "field")
		q.Stages = append([]query.Stage{
			query.Filter{Where: query.And{Terms: []query.Expr{where, query.Compare{
				L: query.Field{Name: one.Draw(t, "field")}, R: query.Literal{Value: event.StringValue(one.Draw(t, "value"))},
			}}}},
			query.Filter{Where: query.Text{Op: query.Contains, X: query.Field{Name: one.Draw(t, "field")}, S: one.Draw(t, "part")}},
			query.Compute{Name: "called", Expr: query.Call{Name: "IF", Args: []query.Expr{
				query.Call{Name: "REG_MATCH", Args: []query.Expr{
					query.Call{Name: "STRING", Args: []query.Expr{query.Field{Name: one.Draw(t, "field")}}},
					query.Literal{Value: event.StringValue(regexp.QuoteMeta(one.Draw(t, "pattern")))},
				}},
				query.Call{Name: "FORMAT_TIME", Args: []query.Expr{
					query.Literal{Value: event.StringValue(strings.ReplaceAll(one.Draw(t, "format"), "%", "%%"))}, query.Call{Name: "EVENT_TIMESTAMP"},
				}},
				query.Call{Name: "SWITCH", Args: []query.Expr{
					query.Field{Name: one.Draw(t, "field")}, query.Literal{Value: event.StringValue(one.Draw(t, "case"))}, query.Field{Name: one.Draw(t, "field")},
				}},
			}}},
			query.Compute{Name: one.Draw(t, "computed"), Expr: query.Exists{X: query.Field{Name: one.Draw(t, "field")}}},
			query.TraceFilter{Conditions: []query.TraceCondition{{Relation: query.Any, Where: where}}},
		}, q.Stages...)
		if rapid.Bool().Draw(t, "aggregate") {
			q.Stages = append(q.Stages[:5], query.Aggregate{Groups: []string{one.Draw(t, "group")}, Calcs: []query.Calc{calc}})
		}
		for _, d := range []sqlgen.Dialect{sqlgen.DuckDB, sqlgen.ClickHouse} {
			stmt, err := sqlgen.Compile(d, q, schema)
			if fault.Is(err, fault.Unsupported) {
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			if bad := outsiders(d, stmt.SQL); len(bad) > 0 {
				t.Fatalf("%v: %q in\n%s", d, bad, stmt.SQL)
			}
		}
	})
}

func TestOutsiders_SeesThem(t *testing.T) {
	t.Parallel()
	for _, sql := range []string{"SELECT f0 FROM users", "SELECT 'a' -- 'b'", "SELECT f0; SELECT f1", `SELECT "f0"`, "SELECT read_text('x')", "SELECT 'it's'"} {
		if len(outsiders(sqlgen.DuckDB, sql)) == 0 {
			t.Errorf("%s passes", sql)
		}
	}
}
