package cli_test

import (
	"bytes"
	"context"
	"errors"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// STOPS says how often; the long target asks for 20.
func TestStop_UnderLoadLosesNothingAndLeavesNothingToReplay(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	acked := map[string]int{}
	const spans = 20
	stops := setting(t, "STOPS", 3)
	o := start(t, data)
	for round := range stops {
		ctx, cancel := context.WithCancel(t.Context())
		sent := load(ctx, o, func(w, i int) posted { return aBatch(round, w, i, spans) })
		eventually(t, "the load is under way", func() error {
			if o.metric(`oriel_ingest_rows_total{outcome="stored"}`) < 1000 {
				return errors.New("fewer than 1000 rows")
			}
			return nil
		})
		if err := o.cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-o.done:
			if err != nil {
				t.Errorf("the stop ended with %v\n%s", err, o.log)
			}
		case <-time.After(patience):
			t.Fatal("no end a minute after SIGTERM")
		}
		cancel()
		for name := range sent() {
			acked[name] = spans
		}
		o = start(t, data)
		if n := o.replayed(); n != "0" {
			t.Errorf("a graceful stop left %s rows for the next start to replay", n)
		}
		check(t, o, round, acked, spans)
	}
	t.Logf("%d batches acknowledged over %d stops", len(acked), stops)
}

// A sender that takes its time uses up its share of the stop, not that of the flush.
func TestStop_SlowSenderLeavesTimeToFlush(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	o := start(t, data, "--shutdown-wait", "3s")
	if status, body, err := o.post(t.Context(), "/v1/traces", "application/json", batch("flushed", 20, time.Now())); err != nil || status != 200 {
		t.Fatalf("%d, %v, %s", status, err, body)
	}
	slow := o.dial(t, "POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 60000000\r\n\r\n{")
	gone := make(chan struct{})
	go func() { // as fast as a body must come, and never at its end
		defer close(gone)
		for {
			if _, err := slow.Write(bytes.Repeat([]byte(" "), 1<<10)); err != nil {
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
	}()
	eventually(t, "the body is being read", func() error {
		if o.metric("oriel_ingest_held_bytes") == 0 {
			return errors.New("nothing is held for requests")
		}
		return nil
	})
	if err := o.stop(); err != nil {
		t.Errorf("the stop ended with %v\n%s", err, o.log)
	}
	<-gone
	o = start(t, data)
	if n := o.replayed(); n != "0" {
		t.Errorf("there was no time left to flush: %s rows were replayed", n)
	}
	if err := o.counted("flushed", 20); err != nil {
		t.Error(err)
	}
}

func TestStop_SecondSignalEndsAtOnce(t *testing.T) {
	t.Parallel()
	o := start(t, t.TempDir(), "--shutdown-wait", "1h")
	// A request under way makes the graceful stop wait.
	o.dial(t, "POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{")
	eventually(t, "the request is being read", func() error {
		status, _ := o.get("/healthz")
		if status != 200 {
			return errors.New("not well")
		}
		return nil
	})
	if err := o.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it is stopping", func() error {
		if !strings.Contains(o.log.String(), "msg=stopping") {
			return errors.New("no word of it in the log")
		}
		return nil
	})
	if err := o.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Skipf("the graceful stop was quicker: %v", err)
	}
	err := <-o.done
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGTERM {
		t.Errorf("the second signal ended it with %v", err)
	}
}

// replayed waits for the log to say how many rows the start read back from the
// journal: it may come a little after the ready line.
func (o *oriel) replayed() (rows string) {
	o.t.Helper()
	eventually(o.t, "the log says what was replayed", func() error {
		_, after, found := strings.Cut(o.log.String(), `msg="journal replayed" rows=`)
		if rows, _, _ = strings.Cut(after, " "); !found || rows == after {
			return errors.New("not yet")
		}
		return nil
	})
	return rows
}
