package cli

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/oriel-dev/oriel/internal/cli/usage"
)

const aboutHealth = `Says whether a server takes data and answers, as GET /readyz does, and fails if it
does not: for the health checks of containers, which may have nothing else to ask with.`

// healthWait is how long a server has to answer.
const healthWait = 2 * time.Second

func runHealth(ctx context.Context, s Streams, args []string) error {
	var t target
	set := flags(s, "health", aboutHealth, &t)
	rest, err := usage.Parse(set, args)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return usage.Errorf("unexpected argument %q (oriel health --help says more)", rest[0])
	}
	ctx, cancel := context.WithTimeout(ctx, healthWait)
	defer cancel()
	resp, err := t.client(s).request(ctx, http.MethodGet, "/readyz", nil, nil)
	if err != nil {
		return fmt.Errorf("not ready: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(resp.Body, 1<<12))
	if err != nil {
		return fmt.Errorf("not ready: %w", err)
	}
	_, err = fmt.Fprintln(s.Out, clean(strings.TrimSpace(string(text))))
	return err
}
