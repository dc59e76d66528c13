package querier

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/oriel-dev/oriel/internal/fault"
)

// gate lets a number of queries run and a number of others wait.
type gate struct {
	places  chan struct{}
	queue   int64
	running atomic.Int64
	waiting atomic.Int64
	refused atomic.Int64
}

func newGate(places, queue int) *gate {
	return &gate{places: make(chan struct{}, places), queue: int64(queue)}
}

// comeBack is what a refused caller is told to wait.
const comeBack = 2 * time.Second

// enter takes a place, waiting for one; leave gives it back.
func (g *gate) enter(ctx context.Context) error {
	select {
	case g.places <- struct{}{}:
		g.running.Add(1)
		return nil
	default:
	}
	if g.waiting.Add(1) > g.queue {
		g.waiting.Add(-1)
		g.refused.Add(1)
		return fault.Busy(fault.Throttled, comeBack, "%d queries are waiting already; ask again in %s", g.queue, comeBack)
	}
	defer g.waiting.Add(-1)
	select {
	case g.places <- struct{}{}:
		g.running.Add(1)
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (g *gate) leave() {
	g.running.Add(-1)
	<-g.places
}
