package item

import (
	"context"
	"database/sql"
	"strings"

	"github.com/oriel-dev/oriel/internal/fault"
)

// Project is an environment of Oriel's as Rollbar's API knows it.
type Project struct {
	ID          int64
	Environment string
	Created     int64 // Unix nanoseconds
}

type project struct {
	Project
	lastCounter int64
}

// Project returns the project of an environment, whose number is given out at
// first use and kept.
func (t *Items) Project(ctx context.Context, environment string) (Project, error) {
	t.mu.Lock()
	p := t.projects[environment]
	known := p != nil
	if !known {
		p = t.addProject(environment, t.now())
		t.counted = true
	}
	out := p.Project
	t.mu.Unlock()
	if known {
		return out, nil
	}
	return out, t.flush(ctx)
}

// ProjectByID returns the project with a number. Errors: NotFound.
func (t *Items) ProjectByID(id int64) (Project, error) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	for _, p := range t.projects {
		if p.ID == id {
			return p.Project, nil
		}
	}
	return Project{}, fault.New(fault.NotFound, "project %d is not known", id)
}

func (t *Items) addProject(environment string, now int64) *project {
	p := &project{Project: Project{Environment: strings.Clone(environment), Created: now}}
	for _, other := range t.projects {
		p.ID = max(p.ID, other.ID)
	}
	p.ID++
	t.projects[p.Environment] = p
	t.wanted.projects[p.Environment] = p
	return p
}

// nextCounter gives out the number of a new item.
func (t *Items) nextCounter(environment string, now int64) int64 {
	p := t.projects[environment]
	if p == nil {
		p = t.addProject(environment, now)
	}
	p.lastCounter++
	t.wanted.projects[p.Environment] = p
	return p.lastCounter
}

func (t *Items) readProjects(ctx context.Context, tx *sql.Tx) error {
	rows, err := tx.QueryContext(ctx, "SELECT environment, id, last_counter, created FROM item_project")
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	for rows.Next() {
		p := &project{}
		if err := rows.Scan(&p.Environment, &p.ID, &p.lastCounter, &p.Created); err != nil {
			return err
		}
		t.projects[p.Environment] = p
	}
	return rows.Err()
}
