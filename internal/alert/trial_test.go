package alert_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/oriel-dev/oriel/internal/alert"
	"github.com/oriel-dev/oriel/internal/fault"
)

// A test tells of the item seen last, in the form of the real thing, and says that it is one.
func TestTest_SendsOnceAndSaysThatItIsATest(t *testing.T) {
	t.Parallel()
	r, far := newRig(t), newReceiver(t)
	r.happen(boom)
	for _, c := range []struct{ channel, rule, want string }{
		{alert.Webhook, `{"trigger":"resolved_item"}`, `"title":"ValueError: bad cart"`},
		{alert.Webhook, `{"trigger":"occurrence_rate","filters":[{"type":"rate","count":7,"period":300}]}`, `"window_size_description":"5 minutes"`},
		{alert.Webhook, `{"trigger":"deploy"}`, `"revision":"1.2.0"`},
		{alert.Webhook, `{"trigger":"new_version"}`, `"version":"1.2.0"`},
		{alert.Slack, `{"trigger":"new_item"}`, `"text":"*Test:* `},
		{alert.PagerDuty, `{"trigger":"new_item","config":{"service_key":"k"}}`, `"dedup_key":"oriel-test-test"`},
	} {
		rule, err := alert.ParseRule(c.channel, []byte(c.rule))
		must(t, err)
		rule.Environment, rule.Config.URL = "test", far.URL
		d, err := r.Test(t.Context(), &rule)
		must(t, err)
		got := far.take()
		if len(got) != 1 || !strings.Contains(got[0].body, c.want) || got[0].header.Get("X-Oriel-Test") != "1" {
			t.Errorf("%s %s: got %v, want %s", c.channel, c.rule, got, c.want)
		}
		if d.State != alert.Delivered || !strings.HasPrefix(d.What, "Test: ") {
			t.Errorf("%s %s: %+v", c.channel, c.rule, d)
		}
	}
}

func TestTest_OfAKeptRuleStandsInItsHistoryAndIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	r, far := newRig(t), newReceiver(t)
	far.answer(http.StatusInternalServerError)
	rule := r.rule(alert.Webhook, `{"trigger":"new_item","config":{"url":"`+far.URL+`"}}`)
	if _, err := r.Test(t.Context(), &rule); err != nil { // no item is there yet: it is made up
		t.Fatal(err)
	}
	r.pass(time.Hour)
	r.step()
	if got := far.take(); len(got) != 1 {
		t.Errorf("%d posts, want the one", len(got))
	}
	list := r.history(rule.ID)
	if len(list) != 1 || !list[0].Test || list[0].State != alert.GaveUp || list[0].Attempts[0].Explain() != "the receiver answered 500 Internal Server Error" {
		t.Errorf("history %+v", list)
	}
	if kept, err := r.Rule("test", alert.Webhook, rule.ID); err != nil || kept.Status != "enabled" {
		t.Errorf("the rule is %+v, %v: a test must not switch it off", kept, err)
	}
}

func TestTest_SaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	rule, err := alert.ParseRule(alert.Email, []byte(`{"trigger":"daily_summary"}`))
	must(t, err)
	rule.Environment = "test"
	if _, err := r.Test(t.Context(), &rule); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "--smtp") {
		t.Errorf("%v, want what to start the server with", err)
	}
}

func TestRetry_SendsWhatWasGivenUpAndHealthTellsOfIt(t *testing.T) {
	t.Parallel()
	r, far := newRig(t), newReceiver(t)
	far.answer(http.StatusBadGateway)
	rule := r.rule(alert.Webhook, `{"trigger":"new_item","config":{"url":"`+far.URL+`"}}`)
	r.happen(boom)
	r.step()
	h, err := r.Health(t.Context(), "test")
	must(t, err)
	if one := h[rule.ID]; one.Waiting != 1 || one.Last == nil || one.Last.State != alert.Waiting {
		t.Fatalf("health %+v", one)
	}
	id := r.history(rule.ID)[0].ID
	far.take()
	far.answer(http.StatusOK)
	must(t, r.Retry(t.Context(), "test", rule.ID, id)) // before its time
	r.step()
	if got := far.take(); len(got) != 1 {
		t.Fatalf("%d posts, want one", len(got))
	}
	if err := r.Retry(t.Context(), "test", rule.ID, id); !fault.Is(err, fault.Conflict) {
		t.Errorf("what has arrived is sent again: %v", err)
	}
	if err := r.Retry(t.Context(), "other", rule.ID, id); !fault.Is(err, fault.NotFound) {
		t.Errorf("another project's: %v", err)
	}
}
