package cloudwatch

import (
	"time"

	"github.com/oriel-dev/oriel/internal/event"
)

// Follow implements ingest.Follower: it sums up the lines of groups by stream.
func (g *Groups) Follow(seq uint64, batches []*event.Batch) {
	g.following.Lock()
	defer g.following.Unlock()
	for _, b := range batches {
		streams := b.Find(event.FieldLogStream)
		if streams == nil || streams.Kind != event.String {
			continue
		}
		g.mu.RLock()
		own := g.byDataset[datasetKey{b.Environment, b.Dataset}]
		g.mu.RUnlock()
		if own != nil {
			g.counted = true
			own.follow(b, streams)
		}
	}
	if g.told = seq; !g.counted && !g.writing {
		g.kept.Store(seq)
	}
}

// Followed implements ingest.Follower. What brought no lines needs no writing: it
// would bring none the next time either.
func (g *Groups) Followed() uint64 { return g.kept.Load() }

// follow counts the rows of a batch, a run of the same stream at a time.
func (g *group) follow(b *event.Batch, streams *event.Column) {
	body, arrivals := b.Find(event.FieldBody), b.Find(event.FieldArrival)
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.subscribed {
		g.news.Store(true)
	}
	for i := 0; i < len(streams.Codes); {
		code, from := streams.Codes[i], i
		for i < len(streams.Codes) && streams.Codes[i] == code {
			i++
		}
		s := g.streams[streams.Dict.Text(code)]
		for j := from; j < i; j++ {
			g.count(s, b, streams.Row(j), body, arrivals)
		}
	}
}

// count adds one line; s is nil if its stream is gone.
func (g *group) count(s *stream, b *event.Batch, row int, body, arrivals *event.Column) {
	weight := int64(lineWeight)
	if body != nil {
		weight += textLength(body, row)
	}
	at := b.Times[row] / int64(time.Millisecond)
	day := int32(at / msPerDay)
	g.days[day] += weight
	g.dirtyDays[day] = true
	if s == nil {
		return
	}
	if s.first == 0 || at < s.first {
		s.first = at
	}
	s.last = max(s.last, at)
	s.bytes += weight
	if arrivals != nil {
		s.arrival = max(s.arrival, arrivals.Get(row).Int())
	}
	g.dirty[s.name] = s
}

// textLength is the length of a row's text, without looking for it where every
// row has one.
func textLength(c *event.Column, row int) int64 {
	if c.Kind == event.String && c.Rows == nil && row < len(c.Codes) {
		return int64(len(c.Dict.Text(c.Codes[row])))
	}
	return int64(len(c.Get(row).Text()))
}
