// Package logtext understands what people type to find log lines: a filter
// pattern of CloudWatch Logs, a condition in our own one-line form, words and
// field:value beside each other, or a piece of Insights, which is only told
// apart. It also writes a condition in the languages of CloudWatch, for copying.
package logtext

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/query/pattern"
)

// Language is what a text is written in.
type Language string

// The languages. Insights is only recognized: it is a query, not a condition.
const (
	Pattern  Language = "pattern"
	Filter   Language = "filter"
	Insights Language = "insights"
)

// Reading is a text that was understood.
type Reading struct {
	Language Language
	Kind     string     // of a pattern: terms, json or fields
	Text     string     // in canonical form; Insights as it came
	Where    query.Expr // the condition; nil for Insights
	Warning  string     // what is likely not meant, "" if nothing is
}

// Read says what a text is, and what it means. With an error, which points at a
// byte, the language is the one that the text was taken for.
func Read(text string) (Reading, error) {
	start := strings.TrimLeft(text, " \t\r\n")
	switch {
	case !utf8.ValidString(text):
		return Reading{Language: Pattern}, fault.New(fault.Invalid, "the text is not valid UTF-8")
	case start == "" || start[0] == '{' || start[0] == '[':
		return readPattern(text)
	case isInsights(start):
		return Reading{Language: Insights, Text: strings.TrimSpace(text)}, nil
	}
	if where := readWords(text); where != nil {
		return Reading{Language: Filter, Text: where.String(), Where: where}, nil
	}
	where, err := query.ParseFilter(text)
	if err == nil {
		return Reading{Language: Filter, Text: where.String(), Where: where}, nil
	}
	if likeFilter.MatchString(text) {
		return Reading{Language: Filter}, err
	}
	return readPattern(text)
}

// likeFilter finds what only a condition has: a comparison, a joint, or a test.
var likeFilter = regexp.MustCompile("^[\\s(]*(NOT\\s+)?[\\w.@/`-]+\\s*(=|!=|<|>|<=|>=|<>)(\\s|$)|\\s(AND|OR)(\\s|$)|^\\s*[\\w.@/-]+\\s+(contains|starts-with|ends-with|matches|matches-pattern|search|in|does-not-[a-z-]+)\\s*[\"(]")

func readPattern(text string) (Reading, error) {
	r := Reading{Language: Pattern}
	p, err := pattern.Parse(text)
	if err != nil {
		return r, err
	}
	r.Kind = [...]string{pattern.Terms: "terms", pattern.JSON: "json", pattern.Fields: "fields"}[p.Kind]
	r.Text, r.Where, r.Warning = p.String(), query.FromPattern(p), p.Warning()
	return r, nil
}

var (
	insightsStart = regexp.MustCompile(`(?i)^(fields|display|filter|where|stats|sort|limit|parse|dedup|pattern|diff|unnest|anomaly|source|filterindex|relevantfields|join|lookup|head|tail)\s+(.*)`)
	insightsPipe  = regexp.MustCompile(`(?is)\|\s*(fields|display|filter|where|stats|sort|limit|parse|dedup|pattern|diff|unnest|anomaly|filterindex|relevantfields|join|lookup|head|tail)\b`)
	insightsLike  = regexp.MustCompile(`(?i)^@?[\w.]+\s+(not\s+)?like\s+["'/]|^(stats\s.*\w\(|(fields|display|sort|parse|dedup|pattern)\s+@)`)
)

// isInsights tells a piece of Insights from words that only begin like one.
func isInsights(text string) bool {
	if text[0] == '|' || insightsLike.MatchString(text) {
		return true
	}
	first := insightsStart.FindStringSubmatch(text)
	if first == nil {
		return false
	}
	if insightsPipe.MatchString(text) {
		return true
	}
	switch strings.ToLower(first[1]) {
	case "filter", "where":
		_, err := query.ParseFilter(first[2])
		return err == nil || insightsLike.MatchString(first[2])
	case "source":
		return strings.HasPrefix(first[2], "logGroups(") || strings.HasPrefix(first[2], "dataSource(") || first[2][0] == '\'' || first[2][0] == '"'
	}
	return false
}
