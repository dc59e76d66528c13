package cloudwatch

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
)

// place is where a resource is kept: with whom, and of which group.
type place struct {
	environment, region string
	owner               string // a group's name; "" for what belongs to none
}

// at is where the caller's resources are.
func (c *call) at(owner string) place { return place{c.Who.Environment, c.Region, owner} }

// at is where the resources of a group are.
func (g *group) at() place { return place{g.environment, g.region, g.name} }

// kept is a resource. Times are Unix ms.
type kept[T any] struct {
	Owner, Name      string
	Created, Updated int64
	Body             T
}

// shelf keeps the resources of one kind in the settings database. It is a value:
// each operation makes the one that it needs.
type shelf[T any] struct {
	groups *Groups
	kind   string
	most   int // in one place, 0: defaultMost
}

const defaultMost = 10_000

// get returns a resource, nil if there is none.
func (s shelf[T]) get(ctx context.Context, at place, name string) (found *kept[T], err error) {
	err = s.groups.db.Read(ctx, func(tx *sql.Tx) error {
		found, err = s.read(ctx, tx, at, name)
		return err
	})
	return found, err
}

func (s shelf[T]) read(ctx context.Context, tx *sql.Tx, at place, name string) (*kept[T], error) {
	k := kept[T]{Owner: at.owner, Name: name}
	var body string
	err := tx.QueryRowContext(ctx, "SELECT created, updated, body FROM cloudwatch_resource WHERE environment = ? AND region = ? AND kind = ? AND owner = ? AND name = ?",
		at.environment, at.region, s.kind, at.owner, name).Scan(&k.Created, &k.Updated, &body)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil //nolint:nilnil // there is none, which is no error here
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", s.kind, err)
	}
	return &k, json.Unmarshal([]byte(body), &k.Body)
}

// list returns the resources of a place by name; those of all groups, too, if the
// place names none and every says so.
func (s shelf[T]) list(ctx context.Context, at place, every bool) (all []kept[T], err error) {
	err = s.groups.db.Read(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, `SELECT owner, name, created, updated, body FROM cloudwatch_resource
			WHERE environment = ? AND region = ? AND kind = ? AND (owner = ? OR ?) ORDER BY name, owner`, at.environment, at.region, s.kind, at.owner, every)
		if err != nil {
			return err
		}
		defer rows.Close() //nolint:errcheck // rows.Err tells
		for rows.Next() {
			var k kept[T]
			var body string
			if err := rows.Scan(&k.Owner, &k.Name, &k.Created, &k.Updated, &body); err != nil {
				return err
			}
			if err := json.Unmarshal([]byte(body), &k.Body); err != nil {
				return err
			}
			all = append(all, k)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", s.kind, err)
	}
	return all, nil
}

// put makes or changes a resource: change is given the one there is, nil for
// none, and returns what it is to be. A new one beyond the limit is a
// LimitExceededException.
func (s shelf[T]) put(ctx context.Context, at place, name string, nowMS int64, change func(old *kept[T]) (T, error)) (kept[T], error) {
	k := kept[T]{Owner: at.owner, Name: name, Created: nowMS, Updated: nowMS}
	err := s.groups.db.Write(ctx, func(tx *sql.Tx) error {
		old, err := s.read(ctx, tx, at, name)
		if err != nil {
			return err
		}
		if old != nil {
			k.Created = old.Created
		} else if err := s.room(ctx, tx, at); err != nil {
			return err
		}
		if k.Body, err = change(old); err != nil {
			return err
		}
		body, err := json.Marshal(k.Body)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO cloudwatch_resource (environment, region, kind, owner, name, created, updated, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (environment, region, kind, owner, name) DO UPDATE SET updated = excluded.updated, body = excluded.body`,
			at.environment, at.region, s.kind, at.owner, name, k.Created, k.Updated, string(body))
		return err
	})
	return k, err
}

// room refuses one more than the limit.
func (s shelf[T]) room(ctx context.Context, tx *sql.Tx, at place) error {
	most := s.most
	if most == 0 {
		most = defaultMost
	}
	var n int
	err := tx.QueryRowContext(ctx, "SELECT COUNT(*) FROM cloudwatch_resource WHERE environment = ? AND region = ? AND kind = ? AND owner = ?",
		at.environment, at.region, s.kind, at.owner).Scan(&n)
	if err == nil && n >= most {
		return limitExceeded("Resource limit exceeded.")
	}
	return err
}

// delete removes a resource with its tags, and reports whether there was one.
func (s shelf[T]) delete(ctx context.Context, at place, name string) (was bool, err error) {
	err = s.groups.db.Write(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, "DELETE FROM cloudwatch_resource WHERE environment = ? AND region = ? AND kind = ? AND owner = ? AND name = ?",
			at.environment, at.region, s.kind, at.owner, name)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		was = n > 0
		if err != nil || !was {
			return err
		}
		return deleteTags(ctx, tx, resource{at.environment, at.region, s.kind + ":" + name})
	})
	return was, err
}

// deleteEvery removes the resources of a name, whichever group they belong to.
func (s shelf[T]) deleteEvery(ctx context.Context, at place, name string) error {
	return s.groups.db.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "DELETE FROM cloudwatch_resource WHERE environment = ? AND region = ? AND kind = ? AND name = ?", at.environment, at.region, s.kind, name)
		return err
	})
}

// replace is put for what is simply replaced.
func (s shelf[T]) replace(ctx context.Context, at place, name string, nowMS int64, body T) (kept[T], error) {
	return s.put(ctx, at, name, nowMS, func(*kept[T]) (T, error) { return body, nil })
}

// keep puts the tags of a new resource.
func (c *call) keepTags(kind, name string, tags map[string]string) error {
	return c.f.groups.tag(c.Context(), resource{c.Who.Environment, c.Region, kind + ":" + name}, tags)
}

// hasResource reports whether there is something of a kind that can have tags.
func (f *Front) hasResource(ctx context.Context, r resource, kind, name string) (bool, error) {
	k, err := shelf[json.RawMessage]{groups: f.groups, kind: kind}.get(ctx, place{environment: r.environment, region: r.region}, name)
	return k != nil, err
}
