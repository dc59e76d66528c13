package api

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/oriel-dev/oriel/internal/alert"
	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/item"
	"github.com/oriel-dev/oriel/internal/store"
)

// Only links whose values are all there are shown.
func TestServiceLinks_ThoseThatTheOccurrenceCanFill(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for name, template := range map[string]string{
		"logs": "https://logs.example/?host={{ server.host }}&item={{ item.counter_id }}&id={{ item.occurrence_id }}", "none": "https://x.example/{{ custom.gone }}",
	} {
		_, err := b.alerts.SetLink(t.Context(), "test", alert.Link{Name: name, Template: template})
		b.must(err)
	}
	rows := event.NewBatch("test", "errors")
	rows.Begin(b.clock.UnixNano())
	rows.Set(item.FieldPayload, event.StringValue(`{"server":{"host":"web 1"}}`))
	rows.SetAt(0, event.FieldErrorID, event.IntValue(99))
	got, err := b.api.serviceLinks(t.Context(), &item.Item{Environment: "test", Counter: 7}, store.PageRow{Row: rows.Row(0)})
	b.must(err)
	if d := cmp.Diff([]linkJSON{{"logs", "https://logs.example/?host=web+1&item=7&id=99"}}, got); d != "" {
		t.Error(d)
	}
}
