package duckdb

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/store/segment"
)

// Retain implements store.Store.
func (s *Store) Retain(horizon func(environment, dataset string) int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.horizon = horizon
	s.revisions.removed()
}

// hide finds out which rows of the snapshot have expired, and lets go of segments
// that hold no others. Rows in memory are left out at once.
func (sn *snapshot) hide(horizon func(environment, dataset string) int64) {
	if horizon == nil {
		return
	}
	known := map[string]int64{}
	of := func(dataset string) int64 {
		at, asked := known[dataset]
		if !asked {
			at = horizon(sn.environment, dataset)
			known[dataset] = at
		}
		return at
	}
	sn.horizons = map[string]int64{}
	sn.files = slices.DeleteFunc(sn.files, func(f *file) bool {
		some := false
		for _, d := range f.info.Datasets {
			if d.Environment != sn.environment || !sn.wants(d.Dataset) {
				continue
			}
			at := of(d.Dataset)
			if some = some || d.MaxTime >= at; d.MinTime < at {
				sn.horizons[d.Dataset] = at
			}
		}
		if !some {
			f.release()
		}
		return !some
	})
	var hot []*event.Batch
	for _, b := range sn.hot {
		kept := since(b, of(b.Dataset))
		if kept != nil {
			hot = append(hot, kept)
		}
		if kept != b {
			sn.bases = nil
		}
	}
	sn.hot = hot
}

// horizonOf is the time before which rows of a dataset in the snapshot's files are
// hidden.
func (sn *snapshot) horizonOf(dataset string) int64 {
	if at, some := sn.horizons[dataset]; some {
		return at
	}
	return math.MinInt64
}

// since returns the rows of a batch from a time on, nil if there are none.
func since(b *event.Batch, at int64) *event.Batch {
	if b.Len() == 0 || slices.Min(b.Times) >= at {
		return b
	}
	var rows []int
	for i, t := range b.Times {
		if t >= at {
			rows = append(rows, i)
		}
	}
	if len(rows) == 0 {
		return nil
	}
	return b.Pick(rows)
}

// expiry is the condition that leaves out hidden rows of segments, "" if there
// are none.
func (sn *snapshot) expiry(files []*file) string {
	var hidden []string
	for dataset, at := range sn.horizons {
		if slices.ContainsFunc(files, func(f *file) bool {
			return slices.ContainsFunc(f.info.Datasets, func(d segment.DatasetInfo) bool {
				return d.Environment == sn.environment && d.Dataset == dataset && d.MinTime < at
			})
		}) {
			hidden = append(hidden, fmt.Sprintf(`NOT ("_dataset" = %s AND "_time" < make_timestamp_ns(%d))`, dialect.Quote(dataset), at))
		}
	}
	slices.Sort(hidden)
	return strings.Join(hidden, " AND ")
}
