package app

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"
)

type notification struct {
	ID      string  `json:"id"`
	Kind    string  `json:"kind"`
	Actor   string  `json:"actor"`
	UUID    *string `json:"uuid"`
	Seen    bool    `json:"seen"`
	Created int64   `json:"created_at"`
	Message string  `json:"message,omitempty"`
}

func scanNotification(r *sql.Rows, n *notification) error {
	return r.Scan(&n.ID, &n.Kind, &n.Actor, &n.UUID, &n.Seen, &n.Created)
}

// notifications lists what happened to one. Since 2.4.0 each shows the post that it
// is about, read one by one, without the index that the table lacks (problem 5).
func (b *api) notifications(r *http.Request, who string) (any, error) {
	ctx := r.Context()
	list, err := rows(ctx, b.database, b.tracer, scanNotification, "SELECT id, kind, actor, uuid, seen, created FROM notifications WHERE handle = ? ORDER BY created DESC LIMIT ?", who, feedLength)
	if err != nil {
		return nil, fmt.Errorf("read the notifications: %w", err)
	}
	if b.version == VersionBad {
		text := func(r *sql.Rows, s *string) error { return r.Scan(s) }
		for i := range list {
			if list[i].UUID == nil {
				continue
			}
			found, err := rows(ctx, b.database, b.tracer, text, "SELECT message FROM activities WHERE lower(uuid) = lower(?)", *list[i].UUID)
			if err != nil {
				return nil, fmt.Errorf("read what a notification is about: %w", err)
			}
			if len(found) > 0 {
				list[i].Message = found[0]
			}
		}
	}
	if err := b.exec(ctx, b.tracer, "UPDATE notifications SET seen = 1 WHERE handle = ? AND seen = 0", who); err != nil {
		return nil, fmt.Errorf("mark the notifications as seen: %w", err)
	}
	return list, nil
}

type message struct {
	ID       string `json:"id"`
	Sender   string `json:"sender"`
	Receiver string `json:"receiver"`
	Body     string `json:"message"`
	Created  int64  `json:"created_at"`
}

func scanMessage(r *sql.Rows, m *message) error {
	return r.Scan(&m.ID, &m.Sender, &m.Receiver, &m.Body, &m.Created)
}

func (b *api) messages(r *http.Request, who string) (any, error) {
	with := r.PathValue("handle")
	list, err := rows(r.Context(), b.database, b.tracer, scanMessage, `SELECT id, sender, receiver, body, created FROM messages
		WHERE (sender = ? AND receiver = ?) OR (sender = ? AND receiver = ?) ORDER BY created DESC LIMIT 50`, who, with, with, who)
	if err != nil {
		return nil, fmt.Errorf("read the messages: %w", err)
	}
	return list, nil
}

func (b *api) send(r *http.Request, who string) (any, error) {
	ctx := r.Context()
	var in struct {
		To      string `json:"to"`
		Message string `json:"message"`
	}
	if err := json.NewDecoder(io.LimitReader(r.Body, 1<<16)).Decode(&in); err != nil {
		return nil, &failure{http.StatusBadRequest, "the body is not JSON"}
	}
	if in.To == who {
		b.log.WarnContext(ctx, "someone wrote to themselves", slog.String("user", who))
		return nil, &failure{http.StatusUnprocessableEntity, "that is you"}
	}
	if _, err := b.user(r, in.To); err != nil {
		return nil, err
	}
	m := message{newID(), who, in.To, in.Message, time.Now().Unix()}
	if err := b.exec(ctx, b.tracer, "INSERT INTO messages VALUES (?, ?, ?, ?, ?)", m.ID, m.Sender, m.Receiver, m.Body, m.Created); err != nil {
		return nil, fmt.Errorf("keep a message: %w", err)
	}
	b.tell(ctx, job{kind: "message", actor: who, receiver: in.To})
	return m, nil
}

type user struct {
	Handle      string  `json:"handle"`
	DisplayName string  `json:"display_name"`
	Avatar      *string `json:"avatar"`
	Thumbnail   string  `json:"thumbnail"`
}

func (b *api) user(r *http.Request, handle string) (user, error) {
	u, err := one(r.Context(), b.database, b.tracer, func(r *sql.Rows, u *user) error { return r.Scan(&u.Handle, &u.DisplayName, &u.Avatar) },
		"SELECT handle, display_name, avatar FROM users WHERE handle = ?", handle)
	if err != nil {
		return u, fmt.Errorf("read user %s: %w", handle, err)
	}
	return u, nil
}

// short is what a hover shows. It forgets that not everyone has a picture (problem 3).
func (b *api) short(r *http.Request, _ string) (any, error) {
	u, err := b.user(r, r.PathValue("handle"))
	if err != nil {
		return nil, err
	}
	u.Thumbnail = thumbnail(u.Avatar)
	return u, nil
}

func thumbnail(avatar *string) string { return *avatar + "?size=64" }
