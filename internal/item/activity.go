package item

import (
	"context"
	"database/sql"

	"github.com/oriel-dev/oriel/internal/fault"
)

// Kinds of activity.
const (
	ActCreated     = "created"
	ActReactivated = "reactivated"
	ActReopened    = "reopened"
	ActResolved    = "resolved"
	ActMuted       = "muted"
	ActSnoozed     = "snoozed"
	ActUnsnoozed   = "unsnoozed"
	ActTitle       = "title"
	ActLevel       = "level"
	ActAssigned    = "assigned"
	ActMerged      = "merged"
	ActUnmerged    = "unmerged"
	ActSplit       = "split"
	ActNextDeploy  = "next_deploy" // the next deploy is to resolve it, or no more
	ActComment     = "comment"
)

// Activity is something that was done to an item.
type Activity struct {
	ID    int64
	Item  int64
	At    int64  // Unix nanoseconds
	Actor string // "" for what happened by itself
	Kind  string
	Text  string // of a comment: Markdown, not checked
}

// maxComment bounds a comment; maxActivity what is kept of an item, the oldest go.
const (
	maxComment  = 20_000
	maxActivity = 1_000
)

// act notes what happened to an item. The caller holds the lock.
func (t *Items) act(e *entry, at int64, actor, kind, text string) {
	t.wanted.acts = append(t.wanted.acts, Activity{ID: t.lastActivity.Add(1), Item: e.ID, At: at, Actor: actor, Kind: kind, Text: text})
	t.wanted.items[e.ID] = e
	t.counted = true
}

// Comment adds a comment of a person to an item.
func (t *Items) Comment(ctx context.Context, id int64, actor, text string) (Activity, error) {
	if text == "" || len(text) > maxComment {
		return Activity{}, fault.New(fault.Invalid, "the comment has %d bytes: want 1 to %d", len(text), maxComment)
	}
	var made Activity
	err := t.edit(ctx, func() error {
		e := t.items[id]
		if e == nil {
			return errNoItem(id)
		}
		e.Comments++
		t.act(e, t.now(), actor, ActComment, text)
		made = t.wanted.acts[len(t.wanted.acts)-1]
		return nil
	})
	return made, err
}

// RemoveComment deletes a comment. Errors: NotFound.
func (t *Items) RemoveComment(ctx context.Context, id, comment int64) error {
	return t.editWith(ctx, func() error {
		e := t.items[id]
		if e == nil {
			return errNoItem(id)
		}
		e.Comments = max(e.Comments-1, 0)
		t.wanted.items[id] = e
		return nil
	}, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "DELETE FROM item_activity WHERE id = ? AND item = ? AND kind = ?", comment, id, ActComment)
		return err
	}, func(tx *sql.Tx) error {
		n := 0
		err := tx.QueryRowContext(ctx, "SELECT COUNT(*) FROM item_activity WHERE id = ? AND item = ? AND kind = ?", comment, id, ActComment).Scan(&n)
		if err == nil && n == 0 {
			return fault.New(fault.NotFound, "item %d has no comment %d", id, comment)
		}
		return err
	})
}

// Activity lists what was done to an item, newest first.
func (t *Items) Activity(ctx context.Context, id int64, offset, limit int) (list []Activity, err error) {
	if err := t.flush(ctx); err != nil {
		return nil, err
	}
	err = t.db.Read(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, "SELECT id, item, at, actor, kind, body FROM item_activity WHERE item = ? ORDER BY id DESC LIMIT ? OFFSET ?", id, limit, offset)
		if err != nil {
			return err
		}
		defer rows.Close() //nolint:errcheck // rows.Err tells
		for rows.Next() {
			var a Activity
			if err := rows.Scan(&a.ID, &a.Item, &a.At, &a.Actor, &a.Kind, &a.Text); err != nil {
				return err
			}
			list = append(list, a)
		}
		return rows.Err()
	})
	return list, err
}

// edit changes items in memory under the lock and writes them, with all that is
// pending. f returns an error before it has changed anything, or none. If
// nothing can be written, the caller is told so; it is tried again.
func (t *Items) edit(ctx context.Context, f func() error) error {
	return t.editWith(ctx, f, nil, nil)
}

// editWith is edit for changes that touch rows of their own: check reads before
// anything is done, more writes with it.
func (t *Items) editWith(ctx context.Context, f func() error, more, check func(tx *sql.Tx) error) error {
	t.change.Lock()
	defer t.change.Unlock()
	if check != nil {
		if err := t.db.Read(ctx, check); err != nil {
			return err
		}
	}
	t.mu.Lock()
	err := f()
	t.counted = t.counted || err == nil
	t.mu.Unlock()
	if err != nil {
		return err
	}
	return t.write(ctx, more)
}

// touched notes who changed an item last.
func (t *Items) touched(e *entry, actor string) int64 {
	now := t.now()
	e.ModifiedAt, e.ModifiedBy = now, actor
	t.wanted.items[e.ID] = e
	return now
}

// Tidy removes what is too old to be asked for, and ends what has run its time:
// mutes, snoozes, deploys that never finished, items that stopped happening. It
// runs each minute by itself.
func (t *Items) Tidy(ctx context.Context) error {
	now := t.now()
	t.mu.Lock()
	for _, e := range t.items {
		t.expire(e, now)
	}
	t.mu.Unlock()
	if err := t.flush(ctx); err != nil {
		return err
	}
	if err := t.endDeploys(ctx); err != nil {
		return err
	}
	t.change.Lock()
	defer t.change.Unlock()
	return t.db.Write(ctx, func(tx *sql.Tx) error { return tidyCounts(ctx, tx, t.now()/nanosPerSecond) })
}

// expire ends what has run its time.
func (t *Items) expire(e *entry, now int64) {
	if m := e.Mute; e.Status == Muted && m != nil && m.Until > 0 && now >= m.Until {
		e.Status, e.Mute = Active, nil
		t.act(e, now, "", ActReopened, "The time of its mute is over.")
	}
	if s := e.Snooze; s != nil && !e.Snoozed(now) {
		e.Snooze = nil
		t.act(e, now, "", ActUnsnoozed, "The time of its snooze is over.")
	}
	if quiet := t.autoResolve(e); quiet > 0 && e.Status == Active && e.Group == 0 && now-e.Last.At > quiet {
		t.resolve(e, now, "", "", true, "It did not happen for the time that the project's settings give.")
	}
}
