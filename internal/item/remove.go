package item

import (
	"context"
	"database/sql"
	"slices"
)

func (t *Items) remove(ctx context.Context, ids []int64) error {
	return t.editWith(ctx, func() error {
		for _, id := range ids {
			if t.items[id] == nil {
				return errNoItem(id)
			}
		}
		for _, id := range ids {
			t.forget(t.items[id])
		}
		return nil
	}, func(tx *sql.Tx) error {
		for _, id := range ids {
			for _, table := range []string{"item_count", "item_person", "item_version", "item_activity", "item_fingerprint"} {
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
	}, nil)
}

// forget takes an item out of memory, and out of what is to be written.
func (t *Items) forget(e *entry) {
	if e == nil {
		return
	}
	delete(t.items, e.ID)
	delete(t.wanted.items, e.ID)
	t.byEnv[e.Environment] = slices.DeleteFunc(t.byEnv[e.Environment], func(other *entry) bool { return other == e })
	for k, of := range t.byKey {
		if of == e {
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
