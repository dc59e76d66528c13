package dataset

import (
	"context"
	"testing"

	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/store/storetest"
)

func TestDeleteColumn_KeepsWhatCalculatedFieldsRead(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.send("api", map[string]any{"n": 1, "shared": 1})
	r.send("web", map[string]any{"shared": 1})
	for scope, field := range map[string]CalculatedSettings{
		"api": {Alias: "mine", Expression: "$n > 1"}, All: {Alias: "wide", Expression: "SUM($n, $shared)"},
	} {
		_, err := r.CreateCalculated(t.Context(), env, scope, field)
		must(t, err)
	}
	want(t, r.DeleteColumn(t.Context(), env, "api", r.column("api", "n").ID), fault.Conflict, "column is in use by 2 derived columns: 'mine', 'wide'")
	must(t, r.DeleteColumn(t.Context(), env, "api", r.column("api", "shared").ID)) // the other dataset has it
	want(t, r.DeleteColumn(t.Context(), env, "web", r.column("web", "shared").ID), fault.Conflict, "column is in use by 1 derived columns: 'wide'")
}

func TestDelete_TakesEverything(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.send("api", map[string]any{"n": 1, "trace.trace_id": "a"})
	r.send("web", map[string]any{"n": 1})
	_, err := r.CreateCalculated(t.Context(), env, "api", CalculatedSettings{Alias: "x", Expression: "INT(1)"})
	must(t, err)
	must(t, r.Define(t.Context(), env, "api", map[string]string{"user": "n"}))
	want(t, r.Delete(t.Context(), env, "api"), fault.Conflict, "delete protect")
	want(t, r.Delete(t.Context(), env, "nothing"), fault.NotFound, "nothing")
	_, err = r.Update(t.Context(), env, "api", Settings{Deletable: true})
	must(t, err)
	must(t, r.Delete(t.Context(), env, "api"))
	for range 2 {
		if _, ok := r.Find(env, "api"); ok {
			t.Error("it is still there")
		}
		if held := r.store.Catalog(env).Datasets; len(held) != 1 || held[0].Slug != "web" {
			t.Errorf("the store holds %v", held)
		}
		if len(r.Calculated(env, "api")) != 0 {
			t.Error("its calculated field is still there")
		}
		r.restart()
	}
	r.send("api", map[string]any{"m": 1})
	equal(t, "columns", r.names("api"), "m integer")
	d, _ := r.Find(env, "api")
	equal(t, "settings", d.Settings, Settings{})
	definitions, err := r.Definitions(env, "api")
	must(t, err)
	equal(t, "definitions", len(definitions), 0)
}

// busy is a store into which an event comes while a dataset is dropped.
type busy struct {
	*storetest.Reference
	dropped func()
}

func (b busy) DropDataset(ctx context.Context, environment, dataset string) error {
	defer b.dropped()
	return b.Reference.DropDataset(ctx, environment, dataset)
}

func TestDelete_KeepsWhatArrivesBesideIt(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.data = busy{r.store, func() { r.send("api", map[string]any{"m": 1}) }}
	r.restart()
	r.send("api", map[string]any{"n": 1})
	_, err := r.Update(t.Context(), env, "api", Settings{Deletable: true})
	must(t, err)
	must(t, r.Delete(t.Context(), env, "api"))
	equal(t, "columns", r.names("api"), "m integer")
	r.restart()
	equal(t, "columns after a restart", r.names("api"), "m integer")
}

// full is a store that can't remove a dataset as long as its disk is full.
type full struct {
	*storetest.Reference
	is *bool
}

func (f full) DropDataset(ctx context.Context, environment, dataset string) error {
	if *f.is {
		return fault.New(fault.Unavailable, "the disk is full")
	}
	return f.Reference.DropDataset(ctx, environment, dataset)
}

func TestDelete_CanBeTriedAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	isFull := true
	r.data = full{r.store, &isFull}
	r.restart()
	r.send("api", map[string]any{"n": 1})
	_, err := r.Update(t.Context(), env, "api", Settings{Deletable: true})
	must(t, err)
	want(t, r.Delete(t.Context(), env, "api"), fault.Unavailable, "disk is full")
	equal(t, "columns", r.names("api"), "n integer")
	isFull = false
	must(t, r.Delete(t.Context(), env, "api"))
	if _, ok := r.Find(env, "api"); ok {
		t.Error("it is still there")
	}
}
