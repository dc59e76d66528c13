package cloudwatch

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/querier"
	"github.com/oriel-dev/oriel/internal/query/insights"
	"github.com/oriel-dev/oriel/internal/store"
)

// The service's words for how far a query is.
const (
	queryScheduled = "Scheduled"
	queryRunning   = "Running"
	queryComplete  = "Complete"
	queryFailed    = "Failed"
	queryCancelled = "Cancelled"
	queryTimeout   = "Timeout"
)

// maxRunningQueries is how many queries may be under way.
const maxRunningQueries = 100

// queryRuns are the queries under way. Those that have ended are in the database.
type queryRuns struct {
	f       *Front
	packer  *zstd.Encoder
	opener  *zstd.Decoder
	running sync.WaitGroup

	mu     sync.Mutex
	closed bool
	runs   map[string]*queryRun
}

// queryRun is a query under way.
type queryRun struct {
	cancel context.CancelFunc
	done   chan struct{} // closed when its answer is in the database

	mu         sync.Mutex
	stopped    bool // by StopQuery
	statistics queryStatistics
	partial    *queryRows // what the answer has come to; nil where nothing is known
}

// queryStatistics say what a query has looked at.
type queryStatistics struct {
	RecordsMatched          float64 `json:"recordsMatched"`
	RecordsScanned          float64 `json:"recordsScanned"`
	EstimatedRecordsSkipped float64 `json:"estimatedRecordsSkipped"`
	BytesScanned            float64 `json:"bytesScanned"`
	EstimatedBytesSkipped   float64 `json:"estimatedBytesSkipped"`
	LogGroupsScanned        float64 `json:"logGroupsScanned"`
}

// queryRows are the rows of an answer: the names of columns, and each row's
// texts, null where there is none.
type queryRows struct {
	Columns []string    `json:"columns"`
	Rows    [][]*string `json:"rows"`
}

func newQueryRuns(f *Front) (*queryRuns, error) {
	packer, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, fmt.Errorf("open the compression of answers: %w", err)
	}
	opener, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxQueryAnswer))
	if err != nil {
		return nil, fmt.Errorf("open the compression of answers: %w", err)
	}
	return &queryRuns{f: f, packer: packer, opener: opener, runs: map[string]*queryRun{}}, nil
}

// close ends the queries under way and waits for them; they have failed then.
func (q *queryRuns) close() error {
	q.mu.Lock()
	q.closed = true
	for _, run := range q.runs {
		run.cancel()
	}
	q.mu.Unlock()
	q.running.Wait()
	q.opener.Close()
	return q.packer.Close()
}

func newQueryID() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// start notes a query and runs it in the background.
func (q *queryRuns) start(c *call, in *startQueryRequest, p *insights.Program, o insights.Options) (string, error) {
	id := newQueryID()
	ctx, cancel := context.WithCancel(context.WithoutCancel(c.Context()))
	run := &queryRun{cancel: cancel, done: make(chan struct{})}
	run.statistics.LogGroupsScanned = float64(len(p.Groups))
	q.mu.Lock()
	full := len(q.runs) >= maxRunningQueries
	if !full && !q.closed {
		q.runs[id] = run
		q.running.Add(1)
	}
	closed := q.closed
	q.mu.Unlock()
	switch {
	case closed:
		cancel()
		return "", fault.New(fault.Unavailable, "the server is about to end")
	case full:
		cancel()
		return "", limitExceeded(fmt.Sprintf("Account maximum query concurrency limit of [%d] reached.", maxRunningQueries))
	}
	kept := keptQuery{
		ID: id, Environment: c.Who.Environment, Region: c.Region, Created: c.nowMS(), Status: queryRunning, Caller: "arn:aws:iam::" + c.Account + ":user/" + c.Who.KeyID,
		Query: in.QueryString, Start: in.StartTime, End: in.EndTime,
	}
	for _, g := range p.Groups {
		kept.Groups = append(kept.Groups, g.Name)
	}
	if err := q.insert(ctx, &kept); err != nil {
		q.forget(id)
		cancel()
		q.running.Done()
		return "", err
	}
	go q.run(ctx, run, &kept, p, o)
	return id, nil
}

func (q *queryRuns) forget(id string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.runs, id)
}

func (q *queryRuns) find(id string) *queryRun {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.runs[id]
}

// wait returns once a query is not under way any more.
func (q *queryRuns) wait(ctx context.Context, id string) error {
	run := q.find(id)
	if run == nil {
		return nil
	}
	select {
	case <-run.done:
		return nil
	case <-ctx.Done():
		run.cancel()
		return ctx.Err()
	}
}

func (q *queryRuns) underWay() map[string]bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	ids := make(map[string]bool, len(q.runs))
	for id := range q.runs {
		ids[id] = true
	}
	return ids
}

// run answers a query and stores the answer. It is known until that is done.
func (q *queryRuns) run(ctx context.Context, run *queryRun, kept *keptQuery, p *insights.Program, o insights.Options) {
	defer q.running.Done()
	defer close(run.done)
	defer run.cancel()
	defer q.forget(kept.ID)
	rows, err := q.answer(ctx, run, p, o)
	run.mu.Lock()
	kept.Statistics = run.statistics
	stopped := run.stopped
	run.mu.Unlock()
	kept.Status = queryComplete
	switch {
	case stopped:
		kept.Status = queryCancelled
	case fault.Is(err, fault.Deadline):
		kept.Status = queryTimeout
	case err != nil:
		kept.Status = queryFailed
		q.f.Log.WarnContext(ctx, "a query in Logs Insights QL failed", slog.String("query_id", kept.ID), slog.Any("error", err))
	}
	kept.Ended = q.f.Clock().UnixMilli()
	if err := q.end(context.WithoutCancel(ctx), kept, rows); err != nil {
		q.f.Log.ErrorContext(ctx, "the answer to a query could not be stored", slog.String("query_id", kept.ID), slog.Any("error", err))
	}
}

func (q *queryRuns) answer(ctx context.Context, run *queryRun, p *insights.Program, o insights.Options) (rows *queryRows, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fault.New(fault.Internal, "panic: %v\n%s", v, debug.Stack())
		}
	}()
	tell := querier.Telling{Progress: run.progress}
	if !p.Spans { // whose messages are made of the whole answer
		tell.Partial = func(soFar *store.Result) { run.soFar(rowsOf(p, soFar)) }
	}
	answer, err := q.f.Querier.Insights(ctx, p, o, tell)
	if err != nil {
		return nil, err
	}
	run.mu.Lock()
	run.statistics.RecordsMatched, run.statistics.RecordsScanned, run.statistics.BytesScanned = float64(answer.Matched), float64(answer.Scanned), float64(answer.Bytes)
	run.mu.Unlock()
	whole, err := q.f.withMessages(ctx, p, o, answer.Result)
	if err != nil {
		return nil, err
	}
	return rowsOf(p, whole), nil
}

func (r *queryRun) progress(p store.Progress) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.statistics.RecordsScanned = float64(p.Scanned)
}

// soFar notes what the answer has come to: as many rows as one GetQueryResults gives.
func (r *queryRun) soFar(rows *queryRows) {
	rows.Rows = rows.Rows[:min(len(rows.Rows), maxResultRows)]
	r.mu.Lock()
	defer r.mu.Unlock()
	r.partial = rows
}

// rowsOf prints an answer. Rows that are events end with what points at them.
func rowsOf(p *insights.Program, r *store.Result) *queryRows {
	rows := &queryRows{Rows: make([][]*string, r.Rows)}
	columns := make([]*store.ResultColumn, len(p.Columns))
	for k, c := range p.Columns {
		rows.Columns = append(rows.Columns, c.Name)
		columns[k] = r.Column(c.Field)
	}
	if p.Raw {
		rows.Columns = append(rows.Columns, "@ptr")
	}
	for i := range rows.Rows {
		row := make([]*string, len(rows.Columns))
		for k, c := range p.Columns {
			if columns[k] == nil || c.Type == insights.Pointer {
				continue
			}
			if s, ok := c.Text(columns[k].Values[i]); ok {
				row[k] = &s
			}
		}
		if p.Raw {
			s := pointerOf(r, i)
			row[len(row)-1] = &s
		}
		rows.Rows[i] = row
	}
	return rows
}

// pack compresses rows; those that are too large are refused.
func (q *queryRuns) pack(rows *queryRows) ([]byte, error) {
	if rows == nil {
		return nil, nil
	}
	raw, err := json.Marshal(rows)
	if err != nil {
		return nil, fmt.Errorf("write the answer to a query: %w", err)
	}
	if len(raw) > maxQueryAnswer {
		return nil, fault.New(fault.TooLarge, "the answer has %d bytes; at most %d are kept", len(raw), maxQueryAnswer)
	}
	return q.packer.EncodeAll(raw, nil), nil
}

func (q *queryRuns) unpack(body []byte) (*queryRows, error) {
	rows := &queryRows{}
	if body == nil {
		return rows, nil
	}
	raw, err := q.opener.DecodeAll(body, nil)
	if err != nil {
		return nil, fmt.Errorf("unpack the answer to a query: %w", err)
	}
	return rows, json.Unmarshal(raw, rows)
}

// keptFor is how long answers are kept.
const keptFor = 7 * 24 * time.Hour
