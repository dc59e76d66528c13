package xray

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/oriel-dev/oriel/internal/event"
)

const header = `{"format": "json", "version": 1}` + "\n"

func TestBodyOf_TakesTheDaemonsDatagrams(t *testing.T) {
	t.Parallel()
	f := func(datagram, want string, taken bool) {
		t.Helper()
		if got, ok := bodyOf([]byte(datagram)); ok != taken || (ok && string(got) != want) {
			t.Errorf("%q: %q %t", datagram, got, ok)
		}
	}
	f(header+"{}\n", "{}\n", true)
	f(`{"format":"json","version":1}`+"\nT1Sabc", "T1Sabc", true)
	f(` { "version" : 1.0, "other": [1], "format":"JSON" }`+"\n[1\n]", "[1\n]", true)
	f(`{"trace_id":"1"}`, `{"trace_id":"1"}`, true)
	f("{\n\"trace_id\":\"1\"}", "{\n\"trace_id\":\"1\"}", true)
	f(header, "", false)
	f(`{"format":"json","version":2}`+"\n{}", "", false)
	f(`{"format":"xml","version":1}`+"\n{}", "", false)
	f("hello", "", false)
	f("", "", false)
}

// What is sent to the daemon's address is stored, whatever else is sent there; all
// that is not is counted. Subsegments that a program streams are of its service.
func TestDaemon_StoresWhatItReceives(t *testing.T) {
	t.Parallel()
	r := newClosedRig(t)
	r.required = true
	r.open()
	sockets, err := Bind(t.Context(), "127.0.0.1:0")
	must(t, err)
	if other, err := Bind(t.Context(), sockets.Addr()); err == nil {
		must(t, other.Close())
		t.Error("two servers have one address")
	}
	rows, err := r.Door.Subscribe(t.Context(), 100, nil)
	must(t, err)
	r.Receive(t.Context(), sockets)
	send := func(datagrams ...string) {
		var d net.Dialer
		conn, err := d.DialContext(t.Context(), "udp", sockets.Addr())
		must(t, err)
		for _, text := range datagrams {
			_, err = conn.Write([]byte(text))
			must(t, err)
		}
		must(t, conn.Close())
	}
	next := func(n int) (got []string) {
		t.Helper()
		for len(got) < n {
			select {
			case row := <-rows.Rows():
				got = append(got, fmt.Sprintf("%s %s", row.Get(event.FieldName).Text(), row.Get(event.FieldService).Text()))
			case <-t.Context().Done():
				t.Fatalf("only %v came", got)
			}
		}
		slices.Sort(got)
		return got
	}
	two := segment("aaaaaaaaaaaaaaa1", "one", "") + "\n" + segment("aaaaaaaaaaaaaaa2", "two", "")
	send("garbage", "\x00\xff", header+"{", header+two, header+segment("aaaaaaaaaaaaaaa3", "call", `"type":"subsegment","parent_id":"cccccccccccccccc"`))
	if diff := cmp.Diff([]string{"call two", "one one", "two two"}, next(3)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	large := segment("aaaaaaaaaaaaaaa4", "large", `"metadata":{"a":"`+strings.Repeat("a", 60_000)+`"}`)
	send(header + large)
	if diff := cmp.Diff([]string{"large large"}, next(1)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	must(t, r.Close(context.WithoutCancel(t.Context())))
	got, _ := r.DaemonStats()
	want := DaemonStats{Datagrams: 6, Documents: 4, Refused: 1, Rejected: 2, Buffer: got.Buffer} // one had two documents
	if got != want || got.Buffer == 0 {
		t.Errorf("%+v, want %+v", got, want)
	}
	if n := r.Door.Ledger().Dropped(); n != 3 {
		t.Errorf("%d in the ledger", n)
	}
}

// Every datagram is waiting, or counted as what became of it.
func TestDaemon_AccountsForEveryDatagram(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	d := &daemon{f: r.Front, sockets: &Sockets{}, backlog: backlog{wake: make(chan struct{}, 1)}}
	came := func(datagrams ...string) {
		c := d.chunk()
		for _, text := range datagrams {
			c.add([]byte(text), "")
		}
		d.datagrams.Add(int64(len(datagrams)))
		d.push(c)
	}
	check := func(want DaemonStats) {
		t.Helper()
		got := d.stats()
		if got != want || got.Datagrams != got.Waiting+got.Documents+got.Refused+got.Rejected+got.Dropped {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
	good := func(n int) string { return header + segment(fmt.Sprintf("aaaaaaaaaaaaaa%02d", n), "one", "") }
	came(good(1), header+"{", "garbage", good(2))
	check(DaemonStats{Datagrams: 4, Waiting: 4})
	d.backlog.bytes = maxQueued
	came(good(3), good(4))
	check(DaemonStats{Datagrams: 6, Waiting: 4, Dropped: 2})
	d.backlog.bytes = len(d.backlog.chunks[0].data)
	d.backlog.close()
	d.work(t.Context())
	check(DaemonStats{Datagrams: 6, Documents: 2, Refused: 1, Rejected: 1, Dropped: 2})
	d.backlog = backlog{wake: make(chan struct{}, 1)}
	came(good(5))
	d.backlog.close()
	ended, end := context.WithCancel(t.Context())
	end()
	d.work(ended) // nothing can be stored now
	check(DaemonStats{Datagrams: 7, Documents: 2, Refused: 1, Rejected: 1, Dropped: 3})
}
