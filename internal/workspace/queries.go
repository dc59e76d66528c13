package workspace

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"time"

	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query"
)

// maxSpec is the longest question that is kept, in bytes.
const maxSpec = 100_000

// Query is a question that was saved. It never changes.
type Query struct {
	ID      string
	Scope   Scope
	Spec    json.RawMessage // canonical: the members that were given, sorted, and no others
	Created time.Time
}

// Canonical returns a question in the one form that is stored and compared:
// members sorted, those that are null or read-only left out, numbers as they
// were written, no default added. The question must be one that
// [query.DecodeSpec] takes. Errors: Invalid, TooLarge.
func Canonical(raw []byte) (json.RawMessage, error) {
	if len(raw) > maxSpec {
		return nil, fault.New(fault.TooLarge, "the query has %d bytes; at most %d are taken", len(raw), maxSpec)
	}
	asked, err := query.DecodeSpec(raw)
	if err != nil {
		return nil, err
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var members map[string]any
	if err := dec.Decode(&members); err != nil {
		return nil, fault.New(fault.Invalid, "invalid query data: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, fault.New(fault.Invalid, "invalid query data: something follows the query")
	}
	delete(members, "id")
	for name, v := range members {
		if v == nil || (name == "filter_combination" && v == "AND") {
			delete(members, name)
		}
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(members); err != nil {
		return nil, fault.New(fault.Invalid, "invalid query data: %w", err)
	}
	if buf.Len() > maxSpec+1 {
		return nil, fault.New(fault.TooLarge, "the query has %d bytes; at most %d are taken", buf.Len(), maxSpec)
	}
	spec := bytes.TrimSpace(buf.Bytes())
	// Members that differ in case alone are one to the decoder, which takes the
	// last: sorted, that may be another.
	kept, err := query.DecodeSpec(spec)
	if err != nil || asked.Text() != kept.Text() {
		return nil, fault.New(fault.Invalid, "invalid query data: a member stands twice, once in other letters")
	}
	return spec, nil
}

func digestOf(spec []byte) string {
	sum := sha256.Sum256(spec)
	return hex.EncodeToString(sum[:])
}

// SaveQuery keeps a question and returns it with its id. The same question in
// the same scope is the same query: it is found again.
func (l *Library) SaveQuery(ctx context.Context, scope Scope, raw []byte) (Query, error) {
	spec, err := Canonical(raw)
	if err != nil {
		return Query{}, err
	}
	q := Query{ID: newID(base58, idLength), Scope: scope, Spec: spec, Created: l.now()}
	digest := digestOf(spec)
	known, err := l.queryByDigest(ctx, scope, digest)
	if err != nil || known.ID != "" {
		return known, err
	}
	err = l.write(ctx, "save a query", func(tx *sql.Tx) error {
		// Another may have saved it since.
		found, err := scanQuery(tx.QueryRowContext(ctx, queryColumns+" WHERE environment = ? AND dataset = ? AND digest = ?",
			scope.Environment, scope.Dataset, digest))
		if err == nil {
			q = found
			return nil
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if err := room(ctx, tx, "workspace_query", "queries", scope.Environment, l.cfg.MaxQueries); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "INSERT INTO workspace_query (id, environment, dataset, spec, digest, created) VALUES (?, ?, ?, ?, ?, ?)",
			q.ID, scope.Environment, scope.Dataset, string(spec), digest, q.Created.UnixNano())
		return err
	})
	return q, err
}

// FindQuery returns a saved question of any dataset of an environment.
func (l *Library) FindQuery(ctx context.Context, environment, id string) (q Query, err error) {
	err = l.read(ctx, "find a query", func(tx *sql.Tx) error {
		q, err = scanQuery(tx.QueryRowContext(ctx, queryColumns+" WHERE id = ? AND environment = ?", id, environment))
		return missing(err, "query", id)
	})
	return q, err
}

// queryByDigest looks without waiting for writers; the zero Query means none.
func (l *Library) queryByDigest(ctx context.Context, scope Scope, digest string) (q Query, err error) {
	err = l.read(ctx, "find a query", func(tx *sql.Tx) error {
		q, err = scanQuery(tx.QueryRowContext(ctx, queryColumns+" WHERE environment = ? AND dataset = ? AND digest = ?",
			scope.Environment, scope.Dataset, digest))
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
	return q, err
}

// Query returns a saved question of a scope.
func (l *Library) Query(ctx context.Context, scope Scope, id string) (q Query, err error) {
	err = l.read(ctx, "read a query", func(tx *sql.Tx) error {
		q, err = scanQuery(tx.QueryRowContext(ctx, queryColumns+" WHERE id = ? AND environment = ? AND dataset = ?",
			id, scope.Environment, scope.Dataset))
		return missing(err, "query", id)
	})
	return q, err
}

const queryColumns = "SELECT id, environment, dataset, spec, created FROM workspace_query"

func scanQuery(row *sql.Row) (Query, error) {
	var q Query
	var spec string
	var created int64
	err := row.Scan(&q.ID, &q.Scope.Environment, &q.Scope.Dataset, &spec, &created)
	q.Spec, q.Created = json.RawMessage(spec), moment(created)
	return q, err
}
