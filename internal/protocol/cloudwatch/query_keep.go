package cloudwatch

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/oriel-dev/oriel/internal/fault"
)

// Bounds of what is kept of queries.
const (
	maxQueryAnswer = 64 << 20  // bytes of one answer
	maxKeptAnswers = 256 << 20 // bytes of all, compressed
	maxKeptQueries = 10_000
)

// keptQuery is a query in the database.
type keptQuery struct {
	ID                  string
	Environment, Region string
	Created, Ended      int64 // Unix ms
	Status              string
	Caller              string
	Groups              []string
	Query               string
	Start, End          int64 // Unix seconds
	Statistics          queryStatistics
}

const queryColumns = "id, environment, region, created, ended, status, caller, groups_json, query, range_start, range_end, statistics"

// insert notes a query that begins, and lets go of the oldest.
func (q *queryRuns) insert(ctx context.Context, k *keptQuery) error {
	groups, err := json.Marshal(k.Groups)
	if err != nil {
		return fmt.Errorf("note a query: %w", err)
	}
	err = q.f.groups.db.Write(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "INSERT INTO cloudwatch_query ("+queryColumns+", size, body) VALUES (?, ?, ?, ?, 0, ?, ?, ?, ?, ?, ?, '{}', 0, NULL)",
			k.ID, k.Environment, k.Region, k.Created, k.Status, k.Caller, string(groups), k.Query, k.Start, k.End); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM cloudwatch_query WHERE created < ?", k.Created-keptFor.Milliseconds()); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "DELETE FROM cloudwatch_query WHERE created < (SELECT MIN(created) FROM (SELECT created FROM cloudwatch_query ORDER BY created DESC LIMIT ?) newest)", maxKeptQueries)
		return err
	})
	if err != nil {
		return fmt.Errorf("note a query: %w", err)
	}
	return nil
}

// end stores how a query ended. An answer that is too large makes it a failed one.
func (q *queryRuns) end(ctx context.Context, k *keptQuery, rows *queryRows) error {
	body, err := q.pack(rows)
	if fault.Is(err, fault.TooLarge) {
		k.Status, body, err = queryFailed, nil, nil
	}
	if err != nil {
		return err
	}
	statistics, err := json.Marshal(k.Statistics)
	if err != nil {
		return fmt.Errorf("keep an answer: %w", err)
	}
	return q.f.groups.db.Write(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "UPDATE cloudwatch_query SET ended = ?, status = ?, statistics = ?, size = ?, body = ? WHERE id = ?",
			k.Ended, k.Status, string(statistics), len(body), body, k.ID); err != nil {
			return err
		}
		return trimAnswers(ctx, tx)
	})
}

// trimAnswers deletes the oldest queries until the answers fit.
func trimAnswers(ctx context.Context, tx *sql.Tx) error {
	for {
		var all sql.NullInt64
		if err := tx.QueryRowContext(ctx, "SELECT SUM(size) FROM cloudwatch_query").Scan(&all); err != nil {
			return err
		}
		if all.Int64 <= maxKeptAnswers {
			return nil
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM cloudwatch_query WHERE id = (SELECT id FROM cloudwatch_query WHERE size > 0 ORDER BY created LIMIT 1)"); err != nil {
			return err
		}
	}
}

// scanQuery reads the columns of queryColumns, then what follows them. running are
// the queries that ran before the database was read: one that ends meanwhile is no
// failed one.
func scanQuery(running map[string]bool, scan func(into ...any) error, more ...any) (*keptQuery, error) {
	var k keptQuery
	var groups, statistics string
	into := append([]any{&k.ID, &k.Environment, &k.Region, &k.Created, &k.Ended, &k.Status, &k.Caller, &groups, &k.Query, &k.Start, &k.End, &statistics}, more...)
	if err := scan(into...); err != nil {
		return nil, err
	}
	if err := errors.Join(json.Unmarshal([]byte(groups), &k.Groups), json.Unmarshal([]byte(statistics), &k.Statistics)); err != nil {
		return nil, fmt.Errorf("read a query: %w", err)
	}
	if k.Ended == 0 && !running[k.ID] {
		k.Status = queryFailed // the server ended before it did
	}
	return &k, nil
}

// get returns a query of the caller's with its answer, packed.
func (q *queryRuns) get(c *call, id string) (k *keptQuery, body []byte, err error) {
	running := q.underWay()
	err = q.f.groups.db.Read(c.Context(), func(tx *sql.Tx) error {
		row := tx.QueryRowContext(c.Context(), "SELECT "+queryColumns+", body FROM cloudwatch_query WHERE id = ? AND environment = ? AND region = ? AND created >= ?",
			id, c.Who.Environment, c.Region, c.nowMS()-keptFor.Milliseconds())
		k, err = scanQuery(running, row.Scan, &body)
		return err
	})
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil, notFound("The specified query does not exist: " + cut(id))
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read a query: %w", err)
	}
	return k, body, nil
}

// list returns the queries of the caller's environment and region.
func (q *queryRuns) list(c *call) (all []keptQuery, err error) {
	running := q.underWay()
	err = q.f.groups.db.Read(c.Context(), func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(c.Context(), "SELECT "+queryColumns+" FROM cloudwatch_query WHERE environment = ? AND region = ? AND created >= ?",
			c.Who.Environment, c.Region, c.nowMS()-keptFor.Milliseconds())
		if err != nil {
			return err
		}
		defer rows.Close() //nolint:errcheck // rows.Err tells
		for rows.Next() {
			k, err := scanQuery(running, rows.Scan)
			if err != nil {
				return err
			}
			all = append(all, *k)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("list queries: %w", err)
	}
	return all, nil
}
