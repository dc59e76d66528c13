package workspace

import (
	"context"
	"database/sql"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/oriel-dev/oriel/internal/fault"
)

// Run is one entry of the history: somebody asked something.
type Run struct {
	Scope     Scope
	Owner     string          // who asked, as the caller names them; empty for nobody known
	OwnerName string          // the key's name
	Spec      json.RawMessage // the question
	Text      string          // the question as one line
	ResultID  string          // of the answer, if it was kept
	Sketch    json.RawMessage // a small picture of the answer, at most MaxSketch; nil for none
	Name      string          // of the question, if somebody has given it one; read only
	At        time.Time
	Elapsed   time.Duration
	Rows      int
}

// MaxSketch is the largest picture that the history holds, in bytes; a larger one is
// left out.
const MaxSketch = 4096

// Note adds a run to the history, and drops the oldest beyond the limit. A
// question that its owner asked last, too, is not listed twice: the entry moves
// to now.
func (l *Library) Note(ctx context.Context, r Run) error {
	spec, err := Canonical(r.Spec)
	if err != nil {
		return err
	}
	digest := digestOf(spec)
	if len(r.Sketch) > MaxSketch {
		r.Sketch = nil
	}
	return l.write(ctx, "note a run", func(tx *sql.Tx) error {
		moved, err := l.moveRun(ctx, tx, r, digest)
		if err != nil || moved {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO workspace_run
			(id, environment, dataset, owner, owner_name, spec, digest, query_text, result_id, at, elapsed, answer_rows, sketch) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			newID(base58, idLength), r.Scope.Environment, r.Scope.Dataset, r.Owner, r.OwnerName, string(spec), digest, r.Text, r.ResultID,
			r.At.UnixNano(), int64(r.Elapsed), r.Rows, string(r.Sketch))
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
	res, err := tx.ExecContext(ctx, `UPDATE workspace_run SET at = ?, elapsed = ?, answer_rows = ?, result_id = ?, sketch = ?
		WHERE digest = ? AND dataset = ? AND result_id = '' AND id =
		(SELECT id FROM workspace_run WHERE environment = ? AND owner = ? ORDER BY at DESC, id DESC LIMIT 1)`,
		r.At.UnixNano(), int64(r.Elapsed), r.Rows, r.ResultID, string(r.Sketch), digest, r.Scope.Dataset, r.Scope.Environment, r.Owner)
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
	Owner *string // only those of one who asked; nil for everybody's
	// Dataset keeps the runs on a dataset, or with [All] those on the whole environment;
	// empty keeps both.
	Dataset string
	After   string // goes on behind a page that ended with this Next; empty begins with the newest
	Text    string // words that text, dataset or name hold, whatever the case; empty for all
}

// History returns the runs of an environment, newest first, and what the next page
// begins behind; that is empty at the end. Runs that are added meanwhile are on no
// later page.
func (l *Library) History(ctx context.Context, environment string, f HistoryFilter) (list []Run, next string, err error) {
	text, args, err := f.sql(environment)
	if err != nil {
		return nil, "", err
	}
	limit := min(max(f.Limit, 1), MaxHistory)
	last := "" // the id of the last of the list
	err = l.read(ctx, "list the history", func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, text, append(args, limit+1)...)
		if err != nil {
			return err
		}
		defer rows.Close() //nolint:errcheck // rows.Err tells
		list, next = nil, ""
		for rows.Next() {
			if len(list) == limit {
				next = cursorOf(list[limit-1].At, last)
				break
			}
			r := Run{Scope: Scope{Environment: environment}}
			var spec, sketch string
			var at, elapsed int64
			if err := rows.Scan(&last, &r.Scope.Dataset, &r.Owner, &r.OwnerName, &spec, &r.Text, &r.ResultID, &at, &elapsed, &r.Rows, &sketch, &r.Name); err != nil {
				return err
			}
			r.Spec, r.At, r.Elapsed = json.RawMessage(spec), moment(at), time.Duration(elapsed)
			if sketch != "" {
				r.Sketch = json.RawMessage(sketch)
			}
			list = append(list, r)
		}
		return rows.Err()
	})
	return list, next, err
}

// sql is the filter without its limit.
func (f HistoryFilter) sql(environment string) (text string, args []any, err error) {
	text, args = `SELECT id, dataset, owner, owner_name, spec, query_text, result_id, at, elapsed, answer_rows, sketch,
		COALESCE((SELECT a.name FROM workspace_query q JOIN workspace_annotation a ON a.query_id = q.id
			WHERE q.environment = r.environment AND q.dataset = r.dataset AND q.digest = r.digest AND a.source = ?
			ORDER BY a.updated DESC LIMIT 1), '')
		FROM workspace_run r WHERE environment = ?`, []any{SourceQuery, environment}
	if f.Owner != nil {
		text, args = text+" AND owner = ?", append(args, *f.Owner)
	}
	if f.Dataset != "" {
		text, args = text+" AND dataset = ?", append(args, f.Dataset)
	}
	if f.After != "" {
		at, id, err := readCursor(f.After)
		if err != nil {
			return "", nil, err
		}
		text, args = text+" AND (at < ? OR (at = ? AND id < ?))", append(args, at, at, id)
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
	return text + " ORDER BY at DESC, id DESC LIMIT ?", args, nil
}

// cursorOf is the place in the history behind a run.
func cursorOf(at time.Time, id string) string { return strconv.FormatInt(at.UnixNano(), 10) + "-" + id }

func readCursor(text string) (at int64, id string, err error) {
	first, id, both := strings.Cut(text, "-")
	if at, err = strconv.ParseInt(first, 10, 64); err != nil || !both {
		return 0, "", fault.New(fault.Invalid, "cursor is %.60q; it must be the next of another page, or left out", text)
	}
	return at, id, nil
}
