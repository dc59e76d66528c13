// Package command is Cruddur's command line: the app, its visitors, and a deploy
// script. oriel demo runs it, too.
package command

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/oriel-dev/oriel/examples/cruddur/app"
	"github.com/oriel-dev/oriel/examples/cruddur/traffic"
)

// Run runs the app until ctx ends. Where its telemetry goes, the environment says.
func Run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("cruddur", flag.ContinueOnError)
	flags.SetOutput(out)
	listen := flags.String("listen", "127.0.0.1:4567", "`address` of the API")
	database := flags.String("database", "", "`file` of SQLite, or a postgres:// URL (a temporary file if empty)")
	rate := flags.Float64("traffic", 2, "`visits` that begin in a second; 0 for none")
	version := flags.String("version", app.VersionGood, "`version` that runs at first, "+app.VersionGood+" or "+app.VersionBad)
	deploy := flags.Duration("deploy-after", 10*time.Minute, "`time` after which the next, worse version is deployed; 0 for never")
	rollback := flags.Duration("rollback-after", 30*time.Minute, "`time` after which the worse version is rolled back, to be tried again; 0 for never")
	daemon := flags.String("xray", "", "`services`, with commas, that are traced by the X-Ray daemon alone (all send spans, and segments if there is a daemon, if empty)")
	tellFirst := flags.Bool("tell-start", true, "tell Rollbar and Honeycomb of the version that runs at first, not only of later deploys")
	quiet := flags.Bool("quiet", false, "no log lines on standard error")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *version != app.VersionGood && *version != app.VersionBad {
		return fmt.Errorf("version is %q: want %s or %s", *version, app.VersionGood, app.VersionBad)
	}
	c := app.Config{Listen: *listen, Database: *database, Version: *version, DeployAfter: *deploy, RollbackAfter: *rollback}
	if *daemon != "" {
		c.Daemon = strings.Split(*daemon, ",")
	}
	if !*quiet {
		c.Console = slog.NewTextHandler(os.Stderr, nil)
	}
	c.Deployed = func(ctx context.Context, version, before string) {
		if before != "" || *tellFirst {
			tellDeploy(ctx, version, before)
		}
	}
	a, err := app.Start(ctx, c)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintln(out, "Cruddur is at", a.URL)
	if *rate > 0 {
		err = traffic.Run(ctx, traffic.Config{URL: a.URL, Handles: app.Handles(), Rate: *rate, Pace: 1, Seed: uint64(time.Now().UnixNano()), Log: slog.Default()})
	} else {
		<-ctx.Done()
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if e := a.Close(ending); err == nil {
		err = e
	}
	return err
}
