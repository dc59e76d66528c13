package api

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"time"

	"github.com/oriel-dev/oriel/internal/querier"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
	"github.com/oriel-dev/oriel/internal/workspace"
)

// scopeOf is where a question's answer and its entry in the history belong.
func (a *API) scopeOf(r *http.Request, dataset string) workspace.Scope {
	if dataset == "" {
		dataset = workspace.All
	}
	return workspace.Scope{Environment: a.environment(r), Dataset: dataset}
}

// keep stores an answer and puts its id, or why it has none, into the last line.
func (a *API) keep(r *http.Request, q *question, spec *query.Spec, done *doneLine) {
	raw, answer, err := encodeKept(spec, done.Kept)
	if err == nil {
		var kept *workspace.Result
		if kept, err = a.Workspace.KeepResult(r.Context(), a.scopeOf(r, q.Dataset), raw, answer); err == nil {
			done.ResultID = kept.ID
			return
		}
	}
	_, e := a.errorOf(r, err)
	done.NotKept = e.Message
	a.Log.WarnContext(r.Context(), "an answer could not be kept", slog.String("request_id", e.RequestID), slog.Any("error", err))
}

func encodeKept(spec *query.Spec, kept *querier.Kept) (raw, answer []byte, err error) {
	if raw, err = json.Marshal(spec); err != nil {
		return nil, nil, err
	}
	answer, err = json.Marshal(kept)
	return raw, answer, err
}

// noteWithin bounds how long an answered request waits for the history.
const noteWithin = 10 * time.Second

// note puts a question into the history. It has been answered: what goes wrong
// here is for the log, and the caller may have gone.
func (a *API) note(r *http.Request, q *question, spec *query.Spec, run workspace.Run) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), noteWithin)
	defer cancel()
	raw, err := json.Marshal(spec)
	if err == nil {
		run.Scope, run.Owner, run.OwnerName, run.Spec, run.Text = a.scopeOf(r, q.Dataset), ownerOf(r, q.Browser), callerOf(r).principal.KeyName, raw, spec.Text()
		err = a.Workspace.Note(ctx, run)
	}
	if err != nil {
		a.Log.WarnContext(ctx, "a question could not be noted in the history", slog.Any("error", err))
	}
}

// result answers what was kept under an id. It never changes once it is done, so
// a browser need not ask again.
func (a *API) result(w http.ResponseWriter, r *http.Request) error {
	kept, err := a.Workspace.Result(r.Context(), a.environment(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	body := map[string]any{
		"id": kept.ID, "query": kept.Spec, "dataset": kept.Scope.Dataset, "ran_at": ns(kept.Asked.UnixNano()), "done": kept.Complete(),
	}
	if spec, err := query.DecodeSpec(kept.Spec); err == nil {
		body["text"] = spec.Text()
	}
	if kept.Failure != "" {
		body["error"] = kept.Failure
	}
	if !kept.Answered() {
		return a.answer(w, r, store.Stats{}, body)
	}
	body["request_id"] = requestOf(r.Context()).id
	answer, release, err := kept.Open()
	if err != nil {
		return err
	}
	defer release()
	head, err := json.Marshal(body)
	if err != nil {
		return err
	}
	// The answer is an object of JSON, too, with other members: one follows the
	// other, since it may be large.
	head[len(head)-1] = ','
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "private, max-age=86400")
	if _, err := w.Write(head); err != nil {
		return nil // the caller has gone
	}
	_, _ = w.Write(answer[1:]) // the caller may have gone
	return nil
}
