package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oriel-dev/oriel/examples/cruddur/app"
)

// cruddur is an app whose telemetry goes nowhere.
func cruddur(t *testing.T, c app.Config) *app.App {
	t.Helper()
	c.Listen = "127.0.0.1:0"
	a, err := app.Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return a
}

func call(t *testing.T, a *app.App, method, path, body string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, a.URL+path, bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-Cruddur-User", app.Handles()[0])
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(raw)
}

type post struct {
	UUID, Handle, Message string
	Created               int64 `json:"created_at"`
}

func feed(t *testing.T, a *app.App, path string) (list []post) {
	t.Helper()
	status, body := call(t, a, http.MethodGet, path, "")
	if status != http.StatusOK {
		t.Fatalf("%s: %d %s", path, status, body)
	}
	if err := json.Unmarshal([]byte(body), &list); err != nil {
		t.Fatal(err)
	}
	return list
}

func TestCruddur_IsASmallSocialNetwork(t *testing.T) {
	t.Parallel()
	a := cruddur(t, app.Config{})
	home := feed(t, a, "/api/activities/home")
	if len(home) != 20 {
		t.Fatalf("the home feed has %d posts", len(home))
	}
	status, body := call(t, a, http.MethodPost, "/api/activities/"+home[0].UUID+"/reply", `{"message":"hear, hear about owls"}`)
	if status != http.StatusOK {
		t.Errorf("reply: %d %s", status, body)
	}
	if found := feed(t, a, "/api/activities/search?term=hear,+hear"); len(found) != 1 {
		t.Errorf("the search finds %d posts", len(found))
	}
	for _, c := range []struct {
		method, path, body string
		want               int
	}{
		{"POST", "/api/activities", `{"message":""}`, 422},
		{"POST", "/api/activities", `{"message":"win the lottery"}`, 422},
		{"POST", "/api/activities", `nonsense`, 400},
		{"GET", "/api/activities/none", "", 404},
		{"GET", "/api/activities/search", "", 422},
		{"POST", "/api/messages", `{"to":"` + app.Handles()[0] + `","message":"me"}`, 422},
		{"POST", "/api/messages", `{"to":"` + app.Handles()[1] + `","message":"you"}`, 200},
		{"GET", "/api/messages/" + app.Handles()[1], "", 200},
		{"POST", "/api/activities/" + home[1].UUID + "/like", "", 200},
		{"GET", "/api/activities/notifications", "", 200},
		{"GET", "/api/users/" + app.Handles()[0] + "/short", "", 200},
		{"GET", "/api/users/" + app.Handles()[3] + "/short", "", 500}, // has no picture: the mistake to find
	} {
		if status, body := call(t, a, c.method, c.path, c.body); status != c.want {
			t.Errorf("%s %s: %d %s, want %d", c.method, c.path, status, body, c.want)
		}
	}
}

// The deploy brings its mistake with it.
func TestCruddur_IsWorseAfterTheDeploy(t *testing.T) {
	t.Parallel()
	deployed := make(chan string, 2)
	a := cruddur(t, app.Config{DeployAfter: time.Millisecond, Deployed: func(_ context.Context, v, _ string) { deployed <- v }})
	if told := []string{<-deployed, <-deployed}; !slices.Contains(told, app.VersionGood) || !slices.Contains(told, app.VersionBad) {
		t.Fatalf("deployed %q, want both versions", told)
	}
	if _, body := call(t, a, http.MethodGet, "/api/health-check", ""); !strings.Contains(body, app.VersionBad) {
		t.Errorf("it says it is %s", body)
	}
	failed := 0
	for _, p := range feed(t, a, "/api/activities/search?term=owls")[:30] {
		if status, _ := call(t, a, http.MethodPost, "/api/activities/"+p.UUID+"/reply", `{"message":"so true"}`); status == http.StatusInternalServerError {
			failed++
		}
	}
	if failed == 0 || failed == 30 {
		t.Errorf("%d of 30 replies fail, want some", failed)
	}
}

// What was worse is rolled back, and tried again.
func TestCruddur_IsRolledBack(t *testing.T) {
	t.Parallel()
	type turn struct{ version, before string }
	turns := make(chan turn, 100)
	a := cruddur(t, app.Config{Version: app.VersionBad, DeployAfter: time.Millisecond, RollbackAfter: time.Millisecond, Deployed: func(ctx context.Context, v, before string) {
		if before == "" {
			return
		}
		select {
		case turns <- turn{v, before}:
		case <-ctx.Done():
		}
	}})
	want := turn{app.VersionGood, app.VersionBad}
	for range 3 {
		if got := <-turns; got != want {
			t.Errorf("deployed %v, want %v", got, want)
		}
		want = turn{want.before, want.version}
	}
	if status, _ := call(t, a, http.MethodGet, "/api/health-check", ""); status != http.StatusOK {
		t.Errorf("meanwhile it answers %d", status)
	}
}
