package server

import (
	"log/slog"
	"net"
	"sync/atomic"
	"time"

	"github.com/oriel-dev/oriel/internal/ingest"
)

// firstOfTLS begins every TLS connection; no HTTP does.
const firstOfTLS = 0x16

// tellEvery is how often the set-up page is told of senders that try TLS: they
// try again and again.
const tellEvery = 10 * time.Second

// sniffedConn looks at the first byte that a peer sends. An exporter that takes
// an address for one with TLS, as those for gRPC do unless told otherwise, gets
// an answer that it can't read and reports something obscure.
type sniffedConn struct {
	net.Conn
	looked bool
	isTLS  func(net.Conn)
}

// Read implements net.Conn; one goroutine at a time reads.
func (c *sniffedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 && !c.looked {
		if c.looked = true; p[0] == firstOfTLS {
			c.isTLS(c.Conn)
		}
	}
	return n, err
}

// tlsNotice tells about senders that try TLS.
type tlsNotice struct {
	clock  func() time.Time
	log    *slog.Logger
	ledger func() *ingest.Ledger
	told   atomic.Int64 // Unix nanoseconds
}

func (t *tlsNotice) tell(c net.Conn) {
	now, last := t.clock().UnixNano(), t.told.Load()
	if last != 0 && now-last < int64(tellEvery) || !t.told.CompareAndSwap(last, now) {
		return
	}
	t.log.Warn("a sender speaks TLS to an address that does not", slog.String("address", c.LocalAddr().String()), slog.String("remote", c.RemoteAddr().String()))
	t.ledger().Refuse(ingest.Refused{
		Protocol: "tls", Method: "TLS", Remote: c.RemoteAddr().String(), Status: 400,
		Reason: "the sender speaks TLS, and " + c.LocalAddr().String() + " does not",
		Remedy: "Begin the address with http://, not https://. Exporters for gRPC want OTEL_EXPORTER_OTLP_INSECURE=true, or the like in code (WithInsecure, insecure=True).",
	})
}
