package api

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/item"
	"github.com/oriel-dev/oriel/internal/store"
)

// itemChange is what is to become of items; what is left out stays.
type itemChange struct {
	Status     string `json:"status"`
	ResolvedIn string `json:"resolved_in"`
	NextDeploy bool   `json:"next_deploy"`
	Mute       *struct {
		Seconds int64 `json:"seconds"`
		Count   int64 `json:"count"`
		People  int64 `json:"people"`
	} `json:"mute"`
	Snooze *struct {
		Seconds int64 `json:"seconds"`
	} `json:"snooze"`
	Assignee *int64 `json:"assignee"`
	Level    string `json:"level"`
	Title    string `json:"title"`
	Merge    bool   `json:"merge"`
	Delete   bool   `json:"delete"`
}

// wantedChange is the body of a change of items: of some, or of all that pass
// the filters of the list.
type wantedChange struct {
	IDs    []string                  `json:"ids"`
	Filter map[string]oneOrMoreTexts `json:"filter"`
	Change itemChange                `json:"change"`
}

// mostChanged bounds the items that one request changes.
const mostChanged = 10_000

// change is the change as the room of items takes it.
func (c *itemChange) change(actor string) (item.Change, error) {
	out := item.Change{Actor: actor, AssignedUser: c.Assignee}
	if c.NextDeploy { // until then it stays as it is
		out.OnNextDeploy = &c.NextDeploy
	} else if c.Status != "" {
		s, ok := item.ParseStatus(c.Status)
		if !ok {
			return out, fault.New(fault.Invalid, "status is %q; it must be active, resolved, muted or archived", c.Status)
		}
		out.Status = &s
	}
	if c.Level != "" {
		l, ok := item.ParseLevel(c.Level)
		if !ok {
			return out, fault.New(fault.Invalid, "level is %q; it must be critical, error, warning, info or debug", c.Level)
		}
		out.Level = &l
	}
	if c.ResolvedIn != "" {
		out.ResolvedInVersion = &c.ResolvedIn
	}
	if c.Title != "" {
		out.Title = &c.Title
	}
	if c.Mute != nil {
		out.Mute = &item.MuteIn{Seconds: c.Mute.Seconds, Occurrences: c.Mute.Count, People: c.Mute.People}
	}
	if c.Snooze != nil {
		out.Snooze = &c.Snooze.Seconds
	}
	return out, nil
}

// changed are the items that a change is about.
func (a *API) changed(r *http.Request, w *wantedChange) ([]item.Item, error) {
	environment := a.environment(r)
	if w.Filter != nil {
		p := url.Values{}
		for name, values := range w.Filter {
			p[name] = values
		}
		want, err := a.itemFilter(r, p)
		if err != nil || want.none {
			return nil, err
		}
		list := a.Items.List(want.filter, item.Sort{}, item.Page{Limit: mostChanged})
		if list.Total > mostChanged {
			return nil, fault.New(fault.TooLarge, "%d items would be changed; at most %d can be at once: narrow the filters", list.Total, mostChanged)
		}
		return list.Items, nil
	}
	if len(w.IDs) == 0 || len(w.IDs) > mostChanged {
		return nil, fault.New(fault.Invalid, "ids names %d items; it must name 1 to %d, or give filter instead", len(w.IDs), mostChanged)
	}
	items := make([]item.Item, 0, len(w.IDs))
	for _, text := range w.IDs {
		i, err := a.itemNamed(environment, text)
		if err != nil {
			return nil, err
		}
		items = append(items, i)
	}
	return items, nil
}

// pathItem is the item that a request's path names.
func (a *API) pathItem(r *http.Request) (item.Item, error) {
	id, err := pathID(r, "id", "item")
	if err != nil {
		return item.Item{}, err
	}
	return a.itemOf(a.environment(r), id)
}

// itemNamed is the item that a body names.
func (a *API) itemNamed(environment, text string) (item.Item, error) {
	id, err := itemID(text)
	if err != nil {
		return item.Item{}, err
	}
	return a.itemOf(environment, id)
}

// itemID reads the id of an item that a body names.
func itemID(text string) (int64, error) {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, fault.New(fault.Invalid, "%.40q is no id of an item", text)
	}
	return id, nil
}

// itemOf is an item of an environment.
func (a *API) itemOf(environment string, id int64) (item.Item, error) {
	i, err := a.Items.Get(id)
	if err == nil && i.Environment != environment {
		err = fault.New(fault.NotFound, "item %d is not one of %s", id, environment)
	}
	return i, err
}

// actor is who does something, as activities name it.
func actor(r *http.Request) string { return callerOf(r).principal.KeyName }

// changeErrors changes items, merges or deletes them. Everything but a deletion
// can be taken back for some minutes.
func (a *API) changeErrors(w http.ResponseWriter, r *http.Request) error {
	var body wantedChange
	if err := readJSON(w, r, &body); err != nil {
		return err
	}
	before, err := a.changed(r, &body)
	if err != nil {
		return err
	}
	ids := make([]int64, len(before))
	for i := range before {
		ids[i] = before[i].ID
	}
	back, into := "", ""
	switch {
	case len(ids) == 0:
	case body.Change.Delete:
		err = a.Items.Remove(r.Context(), ids)
	case body.Change.Merge:
		var group item.Item
		if group, err = a.Items.Merge(r.Context(), actor(r), ids, ids[0]); err == nil {
			into = strconv.FormatInt(group.ID, 10)
			back = a.undo.keep(a.clock(), step{environment: a.environment(r), group: group.ID, members: membersOf(before)})
		}
	default:
		var c item.Change
		if c, err = body.Change.change(actor(r)); err == nil {
			_, err = a.Items.Change(r.Context(), ids, c)
		}
		if err == nil {
			back = a.undo.keep(a.clock(), step{environment: a.environment(r), before: before})
		}
	}
	if err != nil {
		return err
	}
	return a.answer(w, r, store.Stats{}, map[string]any{"changed": len(ids), "undo": back, "into": into})
}

func membersOf(items []item.Item) []int64 {
	var ids []int64
	for i := range items {
		if !items[i].IsGroup {
			ids = append(ids, items[i].ID)
		}
	}
	return ids
}

// undoErrors takes a change back.
func (a *API) undoErrors(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		Undo string `json:"undo"`
	}
	if err := readJSON(w, r, &body); err != nil {
		return err
	}
	s, ok := a.undo.take(a.clock(), a.environment(r), body.Undo)
	if !ok {
		return fault.New(fault.NotFound, "the change can't be taken back any more: that is possible for %s", undoFor)
	}
	n, err := a.takeBack(r.Context(), actor(r), s)
	if err != nil {
		return err
	}
	return a.answer(w, r, store.Stats{}, map[string]any{"changed": n})
}

func (a *API) takeBack(ctx context.Context, who string, s step) (int, error) {
	if s.group != 0 {
		_, err := a.Items.Unmerge(ctx, who, s.group, s.members...)
		return len(s.members), err
	}
	restored, err := a.Items.Restore(ctx, who, s.before)
	return len(restored), err
}

// step is a change as it can be taken back: items as they were, or a merge.
type step struct {
	environment string
	before      []item.Item
	group       int64
	members     []int64
	until       time.Time
}

// undoFor is how long a change can be taken back, and undoKept how many can be:
// it is for a slip of the hand, so it need not outlive the process.
const (
	undoFor  = 2 * time.Minute
	undoKept = 50
)

// undoable are the changes that were made last.
type undoable struct {
	mu    sync.Mutex
	steps map[string]step
}

func (u *undoable) keep(now time.Time, s step) string {
	var raw [12]byte
	_, _ = rand.Read(raw[:])
	token := hex.EncodeToString(raw[:])
	s.until = now.Add(undoFor)
	u.mu.Lock()
	defer u.mu.Unlock()
	oldest, first := "", time.Time{}
	for t, old := range u.steps {
		if now.After(old.until) {
			delete(u.steps, t)
		} else if oldest == "" || old.until.Before(first) {
			oldest, first = t, old.until
		}
	}
	if len(u.steps) >= undoKept {
		delete(u.steps, oldest)
	}
	u.steps[token] = s
	return token
}

func (u *undoable) take(now time.Time, environment, token string) (step, bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	s, ok := u.steps[token]
	if !ok || s.environment != environment || now.After(s.until) {
		return step{}, false
	}
	delete(u.steps, token)
	return s, true
}
