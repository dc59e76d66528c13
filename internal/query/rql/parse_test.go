package rql_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/golden"
	"github.com/oriel-dev/oriel/internal/query/rql"
	"github.com/oriel-dev/oriel/internal/query/rql/rqltest"
)

func TestParse_ReadsWhatItPrints(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := rqltest.Draw(t, true)
		text := s.String()
		again, err := rql.Parse(text)
		if err != nil {
			t.Fatalf("%s\n%v", text, err)
		}
		if got := again.String(); got != text {
			t.Fatalf("printed %s\nread and printed again %s", text, got)
		}
	})
}

func TestParse_BindsAsSQLDoes(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"a or b and not c = d":         "a OR (b AND (NOT (c = d)))",
		"a + b * c - d":                "(a + (b * c)) - d",
		"a div b mod -c":               "(a DIV b) MOD (-c)",
		"not a between 1 and 2 and b":  "(NOT (a BETWEEN 1 AND 2)) AND b",
		"a = 1 is not null":            "(a = 1) IS NOT NULL",
		"a <> 'it''s \\n \\\\ \\% \"'": "a != 'it''s \n \\\\ \\% \"'",
		"COUNT( * ) > 1.50e1":          "count(*) > 1.5e+01",
		"`select` = `User-Agent`":      "`select` = `User-Agent`",
	} {
		s, err := rql.Parse("SELECT " + in + " FROM deploy")
		if err != nil {
			t.Errorf("%s: %v", in, err)
			continue
		}
		if got := s.Items[0].Expr.String(); got != want {
			t.Errorf("%s\nreads as %s\nwant     %s", in, got, want)
		}
	}
}

func TestCompile_PointsAtWhatIsWrong(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{ // the wrong part stands between «»
		"«»":                              "expected SELECT",
		"«DELETE» FROM item_occurrence":   "expected SELECT",
		"SELECT count(*)«»":               "expected FROM, found the end",
		"SELECT a FROM «items»":           "expected item_occurrence or deploy",
		"SELECT «DISTINCT» a FROM deploy": "DISTINCT is not part of RQL",
		"SELECT level, count(*) FROM item_occurrence GROUP BY level «HAVING» count(*) > 1":                     "HAVING is not part of RQL",
		"SELECT a FROM item_occurrence WHERE a = «'x»":                                                         "does not end",
		"SELECT a FROM item_occurrence WHERE a = «`x»":                                                         "does not end",
		"SELECT a FROM item_occurrence WHERE a = «1x»":                                                         "neither a number nor a name",
		"SELECT a FROM item_occurrence WHERE a «?» 1":                                                          "unexpected “?”",
		"SELECT «Level» FROM item_occurrence":                                                                  "stands in back quotes, `Level`",
		"SELECT «foo»(a) FROM item_occurrence":                                                                 "there is no function foo",
		"SELECT «left(a)» FROM item_occurrence":                                                                "left(s, n)",
		"SELECT «count(*, a)» FROM item_occurrence":                                                            "count(* | x)",
		"SELECT sum(«*») FROM item_occurrence":                                                                 "expected an expression",
		"SELECT sum(«count(*)») FROM item_occurrence":                                                          "within another one",
		"SELECT a FROM item_occurrence WHERE «count(*) > 1»":                                                   "WHERE",
		"SELECT a FROM item_occurrence WHERE a IN («SELECT» a FROM deploy)":                                    "queries in brackets",
		"SELECT «item.colour» FROM item_occurrence":                                                            "there is no column item.colour",
		"SELECT «colour» FROM deploy":                                                                          "there is no column colour",
		"SELECT a FROM item_occurrence ORDER BY «3»":                                                           "position 3",
		"SELECT count(*) n FROM item_occurrence GROUP BY «n»":                                                  "grouped by an aggregate",
		"SELECT a FROM item_occurrence WHERE a LIKE «b»":                                                       "must be a text",
		"SELECT a FROM item_occurrence LIMIT «x»":                                                              "a whole number",
		"SELECT a FROM item_occurrence LIMIT 1, «5000000»":                                                     "at most 1000000",
		"SELECT a FROM item_occurrence WHERE a NOT «=» 1":                                                      "IN, BETWEEN or LIKE",
		"SELECT a FROM item_occurrence WHERE a = 1 «b»":                                                        "an operator, GROUP BY",
		"SELECT a FROM item_occurrence WHERE timestamp > «unix_timestamp('yesterday')»":                        "is no time",
		"«SELECT» *, count(*) FROM item_occurrence":                                                            "“*” cannot be selected",
		"SELECT a FROM item_occurrence WHERE " + strings.Repeat("(", 30) + "a" + strings.Repeat(")", 30) + "*": "nested more than",
	} {
		start := strings.Index(text, "«")
		end := strings.Index(text, "»") - len("«")
		plain := strings.NewReplacer("«", "", "»", "").Replace(text)
		_, err := rql.Compile(plain, rqltest.Options())
		where, ok := errors.AsType[*rql.Error](err)
		if !ok || !strings.Contains(err.Error(), want) || !fault.Is(err, fault.Invalid) {
			t.Errorf("%s\n%v\nwant one that says %q", plain, err, want)
			continue
		}
		if start >= 0 && (where.Start != start || where.End != end) {
			t.Errorf("%s: %v\npoints at %d to %d, %q, want %d to %d", plain, err, where.Start, where.End, plain[where.Start:where.End], start, end)
		}
	}
}

func TestCompile_WarnsOfWhatIsLikelyNotMeant(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"SELECT level, person.id, count(*) FROM item_occurrence GROUP BY level":            "person.id is neither grouped",
		"SELECT a FROM item_occurrence LIMIT 5000":                                         "at most 1000 rows",
		"SELECT lower(level) n FROM item_occurrence WHERE n = 'error'":                     "WHERE does not know the name n",
		"SELECT a FROM item_occurrence WHERE request.headers.user-agent = 'curl'":          "back quotes",
		"SELECT item.title, item.level, count(*) FROM item_occurrence GROUP BY item.level": "item.title is neither grouped",
	} {
		p, err := rql.Compile(text, rqltest.Options())
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if len(p.Warnings) != 1 || !strings.Contains(p.Warnings[0].Message, want) {
			t.Errorf("%s: %+v, want %q", text, p.Warnings, want)
		}
	}
	p, err := rql.Compile("SELECT item.counter, item.title, count(*) FROM item_occurrence GROUP BY item.counter", rqltest.Options())
	if err != nil || len(p.Warnings) != 0 {
		t.Errorf("a column of the item that rows are grouped by: %v, %v", p, err)
	}
}

func TestCompile_LooksOnlyWhereTheTimeAllows(t *testing.T) {
	t.Parallel()
	o := rqltest.Options()
	hour := o.Now/1e9 - 3600
	for text, want := range map[string][2]int64{
		"timestamp > unix_timestamp() - 3600":                     {hour - 1, o.End / 1e9},
		"timestamp < unix_timestamp() - 3600 AND level = 'error'": {o.Start / 1e9, hour + 2},
		"unix_timestamp() - 3600 <= timestamp":                    {hour - 1, o.End / 1e9},
		"timestamp BETWEEN 1768471200 AND 1768471300":             {1768471199, 1768471302},
		"timestamp > 1768471200 OR level = 'x'":                   {o.Start / 1e9, o.End / 1e9},
		"NOT timestamp > 1768471200":                              {o.Start / 1e9, o.End / 1e9},
		"timestamp > 99999999999":                                 {8999999999, 9000000000},
	} {
		p, err := rql.Compile("SELECT count(*) FROM item_occurrence WHERE "+text, o)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := [2]int64{p.Start / 1e9, (p.End + 1e9 - 1) / 1e9}; got != want {
			t.Errorf("%s: from %d to %d, want %d", text, got[0], got[1], want)
		}
	}
}

func TestCompile_SaysWhereTooManyItemsAreChosen(t *testing.T) {
	t.Parallel()
	var items []rql.ItemRow
	for i := range 3 * rql.MaxChosen {
		it := *rqltest.Items()[i%2]
		it.Hash = strings.Repeat("f", i%7) + string(rune('a'+i%26))
		items = append(items, &it)
	}
	o := rqltest.Options()
	o.Items = func() ([]rql.ItemRow, error) { return items, nil }
	_, err := rql.Compile("SELECT count(*) FROM item_occurrence WHERE item.counter = 1", o)
	if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "at most 10000") {
		t.Errorf("half of %d items: %v", len(items), err)
	}
	if _, err := rql.Compile("SELECT count(*) FROM item_occurrence WHERE item.counter IN (1, 2)", o); err != nil {
		t.Errorf("all items: %v", err)
	}
}

func FuzzCompile(f *testing.F) {
	for _, name := range []string{"examples.txt", "local.txt"} {
		examples, err := golden.Examples("testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		for _, e := range examples {
			f.Add(e.Text)
		}
	}
	raw, err := os.ReadFile("parse_test.go")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(raw[:500]))
	f.Fuzz(func(t *testing.T, text string) {
		_, err := rql.Compile(text, rqltest.Options())
		if err == nil {
			return
		}
		where, ok := errors.AsType[*rql.Error](err)
		if !ok || where.Start < 0 || where.End > len(text) || where.Start > where.End {
			t.Fatalf("%q: %v at %+v", text, err, where)
		}
	})
}

func TestTemplates_AreRight(t *testing.T) {
	t.Parallel()
	for _, template := range rql.Templates() {
		if p, err := rql.Compile(template.Query, rqltest.Options()); err != nil || len(p.Warnings) > 1 {
			t.Errorf("%s: %v, %v", template.Name, err, p)
		}
	}
}
