package rollbar

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strconv"

	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/meta"
)

// The teams that are always there: nobody is put into them, everybody is in.
const (
	ownersTeam   = 1
	everyoneTeam = 2
)

const maxTeams = 1000

// team is one of the account, as the API gives it.
type team struct {
	ID          int64  `json:"id"`
	AccountID   int64  `json:"account_id"`
	Name        string `json:"name"`
	AccessLevel string `json:"access_level"`
}

func builtInTeams() []team {
	return []team{{ownersTeam, accountID, "Owners", "owner"}, {everyoneTeam, accountID, "Everyone", "everyone"}}
}

func (t *team) builtIn() bool { return t.ID <= everyoneTeam }

// teams keeps the teams of the account, their members and projects, and invites.
type teams struct{ db *meta.DB }

// builtIns is how many teams come before those that have rows.
const builtIns = everyoneTeam

// list returns all teams, the built-in ones first.
func (s *teams) list(ctx context.Context) ([]team, error) {
	list := builtInTeams()
	err := s.db.Read(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, "SELECT id, name, access_level FROM rollbar_team ORDER BY id")
		if err != nil {
			return err
		}
		defer rows.Close() //nolint:errcheck // rows.Err tells
		for rows.Next() {
			t := team{AccountID: accountID}
			if err := rows.Scan(&t.ID, &t.Name, &t.AccessLevel); err != nil {
				return err
			}
			t.ID += builtIns
			list = append(list, t)
		}
		return rows.Err()
	})
	return list, err
}

func (s *teams) get(ctx context.Context, id int64) (team, error) {
	all, err := s.list(ctx)
	for _, t := range all {
		if t.ID == id {
			return t, err
		}
	}
	if err == nil {
		err = notFound("Team not found in this account.")
	}
	return team{}, err
}

func (s *teams) create(ctx context.Context, name, level string) (team, error) {
	t := team{AccountID: accountID, Name: name, AccessLevel: level}
	err := s.db.Write(ctx, func(tx *sql.Tx) error {
		var same, all int
		if err := tx.QueryRowContext(ctx, "SELECT COUNT(*), COALESCE(SUM(name = ?), 0) FROM rollbar_team", name).Scan(&all, &same); err != nil {
			return err
		}
		if same > 0 || name == "Owners" || name == "Everyone" {
			return invalid("Team with this name already exists: %.100q", name)
		}
		if all >= maxTeams {
			return fault.New(fault.Conflict, "there are %d teams already, the most there may be", all)
		}
		done, err := tx.ExecContext(ctx, "INSERT INTO rollbar_team (name, access_level) VALUES (?, ?)", name, level)
		if err != nil {
			return err
		}
		t.ID, err = done.LastInsertId()
		t.ID += builtIns
		return err
	})
	return t, err
}

func (s *teams) exec(ctx context.Context, texts ...func(tx *sql.Tx) error) error {
	return s.db.Write(ctx, func(tx *sql.Tx) error {
		for _, f := range texts {
			if err := f(tx); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *teams) remove(ctx context.Context, id int64) error {
	del := func(text string, arg any) func(tx *sql.Tx) error {
		return func(tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, text, arg)
			return err
		}
	}
	return s.exec(ctx, del("DELETE FROM rollbar_team WHERE id = ?", id-builtIns), del("DELETE FROM rollbar_team_member WHERE team = ?", id),
		del("DELETE FROM rollbar_team_project WHERE team = ?", id), del("DELETE FROM rollbar_invite WHERE team = ?", id))
}

func (s *teams) forgetProject(ctx context.Context, environment string) error {
	return s.exec(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "DELETE FROM rollbar_team_project WHERE environment = ?", environment)
		return err
	})
}

// members returns who is in a team.
func (s *teams) members(ctx context.Context, id int64) ([]int64, error) {
	return s.numbers(ctx, "SELECT member FROM rollbar_team_member WHERE team = ? ORDER BY member", id)
}

// ofMember returns the teams that somebody was put into.
func (s *teams) ofMember(ctx context.Context, member int64) ([]int64, error) {
	return s.numbers(ctx, "SELECT team FROM rollbar_team_member WHERE member = ? ORDER BY team", member)
}

// ofProject returns the teams that a project is assigned to.
func (s *teams) ofProject(ctx context.Context, environment string) ([]int64, error) {
	return s.numbers(ctx, "SELECT team FROM rollbar_team_project WHERE environment = ? ORDER BY team", environment)
}

func (s *teams) numbers(ctx context.Context, text string, arg any) ([]int64, error) {
	return column[int64](ctx, s.db, text, arg)
}

// projects returns the environments that are assigned to a team.
func (s *teams) projects(ctx context.Context, id int64) ([]string, error) {
	return column[string](ctx, s.db, "SELECT environment FROM rollbar_team_project WHERE team = ? ORDER BY environment", id)
}

// column returns the one column that a question gives.
func column[T any](ctx context.Context, db *meta.DB, text string, args ...any) (list []T, err error) {
	err = db.Read(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, text, args...)
		if err != nil {
			return err
		}
		defer rows.Close() //nolint:errcheck // rows.Err tells
		for rows.Next() {
			var v T
			if err := rows.Scan(&v); err != nil {
				return err
			}
			list = append(list, v)
		}
		return rows.Err()
	})
	return list, err
}

// put makes, and take ends, that a member or a project belongs to a team.
func (s *teams) put(ctx context.Context, table, col string, id int64, value any) error {
	return s.exec(ctx, func(tx *sql.Tx) error {
		//nolint:gosec // table and column are constants of this package
		_, err := tx.ExecContext(ctx, "INSERT INTO "+table+" (team, "+col+") VALUES (?, ?) ON CONFLICT DO NOTHING", id, value)
		return err
	})
}

func (s *teams) take(ctx context.Context, table, col string, id int64, value any) (found bool, err error) {
	err = s.exec(ctx, func(tx *sql.Tx) error {
		//nolint:gosec // table and column are constants of this package
		done, err := tx.ExecContext(ctx, "DELETE FROM "+table+" WHERE team = ? AND "+col+" = ?", id, value)
		if err != nil {
			return err
		}
		n, err := done.RowsAffected()
		found = n > 0
		return err
	})
	return found, err
}

// TeamMembers returns the ids of those who are in any of the teams, which are
// given by their ids or names.
func (f *Front) TeamMembers(ctx context.Context, names []string) ([]string, error) {
	all, err := f.team.list(ctx)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, t := range all {
		for _, name := range names {
			if name != t.Name && name != strconv.FormatInt(t.ID, 10) {
				continue
			}
			members, err := f.membersOf(ctx, t)
			if err != nil {
				return nil, err
			}
			for _, m := range members {
				ids = append(ids, strconv.FormatInt(m, 10))
			}
		}
	}
	return ids, nil
}

// membersOf are those of a team; all of the account in the built-in ones.
func (f *Front) membersOf(ctx context.Context, t team) (ids []int64, err error) {
	all, err := f.Workspace.Members(ctx)
	if err != nil {
		return nil, err
	}
	in, err := f.team.members(ctx, t.ID)
	if err != nil {
		return nil, err
	}
	for _, m := range all {
		if t.builtIn() || slices.Contains(in, m.ID) {
			ids = append(ids, m.ID)
		}
	}
	return ids, nil
}

// invite asks somebody into a team. Nobody is mailed: who manages the server adds
// members, and the invite is then accepted.
type invite struct {
	ID         int64  `json:"id"`
	FromUserID any    `json:"from_user_id"`
	TeamID     int64  `json:"team_id"`
	ToEmail    string `json:"to_email"`
	Status     string `json:"status"`
	Created    int64  `json:"date_created"`
	Redeemed   any    `json:"date_redeemed"`
}

const inviteColumns = "SELECT id, team, email, status, created, redeemed FROM rollbar_invite "

func scanInvite(scan func(...any) error) (invite, error) {
	var i invite
	var created, redeemed int64
	err := scan(&i.ID, &i.TeamID, &i.ToEmail, &i.Status, &created, &redeemed)
	i.Created, i.Redeemed = unix(created), orNull(redeemed)
	return i, err
}

func (s *teams) invites(ctx context.Context, where string, args ...any) ([]invite, error) {
	list := []invite{}
	err := s.db.Read(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, inviteColumns+where, args...)
		if err != nil {
			return err
		}
		defer rows.Close() //nolint:errcheck // rows.Err tells
		for rows.Next() {
			i, err := scanInvite(rows.Scan)
			if err != nil {
				return err
			}
			list = append(list, i)
		}
		return rows.Err()
	})
	return list, err
}

func (s *teams) invite(ctx context.Context, id int64) (i invite, err error) {
	err = s.db.Read(ctx, func(tx *sql.Tx) error {
		i, err = scanInvite(tx.QueryRowContext(ctx, inviteColumns+"WHERE id = ?", id).Scan)
		return err
	})
	if errors.Is(err, sql.ErrNoRows) {
		return i, notFound("Invite not found in this account.")
	}
	return i, err
}
