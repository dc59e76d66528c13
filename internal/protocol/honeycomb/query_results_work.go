package honeycomb

import (
	"context"
	"sync"
)

// work is what goes on beside requests: queries whose results are polled.
type work struct {
	places chan struct{}
	turns  chan struct{}
	all    sync.WaitGroup
	stop   context.CancelFunc
	ctx    context.Context //nolint:containedctx // it is that of the front end's life, which no request has
}

func newWork() *work {
	w := &work{places: make(chan struct{}, maxResultsAtWork), turns: make(chan struct{}, maxResultsAtOnce)}
	w.ctx, w.stop = context.WithCancel(context.Background())
	return w
}

// enter takes a place, or reports that there is none.
func (w *work) enter() bool {
	select {
	case w.places <- struct{}{}:
		return true
	default:
		return false
	}
}

// leave gives back a place that nothing was started in.
func (w *work) leave() { <-w.places }

// turn waits until few enough hold their answers in memory; the function that
// it returns ends the turn.
func (w *work) turn(ctx context.Context) (end func(), err error) {
	select {
	case w.turns <- struct{}{}:
		return func() { <-w.turns }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// start runs f in a place that was taken, until it ends or the front end closes.
func (w *work) start(f func(ctx context.Context)) {
	w.all.Go(func() {
		defer w.leave()
		f(w.ctx)
	})
}

// Close ends what goes on beside requests; results that are not complete say
// that the server was stopped. There must be no more requests.
func (f *Front) Close(ctx context.Context) error {
	f.work.stop()
	ended := make(chan struct{})
	go func() {
		f.work.all.Wait()
		close(ended)
	}()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
