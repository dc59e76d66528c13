package xray

import (
	"context"
	"crypto/rand"
	"slices"
	"strings"

	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/protocol/aws"
	"github.com/oriel-dev/oriel/internal/query/xrayfilter"
)

// Groups: the traces that an expression matches, under a name. What is in a group is
// found out when it is asked for, so an expression holds for earlier traces too.
const (
	defaultGroup  = "Default" // always there; every trace is in it
	groupResource = "group/"
	maxGroups     = 500
	groupsPage    = 100
)

// group is one as it is kept.
type group struct {
	ID            string // what its ARN ends with
	Filter        string
	Insights      bool
	Notifications bool
}

type insightsConfiguration struct {
	InsightsEnabled      *bool `json:",omitempty"`
	NotificationsEnabled *bool `json:",omitempty"`
}

type groupOnWire struct {
	GroupName             string
	GroupARN              string
	FilterExpression      string `json:",omitempty"`
	InsightsConfiguration insightsConfiguration
}

func (f *Front) groups() shelf[group] {
	return shelf[group]{settings: f.settings, kind: "group", most: maxGroups, full: invalid("An environment has at most %d groups.", maxGroups)}
}

// allGroups returns the groups of an environment, the default one first.
func (f *Front) allGroups(ctx context.Context, environment string) ([]kept[group], error) {
	list, err := f.groups().list(ctx, environment)
	all := []kept[group]{{Name: defaultGroup}}
	for _, g := range list {
		if g.Name == defaultGroup {
			all[0] = g
			continue
		}
		all = append(all, g)
	}
	return all, err
}

func groupPath(g *kept[group]) string {
	if g.Body.ID == "" {
		return groupResource + g.Name
	}
	return groupResource + g.Name + "/" + g.Body.ID
}

func (c *call) group(g *kept[group]) groupOnWire {
	return groupOnWire{
		GroupName: g.Name, GroupARN: c.arn(groupPath(g)), FilterExpression: g.Body.Filter,
		InsightsConfiguration: insightsConfiguration{&g.Body.Insights, &g.Body.Notifications},
	}
}

// Groups returns the groups of an environment as expressions name them; their ARNs
// are those of the first region.
func (f *Front) Groups(ctx context.Context, environment string) ([]xrayfilter.Group, error) {
	all, err := f.allGroups(ctx, environment)
	return filterGroups(all, func(resource string) string { return "arn:aws:xray:us-east-1:000000000000:" + resource }), err
}

func filterGroups(all []kept[group], arn func(string) string) []xrayfilter.Group {
	out := make([]xrayfilter.Group, len(all))
	for i := range all {
		out[i] = xrayfilter.Group{Name: all[i].Name, ARN: arn(groupPath(&all[i])), Filter: all[i].Body.Filter}
	}
	return out
}

// expression reads a filter expression and puts groups in.
func (c *call) expression(text string) (xrayfilter.Expression, error) {
	e, err := xrayfilter.Parse(text)
	if err != nil {
		return e, atColumn(err)
	}
	if len(e.Groups()) == 0 {
		return e, nil
	}
	all, err := c.f.allGroups(c.Context(), c.Who.Environment)
	if err != nil {
		return e, err
	}
	e, err = e.Resolve(filterGroups(all, c.arn))
	return e, atColumn(err)
}

// atColumn says in the message where in an expression something is wrong.
func atColumn(err error) error {
	if at := fault.PositionOf(err); err != nil && at >= 0 {
		return invalid("Invalid filter expression, column %d: %s.", at+1, fault.MessageOf(err))
	}
	return err
}

// findGroup returns the group that is named by name or ARN.
func (f *Front) findGroup(c *call, name, arn string) (*kept[group], error) {
	switch {
	case name != "" && arn != "":
		return nil, invalid("A group is named by GroupName or by GroupARN, not by both.")
	case name == "" && arn == "":
		return nil, invalid("Name the group by GroupName or GroupARN.")
	}
	all, err := f.allGroups(c.Context(), c.Who.Environment)
	if err != nil {
		return nil, err
	}
	for i := range all {
		path := groupPath(&all[i])
		if name == all[i].Name || arn != "" && (strings.HasSuffix(arn, ":"+path) || strings.HasSuffix(arn, ":"+groupResource+all[i].Name)) {
			return &all[i], nil
		}
	}
	if name == "" {
		return nil, invalid("There is no group with the ARN %s.", aws.Cut(arn))
	}
	return nil, invalid("There is no group %s.", aws.Cut(name))
}

// setGroup takes over what a request says of a group, and checks it.
func (f *Front) setGroup(c *call, name string, g *group, filter *string, config *insightsConfiguration) error {
	if filter != nil {
		if err := f.checkFilter(c, name, *filter); err != nil {
			return err
		}
		g.Filter = *filter
	}
	if config != nil {
		if config.InsightsEnabled != nil {
			g.Insights = *config.InsightsEnabled
		}
		if config.NotificationsEnabled != nil {
			g.Notifications = *config.NotificationsEnabled
		}
	}
	if g.Notifications && !g.Insights {
		return invalid("NotificationsEnabled needs InsightsEnabled.")
	}
	return nil
}

// checkFilter refuses an expression that can't be read, or that would make a circle
// of groups.
func (f *Front) checkFilter(c *call, name, filter string) error {
	if name == defaultGroup && filter != "" {
		return invalid("The group Default has every trace in it: it takes no FilterExpression.")
	}
	e, err := xrayfilter.Parse(filter)
	if err != nil {
		return atColumn(err)
	}
	all, err := f.allGroups(c.Context(), c.Who.Environment)
	if err != nil {
		return err
	}
	known := slices.DeleteFunc(filterGroups(all, c.arn), func(g xrayfilter.Group) bool { return g.Name == name })
	_, err = e.Resolve(append(known, xrayfilter.Group{Name: name, Filter: filter}))
	return atColumn(err)
}

func (f *Front) createGroup(c *call) (any, error) {
	var in struct {
		GroupName             string
		FilterExpression      *string
		InsightsConfiguration *insightsConfiguration
		Tags                  []tag
	}
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	if strings.Trim(in.GroupName, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") != "" {
		return nil, invalid("GroupName %s: a name has letters, digits and dashes only.", aws.Cut(in.GroupName))
	}
	body := group{ID: rand.Text()}
	if err := f.setGroup(c, in.GroupName, &body, in.FilterExpression, in.InsightsConfiguration); err != nil {
		return nil, err
	}
	g, err := f.groups().put(c.Context(), c.Who.Environment, in.GroupName, f.Clock().UnixNano(), func(old *kept[group]) (group, error) {
		if old != nil || in.GroupName == defaultGroup {
			return group{}, invalid("There is a group %s already.", in.GroupName)
		}
		return body, nil
	})
	if err != nil {
		return nil, err
	}
	if err := f.tag(c, groupPath(&g), in.Tags); err != nil {
		_, undo := f.groups().delete(c.Context(), c.Who.Environment, g.Name, nil)
		if undo != nil {
			return nil, undo
		}
		return nil, err
	}
	return map[string]any{"Group": c.group(&g)}, nil
}

func (f *Front) updateGroup(c *call) (any, error) {
	var in struct {
		GroupName, GroupARN   string
		FilterExpression      *string
		InsightsConfiguration *insightsConfiguration
	}
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	g, err := f.findGroup(c, in.GroupName, in.GroupARN)
	if err != nil {
		return nil, err
	}
	body := g.Body
	if err := f.setGroup(c, g.Name, &body, in.FilterExpression, in.InsightsConfiguration); err != nil {
		return nil, err
	}
	changed, err := f.groups().put(c.Context(), c.Who.Environment, g.Name, f.Clock().UnixNano(), func(old *kept[group]) (group, error) {
		if old == nil && g.Name != defaultGroup {
			return group{}, invalid("There is no group %s.", g.Name) // deleted meanwhile
		}
		return body, nil
	})
	if err != nil {
		return nil, err
	}
	return map[string]any{"Group": c.group(&changed)}, nil
}

func (f *Front) getGroup(c *call) (any, error) {
	var in struct{ GroupName, GroupARN string }
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	g, err := f.findGroup(c, in.GroupName, in.GroupARN)
	if err != nil {
		return nil, err
	}
	return map[string]any{"Group": c.group(g)}, nil
}

func (f *Front) getGroups(c *call) (any, error) {
	var in struct{ NextToken string }
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	all, err := f.allGroups(c.Context(), c.Who.Environment)
	if err != nil {
		return nil, err
	}
	list := make([]groupOnWire, len(all))
	for i := range all {
		list[i] = c.group(&all[i])
	}
	return answerPage("Groups", aws.Listing[groupOnWire]{
		Limit: groupsPage, Token: in.NextToken, Asked: aws.Asked("GetGroups"), Key: func(g *groupOnWire) string { return g.GroupName },
	}, list)
}

func (f *Front) deleteGroup(c *call) (any, error) {
	var in struct{ GroupName, GroupARN string }
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	g, err := f.findGroup(c, in.GroupName, in.GroupARN)
	if err != nil {
		return nil, err
	}
	if g.Name == defaultGroup {
		return nil, invalid("The group Default can't be deleted.")
	}
	if _, err := f.groups().delete(c.Context(), c.Who.Environment, g.Name, nil); err != nil {
		return nil, err
	}
	return empty{}, f.untagAll(c, groupPath(g))
}
