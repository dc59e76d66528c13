package rollbar

import (
	"cmp"
	"context"
	"encoding/json"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/item"
	"github.com/oriel-dev/oriel/internal/query"
)

// itemPatch is the body of PATCH /item; what is absent stays as it is.
type itemPatch struct {
	Status            *string         `json:"status"`
	ResolvedInVersion *string         `json:"resolved_in_version"`
	Title             *string         `json:"title"`
	Level             *string         `json:"level"`
	AssignedUser      json.RawMessage `json:"assigned_user_id"`
	AssignedTeam      json.RawMessage `json:"assigned_team_id"`
	TeamID            json.RawMessage `json:"team_id"` // as the vendor's MCP server calls it
	SnoozeEnabled     *bool           `json:"snooze_enabled"`
	Snoozed           *bool           `json:"snoozed"` // the same
	SnoozeSeconds     *int64          `json:"snooze_expiration_in_seconds"`
}

// usualSnooze is that of somebody who does not say how long.
const usualSnooze = 24 * 60 * 60

// change is what a patch comes to, and the names of what it changes.
func (p *itemPatch) change(actor string) (ch item.Change, names []string, err error) {
	ch.Actor = actor
	if p.Status != nil {
		s, ok := item.ParseStatus(*p.Status)
		if !ok || s == item.Archived {
			return ch, nil, invalid("Invalid format. status is %.40q: want active, resolved or muted", *p.Status)
		}
		ch.Status = &s
		names = append(names, "status")
	}
	if p.ResolvedInVersion != nil {
		ch.ResolvedInVersion = p.ResolvedInVersion
		names = append(names, "resolved_in_version")
	}
	if p.Title != nil {
		ch.Title = p.Title
		names = append(names, "title")
	}
	if p.Level != nil {
		l, ok := item.ParseLevel(*p.Level)
		if !ok {
			return ch, nil, invalid("Invalid format. level is %.40q: want critical, error, warning, info or debug", *p.Level)
		}
		ch.Level = &l
		names = append(names, "level")
	}
	if len(p.AssignedTeam) == 0 {
		p.AssignedTeam = p.TeamID
	}
	for _, a := range []struct {
		name string
		text json.RawMessage
		to   **int64
	}{{"assigned_user_id", p.AssignedUser, &ch.AssignedUser}, {"assigned_team_id", p.AssignedTeam, &ch.AssignedTeam}} {
		if len(a.text) == 0 {
			continue
		}
		var id flexible
		if err := json.Unmarshal(a.text, &id); err != nil || id < 0 {
			return ch, nil, invalid("Invalid format. %s is %.40s: want a number, or null for nobody", a.name, a.text)
		}
		n := int64(id)
		*a.to = &n
		names = append(names, a.name)
	}
	if on := cmp.Or(p.SnoozeEnabled, p.Snoozed); on != nil || p.SnoozeSeconds != nil {
		seconds := int64(usualSnooze)
		if p.SnoozeSeconds != nil {
			seconds = *p.SnoozeSeconds
		}
		if on != nil && !*on {
			seconds = 0
		} else if seconds <= 0 {
			return ch, nil, invalid("Invalid format. snooze_expiration_in_seconds is %d: want a number from 1", seconds)
		}
		ch.Snooze = &seconds
		names = append(names, "snooze_status", "snooze_type", "snooze_expiration_threshold_seconds", "snooze_expiration_datetime")
	}
	return ch, names, nil
}

func (f *Front) updateItem(c *call) (reply, error) {
	i, err := f.itemWithID(c, c.PathValue("id"))
	if err != nil {
		return reply{}, err
	}
	var patch itemPatch
	if err := c.decode(&patch); err != nil {
		return reply{}, err
	}
	change, names, err := patch.change(c.token.KeyName)
	if err != nil {
		return reply{}, err
	}
	if err := f.checkAssigned(c.Context(), change); err != nil {
		return reply{}, err
	}
	changed, err := f.Items.Change(c.Context(), []int64{i.ID}, change)
	if err != nil {
		return reply{}, err
	}
	o, err := f.object(c, changed[0])
	if err != nil {
		return reply{}, err
	}
	text, err := json.Marshal(o)
	if err != nil {
		return reply{}, err
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(text, &all); err != nil {
		return reply{}, err
	}
	result := map[string]json.RawMessage{}
	for _, name := range names {
		result[name] = all[name]
	}
	return reply{result: result}, nil
}

// checkAssigned refuses to assign to whom there is not.
func (f *Front) checkAssigned(ctx context.Context, change item.Change) error {
	if id := change.AssignedUser; id != nil && *id != 0 {
		members, err := f.Workspace.Members(ctx)
		if err != nil {
			return err
		}
		known := false
		for _, m := range members {
			known = known || m.ID == *id
		}
		if !known {
			return invalid("Invalid format. assigned_user_id is %d: there is no such user in this account", *id)
		}
	}
	if id := change.AssignedTeam; id != nil && *id != 0 {
		if _, err := f.team.get(ctx, *id); err != nil {
			return invalid("Invalid format. assigned_team_id is %d: there is no such team in this account", *id)
		}
	}
	return nil
}

// deleteItem removes an item and its occurrences, which Rollbar cannot.
func (f *Front) deleteItem(c *call) (reply, error) {
	i, err := f.itemWithID(c, c.PathValue("id"))
	if err != nil {
		return reply{}, err
	}
	if err := f.dropOccurrences(c.Context(), i.Environment, f.rowsOf(&i)); err != nil {
		return reply{}, err
	}
	if err := f.Items.Remove(c.Context(), append([]int64{i.ID}, i.Members...)); err != nil {
		return reply{}, err
	}
	return reply{result: map[string]any{"id": i.ID}}, nil
}

// rowsOf is true of the occurrences of an item.
func (f *Front) rowsOf(i *item.Item) query.Expr {
	prints := f.Items.Fingerprints(i.ID)
	values := make([]event.Value, len(prints))
	for k, p := range prints {
		values[k] = event.StringValue(p)
	}
	return query.And{Terms: []query.Expr{
		query.In{X: query.Field{Name: event.FieldErrorFingerprint}, Values: values},
		query.Compare{Op: query.Eq, L: query.Field{Name: event.FieldErrorEnvironment}, R: query.Literal{Value: event.StringValue(i.ErrorEnvironment)}},
	}}
}

// dropOccurrences removes the rows of occurrences that satisfy a condition.
func (f *Front) dropOccurrences(ctx context.Context, environment string, where query.Expr) error {
	for _, d := range f.Datasets.List(environment) {
		if err := f.DropRows(ctx, environment, d.Slug, where); err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
	}
	return nil
}
