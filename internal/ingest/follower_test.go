package ingest

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/oriel-dev/oriel/internal/event"
)

// follower counts the rows by name, and has kept what it was told up to kept.
type follower struct {
	mu   sync.Mutex
	kept uint64
	seqs []uint64
	rows []string
}

func (f *follower) Follow(seq uint64, batches []*event.Batch) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.seqs = append(f.seqs, seq)
	for _, b := range batches {
		for i := range b.Len() {
			f.rows = append(f.rows, b.Row(i).Get("name").Str())
		}
	}
}

func (f *follower) Followed() uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.kept
}

func (f *follower) keep(seq uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.kept = seq
}

func (f *follower) told() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.rows)
}

// A follower is told of each row once, also of rows that the store had made
// durable before the crash while the follower had not.
func TestFollower_IsToldOnceOverCrashes(t *testing.T) {
	t.Parallel()
	first := &follower{}
	r := newRig(t, func(c *Config) { c.JournalFile, c.Followers = 1, []Follower{first} })
	for _, name := range []string{"a", "b", "c"} {
		r.mustWrite(name)
	}
	if got := first.told(); !slices.Equal(got, []string{"a", "b", "c"}) {
		t.Fatalf("told %q", got)
	}
	first.keep(first.seqs[0])
	if err := r.store.Flush(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
	r.tidy(t.Context()) // must not drop what the follower lacks
	again := &follower{kept: first.kept}
	after := &rig{t: t, cfg: r.cfg, store: r.store, clock: r.clock}
	after.cfg.Dir, after.cfg.Followers = filepath.Join(t.TempDir(), "journal"), []Follower{again}
	if err := os.CopyFS(after.cfg.Dir, os.DirFS(r.cfg.Dir)); err != nil {
		t.Fatal(err)
	}
	before := len(r.store.names())
	after.open()
	if n := len(r.store.names()); n != before {
		t.Errorf("the store was given %d rows again", n-before)
	}
	if got := again.told(); !slices.Equal(got, []string{"b", "c"}) {
		t.Errorf("told after the crash %q", got)
	}
	after.mustWrite("d")
	if got := again.told(); !slices.Equal(got, []string{"b", "c", "d"}) {
		t.Errorf("told then %q", got)
	}
	if again.keep(again.seqs[2]); after.safe() != min(again.seqs[2], after.store.Durable()) {
		t.Errorf("the journal is kept from %d", after.safe())
	}
}
