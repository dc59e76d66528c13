package server

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/oriel-dev/oriel/internal/auth"
	"github.com/oriel-dev/oriel/internal/meta"
)

const keysUsage = `Usage: oriel keys create --kind KIND [flags]
       oriel keys list [flags]
       oriel keys disable [flags] ID

Works on the data folder, beside a running server or before it; a running
server knows a new key at once. A key's secret is shown only when it is made.

Kinds:
  honeycomb             sends and asks; OTLP header and x-honeycomb-team
  honeycomb-ingest      only sends
  honeycomb-classic     of the old model without environments
  honeycomb-management  for /2/ of Honeycomb's API
  aws                   access key id and secret, for CloudWatch Logs and X-Ray
  rollbar-write         posts items
  rollbar-read          reads a project
  rollbar-account       manages projects

Flags:
`

// Keys runs the keys command.
func Keys(ctx context.Context, args []string, out, errOut io.Writer, clock func() time.Time) error {
	set := flag.NewFlagSet("oriel keys", flag.ContinueOnError)
	set.SetOutput(errOut)
	c := DefaultConfig()
	set.StringVar(&c.Data, "data", c.Data, "`folder` that holds all data")
	kind := set.String("kind", string(auth.Honeycomb), "`kind` of the key")
	name := set.String("name", "", "`name` of the key, for lists")
	env := set.String("env", "", "environment `slug`; the default one if empty")
	asJSON := set.Bool("json", false, "print JSON")
	set.Usage = func() {
		_, _ = fmt.Fprint(errOut, keysUsage)
		set.PrintDefaults()
	}
	if len(args) == 0 || strings.HasPrefix(args[0], "-") {
		if len(args) > 0 {
			if err := set.Parse(args); err != nil {
				return err
			}
		}
		set.Usage()
		return fmt.Errorf("say what to do: keys create, list or disable")
	}
	verb := args[0]
	if err := set.Parse(args[1:]); err != nil {
		return err
	}
	keys, closeAll, err := openKeys(ctx, c, errOut, clock)
	if err != nil {
		return err
	}
	defer closeAll()
	switch verb {
	case "create":
		return createKey(ctx, keys, auth.NewKey{Kind: auth.Kind(*kind), Name: *name, Environment: *env}, *asJSON, out)
	case "list":
		return listKeys(keys, *asJSON, out)
	case "disable":
		if set.NArg() != 1 {
			return fmt.Errorf("keys disable wants one key id; oriel keys list shows them")
		}
		return keys.Disable(ctx, set.Arg(0), true)
	}
	return fmt.Errorf("unknown command %q: keys create, list or disable", verb)
}

func openKeys(ctx context.Context, c Config, errOut io.Writer, clock func() time.Time) (*auth.Keys, func(), error) {
	if err := c.makeDataFolder(); err != nil {
		return nil, nil, err
	}
	db, err := meta.Open(ctx, filepath.Join(c.Data, metaFile))
	if err != nil {
		return nil, nil, err
	}
	log := slog.New(slog.NewTextHandler(errOut, &slog.HandlerOptions{Level: slog.LevelWarn}))
	keys, err := auth.Open(ctx, db, auth.Config{Dir: c.Data, Clock: clock, Log: log})
	if err != nil {
		_ = db.Close()
		return nil, nil, err
	}
	return keys, func() {
		_ = keys.Close(ctx)
		_ = db.Close()
	}, nil
}

func createKey(ctx context.Context, keys *auth.Keys, spec auth.NewKey, asJSON bool, out io.Writer) error {
	key, secret, err := keys.Create(ctx, spec)
	if err != nil {
		return err
	}
	if asJSON {
		return json.NewEncoder(out).Encode(struct {
			auth.Secret
			ID          string `json:"id"`
			Kind        string `json:"kind"`
			Name        string `json:"name"`
			Environment string `json:"environment"`
		}{secret, key.ID, string(key.Kind), key.Name, key.Environment})
	}
	if secret.Key != "" {
		_, err = fmt.Fprintln(out, secret.Key)
		return err
	}
	_, err = fmt.Fprintf(out, "AWS_ACCESS_KEY_ID=%s\nAWS_SECRET_ACCESS_KEY=%s\n", secret.AccessKeyID, secret.SecretAccessKey)
	return err
}

func listKeys(keys *auth.Keys, asJSON bool, out io.Writer) error {
	list := keys.List()
	if asJSON {
		type listed struct {
			ID          string `json:"id"`
			Kind        string `json:"kind"`
			Name        string `json:"name"`
			Environment string `json:"environment"`
			Disabled    bool   `json:"disabled"`
			Created     string `json:"created"`
		}
		all := make([]listed, 0, len(list))
		for _, k := range list {
			all = append(all, listed{k.ID, string(k.Kind), k.Name, k.Environment, k.Disabled, k.Created.Format(time.RFC3339)})
		}
		return json.NewEncoder(out).Encode(all)
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "ID\tKIND\tNAME\tENVIRONMENT\tCREATED\tSTATE")
	for _, k := range list {
		state := "active"
		if k.Disabled {
			state = "disabled"
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", k.ID, k.Kind, k.Name, k.Environment, k.Created.Format(time.DateTime), state)
	}
	return w.Flush()
}
