package call

import (
	"encoding/json"
	"net/url"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
)

// Peer is whom a call asks, as the caller knows it: what stands for it on a map
// where it sends no spans of its own.
type Peer struct {
	Name string
	Type string // AWS::DynamoDB::Table, Database::SQL, Queue::kafka, remote …
}

// Types of peers that are not of AWS. Those with "::" are followed by the system.
const (
	TypeSQL      = "Database::SQL"
	TypeDatabase = "Database::"
	TypeQueue    = "Queue::"
	TypeRemote   = "remote"
)

// PeerFields are the fields that PeerOf reads, but for the last resorts: the name
// and the URL of a span. Where one of the first, DecidingFields of them, has a
// value and the span did not come as a document, it never resorts to those.
func PeerFields() []string {
	return []string{
		"peer.service", "service.peer.name", "server.address", "net.peer.name", "net.peer.ip", "http.host", "db.system.name", "db.system", "messaging.system",
		"aws.service", "aws.remote.service", "rpc.service",
		FieldDocument, fieldNamespace, "rpc.system",
		"db.name", "db.namespace", "messaging.destination.name", "messaging.destination",
		"aws.table_name", "aws.table.name", "aws.dynamodb.table_names", "aws.queue_url", "aws.queue.url", "aws.sqs.queue.url", "messaging.url",
		"aws.topic_arn", "aws.sns.topic.arn", "aws.bucket_name", "aws.s3.bucket", "aws.function_name", "faas.invoked_name",
	}
}

// DecidingFields is how many of PeerFields tell a peer for themselves.
const DecidingFields = 12

// LastResorts are the other fields that PeerOf reads.
func LastResorts() []string { return append([]string{event.FieldName}, urlFields()...) }

const longestName = 250

// PeerOf names whom a call asked. The name is never empty.
func PeerOf(get Get) Peer {
	p := peerOf(get.first)
	if p.Name == "" {
		p.Name = "unknown"
	}
	if len(p.Name) > longestName {
		p.Name = strings.ToValidUTF8(p.Name[:longestName], "")
	}
	if len(p.Type) > longestName {
		p.Type = TypeRemote
	}
	return p
}

func peerOf(first func(fields ...string) string) Peer {
	name := first(event.FieldName)
	system := first("db.system.name", "db.system")
	if first(FieldDocument) != "" {
		switch {
		case first(fieldNamespace) == "aws":
			return cloudPeer(name, first)
		case system != "":
			return Peer{name, TypeSQL}
		}
		return Peer{name, TypeRemote}
	}
	if s := first("aws.remote.service"); strings.HasPrefix(s, "AWS") {
		return cloudPeer(s, first)
	}
	if first("rpc.system") == "aws-api" {
		return cloudPeer(first("rpc.service", "aws.service"), first)
	}
	if s := first("aws.service"); s != "" {
		return cloudPeer(s, first)
	}
	host := first("peer.service", "service.peer.name", "server.address", "net.peer.name", "http.host", "net.peer.ip")
	if system != "" {
		return databasePeer(system, host, first)
	}
	if queue := first("messaging.system"); queue != "" {
		if strings.EqualFold(queue, "aws_sqs") || strings.EqualFold(queue, "AmazonSQS") {
			return Peer{first("aws.sqs.queue.url", "aws.queue_url", "messaging.url", "messaging.destination.name", "messaging.destination"), "AWS::SQS::Queue"}
		}
		if to := first("messaging.destination.name", "messaging.destination"); to != "" {
			return Peer{to, TypeQueue + queue}
		}
		return Peer{queue, TypeQueue + queue}
	}
	if host == "" {
		host = first("aws.remote.service", "rpc.service")
	}
	if host == "" {
		if u, err := url.Parse(first(urlFields()...)); err == nil {
			host = u.Hostname()
		}
	}
	if host == "" {
		host = name
	}
	return Peer{host, TypeRemote}
}

func databasePeer(system, host string, first func(...string) string) Peer {
	name := first("db.namespace", "db.name")
	switch {
	case name != "" && host != "":
		name += "@" + host
	case name == "" && host != "":
		name = host
	case name == "":
		name = system
	}
	if isSQL(system) {
		return Peer{name, TypeSQL}
	}
	return Peer{name, TypeDatabase + system}
}

func isSQL(system string) bool {
	switch system {
	case "db2", "ibm.db2", "derby", "hive", "mariadb", "mssql", "microsoft.sql_server", "mysql", "oracle", "oracle.db", "postgresql", "sqlite",
		"teradata", "other_sql", "cockroachdb", "clickhouse", "hsqldb", "h2", "firebirdsql", "redshift", "aws.redshift", "trino", "spanner", "gcp.spanner":
		return true
	}
	return false
}

// cloudPeer names the resource of a service of AWS, as X-Ray does.
func cloudPeer(service string, first func(...string) string) Peer {
	service = strings.TrimPrefix(strings.TrimPrefix(service, "AWS.SDK."), "AWS::")
	switch plainService(service) {
	case "dynamodb":
		if table := first("aws.table_name", "aws.table.name"); table != "" {
			return Peer{table, "AWS::DynamoDB::Table"}
		}
		var tables []string
		if json.Unmarshal([]byte(first("aws.dynamodb.table_names")), &tables) == nil && len(tables) == 1 {
			return Peer{tables[0], "AWS::DynamoDB::Table"}
		}
		return Peer{"DynamoDB", "AWS::DynamoDB"}
	case "sns":
		if topic := first("aws.topic_arn", "aws.sns.topic.arn"); topic != "" {
			if name := topic[strings.LastIndexByte(topic, ':')+1:]; name != "" {
				return Peer{name, "AWS::SNS"}
			}
		}
		return Peer{"SNS", "AWS::SNS"}
	case "s3":
		if bucket := first("aws.bucket_name", "aws.s3.bucket"); bucket != "" {
			return Peer{bucket, "AWS::S3"}
		}
		return Peer{"S3", "AWS::S3"}
	case "sqs":
		if queue := first("aws.queue_url", "aws.queue.url", "aws.sqs.queue.url", "messaging.url"); queue != "" {
			return Peer{queue, "AWS::SQS::Queue"}
		}
		return Peer{"SQS", "AWS::SQS"}
	case "lambda":
		if function := first("aws.function_name", "faas.invoked_name"); function != "" {
			return Peer{functionName(function), "AWS::Lambda"}
		}
		return Peer{"Lambda", "AWS::Lambda"}
	case "":
		return Peer{"AWS", TypeRemote}
	}
	return Peer{service, "AWS::" + service}
}

// plainService is the name of a service of AWS without case, punctuation and
// prefixes, since SDKs write it in many ways.
func plainService(name string) string {
	out := make([]byte, 0, len(name))
	for i := range len(name) {
		switch c := name[i]; {
		case c >= 'A' && c <= 'Z':
			out = append(out, c+'a'-'A')
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9':
			out = append(out, c)
		}
	}
	for _, prefix := range []string{"amazon", "aws"} {
		if rest, ok := strings.CutPrefix(string(out), prefix); ok && rest != "" {
			return rest
		}
	}
	return string(out)
}

// functionName takes the name out of a function's ARN.
func functionName(text string) string {
	if _, name, ok := strings.Cut(text, ":function:"); ok {
		name, _, _ = strings.Cut(name, ":")
		return name
	}
	return text
}

// KindOf says what kind of thing a node of the type is: service, database, cache,
// queue, cloud or remote.
func KindOf(typ string, inferred bool) string {
	lower := strings.ToLower(typ)
	switch {
	case !inferred:
		return "service"
	case typ == "AWS::SQS" || strings.HasPrefix(typ, "AWS::SQS::") || typ == "AWS::SNS" || strings.HasPrefix(typ, "AWS::Kinesis") || strings.HasPrefix(typ, TypeQueue):
		return "queue"
	case strings.HasPrefix(typ, TypeDatabase):
		for _, s := range []string{"redis", "memcached", "valkey"} {
			if strings.HasSuffix(lower, s) {
				return "cache"
			}
		}
		return "database"
	case strings.HasPrefix(typ, "AWS::DynamoDB") || strings.HasPrefix(typ, "AWS::RDS"):
		return "database"
	case strings.HasPrefix(typ, "AWS::ElastiCache"):
		return "cache"
	case strings.HasPrefix(typ, "AWS::"):
		return "cloud"
	}
	return "remote"
}
