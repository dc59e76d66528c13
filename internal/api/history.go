package api

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/store"
	"github.com/oriel-dev/oriel/internal/workspace"
)

// checkBrowser checks what a browser calls itself; it need not say.
func checkBrowser(name string) error {
	const taken = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-"
	if len(name) > 64 || strings.Trim(name, taken) != "" {
		return fault.New(fault.Invalid, "browser is %.80q; it must be 1 to 64 letters, digits and hyphens", name)
	}
	return nil
}

// ownerOf is whose a question is: that of the key, and where none is needed and none
// is given, that of the browser. Oriel knows no other persons.
func ownerOf(r *http.Request, browser string) string {
	if id := callerOf(r).principal.KeyID; id != "" || browser == "" {
		return id
	}
	return "browser " + browser
}

// pastRun is an entry of the history.
type pastRun struct {
	ID        string          `json:"id,omitempty"`
	Query     json.RawMessage `json:"query"`
	Text      string          `json:"text"`
	Dataset   string          `json:"dataset"`
	At        string          `json:"at"`
	ElapsedMS float64         `json:"elapsed_ms"`
	Rows      int             `json:"rows"`
	Sketch    json.RawMessage `json:"sketch,omitempty"`
	Name      string          `json:"name,omitempty"`
	By        string          `json:"by,omitempty"`
	Mine      bool            `json:"mine"`
}

// history lists who asked what, newest first, a page at a time.
func (a *API) history(w http.ResponseWriter, r *http.Request) error {
	f, owner, err := readHistoryFilter(r)
	if err != nil {
		return err
	}
	runs, next, err := a.Workspace.History(r.Context(), a.environment(r), f)
	if err != nil {
		return err
	}
	out := make([]pastRun, len(runs))
	for i, run := range runs {
		out[i] = pastRun{
			ID: run.ResultID, Query: run.Spec, Text: run.Text, Dataset: run.Scope.Dataset, At: ns(run.At.UnixNano()),
			ElapsedMS: float64(run.Elapsed.Microseconds()) / 1000, Rows: run.Rows, Sketch: run.Sketch, Name: run.Name,
			By: run.OwnerName, Mine: owner != "" && run.Owner == owner,
		}
	}
	return a.answer(w, r, store.Stats{}, map[string]any{"runs": out, "next": next})
}

func readHistoryFilter(r *http.Request) (f workspace.HistoryFilter, owner string, err error) {
	const normal = 100
	ask := r.URL.Query()
	f = workspace.HistoryFilter{Limit: normal, Text: ask.Get("q"), Dataset: ask.Get("dataset"), After: ask.Get("cursor")}
	if text := ask.Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > workspace.MaxHistory {
			return f, "", fault.New(fault.Invalid, "limit is %.40q; it must be from 1 to %d", text, workspace.MaxHistory)
		}
		f.Limit = n
	}
	if err := checkBrowser(ask.Get("browser")); err != nil {
		return f, "", err
	}
	owner = ownerOf(r, ask.Get("browser"))
	switch mine := ask.Get("mine"); mine {
	case "", "0", "false":
	case "1", "true":
		f.Owner = &owner
	default:
		return f, "", fault.New(fault.Invalid, "mine is %.40q; it must be 1 or 0", mine)
	}
	return f, owner, nil
}
