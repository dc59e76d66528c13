package rollbar

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/oriel-dev/oriel/internal/auth"
	"github.com/oriel-dev/oriel/internal/fault"
)

const tokenHeader = "X-Rollbar-Access-Token"

// scopes are what a token may do.
type scopes uint8

// Rollbar's scopes of a project's tokens, and what only tokens of the account may.
const (
	postServer scopes = 1 << iota
	postClient
	read
	write
	account

	posts    = postServer | postClient
	anyScope = posts | read | write
)

// names returns Rollbar's names of scopes.
func (s scopes) names() []string {
	out := []string{}
	for i, name := range [...]string{"post_server_item", "post_client_item", "read", "write", "account"} {
		if s&(1<<i) != 0 {
			out = append(out, name)
		}
	}
	return out
}

// token is an access token that was let in.
type token struct {
	*auth.Principal
	scopes scopes
}

// stranger reports whether nobody knows the token: in open mode any is taken.
func (t *token) stranger() bool { return t.KeyID == "" }

// holds reports whether the token has one of the scopes that are asked for.
func (t *token) holds(asked scopes) bool { return t.scopes&asked != 0 }

// speaksForProjects reports whether the token is one of the account and a project's
// is needed: it may act for any, once it names it.
func (t *token) speaksForProjects(needs scopes) bool {
	return t.scopes == account && needs&account == 0
}

// lacks says that a token has none of the scopes that are asked for.
func (t *token) lacks(asked scopes) error {
	held := strings.Join(t.scopes.names(), ", ")
	switch {
	case asked == account:
		return refuse(http.StatusForbidden, "insufficient privileges: an account access token is required but the access token only has %s.", held)
	case t.scopes == account:
		return refuse(http.StatusForbidden, "insufficient privileges: a project access token with the scope %s is required but this is an account access token.", strings.Join(asked.names(), " or "))
	}
	return refuse(http.StatusForbidden, "insufficient privileges: %s scope is required but the access token only has %s.", strings.Join(asked.names(), " or "), held)
}

// admit finds out whose a token is. Errors are refusals in Rollbar's words, which
// never show a whole token.
func (f *Front) admit(ctx context.Context, secret string) (*token, error) {
	who, err := f.Keys.Authenticate(ctx, auth.Rollbar, secret)
	switch {
	case errors.Is(err, auth.ErrDisabled):
		return nil, refuse(http.StatusForbidden, "access token is disabled")
	case errors.Is(err, auth.ErrExpired):
		return nil, refuse(http.StatusForbidden, "access token has expired")
	case fault.Is(err, fault.Unauthenticated) && secret == "":
		return nil, refuse(http.StatusUnauthorized, saysNoToken)
	case fault.Is(err, fault.Unauthenticated):
		return nil, refuse(http.StatusForbidden, "access token not found: %s", masked(secret))
	case err != nil:
		return nil, err
	}
	t := &token{Principal: who, scopes: scopesOf(who)}
	if said, _, _ := f.quotas.settings(who.KeyID); said.Scopes != 0 && !t.stranger() {
		t.scopes = said.Scopes
	}
	return t, nil
}

// scopesOf returns what a key may do here by what it may do at all.
func scopesOf(who *auth.Principal) scopes {
	if who.KeyID == "" {
		return anyScope | account
	}
	var s scopes
	if who.Permissions.SendEvents {
		s |= posts
	}
	if who.Permissions.RunQueries {
		s |= read
	}
	if who.Permissions.ManageKeys {
		s |= account
	}
	return s
}

// masked returns what may be shown of a token.
func masked(secret string) string {
	const shown = 4
	if len(secret) <= 2*shown {
		return strings.Repeat("*", min(len(secret), shown))
	}
	return strings.ToValidUTF8(secret[:shown], "*") + "…"
}

func headerToken(r *http.Request) string { return strings.TrimSpace(r.Header.Get(tokenHeader)) }

func queryToken(r *http.Request) string {
	if !strings.Contains(r.URL.RawQuery, "access_token") {
		return ""
	}
	return strings.TrimSpace(r.URL.Query().Get("access_token"))
}
