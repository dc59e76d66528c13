package item

import (
	"cmp"
	"context"
	"database/sql"
	"log/slog"
	"slices"
)

// Remove deletes items and all that is known of them; their rows stay. What
// happens again is a new item.
func (t *Items) Remove(ctx context.Context, ids []int64) error {
	return t.edit(ctx, func() error {
		for _, id := range ids {
			if t.items[id] == nil {
				return errNoItem(id)
			}
		}
		for _, id := range ids {
			t.forget(t.items[id])
		}
		return nil
	})
}

// removeRows deletes what the database has of items.
func removeRows(ctx context.Context, tx *sql.Tx, ids []int64) error {
	for _, id := range ids {
		for _, table := range []string{"item_count", "item_person", "item_version", "item_activity"} {
			//nolint:gosec // the tables are constants
			if _, err := tx.ExecContext(ctx, "DELETE FROM "+table+" WHERE item = ?", id); err != nil {
				return err
			}
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM item WHERE id = ?", id); err != nil {
			return err
		}
	}
	return nil
}

// forget takes an item out of memory, and has its rows removed with what is
// pending.
func (t *Items) forget(e *entry) {
	if e == nil {
		return
	}
	t.byEnv[e.Environment] = slices.DeleteFunc(t.byEnv[e.Environment], func(other *entry) bool { return other == e })
	t.forgetRest(e)
}

func (t *Items) forgetRest(e *entry) {
	t.counted = true
	delete(t.items, e.ID)
	delete(t.wanted.items, e.ID)
	t.wanted.gone = append(t.wanted.gone, e.ID)
	for _, fingerprint := range e.prints {
		k := key{e.Environment, e.ErrorEnvironment, fingerprint}
		if t.byKey[k] == e {
			delete(t.byKey, k)
			t.wanted.keys[k] = 0
		}
	}
	for _, id := range e.Members {
		if m := t.items[id]; m != nil {
			m.Group = 0
			t.wanted.items[id] = m
		}
	}
	if g := t.items[e.Group]; g != nil {
		g.Members = slices.DeleteFunc(slices.Clone(g.Members), func(id int64) bool { return id == e.ID })
		t.wanted.items[g.ID] = g
	}
}

// evict makes room for new items: who sends errors that are all different must
// neither fill the memory nor keep what is really new from being seen. A hundredth
// of the items goes, those first that happened once, and then those that did not
// happen for longest; never one that people have touched.
func (t *Items) evict() {
	const part = 100
	var loose []*entry
	for _, e := range t.items {
		if e.ModifiedAt == 0 && e.Comments == 0 && e.Group == 0 && !e.IsGroup {
			loose = append(loose, e)
		}
	}
	slices.SortFunc(loose, func(a, b *entry) int {
		return cmp.Or(cmp.Compare(min(a.AllTime, 2), min(b.AllTime, 2)), cmp.Compare(a.Last.At, b.Last.At), cmp.Compare(a.ID, b.ID))
	})
	loose = loose[:min(len(loose), t.cfg.MaxItems/part+1)]
	gone := make(map[*entry]bool, len(loose))
	for _, e := range loose {
		gone[e] = true
		t.forgetRest(e)
	}
	for environment, list := range t.byEnv {
		t.byEnv[environment] = slices.DeleteFunc(list, func(e *entry) bool { return gone[e] })
	}
	t.evicted += int64(len(loose))
	t.cfg.Log.Warn("there are as many items as may be; those that happened once and longest ago are forgotten",
		slog.Int("limit", t.cfg.MaxItems), slog.Int("forgotten", len(loose)))
}
