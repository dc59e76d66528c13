package alert_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/oriel-dev/oriel/internal/alert"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/item"
)

// What is told when an item lives: ten, a hundred; resolved, back, by a person; a
// rate; a version; a deploy.
func TestTriggers(t *testing.T) {
	t.Parallel()
	r, far := newRig(t), newReceiver(t)
	for _, trigger := range []string{"new_item", "occurrence", "exp_repeat_item", "reactivated_item", "reopened_item", "resolved_item", "deploy", "new_version"} {
		r.rule(alert.Webhook, `{"trigger":"`+trigger+`","config":{"url":"`+far.URL+`"}}`)
	}
	r.rule(alert.Webhook, `{"trigger":"occurrence_rate","filters":[{"type":"rate","period":300,"count":5}],"config":{"url":"`+far.URL+`"}}`)
	var told []string
	take := func() []string {
		t.Helper()
		r.step()
		told = nil
		for _, g := range far.take() {
			var body struct {
				Event string `json:"event_name"`
				Data  struct {
					Occurrences int64 `json:"occurrences"`
					Trigger     any   `json:"trigger"`
				} `json:"data"`
			}
			must(t, json.Unmarshal([]byte(g.body), &body))
			if body.Event == "occurrence" {
				continue
			}
			line := body.Event
			if body.Data.Occurrences > 0 {
				line += fmt.Sprint(" ", body.Data.Occurrences)
			}
			if body.Data.Trigger != nil {
				line += fmt.Sprint(" ", body.Data.Trigger)
			}
			told = append(told, line)
		}
		return told
	}
	same := func(what string, want ...string) {
		t.Helper()
		got := map[string]int{}
		for _, line := range take() {
			got[line]++
		}
		wanted := map[string]int{}
		for _, line := range want {
			wanted[line]++
		}
		if d := cmp.Diff(wanted, got); d != "" {
			t.Errorf("%s: %s", what, d)
		}
	}
	r.happen(boom)
	same("the first", "new_item", "new_version")
	for range 9 {
		r.happen(boom)
	}
	rate := "item_velocity 5 map[threshold:5 window_size:300 window_size_description:5 minutes]"
	same("up to ten", "exp_repeat_item 10", rate)
	for range 20 {
		r.happen(boom)
	}
	same("within the period nothing is told again")
	r.pass(301 * time.Second)
	for range 5 {
		r.happen(boom)
	}
	same("the window is armed again", rate)
	change := func(s item.Status) {
		t.Helper()
		_, err := r.items.Change(t.Context(), []int64{1}, item.Change{Actor: "ann", Status: &s})
		must(t, err)
	}
	change(item.Resolved)
	same("resolved", "resolved_item")
	r.happen(boom)
	same("back", "reactivated_item")
	for range 9 {
		r.happen(boom)
	}
	same("ten again", "exp_repeat_item 10")
	change(item.Muted)
	change(item.Active)
	same("by a person", "reopened_item")
	d, err := r.items.AddDeploy(t.Context(), item.Deploy{Environment: "test", ErrorEnvironment: "production", Revision: "abc", Status: item.DeployStarted})
	must(t, err)
	same("a deploy that began")
	_, err = r.items.FinishDeploy(t.Context(), "test", d.ID, item.DeploySucceeded)
	must(t, err)
	same("a deploy", "deploy")
}

func TestFilters(t *testing.T) {
	t.Parallel()
	f := func(filter string, want bool) {
		t.Helper()
		r, far := newRig(t), newReceiver(t)
		r.rule(alert.Webhook, `{"trigger":"new_item","filters":[`+filter+`],"config":{"url":"`+far.URL+`"}}`)
		r.happen(boom)
		r.step()
		if got := len(far.take()) == 1; got != want {
			t.Errorf("%s: %v, want %v", filter, got, want)
		}
	}
	one := func(kind, operation, value string) string {
		return fmt.Sprintf(`{"type":%q,"operation":%q,"value":%q}`, kind, operation, value)
	}
	path := func(path, operation, value string) string {
		return fmt.Sprintf(`{"type":"path","operation":%q,"value":%q,"path":%q}`, operation, value, path)
	}
	for filter, want := range map[string]bool{
		one("environment", "eq", "production"): true, one("environment", "neq", "production"): false,
		one("level", "eq", "error"): true, one("level", "gte", "warning"): true, one("level", "gte", "critical"): false,
		one("title", "within", "bad cart"): true, one("title", "nwithin", "bad cart"): false, one("title", "regex", "^Value.*cart$"): true, one("title", "nregex", "^Key"): true,
		one("filename", "within", "cart.py"): true, one("filename", "within", "nothing"): false, one("filename", "nwithin", "db.py"): false, one("filename", "nregex", "^x"): true,
		one("method", "regex", "^lo"): true, one("context", "startswith", "cart"): true, one("context", "eq", "cart"): false, one("context", "neq", "cart"): true,
		one("framework", "eq", "13"): true, one("framework", "eq", "14"): false, one("unique_occurrences", "gte", "1"): false,
		path("body.custom.tier", "eq", "gold"): true, path("body.custom.n", "gte", "7"): true, path("body.custom.n", "lte", "6"): false,
		path("body.custom.gone", "nwithin", "x"): false, path("body.custom.gone", "nexists", ""): true, path("body.custom.gone", "exists", ""): false,
		path("body.custom.gone", "neq", "x"): true, path("body.body.trace.frames[0].method", "eq", "add"): true, path("level", "eq", "error"): true,
		one("level", "gte", "warning") + "," + one("title", "within", "nothing"): false,
	} {
		f(filter, want)
	}
}

func TestParseRule_SaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"trigger":"x"}`:                   "trigger",
		`{"trigger":"new_item","nope":1}`:   "nope",
		`{"trigger":"occurrence_rate"}`:     "rate",
		`{"trigger":"daily_summary"}`:       "e-mail",
		`{"trigger":"new_item","action":1}`: "not valid",
		`{"trigger":"new_item","filters":[{"type":"title","operation":"gte","value":"x"}]}`:       "operation",
		`{"trigger":"new_item","filters":[{"type":"title","operation":"regex","value":"(?=x)"}]}`: "RE2",
		`{"trigger":"new_item","filters":[{"type":"level","operation":"eq","value":"bad"}]}`:      "level",
		`{"trigger":"new_item","filters":[{"type":"rate","period":60,"count":1}]}`:                "occurrence_rate",
		`{"trigger":"new_item","config":{"url":"file:///etc"}}`:                                   "config.url",
		`{"trigger":"new_item","config":{"format":"csv"}}`:                                        "json or xml",
		`{"trigger":"new_item","status":"on"}`:                                                    "status",
	} {
		if _, err := alert.ParseRule(alert.Webhook, []byte(text)); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}
