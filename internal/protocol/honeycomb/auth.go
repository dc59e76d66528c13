package honeycomb

import (
	"encoding/json"
	"maps"
	"net/http"

	"github.com/oriel-dev/oriel/internal/auth"
	"github.com/oriel-dev/oriel/internal/fault"
)

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

// serveAuth is GET /1/auth: who a key belongs to and what it may do. Classic
// teams have no environments: theirs is empty.
func (f *Front) serveAuth(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodOptions {
		preflight(w, "GET, OPTIONS")
		return
	}
	setCORS(w)
	if r.Method != http.MethodGet {
		f.serveUnsupported(w, r)
		return
	}
	key := keyOf(r.Header)
	p, err := f.Keys.Authenticate(r.Context(), auth.Sending, key)
	if err != nil {
		writeJSON(w, http.StatusUnauthorized, map[string]string{"error": fault.MessageOf(err)})
		return
	}
	answer := authAnswer{ID: p.KeyID, Type: "configuration", Team: nameAndSlug{p.TeamName, p.Team}}
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
	writeJSON(w, http.StatusOK, answer)
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the caller may have gone
}
