package rollbar

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"io"
	"strconv"

	"github.com/klauspost/compress/gzip"
)

func replayHandlers() map[string]handler {
	return map[string]handler{"getReplay": (*Front).getReplay, "deleteReplay": (*Front).deleteReplay}
}

// replaySpan is one span of a recording, as the API answers it.
type replaySpan struct {
	ProjectID   int64           `json:"project_id"`
	Environment string          `json:"environment"`
	SessionID   string          `json:"session_id"`
	SpanID      string          `json:"span_id"`
	Name        string          `json:"name"`
	StartTime   json.Number     `json:"start_time"` // Unix nanoseconds, all digits of them
	Duration    int64           `json:"duration"`   // nanoseconds
	SpanCount   int             `json:"span_count"`
	Attributes  []namedValue    `json:"attributes"`
	Timeline    []timelineEvent `json:"timeline_events"`
	RRWeb       []rrwebEvent    `json:"rrweb_replay_events"`
}

// namedValue is an attribute.
type namedValue struct {
	Name  string          `json:"name"`
	Value json.RawMessage `json:"value"`
}

// timelineEvent is what the page or its user did.
type timelineEvent struct {
	Name       string       `json:"name"`
	Time       json.Number  `json:"time"`
	Attributes []namedValue `json:"attributes"`
}

// rrwebEvent is what a player of rrweb plays.
type rrwebEvent struct {
	Time json.Number     `json:"time"`
	Type json.RawMessage `json:"type"`
	Data json.RawMessage `json:"data"`
}

// recording returns the recording of a session, all its parts in the order they came.
// session may be "" where only the replay's id is known. Errors: NotFound.
func (f *Front) recording(ctx context.Context, environment, errorEnvironment, session, replay string) ([]replaySpan, error) {
	project, err := f.Items.Project(ctx, environment)
	if err != nil {
		return nil, err
	}
	var parts [][]byte
	var sessions []string
	err = f.db.Read(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, `SELECT body, session FROM rollbar_replay WHERE environment = ? AND replay = ? AND (error_environment = ? OR ? = '') AND (session = ? OR ? = '')
			ORDER BY id`, environment, replay, errorEnvironment, errorEnvironment, session, session)
		if err != nil {
			return err
		}
		defer rows.Close() //nolint:errcheck // rows.Err tells
		for rows.Next() {
			var body []byte
			var of string
			if err := rows.Scan(&body, &of); err != nil {
				return err
			}
			parts, sessions = append(parts, body), append(sessions, of)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, err
	}
	if len(parts) == 0 {
		return nil, notFound("Replay not found")
	}
	var t tree
	events := []replaySpan{}
	for i, part := range parts {
		text, err := unzip(part)
		if err != nil {
			return nil, err
		}
		if err := t.readAll(text); err != nil {
			return nil, err
		}
		t.each(t.get(0, "resourceSpans"), func(resource int32, _ *node) bool {
			t.eachSpan(resource, func(span int32) {
				e := t.replayEvent(span)
				e.ProjectID, e.Environment, e.SessionID = project.ID, errorEnvironment, sessions[i]
				events = append(events, e)
			})
			return true
		})
	}
	return events, nil
}

func unzip(packed []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(z, maxReplay))
}

// replayEvent reads a span. Times keep all their digits: they are no floats.
func (t *tree) replayEvent(span int32) replaySpan {
	e := replaySpan{
		SpanID: t.textAt(span, "spanId"), Name: t.textAt(span, "name"), StartTime: t.nanos(t.get(span, "startTimeUnixNano")), SpanCount: 1,
		Attributes: t.namedValues(t.get(span, "attributes")), Timeline: []timelineEvent{}, RRWeb: []rrwebEvent{},
	}
	from, err1 := strconv.ParseInt(e.StartTime.String(), 10, 64)
	to, err2 := strconv.ParseInt(t.textAt(span, "endTimeUnixNano"), 10, 64)
	if err1 == nil && err2 == nil && to > from {
		e.Duration = to - from
	}
	t.each(t.get(span, "events"), func(i int32, _ *node) bool {
		at, name, attributes := t.nanos(t.get(i, "timeUnixNano")), t.textAt(i, "name"), t.get(i, "attributes")
		if name != "rrweb-replay-events" {
			e.Timeline = append(e.Timeline, timelineEvent{Name: name, Time: at, Attributes: t.namedValues(attributes)})
			return true
		}
		data := json.RawMessage(t.attribute(attributes, "json"))
		if !json.Valid(data) {
			data = json.RawMessage("null")
		}
		kind := json.RawMessage(t.attribute(attributes, "eventType"))
		if !json.Valid(kind) {
			kind = json.RawMessage("null")
		}
		e.RRWeb = append(e.RRWeb, rrwebEvent{Time: at, Type: kind, Data: data})
		return true
	})
	return e
}

// nanos returns a time as it was written, 0 if it is none.
func (t *tree) nanos(at int32) json.Number {
	text := t.text(at)
	if _, err := strconv.ParseInt(text, 10, 64); err != nil {
		return "0"
	}
	return json.Number(text)
}

func (t *tree) namedValues(attributes int32) []namedValue {
	out := []namedValue{}
	t.each(attributes, func(i int32, _ *node) bool {
		value := json.RawMessage("null")
		if at := t.attributeValue(i); at != none {
			value = t.print(nil, at, none)
		}
		out = append(out, namedValue{t.textAt(i, "key"), value})
		return true
	})
	return out
}

// removeReplay removes a recording. Errors: NotFound.
func (f *Front) removeReplay(ctx context.Context, environment, errorEnvironment, session, replay string) error {
	return f.db.Write(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, "DELETE FROM rollbar_replay WHERE environment = ? AND error_environment = ? AND session = ? AND replay = ?", environment, errorEnvironment, session, replay)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return notFound("Replay not found")
		}
		return nil
	})
}

func (f *Front) getReplay(c *call) (reply, error) {
	events, err := f.recording(c.Context(), c.token.Environment, c.PathValue("environment"), c.PathValue("session"), c.PathValue("replay"))
	return reply{result: map[string]any{"events": events}}, err
}

func (f *Front) deleteReplay(c *call) (reply, error) {
	return reply{bare: true}, f.removeReplay(c.Context(), c.token.Environment, c.PathValue("environment"), c.PathValue("session"), c.PathValue("replay"))
}
