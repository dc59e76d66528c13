package alert

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/item"
)

// DailySummary is the one trigger that no notice has: a mail once a day.
const DailySummary = "daily_summary"

// Rule says what is told where. Its JSON is the one of Rollbar's API.
type Rule struct {
	ID      int64      `json:"id"`
	Trigger string     `json:"trigger"`
	Status  string     `json:"status"` // enabled or disabled
	Action  string     `json:"action"`
	Filters []Filter   `json:"filters"`
	Config  RuleConfig `json:"config"`

	// Why we switched the rule off; empty if a person did or it is on.
	DisabledReason string `json:"disabled_reason,omitempty"`

	Environment string `json:"-"`
	Channel     string `json:"-"`

	failures int   // deliveries that failed since the last that arrived
	failing  int64 // since when
	summary  int64 // day of the last summary, days since 1970
	patterns []*regexp.Regexp
}

// Filter is a condition of a rule; all must be true.
type Filter struct {
	Type      string `json:"type"`
	Operation string `json:"operation,omitempty"`
	Value     any    `json:"value,omitempty"` // a text, number or truth
	Path      string `json:"path,omitempty"`
	Period    int64  `json:"period,omitempty"`
	Count     int64  `json:"count,omitempty"`
}

// RuleConfig says how a rule's deliveries look. Which members count depends on
// the channel.
type RuleConfig struct {
	Users           []any    `json:"users,omitempty"` // ids or names
	Teams           []any    `json:"teams,omitempty"`
	SummaryTime     *int64   `json:"summary_time,omitempty"` // seconds after midnight, UTC
	Environments    []string `json:"environments,omitempty"`
	SendOnlyIfData  bool     `json:"send_only_if_data,omitempty"`
	MinItemLevel    string   `json:"min_item_level,omitempty"`
	MessageTemplate string   `json:"message_template,omitempty"`
	Channel         string   `json:"channel,omitempty"`
	MessageButtons  *bool    `json:"show_message_buttons,omitempty"`
	URL             string   `json:"url,omitempty"`
	Format          string   `json:"format,omitempty"`
	ServiceKey      string   `json:"service_key,omitempty"`
}

// Settings are those of a channel of a project.
type Settings struct {
	Enabled              bool   `json:"enabled"`
	URL                  string `json:"url,omitempty"`
	ServiceAccountID     any    `json:"service_account_id,omitempty"`
	Channel              string `json:"channel,omitempty"`
	MessageButtons       bool   `json:"show_message_buttons,omitempty"`
	IncludeRequestParams bool   `json:"include_request_params,omitempty"`
	ScrubParams          bool   `json:"scrub_params,omitempty"`
	ServiceKey           string `json:"service_key,omitempty"`
	// SigningSecret is what deliveries of webhooks are signed with. It is made by us.
	SigningSecret string `json:"signing_secret,omitempty"`
}

// Bounds of rules.
const (
	maxRules      = 500 // of a channel of a project
	maxFilters    = 50
	maxFilterText = 2_000
	maxTemplate   = 10_000
	maxAddress    = 2_000
	maxPeople     = 200
)

// kept is a rule as the database has it.
type kept struct {
	Rule
	Failures int   `json:"failures,omitempty"`
	Failing  int64 `json:"failing,omitempty"`
	Summary  int64 `json:"summary,omitempty"`
}

func (r *Rule) body() (string, error) {
	text, err := json.Marshal(kept{*r, r.failures, r.failing, r.summary})
	return string(text), err
}

func (r *Rule) load(body string) error {
	k := kept{Rule: *r}
	if err := json.Unmarshal([]byte(body), &k); err != nil {
		return err
	}
	id, environment, channel := r.ID, r.Environment, r.Channel
	*r = k.Rule
	r.ID, r.Environment, r.Channel = id, environment, channel
	r.failures, r.failing, r.summary = k.Failures, k.Failing, k.Summary
	return r.compile()
}

// ParseRule reads a rule of a channel, and checks it. Errors: Invalid.
func ParseRule(channel string, text []byte) (Rule, error) {
	r := Rule{Channel: channel}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		return r, fault.New(fault.Invalid, "the rule is not valid: %v", err)
	}
	r.DisabledReason = ""
	return r, r.check()
}

func triggers() []string {
	return []string{
		item.NewItem, item.AnyOccurrence, item.ExpRepeatItem, item.OccurrenceRate, item.ReactivatedItem, item.ReopenedItem, item.ResolvedItem,
		item.DeployMade, item.NewVersion, DailySummary,
	}
}

func (r *Rule) check() error {
	actions := map[string][]string{Slack: {"send_message"}, Email: {"send_email"}, PagerDuty: {"trigger_incident", "resolve_incident"}, Webhook: {"send_webhook", "send_message"}}[r.Channel]
	if r.Status == "" {
		r.Status = "enabled"
	}
	if r.Action == "" && len(actions) > 0 {
		r.Action = actions[0]
	}
	if r.Filters == nil {
		r.Filters = []Filter{}
	}
	switch {
	case !slices.Contains(triggers(), r.Trigger):
		return fault.New(fault.Invalid, "Invalid format. trigger is %.60q: want one of %s", r.Trigger, strings.Join(triggers(), ", "))
	case r.Status != "enabled" && r.Status != "disabled":
		return fault.New(fault.Invalid, "Invalid format. status is %.60q: want enabled or disabled", r.Status)
	case !slices.Contains(actions, r.Action):
		return fault.New(fault.Invalid, "Invalid format. action is %.60q: a %s rule takes %s", r.Action, r.Channel, strings.Join(actions, " or "))
	case r.Trigger == DailySummary && r.Channel != Email:
		return fault.New(fault.Invalid, "Invalid format. trigger daily_summary is for e-mail only")
	case len(r.Filters) > maxFilters:
		return fault.New(fault.Invalid, "Invalid format. %d filters: at most %d are taken", len(r.Filters), maxFilters)
	}
	for i := range r.Filters {
		if err := r.Filters[i].check(r.Trigger); err != nil {
			return fault.New(fault.Invalid, "Invalid format. filters[%d]: %v", i, err)
		}
	}
	if _, ok := r.rate(); r.Trigger == item.OccurrenceRate && !ok {
		return fault.New(fault.Invalid, "Invalid format. a rule for occurrence_rate needs a filter of type rate with count and period")
	}
	if err := r.Config.check(); err != nil {
		return err
	}
	return r.compile()
}

func (c *RuleConfig) check() error {
	switch {
	case c.Format != "" && c.Format != "json" && c.Format != "xml":
		return fault.New(fault.Invalid, "Invalid format. config.format is %.60q: want json or xml", c.Format)
	case len(c.MessageTemplate) > maxTemplate:
		return fault.New(fault.Invalid, "Invalid format. config.message_template has %d bytes, the limit is %d", len(c.MessageTemplate), maxTemplate)
	case len(c.Users) > maxPeople || len(c.Teams) > maxPeople || len(c.Environments) > maxPeople:
		return fault.New(fault.Invalid, "Invalid format. at most %d users, teams and environments are taken", maxPeople)
	case c.SummaryTime != nil && (*c.SummaryTime < 0 || *c.SummaryTime >= secondsOfDay):
		return fault.New(fault.Invalid, "Invalid format. config.summary_time is %d: want 0 to %d seconds after midnight, UTC", *c.SummaryTime, secondsOfDay-1)
	}
	if _, ok := item.ParseLevel(c.MinItemLevel); c.MinItemLevel != "" && !ok {
		return fault.New(fault.Invalid, "Invalid format. config.min_item_level is %.60q: want debug, info, warning, error or critical", c.MinItemLevel)
	}
	return checkAddress("config.url", c.URL)
}

// checkAddress checks the address of a webhook, which may be empty.
func checkAddress(name, text string) error {
	if text == "" {
		return nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || len(text) > maxAddress {
		return fault.New(fault.Invalid, "Invalid format. %s is %.100q: want an address that begins with https:// or http://, of at most %d bytes", name, text, maxAddress)
	}
	return nil
}

// operations are those of a type of filter; nil if there is no such type.
func operations(kind string) []string {
	return map[string][]string{
		"environment": {"eq", "neq"}, "level": {"eq", "gte"}, "title": {"within", "nwithin", "regex", "nregex"},
		"filename": {"within", "nwithin", "regex", "nregex"}, "method": {"within", "nwithin", "regex", "nregex"}, "context": {"startswith", "eq", "neq"},
		"framework": {"eq"}, "path": {"eq", "neq", "gte", "lte", "startswith", "within", "nwithin", "regex", "nregex", "exists", "nexists"},
		"unique_occurrences": {"gte"}, "comment": {"within"}, "rate": {""},
	}[kind]
}

func (f *Filter) check(trigger string) error {
	known := operations(f.Type)
	text := textOf(f.Value)
	switch {
	case known == nil:
		return fmt.Errorf("type %.60q is not known", f.Type)
	case f.Type == "rate" && trigger != item.OccurrenceRate:
		return fmt.Errorf("type rate goes with the trigger occurrence_rate only")
	case f.Type == "rate":
		if !slices.Contains([]int64{60, 300, 1800, 3600, 86400}, f.Period) || f.Count < 1 {
			return fmt.Errorf("period is %d and count %d: want a period of 60, 300, 1800, 3600 or 86400 seconds, and a count from 1", f.Period, f.Count)
		}
		return nil
	case !slices.Contains(known, f.Operation):
		return fmt.Errorf("operation %.60q of type %s: want %s", f.Operation, f.Type, strings.Join(known, ", "))
	case len(text) > maxFilterText || len(f.Path) > maxFilterText:
		return fmt.Errorf("value and path have at most %d bytes", maxFilterText)
	case f.Type == "path" && f.Path == "":
		return fmt.Errorf("type path needs a path")
	case f.Type == "comment" && trigger != item.DeployMade:
		return fmt.Errorf("type comment goes with the trigger deploy only")
	}
	if _, ok := item.ParseLevel(text); f.Type == "level" && !ok {
		return fmt.Errorf("value %.60q is no level", text)
	}
	if _, err := strconv.ParseFloat(text, 64); err != nil && f.asksNumber() {
		return fmt.Errorf("value %.60q is no number", text)
	}
	return nil
}

func (f *Filter) asksNumber() bool {
	return f.Type == "unique_occurrences" || f.Type == "path" && (f.Operation == "gte" || f.Operation == "lte")
}

// compile prepares what rules are matched with.
func (r *Rule) compile() error {
	r.patterns = make([]*regexp.Regexp, len(r.Filters))
	for i, f := range r.Filters {
		if f.Operation != "regex" && f.Operation != "nregex" {
			continue
		}
		var err error
		if r.patterns[i], err = regexp.Compile(textOf(f.Value)); err != nil {
			return fault.New(fault.Invalid, "Invalid format. filters[%d]: the pattern cannot be read (it is RE2, without looking ahead or behind): %v", i, err)
		}
	}
	return nil
}

// rate is how often an item must happen for the rule, false if it does not say.
func (r *Rule) rate() (item.Rate, bool) {
	for _, f := range r.Filters {
		if f.Type == "rate" {
			return item.Rate{Count: f.Count, Seconds: f.Period}, true
		}
	}
	return item.Rate{}, false
}
