package honeycomb

import (
	"context"
	"testing"

	"github.com/oriel-dev/oriel/internal/auth"
	"github.com/oriel-dev/oriel/internal/golden"
	"github.com/oriel-dev/oriel/internal/protocol/body"
	"github.com/oriel-dev/oriel/internal/protocol/protocoltest"
)

var _ = golden.Flag()

func TestTranscripts(t *testing.T) {
	t.Parallel()
	protocoltest.Run(t, "testdata/transcripts/*.txtar", func(t *testing.T) *protocoltest.Target { return openTarget(t, false) })
}

func TestTranscripts_OpenMode(t *testing.T) {
	t.Parallel()
	protocoltest.Run(t, "testdata/open/*.txtar", func(t *testing.T) *protocoltest.Target { return openTarget(t, true) })
}

func openTarget(t *testing.T, open bool) *protocoltest.Target {
	t.Helper()
	r := newRig(t, open)
	now, dropped := testClock.UnixNano(), ""
	return &protocoltest.Target{
		URL: r.url, Now: now,
		Vars: map[string]string{
			"KEY": r.keys[auth.Honeycomb], "CLASSIC": r.keys[auth.HoneycombClassic], "INGEST": r.keys[auth.HoneycombIngest],
			"ID_OF_KEY": r.ids[auth.Honeycomb], "ID_OF_CLASSIC": r.ids[auth.HoneycombClassic], "ID_OF_INGEST": r.ids[auth.HoneycombIngest],
		},
		Events: func() string { return protocoltest.Events(r.store.Take(), now) },
		Drops: func() string {
			all := protocoltest.Drops(r.door.Ledger().Drops())
			if all == dropped {
				return ""
			}
			dropped = all
			return all
		},
		Set: r.set,
	}
}

// set brings the front end into a state in which it refuses.
func (r *rig) set(t *testing.T, state string) {
	t.Helper()
	switch state {
	case "busy": // other requests hold all the memory there is
		r.others = r.front.bodies.memory()
		must(t, r.others.reserve(body.MostHeld))
	case "idle":
		r.others.Release()
	case "closing":
		must(t, r.door.Close(context.WithoutCancel(t.Context())))
	default:
		t.Fatalf("no state is called %q", state)
	}
}
