// Command oriel is the server and its command line.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/oriel-dev/oriel/internal/cli"
	"github.com/oriel-dev/oriel/internal/cli/usage"
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
	if _, wrong := errors.AsType[*usage.Error](err); wrong {
		return 2
	}
	return 1
}

func run(ctx context.Context, args []string) error {
	name := "serve"
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		name, args = args[0], args[1:]
	} else if len(args) > 0 && slices.Contains([]string{"--help", "-help", "-h", "--version", "-version"}, args[0]) {
		name, args = strings.TrimLeft(args[0], "-"), args[1:]
	}
	if (name == "help" || name == "h") && len(args) > 0 {
		name, args = args[0], []string{"--help"} // oriel help query
	}
	switch name {
	case "serve":
		return serve(ctx, server.DefaultConfig(), aboutServe, args, nil)
	case "demo":
		return serve(ctx, demoConfig(), aboutDemo, args, runDemo)
	case "cruddur":
		return cruddur(ctx, args)
	case "config":
		c, err := load(server.DefaultConfig(), aboutConfig, args)
		if err != nil {
			return err
		}
		return c.Print(os.Stdout)
	case "keys":
		return server.Keys(ctx, args, os.Getenv, os.Stdout, os.Stderr, time.Now)
	case "version":
		fmt.Println("oriel", version)
		return nil
	case "help", "h":
		help(os.Stdout)
		return nil
	}
	if cli.Handles(name) {
		return cli.Run(ctx, name, streams(), args)
	}
	return cli.Unknown(name, "serve", "demo", "cruddur", "config", "keys", "version", "help")
}

func load(defaults server.Config, about string, args []string) (server.Config, error) {
	return defaults.Load(about, args, os.LookupEnv, os.Environ(), os.Stdout)
}

// serve runs the server; beside runs, if given, once it is ready.
func serve(ctx context.Context, defaults server.Config, about string, args []string, beside func(context.Context, *server.Server) error) error {
	c, err := load(defaults, about, args)
	if err != nil {
		return err
	}
	s, err := server.Open(ctx, c, server.Surroundings{Version: version, Out: os.Stdout, Err: os.Stderr, Clock: time.Now})
	if err != nil {
		return err
	}
	if terminalWidth(os.Stderr) > 0 {
		go func() {
			select {
			case <-s.Ready():
				fmt.Fprintf(os.Stderr, "\n  Oriel is at %s; Ctrl-C stops it\n\n", s.URL())
			case <-ctx.Done():
			}
		}()
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

// demoConfig keeps the sample traffic apart from what is real.
func demoConfig() server.Config {
	c := server.DefaultConfig()
	c.Data = "oriel-demo"
	return c
}

func streams() cli.Streams {
	s := cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Getenv: os.Getenv, Clock: time.Now}
	if in, err := os.Stdin.Stat(); err == nil {
		s.Piped = in.Mode()&os.ModeNamedPipe != 0 || in.Mode().IsRegular()
	}
	s.Width = terminalWidth(os.Stdout)
	s.Hints = terminalWidth(os.Stderr) > 0
	s.Color = s.Width > 0 && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	return s
}
