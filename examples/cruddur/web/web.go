// Package web is Cruddur's page: plain HTML, CSS and two small scripts, inside the
// program. It reports as pages do: spans over OTLP, errors with rollbar.js. Where to,
// the environment of the server says; the page asks for config.json. Nothing here
// knows the API's code: the page calls it like any other client.
package web

import (
	"cmp"
	"embed"
	"encoding/json"
	"io/fs"
	"net/http"
	"net/url"
	"strings"
)

// Version is the page's own.
const Version = "1.4.0"

//go:embed static
var files embed.FS //nolint:gochecknoglobals // embedded files are constants

// Config is where the page reports to. What has no key is off. Browsers show their
// keys to everyone: these are not the backend's, and may only send.
type Config struct {
	SpansURL, SpansKey     string // of OTLP over HTTP
	ErrorsURL, ErrorsToken string // of Rollbar's items
	Environment            string
}

// FromEnvironment reads HONEYCOMB_BROWSER_KEY and ROLLBAR_CLIENT_TOKEN (a token with
// the scope post_client_item). The addresses are those of the backend, unless
// HONEYCOMB_BROWSER_ENDPOINT and ROLLBAR_CLIENT_ENDPOINT say that browsers know
// others.
func FromEnvironment(env func(string) string) Config {
	spans := cmp.Or(env("HONEYCOMB_BROWSER_ENDPOINT"), env("HONEYCOMB_API_ENDPOINT"), "https://api.honeycomb.io")
	items := strings.TrimSuffix(cmp.Or(env("ROLLBAR_CLIENT_ENDPOINT"), env("ROLLBAR_ENDPOINT"), "https://api.rollbar.com/api/1"), "/")
	if strings.HasSuffix(items, "/api/1") {
		items += "/item"
	}
	return Config{
		SpansURL: strings.TrimSuffix(spans, "/") + "/v1/traces", SpansKey: env("HONEYCOMB_BROWSER_KEY"),
		ErrorsURL: items + "/", ErrorsToken: env("ROLLBAR_CLIENT_TOKEN"),
	}
}

// forPage is config.json.
type forPage struct {
	Version     string   `json:"version"`
	Environment string   `json:"environment"`
	People      []string `json:"people"`
	Spans       *target  `json:"spans,omitempty"`
	Errors      *target  `json:"errors,omitempty"`
}

type target struct {
	URL string `json:"url"`
	Key string `json:"key"`
}

// Handler serves the page; people are whom a visitor can be.
func Handler(c Config, people []string) (http.Handler, error) {
	static, err := fs.Sub(files, "static")
	if err != nil {
		return nil, err
	}
	page := forPage{Version: Version, Environment: c.Environment, People: people}
	connect := "'self'"
	if c.SpansKey != "" {
		page.Spans = &target{c.SpansURL, c.SpansKey}
		connect += originOf(c.SpansURL)
	}
	if c.ErrorsToken != "" {
		page.Errors = &target{c.ErrorsURL, c.ErrorsToken}
		connect += originOf(c.ErrorsURL)
	}
	config, err := json.Marshal(page)
	if err != nil {
		return nil, err
	}
	served := http.FileServerFS(static)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'self'; connect-src "+connect+"; frame-ancestors 'none'; base-uri 'none'; form-action 'self'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-cache")
		if r.URL.Path == "/config.json" {
			h.Set("Content-Type", "application/json")
			_, _ = w.Write(config) // the client is gone: nobody to tell
			return
		}
		served.ServeHTTP(w, r)
	}), nil
}

func originOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return " " + u.Scheme + "://" + u.Host
}
