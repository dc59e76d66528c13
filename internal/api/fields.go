package api

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/oriel-dev/oriel/internal/dataset"
	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
)

// everyDataset is the slug that stands for the whole environment.
const everyDataset = dataset.All

// datasetsOf reads what a question is about: a dataset, several with commas
// between, or all, which is nil.
func datasetsOf(slugs string) []string {
	if slugs == "" || slugs == everyDataset {
		return nil
	}
	return strings.Split(slugs, ",")
}

// listedField is a field as completion and the fields list show it.
type listedField struct {
	Name        string   `json:"name"`
	Type        string   `json:"type"`
	Fill        float64  `json:"fill"`    // share of rows that have it; of a calculated field, at most that
	Last        string   `json:"last"`    // newest event with it, Unix ns; 0 if there is none
	Sources     []string `json:"sources"` // what the datasets that have it hold: spans, log lines, errors; none of those: events
	Description string   `json:"description"`
	Hidden      bool     `json:"hidden"`               // in every dataset that has it
	Expression  string   `json:"expression,omitempty"` // of a calculated field
	Metric      string   `json:"metric,omitempty"`     // kind of a metric, of one metrics dataset
	Unit        string   `json:"unit,omitempty"`       // of a metric
}

// fields lists the fields of a dataset, or of all: those that events have, those
// that somebody described, and the calculated ones.
func (a *API) fields(w http.ResponseWriter, r *http.Request) error {
	slug := r.URL.Query().Get("dataset")
	if slug == "" {
		slug = everyDataset
	}
	environment := a.environment(r)
	found, known := a.heldFields(environment, slug)
	if _, made := a.Datasets.Find(environment, slug); !known && !made {
		return fault.New(fault.NotFound, "dataset %q is not known", slug)
	}
	a.metricFields(environment, slug, found)
	a.calculatedFields(environment, slug, found)
	out := make([]listedField, 0, len(found))
	for _, f := range found {
		out = append(out, *f)
	}
	slices.SortFunc(out, func(x, y listedField) int {
		return cmp.Or(cmp.Compare(y.Fill, x.Fill), strings.Compare(x.Name, y.Name))
	})
	return a.answer(w, r, store.Stats{}, map[string]any{"fields": out})
}

// metricFields adds what the senders of metrics say of them.
func (a *API) metricFields(environment, slug string, found map[string]*listedField) {
	metric := a.Datasets.Metrics(environment, slug)
	if metric == nil {
		return
	}
	for name, f := range found {
		m := metric(name)
		f.Metric, f.Unit, f.Description = m.Kind.String(), m.Unit, cmp.Or(f.Description, m.Description)
		if m.Kind.IsHistogram() {
			f.Type = "histogram"
		}
	}
}

// heldFields joins the fields of events with what people said of them; known is
// false if the store has no such dataset.
func (a *API) heldFields(environment, slug string) (found map[string]*listedField, known bool) {
	type place struct{ dataset, name string }
	notes := map[place]dataset.ColumnNote{}
	for _, n := range a.Datasets.Notes(environment, slug) {
		notes[place{n.Dataset, n.Name}] = n
	}
	found, known = map[string]*listedField{}, slug == everyDataset
	kinds, filled, last := map[string]event.Kind{}, map[string]int64{}, map[string]int64{}
	var rows int64
	for _, d := range a.Querier.Catalog(environment).Datasets {
		if slug != everyDataset && d.Slug != slug {
			continue
		}
		known = true
		rows += d.Rows
		held := sourcesOf(&d)
		for _, f := range d.Fields {
			at := place{d.Slug, f.Name}
			if !notes[at].Removed && !event.Internal(f.Name) { // what orders lines and such tells nobody anything
				note(found, f.Name, notes[at]).from(held)
				kinds[f.Name] = event.Unify(kinds[f.Name], f.Kind)
				filled[f.Name] += f.Filled
				last[f.Name] = max(last[f.Name], f.Last)
			}
			delete(notes, at)
		}
	}
	for at, n := range notes { // of which no event is
		if !n.Removed {
			note(found, at.name, n)
		}
	}
	for name, f := range found {
		f.Fill, f.Last = float64(filled[name])/float64(max(rows, 1)), ns(last[name])
		if kind := kinds[name]; f.Type == "" && kind != event.Null {
			f.Type = kind.String()
		}
		f.Type = cmp.Or(f.Type, event.String.String())
	}
	return found, known
}

// sourcesOf says what a dataset holds.
func sourcesOf(d *store.Dataset) []string {
	var out []string
	for _, f := range d.Fields {
		switch f.Name {
		case event.FieldDuration:
			out = append(out, "span")
		case event.FieldBody:
			out = append(out, "log")
		case event.FieldErrorFingerprint:
			out = append(out, "error")
		}
	}
	if len(out) == 0 {
		return []string{"event"}
	}
	return out
}

// from adds what holds the field.
func (f *listedField) from(sources []string) {
	for _, s := range sources {
		if !slices.Contains(f.Sources, s) {
			f.Sources = append(f.Sources, s)
		}
	}
	slices.Sort(f.Sources)
}

// note adds what is said of a field in one dataset.
func note(found map[string]*listedField, name string, n dataset.ColumnNote) *listedField {
	f := found[name]
	if f == nil {
		f = &listedField{Name: name, Hidden: true, Sources: []string{}}
		found[name] = f
	}
	f.Type, f.Description = cmp.Or(f.Type, n.Type), cmp.Or(f.Description, n.Description)
	f.Hidden = f.Hidden && n.Hidden
	return f
}

// calculatedFields adds the calculated fields, in the place of fields they hide.
func (a *API) calculatedFields(environment, slug string, found map[string]*listedField) {
	kindOf := func(name string) event.Kind {
		if f := found[name]; f != nil {
			return kindNamed(f.Type)
		}
		return event.Null
	}
	calculated := map[string]*listedField{}
	for _, c := range a.Datasets.CalculatedFor(environment, slug) {
		e, err := query.ParseAnyField(c.Expression)
		if err != nil {
			continue // it was checked when it was stored, by an older language
		}
		f := &listedField{Name: c.Alias, Sources: []string{}, Type: event.String.String(), Fill: 1, Last: ns(0), Description: c.Description, Expression: c.Expression}
		if kind := query.KindOf(e, kindOf); kind != event.Null {
			f.Type = kind.String()
		}
		for _, name := range query.FieldsOf(e) {
			if from := found[name]; from != nil {
				f.Fill = min(f.Fill, from.Fill)
				f.from(from.Sources)
			} else if !event.IsSystem(name) && !event.IsArrival(name) {
				f.Fill = 0
			}
		}
		calculated[c.Alias] = f
	}
	maps.Copy(found, calculated)
}

// kindNamed is the kind that a type of a column is kept as.
func kindNamed(columnType string) event.Kind {
	for _, kind := range []event.Kind{event.Bool, event.Int, event.Float} {
		if kind.String() == columnType {
			return kind
		}
	}
	return event.String
}

func (a *API) values(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	field := q.Get("field")
	if field == "" || len(field) > 300 {
		return fault.New(fault.Invalid, "field is empty or longer than 300 bytes")
	}
	limit, err := sizeParam(r, "limit", 20, 200)
	if err != nil {
		return err
	}
	from, to, err := a.timeRange(q.Get("from"), q.Get("to"))
	if err != nil {
		return err
	}
	ask := &query.Query{Environment: a.environment(r), Datasets: datasetsOf(q.Get("dataset")), Start: from, End: to}
	if text := q.Get("q"); text != "" {
		where, err := query.ParseFilter(text)
		if err != nil {
			return err
		}
		ask.Stages = append(ask.Stages, query.Filter{Where: where})
	}
	if prefix := q.Get("prefix"); prefix != "" {
		ask.Stages = append(ask.Stages, query.Filter{Where: query.Text{Op: query.StartsWith, X: query.Field{Name: field}, S: prefix}})
	}
	found, err := a.Querier.TopValues(r.Context(), ask, field, limit)
	if err != nil {
		return err
	}
	type listed struct {
		Value any     `json:"value"`
		Count float64 `json:"count"`
	}
	out := make([]listed, len(found.Values))
	for i, v := range found.Values {
		out[i] = listed{jsonValue(v.Value), v.Events[store.Selected]}
	}
	return a.answer(w, r, found.Stats, map[string]any{"values": out, "exact": found.Exact})
}

func (a *API) storage(w http.ResponseWriter, r *http.Request) error {
	environment := a.environment(r)
	catalog := a.Querier.Catalog(environment)
	type listed struct {
		Slug  string `json:"slug"`
		Name  string `json:"name"`
		Rows  int64  `json:"rows"`
		Lines int64  `json:"lines"` // rows with a message
		// Grouped are rows that came to a log group; lines of other protocols have none.
		Grouped int64  `json:"grouped"`
		Bytes   int64  `json:"bytes"`
		First   string `json:"first"`
		Last    string `json:"last"`
		// KeptFrom is empty where rows are kept for ever.
		KeptFrom string `json:"kept_from"`
	}
	var rows int64
	out := make([]listed, 0, len(catalog.Datasets))
	for _, d := range catalog.Datasets {
		rows += d.Rows
		l := listed{Slug: d.Slug, Name: d.Slug, Rows: d.Rows, Bytes: d.Bytes, First: ns(d.First), Last: ns(d.Last), KeptFrom: moment(a.keptFrom(environment, d.Slug))}
		if known, ok := a.Datasets.Find(environment, d.Slug); ok {
			l.Name = known.Name
		}
		for _, f := range d.Fields {
			switch f.Name {
			case event.FieldBody:
				l.Lines = f.Filled
			case event.FieldLogGroup:
				l.Grouped = f.Filled
			}
		}
		out = append(out, l)
	}
	return a.answer(w, r, store.Stats{}, map[string]any{"segments": catalog.Segments, "bytes": catalog.Bytes, "rows": rows, "datasets": out})
}
