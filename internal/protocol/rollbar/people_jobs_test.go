package rollbar

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What is kept about a person goes: rows and names. Others' stays.
func TestPeopleDeleteJobs(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	m := r.manager()
	r.report(trace("production", "KeyError", "x", `,"person":{"id":"7","email":"ann@example.com","username":"ann"},"attributes":[{"key":"session_id","value":"s1"}]`))
	must(t, r.front.db.Write(t.Context(), func(tx *sql.Tx) error {
		for _, session := range []string{"s1", "s2"} {
			if _, err := tx.ExecContext(t.Context(), "INSERT INTO rollbar_replay (environment, error_environment, session, replay, at, bytes, body) VALUES ('test', 'production', ?, 'r', 1, 1, 'x')", session); err != nil {
				return err
			}
		}
		return nil
	}))
	r.report(trace("production", "KeyError", "x", `,"person":{"id":"8","email":"bob@example.com"}`))
	job := m.ask("POST", "/api/1/people/delete_jobs/?email=ann@example.com", nil, 200)
	must(t, r.front.runJobs(t.Context()))
	has(t, "job", m.ask("GET", "/api/1/people/delete_jobs/"+fmt.Sprint(job["id"]), nil, 200), map[string]any{"state": "success"})
	page := m.ask("GET", "/api/1/instances", nil, 200)
	if text, _ := json.Marshal(page); strings.Contains(string(text), "ann@example.com") || !strings.Contains(string(text), "bob@example.com") {
		t.Errorf("%s", text)
	}
	left, err := column[string](t.Context(), r.front.db, "SELECT session FROM rollbar_replay")
	must(t, err)
	if !cmp.Equal(left, []string{"s2"}) {
		t.Errorf("recordings of %v are left", left)
	}
	people, err := r.front.Items.People(t.Context(), 1, 0, 10)
	must(t, err)
	if len(people) != 1 || people[0].ID != "8" {
		t.Errorf("%v", people)
	}
	m.ask("POST", "/api/1/people/delete_jobs", nil, 422)
	m.ask("POST", "/api/1/people/delete_jobs?id=1&email=x", nil, 422)
	m.ask("GET", "/api/1/people/delete_jobs/99", nil, 404)
}
