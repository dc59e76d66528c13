package item

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/item/grouping"
)

const maxMembers = 1000

// Merge makes a group of items of one environment, or adds them to the one group
// among them. The group has the title of the item chosen, else of the first. Its
// counts are the sum of its members'.
func (t *Items) Merge(ctx context.Context, actor string, ids []int64, chosen int64) (Item, error) {
	var out Item
	err := t.edit(ctx, func() error {
		group, members, err := t.mergeable(ids)
		if err != nil {
			return err
		}
		now := t.now()
		if group == nil {
			lead := members[max(slices.IndexFunc(members, func(e *entry) bool { return e.ID == chosen }), 0)]
			group = t.newGroup(lead, now)
		}
		for _, e := range members {
			t.join(group, e)
			t.act(e, now, actor, ActMerged, fmt.Sprintf("Into #%d.", group.Counter))
			t.act(group, now, actor, ActMerged, fmt.Sprintf("#%d: %s", e.Counter, e.Title))
		}
		t.touched(group, actor)
		out = group.Item
		return nil
	})
	return out, err
}

// mergeable finds the items to merge and the group among them, if there is one.
func (t *Items) mergeable(ids []int64) (group *entry, members []*entry, err error) {
	for _, id := range slices.Compact(slices.Sorted(slices.Values(ids))) {
		e := t.items[id]
		switch {
		case e == nil:
			return nil, nil, errNoItem(id)
		case e.Group != 0:
			return nil, nil, fault.New(fault.Conflict, "item #%d is merged into a group already: unmerge it first", e.Counter)
		case e.IsGroup && e.Status == Archived:
			return nil, nil, fault.New(fault.Conflict, "group #%d is archived: its members were taken out of it", e.Counter)
		case e.IsGroup && group != nil:
			return nil, nil, fault.New(fault.Invalid, "#%d and #%d are both groups: name one of them and the members of the other", group.Counter, e.Counter)
		case e.IsGroup:
			group = e
		default:
			members = append(members, e)
		}
	}
	all := members
	if group != nil {
		all = append(slices.Clone(members), group)
	}
	if len(all) < 2 || len(members) == 0 {
		return nil, nil, fault.New(fault.Invalid, "merging takes two items or more, there are %d", len(all))
	}
	have := 0
	if group != nil {
		have = len(group.Members)
	}
	if have+len(members) > maxMembers {
		return nil, nil, fault.New(fault.Invalid, "the group would have %d members, the limit is %d", have+len(members), maxMembers)
	}
	for _, e := range all[1:] {
		if e.Environment != all[0].Environment || e.ErrorEnvironment != all[0].ErrorEnvironment {
			return nil, nil, fault.New(fault.Invalid, "#%d is of %s and #%d of %s: only items of one environment can be merged",
				all[0].Counter, all[0].ErrorEnvironment, e.Counter, e.ErrorEnvironment)
		}
	}
	return group, members, nil
}

// newGroup makes a group without members. Occurrences may name it as theirs.
func (t *Items) newGroup(lead *entry, now int64) *entry {
	t.lastItem++
	g := &entry{Item: Item{
		ID: t.lastItem, Counter: t.nextCounter(lead.Environment, now), Environment: lead.Environment, ErrorEnvironment: lead.ErrorEnvironment,
		GroupingVersion: grouping.Version, Grouping: "group", Title: lead.Title, LatestTitle: lead.LatestTitle, Culprit: lead.Culprit, Platform: lead.Platform,
		Framework: lead.Framework, Language: lead.Language, Level: lead.Level, MaxLevel: lead.Level, Status: Active, IsGroup: true,
		First: lead.First, Activating: lead.Activating, ActivatedAt: lead.ActivatedAt, FirstVersion: lead.FirstVersion,
		AssignedUser: lead.AssignedUser, AssignedTeam: lead.AssignedTeam,
	}}
	g.Fingerprint = fmt.Sprintf("%s%d", grouping.GroupPrefix, g.Counter)
	t.add(g)
	if t.byKey[key{g.Environment, g.ErrorEnvironment, g.Fingerprint}] == nil {
		t.bind(g, g.Fingerprint)
	}
	return g
}

// join adds an item's sums to those of a group.
func (t *Items) join(g, e *entry) {
	e.Group = g.ID
	g.Members = append(slices.Clone(g.Members), e.ID)
	g.Total += e.Total
	g.AllTime += e.AllTime
	g.MaxLevel = max(g.MaxLevel, e.MaxLevel)
	g.ips.merge(e.ips)
	g.people.merge(e.people)
	g.IPs, g.People = g.ips.count(), g.people.count()
	if g.First.ID == 0 || (e.First.ID > 0 && e.First.ID < g.First.ID) {
		g.First, g.FirstVersion = e.First, e.FirstVersion
	}
	if e.Last.ID > g.Last.ID {
		g.LatestTitle, g.LastVersion, g.Service = e.LatestTitle, e.LastVersion, cmp.Or(e.Service, g.Service)
	}
	g.Last.ID, g.Last.At = max(g.Last.ID, e.Last.ID), max(g.Last.At, e.Last.At)
	t.wanted.items[e.ID], t.wanted.items[g.ID] = e, g
}

// Unmerge takes members out of their group; without ids all of them. A group
// without members is archived, for ever. What was counted on the group stays
// there as far as it came since the merge.
func (t *Items) Unmerge(ctx context.Context, actor string, group int64, ids ...int64) (Item, error) {
	var out Item
	err := t.edit(ctx, func() error {
		g := t.items[group]
		switch {
		case g == nil:
			return errNoItem(group)
		case !g.IsGroup:
			return fault.New(fault.Invalid, "item #%d is no group", g.Counter)
		}
		if len(ids) == 0 {
			ids = g.Members
		}
		for _, id := range ids {
			if !slices.Contains(g.Members, id) {
				return fault.New(fault.Invalid, "item %d is not a member of #%d", id, g.Counter)
			}
		}
		now := t.touched(g, actor)
		for _, id := range ids {
			if e := t.items[id]; e != nil {
				e.Group = 0
				g.Total, g.AllTime = max(g.Total-e.Total, 0), max(g.AllTime-e.AllTime, 0)
				t.act(e, now, actor, ActUnmerged, fmt.Sprintf("From #%d.", g.Counter))
				t.act(g, now, actor, ActUnmerged, fmt.Sprintf("#%d: %s", e.Counter, e.Title))
			}
		}
		gone := slices.Clone(ids)
		g.Members = slices.DeleteFunc(slices.Clone(g.Members), func(id int64) bool { return slices.Contains(gone, id) })
		t.recount(g)
		if len(g.Members) == 0 {
			g.Status = Archived
		}
		out = g.Item
		return nil
	})
	return out, err
}

// recount brings what can only grow back to what the members say.
func (t *Items) recount(g *entry) {
	g.ips, g.people, g.MaxLevel = nil, nil, g.Level
	for _, id := range g.Members {
		if e := t.items[id]; e != nil {
			g.ips.merge(e.ips)
			g.people.merge(e.people)
			g.MaxLevel = max(g.MaxLevel, e.MaxLevel)
		}
	}
	g.IPs, g.People = g.ips.count(), g.people.count()
}

// Members returns the items of a group.
func (t *Items) Members(id int64) []Item {
	t.mu.RLock()
	defer t.mu.RUnlock()
	var list []Item
	if g := t.items[id]; g != nil {
		for _, m := range g.Members {
			if e := t.items[m]; e != nil {
				list = append(list, e.Item)
			}
		}
	}
	return list
}

// Siblings returns the items of the same fingerprint in other environments of
// the project.
func (t *Items) Siblings(id int64) []Item {
	t.mu.RLock()
	defer t.mu.RUnlock()
	var list []Item
	e := t.items[id]
	if e == nil {
		return nil
	}
	for _, other := range t.byEnv[e.Environment] {
		if other != e && other.Fingerprint == e.Fingerprint && !other.IsGroup {
			list = append(list, other.Item)
		}
	}
	slices.SortFunc(list, func(a, b Item) int { return strings.Compare(a.ErrorEnvironment, b.ErrorEnvironment) })
	return list
}
