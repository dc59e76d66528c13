package alert

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/oriel-dev/oriel/internal/item"
)

// usualSummary is when a day's summary is sent, seconds after midnight, UTC.
const usualSummary = 8 * 3600

func (a *Alerts) today() int64 { return a.now().Unix() / secondsOfDay }

// summarize makes the daily summaries whose time has come.
func (a *Alerts) summarize(ctx context.Context) error {
	now := a.now().Unix()
	var due []Rule
	a.mu.RLock()
	for _, r := range a.rules {
		at := int64(usualSummary)
		if r.Config.SummaryTime != nil {
			at = *r.Config.SummaryTime
		}
		if r.Trigger == DailySummary && r.Status == "enabled" && (now-at)/secondsOfDay > r.summary {
			due = append(due, *r)
		}
	}
	a.mu.RUnlock()
	for i := range due {
		if err := a.summary(ctx, &due[i], now); err != nil {
			return err
		}
	}
	return nil
}

func (a *Alerts) summary(ctx context.Context, r *Rule, now int64) error {
	a.edit.Lock()
	defer a.edit.Unlock()
	var d *Delivery
	if a.Settings(r.Environment, r.Channel).Enabled {
		d = a.digest(r)
	}
	return a.db.Write(ctx, func(tx *sql.Tx) error {
		if d != nil {
			if err := insertDelivery(ctx, tx, d); err != nil {
				return err
			}
		}
		a.mu.Lock()
		defer a.mu.Unlock()
		at := int64(usualSummary)
		if r.Config.SummaryTime != nil {
			at = *r.Config.SummaryTime
		}
		if own := a.rules[r.ID]; own != nil {
			own.summary = (now - at) / secondsOfDay
			return saveRule(ctx, tx, own)
		}
		return nil
	})
}

// digest is the mail about the last day; nil if there is nothing to tell and the
// rule wants none then.
func (a *Alerts) digest(r *Rule) *Delivery {
	now := a.now()
	since := now.Add(-24 * time.Hour).UnixNano()
	f := item.Filter{Environment: r.Environment, ErrorEnvironments: r.Config.Environments, LastAfter: since, Statuses: []item.Status{item.Active, item.Resolved}}
	least, _ := item.ParseLevel(r.Config.MinItemLevel)
	const most = 1000
	found := a.cfg.Items.List(f, item.Sort{Key: item.ByTotal}, item.Page{Limit: most}).Items
	found = slices.DeleteFunc(found, func(i item.Item) bool { return i.Level < least })
	if len(found) == 0 && r.Config.SendOnlyIfData {
		return nil
	}
	var b strings.Builder
	fresh, back := 0, 0
	for i := range found {
		if found[i].First.At >= since {
			fresh++
		} else if found[i].ActivatedAt >= since {
			back++
		}
	}
	fmt.Fprintf(&b, "The last 24 hours in %s: %d items happened, %d of them new, %d reactivated.\n\n", r.Environment, len(found), fresh, back)
	const shown = 20
	for i := range found[:min(len(found), shown)] {
		one := &found[i]
		fmt.Fprintf(&b, "#%d %s\n  %s, %s, %d occurrences\n  %s\n", one.Counter, one.Title, one.ErrorEnvironment, one.Level, one.Total,
			itemLink(a.cfg.URL(), one.ID))
	}
	d := &Delivery{
		Environment: r.Environment, Rule: r.ID, Channel: Email, Event: DailySummary, What: fmt.Sprintf("Summary of %d items", len(found)),
		CreatedAt: now.UnixNano(), Due: now.UnixNano(), Subject: fmt.Sprintf("[%s] Daily summary: %d items, %d new", r.Environment, len(found), fresh),
		Body: b.String(), ContentType: "text/plain; charset=utf-8",
	}
	if err := a.address(d, r); err != nil {
		d.State, d.Due = GaveUp, 0
		d.Attempts = []Attempt{{At: now.UnixNano(), Error: err.Error()}}
	}
	return d
}
