package rql

import (
	"slices"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
)

// Fields of occurrences that have a meaning here.
const (
	fingerprint = event.FieldErrorFingerprint
	environment = event.FieldErrorEnvironment
	occurrence  = event.FieldErrorID
	level       = event.FieldErrorLevel
	payload     = "rollbar.payload"
)

// ColumnHelp describes a column for an editor.
type ColumnHelp struct {
	Name string `json:"name"`
	Type string `json:"type"` // number, text or time
	Help string `json:"help"`
}

// ItemColumns are the columns of items.
func ItemColumns() []ColumnHelp {
	return []ColumnHelp{
		{"item.id", "number", "System-wide number of the item"},
		{"item.counter", "number", "Number of the item in its project, as in #123"},
		{"item.environment", "text", "Environment of the item"},
		{"item.platform", "number", "Platform, as a number"},
		{"item.framework", "number", "Framework, as a number"},
		{"item.hash", "text", "Fingerprint"},
		{"item.first_occurrence_id", "number", "First occurrence ever"},
		{"item.first_occurrence_timestamp", "time", "When it occurred first"},
		{"item.activating_occurrence_id", "number", "Occurrence that activated the item"},
		{"item.last_activated_timestamp", "time", "When it was activated last"},
		{"item.last_resolved_timestamp", "time", "When it was resolved last"},
		{"item.last_muted_timestamp", "time", "When it was muted last"},
		{"item.last_occurrence_id", "number", "Latest occurrence"},
		{"item.last_occurrence_timestamp", "time", "When it occurred last"},
		{"item.last_modified_by", "text", "Who changed it last"},
		{"item.assigned_user_id", "number", "User it is assigned to"},
		{"item.level", "number", "50 critical, 40 error, 30 warning, 20 info, 10 debug"},
		{"item.resolved_in_version", "text", "Version it was resolved in"},
		{"item.status", "number", "1 active, 2 resolved, 3 muted, 4 archived"},
		{"item.title", "text", "Title"},
		{"item.total_occurrences", "number", "Occurrences since it was resolved last"},
	}
}

// OccurrenceColumns are the columns of occurrences that are there whatever the
// payloads hold, and the usual paths of payloads.
func OccurrenceColumns() []ColumnHelp {
	return []ColumnHelp{
		{"occurrence_id", "number", "Number of the occurrence; grows with time"},
		{"timestamp", "time", "When it occurred, Unix seconds"},
		{"project_id", "number", "Project"},
		{"project_slug", "text", "Name of the project"},
		{"environment", "text", "Environment, such as production"},
		{"level", "text", "critical, error, warning, info or debug"},
		{"uuid", "text", "Id that the client gave"},
		{"browser", "text", "Family and version"},
		{"os", "text", "Family and version"},
		{"body.trace.exception.class", "text", "Class of the exception"},
		{"body.trace.exception.message", "text", "Message of the exception"},
		{"body.trace_chain.0.exception.class", "text", "Class of the outermost exception of a chain"},
		{"body.message.body", "text", "Text of a message"},
		{"code_version", "text", "Version of the code"},
		{"context", "text", "Route or action"},
		{"framework", "text", "Framework"},
		{"language", "text", "Language"},
		{"platform", "text", "Platform"},
		{"notifier.name", "text", "SDK"},
		{"notifier.version", "text", "Version of the SDK"},
		{"person.id", "text", "Id of the user who met the error"},
		{"person.username", "text", "Name of the user who met the error"},
		{"person.email", "text", "Address of the user who met the error"},
		{"request.url", "text", "URL of the request"},
		{"request.method", "text", "Method of the request"},
		{"request.user_ip", "text", "Address of the client"},
		{"server.host", "text", "Host that reported"},
		{"server.branch", "text", "Branch of the code"},
		{"client.javascript.browser", "text", "User agent"},
	}
}

// DeployColumns are the columns of deploys.
func DeployColumns() []ColumnHelp {
	return []ColumnHelp{
		{"id", "number", "Number of the deploy"},
		{"user_id", "number", "User who deployed"},
		{"environment", "text", "Environment deployed to"},
		{"revision", "text", "Version that was deployed"},
		{"local_username", "text", "Who deployed, as the script says"},
		{"comment", "text", "Comment"},
		{"timestamp", "time", "When, Unix seconds"},
		{"project_slug", "text", "Name of the project"},
	}
}

func helpOf(list []ColumnHelp, name string) (ColumnHelp, bool) {
	i := slices.IndexFunc(list, func(c ColumnHelp) bool { return c.Name == name })
	if i < 0 {
		return ColumnHelp{}, false
	}
	return list[i], true
}

func typeOf(c ColumnHelp) Type {
	switch c.Type {
	case "number":
		return Number
	case "time":
		return Time
	}
	return Any
}

// isItem reports whether a column is one of items.
func isItem(name string) bool { return strings.HasPrefix(name, "item.") }

func usesItems(n *Node) bool {
	return n != nil && n.some(func(n *Node) bool { return n.Kind == Column && isItem(n.Name) })
}

// column is what a column of occurrences is made of.
func (c *compiler) column(name string) (query.Expr, Type) {
	if c.p.Table == Deploys {
		h, _ := helpOf(DeployColumns(), name)
		return field(name), typeOf(h)
	}
	switch name {
	case "occurrence_id":
		return field(occurrence), Number
	case "timestamp":
		return call("whole", call("over", call("to_millis", field(event.SystemTime)), whole(1000))), Time
	case "project_id":
		return whole(c.o.Project), Number
	case "project_slug":
		return text(c.o.ProjectSlug), Any
	case "environment":
		return field(environment), Any
	case "level":
		return field(level), Any
	case "body.trace.exception.class":
		return c.alone(name, "exception.type"), Any
	case "body.trace.exception.message":
		return c.alone(name, "exception.message"), Any
	}
	return field(name), Any
}

// alone is the class or message of an exception that is the only one of its chain,
// or was reported by a span.
func (c *compiler) alone(name, other string) query.Expr {
	return c.hoist(call("COALESCE", field(name),
		call("IF", query.Not{X: query.Exists{X: field("body.trace_chain.1.exception.class")}}, field(other))))
}

// StarName is what a stored field is called among the columns that “*” stands for,
// "" if it is none of them.
func StarName(name string) string {
	switch name {
	case occurrence:
		return "occurrence_id"
	case environment:
		return "environment"
	case level:
		return "level"
	case payload, "environment", "level", event.SystemTime, event.SystemDataset, event.SystemSampleRate, event.SystemEnvironment,
		event.FieldOverflow:
		return ""
	}
	if event.Internal(name) || strings.HasPrefix(name, "meta.") || strings.HasPrefix(name, "error.") || strings.HasPrefix(name, hiddenMark) {
		return ""
	}
	return name
}
