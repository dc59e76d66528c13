package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net"
	"sync"
	"time"
)

// relay is the sample app's X-Ray daemon: as AWS's own does, it takes documents by UDP
// and puts them with a key. The server's daemon knows no keys, and so no environments
// but the default one.
type relay struct {
	packets net.PacketConn
	player  player
	log     *slog.Logger

	mu        sync.Mutex
	documents []string
	wg        sync.WaitGroup
}

const (
	relayEvery = time.Second
	relayMost  = 5000 // documents that wait
)

func openRelay(ctx context.Context, p player, log *slog.Logger) (*relay, error) {
	packets, err := new(net.ListenConfig).ListenPacket(ctx, "udp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	r := &relay{packets: packets, player: p, log: log}
	r.wg.Go(r.receive)
	r.wg.Go(func() { r.run(ctx) })
	return r, nil
}

// run puts documents until ctx ends, and then the rest.
func (r *relay) run(ctx context.Context) {
	tick := time.NewTicker(relayEvery)
	defer tick.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
			_ = r.packets.Close()
		case <-tick.C:
		}
		r.mu.Lock()
		documents := r.documents
		r.documents = nil
		r.mu.Unlock()
		if len(documents) == 0 {
			continue
		}
		body, err := json.Marshal(map[string]any{"TraceSegmentDocuments": documents})
		if err == nil {
			err = r.player.post(context.WithoutCancel(ctx), "/TraceSegments", "application/json", body)
		}
		if err != nil {
			r.log.DebugContext(ctx, "segments of the sample app were not taken", slog.Any("error", err))
		}
	}
}

func (r *relay) receive() {
	buffer := make([]byte, 1<<16)
	for {
		n, _, err := r.packets.ReadFrom(buffer)
		if err != nil {
			return
		}
		_, document, ok := bytes.Cut(buffer[:n], []byte("\n"))
		r.mu.Lock()
		if ok && len(r.documents) < relayMost {
			r.documents = append(r.documents, string(document))
		}
		r.mu.Unlock()
	}
}
