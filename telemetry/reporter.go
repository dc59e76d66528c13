package telemetry

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	itemsWaiting = 256
	itemsBytes   = 16 << 20  // of what the app adds to items that wait
	itemLongest  = 512 << 10 // as Rollbar documents it
	itemLasts    = 10 * time.Second
	recentLogs   = 50
	recentLong   = 1 << 10 // of a message
	pauseMost    = time.Minute
)

// Level is Rollbar's word for how bad something is.
type Level string

// Rollbar's levels.
const (
	Critical Level = "critical"
	Error    Level = "error"
	Warning  Level = "warning"
	Info     Level = "info"
	Debug    Level = "debug"
)

// ReportOption says more about an error than the error itself.
type ReportOption func(*occurrence)

// WithLevel sets the level; Error by default.
func WithLevel(l Level) ReportOption { return func(o *occurrence) { o.level = l } }

// WithCustom adds values under custom.NAME. Secrets are scrubbed by name.
func WithCustom(values map[string]any) ReportOption {
	return func(o *occurrence) {
		maps.Copy(o.custom, values)
	}
}

// WithRequest says which request it happened in. [Telemetry.Handler] does so by itself.
func WithRequest(r *http.Request) ReportOption { return func(o *occurrence) { o.request = r } }

// WithFingerprint groups by a text of your own.
func WithFingerprint(fingerprint string) ReportOption {
	return func(o *occurrence) { o.fingerprint = fingerprint }
}

// Person is who was affected.
type Person struct{ ID, Username, Email string }

type personKey struct{}

// WithPerson returns a context whose errors say who was affected; spans that
// [Telemetry.Handler] makes say it as well once it is set with [Telemetry.SetPerson].
func WithPerson(ctx context.Context, p Person) context.Context {
	return context.WithValue(ctx, personKey{}, p)
}

// Report sends an error with its stack, the trace of ctx, the request it happened in
// and what was logged before it. The stack is the error's own, if it or one of its
// causes has one (a method Callers() []uintptr or Stack() []runtime.Frame), else that of the
// caller. It does not wait. A nil error is nothing to report.
func (t *Telemetry) Report(ctx context.Context, err error, options ...ReportOption) {
	if err == nil || t.reporter == nil {
		return
	}
	o := newOccurrence(ctx, Error)
	for _, option := range options {
		option(o)
	}
	o.errors = chainOf(err, callers(1))
	t.reporter.send(o)
}

// ReportPanic sends a panic with its stack. Call it in a deferred function with what
// recover returned; nil is nothing to report.
func (t *Telemetry) ReportPanic(ctx context.Context, recovered any, options ...ReportOption) {
	if recovered == nil || t.reporter == nil {
		return
	}
	o := newOccurrence(ctx, Critical)
	for _, option := range options {
		option(o)
	}
	o.errors = panicOf(recovered, callers(1))
	t.reporter.send(o)
}

// reporter sends items, one after the other, from a goroutine of its own.
type reporter struct {
	settings *settings
	client   *http.Client
	sources  sources

	queue   chan *occurrence
	ctx     context.Context
	cancel  context.CancelFunc
	ended   chan struct{} // no more come
	done    chan struct{}
	once    sync.Once
	sent    atomic.Int64
	dropped atomic.Int64
	busy    atomic.Int64
	weight  atomic.Int64 // bytes of what waits
	failing bool

	mu     sync.Mutex
	recent [recentLogs]recentLog
	next   int
	minute int64 // the Unix minute that count is about
	count  int
}

type recentLog struct {
	at      time.Time
	level   slog.Level
	message string
}

func newReporter(s *settings) *reporter {
	r := &reporter{
		sources:  sources{carried: s.Errors.Sources},
		settings: s, client: cmp.Or(s.HTTP, &http.Client{Timeout: itemLasts}),
		queue: make(chan *occurrence, itemsWaiting), ended: make(chan struct{}), done: make(chan struct{}),
	}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	go r.run()
	return r
}

// remember keeps a record for the telemetry of later items.
func (r *reporter) remember(record slog.Record) {
	message := record.Message
	if len(message) > recentLong {
		message = strings.Clone(message[:recentLong]) + "…"
	}
	r.mu.Lock()
	r.recent[r.next%recentLogs] = recentLog{record.Time, record.Level, message}
	r.next++
	r.mu.Unlock()
}

// before returns what was logged, the oldest first.
func (r *reporter) before() []recentLog {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := min(r.next, recentLogs)
	list := make([]recentLog, 0, n)
	for i := r.next - n; i < r.next; i++ {
		list = append(list, r.recent[i%recentLogs])
	}
	return list
}

// reportRecord makes an item of a log record: of the error that it carries, if any,
// else of its message.
func (r *reporter) reportRecord(ctx context.Context, record slog.Record, preset []slog.Attr, prefix string) {
	o := newOccurrence(ctx, levelOf(record.Level))
	var err error
	note := func(key string, v slog.Value) {
		v = v.Resolve()
		if e, ok := v.Any().(error); ok && err == nil && v.Kind() == slog.KindAny {
			err = e
			return
		}
		o.custom[key] = plain(v, 0)
	}
	for _, a := range preset {
		note(a.Key, a.Value)
	}
	record.Attrs(func(a slog.Attr) bool {
		note(prefix+a.Key, a.Value)
		return true
	})
	if err != nil {
		o.errors = chainOf(err, from(record.PC, callers(1)))
		o.custom["log.message"] = record.Message
	} else {
		o.message = record.Message
	}
	r.send(o)
}

// plain makes of a value what JSON can hold.
func plain(v slog.Value, depth int) any {
	switch v.Kind() {
	case slog.KindGroup:
		members := map[string]any{}
		if depth < maxDepth {
			for _, a := range v.Group() {
				members[a.Key] = plain(a.Value.Resolve(), depth+1)
			}
		}
		return members
	case slog.KindAny:
		return json.RawMessage(appendAny(nil, v.Any()))
	case slog.KindDuration:
		return v.Duration().String()
	case slog.KindFloat64:
		return json.RawMessage(appendFloat(nil, v.Float64()))
	default:
		return v.Any()
	}
}

func levelOf(l slog.Level) Level {
	switch {
	case l > slog.LevelError:
		return Critical
	case l >= slog.LevelError:
		return Error
	case l >= slog.LevelWarn:
		return Warning
	case l >= slog.LevelInfo:
		return Info
	}
	return Debug
}

// send takes an occurrence, or drops it: beyond the bound of a minute, when too many
// or too much wait, or after the end.
func (r *reporter) send(o *occurrence) {
	if !r.admit(o.at) {
		r.dropped.Add(1)
		return
	}
	o.before = r.before()
	r.keep(o)
	select {
	case <-r.ended:
		r.dropped.Add(1)
		return
	default:
	}
	if r.weight.Add(o.weight) > itemsBytes {
		r.weight.Add(-o.weight)
		r.dropped.Add(1)
		return
	}
	select {
	case r.queue <- o:
	default:
		r.weight.Add(-o.weight)
		r.dropped.Add(1)
	}
}

// keep writes down what belongs to the app, which goes on with it while the item
// waits: values may change, and their methods may fail.
func (r *reporter) keep(o *occurrence) {
	for key, v := range o.custom {
		raw := appendAny(nil, v)
		o.custom[key] = json.RawMessage(raw)
		o.weight += int64(len(key) + len(raw))
	}
	if o.weight > itemLongest {
		o.custom, o.weight = map[string]any{"left_out": "the item was too long"}, 0
	}
	if o.request != nil {
		if asked, err := json.Marshal(r.requestOf(o.request)); err == nil && len(asked) <= itemLongest {
			o.asked = asked
		}
		o.request = nil
		o.weight += int64(len(o.asked))
	}
}

func (r *reporter) admit(at time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if m := at.Unix() / 60; m != r.minute {
		r.minute, r.count = m, 0
	}
	r.count++
	return r.count <= r.settings.Errors.PerMinute
}

func (r *reporter) flow() Flow {
	if r == nil {
		return Flow{}
	}
	return Flow{On: true, Sent: r.sent.Load(), Waiting: int64(len(r.queue)) + r.busy.Load(), Dropped: r.dropped.Load()}
}

func (r *reporter) close(ctx context.Context) error {
	if r == nil {
		return nil
	}
	var err error
	r.once.Do(func() {
		before := r.dropped.Load()
		close(r.ended)
		select {
		case <-r.done:
		case <-ctx.Done():
			err = ctx.Err()
		}
		r.cancel()
		<-r.done
		for range len(r.queue) {
			<-r.queue
			r.dropped.Add(1)
		}
		err = leftError(err, r.dropped.Load()-before, "items")
	})
	return err
}

func (r *reporter) run() {
	defer close(r.done)
	for {
		select {
		case <-r.ctx.Done():
			return
		case o := <-r.queue:
			r.deliver(o)
		case <-r.ended:
			for {
				select {
				case o := <-r.queue:
					r.deliver(o)
					continue
				default:
				}
				return
			}
		}
	}
}

// deliver posts one item until it is taken, is refused, or the reporter ends.
func (r *reporter) deliver(o *occurrence) {
	r.busy.Store(1)
	defer r.busy.Store(0)
	body := r.encode(o)
	defer r.weight.Add(-o.weight)
	wait := waitFirst
	for r.ctx.Err() == nil {
		asked, again, err := r.post(body)
		if err == nil {
			r.failing = false
			r.sent.Add(1)
			return
		}
		if !r.failing {
			r.failing = true
			r.settings.Trouble.Warn("errors cannot be reported; this is said once until it works again", slog.Any("error", err))
		}
		if !again || !pause(r.ctx, cmp.Or(asked, spread(wait))) {
			break
		}
		wait = min(2*wait, waitMost)
	}
	r.dropped.Add(1)
}

// post sends a body. Rollbar takes an item with exactly 200.
func (r *reporter) post(body []byte) (asked time.Duration, again bool, err error) {
	request, err := http.NewRequestWithContext(r.ctx, http.MethodPost, r.settings.Errors.Endpoint, bytes.NewReader(body))
	if err != nil {
		return 0, false, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Rollbar-Access-Token", r.settings.Errors.Token)
	response, err := r.client.Do(request)
	if err != nil {
		return 0, true, err
	}
	defer response.Body.Close() //nolint:errcheck // it was only read
	answer, _ := io.ReadAll(io.LimitReader(response.Body, 4096))
	switch {
	case response.StatusCode == http.StatusOK:
		return 0, false, nil
	case response.StatusCode == http.StatusTooManyRequests:
		return pauseOf(response.Header), true, fmt.Errorf("rollbar's limit is reached: %s", answer)
	case response.StatusCode >= http.StatusInternalServerError:
		return 0, true, fmt.Errorf("rollbar answered %s", response.Status)
	}
	return 0, false, fmt.Errorf("rollbar refused an item with %s: %s", response.Status, answer)
}

func pauseOf(h http.Header) time.Duration {
	for _, name := range []string{"X-Rate-Limit-Remaining-Seconds", "Retry-After"} {
		if seconds, err := strconv.ParseFloat(h.Get(name), 64); err == nil && seconds > 0 {
			return min(time.Duration(seconds*float64(time.Second)), pauseMost)
		}
	}
	return 0
}
