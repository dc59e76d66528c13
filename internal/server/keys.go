package server

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/oriel-dev/oriel/internal/auth"
	"github.com/oriel-dev/oriel/internal/cli/usage"
	"github.com/oriel-dev/oriel/internal/meta"
)

const keysUsage = `Usage: oriel keys create [--kind KIND] [flags]
       oriel keys list [flags]
       oriel keys disable ID [flags]
       oriel keys enable ID [flags]

Works on the data folder, beside a running server or before it; a running
server knows of a change at once. A key's secret is shown only when it is made.

Kinds:
  honeycomb             sends and asks; OTLP header and x-honeycomb-team
  honeycomb-ingest      only sends
  honeycomb-classic     of the old model without environments
  honeycomb-management  for /2/ of Honeycomb's API
  aws                   access key id and secret, for CloudWatch Logs and X-Ray
  rollbar-write         posts items
  rollbar-read          reads a project
  rollbar-account       manages projects
`

// Keys runs the keys command.
func Keys(ctx context.Context, args []string, getenv func(string) string, out, errOut io.Writer, clock func() time.Time) error {
	set := usage.Set("oriel keys", out, keysUsage)
	c := DefaultConfig()
	if folder := getenv("ORIEL_DATA"); folder != "" {
		c.Data = folder
	}
	set.StringVar(&c.Data, "data", c.Data, "`folder` that holds all data (or ORIEL_DATA)")
	kind := set.String("kind", string(auth.Honeycomb), "create: `kind` of the key")
	name := set.String("name", "", "create: `name` of the key, for lists")
	env := set.String("env", "", "create: `slug` of the environment; the default one if empty")
	asJSON := set.Bool("json", false, "create, list: print JSON")
	rest, err := usage.Parse(set, args)
	if err != nil {
		return err
	}
	if err := checkKeysArguments(rest); err != nil {
		return err
	}
	verb := rest[0]
	if verb == "create" && !slices.Contains(auth.Kinds(), auth.Kind(*kind)) {
		return usage.Errorf("kind is %q; it must be one of %s", *kind, kindNames())
	}
	if verb != "create" {
		if _, err := os.Stat(filepath.Join(c.Data, metaFile)); err != nil {
			return fmt.Errorf("there are no keys in the folder %s: name the server's folder with --data, or make a key with keys create", c.Data)
		}
	}
	keys, closeAll, err := openKeys(ctx, c, errOut, clock)
	if err != nil {
		return err
	}
	defer closeAll()
	switch verb {
	case "create":
		return createKey(ctx, keys, auth.NewKey{Kind: auth.Kind(*kind), Name: *name, Environment: *env}, *asJSON, out, errOut)
	case "list":
		if len(keys.List()) == 0 && !*asJSON {
			_, err := fmt.Fprintln(errOut, "there are no keys; oriel keys create makes one")
			return err
		}
		return listKeys(keys, *asJSON, out)
	}
	if err := keys.Disable(ctx, rest[1], verb == "disable"); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "key %s is %sd\n", rest[1], verb)
	return err
}

// checkKeysArguments wants a verb and, for those of one key, its id.
func checkKeysArguments(rest []string) error {
	if len(rest) == 0 {
		return usage.Errorf("say what to do: oriel keys create, list, disable or enable (oriel keys --help says more)")
	}
	wanted := 1
	switch rest[0] {
	case "create", "list":
	case "disable", "enable":
		if wanted = 2; len(rest) < wanted {
			return usage.Errorf("keys %s wants the id of a key; oriel keys list shows them", rest[0])
		}
	default:
		verbs := []string{"create", "list", "disable", "enable"}
		return usage.Errorf("unknown command %q: keys create, list, disable or enable%s", "keys "+rest[0], usage.Meant(rest[0], verbs))
	}
	if len(rest) > wanted {
		return usage.Errorf("unexpected argument %q (oriel keys --help says more)", rest[wanted])
	}
	return nil
}

func kindNames() string {
	var names []string
	for _, k := range auth.Kinds() {
		names = append(names, string(k))
	}
	return strings.Join(names, ", ")
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

func createKey(ctx context.Context, keys *auth.Keys, spec auth.NewKey, asJSON bool, out, errOut io.Writer) error {
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
	_, _ = fmt.Fprintf(errOut, "key %s of kind %s for environment %s; its secret is shown only now:\n", key.ID, key.Kind, key.Environment)
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
