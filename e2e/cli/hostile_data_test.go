package cli_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// nasty are texts that have broken programs: those that end a literal or an
// identifier somewhere, look like something else, or are hard to write down.
func nasty() []string {
	return []string{
		"'", "''", "\"", "\"\"", "`", "\\", "\\'", "\\\"", "\\\\", "';--", "' OR '1'='1", "'; DROP TABLE events; --", "\"; DROP TABLE events; --", "') OR 1=1 --", "$1", "$$", "?", "%", "%s%n%x", "_",
		"*", "a*b", "[", "]", "[a]", "{}", "{{7*7}}", "${7*7}", "#{x}", "(", ")", "()", ",", ";", ":", "::", "a::int", "--", "/*", "*/", "/* x */", "//", "#", "@", "&", "|", "||", "<", ">", "<script>alert(1)</script>", "=", "!", "~", "^",
		"NULL", "null", "true", "false", "NaN", "Infinity", "-Infinity", "0", "-0", "1e999", "0x10", "1_000", "9223372036854775808", "2024-01-01", "undefined", "constructor", "__proto__", "toString", "length", "id", "timestamp", "select", "SELECT", "from", "order by", "COUNT", "EXISTS($x)",
		"_time", "_dataset", "_overflow", "time", "dataset", "a.b", "a..b", ".a", "a.", ".", "..", "../../etc/passwd", "C:\\x", "a/b", "%2e%2e", "%00",
		" ", "  lead", "trail  ", "\t", "\n", "\r\n", "a\nb", "\x00", "a\x00b", "\x01\x02", "\x1b[31mred", "\x7f", "\u0085", "\u00a0", "\u200b", "\u202etxt", "\u2028", "\ufeffbom", "\ufffd", "é", "e\u0301", "ß", "İ", "ı", "ﬁ", "Ω", "日本語", "🏴‍☠️", "👩‍👩‍👧‍👦", "\U0010ffff", "𝔘𝔫𝔦", "A", "a",
		strings.Repeat("x", 300), strings.Repeat("é", 150), strings.Repeat("'", 200),
	}
}

// H11: whatever text comes as a name, a value, a span or a service is found
// again as it was sent, from memory and from segments.
func TestHostileData_H11_IsFoundAsItWasSent(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	o := start(t, data)
	texts := nasty()
	now := time.Now()
	for i, text := range texts {
		attributes := []any{
			map[string]any{"key": "value", "value": map[string]any{"stringValue": text}},
			map[string]any{"key": "n", "value": map[string]any{"intValue": fmt.Sprint(i)}},
			map[string]any{"key": text, "value": map[string]any{"intValue": fmt.Sprint(i)}},
		}
		raw, err := json.Marshal(map[string]any{"resourceSpans": []any{map[string]any{
			"resource": map[string]any{"attributes": []any{map[string]any{"key": "service.name", "value": map[string]any{"stringValue": "svc " + text[:min(len(text), 100)]}}}},
			"scopeSpans": []any{map[string]any{"spans": []any{map[string]any{
				"traceId": fmt.Sprintf("%032x", i+1), "spanId": fmt.Sprintf("%016x", i+1), "name": text, "attributes": attributes,
				"startTimeUnixNano": fmt.Sprint(now.UnixNano()), "endTimeUnixNano": fmt.Sprint(now.UnixNano() + 1),
			}}}},
		}}})
		if err != nil {
			t.Fatal(err)
		}
		status, answer, err := o.post(t.Context(), "/v1/traces", "application/json", raw)
		if err != nil || status != http.StatusOK || string(answer) != "{}" {
			t.Errorf("%q: %d, %s, %v", text, status, answer, err)
		}
	}
	o.finds(t, "in memory", texts)
	if err := o.stop(); err != nil {
		t.Fatalf("%v\n%s", err, o.log)
	}
	if strings.Contains(o.log.String(), "level=ERROR") {
		t.Errorf("%s", o.log)
	}
	o = start(t, data)
	o.finds(t, "in segments", texts)
	if n := o.metric("oriel_store_flush_failures_total") + o.metric("oriel_store_quarantined_segments"); n != 0 {
		t.Errorf("%g failures of the store", n)
	}
}

// finds asks for each text as a value and as a name.
func (o *oriel) finds(t *testing.T, where string, texts []string) {
	t.Helper()
	count := []any{map[string]any{"op": "COUNT"}}
	groups := map[string]int{}
	for _, column := range []string{"value", "name"} {
		for _, r := range o.query(map[string]any{"calculations": count, "breakdowns": []any{column}, "time_range": 7200, "limit": 1000}) {
			text, _ := r[column].(string)
			groups[column+"="+text]++
		}
	}
	for i, text := range texts {
		for _, column := range []string{"value", "name"} {
			if groups[column+"="+text] != 1 {
				t.Errorf("%s: %q is not among the groups by %s", where, text, column)
			}
		}
		name := text
		if name == "_time" || name == "_dataset" || name == "_overflow" {
			name = "_" + name // those are ours
		}
		for _, filter := range []map[string]any{
			{"column": "value", "op": "in", "value": []any{text, "never"}},
			{"column": name, "op": "=", "value": i},
		} {
			filters := []any{filter, map[string]any{"column": "n", "op": "=", "value": i}}
			rows := o.query(map[string]any{"calculations": count, "filters": filters, "time_range": 7200})
			if len(rows) != 1 || rows[0]["COUNT"] != 1.0 {
				t.Errorf("%s: %q by %v: %v", where, text, filter, rows)
			}
		}
	}
}
