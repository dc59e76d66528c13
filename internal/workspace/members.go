package workspace

import (
	"context"
	"database/sql"
	"net/mail"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/oriel-dev/oriel/internal/fault"
)

// Member is somebody of the team that things can be assigned to. Members have no
// password and no key: who may do what is a matter of keys.
type Member struct {
	ID      int64 // never given out again
	Name    string
	Email   string // may be empty
	Created time.Time
}

const (
	maxMembers    = 1_000
	maxMemberText = 255
)

// AddMember keeps a new member. A name that is there already is a Conflict.
func (l *Library) AddMember(ctx context.Context, name, email string) (Member, error) {
	m := Member{Name: strings.Join(strings.Fields(name), " "), Email: strings.TrimSpace(email), Created: l.now()}
	if m.Name == "" || utf8.RuneCountInString(m.Name) > maxMemberText {
		return m, fault.New(fault.Invalid, "the name has %d characters: want 1 to %d", utf8.RuneCountInString(m.Name), maxMemberText)
	}
	if m.Email != "" {
		if a, err := mail.ParseAddress(m.Email); err != nil || a.Address != m.Email || len(m.Email) > maxMemberText {
			return m, fault.New(fault.Invalid, "%.60q is no address for mail", m.Email)
		}
	}
	err := l.write(ctx, "add a member", func(tx *sql.Tx) error {
		var same, all int
		err := tx.QueryRowContext(ctx, "SELECT COUNT(*), COALESCE(SUM(name = ?), 0) FROM workspace_member", m.Name).Scan(&all, &same)
		switch {
		case err != nil:
			return err
		case same > 0:
			return fault.New(fault.Conflict, "%.60q is a member already", m.Name)
		case all >= maxMembers:
			return fault.New(fault.Conflict, "there are %d members already, the most there may be", all)
		}
		done, err := tx.ExecContext(ctx, "INSERT INTO workspace_member (name, email, created) VALUES (?, ?, ?)", m.Name, m.Email, m.Created.UnixNano())
		if err != nil {
			return err
		}
		m.ID, err = done.LastInsertId()
		return err
	})
	return m, err
}

// Members lists all members by name.
func (l *Library) Members(ctx context.Context) (list []Member, err error) {
	err = l.read(ctx, "list the members", func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, "SELECT id, name, email, created FROM workspace_member ORDER BY name")
		if err != nil {
			return err
		}
		defer rows.Close() //nolint:errcheck // rows.Err tells
		for rows.Next() {
			var m Member
			var created int64
			if err := rows.Scan(&m.ID, &m.Name, &m.Email, &created); err != nil {
				return err
			}
			m.Created = time.Unix(0, created)
			list = append(list, m)
		}
		return rows.Err()
	})
	return list, err
}

// RemoveMember forgets a member; what is assigned to it stays so. Errors: NotFound.
func (l *Library) RemoveMember(ctx context.Context, id int64) error {
	return l.write(ctx, "remove a member", func(tx *sql.Tx) error {
		done, err := tx.ExecContext(ctx, "DELETE FROM workspace_member WHERE id = ?", id)
		if err != nil {
			return err
		}
		if n, err := done.RowsAffected(); err != nil || n > 0 {
			return err
		}
		return fault.New(fault.NotFound, "member %d is not known", id)
	})
}
