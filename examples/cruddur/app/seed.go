package app

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

const (
	seedUsers      = 300
	seedActivities = 20_000
)

// firstNames and the like make handles of people who do not exist.
var ( //nolint:gochecknoglobals // constant tables
	colours  = strings.Fields("amber azure coral ebony fern hazel indigo jade lilac maroon ochre olive pearl plum rose ruby sable teal umber violet")
	animals  = strings.Fields("badger crane dormouse egret finch gecko heron ibex jackdaw kestrel lynx marten newt otter puffin quail robin stoat tern wren")
	subjects = strings.Fields("coffee trains gardens rain bicycles bread chess maps harbours lighthouses jazz tea mountains owls poems radios ferries clocks kites soup")
	openings = []string{"thinking about", "can't stop reading on", "today's find:", "does anyone else love", "a long walk and then", "new post about", "unpopular opinion on"}
)

func handleOf(i int) string {
	h := colours[i%len(colours)] + animals[i/len(colours)%len(animals)]
	if n := i / (len(colours) * len(animals)); n > 0 {
		h = fmt.Sprintf("%s%d", h, n)
	}
	return h
}

// Handles are those of all users that the sample database begins with.
func Handles() []string {
	out := make([]string, seedUsers)
	for i := range out {
		out[i] = handleOf(i)
	}
	return out
}

func sentence(r *rand.Rand) string {
	return openings[r.IntN(len(openings))] + " " + subjects[r.IntN(len(subjects))] + " and " + subjects[r.IntN(len(subjects))]
}

// seed fills an empty database: the same people and posts each time.
func (d *database) seed(ctx context.Context, now time.Time) error {
	var n int
	if err := d.QueryRowContext(ctx, "SELECT COUNT(*) FROM users").Scan(&n); err != nil || n > 0 {
		return err
	}
	r := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // sample data
	tx, err := d.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // nothing after Commit
	insert := func(statement string, args ...any) error {
		_, err := tx.ExecContext(ctx, d.rebind(statement), args...)
		return err
	}
	handles := Handles()
	for i, h := range handles {
		avatar := sql.NullString{String: "https://cdn.cruddur.example/" + h + ".png", Valid: i%17 != 3}
		if err := insert("INSERT INTO users VALUES (?, ?, ?, ?)", h, strings.ToUpper(h[:1])+h[1:], avatar, now.Add(-400*24*time.Hour).Unix()); err != nil {
			return err
		}
		// Most follow a few; some follow nearly everyone.
		follows := 3 + r.IntN(12)
		if i%25 == 0 {
			follows = 150
		}
		for _, k := range r.Perm(len(handles))[:follows] {
			if k == i {
				continue
			}
			if err := insert("INSERT INTO follows VALUES (?, ?)", h, handles[k]); err != nil {
				return err
			}
		}
	}
	for i := range seedActivities {
		age := time.Duration(r.ExpFloat64() * float64(20*24*time.Hour))
		id := fmt.Sprintf("%08x-0000-4000-8000-%012x", r.Uint32(), i)
		if err := insert("INSERT INTO activities VALUES (?, ?, ?, NULL, ?)", id, handles[r.IntN(len(handles))], sentence(r), now.Add(-age).Unix()); err != nil {
			return err
		}
		for range r.IntN(4) {
			if err := insert("INSERT INTO likes VALUES (?, ?) ON CONFLICT DO NOTHING", id, handles[r.IntN(len(handles))]); err != nil {
				return err
			}
		}
	}
	return tx.Commit()
}
