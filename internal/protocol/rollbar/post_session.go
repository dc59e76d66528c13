package rollbar

import (
	"bytes"
	"context"
	"database/sql"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
)

// How much of session replays is kept.
const (
	keepReplays     = 30 * 24 * time.Hour
	maxReplay       = 64 << 20 // bytes of one, as it was sent
	maxReplays      = 1 << 30  // bytes of all, packed
	replaysAMinute  = 6000     // posts
	maxReplayIDSize = 64
)

// replays counts posts of replays.
type replays struct {
	mu    sync.Mutex
	from  time.Time
	count int64
}

// left counts n posts and returns how many more there may be, and until when.
func (r *replays) left(now time.Time, n int64) (left int64, reset time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if since := now.Sub(r.from); since < 0 || since >= time.Minute {
		r.from, r.count = now, 0
	}
	r.count += n
	return replaysAMinute - r.count, r.from.Add(time.Minute)
}

// tellReplay lets the browser's SDK send the recording of a session in which an
// item happened: without these headers it throws it away.
func (f *Front) tellReplay(h http.Header) {
	left, reset := f.replays.left(f.Clock(), 0)
	text := [...]string{"true", strconv.FormatInt(max(left, 0), 10), strconv.FormatInt(reset.Unix(), 10)}
	h["Rollbar-Replay-Enabled"], h["Rollbar-Replay-Ratelimit-Remaining"], h["Rollbar-Replay-Ratelimit-Reset"] = text[0:1:1], text[1:2:2], text[2:3:3]
}

// postSession is POST /session: a part of the recording of a session, as OTLP in
// JSON with liberties. It is kept as it is, but for what is secret.
func (f *Front) postSession(w http.ResponseWriter, r *http.Request) {
	p := f.newPost(r)
	defer f.endPost(p)
	if err := p.session(r.Context(), w); err != nil {
		f.reject(r, p.token, p.secret, nil, err)
		f.fail(w, r, err)
		return
	}
	f.tellReplay(w.Header())
	reply{bare: true}.write(w)
}

func (p *post) session(ctx context.Context, w http.ResponseWriter) error {
	if err := p.letIn(ctx, w, maxBatch, 0); err != nil {
		return err
	}
	if left, reset := p.front.replays.left(p.front.Clock(), 1); left < 0 {
		return fault.Busy(fault.Throttled, reset.Sub(p.front.Clock()), saysThrottled)
	}
	t := &p.payload.tree
	if err := t.readAll(p.body); err != nil {
		return refuse(http.StatusBadRequest, "%s: %w", saysUndecodable, err)
	}
	s := readSession(t)
	if id := p.Header.Get("X-Rollbar-Replay-Id"); id != "" {
		s.replay = id
	}
	if s.replay == "" || len(s.replay) > maxReplayIDSize || len(s.session) > maxReplayIDSize || t.kindOf(0) != isObject {
		return invalid("Invalid format. A recording must have resourceSpans, and the id of its replay in X-Rollbar-Replay-Id or rollbar.replay.id.")
	}
	p.policy.scrubber.scrub(t, 0)
	t.replaceText(0, "$remote_ip", p.peer)
	t.replaceText(0, "$remote_ip_anonymize", anonymous(p.peer))
	p.text = t.print(p.text[:0], 0, none)
	return p.front.keepReplay(ctx, p.token.Environment, s, p.text)
}

// replaceText puts a text in the place of another wherever that is a whole value.
func (t *tree) replaceText(at int32, from, to string) {
	for i := t.nodes[at].child; i != 0; i = t.nodes[i].next {
		if n := &t.nodes[i]; n.kind == isText && n.text == from {
			n.text = to
		} else if n.child != 0 {
			t.replaceText(i, from, to)
		}
	}
}

// recording names what a part of a recording belongs to.
type recording struct{ environment, session, replay string }

// readSession finds what a part of a recording belongs to in its attributes.
func readSession(t *tree) (s recording) {
	s.environment = "unknown"
	t.each(t.get(0, "resourceSpans"), func(resource int32, _ *node) bool {
		if v := t.attribute(t.get(resource, "resource", "attributes"), "rollbar.environment"); v != "" {
			s.environment = event.Cut(v, maxName)
		}
		t.eachSpan(resource, func(span int32) {
			attributes := t.get(span, "attributes")
			if v := t.attribute(attributes, "session.id"); v != "" {
				s.session = v
			}
			if v := t.attribute(attributes, "rollbar.replay.id"); v != "" {
				s.replay = v
			}
		})
		return true
	})
	return s
}

func (t *tree) eachSpan(resource int32, f func(span int32)) {
	t.each(t.get(resource, "scopeSpans"), func(scope int32, _ *node) bool {
		t.each(t.get(scope, "spans"), func(span int32, _ *node) bool {
			f(span)
			return true
		})
		return true
	})
}

// attribute returns the value of a key in OTLP's attributes as text.
func (t *tree) attribute(attributes int32, key string) (value string) {
	t.each(attributes, func(i int32, _ *node) bool {
		if t.textAt(i, "key") == key {
			value = t.text(t.attributeValue(i))
		}
		return value == ""
	})
	return value
}

// attributeValue returns the node of an attribute's value: {"stringValue": …} and the like.
func (t *tree) attributeValue(attribute int32) (found int32) {
	found = none
	t.each(t.get(attribute, "value"), func(i int32, _ *node) bool {
		found = i
		return false
	})
	return found
}

// keepReplay stores a part of a recording, and lets the oldest go where there is
// too much.
func (f *Front) keepReplay(ctx context.Context, environment string, s recording, text []byte) error {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write(text); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	now := f.Clock()
	return f.db.Write(ctx, func(tx *sql.Tx) error {
		var one, all int64
		err := tx.QueryRowContext(ctx, "SELECT COALESCE(SUM(bytes), 0) FROM rollbar_replay WHERE environment = ? AND replay = ?", environment, s.replay).Scan(&one)
		if err != nil {
			return err
		}
		if one+int64(len(text)) > maxReplay {
			return fault.New(fault.TooLarge, "the replay is larger than %d bytes", maxReplay)
		}
		_, err = tx.ExecContext(ctx, "INSERT INTO rollbar_replay (environment, error_environment, session, replay, at, bytes, body) VALUES (?, ?, ?, ?, ?, ?, ?)",
			environment, s.environment, s.session, s.replay, now.UnixNano(), len(text), packed.Bytes())
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM rollbar_replay WHERE at < ?", now.Add(-keepReplays).UnixNano()); err != nil {
			return err
		}
		if err := tx.QueryRowContext(ctx, "SELECT COALESCE(SUM(LENGTH(body)), 0) FROM rollbar_replay").Scan(&all); err != nil || all <= maxReplays {
			return err
		}
		_, err = tx.ExecContext(ctx, "DELETE FROM rollbar_replay WHERE id IN (SELECT id FROM rollbar_replay ORDER BY id LIMIT 100)")
		return err
	})
}
