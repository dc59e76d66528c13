package cloudwatch

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
)

// sweepEvery is how long the lines of a deleted stream are only hidden, and how
// long a sweep that failed waits.
const sweepEvery = 10 * time.Second

// Dropper removes rows of a dataset for good; see store.Store.
type Dropper func(ctx context.Context, environment, dataset string, where query.Expr) error

// Sweep begins to remove, in the background, the lines of streams that were
// deleted; until then they are hidden. The journal must have been replayed: what
// comes back by it later would not be hidden any more. Close ends it.
func (g *Groups) Sweep(drop Dropper) {
	g.sweeping.Go(func() {
		every(g.background, sweepEvery, func() {
			if err := g.sweep(g.background, drop); err != nil && g.background.Err() == nil {
				g.cfg.Log.WarnContext(g.background, "lines of deleted streams could not be removed, trying again", slog.Any("error", err))
			}
		})
	})
}

// sweep removes the lines of all streams that were deleted.
func (g *Groups) sweep(ctx context.Context, drop Dropper) error {
	g.mu.RLock()
	all := make([]*group, 0, len(g.byDataset))
	for _, one := range g.byDataset {
		all = append(all, one)
	}
	g.mu.RUnlock()
	for _, one := range all {
		for _, h := range one.hidden() {
			if err := drop(ctx, one.environment, one.dataset, h.lines()); err != nil {
				return fmt.Errorf("stream %s of %s: %w", h.stream, one.name, err)
			}
			if err := g.swept(ctx, one, h); err != nil {
				return fmt.Errorf("stream %s of %s: %w", h.stream, one.name, err)
			}
		}
	}
	return nil
}

// lines is true of those that are hidden.
func (h hiddenStream) lines() query.Expr {
	return query.And{Terms: []query.Expr{
		fieldIs(event.FieldLogStream, h.stream),
		query.Compare{Op: query.Le, L: query.Field{Name: event.FieldArrival}, R: query.Literal{Value: event.IntValue(h.arrival)}},
	}}
}

// swept forgets that lines are hidden: there are none any more.
func (g *Groups) swept(ctx context.Context, one *group, h hiddenStream) error {
	g.change.Lock()
	defer g.change.Unlock()
	err := g.db.Write(ctx, func(tx *sql.Tx) error {
		const these = " WHERE environment = ? AND dataset = ? AND name = ? AND after = ?"
		if _, err := tx.ExecContext(ctx, "DELETE FROM cloudwatch_stream"+these+" AND gone", one.environment, one.dataset, h.stream, h.arrival); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "UPDATE cloudwatch_stream SET after = 0"+these, one.environment, one.dataset, h.stream, h.arrival)
		return err
	})
	if err != nil {
		return err
	}
	one.mu.Lock()
	defer one.mu.Unlock()
	if one.gone[h.stream] == h.arrival {
		delete(one.gone, h.stream)
	}
	if s := one.streams[h.stream]; s != nil && s.after == h.arrival {
		s.after = 0
	}
	return nil
}
