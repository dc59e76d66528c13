package item

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"slices"
	"strings"

	"github.com/oriel-dev/oriel/internal/fault"
)

// Release is a version of the code as it was seen in an error environment.
type Release struct {
	ID               int64
	Environment      string
	ErrorEnvironment string
	Version          string
	Created          int64    // Unix nanoseconds
	First            Sighting // zero: only deployed so far
	Last             Sighting
	DeployedBy       string
	DeployedAt       int64 // Unix nanoseconds, 0 if no deploy told of it
}

type releaseKey struct{ environment, errorEnvironment, version string }

type release struct {
	Release
}

// maxVersionName bounds what is taken for a version.
const maxVersionName = 40

// seeRelease notes that an occurrence had a version; is it news?
func (t *Items) seeRelease(o *occurrence) {
	if o.version == "" {
		return
	}
	k := releaseKey{o.environment, o.errorEnvironment, o.version}
	r := t.releases[k]
	if r == nil {
		if r = t.addRelease(k, o.at); r == nil {
			return
		}
	}
	if r.First.ID == 0 {
		r.First = Sighting{o.id, o.at}
		t.notify(Notice{Kind: NewVersion, Environment: r.Environment, ErrorEnvironment: r.ErrorEnvironment, At: o.at, Version: r.Version, OccurrenceID: o.id})
	}
	if o.id > r.Last.ID {
		r.Last = Sighting{o.id, o.at}
	}
	t.wanted.releases[k] = r
}

func (t *Items) addRelease(k releaseKey, at int64) *release {
	if len(t.releases) >= releasesPerVersion*t.cfg.MaxVersions {
		return nil
	}
	k = releaseKey{strings.Clone(k.environment), strings.Clone(k.errorEnvironment), strings.Clone(k.version)}
	r := &release{Release{Environment: k.environment, ErrorEnvironment: k.errorEnvironment, Version: k.version, Created: at}}
	t.lastRelease++
	r.ID = t.lastRelease
	t.releases[k] = r
	return r
}

const releasesPerVersion = 40

// firstSeen tells since when a version is there: its first deploy or occurrence.
func (t *Items) firstSeen(environment, errorEnvironment string) func(version string) (int64, bool) {
	return func(version string) (at int64, known bool) {
		r := t.releases[releaseKey{environment, errorEnvironment, version}]
		if r == nil { // a short hash stands for the long one
			for k, other := range t.releases {
				if k.environment == environment && k.errorEnvironment == errorEnvironment && isCommit(version) && strings.HasPrefix(k.version, version) {
					r = other
				}
			}
		}
		switch {
		case r == nil:
			return 0, false
		case r.DeployedAt > 0 && (r.First.At == 0 || r.DeployedAt < r.First.At):
			return r.DeployedAt, true
		}
		return r.First.At, r.First.At > 0
	}
}

// Releases lists the versions of a project, newest first; errorEnvironment "" means all.
func (t *Items) Releases(environment, errorEnvironment string) []Release {
	t.mu.RLock()
	defer t.mu.RUnlock()
	var list []Release
	for k, r := range t.releases {
		if k.environment == environment && (errorEnvironment == "" || k.errorEnvironment == errorEnvironment) {
			list = append(list, r.Release)
		}
	}
	slices.SortFunc(list, func(a, b Release) int {
		return cmp.Or(cmp.Compare(max(b.First.At, b.DeployedAt), max(a.First.At, a.DeployedAt)), cmp.Compare(b.ID, a.ID))
	})
	return list
}

// Release returns a version. Errors: NotFound.
func (t *Items) Release(environment, errorEnvironment, version string) (Release, error) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if r := t.releases[releaseKey{environment, errorEnvironment, version}]; r != nil {
		return r.Release, nil
	}
	return Release{}, fault.New(fault.NotFound, "version %.40q was not seen in %s", version, errorEnvironment)
}

// Kinds of what an item did in a version.
const (
	NewIn         = 1
	ReactivatedIn = 2
	RepeatedIn    = 4
)

// InVersion is an item in a version.
type InVersion struct {
	Item    int64
	Version string
	First   Sighting
	Last    Sighting
	Count   int64
	How     int // sum of NewIn, ReactivatedIn, RepeatedIn
}

// VersionsOf lists the versions an item was seen in, newest first.
func (t *Items) VersionsOf(ctx context.Context, id int64) ([]InVersion, error) {
	return t.inVersion(ctx, "item = ?", id)
}

// ItemsIn lists the items seen in a version of a project's error environment.
func (t *Items) ItemsIn(ctx context.Context, environment, errorEnvironment, version string) ([]InVersion, error) {
	all, err := t.inVersion(ctx, "version = ?", version)
	t.mu.RLock()
	defer t.mu.RUnlock()
	return slices.DeleteFunc(all, func(v InVersion) bool {
		e := t.items[v.Item]
		return e == nil || e.Environment != environment || e.ErrorEnvironment != errorEnvironment
	}), err
}

func (t *Items) inVersion(ctx context.Context, where string, arg any) (list []InVersion, err error) {
	if err := t.flush(ctx); err != nil {
		return nil, err
	}
	err = t.db.Read(ctx, func(tx *sql.Tx) error {
		//nolint:gosec // where is a constant of this package
		rows, err := tx.QueryContext(ctx, "SELECT item, version, first_id, first_at, last_id, last_at, n, how FROM item_version WHERE "+where+" ORDER BY last_at DESC, item", arg)
		if err != nil {
			return err
		}
		defer rows.Close() //nolint:errcheck // rows.Err tells
		for rows.Next() {
			var v InVersion
			if err := rows.Scan(&v.Item, &v.Version, &v.First.ID, &v.First.At, &v.Last.ID, &v.Last.At, &v.Count, &v.How); err != nil {
				return err
			}
			list = append(list, v)
		}
		return rows.Err()
	})
	return list, err
}

func (t *Items) readReleases(ctx context.Context, tx *sql.Tx) error {
	return eachBody(ctx, tx, "SELECT body FROM item_release", func(body []byte) error {
		r := &release{}
		if err := json.Unmarshal(body, &r.Release); err != nil {
			return err
		}
		t.releases[releaseKey{r.Environment, r.ErrorEnvironment, r.Version}] = r
		t.lastRelease = max(t.lastRelease, r.ID)
		return nil
	})
}
