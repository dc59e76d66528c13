package item_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/item"
)

func TestMerge_CountsOnMembersAndTheirGroup(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for i, class := range []string{"A", "B", "C", "A"} {
		p := exception(class, "x")
		p["person"] = object{"id": i}
		r.send(p)
	}
	g, err := r.items.Merge(t.Context(), "ann", []int64{1, 2}, 2)
	if err != nil {
		t.Fatal(err)
	}
	if !g.IsGroup || g.Title != "B: x" || g.Total != 3 || g.People != 3 || g.Counter != 4 {
		t.Errorf("%+v", g)
	}
	r.crash()
	r.send(exception("A", "x"), exception("B", "x"))
	named := exception("Z", "x")
	named["fingerprint"] = "group-item-4"
	r.send(named)
	got := fmt.Sprint(r.get(1).Total, r.get(2).Total, r.get(g.ID).Total)
	if got != "3 2 6" {
		t.Error(got)
	}
	if fps := r.items.Fingerprints(g.ID); len(fps) != 3 || len(r.items.Fingerprints(1)) != 1 {
		t.Errorf("%q", fps)
	}
	if list := r.all(); len(list) != 2 || list[0].ID != 3 || list[1].ID != g.ID {
		t.Errorf("%+v", list)
	}
	if _, err := r.items.Merge(t.Context(), "ann", []int64{1, 3}, 0); !fault.Is(err, fault.Conflict) {
		t.Error(err)
	}
	if g, err = r.items.Merge(t.Context(), "ann", []int64{g.ID, 3}, 0); err != nil || len(g.Members) != 3 || g.Total != 7 {
		t.Errorf("%+v %v", g, err)
	}
	// The group lives its own life: a member that happens again reopens it.
	r.change(g.ID, item.Change{Status: new(item.Resolved)})
	r.advance(time.Second)
	r.send(exception("C", "x"))
	if r.get(g.ID).Status != item.Active || r.get(g.ID).Total != 1 {
		t.Errorf("%+v", r.get(g.ID))
	}
	if g, err = r.items.Unmerge(t.Context(), "ann", g.ID, 1); err != nil || len(g.Members) != 2 {
		t.Errorf("%+v %v", g, err)
	}
	if g, err = r.items.Unmerge(t.Context(), "ann", g.ID); err != nil || g.Status != item.Archived {
		t.Errorf("%+v %v", g, err)
	}
	r.send(exception("A", "x"))
	if r.get(1).Total != 4 || r.get(1).Group != 0 {
		t.Errorf("%+v", r.get(1))
	}
}

func TestMerge_RefusesOtherEnvironments(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	staging := exception("A", "x")
	staging["environment"] = "staging"
	r.send(exception("A", "x"), staging)
	for want, ids := range map[fault.Kind][]int64{fault.Invalid: {1, 2}, fault.NotFound: {1, 9}} {
		if _, err := r.items.Merge(t.Context(), "ann", ids, 0); !fault.Is(err, want) {
			t.Errorf("%v: %v", ids, err)
		}
	}
	if s := r.items.Siblings(1); len(s) != 1 || s[0].ErrorEnvironment != "staging" {
		t.Errorf("%+v", s)
	}
}

func TestRemove_ForgetsAnItem(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.send(exception("A", "x"), exception("B", "x"))
	if err := r.items.Remove(t.Context(), []int64{1}); err != nil {
		t.Fatal(err)
	}
	r.crash()
	if _, err := r.items.Get(1); !fault.Is(err, fault.NotFound) {
		t.Error(err)
	}
	r.send(exception("A", "x"))
	if list := r.all(); len(list) != 2 || list[1].Counter != 3 || list[1].Total != 1 {
		t.Errorf("%+v", list)
	}
}
