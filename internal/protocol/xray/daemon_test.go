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
	want := DaemonStats{Datagrams: 6, Documents: 4, Rejected: 2, Buffer: got.Buffer}
	if got != want || got.Buffer == 0 {
		t.Errorf("%+v, want %+v", got, want)
	}
	if n := r.Door.Ledger().Dropped(); n != 3 {
		t.Errorf("%d in the ledger", n)
	}
}
