package app

import (
	"fmt"
	"net/http"
	"os"

	"github.com/oriel-dev/oriel/examples/cruddur/web"
)

// page is what visitors see; the environment says where it reports to.
func (a *App) page() (http.Handler, error) {
	c := web.FromEnvironment(os.Getenv)
	c.Environment = a.config.Environment
	page, err := web.Handler(c, Handles())
	if err != nil {
		return nil, fmt.Errorf("prepare the page: %w", err)
	}
	return page, nil
}
