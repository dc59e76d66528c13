package insights_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/golden"
	"github.com/oriel-dev/oriel/internal/query/insights"
	"github.com/oriel-dev/oriel/internal/query/insights/insightstest"
)

// What cannot be run is refused with its place and a word of what is wrong.
func TestCompile_PointsAtMistakes(t *testing.T) {
	t.Parallel()
	many := strings.Repeat("stats count(*) | ", 11)
	for text, want := range map[string]struct {
		start, end int
		word       string
	}{
		"":                                      {0, 0, "<EOF>"},
		"# nothing":                             {9, 9, "<EOF>"},
		"fields @message | fitler status = 200": {18, 24, "did you mean filter?"},
		"filter level = ":                       {15, 15, "unexpected symbol found <EOF> at line 1 and position 15"},
		"stats p95(ms)":                         {6, 9, "no such function"},
		"stats percentile(ms, 95)":              {6, 16, "no such function"},
		"fields topper(level)":                  {7, 13, "did you mean toupper?"},
		"filter @message like /(/":              {21, 24, "missing closing )"},
		"filter @message like /x/i":             {24, 25, "flags of a pattern stand inside"},
		"stats count(*) by bin(5m) | sort bin(5m)": {36, 37, "unexpected symbol found ("},
		"limit 0":                            {6, 7, "from 1 to 100000"},
		"limit 100001":                       {6, 12, "from 1 to 100000"},
		"fields a | dedup a | filter a = 1":  {21, 27, "only limit and display"},
		"parse @message \"* *\" as a":        {15, 25, "as many"},
		"parse @message \"abc\" as a":        {15, 20, "no *"},
		"parse @message /abc/":               {15, 20, "no group"},
		strings.TrimSuffix(many, " | "):      {170, 175, "at most 10 stats"},
		"fields \"abc":                       {7, 11, "does not end"},
		"fields `abc":                        {7, 11, "does not end"},
		"fields a; b":                        {8, 9, "unexpected symbol found ;"},
		"filter a = 1 | | limit 1":           {15, 16, "unexpected symbol found |"},
		"filter a = 1 |":                     {14, 14, "<EOF>"},
		"filter a in [1, 2":                  {17, 17, "<EOF>"},
		"filter a in (SOURCE 'x' | fields b": {34, 34, "<EOF>"},
		"filter a = {{level}}":               {11, 13, "no value"},
		"stats count(*) by bin(5x)":          {22, 24, "units of periods"},
		"stats ms by level":                  {6, 8, "outside of an aggregate"},
		"stats sum(ms) + level by route":     {16, 21, "outside of an aggregate"},
		"fields avg(ms)":                     {7, 10, "stands in stats only"},
		"stats pct(ms, 101)":                 {14, 17, "from 0 to 100"},
		"stats latest(a) | stats latest(a)":  {24, 33, "times of events"},
		"stats count(*) as n by level | stats count(*) by bin(5m)": {49, 56, "needs @timestamp"},
		"limit 5 | SOURCE 'a'":                     {10, 16, "must be the first command"},
		"fields @message | anomaly":                {18, 25, "anomaly"},
		"estimate | limit 5":                       {11, 16, "must be the last command"},
		"fields abs()":                             {7, 12, "not 0 arguments"},
		"fields jsonParse(@message) as j | sort j": {39, 40, "cannot be sorted"},
		"fields \xff":                              {0, 8, "UTF-8"},
		"fields formatDate(@timestamp, \"QQQ\")":   {7, 36, "not known"},
	} {
		_, err := insights.Compile(text, insightstest.Options())
		where, ok := errors.AsType[*insights.Error](err)
		if !ok {
			t.Errorf("%q: %v is no error with a place", text, err)
			continue
		}
		if where.Start != want.start || where.End != want.end || !strings.Contains(where.Message, want.word) {
			t.Errorf("%q: %d to %d, %q; want %d to %d, %q", text, where.Start, where.End, where.Message, want.start, want.end, want.word)
		}
		if !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: the error is of kind %s", text, fault.KindOf(err))
		}
	}
}

// What is too much is refused, and soon.
func TestCompile_IsBounded(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"long":            "filter a = '" + strings.Repeat("x", 10_000) + "'",
		"deep brackets":   "filter " + strings.Repeat("(", 500) + "a" + strings.Repeat(")", 500),
		"deep not":        "filter " + strings.Repeat("not ", 500) + "a",
		"deep minus":      "fields " + strings.Repeat("- ", 500) + "a",
		"deep power":      "fields " + strings.Repeat("2 ^ ", 500) + "a",
		"long sum":        "fields " + strings.Repeat("a + ", 500) + "a",
		"deep calls":      "fields " + strings.Repeat("abs(", 500) + "a" + strings.Repeat(")", 500),
		"many patterns":   "fields a" + strings.Repeat(" | filter a like /x.y/", 100),
		"a regex bomb":    "filter @message like /((a{1000}){1000}){1000}/",
		"nested queries":  "filter a in (SOURCE '/xml' | filter b in (SOURCE '/xml' | fields b) | fields a)",
		"many stages":     "fields a" + strings.Repeat(" | sort a", 200),
		"deep conditions": "filter " + strings.Repeat("(a = 1 or (b = 2 and ", 40) + "c" + strings.Repeat("))", 40),
	} {
		if _, err := insights.Compile(text, insightstest.Options()); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestHelp_NamesWhatThereIs(t *testing.T) {
	t.Parallel()
	for _, f := range insights.Functions() {
		if f.Help == "" || !strings.HasPrefix(f.Signature, f.Name+"(") {
			t.Errorf("the help of %s says %q, %q", f.Name, f.Signature, f.Help)
		}
	}
	for _, c := range insights.Commands() {
		if _, err := insights.Compile(c.Name, insightstest.Options()); err != nil && strings.Contains(err.Error(), "did you mean") {
			t.Errorf("the command %s is described, but not known", c.Name)
		}
	}
}

func FuzzCompile(f *testing.F) {
	examples, err := golden.Examples("testdata/examples.txt")
	if err != nil {
		f.Fatal(err)
	}
	local, err := golden.Examples("testdata/local.txt")
	if err != nil {
		f.Fatal(err)
	}
	for _, e := range append(examples, local...) {
		f.Add(e.Text)
	}
	o := insightstest.Options()
	f.Fuzz(func(t *testing.T, text string) {
		p, err := insights.Compile(text, o)
		where, ok := errors.AsType[*insights.Error](err)
		switch {
		case err == nil && len(p.Columns) == 0:
			t.Errorf("%q gives no columns", text)
		case err == nil:
			_ = p.Query(o).String()
			_ = p.Count(o).String()
		case !ok:
			t.Errorf("%q: %v is no error with a place", text, err)
		case where.Start < 0 || where.End < where.Start || where.End > len(text):
			t.Errorf("%q: the place is %d to %d", text, where.Start, where.End)
		}
	})
}
