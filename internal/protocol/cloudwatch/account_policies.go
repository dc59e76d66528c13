package cloudwatch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// The types of account policies: what one says holds for all groups of the account
// and region, or for those that its criteria select.
const (
	indexPolicyType        = "FIELD_INDEX_POLICY"
	protectionPolicyType   = "DATA_PROTECTION_POLICY"
	subscriptionPolicyType = "SUBSCRIPTION_FILTER_POLICY"
	transformerPolicyType  = "TRANSFORMER_POLICY"
	extractionPolicyType   = "METRIC_EXTRACTION_POLICY"
)

// accountPolicy is a policy for many groups.
type accountPolicy struct {
	PolicyName        string `json:"policyName"`
	PolicyDocument    string `json:"policyDocument"`
	LastUpdatedTime   int64  `json:"lastUpdatedTime"`
	PolicyType        string `json:"policyType"`
	Scope             string `json:"scope"`
	SelectionCriteria string `json:"selectionCriteria,omitempty"`
	AccountID         string `json:"accountId"`
}

func (g *Groups) accountPolicies() shelf[accountPolicy] {
	return shelf[accountPolicy]{groups: g, kind: accountPolicyKind, most: 100}
}

const accountPolicyKind = "account-policy"

// accountPolicyRule is what the service says of a type of policies.
type accountPolicyRule struct {
	most      int                                                // with criteria; of those without there is one
	fields    []string                                           // that criteria may name
	operators []string                                           // that they may use; nil: any
	apart     bool                                               // no two may select the same group
	check     func(c *call, p *accountPolicy, s selection) error // of the document
}

func accountPolicyRules() map[string]accountPolicyRule {
	const name, prefix = "LogGroupName", "LogGroupNamePrefix"
	return map[string]accountPolicyRule{
		indexPolicyType: {most: 40, fields: []string{name, prefix, "@aws.region", "@aws.account", "@source.log"}, check: func(_ *call, p *accountPolicy, _ selection) error {
			_, err := readIndexPolicy(p.PolicyDocument)
			return err
		}},
		protectionPolicyType: {most: 1, apart: true, check: func(_ *call, p *accountPolicy, _ selection) error {
			return checkProtection(p.PolicyDocument)
		}},
		transformerPolicyType: {most: 20, fields: []string{prefix}, apart: true, check: (*call).checkTransformerPolicy},
		extractionPolicyType: {most: 5, fields: []string{name, prefix}, operators: []string{"IN", "NOT IN"}, apart: true, check: func(_ *call, p *accountPolicy, _ selection) error {
			return readDocument(p.PolicyDocument, &map[string]json.RawMessage{})
		}},
		subscriptionPolicyType: {most: 1, fields: []string{name}, operators: []string{"NOT IN"}, apart: true, check: (*call).checkSubscriptionPolicy},
	}
}

// readDocument reads a policy's document into what it points at.
func readDocument(document string, into any) error {
	if err := json.Unmarshal([]byte(document), into); err != nil {
		return invalidParameter("The policy document is not valid: " + err.Error())
	}
	return nil
}

func (c *call) checkTransformerPolicy(p *accountPolicy, _ selection) error {
	var config json.RawMessage
	if err := readDocument(p.PolicyDocument, &config); err != nil {
		return err
	}
	// What the model says of the processors of one group holds for those of many.
	if err := c.f.model["PutTransformer"].Check(fmt.Appendf(nil, `{"logGroupIdentifier":"g","transformerConfig":%s}`, config)); err != nil {
		return err
	}
	_, err := transformerOf(p)
	return err
}

func transformerOf(p *accountPolicy) (*transformer, error) {
	var config processors
	if err := readDocument(p.PolicyDocument, &config); err != nil {
		return nil, err
	}
	return compileTransformer(config)
}

func (f *Front) putAccountPolicy(c *call) (any, error) {
	var in accountPolicy
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	rule, served := accountPolicyRules()[in.PolicyType]
	if !served {
		return nil, invalidParameter("Account policies of type " + in.PolicyType + " are not served by this version of Oriel: PutRetentionPolicy sets the retention of a group, --retention that of all others.")
	}
	if in.PolicyName == "" || strings.HasPrefix(strings.ToLower(in.PolicyName), "aws/") {
		return nil, invalidParameter("The policy name '" + cut(in.PolicyName) + "' is not valid: it must not be empty, nor begin with aws/.")
	}
	in.Scope, in.AccountID = "ALL", c.Account
	selects, err := rule.criteria(&in)
	if err != nil {
		return nil, err
	}
	if err := rule.check(c, &in, selects); err != nil {
		return nil, err
	}
	f.groups.policies.Lock() // so that two that must be apart are not put at once
	defer f.groups.policies.Unlock()
	if err := f.checkApart(c, rule, &in, selects); err != nil {
		return nil, err
	}
	name := in.PolicyType + "/" + in.PolicyName
	if in.PolicyType == subscriptionPolicyType {
		old, err := f.groups.accountPolicies().get(c.Context(), c.at(""), name)
		if err == nil && old == nil {
			err = f.beginAccountSubscription(c, &in)
		}
		if err != nil {
			return nil, err
		}
	}
	k, err := f.groups.accountPolicies().replace(c.Context(), c.at(""), name, c.nowMS(), in)
	if err != nil {
		return nil, err
	}
	if err := f.groups.loadRegion(c.Context(), c.at("")); err != nil {
		return nil, err
	}
	k.Body.LastUpdatedTime = k.Updated
	return map[string]any{"accountPolicy": k.Body}, nil
}

// criteria reads what a policy selects, as far as its type can.
func (rule *accountPolicyRule) criteria(p *accountPolicy) (selection, error) {
	if p.SelectionCriteria == "" {
		return nil, nil
	}
	if len(rule.fields) == 0 {
		return nil, invalidParameter("Policies of type " + p.PolicyType + " hold for all log groups: selectionCriteria must not be given.")
	}
	s, err := readSelection(p.SelectionCriteria)
	if err != nil {
		return nil, err
	}
	for _, one := range s {
		if !slices.Contains(rule.fields, one.field) || rule.operators != nil && !slices.Contains(rule.operators, one.operator) {
			return nil, invalidParameter(fmt.Sprintf("The selectionCriteria have %s %s; those of a policy of type %s take %s with %s.",
				one.field, one.operator, p.PolicyType, strings.Join(rule.fields, " or "), strings.Join(append(slices.Clone(rule.operators), "a list of values")[:max(len(rule.operators), 1)], " or ")))
		}
	}
	return s, nil
}

// checkApart refuses more policies than there may be, and those that select what
// another of the type selects.
func (f *Front) checkApart(c *call, rule accountPolicyRule, p *accountPolicy, selects selection) error {
	all, err := f.groups.accountPolicies().list(c.Context(), c.at(""), false)
	if err != nil {
		return err
	}
	others := slices.DeleteFunc(all, func(k kept[accountPolicy]) bool {
		return k.Body.PolicyType != p.PolicyType || k.Body.PolicyName == p.PolicyName
	})
	if len(others) >= rule.most {
		return limitExceeded(fmt.Sprintf("Resource limit exceeded: there are %d policies of type %s, %s among them; there may be %d.", len(others), p.PolicyType, cut(others[0].Body.PolicyName), rule.most))
	}
	for i := 0; rule.apart && i < len(others); i++ {
		other, err := readOptionalSelection(others[i].Body.SelectionCriteria)
		if err != nil {
			return err
		}
		if !selects.apart(other) {
			return invalidParameter("The policy selects log groups that the policy " + cut(others[i].Body.PolicyName) + " of the same type selects: their criteria must not overlap.")
		}
	}
	return nil
}

func (f *Front) describeAccountPolicies(c *call) (any, error) {
	var in struct {
		PolicyType, PolicyName, NextToken string
		AccountIdentifiers                []string
	}
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	all, err := f.groups.accountPolicies().list(c.Context(), c.at(""), false)
	if err != nil {
		return nil, err
	}
	found := []accountPolicy{}
	for _, k := range all {
		if k.Body.PolicyType == in.PolicyType && (in.PolicyName == "" || k.Body.PolicyName == in.PolicyName) && c.isAccount(in.AccountIdentifiers) {
			k.Body.LastUpdatedTime = k.Updated
			found = append(found, k.Body)
		}
	}
	return answerPage("accountPolicies", listing[accountPolicy]{
		token: in.NextToken, key: func(p *accountPolicy) string { return p.PolicyName }, asked: asked("DescribeAccountPolicies", in.PolicyType, in.PolicyName),
	}, found)
}

func noSuchPolicy(name string) error {
	return notFound("Policy with name [" + cut(name) + "] does not exist.")
}

func (f *Front) deleteAccountPolicy(c *call) (any, error) {
	var in accountPolicy
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	f.groups.policies.Lock()
	defer f.groups.policies.Unlock()
	if in.PolicyType == protectionPolicyType {
		// What was masked stays so: it is noted first, and for nothing if there was none.
		k, err := f.groups.accountPolicies().get(c.Context(), c.at(""), in.PolicyType+"/"+in.PolicyName)
		if err == nil && k != nil {
			err = f.groups.noteProtected(c.Context(), c.at(""), c.nowMS())
		}
		if err != nil {
			return nil, err
		}
	}
	was, err := f.groups.accountPolicies().delete(c.Context(), c.at(""), in.PolicyType+"/"+in.PolicyName)
	switch {
	case err != nil:
		return nil, err
	case !was:
		return nil, noSuchPolicy(in.PolicyName)
	}
	if in.PolicyType == subscriptionPolicyType {
		if err := f.groups.cursors().deleteEvery(c.Context(), c.at(""), accountSubscription(in.PolicyName)); err != nil {
			return nil, err
		}
	}
	return nil, f.groups.loadRegion(c.Context(), c.at(""))
}

// accountRules are what the account policies of a region say, ready for groups.
type accountRules struct {
	protection   *masker // nil: none
	protected    int64   // until when lines were masked by a policy that is gone, Unix ms; 0: never
	transformers []accountTransformer
	unextracted  []accountSelection         // embedded metrics of these groups are not made
	subscription *accountSubscriptionPolicy // nil: none
}

type accountSelection struct {
	selection
	account string
}

type accountTransformer struct {
	accountSelection
	*transformer
}

// accountRules reads those of a region. What can't be read is told, and left out,
// but that what can't be masked is all masked: rather nothing than a secret.
func (g *Groups) accountRules(ctx context.Context, at place) (r accountRules, err error) {
	at.owner = ""
	all, err := g.accountPolicies().list(ctx, at, false)
	if err != nil {
		return r, err
	}
	if r.protected, err = g.protectedUntil(ctx, at); err != nil {
		return r, err
	}
	var wrong []error
	for i := range all {
		if err := r.add(&all[i]); err != nil {
			wrong = append(wrong, fmt.Errorf("account policy %s: %w", all[i].Body.PolicyName, err))
		}
	}
	return r, errors.Join(wrong...)
}

func (r *accountRules) add(k *kept[accountPolicy]) error {
	p := &k.Body
	selects, err := readOptionalSelection(p.SelectionCriteria)
	if err != nil {
		return err
	}
	these := accountSelection{selects, p.AccountID}
	switch p.PolicyType {
	case protectionPolicyType:
		r.protection, err = compileProtection(p.PolicyDocument)
		if err != nil {
			r.protection = maskAll()
		}
	case transformerPolicyType:
		var t *transformer
		if t, err = transformerOf(p); err == nil {
			r.transformers = append(r.transformers, accountTransformer{these, t})
		}
	case extractionPolicyType:
		r.unextracted = append(r.unextracted, these)
	case subscriptionPolicyType:
		r.subscription, err = readSubscriptionPolicy(p)
	}
	return err
}

// loadRegion brings changed account policies to all groups of a region.
func (g *Groups) loadRegion(ctx context.Context, at place) error {
	g.change.Lock() // a group that is being made has read the policies, or is in the list
	g.mu.RLock()
	var all []*group
	for key, one := range g.byName {
		if key.environment == at.environment && key.region == at.region {
			all = append(all, one)
		}
	}
	g.mu.RUnlock()
	g.change.Unlock()
	var wrong []error
	for _, one := range all {
		wrong = append(wrong, g.load(ctx, one))
	}
	return errors.Join(wrong...)
}

// load brings what applies to the lines of a group to where they are put: its own
// filters, transformer and policy, and those of the account.
func (g *Groups) load(ctx context.Context, one *group) error {
	g.loading.Lock() // the last to load has read what all before it wrote
	defer g.loading.Unlock()
	rules, err := g.accountRules(ctx, one.at())
	one.mu.Lock()
	one.unextracted = slices.ContainsFunc(rules.unextracted, func(s accountSelection) bool { return s.matches(one, s.account) })
	one.mu.Unlock()
	return errors.Join(err, g.loadMetricFilters(ctx, one), g.loadSubscriptions(ctx, one, &rules), g.loadTransformer(ctx, one, &rules), g.loadProtection(ctx, one, &rules))
}

// accountSubscriptionPolicy is a subscription filter of many groups.
type accountSubscriptionPolicy struct {
	accountSelection
	filter keptSubscription
}

// accountSubscription is how the place is called that the filter of an account has
// reached in a group: no filter of a group can be called so.
func accountSubscription(policy string) string { return "account:" + policy }

func readSubscriptionPolicy(p *accountPolicy) (*accountSubscriptionPolicy, error) {
	selects, err := readOptionalSelection(p.SelectionCriteria)
	if err != nil {
		return nil, err
	}
	var in struct{ DestinationArn, RoleArn, FilterPattern, Distribution string }
	if err := readDocument(p.PolicyDocument, &in); err != nil {
		return nil, err
	}
	if in.DestinationArn == "" {
		return nil, invalidParameter("The policy document names no DestinationArn.")
	}
	return &accountSubscriptionPolicy{accountSelection{selects, p.AccountID}, keptSubscription{Account: p.AccountID, subscriptionFilter: subscriptionFilter{
		FilterName: p.PolicyName, FilterPattern: in.FilterPattern, DestinationArn: in.DestinationArn, RoleArn: in.RoleArn, Distribution: in.Distribution,
	}}}, nil
}

// checkSubscriptionPolicy refuses targets that nothing reaches, and groups whose
// own lines would come back to them.
func (c *call) checkSubscriptionPolicy(p *accountPolicy, _ selection) error {
	policy, err := readSubscriptionPolicy(p)
	if err != nil {
		return err
	}
	anywhere := newGroup(c.Who.Environment, c.Region, "", "", 0)
	s, err := c.f.compileSubscription(c.Context(), anywhere, &policy.filter)
	if err != nil {
		return err
	}
	if err := c.reachable(s); err != nil {
		return err
	}
	name, toGroup := s.toGroup()
	if !toGroup {
		return nil
	}
	reached, err := c.f.reachedFrom(c.Context(), c.at(""), name, nil)
	if err != nil {
		return err
	}
	for _, name := range reached {
		if policy.matches(newGroup(c.Who.Environment, c.Region, name, "", 0), c.Account) {
			return invalidParameter("The lines of log group " + name + " would be delivered to itself, directly or by other log groups: leave it out with selectionCriteria, LogGroupName NOT IN [\"" + name + "\"].")
		}
	}
	return nil
}

// beginAccountSubscription notes from where on lines are delivered: what is there
// already is not.
func (f *Front) beginAccountSubscription(c *call, p *accountPolicy) error {
	least := f.Clock().UnixNano() - 1
	for _, g := range f.groups.list(c.Who.Environment, c.Region) {
		least = g.lastArrival(least)
	}
	_, err := f.groups.cursors().replace(c.Context(), c.at(""), accountSubscription(p.PolicyName), c.nowMS(), cursor{least})
	return err
}
