package ingest

import (
	"slices"
	"sync"
	"testing"

	"github.com/oriel-dev/oriel/internal/event"
)

// stamper marks rows, and remembers whose marks were taken back.
type stamper struct {
	mu        sync.Mutex
	withdrawn []string
}

func (*stamper) Stamp(batches []*event.Batch) {
	for _, b := range batches {
		for row := range b.Len() {
			b.SetAt(row, event.FieldErrorTitle, event.StringValue("stamped"))
		}
	}
}

func (s *stamper) Withdraw(batches []*event.Batch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range batches {
		for row := range b.Len() {
			s.withdrawn = append(s.withdrawn, b.Row(row).Get("name").Str())
		}
	}
}

// What is stamped is in the journal with its row; what is not stored, or was
// before, is told of.
func TestStamper_MarksRowsBeforeTheyAreInTheJournal(t *testing.T) {
	t.Parallel()
	s, f := &stamper{}, &follower{}
	r := newRig(t, func(c *Config) { c.Stamper = s })
	r.mustWrite("a")
	r.mustWrite("a") // a retry
	if !slices.Equal(s.withdrawn, []string{"a"}) {
		t.Errorf("withdrawn %q", s.withdrawn)
	}
	after := &rig{t: t, cfg: r.cfg, store: newGate(), clock: r.clock}
	r.close()
	title := ""
	after.cfg.Store, after.cfg.Stamper, after.cfg.Followers = after.store, nil, []Follower{f, titles{&title}}
	after.open()
	if title != "stamped" || !slices.Equal(f.told(), []string{"a"}) {
		t.Errorf("replayed %q with title %q", f.told(), title)
	}
}

// titles remembers the last title it was told.
type titles struct{ last *string }

func (f titles) Follow(_ uint64, batches []*event.Batch) {
	*f.last = batches[0].Row(0).Get(event.FieldErrorTitle).Str()
}

func (titles) Followed() uint64 { return 0 }
