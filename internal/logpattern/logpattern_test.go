package logpattern_test

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/oriel-dev/oriel/internal/logpattern"
)

func mine(messages ...string) []logpattern.Pattern {
	m := logpattern.New(0)
	for i, s := range messages {
		m.Count(m.Find([]byte(s)), logpattern.Line{N: 1, Time: int64(i + 1), Severity: 3})
	}
	return m.Patterns()
}

func TestFind_MasksWhatVariesByItsForm(t *testing.T) {
	t.Parallel()
	for message, want := range map[string]string{
		`25 May 2019 10:24:39,474 [ERROR] {foo=2, bar=data} The error was: DataIntegrityException`: `<Time-1> [ERROR] {foo=<Number-2>, bar=data} The error was: DataIntegrityException`,
		`127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534`:       `<IP-1> - frank [<Time-2>] "GET /index.html HTTP/<Number-3>" <Number-4> <Number-5>`,
		`2026-01-15T10:00:00.123Z INFO done in 12ms, 3.5 MB read`:                                  `<Time-1> INFO done in <Number-2>ms, <Number-3> MB read`,
		`2026-01-15 10:00:00+01:00 x`:                                            `<Time-1> x`,
		`2026/01/15 10:00:00 x`:                                                  `<Time-1> x`,
		`Jan  2 15:04:05 host sshd[123]: closed`:                                 `<Time-1> host sshd[<Number-2>]: closed`,
		`Mon, 02 Jan 2006 15:04:05 GMT ok`:                                       `<Time-1> ok`,
		`Mon Jan 2 15:04:05 2006 ok`:                                             `<Time-1> ok`,
		`May I have it in May 2019`:                                              `May I have it in May <Number-1>`,
		`10:24:39 up`:                                                            `<Time-1> up`,
		`request 5759e988-bd86-2e3f-e1be-46a994272793 took -1.5e-3 s`:            `request <UUID-1> took <Number-2> s`,
		`trace 5759e988bd862e3fe1be46a994272793 of user123`:                      `trace <Token-1> of <Token-2>`,
		`v1 of s3 by http2 and p99`:                                              `v1 of s3 by http2 and p99`,
		`go 1.26.1 on 10.0.0.7:8080 and [2001:db8::1]:443 via aa:bb:cc:dd:ee:ff`: `go <Token-1> on <IP-2>:<Number-3> and [<IP-4>]:<Number-5> via <Token-6>`,
		`mail to ada.lovelace@example.com failed`:                                `mail to <Email-1> failed`,
		`{"level":"INFO","p99":12.5,"msg":"user 7 in","ids":[1,2, 3],"request_id2":"ab12cd34","ok":true,"at":1768471200000}`: `{"level":"INFO","p99":<Number-1>,"msg":"user <Number-2> in","ids":[<Number-3>],"request_id2":"<Token-4>","ok":true,"at":<Number-5>}`,
		"tab\tand \x1b[31mred\x1b[0m 5": "tab\tand  [<Token-1> [<Number-2>m <Number-3>",
		`/api/users/42/posts?page=3`:    `/api/users/<Number-1>/posts?page=<Number-2>`,
		`été à 5 h`:                     `été à <Number-1> h`,
		``:                              ``,
		`web-1 up`:                      `web-<Number-1> up`,
	} {
		got := mine(message)
		if len(got) != 1 || got[0].Text != want {
			t.Errorf("%s\n is %+v\nnot %s", message, got[0].Text, want)
			continue
		}
		if !regexp.MustCompile(got[0].Regex).MatchString(message) {
			t.Errorf("%s\ndoes not match %s", message, got[0].Regex)
		}
	}
}

func TestPatterns_WordsThatAreValuesBecomeTokens(t *testing.T) {
	t.Parallel()
	var lines []string
	names := []string{"ada", "bob", "eve", "mallory", "trent", "peggy"}
	for i, name := range names {
		for range i + 1 {
			lines = append(lines, "user "+name+" logged in", "user "+name+" logged out", `{"level":"INFO","user":"`+name+`","ms":`+fmt.Sprint(i)+`}`)
		}
	}
	lines = append(lines, "cache miss for key", "disk is nearly full", "disk is nearly full")
	got := mine(lines...)
	var texts []string
	for _, p := range got {
		texts = append(texts, fmt.Sprintf("%v %s", p.Count, p.Text))
	}
	if d := cmp.Diff([]string{
		"21 user <Token-1> logged in",
		"21 user <Token-1> logged out",
		`21 {"level":"INFO","user":"<Token-1>","ms":<Number-2>}`,
		"2 disk is nearly full",
		"1 cache miss for key",
	}, texts); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(logpattern.Part{Text: "<Token-1>", Class: logpattern.Token, Name: "Token-1", Values: []logpattern.Value{
		{"peggy", 6}, {"trent", 5}, {"mallory", 4}, {"eve", 3}, {"bob", 2}, {"ada", 1},
	}}, got[0].Parts[1]); d != "" {
		t.Error(d)
	}
	if len(got[0].ID) != 32 || got[0].ID == got[1].ID || got[0].ID != mine(lines...)[0].ID {
		t.Errorf("ids %s and %s", got[0].ID, got[1].ID)
	}
}

func TestCount_KeepsTimesSeveritiesAndBothPeriods(t *testing.T) {
	t.Parallel()
	m := logpattern.New(3)
	find := func(s string, l logpattern.Line) { m.Count(m.Find([]byte(s)), l) }
	find("slow query 7", logpattern.Line{N: 2, Time: 30, Severity: 4, Bucket: 0})
	find("slow query 8", logpattern.Line{N: 1, Time: 10, Severity: 5, Bucket: 2})
	find("slow query 9", logpattern.Line{N: 5, Time: 1, Bucket: -1})
	find("gone 1", logpattern.Line{N: 1, Time: 1, Bucket: -1})
	got := m.Patterns()
	if len(got) != 2 {
		t.Fatalf("%d patterns", len(got))
	}
	p := got[0]
	if p.Count != 3 || p.Before != 5 || p.First != 10 || p.Last != 30 || p.Severity[4] != 2 || p.Severity[5] != 1 || !slices.Equal(p.Buckets, []float64{2, 0, 1}) {
		t.Errorf("%+v", p)
	}
	if got[1].Text != "gone <Number-1>" || got[1].Count != 0 || got[1].Before != 1 {
		t.Errorf("%+v", got[1])
	}
}

// Miners that each saw a part find what one finds that saw all, in any order.
func TestMerge_IsTheSameAsOneMiner(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		lines := rapid.SliceOfN(rapid.Custom(line), 1, 60).Draw(t, "lines")
		parts := []*logpattern.Miner{logpattern.New(0), logpattern.New(0), logpattern.New(0)}
		for i, s := range rapid.Permutation(lines).Draw(t, "order") {
			m := parts[i%3]
			m.Count(m.Find([]byte(s)), logpattern.Line{N: 1, Severity: 3})
		}
		parts[2].Merge(parts[0])
		parts[2].Merge(parts[1])
		brief := func(list []logpattern.Pattern) (out []string) {
			for _, p := range list {
				out = append(out, fmt.Sprint(p.ID, p.Count, p.Text))
			}
			return out
		}
		if d := cmp.Diff(brief(mine(lines...)), brief(parts[2].Patterns())); d != "" {
			t.Fatal(d)
		}
	})
}

// Every message matches the expression of some pattern, and the counts add up.
func TestPatterns_CoverEveryMessage(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		lines := rapid.SliceOfN(rapid.OneOf(rapid.Custom(line), rapid.String()), 1, 40).Draw(t, "lines")
		found := mine(lines...)
		total := 0.0
		for _, p := range found {
			total += p.Count
			for _, part := range p.Parts {
				if (part.Class == 0) != (part.Name == "") {
					t.Fatalf("%+v", part)
				}
			}
		}
		if total != float64(len(lines)) {
			t.Fatalf("%v of %d", total, len(lines))
		}
		for _, s := range lines {
			if !slices.ContainsFunc(found, func(p logpattern.Pattern) bool { return regexp.MustCompile(p.Regex).MatchString(s) }) {
				t.Fatalf("%q matches none of %v", s, found)
			}
		}
	})
}

// line draws one of a few kinds of line.
func line(t *rapid.T) string {
	pick := func(words ...string) string { return rapid.SampledFrom(words).Draw(t, "word") }
	name := pick("ada", "bob", "eve", "trent", "peggy", "walter")
	switch rapid.IntRange(0, 3).Draw(t, "kind") {
	case 0:
		return "user " + name + " " + pick("logged in", "logged out") + " from " + pick("10.0.0.1", "10.0.0.2")
	case 1:
		return `{"level":"` + pick("INFO", "ERROR") + `","user":"` + name + `","ms":` + pick("1", "2.5") + `}`
	case 2:
		return pick("GET", "POST") + " /api/" + pick("home", "messages") + "/" + name + " " + pick("200", "500")
	}
	return pick("2026-01-15 10:00:00", "10:24:39,474") + " " + name
}

// However many different messages there are, memory is bounded, and all count.
func TestFind_IsBounded(t *testing.T) {
	t.Parallel()
	m := logpattern.New(1)
	random := rand.New(rand.NewPCG(1, 2))
	const lines = 60_000
	for i := range lines {
		var words []string
		for range 2 + i%7 {
			b := make([]byte, 3+random.IntN(5))
			for k := range b {
				b[k] = 'a' + byte(random.IntN(26))
			}
			words = append(words, string(b))
		}
		m.Count(m.Find([]byte(strings.Join(words, [...]string{" ", "-", "=", "/", ": "}[i%5]))), logpattern.Line{N: 1})
	}
	found := m.Patterns()
	total := 0.0
	for _, p := range found {
		total += p.Count
	}
	if total != lines || len(found) > logpattern.MaxTemplates {
		t.Errorf("%v lines in %d patterns", total, len(found))
	}
	long := strings.Repeat("x1é ", 100_000)
	if p := mine(long)[0]; len(p.Text) > 2*logpattern.MaxText || !strings.HasSuffix(p.Text, "…") || !regexp.MustCompile(p.Regex).MatchString(long) {
		t.Errorf("%s", p.Text)
	}
}

func FuzzFind(f *testing.F) {
	f.Add(`25 May 2019 10:24:39,474 [ERROR] {foo=2} a@b.cc 5759e988-bd86-2e3f-e1be-46a994272793 ::1 1.2.3.4`)
	f.Add(`{"a1":"b\"c","d":[1,2,3],"e":-1e5}`)
	f.Add("\x06\x07\x08\xff\xfe 1e+")
	f.Fuzz(func(t *testing.T, s string) {
		for _, p := range mine(s, s+" 1", "x "+s) {
			if _, err := regexp.Compile(p.Regex); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func BenchmarkFind(b *testing.B) {
	var lines [][]byte
	bytes := 0
	for i := range 1000 {
		lines = append(lines, fmt.Appendf(nil, `{"level":"INFO","time":"2026-01-15T10:00:00.%03dZ","route":"/api/activities/home","status":200,"ms":%d,"user":{"handle":"ada"},"request_id":"5759e988-bd86-2e3f-e1be-46a99427%04d"}`, i, i, i))
		lines = append(lines, fmt.Appendf(nil, `2026-01-15 10:00:00,%03d [worker-%d] WARN com.example.Pool - connection to 10.0.0.%d:5432 took %d ms, retrying`, i, i%8, i%200, i))
		bytes += len(lines[2*i]) + len(lines[2*i+1])
	}
	m := logpattern.New(60)
	b.SetBytes(int64(bytes) / 2000)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		m.Count(m.Find(lines[i%2000]), logpattern.Line{N: 1, Time: int64(i), Severity: 3, Bucket: i % 60})
		i++
	}
}
