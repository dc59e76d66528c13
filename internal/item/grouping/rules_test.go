package grouping_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/item/grouping"
)

func compile(t *testing.T, rules, paths string, ignore bool) *grouping.Rules {
	t.Helper()
	r, err := grouping.Compile(rules, paths, ignore)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// The worked examples of the reference.
func TestRules_GroupTheWorkedExamples(t *testing.T) {
	t.Parallel()
	const numbers = `[{"condition":{"all":[{"path":"body.message.body","regex_match":"^(?!4321).*"},{"path":"body.message.body","regex_match":"^\\d{7,10}$"}]},"fingerprint":"num"}]`
	with := func(data object, key string, value any) object {
		data[key] = value
		return data
	}
	for _, c := range []struct {
		name, rules  string
		ignore       bool
		data         object
		want         string // "" is the default
		title        string
		hashOfOutput bool
	}{
		{name: "R1", rules: `[{"condition":{"path":"body.trace.exception.class","in":["EOFError","TimeoutError"]},"fingerprint":"conn","title":"Connection error"}]`, data: python("TimeoutError", "x", "/a.py", "f"), want: "conn", title: "Connection error"},
		{name: "R1 of a chain of one", rules: `[{"condition":{"path":"body.trace.exception.class","eq":"E"},"fingerprint":"conn"}]`, data: golang("E", "x", "/a.go", "f"), want: "conn"},
		{name: "R2", rules: `[{"condition":{"path":"body.trace.frames.*.filename","contains":"payments"},"fingerprint":"pay-{{ default_fingerprint }}"}]`, data: python("E", "x", "/app/payments/a.py", "f", "/b.py", "g"), hashOfOutput: true},
		{name: "R3", rules: numbers, data: message("1234567"), want: "num"},
		{name: "R3 B", rules: numbers, data: message("4321567")},
		{name: "R4", rules: `[{"condition":{"path":"level","eq":"error"},"fingerprint":"all-errors"}]`, data: with(with(message("x"), "fingerprint", "mine"), "level", "error"), want: "mine"},
		{name: "R4 B", rules: `[{"condition":{"path":"level","eq":"error"},"fingerprint":"all-errors"}]`, ignore: true, data: with(with(message("x"), "fingerprint", "mine"), "level", "error"), want: "all-errors"},
		{name: "R5", rules: `[{"condition":{"none":[{"path":"person.id","neq":null}]},"fingerprint":"anon"}]`, data: message("x"), want: "anon"},
		{name: "R5 B", rules: `[{"condition":{"none":[{"path":"person.id","neq":null}]},"fingerprint":"anon"}]`, data: with(message("x"), "person", object{"id": "7"})},
		{name: "R6", rules: `[{"condition":{"path":"person.id","eq":null},"fingerprint":"group-item-12"}]`, data: message("x"), want: "group-item-12"},
		{name: "R7", rules: `[{"condition":{"path":"custom.retries","gte":3},"fingerprint":"retry-{{ custom.queue }}"}]`, data: with(message("x"), "custom", object{"retries": "5", "queue": "mail"}), want: "retry-mail"},
		{name: "R8", rules: `[{"condition":{"path":"context","eq":"a#b"},"fingerprint":"c","title":"{{default_title}} in {{ context }}"}]`, data: with(python("X", "m", "/a.py", "f"), "context", "a#b"), want: "c", title: "X: m in a#b"},
	} {
		d := compile(t, c.rules, "", c.ignore).Decide(c.data)
		switch {
		case c.hashOfOutput:
			if !regexp.MustCompile(`^[0-9a-f]{40}$`).MatchString(d.Fingerprint) || d.Fingerprint == d.Default || d.Step != grouping.StepRule {
				t.Errorf("%s: %+v", c.name, d)
			}
		case c.want == "" && (d.Fingerprint != d.Default || d.Step != grouping.StepDefault), c.want != "" && d.Fingerprint != c.want:
			t.Errorf("%s: %q by %s, want %q", c.name, d.Fingerprint, d.Step, c.want)
		}
		if c.title != "" && d.Title != c.title {
			t.Errorf("%s: title %q", c.name, d.Title)
		}
	}
}

func TestRules_Operators(t *testing.T) {
	t.Parallel()
	data := message("Some text")
	data["custom"] = object{"n": 5.0, "s": "Abc", "l": []any{"x", 2.0}, "o": object{"Key": true}, "t": "12"}
	for condition, want := range map[string]bool{
		`"path":"custom.n","eq":5`:                                      true,
		`"path":"custom.n","eq":"5"`:                                    false,
		`"path":"custom.none","eq":null`:                                true,
		`"path":"custom.none","neq":1`:                                  true,
		`"path":"custom.none","contains":"a"`:                           false,
		`"path":"custom.none","ncontains":"a"`:                          true,
		`"path":"custom.none","nin":["a"]`:                              true,
		`"path":"custom.none","in":["a"]`:                               false,
		`"path":"custom.none","lt":9`:                                   false,
		`"path":"custom.s","in":"xAbcx"`:                                true,
		`"path":"custom.s","nin":["Abc"]`:                               false,
		`"path":"custom.s","contains":"bc"`:                             true,
		`"path":"custom.s","contains":"BC"`:                             false,
		`"path":"custom.s","icontains":"BC"`:                            true,
		`"path":"custom.l","contains":2`:                                true,
		`"path":"custom.o","contains":"Key"`:                            true,
		`"path":"custom.o","icontains":"kEY"`:                           true,
		`"path":"custom.n","ncontains":"a"`:                             true,
		`"path":"custom.s","startswith":"Ab"`:                           true,
		`"path":"custom.s","endswith":"bc"`:                             true,
		`"path":"custom.n","startswith":"5"`:                            false,
		`"path":"custom.n","gt":4`:                                      true,
		`"path":"custom.t","lte":12`:                                    true,
		`"path":"custom.s","lt":1`:                                      true, // no number is 0
		`"path":"custom.l.-1","eq":2`:                                   true,
		`"path":"custom.l.0","eq":"x"`:                                  true,
		`"path":"custom.l.7","eq":null`:                                 true,
		`"path":"custom.*","eq":"Abc"`:                                  true,
		`"path":"custom.l.*","regex_match":"^(?=x)"`:                    true,
		`"any":[{"path":"custom.n","eq":1},{"path":"custom.n","eq":5}]`: true,
	} {
		d := compile(t, `[{"condition":{`+condition+`},"fingerprint":"hit"}]`, "", false).Decide(data)
		if got := d.Fingerprint == "hit"; got != want {
			t.Errorf("%s is %v", condition, got)
		}
	}
}

func TestCompile_SaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	for rules, want := range map[string]string{
		`{}`:                    "not a JSON list",
		`[{"fingerprint":"x"}]`: "rule 1: a condition is not an object",
		`[{"condition":{"path":"a","is":1},"fingerprint":"x"}]`:                                                     `rule 1: operator "is" is not known; there are eq,`,
		`[{"condition":{"path":"a","gt":"1"},"fingerprint":"x"}]`:                                                   "gt takes a number",
		`[{"condition":{"path":"a","eq":1,"neq":2},"fingerprint":"x"}]`:                                             "one operator",
		`[{"condition":{"path":"a","eq":1}}]`:                                                                       "fingerprint is missing",
		`[{"condition":{"path":"a","eq":1},"fingerprint":"{{ x"}]`:                                                  "not closed",
		`[{"condition":{"path":"a","regex_match":"(("},"fingerprint":"x"}]`:                                         "not a regular expression",
		`[{"condition":{"all":[]},"fingerprint":"x"}]`:                                                              "all is not a list of conditions",
		`[{"condition":{"path":"a","eq":1},"fingerprint":"x","colour":1}]`:                                          `"colour" is not known here`,
		strings.Repeat(`[`, 400):                                                                                    "not a JSON list",
		`[{"condition":` + strings.Repeat(`{"all":[`, 20) + `1` + strings.Repeat(`]}`, 20) + `,"fingerprint":"x"}]`: "nested too deep",
	} {
		_, err := grouping.Compile(rules, "", false)
		if !fault.Is(err, fault.Invalid) || !strings.Contains(fault.MessageOf(err), want) {
			t.Errorf("%s: %v, want %q", rules, err, want)
		}
	}
}

func TestRules_PathsAreMadeAlikeByAtMostOneRule(t *testing.T) {
	t.Parallel()
	r := compile(t, "", `[{"pattern":"^/builds/[^/]+/(\\w+)/","replacement":"/src/\\1/"},{"pattern":"^/src/","replacement":"/never/"}]`, false)
	d := r.Decide(python("E", "x", "/builds/job-77/shop/cart.py", "f"))
	if d.Canonical != "e:/src/shop/cart.py|f!E" {
		t.Error(d.Canonical)
	}
}

// A pattern that backtracks without end is cut off, and then not tried any more.
func TestRules_GiveUpOnPatternsThatTakeTooLong(t *testing.T) {
	t.Parallel()
	r := compile(t, `[{"condition":{"path":"body.message.body","regex_match":"^(?=x*)((x+x+)+)+y$"},"fingerprint":"never"},{"condition":{"path":"level","eq":null},"fingerprint":"next"}]`, "", false)
	data := message(strings.Repeat("x", 5000))
	for range 4 {
		if d := r.Decide(data); d.Fingerprint != "next" {
			t.Errorf("%+v", d)
		}
	}
	if p := r.Problems(); len(p) != 1 || p[0].Rule != 0 {
		t.Errorf("%+v", p)
	}
}
