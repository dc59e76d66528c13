package app

import (
	"fmt"
	"net/http"
	"os"
	"strings"

	"github.com/oriel-dev/oriel/examples/cruddur/web"
)

// front serves the page, and the API below /api/ by whichever version runs: it is
// behind a switch, as instances are behind a load balancer.
func (a *App) front() (http.Handler, error) {
	c := web.FromEnvironment(os.Getenv)
	c.Environment = a.config.Environment
	page, err := web.Handler(c, Handles())
	if err != nil {
		return nil, fmt.Errorf("prepare the page: %w", err)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, "/api/") {
			page.ServeHTTP(w, r)
			return
		}
		a.mu.RLock()
		now := a.current
		a.mu.RUnlock()
		now.handler.ServeHTTP(w, r)
	}), nil
}
