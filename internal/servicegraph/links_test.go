package servicegraph_test

import (
	"testing"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/servicegraph"
	"github.com/oriel-dev/oriel/internal/xraymodel"
)

// A link stands for as many as the span that has it.
func TestLinksAmong_WeighByTheSampleRate(t *testing.T) {
	t.Parallel()
	b := event.NewBatch(environment, "worker")
	b.Begin(began)
	b.SetSampleRate(20)
	from := &xraymodel.Part{ID: "00000000000000a1", Name: "web", Start: began, End: began + 1}
	to := &xraymodel.Part{ID: "00000000000000b1", Name: "worker", Start: began + 5, End: began + 9, Row: b.Row(0)}
	from.Of, to.Of = from, to
	links := servicegraph.LinksAmong([]*xraymodel.Trace{
		{ID: "a", Segments: []*xraymodel.Part{from}},
		{ID: "b", Segments: []*xraymodel.Part{to}, Links: []xraymodel.Link{{From: to, TraceID: "a", ID: from.ID}}},
	})
	if len(links) != 1 || links[0].Weight != 20 || links[0].From.Service != "web" || links[0].To.Service != "worker" {
		t.Errorf("the links are %+v", links)
	}
}
