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
	"github.com/oriel-dev/oriel/internal/ingest"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
)

// pingEvery keeps proxies from closing a quiet stream.
const pingEvery = 15 * time.Second

// watch pushes what was received and refused, from the last hundred on.
func (a *API) watch(w http.ResponseWriter, r *http.Request) error {
	after, _ := strconv.ParseUint(r.Header.Get("Last-Event-ID"), 10, 64) // none or not ours: from the oldest kept
	if r.Header.Get("Last-Event-ID") == "" && r.URL.Query().Get("after") != "" {
		after, _ = strconv.ParseUint(r.URL.Query().Get("after"), 10, 64)
	}
	s, err := a.openStream(w)
	if err != nil {
		return err
	}
	env := a.environment(r)
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	for {
		entries, more := a.Door.Ledger().Watch(after)
		for i := range entries {
			after = entries[i].ID
			name, data := watchEntry(&entries[i], env)
			if name == "" {
				continue
			}
			if err := s.send(name, strconv.FormatUint(after, 10), data); err != nil {
				return nil // the viewer has gone
			}
		}
		select {
		case <-r.Context().Done():
			return nil
		case <-a.closing:
			return nil
		case <-more:
		case <-ping.C:
			if err := s.send("ping", "", []byte("{}")); err != nil {
				return nil // the viewer has gone
			}
		}
	}
}

// watchEntry encodes an entry; the name is empty if it is not for this environment.
func watchEntry(e *ingest.Entry, env string) (name string, data []byte) {
	var body any
	switch {
	case e.Received != nil:
		if e.Received.Environment != env {
			return "", nil
		}
		name = "received"
		body = map[string]any{
			"service": e.Received.Service, "dataset": e.Received.Dataset, "protocol": e.Received.Protocol,
			"spans": e.Received.Rows, "trace_id": e.Received.TraceID, "at": ns(e.At.UnixNano()),
		}
	case e.Refused != nil:
		name = "refused"
		f := e.Refused
		body = map[string]any{
			"method": f.Method, "path": f.Path, "remote": f.Remote, "status": f.Status, "protocol": f.Protocol,
			"reason": f.Reason, "remedy": f.Remedy, "key": f.Key, "at": ns(e.At.UnixNano()),
		}
	}
	data, err := json.Marshal(body)
	if err != nil {
		return "", nil
	}
	return name, data
}

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

// drops lists what was not stored as it was sent, and why.
func (a *API) drops(w http.ResponseWriter, r *http.Request) error {
	type sample struct {
		At     string `json:"at"`
		Detail string `json:"detail"`
	}
	type listed struct {
		Reason   string   `json:"reason"`
		Protocol string   `json:"protocol"`
		Stored   bool     `json:"stored"`
		Count    int64    `json:"count"`
		Last     []sample `json:"last"`
	}
	out := []listed{}
	for _, d := range a.Door.Ledger().Drops() {
		l := listed{Reason: d.Reason, Protocol: d.Protocol, Stored: d.Stored, Count: d.Count, Last: []sample{}}
		for _, s := range d.Last {
			l.Last = append(l.Last, sample{ns(s.At.UnixNano()), s.Detail})
		}
		out = append(out, l)
	}
	return a.answer(w, r, store.Stats{}, map[string]any{"drops": out})
}
