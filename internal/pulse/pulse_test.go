package pulse_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/oriel-dev/oriel/internal/pulse"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
)

const (
	minute = int64(time.Minute)
	hour   = 60 * minute
)

// shelf holds roll-ups, and counts the minutes that are read of it.
type shelf struct {
	mu        sync.Mutex
	rollups   []store.Rollup
	revisions map[int64]uint64 // by minute
	read      int64
}

func (s *shelf) add(at int64, service, name string, n, faults, ms float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rollups = append(s.rollups, store.Rollup{
		Minute: at / minute * minute, Service: service, Name: name, Kind: "server", Serves: true, Count: n, Faults: faults,
		Bins: map[int32]float64{query.HistogramBin(ms): n}, Slowest: store.Exemplar{TraceID: fmt.Sprintf("%032x", int(ms)), SpanID: "1", MS: ms},
	})
	if s.revisions == nil {
		s.revisions = map[int64]uint64{}
	}
	s.revisions[at/minute]++
}

func (s *shelf) Rollups(_ context.Context, _ string, start, end int64) (list []store.Rollup, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.read += (end - start) / minute
	for _, r := range s.rollups {
		if r.Minute >= start && r.Minute < end {
			list = append(list, r)
		}
	}
	return list, nil
}

func (s *shelf) Revision(_ string, start, end int64) (n uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for at, r := range s.revisions {
		if at*minute >= start && at*minute < end {
			n += r
		}
	}
	return n
}

func (s *shelf) minutesRead() (n int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, s.read = s.read, 0
	return n
}

func open(t *testing.T, s *shelf, most int) *pulse.Pulse {
	t.Helper()
	return openAt(t, s, most, func() time.Time { return time.Unix(0, 0) })
}

func openAt(t *testing.T, s *shelf, most int, clock func() time.Time) *pulse.Pulse {
	t.Helper()
	p := pulse.New(pulse.Config{Source: s, Clock: clock, Log: slog.New(slog.DiscardHandler), MaxKept: most})
	t.Cleanup(p.Close)
	return p
}

// What did not change is not read again; what did is, and nothing else.
func TestTiles_AreReadAsTheyChange(t *testing.T) {
	t.Parallel()
	s := &shelf{}
	p := open(t, s, 0)
	for i := range int64(10) {
		s.add(100*hour+i*minute, "api", "GET /", 10, 1, 20)
		s.add(100*hour+i*minute, "api", "GET /feed", 10, 0, 200)
	}
	look := func() (count, faults float64) {
		t.Helper()
		tiles, err := p.Tiles(t.Context(), "test", 100*hour, 100*hour+10*minute, minute)
		if err != nil || len(tiles) != 10 {
			t.Fatalf("%d tiles, %v", len(tiles), err)
		}
		for i, tile := range tiles {
			a := tile.Services["api"]
			if tile.Start != 100*hour+int64(i)*minute || a == nil || len(a.Operations) != 2 || a.P95 < 199 || a.P95 > 201 || a.Operations["GET /feed"].Slowest.MS != 200 {
				t.Fatalf("tile %d is %+v", i, a)
			}
			count, faults = count+a.Count, faults+a.Faults
		}
		return count, faults
	}
	if n, bad := look(); n != 200 || bad != 10 || s.minutesRead() != 10 {
		t.Errorf("%v requests, %v bad", n, bad)
	}
	if look(); s.minutesRead() != 0 {
		t.Error("what did not change was read again")
	}
	s.add(100*hour+7*minute, "api", "GET /", 5, 5, 20)
	if n, bad := look(); n != 205 || bad != 15 || s.minutesRead() != 1 {
		t.Errorf("after a late one %v requests, %v bad", n, bad)
	}
}

func TestTiles_AreForgottenWhereThereAreTooMany(t *testing.T) {
	t.Parallel()
	s := &shelf{}
	for i := range int64(100) {
		s.add(i*minute, "api", "GET /", 1, 0, 20)
	}
	p := open(t, s, 200) // some twenty
	for range 2 {
		for i := range int64(100) {
			tiles, err := p.Tiles(t.Context(), "test", i*minute, (i+1)*minute, minute)
			if err != nil || tiles[0].Services["api"].Count != 1 {
				t.Fatal(err)
			}
		}
	}
	if n := s.minutesRead(); n != 200 {
		t.Errorf("%d minutes were read", n)
	}
	if _, err := p.Tiles(t.Context(), "test", 99*minute, 100*minute, minute); err != nil || s.minutesRead() != 0 {
		t.Error("the latest was forgotten, too")
	}
}

func TestTiles_JoinOperationsThatAreTooMany(t *testing.T) {
	t.Parallel()
	s := &shelf{}
	for i := range 300 {
		s.add(0, "api", fmt.Sprintf("GET /%d", i), float64(1+i/200), 0, 20)
	}
	tiles, err := open(t, s, 0).Tiles(t.Context(), "test", 0, minute, minute)
	if err != nil {
		t.Fatal(err)
	}
	a := tiles[0].Services["api"]
	if len(a.Operations) != 201 || a.Count != 400 || a.Operations[""].Count != 100 {
		t.Errorf("%d operations, %v requests, %v of the rest", len(a.Operations), a.Count, a.Operations[""])
	}
}

// The latest hours are there at once, the others when they have been added up.
func TestHistory_GoesAsFarBackAsDataGoes(t *testing.T) {
	t.Parallel()
	s := &shelf{}
	p := open(t, s, 0)
	for i := range int64(20) {
		s.add((100+i)*hour+5*minute, "api", "GET /", 10, 1, 20)
	}
	end := 120*hour + 30*minute
	h, err := p.History(t.Context(), "test", end-168*hour, end)
	if err != nil || h.Services["api"]["GET /"].Count != 30 {
		t.Fatalf("at once: %+v, %v", h, err)
	}
	for !h.Complete {
		if h, err = p.History(t.Context(), "test", end-168*hour, end); err != nil {
			t.Fatal(err)
		}
	}
	if sums := h.Services["api"]["GET /"]; sums.Count != 200 || sums.Faults != 20 || len(sums.Bins) != 1 || h.From != 100*hour {
		t.Errorf("whole: %+v since %d", sums, h.From/hour)
	}
	s.minutesRead()
	if _, err = p.History(t.Context(), "test", end-168*hour, end); err != nil || s.minutesRead() != 0 {
		t.Error("it was read again")
	}
	s.add(120*hour, "api", "GET /", 10, 1, 20)
	h, err = p.History(t.Context(), "test", end-167*hour, end+hour)
	if err != nil || h.Services["api"]["GET /"] == nil {
		t.Fatalf("an hour later: %+v, %v", h, err)
	}
	for !h.Complete {
		if h, err = p.History(t.Context(), "test", end-167*hour, end+hour); err != nil {
			t.Fatal(err)
		}
	}
	if h.Services["api"]["GET /"].Count != 210 || s.minutesRead() != 60 {
		t.Error("an hour later more than that hour was read")
	}
}

// What was added up once is told while it is read anew: not the latest hours alone.
func TestHistory_StaysWholeWhileItIsReadAnew(t *testing.T) {
	t.Parallel()
	s := &shelf{}
	now := time.Unix(0, 0)
	p := openAt(t, s, 0, func() time.Time { return now })
	for i := range int64(20) {
		s.add((100+i)*hour+5*minute, "api", "GET /", 10, 1, 20)
	}
	look := func(end int64) pulse.History {
		h, err := p.History(t.Context(), "test", end-168*hour, end)
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	whole := func(end int64) {
		for h := look(end); !h.Complete; {
			h = look(end)
		}
	}
	whole(120 * hour)
	now = now.Add(2 * time.Minute)
	if h := look(120 * hour); h.From != 100*hour || h.Services["api"]["GET /"].Count != 200 {
		t.Errorf("minutes later it is %v since hour %d", h.Services["api"]["GET /"].Count, h.From/hour)
	}
	whole(120 * hour)
	if h := look(121 * hour); h.From != 100*hour || h.Services["api"]["GET /"].Count != 200 {
		t.Errorf("an hour later it is %+v since hour %d", h.Services["api"]["GET /"], h.From/hour)
	}
}

// Readers of different ranges do not displace what is kept for each other.
func TestHistory_IsKeptForEachRange(t *testing.T) {
	t.Parallel()
	s := &shelf{}
	p := open(t, s, 1) // tiles are forgotten: what is read anew is counted
	for i := range int64(20) {
		s.add((100+i)*hour+5*minute, "api", "GET /", 10, 1, 20)
	}
	look := func(end int64) pulse.History {
		h, err := p.History(t.Context(), "test", end-168*hour, end)
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	for _, end := range []int64{119 * hour, 120 * hour, 96 * hour, 119 * hour} {
		for h := look(end); !h.Complete; {
			h = look(end)
		}
	}
	s.minutesRead()
	for range 3 {
		if a, b, c := look(120*hour), look(119*hour), look(96*hour); a.Services["api"]["GET /"].Count != 200 || b.Services["api"]["GET /"].Count != 190 || len(c.Services) != 0 {
			t.Errorf("%v, %v and %v", a.Services["api"]["GET /"], b.Services["api"]["GET /"], c.Services)
		}
	}
	if n := s.minutesRead(); n != 0 {
		t.Errorf("%d minutes were read again", n)
	}
}
