package item

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/oriel-dev/oriel/internal/fault"
)

// Change is what a person (or a rule) does to an item; nil fields stay as they are.
type Change struct {
	Actor             string
	Automatic         bool // done by a rule: no mails are sent of it
	Status            *Status
	ResolvedInVersion *string // only with Status Resolved
	Mute              *MuteIn // only with Status Muted
	Title             *string
	Level             *Level
	AssignedUser      *int64 // 0 clears
	AssignedTeam      *int64
	Snooze            *int64 // seconds; 0 wakes the item
	SnoozeCount       int64  // with Snooze: so many more occurrences end it before
	OnNextDeploy      *bool  // the next deploy resolves it
}

// MuteIn says what ends a mute, from now on; all zero: a person.
type MuteIn struct {
	Seconds     int64
	Occurrences int64
	People      int64
}

// Bounds of what people write.
const (
	maxTitle   = 255
	maxSnooze  = 400 * dayWidth
	maxCounted = 1 << 50
)

// Change does something to items, to all or, if one is not known or a value is
// not valid, to none. It returns them as they are then.
func (t *Items) Change(ctx context.Context, ids []int64, c Change) ([]Item, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	changed := make([]Item, 0, len(ids))
	err := t.edit(ctx, func() error {
		for _, id := range ids {
			if t.items[id] == nil {
				return errNoItem(id)
			}
		}
		for _, id := range ids {
			e := t.items[id]
			t.apply(e, c)
			changed = append(changed, e.Item)
		}
		return nil
	})
	return changed, err
}

func (c *Change) check() error {
	switch {
	case c.Status != nil && (*c.Status < Active || *c.Status > Archived):
		return fault.New(fault.Invalid, "status %d: want active, resolved, muted or archived", *c.Status)
	case c.ResolvedInVersion != nil && *c.ResolvedInVersion != "" && (c.Status == nil || *c.Status != Resolved):
		return fault.New(fault.Invalid, "resolved_in_version goes with status resolved only")
	case c.ResolvedInVersion != nil && len(*c.ResolvedInVersion) > maxVersionName:
		return fault.New(fault.Invalid, "resolved_in_version has %d characters, the limit is %d", len(*c.ResolvedInVersion), maxVersionName)
	case c.Title != nil && (*c.Title == "" || utf8.RuneCountInString(*c.Title) > maxTitle):
		return fault.New(fault.Invalid, "the title has %d characters: want 1 to %d", utf8.RuneCountInString(*c.Title), maxTitle)
	case c.Level != nil && c.Level.String() == "unknown":
		return fault.New(fault.Invalid, "level %d: want debug, info, warning, error or critical", *c.Level)
	}
	return c.checkQuiet()
}

// checkQuiet checks what keeps an item from notifying.
func (c *Change) checkQuiet() error {
	switch {
	case c.Snooze != nil && (*c.Snooze < 0 || *c.Snooze > maxSnooze):
		return fault.New(fault.Invalid, "a snooze of %d seconds: want 0 to %d", *c.Snooze, maxSnooze)
	case c.SnoozeCount < 0 || c.SnoozeCount > maxCounted:
		return fault.New(fault.Invalid, "a snooze of %d occurrences: want 0 to %d", c.SnoozeCount, int64(maxCounted))
	case c.Mute != nil && (c.Status == nil || *c.Status != Muted):
		return fault.New(fault.Invalid, "what ends a mute goes with status muted only")
	case c.Mute != nil && (min(c.Mute.Seconds, c.Mute.Occurrences, c.Mute.People) < 0 || c.Mute.Seconds > maxSnooze || max(c.Mute.Occurrences, c.Mute.People) > maxCounted):
		return fault.New(fault.Invalid, "a mute ends after at most %d seconds, or a positive number of occurrences or people", maxSnooze)
	}
	return nil
}

func (t *Items) apply(e *entry, c Change) {
	now := t.touched(e, c.Actor)
	if c.Status != nil {
		t.applyStatus(e, c, now)
	}
	if c.Title != nil && *c.Title != e.Title {
		t.act(e, now, c.Actor, ActTitle, fmt.Sprintf("The title was %q.", e.Title))
		e.Title, e.TitleLocked = strings.Join(strings.Fields(*c.Title), " "), true
	}
	if c.Level != nil && *c.Level != e.Level {
		t.act(e, now, c.Actor, ActLevel, "From "+e.Level.String()+" to "+c.Level.String()+".")
		e.Level, e.LevelLocked = *c.Level, true
	}
	t.assign(e, c, now)
	if c.OnNextDeploy != nil && *c.OnNextDeploy != e.OnNextDeploy {
		e.OnNextDeploy = *c.OnNextDeploy
		t.act(e, now, c.Actor, ActNextDeploy, "")
	}
	if c.Snooze == nil {
		return
	}
	if *c.Snooze == 0 {
		if e.Snooze != nil {
			t.act(e, now, c.Actor, ActUnsnoozed, "")
		}
		e.Snooze = nil
		return
	}
	e.Snooze = &Snooze{Until: now + *c.Snooze*nanosPerSecond, Seconds: *c.Snooze}
	if c.SnoozeCount > 0 {
		e.Snooze.Count = e.AllTime + c.SnoozeCount
	}
	t.act(e, now, c.Actor, ActSnoozed, fmt.Sprintf("For %d seconds.", *c.Snooze))
}

func (t *Items) assign(e *entry, c Change, now int64) {
	if c.AssignedUser != nil && *c.AssignedUser != e.AssignedUser {
		e.AssignedUser = *c.AssignedUser
		t.act(e, now, c.Actor, ActAssigned, fmt.Sprintf("To user %d.", e.AssignedUser))
	}
	if c.AssignedTeam != nil && *c.AssignedTeam != e.AssignedTeam {
		e.AssignedTeam = *c.AssignedTeam
		t.act(e, now, c.Actor, ActAssigned, fmt.Sprintf("To team %d.", e.AssignedTeam))
	}
}

func (t *Items) applyStatus(e *entry, c Change, now int64) {
	was := e.Status
	switch *c.Status {
	case Resolved:
		version := ""
		if c.ResolvedInVersion != nil {
			version = *c.ResolvedInVersion
		}
		if was != Resolved || version != e.ResolvedInVersion {
			t.resolve(e, now, c.Actor, version, c.Automatic, "")
		}
		return
	case Muted:
		e.Status, e.MutedAt, e.Mute, e.Snooze = Muted, now, c.Mute.end(e, now), nil
		if was != Muted || e.Mute != nil {
			t.act(e, now, c.Actor, ActMuted, "")
		}
		return
	case Archived:
		e.Status = Archived
		return
	case Active:
	}
	e.Status, e.Mute, e.ResolvedInVersion, e.OnNextDeploy = Active, nil, "", false
	if was == Active {
		return
	}
	t.act(e, now, c.Actor, ActReopened, "")
	t.notifyChange(ReopenedItem, e, now, c.Actor, c.Automatic)
}

// end is when a mute that begins now is over; nil if a person ends it.
func (m *MuteIn) end(e *entry, now int64) *MuteEnd {
	if m == nil || *m == (MuteIn{}) {
		return nil
	}
	end := &MuteEnd{}
	if m.Seconds > 0 {
		end.Until = now + m.Seconds*nanosPerSecond
	}
	if m.Occurrences > 0 {
		end.Count = e.AllTime + m.Occurrences
	}
	if m.People > 0 {
		end.People = e.People + m.People
	}
	return end
}

// resolve marks an item as repaired. The caller holds the lock.
func (t *Items) resolve(e *entry, now int64, actor, version string, automatic bool, why string) {
	e.Status, e.ResolvedAt, e.ResolvedInVersion, e.Mute, e.Snooze, e.OnNextDeploy = Resolved, now, version, nil, nil, false
	if version != "" {
		why = strings.TrimSpace("In version " + version + ". " + why)
	}
	t.act(e, now, actor, ActResolved, why)
	t.notifyChange(ResolvedItem, e, now, actor, automatic)
}

func (t *Items) notifyChange(kind string, e *entry, now int64, actor string, automatic bool) {
	item := e.Item
	t.notify(Notice{Kind: kind, Environment: e.Environment, ErrorEnvironment: e.ErrorEnvironment, At: now, Item: &item, Actor: actor, Automatic: automatic})
}
