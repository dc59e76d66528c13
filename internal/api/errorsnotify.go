package api

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/oriel-dev/oriel/internal/alert"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/item"
	"github.com/oriel-dev/oriel/internal/store"
)

type attemptJSON struct {
	At       string  `json:"at"`
	Status   int     `json:"status"` // of HTTP, 0 without an answer
	Response string  `json:"response"`
	Error    string  `json:"error"`
	TookMs   float64 `json:"took_ms"`
}

type deliveryJSON struct {
	ID       string        `json:"id"`
	At       string        `json:"at"`
	Event    string        `json:"event"`
	What     string        `json:"what"`
	State    string        `json:"state"`
	Next     string        `json:"next"` // attempt, "" for none
	To       string        `json:"to"`
	Body     string        `json:"body"`
	Test     bool          `json:"test"`
	Attempts []attemptJSON `json:"attempts"`
}

// deliveryOut is a delivery as the pages read it. Who may not change rules does
// not see where it went and what was said.
func deliveryOut(d *alert.Delivery, whole bool) deliveryJSON {
	id := ""
	if d.ID != 0 {
		id = strconv.FormatInt(d.ID, 10)
	}
	out := deliveryJSON{ID: id, At: moment(d.CreatedAt), Event: d.Event, What: d.What, State: d.State, Next: moment(d.Due), Test: d.Test, Attempts: []attemptJSON{}}
	if whole {
		out.To, out.Body = d.URL, cutText(d.Body, longestReason)
		if d.Channel == alert.Email {
			out.Body = d.Subject + "\n\n" + out.Body
		}
	}
	for i := range d.Attempts {
		at := &d.Attempts[i]
		one := attemptJSON{At: moment(at.At), Status: at.Status, Error: at.Explain(), TookMs: float64(at.Took.Microseconds()) / 1000} //nolint:mnd // milliseconds
		if whole {
			one.Response = at.Response
		}
		out.Attempts = append(out.Attempts, one)
	}
	return out
}

type ruleJSON struct {
	alert.Rule
	Last    *deliveryJSON `json:"last"` // delivery; null if there was none
	Waiting int           `json:"waiting"`
}

func mayEdit(r *http.Request) bool {
	p := callerOf(r).principal
	return p != nil && editor.check(p) == nil
}

// covered keeps a secret from who may not change rules: only its end is shown.
func covered(secret string) string {
	const shown = 4
	if len(secret) <= 2*shown {
		return strings.Repeat("•", min(len(secret), 1)*shown)
	}
	return "••••" + strings.ToValidUTF8(secret[len(secret)-shown:], "")
}

// notifications are the rules of all channels, how they do, and the channels' settings.
func (a *API) notifications(w http.ResponseWriter, r *http.Request) error {
	environment, whole := a.environment(r), mayEdit(r)
	health, err := a.Alerts.Health(r.Context(), environment)
	if err != nil {
		return err
	}
	type channelJSON struct {
		Channel  string         `json:"channel"`
		Settings alert.Settings `json:"settings"`
		Rules    []ruleJSON     `json:"rules"`
	}
	channels := []channelJSON{}
	for _, name := range alert.Channels() {
		c := channelJSON{Channel: name, Settings: a.Alerts.Settings(environment, name), Rules: []ruleJSON{}}
		if whole && name == alert.Webhook {
			if c.Settings.SigningSecret, err = a.Alerts.SigningSecret(r.Context(), environment); err != nil {
				return err
			}
		}
		if !whole {
			c.Settings.SigningSecret, c.Settings.ServiceKey, c.Settings.URL = "", covered(c.Settings.ServiceKey), covered(c.Settings.URL)
		}
		for _, rule := range a.Alerts.Rules(environment, name) {
			one := ruleJSON{Rule: rule, Waiting: health[rule.ID].Waiting}
			if !whole {
				one.Config.ServiceKey, one.Config.URL = covered(one.Config.ServiceKey), covered(one.Config.URL)
			}
			if last := health[rule.ID].Last; last != nil {
				d := deliveryOut(last, false)
				one.Last = &d
			}
			c.Rules = append(c.Rules, one)
		}
		channels = append(channels, c)
	}
	places := map[string]bool{}
	a.Items.Visit(item.Filter{Environment: environment, Members: true}, func(i *item.Item) { places[i.ErrorEnvironment] = true })
	return a.answer(w, r, store.Stats{}, map[string]any{"channels": channels, "mail": a.Alerts.SendsMail(), "may_edit": whole, "environments": nonNil(slices.Sorted(maps.Keys(places)))})
}

func channelOf(r *http.Request) (string, error) {
	for _, name := range alert.Channels() {
		if name == r.PathValue("channel") {
			return name, nil
		}
	}
	return "", fault.New(fault.NotFound, "there is no channel %.40q, only %s", r.PathValue("channel"), strings.Join(alert.Channels(), ", "))
}

// setNotifications changes the settings of a channel.
func (a *API) setNotifications(w http.ResponseWriter, r *http.Request) error {
	channel, err := channelOf(r)
	if err != nil {
		return err
	}
	s := a.Alerts.Settings(a.environment(r), channel)
	if err := readJSON(w, r, &s); err != nil {
		return err
	}
	if s, err = a.Alerts.SetSettings(r.Context(), a.environment(r), channel, s); err != nil {
		return err
	}
	return a.answer(w, r, store.Stats{}, map[string]any{"settings": s})
}

// givenRule reads a rule, and the id of the one it is to replace, or 0.
func (a *API) givenRule(w http.ResponseWriter, r *http.Request) (rule alert.Rule, err error) {
	channel, err := channelOf(r)
	if err != nil {
		return rule, err
	}
	var body struct {
		ID   int64           `json:"id"`
		Rule json.RawMessage `json:"rule"`
	}
	if err := readJSON(w, r, &body); err != nil {
		return rule, err
	}
	if body.ID != 0 {
		if _, err := a.Alerts.Rule(a.environment(r), channel, body.ID); err != nil {
			return rule, fault.New(fault.NotFound, "there is no %s rule %d (any more)", channel, body.ID)
		}
	}
	rule, err = alert.ParseRule(channel, body.Rule)
	rule.ID, rule.Environment = body.ID, a.environment(r)
	return rule, err
}

// keepNotification makes a rule, or changes one.
func (a *API) keepNotification(w http.ResponseWriter, r *http.Request) error {
	rule, err := a.givenRule(w, r)
	if err != nil {
		return err
	}
	if rule.ID != 0 {
		rule, err = a.Alerts.SetRule(r.Context(), rule.Environment, rule.Channel, rule.ID, rule)
	} else {
		var made []alert.Rule
		if made, err = a.Alerts.AddRules(r.Context(), rule.Environment, rule.Channel, []alert.Rule{rule}); err == nil {
			rule = made[0]
		}
	}
	if err != nil {
		return err
	}
	return a.answer(w, r, store.Stats{}, map[string]any{"rule": rule})
}

// testNotification sends what a rule would tell, kept or not.
func (a *API) testNotification(w http.ResponseWriter, r *http.Request) error {
	rule, err := a.givenRule(w, r)
	if err != nil {
		return err
	}
	d, err := a.Alerts.Test(r.Context(), &rule)
	if err != nil {
		return err
	}
	return a.answer(w, r, store.Stats{}, map[string]any{"delivery": deliveryOut(d, true)})
}

// removeNotification forgets a rule.
func (a *API) removeNotification(w http.ResponseWriter, r *http.Request) error {
	channel, err := channelOf(r)
	if err != nil {
		return err
	}
	id, err := pathID(r, "rule", "rule")
	if err != nil {
		return err
	}
	if err := a.Alerts.RemoveRule(r.Context(), a.environment(r), channel, id); err != nil {
		return err
	}
	return a.answer(w, r, store.Stats{}, map[string]any{})
}

const deliveriesAtOnce = 50

// notificationLog lists what a rule told, newest first.
func (a *API) notificationLog(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "rule", "rule")
	if err != nil {
		return err
	}
	offset, err := offsetOf(r.URL.Query().Get("cursor"))
	if err != nil {
		return err
	}
	found, err := a.Alerts.Deliveries(r.Context(), a.environment(r), id, offset, deliveriesAtOnce+1)
	if err != nil {
		return err
	}
	next := ""
	if len(found) > deliveriesAtOnce {
		found, next = found[:deliveriesAtOnce], strconv.Itoa(offset+deliveriesAtOnce)
	}
	list := []deliveryJSON{}
	for _, d := range found {
		list = append(list, deliveryOut(d, mayEdit(r)))
	}
	return a.answer(w, r, store.Stats{}, map[string]any{"deliveries": list, "next": next})
}

// retryNotification tries a delivery again at once.
func (a *API) retryNotification(w http.ResponseWriter, r *http.Request) error {
	rule, err := pathID(r, "rule", "rule")
	if err != nil {
		return err
	}
	delivery, err := pathID(r, "delivery", "delivery")
	if err != nil {
		return err
	}
	if err := a.Alerts.Retry(r.Context(), a.environment(r), rule, delivery); err != nil {
		return err
	}
	return a.answer(w, r, store.Stats{}, map[string]any{})
}
