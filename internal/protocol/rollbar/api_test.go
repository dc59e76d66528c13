package rollbar

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/oriel-dev/oriel/internal/auth"
)

// caller asks with a token, and fails the test where it must.
type caller struct {
	*rig
	kind auth.Kind
}

func (r *rig) as(kind auth.Kind) caller { return caller{r, kind} }

// ask sends a request and returns the result of the answer, which must have a status.
func (c caller) ask(method, path string, body any, status int) map[string]any {
	c.t.Helper()
	result, _ := c.result(method, path, body, status).(map[string]any)
	return result
}

func (c caller) list(method, path string, body any) []any {
	c.t.Helper()
	list, ok := c.result(method, path, body, http.StatusOK).([]any)
	if !ok {
		c.t.Errorf("%s %s: no list", method, path)
	}
	return list
}

func (c caller) result(method, path string, body any, status int) any {
	c.t.Helper()
	a := c.do(method, path, body, tokenHeader, c.keys[c.kind], "Content-Type", "application/json")
	var top struct {
		Err    *int `json:"err"`
		Result any  `json:"result"`
	}
	if err := json.Unmarshal([]byte(a.body), &top); err != nil || top.Err == nil || (*top.Err == 0) != (status < 400) || a.status != status {
		c.t.Errorf("%s %s: %d %s, want %d", method, path, a.status, a.body, status)
	}
	return top.Result
}

// manager makes a token that may read, write and send.
func (r *rig) manager() caller {
	r.t.Helper()
	const kind = auth.Kind("manager")
	r.as(auth.RollbarAccount).list("GET", "/api/1/projects", nil) // projects get their numbers when they are first asked for
	made := r.as(auth.RollbarAccount).ask("POST", "/api/1/project/1/access_tokens", `{"name":"manager","scopes":["read","write","post_server_item"]}`, 200)
	r.keys[kind], _ = made["access_token"].(string)
	r.ids[kind], _ = made["public_id"].(string)
	return r.as(kind)
}

// report posts an item, and lets time pass.
func (r *rig) report(data string) {
	r.t.Helper()
	if a := r.do("POST", "/api/1/item/", `{"data":`+data+`}`, tokenHeader, r.keys[auth.RollbarWrite]); a.status != http.StatusOK {
		r.t.Fatalf("%d %s", a.status, a.body)
	}
	r.clock.advance(time.Second)
}

func trace(environment, class, message, more string) string {
	return fmt.Sprintf(`{"environment":%q,"language":"python","framework":"flask","platform":"linux","level":"error","body":{"trace":{"exception":{"class":%q,"message":%q},
		"frames":[{"filename":"app/%s.py","method":"run","lineno":3}]}}%s}`, environment, class, message, class, more)
}

// has checks members of an object.
func has(t *testing.T, what string, got, want map[string]any) {
	t.Helper()
	for name, v := range want {
		if d := cmp.Diff(v, got[name]); d != "" {
			t.Errorf("%s: %s: %s", what, name, d)
		}
	}
}

// What is wrong is told with the status and words that clients know.
func TestAPI_Statuses(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	m := r.manager()
	r.report(trace("production", "KeyError", "x", `,"uuid":"u1"`))
	for _, c := range []struct {
		method, path, body string
		kind               auth.Kind
		status             int
		message            string
	}{
		{"GET", "/item/99", "", m.kind, 404, "Item not found in this project."},
		{"GET", "/item?counter=99", "", m.kind, 404, "Item not found in this project."},
		{"GET", "/item?counter=x", "", m.kind, 422, "Invalid format. counter"},
		{"GET", "/item", "", m.kind, 422, "Missing 'uuid' or 'counter'"},
		{"GET", "/item/?uuid=not%20one", "", m.kind, 400, "Invalid UUID format"},
		{"GET", "/item/?uuid=ffffffffffffffffffffffffffffffff", "", m.kind, 404, "UUID did not match any occurrence"},
		{"GET", "/item_by_counter/99", "", m.kind, 404, "Item not found in this project."},
		{"PATCH", "/item/1", `{"status":"done"}`, m.kind, 422, "Invalid format. status"},
		{"PATCH", "/item/1", `{"status":"archived"}`, m.kind, 422, "Invalid format. status"},
		{"PATCH", "/item/1", `{"level":"bad"}`, m.kind, 422, "Invalid format. level"},
		{"PATCH", "/item/1", `{"level":5}`, m.kind, 422, "Invalid format. level"},
		{"PATCH", "/item/1", `{"title":""}`, m.kind, 422, "the title"},
		{"PATCH", "/item/1", `{"resolved_in_version":"1"}`, m.kind, 422, "resolved_in_version"},
		{"PATCH", "/item/1", `{"assigned_user_id":77}`, m.kind, 422, "Invalid format. assigned_user_id is 77"},
		{"PATCH", "/item/1", `{"assigned_team_id":77}`, m.kind, 422, "Invalid format. assigned_team_id is 77"},
		{"PATCH", "/item/1", `{"snooze_enabled":true,"snooze_expiration_in_seconds":-1}`, m.kind, 422, "Invalid format. snooze"},
		{"PATCH", "/item/1", `{`, m.kind, 400, "Bad request"},
		{"PATCH", "/item/1", `{}`, auth.RollbarRead, 403, "insufficient privileges: write scope is required but the access token only has read."},
		{"GET", "/item/1", "", auth.RollbarWrite, 403, "insufficient privileges: read scope is required"},
		{"GET", "/items?page=0", "", m.kind, 422, "Invalid format. page"},
		{"GET", "/items?limit=9999", "", m.kind, 422, "Invalid format. limit"},
		{"GET", "/items?level=bad", "", m.kind, 422, "Invalid format. level"},
		{"GET", "/items?ids=x", "", m.kind, 422, "Invalid format. ids"},
		{"GET", "/instance/99", "", m.kind, 404, "Instance not found in this project."},
		{"GET", "/instances?lastId=x", "", m.kind, 422, "Invalid format. lastId"},
		{"GET", "/item/99/instances", "", m.kind, 404, "Item not found in this project."},
		{"DELETE", "/instance/99", "", m.kind, 404, "Instance not found in this project."},
		{"GET", "/reports/top_active_items?hours=999", "", m.kind, 422, "Invalid format. hours"},
		{"GET", "/reports/occurrence_counts?bucket_size=7", "", m.kind, 422, "Invalid format. bucket_size"},
		{"GET", "/reports/activated_counts?buckets=1", "", m.kind, 422, "Invalid format. buckets"},
		{"GET", "/project/99", "", auth.RollbarAccount, 404, "Project not found in this account."},
		{"GET", "/team/99", "", auth.RollbarAccount, 404, "Team not found in this account."},
		{"GET", "/teams", "", m.kind, 403, "insufficient privileges: an account access token is required"},
		{"POST", "/proguard", `{}`, m.kind, 501, "ProGuard mapping files are not applied"},
	} {
		a := r.do(c.method, "/api/1"+c.path, c.body, tokenHeader, r.keys[c.kind], "Content-Type", "application/json")
		var body struct {
			Err int `json:"err"`
		}
		if err := json.Unmarshal([]byte(a.body), &body); err != nil || body.Err != 1 || a.status != c.status || !strings.HasPrefix(a.message(), c.message) {
			t.Errorf("%s %s %s: %d %s, want %d %s", c.method, c.path, c.body, a.status, a.body, c.status, c.message)
		}
	}
}
