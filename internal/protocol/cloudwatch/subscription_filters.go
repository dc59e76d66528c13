package cloudwatch

import (
	"context"
	"slices"
	"strings"
)

func subscriptionOperations() map[string]operation {
	return map[string]operation{
		"PutSubscriptionFilter":       served((*Front).putSubscriptionFilter),
		"DescribeSubscriptionFilters": served((*Front).describeSubscriptionFilters),
		"DeleteSubscriptionFilter":    served((*Front).deleteSubscriptionFilter),
		"PutDestination":              served((*Front).putDestination),
		"PutDestinationPolicy":        served((*Front).putDestinationPolicy),
		"DescribeDestinations":        served((*Front).describeDestinations),
		"DeleteDestination":           served((*Front).deleteDestination),
	}
}

// maxSubscriptions of a group.
const maxSubscriptions = 2

// subscriptionFilter is a subscription filter on the wire and as it is kept.
type subscriptionFilter struct {
	FilterName             string   `json:"filterName"`
	LogGroupName           string   `json:"logGroupName"`
	FilterPattern          string   `json:"filterPattern"`
	DestinationArn         string   `json:"destinationArn"`
	RoleArn                string   `json:"roleArn,omitempty"`
	Distribution           string   `json:"distribution,omitempty"`
	ApplyOnTransformedLogs bool     `json:"applyOnTransformedLogs"`
	CreationTime           int64    `json:"creationTime"`
	FieldSelectionCriteria string   `json:"fieldSelectionCriteria,omitempty"`
	EmitSystemFields       []string `json:"emitSystemFields,omitempty"`
}

// keptSubscription adds what is not told.
type keptSubscription struct {
	subscriptionFilter
	Account string
}

// cursor is how far a subscription has delivered: lines that arrived up to then.
type cursor struct{ Arrival int64 }

const (
	subscriptionKind = "subscription-filter"
	cursorKind       = "subscription-cursor"
)

func (g *Groups) subscriptions() shelf[keptSubscription] {
	return shelf[keptSubscription]{groups: g, kind: subscriptionKind, most: maxSubscriptions}
}

func (g *Groups) cursors() shelf[cursor] { return shelf[cursor]{groups: g, kind: cursorKind} }

// putSubscriptionFilter makes a filter or replaces the one of its name, once its
// destination has taken a test message. It applies to lines that are put from
// now on.
func (f *Front) putSubscriptionFilter(c *call) (any, error) {
	var in subscriptionFilter
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	g, err := c.ownGroup(in.LogGroupName, "")
	if err != nil {
		return nil, err
	}
	if in.Distribution == "" {
		in.Distribution = "ByLogStream"
	}
	k := keptSubscription{subscriptionFilter: in, Account: c.Account}
	s, err := f.compileSubscription(c.Context(), g, &k)
	if err != nil {
		return nil, err
	}
	if err := f.checkTarget(c, g, s); err != nil {
		return nil, err
	}
	ctx := c.Context()
	old, err := f.groups.subscriptions().get(ctx, g.at(), in.FilterName)
	if err != nil {
		return nil, err
	}
	if _, err := f.groups.subscriptions().replace(ctx, g.at(), in.FilterName, c.nowMS(), k); err != nil {
		return nil, err
	}
	if old == nil {
		if _, err := f.groups.cursors().replace(ctx, g.at(), in.FilterName, c.nowMS(), cursor{g.lastArrival(f.Clock().UnixNano() - 1)}); err != nil {
			return nil, err
		}
	}
	return nil, f.groups.load(ctx, g)
}

// lastArrival is the newest arrival in the group, at least least.
func (g *group) lastArrival(least int64) int64 {
	g.each(func(s *stream) { least = max(least, s.arrival) })
	return least
}

func (f *Front) deleteSubscriptionFilter(c *call) (any, error) {
	var in subscriptionFilter
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	g, err := c.ownGroup(in.LogGroupName, "")
	if err != nil {
		return nil, err
	}
	was, err := f.groups.subscriptions().delete(c.Context(), g.at(), in.FilterName)
	if err == nil && !was {
		err = notFound("The specified subscription filter does not exist.")
	}
	if err == nil {
		_, err = f.groups.cursors().delete(c.Context(), g.at(), in.FilterName)
	}
	if err != nil {
		return nil, err
	}
	return nil, f.groups.load(c.Context(), g)
}

// subscriptionsOf returns the filters of a group by the names of their cursors, and
// last the account's if there is one that selects it.
func (g *Groups) subscriptionsOf(ctx context.Context, one *group, shared *accountSubscriptionPolicy) ([]kept[keptSubscription], error) {
	all, err := g.subscriptions().list(ctx, one.at(), false)
	if err == nil && shared != nil && shared.matches(one, shared.account) {
		all = append(all, kept[keptSubscription]{Owner: one.name, Name: accountSubscription(shared.filter.FilterName), Body: shared.filter})
	}
	return all, err
}

// loadSubscriptions brings it to where lines are followed whether a group has filters.
func (g *Groups) loadSubscriptions(ctx context.Context, one *group, rules *accountRules) error {
	all, err := g.subscriptionsOf(ctx, one, rules.subscription)
	if err != nil {
		return err
	}
	one.mu.Lock()
	defer one.mu.Unlock()
	one.shared = rules.subscription
	one.subscribed = len(all) > 0
	one.news.Store(one.subscribed)
	return nil
}

func (f *Front) describeSubscriptionFilters(c *call) (any, error) {
	var in struct {
		LogGroupName, FilterNamePrefix, NextToken string
		Limit                                     int
	}
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	g, err := c.group(in.LogGroupName, "")
	if err != nil {
		return nil, err
	}
	all, err := f.groups.subscriptions().list(c.Context(), g.at(), false)
	if err != nil {
		return nil, err
	}
	found := []subscriptionFilter{}
	for _, k := range all {
		if s := k.Body.subscriptionFilter; strings.HasPrefix(s.FilterName, in.FilterNamePrefix) {
			s.CreationTime = k.Created
			found = append(found, s)
		}
	}
	return answerPage("subscriptionFilters", listing[subscriptionFilter]{
		limit: in.Limit, token: in.NextToken, key: func(s *subscriptionFilter) string { return s.FilterName },
		asked: asked("DescribeSubscriptionFilters", in.LogGroupName, in.FilterNamePrefix),
	}, found)
}

// deliverable says why nothing can be delivered to an address.
func (c *call) deliverable(target string) error {
	if strings.HasPrefix(target, "https://") || strings.HasPrefix(target, "http://") {
		return nil
	}
	if name, ours := c.groupName(target); ours && strings.HasPrefix(target, "arn:") && name != "" {
		return nil
	}
	return invalidParameter("'" + cut(target) + "' is nothing that this server can deliver to: name an address, https://… or http://…, or the ARN of another log group of this account and region (arn:aws:logs:…:log-group:NAME).")
}

// reachable refuses targets that nothing reaches.
func (c *call) reachable(s *subscription) error {
	if err := c.deliverable(s.target); err != nil {
		return err
	}
	if name, toGroup := s.toGroup(); toGroup {
		_, err := c.ownGroup(name, "")
		return err
	}
	if err := c.f.deliverer.check(c.Context(), s); err != nil {
		return invalidParameter("Could not deliver test message to specified destination. Check if the destination is valid. " + err.Error())
	}
	return nil
}

// checkTarget refuses targets that nothing reaches, and circles of groups.
func (f *Front) checkTarget(c *call, g *group, s *subscription) error {
	if err := c.reachable(s); err != nil {
		return err
	}
	name, toGroup := s.toGroup()
	if !toGroup {
		return nil
	}
	rules, err := f.groups.accountRules(c.Context(), g.at())
	if err != nil {
		return err
	}
	reached, err := f.reachedFrom(c.Context(), g.at(), name, rules.subscription)
	if err != nil {
		return err
	}
	if slices.Contains(reached, g.name) {
		return invalidParameter("The lines of log group " + g.name + " would be delivered to itself, directly or by other log groups.")
	}
	return nil
}

// reachedFrom follows the subscriptions of groups to groups, and returns those that
// lines get to which are put into one, and itself. shared is the account's, nil for
// none.
func (f *Front) reachedFrom(ctx context.Context, at place, name string, shared *accountSubscriptionPolicy) (reached []string, err error) {
	for next := []string{name}; len(next) > 0; next = next[1:] {
		if slices.Contains(reached, next[0]) {
			continue
		}
		reached = append(reached, next[0])
		one := newGroup(at.environment, at.region, next[0], "", 0)
		all, err := f.groups.subscriptionsOf(ctx, one, shared)
		if err != nil {
			return nil, err
		}
		for i := range all {
			s, err := f.compileSubscription(ctx, one, &all[i].Body)
			if err != nil {
				continue // it delivers nothing
			}
			if to, toGroup := s.toGroup(); toGroup {
				next = append(next, to)
			}
		}
	}
	return reached, nil
}
