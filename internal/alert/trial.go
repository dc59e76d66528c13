package alert

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/item"
)

// SendsMail reports whether the server was told how to send mail.
func (a *Alerts) SendsMail() bool { return a.cfg.Mail.Server != "" }

// Test sends once, and never again, what a rule would tell of the item seen last,
// or of a made-up one where there is none. The filters are not asked. It says that
// it is a test wherever people read it. Of a rule that is kept the history keeps
// it. Errors: Invalid if the rule lacks what its channel needs; that the receiver
// did not take it stands in the delivery.
func (a *Alerts) Test(ctx context.Context, r *Rule) (*Delivery, error) {
	d, err := a.testDelivery(ctx, r)
	if err != nil {
		return nil, err
	}
	d.What, d.Test = "Test: "+d.What, true
	d.Subject = "[Test] " + d.Subject
	a.try(ctx, d)
	d.Due = 0
	if d.State == Waiting {
		d.State = GaveUp
	}
	if r.ID == 0 {
		return d, nil
	}
	d.Body = cut(d.Body, keptBody)
	return d, a.db.Write(ctx, func(tx *sql.Tx) error { return insertDelivery(ctx, tx, d) })
}

func (a *Alerts) testDelivery(ctx context.Context, r *Rule) (*Delivery, error) {
	if r.Trigger == DailySummary {
		always := *r
		always.Config.SendOnlyIfData = false
		d := a.digest(&always)
		if d.State == GaveUp {
			return nil, fault.New(fault.Invalid, "%s", d.Attempts[0].Error)
		}
		return d, nil
	}
	s := a.subject(ctx, a.testNotice(r))
	s.test = true
	d, err := a.render(r, s)
	if err != nil {
		return nil, err
	}
	return d, nil
}

// testNotice is one of the rule's kind.
func (a *Alerts) testNotice(r *Rule) *item.Notice {
	now := a.now()
	n := &item.Notice{Kind: r.Trigger, Environment: r.Environment, ErrorEnvironment: "production", At: now.UnixNano()}
	one := item.Item{
		Environment: r.Environment, ErrorEnvironment: n.ErrorEnvironment, Title: "A test: nothing is wrong", LatestTitle: "A test: nothing is wrong",
		Culprit: "checkout in shop/cart.py", Level: item.Error, MaxLevel: item.Error, Platform: "linux", Framework: "unknown",
		First: item.Sighting{At: n.At}, Last: item.Sighting{At: n.At}, ActivatedAt: n.At, Total: 1, AllTime: 1, LastVersion: "1.0.0",
	}
	if found := a.cfg.Items.List(item.Filter{Environment: r.Environment}, item.Sort{}, item.Page{Limit: 1}).Items; len(found) > 0 {
		one = found[0]
		n.ErrorEnvironment = one.ErrorEnvironment
	}
	switch r.Trigger {
	case item.DeployMade:
		n.Deploy = &item.Deploy{
			Environment: r.Environment, ErrorEnvironment: n.ErrorEnvironment, Revision: first(one.LastVersion, "1.0.0"), Comment: "A test",
			Status: item.DeploySucceeded, StartedAt: now.Add(-time.Minute).UnixNano(), FinishedAt: n.At,
		}
		return n
	case item.NewVersion:
		n.Version = first(one.LastVersion, "1.0.0")
		return n
	case item.ExpRepeatItem:
		n.Occurrences = 10
	case item.OccurrenceRate:
		if rate, ok := r.rate(); ok {
			n.Occurrences, n.Rate = rate.Count, &rate
		}
	}
	n.Item = &one
	return n
}

// Retry tries a delivery again at once. Errors: NotFound; Conflict if it has
// arrived, or was too large to be kept whole.
func (a *Alerts) Retry(ctx context.Context, environment string, rule, delivery int64) error {
	a.round.Lock() // none is under way meanwhile
	defer a.round.Unlock()
	err := a.db.Write(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, selectDelivery+"WHERE environment = ? AND rule = ? AND id = ?", environment, rule, delivery)
		if err != nil {
			return err
		}
		found, err := scanDeliveries(rows)
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return fault.New(fault.NotFound, "delivery %d of this rule is not kept (any more)", delivery)
		}
		d := found[0]
		switch {
		case d.State == Delivered:
			return fault.New(fault.Conflict, "delivery %d has arrived", delivery)
		case d.State == GaveUp && (d.wasCut() || d.URL == "" && d.Channel != Email):
			return fault.New(fault.Conflict, "delivery %d is not kept whole, so it can't be sent again", delivery)
		}
		d.State, d.Due = Waiting, a.now().UnixNano()
		return updateDelivery(ctx, tx, d)
	})
	if err != nil {
		return err
	}
	a.nudge()
	return nil
}

// Health is how the deliveries of a rule go.
type Health struct {
	Last    *Delivery // the newest; nil if there was none
	Waiting int       // for their first attempt or the next
}

// Health returns how the rules of a project do, by their ids.
func (a *Alerts) Health(ctx context.Context, environment string) (map[int64]Health, error) {
	out := map[int64]Health{}
	err := a.db.Read(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, selectDelivery+`WHERE id IN
			(SELECT MAX(id) FROM alert_delivery WHERE environment = ? GROUP BY rule)`, environment)
		if err != nil {
			return err
		}
		last, err := scanDeliveries(rows)
		if err != nil {
			return err
		}
		for _, d := range last {
			out[d.Rule] = Health{Last: d}
		}
		waiting, err := tx.QueryContext(ctx, "SELECT rule, COUNT(*) FROM alert_delivery WHERE environment = ? AND due > 0 GROUP BY rule", environment)
		if err != nil {
			return err
		}
		defer waiting.Close() //nolint:errcheck // waiting.Err tells
		for waiting.Next() {
			var rule int64
			var n int
			if err := waiting.Scan(&rule, &n); err != nil {
				return err
			}
			h := out[rule]
			h.Waiting = n
			out[rule] = h
		}
		return waiting.Err()
	})
	return out, err
}

// Explain is what an attempt ended with, for people.
func (at *Attempt) Explain() string {
	text := strings.TrimPrefix(at.Error, "deliver: ")
	if strings.Contains(text, "Client.Timeout") || strings.Contains(text, context.DeadlineExceeded.Error()) {
		return fmt.Sprintf("the receiver did not answer within %d seconds", int(sendTimeout.Seconds()))
	}
	return text
}
