package xray

import (
	"errors"
	"net/http"
	"strings"

	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/protocol/aws"
	"github.com/oriel-dev/oriel/internal/sampling"
)

// rulesPage is how many rules a page holds: more than environments have, as SDKs
// follow tokens and some fetchers do not.
const rulesPage = 1000

// ruleResource begins the part of an ARN that names a rule.
const ruleResource = "sampling-rule/"

// samplingRule is a rule as the service writes it. All members are there: SDKs skip
// rules that lack one.
type samplingRule struct {
	RuleName          string
	RuleARN           string
	ResourceARN       string
	Priority          int
	FixedRate         float64
	ReservoirSize     int
	ServiceName       string
	ServiceType       string
	Host              string
	HTTPMethod        string
	URLPath           string
	Version           int
	Attributes        map[string]string
	SamplingRateBoost *rateBoost `json:",omitempty"`
}

type rateBoost struct {
	MaxRate               float64
	CooldownWindowMinutes int
}

type samplingRuleRecord struct {
	SamplingRule samplingRule
	CreatedAt    seconds
	ModifiedAt   seconds
}

func (c *call) record(r *sampling.Rule) samplingRuleRecord {
	out := samplingRuleRecord{
		SamplingRule: samplingRule{
			RuleName: r.Name, RuleARN: c.arn(ruleResource + r.Name), ResourceARN: r.ResourceARN, Priority: r.Priority, FixedRate: r.FixedRate,
			ReservoirSize: r.ReservoirSize, ServiceName: r.ServiceName, ServiceType: r.ServiceType, Host: r.Host, HTTPMethod: r.HTTPMethod,
			URLPath: r.URLPath, Version: 1, Attributes: r.Attributes,
		},
		CreatedAt: seconds(r.Created), ModifiedAt: seconds(r.Modified),
	}
	if b := r.Boost; b != nil {
		out.SamplingRule.SamplingRateBoost = &rateBoost{b.MaxRate, b.CooldownMinutes}
	}
	return out
}

func boostOf(b *rateBoost) *sampling.Boost {
	if b == nil {
		return nil
	}
	return &sampling.Boost{MaxRate: b.MaxRate, CooldownMinutes: b.CooldownWindowMinutes}
}

type samplingRuleAnswer struct{ SamplingRuleRecord samplingRuleRecord }

func (f *Front) createSamplingRule(c *call) (any, error) {
	var in struct {
		SamplingRule samplingRule
		Tags         []tag
	}
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	r := in.SamplingRule
	name, err := ruleName(r.RuleName, r.RuleARN)
	if err != nil {
		return nil, err
	}
	if r.Version != 1 {
		return nil, invalid("Version %d of sampling rule %s: the only version is 1.", r.Version, name)
	}
	made, err := f.Sampling.Create(c.Context(), c.Who.Environment, sampling.Rule{
		Name: name, Priority: r.Priority, FixedRate: r.FixedRate, ReservoirSize: r.ReservoirSize, ServiceName: r.ServiceName, ServiceType: r.ServiceType,
		Host: r.Host, HTTPMethod: r.HTTPMethod, URLPath: r.URLPath, ResourceARN: r.ResourceARN, Attributes: r.Attributes, Boost: boostOf(r.SamplingRateBoost),
	})
	if fault.Is(err, fault.TooLarge) {
		return nil, &aws.Error{Status: http.StatusBadRequest, Code: "RuleLimitExceededException", Message: err.Error()}
	}
	if err != nil {
		return nil, err
	}
	if err := f.tag(c, ruleResource+name, in.Tags); err != nil {
		_, undo := f.Sampling.Delete(c.Context(), c.Who.Environment, name)
		return nil, errors.Join(err, undo)
	}
	return samplingRuleAnswer{c.record(&made)}, nil
}

func (f *Front) updateSamplingRule(c *call) (any, error) {
	var in struct {
		SamplingRuleUpdate struct {
			RuleName, RuleARN                                                *string
			Priority, ReservoirSize                                          *int
			FixedRate                                                        *float64
			ResourceARN, ServiceName, ServiceType, Host, HTTPMethod, URLPath *string
			Attributes                                                       map[string]string
			SamplingRateBoost                                                *rateBoost
		}
	}
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	u := &in.SamplingRuleUpdate
	name, err := ruleName(deref(u.RuleName), deref(u.RuleARN))
	if err != nil {
		return nil, err
	}
	r, err := f.Sampling.Update(c.Context(), c.Who.Environment, name, sampling.Change{
		Priority: u.Priority, ReservoirSize: u.ReservoirSize, FixedRate: u.FixedRate, ServiceName: u.ServiceName, ServiceType: u.ServiceType,
		Host: u.Host, HTTPMethod: u.HTTPMethod, URLPath: u.URLPath, ResourceARN: u.ResourceARN, Attributes: u.Attributes, Boost: boostOf(u.SamplingRateBoost),
	})
	if err != nil {
		return nil, err
	}
	return samplingRuleAnswer{c.record(&r)}, nil
}

func (f *Front) deleteSamplingRule(c *call) (any, error) {
	var in struct{ RuleName, RuleARN string }
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	name, err := ruleName(in.RuleName, in.RuleARN)
	if err != nil {
		return nil, err
	}
	r, err := f.Sampling.Delete(c.Context(), c.Who.Environment, name)
	if err != nil {
		return nil, err
	}
	return samplingRuleAnswer{c.record(&r)}, f.untagAll(c, ruleResource+name)
}

func (f *Front) getSamplingRules(c *call) (any, error) {
	var in struct{ NextToken string }
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	rules := f.Sampling.Rules(c.Who.Environment)
	records := make([]samplingRuleRecord, len(rules))
	for i := range rules {
		records[i] = c.record(&rules[i])
	}
	return answerPage("SamplingRuleRecords", aws.Listing[samplingRuleRecord]{
		Limit: rulesPage, Token: in.NextToken, Asked: aws.Asked("GetSamplingRules"),
		Key: func(r *samplingRuleRecord) string { return sortable(r.SamplingRule.Priority) + r.SamplingRule.RuleName },
	}, records)
}

// ruleName takes a name or an ARN, not both.
func ruleName(name, arn string) (string, error) {
	switch {
	case name != "" && arn != "":
		return "", invalid("A sampling rule is named by RuleName or by RuleARN, not by both.")
	case name != "":
		return name, nil
	case arn == "":
		return "", invalid("Name the sampling rule by RuleName or RuleARN.")
	}
	_, name, found := strings.Cut(arn, ":"+ruleResource)
	if !found || name == "" || !strings.HasPrefix(arn, "arn:") {
		return "", invalid("RuleARN %s is not the ARN of a sampling rule: those look like arn:aws:xray:REGION:ACCOUNT:sampling-rule/NAME.", aws.Cut(arn))
	}
	return name, nil
}

// sortable writes a number so that texts order as numbers do.
func sortable(n int) string {
	const width = 12
	text := [width]byte{}
	for i := width - 1; i >= 0; i-- {
		text[i] = byte('0' + n%10)
		n /= 10
	}
	return string(text[:])
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
