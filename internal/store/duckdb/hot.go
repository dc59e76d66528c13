package duckdb

import (
	"time"

	"github.com/oriel-dev/oriel/internal/event"
)

// generation is a set of rows in memory that will become one segment. It is
// written under the store's lock; readers take views.
type generation struct {
	sets  map[setKey]*event.Batch // the last batch of each
	order []*event.Batch
	rows  int
	bytes int64
	last  uint64 // journal position of the newest rows
	born  time.Time
}

type setKey struct{ environment, dataset string }

func newGeneration() *generation { return &generation{sets: map[setKey]*event.Batch{}} }

// mostText bounds the texts of one column of a batch, which lie in one piece of
// memory that is copied as it grows: past it, rows go on in another batch.
const mostText = 15 << 20

func (g *generation) append(b *event.Batch) {
	key := setKey{b.Environment, b.Dataset}
	set := g.sets[key]
	if set == nil || set.LongestText() > mostText {
		set = event.NewBatch(b.Environment, b.Dataset)
		g.sets[key] = set
		g.order = append(g.order, set)
	}
	g.bytes += set.AppendBatch(b)
	g.rows += b.Len()
}

// views returns what there is of an environment and, unless empty, some datasets, and
// what that are views of.
func (g *generation) views(environment string, wanted func(dataset string) bool) (views, bases []*event.Batch) {
	for _, set := range g.order {
		if set.Environment == environment && wanted(set.Dataset) {
			views, bases = append(views, set.View()), append(bases, set)
		}
	}
	return views, bases
}
