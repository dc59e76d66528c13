package pattern_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query/pattern"
	"github.com/oriel-dev/oriel/internal/store/storetest"
)

// events are log lines of a small web application, by id.
var events = []string{
	`{"level":"INFO","route":"/api/activities/home","status":200,"ms":10,"user":{"handle":"ada"},"tags":["a","b"]}`,
	`{"level":"INFO","route":"/api/activities/home","status":200,"ms":30,"user":{"handle":"bob"}}`,
	`{"level":"ERROR","route":"/api/messages","status":500,"ms":250,"user":{"handle":"ada"},"err":"db timeout"}`,
	`{"level":"WARN","route":"/api/activities/home","status":429,"ms":5}`,
	`{"level":"ERROR","route":"/api/messages","status":503,"ms":1200.5,"user":{"handle":"eve"},"err":"upstream reset"}`,
	`25 May 2019 10:24:39,474 [ERROR] {foo=2, bar=data} The error was: DataIntegrityException`,
	`user=ada method=GET path=/health latency=7`,
	`{"level":"INFO","route":"/api/activities/home","status":200,"ms":20,"user":{"handle":"ada"}}`,
}

func mustParse(t interface {
	Helper()
	Fatalf(format string, args ...any)
}, text string,
) *pattern.Pattern {
	t.Helper()
	p, err := pattern.Parse(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return p
}

func TestMatch_LinesOfAnApplication(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ pattern, want string }{
		{"", "E1 E2 E3 E4 E5 E6 E7 E8"},
		{"  ", "E1 E2 E3 E4 E5 E6 E7 E8"},
		{`" "`, "E1 E2 E3 E4 E5 E6 E7 E8"},
		{`ERROR`, "E3 E5 E6"},
		{`error`, "E6"},
		{`ERROR timeout`, "E3"},
		{`?timeout ?DataIntegrityException`, "E3 E6"},
		{`ERROR -upstream`, "E3 E6"},
		{`-ERROR`, "E1 E2 E4 E7 E8"},
		{`"The error was"`, "E6"},
		{`"was error The"`, ""},
		{`%latency=\d+%`, "E7"},
		{`%\[ERROR\]%`, "E6"},
		{`?timeout ?DataIntegrityException -upstream`, "E1 E2 E3 E4 E6 E7 E8"},
		{`ERROR %5\d\d%`, "E3 E5"},
		{`-%level%`, "E6 E7"},
		{`?%latency=\d% ?upstream`, "E5 E7"},
		{`{ $.status >= 500 }`, "E3 E5"},
		{`{ $.status = 200 && $.user.handle = "ada" }`, "E1 E8"},
		{`{ $.status = 429 || $.ms > 1e3 }`, "E4 E5"},
		{`{ ($.level = ERROR || $.level = WARN) && $.status = 5* }`, "E3 E5"},
		{`{ $.level = ERROR || $.level = WARN && $.status = 5* }`, "E3 E5"},
		{`{ $.err = "*timeout" }`, "E3"},
		{`{ $.err = * }`, "E3 E5"},
		{`{ $.user NOT EXISTS }`, "E4"},
		{`{ $.user = * }`, ""},
		{`{ $.tags[0] = "a" }`, "E1"},
		{`{ $.tags[*] = "b" }`, "E1"},
		{`{ $.tags = "a" }`, ""},
		{`{ $.level != "INFO" }`, "E3 E4 E5"},
		{`{ $.route = %messages$% }`, "E3 E5"},
		{`{ $.level = info }`, ""},
		{`{ $.user IS NULL }`, ""},
		{`{$.user.* = "eve"}`, "E5"},
		{`{ $['user'].handle = eve }`, "E5"},
		{`{ $.['user']['handle'] = eve }`, "E5"},
		{`[u = user*, ...]`, "E7"},
		{`[u = user*, m, p, l = *7]`, "E7"},
		{`[a, b, c = 2019, d]`, "E6"},
	} {
		p := mustParse(t, c.pattern)
		var got []string
		for i, e := range events {
			if p.Match([]byte(e)) {
				got = append(got, fmt.Sprintf("E%d", i+1))
			}
			if p.Match([]byte(e)) != p.MatchString(e) {
				t.Errorf("%s: bytes and string differ", c.pattern)
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.pattern, strings.Join(got, " "), c.want)
		}
	}
}

const (
	access = `127.0.0.1 Prod frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534`
	trail  = `{"eventType":"UpdateTrail","sourceIPAddress":"111.111.111.111","arrayKey":["value","another value"],"objectList":[{"name":"a","id":1},{"name":"b","id":2}],"SomeObject":null}`
	nested = `{"user":{"id":1,"email":"John.Stiles@example.com"},"users":[{"id":2,"email":"John.Doe@example.com"},{"id":3,"email":"Jane.Doe@example.com"}],"actions":["GET","PUT","DELETE"],"coordinates":[[0,1,2],[4,5,6],[7,8,9]]}`
)

func TestMatch_SingleMessages(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		message, pattern string
		want             bool
	}{
		{access, `[ip, user, username, timestamp, request = *.html*, status_code = 4*, bytes]`, true},
		{access, `[..., request = *.html*, status_code = 4*, bytes]`, true},
		{access, `[ip, user, username, timestamp, request =*.html*, status_code = 404 || status_code = 410, bytes]`, true},
		{access, `[ip, server, username, timestamp, request, status_code, bytes > 1000]`, true},
		{access, `[..., status_code = 5*, bytes]`, false},
		{access, `[w1 = 127.0.0.1, w2]`, true},
		{access, `[w1 != ERROR && w1 != WARNING, w2]`, true},
		{access, `[w1 = %^127%, ..., bytes = 1534]`, true},
		{access, `[ip, ..., status, bytes, more, even, so, many, names]`, false},
		{access, `[ip, ..., frank = frank, t, r, s, b]`, true},
		{access, `[...]`, true},
		{access, `[ip, user]`, true},
		{access, `[ip, user = Prod]`, false},
		{access, `[, , x, , , , ]`, true},
		{`a`, `[a, b]`, false},
		{``, `[a]`, false},
		{``, `[...]`, true},
		{`a "b c`, `[x, y = "b c"]`, true},
		{`a b"c d"`, `[x, y = "*b*", z]`, true},
		{`a b"c d"`, "[x, y = b*, z = d*]", true},
		{"a\tb\nc", `[x, y = b, z = c]`, true},
		{`x 1e3`, `[a, n = 1000]`, true},
		{`x abc`, `[a, n > 5]`, false},
		{`x abc`, `[a, n < 5]`, false},
		{`x "404"`, `[a, n = "404"]`, true},
		{`x 404.0`, `[a, n = "404"]`, false},
		{`a b`, `[(x = c || x = a) && x = %^a%, y]`, true},
		{trail, `{ $.eventType = "UpdateTrail" }`, true},
		{trail, `{ $.eventType = "Update*" }`, true},
		{trail, `{ $.sourceIPAddress != 123.123.* }`, true},
		{trail, `{ $.arrayKey[0] = "value" }`, true},
		{trail, `{ $.objectList[1].id = 2 }`, true},
		{trail, `{ $.SomeObject IS NULL }`, true},
		{trail, `{ $.SomeOtherObject NOT EXISTS }`, true},
		{trail, `{ $.SomeOtherObject IS NULL }`, false},
		{trail, `{ $.arrayKey = "value" }`, false},
		{trail, `{ $.objectList[*].name = "b" }`, true},
		{trail, `{ $.objectList[*].name != "a" }`, true},
		{nested, `{ ($.user.id = 1) && ($.users[0].email = "John.Doe@example.com") }`, true},
		{nested, `{ $.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = "nonmatch" && $.actions[2] = "nonmatch" }`, true},
		{nested, `{ ($.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = "nonmatch") && $.actions[2] = "nonmatch" }`, false},
		{nested, `{ ($.user.id = 2 && $.users[0].email = "nonmatch") || $.actions[2] = "GET" }`, false},
		{nested, `{ $.coordinates[0][1] = 1 }`, true},
		{` {"a":1} ` + "\n", `{ $.a = 1 }`, true},
		{`x {"a":1}`, `{ $.a = 1 }`, false},
		{`{"a":1} x`, `{ $.a = 1 }`, false},
		{`{"a":1,}`, `{ $.a = 1 }`, false},
		{`{"a":1`, `{ $.a = 1 }`, false},
		{`1`, `{ $ = 1 }`, false},
		{`[1,2]`, `{ $[1] = 2 }`, true},
		{`[1,2]`, `{ $[*] > 1 }`, true},
		{`{"a":"1"}`, `{ $.a = 1 }`, true},
		{`{"a":"01"}`, `{ $.a = 1 }`, false},
		{`{"a":1.0}`, `{ $.a = 1 }`, true},
		{`{"a":1}`, `{ $.a = "1" }`, true},
		{`{"a":1e2}`, `{ $.a = 10* }`, true},
		{`{"a":1e2}`, `{ $.a = %^100$% }`, true},
		{`{"a":-1}`, `{ $.a < +0.5e-3 }`, true},
		{`{"a":"5"}`, `{ $.a > 1 }`, false},
		{`{"a":true}`, `{ $.a IS TRUE }`, true},
		{`{"a":true}`, `{ $.a is true }`, true},
		{`{"a":true}`, `{ $.a IS FALSE }`, false},
		{`{"a":"true"}`, `{ $.a IS TRUE }`, false},
		{`{"a":true}`, `{ $.a = true }`, true},
		{`{"a":null}`, `{ $.a = * }`, false},
		{`{"a":null}`, `{ $.a != "x" }`, true},
		{`{"a":null}`, `{ $.a NOT EXISTS }`, false},
		{`{}`, `{ $.a != "x" }`, false},
		{`{"a":{}}`, `{ $.a != "x" }`, false},
		{`{"a":1,"a":2}`, `{ $.a = 2 }`, false},
		{`{"a":1,"a":2}`, `{ $.a = 1 }`, true},
		{`{"a":1,"a":2}`, `{ $.* = 2 }`, true},
		{`{"\u0061":"\u0041\n"}`, `{ $.a = A* }`, true},
		{`{"a.b":1}`, `{ $.a.b = 1 }`, false},
		{`{"a.b":1}`, `{ $['a.b'] = 1 }`, true},
		{`{"a b":{"c":[{"d":7}]}}`, `{ $['a b'].c[*].d >= 7 }`, true},
		{`{"0":1}`, `{ $[0] = 1 }`, false},
		{`{"x":{"a":1},"y":{"b":2}}`, `{ $.*.b = 2 && $.x.a = 1 && $.x.* = 1 }`, true},
		{strings.Repeat("[", pattern.MaxDepth) + strings.Repeat("]", pattern.MaxDepth), `{ $.a NOT EXISTS }`, true},
		{strings.Repeat("[", pattern.MaxDepth+1) + strings.Repeat("]", pattern.MaxDepth+1), `{ $.a NOT EXISTS }`, false},
		{`he said "no"`, `"said \"no\""`, true},
		{`a\b`, `"a\\b"`, true},
		{`a\b`, `"a\b"`, true},
		{`user-id=7 t=10:24:39,474`, `user-id=7 10:24:39,474`, true},
		{"x = \u00e9t\u00e9", "\u00e9t\u00e9", true},
	} {
		if got := mustParse(t, c.pattern).MatchString(c.message); got != c.want {
			t.Errorf("%s\non %s\nis %v", c.pattern, c.message, got)
		}
	}
}

func TestParse_PointsAtWhatIsWrong(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pattern string
		at      int
		want    string
	}{
		{`%(a|b)%`, 1, "parentheses"},
		{`%a`, 0, "not closed"},
		{`%%`, 0, "empty"},
		{`a %b"c%`, 4, "escaped"},
		{`%\bword%`, 1, "there is no"},
		{`%\x4%`, 1, "two hexadecimal digits"},
		{`%é%`, 1, "a to z"},
		{`%a**%`, 1, "cannot be read"},
		{`%a% %b% %c%`, 8, "at most 2"},
		{`%` + strings.Repeat(`\W{1000}`, 6) + `%`, 1, "too large"},
		{`%` + strings.Repeat(`a{9}`, 200) + `{1000}%`, 1, ""},
		{`say (hello)`, 4, `write "(hello)"`},
		{`"open`, 0, "not closed"},
		{`"a"b`, 3, "expected a blank"},
		{`a - b`, 3, "right behind"},
		{`-" "`, 0, "nothing could match"},
		{`{ $.a }`, 6, "expected one of"},
		{`{ $.a EXISTS }`, 12, "= *"},
		{`{ $.a IS NOT NULL }`, 12, "IS NOT"},
		{`{ $.a = }`, 8, "expected a value"},
		{`{ $.a > abc }`, 8, "number without quotes"},
		{`{ $.a > "5" }`, 8, "number without quotes"},
		{`{ $.a = foo bar }`, 12, "expected && or ||"},
		{`{ $.a = 1`, 9, "the end"},
		{`{ $.a = 1 } x`, 12, "after"},
		{`{ a = 1 }`, 2, "such as $.status"},
		{`{ $.a[*].b[*] = 1 }`, 2, "one wildcard"},
		{`{ $.*=1 || $.*=1 || $.*=1 || $.*=1 }`, 29, "at most 3"},
		{`{ $.a[x] = 1 }`, 6, "expected a place"},
		{`{ $. = 1 }`, 4, "the name of a member"},
		{`{ ` + strings.Repeat("(", 40) + `$.a = 1 }`, 34, "nested more than 32"},
		{`[]`, 1, "at least one field"},
		{`[a, ..., b, ...]`, 12, "only once"},
		{`[a, a]`, 4, "two fields"},
		{`[a = 1 && b = 2]`, 10, "repeat"},
		{`[a b]`, 3, "expected one of"},
		{`[..., a = trace_id=*]`, 18, `write "trace_id=*"`},
		{`{ $.a = x"y }`, 9, "without quotes"},
		{`[a`, 2, "expected"},
		{`[a] x`, 4, "after"},
		{strings.Repeat("x", pattern.MaxLength+1), -1, "at most 1024"},
		{"[" + strings.Repeat(",", pattern.MaxFields) + "]", pattern.MaxFields + 1, "at most 100"},
		{"\xff", -1, "UTF-8"},
	} {
		_, err := pattern.Parse(c.pattern)
		if err == nil || !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", c.pattern, err)
			continue
		}
		if !strings.Contains(fault.MessageOf(err), c.want) && c.want != "repeat" || fault.PositionOf(err) != c.at {
			t.Errorf("%s: at %d: %v", c.pattern, fault.PositionOf(err), err)
		}
	}
}

func TestValues_AreWhatThePatternNames(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pattern, message string
		want             []pattern.Captured
	}{
		{`[ip, user, username, timestamp, request = *.html*, status_code = 4*, bytes]`, access, []pattern.Captured{
			{"$ip", "127.0.0.1"},
			{"$user", "Prod"},
			{"$username", "frank"},
			{"$timestamp", "10/Oct/2000:13:25:15 -0700"},
			{"$request", "GET /index.html HTTP/1.0"},
			{"$status_code", "404"},
			{"$bytes", "1534"},
		}},
		{`[..., status, bytes]`, access, []pattern.Captured{{"$status", "404"}, {"$bytes", "1534"}}},
		{`[ip, rest]`, access + "  ", []pattern.Captured{{"$ip", "127.0.0.1"}, {"$rest", access[10:]}}},
		{`{ $.status = 5* || $.user.handle = * && $.status > 1 || $.user = 1 }`, events[2], []pattern.Captured{{"$.status", "500"}, {"$.user.handle", "ada"}}},
		{`{ $.tags[*] = "b" }`, events[0], []pattern.Captured{{"$.tags[*]", "a"}}},
		{`ERROR`, events[2], nil},
	} {
		if d := cmp.Diff(c.want, mustParse(t, c.pattern).Values([]byte(c.message))); d != "" {
			t.Errorf("%s: %s", c.pattern, d)
		}
	}
}

func TestSelector_FindsOneValue(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pattern, selector, message, want string
		ok                               bool
	}{
		{`{ $.status = 200 }`, `$.ms`, events[0], "10", true},
		{`ERROR`, `$.ms`, events[4], "1200.5", true},
		{`{ $.status = 200 }`, `$.user`, events[0], "", false},
		{`{ $.status = 200 }`, `$.nope`, events[0], "", false},
		{`ERROR`, `$.ms`, events[5], "", false},
		{`[ip, ..., bytes]`, `$bytes`, access, "1534", true},
		{`[ip, ..., bytes]`, `$bytes`, "", "", false},
	} {
		p := mustParse(t, c.pattern)
		s, err := p.Selector(c.selector)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := p.Value(s, []byte(c.message)); got != c.want || ok != c.ok {
			t.Errorf("%s of %s: %q %v", c.selector, c.message, got, ok)
		}
	}
	for _, bad := range [][2]string{{`[ip]`, `$.ms`}, {`[ip]`, `$user`}, {`{ $.a = 1 }`, `ms`}, {`ERROR`, `$.a b`}} {
		if _, err := mustParse(t, bad[0]).Selector(bad[1]); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s with %s: %v", bad[1], bad[0], err)
		}
	}
}

func TestWarning_NamesIgnoredTerms(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{`?a ?b -c`: true, `?a b`: true, `?a ?b`: false, `a -b`: false, `{ $.a = 1 }`: false} {
		if got := mustParse(t, text).Warning() != ""; got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}

func TestString_ReadsBackTheSame(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`  a   -"b c"  ?%x\d% `:              `a -"b c" ?%x\d%`,
		`"word" "with \"quotes\" \\"`:        `word "with \"quotes\" \\"`,
		`{$.a=1&&($.b="x"||$.c not exists)}`: `{ $.a = 1 && ($.b = "x" || $.c NOT EXISTS) }`,
		`{$['a']['b.c'][0][*] = %a|b%}`:      `{ $.a['b.c'][0][*] = %a|b% }`,
		`[a,b=1||b=2,...,,"x"]`:              ``,
		`[a,b = 1||b=2 , ...,, c != "x y" ]`: `[a, b = 1 || b = 2, ..., , c != "x y"]`,
	} {
		p, err := pattern.Parse(text)
		if want == "" {
			if err == nil {
				t.Errorf("%s is taken", text)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if p.String() != want {
			t.Errorf("%s is printed %s", text, p)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		text := storetest.FilterPattern(t)
		p, err := pattern.Parse(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		again, err := pattern.Parse(p.String())
		if err != nil {
			t.Fatalf("%s printed as %s: %v", text, p, err)
		}
		if again.String() != p.String() {
			t.Fatalf("%s printed as %s, then %s", text, p, again)
		}
		m := []byte(storetest.LogMessage(t))
		if p.Match(m) != again.Match(m) {
			t.Fatalf("%s and %s differ on %s", text, p, m)
		}
	})
}

// A line that lacks what the pattern must find is passed over without being
// read: that never changes the answer.
func TestMatch_PassingOverChangesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := storetest.FilterPattern(t)
		quick := mustParse(t, text)
		slow := mustParse(t, text)
		slow.ReadAll()
		m := []byte(storetest.LogMessage(t))
		if quick.Match(m) != slow.Match(m) {
			t.Fatalf("%s on %s: %v, but %v when it is read", text, m, quick.Match(m), slow.Match(m))
		}
	})
}

func TestMatch_AllocatesNothing(t *testing.T) {
	for _, text := range []string{`ERROR -upstream`, `{ $.status >= 500 && $.user.handle = "a*" }`, `[u = user*, m, p, l = *7]`} {
		p := mustParse(t, text)
		lines := make([][]byte, len(events))
		for i, e := range events {
			lines[i] = []byte(e)
		}
		if n := testing.AllocsPerRun(10, func() {
			for _, l := range lines {
				p.Match(l)
			}
		}); n > 0 {
			t.Errorf("%s: %v allocations", text, n)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		`?a -"b\"" %x\d+%`, `{ ($.a[0].* = "x*" || $['b c'] NOT EXISTS) && $.n >= -1e3 }`, `[a, b = 1 || b = %x%, ..., , c]`, `{ $`, `["`,
	} {
		for _, m := range []string{events[0], access, `{"a":[{"b":"x\u0041"}]}`} {
			f.Add(s, m)
		}
	}
	f.Fuzz(func(t *testing.T, text, message string) {
		p, err := pattern.Parse(text)
		if err != nil {
			if at := fault.PositionOf(err); at > len(text) {
				t.Fatalf("%q: the error is at %d", text, at)
			}
			return
		}
		matched := p.MatchString(message)
		values := p.Values([]byte(message))
		again, err := pattern.Parse(p.String())
		if len(p.String()) <= pattern.MaxLength {
			if err != nil {
				t.Fatalf("%q printed as %q: %v", text, p, err)
			}
			if again.MatchString(message) != matched || !slices.Equal(again.Values([]byte(message)), values) {
				t.Fatalf("%q and %q differ on %q", text, p, message)
			}
		}
	})
}

func BenchmarkMatch(b *testing.B) {
	for _, text := range []string{`timeout`, `{ $.status >= 500 }`, `{ $.user.handle = "eve" }`, `[u = user*, m, p, l = *7]`} {
		p := mustParse(b, text)
		b.Run(text, func(b *testing.B) {
			line := []byte(events[4])
			b.SetBytes(int64(len(line)))
			for b.Loop() {
				p.Match(line)
			}
		})
	}
}
