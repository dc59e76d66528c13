// Command record makes the recorded hour: it runs Cruddur, takes what it sends to
// the four vendors, and packs it. It takes as long as the acts last together.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/oriel-dev/oriel/examples/cruddur/app"
	"github.com/oriel-dev/oriel/examples/cruddur/command"
	"github.com/oriel-dev/oriel/internal/recording"
)

// Requests under way when an act begins are of the time before; those under way when
// it ends still get time to end, and their telemetry to come.
const (
	warmUp = 40 * time.Second
	coda   = 15 * time.Second
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "record:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("record", flag.ContinueOnError)
	lasts := flags.Duration("act", 10*time.Minute, "`time` that each of the two acts lasts")
	times := flags.Int("times", 3, "how `often` each is played")
	rate := flags.Float64("traffic", 0.5, "`visits` that begin in a second, as in oriel demo")
	out := flags.String("out", "hour.zst", "`file` to write")
	if err := flags.Parse(args); err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "record")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder) //nolint:errcheck // what is left is in the temporary folder
	var whole recording.Recording
	for _, version := range []string{app.VersionGood, app.VersionBad} {
		act, err := perform(ctx, version, filepath.Join(folder, "cruddur.db"), *lasts, *rate)
		if err != nil {
			return err
		}
		act.Times = *times
		whole.Acts = append(whole.Acts, act)
	}
	file, err := os.Create(*out)
	if err != nil {
		return err
	}
	if err := whole.Write(file); err != nil {
		return err
	}
	return file.Close()
}

// perform runs one version of the app and returns what happened.
func perform(ctx context.Context, version, database string, lasts time.Duration, rate float64) (recording.Act, error) {
	studio, err := openStudio(ctx)
	if err != nil {
		return recording.Act{}, err
	}
	defer studio.close()
	for name, value := range studio.environment() {
		if err := os.Setenv(name, value); err != nil {
			return recording.Act{}, err
		}
	}
	begin := time.Now().Add(warmUp)
	playing, stop := context.WithTimeout(ctx, warmUp+lasts+coda)
	defer stop()
	err = command.Run(playing, []string{
		"-listen", "127.0.0.1:0", "-database", database, "-version", version, "-deploy-after", "0", "-rollback-after", "0", "-quiet",
		"-traffic", strconv.FormatFloat(rate, 'f', -1, 64), "-xray", "cruddur-moderation,cruddur-worker",
	}, io.Discard)
	if err != nil {
		return recording.Act{}, err
	}
	if err := ctx.Err(); err != nil {
		return recording.Act{}, err
	}
	return studio.cut(begin, lasts)
}
