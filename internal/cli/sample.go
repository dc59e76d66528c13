package cli

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/oriel-dev/oriel/internal/cli/usage"
)

const aboutSample = `Loads an hour of a sample app's telemetry into a running server, or removes it. It is
in an environment of its own, "sample", and never mixed with what is real.

  oriel sample            say whether it is there
  oriel sample load       load it, or what of the last hour is missing
  oriel sample remove     remove it for good: events, errors, log groups and markers`

// sampleState is what the API says of sample data.
type sampleState struct {
	Present bool    `json:"present"`
	Loading bool    `json:"loading"`
	Done    float64 `json:"done"`
}

func runSample(ctx context.Context, s Streams, args []string) error {
	var t target
	set := flags(s, "sample", aboutSample, &t)
	rest, err := usage.Parse(set, args)
	if err != nil {
		return err
	}
	c := t.client(s)
	var state sampleState
	switch {
	case len(rest) > 1:
		return usage.Errorf("unexpected argument %q (oriel sample --help says more)", rest[1])
	case len(rest) == 0:
		if err := c.get(ctx, "/api/sample", nil, &state); err != nil {
			return err
		}
		text := "there is no sample data; oriel sample load brings some"
		if state.Loading {
			text = fmt.Sprintf("sample data is coming in: %.0f %%", state.Done*100)
		} else if state.Present {
			text = `sample data is in the environment "sample"; oriel sample remove removes it`
		}
		_, err := fmt.Fprintln(s.Out, text)
		return err
	case rest[0] == "load":
		if err := c.post(ctx, "/api/sample", struct{}{}, &state); err != nil {
			return err
		}
		if err := awaitSample(ctx, s, c, &state); err != nil {
			return err
		}
		_, err := fmt.Fprintf(s.Out, "an hour of sample data is in: %s/?env=sample\n", c.base)
		return err
	case rest[0] == "remove":
		resp, err := c.request(ctx, http.MethodDelete, "/api/sample", nil, nil) //nolint:bodyclose // closed where it is read
		if err != nil {
			return err
		}
		if err := decode(resp, &state); err != nil {
			return err
		}
		_, err = fmt.Fprintln(s.Out, "sample data is removed")
		return err
	}
	return usage.Errorf("unknown command %q: sample load or remove%s", "sample "+clean(rest[0]), usage.Meant(rest[0], []string{"load", "remove"}))
}

// awaitSample waits until the loading has ended, and shows how far it is.
func awaitSample(ctx context.Context, s Streams, c *client, state *sampleState) error {
	const often = 200 * time.Millisecond
	tick := time.NewTicker(often)
	defer tick.Stop()
	for state.Loading {
		if s.Hints {
			_, _ = fmt.Fprintf(s.Err, "\r\033[K%3.0f %%", state.Done*100)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		if err := c.get(ctx, "/api/sample", nil, state); err != nil {
			return err
		}
	}
	if s.Hints {
		_, _ = fmt.Fprint(s.Err, "\r\033[K")
	}
	if !state.Present {
		return fmt.Errorf("the sample data could not be loaded; the server's log says why")
	}
	return nil
}
