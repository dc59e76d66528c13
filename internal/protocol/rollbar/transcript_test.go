package rollbar

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/oriel-dev/oriel/internal/auth"
	"github.com/oriel-dev/oriel/internal/protocol/protocoltest"
)

func TestTranscripts(t *testing.T) {
	t.Parallel()
	protocoltest.Run(t, "testdata/transcripts/*.txtar", func(t *testing.T) *protocoltest.Target {
		r := newRig(t, false)
		srv := httptest.NewServer(r.front)
		t.Cleanup(srv.Close)
		dropped := ""
		return &protocoltest.Target{
			URL: srv.URL, Now: testStart, Vars: map[string]string{"TOKEN": r.keys[auth.RollbarWrite]},
			Events: func() string {
				text := protocoltest.Events(r.store.Take(), testStart)
				return strings.ReplaceAll(text, masked(r.keys[auth.RollbarWrite]), "$SHOWN")
			},
			Drops: func() string {
				all := protocoltest.Drops(r.door.Ledger().Drops())
				if all == dropped {
					return ""
				}
				dropped = all
				return all
			},
		}
	})
}
