package workspace

import (
	"context"
	"database/sql"
	"encoding/json"
	"strings"
	"time"
)

// Run is one entry of the history: somebody asked something.
type Run struct {
	Scope     Scope
	Owner     string          // a key's id; empty in open mode
	OwnerName string          // the key's name
	Spec      json.RawMessage // the question
	Text      string          // the question as one line
	ResultID  string          // of the answer, if it was kept
	Name      string          // of the question, if somebody has given it one; read only
	At        time.Time
	Elapsed   time.Duration
	Rows      int
}

// Note adds a run to the history, and drops the oldest beyond the limit. A
// question that its owner asked last, too, is not listed twice: the entry moves
// to now.
func (l *Library) Note(ctx context.Context, r Run) error {
	spec, err := Canonical(r.Spec)
	if err != nil {
		return err
	}
	digest := digestOf(spec)
	return l.write(ctx, "note a run", func(tx *sql.Tx) error {
		moved, err := l.moveRun(ctx, tx, r, digest)
		if err != nil || moved {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO workspace_run
			(id, environment, dataset, owner, owner_name, spec, digest, query_text, result_id, at, elapsed, answer_rows) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			newID(base58, idLength), r.Scope.Environment, r.Scope.Dataset, r.Owner, r.OwnerName, string(spec), digest, r.Text, r.ResultID,
			r.At.UnixNano(), int64(r.Elapsed), r.Rows)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `DELETE FROM workspace_run WHERE environment = ? AND id IN
			(SELECT id FROM workspace_run WHERE environment = ? ORDER BY at DESC, id DESC LIMIT 1000 OFFSET ?)`,
			r.Scope.Environment, r.Scope.Environment, l.cfg.MaxRuns)
		return err
	})
}

// moveRun updates the owner's last entry if it is of the same question and no
// other answer of it was kept.
func (l *Library) moveRun(ctx context.Context, tx *sql.Tx, r Run, digest string) (bool, error) {
	res, err := tx.ExecContext(ctx, `UPDATE workspace_run SET at = ?, elapsed = ?, answer_rows = ?, result_id = ?
		WHERE digest = ? AND dataset = ? AND result_id = '' AND id =
		(SELECT id FROM workspace_run WHERE environment = ? AND owner = ? ORDER BY at DESC, id DESC LIMIT 1)`,
		r.At.UnixNano(), int64(r.Elapsed), r.Rows, r.ResultID, digest, r.Scope.Dataset, r.Scope.Environment, r.Owner)
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n > 0, err
}

// MaxHistory is how many runs one look at the history returns at most.
const MaxHistory = 1000

// maxWords is how many words of a search count.
const maxWords = 10

// HistoryFilter says which runs are wanted.
type HistoryFilter struct {
	Limit int     // 1..[MaxHistory]
	Owner *string // only those of a key; nil for everybody's
	Text  string  // words that text, dataset or name hold, whatever the case; empty for all
}

// History returns the runs of an environment, newest first.
func (l *Library) History(ctx context.Context, environment string, f HistoryFilter) (list []Run, err error) {
	text, args := `SELECT dataset, owner, owner_name, spec, query_text, result_id, at, elapsed, answer_rows,
		COALESCE((SELECT a.name FROM workspace_query q JOIN workspace_annotation a ON a.query_id = q.id
			WHERE q.environment = r.environment AND q.dataset = r.dataset AND q.digest = r.digest AND a.source = ?
			ORDER BY a.updated DESC LIMIT 1), '')
		FROM workspace_run r WHERE environment = ?`, []any{SourceQuery, environment}
	if f.Owner != nil {
		text, args = text+" AND owner = ?", append(args, *f.Owner)
	}
	words := strings.Fields(f.Text)
	for _, word := range words[:min(len(words), maxWords)] {
		pattern := "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(strings.ToLower(word)) + "%"
		// The names are looked through once, not for each run.
		text += ` AND (LOWER(query_text) LIKE ? ESCAPE '\' OR LOWER(dataset) LIKE ? ESCAPE '\' OR (dataset, digest) IN
			(SELECT q.dataset, q.digest FROM workspace_annotation a JOIN workspace_query q ON q.id = a.query_id
			WHERE a.environment = ? AND a.source = ? AND LOWER(a.name) LIKE ? ESCAPE '\'))`
		args = append(args, pattern, pattern, environment, SourceQuery, pattern)
	}
	text, args = text+" ORDER BY at DESC, id DESC LIMIT ?", append(args, min(max(f.Limit, 1), MaxHistory))
	err = l.read(ctx, "list the history", func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, text, args...)
		if err != nil {
			return err
		}
		defer rows.Close() //nolint:errcheck // rows.Err tells
		for rows.Next() {
			r := Run{Scope: Scope{Environment: environment}}
			var spec string
			var at, elapsed int64
			if err := rows.Scan(&r.Scope.Dataset, &r.Owner, &r.OwnerName, &spec, &r.Text, &r.ResultID, &at, &elapsed, &r.Rows, &r.Name); err != nil {
				return err
			}
			r.Spec, r.At, r.Elapsed = json.RawMessage(spec), moment(at), time.Duration(elapsed)
			list = append(list, r)
		}
		return rows.Err()
	})
	return list, err
}
