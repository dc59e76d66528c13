package telemetry

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
)

// ended makes a span that has ended at a moment. parent 0 is none.
func ended(id, parent byte, remote bool, kind trace.SpanKind, at time.Time) sdktrace.ReadOnlySpan {
	of := func(id byte, remote bool) trace.SpanContext {
		if id == 0 {
			return trace.SpanContext{}
		}
		return trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{id}, TraceFlags: trace.FlagsSampled, Remote: remote})
	}
	return tracetest.SpanStub{Name: fmt.Sprint(id), SpanContext: of(id, false), Parent: of(parent, remote), SpanKind: kind, StartTime: at, EndTime: at}.Snapshot()
}

// segments is a queue of an emitter, and what it sent by now, each batch in brackets.
func segments(t *testing.T) (q *spanQueue, sent func() string) {
	t.Helper()
	var batches []string
	q = newSpanQueue("segments", 10_000, spanSink{
		export: func(_ context.Context, spans []sdktrace.ReadOnlySpan) error {
			var names []string
			for _, s := range spans {
				names = append(names, s.Name())
			}
			batches = append(batches, fmt.Sprint(names))
			return nil
		},
		choose: segmentsFirst,
		end:    func(context.Context) error { return nil },
	}, &settings{Config: Config{Trouble: slog.New(slog.DiscardHandler)}, spanBatch: spanBatch, spanEvery: spanEvery})
	return q, func() string {
		synctest.Wait()
		all := fmt.Sprint(batches)
		batches = nil
		return all
	}
}

// What a request did is sent behind its segment, which ends last: whoever reads the
// datagrams as they come knows whose each of them is.
func TestEmitter_SendsASegmentBeforeWhatLiesInIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q, sent := segments(t)
		is := func(when, want string) {
			t.Helper()
			if got := sent(); got != want {
				t.Errorf("%s: %s is sent, not %s", when, got, want)
			}
		}
		client, internal, server := trace.SpanKindClient, trace.SpanKindInternal, trace.SpanKindServer
		q.OnEnd(ended(3, 2, false, client, time.Now()))
		q.OnEnd(ended(2, 1, false, internal, time.Now()))
		time.Sleep(spanEvery + time.Millisecond)
		is("while the request lasts", "[]")
		if f := q.flow(); f.Waiting != 2 || f.Sent != 0 {
			t.Errorf("while the request lasts: %+v", f)
		}
		time.Sleep(2 * spanEvery)
		q.OnEnd(ended(1, 9, true, server, time.Now()))
		time.Sleep(spanEvery)
		is("once the request has ended", "[[1 2 3]]")

		q.OnEnd(ended(4, 9, true, internal, time.Now()))
		time.Sleep(spanEvery)
		is("below a span of another process", "[[4]]")

		q.OnEnd(ended(6, 5, false, client, time.Now()))
		time.Sleep(heldFor + 2*spanEvery)
		is("where the segment does not come in time", "[[6]]")

		q.OnEnd(ended(8, 7, false, client, time.Now()))
		time.Sleep(spanEvery)
		if err := q.ForceFlush(t.Context()); err != nil {
			t.Fatal(err)
		}
		is("at a flush", "[[8]]")

		for n := range heldMost + 3 {
			q.OnEnd(ended(byte(100+n%100), 7, false, client, time.Now()))
		}
		time.Sleep(spanEvery)
		sent()
		if f := q.flow(); f.Waiting != heldMost {
			t.Errorf("%d wait for their segment, more than %d", f.Waiting, heldMost)
		}
		if err := q.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		if f := q.flow(); f.Waiting != 0 || f.Dropped != 0 {
			t.Errorf("at the end: %+v", f)
		}
	})
}

// Whatever lies in what, and in whatever order it ends, everything is sent once, and
// nothing before what it lies in.
func TestEmitter_LosesNothingByWaiting(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for seed := range uint64(2000) {
		random := rand.New(rand.NewPCG(seed, 0))
		n := 1 + random.IntN(30)
		parents := map[string]string{}
		var spans []sdktrace.ReadOnlySpan
		for i := range n {
			parent := byte(random.IntN(n + 1))
			kind := []trace.SpanKind{trace.SpanKindServer, trace.SpanKindClient, trace.SpanKindInternal}[random.IntN(3)]
			spans = append(spans, ended(byte(i+1), parent, random.IntN(4) == 0, kind, now))
			if !isSegment(spans[i]) && !spans[i].Parent().IsRemote() {
				parents[spans[i].Name()] = fmt.Sprint(parent)
			}
		}
		random.Shuffle(n, func(i, j int) { spans[i], spans[j] = spans[j], spans[i] })
		var sent []string
		var held []sdktrace.ReadOnlySpan
		for len(spans) > 0 {
			some := 1 + random.IntN(len(spans))
			send, wait := segmentsFirst(append(held, spans[:some]...), now, false)
			for _, s := range send {
				if parent, inside := parents[s.Name()]; inside && !slices.Contains(sent, parent) {
					t.Fatalf("seed %d: %s is sent before %s: %v", seed, s.Name(), parent, sent)
				}
				sent = append(sent, s.Name())
			}
			held, spans = wait, spans[some:]
		}
		rest, none := segmentsFirst(held, now, true)
		for _, s := range rest {
			sent = append(sent, s.Name())
		}
		slices.Sort(sent)
		if len(sent) != n || len(slices.Compact(sent)) != n || len(none) > 0 {
			t.Fatalf("seed %d: %d of %d spans are sent: %v", seed, len(sent), n, sent)
		}
	}
}
