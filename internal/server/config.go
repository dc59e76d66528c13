package server

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"math"
	"net"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/oriel-dev/oriel/internal/alert"
	"github.com/oriel-dev/oriel/internal/cli/usage"
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
	XRay     string // address of the X-Ray daemon's protocol, UDP and TCP; "" is off
	Auth     string
	Insecure bool // allow open mode, and the daemon's protocol, on addresses other than loopback
	LogLevel string
	LogJSON  bool

	CreateLogGroups     string // for which lines missing log groups are made: otlp, all, none
	TrustedProxies      string // addresses and networks whose X-Forwarded-For counts
	PrivateDestinations bool   // allow deliveries to private and loopback addresses

	PublicURL        string // where people open the pages; "" is the main address
	Mail             alert.Mail
	MailPasswordFile string

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
		XRay: "127.0.0.1:2000", Auth: AuthAuto, LogLevel: "info", CreateLogGroups: "otlp", Mail: alert.Mail{TLS: "starttls"},
		Retention: 60 * 24 * time.Hour, MemoryBytes: 1536 << 20, QueryThreads: 2, QueryTimeout: 30 * time.Second,
		MaxQueries: 4, FlushRows: 500_000, FlushAge: time.Minute, MaxFields: 2000, ShutdownWait: 10 * time.Second,
	}
}

// Bind registers every setting as a flag; the flags' names are the settings' names.
func (c *Config) Bind(fs *flag.FlagSet) {
	for _, s := range settings() {
		s.bind(fs, c, s.name, s.about)
	}
}

// Load reads settings from args (flags), getenv and the YAML file that either
// names, over the defaults c. Unknown names anywhere are errors. flag.ErrHelp
// means that help was asked for and has been written to out; about is its text.
func (c Config) Load(about string, args []string, getenv func(string) (string, bool), environ []string, out io.Writer) (Config, error) {
	set := usage.Set(commandOf(about), out, about+`
Each flag can also be set in the YAML file given with --config (otlp_http: …) or
in the environment (ORIEL_OTLP_HTTP=…). Flags win over both.
`)
	c.Bind(set)
	rest, err := usage.Parse(set, args)
	if err != nil {
		return c, err
	}
	if len(rest) > 0 {
		return c, usage.Errorf("unexpected argument %q: settings are flags (%s --help lists them)", rest[0], set.Name())
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

// commandOf finds "oriel serve" in "Usage: oriel serve [flags]".
func commandOf(about string) string {
	line, _, _ := strings.Cut(strings.TrimPrefix(about, "Usage: "), "\n")
	command, _, _ := strings.Cut(line, " [")
	return command
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
		if err == nil && strings.HasPrefix(name, "ORIEL_") && !slices.Contains(known, name) && !isServiceLink(name) {
			err = fmt.Errorf("unknown setting %s in the environment%s (oriel serve --help lists the names)", name, usage.Meant(name, known))
		}
	}
	return err
}

// isServiceLink reports whether Kubernetes set a variable: it tells every pod of
// a service called oriel (oriel-…) its address in ORIEL_SERVICE_HOST,
// ORIEL_PORT_6743_TCP and the like. They are none of our settings.
func isServiceLink(name string) bool {
	for _, part := range []string{"_SERVICE_HOST", "_SERVICE_PORT", "_PORT"} {
		_, rest, found := strings.Cut(name, part)
		if found && (rest == "" || (rest[0] == '_' && part != "_SERVICE_HOST")) {
			return true
		}
	}
	return false
}

func fromFile(set *flag.FlagSet, given map[string]bool, path string) error {
	raw, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read settings: %w", err)
	}
	var values map[string]any
	var kind *yaml.TypeError
	switch err := yaml.Unmarshal(raw, &values); {
	case errors.As(err, &kind):
		return fmt.Errorf("settings file %s: it must hold lines as retention: 60d, each with a setting and its value", path)
	case err != nil:
		return fmt.Errorf("settings file %s: %w", path, err)
	}
	var known []string
	set.VisitAll(func(f *flag.Flag) {
		if f.Name != "config" {
			known = append(known, yamlName(f.Name))
		}
	})
	for _, name := range slices.Sorted(maps.Keys(values)) {
		v, flagName := values[name], strings.ReplaceAll(name, "_", "-")
		if !slices.Contains(known, yamlName(flagName)) {
			return fmt.Errorf("settings file %s: unknown setting %q%s", path, name, usage.Meant(yamlName(flagName), known))
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
	switch c.CreateLogGroups {
	case "otlp", "all", "none":
	default:
		return fmt.Errorf("create-log-groups is %q; it must be otlp, all or none", c.CreateLogGroups)
	}
	if c.Data == "" {
		return errors.New("data is empty; name a folder")
	}
	if c.MemoryBytes < 256<<20 {
		return fmt.Errorf("memory is %d bytes; it must be at least 256 MiB", c.MemoryBytes)
	}
	if err := new(slog.Level).UnmarshalText([]byte(c.LogLevel)); err != nil {
		return fmt.Errorf("log-level is %q; it must be debug, info, warn or error", c.LogLevel)
	}
	for _, check := range []func() error{c.checkNotices, c.checkAddresses, c.checkProxies, c.checkNumbers} {
		if err := check(); err != nil {
			return err
		}
	}
	return c.checkAccess()
}

// checkAccess resolves Auth, and refuses to let strangers in unless that is said.
func (c *Config) checkAccess() error {
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
	if !isLoopback(c.XRay) && !c.Insecure {
		return fmt.Errorf("xray is %s: the daemon's protocol has no keys, so whoever reaches that address could send segments and ask for sampling rules: use a loopback address, or --insecure if the network keeps others out", c.XRay)
	}
	return nil
}

func (c *Config) checkProxies() error {
	_, err := c.proxies()
	return err
}

func (c *Config) checkNotices() error {
	if u, err := url.Parse(c.PublicURL); c.PublicURL != "" && (err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "") {
		return fmt.Errorf("public-url is %q; it must be an address, as https://oriel.example.com", c.PublicURL)
	}
	if err := c.Mail.Check(); err != nil {
		return err
	}
	if c.MailPasswordFile == "" {
		return nil
	}
	raw, err := os.ReadFile(c.MailPasswordFile)
	if err != nil {
		return fmt.Errorf("read the password of smtp-user: %w", err)
	}
	c.Mail.Password = strings.TrimSpace(string(raw))
	return nil
}

func (c *Config) checkAddresses() error {
	for _, a := range []struct{ name, value string }{{"listen", c.Listen}, {"otlp-grpc", c.OTLPGRPC}, {"otlp-http", c.OTLPHTTP}, {"xray", c.XRay}} {
		if a.value == "" {
			continue
		}
		_, port, err := net.SplitHostPort(a.value)
		if err != nil {
			return fmt.Errorf("%s is %q; it must be HOST:PORT, as 127.0.0.1:6743 or :6743", a.name, a.value)
		}
		if _, err := net.LookupPort("tcp", port); err != nil { //nolint:noctx // reads /etc/services at most
			return fmt.Errorf("%s is %q; its port must be a number from 0 to 65535", a.name, a.value)
		}
	}
	return nil
}

// proxies returns the networks of proxies that are trusted.
func (c *Config) proxies() (list []netip.Prefix, err error) {
	for text := range strings.SplitSeq(c.TrustedProxies, ",") {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		network, err := netip.ParsePrefix(text)
		if one, ok := netip.ParseAddr(text); ok == nil {
			network, err = one.Prefix(one.BitLen())
		}
		if err != nil {
			return nil, fmt.Errorf("trusted-proxies has %q; want addresses and networks, as 127.0.0.1,10.0.0.0/8", text)
		}
		list = append(list, network.Masked())
	}
	return list, nil
}

func (c *Config) checkNumbers() error {
	for _, n := range []struct {
		name         string
		value, least int64
	}{
		{"query-threads", int64(c.QueryThreads), 1},
		{"max-queries", int64(c.MaxQueries), 1},
		{"flush-rows", int64(c.FlushRows), 1},
		{"max-fields", int64(c.MaxFields), 1},
		{"retention-bytes", c.RetentionBytes, 0},
	} {
		if n.value < n.least {
			return fmt.Errorf("%s is %d; it must be at least %d", n.name, n.value, n.least)
		}
	}
	for _, d := range []struct {
		name  string
		value time.Duration
	}{{"retention", c.Retention}, {"query-timeout", c.QueryTimeout}, {"flush-age", c.FlushAge}, {"shutdown-wait", c.ShutdownWait}} {
		if d.value < 0 {
			return fmt.Errorf("%s is %s; it must not be negative", d.name, d.value)
		}
	}
	return nil
}

// oldest is how long ago an event may have been: where nothing is dropped for its
// age, nothing is refused for it.
func (c *Config) oldest() time.Duration {
	if c.Retention == 0 {
		return math.MaxInt64
	}
	return c.Retention
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
