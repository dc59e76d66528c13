package alert

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"time"

	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/item"
)

// settings returns those of the channel of a rule.
func (a *Alerts) settingsOf(r *Rule) Settings {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return a.channels[channelKey{r.Environment, r.Channel}]
}

// render makes the delivery of a rule about a subject.
func (a *Alerts) render(r *Rule, s *subject) (*Delivery, error) {
	set := a.settingsOf(r)
	d := &Delivery{Environment: r.Environment, Rule: r.ID, Channel: r.Channel, Event: eventName(s.Kind), CreatedAt: a.now().UnixNano(), What: s.summary()}
	d.Due = d.CreatedAt
	var err error
	switch r.Channel {
	case Webhook:
		err = a.renderWebhook(d, r, set, s)
	case Slack:
		err = renderSlack(d, r, set, s)
	case PagerDuty:
		err = renderPagerDuty(d, r, set, s)
	case Email:
		err = a.renderMail(d, r, set, s)
	}
	return d, err
}

// eventName is what webhooks call a trigger.
func eventName(kind string) string {
	if kind == item.OccurrenceRate {
		return "item_velocity"
	}
	return kind
}

func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

func (a *Alerts) renderWebhook(d *Delivery, r *Rule, set Settings, s *subject) error {
	d.URL = first(r.Config.URL, set.URL)
	if d.URL == "" {
		return fault.New(fault.Invalid, "neither the rule nor the channel has a url")
	}
	d.Signed = true
	body, err := json.Marshal(webhookEvent{Name: d.Event, Data: a.webhookData(s)})
	if err != nil {
		return err
	}
	d.ContentType, d.Body = "application/json", string(body)
	if r.Config.Format == "xml" {
		d.ContentType = "application/xml"
		d.Body, err = toXML(body)
	}
	return err
}

// What follows are the bodies of webhooks, as Rollbar sends them.
type (
	webhookEvent struct {
		Name string      `json:"event_name"`
		Data webhookData `json:"data"`
	}
	webhookData struct {
		URL         string          `json:"url,omitempty"`
		Item        *webhookItem    `json:"item,omitempty"`
		Occurrence  json.RawMessage `json:"occurrence,omitempty"`
		Deploy      *webhookDeploy  `json:"deploy,omitempty"`
		Version     *webhookVersion `json:"version,omitempty"`
		Occurrences int64           `json:"occurrences,omitempty"`
		Trigger     *webhookTrigger `json:"trigger,omitempty"`
	}
	webhookTrigger struct {
		Threshold  int64  `json:"threshold"`
		WindowSize int64  `json:"window_size"`
		Text       string `json:"window_size_description"`
	}
	webhookVersion struct {
		ProjectID   int64  `json:"project_id"`
		Environment string `json:"environment"`
		Version     string `json:"version"`
		First       int64  `json:"first_occurrence_timestamp"`
	}
	webhookDeploy struct {
		ID            int64   `json:"id"`
		ProjectID     int64   `json:"project_id"`
		Environment   string  `json:"environment"`
		Revision      string  `json:"revision"`
		LocalUsername *string `json:"local_username"`
		Comment       *string `json:"comment"`
		UserID        *int64  `json:"user_id"`
		StartTime     *int64  `json:"start_time"`
		FinishTime    *int64  `json:"finish_time"`
	}
	webhookItem struct {
		ID                   int64           `json:"id"`
		ProjectID            int64           `json:"project_id"`
		Counter              int64           `json:"counter"`
		Environment          string          `json:"environment"`
		Title                string          `json:"title"`
		Hash                 string          `json:"hash"`
		Level                int             `json:"level"`
		Status               int             `json:"status"`
		Platform             int             `json:"platform"`
		Framework            int             `json:"framework"`
		TotalOccurrences     int64           `json:"total_occurrences"`
		UniqueOccurrences    *int64          `json:"unique_occurrences"`
		FirstOccurrenceID    int64           `json:"first_occurrence_id"`
		FirstOccurrenceAt    int64           `json:"first_occurrence_timestamp"`
		ActivatingOccurrence int64           `json:"activating_occurrence_id"`
		LastActivatedAt      *int64          `json:"last_activated_timestamp"`
		LastOccurrenceID     int64           `json:"last_occurrence_id"`
		LastOccurrenceAt     int64           `json:"last_occurrence_timestamp"`
		LastResolvedAt       *int64          `json:"last_resolved_timestamp"`
		ResolvedInVersion    *string         `json:"resolved_in_version"`
		AssignedUserID       *int64          `json:"assigned_user_id"`
		GroupItemID          *int64          `json:"group_item_id"`
		GroupStatus          int             `json:"group_status"`
		LevelLock            int             `json:"level_lock"`
		TitleLock            int             `json:"title_lock"`
		LastModifiedBy       *int64          `json:"last_modified_by"`
		PublicItemID         *int64          `json:"public_item_id"`
		IntegrationsData     struct{}        `json:"integrations_data"`
		LastOccurrence       json.RawMessage `json:"last_occurrence"`
	}
)

func (a *Alerts) webhookData(s *subject) webhookData {
	switch {
	case s.Deploy != nil:
		d := s.Deploy
		return webhookData{Deploy: &webhookDeploy{
			ID: d.ID, ProjectID: s.project, Environment: d.ErrorEnvironment, Revision: d.Revision, LocalUsername: textOrNull(d.LocalUsername),
			Comment: textOrNull(d.Comment), StartTime: secondsOrNull(d.StartedAt), FinishTime: secondsOrNull(d.FinishedAt),
		}}
	case s.Item == nil:
		return webhookData{Version: &webhookVersion{ProjectID: s.project, Environment: s.ErrorEnvironment, Version: s.Version, First: seconds(s.At)}}
	}
	data := webhookData{URL: s.link(), Item: webhookItemOf(s)}
	data.Item.LastOccurrence = a.lastOccurrence(s)
	switch s.Kind {
	case item.AnyOccurrence:
		data.Occurrence = data.Item.LastOccurrence
	case item.ExpRepeatItem:
		data.Occurrences = s.Occurrences
	case item.OccurrenceRate:
		data.Occurrences = s.Occurrences
		if s.Rate != nil {
			data.Trigger = &webhookTrigger{Threshold: s.Rate.Count, WindowSize: s.Rate.Seconds, Text: windowText(s.Rate.Seconds)}
		}
	}
	return data
}

func webhookItemOf(s *subject) *webhookItem {
	i := s.Item
	w := &webhookItem{
		ID: i.ID, ProjectID: s.project, Counter: i.Counter, Environment: i.ErrorEnvironment, Title: i.Title, Hash: i.Fingerprint,
		Level: int(i.Level), Status: int(i.Status), Platform: item.PlatformID(i.Platform), Framework: item.FrameworkID(i.Framework),
		TotalOccurrences: i.Total, FirstOccurrenceID: i.First.ID, FirstOccurrenceAt: seconds(i.First.At), ActivatingOccurrence: i.Activating.ID,
		LastActivatedAt: secondsOrNull(i.ActivatedAt), LastOccurrenceID: i.Last.ID, LastOccurrenceAt: seconds(i.Last.At),
		LastResolvedAt: secondsOrNull(i.ResolvedAt), ResolvedInVersion: textOrNull(i.ResolvedInVersion), AssignedUserID: idOrNull(i.AssignedUser),
		GroupItemID: idOrNull(i.Group), GroupStatus: 1, UniqueOccurrences: idOrNull(i.IPs),
	}
	if i.IsGroup {
		w.GroupStatus = 2
	}
	if i.LevelLocked {
		w.LevelLock = 1
	}
	if i.TitleLocked {
		w.TitleLock = 1
	}
	return w
}

// lastOccurrence is the payload with what a server adds to it. It says when the
// occurrence came if the app did not.
func (a *Alerts) lastOccurrence(s *subject) json.RawMessage {
	if s.data == nil {
		return json.RawMessage("null")
	}
	if _, there := s.data["metadata"]; there {
		return s.payload
	}
	at := s.At
	meta := map[string]any{"timestamp_ms": at / int64(time.Millisecond), "access_token": "", "api_server_hostname": a.cfg.Host, "debug": struct{}{}}
	if t, ok := s.data["timestamp"]; ok {
		meta["customer_timestamp"] = t
	}
	with := map[string]any{"metadata": meta}
	maps.Copy(with, s.data)
	if _, ok := with["timestamp"]; !ok {
		with["timestamp"] = seconds(at)
	}
	text, err := json.Marshal(with)
	if err != nil {
		return s.payload
	}
	return text
}

func seconds(ns int64) int64 { return ns / int64(time.Second) }

func secondsOrNull(ns int64) *int64 {
	if ns == 0 {
		return nil
	}
	s := seconds(ns)
	return &s
}

func textOrNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func idOrNull(id int64) *int64 {
	if id == 0 {
		return nil
	}
	return &id
}

// slackColor is that of a level.
func slackColor(l item.Level) string {
	switch {
	case l >= item.Critical:
		return "#a30200"
	case l >= item.Error:
		return "#d9534f"
	case l >= item.Warning:
		return "#e8a33d"
	}
	return "#3c8dbc"
}

// renderSlack makes what incoming webhooks of Slack take.
func renderSlack(d *Delivery, r *Rule, set Settings, s *subject) error {
	d.URL = first(r.Config.URL, set.URL)
	if d.URL == "" {
		return fault.New(fault.Invalid, "neither the rule nor the channel has the url of an incoming webhook")
	}
	text := escapeSlack(s.summary())
	if s.Item != nil {
		text = fmt.Sprintf("%s: <%s|#%d %s>", escapeSlack(s.happened()), s.link(), s.Item.Counter, escapeSlack(s.Item.Title))
	}
	if r.Config.MessageTemplate != "" {
		text = s.expand(r.Config.MessageTemplate)
	}
	if s.test {
		text = "*Test:* " + text
	}
	message := map[string]any{"text": text}
	if channel := first(r.Config.Channel, set.Channel); channel != "" {
		message["channel"] = channel
	}
	if s.Item != nil {
		attachment := map[string]any{
			"color": slackColor(s.Item.Level), "fallback": s.summary(), "ts": seconds(s.At),
			"fields": []map[string]any{
				{"title": "Environment", "value": escapeSlack(s.Item.ErrorEnvironment), "short": true},
				{"title": "Level", "value": s.Item.Level.String(), "short": true},
				{"title": "Occurrences", "value": fmt.Sprint(s.Item.Total), "short": true},
				{"title": "Where", "value": escapeSlack(s.Item.Culprit), "short": true},
			},
		}
		buttons := set.MessageButtons
		if r.Config.MessageButtons != nil {
			buttons = *r.Config.MessageButtons
		}
		if buttons {
			attachment["actions"] = []map[string]any{{"type": "button", "text": "Open item", "url": s.link()}}
		}
		message["attachments"] = []any{attachment}
	}
	return d.json(message)
}

// escapeSlack keeps what an app sent from being read as a mention or a link.
func escapeSlack(text string) string {
	var b bytes.Buffer
	for _, c := range text {
		switch c {
		case '&':
			b.WriteString("&amp;")
		case '<':
			b.WriteString("&lt;")
		case '>':
			b.WriteString("&gt;")
		default:
			b.WriteRune(c)
		}
	}
	return b.String()
}

// pagerDutyURL is where its version 2 of events are sent.
const pagerDutyURL = "https://events.pagerduty.com/v2/enqueue"

// renderPagerDuty makes an event of PagerDuty's version 2.
func renderPagerDuty(d *Delivery, r *Rule, set Settings, s *subject) error {
	key := first(r.Config.ServiceKey, set.ServiceKey)
	if key == "" {
		return fault.New(fault.Invalid, "neither the rule nor the channel has a service_key")
	}
	d.URL = first(r.Config.URL, set.URL, pagerDutyURL)
	dedup := fmt.Sprintf("oriel-%s-%s", s.Kind, first(s.Version, s.ErrorEnvironment))
	if s.Item != nil {
		dedup = fmt.Sprintf("oriel-item-%d", s.Item.ID)
	}
	summary := s.summary()
	if s.test { // so that it neither opens nor ends what is real
		dedup, summary = "oriel-test-"+s.Environment, "Test: "+summary
	}
	message := map[string]any{"routing_key": key, "event_action": "trigger", "dedup_key": dedup}
	if r.Action == "resolve_incident" {
		message["event_action"] = "resolve"
		return d.json(message)
	}
	payload := map[string]any{"summary": cut(summary, 1024), "source": first(textOf(s.host()), s.ErrorEnvironment, s.Environment), "severity": "info", "timestamp": isoTime(s.At)}
	details := map[string]any{"project": s.Environment, "environment": s.ErrorEnvironment, "trigger": s.happened()}
	if i := s.Item; i != nil {
		payload["severity"] = severityOf(i.Level)
		payload["component"], payload["class"] = i.Culprit, i.Title
		details["title"], details["level"], details["total_occurrences"], details["counter"] = i.Title, i.Level.String(), i.Total, i.Counter
		details["framework"], details["code_version"] = i.Framework, i.LastVersion
	}
	payload["custom_details"] = details
	message["payload"], message["client"], message["client_url"] = payload, "Oriel", s.link()
	message["links"] = []map[string]any{{"href": s.link(), "text": "Open in Oriel"}}
	return d.json(message)
}

func (s *subject) host() any {
	v, _ := find(s.data, "server.host")
	return v
}

// severityOf is PagerDuty's word for a level.
func severityOf(l item.Level) string {
	switch {
	case l >= item.Critical:
		return "critical"
	case l >= item.Error:
		return "error"
	case l >= item.Warning:
		return "warning"
	}
	return "info"
}

func cut(text string, n int) string {
	runes := []rune(text)
	return string(runes[:min(len(runes), n)])
}

// json makes a message the body of a delivery.
func (d *Delivery) json(message any) error {
	text, err := json.Marshal(message)
	d.ContentType, d.Body = "application/json", string(text)
	return err
}
