package store

import (
	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
)

// ScanOptions say what a scan hands over.
type ScanOptions struct {
	Fields []string // loaded into the batches, beside the times; computed fields are not
	// Untimed says that nobody looks at the times of rows beyond that they are in the
	// query's range: they may be any.
	Untimed bool
	// Visit is given the rows of a batch that the query keeps. It is called by
	// several goroutines at once, each with a number of its own below the one that
	// Begin was given. The batch is not to be kept or changed; text of it may be kept.
	Visit func(worker int, b *event.Batch, rows query.Mask)
	// Begin is called before anything is visited. It is called again if all must
	// begin anew, because a segment turned out to be damaged.
	Begin    func(workers int)
	Progress func(Progress) // called now and then from another goroutine; may be nil
}
