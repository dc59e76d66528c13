package rollbar

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/oriel-dev/oriel/internal/auth"
)

func TestProjectsAndTokens(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	a := r.as(auth.RollbarAccount)
	if list := a.list("GET", "/api/1/projects", nil); len(list) != 1 {
		t.Errorf("%v", list)
	}
	r.as(auth.RollbarRead).ask("GET", "/api/1/projects", nil, 403)
	r.clock.advance(time.Second)
	shop := a.ask("POST", "/api/1/projects", `{"name":"Shop"}`, 200)
	has(t, "project", shop, map[string]any{"id": 2.0, "account_id": 1.0, "name": "shop", "status": "enabled"})
	if made, _ := shop["access_tokens"].([]any); len(made) != 4 {
		t.Errorf("%v", shop)
	}
	a.ask("POST", "/api/1/projects", `{"name":"shop"}`, 422)
	a.ask("POST", "/api/1/projects", `{}`, 422)
	tokens := a.list("GET", "/api/1/project/2/access_tokens", nil)
	names := map[string]bool{}
	for _, one := range tokens {
		o, _ := one.(map[string]any)
		names[fmt.Sprint(o["name"], o["scopes"])] = true
		if _, shown := o["access_token"]; shown {
			t.Errorf("a token's text is shown: %v", o)
		}
	}
	if d := cmp.Diff(map[string]bool{"read[read]": true, "write[write]": true, "post_server_item[post_server_item]": true, "post_client_item[post_client_item]": true}, names); d != "" {
		t.Error(d)
	}
	made := a.ask("POST", "/api/1/project/2/access_tokens", `{"name":"ci","scopes":["read","post_server_item"],"rate_limit_window_size":60,"rate_limit_window_count":2}`, 200)
	secret, _ := made["access_token"].(string)
	id, _ := made["public_id"].(string)
	if len(secret) != 32 || made["rate_limit_window_count"] != 2.0 {
		t.Errorf("%v", made)
	}
	post := func() int {
		return r.do("POST", "/api/1/item/", `{"data":`+trace("e", "E", "m", "")+`}`, tokenHeader, secret).status
	}
	if got := []int{post(), post(), post()}; !cmp.Equal(got, []int{200, 200, 429}) {
		t.Errorf("%v", got)
	}
	// A first-party script clears a limit by a form.
	if x := r.do("PATCH", "/api/1/project/2/access_token/"+secret, "rate_limit_window_count=0&rate_limit_window_size=0", tokenHeader, r.keys[auth.RollbarAccount], "Content-Type", "application/x-www-form-urlencoded"); x.status != 200 ||
		!strings.Contains(x.body, `"rate_limit_window_count":null`) {
		t.Errorf("%d %s", x.status, x.body)
	}
	// Who kept the text reads back what was made: nothing has drifted.
	read := a.ask("GET", "/api/1/project/2/access_token/"+secret, nil, 200)
	for _, same := range []string{"access_token", "public_id", "name", "project_id", "token_type", "date_created"} {
		if read[same] != made[same] {
			t.Errorf("%s was made as %v and reads as %v", same, made[same], read[same])
		}
	}
	if o := a.ask("GET", "/api/1/project/2/access_token/"+id, nil, 200); o["access_token"] != nil || o["public_id"] != id {
		t.Errorf("by its public id: %v", o)
	}
	a.ask("GET", "/api/1/project/1/access_token/"+secret, nil, 404)
	a.ask("PATCH", "/api/1/project/2/access_token", `{"public_id":"`+id+`","scopes":["read"],"name":"reader"}`, 200)
	if got := post(); got != 403 {
		t.Errorf("a token that may only read sends: %d", got)
	}
	a.ask("PATCH", "/api/1/project/2/access_token/"+id, `{"status":"disabled"}`, 200)
	if x := r.do("GET", "/api/1/items", nil, tokenHeader, secret); x.status != 403 || x.message() != "access token is disabled" {
		t.Errorf("%d %s", x.status, x.body)
	}
	if x := a.result("DELETE", "/api/1/project/2/access_token/"+id, nil, 200); x != "Access token has been deleted." {
		t.Errorf("%v", x)
	}
	a.ask("DELETE", "/api/1/project/2/access_token/"+id, nil, 404)
	a.ask("PATCH", "/api/1/project/2/access_token", `{}`, 422)
	a.ask("POST", "/api/1/project/2/access_tokens", `{"name":"x","scopes":["all"]}`, 422)
	a.ask("POST", "/api/1/project/2/access_tokens", `{"name":"x","scopes":["read"],"rate_limit_window_size":7,"rate_limit_window_count":7}`, 422)
	// The account's token acts for the project that it names.
	if page := a.ask("GET", "/api/1/items?project_id=2", nil, 200); page["total_count"] == nil {
		t.Errorf("%v", page)
	}
	a.ask("GET", "/api/1/items?project_ids=2", nil, 200) // as the vendor's MCP server asks
	a.ask("GET", "/api/1/items?project_ids=1&project_ids=2", nil, 422)
	a.ask("GET", "/api/1/items", nil, 403)
	a.ask("GET", "/api/1/items?project_id=77", nil, 404)
	a.ask("POST", "/api/1/service_links", `{"name":"n","template":"https://x.example","project_id":2}`, 200)
	a.ask("DELETE", "/api/1/project/1", nil, 422)
	a.ask("DELETE", "/api/1/project/2", nil, 200)
	if x := r.do("GET", "/api/1/project/2", nil, tokenHeader, r.keys[auth.RollbarAccount]); x.status != 404 || x.body != `{"err":1,"message":"Project not found in this account."}` {
		t.Errorf("%d %s", x.status, x.body)
	}
}
