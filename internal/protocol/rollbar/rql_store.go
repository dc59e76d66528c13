package rollbar

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/meta"
)

// rqlJobs keeps jobs and runs them, a few at a time. A job that the end of the
// server interrupts is run again after the next start.
type rqlJobs struct {
	db      *meta.DB
	clock   func() time.Time
	log     *slog.Logger
	run     func(ctx context.Context, j rqlJob) ([]byte, error)
	base    context.Context //nolint:containedctx // of the jobs, which outlive the calls that start them
	slots   chan struct{}
	running sync.WaitGroup

	mu      sync.Mutex
	cancels map[int64]context.CancelFunc
	waiting map[string]int // jobs that are not done, by environment
}

func openRQLJobs(ctx context.Context, db *meta.DB, clock func() time.Time, log *slog.Logger, run func(context.Context, rqlJob) ([]byte, error)) (*rqlJobs, error) {
	s := &rqlJobs{
		db: db, clock: clock, log: log, run: run, base: ctx, slots: make(chan struct{}, maxJobsAtOnce), cancels: map[int64]context.CancelFunc{}, waiting: map[string]int{},
	}
	left, err := s.query(ctx, "status IN ('new', 'running') ORDER BY id")
	if err != nil {
		return nil, err
	}
	for _, j := range left {
		s.waiting[j.environment]++
		s.launch(j) //nolint:contextcheck // jobs outlive the calls that start them
	}
	return s, nil
}

const jobColumns = "id, environment, query, hash, status, problem, created, modified"

func (s *rqlJobs) query(ctx context.Context, where string, args ...any) (list []rqlJob, err error) {
	err = s.db.Read(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, "SELECT "+jobColumns+" FROM rollbar_rql_job WHERE "+where, args...) //nolint:gosec // where is a constant of this package
		if err != nil {
			return err
		}
		defer rows.Close() //nolint:errcheck // rows.Err tells
		for rows.Next() {
			var j rqlJob
			if err := rows.Scan(&j.id, &j.environment, &j.query, &j.hash, &j.status, &j.problem, &j.created, &j.modified); err != nil {
				return err
			}
			list = append(list, j)
		}
		return rows.Err()
	})
	return list, err
}

func (s *rqlJobs) get(ctx context.Context, environment string, id int64) (rqlJob, error) {
	list, err := s.query(ctx, "environment = ? AND id = ? AND created >= ?", environment, id, s.oldest())
	if err != nil {
		return rqlJob{}, err
	}
	if len(list) == 0 {
		return rqlJob{}, notFound("RQL job %d not found", id)
	}
	return list[0], nil
}

// same is the last job of a query that has succeeded, or not ended, since a moment.
func (s *rqlJobs) same(ctx context.Context, environment, hash string, since int64) (rqlJob, bool, error) {
	list, err := s.query(ctx, "environment = ? AND hash = ? AND created >= ? AND status IN ('new', 'running', 'success') ORDER BY id DESC LIMIT 1", environment, hash, since)
	if err != nil || len(list) == 0 {
		return rqlJob{}, false, err
	}
	return list[0], true, nil
}

func (s *rqlJobs) list(ctx context.Context, environment string, page int) ([]rqlJob, error) {
	return s.query(ctx, "environment = ? AND created >= ? ORDER BY id DESC LIMIT ? OFFSET ?", environment, s.oldest(), jobPage, (page-1)*jobPage)
}

// oldest is when jobs were created that are kept.
func (s *rqlJobs) oldest() int64 { return s.clock().Add(-jobKeep).UnixNano() }

// start keeps a job and runs it as soon as there is room.
func (s *rqlJobs) start(ctx context.Context, j rqlJob) (rqlJob, error) {
	if err := s.enter(j.environment); err != nil {
		return j, err
	}
	err := s.db.Write(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM rollbar_rql_job WHERE created < ? AND status NOT IN ('new', 'running')", j.created-int64(jobKeep)); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM rollbar_rql_job WHERE status NOT IN ('new', 'running')
			AND id <= (SELECT id FROM rollbar_rql_job ORDER BY id DESC LIMIT 1 OFFSET ?)`, maxJobs-1); err != nil {
			return err
		}
		if err := tx.QueryRowContext(ctx, "SELECT COALESCE(MAX(id), 0) + 1 FROM rollbar_rql_job").Scan(&j.id); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO rollbar_rql_job ("+jobColumns+", result) VALUES (?, ?, ?, ?, ?, '', ?, ?, '')",
			j.id, j.environment, j.query, j.hash, j.status, j.created, j.modified)
		return err
	})
	if err != nil {
		s.leave(j.environment)
		return j, err
	}
	s.launch(j) //nolint:contextcheck // jobs outlive the calls that start them
	return j, nil
}

func (s *rqlJobs) enter(environment string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.waiting[environment] >= maxJobsWaiting {
		return fault.Busy(fault.Throttled, time.Second, "%d RQL jobs are running or waiting; at most so many can be: wait for some, or cancel them", s.waiting[environment])
	}
	s.waiting[environment]++
	return nil
}

func (s *rqlJobs) leave(environment string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.waiting[environment]--; s.waiting[environment] <= 0 {
		delete(s.waiting, environment)
	}
}

// launch runs a job beside the caller.
func (s *rqlJobs) launch(j rqlJob) {
	ctx, cancel := context.WithTimeout(s.base, jobTimeout)
	s.mu.Lock()
	s.cancels[j.id] = cancel
	s.mu.Unlock()
	s.running.Go(func() {
		defer func() {
			cancel()
			s.mu.Lock()
			delete(s.cancels, j.id)
			s.mu.Unlock()
			s.leave(j.environment)
		}()
		select {
		case s.slots <- struct{}{}:
			defer func() { <-s.slots }()
		case <-ctx.Done():
		}
		s.work(ctx, j)
	})
}

func (s *rqlJobs) work(ctx context.Context, j rqlJob) {
	var text []byte
	err := ctx.Err()
	if err == nil {
		if _, err = s.move(s.base, j.id, jobRunning, "", nil, jobNew); err == nil { //nolint:contextcheck // also where the job was cancelled
			text, err = s.run(ctx, j)
		}
	}
	status, problem := jobSuccess, ""
	switch {
	case s.base.Err() != nil:
		return // it is run again after the next start
	case err == nil:
	case fault.Is(err, fault.Deadline) || errors.Is(ctx.Err(), context.DeadlineExceeded):
		status, problem = jobTimedOut, "the query took too long: "+fault.MessageOf(err)
	case ctx.Err() != nil:
		status, problem = jobCancelled, "the job was cancelled"
	default:
		if status, problem = jobFailed, saysInternal; fault.KindOf(err) != fault.Internal || isRefusal(err) {
			_, problem = answerTo(err)
		} else {
			s.log.ErrorContext(ctx, "an RQL job failed", slog.Int64("job", j.id), slog.Any("error", err))
		}
	}
	if _, err := s.move(s.base, j.id, status, problem, text, jobNew, jobRunning); err != nil && s.base.Err() == nil { //nolint:contextcheck // also where the job was cancelled
		s.log.WarnContext(ctx, "the result of an RQL job could not be kept", slog.Int64("job", j.id), slog.Any("error", err))
	}
}

func isRefusal(err error) bool {
	_, ok := errors.AsType[*refusal](err)
	return ok
}

// move gives a job another status if it has one of those; it reports whether it had.
func (s *rqlJobs) move(ctx context.Context, id int64, status, problem string, result []byte, from ...string) (moved bool, err error) {
	if result, err = zipped(result); err != nil {
		return false, err
	}
	err = s.db.Write(ctx, func(tx *sql.Tx) error {
		var is string
		if err := tx.QueryRowContext(ctx, "SELECT status FROM rollbar_rql_job WHERE id = ?", id).Scan(&is); err != nil {
			return err
		}
		for _, f := range from {
			moved = moved || f == is
		}
		if !moved {
			return nil
		}
		_, err := tx.ExecContext(ctx, "UPDATE rollbar_rql_job SET status = ?, problem = ?, result = ?, modified = ? WHERE id = ?", status, problem, result, s.clock().UnixNano(), id)
		return err
	})
	return moved, err
}

func zipped(text []byte) ([]byte, error) {
	if len(text) == 0 {
		return []byte{}, nil
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(text); err != nil {
		return nil, err
	}
	err := z.Close()
	return b.Bytes(), err
}

// cancel ends a job; one that has ended stays as it is.
func (s *rqlJobs) cancel(ctx context.Context, j rqlJob) (rqlJob, error) {
	if _, err := s.move(ctx, j.id, jobCancelled, "the job was cancelled", nil, jobNew, jobRunning); err != nil {
		return j, err
	}
	s.mu.Lock()
	if cancel := s.cancels[j.id]; cancel != nil {
		cancel()
	}
	s.mu.Unlock()
	return s.get(ctx, j.environment, j.id)
}

// result is what a job gave: null before it has ended, and errors if it failed.
func (s *rqlJobs) result(ctx context.Context, j rqlJob) (any, error) {
	switch {
	case !j.done():
		return nil, nil //nolint:nilnil // null is the answer
	case j.status != jobSuccess:
		return rqlResult{Rows: []map[string]any{}, Selected: []string{}, Columns: []string{}, Errors: []string{j.problem}, Warnings: []string{}}, nil
	}
	var body []byte
	err := s.db.Read(ctx, func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, "SELECT result FROM rollbar_rql_job WHERE id = ?", j.id).Scan(&body)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return nil, notFound("RQL job %d not found", j.id)
	}
	if err != nil {
		return nil, err
	}
	z, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(z, maxJobResult+1))
	return json.RawMessage(text), err
}
