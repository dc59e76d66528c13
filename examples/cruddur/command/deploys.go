package command

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"os"
	"strings"

	"github.com/oriel-dev/oriel/examples/cruddur/app"
)

// tellDeploy does what a deploy script does: it tells Rollbar, and puts a marker into
// Honeycomb, where there are keys for them.
func tellDeploy(ctx context.Context, version, before string) {
	if token := os.Getenv("ROLLBAR_ACCESS_TOKEN"); token != "" {
		base, _, found := strings.Cut(os.Getenv("ROLLBAR_ENDPOINT"), "/api/1")
		if !found {
			base = "https://api.rollbar.com"
		}
		post(ctx, base+"/api/1/deploy", "X-Rollbar-Access-Token", token, map[string]string{
			"environment": "production", "revision": version, "local_username": "ci", "comment": changes(version, before),
		})
	}
	if key := os.Getenv("HONEYCOMB_API_KEY"); key != "" {
		base := strings.TrimSuffix(os.Getenv("HONEYCOMB_API_ENDPOINT"), "/")
		if base == "" {
			base = "https://api.honeycomb.io"
		}
		post(ctx, base+"/1/markers/__all__", "X-Honeycomb-Team", key, map[string]string{"message": "cruddur " + version, "type": "deploy"})
	}
}

// changes is what a deploy script takes from the log of commits.
func changes(version, before string) string {
	switch {
	case version == app.VersionBad:
		return "archive old posts; notifications show what they are about"
	case before == app.VersionBad:
		return "roll back " + before + ": replies fail, notifications are slow"
	}
	return "likes are counted once"
}

func post(ctx context.Context, address, header, key string, body any) {
	raw, err := json.Marshal(body)
	if err != nil {
		return
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(raw))
	if err != nil {
		return
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set(header, key)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		slog.WarnContext(ctx, "the deploy could not be told", slog.Any("error", err))
		return
	}
	_ = response.Body.Close()
}
