package api

import (
	"bytes"
	"cmp"
	"context"
	"embed"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"text/template"
	"time"

	"github.com/oriel-dev/oriel/internal/auth"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/store"
)

//go:embed setup/*.txt
var setupFiles embed.FS //nolint:gochecknoglobals // embedded files are constants

// setupCard is what one product's SDKs are told. Its tabs are files in setup/.
type setupCard struct {
	id, title string
	lead      string
	key       auth.Kind // of the key that it shows
	test      testKind
	languages []string
}

// setupCards are the cards in the order in which they stand.
func setupCards() []setupCard {
	return []setupCard{
		{
			"opentelemetry", "OpenTelemetry, Honeycomb", "Point any OpenTelemetry SDK at this server: three variables are enough, and code written for Honeycomb needs no change.",
			auth.HoneycombIngest, testTrace,
			[]string{"python", "node", "go-http", "go-grpc", "java", "distro-go", "libhoney-node", "collector", "curl"},
		},
		{
			"cloudwatch", "CloudWatch Logs", "Point any SDK of AWS at this server: the endpoint is all that changes, and regions and accounts may have any name.",
			auth.AWS, testLines,
			[]string{"cloudwatch-python", "cloudwatch-go", "cloudwatch-node", "cloudwatch-java", "cloudwatch-cli", "cloudwatch-docker"},
		},
		{
			"rollbar", "Rollbar", "Point any Rollbar SDK at this server: its endpoint is all that changes, and code written for Rollbar stays as it is.",
			auth.RollbarWrite, testError,
			[]string{"rollbar-python", "rollbar-go", "rollbar-browser", "rollbar-node", "rollbar-java", "rollbar-ruby", "rollbar-php", "rollbar-deploy"},
		},
		{
			"xray", "X-Ray", "This server is the daemon: SDKs of X-Ray send segments to it over UDP and ask it for sampling rules. Segments and spans of one request are one trace.",
			auth.AWS, testSegment,
			[]string{"xray-python", "xray-go", "xray-node", "xray-java", "xray-cli", "xray-lambda"},
		},
		{
			"library", "The Go library", "One call gives a Go service all four: spans, log lines, errors and segments that know each other.",
			auth.HoneycombIngest, testTrace,
			[]string{"library"},
		},
	}
}

type setupSnippet struct {
	ID      string `json:"id"`
	Title   string `json:"title"`
	Lang    string `json:"lang"`
	Install string `json:"install"`
	Env     string `json:"env"`
	Code    string `json:"code"`
}

type setupCardJSON struct {
	ID        string         `json:"id"`
	Title     string         `json:"title"`
	Lead      string         `json:"lead"`
	Note      string         `json:"note,omitempty"`
	KeyKind   string         `json:"key_kind"`
	Test      testKind       `json:"test"`
	Curl      string         `json:"curl"`
	Languages []setupSnippet `json:"languages"`
}

// What the snippets show in place of a key.
const (
	openKey   = "any-key-works"                    // where any is taken
	openToken = "any-token-of-32-characters-works" // Rollbar's SDK for PHP refuses shorter ones
	noKey     = "YOUR-KEY"                         // until one is made
)

// setupValues are what the templates of snippets are filled with.
type setupValues struct {
	Endpoint   string // scheme, host and port of the main address
	XRay       string // host and port of the daemon
	Key, Token string // of Honeycomb's kind, and of Rollbar's
	AccessKey  string
	SecretKey  string
	Region     string
	TestGroup  string
}

// setup writes the snippets with this server's own address, as the caller
// reached it. Where any key is taken they work as they are; where keys are
// required they show the caller's own, and POST makes one to give away.
func (a *API) setup(w http.ResponseWriter, r *http.Request) error {
	values := a.setupValues(r)
	cards := []setupCardJSON{}
	for _, card := range setupCards() {
		c, err := a.fillCard(card, values)
		if err != nil {
			return err
		}
		cards = append(cards, c)
	}
	return a.answer(w, r, store.Stats{}, map[string]any{"endpoint": values.Endpoint, "key": values.Key, "fresh": a.Open, "cards": cards})
}

// setupWithKey is one card with a fresh key that may only send, and, of AWS's kind,
// ask.
func (a *API) setupWithKey(w http.ResponseWriter, r *http.Request) error {
	var ask struct {
		Card string `json:"card"`
	}
	if err := readJSON(w, r, &ask); err != nil {
		return err
	}
	for _, card := range setupCards() {
		if card.id != ask.Card {
			continue
		}
		values := a.setupValues(r)
		kinds := []auth.Kind{card.key}
		if card.id == "library" {
			kinds = append(kinds, auth.AWS, auth.RollbarWrite)
		}
		for _, kind := range kinds {
			if err := a.addKey(r.Context(), callerOf(r), kind, &values); err != nil {
				return err
			}
		}
		c, err := a.fillCard(card, values)
		if err != nil {
			return err
		}
		return a.answer(w, r, store.Stats{}, map[string]any{"card": c})
	}
	return fault.New(fault.NotFound, "there is no card %.100q", ask.Card)
}

func (a *API) setupValues(r *http.Request) setupValues {
	scheme := "http"
	if r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https" {
		scheme = "https"
	}
	host := safeHost(r.Host)
	v := setupValues{
		Endpoint: scheme + "://" + host, Key: callerOf(r).key, Token: noKey, AccessKey: noKey, SecretKey: "YOUR-SECRET", Region: "us-east-1", TestGroup: testGroup,
	}
	if v.Key == "" || strings.ContainsFunc(v.Key, notKeyRune) {
		v.Key = openKey
	}
	if a.Open {
		v.Token, v.AccessKey, v.SecretKey = openToken, openKey, openKey
	}
	if _, port, err := net.SplitHostPort(a.Endpoints()["xray"]); err == nil {
		name := host
		if h, _, err := net.SplitHostPort(host); err == nil {
			name = h
		}
		v.XRay = net.JoinHostPort(strings.Trim(name, "[]"), port)
	}
	return v
}

func (a *API) fillCard(card setupCard, values setupValues) (setupCardJSON, error) {
	out := setupCardJSON{
		ID: card.id, Title: card.title, Lead: card.lead, KeyKind: string(card.key), Test: card.test, Curl: curlOf(card.test, values), Languages: []setupSnippet{},
	}
	if values.XRay == "" {
		values.XRay = "127.0.0.1:2000"
		if card.id == "xray" {
			out.Note = "The daemon's address is switched off: start the server with --xray 127.0.0.1:2000, or with an address that your applications reach."
		}
	}
	for _, id := range card.languages {
		s, err := readSnippet(id, values)
		if err != nil {
			return out, err
		}
		out.Languages = append(out.Languages, s)
	}
	return out, nil
}

// madeKeys are keys that were made for the set-up page. Who looks at it again within
// an hour is shown the same ones. They are in memory only: what is kept on disk of a
// key does not say it again.
type madeKeys struct {
	mu   sync.Mutex
	keys map[madeFor]madeKey
}

type madeFor struct {
	owner, environment string
	kind               auth.Kind
}

type madeKey struct {
	secret auth.Secret
	at     time.Time
}

const (
	shownFor = time.Hour
	maxMade  = 200
)

// addKey puts a key of a kind into values. A key can do no more than its maker's.
func (a *API) addKey(ctx context.Context, c caller, kind auth.Kind, values *setupValues) error {
	if a.Open {
		return nil
	}
	may := c.principal.Permissions
	if !may.SendEvents || !may.CreateDatasets {
		return fault.New(fault.Denied, "key %s may not make keys: sign in with one that may send events and create datasets, or run oriel keys create", c.principal.KeyID)
	}
	a.made.mu.Lock()
	defer a.made.mu.Unlock()
	now, who := a.clock(), madeFor{c.principal.KeyID, c.environment, kind}
	for k, m := range a.made.keys {
		if now.Sub(m.at) > shownFor {
			delete(a.made.keys, k)
		}
	}
	made, ok := a.made.keys[who]
	if !ok {
		if len(a.made.keys) >= maxMade {
			return fault.Busy(fault.Throttled, time.Minute, "%d keys were made for this page within an hour: run oriel keys create", maxMade)
		}
		permissions := auth.Permissions{SendEvents: true, CreateDatasets: true}
		if kind == auth.AWS {
			permissions.RunQueries = may.RunQueries
		}
		_, secret, err := a.Keys.Create(ctx, auth.NewKey{Kind: kind, Name: "set-up page", Environment: c.environment, Permissions: &permissions})
		if err != nil {
			return err
		}
		made = madeKey{secret, now}
		a.made.keys[who] = made
	}
	made.put(kind, values)
	return nil
}

// put writes the secret where the templates look for it.
func (m madeKey) put(kind auth.Kind, values *setupValues) {
	values.AccessKey, values.SecretKey = cmp.Or(m.secret.AccessKeyID, values.AccessKey), cmp.Or(m.secret.SecretAccessKey, values.SecretKey)
	if kind == auth.RollbarWrite {
		values.Token = m.secret.Key
		return
	}
	values.Key = cmp.Or(m.secret.Key, values.Key)
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
