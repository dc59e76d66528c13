package rollbar

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"

	"github.com/oriel-dev/oriel/internal/auth"
	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/item"
	"github.com/oriel-dev/oriel/internal/query"
)

func peopleHandlers() map[string]handler {
	return map[string]handler{"createPeopleDeleteJob": (*Front).createPeopleDeleteJob, "getPeopleDeleteJob": (*Front).getPeopleDeleteJob}
}

// peopleJob removes what is kept about a person: rows of occurrences, recordings of
// their sessions, and their names with items.
type peopleJob struct {
	id           int64
	environment  string // "" for all
	field, value string
}

// createPeopleDeleteJob keeps a job, which is then run beside everything else, also
// after a restart.
func (f *Front) createPeopleDeleteJob(c *call) (reply, error) {
	var job peopleJob
	for _, name := range []string{"id", "email", "username"} {
		v := c.field(name)
		if v == "" {
			continue
		}
		if job.value != "" {
			return reply{}, invalid("Invalid format. Only one of id, email and username is taken.")
		}
		job.field, job.value = name, v
	}
	const most = 255
	if job.value == "" || len(job.value) > most {
		return reply{}, invalid("Invalid format. One of id, email and username is required, with at most %d bytes.", most)
	}
	if !c.token.holds(account) || c.token.stranger() {
		job.environment = c.token.Environment
	}
	err := f.db.Write(c.Context(), func(tx *sql.Tx) error {
		done, err := tx.ExecContext(c.Context(), "INSERT INTO rollbar_people_job (environment, field, value, state, created) VALUES (?, ?, ?, ?, ?)",
			job.environment, job.field, job.value, jobNew, f.Clock().UnixNano())
		if err != nil {
			return err
		}
		job.id, err = done.LastInsertId()
		return err
	})
	if err == nil {
		select {
		case f.peopleJobs <- struct{}{}:
		default:
		}
	}
	return reply{result: map[string]any{"id": job.id}}, err
}

func (f *Front) getPeopleDeleteJob(c *call) (reply, error) {
	const missing = "Not found"
	id, err := c.number("id", missing)
	if err != nil {
		return reply{}, err
	}
	var environment, state string
	err = f.db.Read(c.Context(), func(tx *sql.Tx) error {
		return tx.QueryRowContext(c.Context(), "SELECT environment, state FROM rollbar_people_job WHERE id = ?", id).Scan(&environment, &state)
	})
	if errors.Is(err, sql.ErrNoRows) || err == nil && !c.token.holds(account) && environment != c.token.Environment {
		return reply{}, notFound(missing)
	}
	return reply{result: map[string]any{"id": id, "state": state}}, err
}

// runJobs runs the jobs that have not ended. What fails is told in its state.
func (f *Front) runJobs(ctx context.Context) error {
	var list []peopleJob
	err := f.db.Read(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, "SELECT id, environment, field, value FROM rollbar_people_job WHERE state IN (?, ?) ORDER BY id", jobNew, jobRunning)
		if err != nil {
			return err
		}
		defer rows.Close() //nolint:errcheck // rows.Err tells
		for rows.Next() {
			var j peopleJob
			if err := rows.Scan(&j.id, &j.environment, &j.field, &j.value); err != nil {
				return err
			}
			list = append(list, j)
		}
		return rows.Err()
	})
	if err != nil {
		return err
	}
	for _, j := range list {
		if err := f.setJob(ctx, j.id, jobRunning); err != nil {
			return err
		}
		state := jobSuccess
		if err := f.removePerson(ctx, j); err != nil {
			if ctx.Err() != nil {
				return ctx.Err() // it goes on after the next start
			}
			state = jobFailed
			f.Log.WarnContext(ctx, "what is kept about a person could not be removed", slog.Int64("job", j.id), slog.Any("error", err))
		}
		if err := f.setJob(ctx, j.id, state); err != nil {
			return err
		}
	}
	return nil
}

// setJob says how far a job is. Who it was about is not kept once it is done.
func (f *Front) setJob(ctx context.Context, id int64, state string) error {
	return f.db.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "UPDATE rollbar_people_job SET state = ?, value = CASE WHEN ? = ? THEN '' ELSE value END WHERE id = ?", state, state, jobSuccess, id)
		return err
	})
}

// fieldsOfPerson are the fields of rows that may name a person.
func fieldsOfPerson(field string) []string {
	return map[string][]string{
		"id": {"person.id", "enduser.id", "user.id"}, "email": {"person.email", "user.email"}, "username": {"person.username", "user.name"},
	}[field]
}

func (f *Front) removePerson(ctx context.Context, j peopleJob) error {
	environments := f.Keys.Environments()
	if j.environment != "" {
		environments = []auth.Environment{{Slug: j.environment}}
	}
	var names []query.Expr
	for _, name := range fieldsOfPerson(j.field) {
		names = append(names, query.Compare{Op: query.Eq, L: query.Field{Name: name}, R: query.Literal{Value: event.StringValue(j.value)}})
	}
	where := query.And{Terms: []query.Expr{query.Or{Terms: names}, query.Or{Terms: []query.Expr{
		query.Exists{X: query.Field{Name: event.FieldErrorFingerprint}}, query.Exists{X: query.Field{Name: event.FieldErrorTwin}},
	}}}}
	for _, e := range environments {
		if err := f.removeRecordings(ctx, e.Slug, where); err != nil {
			return err
		}
		for _, d := range f.Datasets.List(e.Slug) {
			if err := f.DropRows(ctx, e.Slug, d.Slug, where); err != nil && !fault.Is(err, fault.NotFound) {
				return err
			}
		}
		_, err := f.Items.ForgetPerson(ctx, e.Slug, func(p item.Person) bool {
			return map[string]string{"id": p.ID, "email": p.Email, "username": p.Username}[j.field] == j.value
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// removeRecordings removes those of the sessions that rows belong to.
func (f *Front) removeRecordings(ctx context.Context, environment string, where query.Expr) error {
	const most = 100_000
	session := query.Field{Name: fieldSession}
	res, err := f.Querier.Run(ctx, &query.Query{Environment: environment, Start: 0, End: f.soon(), Stages: []query.Stage{
		query.Filter{Where: query.And{Terms: []query.Expr{where, query.Exists{X: session}}}},
		query.Aggregate{Groups: []string{fieldSession}, Calcs: []query.Calc{{Op: query.Count, Name: "n"}}},
		query.Limit{Count: most},
	}})
	if err != nil || res.Rows == 0 {
		return err
	}
	return f.db.Write(ctx, func(tx *sql.Tx) error {
		for _, v := range res.Column(fieldSession).Values {
			if _, err := tx.ExecContext(ctx, "DELETE FROM rollbar_replay WHERE environment = ? AND session = ?", environment, v.Text()); err != nil {
				return err
			}
		}
		return nil
	})
}
