package cloudwatch

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
)

func (g *Groups) run(ctx context.Context) {
	defer close(g.done)
	every(ctx, writeEvery, func() {
		if err := g.write(ctx); err != nil && ctx.Err() == nil {
			g.cfg.Log.WarnContext(ctx, "sums of log groups could not be written, trying again", slog.Any("error", err))
		}
	})
}

// pendingSums are the sums of a group that differ from the database.
type pendingSums struct {
	of      *group
	streams []stream
	days    map[int32]int64
}

// write stores the sums that changed, with up to where they follow the journal:
// what is told while it writes is in the next one.
func (g *Groups) write(ctx context.Context) error {
	g.change.Lock()
	defer g.change.Unlock()
	all, seq := g.takeSums()
	if all == nil {
		return nil
	}
	err := g.db.Write(ctx, func(tx *sql.Tx) error {
		for _, p := range all {
			if err := p.write(ctx, tx); err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, "UPDATE cloudwatch_followed SET seq = ? WHERE id = 1", int64(seq))
		return err
	})
	g.following.Lock()
	defer g.following.Unlock()
	g.writing = false
	if err != nil {
		for _, p := range all {
			p.giveBack()
		}
		g.counted = true
		return fmt.Errorf("write log groups: %w", err)
	}
	if !g.counted {
		seq = g.told
	}
	g.kept.Store(seq)
	return nil
}

// takeSums returns the sums that changed and the seq they belong to, nil if none did.
func (g *Groups) takeSums() ([]*pendingSums, uint64) {
	g.following.Lock()
	defer g.following.Unlock()
	if !g.counted {
		return nil, 0
	}
	g.counted, g.writing = false, true
	all := []*pendingSums{}
	g.mu.RLock()
	defer g.mu.RUnlock()
	for _, one := range g.byDataset {
		if p := one.takeSums(); p != nil {
			all = append(all, p)
		}
	}
	return all, g.told
}

func (g *group) takeSums() *pendingSums {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.deleted || len(g.dirty) == 0 && len(g.dirtyDays) == 0 {
		return nil
	}
	p := &pendingSums{of: g, days: map[int32]int64{}}
	for _, s := range g.dirty {
		p.streams = append(p.streams, *s)
	}
	for day := range g.dirtyDays {
		p.days[day] = g.days[day]
	}
	clear(g.dirty)
	clear(g.dirtyDays)
	return p
}

func (p *pendingSums) giveBack() {
	p.of.mu.Lock()
	defer p.of.mu.Unlock()
	for _, s := range p.streams {
		if now := p.of.streams[s.name]; now != nil {
			p.of.dirty[s.name] = now
		}
	}
	for day := range p.days {
		p.of.dirtyDays[day] = true
	}
}

func (p *pendingSums) write(ctx context.Context, tx *sql.Tx) error {
	for i := range p.streams {
		s := &p.streams[i]
		_, err := tx.ExecContext(ctx, `UPDATE cloudwatch_stream SET first_event = ?, last_event = ?, arrival = ?, bytes = ?
			WHERE environment = ? AND dataset = ? AND name = ?`, s.first, s.last, s.arrival, s.bytes, p.of.environment, p.of.dataset, s.name)
		if err != nil {
			return err
		}
	}
	for day, bytes := range p.days {
		_, err := tx.ExecContext(ctx, `INSERT INTO cloudwatch_day (environment, dataset, day, bytes) VALUES (?, ?, ?, ?)
			ON CONFLICT (environment, dataset, day) DO UPDATE SET bytes = excluded.bytes`, p.of.environment, p.of.dataset, day, bytes)
		if err != nil {
			return err
		}
	}
	return nil
}

func (g *Groups) read(ctx context.Context) error {
	return g.db.Read(ctx, func(tx *sql.Tx) error {
		for _, f := range []func(context.Context, *sql.Tx) error{g.readGroups, g.readStreams, g.readDays} {
			if err := f(ctx, tx); err != nil {
				return fmt.Errorf("read log groups: %w", err)
			}
		}
		var seq int64
		err := tx.QueryRowContext(ctx, "SELECT seq FROM cloudwatch_followed WHERE id = 1").Scan(&seq)
		g.kept.Store(uint64(seq))
		g.told = uint64(seq)
		return err
	})
}

func (g *Groups) readGroups(ctx context.Context, tx *sql.Tx) error {
	rows, err := tx.QueryContext(ctx, "SELECT environment, region, name, dataset, created, class, retention, kms_key, protected, bearer FROM cloudwatch_group")
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	for rows.Next() {
		one := newGroup("", "", "", "", 0)
		if err := rows.Scan(&one.environment, &one.region, &one.name, &one.dataset, &one.created, &one.class, &one.retention, &one.kmsKey,
			&one.protected, &one.bearer); err != nil {
			return err
		}
		g.byName[groupKey{one.environment, one.region, one.name}] = one
		g.byDataset[datasetKey{one.environment, one.dataset}] = one
	}
	return rows.Err()
}

func (g *Groups) readStreams(ctx context.Context, tx *sql.Tx) error {
	rows, err := tx.QueryContext(ctx, "SELECT environment, dataset, name, created, first_event, last_event, arrival, bytes, after, gone FROM cloudwatch_stream")
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	for rows.Next() {
		var key datasetKey
		var gone bool
		s := &stream{}
		if err := rows.Scan(&key.environment, &key.dataset, &s.name, &s.created, &s.first, &s.last, &s.arrival, &s.bytes, &s.after, &gone); err != nil {
			return err
		}
		one := g.byDataset[key]
		switch {
		case one == nil:
		case gone:
			one.gone[s.name] = s.after
		default:
			one.streams[s.name] = s
			g.streams++
		}
	}
	return rows.Err()
}

func (g *Groups) readDays(ctx context.Context, tx *sql.Tx) error {
	rows, err := tx.QueryContext(ctx, "SELECT environment, dataset, day, bytes FROM cloudwatch_day")
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	for rows.Next() {
		var key datasetKey
		var day int32
		var bytes int64
		if err := rows.Scan(&key.environment, &key.dataset, &day, &bytes); err != nil {
			return err
		}
		if one := g.byDataset[key]; one != nil {
			one.days[day] = bytes
		}
	}
	return rows.Err()
}
