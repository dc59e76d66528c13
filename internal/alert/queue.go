package alert

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/item"
)

// States of deliveries.
const (
	Waiting   = "waiting" // for its first attempt, or the next
	Delivered = "delivered"
	GaveUp    = "gave_up"
)

// Delivery is what a rule tells, with how that went.
type Delivery struct {
	ID          int64
	Environment string `json:"-"`
	Rule        int64  `json:"-"`
	Channel     string
	Event       string
	What        string // one line for people
	CreatedAt   int64  // Unix nanoseconds
	Due         int64  `json:"-"` // of the next attempt, 0 if there is none

	URL         string   `json:",omitempty"`
	ContentType string   `json:",omitempty"`
	Body        string   `json:",omitempty"`
	Signed      bool     `json:",omitempty"`
	Subject     string   `json:",omitempty"` // of a mail
	Members     []string `json:",omitempty"`
	Teams       []string `json:",omitempty"`

	State    string
	Attempts []Attempt
	Test     bool `json:",omitempty"` // somebody tried the rule; nothing happened
}

// Attempt is one try of a delivery.
type Attempt struct {
	At       int64 // Unix nanoseconds
	Status   int   `json:",omitempty"` // of HTTP
	Response string
	Error    string        `json:",omitempty"`
	Took     time.Duration `json:",omitempty"`
}

// Bounds of deliveries.
const (
	maxRetries    = 10
	retryBase     = 4 // seconds to its power
	maxResponse   = 2_000
	maxAtOnce     = 16 // deliveries that are tried together
	maxRound      = 200
	keptOfRule    = 500
	maxWaiting    = 20_000 // of the server
	failuresToEnd = 20     // in a row, over a day, switch a rule off
	failingToEnd  = 24 * time.Hour
	keptBody      = 20_000 // characters of what was sent, once it is over
)

// insertDelivery keeps a delivery. Each rule keeps its newest.
func insertDelivery(ctx context.Context, tx *sql.Tx, d *Delivery) error {
	var waiting int
	if err := tx.QueryRowContext(ctx, "SELECT COUNT(*) FROM alert_delivery WHERE due > 0").Scan(&waiting); err != nil {
		return err
	}
	if d.State == "" {
		d.State = Waiting
	}
	if waiting >= maxWaiting && d.State == Waiting {
		d.Due, d.State, d.Body = 0, GaveUp, ""
		d.Attempts = append(d.Attempts, Attempt{At: d.CreatedAt, Error: fmt.Sprintf("%d deliveries wait already, the most that may", waiting)})
	}
	body, err := json.Marshal(d)
	if err != nil {
		return err
	}
	done, err := tx.ExecContext(ctx, "INSERT INTO alert_delivery (environment, rule, due, body) VALUES (?, ?, ?, ?)", d.Environment, d.Rule, d.Due, string(body))
	if err != nil {
		return err
	}
	if d.ID, err = done.LastInsertId(); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `DELETE FROM alert_delivery WHERE rule = ? AND due = 0 AND id <=
		(SELECT id FROM alert_delivery WHERE rule = ? ORDER BY id DESC LIMIT 1 OFFSET ?)`, d.Rule, d.Rule, keptOfRule)
	return err
}

// failedDelivery is one that could not even be made: the history says so.
func (a *Alerts) failedDelivery(r *Rule, n *item.Notice, err error) *Delivery {
	now := a.now().UnixNano()
	return &Delivery{
		Environment: r.Environment, Rule: r.ID, Channel: r.Channel, Event: eventName(n.Kind), CreatedAt: now, State: GaveUp,
		Attempts: []Attempt{{At: now, Error: fault.MessageOf(err)}},
	}
}

// selectDelivery begins a statement whose rows scanDeliveries reads.
const selectDelivery = "SELECT id, environment, rule, due, body FROM alert_delivery "

func scanDeliveries(rows *sql.Rows) (list []*Delivery, err error) {
	defer rows.Close() //nolint:errcheck // rows.Err tells
	for rows.Next() {
		d := &Delivery{}
		var body string
		var id, rule, due int64
		var environment string
		if err := rows.Scan(&id, &environment, &rule, &due, &body); err != nil {
			return nil, err
		}
		if err := json.Unmarshal([]byte(body), d); err != nil {
			return nil, err
		}
		d.ID, d.Environment, d.Rule, d.Due = id, environment, rule, due
		list = append(list, d)
	}
	return list, rows.Err()
}

// Deliveries lists what a rule told, newest first.
func (a *Alerts) Deliveries(ctx context.Context, environment string, rule int64, offset, limit int) (list []*Delivery, err error) {
	err = a.db.Read(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, selectDelivery+"WHERE environment = ? AND rule = ? ORDER BY id DESC LIMIT ? OFFSET ?",
			environment, rule, limit, offset)
		if err != nil {
			return err
		}
		list, err = scanDeliveries(rows)
		return err
	})
	return list, err
}

// deliverDue tries all deliveries whose time has come, those that were never
// tried first: a receiver that does not answer holds up nobody else for long.
func (a *Alerts) deliverDue(ctx context.Context) error {
	var due []*Delivery
	err := a.db.Read(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, selectDelivery+"WHERE due > 0 AND due <= ? ORDER BY due DESC, id LIMIT ?",
			a.now().UnixNano(), maxRound)
		if err != nil {
			return err
		}
		due, err = scanDeliveries(rows)
		return err
	})
	if err != nil || len(due) == 0 {
		return err
	}
	var wg sync.WaitGroup
	places := make(chan struct{}, maxAtOnce)
	for _, d := range due {
		places <- struct{}{}
		wg.Go(func() {
			defer func() { <-places }()
			a.try(ctx, d)
		})
	}
	wg.Wait()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	for _, d := range due {
		if err := a.record(ctx, d); err != nil {
			return err
		}
	}
	if len(due) == maxRound {
		a.nudge()
	}
	return nil
}

// nudge has the next round of deliveries begin at once.
func (a *Alerts) nudge() {
	select {
	case a.wake <- struct{}{}:
	default:
	}
}

// try makes one attempt.
func (a *Alerts) try(ctx context.Context, d *Delivery) {
	began := a.now()
	at := Attempt{At: began.UnixNano()}
	var err error
	if d.Channel == Email {
		at.Response, err = a.sendMail(ctx, d)
	} else {
		at.Status, at.Response, err = a.post(ctx, d)
	}
	at.Took = a.now().Sub(began)
	d.State, d.Due = Delivered, 0
	if err != nil {
		at.Error = cut(err.Error(), maxResponse)
		d.State = GaveUp
		if tries := len(d.Attempts) + 1; tries <= maxRetries {
			wait := time.Second
			for range tries {
				wait *= retryBase
			}
			d.State, d.Due = Waiting, began.Add(wait).UnixNano()
		}
	}
	d.Attempts = append(d.Attempts, at)
}

// Sign returns the signature of a body that is sent at a time, as the header
// X-Oriel-Signature has it.
func Sign(secret string, at int64, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = mac.Write(strconv.AppendInt(nil, at, 10)) // a hash takes everything
	_, _ = mac.Write([]byte("."))
	_, _ = mac.Write(body)
	return fmt.Sprintf("t=%d,v1=%s", at, hex.EncodeToString(mac.Sum(nil)))
}

// post sends a delivery over HTTP. What a receiver takes it says with 200, 201,
// 202 or 204.
func (a *Alerts) post(ctx context.Context, d *Delivery) (status int, response string, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.URL, strings.NewReader(d.Body))
	if err != nil {
		return 0, "", fmt.Errorf("deliver: %w", err)
	}
	req.Header.Set("Content-Type", d.ContentType)
	req.Header.Set("User-Agent", "oriel")
	req.Header.Set("X-Oriel-Delivery", strconv.FormatInt(d.ID, 10))
	req.Header.Set("X-Oriel-Event", d.Event)
	if d.Test {
		req.Header.Set("X-Oriel-Test", "1")
	}
	if d.Signed {
		secret, err := a.secret(ctx, d.Environment)
		if err != nil {
			return 0, "", err
		}
		req.Header.Set("X-Oriel-Signature", Sign(secret, a.now().Unix(), []byte(d.Body)))
	}
	resp, err := a.client.Do(req)
	if err != nil {
		return 0, "", fmt.Errorf("deliver: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxResponse))
	if err != nil && !errors.Is(err, io.EOF) {
		text = append(text, "…"...)
	}
	response = strings.ToValidUTF8(string(text), string(utf8.RuneError))
	switch resp.StatusCode {
	case http.StatusOK, http.StatusCreated, http.StatusAccepted, http.StatusNoContent:
		return resp.StatusCode, response, nil
	}
	return resp.StatusCode, response, fmt.Errorf("deliver: the receiver answered %s", resp.Status)
}

// record keeps how an attempt went, and switches a rule off that fails for long.
func (a *Alerts) record(ctx context.Context, d *Delivery) error {
	if d.State != Waiting {
		d.Body = cut(d.Body, keptBody)
	}
	var off *Rule
	a.edit.Lock()
	defer a.edit.Unlock()
	err := a.db.Write(ctx, func(tx *sql.Tx) error {
		if err := updateDelivery(ctx, tx, d); err != nil {
			return err
		}
		a.mu.Lock()
		defer a.mu.Unlock()
		r := a.rules[d.Rule]
		if r == nil || d.State == Delivered && r.failures == 0 {
			return nil
		}
		off = r.went(d, a.now())
		return saveRule(ctx, tx, r)
	})
	if err == nil && off != nil {
		a.watch()
		a.tellOff(ctx, off)
	}
	return err
}

func updateDelivery(ctx context.Context, tx *sql.Tx, d *Delivery) error {
	body, err := json.Marshal(d)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "UPDATE alert_delivery SET due = ?, body = ? WHERE id = ?", d.Due, string(body), d.ID)
	return err
}

// wasCut reports whether only the beginning of what was sent is kept.
func (d *Delivery) wasCut() bool { return utf8.RuneCountInString(d.Body) >= keptBody }

// went counts how a delivery of the rule went; it returns a copy of the rule if
// it is off because of that. The caller holds the lock.
func (r *Rule) went(d *Delivery, now time.Time) *Rule {
	if d.State == Delivered {
		r.failures, r.failing = 0, 0
		return nil
	}
	if r.failures++; r.failing == 0 {
		r.failing = now.UnixNano()
	}
	longEnough := r.failures >= failuresToEnd && now.UnixNano()-r.failing >= int64(failingToEnd)
	if r.Status != "enabled" || d.State != GaveUp && !longEnough {
		return nil
	}
	last := d.Attempts[len(d.Attempts)-1]
	r.Status = "disabled"
	r.DisabledReason = fmt.Sprintf("It was switched off at %s after %d failed deliveries in a row; the last one: %s", now.UTC().Format(time.RFC3339), r.failures, last.Error)
	off := *r
	return &off
}

// tellOff tells the members by mail, where there is any, and the log that a rule
// was switched off.
func (a *Alerts) tellOff(ctx context.Context, r *Rule) {
	a.cfg.Log.WarnContext(ctx, "a notification rule was switched off because its deliveries fail", slog.String("environment", r.Environment),
		slog.String("channel", r.Channel), slog.Int64("rule", r.ID), slog.String("reason", r.DisabledReason))
	if a.cfg.Mail.Server == "" || r.Channel == Email {
		return
	}
	now := a.now().UnixNano()
	d := &Delivery{
		Environment: r.Environment, Rule: r.ID, Channel: Email, Event: "rule_disabled", What: "The rule was switched off", CreatedAt: now, Due: now,
		Subject:     fmt.Sprintf("[%s] A notification rule was switched off", r.Environment),
		Body:        fmt.Sprintf("The %s rule %d (%s) of %s was switched off.\n\n%s\n\nSwitch it on again once its receiver answers.\n", r.Channel, r.ID, r.Trigger, r.Environment, r.DisabledReason),
		ContentType: "text/plain; charset=utf-8",
	}
	if err := a.db.Write(ctx, func(tx *sql.Tx) error { return insertDelivery(ctx, tx, d) }); err != nil {
		a.cfg.Log.WarnContext(ctx, "nobody could be told that a rule was switched off", slog.Any("error", err))
	}
}
