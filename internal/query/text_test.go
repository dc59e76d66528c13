package query

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
)

type mapRow map[string]event.Value

func (m mapRow) Get(name string) event.Value { return m[name] }

func TestMatch_FollowsItsRules(t *testing.T) {
	t.Parallel()
	row := mapRow{
		"status": event.IntValue(200), "text": event.StringValue("200"), "name": event.StringValue("GET /Home"),
		"f": event.FloatValue(1.5), "ok": event.BoolValue(true), "big": event.IntValue(1<<53 + 1), "zero": event.IntValue(0),
	}
	for filter, want := range map[string]bool{
		`status = 200`: true, `status = "200"`: true, `text = 200`: true, `text = "200.0"`: false, `text = 200.0`: true,
		`status != 200`: false, `status != 404`: true, `gone != 404`: true, `gone <> 404`: false, `gone = 1`: false,
		`status > 199.5 AND status < 201`: true, `text > 30`: true, `text > "30"`: false,
		`name contains Home`: true, `name contains home`: false, `name search home`: true, `gone does-not-contain x`: true,
		`name starts-with "GET "`: true, `name does-not-start-with GET`: false, `name ends-with Home`: true,
		`name matches "^GET /[A-Z]"`: true, `name does-not-match "^POST"`: true, `status contains 0`: true,
		`status in (1, 200)`: true, `text in (200)`: true, `gone not-in (1)`: true, `status not-in (200, 3)`: false,
		`gone exists`: false, `gone does-not-exist`: true, `ok = true`: true, `ok = 1`: true,
		`NOT (status = 200 OR gone exists)`: false, `status = 200 OR gone exists AND ok = false`: true,
		`big = 9007199254740993`: true, `big = 9007199254740992`: false, `f = 1500us`: true, `f < 1.5s`: true, `true`: true, `NOT true`: false,
	} {
		e, err := ParseFilter(filter)
		if err != nil {
			t.Errorf("%s: %v", filter, err)
			continue
		}
		if got := Match(e, row); got != want {
			t.Errorf("%s is %v", filter, got)
		}
	}
}

func TestParseFilter_PointsAtWhatIsWrong(t *testing.T) {
	t.Parallel()
	for filter, at := range map[string]int{
		`a = `: 4, `a >< 1`: 3, `= 1`: 0, `a = 1 b = 2`: 6, `a = "x`: 4, `a = 5parsecs`: 4, `a matches "("`: 10, `(a = 1`: 6,
		`a in (1, )`: 9, `a frobs 1`: 2, `a = 1 AND`: 9, "a = `": 4, `a ~ 1`: 2, strings.Repeat("(", 40) + "a = 1": 32,
	} {
		_, err := ParseFilter(filter)
		if !fault.Is(err, fault.Invalid) || fault.PositionOf(err) != at {
			t.Errorf("%s: position %d, %v", filter, fault.PositionOf(err), err)
		}
	}
}

func anyValue(t *rapid.T) event.Value {
	switch rapid.IntRange(0, 3).Draw(t, "kind") {
	case 0:
		return event.IntValue(rapid.Int64().Draw(t, "int"))
	case 1:
		return event.FloatValue(rapid.Float64().Draw(t, "float"))
	case 2:
		return event.BoolValue(rapid.Bool().Draw(t, "bool"))
	}
	return event.StringValue(rapid.String().Draw(t, "string"))
}

func anyCondition(t *rapid.T) Expr {
	f := Field{Name: rapid.StringN(1, 12, -1).Draw(t, "field")}
	switch rapid.IntRange(0, 3).Draw(t, "condition") {
	case 0:
		return Compare{Op: CompareOp(rapid.IntRange(0, 5).Draw(t, "op")), L: f, R: Literal{Value: anyValue(t)}}
	case 1:
		values := make([]event.Value, rapid.IntRange(1, 4).Draw(t, "values"))
		for i := range values {
			values[i] = anyValue(t)
		}
		return In{X: f, Values: values}
	case 2:
		return Exists{X: f}
	}
	return Text{Op: rapid.SampledFrom([]TextOp{Contains, StartsWith, EndsWith, Search}).Draw(t, "text op"), X: f, S: rapid.String().Draw(t, "text")}
}

func anyExpr(t *rapid.T, depth int) Expr {
	kind := rapid.IntRange(0, 5).Draw(t, "expr")
	if depth == 0 || kind > 2 {
		return anyCondition(t)
	}
	if kind == 2 {
		return Not{X: anyExpr(t, depth-1)}
	}
	terms := make([]Expr, rapid.IntRange(2, 3).Draw(t, "terms"))
	for i := range terms {
		terms[i] = anyExpr(t, depth-1)
	}
	if kind == 0 {
		return And{Terms: terms}
	}
	return Or{Terms: terms}
}

func TestFilter_ComesBackAsItWasPrinted(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		e := anyExpr(t, 3)
		got, err := ParseFilter(e.String())
		if err != nil {
			t.Fatalf("%s: %v", e, err)
		}
		if d := cmp.Diff(e, got, cmp.AllowUnexported(event.Value{})); d != "" {
			t.Fatalf("%s\n%s", e, d)
		}
	})
}

func TestSpec_TextComesBackTheSame(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`VISUALIZE COUNT`,
		`VISUALIZE P99(duration_ms), COUNT WHERE service.name = "api" AND duration_ms > 100 GROUP BY http.route ORDER BY P99(duration_ms) DESC LIMIT 20 LAST 1h`,
		`VISUALIZE COUNT IF (error = true) AS errors, COUNT AS total WHERE a = 1 OR b = "x" HAVING ` + "`errors`" + ` > 3 LAST 2d`,
		`VISUALIZE HEATMAP(duration_ms) WHERE (a = 1 OR b = 2) AND c does-not-exist GRANULARITY 60s FROM 1700000000 TO 1700007200`,
		`VISUALIZE COUNT_DISTINCT(user.id) GROUP BY ` + "`odd name`" + `, x ORDER BY x FROM 1700000000 FOR 90m COMPARE 1d UNWEIGHTED`,
		`VISUALIZE COUNT LAST 1h COMPARE 36h`,
		`VISUALIZE COUNT LAST 1h COMPARE 5401s`,
		`VISUALIZE COUNT FROM 1700000000 TO 1700000777 COMPARE previous`,
		`WITH slow AS ($duration_ms > 100 AND CONTAINS($a, ")")), ` + "`odd name` AS (REG_VALUE($b, `[(]\"`))" + ` VISUALIZE COUNT AS n, COUNT IF (slow = true) AS bad FORMULA share AS ($bad / $n * 100) GROUP BY ` + "`odd name`" + ` ORDER BY share DESC`,
		`VISUALIZE COUNT WHERE root.name = "GET /" AND any2.error = true AND (none.a exists OR none.b > 1) GROUP BY root.name, parent.service.name ORDER BY root.name`,
		`VISUALIZE CONCURRENCY, RATE_SUM(n) WHERE name not-in ("a", "b") AND x starts-with "y"`,
	} {
		s, err := ParseText(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := s.Text(); got != text {
			t.Errorf("%s\nis printed as\n%s", text, got)
		}
		raw, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		back, err := DecodeSpec(raw)
		if err != nil {
			t.Errorf("%s: %v", raw, err)
			continue
		}
		if d := cmp.Diff(s, back); d != "" {
			t.Error(d)
		}
	}
}

func TestDecodeSpec_EchoesWithoutInventing(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{
		`{}`,
		`{"calculations":[{"op":"P99","column":"duration_ms"}],"filters":[{"column":"a","op":"in","value":["x",3]}],"filter_combination":"OR","breakdowns":["b"],"orders":[{"column":"duration_ms","op":"P99","order":"descending"}],"limit":10,"granularity":60,"time_range":7200}`,
	} {
		s, err := DecodeSpec([]byte(raw))
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := json.Marshal(s); string(got) != raw {
			t.Errorf("%s\ncame back as\n%s", raw, got)
		}
	}
}

func TestDecodeSpec_ComparesInOneForm(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		`{"compare":"24h"}`:                     `{"compare_time_offset_seconds":86400}`,
		`{"compare_time_offset_seconds":86400}`: `{"compare_time_offset_seconds":86400}`,
		`{"compare":"2160m"}`:                   `{"compare":"36h"}`,
		`{"compare":" Previous "}`:              `{"compare":"previous"}`,
		`{"compare":"2w"}`:                      `{"compare":"14d"}`,
		`{"time_range":60,"compare":"90"}`:      `{"time_range":60,"compare":"90s"}`,
		`{"compare_time_offset_seconds":null}`:  `{}`,
	} {
		s, err := DecodeSpec([]byte(given))
		if err != nil {
			t.Errorf("%s: %v", given, err)
			continue
		}
		if got, _ := json.Marshal(s); string(got) != want {
			t.Errorf("%s became %s, want %s", given, got, want)
		}
	}
}

func TestPlan_ComparesWithAnEarlierPeriod(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_700_000_000, 0)
	for text, want := range map[string]time.Duration{
		"VISUALIZE COUNT LAST 1h COMPARE 36h":                            36 * time.Hour,
		"VISUALIZE COUNT LAST 1h COMPARE 1h":                             time.Hour,
		"VISUALIZE COUNT LAST 1h COMPARE previous":                       time.Hour,
		"VISUALIZE COUNT FROM 1699990000 TO 1699990777 COMPARE PREVIOUS": 777 * time.Second,
		"VISUALIZE COUNT LAST 1h":                                        0,
	} {
		s, err := ParseText(text)
		if err != nil {
			t.Fatal(err)
		}
		p, err := s.Plan("e", nil, now, PlanOptions{})
		if err != nil || p.Compare != int64(want) {
			t.Errorf("%s: %v %v", text, p, err)
		}
	}
	for text, want := range map[string]string{
		"VISUALIZE COUNT LAST 2h COMPARE 100m": "at least the time range of 2h, or previous",
		"VISUALIZE COUNT LAST 2h COMPARE 1h":   "at least the time range of 7200 seconds",
	} {
		s, err := ParseText(text)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Plan("e", nil, now, PlanOptions{}); !fault.Is(err, fault.Invalid) || !strings.Contains(fault.MessageOf(err), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestDecodeSpec_RefusesWithAReason(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		`{"calculations":[{"op":"P98","column":"x"}]}`:     "P98",
		`{"calculations":[{"op":"SUM"}]}`:                  "needs a column",
		`{"calculations":"COUNT"}`:                         "calculations",
		`{"calculations":[{"op":"COUNT"},{"op":"COUNT"}]}`: "twice",
		`{"filters":[{"column":"a","op":"~","value":1}]}`:  "~",
		`{"filters":[{"column":"a","op":"="}]}`:            "missing",
		`{"filters":[{"column":"a","op":"=","value":{}}]}`: "no text, number or boolean",
		`{"orders":[{"op":"MAX","column":"x"}]}`:           "MAX(x)",
		`{"havings":[{"calculate_op":"COUNT","op":">"}]}`:  "no value",
		`{"limit":0}`: "limit is 0",
		`{"time_range":1,"start_time":1,"end_time":2}`:        "at most two",
		`{"compare_time_offset_seconds":5}`:                   "compare_time_offset_seconds",
		`{"compare_time_offset_seconds":5400}`:                "must be one of",
		`{"compare":"5 parsecs"}`:                             "like 90m or 36h",
		`{"compare":"previous week"}`:                         "behind it",
		`{"compare":"0s"}`:                                    "from 1 to",
		`{"compare":"401d"}`:                                  "from 1 to",
		`{"compare":"2h","compare_time_offset_seconds":7200}`: "one of them",
		`{"where":"a ="}`:                                     "expected a value",
		``:                                                    "empty",
	} {
		_, err := DecodeSpec([]byte(raw))
		if err == nil || !strings.Contains(fault.MessageOf(err), want) {
			t.Errorf("%s: %v", raw, err)
		}
	}
}

func TestPlan_ResolvesTimeAndSteps(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_700_000_000, 0)
	for _, c := range []struct {
		raw              string
		start, end, step int64 // seconds
	}{
		{`{}`, 1_699_992_800, 1_700_000_000, 60},
		{`{"time_range":600}`, 1_699_999_400, 1_700_000_000, 5},
		{`{"time_range":86400}`, 1_699_913_600, 1_700_000_000, 600},
		{`{"time_range":604800}`, 1_699_395_200, 1_700_000_000, 3600},
		{`{"start_time":1000,"time_range":100}`, 1000, 1100, 1},
		{`{"end_time":1000,"time_range":100}`, 900, 1000, 1},
		{`{"start_time":1000,"end_time":2000,"granularity":10}`, 1000, 2000, 10},
	} {
		s, err := DecodeSpec([]byte(c.raw))
		if err != nil {
			t.Fatal(err)
		}
		p, err := s.Plan("test", nil, now, PlanOptions{Series: true})
		if err != nil {
			t.Fatal(err)
		}
		if p.Start/1e9 != c.start || p.End/1e9 != c.end || p.Step/1e9 != c.step {
			t.Errorf("%s: %d to %d by %d", c.raw, p.Start/1e9, p.End/1e9, p.Step/1e9)
		}
	}
	granularity := 0.5
	if _, err := (&Spec{Granularity: &granularity}).Plan("test", nil, now, PlanOptions{Series: true}); !fault.Is(err, fault.Invalid) {
		t.Errorf("14,400 buckets: %v", err)
	}
}

func TestHistogram_StaysWithinOnePerCent(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.Float64Range(-1e300, 1e300).Draw(t, "v")
		got := HistogramValue(HistogramBin(v))
		if v == 0 && got != 0 || v != 0 && (got/v < 0.99 || got/v > 1.01) && (v > 1e-300 || v < -1e-300) {
			t.Fatalf("%v became %v", v, got)
		}
	})
}

func FuzzParseText(f *testing.F) {
	f.Add("VISUALIZE P99(duration_ms) WHERE a = 1 AND b in (1, \"x\") GROUP BY c LAST 1h")
	f.Add("WHERE NOT (`a b` > 1.5s OR c exists)")
	f.Add("WITH x AS (IF($a, \")\", `(`)) VISUALIZE COUNT AS n FORMULA f AS ($n * 2) GROUP BY x, root.b")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseText(text)
		if err != nil {
			return
		}
		again, err := ParseText(s.Text())
		if err != nil {
			t.Fatalf("%q printed as %q: %v", text, s.Text(), err)
		}
		if again.Text() != s.Text() {
			t.Fatalf("%q printed as %q, then as %q", text, s.Text(), again.Text())
		}
	})
}

func FuzzDecodeSpec(f *testing.F) {
	f.Add([]byte(`{"calculations":[{"op":"P99","column":"x"}],"filters":[{"column":"a","op":"in","value":[1]}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		s, err := DecodeSpec(raw)
		if err != nil {
			return
		}
		if _, err := s.Plan("test", nil, time.Unix(1_700_000_000, 0), PlanOptions{Series: true}); err != nil && fault.KindOf(err) == fault.Internal {
			t.Fatal(err)
		}
	})
}
