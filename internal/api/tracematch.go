package api

import (
	"maps"
	"net/http"
	"slices"

	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/trace"
)

// traceMatch finds spans by any of their fields, and by those of what hangs on them.
func (a *API) traceMatch(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	where, err := query.ParseFilter(q.Get("q"))
	if err != nil {
		return err
	}
	lt, err := a.loadTrace(r.Context(), a.environment(r), r.PathValue("id"), q.Get("skew") == "off")
	if err != nil {
		return err
	}
	return a.answer(w, r, statsOfRows(lt.rows, lt.more), map[string]any{"spans": lt.matching(where)})
}

// matching are the indexes, in order, of the spans that meet a condition
// themselves or by an annotation.
func (lt *loadedTrace) matching(where query.Expr) []int32 {
	meets := func(ref trace.Ref) bool {
		return ref.Batch >= 0 && query.Match(where, lt.batches[ref.Batch].Row(int(ref.Row)))
	}
	found := map[int32]bool{}
	for i := range lt.tree.Spans {
		if meets(lt.tree.Spans[i].Ref) {
			found[int32(i)] = true
		}
	}
	for _, an := range lt.tree.Annotations {
		if !found[an.Span] && meets(an.Ref) {
			found[an.Span] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}
