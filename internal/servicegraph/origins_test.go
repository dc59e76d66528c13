package servicegraph_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/oriel-dev/oriel/internal/call"
	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/servicegraph"
	"github.com/oriel-dev/oriel/internal/store/storetest"
	"github.com/oriel-dev/oriel/internal/xraymodel"
)

const (
	environment = "test"
	began       = int64(1_800_000_000) * int64(time.Second)
	origin      = "AWS::ECS::Container"
)

// request draws the rows of a request through services, each of which tells of it as
// OpenTelemetry's span, or as X-Ray's segment with an origin.
type request struct {
	t       *rapid.T
	batches map[string]*event.Batch
	trace   string
	rows    int
}

func (r *request) row(service string, fields map[string]string) string {
	b := r.batches[service]
	if b == nil {
		b = event.NewBatch(environment, service)
		r.batches[service] = b
	}
	r.rows++
	id := fmt.Sprintf("%016x", r.rows)
	b.Begin(began + int64(r.rows)*int64(time.Millisecond))
	b.Set(event.FieldTraceID, event.StringValue(r.trace))
	b.Set(event.FieldSpanID, event.StringValue(id))
	b.Set(event.FieldService, event.StringValue(service))
	b.Set(event.FieldName, event.StringValue(service))
	b.Set(event.FieldDuration, event.FloatValue(float64(rapid.IntRange(1, 400).Draw(r.t, "ms"))))
	for name, value := range fields {
		if value != "" {
			b.Set(name, event.StringValue(value))
		}
	}
	return id
}

// serve draws what a service does when it is asked by the span parent.
func (r *request) serve(parent string, depth int) {
	service := rapid.SampledFrom([]string{"web", "media", "users", "fn"}).Draw(r.t, "service") + fmt.Sprint(depth)
	segment := map[string]string{event.FieldParentID: parent, event.FieldSpanKind: "server"}
	work := map[string]string{event.FieldSpanKind: "client"}
	if rapid.Bool().Draw(r.t, "x-ray") {
		segment[call.FieldDocument], work[call.FieldDocument] = "segment", "subsegment"
		segment[call.FieldOrigin] = rapid.SampledFrom([]string{"", origin}).Draw(r.t, "origin")
		work["xray.namespace"] = "remote"
	} else {
		segment["cloud.platform"] = rapid.SampledFrom([]string{"", "aws_ecs"}).Draw(r.t, "platform")
	}
	work[event.FieldParentID] = r.row(service, segment)
	for range rapid.IntRange(0, 2).Draw(r.t, "calls") {
		work["server.address"] = "db.internal"
		id := r.row(service, work)
		if depth < 2 && rapid.Bool().Draw(r.t, "answered") {
			r.serve(id, depth+1)
		}
	}
}

// A service is one node, whether X-Ray's segments, which say where it runs, or
// OpenTelemetry's spans, which don't, tell of it; and the graph of the sums is the
// graph of the traces.
func TestOrigins_AServiceIsOneNodeInBothGraphs(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		reference := storetest.NewReference()
		var traces []*xraymodel.Trace
		for n := range rapid.IntRange(1, 6).Draw(t, "traces") {
			r := request{t: t, batches: map[string]*event.Batch{}, trace: fmt.Sprintf("%032x", n+1), rows: n * 1000}
			r.serve("", 0)
			var list []*event.Batch
			for _, b := range r.batches {
				list = append(list, b)
			}
			if err := reference.Append(t.Context(), uint64(n+1), list); err != nil {
				t.Fatal(err)
			}
			traces = append(traces, xraymodel.Build(r.trace, list, xraymodel.Options{}))
		}
		end := began + int64(time.Hour)
		rollups, err := reference.Rollups(t.Context(), environment, began, end)
		if err != nil {
			t.Fatal(err)
		}
		calls, err := reference.Calls(t.Context(), environment, began, end)
		if err != nil {
			t.Fatal(err)
		}
		sums := servicegraph.OfRollups(rollups, calls, nil)
		names := map[string]bool{}
		for _, n := range sums.Nodes {
			if n.Kind == servicegraph.Service {
				if names[n.Name] {
					t.Errorf("%s is two nodes", n.Name)
				}
				names[n.Name] = true
			}
		}
		if diff := cmp.Diff(lines(servicegraph.OfTraces(traces, servicegraph.OriginsOf(rollups, calls), nil)), lines(sums)); diff != "" {
			t.Errorf("of traces (-) and of sums (+):\n%s", diff)
		}
	})
}

// lines writes down what a graph counts.
func lines(g *servicegraph.Graph) []string {
	var out []string
	for _, n := range g.Nodes {
		out = append(out, fmt.Sprintf("%v root=%v %g", n.NodeID, n.Root, n.Count))
	}
	for _, e := range g.Edges {
		out = append(out, fmt.Sprintf("%v -> %v %g", g.Nodes[e.From].NodeID, g.Nodes[e.To].NodeID, e.Count))
	}
	slices.Sort(out)
	return out
}

// What came without its segment is on no map: not itself, and not what it called.
func TestOfTraces_PiecesWithoutTheirSegmentAreLeftOut(t *testing.T) {
	t.Parallel()
	b := event.NewBatch(environment, call.UnknownService)
	b.Begin(began)
	for name, value := range map[string]string{
		event.FieldTraceID: "1", event.FieldSpanID: "2", event.FieldParentID: "3", event.FieldService: call.UnknownService, event.FieldName: "mail",
		event.FieldSpanKind: "client", call.FieldDocument: "subsegment", "xray.namespace": "remote",
	} {
		b.Set(name, event.StringValue(value))
	}
	b.Set(event.FieldDuration, event.FloatValue(5))
	tr := xraymodel.Build("1", []*event.Batch{b}, xraymodel.Options{})
	if len(tr.Segments) != 2 || !tr.Segments[1].Inferred {
		t.Fatalf("the trace has %d segments, not the piece and what it called", len(tr.Segments))
	}
	if got := lines(servicegraph.OfTraces([]*xraymodel.Trace{tr}, servicegraph.OriginsOfTraces(tr), nil)); len(got) != 0 {
		t.Errorf("the map has %q", got)
	}
}

func TestOrigins_DifferentOnesAreDifferentNodes(t *testing.T) {
	t.Parallel()
	tr := &xraymodel.Trace{Segments: []*xraymodel.Part{
		{Name: "fn", Type: "AWS::Lambda", Segment: true},
		{Name: "fn", Type: "AWS::Lambda::Function", Segment: true, ParentID: "1"},
		{Name: "fn", Type: "AWS::Lambda::Function", Segment: true, ParentID: "1"},
		{Name: "fn", Segment: true, ParentID: "1"},
	}}
	got := lines(servicegraph.OfTraces([]*xraymodel.Trace{tr}, servicegraph.OriginsOfTraces(tr), nil))
	want := []string{"{0 fn AWS::Lambda::Function} root=false 3", "{0 fn AWS::Lambda} root=true 1", "{1 fn client} root=false 0", "{1 fn client} -> {0 fn AWS::Lambda} 1"}
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
