package cloudwatch

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/csv"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/oriel-dev/oriel/internal/auth"
	"github.com/oriel-dev/oriel/internal/protocol/aws"
	"github.com/oriel-dev/oriel/internal/query/insights"
)

// scheduleEvery is how often it is looked which queries are due.
const scheduleEvery = 5 * time.Second

// scheduler runs scheduled queries and anomaly detectors, one after the other.
// What was due while the server was off runs once after its start.
type scheduler struct {
	f      *Front
	cancel context.CancelFunc
	done   chan struct{}
}

func newScheduler(ctx context.Context, f *Front) *scheduler {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	s := &scheduler{f: f, cancel: cancel, done: make(chan struct{})}
	go s.run(ctx)
	return s
}

func (s *scheduler) close() {
	s.cancel()
	<-s.done
}

func (s *scheduler) run(ctx context.Context) {
	defer close(s.done)
	every(ctx, scheduleEvery, func() {
		if err := errors.Join(s.runDue(ctx), s.evaluateDue(ctx)); err != nil && ctx.Err() == nil {
			s.f.Log.WarnContext(ctx, "scheduled queries or anomaly detectors could not be run", slog.Any("error", err))
		}
	})
}

// every does a thing again and again until ctx ends, first when the period has passed.
func every(ctx context.Context, period time.Duration, do func()) {
	ticker := time.NewTicker(period)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			do()
		}
	}
}

// places returns where there are resources of a kind.
func (s *scheduler) places(ctx context.Context, kind string) (all []place, err error) {
	err = s.f.groups.db.Read(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, "SELECT DISTINCT environment, region FROM cloudwatch_resource WHERE kind = ?", kind)
		if err != nil {
			return err
		}
		defer rows.Close() //nolint:errcheck // rows.Err tells
		for rows.Next() {
			var at place
			if err := rows.Scan(&at.environment, &at.region); err != nil {
				return err
			}
			all = append(all, at)
		}
		return rows.Err()
	})
	return all, err
}

// runDue runs every query that is due.
func (s *scheduler) runDue(ctx context.Context) error {
	places, err := s.places(ctx, scheduleKind)
	if err != nil {
		return err
	}
	for _, at := range places {
		all, err := s.f.groups.schedules().list(ctx, at, false)
		if err != nil {
			return err
		}
		for i := range all {
			k := &all[i]
			if due := k.Body.due(k.Created); !due.IsZero() && !due.After(s.f.Clock()) {
				if err := s.trigger(ctx, at, k); err != nil {
					return fmt.Errorf("%s: %w", k.Body.Name, err)
				}
			}
		}
	}
	return nil
}

// trigger runs one query and notes how it went.
func (s *scheduler) trigger(ctx context.Context, at place, k *kept[keptSchedule]) error {
	now := s.f.Clock().UnixMilli()
	r := scheduledRun{TriggeredTimestamp: now, ExecutionStatus: queryRunning}
	if err := s.note(ctx, at, k.Name, &r); err != nil { // first, so that a crash does not run it again and again
		return err
	}
	rows, err := s.ask(ctx, at, k, &r)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		r.ErrorMessage = err.Error()
		s.f.Log.WarnContext(ctx, "a scheduled query failed", slog.String("name", k.Body.Name), slog.Any("error", err))
	default:
		r.ExecutionStatus = queryComplete
		s.deliver(ctx, at, k, rows, &r)
	}
	if err := s.note(ctx, at, k.Name, &r); err != nil {
		return err
	}
	return s.f.groups.trimRuns(ctx, place{at.environment, at.region, k.Name}, maxHistory)
}

// note keeps a run, and says of its query when it last ran and how.
func (s *scheduler) note(ctx context.Context, at place, name string, r *scheduledRun) error {
	now := s.f.Clock().UnixMilli()
	if _, err := s.f.groups.runs().replace(ctx, place{at.environment, at.region, name}, runName(r.TriggeredTimestamp), now, *r); err != nil {
		return err
	}
	_, err := s.f.groups.schedules().put(ctx, at, name, now, func(old *kept[keptSchedule]) (keptSchedule, error) {
		if old == nil {
			return keptSchedule{}, errors.New("it was deleted meanwhile")
		}
		old.Body.LastTriggeredTime, old.Body.LastExecutionStatus = r.TriggeredTimestamp, r.ExecutionStatus
		return old.Body, nil
	})
	return err
}

// ask runs the query as its owner would, and returns its rows.
func (s *scheduler) ask(ctx context.Context, at place, k *kept[keptSchedule], r *scheduledRun) (*queryRows, error) {
	q := &k.Body
	c := s.f.ownCall(ctx, at, q.Account)
	now := r.TriggeredTimestamp / 1000
	in := startQueryRequest{QueryString: q.QueryString, LogGroupIdentifiers: q.LogGroupIdentifiers, StartTime: now + q.from(), EndTime: now + q.to()}
	r.ExecutionStatus = runInvalid
	names, err := c.queryGroups(&in)
	if err != nil {
		return nil, err
	}
	o, err := c.insightsOptions(&in, names) //nolint:contextcheck // the call holds the context
	if err != nil {
		return nil, err
	}
	p, err := insights.Compile(q.QueryString, o)
	if err != nil {
		return nil, malformed(err)
	}
	r.ExecutionStatus = queryFailed
	if r.QueryID, err = s.f.queries.start(c, &in, p, o); err != nil { //nolint:contextcheck // the call holds the context
		return nil, err
	}
	if err := s.f.queries.wait(ctx, r.QueryID); err != nil {
		return nil, err
	}
	ended, body, err := s.f.queries.get(c, r.QueryID) //nolint:contextcheck // the call holds the context
	if err != nil {
		return nil, err
	}
	if ended.Status != queryComplete {
		r.ExecutionStatus = ended.Status
		return nil, errors.New("the query ended with the status " + ended.Status)
	}
	return s.f.queries.unpack(body)
}

// ownCall is a call that the server makes itself, for an environment.
func (f *Front) ownCall(ctx context.Context, at place, account string) *call {
	return &call{f: f, Call: &aws.Call{
		Request: (&http.Request{Header: http.Header{}}).WithContext(ctx), Region: at.region, Account: account, RequestID: aws.NewID(),
		Who: &auth.Principal{Environment: at.environment, Account: account, KeyID: scheduleKind, Permissions: auth.AllPermissions()},
	}}
}

// deliver brings the rows of a run to where they are to go.
func (s *scheduler) deliver(ctx context.Context, at place, k *kept[keptSchedule], rows *queryRows, r *scheduledRun) {
	d := k.Body.DestinationConfiguration
	if d == nil || d.LookupTableConfiguration == nil {
		return
	}
	to := d.LookupTableConfiguration
	out := runDestination{Type: "LOOKUP_TABLE", Identifier: to.TableName, Status: "COMPLETE"}
	t, err := tableOf(rows)
	if err == nil {
		t.Description, t.KmsKeyID = to.Description, to.KmsKeyID
		_, err = s.f.tables().replace(ctx, at, to.TableName, s.f.Clock().UnixMilli(), t)
	}
	if err != nil {
		out.Status, out.Error, r.ErrorMessage = "FAILED", err.Error(), err.Error()
	}
	r.Destinations = append(r.Destinations, out)
}

// tableOf makes a lookup table of the rows of an answer. What points at events is
// left out.
func tableOf(rows *queryRows) (lookupTable, error) {
	var text bytes.Buffer
	w := csv.NewWriter(&text)
	columns := rows.Columns
	if n := len(columns); n > 0 && columns[n-1] == "@ptr" {
		columns = columns[:n-1]
	}
	if len(columns) == 0 {
		return lookupTable{}, validation("The query gave no columns, so no lookup table can be made of it.")
	}
	_ = w.Write(columns) // a buffer takes everything
	for _, row := range rows.Rows {
		record := make([]string, len(columns))
		for i := range columns {
			if row[i] != nil {
				record[i] = *row[i]
			}
		}
		_ = w.Write(record)
	}
	w.Flush()
	return newTable(&lookupRequest{TableBody: text.String()})
}

// trimRuns forgets all but the newest runs of a scheduled query, which owns them.
func (g *Groups) trimRuns(ctx context.Context, at place, keep int) error {
	return g.db.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM cloudwatch_resource WHERE environment = ? AND region = ? AND kind = ? AND owner = ? AND name NOT IN (
			SELECT name FROM cloudwatch_resource WHERE environment = ? AND region = ? AND kind = ? AND owner = ? ORDER BY name DESC LIMIT ?)`,
			at.environment, at.region, runKind, at.owner, at.environment, at.region, runKind, at.owner, keep)
		return err
	})
}
