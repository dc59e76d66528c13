package main

import (
	"fmt"
	"io"

	"github.com/oriel-dev/oriel/internal/cli"
)

const aboutServe = `Usage: oriel serve [flags]

Starts the server. Without any flag it listens on this machine only, takes any
key, and keeps its data in the folder oriel-data where it was started.
`

const aboutDemo = `Usage: oriel demo [flags]

Starts the server as oriel serve does, and sends it traffic of a sample app of
twelve services to look at: the last hour at once, then live. Its data is in a
folder of its own; delete it when you have seen enough.
`

const aboutConfig = `Usage: oriel config [flags]

Prints the settings that oriel serve with the same flags would run with, as YAML
that --config reads back.
`

// help lists the commands.
func help(w io.Writer) {
	_, _ = fmt.Fprint(w, `Oriel takes what your services send to Honeycomb by OpenTelemetry, keeps it safe and answers.

Usage: oriel COMMAND [flags]

  serve     start the server (also without a command)
  demo      start it with sample traffic to look at
  config    print the effective settings
  keys      create, list, disable and enable API keys
`)
	cli.List(w)
	_, _ = fmt.Fprint(w, "  version   print the version\n\noriel COMMAND --help says more.\n")
}
