// Package alert tells of what happens to items: rules of a project say what of,
// and deliveries bring it to webhooks, Slack, PagerDuty and people's mail. A
// delivery is kept in the database before its notice is dropped, and stays there
// until it has arrived or was given up, so a restart loses none; a receiver may
// get one twice, with the same id. Links to other tools, which are made of what an
// occurrence holds in the same way as texts are, live here too. Triggers and
// payloads are Rollbar's; no API here.
package alert

import (
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/item"
	"github.com/oriel-dev/oriel/internal/meta"
	"github.com/oriel-dev/oriel/internal/outbound"
)

//go:embed schema/*.sql
var schema embed.FS //nolint:gochecknoglobals // embedded files are constants

// The channels.
const (
	Slack     = "slack"
	Email     = "email"
	PagerDuty = "pagerduty"
	Webhook   = "webhook"
)

// Channels returns the names of all channels.
func Channels() []string { return []string{Slack, Email, PagerDuty, Webhook} }

// Config is what alerts stand on.
type Config struct {
	Items *item.Items
	// Occurrence returns the row of an occurrence by its id.
	Occurrence func(ctx context.Context, environment string, id int64) (event.Row, error)
	// Recipients returns the mail addresses of members and of teams, each given by
	// its id or name; of all members if both lists are empty.
	Recipients func(ctx context.Context, members, teams []string) ([]string, error)
	Clock      func() time.Time
	Log        *slog.Logger
	URL        func() string // where the pages are found, without a slash at the end
	Host       string        // of this server, in metadata
	Mail       Mail
	// PrivateDestinations allows private and loopback addresses.
	PrivateDestinations bool
}

// Alerts are the rules and deliveries of all projects. All methods are safe for
// concurrent use; what they change is on disk when they return. Errors are
// faults: NotFound, Invalid, Conflict, Unavailable.
type Alerts struct {
	db     *meta.DB
	cfg    Config
	client *http.Client

	round sync.Mutex // held while notices are taken over and deliveries tried
	edit  sync.Mutex // held while rules are written
	wake  chan struct{}

	mu       sync.RWMutex // guards what follows
	rules    map[int64]*Rule
	channels map[channelKey]Settings
}

type channelKey struct{ environment, channel string }

// sendTimeout is Rollbar's: a receiver has so long to answer.
const sendTimeout = 3 * time.Second

// Open prepares the tables and reads the rules. Run then delivers.
func Open(ctx context.Context, db *meta.DB, cfg Config) (*Alerts, error) {
	if err := db.Migrate(ctx, "alert", schema); err != nil {
		return nil, err
	}
	a := &Alerts{
		db: db, cfg: cfg, client: outbound.Client(cfg.PrivateDestinations, sendTimeout), wake: make(chan struct{}, 1),
		rules: map[int64]*Rule{}, channels: map[channelKey]Settings{},
	}
	if err := db.Read(ctx, func(tx *sql.Tx) error { return a.read(ctx, tx) }); err != nil {
		return nil, fmt.Errorf("read the notification rules: %w", err)
	}
	a.watch()
	return a, nil
}

// Run delivers until ctx ends.
func (a *Alerts) Run(ctx context.Context) {
	const often = time.Second
	tick := time.NewTicker(often)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-a.cfg.Items.NoticesArrived():
		case <-a.wake:
		case <-tick.C:
		}
		if err := a.Step(ctx); err != nil && ctx.Err() == nil {
			a.cfg.Log.WarnContext(ctx, "notifications could not be delivered, trying again", slog.Any("error", err))
		}
	}
}

// Step takes over the notices that are there and tries the deliveries that are due.
func (a *Alerts) Step(ctx context.Context) error {
	a.round.Lock()
	defer a.round.Unlock()
	if err := a.takeOver(ctx); err != nil {
		return err
	}
	if err := a.summarize(ctx); err != nil {
		return err
	}
	return a.deliverDue(ctx)
}

func (a *Alerts) now() time.Time { return a.cfg.Clock() }

// takeOver makes deliveries of notices.
func (a *Alerts) takeOver(ctx context.Context) error {
	const atOnce = 200
	for {
		var taken int64
		err := a.db.Read(ctx, func(tx *sql.Tx) error {
			return tx.QueryRowContext(ctx, "SELECT notice FROM alert_taken WHERE id = 1").Scan(&taken)
		})
		if err != nil {
			return err
		}
		notices, err := a.cfg.Items.Notices(ctx, taken, atOnce)
		if err != nil || len(notices) == 0 {
			return err
		}
		var made []*Delivery
		for i := range notices {
			made = append(made, a.about(ctx, &notices[i])...)
		}
		last := notices[len(notices)-1].ID
		err = a.db.Write(ctx, func(tx *sql.Tx) error {
			for _, d := range made {
				if err := insertDelivery(ctx, tx, d); err != nil {
					return err
				}
			}
			_, err := tx.ExecContext(ctx, "UPDATE alert_taken SET notice = ? WHERE id = 1", last)
			return err
		})
		if err != nil {
			return err
		}
		if err := a.cfg.Items.DropNotices(ctx, last); err != nil {
			return err
		}
	}
}

// about makes the deliveries of one notice.
func (a *Alerts) about(ctx context.Context, n *item.Notice) (made []*Delivery) {
	var s *subject
	for _, r := range a.rulesFor(n) {
		if s == nil {
			s = a.subject(ctx, n)
		}
		if !r.matches(s) {
			continue
		}
		d, err := a.render(&r, s)
		if err != nil {
			d = a.failedDelivery(&r, n, err)
		}
		if d != nil {
			made = append(made, d)
		}
	}
	return made
}

func (a *Alerts) read(ctx context.Context, tx *sql.Tx) error {
	rows, err := tx.QueryContext(ctx, "SELECT id, environment, channel, body FROM alert_rule")
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	for rows.Next() {
		var r Rule
		var body string
		if err := rows.Scan(&r.ID, &r.Environment, &r.Channel, &body); err != nil {
			return err
		}
		if err := r.load(body); err != nil {
			return err
		}
		a.rules[r.ID] = &r
	}
	if err := rows.Err(); err != nil {
		return err
	}
	channels, err := tx.QueryContext(ctx, "SELECT environment, channel, body FROM alert_channel")
	if err != nil {
		return err
	}
	defer channels.Close() //nolint:errcheck // channels.Err tells
	for channels.Next() {
		var k channelKey
		var body string
		var s Settings
		if err := channels.Scan(&k.environment, &k.channel, &body); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(body), &s); err != nil {
			return err
		}
		a.channels[k] = s
	}
	return channels.Err()
}
