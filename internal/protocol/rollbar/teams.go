package rollbar

import (
	"context"
	"database/sql"
	"net/http"
	"net/mail"
	"slices"
	"strings"

	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/item"
	"github.com/oriel-dev/oriel/internal/workspace"
)

func teamHandlers() map[string]handler {
	return map[string]handler{
		"listTeams": (*Front).listTeams, "createTeam": (*Front).createTeam, "getTeam": (*Front).getTeam, "deleteTeam": (*Front).deleteTeam,
		"listTeamProjects": (*Front).listTeamProjects, "getTeamProject": (*Front).getTeamProject, "assignTeamProject": (*Front).assignTeamProject,
		"removeTeamProject": (*Front).removeTeamProject, "listTeamUsers": (*Front).listTeamUsers, "getTeamUser": (*Front).getTeamUser,
		"assignTeamUser": (*Front).assignTeamUser, "removeTeamUser": (*Front).removeTeamUser, "listTeamInvites": (*Front).listTeamInvites,
		"createInvite": (*Front).createInvite, "listUsers": (*Front).listUsers, "getUser": (*Front).getUser, "listUserTeams": (*Front).listUserTeams,
		"listUserProjects": (*Front).listUserProjects, "listInvites": (*Front).listInvites, "getInvite": (*Front).getInvite, "cancelInvite": (*Front).cancelInvite,
	}
}

type (
	teamProject struct {
		TeamID    int64 `json:"team_id"`
		ProjectID int64 `json:"project_id"`
	}
	teamUser struct {
		TeamID int64 `json:"team_id"`
		UserID int64 `json:"user_id"`
	}
	user struct {
		ID           int64  `json:"id"`
		Username     string `json:"username"`
		Email        string `json:"email"`
		EmailEnabled *int   `json:"email_enabled,omitempty"`
	}
)

func (f *Front) listTeams(c *call) (reply, error) {
	list, err := f.team.list(c.Context())
	return reply{result: list}, err
}

func (f *Front) teamOf(c *call) (team, error) {
	id, err := c.number("id", "Team not found in this account.")
	if err != nil {
		return team{}, err
	}
	return f.team.get(c.Context(), id)
}

func (f *Front) createTeam(c *call) (reply, error) {
	var body struct {
		Name  string `json:"name"`
		Level string `json:"access_level"`
	}
	if err := c.decode(&body); err != nil {
		return reply{}, err
	}
	if body.Level == "" {
		body.Level = "standard"
	}
	switch {
	case body.Name == "" || len(body.Name) > 255:
		return reply{}, invalid("Invalid format. name has %d bytes: want 1 to 255", len(body.Name))
	case !slices.Contains([]string{"standard", "light", "view"}, body.Level):
		return reply{}, invalid("Invalid format. access_level is %.40q: want standard, light or view", body.Level)
	}
	t, err := f.team.create(c.Context(), body.Name, body.Level)
	return reply{result: t}, err
}

func (f *Front) getTeam(c *call) (reply, error) {
	t, err := f.teamOf(c)
	return reply{result: t}, err
}

func (f *Front) deleteTeam(c *call) (reply, error) {
	t, err := f.teamOf(c)
	if err != nil {
		return reply{}, err
	}
	if t.builtIn() {
		return reply{}, invalid("The team %s is always there and can't be deleted.", t.Name)
	}
	return reply{bare: true}, f.team.remove(c.Context(), t.ID)
}

// projectsOf are those of a team; all in the built-in ones.
func (f *Front) projectsOf(ctx context.Context, t team) (list []item.Project, err error) {
	assigned, err := f.team.projects(ctx, t.ID)
	if err != nil {
		return nil, err
	}
	for _, e := range f.Keys.Environments() {
		if !t.builtIn() && !slices.Contains(assigned, e.Slug) {
			continue
		}
		p, err := f.Items.Project(ctx, e.Slug)
		if err != nil {
			return nil, err
		}
		list = append(list, p)
	}
	return list, nil
}

func (f *Front) listTeamProjects(c *call) (reply, error) {
	t, err := f.teamOf(c)
	if err != nil {
		return reply{}, err
	}
	projects, err := f.projectsOf(c.Context(), t)
	list := []teamProject{}
	for _, p := range projects {
		list = append(list, teamProject{t.ID, p.ID})
	}
	return reply{result: list}, err
}

func (f *Front) listProjectTeams(c *call) (reply, error) {
	p, err := f.accountProject(c, "id")
	if err != nil {
		return reply{}, err
	}
	ids, err := f.team.ofProject(c.Context(), p.Environment)
	if err != nil {
		return reply{}, err
	}
	list := []teamProject{}
	if without := c.URL.Query().Get("exclude_builtin_teams"); without == "" || without == "0" || without == "false" {
		for _, t := range builtInTeams() {
			list = append(list, teamProject{t.ID, p.ID})
		}
	}
	for _, id := range ids {
		list = append(list, teamProject{id, p.ID})
	}
	return reply{result: list}, nil
}

// assigned finds the team and the project in the path, and whether they belong together.
func (f *Front) assigned(c *call) (t team, p item.Project, there bool, err error) {
	if t, err = f.teamOf(c); err != nil {
		return t, p, false, err
	}
	if p, err = f.accountProject(c, "project"); err != nil {
		return t, p, false, err
	}
	all, err := f.projectsOf(c.Context(), t)
	return t, p, slices.ContainsFunc(all, func(one item.Project) bool { return one.ID == p.ID }), err
}

func (f *Front) getTeamProject(c *call) (reply, error) {
	t, p, there, err := f.assigned(c)
	if err == nil && !there {
		err = notFound("Project is not assigned to this Team.")
	}
	return reply{result: teamProject{t.ID, p.ID}}, err
}

func (f *Front) assignTeamProject(c *call) (reply, error) {
	t, p, there, err := f.assigned(c)
	if err == nil && !there {
		err = f.team.put(c.Context(), "rollbar_team_project", "environment", t.ID, p.Environment)
	}
	return reply{result: teamProject{t.ID, p.ID}}, err
}

func (f *Front) removeTeamProject(c *call) (reply, error) {
	t, p, there, err := f.assigned(c)
	switch {
	case err != nil:
		return reply{}, err
	case !there:
		return reply{}, notFound("Project is not assigned to this Team.")
	case t.builtIn():
		return reply{}, invalid("All projects belong to the team %s.", t.Name)
	}
	_, err = f.team.take(c.Context(), "rollbar_team_project", "environment", t.ID, p.Environment)
	return reply{bare: true}, err
}

func (f *Front) listTeamUsers(c *call) (reply, error) {
	t, err := f.teamOf(c)
	if err != nil {
		return reply{}, err
	}
	ids, err := f.membersOf(c.Context(), t)
	list := []teamUser{}
	for _, id := range ids {
		list = append(list, teamUser{t.ID, id})
	}
	return reply{result: list}, err
}

func (f *Front) getTeamUser(c *call) (reply, error) {
	t, err := f.teamOf(c)
	if err != nil {
		return reply{}, err
	}
	const missing = "User is not on this Team."
	id, err := c.number("user", missing)
	if err != nil {
		return reply{}, err
	}
	ids, err := f.membersOf(c.Context(), t)
	if err == nil && !slices.Contains(ids, id) {
		err = notFound(missing)
	}
	return reply{result: teamUser{t.ID, id}}, err
}

func (f *Front) assignTeamUser(c *call) (reply, error) {
	t, err := f.teamOf(c)
	if err != nil {
		return reply{}, err
	}
	m, err := f.member(c, "user")
	if err != nil {
		if fault.Is(err, fault.Internal) && !isNotFound(err) {
			return reply{}, err
		}
		return reply{}, refuse(http.StatusForbidden, "User not found for this account")
	}
	if !t.builtIn() {
		err = f.team.put(c.Context(), "rollbar_team_member", "member", t.ID, m.ID)
	}
	return reply{result: teamUser{t.ID, m.ID}}, err
}

func isNotFound(err error) bool {
	status, _ := answerTo(err)
	return status == http.StatusNotFound
}

func (f *Front) removeTeamUser(c *call) (reply, error) {
	t, err := f.teamOf(c)
	if isNotFound(err) {
		return reply{}, invalid("Team not found for this account")
	}
	if err != nil {
		return reply{}, err
	}
	if t.builtIn() {
		return reply{}, invalid("Everybody belongs to the team %s.", t.Name)
	}
	const missing = "User is not on this Team."
	id, err := c.number("user", missing)
	if err != nil {
		return reply{}, err
	}
	found, err := f.team.take(c.Context(), "rollbar_team_member", "member", t.ID, id)
	if err == nil && !found {
		err = notFound(missing)
	}
	return reply{bare: true}, err
}

// member is the user in the path: a member of the workspace.
func (f *Front) member(c *call, name string) (workspace.Member, error) {
	const missing = "User not found in this account."
	id, err := c.number(name, missing)
	if err != nil {
		return workspace.Member{}, err
	}
	all, err := f.Workspace.Members(c.Context())
	for _, m := range all {
		if m.ID == id {
			return m, err
		}
	}
	if err == nil {
		err = notFound(missing)
	}
	return workspace.Member{}, err
}

func (f *Front) listUsers(c *call) (reply, error) {
	all, err := f.Workspace.Members(c.Context())
	email := strings.ToLower(c.URL.Query().Get("email"))
	list := []user{}
	for _, m := range all {
		if email == "" || strings.ToLower(m.Email) == email {
			list = append(list, user{ID: m.ID, Username: m.Name, Email: m.Email})
		}
	}
	return reply{result: map[string]any{"users": list}}, err
}

func (f *Front) getUser(c *call) (reply, error) {
	m, err := f.member(c, "id")
	enabled := 0
	if m.Email != "" {
		enabled = 1
	}
	return reply{result: user{ID: m.ID, Username: m.Name, Email: m.Email, EmailEnabled: &enabled}}, err
}

// teamsOfUser are those somebody is in.
func (f *Front) teamsOfUser(c *call) (list []team, err error) {
	m, err := f.member(c, "id")
	if err != nil {
		return nil, err
	}
	in, err := f.team.ofMember(c.Context(), m.ID)
	if err != nil {
		return nil, err
	}
	all, err := f.team.list(c.Context())
	return slices.DeleteFunc(all, func(t team) bool { return !t.builtIn() && !slices.Contains(in, t.ID) }), err
}

func (f *Front) listUserTeams(c *call) (reply, error) {
	list, err := f.teamsOfUser(c)
	return reply{result: map[string]any{"teams": list}}, err
}

func (f *Front) listUserProjects(c *call) (reply, error) {
	type userProject struct {
		ID        int64  `json:"id"`
		AccountID int64  `json:"account_id"`
		Status    int    `json:"status"`
		Slug      string `json:"slug"`
	}
	list := []userProject{}
	in, err := f.teamsOfUser(c)
	if err != nil {
		return reply{}, err
	}
	for _, t := range in {
		projects, err := f.projectsOf(c.Context(), t)
		if err != nil {
			return reply{}, err
		}
		for _, p := range projects {
			one := userProject{p.ID, accountID, 1, p.Environment}
			if !slices.Contains(list, one) {
				list = append(list, one)
			}
		}
	}
	return reply{result: map[string]any{"projects": list}}, nil
}

func (f *Front) listTeamInvites(c *call) (reply, error) {
	t, err := f.teamOf(c)
	if err != nil {
		return reply{}, err
	}
	list, err := f.team.invites(c.Context(), "WHERE team = ? ORDER BY id", t.ID)
	return reply{result: list}, err
}

func (f *Front) createInvite(c *call) (reply, error) {
	t, err := f.teamOf(c)
	if err != nil {
		return reply{}, err
	}
	email := strings.ToLower(strings.TrimSpace(c.field("email")))
	if a, err := mail.ParseAddress(email); err != nil || a.Address != email || len(email) > 255 {
		return reply{}, invalid("Invalid format. email is %.100q: want an address for mail", email)
	}
	i := invite{TeamID: t.ID, ToEmail: email, Status: "pending", Created: unix(f.Clock().UnixNano())}
	err = f.team.exec(c.Context(), func(tx *sql.Tx) error {
		const most = 10_000
		var waiting int
		if err := tx.QueryRowContext(c.Context(), "SELECT COUNT(*) FROM rollbar_invite").Scan(&waiting); err != nil {
			return err
		}
		if waiting >= most {
			return fault.New(fault.Conflict, "there are %d invites already, the most there may be", waiting)
		}
		done, err := tx.ExecContext(c.Context(), "INSERT INTO rollbar_invite (team, email, status, created, redeemed) VALUES (?, ?, 'pending', ?, 0)",
			t.ID, email, f.Clock().UnixNano())
		if err != nil {
			return err
		}
		i.ID, err = done.LastInsertId()
		return err
	})
	return reply{result: i}, err
}

func (f *Front) listInvites(c *call) (reply, error) {
	page, err := c.page()
	if err != nil {
		return reply{}, err
	}
	const each = 100
	email := strings.ToLower(c.URL.Query().Get("email"))
	list, err := f.team.invites(c.Context(), "WHERE (? = '' OR email = ?) ORDER BY id LIMIT ? OFFSET ?", email, email, each, (page-1)*each)
	return reply{result: list}, err
}

func (f *Front) inviteOf(c *call) (invite, error) {
	id, err := c.number("id", "Invite not found in this account.")
	if err != nil {
		return invite{}, err
	}
	return f.team.invite(c.Context(), id)
}

func (f *Front) getInvite(c *call) (reply, error) {
	i, err := f.inviteOf(c)
	return reply{result: i}, err
}

func (f *Front) cancelInvite(c *call) (reply, error) {
	i, err := f.inviteOf(c)
	switch {
	case err != nil:
		return reply{}, err
	case i.Status == "canceled":
		return reply{}, invalid("Invite already canceled")
	case i.Status != "pending":
		return reply{}, invalid("Invite already %s", i.Status)
	}
	return reply{bare: true}, f.team.exec(c.Context(), func(tx *sql.Tx) error {
		_, err := tx.ExecContext(c.Context(), "UPDATE rollbar_invite SET status = 'canceled' WHERE id = ?", i.ID)
		return err
	})
}
