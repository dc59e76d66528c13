package query

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/oriel-dev/oriel/internal/fault"
)

func TestSpec_RefusesFieldsWithAReason(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		`{"calculated_fields":[{"name":"","expression":"$a"}]}`:                                                    "calculated_fields[0].name is empty",
		`{"calculated_fields":[{"name":"_time","expression":"$a"}]}`:                                               "which every event has already",
		`{"calculated_fields":[{"name":"x","expression":""}]}`:                                                     "calculated_fields[0] x: empty expression",
		`{"calculated_fields":[{"name":"x","expression":"FOOBAR(1)"}]}`:                                            "invalid function: FOOBAR",
		`{"calculated_fields":[{"name":"x","expression":"$a"},{"name":"y","expression":"$x + 1"}]}`:                "calculated_fields[1] y: $x is a calculated field; calculated fields cannot reference one another",
		`{"calculated_fields":[{"name":"x","expression":"$a"},{"name":"x","expression":"$b"}]}`:                    "stands twice",
		`{"calculated_fields":[{"name":"x","expression":"$root.a"}]}`:                                              "$root.a is a field of another span",
		`{"calculated_fields":"x"}`:                                                                                "calculated_fields",
		`{"formulas":[{"name":"x","expression":"$a"}]}`:                                                            "$a is no calculation of this query; there are $COUNT",
		`{"formulas":[{"name":"COUNT","expression":"1"}]}`:                                                         "stands twice",
		`{"formulas":[{"name":"x","expression":"$COUNT + EVENT_TIMESTAMP()"}]}`:                                    "EVENT_TIMESTAMP() is of events",
		`{"formulas":[{"name":"x","expression":"$COUNT + INGEST_TIMESTAMP()"}]}`:                                   "INGEST_TIMESTAMP() is of events",
		`{"calculations":[{"op":"HEATMAP","column":"a"}],"formulas":[{"name":"x","expression":"1"}]}`:              "HEATMAP",
		`{"calculations":[{"op":"RATE_SUM","column":"a","name":"r"}],"formulas":[{"name":"x","expression":"$r"}]}`: "difference between buckets",
		`{"formulas":[{"name":"x","expression":"$COUNT"}],"breakdowns":["root.name"]}`:                             "formulas cannot stand in one query",
		`{"breakdowns":["none.name"]}`:                                                                             "has no fields to group by",
		`{"breakdowns":["any.name"]}`:                                                                              "needs a filter on a field with the same prefix any.",
		`{"breakdowns":["any.name"],"filters":[{"column":"any2.a","op":"exists"}]}`:                                "needs a filter",
		`{"calculations":[{"op":"SUM","column":"root.a"}]}`:                                                        "not in calculations",
		`{"calculations":[{"op":"COUNT","filters":[{"column":"any.a","op":"exists"}]}]}`:                           "not in the filters of calculations",
		`{"filters":[{"column":"root.a","op":"exists"},{"column":"b","op":"exists"}],"filter_combination":"OR"}`:   "joined by AND only",
		`{"where":"root.a = 1 OR parent.b = 2"}`:                                                                   "different spans",
		`{"orders":[{"column":"root.name"}]}`:                                                                      "neither a breakdown nor",
	} {
		_, err := DecodeSpec([]byte(raw))
		if k := fault.KindOf(err); k != fault.Invalid && k != fault.Unsupported || !strings.Contains(fault.MessageOf(err), want) {
			t.Errorf("%s: %v", raw, err)
		}
	}
}

// TestPlan_OfFields holds the pipelines that questions become.
func TestPlan_OfFields(t *testing.T) {
	t.Parallel()
	saved := map[string]string{"saved": "LENGTH($name)", "of_saved": "$saved + 1", "unused": "$a", "name": "TO_LOWER($name)"}
	for raw, want := range map[string]string{
		// Only what is used is computed, once; saved fields hide those of events.
		`{"calculated_fields":[{"name":"slow","expression":"$ms > 5"},{"name":"idle","expression":"1"}],"filters":[{"column":"slow","op":"=","value":true}],"breakdowns":["slow"],"calculations":[{"op":"MAX","column":"saved"}]}`://
		`compute saved = LENGTH(name) | compute slow = GT(ms, 5) | filter slow = true | aggregate max(saved) as ` + "`MAX(saved)`" + ` by slow | sort ` + "`MAX(saved)`" + ` desc, slow | limit 101`,
		`{"breakdowns":["name"]}`: "compute name = TO_LOWER(name) | aggregate count() as COUNT by name | sort COUNT desc, name | limit 101",
		// A question's own fields win over saved ones.
		`{"calculated_fields":[{"name":"saved","expression":"1"}],"calculations":[{"op":"SUM","column":"saved"}]}`: "compute saved = 1 | aggregate sum(saved) as `SUM(saved)`",
		// Formulas come after the calculations, before what looks at them.
		`{"calculations":[{"op":"COUNT","name":"n"},{"op":"COUNT","name":"bad","filters":[{"column":"e","op":"exists"}]}],"formulas":[{"name":"share","expression":"$bad / $n"}],"breakdowns":["b"],"orders":[{"column":"share"}],"havings":[{"column":"share","op":">","value":0.5}]}`://
		`aggregate count() as n, count() if (e exists) as bad by b | compute share = DIV(bad, n) | filter share > 0.5 | sort share, b | limit 101`,
		// All conditions with one prefix are on one span.
		`{"filters":[{"column":"root.a","op":"=","value":1},{"column":"c","op":"exists"},{"column":"root.saved","op":"!=","value":2},{"column":"none.e","op":"exists"},{"column":"any3.x","op":"exists"}],"breakdowns":["root.b","any3.saved"]}`: //
		"filter c exists | traces with root (a = 1 AND LENGTH(name) != 2), none (e exists), any (x exists) | relate root (a = 1 AND LENGTH(name) != 2) as root.b = b | relate any (x exists) as any3.saved = LENGTH(name) | " +
			"aggregate count() as COUNT by root.b, any3.saved | sort COUNT desc, root.b, any3.saved | limit 101",
	} {
		s, err := DecodeSpec([]byte(raw))
		if err != nil {
			t.Errorf("%s: %v", raw, err)
			continue
		}
		p, err := s.Plan("test", nil, time.Unix(1_700_000_000, 0), PlanOptions{Series: true})
		if err != nil {
			t.Errorf("%s: %v", raw, err)
			continue
		}
		ask, err := p.Table().WithFields(saved)
		if err != nil {
			t.Fatal(err)
		}
		if _, got, _ := strings.Cut(ask.String(), " | "); got != want {
			t.Errorf("%s\nbecame %s\nwanted %s", raw, got, want)
		}
		if err := ask.Validate(); err != nil {
			t.Error(err)
		}
	}
}

func TestSpec_EchoesFieldsWithoutInventing(t *testing.T) {
	t.Parallel()
	raw := `{"calculations":[{"op":"COUNT","name":"n","filters":[{"column":"a","op":"exists"}],"filter_combination":"OR"}],"calculated_fields":[{"name":"x","expression":"IF( $a ,1 )"}],"formulas":[{"name":"f","expression":"$n*2"}]}`
	s, err := DecodeSpec([]byte(raw))
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := json.Marshal(s); string(got) != raw {
		t.Errorf("%s\ncame back as\n%s", raw, got)
	}
}

func TestParseText_PointsAtWhatIsWrongInAField(t *testing.T) {
	t.Parallel()
	for text, at := range map[string]int{
		`WITH x AS ($a + FOO($b)) VISUALIZE COUNT`: 16, `WITH x AS ($a`: 10, `WITH x AS $a`: 10, `WITH x ($a)`: 7, `WITH x AS (`: 10,
		"VISUALIZE COUNT FORMULA f AS ($COUNT * )": 39, `WITH x AS ("open)`: 11, "WITH x AS ($a), y AS (1 2)": 24,
	} {
		if _, err := ParseText(text); !fault.Is(err, fault.Invalid) || fault.PositionOf(err) != at {
			t.Errorf("%s: position %d, %v", text, fault.PositionOf(err), err)
		}
	}
}
