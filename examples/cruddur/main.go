// Command cruddur runs the sample app. Where its telemetry goes is said by the
// environment, as for any app that uses the telemetry library; see README.md.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/oriel-dev/oriel/examples/cruddur/command"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := command.Run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "cruddur:", err)
		os.Exit(1)
	}
}
