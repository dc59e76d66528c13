package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/oriel-dev/oriel/examples/cruddur/command"
	"github.com/oriel-dev/oriel/internal/demo"
	"github.com/oriel-dev/oriel/internal/server"
)

// withParent is the first argument of an app that ends when its standard input does.
const withParent = "--with-parent"

// cruddur runs the sample app.
func cruddur(ctx context.Context, args []string) error {
	if len(args) > 0 && args[0] == withParent {
		args = args[1:]
		var stop context.CancelFunc
		ctx, stop = context.WithCancel(ctx)
		defer stop()
		go func() {
			_, _ = io.Copy(io.Discard, os.Stdin)
			stop()
		}()
	}
	err := command.Run(ctx, args, os.Stdout)
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil // it was stopped before it ran
	}
	return err
}

// runDemo loads the recorded hour into the server of this process, and goes on with
// the app itself.
func runDemo(ctx context.Context, s *server.Server) error {
	select {
	case <-s.Ready():
	case <-ctx.Done():
		return nil
	}
	began := time.Now()
	loaded := make(chan struct{})
	told := make(chan struct{})
	go func() {
		defer close(told)
		tellProgress(s.Sample(), loaded)
	}()
	ended := make(chan error, 1)
	err := s.Sample().Load(ctx, func() {
		go func() { ended <- runApp(ctx, s) }() // it goes on where the past ends
	})
	close(loaded)
	<-told
	if err != nil {
		return fmt.Errorf("load the recorded hour: %w", err)
	}
	s.Log().InfoContext(ctx, "the recorded hour is in", slog.Duration("took", time.Since(began).Round(time.Millisecond)))
	return <-ended
}

// runApp runs the sample app until it is stopped.
func runApp(ctx context.Context, s *server.Server) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	app, err := s.Sample().Start(ctx, demo.AppConfig{
		Program: program, Args: []string{"cruddur", withParent}, Database: filepath.Join(s.Data(), "cruddur.db"), URL: s.DoorURL(), Getenv: os.Getenv, Err: os.Stderr,
	})
	if err != nil {
		return err
	}
	return app.Wait()
}

// tellProgress writes a line that grows, where there is a terminal to see it.
func tellProgress(s *demo.Sample, loaded <-chan struct{}) {
	if terminalWidth(os.Stderr) == 0 {
		return
	}
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-loaded:
			fmt.Fprintf(os.Stderr, "\r\033[K  An hour of sample data is in\n")
			return
		case <-tick.C:
			fmt.Fprintf(os.Stderr, "\r\033[K  An hour of sample data is coming in: %3.0f %%", s.Status().Done*100)
		}
	}
}
