package workspace

import (
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/meta"
)

// desk is a library on a file that can be closed and opened again.
type desk struct {
	*Library
	t    *testing.T
	path string
	cfg  Config
	db   *meta.DB
	now  time.Time
}

func newDesk(t *testing.T, cfg Config) *desk {
	t.Helper()
	d := &desk{t: t, path: filepath.Join(t.TempDir(), "meta.db"), cfg: cfg, now: time.Unix(1_764_000_000, 5)}
	d.cfg.Log = slog.New(slog.NewTextHandler(t.Output(), nil))
	d.cfg.Clock = func() time.Time {
		d.now = d.now.Add(time.Second)
		return d.now
	}
	d.open()
	t.Cleanup(d.close)
	return d
}

func (d *desk) open() {
	d.t.Helper()
	db, err := meta.Open(d.t.Context(), d.path)
	must(d.t, err)
	d.db = db
	d.Library, err = Open(d.t.Context(), db, d.cfg)
	must(d.t, err)
}

func (d *desk) close() {
	d.Close()
	must(d.t, d.db.Close())
}

func (d *desk) restart() {
	d.close()
	d.open()
}

// answer opens a result and lets go of it.
func (d *desk) answer(r *Result) []byte {
	d.t.Helper()
	answer, release, err := r.Open()
	must(d.t, err)
	release()
	release() // once more does nothing
	return answer
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantFault(t *testing.T, what string, err error, kind fault.Kind, text string) {
	t.Helper()
	if !fault.Is(err, kind) || !strings.Contains(fault.MessageOf(err), text) {
		t.Errorf("%s: %v, want %s with %q", what, err, kind, text)
	}
}
