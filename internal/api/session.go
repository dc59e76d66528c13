package api

import (
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"github.com/oriel-dev/oriel/internal/auth"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/meta"
)

//go:embed schema/*.sql
var schema embed.FS //nolint:gochecknoglobals // embedded files are constants

// signIn takes a key from the sign-in page and keeps it in a cookie that
// scripts can't read and other sites can't send.
func (a *API) signIn(w http.ResponseWriter, r *http.Request) error {
	var ask struct {
		Key string `json:"key"`
	}
	if err := readJSON(w, r, &ask); err != nil {
		return err
	}
	p, err := a.Keys.Authenticate(r.Context(), auth.Sending, ask.Key)
	if err != nil {
		return err
	}
	if !p.Permissions.RunQueries {
		return fault.New(fault.Denied, "this key may only send; sign in with a key of kind honeycomb")
	}
	a.setCookie(w, r, ask.Key, 30*24*3600)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (a *API) signOut(w http.ResponseWriter, r *http.Request) error {
	a.setCookie(w, r, "", -1)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (a *API) setCookie(w http.ResponseWriter, r *http.Request, value string, seconds int) {
	http.SetCookie(w, &http.Cookie{
		Name: keyCookie, Value: value, Path: "/", MaxAge: seconds, HttpOnly: true, SameSite: http.SameSiteStrictMode,
		Secure: r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https",
	})
}

const maxPrefs = 64 << 10

// preferences keeps what a person chose in the UI, for each key.
type preferences struct{ db *meta.DB }

func openPreferences(ctx context.Context, db *meta.DB) (*preferences, error) {
	if err := db.Migrate(ctx, "api", schema); err != nil {
		return nil, err
	}
	return &preferences{db}, nil
}

func (p *preferences) read(ctx context.Context, owner string) (json.RawMessage, error) {
	text := "{}"
	err := p.db.Read(ctx, func(tx *sql.Tx) error {
		err := tx.QueryRowContext(ctx, `SELECT body FROM preferences WHERE owner = ?`, owner).Scan(&text)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
	return json.RawMessage(text), err
}

func (p *preferences) write(ctx context.Context, owner string, body []byte) error {
	return p.db.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx,
			`INSERT INTO preferences (owner, body) VALUES (?, ?) ON CONFLICT (owner) DO UPDATE SET body = excluded.body`, owner, string(body))
		return err
	})
}

func (a *API) getPrefs(w http.ResponseWriter, r *http.Request) error {
	body, err := a.prefs.read(r.Context(), callerOf(r).principal.KeyID)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	_, err = w.Write(body)
	return err
}

func (a *API) putPrefs(w http.ResponseWriter, r *http.Request) error {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxPrefs))
	if err != nil {
		return fault.New(fault.TooLarge, "preferences are larger than %d bytes", maxPrefs)
	}
	var object map[string]any
	if err := json.Unmarshal(body, &object); err != nil {
		return fault.New(fault.Invalid, "preferences must be a JSON object: %w", err)
	}
	if err := a.prefs.write(r.Context(), callerOf(r).principal.KeyID, body); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
