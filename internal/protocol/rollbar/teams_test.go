package rollbar

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/oriel-dev/oriel/internal/auth"
)

func TestTeamsUsersAndInvites(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	a := r.as(auth.RollbarAccount)
	ann, err := r.front.Workspace.AddMember(t.Context(), "ann", "ann@example.com")
	must(t, err)
	user := strconv.FormatInt(ann.ID, 10)
	a.list("GET", "/api/1/projects", nil)
	if list := a.list("GET", "/api/1/teams", nil); len(list) != 2 {
		t.Errorf("%v", list)
	}
	team := a.ask("POST", "/api/1/teams", `{"name":"ops","access_level":"light"}`, 200)
	id := fmt.Sprint(team["id"])
	has(t, "team", team, map[string]any{"name": "ops", "access_level": "light", "account_id": 1.0})
	a.ask("POST", "/api/1/teams", `{"name":"ops"}`, 422)
	a.ask("GET", "/api/1/team/"+id+"/user/"+user, nil, 404)
	has(t, "member", a.ask("PUT", "/api/1/team/"+id+"/user/"+user, nil, 200), map[string]any{"user_id": float64(ann.ID)})
	a.ask("GET", "/api/1/team/"+id+"/user/"+user, nil, 200)
	a.ask("PUT", "/api/1/team/"+id+"/user/99", nil, 403)
	a.ask("DELETE", "/api/1/team/99/user/"+user, nil, 422)
	a.ask("GET", "/api/1/team/"+id+"/project/1", nil, 404)
	a.ask("PUT", "/api/1/team/"+id+"/project/1", nil, 200)
	if list := a.list("GET", "/api/1/team/"+id+"/projects", nil); len(list) != 1 {
		t.Errorf("%v", list)
	}
	if list := a.list("GET", "/api/1/project/1/teams?exclude_builtin_teams=true", nil); len(list) != 1 {
		t.Errorf("%v", list)
	}
	if got := a.ask("GET", "/api/1/users?email=ANN@example.com", nil, 200); len(got["users"].([]any)) != 1 {
		t.Errorf("%v", got)
	}
	has(t, "user", a.ask("GET", "/api/1/user/"+user, nil, 200), map[string]any{"username": "ann", "email_enabled": 1.0})
	a.ask("GET", "/api/1/user/99", nil, 404)
	if got := a.ask("GET", "/api/1/user/"+user+"/teams", nil, 200); len(got["teams"].([]any)) != 3 {
		t.Errorf("%v", got)
	}
	if got := a.ask("GET", "/api/1/user/"+user+"/projects", nil, 200); len(got["projects"].([]any)) != 1 {
		t.Errorf("%v", got)
	}
	names, err := r.front.TeamMembers(t.Context(), []string{"ops"})
	must(t, err)
	if !cmp.Equal(names, []string{user}) {
		t.Errorf("%v", names)
	}
	invite := a.ask("POST", "/api/1/team/"+id+"/invites", `{"email":"Bob@Example.com"}`, 200)
	has(t, "invite", invite, map[string]any{"to_email": "bob@example.com", "status": "pending", "date_redeemed": nil, "from_user_id": nil})
	path := "/api/1/invite/" + fmt.Sprint(invite["id"])
	a.ask("POST", "/api/1/team/"+id+"/invites", `{"email":"nobody"}`, 422)
	if list := a.list("GET", "/api/1/invites?email=bob@example.com", nil); len(list) != 1 {
		t.Errorf("%v", list)
	}
	a.ask("DELETE", path, nil, 200)
	if x := r.do("DELETE", path, nil, tokenHeader, r.keys[auth.RollbarAccount]); x.status != 422 || x.message() != "Invite already canceled" {
		t.Errorf("%d %s", x.status, x.body)
	}
	a.ask("DELETE", "/api/1/team/"+id+"/user/"+user, nil, 200)
	a.ask("DELETE", "/api/1/team/"+id+"/project/1", nil, 200)
	a.ask("DELETE", "/api/1/team/"+id, nil, 200)
	a.ask("GET", "/api/1/team/"+id, nil, 404)
	a.ask("DELETE", "/api/1/team/1", nil, 422)
}
