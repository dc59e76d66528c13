package ingest

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"
)

func testLedger() (*Ledger, *clock) {
	c := newClock()
	return newLedger(c.Now), c
}

func TestLedger_CountsDropsByReasonWithTheLastSamples(t *testing.T) {
	t.Parallel()
	l, c := testLedger()
	for i := range 30 {
		c.advance(time.Second)
		l.Drop("too_old", "otlp_http", 2, fmt.Sprintf("sample %d", i))
	}
	l.Drop("no_name", "otlp_grpc", 100, "")
	l.Drop("nothing", "otlp_grpc", 0, "not counted")
	drops := l.Drops()
	if len(drops) != 2 || drops[0].Reason != "no_name" || drops[0].Count != 100 || drops[1].Count != 60 || l.Dropped() != 160 {
		t.Fatalf("%+v, %d in all", drops, l.Dropped())
	}
	last := drops[1].Last
	if len(last) != samplesPerDrop || last[0].Detail != "sample 10" || last[samplesPerDrop-1].Detail != "sample 29" || !last[19].At.Equal(c.Now()) {
		t.Errorf("%+v", last)
	}
	last[0].Detail = "changed by the caller"
	if l.Drops()[1].Last[0].Detail != "sample 10" {
		t.Error("a caller can change the book")
	}
}

// What is stored with less than was sent is no dropped event.
func TestLedger_TellsAlteredFromDropped(t *testing.T) {
	t.Parallel()
	l, _ := testLedger()
	l.Alter("value_truncated", "otlp_http", 3, "a value of 70000 bytes")
	l.Drop("too_old", "otlp_http", 1, "")
	if l.Dropped() != 1 {
		t.Errorf("%d are counted as dropped", l.Dropped())
	}
	drops := l.Drops()
	if len(drops) != 2 || !drops[0].Stored || drops[0].Count != 3 || drops[1].Stored {
		t.Errorf("%+v", drops)
	}
}

func TestLedger_StaysSmall(t *testing.T) {
	t.Parallel()
	l, _ := testLedger()
	for i := range 10_000 {
		l.Drop(fmt.Sprintf("reason_%d", i), "p", 1, strings.Repeat("é", 1000))
	}
	drops := l.Drops()
	if len(drops) != maxDropKinds+1 || l.Dropped() != 10_000 {
		t.Errorf("%d kinds, %d in all", len(drops), l.Dropped())
	}
	if other := drops[0]; other.Reason != "other" || other.Count != 10_000-maxDropKinds {
		t.Errorf("%s × %d", other.Reason, other.Count)
	}
	if d := drops[0].Last[0].Detail; len(d) > maxSampleBytes+len("…") || !utf8.ValidString(d) {
		t.Errorf("a sample has %d bytes", len(d))
	}
}

func TestLedger_WatchGoesOnWhereItStopped(t *testing.T) {
	t.Parallel()
	l, _ := testLedger()
	entries, more := l.Watch(0)
	if len(entries) != 0 {
		t.Fatalf("%+v", entries)
	}
	l.Refuse(Refused{Protocol: "otlp_http", Path: "/v1/traces", Status: 401})
	<-more
	if n := l.RefusedRequests()[RefusedKind{"otlp_http", 401}]; n != 1 {
		t.Errorf("%d are counted as refused", n)
	}
	l.receive(Received{Dataset: "api", Rows: 3})
	entries, more = l.Watch(0)
	if len(entries) != 2 || entries[0].ID != 1 || entries[0].Refused.Status != 401 || entries[1].Received.Rows != 3 {
		t.Fatalf("%+v", entries)
	}
	select {
	case <-more:
		t.Error("there is no more")
	default:
	}
	l.receive(Received{Dataset: "api", Rows: 4, Service: "later"})
	<-more
	if entries, _ = l.Watch(2); len(entries) != 1 || entries[0].ID != 3 || entries[0].Received.Rows != 7 || entries[0].Received.Requests != 2 || entries[0].Received.Service != "later" {
		t.Errorf("%+v", entries)
	}
	if entries, _ = l.Watch(1 << 40); len(entries) != 2 {
		t.Errorf("an id of another run gives %d entries", len(entries))
	}
	if entries, _ = l.Watch(3); len(entries) != 0 {
		t.Errorf("nothing is new: %+v", entries)
	}
	l.Drop("too_old", "otlp_http", 2, "a span of 1970")
	if entries, _ = l.Watch(3); len(entries) != 1 || entries[0].Dropped == nil || entries[0].Dropped.Count != 2 || len(entries[0].Dropped.Last) != 1 {
		t.Errorf("%+v", entries)
	}
}

// A sender that tries again every second must not push the others' mistakes out.
func TestLedger_CountsWhatIsRefusedAlike(t *testing.T) {
	t.Parallel()
	l, c := testLedger()
	first := c.Now()
	l.Refuse(Refused{Path: "/v1/traces", Status: 401, Remote: "10.0.0.1:1", Reason: "the clock is 14 min ahead", Key: "abcd…"})
	for i := range 1000 {
		c.advance(time.Second)
		l.Refuse(Refused{Path: "/v1/traces", Status: 401, Remote: fmt.Sprintf("10.0.0.1:%d", i), Reason: fmt.Sprintf("the clock is %d min ahead", i), Key: "abcd…"})
	}
	l.Refuse(Refused{Path: "/v1/traces", Status: 401, Remote: "10.0.0.2:1", Reason: "the clock is 14 min ahead", Key: "abcd…"})
	entries, _ := l.Watch(0)
	if len(entries) != 2 {
		t.Fatalf("%d entries", len(entries))
	}
	got := entries[0].Refused
	if got.Count != 1001 || !got.First.Equal(first) || got.Reason != "the clock is 999 min ahead" || !entries[0].At.Equal(c.Now()) {
		t.Errorf("%+v at %s", got, entries[0].At)
	}
}

// What strangers choose, paths and names of services, can't fill the memory; the
// latest are kept.
func TestLedger_KeepsTheLatestSourcesAndRefusals(t *testing.T) {
	t.Parallel()
	l, _ := testLedger()
	for i := range 10_000 {
		l.Refuse(Refused{Path: strings.Repeat("/", i%400) + string(rune('a'+i%26)) + string(rune('a'+i/26%26)), Status: 404})
		l.receive(Received{Dataset: fmt.Sprint(i), Rows: 1})
	}
	entries, _ := l.Watch(0)
	sources := 0
	for _, e := range entries {
		if e.Received != nil {
			sources++
		}
	}
	if sources != maxSources || len(entries)-sources != maxRefusals || entries[len(entries)-1].Received.Dataset != "9999" {
		t.Errorf("%d sources of %d entries", sources, len(entries))
	}
}

func TestLedger_IsForManyAtOnce(t *testing.T) {
	t.Parallel()
	l, _ := testLedger()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 200 {
				l.Drop("r", "p", 1, "d")
				l.Alter("s", "p", 1, "d")
				l.Refuse(Refused{})
				l.Watch(0)
				l.Drops()
			}
		})
	}
	wg.Wait()
	if l.Dropped() != 1600 {
		t.Errorf("%d", l.Dropped())
	}
}
