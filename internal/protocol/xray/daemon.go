package xray

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/protocol/jsonscan"
)

// The daemon takes datagrams: a line of JSON that names the format, and a document.
// Nobody hears of what is wrong with them, so everything lost is counted, that which
// the kernel lost for want of room included.
//
//	readers, one for each socket: datagrams into chunks
//	backlog of chunks, bounded by bytes
//	workers: documents into rows, many at once, and through the door

// Bounds of the daemon.
const (
	sockets       = 4       // of one address: the kernel spreads senders over them
	receiveBuffer = 8 << 20 // of each socket, as far as the kernel grants it
	chunkBytes    = 256 << 10
	maxDatagram   = 64 << 10
	maxQueued     = 64 << 20 // bytes that wait for a worker
	batchBytes    = 4 << 20  // documents that are written at once
	storeWait     = 30 * time.Second
	linger        = 20 * time.Millisecond // for more to come: what is written together costs less
	countEvery    = time.Second
)

// DaemonStats are counts since the start. Of datagrams with one document each, those
// received are those stored, refused, rejected, dropped and waiting, at any moment.
type DaemonStats struct {
	Datagrams int64 // received
	Waiting   int64 // datagrams that are not done with yet
	Documents int64 // stored
	Refused   int64 // documents that can't be taken, see the ledger for why
	Rejected  int64 // datagrams that are not of the protocol
	Lost      int64 // datagrams that the kernel had no room for
	Dropped   int64 // datagrams that we had no room for, or could not store in time
	Buffer    int64 // bytes that the kernel keeps for the sockets, as granted
}

// Sockets are the daemon's, bound and not read yet.
type Sockets struct {
	conns   []*net.UDPConn
	granted int64
	once    sync.Once
}

// Bind binds the daemon's address. Port 0 picks one.
func Bind(ctx context.Context, address string) (*Sockets, error) {
	// A second server on the address would share its datagrams: it must fail instead.
	probe, err := (&net.ListenConfig{}).ListenPacket(ctx, "udp", address)
	if err != nil {
		return nil, err
	}
	address = probe.LocalAddr().String()
	if err := probe.Close(); err != nil {
		return nil, err
	}
	s := &Sockets{}
	for range socketCount() {
		conn, err := (&net.ListenConfig{Control: shareAddress}).ListenPacket(ctx, "udp", address)
		if err != nil {
			return nil, errors.Join(err, s.Close())
		}
		udp, ok := conn.(*net.UDPConn)
		if !ok {
			return nil, errors.Join(fmt.Errorf("%s is no UDP address", address), conn.Close(), s.Close())
		}
		s.conns = append(s.conns, udp)
		s.granted += growBuffer(udp, receiveBuffer)
	}
	return s, nil
}

// Addr returns the bound address.
func (s *Sockets) Addr() string { return s.conns[0].LocalAddr().String() }

// Close closes the sockets, which may be closed already.
func (s *Sockets) Close() error {
	var errs []error
	s.once.Do(func() {
		for _, c := range s.conns {
			errs = append(errs, c.Close())
		}
	})
	return errors.Join(errs...)
}

// daemon is the daemon at work.
type daemon struct {
	f       *Front
	sockets *Sockets
	backlog backlog
	free    sync.Pool // *chunk
	readers sync.WaitGroup
	workers sync.WaitGroup
	counter sync.WaitGroup
	once    sync.Once
	stop    context.CancelFunc

	datagrams, done, documents, refused, rejected, lost, dropped atomic.Int64
}

// chunk is datagrams in a row.
type chunk struct {
	data  []byte
	parts []part
}

// part is a datagram of a chunk, and who sent it.
type part struct {
	end    int
	sender string
}

func (c *chunk) add(data []byte, sender string) {
	c.data = append(c.data, data...)
	c.parts = append(c.parts, part{len(c.data), sender})
}

// addAll adds the datagrams of another chunk.
func (c *chunk) addAll(other *chunk) {
	base := len(c.data)
	c.data = append(c.data, other.data...)
	for _, p := range other.parts {
		c.parts = append(c.parts, part{base + p.end, p.sender})
	}
}

// Receive reads the sockets, which are the front end's from now on, until it is closed.
func (f *Front) Receive(ctx context.Context, s *Sockets) {
	d := &daemon{f: f, sockets: s, backlog: backlog{wake: make(chan struct{}, 1)}}
	ctx, d.stop = context.WithCancel(context.WithoutCancel(ctx))
	f.daemon.Store(d)
	for _, conn := range s.conns {
		d.readers.Go(func() { d.read(conn) })
	}
	for range max(2, runtime.GOMAXPROCS(0)) {
		d.workers.Go(func() { d.work(ctx) })
	}
	d.counter.Go(func() { d.countLost(ctx) })
}

// DaemonStats returns the daemon's counts, false where there is none.
func (f *Front) DaemonStats() (DaemonStats, bool) {
	d := f.daemon.Load()
	if d == nil {
		return DaemonStats{}, false
	}
	return d.stats(), true
}

func (d *daemon) stats() DaemonStats {
	done := d.done.Load() // first: what is done with later still waits
	return DaemonStats{
		Waiting: d.datagrams.Load() - done, Datagrams: d.datagrams.Load(), Documents: d.documents.Load(), Refused: d.refused.Load(), Rejected: d.rejected.Load(),
		Lost: d.lost.Load(), Dropped: d.dropped.Load(), Buffer: d.sockets.granted,
	}
}

// close stops taking datagrams, and stores those that came.
func (d *daemon) close(ctx context.Context) (err error) {
	d.once.Do(func() { err = d.end(ctx) })
	return err
}

func (d *daemon) end(ctx context.Context) error {
	err := d.sockets.Close()
	d.readers.Wait()
	d.backlog.close()
	done := make(chan struct{})
	go func() {
		d.workers.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
	}
	d.stop()
	<-done
	d.counter.Wait()
	return err
}

// read fills chunks from one socket. It must not wait for anything else: the
// kernel has room for few milliseconds of a burst.
func (d *daemon) read(conn *net.UDPConn) {
	r := newReader(conn)
	for {
		c := d.chunk()
		err := r.read(c)
		if n := len(c.parts); n > 0 {
			d.datagrams.Add(int64(n))
			d.push(c)
		} else {
			d.free.Put(c)
		}
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil { // ICMP answers to nobody, say: the socket lives on
			d.f.Log.Debug("reading datagrams", slog.Any("error", err))
		}
	}
}

func (d *daemon) chunk() *chunk {
	if c, ok := d.free.Get().(*chunk); ok {
		c.data, c.parts = c.data[:0], c.parts[:0]
		return c
	}
	return &chunk{}
}

// push hands a chunk over, or drops it where too much waits.
func (d *daemon) push(c *chunk) {
	switch taken, copied := d.backlog.push(c); {
	case !taken:
		d.drop(c, "queue_full", "datagrams came faster than they could be stored")
	case copied:
		d.free.Put(c)
	}
}

// backlog is what waits for a worker.
type backlog struct {
	mu     sync.Mutex
	chunks []*chunk
	bytes  int
	closed bool
	wake   chan struct{} // has one where somebody should look
}

// push takes a chunk, or copies it behind the last one if that is small; then it is
// still the caller's.
func (b *backlog) push(c *chunk) (taken, copied bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	size := len(c.data)
	if b.bytes+size > maxQueued {
		return false, false
	}
	b.bytes += size
	if n := len(b.chunks); n > 0 && len(b.chunks[n-1].data)+size <= chunkBytes {
		b.chunks[n-1].addAll(c)
		copied = true
	} else {
		b.chunks = append(b.chunks, c)
	}
	b.signal()
	return true, copied
}

func (b *backlog) signal() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// take waits for chunks, a little longer for more of them, and returns as many as are
// written together; none once it is closed and empty.
func (b *backlog) take() []*chunk {
	for {
		<-b.wake
		b.mu.Lock()
		few, closed := b.bytes < batchBytes, b.closed
		b.mu.Unlock()
		if few && !closed {
			time.Sleep(linger)
		}
		b.mu.Lock()
		n, size := 0, 0
		for ; n < len(b.chunks) && size < batchBytes; n++ {
			size += len(b.chunks[n].data)
		}
		taken := b.chunks[:n:n]
		b.chunks = append([]*chunk(nil), b.chunks[n:]...)
		b.bytes -= size
		if len(b.chunks) > 0 || b.closed {
			b.signal() // for the next worker
		}
		closed = b.closed
		b.mu.Unlock()
		if n > 0 || closed {
			return taken
		}
	}
}

func (b *backlog) close() {
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	b.signal()
}

func (d *daemon) drop(c *chunk, reason, why string) {
	d.dropped.Add(int64(len(c.parts)))
	d.done.Add(int64(len(c.parts)))
	d.f.Door.Ledger().Drop(reason, protocolUDP, len(c.parts), why)
	d.free.Put(c)
}

// work makes rows of chunks and writes them: as many at once as there are, so that
// under load few large batches are made.
func (d *daemon) work(ctx context.Context) {
	in := newIntake(d.f, protocolUDP)
	refuse := func(_ int, err error) {
		b := asBad(err)
		d.refused.Add(1)
		where := ""
		if b.id != "" {
			where = "segment " + b.id + ": "
		}
		d.f.Door.Ledger().Drop(dropReason(b), protocolUDP, 1, where+b.why)
	}
	for chunks := d.backlog.take(); len(chunks) > 0; chunks = d.backlog.take() {
		datagrams, size := 0, 0
		for _, c := range chunks {
			size += len(c.data)
		}
		in.begin(d.f.Keys.Local(), size)
		for _, c := range chunks {
			d.take(in, c, refuse)
			datagrams += len(c.parts)
			d.free.Put(c)
		}
		in.settle(refuse)
		d.store(ctx, in)
		d.done.Add(int64(datagrams))
	}
}

// store writes what an intake took. The senders can't send it again, so it waits
// for a door that is only busy.
func (d *daemon) store(ctx context.Context, in *intake) {
	until := d.f.Clock().Add(storeWait)
	for {
		err := in.store(ctx, [16]byte{})
		if err == nil {
			d.documents.Add(int64(in.count))
			return
		}
		busy := fault.Is(err, fault.Throttled) || fault.Is(err, fault.Unavailable)
		if !busy || ctx.Err() != nil || d.f.Clock().After(until) {
			d.dropped.Add(int64(in.count))
			d.f.Door.Ledger().Drop("not_stored", protocolUDP, in.count, fault.MessageOf(err))
			d.f.Log.WarnContext(ctx, "documents that came as datagrams could not be stored", slog.Int("documents", in.count), slog.Any("error", err))
			return
		}
		const pause = 50 * time.Millisecond
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
	}
}

// take reads the datagrams of a chunk.
func (d *daemon) take(in *intake, c *chunk, refuse func(int, error)) {
	from := 0
	for _, p := range c.parts {
		begin := from
		body, ok := bodyOf(c.data[from:p.end])
		from = p.end
		if !ok {
			d.rejected.Add(1)
			d.f.Door.Ledger().Drop("datagram_header", protocolUDP, 1, strangeDatagram(c.data[begin:p.end])+fromAddress(p.sender))
			continue
		}
		if err := in.element(0, body, p.sender, refuse); err != nil {
			refuse(0, err)
		}
	}
}

// bodyOf returns what follows the first line of a datagram, if that names the format
// that we read. A document without the line is taken, too: so people try it by hand.
func bodyOf(datagram []byte) ([]byte, bool) {
	header, body, found := bytes.Cut(datagram, []byte("\n"))
	if found && isHeader(header) {
		return body, len(bytes.TrimSpace(body)) > 0
	}
	start := bytes.TrimSpace(datagram)
	return start, len(start) > 0 && start[0] == '{' && bytes.Contains(start, []byte(`"trace_id"`))
}

// isHeader reports whether a line says format json, in any case, and version 1.
func isHeader(line []byte) bool {
	switch string(line) {
	case `{"format": "json", "version": 1}`, `{"format":"json","version":1}`:
		return true
	}
	s := &jsonscan.Scanner{In: line}
	if s.Peek() != '{' || !s.Enter('{') {
		return false
	}
	format, version := false, false
	for more := s.First('}'); more; more = s.More('}') {
		name, ok := s.Name()
		if !ok {
			return false
		}
		what := string(name)
		raw := bytes.Trim(value(s, 0), `"`)
		switch what {
		case "format":
			format = bytes.EqualFold(raw, []byte("json"))
		case "version":
			n, err := strconv.ParseFloat(string(raw), 64)
			version = err == nil && n == 1
		}
	}
	return s.Err == nil && format && version
}

// countLost asks the kernel now and then what it had no room for.
func (d *daemon) countLost(ctx context.Context) {
	ticker := time.NewTicker(countEvery)
	defer ticker.Stop()
	known := make([]uint32, len(d.sockets.conns))
	for {
		for i, conn := range d.sockets.conns {
			n, ok := lostOf(conn)
			if more := n - known[i]; ok && more > 0 { // the counter goes round
				known[i] = n
				d.lost.Add(int64(more))
				d.f.Door.Ledger().Drop("socket_buffer_full", protocolUDP, int(more),
					fmt.Sprintf("the kernel had no room for datagrams: its buffers for the %d sockets have %d bytes; net.core.rmem_max is their limit", len(known), d.sockets.granted))
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}
