package api

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query"
)

// listing is the body of a request for single events.
type listing struct {
	question
	Columns   []string `json:"columns"`
	Order     string   `json:"order"`
	Limit     int      `json:"limit"`
	Cursor    string   `json:"cursor"`
	Around    string   `json:"around"`
	Within    int64    `json:"within_ms"`
	TextBytes int      `json:"text_bytes"` // texts are cut there; 0: not at all
}

// Limits of a page of events.
const (
	usualEvents = 100
	mostEvents  = 1000
	mostColumns = 200
	mostWithin  = 30_000 // ms

	leastTextBytes = 100
	mostTextBytes  = 1 << 20
)

// place is where a page of events begins: at a time, after some events of that
// very time.
type place struct {
	at   int64
	skip int
}

func (l *listing) place() (p place, some bool, err error) {
	if l.Cursor == "" {
		return p, false, nil
	}
	if n, err := fmt.Sscanf(l.Cursor, "%d.%d", &p.at, &p.skip); err != nil || n != 2 || p.skip < 0 || p.skip > 1_000_000 {
		return p, false, fault.New(fault.Invalid, "cursor %q is not one this server gave", l.Cursor)
	}
	return p, true, nil
}

// check sets the usual limit and refuses what is out of bounds.
func (l *listing) check() error {
	if l.Limit == 0 {
		l.Limit = usualEvents
	}
	switch {
	case l.Limit < 1 || l.Limit > mostEvents:
		return fault.New(fault.Invalid, "limit is %d; it must be from 1 to %d", l.Limit, mostEvents)
	case len(l.Columns) > mostColumns:
		return fault.New(fault.Invalid, "%d columns are asked for; at most %d are possible", len(l.Columns), mostColumns)
	case l.Order != "" && l.Order != "asc" && l.Order != "desc":
		return fault.New(fault.Invalid, "order is %q; it must be asc or desc", l.Order)
	case l.Around != "" && l.Cursor != "":
		return fault.New(fault.Invalid, "both around and cursor are given; give one of them")
	case l.TextBytes != 0 && (l.TextBytes < leastTextBytes || l.TextBytes > mostTextBytes):
		return fault.New(fault.Invalid, "text_bytes is %d; it must be from %d to %d, or 0 for whole texts", l.TextBytes, leastTextBytes, mostTextBytes)
	case l.Within < 0 || l.Within > mostWithin:
		return fault.New(fault.Invalid, "within_ms is %d; it must be from 0 to %d", l.Within, mostWithin)
	}
	return nil
}

// page adds to a question about single events where the page begins and ends.
func (l *listing) page(ask *query.Query, at place, resumed bool) {
	descending := l.Order != "asc"
	if resumed && descending {
		ask.End = min(ask.End, at.at+1)
	} else if resumed {
		ask.Start = max(ask.Start, at.at)
	}
	ask.Stages = append(ask.Stages,
		query.Sort{Keys: []query.SortKey{{Field: event.SystemTime, Desc: descending}, {Field: event.FieldTraceID}, {Field: event.FieldSpanID}}},
		query.Limit{Count: l.Limit + 1, Offset: at.skip},
	)
	if len(l.Columns) > 0 {
		fields := []string{event.SystemTime, event.SystemDataset}
		for _, c := range l.Columns {
			if !event.IsSystem(c) {
				fields = append(fields, c)
			}
		}
		ask.Stages = append(ask.Stages, query.Project{Fields: fields})
	}
}

// after is the cursor behind the last of the rows shown.
func after(times []event.Value, rows int, at place, resumed bool) string {
	last := place{at: times[rows-1].Int()}
	for i := rows - 1; i >= 0 && times[i].Int() == last.at; i-- {
		last.skip++
	}
	if last.skip == rows && resumed && last.at == at.at {
		last.skip += at.skip
	}
	return strconv.FormatInt(last.at, 10) + "." + strconv.Itoa(last.skip)
}

// events lists the single events of a question, page by page, newest first or
// oldest first.
func (a *API) events(w http.ResponseWriter, r *http.Request) error {
	var l listing
	if err := readJSON(w, r, &l); err != nil {
		return err
	}
	if err := l.check(); err != nil {
		return err
	}
	spec, err := a.specOf(r, &l.question)
	if err != nil {
		return err
	}
	plan, err := spec.Plan(a.environment(r), datasetsOf(l.Dataset), a.clock(),
		a.Querier.PlanOptions(a.environment(r), datasetsOf(l.Dataset), query.PlanOptions{Fields: l.Columns}))
	if err != nil {
		return err
	}
	ask := plan.Rows()
	if _, _, err := ask.Condition(); err == nil {
		return a.pageOfEvents(w, r, &l, ask)
	}
	return a.eventsBySQL(w, r, &l, ask)
}

// eventsBySQL lists events of a question that asks about other spans too.
func (a *API) eventsBySQL(w http.ResponseWriter, r *http.Request, l *listing, ask *query.Query) error {
	if l.Around != "" {
		return fault.New(fault.Unsupported, "around is not possible where a question asks about other spans of the trace (root., parent., any. …)")
	}
	at, resumed, err := l.place()
	if err != nil {
		return err
	}
	base := ask.Start
	l.page(ask, at, resumed)
	res, err := a.Querier.Run(r.Context(), ask)
	if err != nil {
		return err
	}
	rows := min(res.Rows, l.Limit)
	times, sets := res.Column(event.SystemTime), res.Column(event.SystemDataset)
	next := ""
	if res.Rows > l.Limit {
		next = after(times.Values, rows, at, resumed)
	}
	columns, table, texts := []string{}, make([][]any, rows), cutter{most: l.TextBytes, places: [][3]int{}}
	offsets, datasets := make([]int64, rows), make([]string, rows)
	for i := range rows {
		offsets[i], datasets[i] = times.Values[i].Int()-base, sets.Values[i].Text()
	}
	for _, c := range res.Columns {
		if strings.HasPrefix(c.Name, "_") && event.IsSystem(c.Name) {
			continue
		}
		columns = append(columns, c.Name)
		for i := range rows {
			table[i] = append(table[i], texts.value(c.Values[i], i, len(columns)-1))
		}
	}
	return a.answer(w, r, res.Stats, map[string]any{
		"base": ns(base), "columns": columns, "rows": table, "times": offsets, "datasets": datasets, "next": next, "cut": texts.places,
	})
}

// cutter shortens long texts of a table and notes where it did: row, column, and
// the bytes of the whole text.
type cutter struct {
	most   int // bytes; 0 for no end
	places [][3]int
}

func (c *cutter) value(v event.Value, row, column int) any {
	if c.most == 0 || v.Kind() != event.String || len(v.Str()) <= c.most {
		return jsonValue(v)
	}
	text := v.Str()
	c.places = append(c.places, [3]int{row, column, len(text)})
	end := c.most
	for end > c.most-utf8.UTFMax && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end]
}
