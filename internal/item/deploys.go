package item

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
)

// Statuses of deploys.
const (
	DeployStarted   = "started"
	DeploySucceeded = "succeeded"
	DeployFailed    = "failed"
	DeployTimedOut  = "timed_out"
)

// Deploy is a version that was brought to an error environment.
type Deploy struct {
	ID               int64
	Environment      string // Oriel's
	ErrorEnvironment string
	Revision         string
	Username         string // of who has an account
	LocalUsername    string
	Comment          string
	Status           string
	StartedAt        int64 // Unix nanoseconds
	FinishedAt       int64 // 0 while it is under way
}

const (
	maxRevision    = 255
	maxDeployText  = 16 << 10
	deployTimeout  = int64(hourWidth) * nanosPerSecond
	maxDeploys     = 20_000 // of the server, the oldest go
	suspectWithin  = int64(dayWidth) * nanosPerSecond
	deployMarkType = "deploy"
)

// AddDeploy records a deploy, marks it on charts, and tells of it.
func (t *Items) AddDeploy(ctx context.Context, d Deploy) (Deploy, error) {
	switch {
	case d.ErrorEnvironment == "" || len(d.ErrorEnvironment) > maxTitle:
		return d, fault.New(fault.Invalid, "the deploy's environment has %d bytes: want 1 to %d", len(d.ErrorEnvironment), maxTitle)
	case d.Revision == "" || len(d.Revision) > maxRevision:
		return d, fault.New(fault.Invalid, "the deploy's revision has %d bytes: want 1 to %d", len(d.Revision), maxRevision)
	case max(len(d.Comment), len(d.Username), len(d.LocalUsername)) > maxDeployText:
		return d, fault.New(fault.TooLarge, "texts of a deploy have at most %d bytes", maxDeployText)
	}
	if d.Status == "" {
		d.Status = DeploySucceeded
	}
	if !validDeployStatus(d.Status) {
		return d, fault.New(fault.Invalid, "deploy status %.40q: want %s, %s, %s or %s", d.Status, DeployStarted, DeploySucceeded, DeployFailed, DeployTimedOut)
	}
	now := t.now()
	if d.StartedAt == 0 {
		d.StartedAt = now
	}
	if d.Status != DeployStarted && d.FinishedAt == 0 {
		d.FinishedAt = now
	}
	t.change.Lock()
	defer t.change.Unlock()
	err := t.db.Write(ctx, func(tx *sql.Tx) error {
		if err := tx.QueryRowContext(ctx, "SELECT COALESCE(MAX(id), 0) + 1 FROM item_deploy").Scan(&d.ID); err != nil {
			return err
		}
		body, err := json.Marshal(d)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "INSERT INTO item_deploy (id, environment, started, body) VALUES (?, ?, ?, ?)", d.ID, d.Environment, d.StartedAt, string(body))
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "DELETE FROM item_deploy WHERE id <= ?", d.ID-maxDeploys)
		return err
	})
	if err != nil {
		return d, err
	}
	return d, t.deployed(ctx, d)
}

func validDeployStatus(s string) bool {
	return slices.Contains([]string{DeployStarted, DeploySucceeded, DeployFailed, DeployTimedOut}, s)
}

// FinishDeploy gives a deploy that is under way its end. Errors: NotFound;
// Conflict if it has ended; Invalid.
func (t *Items) FinishDeploy(ctx context.Context, environment string, id int64, status string) (Deploy, error) {
	if !validDeployStatus(status) {
		return Deploy{}, fault.New(fault.Invalid, "deploy status %.40q: want %s, %s, %s or %s", status, DeployStarted, DeploySucceeded, DeployFailed, DeployTimedOut)
	}
	t.change.Lock()
	defer t.change.Unlock()
	var d Deploy
	err := t.db.Write(ctx, func(tx *sql.Tx) (err error) {
		if d, err = t.oneDeploy(ctx, tx, environment, id); err != nil {
			return err
		}
		if d.Status != DeployStarted {
			return fault.New(fault.Conflict, "The deploy can not be updated because its status is not started.")
		}
		d.Status = status
		if status != DeployStarted {
			d.FinishedAt = t.now()
		}
		return writeDeploy(ctx, tx, d)
	})
	if err != nil || status == DeployStarted {
		return d, err
	}
	return d, t.deployed(ctx, d)
}

func writeDeploy(ctx context.Context, tx *sql.Tx, d Deploy) error {
	body, err := json.Marshal(d)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "UPDATE item_deploy SET body = ? WHERE id = ?", string(body), d.ID)
	return err
}

// deployed does what follows from a deploy. The caller holds change.
func (t *Items) deployed(ctx context.Context, d Deploy) error {
	if t.cfg.Mark != nil && d.Status == DeploySucceeded {
		err := t.cfg.Mark(ctx, Mark{
			Environment: d.Environment, Start: d.FinishedAt / nanosPerSecond, Type: deployMarkType, Message: d.ErrorEnvironment + " " + d.Revision,
		})
		if err != nil && !fault.Is(err, fault.Conflict) { // there may be as many markers as there may be
			return err
		}
	}
	t.mu.Lock()
	if d.Status == DeploySucceeded {
		t.releaseDeployed(d)
		t.resolveDeployed(d)
	}
	t.notify(Notice{Kind: DeployMade, Environment: d.Environment, ErrorEnvironment: d.ErrorEnvironment, At: t.now(), Deploy: &d, Version: d.Revision})
	t.mu.Unlock()
	return t.write(ctx, nil)
}

func (t *Items) releaseDeployed(d Deploy) {
	k := releaseKey{d.Environment, d.ErrorEnvironment, event.Cut(d.Revision, maxVersionName)}
	r := t.releases[k]
	if r == nil {
		if r = t.addRelease(k, d.FinishedAt); r == nil {
			return
		}
	}
	r.DeployedAt, r.DeployedBy = d.FinishedAt, d.LocalUsername
	if d.Username != "" {
		r.DeployedBy = d.Username
	}
	t.wanted.releases[k] = r
}

// resolveDeployed resolves what the project's options say a deploy resolves, and
// the items that its comment (a list of commits) says are fixed.
func (t *Items) resolveDeployed(d Deploy) {
	now, all := t.now(), false
	if s := t.settings[d.Environment]; s != nil {
		all = slices.Contains(s.options.ResolveOnDeploy, d.ErrorEnvironment) || slices.Contains(s.options.ResolveOnDeploy, allEnvironments)
	}
	fixed := fixedBy(d.Comment)
	for _, e := range t.byEnv[d.Environment] {
		if e.ErrorEnvironment != d.ErrorEnvironment || e.Group != 0 || e.Status != Active || (!all && !fixed[e.Counter] && !e.OnNextDeploy) {
			continue
		}
		t.resolve(e, now, "", event.Cut(d.Revision, maxVersionName), true, "By the deploy of "+d.Revision+".")
	}
}

// Deploy returns a deploy of a project. Errors: NotFound.
func (t *Items) Deploy(ctx context.Context, environment string, id int64) (d Deploy, err error) {
	err = t.db.Read(ctx, func(tx *sql.Tx) error {
		d, err = t.oneDeploy(ctx, tx, environment, id)
		return err
	})
	return d, err
}

func (t *Items) oneDeploy(ctx context.Context, tx *sql.Tx, environment string, id int64) (d Deploy, err error) {
	var body []byte
	err = tx.QueryRowContext(ctx, "SELECT body FROM item_deploy WHERE id = ? AND environment = ?", id, environment).Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return d, fault.New(fault.NotFound, "deploy %d is not known", id)
	}
	if err == nil {
		err = json.Unmarshal(body, &d)
	}
	return t.ended(d), err
}

// ended is a deploy as it is now: one that is under way for an hour has failed to tell.
func (t *Items) ended(d Deploy) Deploy {
	if d.Status == DeployStarted && t.now()-d.StartedAt >= deployTimeout {
		d.Status, d.FinishedAt = DeployTimedOut, d.StartedAt+deployTimeout
	}
	return d
}

// Deploys lists the deploys of a project, newest first, and how many there are.
func (t *Items) Deploys(ctx context.Context, environment string, p Page) (list []Deploy, total int, err error) {
	err = t.db.Read(ctx, func(tx *sql.Tx) error {
		if err := tx.QueryRowContext(ctx, "SELECT COUNT(*) FROM item_deploy WHERE environment = ?", environment).Scan(&total); err != nil {
			return err
		}
		list, err = t.scanDeploys(ctx, tx, "WHERE environment = ? ORDER BY started DESC, id DESC LIMIT ? OFFSET ?", environment, p.Limit, p.Offset)
		return err
	})
	return list, total, err
}

func (t *Items) scanDeploys(ctx context.Context, tx *sql.Tx, where string, args ...any) (list []Deploy, err error) {
	//nolint:gosec // where is a constant of this package
	err = eachBody(ctx, tx, "SELECT body FROM item_deploy "+where, func(body []byte) error {
		var d Deploy
		if err := json.Unmarshal(body, &d); err != nil {
			return err
		}
		list = append(list, t.ended(d))
		return nil
	}, args...)
	return list, err
}

// SuspectDeploy returns the deploy just before an item became active, within a
// day; nil if there is none.
func (t *Items) SuspectDeploy(ctx context.Context, id int64) (*Deploy, error) {
	i, err := t.Get(id)
	if err != nil {
		return nil, err
	}
	var found *Deploy
	err = t.db.Read(ctx, func(tx *sql.Tx) error {
		list, err := t.scanDeploys(ctx, tx, "WHERE environment = ? AND started BETWEEN ? AND ? ORDER BY started DESC, id DESC",
			i.Environment, i.ActivatedAt-suspectWithin, i.ActivatedAt)
		for _, d := range list {
			if d.ErrorEnvironment == i.ErrorEnvironment && d.Status != DeployFailed && found == nil {
				found = &d
			}
		}
		return err
	})
	return found, err
}

// endDeploys writes down that deploys were never finished.
func (t *Items) endDeploys(ctx context.Context) error {
	t.change.Lock()
	defer t.change.Unlock()
	var over []Deploy
	err := t.db.Read(ctx, func(tx *sql.Tx) error {
		return eachBody(ctx, tx, "SELECT body FROM item_deploy WHERE body LIKE '%\"Status\":\"started\"%'", func(body []byte) error {
			var d Deploy
			if err := json.Unmarshal(body, &d); err != nil {
				return err
			}
			if t.ended(d).Status == DeployTimedOut {
				over = append(over, t.ended(d))
			}
			return nil
		})
	})
	if err != nil || len(over) == 0 {
		return err
	}
	return t.db.Write(ctx, func(tx *sql.Tx) error {
		for _, d := range over {
			if err := writeDeploy(ctx, tx, d); err != nil {
				return err
			}
		}
		return nil
	})
}
