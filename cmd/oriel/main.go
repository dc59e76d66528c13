// Command oriel is the server and its command line.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/oriel-dev/oriel/internal/cli"
	"github.com/oriel-dev/oriel/internal/demo"
	"github.com/oriel-dev/oriel/internal/server"
)

// version is set when a release is built.
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// After the first signal the next one ends the process at once.
	go func() { <-ctx.Done(); stop() }()
	err := run(ctx, os.Args[1:])
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "oriel:", err)
		os.Exit(exitCode(err))
	}
}

// exitCode tells a wrong command line from work that failed.
func exitCode(err error) int {
	var misuse *cli.UsageError
	if errors.As(err, &misuse) {
		return 2
	}
	return 1
}

func run(ctx context.Context, args []string) error {
	name := "serve"
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		name, args = args[0], args[1:]
	} else if len(args) > 0 && (args[0] == "--help" || args[0] == "-h") {
		name = "help"
	}
	switch name {
	case "serve":
		return serve(ctx, args, nil)
	case "demo":
		return serve(ctx, args, demoTraffic)
	case "config":
		c, err := load(args)
		if err != nil {
			return err
		}
		return c.Print(os.Stdout)
	case "keys":
		return server.Keys(ctx, args, os.Stdout, os.Stderr, time.Now)
	case "version", "--version":
		fmt.Println("oriel", version)
		return nil
	case "help":
		usage(os.Stdout)
		return nil
	}
	if cli.Handles(name) {
		return cli.Run(ctx, name, streams(), args)
	}
	return cli.Unknown(name, "serve", "demo", "config", "keys", "version", "help")
}

func load(args []string) (server.Config, error) {
	return server.Load(args, os.LookupEnv, os.Environ(), os.Stderr)
}

// serve runs the server; beside runs, if given, once it is ready.
func serve(ctx context.Context, args []string, beside func(context.Context, *server.Server) error) error {
	c, err := load(args)
	if err != nil {
		return err
	}
	s, err := server.Open(ctx, c, server.Surroundings{Version: version, Out: os.Stdout, Err: os.Stderr, Clock: time.Now})
	if err != nil {
		return err
	}
	if beside != nil {
		go func() {
			if err := beside(ctx, s); err != nil && ctx.Err() == nil {
				fmt.Fprintln(os.Stderr, "oriel:", err)
			}
		}()
	}
	return s.Run(ctx)
}

// demoTraffic sends sample traffic to the server in this process.
func demoTraffic(ctx context.Context, s *server.Server) error {
	select {
	case <-s.Ready():
	case <-ctx.Done():
		return nil
	}
	return demo.Run(ctx, demo.Config{
		Endpoint: "http://" + s.Addresses()["listen"], Key: "demo", Past: time.Hour, Rate: 5, Clock: time.Now, Log: s.Log(),
	})
}

func streams() cli.Streams {
	s := cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Getenv: os.Getenv, Clock: time.Now}
	if in, err := os.Stdin.Stat(); err == nil {
		s.Piped = in.Mode()&os.ModeNamedPipe != 0 || in.Mode().IsRegular()
	}
	s.Width = terminalWidth(os.Stdout)
	s.Color = s.Width > 0 && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	return s
}

func usage(w io.Writer) {
	_, _ = fmt.Fprint(w, `Oriel takes what your services send to Honeycomb by OpenTelemetry, keeps it safe and answers.

Usage: oriel COMMAND [flags]

  serve     start the server (also without a command)
  demo      start it with sample traffic to look at
  config    print the effective settings
  keys      create, list and disable API keys
`)
	cli.Usage(w)
	_, _ = fmt.Fprint(w, "  version   print the version\n\noriel COMMAND --help says more.\n")
}
