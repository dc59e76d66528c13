package app

import (
	"bytes"
	"context"
	crand "crypto/rand"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
)

const (
	feedLength   = 20
	longestPost  = 280
	archiveAfter = 30 * 24 * time.Hour
)

type activity struct {
	UUID        string  `json:"uuid"`
	Handle      string  `json:"handle"`
	DisplayName string  `json:"display_name,omitempty"`
	Message     string  `json:"message"`
	ReplyTo     *string `json:"reply_to,omitempty"`
	Likes       int     `json:"likes"`
	Replies     int     `json:"replies"`
	Created     int64   `json:"created_at"`
}

const activityColumns = "SELECT uuid, handle, message, reply_to, created FROM activities"

func scanActivity(r *sql.Rows, a *activity) error {
	return r.Scan(&a.UUID, &a.Handle, &a.Message, &a.ReplyTo, &a.Created)
}

func scanCount(r *sql.Rows, n *int) error { return r.Scan(n) }

// home is what those whom one follows wrote. It asks the database three times for
// each post, which nobody notices with one post (problem 1 of the README).
func (b *api) home(r *http.Request, who string) (any, error) {
	ctx, span := b.tracer.Start(r.Context(), "home feed")
	defer span.End()
	feed, err := rows(ctx, b.database, b.tracer, scanActivity, activityColumns+` WHERE handle IN (SELECT followed FROM follows WHERE follower = ?)
		ORDER BY created DESC LIMIT ?`, who, feedLength)
	if err != nil {
		return nil, fmt.Errorf("read the home feed: %w", err)
	}
	for i := range feed {
		if err := b.complete(ctx, &feed[i]); err != nil {
			return nil, err
		}
	}
	span.SetAttributes(attribute.Int("app.result_length", len(feed)))
	b.log.InfoContext(ctx, "home feed", slog.String("user", who), slog.Int("posts", len(feed)))
	return feed, nil
}

// complete adds what is not in the row of a post.
func (b *api) complete(ctx context.Context, a *activity) (err error) {
	name := func(r *sql.Rows, s *string) error { return r.Scan(s) }
	if a.DisplayName, err = one(ctx, b.database, b.tracer, name, "SELECT display_name FROM users WHERE handle = ?", a.Handle); err != nil {
		return fmt.Errorf("read the author of %s: %w", a.UUID, err)
	}
	if a.Likes, err = one(ctx, b.database, b.tracer, scanCount, "SELECT COUNT(*) FROM likes WHERE uuid = ?", a.UUID); err != nil {
		return fmt.Errorf("count the likes of %s: %w", a.UUID, err)
	}
	if a.Replies, err = one(ctx, b.database, b.tracer, scanCount, "SELECT COUNT(*) FROM activities WHERE reply_to = ?", a.UUID); err != nil {
		return fmt.Errorf("count the replies to %s: %w", a.UUID, err)
	}
	return nil
}

// search looks through all posts, and returns all that it finds (problem 2).
func (b *api) search(r *http.Request, _ string) (any, error) {
	term := strings.TrimSpace(r.URL.Query().Get("term"))
	if term == "" {
		return nil, &failure{http.StatusUnprocessableEntity, "say what to search for"}
	}
	ctx, span := b.tracer.Start(r.Context(), "search", trace.WithAttributes(attribute.String("app.search_term", term)))
	defer span.End()
	found, err := rows(ctx, b.database, b.tracer, scanActivity, activityColumns+" WHERE message LIKE ? ORDER BY created DESC", "%"+term+"%")
	if err != nil {
		return nil, fmt.Errorf("search for %q: %w", term, err)
	}
	span.SetAttributes(attribute.Int("app.result_length", len(found)))
	return found, nil
}

func (b *api) profile(r *http.Request, _ string) (any, error) {
	list, err := rows(r.Context(), b.database, b.tracer, scanActivity, activityColumns+" WHERE handle = ? ORDER BY created DESC LIMIT ?", r.PathValue("handle"), feedLength)
	if err != nil {
		return nil, fmt.Errorf("read the posts of a user: %w", err)
	}
	return list, nil
}

func (b *api) activity(r *http.Request, _ string) (any, error) {
	a, err := b.find(r.Context(), r.PathValue("uuid"))
	if err != nil {
		return nil, err
	}
	return a, b.complete(r.Context(), &a)
}

func (b *api) find(ctx context.Context, uuid string) (activity, error) {
	a, err := one(ctx, b.database, b.tracer, scanActivity, activityColumns+" WHERE uuid = ?", uuid)
	if err != nil {
		return a, fmt.Errorf("read post %s: %w", uuid, err)
	}
	return a, nil
}

type written struct {
	Message string `json:"message"`
}

func (b *api) create(r *http.Request, who string) (any, error) { return b.write(r, who, nil) }

// reply answers a post. Since 2.4.0 posts are archived after thirty days; the check
// takes seconds for milliseconds (problem 4).
func (b *api) reply(r *http.Request, who string) (any, error) {
	to, err := b.find(r.Context(), r.PathValue("uuid"))
	if err != nil {
		return nil, err
	}
	if b.version == VersionBad {
		if age := time.Since(time.UnixMilli(to.Created)); age > archiveAfter && to.Created%3 == 0 {
			return nil, fmt.Errorf("reply to %s: %w", to.UUID, &archivedError{to.UUID, age})
		}
	}
	return b.write(r, who, &to)
}

// archivedError says that a post can't be answered any more.
type archivedError struct {
	uuid string
	age  time.Duration
}

// Error implements error.
func (e *archivedError) Error() string {
	return fmt.Sprintf("post %s is archived: it is %d days old", e.uuid, int(e.age.Hours()/24))
}

func (b *api) write(r *http.Request, who string, to *activity) (any, error) {
	ctx := r.Context()
	var in written
	if err := json.NewDecoder(io.LimitReader(r.Body, 1<<16)).Decode(&in); err != nil {
		return nil, &failure{http.StatusBadRequest, "the body is not JSON"}
	}
	if n := len(in.Message); n == 0 || n > longestPost {
		return nil, &failure{http.StatusUnprocessableEntity, fmt.Sprintf("a post has 1 to %d characters, this one %d", longestPost, n)}
	}
	if err := b.moderate(ctx, in.Message); err != nil {
		return nil, err
	}
	a := activity{UUID: newID(), Handle: who, Message: in.Message, Created: time.Now().Unix()}
	if to != nil {
		a.ReplyTo = &to.UUID
	}
	if err := b.exec(ctx, b.tracer, "INSERT INTO activities VALUES (?, ?, ?, ?, ?)", a.UUID, a.Handle, a.Message, a.ReplyTo, a.Created); err != nil {
		return nil, fmt.Errorf("keep a post: %w", err)
	}
	if to != nil {
		b.tell(ctx, job{kind: "reply", actor: who, receiver: to.Handle, uuid: a.UUID})
	}
	b.log.InfoContext(ctx, "posted", slog.String("user", who), slog.String("uuid", a.UUID), slog.Bool("reply", to != nil))
	return a, nil
}

func (b *api) like(r *http.Request, who string) (any, error) {
	a, err := b.find(r.Context(), r.PathValue("uuid"))
	if err != nil {
		return nil, err
	}
	if err := b.exec(r.Context(), b.tracer, "INSERT INTO likes VALUES (?, ?) ON CONFLICT DO NOTHING", a.UUID, who); err != nil {
		return nil, fmt.Errorf("keep a like: %w", err)
	}
	b.tell(r.Context(), job{kind: "like", actor: who, receiver: a.Handle, uuid: a.UUID})
	return map[string]bool{"liked": true}, nil
}

// moderate asks the service next door whether a text may be published.
func (b *api) moderate(ctx context.Context, text string) error {
	body, err := json.Marshal(written{text})
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, b.check+"/check", bytes.NewReader(body))
	if err != nil {
		return err
	}
	response, err := b.client.Do(request)
	if err != nil {
		return fmt.Errorf("ask the moderation: %w", err)
	}
	defer response.Body.Close() //nolint:errcheck // it was only read
	if _, err := io.Copy(io.Discard, io.LimitReader(response.Body, 1<<16)); err != nil {
		return fmt.Errorf("ask the moderation: %w", err)
	}
	switch response.StatusCode {
	case http.StatusOK:
		return nil
	case http.StatusUnprocessableEntity:
		return &failure{http.StatusUnprocessableEntity, "that can't be published"}
	}
	return fmt.Errorf("the moderation answered %s", response.Status)
}

// newID returns a random UUID.
func newID() string {
	var b [16]byte
	_, _ = crand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
