package server

import (
	"flag"
	"fmt"
	"io"
	"strings"

	"github.com/oriel-dev/oriel/internal/cli/usage"
)

// setting describes one setting once: the flag, its help, the check of its
// bounds and the page docs/configuration.md all come from it.
type setting struct {
	name   string // of the flag; the environment and YAML names follow from it
	about  string // help of the flag; the word in back quotes names its value
	limits string // what values are allowed, for the page
	bind   func(fs *flag.FlagSet, c *Config, name, about string)
}

func textSetting(field func(*Config) *string) func(*flag.FlagSet, *Config, string, string) {
	return func(fs *flag.FlagSet, c *Config, name, about string) { p := field(c); fs.StringVar(p, name, *p, about) }
}

const (
	anAddress = "`HOST:PORT`; port 0 picks a free one"
	aDuration = "0 or more, as `90s`, `36h`, `60d`"
	fromOne   = "at least 1"
)

// settings lists every setting, in the order of the page.
func settings() []setting {
	list := []setting{
		{"data", "`folder` that holds all data", "not empty", textSetting(func(c *Config) *string { return &c.Data })},
		{"config", "YAML `file` of settings", "a file that can be read; not allowed in the file itself", textSetting(func(c *Config) *string { return &c.File })},
		{"listen", "main `address`: UI, API and every protocol", anAddress, textSetting(func(c *Config) *string { return &c.Listen })},
		{"otlp-grpc", "OTLP over gRPC `address`; empty switches it off", anAddress, textSetting(func(c *Config) *string { return &c.OTLPGRPC })},
		{"otlp-http", "OTLP over HTTP `address`; empty switches it off", anAddress, textSetting(func(c *Config) *string { return &c.OTLPHTTP })},
		{"xray", "X-Ray daemon `address`, for segments over UDP and sampling over TCP; empty switches it off", anAddress, textSetting(func(c *Config) *string { return &c.XRay })},
		{"auth", "`mode` of access: open takes any key, required only known ones; auto is open on loopback", "`open`, `required` or `auto`", textSetting(func(c *Config) *string { return &c.Auth })},
		{"insecure", "allow open mode, and the X-Ray daemon, which has no keys, on addresses that others can reach", "`true` or `false`", func(fs *flag.FlagSet, c *Config, name, about string) {
			fs.BoolVar(&c.Insecure, name, c.Insecure, about)
		}},
		{"create-log-groups", "for which `lines` over HTTP log groups and streams are made that are not there: otlp, all or none", "`otlp`, `all` or `none`", textSetting(func(c *Config) *string { return &c.CreateLogGroups })},
		{"private-destinations", "allow notifications and subscription filters to deliver to private and loopback addresses", "`true` or `false`", func(fs *flag.FlagSet, c *Config, name, about string) {
			fs.BoolVar(&c.PrivateDestinations, name, c.PrivateDestinations, about)
		}},
		{"trusted-proxies", "`addresses` of proxies, whose X-Forwarded-For says who sent an item; networks as 10.0.0.0/8, with commas between them", "addresses and networks; empty trusts none", textSetting(func(c *Config) *string { return &c.TrustedProxies })},
		{"log-level", "`level`: debug, info, warn or error", "`debug`, `info`, `warn` or `error`", textSetting(func(c *Config) *string { return &c.LogLevel })},
		{"log-json", "log as JSON", "`true` or `false`", func(fs *flag.FlagSet, c *Config, name, about string) { fs.BoolVar(&c.LogJSON, name, c.LogJSON, about) }},
	}
	return append(append(list, noticeSettings()...), storageSettings()...)
}

// noticeSettings are about telling people.
func noticeSettings() []setting {
	return []setting{
		{"public-url", "`address` at which people open the pages, for links in notifications; empty is the main address", "as `https://oriel.example.com`, or empty", textSetting(func(c *Config) *string { return &c.PublicURL })},
		{"smtp", "`address` of the server that mail is sent by; empty sends none", "`HOST:PORT`, or empty", textSetting(func(c *Config) *string { return &c.Mail.Server })},
		{"smtp-from", "`sender` of mail", "a mail address; not empty if smtp is not", textSetting(func(c *Config) *string { return &c.Mail.From })},
		{"smtp-user", "`name` to sign in with at the mail server; empty does not sign in", "any text", textSetting(func(c *Config) *string { return &c.Mail.User })},
		{"smtp-password-file", "`file` that holds the password of smtp-user", "a file that can be read, or empty", textSetting(func(c *Config) *string { return &c.MailPasswordFile })},
		{"smtp-tls", "how mail is kept private: starttls if it is offered, require it, always from the first byte, or never", "`starttls`, `require`, `always` or `never`", textSetting(func(c *Config) *string { return &c.Mail.TLS })},
	}
}

func storageSettings() []setting {
	return []setting{
		{"retention", "drop events older than this `duration`; 0 keeps them", aDuration, func(fs *flag.FlagSet, c *Config, name, about string) {
			usage.Duration(fs, &c.Retention, name, about)
		}},
		{"retention-bytes", "drop the oldest events above this many `bytes` on disk; 0 is no limit", "0 or more, as `500GB`, `1TiB`", func(fs *flag.FlagSet, c *Config, name, about string) {
			usage.Bytes(fs, &c.RetentionBytes, name, about)
		}},
		{"memory", "memory budget in `bytes`", "at least `256MiB`", func(fs *flag.FlagSet, c *Config, name, about string) {
			usage.Bytes(fs, &c.MemoryBytes, name, about)
		}},
		{"query-threads", "`threads` of the query engine", fromOne, func(fs *flag.FlagSet, c *Config, name, about string) {
			fs.IntVar(&c.QueryThreads, name, c.QueryThreads, about)
		}},
		{"query-timeout", "longest `duration` of a query", aDuration, func(fs *flag.FlagSet, c *Config, name, about string) {
			usage.Duration(fs, &c.QueryTimeout, name, about)
		}},
		{"max-queries", "`number` of heavy queries run at once; others wait", fromOne, func(fs *flag.FlagSet, c *Config, name, about string) {
			fs.IntVar(&c.MaxQueries, name, c.MaxQueries, about)
		}},
		{"flush-rows", "write a segment at this `number` of rows in memory", fromOne, func(fs *flag.FlagSet, c *Config, name, about string) {
			fs.IntVar(&c.FlushRows, name, c.FlushRows, about)
		}},
		{"flush-age", "write a segment when rows in memory reach this `age`", aDuration, func(fs *flag.FlagSet, c *Config, name, about string) {
			usage.Duration(fs, &c.FlushAge, name, about)
		}},
		{"max-fields", "attribute names per dataset kept as columns; a larger `number` shares one overflow column", fromOne, func(fs *flag.FlagSet, c *Config, name, about string) {
			fs.IntVar(&c.MaxFields, name, c.MaxFields, about)
		}},
		{"shutdown-wait", "longest `duration` of a graceful stop", aDuration, func(fs *flag.FlagSet, c *Config, name, about string) {
			usage.Duration(fs, &c.ShutdownWait, name, about)
		}},
	}
}

func envName(flagName string) string {
	return "ORIEL_" + strings.ToUpper(strings.ReplaceAll(flagName, "-", "_"))
}

func yamlName(flagName string) string { return strings.ReplaceAll(flagName, "-", "_") }

// writeSettingsTable writes the table of docs/configuration.md.
func writeSettingsTable(w io.Writer) error {
	c := DefaultConfig()
	set := flag.NewFlagSet("", flag.ContinueOnError)
	c.Bind(set)
	if _, err := fmt.Fprint(w, "| Flag | Environment | YAML | Default | Meaning | Allowed |\n|---|---|---|---|---|---|\n"); err != nil {
		return err
	}
	for _, s := range settings() {
		f := set.Lookup(s.name)
		_, usage := flag.UnquoteUsage(f)
		inFile, fallback := "`"+yamlName(s.name)+"`", "`"+f.DefValue+"`"
		if s.name == "config" {
			inFile = "–"
		}
		if f.DefValue == "" {
			fallback = "empty"
		}
		if _, err := fmt.Fprintf(w, "| `--%s` | `%s` | %s | %s | %s | %s |\n", s.name, envName(s.name), inFile, fallback, usage, s.limits); err != nil {
			return err
		}
	}
	return nil
}
