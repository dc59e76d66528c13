package alert_test

import (
	"encoding/json"
	"testing"

	"github.com/oriel-dev/oriel/internal/alert"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/item"
)

func TestLinks(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ctx := t.Context()
	l, err := r.SetLink(ctx, "test", alert.Link{Name: "logs", Template: "https://logs.example/?q={{ request.url }}"})
	must(t, err)
	if _, err := r.SetLink(ctx, "test", alert.Link{Name: "x", Template: "javascript:alert(1)"}); !fault.Is(err, fault.Invalid) {
		t.Errorf("%v", err)
	}
	if _, err := r.Link(ctx, "other", l.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("%v", err)
	}
	var data map[string]any
	must(t, json.Unmarshal([]byte(boom), &data))
	i := &item.Item{ID: 5, Counter: 3}
	for template, want := range map[string]string{
		l.Template: "https://logs.example/?q=https%3A%2F%2Fshop.example%2Fcart",
		"https://x.example/{{item.id}}/{{ item.counter_id }}/{{item.occurrence_id}}/{{item.project_id}}": "https://x.example/5/3/9/2",
		`https://x.example/?t={{ format_unix_timestamp("%Y-%m-%dT%H:%M:%S", timestamp - 300) }}`:         "https://x.example/?t=2025-11-24T15%3A55%3A00",
		`https://x.example/{{ body.trace.frames[0].filename }}/{{ custom["tier"] }}/{{custom.n}}`:        "https://x.example/app%2Fcart.py/gold/7",
		"https://x.example/{{ custom.gone }}":                                                            "",
	} {
		got, ok := alert.Link{Template: template}.Resolve(data, i, 2, 9, 1_764_000_000)
		if ok != (want != "") || ok && got != want {
			t.Errorf("%s: %q %v, want %q", template, got, ok, want)
		}
	}
	must(t, r.RemoveLink(ctx, "test", l.ID))
	if err := r.RemoveLink(ctx, "test", l.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("%v", err)
	}
}
