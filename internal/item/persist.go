package item

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"sync"
)

// batch is what one transaction writes: copies, so that items can go on.
type batch struct {
	pending
	seq            uint64
	lastItem       int64
	lastOccurrence int64
	lastNotice     int64
	at             int64
	reports        []byte
	bodies         []kept
	projects       []project
	releases       []Release
}

// kept is an item as the database has it.
type kept struct {
	Item
	IPSketch     []byte `json:"ip_sketch,omitempty"`
	PeopleSketch []byte `json:"people_sketch,omitempty"`
	VersionRows  int    `json:"version_rows,omitempty"`
	PersonRows   int    `json:"person_rows,omitempty"`
}

// flush writes all that is pending. What is told while it writes is in the next one.
func (t *Items) flush(ctx context.Context) error {
	t.change.Lock()
	defer t.change.Unlock()
	return t.write(ctx, nil)
}

// write is flush for who holds change; more is written in the same transaction.
func (t *Items) write(ctx context.Context, more func(tx *sql.Tx) error) error {
	b := t.takePending(more != nil)
	if b == nil {
		return nil
	}
	err := t.db.Write(ctx, func(tx *sql.Tx) error {
		if err := b.write(ctx, tx, t.cfg); err != nil {
			return err
		}
		if more != nil {
			return more(tx)
		}
		return nil
	})
	t.mu.Lock()
	defer t.mu.Unlock()
	t.writing, t.flight = false, nil
	if err != nil {
		t.twins.giveBack(b.reports)
		b.after(t.wanted)
		t.wanted, t.counted = b.pending, true
		return fmt.Errorf("write items: %w", err)
	}
	for _, k := range b.bodies {
		if e := t.items[k.ID]; e != nil {
			e.versions, e.persons = k.VersionRows, k.PersonRows
		}
	}
	if !t.counted {
		b.seq = t.told
	}
	t.kept.Store(b.seq)
	if len(b.notices) > 0 {
		select {
		case t.arrived <- struct{}{}:
		default:
		}
	}
	return nil
}

func (t *Items) takePending(always bool) *batch {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.counted && !always {
		return nil
	}
	b := &batch{pending: t.wanted, seq: t.told, lastItem: t.lastItem, lastOccurrence: t.lastID.Load(), lastNotice: t.notices, at: t.now(), reports: t.twins.takeNotes()}
	for _, id := range slices.Sorted(maps.Keys(b.items)) {
		e := b.items[id]
		b.bodies = append(b.bodies, kept{e.Item, e.ips.clone(), e.people.clone(), e.versions, e.persons})
	}
	for _, p := range b.pending.projects {
		b.projects = append(b.projects, *p)
	}
	for _, r := range b.pending.releases {
		b.releases = append(b.releases, r.Release)
	}
	t.wanted, t.counted, t.writing, t.flight = newPending(), false, true, b
	return b
}

func (b *batch) write(ctx context.Context, tx *sql.Tx, cfg Config) error {
	rows := map[int64]*kept{}
	for i := range b.bodies {
		rows[b.bodies[i].ID] = &b.bodies[i]
	}
	for _, f := range []func() error{
		func() error { return b.writePeople(ctx, tx, rows, cfg.MaxPeople) },
		func() error { return b.writeVersions(ctx, tx, rows, cfg.MaxVersions) },
		func() error { return b.writeItems(ctx, tx) },
		func() error { return b.writeKeys(ctx, tx) },
		func() error { return b.writeCounts(ctx, tx) },
		func() error { return b.writeReleases(ctx, tx) },
		func() error { return b.writeNotices(ctx, tx) },
		func() error { return b.writeActivity(ctx, tx) },
		func() error { return b.writeReports(ctx, tx) },
		func() error { return removeRows(ctx, tx, b.gone) },
	} {
		if err := f(); err != nil {
			return err
		}
	}
	_, err := tx.ExecContext(ctx, "UPDATE item_followed SET seq = ?, last_item = ?, last_occurrence = ?, last_notice = ? WHERE id = 1",
		int64(b.seq), b.lastItem, b.lastOccurrence, b.lastNotice)
	return err
}

func (b *batch) writeItems(ctx context.Context, tx *sql.Tx) error {
	for _, p := range b.projects {
		_, err := tx.ExecContext(ctx, `INSERT INTO item_project (environment, id, last_counter, created) VALUES (?, ?, ?, ?)
			ON CONFLICT (environment) DO UPDATE SET last_counter = excluded.last_counter`, p.Environment, p.ID, p.lastCounter, p.Created)
		if err != nil {
			return err
		}
	}
	return writeEach(ctx, tx, "INSERT INTO item (id, body) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body", b.bodies,
		func(k kept) ([]any, error) {
			body, err := json.Marshal(k)
			return []any{k.ID, string(body)}, err
		})
}

func (b *batch) writeKeys(ctx context.Context, tx *sql.Tx) error {
	var bound, loose []key
	for k, id := range b.keys {
		if id == 0 {
			loose = append(loose, k)
		} else {
			bound = append(bound, k)
		}
	}
	err := writeEach(ctx, tx, "DELETE FROM item_fingerprint WHERE environment = ? AND error_environment = ? AND fingerprint = ?", loose, func(k key) ([]any, error) {
		return []any{k.environment, k.errorEnvironment, k.fingerprint}, nil
	})
	if err != nil {
		return err
	}
	return writeEach(ctx, tx, `INSERT INTO item_fingerprint (environment, error_environment, fingerprint, item) VALUES (?, ?, ?, ?)
		ON CONFLICT (environment, error_environment, fingerprint) DO UPDATE SET item = excluded.item`, bound, func(k key) ([]any, error) {
		return []any{k.environment, k.errorEnvironment, k.fingerprint, b.keys[k]}, nil
	})
}

// rowsOf bounds the rows of a table that an item may have: one that is there is
// changed, another is added while there is room.
type rowsOf struct {
	update, insert *sql.Stmt
	most           int
}

func prepareRows(ctx context.Context, tx *sql.Tx, most int, update, insert string) (r rowsOf, err error) {
	r.most = most
	if r.update, err = tx.PrepareContext(ctx, update); err == nil {
		r.insert, err = tx.PrepareContext(ctx, insert)
	}
	return r, err
}

// put changes or adds a row; had counts the item's rows.
func (r *rowsOf) put(ctx context.Context, had *int, change, add []any) error {
	if *had > 0 {
		done, err := r.update.ExecContext(ctx, change...)
		if err != nil {
			return err
		}
		if n, err := done.RowsAffected(); err != nil || n > 0 {
			return err
		}
	}
	if *had >= r.most {
		return nil
	}
	*had++
	_, err := r.insert.ExecContext(ctx, add...)
	return err
}

// writePeople keeps names as long as an item has not too many.
func (b *batch) writePeople(ctx context.Context, tx *sql.Tx, rows map[int64]*kept, most int) error {
	if len(b.people) == 0 {
		return nil
	}
	r, err := prepareRows(ctx, tx, most, `UPDATE item_person SET username = CASE WHEN ? = '' THEN username ELSE ? END, email = CASE WHEN ? = '' THEN email ELSE ? END,
		last_at = ?, n = n + ? WHERE item = ? AND person = ?`, "INSERT INTO item_person (item, person, username, email, first_at, last_at, n) VALUES (?, ?, ?, ?, ?, ?, ?)")
	if err != nil {
		return err
	}
	for k, p := range b.people {
		if rows[k.item] == nil {
			continue // the item is gone
		}
		err := r.put(ctx, &rows[k.item].PersonRows, []any{p.Username, p.Username, p.Email, p.Email, p.LastAt, p.Count, k.item, k.person},
			[]any{k.item, k.person, p.Username, p.Email, p.FirstAt, p.LastAt, p.Count})
		if err != nil {
			return err
		}
	}
	return nil
}

func (b *batch) writeVersions(ctx context.Context, tx *sql.Tx, rows map[int64]*kept, most int) error {
	if len(b.versions) == 0 {
		return nil
	}
	r, err := prepareRows(ctx, tx, most, "UPDATE item_version SET last_id = ?, last_at = ?, n = n + ?, how = how | ? WHERE item = ? AND version = ?",
		"INSERT INTO item_version (item, version, first_id, first_at, last_id, last_at, n, how) VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
	if err != nil {
		return err
	}
	for k, v := range b.versions {
		if rows[k.item] == nil {
			continue
		}
		err := r.put(ctx, &rows[k.item].VersionRows, []any{v.Last.ID, v.Last.At, v.Count, v.How, k.item, k.version},
			[]any{k.item, k.version, v.First.ID, v.First.At, v.Last.ID, v.Last.At, v.Count, v.How})
		if err != nil {
			return err
		}
	}
	return nil
}

func (b *batch) writeReleases(ctx context.Context, tx *sql.Tx) error {
	slices.SortFunc(b.releases, func(x, y Release) int { return cmp.Compare(x.ID, y.ID) })
	return writeEach(ctx, tx, `INSERT INTO item_release (id, environment, error_environment, version, body) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (environment, error_environment, version) DO UPDATE SET body = excluded.body`, b.releases,
		func(r Release) ([]any, error) {
			body, err := json.Marshal(r)
			return []any{r.ID, r.Environment, r.ErrorEnvironment, r.Version, string(body)}, err
		})
}

func (b *batch) writeNotices(ctx context.Context, tx *sql.Tx) error {
	if len(b.notices) == 0 {
		return nil
	}
	err := writeEach(ctx, tx, "INSERT INTO item_notice (id, body) VALUES (?, ?)", b.notices, func(n Notice) ([]any, error) {
		body, err := json.Marshal(n)
		return []any{n.ID, string(body)}, err
	})
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "DELETE FROM item_notice WHERE id <= ?", b.lastNotice-maxNotices)
	return err
}

func (b *batch) writeActivity(ctx context.Context, tx *sql.Tx) error {
	return writeEach(ctx, tx, "INSERT INTO item_activity (id, item, at, actor, kind, body) VALUES (?, ?, ?, ?, ?, ?)", b.acts, func(a Activity) ([]any, error) {
		return []any{a.ID, a.Item, a.At, a.Actor, a.Kind, a.Text}, nil
	})
}

// writeEach runs one statement for each of a list.
func writeEach[T any](ctx context.Context, tx *sql.Tx, text string, list []T, args func(T) ([]any, error)) error {
	if len(list) == 0 {
		return nil
	}
	statement, err := tx.PrepareContext(ctx, text)
	if err != nil {
		return err
	}
	defer statement.Close() //nolint:errcheck // it goes with the transaction
	for _, one := range list {
		values, err := args(one)
		if err != nil {
			return err
		}
		if _, err := statement.ExecContext(ctx, values...); err != nil {
			return err
		}
	}
	return nil
}

// eachBody calls f with the first column of each row.
func eachBody(ctx context.Context, tx *sql.Tx, text string, f func(body []byte) error, args ...any) error {
	rows, err := tx.QueryContext(ctx, text, args...)
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	for rows.Next() {
		var body sql.RawBytes
		if err := rows.Scan(&body); err != nil {
			return err
		}
		if err := f(body); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (t *Items) read(ctx context.Context) error {
	return t.db.Read(ctx, func(tx *sql.Tx) error {
		for _, f := range []func(context.Context, *sql.Tx) error{t.readProjects, t.readItems, t.readKeys, t.readReleases, t.readSettings, t.readReports} {
			if err := f(ctx, tx); err != nil {
				return err
			}
		}
		var seq, last, activity int64
		err := tx.QueryRowContext(ctx, "SELECT seq, last_item, last_occurrence, last_notice FROM item_followed WHERE id = 1").Scan(&seq, &t.lastItem, &last, &t.notices)
		if err != nil {
			return err
		}
		t.kept.Store(uint64(seq))
		t.told = uint64(seq)
		t.lastID.Store(last)
		err = tx.QueryRowContext(ctx, "SELECT COALESCE(MAX(id), 0) FROM item_activity").Scan(&activity)
		t.lastActivity.Store(activity)
		return err
	})
}

// readItems decodes on all processors: it is what a start with many items waits for.
func (t *Items) readItems(ctx context.Context, tx *sql.Tx) error {
	var bodies [][]byte
	err := eachBody(ctx, tx, "SELECT body FROM item ORDER BY id", func(body []byte) error {
		bodies = append(bodies, bytes.Clone(body))
		return nil
	})
	if err != nil || len(bodies) == 0 {
		return err
	}
	all := make([]*entry, len(bodies))
	failed := make([]error, len(bodies))
	var workers sync.WaitGroup
	part := (len(bodies) + runtime.GOMAXPROCS(0) - 1) / runtime.GOMAXPROCS(0)
	for from := 0; from < len(bodies); from += part {
		workers.Go(func() {
			for i := from; i < min(from+part, len(bodies)); i++ {
				var k kept
				failed[i] = json.Unmarshal(bodies[i], &k)
				all[i] = &entry{Item: k.Item, ips: k.IPSketch, people: k.PeopleSketch, versions: k.VersionRows, persons: k.PersonRows}
			}
		})
	}
	workers.Wait()
	if err := errors.Join(failed...); err != nil {
		return err
	}
	for _, e := range all {
		t.add(e)
	}
	return nil
}

func (t *Items) readKeys(ctx context.Context, tx *sql.Tx) error {
	rows, err := tx.QueryContext(ctx, "SELECT environment, error_environment, fingerprint, item FROM item_fingerprint")
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	for rows.Next() {
		var k key
		var id int64
		if err := rows.Scan(&k.environment, &k.errorEnvironment, &k.fingerprint, &id); err != nil {
			return err
		}
		if e := t.items[id]; e != nil {
			t.byKey[k] = e
			e.prints = append(e.prints, k.fingerprint)
		}
	}
	return rows.Err()
}
