package alert_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/oriel-dev/oriel/internal/alert"
)

// What fails is tried again after 4, 16, 64 … seconds, ten times, also over a
// restart; then the rule is off and says why.
func TestDelivery_IsTriedAgainAndGivenUp(t *testing.T) {
	t.Parallel()
	r, far := newRig(t), newReceiver(t)
	far.answer(http.StatusInternalServerError)
	rule := r.rule(alert.Webhook, `{"trigger":"new_item","config":{"url":"`+far.URL+`"}}`)
	r.happen(boom)
	r.step()
	wait := time.Second
	for i := range 10 {
		if got := len(far.take()); got != 1 {
			t.Fatalf("attempt %d: %d posts, want one", i, got)
		}
		wait *= 4
		r.pass(wait - time.Second)
		r.open() // as after a restart
		r.step()
		if got := len(far.take()); got != 0 {
			t.Fatalf("attempt %d came a second early", i+1)
		}
		r.pass(time.Second)
		r.step()
	}
	list := r.history(rule.ID)
	if len(list) != 1 || list[0].State != alert.GaveUp || len(list[0].Attempts) != 11 {
		t.Fatalf("history %+v", list)
	}
	off, err := r.Rule("test", alert.Webhook, rule.ID)
	must(t, err)
	if off.Status != "disabled" || !strings.Contains(off.DisabledReason, "500") {
		t.Errorf("rule %+v", off)
	}
	r.pass(1000 * time.Hour)
	far.take()
	r.step()
	if got := len(far.take()); got != 0 {
		t.Errorf("it was tried after it was given up")
	}
}

// A receiver that comes back gets what waited, and the rule stays on.
func TestDelivery_ArrivesLate(t *testing.T) {
	t.Parallel()
	r, far := newRig(t), newReceiver(t)
	far.answer(http.StatusFound) // a redirect is not followed, and is no success
	rule := r.rule(alert.Webhook, `{"trigger":"new_item","config":{"url":"`+far.URL+`"}}`)
	r.happen(boom)
	r.step()
	far.answer(http.StatusNoContent)
	r.pass(4 * time.Second)
	r.step()
	got := far.take()
	if len(got) != 2 || got[0].body != got[1].body || got[0].header.Get("X-Oriel-Delivery") != got[1].header.Get("X-Oriel-Delivery") {
		t.Errorf("%v", got)
	}
	if list := r.history(rule.ID); list[0].State != alert.Delivered || len(list[0].Attempts) != 2 {
		t.Errorf("history %+v", list[0])
	}
}

// A rule whose deliveries fail for a day is switched off, and people are told.
func TestRule_ThatKeepsFailingIsSwitchedOff(t *testing.T) {
	t.Parallel()
	r, far := newRig(t), newReceiver(t)
	post := newPostbox(t)
	r.cfg.Mail = alert.Mail{Server: post.address, From: "Oriel <oriel@example.com>"}
	r.open()
	far.answer(http.StatusBadGateway)
	rule := r.rule(alert.Webhook, `{"trigger":"occurrence","config":{"url":"`+far.URL+`"}}`)
	for range 30 {
		r.happen(boom)
		r.step()
		r.pass(time.Hour)
	}
	off, err := r.Rule("test", alert.Webhook, rule.ID)
	must(t, err)
	if off.Status != "disabled" || off.DisabledReason == "" {
		t.Fatalf("rule %+v", off)
	}
	r.step()
	mails := post.take()
	if len(mails) != 1 || !strings.Contains(mails[0].data, "switched off") {
		t.Errorf("mails %v", mails)
	}
	far.take()
	r.happen(boom)
	r.step()
	for _, g := range far.take() {
		if strings.Contains(g.body, `"total_occurrences":31`) {
			t.Error("a rule that is off tells of what is new")
		}
	}
}

func TestDelivery_ReachesNoPrivateAddressUnlessAllowed(t *testing.T) {
	t.Parallel()
	r, far := newRig(t), newReceiver(t)
	r.cfg.PrivateDestinations = false
	r.open()
	rule := r.rule(alert.Webhook, `{"trigger":"new_item","config":{"url":"`+far.URL+`"}}`)
	r.happen(boom)
	r.step()
	if got := far.take(); len(got) != 0 {
		t.Errorf("%v", got)
	}
	if list := r.history(rule.ID); !strings.Contains(list[0].Attempts[0].Error, "--private-destinations") {
		t.Errorf("%+v", list[0].Attempts)
	}
}
