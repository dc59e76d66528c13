package xraymodel

import (
	"encoding/json"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/oriel-dev/oriel/internal/call"
)

// callDetails are what names of what is called are made of.
type callDetails struct {
	service, rpcService, operation        string
	table, queue, topic, bucket, function string
	database, schema, connection          string
	destination                           string
}

// sql reports whether a call is to a database that speaks SQL.
func (c *callDetails) sql() bool {
	switch strings.ToLower(c.database) {
	case "db2", "derby", "hive", "mariadb", "mssql", "mysql", "oracle", "postgresql", "sqlite", "teradata", "other_sql",
		"ibm.db2", "microsoft.sql_server", "oracle.db", "cockroachdb", "clickhouse", "redshift", "aws.redshift", "trino", "snowflake":
		return true
	}
	return false
}

func (c *callDetails) setTables(text string) {
	if c.table != "" {
		return
	}
	var names []string
	if json.Unmarshal([]byte(text), &names) == nil {
		if len(names) == 1 {
			c.table = names[0]
		}
		return
	}
	c.table = text
}

// finish makes of what was read what X-Ray has. Rows of documents say it themselves.
func (r *reading) finish() {
	p := r.Part
	if r.service == "" {
		r.service = r.dataset
	}
	if p.made != fromSpan {
		p.Name = r.name
		if p.Namespace == "local" {
			p.Namespace = ""
		}
		p.Segment = p.made == fromSegment
		return
	}
	r.nameSpan()
	r.judge()
	r.url()
	p.Type = r.origin()
}

// aws reports whether a span calls a service of AWS through one of its SDKs.
func (r *reading) aws() bool {
	return strings.EqualFold(r.rpcSystem, "aws-api") || r.call.service != ""
}

// nameSpan names a span as a subsegment; the tree names those that turn out to be
// segments by their service, as a segment of the name of what it calls would be a
// wrong service on every map.
func (r *reading) nameSpan() {
	p := r.Part
	calls := p.kind == kindClient || p.kind == kindProducer
	switch {
	case p.kind != kindServer && p.kind != kindConsumer && r.aws():
		p.Namespace = "aws"
	case calls || (r.remote != "" && p.kind != kindServer):
		p.Namespace = "remote"
	}
	p.Name = r.calledName(calls)
	if p.Name == "" {
		p.Name = cleanName(r.name)
	}
	if r.localService != "" {
		r.service = r.localService
	}
}

// calledName is the name of what a span is about, "" for its own.
func (r *reading) calledName(calls bool) string {
	c := &r.call
	if p := r.Part; p.kind == kindServer || !calls && p.kind != kindConsumer && p.Namespace == "" && c.database == "" {
		return ""
	}
	awsName := strings.TrimPrefix(strings.TrimPrefix(r.remote, "AWS.SDK."), "AWS::")
	switch {
	case awsName != "" && r.aws():
		return awsName
	case r.remote != "":
		return r.remote
	case r.peer != "":
		return r.peer
	case c.service != "":
		return c.service
	case c.database != "":
		return r.databaseName()
	case c.rpcService != "":
		return c.rpcService
	case r.host != "":
		return r.host
	case calls && r.address != "":
		return r.address
	case calls && r.HTTP.URL != "":
		return hostOf(r.HTTP.URL)
	case r.kind == kindProducer:
		return c.destination
	}
	return ""
}

// databaseName is schema@host, as far as both are known.
func (r *reading) databaseName() string {
	host := hostOf(r.call.connection)
	if host == "" {
		host = r.address
	}
	switch {
	case r.call.schema != "" && host != "":
		return r.call.schema + "@" + host
	case r.call.schema != "":
		return r.call.schema
	case host != "":
		return host
	}
	return ""
}

// hostOf returns the host of a URL, or of a connection string that is like one.
func hostOf(text string) string {
	text = strings.TrimPrefix(text, "jdbc:")
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Hostname()
}

// judge sets the flags of a span: by its status in terms of HTTP, else by its own.
func (r *reading) judge() {
	const throttled, bad, broken = 429, 400, 500
	switch s := r.HTTP.Status; {
	case s >= broken:
		r.Flags |= Fault
	case s == throttled:
		r.Flags |= Error | Throttle
	case s >= bad:
		r.Flags |= Error
	case s == 0 && (r.failed || r.status == "2"):
		r.Flags |= Fault
	}
}

// url makes the URL of a request that was sent in parts.
func (r *reading) url() {
	h := &r.HTTP
	if h.URL != "" || h.Method == "" {
		return
	}
	host := r.host
	if host == "" {
		host = r.address
	}
	path := r.path
	if r.query != "" && !strings.Contains(path, "?") {
		path += "?" + strings.TrimPrefix(r.query, "?")
	}
	if host == "" {
		h.URL = path
		return
	}
	scheme := r.scheme
	if scheme == "" {
		scheme = "http"
	}
	if r.port != "" && !strings.Contains(host, ":") && (scheme != "http" || r.port != "80") && (scheme != "https" || r.port != "443") {
		host += ":" + r.port
	}
	if path != "" && path[0] != '/' && path[0] != '?' {
		path = "/" + path
	}
	h.URL = scheme + "://" + host + path
}

// origin is the type of a segment, by what its resource says of where it runs.
func (r *reading) origin() string {
	if r.Type != "" {
		return r.Type
	}
	return call.OriginOfPlatform(r.platform, r.provider, r.launch)
}

// Limits of names.
const (
	maxName     = 200
	defaultName = "span"
)

// cleanName takes out of a span's name what X-Ray's names can't have.
func cleanName(name string) string {
	if ValidName(name) {
		return name
	}
	out := strings.Map(func(r rune) rune {
		if !nameRune(r) {
			return -1
		}
		return r
	}, name)
	if utf8.RuneCountInString(out) > maxName {
		out = string([]rune(out)[:maxName])
	}
	if strings.TrimSpace(out) == "" {
		return defaultName
	}
	return out
}

// ValidName reports whether a name is one that X-Ray allows.
func ValidName(name string) bool {
	n := 0
	for _, r := range name {
		if n++; !nameRune(r) {
			return false
		}
	}
	return n > 0 && n <= maxName
}

func nameRune(r rune) bool {
	if r < utf8.RuneSelf {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune(` _.:/%&#=+\-@`, r)
	}
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsSpace(r) || unicode.IsMark(r))
}
