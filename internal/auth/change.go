package auth

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"github.com/oriel-dev/oriel/internal/fault"
)

// Change is what is changed about a key; nil fields stay as they are.
type Change struct {
	Name        *string
	Permissions *Permissions
	Disabled    *bool
}

// Update changes a key. Running servers follow within two seconds. Errors:
// NotFound, Invalid, Unavailable.
func (k *Keys) Update(ctx context.Context, id string, c Change) (Key, error) {
	key, ok := k.Find(id)
	if !ok {
		return key, fault.New(fault.NotFound, "there is no key %q", id)
	}
	if c.Name != nil {
		key.Name = *c.Name
	}
	if c.Permissions != nil {
		key.Permissions = *c.Permissions
	}
	if c.Disabled != nil {
		key.Disabled = *c.Disabled
	}
	if err := checkName(key.Name); err != nil {
		return key, err
	}
	permissions, err := json.Marshal(key.Permissions)
	if err != nil {
		return key, fmt.Errorf("encode permissions: %w", err)
	}
	return key, k.change(ctx, func(tx *sql.Tx) error {
		return one(tx.ExecContext(ctx, "UPDATE auth_key SET name = ?, permissions = ?, disabled = ? WHERE id = ?", key.Name, string(permissions), key.Disabled, id))(id)
	})
}

// Remove deletes a key. Errors: NotFound, Unavailable.
func (k *Keys) Remove(ctx context.Context, id string) error {
	return k.change(ctx, func(tx *sql.Tx) error {
		return one(tx.ExecContext(ctx, "DELETE FROM auth_key WHERE id = ?", id))(id)
	})
}

// one returns what is wrong if a statement about a key changed none.
func one(done sql.Result, err error) func(id string) error {
	return func(id string) error {
		if err != nil {
			return err
		}
		if n, err := done.RowsAffected(); err != nil || n > 0 {
			return err
		}
		return fault.New(fault.NotFound, "there is no key %q", id)
	}
}

// RemoveEnvironment deletes an environment with its keys; its events are others'
// to delete. Errors: NotFound, Conflict for the default environment, which
// everything without a key belongs to, Unavailable.
func (k *Keys) RemoveEnvironment(ctx context.Context, slug string) error {
	e, err := k.known.Load().environment(slug)
	switch {
	case err != nil:
		return err
	case slug == "" || e.Slug == k.Default().Slug:
		return fault.New(fault.Conflict, "%q is the default environment, which can't be deleted", e.Slug)
	}
	return k.change(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM auth_key WHERE environment_id = ?", e.ID); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "DELETE FROM auth_environment WHERE id = ?", e.ID)
		return err
	})
}
