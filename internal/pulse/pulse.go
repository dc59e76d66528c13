// Package pulse keeps what roll-ups say of each service by steps of time, as long
// as it stays true. Pages that are looked at again and again read only the steps
// that changed, and the week before is added up once.
package pulse

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/oriel-dev/oriel/internal/health"
	"github.com/oriel-dev/oriel/internal/store"
)

// Source is where roll-ups come from.
type Source interface {
	Rollups(ctx context.Context, environment string, start, end int64) ([]store.Rollup, error)
	Revision(environment string, start, end int64) uint64
}

// Config says what a Pulse stands on. Zero values have the defaults given.
type Config struct {
	Source  Source
	Clock   func() time.Time
	Log     *slog.Logger
	MaxKept int // sums and bins kept, of about 16 bytes each; 6,000,000
}

// Pulse keeps sums. All methods are safe for concurrent use.
type Pulse struct {
	config  Config
	ctx     context.Context //nolint:containedctx // of the work in the background, which ends with Close
	cancel  context.CancelFunc
	filling sync.WaitGroup

	mu        sync.Mutex
	tiles     map[tileKey]*Tile
	kept      int
	turn      uint64
	gates     map[gateKey]*sync.Mutex
	histories map[string][]*history // by environment, the one used last at the end
}

type tileKey struct {
	environment string
	step, start int64
}

type gateKey struct {
	environment string
	step        int64
}

// New returns a pulse; it must be closed.
func New(c Config) *Pulse {
	if c.MaxKept <= 0 {
		c.MaxKept = 6_000_000
	}
	ctx, cancel := context.WithCancel(context.Background())
	return &Pulse{config: c, ctx: ctx, cancel: cancel, tiles: map[tileKey]*Tile{}, gates: map[gateKey]*sync.Mutex{}, histories: map[string][]*history{}}
}

// Close ends the work in the background.
func (p *Pulse) Close() {
	p.cancel()
	p.filling.Wait()
}

// Tiles returns the sums of [start, end) by steps; start is a multiple of step, and
// step of a minute. Tiles are shared and must not be changed. Errors are the source's.
func (p *Pulse) Tiles(ctx context.Context, environment string, start, end, step int64) ([]*Tile, error) {
	gate := p.gate(environment, step)
	gate.Lock() // who asks for the same waits, and finds it there
	defer gate.Unlock()
	n := int((end - start + step - 1) / step)
	out := make([]*Tile, n)
	for i := 0; i < n; {
		key := tileKey{environment, step, start + int64(i)*step}
		if out[i] = p.find(key); out[i] != nil {
			i++
			continue
		}
		until := i + 1
		for until < n && p.find(tileKey{environment, step, start + int64(until)*step}) == nil {
			until++
		}
		made, err := p.load(ctx, environment, key.start, step, until-i)
		if err != nil {
			return nil, err
		}
		i += copy(out[i:], made)
	}
	return out, nil
}

func (p *Pulse) gate(environment string, step int64) *sync.Mutex {
	p.mu.Lock()
	defer p.mu.Unlock()
	k := gateKey{environment, step}
	if p.gates[k] == nil {
		p.gates[k] = &sync.Mutex{}
	}
	return p.gates[k]
}

// find returns a tile that is still true.
func (p *Pulse) find(k tileKey) *Tile {
	p.mu.Lock()
	t := p.tiles[k]
	if t != nil {
		p.turn++
		t.used = p.turn
	}
	p.mu.Unlock()
	if t == nil || t.revision != p.config.Source.Revision(k.environment, k.start, k.start+k.step) {
		return nil
	}
	return t
}

// load makes tiles that follow one another, from one reading.
func (p *Pulse) load(ctx context.Context, environment string, start, step int64, n int) ([]*Tile, error) {
	out := make([]*Tile, n)
	for i := range out {
		at := start + int64(i)*step
		out[i] = &Tile{Start: at, Services: map[string]*Service{}, revision: p.config.Source.Revision(environment, at, at+step)}
	}
	rollups, err := p.config.Source.Rollups(ctx, environment, start, start+int64(n)*step)
	if err != nil {
		return nil, err
	}
	for i := range rollups {
		if r := &rollups[i]; r.Serves && r.Service != "" {
			out[(r.Minute-start)/step].add(r)
		}
	}
	for i, t := range out {
		t.finish(step >= hour)
		p.keep(tileKey{environment, step, start + int64(i)*step}, t)
	}
	return out, nil
}

// keep remembers a tile, and forgets those that were not looked at for longest
// where there are too many.
func (p *Pulse) keep(k tileKey, t *Tile) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if old := p.tiles[k]; old != nil {
		p.kept -= old.size
	}
	p.turn++
	t.used = p.turn
	p.tiles[k] = t
	if p.kept += t.size; p.kept <= p.config.MaxKept {
		return
	}
	keys := make([]tileKey, 0, len(p.tiles))
	for k := range p.tiles {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b tileKey) int {
		return cmp.Compare(p.tiles[a].used, p.tiles[b].used)
	})
	const enough = 0.8
	for _, old := range keys {
		if old == k || float64(p.kept) <= enough*float64(p.config.MaxKept) {
			break
		}
		p.kept -= p.tiles[old].size
		delete(p.tiles, old)
	}
}

const hour = int64(time.Hour)

// History is what was before: sums of whole hours, by service and operation.
type History struct {
	From     int64 // Unix nanoseconds, of the earliest hour with requests; 0: there is none
	Complete bool  // all hours are in it; otherwise they are being added up
	Services map[string]map[string]*health.Sums
}

type history struct {
	History
	end     int64 // of what it holds
	whole   bool  // all hours before end are in it, though later ones may be wanted now
	checked time.Time
	filling bool
}

const (
	// sooner is for how long a history is taken as it is: late rows change it little.
	sooner = time.Minute
	// atOnce is how many hours are read before the first answer.
	atOnce = 3
	// mostHistories is of how many ends an environment has a history each.
	mostHistories = 8
)

// History returns the sums of the hours between from and the last whole hour before
// end. What takes long to read is read in the background, the latest hours first.
func (p *Pulse) History(ctx context.Context, environment string, from, end int64) (History, error) {
	from, end = (from+hour-1)/hour*hour, end/hour*hour
	now := p.config.Clock()
	p.mu.Lock()
	h := p.historyTo(environment, end)
	if (h.end == end && h.Complete && now.Sub(h.checked) < sooner) || h.filling {
		out := h.History
		p.mu.Unlock()
		return out, nil
	}
	h.filling = true
	p.mu.Unlock()
	latest := max(end-atOnce*hour, from)
	sums, err := p.add(ctx, environment, latest, end)
	if err != nil {
		p.filled(h)
		return sums, err
	}
	sums.Complete = latest <= from
	known := p.put(h, sums, end, now)
	if sums.Complete {
		p.filled(h)
		return known, nil
	}
	p.filling.Go(func() {
		defer p.filled(h)
		whole, err := p.add(p.ctx, environment, from, end)
		if err != nil {
			if p.ctx.Err() == nil {
				p.config.Log.WarnContext(p.ctx, "the history of services could not be read", slog.Any("error", err))
			}
			return
		}
		whole.Complete = true
		p.put(h, whole, end, now)
	})
	return known, nil
}

// historyTo finds the history that ends there, or one of an hour before, which moves
// on with its readers: those of another range have one of their own. p.mu is held.
func (p *Pulse) historyTo(environment string, end int64) *history {
	list := p.histories[environment]
	at := slices.IndexFunc(list, func(h *history) bool { return h.end == end })
	if at < 0 {
		at = slices.IndexFunc(list, func(h *history) bool { return h.end == end-hour })
	}
	var h *history
	if at >= 0 {
		h = list[at]
		list = slices.Delete(list, at, at+1)
	} else {
		h = &history{}
		list = list[max(len(list)+1-mostHistories, 0):]
	}
	p.histories[environment] = append(list, h)
	return h
}

// put keeps what was read, and returns what is known now: while it is read anew, the
// whole one of before tells more than a piece.
func (p *Pulse) put(h *history, sums History, end int64, now time.Time) History {
	p.mu.Lock()
	defer p.mu.Unlock()
	h.checked = now
	if h.whole && !sums.Complete && h.end <= end {
		h.Complete = false
	} else {
		h.History, h.end, h.whole = sums, end, sums.Complete
	}
	return h.History
}

func (p *Pulse) filled(h *history) {
	p.mu.Lock()
	defer p.mu.Unlock()
	h.filling = false
}

// add sums up hours, one reading each, so that none holds a place for long.
func (p *Pulse) add(ctx context.Context, environment string, from, end int64) (History, error) {
	h := History{Services: map[string]map[string]*health.Sums{}}
	for at := end - hour; at >= from; at -= hour {
		tiles, err := p.Tiles(ctx, environment, at, at+hour, hour)
		if err != nil {
			return h, err
		}
		for name, s := range tiles[0].Services {
			h.From = at
			if h.Services[name] == nil {
				h.Services[name] = map[string]*health.Sums{}
			}
			for op, o := range s.Operations {
				sum := h.Services[name][op]
				if sum == nil {
					sum = &health.Sums{}
					h.Services[name][op] = sum
				}
				sum.Add(&o.Sums)
				sum.Bins = health.Join(sum.Bins, o.Bins)
			}
		}
	}
	return h, nil
}
