package api

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/item"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
)

// mostFound bounds what a search by a text gives.
const mostFound = 8

// foundError is an item, or an occurrence of one, that a text names.
type foundError struct {
	Item       itemJSON `json:"item"`
	Occurrence string   `json:"occurrence,omitempty"`
	Env        string   `json:"env"` // where it is: a uuid is looked for in all that the caller may see
}

// findError finds what a text names: #123, the uuid of an occurrence, a
// fingerprint, or words of a title. Fields of a row name the item it belongs to.
func (a *API) findError(w http.ResponseWriter, r *http.Request) error {
	p := r.URL.Query()
	found := []foundError{}
	team := a.team(r.Context())
	add := func(i item.Item, occurrence string) {
		found = append(found, foundError{itemToJSON(&i, team, nil), occurrence, i.Environment})
	}
	environment := a.environment(r)
	text := strings.TrimSpace(p.Get("q"))
	switch counter, err := strconv.ParseInt(strings.TrimPrefix(text, "#"), 10, 64); {
	case p.Get("fingerprint") != "":
		f := item.Filter{Environment: environment, Fingerprints: []string{p.Get("fingerprint")}}
		if in := p.Get("in"); in != "" {
			f.ErrorEnvironments = []string{in}
		}
		for _, i := range a.Items.List(f, item.Sort{}, item.Page{Limit: mostFound}).Items {
			add(i, "")
		}
	case text == "" && p.Get("uuid") == "":
		return fault.New(fault.Invalid, "neither q, uuid nor fingerprint is given")
	case p.Get("uuid") != "":
		for _, env := range a.environments(r) {
			row, err := a.byUUID(r, env, p.Get("uuid"))
			if err != nil {
				return err
			}
			if row == nil {
				continue
			}
			i, err := a.Items.ByFingerprint(env, row.Get(event.FieldErrorEnvironment).Text(), row.Get(event.FieldErrorFingerprint).Text())
			if err == nil {
				add(i, ns(row.Get(event.FieldErrorID).Int()))
			}
		}
	case err == nil && strings.HasPrefix(text, "#"):
		if i, err := a.Items.ByCounter(environment, counter); err == nil {
			add(i, "")
		}
		// The API of Rollbar numbers items otherwise than its pages do.
		if i, err := a.Items.Get(counter); err == nil && i.Environment == environment && i.Counter != counter {
			add(i, "")
		}
	default:
		for _, i := range a.Items.List(item.Filter{Environment: environment, Title: strings.Fields(text)}, item.Sort{}, item.Page{Limit: mostFound}).Items {
			add(i, "")
		}
	}
	return a.answer(w, r, store.Stats{}, map[string]any{"found": found})
}

// byUUID is the occurrence with a uuid, nil if there is none. Senders write them
// with dashes or without.
func (a *API) byUUID(r *http.Request, env, text string) (*store.PageRow, error) {
	const longest = 36
	if len(text) > longest {
		return nil, nil //nolint:nilnil // none can have it
	}
	plain := strings.ToLower(strings.ReplaceAll(text, "-", ""))
	forms := []string{text, plain}
	if len(plain) == 32 { //nolint:mnd // hex digits of a uuid
		forms = append(forms, plain[:8]+"-"+plain[8:12]+"-"+plain[12:16]+"-"+plain[16:20]+"-"+plain[20:])
	}
	slices.Sort(forms)
	in := query.In{X: query.Field{Name: "uuid"}}
	for _, f := range slices.Compact(forms) {
		in.Values = append(in.Values, event.StringValue(f))
	}
	first := int64(0)
	a.Items.Visit(item.Filter{Environment: env}, func(i *item.Item) {
		if first == 0 || i.First.At < first {
			first = i.First.At
		}
	})
	if first == 0 {
		return nil, nil //nolint:nilnil // there are no errors at all
	}
	page, err := a.Querier.Page(r.Context(), &query.Query{
		Environment: env, Start: first - defaultRange, End: a.clock().UnixNano() + defaultRange,
		Stages: []query.Stage{query.Filter{Where: query.And{Terms: []query.Expr{in, query.Exists{X: query.Field{Name: event.FieldErrorFingerprint}}}}}},
	}, store.PageOptions{
		Backward: true, Limit: 1, Fields: []string{event.FieldErrorFingerprint, event.FieldErrorEnvironment, event.FieldErrorID},
	})
	if err != nil || len(page.Rows) == 0 {
		return nil, err
	}
	return &page.Rows[0], nil
}
