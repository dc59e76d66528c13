package item

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
)

// Person is somebody whom an item hit, as the app named them.
type Person struct {
	ID       string
	Username string
	Email    string
	FirstAt  int64 // Unix nanoseconds
	LastAt   int64
	Count    int64
}

// maxPersonText bounds ids, names and addresses of people.
const maxPersonText = 255

// People lists those whom an item hit, who was hit last first. At most
// Config.MaxPeople of an item are kept by name; Item.People counts all.
func (t *Items) People(ctx context.Context, id int64, offset, limit int) (list []Person, err error) {
	if err := t.flush(ctx); err != nil {
		return nil, err
	}
	err = t.db.Read(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, `SELECT person, username, email, first_at, last_at, n FROM item_person WHERE item = ?
			ORDER BY last_at DESC, person LIMIT ? OFFSET ?`, id, limit, offset)
		if err != nil {
			return err
		}
		defer rows.Close() //nolint:errcheck // rows.Err tells
		for rows.Next() {
			var p Person
			if err := rows.Scan(&p.ID, &p.Username, &p.Email, &p.FirstAt, &p.LastAt, &p.Count); err != nil {
				return err
			}
			list = append(list, p)
		}
		return rows.Err()
	})
	return list, err
}

// ForgetPerson removes a person's names from all items of a project; the counts stay.
func (t *Items) ForgetPerson(ctx context.Context, environment string, match func(Person) bool) (removed int, err error) {
	if err := t.flush(ctx); err != nil {
		return 0, err
	}
	t.change.Lock()
	defer t.change.Unlock()
	t.mu.RLock()
	ids := make(map[int64]bool, len(t.byEnv[environment]))
	for _, e := range t.byEnv[environment] {
		ids[e.ID] = true
	}
	t.mu.RUnlock()
	type pair struct {
		item   int64
		person string
	}
	err = t.db.Write(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, "SELECT item, person, username, email FROM item_person")
		if err != nil {
			return err
		}
		defer rows.Close() //nolint:errcheck // rows.Err tells
		var gone []pair
		for rows.Next() {
			var item int64
			var p Person
			if err := rows.Scan(&item, &p.ID, &p.Username, &p.Email); err != nil {
				return err
			}
			if ids[item] && match(p) {
				gone = append(gone, pair{item, p.ID})
			}
		}
		if err := rows.Err(); err != nil {
			return err
		}
		for _, g := range gone {
			if _, err := tx.ExecContext(ctx, "DELETE FROM item_person WHERE item = ? AND person = ?", g.item, g.person); err != nil {
				return err
			}
		}
		removed = len(gone)
		return nil
	})
	return removed, err
}

type personKey struct {
	item   int64
	person string
}

// person notes that an occurrence hit somebody.
func (p *pending) person(e *entry, o *occurrence) {
	id := event.Cut(o.person, maxPersonText)
	known := p.people[personKey{e.ID, id}]
	if known == nil {
		if len(p.people) >= maxPending {
			return
		}
		known = &Person{ID: strings.Clone(id), FirstAt: o.at}
		p.people[personKey{e.ID, known.ID}] = known
	}
	known.FirstAt, known.LastAt = min(known.FirstAt, o.at), max(known.LastAt, o.at)
	if o.username != "" && known.Username != o.username {
		known.Username = strings.Clone(event.Cut(o.username, maxPersonText))
	}
	if o.email != "" && known.Email != o.email {
		known.Email = strings.Clone(event.Cut(o.email, maxPersonText))
	}
	known.Count += o.n
}

// FindPeople lists the people whom errors of a project hit, with sums over its
// items, who was hit last first; search is a part of the id, the name or the
// e-mail address, in any case.
func (t *Items) FindPeople(ctx context.Context, environment, search string, p Page) (list []Person, total int, err error) {
	if err := t.flush(ctx); err != nil {
		return nil, 0, err
	}
	t.mu.RLock()
	ids := make(map[int64]bool, len(t.byEnv[environment]))
	for _, e := range t.byEnv[environment] {
		ids[e.ID] = true
	}
	t.mu.RUnlock()
	word, people := strings.ToLower(search), map[string]*Person{}
	err = t.db.Read(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, "SELECT item, person, username, email, first_at, last_at, n FROM item_person")
		if err != nil {
			return err
		}
		defer rows.Close() //nolint:errcheck // rows.Err tells
		for rows.Next() {
			var item int64
			var one Person
			if err := rows.Scan(&item, &one.ID, &one.Username, &one.Email, &one.FirstAt, &one.LastAt, &one.Count); err != nil {
				return err
			}
			if ids[item] && (word == "" || containsFold(one.ID, word) || containsFold(one.Username, word) || containsFold(one.Email, word)) {
				one.addTo(people)
			}
		}
		return rows.Err()
	})
	if err != nil {
		return nil, 0, err
	}
	list = make([]Person, 0, len(people))
	for _, one := range people {
		list = append(list, *one)
	}
	slices.SortFunc(list, func(a, b Person) int { return cmp.Or(cmp.Compare(b.LastAt, a.LastAt), cmp.Compare(a.ID, b.ID)) })
	from := min(max(p.Offset, 0), len(list))
	return list[from:min(from+max(p.Limit, 0), len(list))], len(list), nil
}

// addTo adds what one item knows of a person to what others do.
func (p *Person) addTo(people map[string]*Person) {
	known := people[p.ID]
	if known == nil {
		people[p.ID] = p
		return
	}
	if p.LastAt >= known.LastAt {
		known.Username, known.Email = cmp.Or(p.Username, known.Username), cmp.Or(p.Email, known.Email)
	}
	known.FirstAt, known.LastAt, known.Count = min(known.FirstAt, p.FirstAt), max(known.LastAt, p.LastAt), known.Count+p.Count
}
