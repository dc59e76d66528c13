package item

import (
	"context"
	"database/sql"
	"encoding/json"
)

// Kinds of notices, by Rollbar's names of triggers.
const (
	NewItem         = "new_item"
	ReactivatedItem = "reactivated_item"
	ReopenedItem    = "reopened_item"
	ResolvedItem    = "resolved_item"
	ExpRepeatItem   = "exp_repeat_item"
	AnyOccurrence   = "occurrence"
	OccurrenceRate  = "occurrence_rate"
	NewVersion      = "new_version"
	DeployMade      = "deploy"
)

// Notice is something that happened to an item, a version or a deploy, for those
// who are to be told. Muted and sleeping items give none, but for what a person does.
type Notice struct {
	ID               int64
	Kind             string
	Environment      string // Oriel's
	ErrorEnvironment string
	At               int64   // Unix nanoseconds
	Item             *Item   `json:",omitempty"` // as it was then
	OccurrenceID     int64   `json:",omitempty"` // of the occurrence that caused it
	Occurrences      int64   `json:",omitempty"` // how many: 10, 100, …, or within the window
	Rate             *Rate   `json:",omitempty"` // of OccurrenceRate
	Deploy           *Deploy `json:",omitempty"`
	Version          string  `json:",omitempty"`
	Actor            string  `json:",omitempty"` // who did it; "" for an occurrence
	Automatic        bool    `json:",omitempty"` // done by a rule, of which no mails are sent
}

// Rate asks for OccurrenceRate notices: Count occurrences of one item within a
// period. One is given per item and period.
type Rate struct {
	Count   int64
	Seconds int64
}

// Bounds of notices that wait to be written, of the kind that comes with each
// occurrence, and of those that nobody takes.
const (
	maxOccurrenceNotices = 200
	maxNotices           = 50_000
)

// notify keeps a notice until it is taken over. The caller holds the lock.
func (t *Items) notify(n Notice) {
	if n.Kind == AnyOccurrence {
		if t.wanted.occurrences++; t.wanted.occurrences > maxOccurrenceNotices {
			return
		}
	}
	t.notices++
	n.ID = t.notices
	t.wanted.notices = append(t.wanted.notices, n)
	t.counted = true
}

func (t *Items) notifyItem(kind string, e *entry, o *occurrence, occurrences int64) {
	item := e.Item
	t.notify(Notice{
		Kind: kind, Environment: e.Environment, ErrorEnvironment: e.ErrorEnvironment, At: o.at, Item: &item, OccurrenceID: o.id, Occurrences: occurrences,
	})
}

// WatchOccurrences says of which projects AnyOccurrence notices are wanted. At
// most 200 come of a second.
func (t *Items) WatchOccurrences(environments []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	clear(t.watch)
	for _, e := range environments {
		t.watch[e] = true
	}
}

// WatchRates says of which rates a project wants notices.
func (t *Items) WatchRates(environment string, rates []Rate) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(rates) == 0 {
		delete(t.rates, environment)
		return
	}
	t.rates[environment] = rates
}

// Notices returns up to limit notices after an id, oldest first. They stay, also
// over restarts, until DropNotices: who delivers them keeps them first.
func (t *Items) Notices(ctx context.Context, after int64, limit int) (list []Notice, err error) {
	err = t.db.Read(ctx, func(tx *sql.Tx) error {
		return eachBody(ctx, tx, "SELECT body FROM item_notice WHERE id > ? ORDER BY id LIMIT ?", func(body []byte) error {
			var n Notice
			if err := json.Unmarshal(body, &n); err != nil {
				return err
			}
			list = append(list, n)
			return nil
		}, after, limit)
	})
	return list, err
}

// NoticesArrived has a value when there are notices that were not there before.
func (t *Items) NoticesArrived() <-chan struct{} { return t.arrived }

// DropNotices removes the notices up to an id.
func (t *Items) DropNotices(ctx context.Context, upTo int64) error {
	return t.db.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "DELETE FROM item_notice WHERE id <= ?", upTo)
		return err
	})
}

// ring counts the occurrences of an item in the last period of a rate, in steps
// of a twentieth.
type ring struct {
	steps  [ringSteps]int64
	at     int64 // number of the newest step
	told   int64 // when the last notice was given, Unix nanoseconds
	length int64 // of a step, nanoseconds
}

const ringSteps = 20

type ringKey struct {
	item int64
	rate Rate
}

// maxRings bounds the items that rates are counted of at once.
const maxRings = 20_000

func (r *ring) add(at, n int64) (sum int64) {
	step := at / r.length
	switch {
	case step > r.at:
		for i := max(r.at+1, step-ringSteps+1); i <= step; i++ {
			r.steps[i%ringSteps] = 0
		}
		r.at = step
	case step <= r.at-ringSteps:
		return 0
	}
	r.steps[step%ringSteps] += n
	for _, s := range r.steps {
		sum += s
	}
	return sum
}

// rate gives a notice if an item happens as often as a project wants to know.
func (t *Items) rate(e *entry, o *occurrence) {
	for _, rate := range t.rates[e.Environment] {
		k := ringKey{e.ID, rate}
		r := t.rings[k]
		if r == nil {
			if len(t.rings) >= maxRings {
				clear(t.rings) // a period is counted anew rather than more kept
			}
			r = &ring{length: max(rate.Seconds*nanosPerSecond/ringSteps, 1)}
			t.rings[k] = r
		}
		sum := r.add(o.at, o.n)
		if sum < rate.Count || (r.told > 0 && o.at-r.told < rate.Seconds*nanosPerSecond) {
			continue
		}
		r.told = o.at
		item, of := e.Item, rate
		t.notify(Notice{
			Kind: OccurrenceRate, Environment: e.Environment, ErrorEnvironment: e.ErrorEnvironment, At: o.at, Item: &item, OccurrenceID: o.id, Occurrences: sum, Rate: &of,
		})
	}
}

const nanosPerSecond = 1_000_000_000

func keepNewest(notices []Notice, most int) []Notice {
	return notices[max(len(notices)-most, 0):]
}
