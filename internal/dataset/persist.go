package dataset

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"strings"
	"time"
)

// lastWrittenGrain is how far the stored last-written time and row counts may
// lag behind while nothing new appears: each is a row to update.
const lastWrittenGrain = 30 * time.Second

func (r *Registry) run(ctx context.Context) {
	defer close(r.done)
	ticker := time.NewTicker(lastWrittenGrain)
	defer ticker.Stop()
	pause := time.NewTimer(writeEvery)
	defer pause.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		case <-r.wake:
		}
		if err := r.Write(ctx); err != nil && ctx.Err() == nil {
			r.cfg.Log.WarnContext(ctx, "datasets could not be written, trying again", slog.Any("error", err))
			r.signal()
		}
		// At most one transaction in writeEvery, however many names appear.
		pause.Reset(writeEvery)
		select {
		case <-ctx.Done():
			return
		case <-pause.C:
		}
	}
}

// Write puts all that changed into the settings database, in one transaction.
// It is called in the background; a test may call it too.
func (r *Registry) Write(ctx context.Context) error {
	r.write.Lock()
	defer r.write.Unlock()
	sets, columns, services := r.changed()
	if len(sets)+len(columns)+len(services) == 0 {
		return nil
	}
	err := r.db.Write(ctx, func(tx *sql.Tx) error {
		for _, s := range sets {
			if err := s.write(ctx, tx); err != nil {
				return err
			}
		}
		for _, c := range columns {
			if err := writeColumn(ctx, tx, c.of, c.name, &c.column); err != nil {
				return err
			}
		}
		for _, s := range services {
			if err := s.write(ctx, tx); err != nil {
				return err
			}
		}
		return nil
	})
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil {
		for _, c := range columns {
			r.noted = append(r.noted, c.notedColumn)
		}
		return fmt.Errorf("write datasets: %w", err)
	}
	for _, s := range sets {
		s.of.written = s.last
	}
	for _, s := range services {
		s.of.written = s.rows
	}
	return nil
}

// setChange and serviceChange are what one write stores.
type setChange struct {
	of        *set
	last      int64
	metrics   bool
	allocated bool
}

type serviceChange struct {
	of   *service
	rows int64
}

type columnChange struct {
	notedColumn
	column column
}

func (r *Registry) changed() (sets []setChange, columns []columnChange, services []serviceChange) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.noted {
		if r.sets[id{c.of.Environment, c.of.Slug}] == c.of { // else it was deleted
			columns = append(columns, columnChange{c, *c.of.columns[c.name]})
		}
	}
	r.noted = nil
	for _, s := range r.sets {
		if c := s.change(); c.last != s.written {
			sets = append(sets, c)
		}
	}
	for _, s := range r.services {
		if rows := s.rows.Load(); rows != s.written {
			services = append(services, serviceChange{of: s, rows: rows})
		}
	}
	return sets, columns, services
}

func (s *set) change() setChange {
	return setChange{of: s, last: s.last.Load(), metrics: s.Metrics, allocated: s.allocated}
}

func (c setChange) write(ctx context.Context, tx *sql.Tx) error {
	d := &c.of.Dataset
	_, err := tx.ExecContext(ctx, `INSERT INTO dataset (environment, slug, name, created, last_written, description, expand_json_depth, deletable, metrics, allocated)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (environment, slug) DO UPDATE SET last_written = excluded.last_written, metrics = excluded.metrics, allocated = excluded.allocated`,
		d.Environment, d.Slug, d.Name, d.Created.UnixNano(), c.last, d.Description, d.ExpandJSONDepth, d.Deletable, c.metrics, c.allocated)
	return err
}

func (c serviceChange) write(ctx context.Context, tx *sql.Tx) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO dataset_service (name, slot, seen, rows) VALUES (?, ?, ?, ?)
		ON CONFLICT (name) DO UPDATE SET rows = excluded.rows`, c.of.name, c.of.slot, c.of.seen, c.rows)
	return err
}

// read loads the tables; it runs before anybody else has the registry.
func (r *Registry) read(ctx context.Context) error {
	err := r.db.Read(ctx, func(tx *sql.Tx) error {
		for _, table := range []func(context.Context, *sql.Tx) error{r.readSets, r.readColumns, r.readDefinitions, r.readCalculated, r.readServices} {
			if err := table(ctx, tx); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("read datasets: %w", err)
	}
	return nil
}

func (r *Registry) readSets(ctx context.Context, tx *sql.Tx) error {
	rows, err := tx.QueryContext(ctx, "SELECT environment, slug, name, created, last_written, description, expand_json_depth, deletable, metrics, allocated FROM dataset")
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	for rows.Next() {
		s := newSet("", "", "", time.Time{})
		var created int64
		d := &s.Dataset
		if err := rows.Scan(&d.Environment, &d.Slug, &d.Name, &created, &s.written, &d.Description, &d.ExpandJSONDepth, &d.Deletable, &d.Metrics, &s.allocated); err != nil {
			return err
		}
		s.Created = moment(created)
		s.last.Store(s.written)
		r.sets[id{s.Environment, s.Slug}] = s
		r.countLocked(s, 1)
		r.spelling[id{s.Environment, s.Name}] = s.Slug
	}
	return rows.Err()
}

func (r *Registry) readServices(ctx context.Context, tx *sql.Tx) error {
	rows, err := tx.QueryContext(ctx, "SELECT name, slot, seen, rows FROM dataset_service")
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	for rows.Next() {
		s := &service{}
		if err := rows.Scan(&s.name, &s.slot, &s.seen, &s.written); err != nil {
			return err
		}
		if s.slot < 1 || s.slot > Slots {
			return fmt.Errorf("service %s has colour slot %d", strings.ToValidUTF8(s.name, "?"), s.slot)
		}
		s.rows.Store(s.written)
		r.services[s.name] = s
		r.holders[s.slot]++
		r.load[s.slot] += s.written
	}
	return rows.Err()
}
