package api

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query"
)

// pingEvery keeps proxies from closing a quiet stream.
const pingEvery = 15 * time.Second

// Limits of one update of the live tail.
const (
	tailEvery      = 250 * time.Millisecond // unless the viewer asks for another pace
	quickestTail   = 100 * time.Millisecond
	slowestTail    = 5 * time.Second
	tailRows       = 500
	mostTailFields = 200
)

type tailEvent struct {
	Time    string         `json:"time"`
	Dataset string         `json:"dataset"`
	Fields  map[string]any `json:"fields"`
}

// tail pushes events as they come in, at most tailRows in an update.
func (a *API) tail(w http.ResponseWriter, r *http.Request) error {
	match, err := a.tailFilter(r)
	if err != nil {
		return err
	}
	every, fields, err := tailShape(r)
	if err != nil {
		return err
	}
	sub, err := a.subscribe(r.Context(), match)
	if err != nil {
		return err
	}
	defer sub.Close()
	s, err := a.openStream(w)
	if err != nil {
		return err
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	var events []tailEvent
	var skipped, told int64
	quiet := time.Duration(0)
	for {
		select {
		case <-r.Context().Done():
			return nil
		case <-a.closing:
			return nil
		case row, open := <-sub.Rows():
			if !open {
				return nil
			}
			if len(events) >= tailRows {
				skipped++
				continue
			}
			events = append(events, describe(row, fields))
			continue
		case <-tick.C:
		}
		missed := sub.Skipped()
		skipped += missed - told
		told = missed
		name, data := "ping", []byte("{}")
		if len(events) > 0 || skipped > 0 {
			name = "events"
			if data, err = json.Marshal(map[string]any{"events": events, "skipped": skipped}); err != nil {
				return err
			}
		} else if quiet += every; quiet < pingEvery {
			continue
		}
		if err := s.send(name, "", data); err != nil {
			return nil // the viewer has gone
		}
		events, skipped, quiet = nil, 0, 0
	}
}

func (a *API) tailFilter(r *http.Request) (func(event.Row) bool, error) {
	env, datasets := a.environment(r), datasetsOf(r.URL.Query().Get("dataset"))
	where, err := tailCondition(r)
	if err != nil {
		return nil, err
	}
	if where != nil {
		if where, err = a.Querier.Condition(env, datasets, where); err != nil {
			return nil, err
		}
	}
	return func(row event.Row) bool {
		if row.Batch.Environment != env || (datasets != nil && !slices.Contains(datasets, row.Batch.Dataset)) {
			return false
		}
		return where == nil || query.Match(where, row)
	}, nil
}

// tailCondition is the condition of q and that of search together, nil for none.
func tailCondition(r *http.Request) (query.Expr, error) {
	var where query.Expr
	if text := strings.TrimSpace(r.URL.Query().Get("q")); text != "" {
		var err error
		if where, err = query.ParseFilter(text); err != nil {
			return nil, err
		}
	}
	found, err := searched(r.URL.Query().Get("search"))
	switch {
	case err != nil || found == nil:
		return where, err
	case where == nil:
		return found, nil
	}
	return query.And{Terms: []query.Expr{where, found}}, nil
}

// tailShape reads how often the viewer wants an update, and of which fields; none are all.
func tailShape(r *http.Request) (every time.Duration, fields []string, err error) {
	every, fields = tailEvery, r.URL.Query()["field"]
	if text := r.URL.Query().Get("every_ms"); text != "" {
		n, err := strconv.Atoi(text)
		every = time.Duration(n) * time.Millisecond
		if err != nil || every < quickestTail || every > slowestTail {
			return 0, nil, fault.New(fault.Invalid, "every_ms is %q; it must be from %d to %d", text, quickestTail.Milliseconds(), slowestTail.Milliseconds())
		}
	}
	if len(fields) > mostTailFields {
		return 0, nil, fault.New(fault.Invalid, "%d fields are asked for; at most %d are possible", len(fields), mostTailFields)
	}
	return every, fields, nil
}

func describe(row event.Row, fields []string) tailEvent {
	e := tailEvent{Time: ns(row.Batch.Times[row.Index]), Dataset: row.Batch.Dataset, Fields: map[string]any{}}
	for _, name := range fields {
		if v := row.Get(name); !v.IsNull() {
			e.Fields[name] = jsonValue(v)
		}
	}
	if len(fields) > 0 {
		return e
	}
	eachField(row, func(name string, v event.Value) { e.Fields[name] = jsonValue(v) })
	return e
}
