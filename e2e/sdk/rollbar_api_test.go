package sdk_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// rollbarCall asks Rollbar's API with a token.
func (s *server) rollbarCall(token, method, path, body string) map[string]any {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.url()+"/api/1"+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("X-Rollbar-Access-Token", token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var answer map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || resp.StatusCode != http.StatusOK {
		s.t.Fatalf("%s %s: %d %v %v", method, path, resp.StatusCode, answer, err)
	}
	return answer
}

// rollbarProject starts a server that has an item, and makes a token that may do
// all within its project.
func rollbarProject(t *testing.T) (s *server, token string) {
	t.Helper()
	s, post := startRollbar(t)
	for n := range 3 {
		s.rollbarCall(post, http.MethodPost, "/item/", fmt.Sprintf(`{"data":{"environment":"production","level":"error","language":"python","code_version":"1.0","uuid":"u-%d",
			"body":{"trace":{"exception":{"class":"KeyError","message":"no such cart"},"frames":[{"filename":"app/cart.py","method":"find"}]}}}}`, n))
	}
	account := s.newKey("rollbar-account")
	s.rollbarCall(account, http.MethodGet, "/projects", "")
	made := s.rollbarCall(account, http.MethodPost, "/project/1/access_tokens", `{"name":"all","scopes":["read","write","post_server_item"]}`)
	result, _ := made["result"].(map[string]any)
	token, _ = result["access_token"].(string)
	for range 200 {
		page, _ := s.rollbarCall(token, http.MethodGet, "/instances", "")["result"].(map[string]any)
		items, _ := s.rollbarCall(token, http.MethodGet, "/items", "")["result"].(map[string]any)
		if all, _ := page["instances"].([]any); len(all) == 3 && items["total_count"] == 1.0 {
			return s, token
		}
		time.Sleep(20 * time.Millisecond) // what is taken is shown within moments
	}
	t.Fatal("the items did not arrive")
	return nil, ""
}

// The vendor's MCP server finds, explains and resolves an item.
func TestRollbarMCPServer_AsAnAssistantCallsIt(t *testing.T) {
	t.Parallel()
	s, token := rollbarProject(t)
	s.rollbarCall(token, http.MethodPost, "/deploy", `{"environment":"production","revision":"1.0","local_username":"ann"}`)
	calls := []struct{ call, want string }{
		{`{"name":"list-items","arguments":{"query":"cart"}}`, `"title":"KeyError: no such cart"`},
		{`{"name":"get-item-details","arguments":{"counter":1}}`, `"uuid":"u-2"`},
		{`{"name":"get-top-items","arguments":{"environment":"production"}}`, `"occurrences":3`},
		{`{"name":"get-deployments","arguments":{"limit":5}}`, `"revision":"1.0"`},
		{`{"name":"get-version","arguments":{"version":"1.0","environment":"production"}}`, `"deployed_by":"ann"`},
		{`{"name":"update-item","arguments":{"itemId":1,"status":"resolved","resolvedInVersion":"1.1"}}`, `"resolved_in_version":"1.1"`},
	}
	args := []string{"node/rollbar-api/mcp.mjs"}
	for _, c := range calls {
		args = append(args, c.call)
	}
	env := []string{"ROLLBAR_API_BASE=" + s.url() + "/api/1", "ROLLBAR_ACCESS_TOKEN=" + token, "HOME=" + t.TempDir()}
	var answers []struct {
		Error bool   `json:"error"`
		Text  string `json:"text"`
	}
	if out := s.program(env, "node", args...); json.Unmarshal(out, &answers) != nil || len(answers) != len(calls) {
		t.Fatalf("%s", out)
	}
	for i, a := range answers {
		if a.Error || !strings.Contains(a.Text, calls[i].want) {
			t.Errorf("%s: %v %s", calls[i].call, a.Error, a.Text)
		}
	}
	item, _ := s.rollbarCall(token, http.MethodGet, "/item/1", "")["result"].(map[string]any)
	if item["status"] != "resolved" {
		t.Errorf("%v", item)
	}
}

// With a token of the account it finds the projects.
func TestRollbarMCPServer_FindsProjectsOfTheAccount(t *testing.T) {
	t.Parallel()
	s, _ := rollbarProject(t)
	env := []string{"ROLLBAR_API_BASE=" + s.url() + "/api/1", "ROLLBAR_ACCOUNT_ACCESS_TOKEN=" + s.newKey("rollbar-account"), "HOME=" + t.TempDir()}
	out := string(s.program(env, "node", "node/rollbar-api/mcp.mjs", `{"name":"list-projects","arguments":{}}`, `{"name":"list-items","arguments":{"project":"test"}}`))
	if !strings.Contains(out, `\"name\":\"test\"`) || !strings.Contains(out, "KeyError") {
		t.Errorf("%s", out)
	}
}

// The vendor's command line records a deploy and finishes it, once.
func TestRollbarCLI_NotifiesDeploys(t *testing.T) {
	t.Parallel()
	s, token := rollbarProject(t)
	here, err := filepath.Abs("node/rollbar-api")
	if err != nil {
		t.Fatal(err)
	}
	notify := func(more ...string) string {
		t.Helper()
		args := append([]string{
			"--require", here + "/redirect.cjs", here + "/node_modules/rollbar-cli/bin/rollbar", "notify-deploy",
			"--access-token", token, "--environment", "production", "--code-version", "2.0",
		}, more...)
		return string(s.program([]string{"ROLLBAR_HOST=" + s.url()}, "node", args...))
	}
	if out := notify("--status", "started", "--local-username", "ann"); !strings.Contains(out, "deploy_id: 1") {
		t.Errorf("%s", out)
	}
	if out := notify("--status", "succeeded", "--deploy-id", "1"); !strings.Contains(out, "Deploy successful") {
		t.Errorf("%s", out)
	}
	if out := notify("--status", "failed", "--deploy-id", "1"); !strings.Contains(out, "its status is not started") {
		t.Errorf("%s", out)
	}
	d, _ := s.rollbarCall(token, http.MethodGet, "/deploy/1", "")["result"].(map[string]any)
	if d["status"] != "succeeded" || d["revision"] != "2.0" || d["local_username"] != "ann" {
		t.Errorf("%v", d)
	}
}

// pyrollbar's one call of the API finds items and pages through them.
func TestPyrollbar_SearchesItems(t *testing.T) {
	t.Parallel()
	python := python(t)
	s, token := rollbarProject(t)
	const script = `
import os, rollbar
rollbar.init(os.environ["TOKEN"], "production", endpoint=os.environ["BASE"])
found = rollbar.search_items("cart", return_fields=["title", "counter"], access_token=os.environ["TOKEN"])
print([i["title"] for i in found.data["items"]], found.page)
`
	out := string(s.program([]string{"TOKEN=" + token, "BASE=" + s.url() + "/api/1/"}, python, "-c", script))
	if !strings.Contains(out, "['KeyError: no such cart'] 1") {
		t.Errorf("%s", out)
	}
}
