package server

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// Auth says whether callers need keys.
const (
	AuthOpen     = "open"     // any key is taken; only for loopback addresses unless Insecure
	AuthRequired = "required" // only known keys
	AuthAuto     = "auto"     // open on loopback; elsewhere required
)

// Config holds every setting of the server. Settings come, from weak to strong,
// from the defaults, one YAML file, the environment (ORIEL_ and the name in
// capitals, dashes as underscores) and flags. Sizes are in bytes.
type Config struct {
	Data     string // folder of all state
	File     string // YAML file; "" reads none
	Listen   string // main address: UI, API and every protocol
	OTLPGRPC string // customary address for OTLP over gRPC; "" is off
	OTLPHTTP string // customary address for OTLP over HTTP; "" is off
	XRay     string // address of the X-Ray daemon's protocol; "" is off
	Auth     string
	Insecure bool // allow open mode on addresses other than loopback
	LogLevel string
	LogJSON  bool

	Retention      time.Duration // events older than this are dropped; 0 keeps them
	RetentionBytes int64         // total of segments on disk; 0 is no limit
	MemoryBytes    int64         // budget of the whole process
	QueryThreads   int
	QueryTimeout   time.Duration
	MaxQueries     int // heavy queries at once
	FlushRows      int
	FlushAge       time.Duration
	MaxFields      int // attribute names per dataset before the overflow column
	ShutdownWait   time.Duration
}

// DefaultConfig returns the settings of a server started without any.
func DefaultConfig() Config {
	return Config{
		Data: "oriel-data", Listen: "127.0.0.1:6743", OTLPGRPC: "127.0.0.1:4317", OTLPHTTP: "127.0.0.1:4318",
		XRay: "", Auth: AuthAuto, LogLevel: "info",
		Retention: 60 * 24 * time.Hour, MemoryBytes: 1536 << 20, QueryThreads: 2, QueryTimeout: 30 * time.Second,
		MaxQueries: 4, FlushRows: 500_000, FlushAge: time.Minute, MaxFields: 2000, ShutdownWait: 10 * time.Second,
	}
}

// Bind registers every setting as a flag; the flags' names are the settings' names.
func (c *Config) Bind(fs *flag.FlagSet) {
	fs.StringVar(&c.Data, "data", c.Data, "`folder` that holds all data")
	fs.StringVar(&c.File, "config", c.File, "YAML `file` of settings")
	fs.StringVar(&c.Listen, "listen", c.Listen, "main `address`: UI, API and every protocol")
	fs.StringVar(&c.OTLPGRPC, "otlp-grpc", c.OTLPGRPC, "OTLP over gRPC `address`; empty switches it off")
	fs.StringVar(&c.OTLPHTTP, "otlp-http", c.OTLPHTTP, "OTLP over HTTP `address`; empty switches it off")
	fs.StringVar(&c.XRay, "xray", c.XRay, "X-Ray daemon `address`; this version does not speak its protocol: it warns and listens to nobody there")
	fs.StringVar(&c.Auth, "auth", c.Auth, "`open` takes any key, required only known ones; auto is open on loopback")
	fs.BoolVar(&c.Insecure, "insecure", c.Insecure, "allow open mode on addresses that others can reach")
	fs.StringVar(&c.LogLevel, "log-level", c.LogLevel, "`level`: debug, info, warn or error")
	fs.BoolVar(&c.LogJSON, "log-json", c.LogJSON, "log as JSON")
	fs.DurationVar(&c.Retention, "retention", c.Retention, "drop events older than this `duration`; 0 keeps them")
	fs.Int64Var(&c.RetentionBytes, "retention-bytes", c.RetentionBytes, "drop the oldest events above this many `bytes` on disk; 0 is no limit")
	fs.Int64Var(&c.MemoryBytes, "memory", c.MemoryBytes, "memory budget in `bytes`")
	fs.IntVar(&c.QueryThreads, "query-threads", c.QueryThreads, "`threads` of the query engine")
	fs.DurationVar(&c.QueryTimeout, "query-timeout", c.QueryTimeout, "longest `duration` of a query")
	fs.IntVar(&c.MaxQueries, "max-queries", c.MaxQueries, "`number` of heavy queries run at once; others wait")
	fs.IntVar(&c.FlushRows, "flush-rows", c.FlushRows, "write a segment at this `number` of rows in memory")
	fs.DurationVar(&c.FlushAge, "flush-age", c.FlushAge, "write a segment when rows in memory reach this `age`")
	fs.IntVar(&c.MaxFields, "max-fields", c.MaxFields, "attribute names per dataset kept as columns; a larger `number` shares one overflow column")
	fs.DurationVar(&c.ShutdownWait, "shutdown-wait", c.ShutdownWait, "longest `duration` of a graceful stop")
}

// Load reads settings from args (flags), getenv and the YAML file that either
// names. Unknown names anywhere are errors. flag.ErrHelp means that help was
// asked for and has been written to out.
func Load(args []string, getenv func(string) (string, bool), environ []string, out io.Writer) (Config, error) {
	c := DefaultConfig()
	set := flag.NewFlagSet("oriel serve", flag.ContinueOnError)
	set.SetOutput(out)
	set.Usage = func() {
		_, _ = fmt.Fprint(out, "Usage: oriel serve [flags]\n\nStarts the server. Each flag can also be set in the YAML file given with\n"+
			"--config, or in the environment (--otlp-http is ORIEL_OTLP_HTTP).\n\n")
		set.PrintDefaults()
	}
	c.Bind(set)
	if err := set.Parse(args); err != nil {
		return c, err
	}
	if set.NArg() > 0 {
		return c, fmt.Errorf("unexpected argument %q: settings are flags, see oriel serve --help", set.Arg(0))
	}
	given := map[string]bool{}
	set.Visit(func(f *flag.Flag) { given[f.Name] = true })
	if err := fromEnvironment(set, given, getenv, environ); err != nil {
		return c, err
	}
	if c.File != "" {
		if err := fromFile(set, given, c.File); err != nil {
			return c, err
		}
	}
	return c, c.check()
}

func envName(flagName string) string {
	return "ORIEL_" + strings.ToUpper(strings.ReplaceAll(flagName, "-", "_"))
}

func fromEnvironment(set *flag.FlagSet, given map[string]bool, getenv func(string) (string, bool), environ []string) error {
	known := []string{"ORIEL_KEY", "ORIEL_URL", "ORIEL_BIN"} // of the command-line client, and of scripts that look for the program
	var err error
	set.VisitAll(func(f *flag.Flag) {
		name := envName(f.Name)
		known = append(known, name)
		if v, ok := getenv(name); ok && !given[f.Name] && err == nil {
			given[f.Name] = true
			if e := set.Set(f.Name, v); e != nil {
				err = fmt.Errorf("%s=%q: %w", name, v, e)
			}
		}
	})
	for _, kv := range environ {
		name, _, _ := strings.Cut(kv, "=")
		if err == nil && strings.HasPrefix(name, "ORIEL_") && !slices.Contains(known, name) {
			err = fmt.Errorf("unknown setting %s in the environment: see oriel serve --help for the names", name)
		}
	}
	return err
}

func fromFile(set *flag.FlagSet, given map[string]bool, path string) error {
	raw, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read settings: %w", err)
	}
	var values map[string]any
	if err := yaml.Unmarshal(raw, &values); err != nil {
		return fmt.Errorf("settings file %s: %w", path, err)
	}
	for name, v := range values {
		flagName := strings.ReplaceAll(name, "_", "-")
		if flagName == "config" || set.Lookup(flagName) == nil {
			return fmt.Errorf("settings file %s: unknown setting %q", path, name)
		}
		if given[flagName] {
			continue
		}
		text := fmt.Sprint(v)
		if v == nil {
			text = ""
		}
		if err := set.Set(flagName, text); err != nil {
			return fmt.Errorf("settings file %s: %s: %w", path, name, err)
		}
	}
	return nil
}

// check refuses settings that contradict each other and resolves Auth.
func (c *Config) check() error {
	switch c.Auth {
	case AuthOpen, AuthRequired, AuthAuto:
	default:
		return fmt.Errorf("auth is %q; it must be open, required or auto", c.Auth)
	}
	if c.Data == "" {
		return errors.New("data is empty; name a folder")
	}
	if c.MemoryBytes < 256<<20 {
		return fmt.Errorf("memory is %d bytes; it must be at least %d (256 MiB)", c.MemoryBytes, 256<<20)
	}
	for name, v := range map[string]int{"query-threads": c.QueryThreads, "max-queries": c.MaxQueries, "flush-rows": c.FlushRows, "max-fields": c.MaxFields} {
		if v < 1 {
			return fmt.Errorf("%s is %d; it must be at least 1", name, v)
		}
	}
	loopback := isLoopback(c.Listen) && isLoopback(c.OTLPGRPC) && isLoopback(c.OTLPHTTP) && isLoopback(c.XRay)
	if c.Auth == AuthAuto {
		c.Auth = AuthRequired
		if loopback {
			c.Auth = AuthOpen
		}
	}
	if c.Auth == AuthOpen && !loopback && !c.Insecure {
		return errors.New("open mode takes any key, and an address other than loopback was asked for: use --auth required, or --insecure if everyone who reaches it may send and read")
	}
	return nil
}

// isLoopback reports whether only this machine can reach the address; "" listens to nobody.
func isLoopback(address string) bool {
	if address == "" {
		return true
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}

// Print writes the effective settings as YAML that Load reads back.
func (c *Config) Print(w io.Writer) error {
	set := flag.NewFlagSet("", flag.ContinueOnError)
	c.Bind(set)
	var err error
	set.VisitAll(func(f *flag.Flag) {
		if f.Name == "config" || err != nil {
			return
		}
		value := f.Value.String()
		if value == "" {
			value = `""`
		}
		_, err = fmt.Fprintf(w, "%s: %s\n", strings.ReplaceAll(f.Name, "-", "_"), value)
	})
	return err
}

// makeDataFolder creates the data folder, readable by its owner alone.
func (c *Config) makeDataFolder() error {
	if err := os.MkdirAll(c.Data, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("make the data folder: %w", err)
	}
	return nil
}
