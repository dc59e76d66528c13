package cloudwatch

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"maps"

	"github.com/oriel-dev/oriel/internal/dataset"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/protocol/aws"
)

// The service's classes of groups. Ours have one price and the same features:
// the class is kept and shown.
const (
	classStandard   = "STANDARD"
	classInfrequent = "INFREQUENT_ACCESS"
	classEssentials = "ESSENTIALS" // the newer name of the one above
	classDelivery   = "DELIVERY"
)

func conflicting() error {
	return &aws.Error{Code: "OperationAbortedException", Message: "A conflicting operation is currently in progress against this resource. Please try again."}
}

// create makes a group with a dataset of its own.
func (g *Groups) create(ctx context.Context, one *group, tags map[string]string) error {
	g.change.Lock()
	defer g.change.Unlock()
	key := groupKey{one.environment, one.region, one.name}
	g.mu.RLock()
	exists := g.byName[key] != nil
	g.mu.RUnlock()
	if exists {
		return alreadyExists("The specified log group already exists")
	}
	set, err := g.cfg.Datasets.Allocate(ctx, one.environment, one.name, one.settings())
	if fault.Is(err, fault.Conflict) {
		return limitExceeded("Resource limit exceeded: " + fault.MessageOf(err))
	}
	if err != nil {
		return err
	}
	one.dataset = set.Slug
	err = g.db.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO cloudwatch_group (environment, region, name, dataset, created, class, retention, kms_key, protected, bearer)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			one.environment, one.region, one.name, one.dataset, one.created, one.class, one.retention, one.kmsKey, one.protected, one.bearer)
		if err != nil {
			return err
		}
		return writeTags(ctx, tx, one.resource(), tags)
	})
	if err != nil {
		return err
	}
	if err := g.load(ctx, one); err != nil { // before anybody can put lines into it
		g.cfg.Log.ErrorContext(ctx, "what the account's policies say can't be used", slog.String("group", one.name), slog.Any("error", err))
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.byName[key] = one
	g.byDataset[datasetKey{one.environment, one.dataset}] = one
	return nil
}

// settings are those of the group's dataset.
func (g *group) settings() dataset.Settings {
	return dataset.Settings{Deletable: !g.protected}
}

func (g *group) resource() resource {
	return resource{g.environment, g.region, "log-group:" + g.name}
}

// update changes what a person says of a group: change is called under its lock,
// and undone if it can't be written.
func (g *Groups) update(ctx context.Context, one *group, change func(*group)) error {
	g.change.Lock()
	defer g.change.Unlock()
	one.mu.RLock()
	next := &group{
		class: one.class, retention: one.retention, kmsKey: one.kmsKey, protected: one.protected, bearer: one.bearer, deleted: one.deleted,
	}
	one.mu.RUnlock()
	if next.deleted {
		return noSuchGroup()
	}
	change(next)
	err := g.db.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE cloudwatch_group SET retention = ?, kms_key = ?, protected = ?, bearer = ? WHERE environment = ? AND region = ? AND name = ?`,
			next.retention, next.kmsKey, next.protected, next.bearer, one.environment, one.region, one.name)
		return err
	})
	if err != nil {
		return err
	}
	one.mu.Lock()
	one.retention, one.kmsKey, one.protected, one.bearer = next.retention, next.kmsKey, next.protected, next.bearer
	one.mu.Unlock()
	return g.updateDataset(ctx, one, next.settings())
}

// updateDataset brings the settings that follow the group's to its dataset, and
// leaves the others as people have set them.
func (g *Groups) updateDataset(ctx context.Context, one *group, to dataset.Settings) error {
	set, ok := g.cfg.Datasets.Find(one.environment, one.dataset)
	if !ok {
		return nil
	}
	settings := set.Settings
	settings.Deletable = to.Deletable
	_, err := g.cfg.Datasets.Update(ctx, one.environment, one.dataset, settings)
	return err
}

// delete removes a group with its streams, lines and all that belongs to it.
func (g *Groups) delete(ctx context.Context, one *group) error {
	one.mu.Lock()
	switch {
	case one.protected:
		one.mu.Unlock()
		return validation("The log group " + one.name + " has deletion protection enabled: disable it with PutLogGroupDeletionProtection first.")
	case one.deleted:
		one.mu.Unlock()
		return conflicting()
	}
	one.deleted = true
	one.mu.Unlock()
	err := g.cfg.Datasets.Delete(ctx, one.environment, one.dataset)
	if err == nil || fault.Is(err, fault.NotFound) {
		err = g.forget(ctx, one)
	}
	if err != nil {
		one.mu.Lock()
		one.deleted = false
		one.mu.Unlock()
	}
	return err
}

// forget removes what the tables say of a group.
func (g *Groups) forget(ctx context.Context, one *group) error {
	g.change.Lock()
	defer g.change.Unlock()
	err := g.db.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "DELETE FROM cloudwatch_group WHERE environment = ? AND region = ? AND name = ?", one.environment, one.region, one.name)
		if err != nil {
			return err
		}
		for _, table := range []string{"cloudwatch_stream", "cloudwatch_day"} {
			if _, err := tx.ExecContext(ctx, "DELETE FROM "+table+" WHERE environment = ? AND dataset = ?", one.environment, one.dataset); err != nil { //nolint:gosec // names of ours
				return err
			}
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM cloudwatch_resource WHERE environment = ? AND region = ? AND owner = ?", one.environment, one.region, one.name); err != nil {
			return err
		}
		return deleteTags(ctx, tx, one.resource())
	})
	if err != nil {
		return err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.byName, groupKey{one.environment, one.region, one.name})
	delete(g.byDataset, datasetKey{one.environment, one.dataset})
	one.mu.RLock()
	defer one.mu.RUnlock()
	g.streams -= len(one.streams)
	return nil
}

// createStream makes a stream of a group.
func (g *Groups) createStream(ctx context.Context, one *group, name string, nowMS int64) error {
	g.change.Lock()
	defer g.change.Unlock()
	if _, exists := one.stream(name); exists {
		return alreadyExists("The specified log stream already exists")
	}
	g.mu.RLock()
	full := g.streams >= maxStreams
	g.mu.RUnlock()
	if full {
		return limitExceeded("Resource limit exceeded: this server keeps up to 1000000 log streams.")
	}
	one.mu.RLock()
	after, deleted := one.gone[name], one.deleted
	one.mu.RUnlock()
	if deleted {
		return conflicting()
	}
	s := &stream{name: name, created: nowMS, after: after}
	err := g.db.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO cloudwatch_stream (environment, dataset, name, created, first_event, last_event, arrival, bytes, after, gone)
			VALUES (?, ?, ?, ?, 0, 0, 0, 0, ?, FALSE)
			ON CONFLICT (environment, dataset, name) DO UPDATE SET created = excluded.created, first_event = 0, last_event = 0, arrival = 0, bytes = 0, gone = FALSE`,
			one.environment, one.dataset, name, nowMS, after)
		return err
	})
	if err != nil {
		return err
	}
	g.mu.Lock()
	g.streams++
	g.mu.Unlock()
	one.mu.Lock()
	defer one.mu.Unlock()
	one.streams[name] = s
	delete(one.gone, name)
	return nil
}

// deleteStream deletes a stream: its lines are hidden from now on.
func (g *Groups) deleteStream(ctx context.Context, one *group, name string) error {
	g.change.Lock()
	defer g.change.Unlock()
	s, exists := one.stream(name)
	if !exists {
		return noSuchStream()
	}
	after := max(s.after, s.arrival)
	err := g.db.Write(ctx, func(tx *sql.Tx) error {
		if after == 0 { // nothing to hide
			_, err := tx.ExecContext(ctx, "DELETE FROM cloudwatch_stream WHERE environment = ? AND dataset = ? AND name = ?", one.environment, one.dataset, name)
			return err
		}
		_, err := tx.ExecContext(ctx, "UPDATE cloudwatch_stream SET gone = TRUE, after = ? WHERE environment = ? AND dataset = ? AND name = ?",
			after, one.environment, one.dataset, name)
		return err
	})
	if err != nil {
		return err
	}
	g.mu.Lock()
	g.streams--
	g.mu.Unlock()
	one.mu.Lock()
	defer one.mu.Unlock()
	delete(one.streams, name)
	delete(one.dirty, name)
	if after > 0 {
		one.gone[name] = after
	}
	return nil
}

// maxTags of a resource.
const maxTags = 50

// resource is something that can have tags.
type resource struct{ environment, region, path string }

func tagsOf(ctx context.Context, tx *sql.Tx, r resource) (map[string]string, error) {
	rows, err := tx.QueryContext(ctx, "SELECT name, value FROM cloudwatch_tag WHERE environment = ? AND region = ? AND resource = ?", r.environment, r.region, r.path)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	tags := map[string]string{}
	for rows.Next() {
		var name, value string
		if err := rows.Scan(&name, &value); err != nil {
			return nil, err
		}
		tags[name] = value
	}
	return tags, rows.Err()
}

var errTooManyTags = errors.New("too many tags") //nolint:gochecknoglobals // a constant

func writeTags(ctx context.Context, tx *sql.Tx, r resource, tags map[string]string) error {
	if len(tags) == 0 {
		return nil
	}
	all, err := tagsOf(ctx, tx, r)
	if err != nil {
		return err
	}
	if maps.Copy(all, tags); len(all) > maxTags {
		return errTooManyTags
	}
	for name, value := range tags {
		_, err := tx.ExecContext(ctx, `INSERT INTO cloudwatch_tag (environment, region, resource, name, value) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (environment, region, resource, name) DO UPDATE SET value = excluded.value`, r.environment, r.region, r.path, name, value)
		if err != nil {
			return err
		}
	}
	return nil
}

func deleteTags(ctx context.Context, tx *sql.Tx, r resource) error {
	_, err := tx.ExecContext(ctx, "DELETE FROM cloudwatch_tag WHERE environment = ? AND region = ? AND resource = ?", r.environment, r.region, r.path)
	return err
}
