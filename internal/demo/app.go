package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"sync/atomic"
	"syscall"
	"time"
)

// AppConfig says how the sample app is run.
type AppConfig struct {
	Program  string   // that is the app when it is called with Args
	Args     []string // the rest is added
	Database string   // its file
	URL      string   // of the server
	Getenv   func(string) string
	Err      io.Writer
}

// App is the sample app in a process of its own: it is told by its environment alone
// where it reports to, as any app is, and sees nothing of the caller's.
type App struct {
	database string
	cancel   context.CancelFunc
	done     chan struct{}
	failed   error
	unwanted atomic.Bool // nobody wants what it has not sent yet
}

// traffic is the visits that begin in a second, as in the recording.
const traffic = "0.5"

// Start starts the app. It runs until ctx ends, Stop is called, or sample data is removed.
func (s *Sample) Start(ctx context.Context, c AppConfig) (*App, error) {
	if _, err := s.config.Keys.OpenSample(ctx); err != nil {
		return nil, err
	}
	keys, err := s.makeKeys(ctx)
	if err != nil {
		return nil, err
	}
	running, cancel := context.WithCancel(ctx)
	context.AfterFunc(s.background, cancel) //nolint:contextcheck // whichever ends first
	a := &App{database: c.Database, cancel: cancel, done: make(chan struct{})}
	daemon, err := openRelay(running, player{doors: s.config.Doors, keys: keys}, s.config.Log)
	if err != nil {
		cancel()
		return nil, errors.Join(err, s.dropKeys(context.WithoutCancel(ctx), keys))
	}
	child := command(running, c, environment(c.URL, daemon.packets.LocalAddr().String(), keys, c.Getenv))
	child.Cancel = func() error {
		if a.unwanted.Load() {
			return child.Process.Kill()
		}
		return child.Process.Signal(syscall.SIGTERM)
	}
	life, err := child.StdinPipe() // the app ends when it is closed: also when this process is killed
	if err == nil {
		err = child.Start()
	}
	if err != nil {
		cancel()
		return nil, errors.Join(fmt.Errorf("start the sample app: %w", err), s.dropKeys(context.WithoutCancel(ctx), keys))
	}
	s.mu.Lock()
	s.app = a
	s.mu.Unlock()
	s.later.Go(func() {
		defer close(a.done)
		err := child.Wait()
		_ = life.Close()
		if running.Err() == nil {
			a.failed = fmt.Errorf("the sample app ended: %w", cmpErr(err))
		}
		cancel()
		daemon.wg.Wait()
		a.failed = errors.Join(a.failed, s.dropKeys(context.WithoutCancel(ctx), keys))
		s.mu.Lock()
		s.app = nil
		s.mu.Unlock()
	})
	return a, nil
}

func cmpErr(err error) error {
	if err == nil {
		return errors.New("without saying why")
	}
	return err
}

// Stop ends the app and waits until it has.
func (a *App) Stop() {
	a.cancel()
	<-a.done
}

// forget removes the app's own data.
func (a *App) forget() error {
	var failed []error
	for _, rest := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(a.database + rest); err != nil && !errors.Is(err, fs.ErrNotExist) {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

// Wait returns when the app has ended: an error unless it was stopped.
func (a *App) Wait() error {
	<-a.done
	return a.failed
}

const endsWithin = 5 * time.Second

func command(ctx context.Context, c AppConfig, env []string) *exec.Cmd {
	args := append(append([]string{}, c.Args...),
		"-listen", "127.0.0.1:0", "-database", c.Database, "-version", "2.4.0", "-rollback-after", "20m", "-deploy-after", "40m", "-tell-start=false",
		"-traffic", traffic, "-xray", "cruddur-moderation,cruddur-worker", "-quiet")
	child := exec.CommandContext(ctx, c.Program, args...)     //nolint:gosec // this very program
	child.Env, child.Stdout, child.Stderr = env, c.Err, c.Err // it says where its page is
	child.WaitDelay = endsWithin
	return child
}

// environment is what the vendors' documentation says to set, and little more: nothing
// that is set for other programs may lead the app's telemetry elsewhere.
func environment(url, daemon string, k Keys, getenv func(string) string) []string {
	env := []string{
		"HONEYCOMB_API_KEY=" + k.Honeycomb, "HONEYCOMB_API_ENDPOINT=" + url, "HONEYCOMB_BROWSER_KEY=" + k.Page,
		"CLOUDWATCH_LOG_GROUP=/cruddur/{service}", "CLOUDWATCH_LOG_STREAM=cruddur-1", "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS=" + url,
		"AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=" + k.AccessKeyID, "AWS_SECRET_ACCESS_KEY=" + k.AWSSecret, "AWS_EC2_METADATA_DISABLED=true",
		"ROLLBAR_ACCESS_TOKEN=" + k.Rollbar, "ROLLBAR_ENDPOINT=" + url + "/api/1/", "ROLLBAR_CLIENT_TOKEN=" + k.Rollbar,
		"AWS_XRAY_DAEMON_ADDRESS=" + daemon,
		"OTEL_RESOURCE_ATTRIBUTES=host.name=cruddur-1", "GOMEMLIMIT=64MiB", "GOMAXPROCS=1",
	}
	for _, name := range []string{"TMPDIR", "HOME", "PATH"} {
		if v := getenv(name); v != "" {
			env = append(env, name+"="+v)
		}
	}
	return env
}
