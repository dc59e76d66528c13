package server

import (
	"container/list"
	"net"
	"net/http"
	"sync"

	"golang.org/x/sys/unix"
)

// maxConnections bounds connections where the system bounds files by more.
const maxConnections = 16 << 10

// connectionLimit leaves a quarter of the files the process may have open, and
// at least 64, to the journal, segments and databases: a crowd of connections
// must not keep an acknowledged row from being written.
func connectionLimit() int {
	var files unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &files); err != nil {
		return maxConnections
	}
	n := min(files.Cur, 4*maxConnections)
	return max(16, min(maxConnections, int(n)-max(64, int(n)/4)))
}

// connections counts the open connections of all listeners. At the limit the
// connection that has been idle longest makes room; if all are at work, nobody
// is accepted until one ends.
type connections struct {
	max int

	mu     sync.Mutex
	room   *sync.Cond
	open   map[net.Conn]*list.Element // an element of idle, or nil
	idle   *list.List                 // of net.Conn, longest idle first
	closed bool
}

func newConnections(limit int) *connections {
	c := &connections{max: limit, open: map[net.Conn]*list.Element{}, idle: list.New()}
	c.room = sync.NewCond(&c.mu)
	return c
}

// changed follows the states of a connection, as an http.Server's ConnState.
func (c *connections) changed(conn net.Conn, state http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	at := c.open[conn]
	if at != nil {
		c.idle.Remove(at)
	}
	switch state {
	case http.StateClosed, http.StateHijacked:
		delete(c.open, conn)
	case http.StateIdle:
		c.open[conn] = c.idle.PushBack(conn)
	case http.StateNew, http.StateActive:
		c.open[conn] = nil
	}
	c.room.Broadcast()
}

// wait returns when there is room for another connection, or after close.
func (c *connections) wait() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.open) >= c.max && !c.closed {
		if at := c.idle.Front(); at != nil {
			conn, _ := c.idle.Remove(at).(net.Conn)
			c.open[conn] = nil
			_ = conn.Close() // the server sees it and reports it closed
		}
		c.room.Wait()
	}
}

func (c *connections) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	c.room.Broadcast()
}

// boundedListener accepts while there is room.
type boundedListener struct {
	net.Listener
	connections *connections
	isTLS       func(net.Conn)
}

// Accept waits for room, then for a connection.
func (l boundedListener) Accept() (net.Conn, error) {
	l.connections.wait()
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &sniffedConn{Conn: c, isTLS: l.isTLS}, nil
}
