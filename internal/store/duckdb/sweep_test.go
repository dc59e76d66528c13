package duckdb

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/oriel-dev/oriel/internal/store/segment"
)

// storeOfTwo has two segments, of 10 rows each, and tells what it logs.
func storeOfTwo(t *testing.T) (*Store, *bytes.Buffer) {
	t.Helper()
	var log bytes.Buffer
	s := openStore(t, Config{Dir: t.TempDir(), FlushAge: time.Hour, Log: slog.New(slog.NewTextHandler(&log, nil))})
	for seq := 1; seq <= 2; seq++ {
		appendRows(t, s, seq, seq)
		if err := s.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	return s, &log
}

// A file that one reader stumbled over is read as a whole before it is given up.
func TestUntilWhole_KeepsAFileThatIsWhole(t *testing.T) {
	t.Parallel()
	s, log := storeOfTwo(t)
	cause := fmt.Errorf("%w: page 3 of a column", segment.ErrDamaged)
	runs := 0
	err := s.untilWhole(t.Context(), func() (found damages, err error) {
		if runs++; runs == 1 {
			found.add(s.files[0], cause)
			found.add(s.files[0], errors.New("the same again"))
		}
		return found, nil
	})
	if err != nil || runs != 2 {
		t.Fatalf("%d runs, %v", runs, err)
	}
	wantRows(t, s, 20, "with a whole file that could not be read once")
	if len(s.missing) > 0 || !strings.Contains(log.String(), "page 3 of a column") {
		t.Errorf("missing %v, logged %s", s.missing, log)
	}
	runs = 0
	err = s.untilWhole(t.Context(), func() (damages, error) {
		runs++
		return damages{{s.files[1], cause}}, nil
	})
	if !errors.Is(err, segment.ErrDamaged) || !strings.Contains(err.Error(), "page 3") || runs != 2 || len(s.missing) > 0 {
		t.Errorf("a whole file that can never be read: %d runs, missing %v, %v", runs, s.missing, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestUntilWhole_SetsAsideWhatIsDamagedAndSaysWhy(t *testing.T) {
	t.Parallel()
	s, log := storeOfTwo(t)
	f := s.files[0]
	path := filepath.Join(s.config.Dir, f.name)
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	out, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := out.WriteAt(make([]byte, len(raw)/4), 4); err != nil { // its first pages
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	err = s.untilWhole(t.Context(), func() (found damages, err error) {
		if len(s.missing) == 0 {
			found.add(f, fmt.Errorf("%w: page 3 of a column", segment.ErrDamaged))
		}
		return found, nil
	})
	if err != nil || len(s.missing) != 1 || !strings.Contains(log.String(), "page 3 of a column") {
		t.Errorf("missing %v, %v, logged %s", s.missing, err, log)
	}
	wantRows(t, s, 10, "without the damaged file")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// What stops in the middle may look like damage.
func TestUntilWhole_JudgesNothingOnceItsCallerHasGone(t *testing.T) {
	t.Parallel()
	s, _ := storeOfTwo(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.untilWhole(ctx, func() (damages, error) {
		return damages{{s.files[0], segment.ErrDamaged}}, nil
	}); err == nil || len(s.missing) > 0 {
		t.Errorf("missing %v, %v", s.missing, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}
