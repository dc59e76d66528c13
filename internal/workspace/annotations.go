package workspace

import (
	"context"
	"database/sql"
	"time"

	"github.com/oriel-dev/oriel/internal/fault"
)

// Where an annotation was made.
const (
	SourceQuery = "query"
	SourceBoard = "board"
)

// Annotation is a name and a description for a saved query.
type Annotation struct {
	ID          string
	Scope       Scope
	QueryID     string
	Name        string
	Description string
	Source      string // [SourceQuery] or [SourceBoard]
	Created     time.Time
	Updated     time.Time
}

// AddAnnotation keeps a new annotation of a query of its scope.
func (l *Library) AddAnnotation(ctx context.Context, a Annotation) (Annotation, error) {
	now := l.now()
	a.ID, a.Created, a.Updated = newID(base58, idLength), now, now
	if a.Source == "" {
		a.Source = SourceQuery
	}
	err := l.write(ctx, "add an annotation", func(tx *sql.Tx) error {
		var n int
		err := tx.QueryRowContext(ctx, "SELECT COUNT(*) FROM workspace_query WHERE id = ? AND environment = ? AND dataset = ?",
			a.QueryID, a.Scope.Environment, a.Scope.Dataset).Scan(&n)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Invalid, "Query is not in the dataset")
		}
		if err := room(ctx, tx, "workspace_annotation", "query annotations", a.Scope.Environment, l.cfg.MaxAnnotations); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO workspace_annotation (id, environment, dataset, query_id, name, description, source, created, updated)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`, a.ID, a.Scope.Environment, a.Scope.Dataset, a.QueryID, a.Name, a.Description, a.Source,
			a.Created.UnixNano(), a.Updated.UnixNano())
		return err
	})
	return a, err
}

// Annotations lists those of a scope, oldest first, with or without those that
// boards have made.
func (l *Library) Annotations(ctx context.Context, scope Scope, boards bool) (list []Annotation, err error) {
	where, args := " WHERE environment = ? AND dataset = ?", []any{scope.Environment, scope.Dataset}
	if !boards {
		where, args = where+" AND source = ?", append(args, SourceQuery)
	}
	err = l.read(ctx, "list annotations", func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, annotationColumns+where+" ORDER BY created, id", args...)
		if err != nil {
			return err
		}
		defer rows.Close() //nolint:errcheck // rows.Err tells
		for rows.Next() {
			a, err := scanAnnotation(rows)
			if err != nil {
				return err
			}
			list = append(list, a)
		}
		return rows.Err()
	})
	return list, err
}

// Annotation returns one of a scope.
func (l *Library) Annotation(ctx context.Context, scope Scope, id string) (a Annotation, err error) {
	err = l.read(ctx, "read an annotation", func(tx *sql.Tx) error {
		a, err = oneAnnotation(ctx, tx, scope, id)
		return err
	})
	return a, err
}

func oneAnnotation(ctx context.Context, tx *sql.Tx, scope Scope, id string) (Annotation, error) {
	a, err := scanAnnotation(tx.QueryRowContext(ctx, annotationColumns+" WHERE id = ? AND environment = ? AND dataset = ?",
		id, scope.Environment, scope.Dataset))
	return a, missing(err, "query annotation", id)
}

// ChangeAnnotation replaces name and description of the annotation with a's id.
// An annotation stays with its query: naming another is Invalid.
func (l *Library) ChangeAnnotation(ctx context.Context, a Annotation) (changed Annotation, err error) {
	err = l.write(ctx, "change an annotation", func(tx *sql.Tx) error {
		if changed, err = oneAnnotation(ctx, tx, a.Scope, a.ID); err != nil {
			return err
		}
		if a.QueryID != changed.QueryID {
			return fault.New(fault.Invalid, "queries in annotations cannot be changed")
		}
		changed.Name, changed.Description, changed.Updated = a.Name, a.Description, l.now()
		_, err = tx.ExecContext(ctx, "UPDATE workspace_annotation SET name = ?, description = ?, updated = ? WHERE id = ?",
			changed.Name, changed.Description, changed.Updated.UnixNano(), changed.ID)
		return err
	})
	return changed, err
}

// RemoveAnnotation deletes an annotation; its query stays.
func (l *Library) RemoveAnnotation(ctx context.Context, scope Scope, id string) error {
	return l.write(ctx, "remove an annotation", func(tx *sql.Tx) error {
		if _, err := oneAnnotation(ctx, tx, scope, id); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "DELETE FROM workspace_annotation WHERE id = ?", id)
		return err
	})
}

const annotationColumns = "SELECT id, environment, dataset, query_id, name, description, source, created, updated FROM workspace_annotation"

// scanner is one row, of one or of many.
type scanner interface{ Scan(into ...any) error }

func scanAnnotation(row scanner) (Annotation, error) {
	var a Annotation
	var created, updated int64
	err := row.Scan(&a.ID, &a.Scope.Environment, &a.Scope.Dataset, &a.QueryID, &a.Name, &a.Description, &a.Source, &created, &updated)
	a.Created, a.Updated = moment(created), moment(updated)
	return a, err
}
