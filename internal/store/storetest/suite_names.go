package storetest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
)

func namesThatDifferByCase(_ *testing.T, p *pair) {
	p.inEveryLayout([]*event.Batch{
		batchOf("api", object{"user": "lower", "User": 1, "USER": true, "uSER": 2.5}),
		batchOf("api", object{"_time": suiteBase + 9*second, "USER": "text", "user": "again"}),
		batchOf("web", object{"_time": suiteBase + 10*second, "User": 2}, object{"_time": suiteBase + 11*second, "usEr": "x", "Ä": "upper", "ä": "lower"}),
	}, func() {
		p.agree(ask())
		for _, name := range []string{"user", "User", "USER", "uSER", "usEr", "Ä", "ä"} {
			p.agree(ask(count(name)))
			p.agree(kept(query.Exists{X: field(name)}))
		}
		p.agree(ask(count("user", "USER", "User")))
		p.agree(kept(is("User", 1)))
		p.agree(kept(is("user", "lower")))
	})
}

// HostileStrings returns strings that have broken one program or another: SQL,
// quoting, encodings, paths, formats, numbers in disguise. All are valid UTF-8.
func HostileStrings() []string {
	list := []string{
		"", " ", "'", "\"", "`", "\\", "''", "\"\"", "``", "\\\\", "\\'", "\\\"", "'\\''", "\"'\"", "'\"'", ";", "--", "/*", "*/", "#", "-- -",
		"%", "_", "%%", "\\%", "[", "]", "{", "}", "{}", "[]", "(", ")", "()", "<", ">", "&", "|", "||", "&&", "$", "$1", "$$", "$$x$$", "?", "??", ":", "::", ":a", "@", "@x", "!", "~", "^", "=", "==",
		"' OR '1'='1", "' OR 1=1 --", "\" OR \"\"=\"", "'; DROP TABLE events; --", "\"; DROP TABLE events; --", "1; SELECT 1", "x' UNION SELECT NULL --", "') OR ('a'='a", "'||(SELECT 1)||'", "'+(SELECT 1)+'",
		"*/ SELECT 1 /*", "/* x */", "a--b", "a/*b*/c", "SELECT", "FROM", "WHERE", "NULL", "null", "nil", "None", "undefined", "true", "false", "TRUE", "select", "group", "order", "limit", "user", "table", "column", "default",
		"t", "ds", "w", "f0", "f1", "g1", "a1", "r0", "x1", "events", "rowid", "filename", "file_row_number", "_time", "__time", "_dataset", "_environment", "_sample_rate", "_overflow", "_id", "main", "temp", "information_schema",
		"\x00", "a\x00b", "\x00\x00", "\x01", "\x07", "\b", "\t", "\n", "\r", "\r\n", "\x0b", "\f", "\x1a", "\x1b[31m", "\x7f", "\u0080", "\u0085", "\u00a0", "\u00ad", "\u200b", "\u200e", "\u202e", "\u2028", "\u2029", "\ufeff", "\ufffd", "\uffff", "\U0010ffff",
		"ä", "a\u0308", "Å", "\u212b", "ﬁ", "ß", "ẞ", "İ", "ı", "Σ", "ς", "日本語", "𝒳", "👩‍👩‍👧", "🏳️‍🌈", "\u0301", "عربى", "ﷺ", "Ω", "\u2126", "K", "\u212a", "ǅ", "ŉ", "１２３", "٣",
		"0", "-0", "+1", "1", "01", "1.0", "1e3", "1E3", ".5", "5.", "0x10", "0b1", "1_000", "1,000", "NaN", "nan", "Inf", "-inf", "infinity", "1e999", "-1e999", "1e-999", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "0.1", "1/2", " 1", "1 ", "\t1", "١", "½", "1e", "e1", "--1", "1-1",
		"../../etc/passwd", "/etc/passwd", "C:\\x", "\\\\host\\x", "file:///x", "http://x/?a=b&c=d#e", "%00", "%27", "%2e%2e", "..", ".", "/", "//", "con", "nul.txt", "~", "*", "*.parquet", "a*", "a?b", "a[b]c", "a,b", "a.b", "a.b.c", ".a", "a.", "..a", "a b", "a\tb", "a\nb",
		"<script>alert(1)</script>", "<!--", "]]>", "&lt;", "&#39;", "{{7*7}}", "${7*7}", "%s%n", "%d", "%!s(int=1)", "{0}", "$(id)", "`id`", "|| id", "\n.\n", "=1+1", "+1+1", "@SUM(1)", "\"=\"", "a=b", "a:b", "a;b", "a'b", "a\"b", "a`b", "a\\b", "a\\nb", "a\\", "\\0", "\\x00", "\\u0000", "\\N", "E'x'", "x'00'", "U&'\\0041'", "$tag$x$tag$", "chr(0)", "' || chr(39) || '",
	}
	return append(list, strings.Repeat("x", 300), strings.Repeat("'", 301), strings.Repeat("\"", 99), strings.Repeat("日", 200))
}

// hostileStrings puts each as a name, as a value and in a dataset's name, and
// wants them back byte by byte.
func hostileStrings(_ *testing.T, p *pair) {
	all := HostileStrings()
	var batches []*event.Batch
	for i, s := range all {
		dataset := "api"
		if i%5 == 0 {
			dataset = s
		}
		b := event.NewBatch(Environment, dataset)
		b.Begin(suiteBase + int64(i)*second/10)
		b.Set("value", event.StringValue(s))
		b.Set("place", event.IntValue(int64(i)))
		if s != "" {
			b.Set(s, event.StringValue(fmt.Sprint("under ", i)))
		}
		batches = append(batches, b)
	}
	var conds []query.Expr
	named := query.Aggregate{Groups: []string{"value"}}
	for _, s := range all {
		conds = append(conds, is("value", s), query.Text{Op: query.Contains, X: field("value"), S: s}, query.Exists{X: field(s)})
		if s != "" && len(named.Calcs) < 100 {
			named.Calcs = append(named.Calcs, query.Calc{Op: query.Max, Field: s, Name: "of " + s})
		}
	}
	p.inEveryLayout(batches, func() {
		p.agree(ask())
		p.agree(ask(count("value")))
		p.agree(ask(count(event.SystemDataset)))
		p.agree(ask(named))
		p.conditions(conds)
		p.agree(kept(query.In{X: field("value"), Values: valuesOf(all)}))
		q := ask(count("value"))
		for i := 0; i < len(all); i += 5 {
			q.Datasets = append(q.Datasets, all[i])
		}
		p.agree(q)
		for i := 0; i < len(all); i += 35 {
			q := ask(query.Filter{Where: is(all[i], fmt.Sprint("under ", i))}, count(all[i]))
			q.Datasets = []string{all[i]}
			p.agree(q)
		}
	})
}

func valuesOf(texts []string) []event.Value {
	values := make([]event.Value, len(texts))
	for i, s := range texts {
		values[i] = event.StringValue(s)
	}
	return values
}

// manyNames has more names than a dataset may have columns: the rest must be
// there all the same.
func manyNames(_ *testing.T, p *pair) {
	var batches []*event.Batch
	for i := range 4 {
		b := event.NewBatch(Environment, "wide")
		for j := range 20 {
			b.Begin(suiteBase + int64(i*20+j)*second)
			for k := range 32 {
				b.Set(fmt.Sprintf("attribute.%d", (i*20+j)*32+k), event.IntValue(int64(k)))
			}
			b.Set("common", event.StringValue(fmt.Sprint(j%3)))
		}
		batches = append(batches, b)
	}
	p.inEveryLayout(batches, func() {
		p.agree(ask(count("common")))
		for _, name := range []string{"attribute.0", "attribute.1999", "attribute.2000", "attribute.2001", "attribute.2559", "attribute.2560"} {
			p.agree(kept(query.Exists{X: field(name)}))
			p.agree(kept(query.Compare{Op: query.Ge, L: field(name), R: lit(1)}))
			p.agree(ask(query.Aggregate{Groups: []string{name}, Calcs: []query.Calc{{Op: query.Sum, Field: name, Name: "sum"}}}))
		}
		p.agree(ask(query.Filter{Where: is("common", "1")}, query.Sort{Keys: []query.SortKey{{Field: event.SystemTime, Desc: true}}}, query.Limit{Count: 2}))
	})
}

func rawEventsComeBackWhole(_ *testing.T, p *pair) {
	p.inEveryLayout(sampleBatches(), func() {
		p.agree(ask())
		for _, dataset := range []string{"api", "web", "none"} {
			q := ask()
			q.Datasets = []string{dataset}
			p.agree(q)
		}
		p.agree(ask(query.Compute{Name: "made", Expr: query.Exists{X: field("user")}}))
		p.agree(ask(query.Compute{Name: "route", Expr: query.Exists{X: field("route")}}))
	})
}
