package cloudwatch

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/oriel-dev/oriel/internal/dataset"
	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/protocol/aws"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/query/pattern"
)

// Limits of live tail. The service's are 500 lines in a second, of which more are
// sampled; here they are split over several updates, until a reader does not keep
// up or there are more than tailLines between two updates.
const (
	tailEvery   = time.Second            // an update comes at least so often, empty if need be
	tailGather  = 100 * time.Millisecond // how long lines are collected once there is one
	tailLast    = 3 * time.Hour
	tailUpdate  = 500     // lines of one update
	tailLines   = 5000    // lines that wait for the next update
	tailBytes   = 2 << 20 // and the bytes of their messages
	updateBytes = 1 << 20 // from which on an update is full
	maxTails    = 64      // sessions at a time
)

func tailOperations() map[string]operation {
	return map[string]operation{
		"StartLiveTail": {stream: (*Front).startLiveTail},
	}
}

type tailInput struct {
	LogGroupIdentifiers, LogStreamNames, LogStreamNamePrefixes []string
	LogEventFilterPattern                                      string
}

// startLiveTail is StartLiveTail: the lines that come in from now on, in the order
// in which they came in, from the memory of the door; the store is not asked.
func (f *Front) startLiveTail(c *call, _ http.ResponseWriter) error {
	var in tailInput
	if err := c.Decode(&in); err != nil {
		return err
	}
	w, err := c.tailWatch(&in)
	if err != nil {
		return err
	}
	if !f.tails.begin() {
		return limitExceeded(fmt.Sprintf("There are %d live tail sessions already, the most there may be; end one of them.", maxTails))
	}
	defer f.tails.end()
	// The watch takes lines itself, on the door's goroutine, so that no row is
	// copied for it: the subscription has nothing to hand over.
	sub, err := f.Door.Subscribe(c.Context(), 1, w.see)
	if fault.Is(err, fault.Throttled) {
		return limitExceeded(fault.MessageOf(err))
	}
	if err != nil {
		return err
	}
	defer sub.Close()
	stream, err := c.Stream()
	if err != nil {
		return nil // the reader has gone, and nobody is left to tell
	}
	err = stream.Event("sessionStart", map[string]any{
		"requestId": c.RequestID, "sessionId": aws.NewID(), "logGroupIdentifiers": in.LogGroupIdentifiers,
		"logStreamNames": listed(in.LogStreamNames), "logStreamNamePrefixes": listed(in.LogStreamNamePrefixes), "logEventFilterPattern": in.LogEventFilterPattern,
	})
	if err != nil {
		return nil // as above
	}
	s := tailSession{lines: &w.lines, stream: stream, missed: sub.Skipped, ended: sub.Rows(), closing: f.tails.closing}
	s.run(c.Context())
	return nil
}

func listed(names []string) []string {
	if names == nil {
		return []string{} // clients want a list
	}
	return names
}

// tailWatch says which rows a session is about, and takes their lines.
type tailWatch struct {
	groups              *Groups
	account             string
	environment, region string
	names               []string          // of groups
	virtual             map[string]*group // by dataset
	streams, prefixes   []string
	pattern             *pattern.Pattern
	clock               func() time.Time

	batch *event.Batch // the one looked at last
	group *group       // that it is of, nil for none of ours
	lines tailQueue
}

func (c *call) tailWatch(in *tailInput) (*tailWatch, error) {
	w := &tailWatch{
		groups: c.f.groups, account: c.Account, environment: c.Who.Environment, region: c.Region, virtual: map[string]*group{},
		streams: in.LogStreamNames, prefixes: in.LogStreamNamePrefixes, clock: c.f.Clock, lines: tailQueue{wake: make(chan struct{}, 1)},
	}
	switch {
	case len(w.streams) > 0 && len(w.prefixes) > 0:
		return nil, invalidParameter("logStreamNames and logStreamNamePrefixes are mutually exclusive parameters.")
	case len(in.LogGroupIdentifiers) > 1 && len(w.streams)+len(w.prefixes) > 0:
		return nil, invalidParameter("logStreamNames and logStreamNamePrefixes can be specified only with a single log group.")
	}
	var err error
	if w.pattern, err = pattern.Parse(in.LogEventFilterPattern); err != nil {
		return nil, invalidParameter("Invalid filter pattern: " + fault.MessageOf(err))
	}
	for _, identifier := range in.LogGroupIdentifiers {
		g, err := c.group("", identifier)
		if err != nil {
			return nil, err
		}
		w.names = append(w.names, g.name)
		if g.virtual {
			w.virtual[g.dataset] = g
		}
	}
	return w, nil
}

// see takes the line of a row that the session is about. It answers no: nothing
// of the row is wanted beyond that. It is called for one row at a time.
func (w *tailWatch) see(row event.Row) bool {
	if row.Batch != w.batch {
		w.batch, w.group = row.Batch, w.groupOf(row.Batch)
	}
	stream := streamOf(row)
	if w.group == nil || !w.group.hasLine(row) || !w.wants(stream) {
		return false
	}
	message := w.group.message(row)
	if !w.pattern.MatchString(message) {
		return false
	}
	line := tailLine{
		LogStreamName: stream, LogGroupIdentifier: w.account + ":" + w.group.name, Message: message,
		Timestamp: row.Batch.Times[row.Index] / perMS, IngestionTime: row.Get(event.FieldArrival).Int() / perMS,
	}
	if line.IngestionTime == 0 {
		line.IngestionTime = w.clock().UnixMilli()
	}
	w.lines.put(line)
	return false
}

// groupOf looks a batch's group up anew each time: one that is deleted and made
// again is in another dataset.
func (w *tailWatch) groupOf(b *event.Batch) *group {
	if b.Environment != w.environment {
		return nil
	}
	if g := w.groups.ofDataset(b.Environment, b.Dataset); g != nil {
		if g.region == w.region && slices.Contains(w.names, g.name) {
			return g
		}
		return nil
	}
	if g := w.virtual[b.Dataset]; g != nil {
		return g
	}
	return w.virtual[dataset.All]
}

// hasLine reports whether a row of a group's dataset is one of its lines.
func (g *group) hasLine(row event.Row) bool {
	switch {
	case g.spans:
		return query.Match(isSpan(), row)
	case g.virtual:
		return row.Get(event.FieldSignal).Str() == event.SignalLog
	}
	return true
}

func (w *tailWatch) wants(stream string) bool {
	if len(w.streams) > 0 {
		return slices.Contains(w.streams, stream)
	}
	return len(w.prefixes) == 0 || slices.ContainsFunc(w.prefixes, func(prefix string) bool { return strings.HasPrefix(stream, prefix) })
}

// tailLine is a line as an update has it.
type tailLine struct {
	LogStreamName      string `json:"logStreamName"`
	LogGroupIdentifier string `json:"logGroupIdentifier"`
	Message            string `json:"message"`
	Timestamp          int64  `json:"timestamp"`
	IngestionTime      int64  `json:"ingestionTime"`
}

// tailQueue holds the lines that wait for the next update. At its bounds the
// oldest lines make room, and are counted.
type tailQueue struct {
	wake chan struct{} // has one when there are lines

	mu      sync.Mutex
	lines   []tailLine
	first   int // lines before it are gone
	bytes   int
	dropped int64
}

func (q *tailQueue) put(line tailLine) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.lines = append(q.lines, line)
	q.bytes += len(line.Message)
	for len(q.lines)-q.first > tailLines || (q.bytes > tailBytes && len(q.lines)-q.first > 1) {
		q.bytes -= len(q.lines[q.first].Message)
		q.lines[q.first] = tailLine{}
		q.first++
		q.dropped++
	}
	if q.first > tailLines {
		q.lines = slices.Delete(q.lines, 0, q.first)
		q.first = 0
	}
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// take returns the lines and how many made room, and begins anew.
func (q *tailQueue) take() (lines []tailLine, dropped int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	lines, dropped = q.lines[q.first:], q.dropped
	q.lines, q.first, q.bytes, q.dropped = nil, 0, 0, 0
	select {
	case <-q.wake:
	default:
	}
	return lines, dropped
}

// tailStream is what a session writes to.
type tailStream interface {
	Event(kind string, payload any) error
	Exception(code, message string) error
}

// tailSession sends updates until the reader goes, the server stops, or its time is up.
type tailSession struct {
	lines   *tailQueue
	stream  tailStream
	missed  func() int64     // rows that the door had no time to show us
	ended   <-chan event.Row // closed when the door shows us no more
	closing <-chan struct{}

	told int64 // of missed
}

var errTailStopped = errors.New("the server is shutting down; start the session again")

func (s *tailSession) run(ctx context.Context) {
	last, beat := time.NewTimer(tailLast), time.NewTicker(tailEvery)
	defer last.Stop()
	defer beat.Stop()
	wake, soon := s.lines.wake, (<-chan time.Time)(nil)
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.closing:
			s.stop()
			return
		case <-s.ended:
			s.stop()
			return
		case <-last.C:
			_ = s.stream.Exception("SessionTimeoutException", "Session timed out after 3 hours") // it is over either way
			return
		case <-wake:
			wake, soon = nil, time.After(tailGather)
			continue
		case <-soon:
		case <-beat.C:
		}
		if s.update() != nil {
			return // the reader has gone
		}
		wake, soon = s.lines.wake, nil
		beat.Reset(tailEvery)
	}
}

// stop sends what there is and says why no more follows.
func (s *tailSession) stop() {
	if s.update() == nil {
		_ = s.stream.Exception("SessionStreamingException", errTailStopped.Error()) // it is over either way
	}
}

type tailMetadata struct {
	Sampled bool  `json:"sampled"`
	Dropped int64 `json:"dropped,omitempty"` // ours: how many lines were not sent
}

// update sends the lines that wait; the first update says how many were dropped
// before them.
func (s *tailSession) update() error {
	lines, dropped := s.lines.take()
	missed := s.missed()
	dropped += missed - s.told
	s.told = missed
	for {
		n, bytes := 0, 0
		for n < len(lines) && n < tailUpdate && bytes < updateBytes {
			bytes += len(lines[n].Message)
			n++
		}
		err := s.stream.Event("sessionUpdate", map[string]any{
			"sessionMetadata": tailMetadata{dropped > 0, dropped}, "sessionResults": append([]tailLine{}, lines[:n]...),
		})
		lines, dropped = lines[n:], 0
		if err != nil || len(lines) == 0 {
			return err
		}
	}
}

// tails counts the sessions and ends them.
type tails struct {
	closing chan struct{}
	once    sync.Once

	mu sync.Mutex
	n  int
}

func newTails() *tails { return &tails{closing: make(chan struct{})} }

func (t *tails) begin() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.n >= maxTails {
		return false
	}
	t.n++
	return true
}

func (t *tails) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.n--
}

// EndStreams ends the answers that go on by themselves. It may be called more
// than once.
func (f *Front) EndStreams() { f.tails.once.Do(func() { close(f.tails.closing) }) }
