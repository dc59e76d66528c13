//go:build !linux

package xray

import (
	"net"
	"syscall"
)

func socketCount() int { return 1 }

func shareAddress(_, _ string, _ syscall.RawConn) error { return nil }

// growBuffer asks for room for datagrams that wait to be read.
func growBuffer(conn *net.UDPConn, size int) int64 {
	if conn.SetReadBuffer(size) != nil {
		return 0
	}
	return int64(size)
}

// lostOf returns how many datagrams the kernel dropped, which it does not tell here.
func lostOf(*net.UDPConn) (lost uint32, ok bool) { return 0, false }

// reader reads one datagram at a time.
type reader struct {
	conn   *net.UDPConn
	buffer [maxDatagram]byte
}

func newReader(conn *net.UDPConn) *reader { return &reader{conn: conn} }

// read waits for a datagram and adds it.
func (r *reader) read(c *chunk) error {
	n, from, err := r.conn.ReadFromUDPAddrPort(r.buffer[:])
	if err == nil {
		c.add(r.buffer[:n], from.String())
	}
	return err
}
