package rollbar

import (
	"context"
	"database/sql"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/oriel-dev/oriel/internal/auth"
	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/ingest"
	"github.com/oriel-dev/oriel/internal/meta"
)

// How many posts that were turned away are kept, and for how long.
const (
	keepRejected      = 24 * time.Hour
	maxRejected       = 5000
	maxRejectedBytes  = 64 << 20
	maxRejectedSample = 16 << 10 // of a payload
	maxRejectedWait   = 200      // that are not written yet; the rest are counted
)

// Rejected is a post of items that was turned away.
type Rejected struct {
	ID          int64  `json:"id"`
	At          int64  `json:"at"`          // Unix nanoseconds
	Environment string `json:"environment"` // "" where nobody knows whose it was
	Path        string `json:"path"`
	Status      int    `json:"status"`
	Reason      string `json:"reason"`
	Remedy      string `json:"remedy"` // what its sender should change
	Token       string `json:"token"`  // its first characters
	TokenName   string `json:"token_name"`
	Address     string `json:"address"` // of the sender
	UserAgent   string `json:"user_agent"`
	ContentType string `json:"content_type"`
	Bytes       int    `json:"bytes"`   // of the body, as far as it was read
	Payload     string `json:"payload"` // its beginning, scrubbed; "" where it could not be read
	More        int    `json:"more"`    // of the same kind, at the same time, that are not kept
}

// RejectedFilter chooses posts that were turned away.
type RejectedFilter struct {
	Environment string // also those that nobody knows the environment of
	Before      int64  // id below which; 0: from the newest on
	Limit       int    // at most 1,000; 0: 100
}

// rejections keeps posts that were turned away, written in the background: whoever
// is turned away by the thousand costs a count.
type rejections struct {
	db    *meta.DB
	clock func() time.Time

	mu      sync.Mutex
	waiting []Rejected
}

// add notes a post.
func (q *rejections) add(r Rejected) {
	q.mu.Lock()
	defer q.mu.Unlock()
	const half = maxRejectedWait / 2
	for i := len(q.waiting) - 1; i >= 0 && len(q.waiting) >= half; i-- {
		if w := &q.waiting[i]; w.Reason == r.Reason && w.Token == r.Token && w.Environment == r.Environment {
			w.More++
			return
		}
	}
	if len(q.waiting) >= maxRejectedWait {
		q.waiting[len(q.waiting)-1].More++
		return
	}
	q.waiting = append(q.waiting, r)
}

// persist writes what waits, and drops what is old or too much.
func (q *rejections) persist(ctx context.Context) error {
	q.mu.Lock()
	list := q.waiting
	q.waiting = nil
	q.mu.Unlock()
	if len(list) == 0 {
		return nil
	}
	return q.db.Write(ctx, func(tx *sql.Tx) error {
		for _, r := range list {
			body, err := json.Marshal(r)
			if err != nil {
				return err
			}
			_, err = tx.ExecContext(ctx, "INSERT INTO rollbar_rejected (environment, at, bytes, body) VALUES (?, ?, ?, ?)", r.Environment, r.At, len(body), string(body))
			if err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, "DELETE FROM rollbar_rejected WHERE at < ? OR id <= (SELECT COALESCE(MAX(id), 0) FROM rollbar_rejected) - ?",
			q.clock().Add(-keepRejected).UnixNano(), maxRejected)
		return err
	})
}

// Rejected returns posts that were turned away in the last day, the newest first.
func (f *Front) Rejected(ctx context.Context, filter RejectedFilter) (list []Rejected, err error) {
	if err := f.rejected.persist(ctx); err != nil {
		return nil, err
	}
	const usual, most = 100, 1000
	if filter.Limit <= 0 {
		filter.Limit = usual
	}
	if filter.Before <= 0 {
		filter.Before = 1 << 62
	}
	err = f.db.Read(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, "SELECT id, body FROM rollbar_rejected WHERE environment IN (?, '') AND id < ? AND at >= ? ORDER BY id DESC LIMIT ?",
			filter.Environment, filter.Before, f.Clock().Add(-keepRejected).UnixNano(), min(filter.Limit, most))
		if err != nil {
			return err
		}
		defer rows.Close() //nolint:errcheck // rows.Err tells
		for rows.Next() {
			var r Rejected
			var id int64
			var body string
			if err := rows.Scan(&id, &body); err != nil {
				return err
			}
			if err := json.Unmarshal([]byte(body), &r); err != nil {
				return err
			}
			r.ID = id
			list = append(list, r)
		}
		return rows.Err()
	})
	return list, err
}

// reject notes a post that was turned away, where people look for what is missing.
func (f *Front) reject(r *http.Request, t *token, secret string, body []byte, err error) {
	status, text := answerTo(err)
	name, environment := "", ""
	if t != nil {
		name, environment = t.KeyName, t.Environment
	}
	remedy := f.remedy(status, text, secret)
	f.Door.Ledger().Refuse(ingest.Refused{
		Protocol: protocolName, Method: r.Method, Path: r.URL.Path, Remote: r.RemoteAddr, Status: status, Reason: text, Remedy: remedy, Key: masked(secret),
	})
	f.rejected.add(Rejected{
		At: f.Clock().UnixNano(), Environment: environment, Path: r.URL.Path, Status: status, Reason: text, Remedy: remedy, Token: masked(secret), TokenName: name,
		Address: f.peer(r), UserAgent: event.Cut(r.UserAgent(), maxName), ContentType: event.Cut(r.Header.Get("Content-Type"), maxName), Bytes: max(len(body), int(r.ContentLength)),
		Payload: f.sample(environment, body),
	})
}

// sample returns the beginning of a payload without its secrets; "" if it is no
// JSON: nobody knows then where secrets are in it.
func (f *Front) sample(environment string, body []byte) string {
	if len(body) == 0 || len(body) > maxPayload {
		return ""
	}
	var t tree
	if t.readAll(body) != nil {
		return ""
	}
	f.policies.of(environment).scrubber.scrub(&t, 0)
	text := t.print(nil, 0, none)
	if len(text) <= maxRejectedSample {
		return string(text)
	}
	return event.Cut(strings.ToValidUTF8(string(text[:maxRejectedSample]), ""), maxRejectedSample) + "…"
}

// remedy says what a sender should change.
func (f *Front) remedy(status int, text, secret string) string {
	if status == http.StatusForbidden && strings.Contains(text, "not found") {
		if what := f.Keys.Mistaken(auth.Rollbar, secret); what != "" {
			return "What was sent as the access token is " + what + ". Make a token with oriel keys create --kind rollbar-write."
		}
	}
	return remedyFor(status, text)
}

func remedyFor(status int, text string) string {
	switch status {
	case http.StatusUnauthorized:
		return "Set the SDK's access token: make one with oriel keys create --kind rollbar-write."
	case http.StatusForbidden:
		if strings.Contains(text, "scope") {
			return "Use a token that has the scope, or let this environment take items of any platform with any token, in its settings."
		}
		return "Use a token that this server knows: make one with oriel keys create --kind rollbar-write."
	case http.StatusRequestEntityTooLarge:
		return "Send less: locals, telemetry and custom data are what payloads are large by. At most " + strconv.Itoa(maxPayload) + " bytes are taken."
	case http.StatusTooManyRequests:
		return "Raise the limit of the token, or send less often: itemsPerMinute in the SDK."
	case http.StatusBadRequest:
		return "Send JSON, plain or gzipped."
	case http.StatusUnprocessableEntity:
		return "Send {\"data\": {\"environment\": …, \"body\": {…}}} with one of message, trace, trace_chain and crash_report in the body."
	}
	return ""
}
