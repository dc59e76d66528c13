package item

import (
	"context"
	"slices"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query/rql"
)

// RQL returns what texts of RQL about a project are read against: its items and
// deploys, and all of the past. An occurrence is that of the group that its item
// was merged into.
func (t *Items) RQL(ctx context.Context, environment string) (rql.Options, error) {
	p, err := t.Project(ctx, environment)
	if err != nil {
		return rql.Options{}, err
	}
	now := t.now()
	return rql.Options{
		Environment: environment, Project: p.ID, ProjectSlug: environment, Start: 0, End: now + int64(time.Hour), Now: now,
		Items:   func() ([]rql.ItemRow, error) { return t.rows(environment), nil },
		Deploys: func() ([]map[string]event.Value, error) { return t.deployRows(ctx, environment) },
	}, nil
}

// row is an item as RQL sees it.
type row struct {
	Item
	prints []string
}

// Fingerprints implements rql.ItemRow.
func (r *row) Fingerprints() []string { return r.prints }

// Environment implements rql.ItemRow.
func (r *row) Environment() string { return r.ErrorEnvironment }

// rows lists the items of a project that are in no group, in the order of their ids.
func (t *Items) rows(environment string) []rql.ItemRow {
	t.mu.RLock()
	defer t.mu.RUnlock()
	byID := map[int64]*row{}
	for _, e := range t.byEnv[environment] {
		if e.Group == 0 {
			byID[e.ID] = &row{Item: e.Item}
		}
	}
	for k, e := range t.byKey {
		if k.environment != environment {
			continue
		}
		id := e.ID
		if e.Group != 0 {
			id = e.Group
		}
		if r := byID[id]; r != nil {
			r.prints = append(r.prints, k.fingerprint)
		}
	}
	list := make([]rql.ItemRow, 0, len(byID))
	for _, r := range byID {
		if len(r.prints) > 0 {
			slices.Sort(r.prints)
			list = append(list, r)
		}
	}
	slices.SortFunc(list, func(a, b rql.ItemRow) int {
		return int(a.Get("item.id").Int() - b.Get("item.id").Int())
	})
	return list
}

// Get implements rql.ItemRow: the value of a column, null where there is none.
func (r *row) Get(name string) event.Value { //nolint:cyclop,funlen // one case for each column
	number := func(n int64) event.Value {
		if n == 0 {
			return event.Value{}
		}
		return event.IntValue(n)
	}
	seconds := func(ns int64) event.Value { return number(ns / nanosPerSecond) }
	words := func(s string) event.Value {
		if s == "" {
			return event.Value{}
		}
		return event.StringValue(s)
	}
	switch name {
	case "item.id":
		return event.IntValue(r.ID)
	case "item.counter":
		return event.IntValue(r.Counter)
	case "item.environment":
		return event.StringValue(r.ErrorEnvironment)
	case "item.platform":
		return event.IntValue(int64(PlatformID(r.Platform)))
	case "item.framework":
		return event.IntValue(int64(FrameworkID(r.Framework)))
	case "item.hash":
		return words(r.Fingerprint)
	case "item.level":
		return event.IntValue(int64(r.Level))
	case "item.status":
		return event.IntValue(int64(r.Status))
	case "item.title":
		return words(r.Title)
	case "item.total_occurrences":
		return event.IntValue(r.Total)
	case "item.first_occurrence_id":
		return number(r.First.ID)
	case "item.first_occurrence_timestamp":
		return seconds(r.First.At)
	case "item.last_occurrence_id":
		return number(r.Last.ID)
	case "item.last_occurrence_timestamp":
		return seconds(r.Last.At)
	case "item.activating_occurrence_id":
		return number(r.Activating.ID)
	case "item.last_activated_timestamp":
		return seconds(r.ActivatedAt)
	case "item.last_resolved_timestamp":
		return seconds(r.ResolvedAt)
	case "item.last_muted_timestamp":
		return seconds(r.MutedAt)
	case "item.resolved_in_version":
		return words(r.ResolvedInVersion)
	case "item.last_modified_by":
		return words(r.ModifiedBy)
	case "item.assigned_user_id":
		return number(r.AssignedUser)
	}
	return event.Value{}
}

// deployRows lists the deploys of a project by the names of RQL's columns.
func (t *Items) deployRows(ctx context.Context, environment string) ([]map[string]event.Value, error) {
	list, _, err := t.Deploys(ctx, environment, Page{Limit: maxDeploys})
	rows := make([]map[string]event.Value, len(list))
	for i, d := range list {
		m := map[string]event.Value{
			"id": event.IntValue(d.ID), "environment": event.StringValue(d.ErrorEnvironment), "revision": event.StringValue(d.Revision),
			"timestamp": event.IntValue(d.StartedAt / nanosPerSecond), "project_slug": event.StringValue(environment),
		}
		for name, text := range map[string]string{"local_username": d.LocalUsername, "comment": d.Comment} {
			if text != "" {
				m[name] = event.StringValue(text)
			}
		}
		rows[i] = m
	}
	return rows, err
}
