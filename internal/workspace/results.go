package workspace

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/oriel-dev/oriel/internal/fault"
)

// State says how far a result is.
type State int

// The states of a result; the last two are final.
const (
	underWay State = iota
	done
	failed
)

// Result is the answer to a question as it was when it ran. It never changes
// once it has ended, whatever becomes of the events it was made from.
type Result struct {
	ID      string
	Scope   Scope
	QueryID string          // of the saved query; empty for one that was not saved
	Spec    json.RawMessage // the question as it was run
	Asked   time.Time
	Ended   time.Time // zero while under way
	Failure string    // why there is no answer; empty unless it failed

	packed []byte // the answer
	of     *Library
}

// Complete reports whether the result has ended.
func (r *Result) Complete() bool { return !r.Ended.IsZero() }

// Answered reports whether there is an answer to [Result.Open].
func (r *Result) Answered() bool { return r.packed != nil }

// Open returns the answer, JSON, and what must be called once it is no longer
// used. Answers that are open at the same time are bounded: Throttled if there
// are too many, but one may always be.
func (r *Result) Open() (answer []byte, release func(), err error) {
	var head zstd.Header
	if err := head.Decode(r.packed); err != nil {
		return nil, nil, fault.Wrap(fault.Internal, err, "unpack a result")
	}
	size := int64(r.of.cfg.MaxAnswer)
	if head.HasFCS {
		size = int64(min(head.FrameContentSize, uint64(size))) //nolint:gosec // within MaxAnswer
	}
	if all := r.of.opened.Add(size); all > r.of.cfg.MaxOpen && all > size {
		r.of.opened.Add(-size)
		return nil, nil, fault.Busy(fault.Throttled, time.Second, "the results that are being read take more than %d bytes of memory; ask again", r.of.cfg.MaxOpen)
	}
	release = sync.OnceFunc(func() { r.of.opened.Add(-size) })
	if answer, err = r.of.opener.DecodeAll(r.packed, nil); err != nil {
		release()
		return nil, nil, fault.Wrap(fault.Internal, err, "unpack a result")
	}
	return answer, release, nil
}

// rowOverhead is what a result counts for beside its answer, so that many small
// ones are bounded, too.
const rowOverhead = 512

// StartResult notes that a question is being answered. The caller ends it with
// [Library.EndResult] or [Library.FailResult]; should the process end first, it
// has failed when the library is opened again.
func (l *Library) StartResult(ctx context.Context, scope Scope, queryID string, spec json.RawMessage) (*Result, error) {
	r := &Result{ID: newID(base58, idLength), Scope: scope, QueryID: queryID, Spec: spec, Asked: l.now()}
	return r, l.insert(ctx, r, underWay, nil)
}

// KeepResult stores a question with its answer at once.
func (l *Library) KeepResult(ctx context.Context, scope Scope, spec json.RawMessage, answer []byte) (*Result, error) {
	packed, err := l.pack(answer)
	if err != nil {
		return nil, err
	}
	now := l.now()
	r := &Result{ID: newID(base58, idLength), Scope: scope, Spec: spec, Asked: now, Ended: now, packed: packed, of: l}
	return r, l.insert(ctx, r, done, packed)
}

func (l *Library) insert(ctx context.Context, r *Result, state State, packed []byte) error {
	size := rowOverhead + int64(len(r.Spec)+len(packed))
	ended := int64(0)
	if !r.Ended.IsZero() {
		ended = r.Ended.UnixNano()
	}
	err := l.write(ctx, "keep a result", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO workspace_result
			(id, environment, dataset, query_id, spec, state, failure, asked, ended, size, body) VALUES (?, ?, ?, ?, ?, ?, '', ?, ?, ?, ?)`,
			r.ID, r.Scope.Environment, r.Scope.Dataset, r.QueryID, string(r.Spec), state, r.Asked.UnixNano(), ended, size, packed)
		return err
	})
	if err != nil {
		return err
	}
	return l.grow(ctx, size)
}

// EndResult stores the answer of a result that is under way. An answer that is
// too large makes it a failed one that says so.
func (l *Library) EndResult(ctx context.Context, id string, answer []byte) error {
	packed, err := l.pack(answer)
	if err != nil {
		return l.FailResult(ctx, id, fault.MessageOf(err))
	}
	if err := l.end(ctx, id, done, "", packed); err != nil {
		return err
	}
	return l.grow(ctx, int64(len(packed)))
}

// FailResult stores why a result that is under way has no answer.
func (l *Library) FailResult(ctx context.Context, id, why string) error {
	return l.end(ctx, id, failed, why, nil)
}

func (l *Library) end(ctx context.Context, id string, state State, why string, packed []byte) error {
	return l.write(ctx, "end a result", func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, "UPDATE workspace_result SET state = ?, failure = ?, ended = ?, body = ?, size = size + ? WHERE id = ? AND state = ?",
			state, why, l.now().UnixNano(), packed, len(packed), id, underWay)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, fault.New(fault.Conflict, "result %s is not under way", id))
		}
		return nil
	})
}

// Result returns a result of an environment.
func (l *Library) Result(ctx context.Context, environment, id string) (*Result, error) {
	r := &Result{of: l}
	var spec string
	var asked, ended int64
	err := l.read(ctx, "read a result", func(tx *sql.Tx) error {
		err := tx.QueryRowContext(ctx, `SELECT id, environment, dataset, query_id, spec, failure, asked, ended, body
			FROM workspace_result WHERE id = ? AND environment = ?`, id, environment).
			Scan(&r.ID, &r.Scope.Environment, &r.Scope.Dataset, &r.QueryID, &spec, &r.Failure, &asked, &ended, &r.packed)
		return missing(err, "result", id)
	})
	if err != nil {
		return nil, err
	}
	r.Spec, r.Asked, r.Ended = json.RawMessage(spec), moment(asked), moment(ended)
	return r, nil
}

func (l *Library) pack(answer []byte) ([]byte, error) {
	if len(answer) > l.cfg.MaxAnswer {
		return nil, fault.New(fault.TooLarge, "the answer has %d bytes, more than the %d that are kept: ask for fewer groups, a shorter range or a coarser granularity",
			len(answer), l.cfg.MaxAnswer)
	}
	return l.packer.EncodeAll(answer, make([]byte, 0, len(answer)/8+64)), nil
}

// grow counts what was added and removes the oldest results beyond the limit,
// never one that is under way.
func (l *Library) grow(ctx context.Context, size int64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stored += size; l.stored <= l.cfg.MaxAnswers {
		return nil
	}
	var removed int64
	err := l.write(ctx, "remove old results", func(tx *sql.Tx) error {
		removed = 0
		for l.stored-removed > l.cfg.MaxAnswers {
			n, err := removeOldest(ctx, tx)
			if err != nil {
				return err
			}
			if n == 0 {
				return nil
			}
			removed += n
		}
		return nil
	})
	if err == nil {
		l.stored -= removed
	}
	return err
}

func removeOldest(ctx context.Context, tx *sql.Tx) (size int64, err error) {
	var id string
	err = tx.QueryRowContext(ctx, "SELECT id, size FROM workspace_result WHERE state <> ? ORDER BY asked, id LIMIT 1", underWay).Scan(&id, &size)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	_, err = tx.ExecContext(ctx, "DELETE FROM workspace_result WHERE id = ?", id)
	return size, err
}
