package honeycomb

import (
	"cmp"
	"maps"
	"time"

	"github.com/oriel-dev/oriel/internal/auth"
)

func authHandlers() map[string]handler {
	return map[string]handler{"getAuth": (*Front).getAuth, "getV2Auth": (*Front).getV2Auth, "getTeamSlug": (*Front).getTeamSlug}
}

// authAnswer is the body of GET /1/auth.
type authAnswer struct {
	ID     string          `json:"id"`
	Type   string          `json:"type"`
	Access map[string]bool `json:"api_key_access"`
	Env    nameAndSlug     `json:"environment"`
	Team   nameAndSlug     `json:"team"`
}

type nameAndSlug struct {
	Name string `json:"name"`
	Slug string `json:"slug"`
}

// anyKeyID stands for a key that we do not know: in open mode it is nobody's, but
// must be something.
const anyKeyID = "any"

// getAuth tells who a key belongs to and what it may do. Classic teams have no
// environments: theirs is empty.
func (f *Front) getAuth(c *call) (reply, error) {
	p := c.who
	answer := authAnswer{ID: cmp.Or(p.KeyID, anyKeyID), Type: "configuration", Team: nameAndSlug{p.TeamName, p.Team}}
	a := p.Permissions
	// One client reads createDatasets, another create_datasets.
	answer.Access = map[string]bool{"createDatasets": a.CreateDatasets, "create_datasets": a.CreateDatasets}
	if p.Kind == auth.HoneycombIngest {
		answer.Type = "ingest"
	} else {
		maps.Copy(answer.Access, map[string]bool{
			"events": a.SendEvents, "markers": a.ManageMarkers, "triggers": a.ManageTriggers, "boards": a.ManageBoards,
			"queries": a.RunQueries, "columns": a.ManageColumns, "slos": a.ManageSLOs, "recipients": a.ManageRecipients, "privateBoards": a.ManageBoards,
		})
	}
	if !p.Classic {
		answer.Env = nameAndSlug{p.EnvironmentName, p.Environment}
	}
	return reply{body: answer}, nil
}

// getTeamSlug is how clients found out whether their key is good before there was
// GET /1/auth: libhoney, honeytail and the agent for Kubernetes of those years.
func (f *Front) getTeamSlug(c *call) (reply, error) {
	return reply{body: map[string]string{"team_slug": c.who.Team}}, nil
}

// apiObject is an object of JSON:API.
type apiObject struct {
	ID            string                     `json:"id"`
	Type          string                     `json:"type"`
	Attributes    any                        `json:"attributes,omitempty"`
	Relationships map[string]apiRelationship `json:"relationships,omitempty"`
}

// apiRelationship points at another object.
type apiRelationship struct {
	Data apiObject `json:"data"`
}

// apiDocument is an answer of JSON:API about one object.
type apiDocument struct {
	Data     apiObject   `json:"data"`
	Included []apiObject `json:"included,omitempty"`
}

// keyAttributes describe a management key.
type keyAttributes struct {
	Name     string        `json:"name"`
	KeyType  string        `json:"key_type"`
	Disabled bool          `json:"disabled"`
	Scopes   []string      `json:"scopes"`
	Times    keyTimestamps `json:"timestamps"`
}

type keyTimestamps struct {
	Created time.Time `json:"created"`
	Updated time.Time `json:"updated"`
}

// getV2Auth tells whose a management key is. Clients take the team's slug from
// what is included and build every later path with it.
func (f *Front) getV2Auth(c *call) (reply, error) {
	id, name := cmp.Or(c.who.KeyID, anyKeyID), cmp.Or(c.who.KeyName, "any key")
	// A key that we do not know, in open mode, is good for as long as there is a team.
	attributes := keyAttributes{Name: name, KeyType: "management", Scopes: []string{}, Times: keyTimestamps{c.who.TeamCreated, c.who.TeamCreated}}
	if c.who.Permissions.ManageKeys {
		attributes.Scopes = []string{"api-keys:read", "api-keys:write", "environments:read", "environments:write"}
	}
	if key, ok := f.Keys.Find(c.who.KeyID); ok {
		attributes.Times = keyTimestamps{key.Created, key.Created} // a key never changes but for being disabled
	}
	team := apiObject{ID: c.who.TeamID, Type: "teams"}
	named := team
	named.Attributes = nameAndSlug{c.who.TeamName, c.who.Team}
	return reply{body: apiDocument{
		Data:     apiObject{ID: id, Type: "api-keys", Attributes: attributes, Relationships: map[string]apiRelationship{"team": {team}}},
		Included: []apiObject{named},
	}}, nil
}
