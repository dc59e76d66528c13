package api

import (
	"bytes"
	"embed"
	"fmt"
	"net/http"
	"strings"
	"text/template"

	"github.com/oriel-dev/oriel/internal/auth"
	"github.com/oriel-dev/oriel/internal/store"
)

// start is everything the UI needs for its first paint.
func (a *API) start(w http.ResponseWriter, r *http.Request) error {
	type environment struct {
		Slug string `json:"slug"`
		Name string `json:"name"`
	}
	type service struct {
		Name string `json:"name"`
		Slot int    `json:"slot"`
	}
	visible := map[string]bool{}
	for _, slug := range a.environments(r) {
		visible[slug] = true
	}
	environments := []environment{}
	for _, e := range a.Keys.Environments() {
		if visible[e.Slug] {
			environments = append(environments, environment{e.Slug, e.Name})
		}
	}
	services := []service{}
	for _, s := range a.Datasets.Services() {
		services = append(services, service{s.Name, s.Slot})
	}
	var last int64
	catalog := a.Querier.Catalog(a.environment(r))
	for _, d := range catalog.Datasets {
		last = max(last, d.Last)
	}
	lastEvent := ""
	if last > 0 {
		lastEvent = ns(last)
	}
	mode := "required"
	if a.Open {
		mode = "open"
	}
	return a.answer(w, r, store.Stats{}, map[string]any{
		"version": a.Version, "auth": mode, "environments": environments, "environment": a.environment(r),
		"services": services, "endpoints": a.Endpoints(), "has_data": len(catalog.Datasets) > 0, "last_event": lastEvent,
		"features": map[string]bool{}, "sample": a.sampleState(),
	})
}

//go:embed setup/*.txt
var setupFiles embed.FS //nolint:gochecknoglobals // embedded files are constants

// setupLanguages are the tabs of the OpenTelemetry card, in order.
func setupLanguages() []string {
	return []string{"python", "node", "go-http", "go-grpc", "java", "collector", "curl"}
}

type setupSnippet struct {
	ID      string `json:"id"`
	Title   string `json:"title"`
	Lang    string `json:"lang"`
	Install string `json:"install"`
	Env     string `json:"env"`
	Code    string `json:"code"`
}

// rollbarLanguages are the tabs of the Rollbar card, in order.
func rollbarLanguages() []string {
	return []string{"rollbar-python", "rollbar-go", "rollbar-browser", "rollbar-node", "rollbar-ruby"}
}

// openKey is what the snippets show where any key is taken.
const openKey = "any-key-works"

// setup writes the snippets with this server's own address, as the caller
// reached it, and the key the caller signed in with.
func (a *API) setup(w http.ResponseWriter, r *http.Request) error {
	scheme := "http"
	if r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https" {
		scheme = "https"
	}
	data := struct{ Endpoint, Key string }{scheme + "://" + safeHost(r.Host), callerOf(r).key}
	if data.Key == "" || strings.ContainsFunc(data.Key, notKeyRune) {
		data.Key = openKey
	}
	cards := []map[string]any{}
	for _, card := range []struct {
		id, title string
		languages []string
	}{
		{"opentelemetry", "OpenTelemetry, Honeycomb", setupLanguages()},
		{"rollbar", "Rollbar", rollbarLanguages()},
	} {
		languages := make([]setupSnippet, 0, len(card.languages))
		for _, id := range card.languages {
			s, err := readSnippet(id, data)
			if err != nil {
				return err
			}
			languages = append(languages, s)
		}
		cards = append(cards, map[string]any{"id": card.id, "title": card.title, "languages": languages})
	}
	return a.answer(w, r, store.Stats{}, map[string]any{
		"endpoint": data.Endpoint, "key": data.Key, "key_kind": string(auth.Honeycomb),
		"cards": cards,
	})
}

// safeHost keeps what a request claims as its host from becoming part of a
// command line that somebody copies.
func safeHost(host string) string {
	clean := strings.Map(func(c rune) rune {
		if notKeyRune(c) && !strings.ContainsRune(".:[]", c) {
			return -1
		}
		return c
	}, host)
	if clean == "" {
		return "127.0.0.1:6743"
	}
	return clean
}

func notKeyRune(c rune) bool {
	return (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && c != '_' && c != '-'
}

func readSnippet(id string, data any) (setupSnippet, error) {
	raw, err := setupFiles.ReadFile("setup/" + id + ".txt")
	if err != nil {
		return setupSnippet{}, fmt.Errorf("read the snippet of %s: %w", id, err)
	}
	t, err := template.New(id).Option("missingkey=error").Parse(string(raw))
	if err != nil {
		return setupSnippet{}, fmt.Errorf("parse the snippet of %s: %w", id, err)
	}
	var text bytes.Buffer
	if err := t.Execute(&text, data); err != nil {
		return setupSnippet{}, fmt.Errorf("fill the snippet of %s: %w", id, err)
	}
	s := setupSnippet{ID: id}
	parts := map[string]*string{"title": &s.Title, "lang": &s.Lang, "install": &s.Install, "env": &s.Env, "code": &s.Code}
	var at *string
	for line := range strings.Lines(text.String()) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "-- "); ok && strings.HasSuffix(name, " --") {
			at = parts[strings.TrimSuffix(name, " --")]
			continue
		}
		if at != nil {
			*at += line
		}
	}
	for _, p := range parts {
		*p = strings.TrimRight(*p, "\n")
	}
	return s, nil
}
