package duckdb

import (
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestDropDataset_KilledAtAnyPointLosesNothingElse: rows of the other dataset are
// there once each, and dropping again ends the work.
func TestDropDataset_KilledAtAnyPointLosesNothingElse(t *testing.T) {
	t.Parallel()
	whole := t.TempDir()
	s := openStore(t, Config{Dir: whole, FlushAge: time.Hour})
	for i := range 3 { // two segments of both datasets and one of set1 alone
		appendRows(t, s, 2*i+1, min(2*i+2, 5))
		if err := s.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for failAt := int64(1); ; failAt++ {
		fs := &faultFS{failAt: failAt, dead: failAt%2 == 0, err: unix.ENOSPC}
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS(whole)); err != nil {
			t.Fatal(err)
		}
		s := openStore(t, Config{Dir: dir, FS: fs, FlushAge: time.Hour})
		err := s.DropDataset(t.Context(), "test", "set1")
		if err != nil && !errors.Is(err, unix.ENOSPC) {
			t.Fatal(err)
		}
		_ = s.Close() // the process is dead: only its lock goes
		s = openStore(t, Config{Dir: dir, FlushAge: time.Hour})
		appendRows(t, s, 1, 5)
		when := fmt.Sprintf("killed at operation %d", failAt)
		left := map[string]int64{}
		for _, d := range s.Catalog("test").Datasets {
			left[d.Slug] = d.Rows
		}
		if left["set0"] != 20 || left["set1"] > 30 || err == nil && left["set1"] > 0 {
			t.Fatalf("%s: %v", when, left)
		}
		if err := s.DropDataset(t.Context(), "test", "set1"); err != nil {
			t.Fatal(err)
		}
		wantRows(t, s, 20, when)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if err == nil && fs.ops.Load() < failAt {
			if failAt < 10 {
				t.Fatalf("only %d operations could fail", failAt)
			}
			return
		}
	}
}
