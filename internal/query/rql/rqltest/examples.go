// Package rqltest runs worked examples of RQL on stores: texts, the rows they give,
// and the occurrences and items they are about. It is for tests only.
package rqltest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query/rql"
	"github.com/oriel-dev/oriel/internal/store"
)

// Environment is the one that the occurrences are in.
const Environment = "test"

// Start is when the occurrences begin; they lie within an hour.
func Start() time.Time { return time.Date(2026, 1, 15, 10, 0, 0, 0, time.UTC) }

// Item is an item made for tests; Values are by column.
type Item struct {
	In, Hash string
	Others   []string
	Values   map[string]event.Value
}

// Get returns a column.
func (i *Item) Get(name string) event.Value { return i.Values[name] }

// Fingerprints returns all of them.
func (i *Item) Fingerprints() []string { return append([]string{i.Hash}, i.Others...) }

// Environment returns that of its occurrences.
func (i *Item) Environment() string { return i.In }

func item(id int64, in, title string, level, status, owner int64, hashes ...string) *Item {
	i := &Item{In: in, Hash: hashes[0], Others: hashes[1:], Values: map[string]event.Value{
		"item.id": event.IntValue(1000 + id), "item.counter": event.IntValue(id), "item.environment": event.StringValue(in),
		"item.title": event.StringValue(title), "item.level": event.IntValue(level), "item.status": event.IntValue(status),
		"item.hash": event.StringValue(hashes[0]), "item.last_activated_timestamp": event.IntValue(Start().Unix() + 60),
	}}
	if owner > 0 {
		i.Values["item.assigned_user_id"] = event.IntValue(owner)
		i.Values["item.resolved_in_version"] = event.StringValue("v2")
	}
	return i
}

// Items are those of the occurrences; the third is merged of two fingerprints, and
// the first two are one fingerprint in two environments.
func Items() []*Item {
	return []*Item{
		item(1, "production", "KeyError: cart", 40, 1, 7, "f1"),
		item(2, "staging", "KeyError: cart", 40, 2, 0, "f1"),
		item(3, "production", "Timeout", 50, 1, 0, "f2", "f3"),
		item(4, "production", "slow start", 20, 3, 7, "f4"),
		item(5, "production", "SpanError: boom", 40, 1, 0, "f5"),
	}
}

type happened struct {
	after       time.Duration
	in, hash    string
	level       string
	class       string
	fields      map[string]event.Value
	chainOf     int
	traceFields bool
}

func occurrences() []happened {
	s := event.StringValue
	n := event.IntValue
	return []happened{
		{0, "production", "f1", "error", "KeyError", map[string]event.Value{"person.id": s("7"), "person.username": s("Ada"), "request.url": s("https://shop.example/cart?x=1"), "code_version": s("v1"), "custom.ms": n(10), "request.headers.User-Agent": s("curl/8")}, 0, true},
		{10 * time.Second, "production", "f1", "error", "KeyError", map[string]event.Value{"person.id": s("8"), "person.username": s("bob"), "request.url": s("https://shop.example/cart"), "code_version": s("v2"), "custom.ms": n(30)}, 0, true},
		{70 * time.Second, "staging", "f1", "error", "KeyError", map[string]event.Value{"person.id": s("7"), "person.username": s("Ada"), "code_version": s("v2")}, 0, true},
		{130 * time.Second, "production", "f2", "critical", "Timeout", map[string]event.Value{"person.id": s("9"), "code_version": s("v2"), "custom.ms": event.FloatValue(2.5), "server.host": s("web_1")}, 2, false},
		{305 * time.Second, "production", "f3", "critical", "Timeout", map[string]event.Value{"person.id": s("9"), "code_version": s("v2"), "custom.ms": n(100), "server.host": s("web-2")}, 1, false},
		{310 * time.Second, "production", "f4", "info", "", map[string]event.Value{"body.message.body": s("slow start: 100%"), "code_version": s("v1"), "server.host": s("Über")}, 0, false},
		{320 * time.Second, "production", "f2", "critical", "Timeout", map[string]event.Value{"code_version": s("v3"), "custom.ms": n(7)}, 2, false},
	}
}

// Events are the occurrences as stored rows, with one that a span reported, and
// rows that are none.
func Events() []*event.Batch {
	b := event.NewBatch(Environment, "errors")
	for i, h := range occurrences() {
		b.Begin(Start().Add(h.after).UnixNano())
		set := func(name, v string) { b.SetAt(i, name, event.StringValue(v)) }
		set("error.fingerprint", h.hash)
		set("error.environment", h.in)
		set("environment", h.in)
		set("error.level", h.level)
		b.SetAt(i, "error.occurrence_id", event.IntValue(int64(5001+i)))
		set(event.FieldSignal, event.SignalError)
		set("rollbar.payload", `{"body":{}}`)
		if h.class != "" {
			set("exception.type", h.class)
			set("exception.message", "no "+h.class)
		}
		if h.traceFields {
			set("body.trace.exception.class", h.class)
		}
		for k := range h.chainOf {
			set(fmt.Sprintf("body.trace_chain.%d.exception.class", k), h.class)
		}
		for _, name := range sortedNames(h.fields) {
			b.Set(name, h.fields[name])
		}
	}
	spans := event.NewBatch(Environment, "api")
	spans.Begin(Start().Add(400 * time.Second).UnixNano())
	spans.Set("name", event.StringValue("exception"))
	spans.Set("exception.type", event.StringValue("SpanError"))
	spans.SetAt(0, "error.fingerprint", event.StringValue("f5"))
	spans.SetAt(0, "error.environment", event.StringValue("production"))
	spans.SetAt(0, "error.level", event.StringValue("error"))
	spans.SetAt(0, "error.occurrence_id", event.IntValue(5008))
	spans.Begin(Start().Add(401 * time.Second).UnixNano())
	spans.Set("name", event.StringValue("no occurrence"))
	spans.Set("exception.type", event.StringValue("SpanError"))
	spans.SetAt(1, "error.twin_of", event.IntValue(5008))
	return []*event.Batch{b, spans}
}

func sortedNames(fields map[string]event.Value) []string {
	var names []string
	for name := range fields {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Options are those the examples are read with.
func Options() rql.Options {
	return rql.Options{
		Environment: Environment, Project: 42, ProjectSlug: "shop", Start: Start().Add(-24 * time.Hour).UnixNano(), End: Start().Add(time.Hour).UnixNano(),
		Now: Start().Add(time.Hour).UnixNano(), Fields: fields, Items: func() ([]rql.ItemRow, error) {
			var rows []rql.ItemRow
			for _, i := range Items() {
				rows = append(rows, i)
			}
			return rows, nil
		},
	}
}

// fields are those of the events.
func fields() []string {
	var names []string
	for _, b := range Events() {
		for _, c := range b.Columns {
			if !slices.Contains(names, c.Name) {
				names = append(names, c.Name)
			}
		}
	}
	return names
}

// Rows prints the rows of an answer: "name=value | …", what is null left out.
func Rows(p *rql.Program, r *store.Result) []string {
	names := make([]string, len(r.Columns))
	for i, c := range r.Columns {
		names[i] = c.Name
	}
	columns := p.Output(r.Rows, names, func(name string) []event.Value {
		if c := r.Column(name); c != nil {
			return c.Values
		}
		return nil
	})
	rows := make([]string, r.Rows)
	for i := range rows {
		var cells []string
		for _, col := range columns {
			if v := col.Values[i]; !v.IsNull() {
				cells = append(cells, col.Name+"="+v.Text())
			}
		}
		rows[i] = strings.Join(cells, " | ")
	}
	return rows
}

// FlatPrefix begins the fields that Flat adds, in the place of "item.".
const FlatPrefix = "custom.item_"

// Flat are the events with the columns of their items written into them.
func Flat() []*event.Batch {
	var flat []*event.Batch
	for _, b := range Events() {
		out := event.NewBatch(b.Environment, b.Dataset)
		for i, at := range b.Times {
			out.Begin(at)
			row := b.Row(i)
			row.Each(func(name string, v event.Value) { out.SetAt(i, name, v) })
			for _, it := range Items() {
				if it.In != row.Get("error.environment").Str() || !slices.Contains(it.Fingerprints(), row.Get("error.fingerprint").Str()) {
					continue
				}
				for _, name := range sortedNames(it.Values) {
					out.Set(FlatPrefix+strings.TrimPrefix(name, "item."), it.Values[name])
				}
			}
		}
		flat = append(flat, out)
	}
	return flat
}
