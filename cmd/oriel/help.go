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

Starts the server as oriel serve does, and the sample app Cruddur, which reports to
it: the last hour at once, then live. What it sends is in an environment of its own,
"sample", which can be removed with one click or oriel sample remove. The data is in
a folder of its own, too; delete it when you have seen enough.
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
  demo      start it with a sample app and an hour of its past to look at
  cruddur   run the sample app alone; its environment says where it reports to
  config    print the effective settings
  keys      create, list, disable and enable API keys
`)
	cli.List(w)
	_, _ = fmt.Fprint(w, "  version   print the version\n\noriel COMMAND --help says more.\n")
}
