package rollbar

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/oriel-dev/oriel/internal/auth"
	"github.com/oriel-dev/oriel/internal/item"
)

// accessToken is a token as the API gives it. Its text is there when it is made, and
// in the answer to who names the token by it: of keys we keep no more than what
// tells them when they come.
type accessToken struct {
	AccessToken  string   `json:"access_token,omitempty"`
	PublicID     string   `json:"public_id"`
	Name         string   `json:"name"`
	ProjectID    int64    `json:"project_id"`
	Scopes       []string `json:"scopes"`
	Status       string   `json:"status"`
	TokenType    string   `json:"token_type"`
	WindowSize   *int64   `json:"rate_limit_window_size"`
	WindowCount  *int64   `json:"rate_limit_window_count"`
	WindowStart  *int64   `json:"cur_rate_limit_window_start"`
	WindowUsed   *int64   `json:"cur_rate_limit_window_count"`
	DateCreated  int64    `json:"date_created"`
	DateModified int64    `json:"date_modified"`
}

func tokenHandlers() map[string]handler {
	return map[string]handler{
		"listAccessTokens": (*Front).listAccessTokens, "createAccessToken": (*Front).createAccessToken,
		"getAccessToken": (*Front).getAccessToken, "updateAccessToken": (*Front).updateAccessToken, "deleteAccessToken": (*Front).deleteAccessToken,
	}
}

// tokensOf lists the keys of a project that are Rollbar's.
func (f *Front) tokensOf(environment string) (list []auth.Key) {
	for _, k := range f.Keys.List() {
		if k.Environment == environment && (k.Kind == auth.RollbarWrite || k.Kind == auth.RollbarRead) {
			list = append(list, k)
		}
	}
	return list
}

func (f *Front) tokenObject(p item.Project, k auth.Key) accessToken {
	said, start, used := f.quotas.settings(k.ID)
	held := said.Scopes
	if held == 0 {
		held = scopesOf(&auth.Principal{KeyID: k.ID, Permissions: k.Permissions})
	}
	t := accessToken{
		PublicID: k.ID, Name: k.Name, ProjectID: p.ID, Scopes: held.names(), Status: "enabled", TokenType: "v2",
		DateCreated: k.Created.Unix(), DateModified: k.Created.Unix(),
	}
	switch {
	case k.Disabled:
		t.Status = "disabled"
	case !k.Expires.IsZero() && !f.Clock().Before(k.Expires):
		t.Status = "expired"
	}
	if said.WindowCount > 0 {
		size, count, begun := int64(said.WindowSize/time.Second), said.WindowCount, unix(start)
		t.WindowSize, t.WindowCount, t.WindowStart, t.WindowUsed = &size, &count, &begun, &used
	}
	return t
}

// tokenSpec is what may be said about a token; nil and "" leave it as it is.
type tokenSpec struct {
	Name   string          `json:"name"`
	Scopes json.RawMessage `json:"scopes"`
	Status string          `json:"status"`
	Size   *flexible       `json:"rate_limit_window_size"`
	Count  *flexible       `json:"rate_limit_window_count"`

	PublicID string `json:"public_id"`
	Token    string `json:"project_access_token"`

	scopes scopes
	text   string // of the token, if it was named by that
}

// flexible is a whole number that may come as a text, as forms send it, or null.
type flexible int64

// UnmarshalJSON implements json.Unmarshaler.
func (n *flexible) UnmarshalJSON(text []byte) error {
	s := strings.Trim(string(text), `"`)
	if s == "" || s == "null" {
		*n = 0
		return nil
	}
	var v int64
	if err := json.Unmarshal([]byte(s), &v); err != nil {
		return err
	}
	*n = flexible(v)
	return nil
}

// check reads the scopes and looks at the rest.
func (s *tokenSpec) check() error {
	if s.Status != "" && !slices.Contains([]string{"enabled", "active", "disabled"}, s.Status) {
		return invalid("Invalid format. status is %.40q: want enabled or disabled", s.Status)
	}
	if len(s.Scopes) == 0 || string(s.Scopes) == "null" {
		return nil
	}
	var names []string
	if err := json.Unmarshal(s.Scopes, &names); err != nil {
		var one string // of a form
		if err := json.Unmarshal(s.Scopes, &one); err != nil {
			return invalid("Invalid format. scopes must be a list of names")
		}
		names = strings.Split(one, ",")
	}
	for _, name := range names {
		scope := scopeNamed(strings.TrimSpace(name))
		if scope == 0 {
			return invalid("Invalid format. scopes has %.40q: want any of %s", name, strings.Join(anyScope.names(), ", "))
		}
		s.scopes |= scope
	}
	if s.scopes == 0 {
		return invalid("Invalid format. scopes is empty: want any of %s", strings.Join(anyScope.names(), ", "))
	}
	return nil
}

// permissionsOf is what a key with scopes may do at all.
func permissionsOf(s scopes) auth.Permissions {
	return auth.Permissions{SendEvents: s&posts != 0, CreateDatasets: s&posts != 0, RunQueries: s&(read|write) != 0}
}

// makeToken makes a key with what is said about it.
func (f *Front) makeToken(ctx context.Context, p item.Project, spec tokenSpec) (accessToken, error) {
	kind, may := auth.RollbarRead, permissionsOf(spec.scopes)
	if may.SendEvents {
		kind = auth.RollbarWrite
	}
	settings := tokenSettings{Scopes: spec.scopes}
	spec.limit(&settings)
	if err := settings.check(); err != nil {
		return accessToken{}, err
	}
	k, secret, err := f.Keys.Create(ctx, auth.NewKey{Kind: kind, Name: spec.Name, Environment: p.Environment, Permissions: &may})
	if err != nil {
		return accessToken{}, err
	}
	if err := f.quotas.set(ctx, k.ID, settings); err != nil {
		return accessToken{}, err
	}
	if spec.Status == "disabled" {
		if err := f.Keys.Disable(ctx, k.ID, true); err != nil {
			return accessToken{}, err
		}
		k.Disabled = true
	}
	t := f.tokenObject(p, k)
	t.AccessToken = secret.Key
	return t, nil
}

// limit puts what is said about the rate into settings.
func (s *tokenSpec) limit(to *tokenSettings) {
	if s.Size != nil {
		to.WindowSize = time.Duration(*s.Size) * time.Second
	}
	if s.Count != nil {
		to.WindowCount = int64(*s.Count)
	}
}

func (f *Front) listAccessTokens(c *call) (reply, error) {
	p, err := f.accountProject(c, "id")
	if err != nil {
		return reply{}, err
	}
	list := []accessToken{}
	for _, k := range f.tokensOf(p.Environment) {
		list = append(list, f.tokenObject(p, k))
	}
	return reply{result: list}, nil
}

func (f *Front) createAccessToken(c *call) (reply, error) {
	p, err := f.accountProject(c, "id")
	if err != nil {
		return reply{}, err
	}
	var spec tokenSpec
	if err := c.decode(&spec); err != nil {
		return reply{}, err
	}
	if err := spec.check(); err != nil {
		return reply{}, err
	}
	switch {
	case spec.Name == "":
		return reply{}, invalid("Invalid format. name is missing and it is required.")
	case spec.scopes == 0:
		return reply{}, invalid("Invalid format. scopes is missing and it is required.")
	}
	t, err := f.makeToken(c.Context(), p, spec)
	return reply{result: t}, err
}

// namedToken finds the token that a call is about: by its public id or its text, in
// the path or the body.
func (f *Front) namedToken(c *call) (p item.Project, k auth.Key, spec tokenSpec, err error) {
	if p, err = f.accountProject(c, "id"); err != nil {
		return p, k, spec, err
	}
	if len(c.body) > 0 || c.form != nil {
		if err := c.decode(&spec); err != nil {
			return p, k, spec, err
		}
	}
	for _, name := range []string{c.PathValue("token"), spec.PublicID, spec.Token} {
		if name == "" {
			continue
		}
		id := name
		if who, err := f.Keys.Authenticate(c.Context(), auth.Rollbar, name); err == nil && who.KeyID != "" {
			id, spec.text = who.KeyID, name
		}
		k, ok := f.Keys.Find(id)
		if ok && k.Environment == p.Environment && (k.Kind == auth.RollbarRead || k.Kind == auth.RollbarWrite) {
			return p, k, spec, nil
		}
		return p, k, spec, notFound("Access token not found in this project: %s", masked(name))
	}
	return p, k, spec, invalid("Invalid format. Name the token in the path, or by public_id or project_access_token in the body.")
}

func (f *Front) updateAccessToken(c *call) (reply, error) {
	p, k, spec, err := f.namedToken(c)
	if err != nil {
		return reply{}, err
	}
	if err := spec.check(); err != nil {
		return reply{}, err
	}
	settings, _, _ := f.quotas.settings(k.ID)
	spec.limit(&settings)
	var change auth.Change
	if spec.scopes != 0 {
		settings.Scopes = spec.scopes
		may := permissionsOf(spec.scopes)
		change.Permissions = &may
	}
	if err := settings.check(); err != nil {
		return reply{}, err
	}
	if spec.Name != "" {
		change.Name = &spec.Name
	}
	if spec.Status != "" {
		off := spec.Status == "disabled"
		change.Disabled = &off
	}
	if k, err = f.Keys.Update(c.Context(), k.ID, change); err != nil {
		return reply{}, err
	}
	if err := f.quotas.set(c.Context(), k.ID, settings); err != nil {
		return reply{}, err
	}
	t := f.tokenObject(p, k)
	t.AccessToken = spec.text
	return reply{result: t}, nil
}

// getAccessToken reads one token. Rollbar has no such call; it is for clients that
// keep the text they got when they made the token, and compare what they read.
func (f *Front) getAccessToken(c *call) (reply, error) {
	p, k, spec, err := f.namedToken(c)
	if err != nil {
		return reply{}, err
	}
	t := f.tokenObject(p, k)
	t.AccessToken = spec.text
	return reply{result: t}, nil
}

func (f *Front) deleteAccessToken(c *call) (reply, error) {
	_, k, _, err := f.namedToken(c)
	if err != nil {
		return reply{}, err
	}
	if err := f.Keys.Remove(c.Context(), k.ID); err != nil {
		return reply{}, err
	}
	return reply{result: "Access token has been deleted."}, f.quotas.forget(c.Context(), k.ID)
}
