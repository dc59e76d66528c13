package querier

import (
	"container/list"
	"context"
	"sync"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/store"
)

// cache keeps answers, least recently used ones go first, and makes one run of
// those that are asked for at the same time.
type cache struct {
	mu      sync.Mutex
	limit   int64
	size    int64
	entries map[string]*list.Element
	order   *list.List // of *entry, most recently used first
	flights map[string]*flight
}

type entry struct {
	key    string
	result *store.Result
	size   int64
}

// flight is a run under way. It ends when the last of those who wait for it has
// gone, not when the first has.
type flight struct {
	waiting int
	cancel  context.CancelFunc
	done    chan struct{}
	result  *store.Result
	err     error
}

func newCache(limit int64) *cache {
	return &cache{limit: limit, entries: map[string]*list.Element{}, order: list.New(), flights: map[string]*flight{}}
}

// do returns the kept answer, or waits for the run under way, or starts one.
// hit is called if a kept answer was used.
func (c *cache) do(ctx context.Context, key string, hit func(), run func(context.Context) (*store.Result, error)) (*store.Result, error) {
	c.mu.Lock()
	if e, ok := c.entries[key]; ok {
		c.order.MoveToFront(e)
		result := e.Value.(*entry).result //nolint:forcetypeassert // nothing else is put in
		c.mu.Unlock()
		hit()
		return result, nil
	}
	f, under := c.flights[key]
	if !under {
		flown, cancel := context.WithCancel(context.WithoutCancel(ctx))
		f = &flight{cancel: cancel, done: make(chan struct{})}
		c.flights[key] = f
		go c.fly(flown, key, f, run)
	}
	f.waiting++
	c.mu.Unlock()
	select {
	case <-f.done:
		return f.result, f.err
	case <-ctx.Done():
		c.mu.Lock()
		if f.waiting--; f.waiting == 0 {
			f.cancel()
			if c.flights[key] == f {
				delete(c.flights, key) // who asks from now on starts anew
			}
		}
		c.mu.Unlock()
		return nil, fault.Wrap(fault.Canceled, ctx.Err(), "the query was cancelled")
	}
}

func (c *cache) fly(ctx context.Context, key string, f *flight, run func(context.Context) (*store.Result, error)) {
	defer f.cancel()
	f.result, f.err = run(ctx)
	c.mu.Lock()
	if c.flights[key] == f {
		delete(c.flights, key)
	}
	if f.err == nil && !f.result.Stats.Partial {
		c.put(key, f.result)
	}
	c.mu.Unlock()
	close(f.done)
}

func (c *cache) put(key string, r *store.Result) {
	size := sizeOf(r) + int64(len(key))
	if size > c.limit/4 || c.entries[key] != nil {
		return
	}
	c.entries[key] = c.order.PushFront(&entry{key, r, size})
	c.size += size
	for c.size > c.limit {
		last := c.order.Back()
		old := c.order.Remove(last).(*entry) //nolint:forcetypeassert // nothing else is put in
		delete(c.entries, old.key)
		c.size -= old.size
	}
}

// sizeOf estimates the bytes of an answer.
func sizeOf(r *store.Result) int64 {
	const value = 40 // an event.Value
	size := int64(0)
	for _, col := range r.Columns {
		size += int64(len(col.Values)) * value
		if col.Kind == event.String {
			for _, v := range col.Values {
				size += int64(len(v.Str()))
			}
		}
	}
	return size
}
