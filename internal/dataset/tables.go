package dataset

import (
	"context"
	"database/sql"

	"github.com/oriel-dev/oriel/internal/event"
)

func writeSettings(ctx context.Context, tx *sql.Tx, s *set, to Settings) error {
	_, err := tx.ExecContext(ctx, "UPDATE dataset SET description = ?, expand_json_depth = ?, deletable = ? WHERE environment = ? AND slug = ?",
		to.Description, to.ExpandJSONDepth, to.Deletable, s.Environment, s.Slug)
	return err
}

// deleteSet deletes all that is said of a dataset.
func deleteSet(ctx context.Context, tx *sql.Tx, environment, slug string) error {
	for _, statement := range []string{
		"DELETE FROM dataset WHERE environment = ? AND slug = ?",
		"DELETE FROM dataset_column WHERE environment = ? AND dataset = ?",
		"DELETE FROM dataset_definition WHERE environment = ? AND dataset = ?",
		"DELETE FROM dataset_calculated_field WHERE environment = ? AND dataset = ?",
	} {
		if _, err := tx.ExecContext(ctx, statement, environment, slug); err != nil {
			return err
		}
	}
	return nil
}

func writeColumn(ctx context.Context, tx *sql.Tx, s *set, name string, c *column) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO dataset_column (environment, dataset, name, type, description, hidden, removed, created, updated,
			metric, metric_unit, metric_description)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (environment, dataset, name) DO UPDATE SET type = excluded.type, description = excluded.description,
			hidden = excluded.hidden, removed = excluded.removed, created = excluded.created, updated = excluded.updated,
			metric = excluded.metric, metric_unit = excluded.metric_unit, metric_description = excluded.metric_description`,
		s.Environment, s.Slug, name, c.Type, c.Description, c.Hidden, c.removed, c.created, c.updated,
		c.metric.Kind.String(), c.metric.Unit, c.metric.Description)
	return err
}

// writeDefinition stores what has a meaning; an empty name deletes that.
func writeDefinition(ctx context.Context, tx *sql.Tx, s *set, meaning, name string) error {
	if name == "" {
		_, err := tx.ExecContext(ctx, "DELETE FROM dataset_definition WHERE environment = ? AND dataset = ? AND meaning = ?", s.Environment, s.Slug, meaning)
		return err
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO dataset_definition (environment, dataset, meaning, name) VALUES (?, ?, ?, ?)
		ON CONFLICT (environment, dataset, meaning) DO UPDATE SET name = excluded.name`, s.Environment, s.Slug, meaning, name)
	return err
}

func writeCalculated(ctx context.Context, tx *sql.Tx, f CalculatedField) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO dataset_calculated_field (environment, dataset, id, alias, expression, description, created, updated)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		f.Environment, f.Dataset, f.ID, f.Alias, f.Expression, f.Description, f.Created.UnixNano(), f.Updated.UnixNano())
	return err
}

func deleteCalculated(ctx context.Context, tx *sql.Tx, environment, slug, alias string) error {
	_, err := tx.ExecContext(ctx, "DELETE FROM dataset_calculated_field WHERE environment = ? AND dataset = ? AND alias = ?", environment, slug, alias)
	return err
}

func (r *Registry) readColumns(ctx context.Context, tx *sql.Tx) error {
	rows, err := tx.QueryContext(ctx, "SELECT environment, dataset, name, type, description, hidden, removed, created, updated, metric, metric_unit, metric_description FROM dataset_column")
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	for rows.Next() {
		var of id
		var name, kind string
		var c column
		if err := rows.Scan(&of.environment, &of.name, &name, &c.Type, &c.Description, &c.Hidden, &c.removed, &c.created, &c.updated,
			&kind, &c.metric.Unit, &c.metric.Description); err != nil {
			return err
		}
		if c.metric.Kind = event.MetricKindNamed(kind); c.metric.Kind != event.NoMetric {
			c.metric.Name = name
		}
		if s := r.sets[of]; s != nil {
			r.putColumnLocked(s, name, c)
		}
	}
	return rows.Err()
}

func (r *Registry) readDefinitions(ctx context.Context, tx *sql.Tx) error {
	rows, err := tx.QueryContext(ctx, "SELECT environment, dataset, meaning, name FROM dataset_definition")
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	for rows.Next() {
		var of id
		var meaning, name string
		if err := rows.Scan(&of.environment, &of.name, &meaning, &name); err != nil {
			return err
		}
		if s := r.sets[of]; s != nil {
			s.meaning[meaning] = name
		}
	}
	return rows.Err()
}

func (r *Registry) readCalculated(ctx context.Context, tx *sql.Tx) error {
	rows, err := tx.QueryContext(ctx, "SELECT environment, dataset, id, alias, expression, description, created, updated FROM dataset_calculated_field")
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	for rows.Next() {
		var f CalculatedField
		var created, updated int64
		if err := rows.Scan(&f.Environment, &f.Dataset, &f.ID, &f.Alias, &f.Expression, &f.Description, &created, &updated); err != nil {
			return err
		}
		f.Created, f.Updated = moment(created), moment(updated)
		scope := id{f.Environment, f.Dataset}
		if r.calculated[scope] == nil {
			r.calculated[scope] = map[string]CalculatedField{}
		}
		r.calculated[scope][f.Alias] = f
	}
	return rows.Err()
}
