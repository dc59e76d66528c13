package server

import (
	"net"
	"net/http"
	"testing"
	"testing/synctest"
)

func TestConnections_LongestIdleMakesRoom(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newConnections(3)
		conns := make([]net.Conn, 3)
		peers := make([]net.Conn, 3)
		for i := range conns {
			conns[i], peers[i] = net.Pipe()
			defer conns[i].Close() //nolint:errcheck // may be closed already
			c.changed(conns[i], http.StateNew)
			c.changed(conns[i], http.StateActive)
		}
		room := make(chan struct{})
		go func() { c.wait(); close(room) }()
		synctest.Wait()
		select {
		case <-room:
			t.Fatal("there is room for a fourth connection while three are at work")
		default:
		}
		c.changed(conns[1], http.StateIdle)
		if _, err := peers[1].Read(make([]byte, 1)); err == nil {
			t.Fatal("the idle connection is still open")
		}
		synctest.Wait()
		select {
		case <-room:
			t.Fatal("there is room before the server has let go of the connection")
		default:
		}
		c.changed(conns[1], http.StateClosed)
		<-room
		c.changed(conns[0], http.StateIdle)
		c.changed(conns[0], http.StateActive)
		c.wait() // two are open
		if n := c.idle.Len(); n != 0 {
			t.Errorf("%d idle connections are counted", n)
		}
	})
}

func TestConnections_CloseEndsTheWait(t *testing.T) {
	t.Parallel()
	c := newConnections(0)
	done := make(chan struct{})
	go func() { c.wait(); close(done) }()
	c.close()
	<-done
}
