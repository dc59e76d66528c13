package sqlgen

import (
	"fmt"
	"strconv"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
)

// spread compiles the calculations over numbers that know no weights.
func (a *aggregation) spread(k calculation) string {
	d := a.c.d
	n := d.finite(k.field.sql, k.field.kind)
	if k.Op == query.Interpolated {
		q := strconv.FormatFloat(k.Q, 'f', -1, 64)
		return d.pick("quantile_cont("+n+", "+q+")", "quantileExactInclusiveOrNull("+q+")("+n+")") + filter(k.where)
	}
	name := d.pick("stddev_samp", "stddevSampOrNull")
	if k.Op == query.Variance {
		name = d.pick("var_samp", "varSampOrNull")
	}
	sql := name + "(" + n + ")" + filter(k.where)
	if d == ClickHouse {
		return d.finite(sql, event.Float) // of one value it is no number
	}
	return sql
}

// listed compiles the calculations over texts.
func (a *aggregation) listed(k calculation) string {
	d := a.c.d
	text := d.Convert(k.field.sql, k.field.kind, event.String)
	only := filter(k.where, k.field.sql+" IS NOT NULL")
	switch k.Op { //nolint:exhaustive // the others are no texts
	case query.LeastText:
		return d.call("min", "minOrNull", text) + only
	case query.GreatestText:
		return d.call("max", "maxOrNull", text) + only
	case query.Values:
		if d == DuckDB {
			return d.jsonTexts(fmt.Sprintf("list_sort(list(DISTINCT %s)%s)[1:%d]", text, only, query.MaxListed), "v")
		}
		return d.jsonTexts(fmt.Sprintf("arraySlice(arraySort(groupUniqArray(assumeNotNull(%s))%s), 1, %d)", text, only, query.MaxListed), "v")
	}
	most := int64(k.Q)
	if d == DuckDB {
		return d.jsonTexts(fmt.Sprintf("list_sort(list_transform(map_entries(histogram(%s)%s), lambda e: {'n': -CAST(e.value AS BIGINT), 'v': e.key}))[1:%d]", text, only, most), "v.v")
	}
	counts := fmt.Sprintf("sumMap([assumeNotNull(%s)], [toInt64(1)])%s", text, only)
	return d.jsonTexts(fmt.Sprintf("arraySlice(arraySort(e -> (-e.2, e.1), arrayZip((%[1]s).1, (%[1]s).2)), 1, %[2]d)", counts, most), "v.1")
}

// jsonTexts prints a list as a JSON array of texts, null if it is empty. element
// is how the text of element v is found.
func (d Dialect) jsonTexts(list, element string) string {
	quoted := element
	for _, pair := range [][2]string{{`\`, `\\`}, {`"`, `\"`}, {"\n", `\n`}, {"\r", `\r`}, {"\t", `\t`}} {
		quoted = d.call("replace", "replaceAll", quoted, d.Quote(pair[0]), d.Quote(pair[1]))
	}
	quoted = `concat('"', ` + quoted + `, '"')`
	if d == ClickHouse {
		return "nullIf(concat('[', arrayStringConcat(arrayMap(v -> " + quoted + ", " + list + "), ','), ']'), '[]')"
	}
	return "nullif('[' || array_to_string(list_transform(" + list + ", lambda v: " + quoted + "), ',') || ']', '[]')"
}
