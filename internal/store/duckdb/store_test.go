package duckdb

import (
	"log/slog"
	"testing"
	"time"

	"github.com/oriel-dev/oriel/internal/store"
	"github.com/oriel-dev/oriel/internal/store/storetest"
)

func openStore(t testing.TB, c Config) *Store {
	t.Helper()
	if c.Dir == "" {
		c.Dir = t.TempDir()
	}
	if c.Clock == nil {
		c.Clock = func() time.Time { return time.Unix(1_800_000_000, 0) }
	}
	if c.Log == nil {
		c.Log = slog.New(slog.NewTextHandler(t.Output(), nil))
	}
	c.MemoryLimit = 3 << 30
	s, err := Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestStore_PassesTheSuite(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Store { return openStore(t, Config{}) })
}

func TestStore_PassesTheCases(t *testing.T) {
	storetest.RunCases(t, "../sqlgen/testdata", func(t *testing.T) store.Store { return openStore(t, Config{}) })
}

func TestStore_ComesBackAfterARestart(t *testing.T) {
	storetest.RunRestart(t, func(t *testing.T, folder string) store.Store { return openStore(t, Config{Dir: folder}) })
}
