package cloudwatch

import (
	"context"
	"strings"

	"github.com/oriel-dev/oriel/internal/protocol/aws"
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
	if err := c.decode(&in); err != nil {
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
	return nil, f.groups.loadSubscriptions(ctx, g)
}

// lastArrival is the newest arrival in the group, at least least.
func (g *group) lastArrival(least int64) int64 {
	g.each(func(s *stream) { least = max(least, s.arrival) })
	return least
}

func (f *Front) deleteSubscriptionFilter(c *call) (any, error) {
	var in subscriptionFilter
	if err := c.decode(&in); err != nil {
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
	return nil, f.groups.loadSubscriptions(c.Context(), g)
}

// loadSubscriptions brings the filters of a group to where lines are followed.
func (g *Groups) loadSubscriptions(ctx context.Context, one *group) error {
	all, err := g.subscriptions().list(ctx, one.at(), false)
	if err != nil {
		return err
	}
	one.mu.Lock()
	defer one.mu.Unlock()
	one.subscribed = len(all) > 0
	one.news.Store(one.subscribed)
	return nil
}

func (f *Front) describeSubscriptionFilters(c *call) (any, error) {
	var in struct {
		LogGroupName, FilterNamePrefix, NextToken string
		Limit                                     int
	}
	if err := c.decode(&in); err != nil {
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

// checkTarget refuses targets that nothing reaches, and circles of groups.
func (f *Front) checkTarget(c *call, g *group, s *subscription) error {
	if err := c.deliverable(s.target); err != nil {
		return err
	}
	name, toGroup := s.toGroup()
	if !toGroup {
		if err := f.deliverer.check(c.Context(), s); err != nil {
			return invalidParameter("Could not deliver test message to specified destination. Check if the destination is valid. " + err.Error())
		}
		return nil
	}
	if _, err := c.ownGroup(name, ""); err != nil {
		return err
	}
	return f.checkCircle(c.Context(), g, name, map[string]bool{})
}

// checkCircle follows the subscriptions of groups to groups.
func (f *Front) checkCircle(ctx context.Context, from *group, name string, seen map[string]bool) error {
	if name == from.name {
		return &aws.Error{Code: "InvalidParameterException", Message: "The lines of log group " + from.name + " would be delivered to itself, directly or by other log groups."}
	}
	if seen[name] {
		return nil
	}
	seen[name] = true
	all, err := f.groups.subscriptions().list(ctx, place{from.environment, from.region, name}, false)
	if err != nil {
		return err
	}
	for i := range all {
		s, err := f.compileSubscription(ctx, from, &all[i].Body)
		if err != nil {
			continue // it delivers nothing
		}
		if next, toGroup := s.toGroup(); toGroup {
			if err := f.checkCircle(ctx, from, next, seen); err != nil {
				return err
			}
		}
	}
	return nil
}
