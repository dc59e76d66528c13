package main

import (
	"cmp"
	"encoding/hex"
	"encoding/json"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	resource "go.opentelemetry.io/proto/otlp/resource/v1"
	trace "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/oriel-dev/oriel/internal/recording"
)

// window is how much time one request tells of.
const window = 10 * time.Second

// cut makes an act of what came in: the requests that began in it, whole.
func (s *studio) cut(begin time.Time, lasts time.Duration) (recording.Act, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failed != nil {
		return recording.Act{}, s.failed
	}
	c := cutter{begin: begin, lasts: lasts, began: s.began(), pack: recording.NewPacker(begin)}
	a := recording.Act{Lasts: lasts}
	for _, d := range s.deploys {
		a.Requests = append(a.Requests, recording.Request{Kind: recording.Deploy, Body: d})
	}
	spans, err := c.spans(s.spans)
	if err != nil {
		return a, err
	}
	a.Requests = append(a.Requests, spans...)
	more, err := c.rest(s)
	if err != nil {
		return a, err
	}
	a.Requests = append(a.Requests, more...)
	// What is reported as an error comes before the span that saw it, as it does when it happens.
	order := map[recording.Kind]int{recording.Deploy: 0, recording.Item: 1, recording.Spans: 2, recording.Segments: 3, recording.Lines: 4}
	slices.SortStableFunc(a.Requests, func(a, b recording.Request) int {
		return cmp.Or(cmp.Compare(a.At/window, b.At/window), cmp.Compare(order[a.Kind], order[b.Kind]), cmp.Compare(a.At, b.At))
	})
	return a, nil
}

// began says when each trace began.
func (s *studio) began() map[string]time.Time {
	began := map[string]time.Time{}
	see := func(id string, at time.Time) {
		if known, ok := began[id]; !ok || at.Before(known) {
			began[id] = at
		}
	}
	for _, in := range s.spans {
		for _, span := range spansOf(in) {
			see(hex.EncodeToString(span.GetTraceId()), time.Unix(0, int64(span.GetStartTimeUnixNano()))) //nolint:gosec // a time of this century
		}
	}
	for _, document := range s.segments {
		id, at := documentOf(document)
		see(id, at)
	}
	return began
}

func spansOf(in *collector.ExportTraceServiceRequest) (all []*trace.Span) {
	for _, r := range in.GetResourceSpans() {
		for _, scope := range r.GetScopeSpans() {
			all = append(all, scope.GetSpans()...)
		}
	}
	return all
}

func documentOf(document string) (traceID string, at time.Time) {
	var d struct {
		TraceID   string  `json:"trace_id"`
		StartTime float64 `json:"start_time"`
	}
	_ = json.Unmarshal([]byte(document), &d) // the app wrote it
	seconds, part := math.Modf(d.StartTime)
	return strings.ReplaceAll(strings.TrimPrefix(d.TraceID, "1-"), "-", ""), time.Unix(int64(seconds), int64(part*1e9))
}

type cutter struct {
	begin time.Time
	lasts time.Duration
	began map[string]time.Time
	pack  *recording.Packer
}

// place says where in the act something belongs: where its trace began, if it has one.
func (c *cutter) place(traceID string, at time.Time) (time.Duration, bool) {
	if t, ok := c.began[traceID]; ok {
		at = t
	}
	d := at.Sub(c.begin)
	return d, d >= 0 && d < c.lasts
}

// spans makes one request of each window, spans by service and trace.
func (c *cutter) spans(all []*collector.ExportTraceServiceRequest) (out []recording.Request, err error) {
	type home struct {
		resource *trace.ResourceSpans
		scope    *trace.ScopeSpans
	}
	windows := map[time.Duration]map[string]*home{}
	for _, in := range all {
		for _, r := range in.GetResourceSpans() {
			anonymous(r.GetResource())
			for _, scope := range r.GetScopeSpans() {
				for _, span := range scope.GetSpans() {
					at, ok := c.place(hex.EncodeToString(span.GetTraceId()), time.Time{})
					if !ok {
						continue
					}
					w := at.Truncate(window)
					if windows[w] == nil {
						windows[w] = map[string]*home{}
					}
					key := r.GetResource().String() + scope.GetScope().String()
					h := windows[w][key]
					if h == nil {
						h = &home{resource: &trace.ResourceSpans{Resource: r.GetResource(), SchemaUrl: r.GetSchemaUrl()}, scope: &trace.ScopeSpans{Scope: scope.GetScope(), SchemaUrl: scope.GetSchemaUrl()}}
						h.resource.ScopeSpans = []*trace.ScopeSpans{h.scope}
						windows[w][key] = h
					}
					h.scope.Spans = append(h.scope.Spans, span)
				}
			}
		}
	}
	for _, w := range slices.Sorted(maps.Keys(windows)) {
		var in collector.ExportTraceServiceRequest
		for _, key := range slices.Sorted(maps.Keys(windows[w])) {
			h := windows[w][key]
			slices.SortFunc(h.scope.Spans, func(a, b *trace.Span) int {
				x, y := hex.EncodeToString(a.GetTraceId()), hex.EncodeToString(b.GetTraceId())
				return cmp.Or(c.began[x].Compare(c.began[y]), cmp.Compare(x, y), cmp.Compare(a.GetStartTimeUnixNano(), b.GetStartTimeUnixNano()))
			})
			in.ResourceSpans = append(in.ResourceSpans, h.resource)
		}
		body, err := proto.MarshalOptions{Deterministic: true}.Marshal(&in)
		if err != nil {
			return nil, err
		}
		if err := c.pack.Spans(body); err != nil {
			return nil, err
		}
		out = append(out, recording.Request{At: w, Kind: recording.Spans, Body: body})
	}
	return out, nil
}

// anonymous takes out what is of the machine where it was recorded.
func anonymous(r *resource.Resource) {
	r.Attributes = slices.DeleteFunc(r.GetAttributes(), func(a *common.KeyValue) bool { return a.GetKey() == "container.id" })
	for _, a := range r.GetAttributes() {
		if a.GetKey() == "process.pid" {
			a.Value = &common.AnyValue{Value: &common.AnyValue_IntValue{IntValue: 1}}
		}
	}
}

//nolint:gochecknoglobals // constants
var (
	tracePattern = regexp.MustCompile(`trace_id\W+(?:value\W+)?([0-9a-f]{32})`)
	serverHost   = regexp.MustCompile(`"host":"[^"]*"`)
	serverPID    = regexp.MustCompile(`"pid":\d+`)
)

func traceIn(text string) string {
	if m := tracePattern.FindStringSubmatch(text); m != nil {
		return m[1]
	}
	return ""
}

// rest makes requests of lines, segments and items.
func (c *cutter) rest(s *studio) (out []recording.Request, err error) {
	type stream struct {
		window        time.Duration
		group, stream string
	}
	lines := map[stream][]line{}
	for _, l := range s.lines {
		if at, ok := c.place(traceIn(l.Message), time.UnixMilli(l.At)); ok {
			key := stream{at.Truncate(window), l.group, l.stream}
			lines[key] = append(lines[key], l)
		}
	}
	for key, list := range lines {
		slices.SortStableFunc(list, func(a, b line) int { return cmp.Compare(a.At, b.At) })
		body, err := json.Marshal(map[string]any{"logGroupName": key.group, "logStreamName": key.stream, "logEvents": list})
		if err != nil {
			return nil, err
		}
		out = append(out, recording.Request{At: key.window, Kind: recording.Lines, Group: key.group, Stream: key.stream, Body: c.pack.Text(body)})
	}
	documents := map[time.Duration][]string{}
	for _, d := range s.segments {
		if at, ok := c.place(documentOf(d)); ok {
			documents[at.Truncate(window)] = append(documents[at.Truncate(window)], d)
		}
	}
	for w, list := range documents {
		slices.Sort(list)
		body, err := json.Marshal(map[string]any{"TraceSegmentDocuments": list})
		if err != nil {
			return nil, err
		}
		out = append(out, recording.Request{At: w, Kind: recording.Segments, Body: c.pack.Text(body)})
	}
	for _, item := range s.items {
		var in struct {
			Data struct {
				Timestamp int64
				Client    struct{ Timestamp int64 } // of rollbar.js
			}
		}
		if err := json.Unmarshal(item, &in); err != nil {
			return nil, err
		}
		if at, ok := c.place(traceIn(string(item)), time.Unix(cmp.Or(in.Data.Timestamp, in.Data.Client.Timestamp), 0)); ok {
			item = serverPID.ReplaceAll(serverHost.ReplaceAll(item, []byte(`"host":"cruddur-1"`)), []byte(`"pid":1`))
			out = append(out, recording.Request{At: at, Kind: recording.Item, Body: c.pack.Text(item)})
		}
	}
	slices.SortFunc(out, func(a, b recording.Request) int {
		return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Group, b.Group))
	})
	return out, nil
}
