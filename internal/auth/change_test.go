package auth

import (
	"testing"

	"github.com/oriel-dev/oriel/internal/fault"
)

func TestUpdateAndRemove(t *testing.T) {
	t.Parallel()
	k := open(t, t.TempDir(), false)
	key, secret, err := k.Create(t.Context(), NewKey{Kind: RollbarRead})
	if err != nil {
		t.Fatal(err)
	}
	name, off := "nightly", true
	if got, err := k.Update(t.Context(), key.ID, Change{Name: &name, Permissions: &Permissions{SendEvents: true}}); err != nil || got.Name != name || !got.Permissions.SendEvents || got.Permissions.RunQueries {
		t.Fatalf("%+v %v", got, err)
	}
	if who, err := k.Authenticate(t.Context(), Rollbar, secret.Key); err != nil || who.KeyName != name || !who.Permissions.SendEvents {
		t.Fatalf("%+v %v", who, err)
	}
	if _, err := k.Update(t.Context(), key.ID, Change{Disabled: &off}); err != nil {
		t.Fatal(err)
	}
	if _, err := k.Authenticate(t.Context(), Rollbar, secret.Key); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("a disabled key: %v", err)
	}
	bad := ""
	if _, err := k.Update(t.Context(), key.ID, Change{Name: &bad}); !fault.Is(err, fault.Invalid) {
		t.Errorf("no name: %v", err)
	}
	if err := k.Remove(t.Context(), key.ID); err != nil || k.Knows(key.ID) {
		t.Errorf("removed: %v", err)
	}
	if err := k.Remove(t.Context(), key.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("removed twice: %v", err)
	}
}

func TestRemoveEnvironment_TakesItsKeys(t *testing.T) {
	t.Parallel()
	k := open(t, t.TempDir(), false)
	k.now.Add(1) // the older environment is the default one
	if _, err := k.CreateEnvironment(t.Context(), "shop", "Shop"); err != nil {
		t.Fatal(err)
	}
	key, _, err := k.Create(t.Context(), NewKey{Kind: RollbarRead, Environment: "shop"})
	if err != nil {
		t.Fatal(err)
	}
	if err := k.RemoveEnvironment(t.Context(), k.Default().Slug); !fault.Is(err, fault.Conflict) {
		t.Errorf("the default environment: %v", err)
	}
	if err := k.RemoveEnvironment(t.Context(), "shop"); err != nil || k.Knows(key.ID) || len(k.Environments()) != 1 {
		t.Errorf("%v %v", err, k.Environments())
	}
	if err := k.RemoveEnvironment(t.Context(), "shop"); !fault.Is(err, fault.NotFound) {
		t.Errorf("removed twice: %v", err)
	}
}
