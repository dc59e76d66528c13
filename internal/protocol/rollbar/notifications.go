package rollbar

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/oriel-dev/oriel/internal/alert"
)

func notificationHandlers() map[string]handler {
	return map[string]handler{
		"getNotifications": (*Front).getNotifications, "updateNotifications": (*Front).updateNotifications, "createNotificationRules": (*Front).createNotificationRules,
		"listNotificationRules": (*Front).listNotificationRules, "replaceNotificationRules": (*Front).replaceNotificationRules,
		"getNotificationRule": (*Front).getNotificationRule, "updateNotificationRule": (*Front).updateNotificationRule,
		"deleteNotificationRule": (*Front).deleteNotificationRule, "listDeliveries": (*Front).listDeliveries,
	}
}

// channel is the one in the path.
func (c *call) channel() (string, error) {
	name := c.PathValue("channel")
	if !slices.Contains(alert.Channels(), name) {
		return "", notFound("Not found: there is no channel %.40q, only %s", name, strings.Join(alert.Channels(), ", "))
	}
	return name, nil
}

// channelSettings answers the settings of a channel. Who may not change them sees no
// secret.
func (f *Front) channelSettings(c *call, channel string) (reply, error) {
	p, err := f.projectOf(c)
	if err != nil {
		return reply{}, err
	}
	s := f.Alerts.Settings(c.token.Environment, channel)
	if channel == alert.Webhook && c.token.holds(write) {
		if s.SigningSecret, err = f.Alerts.SigningSecret(c.Context(), c.token.Environment); err != nil {
			return reply{}, err
		}
	}
	if !c.token.holds(write) {
		s.SigningSecret, s.ServiceKey = "", hidden(s.ServiceKey)
	}
	text, err := json.Marshal(s)
	if err != nil {
		return reply{}, err
	}
	all := map[string]any{}
	if err := json.Unmarshal(text, &all); err != nil {
		return reply{}, err
	}
	for name, usual := range settingsOf(channel) {
		if _, there := all[name]; !there {
			all[name] = usual
		}
	}
	return reply{result: map[string]any{"project_id": p.ID, "settings": all}}, nil
}

func hidden(secret string) string {
	if secret == "" {
		return ""
	}
	return masked(secret)
}

// settingsOf are the settings of a channel, with what they are if nobody said.
func settingsOf(channel string) map[string]any {
	switch channel {
	case alert.Slack:
		return map[string]any{"enabled": true, "service_account_id": nil, "channel": nil, "show_message_buttons": false, "url": nil}
	case alert.Email:
		return map[string]any{"enabled": true, "include_request_params": false}
	case alert.PagerDuty:
		return map[string]any{"enabled": true, "service_key": nil, "url": nil}
	}
	return map[string]any{"enabled": true, "url": nil}
}

func (f *Front) getNotifications(c *call) (reply, error) {
	channel, err := c.channel()
	if err != nil {
		return reply{}, err
	}
	return f.channelSettings(c, channel)
}

func (f *Front) updateNotifications(c *call) (reply, error) {
	channel, err := c.channel()
	if err != nil {
		return reply{}, err
	}
	var given map[string]json.RawMessage
	if err := c.decode(&given); err != nil {
		return reply{}, err
	}
	for name := range given {
		_, known := settingsOf(channel)[name]
		if known = known || channel == alert.Email && name == "scrub_params"; !known && name != "access_token" && name != "project_id" {
			return reply{}, invalid("Invalid format. %.60q is no setting of %s", name, channel)
		}
	}
	s := f.Alerts.Settings(c.token.Environment, channel)
	if err := c.decode(&s); err != nil {
		return reply{}, err
	}
	if _, err := f.Alerts.SetSettings(c.Context(), c.token.Environment, channel, s); err != nil {
		return reply{}, err
	}
	return f.channelSettings(c, channel)
}

// rules reads the rules of a body: a list, or one alone.
func (c *call) rules(channel string) ([]alert.Rule, error) {
	var texts []json.RawMessage
	if len(c.body) > 0 && c.body[0] == '{' && json.Valid(c.body) {
		texts = []json.RawMessage{c.body}
	} else if err := c.decode(&texts); err != nil {
		return nil, err
	}
	list := make([]alert.Rule, 0, len(texts))
	for k, text := range texts {
		r, err := alert.ParseRule(channel, text)
		if err != nil {
			if len(texts) > 1 {
				err = fmt.Errorf("rule %d: %w", k, err)
			}
			return nil, err
		}
		list = append(list, r)
	}
	return list, nil
}

func (f *Front) listNotificationRules(c *call) (reply, error) {
	channel, err := c.channel()
	if err != nil {
		return reply{}, err
	}
	return reply{result: f.Alerts.Rules(c.token.Environment, channel)}, nil
}

func (f *Front) createNotificationRules(c *call) (reply, error) { return f.putRules(c, false) }

func (f *Front) replaceNotificationRules(c *call) (reply, error) { return f.putRules(c, true) }

func (f *Front) putRules(c *call, replace bool) (reply, error) {
	channel, err := c.channel()
	if err != nil {
		return reply{}, err
	}
	rules, err := c.rules(channel)
	if err != nil {
		return reply{}, err
	}
	put := f.Alerts.AddRules
	if replace {
		put = f.Alerts.ReplaceRules
	}
	made, err := put(c.Context(), c.token.Environment, channel, rules)
	return reply{result: made}, err
}

func (f *Front) notificationRule(c *call) (alert.Rule, error) {
	channel, err := c.channel()
	if err != nil {
		return alert.Rule{}, err
	}
	id, err := c.number("id", "Not found")
	if err != nil {
		return alert.Rule{}, err
	}
	return f.Alerts.Rule(c.token.Environment, channel, id)
}

func (f *Front) getNotificationRule(c *call) (reply, error) {
	r, err := f.notificationRule(c)
	return reply{result: r}, err
}

func (f *Front) updateNotificationRule(c *call) (reply, error) {
	old, err := f.notificationRule(c)
	if err != nil {
		return reply{}, err
	}
	rules, err := c.rules(old.Channel)
	if err != nil {
		return reply{}, err
	}
	if len(rules) != 1 {
		return reply{}, invalid("Invalid format. The body must be one rule, and it has %d", len(rules))
	}
	r, err := f.Alerts.SetRule(c.Context(), old.Environment, old.Channel, old.ID, rules[0])
	return reply{result: r}, err
}

func (f *Front) deleteNotificationRule(c *call) (reply, error) {
	r, err := f.notificationRule(c)
	if err != nil {
		return reply{}, err
	}
	return reply{result: map[string]any{"id": r.ID}}, f.Alerts.RemoveRule(c.Context(), r.Environment, r.Channel, r.ID)
}

// listDeliveries tells what a rule told, newest first, and what the receiver
// answered. Rollbar shows it on its pages only.
func (f *Front) listDeliveries(c *call) (reply, error) {
	r, err := f.notificationRule(c)
	if err != nil {
		return reply{}, err
	}
	page, err := c.page()
	if err != nil {
		return reply{}, err
	}
	const each = 50
	found, err := f.Alerts.Deliveries(c.Context(), r.Environment, r.ID, (page-1)*each, each)
	if err != nil {
		return reply{}, err
	}
	type attempt struct {
		At       int64   `json:"timestamp"`
		Status   any     `json:"status_code"`
		Response string  `json:"response"`
		Error    any     `json:"error"`
		Took     float64 `json:"seconds"`
	}
	type delivery struct {
		ID       int64     `json:"id"`
		Event    string    `json:"event_name"`
		What     string    `json:"summary"`
		State    string    `json:"status"`
		Created  int64     `json:"date_created"`
		Next     any       `json:"next_attempt"`
		URL      string    `json:"url,omitempty"`
		Body     string    `json:"body"`
		Attempts []attempt `json:"attempts"`
	}
	list := []delivery{}
	for _, d := range found {
		one := delivery{ID: d.ID, Event: d.Event, What: d.What, State: d.State, Created: unix(d.CreatedAt), Next: orNull(d.Due), URL: d.URL, Body: d.Body, Attempts: []attempt{}}
		for _, a := range d.Attempts {
			one.Attempts = append(one.Attempts, attempt{unix(a.At), idOrNull(int64(a.Status)), a.Response, textOrNull(a.Error), float64(a.Took) / float64(time.Second)})
		}
		list = append(list, one)
	}
	return reply{result: map[string]any{"page": page, "deliveries": list}}, nil
}
