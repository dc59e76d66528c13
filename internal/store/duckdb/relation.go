package duckdb

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/store/segment"
	"github.com/oriel-dev/oriel/internal/store/sqlgen"
)

// relation writes the WITH that gives a statement its events: one SELECT for
// all segments that keep the fields in the same way, and one for rows in memory.
type relation struct {
	sn   *snapshot
	stmt *sqlgen.Statement
	hot  string // rows in memory as a table, "" if there are none
}

// hotColumns are the columns of the table of rows in memory.
func hotColumns(sn *snapshot, stmt *sqlgen.Statement) []hotColumn {
	columns := []hotColumn{{name: "t", field: event.SystemTime, kind: event.Int}}
	if stmt.NeedsDataset {
		columns = append(columns, hotColumn{"ds", event.SystemDataset, event.String})
	}
	if stmt.NeedsWeight {
		columns = append(columns, hotColumn{"w", event.SystemSampleRate, event.Int})
	}
	for i, f := range stmt.Fields {
		columns = append(columns, hotColumn{"f" + strconv.Itoa(i), f, sn.Kind(f)})
	}
	return columns
}

func (r *relation) sql() string {
	var parts []string
	for _, g := range r.groups() {
		parts = append(parts, r.selectFrom(g))
	}
	if r.hot != "" {
		parts = append(parts, r.selectHot())
	}
	if len(parts) == 0 {
		parts = append(parts, r.nothing())
	}
	return "WITH events AS (" + strings.Join(parts, " UNION ALL ") + ") " + r.stmt.SQL
}

// group is a set of segments with one way of keeping the wanted fields.
type group struct {
	fields []source
	files  []*file
	whole  bool // every row of the files is of the environment and datasets
}

// source says where a file keeps a field.
type source struct {
	column string // "" if it does not have it as a column
	kind   event.Kind
	folded bool // also look into the overflow column
}

func (r *relation) groups() []*group {
	var out []*group
	known := map[string]*group{}
	for _, f := range r.sn.files {
		fields := make([]source, len(r.stmt.Fields))
		for i, name := range r.stmt.Fields {
			fields[i] = r.find(f.info, name)
		}
		whole := r.isWhole(f.info)
		key := fmt.Sprint(fields, whole)
		g := known[key]
		if g == nil {
			g = &group{fields: fields, whole: whole}
			known[key] = g
			out = append(out, g)
		}
		g.files = append(g.files, f)
	}
	return out
}

func (r *relation) find(info *segment.Info, name string) (src source) {
	for _, d := range info.Datasets {
		if d.Environment != r.sn.environment || !r.sn.wants(d.Dataset) {
			continue
		}
		for _, f := range d.Fields {
			switch {
			case f.Name != name:
			case f.Column == "":
				src.folded = true
			default:
				src.column, src.kind = f.Column, f.Kind
			}
		}
	}
	return src
}

func (r *relation) isWhole(info *segment.Info) bool {
	for _, d := range info.Datasets {
		if d.Environment != r.sn.environment || !r.sn.wants(d.Dataset) {
			return false
		}
	}
	return true
}

const dialect = sqlgen.DuckDB

func (r *relation) selectFrom(g *group) string {
	columns := []string{`epoch_ns("_time") AS t`}
	if r.stmt.NeedsDataset {
		columns = append(columns, `"_dataset" AS ds`)
	}
	if r.stmt.NeedsWeight {
		columns = append(columns, `"_sample_rate" AS w`)
	}
	inside := true // all rows of the files are in the time range
	paths := make([]string, len(g.files))
	for i, f := range g.files {
		paths[i] = dialect.Quote(f.path)
		inside = inside && f.info.MinTime >= r.sn.start && f.info.MaxTime < r.sn.end
	}
	for i, src := range g.fields {
		columns = append(columns, r.field(src, i)+" AS f"+strconv.Itoa(i))
	}
	sql := "SELECT " + strings.Join(columns, ", ") + " FROM read_parquet([" + strings.Join(paths, ", ") + "], hive_partitioning = false)"
	var where []string
	if !inside {
		where = append(where, fmt.Sprintf(`"_time" >= make_timestamp_ns(%d) AND "_time" < make_timestamp_ns(%d)`, r.sn.start, r.sn.end))
	}
	if !g.whole {
		where = append(where, `"_environment" = `+dialect.Quote(r.sn.environment))
		if len(r.sn.datasets) > 0 {
			quoted := make([]string, len(r.sn.datasets))
			for i, d := range r.sn.datasets {
				quoted[i] = dialect.Quote(d)
			}
			where = append(where, `"_dataset" IN (`+strings.Join(quoted, ", ")+")")
		}
	}
	if hidden := r.sn.expiry(g.files); hidden != "" {
		where = append(where, hidden)
	}
	if len(where) > 0 {
		sql += " WHERE " + strings.Join(where, " AND ")
	}
	return sql
}

// field is the expression that gives field i of the statement from a file.
func (r *relation) field(src source, i int) string {
	want := r.sn.Kind(r.stmt.Fields[i])
	var column, folded string
	if src.column != "" {
		column = dialect.Convert(dialect.QuoteName(src.column), src.kind, want)
	}
	if src.folded {
		pointer := "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(r.stmt.Fields[i])
		folded = dialect.Convert(`json_extract_string("`+event.FieldOverflow+`", `+dialect.Quote(pointer)+")", event.String, want)
	}
	switch {
	case column == "" && folded == "":
		return dialect.Null(want)
	case folded == "":
		return column
	case column == "":
		return folded
	}
	return "coalesce(" + column + ", " + folded + ")"
}

func (r *relation) selectHot() string {
	columns := []string{"t"}
	if r.stmt.NeedsDataset {
		columns = append(columns, "ds")
	}
	if r.stmt.NeedsWeight {
		columns = append(columns, "w")
	}
	for i := range r.stmt.Fields {
		columns = append(columns, "f"+strconv.Itoa(i))
	}
	return fmt.Sprintf("SELECT %s FROM %s WHERE t >= %d AND t < %d", strings.Join(columns, ", "), r.hot, r.sn.start, r.sn.end)
}

// nothing is the relation where there are no rows at all.
func (r *relation) nothing() string {
	columns := []string{"CAST(NULL AS BIGINT) AS t"}
	if r.stmt.NeedsDataset {
		columns = append(columns, "CAST(NULL AS VARCHAR) AS ds")
	}
	if r.stmt.NeedsWeight {
		columns = append(columns, "CAST(NULL AS BIGINT) AS w")
	}
	for i, f := range r.stmt.Fields {
		columns = append(columns, dialect.Null(r.sn.Kind(f))+" AS f"+strconv.Itoa(i))
	}
	return "SELECT " + strings.Join(columns, ", ") + " WHERE false"
}
