package health_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/oriel-dev/oriel/internal/health"
	"github.com/oriel-dev/oriel/internal/query"
)

const (
	minute = int64(time.Minute)
	points = 60
)

// at is a moment of the day on which all of these tests happen.
func at(clock string) int64 {
	t, err := time.Parse("2006-01-02 15:04", "2026-11-28 "+clock)
	if err != nil {
		panic(err)
	}
	return t.UnixNano()
}

// hour is the period from 13:00 to 14:00, with seven days of history.
func hour(deploys ...health.Deploy) *health.Period {
	return &health.Period{Start: at("13:00"), End: at("14:00"), Step: minute, HistoryFrom: at("13:00") - 7*24*60*minute, Deploys: deploys}
}

// requests are sums: how many, how many faults, how long they took.
func requests(n, faults, ms float64) health.Sums {
	return health.Sums{Count: n, Faults: faults, Bins: []health.Bin{{At: query.HistogramBin(ms), N: float32(n)}}}
}

// served is an operation with the same requests in each minute, up to one from
// which on there are others.
func served(name string, before health.Sums, from int, after health.Sums) health.Operation {
	o := health.Operation{Name: name, Kind: "server"}
	for i := range points {
		s := before
		if i >= from {
			s = after
		}
		o.Points = append(o.Points, s)
	}
	return o
}

// past gives an operation a history of the week before.
func past(o health.Operation, s health.Sums) health.Operation {
	o.History = s
	return o
}

func of(operations ...health.Operation) *health.Service {
	return &health.Service{Name: "api", Operations: operations}
}

func sentences(v health.Verdict) string {
	var out []string
	for i := range v.Causes {
		out = append(out, strings.ReplaceAll(v.Causes[i].Sentence.String(), "\u2009", " "))
	}
	return strings.Join(out, "\n")
}

func TestOf_SaysWhyAServiceNeedsAttention(t *testing.T) {
	t.Parallel()
	well := requests(100, 0, 20)
	week := requests(1_000_000, 2000, 20)
	spread := func(n, slow float64) health.Sums {
		return health.Sums{Count: n, Bins: []health.Bin{{At: query.HistogramBin(20), N: float32(n - slow)}, {At: query.HistogramBin(900), N: float32(slow)}}}
	}
	bad := health.Deploy{At: at("13:30"), Version: "7f3c"}
	f := func(name string, s *health.Service, p *health.Period, want ...string) {
		t.Helper()
		if got := sentences(health.Of(s, p)); got != strings.Join(want, "\n") {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, strings.Join(want, "\n"))
		}
	}
	f("all well", of(past(served("GET /", well, 0, well), requests(1_000_000, 0, 20))), hour())
	f("as ever", of(past(served("GET /", requests(100, 0.2, 20), 60, well), week)), hour())
	f("5xx since a deploy", of(past(served("POST /reply", requests(100, 0.2, 20), 31, requests(100, 3, 20)), week)), hour(bad),
		"POST /reply: 5xx 2.9 % ↑ from 0.2 % since deploy 7f3c")
	f("5xx since a moment", of(past(served("POST /reply", requests(100, 0.2, 20), 45, requests(100, 24, 20)), week)), hour(bad),
		"POST /reply: 5xx 24 % ↑ from 0.2 % since 13:45")
	f("a deploy of another service is not to blame", of(past(served("GET /", well, 30, requests(100, 3, 20)), requests(1_000_000, 0, 20))),
		hour(health.Deploy{At: at("13:30"), Version: "9", Service: "web"}), "GET /: 5xx 3.0 % ↑ from 0 % since 13:30")
	f("worse in the whole hour", of(past(served("GET /", requests(100, 5, 20), 60, well), week)), hour(),
		"GET /: 5xx 5.0 % ↑ from 0.2 % in the 7 days before")
	f("no history, and a deploy half-way", of(served("GET /", well, 30, requests(100, 3, 20))), &health.Period{Start: at("13:00"), End: at("14:00"), Step: minute, Deploys: []health.Deploy{bad}},
		"GET /: 5xx 3.0 % ↑ from 0 % since deploy 7f3c")
	f("bad without history", of(served("GET /", requests(10, 1, 20), 60, well)), &health.Period{Start: at("13:00"), End: at("14:00"), Step: minute},
		"GET /: 5xx 10 % of 600 requests")
	f("bad as ever", of(past(served("GET /", requests(10, 1, 20), 60, well), requests(100_000, 11_000, 20))), hour(),
		"GET /: 5xx 10 %, as in the 7 days before")
	f("bad and better than before", of(past(served("GET /", requests(10, 1, 20), 60, well), requests(100_000, 40_000, 20))), hour(),
		"GET /: 5xx 10 % ↓ from 40 % in the 7 days before")
	peak := served("GET /", well, 0, well)
	for i := 20; i < 25; i++ {
		peak.Points[i] = requests(100, 4, 20)
	}
	f("a peak that is over", of(past(peak, requests(1_000_000, 0, 20))), hour())
	f("slower since a deploy", of(past(served("GET /feed", requests(20, 0, 180), 30, requests(20, 0, 1200)), requests(10_000, 0, 180))), hour(bad),
		"GET /feed: p95 1.2 s ↑ from 180 ms since deploy 7f3c")
	f("slower at the end only", of(past(served("GET /feed", spread(100, 2), 30, spread(100, 15)), spread(100_000, 2000))), hour(),
		"GET /feed: p95 899 ms ↑ from 20 ms since 13:30")
	f("slow, but as ever", of(past(served("GET /search", requests(5, 0, 900), 60, well), requests(10_000, 0, 900)), past(served("GET /", well, 60, well), requests(10_000, 0, 20))), hour(),
		"GET /search: p95 899 ms, all else in the service 20 ms")
	f("slow, beside much that is quick", of(past(served("GET /search", requests(5, 0, 300), 60, well), requests(10_000, 0, 300)), past(served("GET /", well, 60, well), requests(10_000, 0, 20))), hour(),
		"GET /search: p95 301 ms, all else in the service 20 ms")
	f("slow for so quick a service", of(past(served("GET /search", requests(5, 0, 80), 60, well), requests(10_000, 0, 80)), past(served("GET /", requests(60, 0, 5), 60, well), requests(10_000, 0, 5))), hour(),
		"GET /search: p95 80 ms, all else in the service 5.0 ms")
	f("quick enough", of(past(served("GET /search", requests(5, 0, 40), 60, well), requests(10_000, 0, 40)), past(served("GET /", requests(60, 0, 1), 60, well), requests(10_000, 0, 1))), hour())
	f("not that much slower", of(past(served("GET /search", requests(5, 0, 150), 60, well), requests(10_000, 0, 150)), past(served("GET /", well, 60, well), requests(10_000, 0, 20))), hour())
	waiting := func(n, slow, ms float64) health.Sums {
		return health.Sums{Count: n, Bins: []health.Bin{{At: query.HistogramBin(12), N: float32(n - slow)}, {At: query.HistogramBin(ms), N: float32(slow)}}}
	}
	f("a few wait, whenever one looks", of(past(served("POST /post", waiting(50, 1, 1200), 60, well), waiting(10_000, 200, 1200))), hour(),
		"POST /post: 1 in 50 takes up to 1.2 s, nine in ten under 12 ms")
	f("a long tail is usual", of(past(served("POST /post", waiting(50, 1, 220), 60, well), waiting(10_000, 200, 220))), hour())
	f("too few to tell", of(served("POST /post", waiting(50, 1, 1200), 3, requests(50, 0, 12))), &health.Period{Start: at("13:00"), End: at("14:00"), Step: minute})
	f("a little slower is no news", of(past(served("GET /", requests(100, 0, 20), 30, requests(100, 0, 24)), requests(100_000, 0, 20))), hour())
	consumer := served("notify", well, 30, requests(100, 10, 20))
	consumer.Kind = "consumer"
	f("a worker has no 5xx", of(past(consumer, requests(1_000_000, 0, 20))), hour(), "notify: failures 10 % ↑ from 0 % since 13:30")
	var many []health.Operation
	for _, name := range []string{"GET /a", "GET /b", "GET /c", "GET /d"} {
		many = append(many, past(served(name, well, 30, requests(100, 10, 20)), requests(1_000_000, 2000, 20)))
	}
	f("everything fails: one sentence", of(many...), hour(bad), "5xx 10 % ↑ from 0.2 % since deploy 7f3c, in 4 operations")
	f("no requests any more", of(served("GET /", requests(30, 0, 20), 50, health.Sums{})), hour(), "no requests since 13:50, before 30/min")
	deaf := hour()
	deaf.Heard = at("13:50")
	f("nobody is heard any more", of(served("GET /", requests(30, 0, 20), 50, health.Sums{})), deaf)
	if c, is := health.OfSilence(deaf); !is || c.Sentence.String() != "nothing has come in since 13:50" {
		t.Errorf("nothing comes in: %v %s", is, c.Sentence)
	}
	if _, is := health.OfSilence(hour()); is {
		t.Error("it is not known that nothing comes in")
	}
	f("never a request", of(served("GET /", health.Sums{}, 0, health.Sums{})), hour())
	refused := func(n float64) health.Sums { return health.Sums{Count: 100, Refused: n} }
	f("4xx", of(past(served("POST /login", refused(2), 40, refused(60)), health.Sums{Count: 100_000, Refused: 2000})), hour(), "POST /login: 4xx 60 % ↑ from 2.0 % since 13:40")
	throttled := func(n float64) health.Sums { return health.Sums{Count: 100, Throttles: n} }
	f("429", of(past(served("GET /", throttled(0), 40, throttled(8)), health.Sums{Count: 100_000})), hour(), "GET /: 429 8.0 % ↑ from 0 % since 13:40")
}

func TestOf_TellsOfErrors(t *testing.T) {
	t.Parallel()
	f := func(e health.Error, p *health.Period, want string) {
		t.Helper()
		if got := sentences(health.Of(&health.Service{Name: "api", Errors: []health.Error{e}}, p)); got != want {
			t.Errorf("%s\nwant\n%s", got, want)
		}
	}
	f(health.Error{Title: "KeyError: id", Since: at("13:05"), Times: 124, People: 31, Version: "2.4.0"}, hour(),
		"new error KeyError: id, 124 times since 13:05, 31 people, first in 2.4.0")
	f(health.Error{Title: "KeyError: id", Since: at("13:05"), Times: 1}, hour(), "new error KeyError: id, once at 13:05")
	f(health.Error{Title: "KeyError: id", Since: at("13:32"), Times: 24_000, Version: "2.4.0"}, hour(health.Deploy{At: at("13:30"), Version: "2.4.0"}),
		"new error KeyError: id, 24 k times since deploy 2.4.0")
	f(health.Error{Title: "KeyError: id", Since: at("13:05"), Times: 2, Back: true}, hour(), "back again: KeyError: id, 2 times since 13:05")
}

func TestIntake_IsSaidWithTheRemedy(t *testing.T) {
	t.Parallel()
	c := health.OfRefusal(health.Refusal{Requests: 12, Path: "POST /v1/traces", Status: 401, Reason: "key abc… is unknown", Remedy: "Use one of the keys of the set-up page", First: at("09:12")})
	if got, want := c.Sentence.String(), "12 requests to POST /v1/traces refused since 09:12 (401): key abc… is unknown. Use one of the keys of the set-up page"; got != want {
		t.Errorf("%s", got)
	}
	c = health.OfRefusal(health.Refusal{Requests: 1, Path: "POST /v1/logs", Status: 413, Reason: "the body is too large", First: at("13:05")})
	if got, want := c.Sentence.String(), "1 request to POST /v1/logs refused at 13:05 (413): the body is too large"; got != want {
		t.Errorf("%s", got)
	}
	c = health.OfDrop(health.Drop{Events: 12_400, Reason: "too_old", Protocol: "otlp", Detail: "a span of 2019", First: at("13:05")})
	if got, want := c.Sentence.String(), "12\u2009k events of otlp dropped since 13:05: too old, such as a span of 2019"; got != want {
		t.Errorf("%s", got)
	}
}

// What is worse now comes before what is bad as ever, and more before less.
func TestOf_OrdersByHowMuchItMatters(t *testing.T) {
	t.Parallel()
	week := requests(100_000, 0, 20)
	score := func(o ...health.Operation) float64 { return health.Of(of(o...), hour()).Score }
	well := requests(100, 0, 20)
	broken := score(past(served("GET /", well, 30, requests(100, 50, 20)), week))
	failing := score(past(served("GET /", well, 30, requests(100, 3, 20)), week))
	steady := score(past(served("GET /", requests(100, 3, 20), 60, well), requests(100_000, 3000, 20)))
	slower := score(past(served("GET /", well, 30, requests(100, 0, 100)), week))
	slow := score(past(served("GET /", requests(100, 0, 800), 60, well), requests(100_000, 0, 800)), past(served("GET /b", well, 0, well), week))
	if !(broken > failing && failing > slower && slower > steady && steady > 0 && failing > steady && slower > slow && slow > 0) {
		t.Errorf("broken %.1f, failing %.1f, slower %.1f, steady %.1f, slow %.1f", broken, failing, slower, steady, slow)
	}
	if two := score(past(served("GET /", well, 30, requests(100, 50, 20)), week), past(served("GET /b", well, 30, requests(100, 3, 20)), week)); two <= broken {
		t.Errorf("two causes have %.1f, one of them %.1f", two, broken)
	}
}

func TestHistogram_HasTheQuantilesOfItsBins(t *testing.T) {
	t.Parallel()
	var h health.Histogram
	for ms := 100; ms > 0; ms-- { // downwards: it grows at both ends
		h.Add([]health.Bin{{At: query.HistogramBin(float64(ms)), N: 1}})
	}
	for q, want := range map[float64]float64{0.5: 50, 0.95: 95, 0.99: 99} {
		if got := h.Quantile(q); math.Abs(got-want) > want*0.008 {
			t.Errorf("quantile %g is %g", q, got)
		}
	}
	h.Reset()
	if h.Quantile(0.5) != 0 || h.Total() != 0 {
		t.Error("something is left after Reset")
	}
	h.Add([]health.Bin{{At: 0, N: 3}, {At: query.HistogramBin(1e-9), N: 1}, {At: query.HistogramBin(1e300), N: 1}})
	if h.Quantile(0.5) != 0 || h.Total() != 5 {
		t.Errorf("median %g of %g", h.Quantile(0.5), h.Total())
	}
}

func TestBins_AreJoinedAndFolded(t *testing.T) {
	t.Parallel()
	a := health.BinsOf(map[int32]float64{7: 1, 3: 2, 0: 1})
	b := health.Join(a, []health.Bin{{At: 3, N: 1}, {At: 9, N: 4}})
	want := []health.Bin{{At: 0, N: 1}, {At: 3, N: 3}, {At: 7, N: 1}, {At: 9, N: 4}}
	for i := range want {
		if len(b) != len(want) || b[i] != want[i] {
			t.Fatalf("joined %v", b)
		}
	}
	if f := health.Fold(b); len(f) != 3 || f[1] != (health.Bin{At: 4, N: 4}) || f[2] != (health.Bin{At: 12, N: 4}) {
		t.Errorf("folded %v", f)
	}
}

// A request that asks for the same again and again is told, with what it asks for.
func TestOf_TellsOfRepeatedCalls(t *testing.T) {
	t.Parallel()
	f := func(calls []health.Call, want string) {
		t.Helper()
		op := past(served("GET /feed", requests(100, 0, 20), 60, health.Sums{}), requests(10_000, 0, 20))
		r := health.RepeatsOf("7f", calls)
		op.Repeats = &r
		v := health.Of(of(op), hour())
		if got := sentences(v); got != want {
			t.Errorf("%s\nwant\n%s", got, want)
		}
		if want != "" && v.Causes[0].TraceID != "7f" {
			t.Errorf("the request that shows it is %q", v.Causes[0].TraceID)
		}
	}
	var feed, differing []health.Call
	feed = append(feed, health.Call{Name: "SELECT posts", Statement: "SELECT * FROM posts"})
	for i := range 20 {
		feed = append(feed, health.Call{Name: "SELECT users", Statement: "SELECT name FROM users WHERE id = ?"}, health.Call{Name: "SELECT likes", Statement: "SELECT count(*) FROM likes WHERE post = ?"})
		differing = append(differing, health.Call{Name: "SELECT", Statement: "SELECT " + string(rune('a'+i))})
	}
	f(feed, "GET /feed: 41 calls for one request, 20 times the same SELECT users")
	f(differing, "")
	f(feed[:10], "")
	f(nil, "")
}
