package rollbar

import (
	"context"
	"database/sql"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/meta"
)

// What any token may send, where it has no limit of its own.
const (
	usualWindow = time.Minute
	usualCalls  = 3_000_000
)

// Over its limit, a token's items are still looked at at this rate, so that the
// first of each new error is kept.
const (
	sharePerSecond = 50
	shareBurst     = 50
)

// windowSizes are those that Rollbar has, in seconds.
func windowSizes() []int64 { return []int64{60, 300, 1800, 3600, 86400, 604800, 2592000} }

// tokenSettings are what a token may and how often, where that was said.
type tokenSettings struct {
	Scopes      scopes        // 0: those of its kind
	WindowSize  time.Duration // 0: the usual
	WindowCount int64         // 0: the usual
}

func (s tokenSettings) check() error {
	if s.WindowCount < 0 || s.WindowCount > 0 && !slices.Contains(windowSizes(), int64(s.WindowSize/time.Second)) {
		return invalid("rate_limit_window_size is %d and rate_limit_window_count %d: the size must be one of 60, 300, 1800, 3600, 86400, 604800 and 2592000 seconds, or both 0 for no limit", int64(s.WindowSize/time.Second), s.WindowCount)
	}
	return nil
}

// quota counts the items of a token in a window, which begins with the first one
// after the last window ended.
type quota struct {
	tokenSettings
	start int64 // Unix nanoseconds, 0: none has begun
	used  int64
	told  bool // that the limit was reached, in this window

	share     float64 // items that may still be looked at, over the limit
	shareFrom int64

	written bool // as the database has it
}

// window is where a token stands.
type window struct {
	limit, left int64
	reset       int64 // Unix seconds
	seconds     int64 // until then
	over        bool
	first       bool // the first over the limit in this window
	look        bool // over the limit, but may be looked at
}

// quotas are those of all tokens, by the ids of their keys. Tokens that nobody
// knows, in open mode, have one together.
type quotas struct {
	db    *meta.DB
	clock func() time.Time

	mu  sync.Mutex
	all map[string]*quota
}

func openQuotas(ctx context.Context, db *meta.DB, clock func() time.Time) (*quotas, error) {
	q := &quotas{db: db, clock: clock, all: map[string]*quota{}}
	err := db.Read(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, "SELECT key_id, scopes, window_size, window_count, window_start, used FROM rollbar_token")
		if err != nil {
			return err
		}
		defer rows.Close() //nolint:errcheck // rows.Err tells
		for rows.Next() {
			one := &quota{written: true}
			var id, names string
			var size int64
			if err := rows.Scan(&id, &names, &size, &one.WindowCount, &one.start, &one.used); err != nil {
				return err
			}
			one.WindowSize, one.Scopes = time.Duration(size)*time.Second, parseScopes(names)
			q.all[id] = one
		}
		return rows.Err()
	})
	return q, err
}

// parseScopes reads names with commas between them; others are left out.
func parseScopes(names string) (s scopes) {
	for name := range strings.SplitSeq(names, ",") {
		s |= scopeNamed(strings.TrimSpace(name))
	}
	return s
}

// scopeNamed returns the scope of a name, 0 if there is none.
func scopeNamed(name string) scopes {
	if i := slices.Index(anyScope.names(), name); i >= 0 {
		return 1 << i
	}
	return 0
}

// settings returns what was said about a token, and where its window stands.
func (q *quotas) settings(key string) (s tokenSettings, start, used int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if one := q.all[key]; one != nil {
		return one.tokenSettings, one.start, one.used
	}
	return tokenSettings{}, 0, 0
}

// set changes what a token may and how often.
func (q *quotas) set(ctx context.Context, key string, s tokenSettings) error {
	if err := s.check(); err != nil {
		return err
	}
	if s.WindowCount == 0 {
		s.WindowSize = 0
	}
	q.mu.Lock()
	one := q.at(key)
	if one.WindowSize != s.WindowSize || one.WindowCount != s.WindowCount {
		one.start, one.used, one.told = 0, 0, false
	}
	one.tokenSettings, one.written = s, true
	kept := *one
	q.mu.Unlock()
	return q.write(ctx, map[string]quota{key: kept})
}

// forget drops what was said about a token that is gone.
func (q *quotas) forget(ctx context.Context, key string) error {
	q.mu.Lock()
	delete(q.all, key)
	q.mu.Unlock()
	return q.db.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "DELETE FROM rollbar_token WHERE key_id = ?", key)
		return err
	})
}

func (q *quotas) at(key string) *quota {
	one := q.all[key]
	if one == nil {
		one = &quota{share: shareBurst}
		q.all[strings.Clone(key)] = one
	}
	return one
}

// take counts so many items of a token.
func (q *quotas) take(key string, n int64) window {
	now := q.clock().UnixNano()
	q.mu.Lock()
	defer q.mu.Unlock()
	one := q.at(key)
	size, limit := int64(usualWindow), int64(usualCalls)
	if one.WindowCount > 0 {
		size, limit = int64(one.WindowSize), one.WindowCount
	}
	if one.start == 0 || now < one.start || now >= one.start+size {
		one.start, one.used, one.told = now, 0, false
	}
	end := one.start + size
	w := window{limit: limit, reset: (end + int64(time.Second) - 1) / int64(time.Second), seconds: (end - now + int64(time.Second) - 1) / int64(time.Second)}
	if one.used+n > limit {
		w.over, w.first = true, !one.told
		one.told = true
		w.look = one.lookAt(now)
		w.left = max(limit-one.used, 0)
		return w
	}
	one.used += n
	one.written = false
	w.left = limit - one.used
	return w
}

// lookAt reports whether one more item over the limit may be looked at.
func (o *quota) lookAt(now int64) bool {
	if passed := now - o.shareFrom; passed > 0 {
		o.share = min(shareBurst, o.share+float64(passed)/float64(time.Second)*sharePerSecond)
	}
	o.shareFrom = now
	if o.share < 1 {
		return false
	}
	o.share--
	return true
}

// tell writes the headers that clients slow down by.
func (w window) tell(h http.Header) {
	text := [...]string{strconv.FormatInt(w.limit, 10), strconv.FormatInt(w.left, 10), strconv.FormatInt(w.reset, 10), strconv.FormatInt(w.seconds, 10)}
	h["X-Rate-Limit-Limit"], h["X-Rate-Limit-Remaining"] = text[0:1:1], text[1:2:2]
	h["X-Rate-Limit-Reset"], h["X-Rate-Limit-Remaining-Seconds"] = text[2:3:3], text[3:4:4]
}

func (w window) refusal() error {
	return fault.Busy(fault.Throttled, time.Duration(w.seconds)*time.Second, saysThrottled)
}

// persist writes the windows of tokens that have a limit of their own.
func (q *quotas) persist(ctx context.Context) error {
	changed := map[string]quota{}
	q.mu.Lock()
	for key, one := range q.all {
		if !one.written && (one.WindowCount > 0 || one.Scopes != 0) {
			changed[key] = *one
			one.written = true
		}
	}
	q.mu.Unlock()
	if len(changed) == 0 {
		return nil
	}
	return q.write(ctx, changed)
}

func (q *quotas) write(ctx context.Context, changed map[string]quota) error {
	return q.db.Write(ctx, func(tx *sql.Tx) error {
		for key, one := range changed {
			names := ""
			if one.Scopes != 0 {
				names = strings.Join(one.Scopes.names(), ",")
			}
			_, err := tx.ExecContext(ctx, `INSERT INTO rollbar_token (key_id, scopes, window_size, window_count, window_start, used) VALUES (?, ?, ?, ?, ?, ?)
				ON CONFLICT (key_id) DO UPDATE SET scopes = excluded.scopes, window_size = excluded.window_size, window_count = excluded.window_count,
				window_start = excluded.window_start, used = excluded.used`,
				key, names, int64(one.WindowSize/time.Second), one.WindowCount, one.start, one.used)
			if err != nil {
				return err
			}
		}
		return nil
	})
}
