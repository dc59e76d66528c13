// Package demo brings sample data: an hour of the sample app's past, which is played
// through the same doors that all telemetry comes by, into an environment of its own,
// so that it is never mixed with what is real and can be removed whole. It also gives
// the running sample app its keys, and a daemon for its segments.
package demo

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/oriel-dev/oriel/internal/auth"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/recording"
)

// Config is what sample data stands on.
type Config struct {
	Keys   *auth.Keys
	Doors  http.Handler                        // the server's own
	Newest func() time.Time                    // of the events of the sample environment; zero if there are none
	Forget func(context.Context, string) error // removes all that is kept of an environment
	Clock  func() time.Time
	Log    *slog.Logger
	Hour   func() (*recording.Recording, error) // what is loaded; nil: the recorded hour

	Progress string // a file that says, after a load that was cut short, how far it was
}

// Sample is the sample data of a server.
type Sample struct {
	config Config

	change  sync.Mutex // one loads or removes at a time
	loading atomic.Bool
	done    atomic.Int64 // thousandths of what is being loaded

	mu  sync.Mutex
	app *App // that runs, nil for none

	background context.Context
	stop       context.CancelFunc
	later      sync.WaitGroup
}

// New returns the sample data of a server, loaded or not. Close ends what it does.
func New(ctx context.Context, c Config) *Sample {
	if c.Hour == nil {
		c.Hour = recording.Hour
	}
	s := &Sample{config: c}
	s.background, s.stop = context.WithCancel(context.WithoutCancel(ctx))
	return s
}

// Close ends what is being loaded, and the sample app.
func (s *Sample) Close() {
	s.stop()
	s.later.Wait()
}

// LoadLater is Load that goes on after it has returned; its end can be seen by Status.
func (s *Sample) LoadLater() error {
	if !s.loading.CompareAndSwap(false, true) {
		return errLoading()
	}
	s.later.Go(func() {
		defer s.loading.Store(false)
		if err := s.load(s.background, nil); err != nil && s.background.Err() == nil {
			s.config.Log.ErrorContext(s.background, "sample data could not be loaded", slog.Any("error", err))
		}
	})
	return nil
}

func errLoading() error { return fault.New(fault.Conflict, "sample data is being loaded already") }

// Status says what there is.
type Status struct {
	Environment string  `json:"environment"`
	Present     bool    `json:"present"`
	Loading     bool    `json:"loading"`
	Done        float64 `json:"done"` // of the loading, 0 to 1
}

// Status may be asked at any time.
func (s *Sample) Status() Status {
	_, present := s.config.Keys.SampleEnvironment()
	return Status{Environment: auth.Sample, Present: present, Loading: s.loading.Load(), Done: float64(s.done.Load()) / 1000}
}

// keyName is what lists of keys show.
const keyName = "sample app"

// behind is how much of the past is left to what comes next: no event is of the future.
const behind = 2 * time.Second

// Load plays the recorded hour, or what of it is newer than what is there: after a
// start on the same data only what is missing, also of a load that was cut short. begun, if it is not nil, is called once
// that is known: what happens from then on is not of the past. It ends with the context.
func (s *Sample) Load(ctx context.Context, begun func()) error {
	if !s.loading.CompareAndSwap(false, true) {
		return errLoading()
	}
	defer s.loading.Store(false)
	return s.load(ctx, begun)
}

func (s *Sample) load(ctx context.Context, begun func()) (err error) {
	s.change.Lock()
	defer s.change.Unlock()
	s.done.Store(0)
	hour, err := s.config.Hour()
	if err != nil {
		return err
	}
	if _, err := s.config.Keys.OpenSample(ctx); err != nil {
		return err
	}
	keys, err := s.makeKeys(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.dropKeys(context.WithoutCancel(ctx), keys)) }()
	so := &progress{file: s.config.Progress}
	now := s.config.Clock().Add(-behind)
	since := so.since(s.config.Newest())
	if err := so.note(since); err != nil {
		return err
	}
	if begun != nil {
		begun()
	}
	p := player{doors: s.config.Doors, keys: keys, made: map[string]bool{}}
	if err := s.play(ctx, hour, &p, so, now, since); err != nil {
		return err
	}
	return so.done()
}

func (s *Sample) play(ctx context.Context, hour *recording.Recording, p *player, so *progress, now, since time.Time) error {
	total := hour.Length()
	begin := now.Add(-total)
	return hour.Play(now, since, uint64(now.UnixNano()), func(r recording.Played) error { //nolint:gosec // any number will do
		s.done.Store(int64(r.At.Sub(begin) * 1000 / total))
		before := r.At.Add(-1) // of one moment there may be several
		if err := so.reached(before); err != nil {
			return err
		}
		err := p.send(ctx, r)
		if err != nil {
			err = errors.Join(err, so.note(before))
		}
		return err
	})
}

// Keys are what the sample app and its recording send with.
type Keys struct {
	Honeycomb, Rollbar     string
	Page                   string // of the app's page, which shows it to everyone: it may only send
	AccessKeyID, AWSSecret string
	ids                    []string
}

func (s *Sample) makeKeys(ctx context.Context) (k Keys, err error) {
	for _, one := range []struct {
		kind auth.Kind
		keep func(auth.Secret)
	}{
		{auth.Honeycomb, func(s auth.Secret) { k.Honeycomb = s.Key }},
		{auth.HoneycombIngest, func(s auth.Secret) { k.Page = s.Key }},
		{auth.RollbarWrite, func(s auth.Secret) { k.Rollbar = s.Key }},
		{auth.AWS, func(s auth.Secret) { k.AccessKeyID, k.AWSSecret = s.AccessKeyID, s.SecretAccessKey }},
	} {
		key, secret, err := s.config.Keys.Create(ctx, auth.NewKey{Kind: one.kind, Name: keyName, Environment: auth.Sample})
		if err != nil {
			return k, errors.Join(err, s.dropKeys(context.WithoutCancel(ctx), k))
		}
		k.ids = append(k.ids, key.ID)
		one.keep(secret)
	}
	return k, nil
}

func (s *Sample) dropKeys(ctx context.Context, k Keys) error {
	var failed []error
	for _, id := range k.ids {
		if err := s.config.Keys.Remove(ctx, id); err != nil && !fault.Is(err, fault.NotFound) {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

// Tidy removes the keys that a process which was killed has left.
func (s *Sample) Tidy(ctx context.Context) error {
	var left Keys
	for _, k := range s.config.Keys.List() {
		if k.Environment == auth.Sample && k.Name == keyName {
			left.ids = append(left.ids, k.ID)
		}
	}
	return s.dropKeys(ctx, left)
}

// Remove stops the sample app, if it runs, and removes all sample data for good.
func (s *Sample) Remove(ctx context.Context) error {
	s.change.Lock()
	defer s.change.Unlock()
	if _, present := s.config.Keys.SampleEnvironment(); !present {
		return fault.New(fault.NotFound, "there is no sample data")
	}
	s.mu.Lock()
	app := s.app
	s.mu.Unlock()
	if app != nil {
		app.unwanted.Store(true) // it need not send the rest, which takes seconds
		app.Stop()
		if err := app.forget(); err != nil {
			return err
		}
	}
	if err := s.config.Forget(ctx, auth.Sample); err != nil {
		return err
	}
	if err := (&progress{file: s.config.Progress}).done(); err != nil {
		return err
	}
	s.config.Log.InfoContext(ctx, "sample data was removed")
	return nil
}
