package sampling

import (
	"maps"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/oriel-dev/oriel/internal/fault"
)

// Default is the rule that holds for what no other rule matches.
const Default = "Default"

const (
	defaultPriority  = 10_000
	defaultRate      = 0.05
	defaultReservoir = 1

	maxPriority   = 9_999
	maxName       = 32
	maxPattern    = 64
	maxMethod     = 10
	maxPath       = 128
	maxARN        = 500
	maxAttributes = 5
	maxAttribute  = 32
	maxReservoir  = math.MaxInt32
	maxCooldown   = 60 * 24 * 7
	anything      = "*"
)

// Rule says which requests it is about and how many of them are recorded. The first
// rule that matches a request, by priority and name, decides. All fields that are
// patterns take * (any run of characters) and ? (one), over the whole text and
// without regard to case.
type Rule struct {
	Name          string            `json:"name"`     // at most 32 characters, never changes
	Priority      int               `json:"priority"` // 1 to 9,999, lower first; Default's is 10,000
	FixedRate     float64           `json:"fixed_rate"`
	ReservoirSize int               `json:"reservoir_size"` // requests a second, over all clients, before FixedRate applies
	ServiceName   string            `json:"service_name"`
	ServiceType   string            `json:"service_type"` // the origin, like AWS::ECS::Container
	Host          string            `json:"host"`
	HTTPMethod    string            `json:"http_method"`
	URLPath       string            `json:"url_path"`
	ResourceARN   string            `json:"resource_arn"`
	Attributes    map[string]string `json:"attributes"` // all must match; X-Ray's own SDKs skip rules that have some
	Boost         *Boost            `json:"boost,omitempty"`
	Created       time.Time         `json:"created"`
	Modified      time.Time         `json:"modified"`
}

// Boost lets a rule record more for a minute when clients report anomalies.
type Boost struct {
	MaxRate         float64 `json:"max_rate"`
	CooldownMinutes int     `json:"cooldown_minutes"` // at most one boost begins in as many minutes
}

// Change holds the members of a rule that are to change; nil ones stay.
type Change struct {
	Priority, ReservoirSize                                          *int
	FixedRate                                                        *float64
	ServiceName, ServiceType, Host, HTTPMethod, URLPath, ResourceARN *string
	Attributes                                                       map[string]string
	Boost                                                            *Boost
}

// Request is what rules look at. A text that is not known is empty, and matches
// only patterns that take anything.
type Request struct {
	ServiceName, ServiceType, Host, Method, Path, ResourceARN string
	Attributes                                                map[string]string
}

func defaultRule() Rule {
	return Rule{
		Name: Default, Priority: defaultPriority, FixedRate: defaultRate, ReservoirSize: defaultReservoir,
		ServiceName: anything, ServiceType: anything, Host: anything, HTTPMethod: anything, URLPath: anything, ResourceARN: anything,
		Attributes: map[string]string{}, Created: time.Unix(0, 0).UTC(), Modified: time.Unix(0, 0).UTC(),
	}
}

// Matches reports whether the rule is about a request.
func (r *Rule) Matches(q Request) bool {
	if !Like(r.ServiceName, q.ServiceName) || !Like(r.ServiceType, q.ServiceType) || !Like(r.Host, q.Host) ||
		!Like(r.HTTPMethod, q.Method) || !Like(r.URLPath, q.Path) || !Like(r.ResourceARN, q.ResourceARN) {
		return false
	}
	for key, pattern := range r.Attributes {
		value, ok := q.Attributes[key]
		if !ok || !Like(pattern, value) {
			return false
		}
	}
	return true
}

// First returns the index of the first of the rules, in their order, that is about a
// request; -1 if none is.
func First(rules []Rule, q Request) int {
	for i := range rules {
		if rules[i].Matches(q) {
			return i
		}
	}
	return -1
}

// Like reports whether a pattern takes a whole text: * stands for any characters, ? for
// one. Case does not matter. It is
// linear but for the last *, so that no pattern is slow.
func Like(pattern, text string) bool {
	if pattern == anything {
		return true
	}
	p, t := []rune(strings.ToLower(pattern)), []rune(strings.ToLower(text))
	star, mark := -1, 0
	i, j := 0, 0
	for j < len(t) {
		switch {
		case i < len(p) && p[i] == '*':
			star, mark = i, j
			i++
		case i < len(p) && (p[i] == '?' || p[i] == t[j]):
			i++
			j++
		case star >= 0:
			mark++
			i, j = star+1, mark
		default:
			return false
		}
	}
	for i < len(p) && p[i] == '*' {
		i++
	}
	return i == len(p)
}

func (r *Rule) clone() Rule {
	c := *r
	c.Attributes = maps.Clone(r.Attributes)
	if c.Attributes == nil {
		c.Attributes = map[string]string{}
	}
	if r.Boost != nil {
		b := *r.Boost
		c.Boost = &b
	}
	return c
}

// isDefault reports whether the rule differs from Default in rate and reservoir alone.
func (r *Rule) isDefault() bool {
	d := defaultRule()
	return r.Priority == d.Priority && r.ServiceName == anything && r.ServiceType == anything && r.Host == anything && r.HTTPMethod == anything &&
		r.URLPath == anything && r.ResourceARN == anything && len(r.Attributes) == 0 && r.Boost == nil
}

func (c *Change) apply(r *Rule) {
	set(&r.Priority, c.Priority)
	set(&r.ReservoirSize, c.ReservoirSize)
	set(&r.FixedRate, c.FixedRate)
	set(&r.ServiceName, c.ServiceName)
	set(&r.ServiceType, c.ServiceType)
	set(&r.Host, c.Host)
	set(&r.HTTPMethod, c.HTTPMethod)
	set(&r.URLPath, c.URLPath)
	set(&r.ResourceARN, c.ResourceARN)
	if c.Attributes != nil {
		r.Attributes = maps.Clone(c.Attributes)
	}
	if c.Boost != nil {
		b := *c.Boost
		r.Boost = &b
		if b == (Boost{}) {
			r.Boost = nil // a change has no other way to say so
		}
	}
}

func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

// Check bounds every member as the service's model does. Errors: Invalid.
func (r *Rule) Check() error {
	if err := within("RuleName", r.Name, 1, maxName); err != nil {
		return err
	}
	if r.Name != Default && (r.Priority < 1 || r.Priority > maxPriority) {
		return fault.New(fault.Invalid, "Priority %d of sampling rule %q: want 1 to %d", r.Priority, r.Name, maxPriority)
	}
	if !(r.FixedRate >= 0 && r.FixedRate <= 1) { // NaN is neither
		return fault.New(fault.Invalid, "FixedRate %v of sampling rule %q: want a share from 0 to 1, like 0.05 for 5 percent", r.FixedRate, r.Name)
	}
	if r.ReservoirSize < 0 || r.ReservoirSize > maxReservoir {
		return fault.New(fault.Invalid, "ReservoirSize %d of sampling rule %q: want 0 or more requests a second", r.ReservoirSize, r.Name)
	}
	for _, m := range []struct {
		name, value string
		most        int
	}{
		{"ServiceName", r.ServiceName, maxPattern},
		{"ServiceType", r.ServiceType, maxPattern},
		{"Host", r.Host, maxPattern},
		{"HTTPMethod", r.HTTPMethod, maxMethod},
		{"URLPath", r.URLPath, maxPath},
		{"ResourceARN", r.ResourceARN, maxARN},
	} {
		if err := within(m.name, m.value, 0, m.most); err != nil {
			return err
		}
	}
	if err := r.checkAttributes(); err != nil {
		return err
	}
	if b := r.Boost; b != nil && (!(b.MaxRate >= 0 && b.MaxRate <= 1) || b.CooldownMinutes < 0 || b.CooldownMinutes > maxCooldown) {
		return fault.New(fault.Invalid, "SamplingRateBoost of sampling rule %q has MaxRate %v and CooldownWindowMinutes %d: want a share from 0 to 1, and 0 to %d minutes",
			r.Name, b.MaxRate, b.CooldownMinutes, maxCooldown)
	}
	return nil
}

func (r *Rule) checkAttributes() error {
	if len(r.Attributes) > maxAttributes {
		return fault.New(fault.Invalid, "sampling rule %q has %d Attributes: want at most %d", r.Name, len(r.Attributes), maxAttributes)
	}
	for key, value := range r.Attributes {
		if err := within("key of Attributes", key, 1, maxAttribute); err != nil {
			return err
		}
		if err := within("value of Attributes", value, 1, maxAttribute); err != nil {
			return err
		}
	}
	return nil
}

func within(member, value string, least, most int) error {
	n := utf8.RuneCountInString(value)
	if n < least || n > most {
		return fault.New(fault.Invalid, "%s %.100q has %d characters: want %d to %d", member, value, n, least, most)
	}
	return nil
}
