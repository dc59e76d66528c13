package item_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/item"
)

func (r *rig) change(id int64, c item.Change) {
	r.t.Helper()
	if _, err := r.items.Change(r.t.Context(), []int64{id}, c); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) get(id int64) item.Item {
	r.t.Helper()
	i, err := r.items.Get(id)
	if err != nil {
		r.t.Fatal(err)
	}
	return i
}

// told returns the notices there are, and takes them over.
func (r *rig) told() string {
	r.t.Helper()
	if _, err := r.items.Activity(r.t.Context(), 1, 0, 1); err != nil { // writes
		r.t.Fatal(err)
	}
	list, err := r.items.Notices(r.t.Context(), 0, 1000)
	if err != nil {
		r.t.Fatal(err)
	}
	var words []string
	for _, n := range list {
		word := n.Kind
		if n.Occurrences > 0 {
			word += fmt.Sprint(":", n.Occurrences)
		}
		words = append(words, word)
		if err := r.items.DropNotices(r.t.Context(), n.ID); err != nil {
			r.t.Fatal(err)
		}
	}
	return strings.Join(words, " ")
}

func versioned(version string) object {
	p := exception("ValueError", "x")
	p["code_version"] = version
	return p
}

// The worked examples of the reference.
func TestItems_LifeCycle(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, resolvedIn string
		before           []string // versions seen, a minute apart
		deploy           string   // deployed before the last of them
		incoming         string
		want             item.Status
		total            int64
		notices          string
	}{
		{name: "resolved", incoming: "", want: item.Active, total: 1, notices: "reactivated_item"},
		{name: "an older version", resolvedIn: "2.1.0", incoming: "2.0.9", want: item.Resolved, total: 2, notices: "new_version"},
		{name: "that version", resolvedIn: "2.1.0", incoming: "v2.1.0", want: item.Active, total: 1, notices: "new_version reactivated_item"},
		{name: "an older number", resolvedIn: "10", incoming: "9", want: item.Resolved, total: 2, notices: "new_version"},
		{name: "not comparable", resolvedIn: "10", incoming: "1.2.3", want: item.Active, total: 1, notices: "new_version reactivated_item"},
		{name: "a release candidate", resolvedIn: "1.2.0", incoming: "1.2.0-rc.1", want: item.Resolved, total: 2, notices: "new_version"},
		{name: "no version", resolvedIn: "2.1.0", incoming: "", want: item.Active, total: 1, notices: "reactivated_item"},
		{name: "a commit from before", resolvedIn: "abc1234", before: []string{"fff0001"}, deploy: "abc1234", incoming: "fff0001", want: item.Resolved, total: 3},
		{name: "the same commit, in full", resolvedIn: "abc1234", deploy: "abc1234", incoming: "abc1234ffff0123456789abcdef0123456789abcd", want: item.Active, total: 1, notices: "new_version reactivated_item"},
		{name: "a commit never seen", resolvedIn: "abc1234", deploy: "abc1234", incoming: "def9999", want: item.Active, total: 1, notices: "new_version reactivated_item"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.send(versioned(""))
			for _, v := range c.before {
				r.advance(time.Minute)
				r.send(versioned(v))
			}
			r.advance(time.Minute)
			if c.deploy != "" {
				if _, err := r.items.AddDeploy(t.Context(), item.Deploy{Environment: "test", ErrorEnvironment: "production", Revision: c.deploy}); err != nil {
					t.Fatal(err)
				}
			}
			r.advance(time.Minute)
			r.change(1, item.Change{Actor: "ann", Status: new(item.Resolved), ResolvedInVersion: &c.resolvedIn})
			r.told()
			r.advance(time.Minute)
			r.send(versioned(c.incoming))
			i := r.get(1)
			if told := r.told(); i.Status != c.want || i.Total != c.total || told != c.notices {
				t.Errorf("%s, total %d, told %q; want %s, %d, %q", i.Status, i.Total, told, c.want, c.total, c.notices)
			}
			if (i.Activating.ID == i.Last.ID) != (c.want == item.Active) {
				t.Errorf("activated by %d, last %d", i.Activating.ID, i.Last.ID)
			}
		})
	}
}

func TestItems_TellOfPowersOfTenSinceTheActivation(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for range 11 {
		r.send(exception("ValueError", "x"))
	}
	if told := r.told(); told != "new_item exp_repeat_item:10" {
		t.Error(told)
	}
	r.change(1, item.Change{Status: new(item.Resolved)})
	r.advance(time.Second)
	for range 10 {
		r.send(exception("ValueError", "x"))
	}
	if told := r.told(); told != "resolved_item reactivated_item exp_repeat_item:10" {
		t.Error(told)
	}
	if i := r.get(1); i.Total != 10 || i.AllTime != 21 {
		t.Errorf("%+v", i)
	}
}

func TestItems_MutedOnesTellNothingUntilTheirCondition(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.send(exception("ValueError", "x"))
	r.told()
	r.change(1, item.Change{Status: new(item.Muted), Mute: &item.MuteIn{Occurrences: 3}})
	for range 2 {
		r.send(exception("ValueError", "x"))
	}
	if i := r.get(1); i.Status != item.Muted || i.Total != 3 || r.told() != "" {
		t.Errorf("%+v", i)
	}
	r.send(exception("ValueError", "x"))
	if i := r.get(1); i.Status != item.Active || r.told() != "reopened_item" {
		t.Errorf("%+v", i)
	}
	r.change(1, item.Change{Status: new(item.Muted), Mute: &item.MuteIn{People: 2}})
	for _, person := range []int{1, 1, 2} {
		p := exception("ValueError", "x")
		p["person"] = object{"id": person}
		r.send(p)
	}
	if i := r.get(1); i.Status != item.Active || i.People != 2 || r.told() != "reopened_item" {
		t.Errorf("%+v", i)
	}
	r.change(1, item.Change{Status: new(item.Muted), Mute: &item.MuteIn{Seconds: 60}})
	r.advance(2 * time.Minute)
	if err := r.items.Tidy(t.Context()); err != nil {
		t.Fatal(err)
	}
	if i := r.get(1); i.Status != item.Active {
		t.Errorf("%+v", i)
	}
}

func TestItems_SleepingOnesTellNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.send(exception("ValueError", "x"))
	r.told()
	r.change(1, item.Change{Snooze: new(int64(3600))})
	for range 20 {
		r.send(exception("ValueError", "x"))
	}
	asleep := r.items.List(item.Filter{Environment: "test", Snoozed: new(true)}, item.Sort{}, item.Page{Limit: 10})
	if told := r.told(); told != "" || asleep.Total != 1 {
		t.Errorf("%s %+v", told, asleep)
	}
	r.advance(2 * time.Hour)
	for range 80 {
		r.send(exception("ValueError", "x"))
	}
	if told := r.told(); told != "exp_repeat_item:100" {
		t.Error(told)
	}
}

func TestItems_ResolveByThemselves(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	if _, err := r.items.Set(t.Context(), "test", item.SettingOptions, "ann", `{"auto_resolve_days":{"production":7},"resolve_on_deploy":["staging"]}`); err != nil {
		t.Fatal(err)
	}
	r.send(exception("ValueError", "x"))
	staging := exception("KeyError", "y")
	staging["environment"] = "staging"
	r.send(staging)
	r.advance(8 * 24 * time.Hour)
	r.crash()
	if err := r.items.Tidy(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r.get(1).Status != item.Resolved || r.get(2).Status != item.Active {
		t.Errorf("%+v", r.all())
	}
	if _, err := r.items.AddDeploy(t.Context(), item.Deploy{Environment: "test", ErrorEnvironment: "staging", Revision: "2.0.0"}); err != nil {
		t.Fatal(err)
	}
	if i := r.get(2); i.Status != item.Resolved || i.ResolvedInVersion != "2.0.0" {
		t.Errorf("%+v", i)
	}
}

func TestItems_ChangesAreCheckedAndKept(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.send(exception("ValueError", "x"))
	for want, c := range map[string]item.Change{
		"goes with status resolved only": {ResolvedInVersion: new("1.0")},
		"the title has 256 characters":   {Title: new(strings.Repeat("é", 256))},
		"the title has 0 characters":     {Title: new("")},
		"level 7":                        {Level: new(item.Level(7))},
		"status 9":                       {Status: new(item.Status(9))},
		"a snooze of -1 seconds":         {Snooze: new(int64(-1))},
	} {
		if _, err := r.items.Change(t.Context(), []int64{1}, c); !fault.Is(err, fault.Invalid) || !strings.Contains(fault.MessageOf(err), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	if _, err := r.items.Change(t.Context(), []int64{1, 99}, item.Change{Title: new("no")}); !fault.Is(err, fault.NotFound) {
		t.Error(err)
	}
	r.change(1, item.Change{Actor: "ann", Title: new("A better\ntitle"), Level: new(item.Critical), AssignedUser: new(int64(7))})
	if _, err := r.items.Comment(t.Context(), 1, "bob", "Look at **this**"); err != nil {
		t.Fatal(err)
	}
	r.crash()
	r.change(1, item.Change{Status: new(item.Resolved)})
	r.advance(time.Second)
	r.send(exception("ValueError", "other"))
	i := r.get(1)
	if i.Title != "A better title" || !i.TitleLocked || i.Level != item.Critical || i.AssignedUser != 7 || i.Comments != 1 || i.LatestTitle != "ValueError: other" {
		t.Errorf("%+v", i)
	}
	acts, err := r.items.Activity(t.Context(), 1, 0, 10)
	var kinds []string
	for _, a := range acts {
		kinds = append(kinds, a.Kind+" "+a.Actor)
	}
	if got := strings.Join(kinds, ", "); err != nil || got != "reactivated , resolved , comment bob, assigned ann, level ann, title ann" {
		t.Errorf("%s %v", got, err)
	}
}

// Items know whose error they are, as the latest occurrence that says so tells it,
// also after a restart.
func TestItems_KnowTheirService(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.send(object{"fingerprint": "a", "service.name": "api"}, object{"fingerprint": "b", "custom.service": "worker"}, object{"fingerprint": "c"})
	r.advance(time.Minute)
	r.send(object{"fingerprint": "a"})
	check := func() {
		t.Helper()
		for i, want := range []string{"api", "worker", ""} {
			if all := r.all(); len(all) != 3 || all[i].Service != want {
				t.Errorf("of %d items, %d is of %q, want %q", len(all), i, all[i].Service, want)
			}
		}
	}
	check()
	if counts := r.items.CountByService(item.Filter{Environment: "test", Statuses: []item.Status{item.Active}}); counts["api"] != 1 || counts["worker"] != 1 || counts[""] != 1 {
		t.Errorf("by service: %v", counts)
	}
	r.crash()
	check()
}
