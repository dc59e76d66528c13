package event

// Names of the fields with a fixed meaning. Signals other than traces use the
// same names where the meaning is the same. Fields that start with "_" and are
// listed under System are not attributes: they are columns of every row.
const (
	FieldTraceID        = "trace.trace_id"
	FieldSpanID         = "trace.span_id"
	FieldParentID       = "trace.parent_id"
	FieldTraceState     = "trace.trace_state"
	FieldName           = "name"
	FieldService        = "service.name"
	FieldSpanKind       = "span.kind"
	FieldType           = "type"
	FieldDuration       = "duration_ms"
	FieldError          = "error"
	FieldStatusCode     = "status_code"
	FieldStatusMessage  = "status_message"
	FieldNumEvents      = "span.num_events"
	FieldNumLinks       = "span.num_links"
	FieldSignal         = "meta.signal_type"
	FieldAnnotation     = "meta.annotation_type"
	FieldParentName     = "parent_name"
	FieldLinkTraceID    = "trace.link.trace_id"
	FieldLinkSpanID     = "trace.link.span_id"
	FieldSinceSpanStart = "meta.time_since_span_start_ms"
	FieldSeverity       = "severity"
	FieldSeverityCode   = "severity_code"
	FieldSeverityText   = "severity_text"
	FieldBody           = "body"
	FieldLogGroup       = "log.group"  // exact name of the CloudWatch log group a line was put into
	FieldLogStream      = "log.stream" // exact name of its stream
	FieldOverflow       = "_overflow"

	// FieldArrival is when a log line came in, Unix nanoseconds: unique and
	// growing within a server. The door gives it to the rows of logs. It is a
	// field like others, but no sender can set it: see [Batch.Column].
	FieldArrival = "_arrival"
)

// Names of the fields that rows of metrics have beside what was sent. No sender can
// set them, and they say nothing to people: see [Internal].
const (
	// FieldSeries is which time series the row's data points are of: a number made of
	// the dataset and the attributes of resource and point. Each metric of the row is
	// a series of its own within it.
	FieldSeries = "_series"

	// FieldSeriesStart is since when the row's counters count: Unix nanoseconds, to the
	// second as times of data points are; 0 where the sender does not say. Rows have it
	// if they hold sums or histograms that grow from reading to reading. One that lies
	// after the reading before says that they began anew.
	FieldSeriesStart = "_series_start"

	// FieldSeriesSince is since when the row's deltas count, up to its time, as
	// FieldSeriesStart is for what goes on. Rows have it if they hold deltas.
	FieldSeriesSince = "_series_since"

	// FieldMetrics tells of the metrics that a request brought; one of its rows in each
	// dataset has it: see [DeclareMetrics].
	FieldMetrics = "_metrics"
)

// Names of the fields that make a row an occurrence of an error. The server
// stamps them on the row as it comes in; like [FieldArrival], no sender can set
// them. A row is an occurrence exactly if it has FieldErrorFingerprint.
const (
	FieldErrorFingerprint = "error.fingerprint"   // what is grouped with what, at most 40 characters
	FieldErrorEnvironment = "error.environment"   // where it happened as its sender calls it: "production"
	FieldErrorTitle       = "error.title"         // one line, at most 255 characters
	FieldErrorLevel       = "error.level"         // critical, error, warning, info or debug
	FieldErrorID          = "error.occurrence_id" // unique, growing, below 2^53
	FieldErrorCulprit     = "error.culprit"       // "function in file" of the frame at fault
	FieldErrorPlatform    = "error.platform"
	FieldErrorFramework   = "error.framework"
	FieldErrorGrouping    = "error.grouping" // which step chose the fingerprint: client, rule or default
	FieldErrorTwin        = "error.twin_of"  // id of the occurrence that this row reports again; such a row has no fingerprint
)

// System columns, present in every row of every segment. An attribute of one
// of these exact names, or one that is [Stamped], is renamed by
// [Batch.Column] (an underscore is put before it) so that no sender can forge them.
const (
	SystemTime        = "_time"        // event time, Unix nanoseconds
	SystemEnvironment = "_environment" // slug
	SystemDataset     = "_dataset"     // slug
	SystemSampleRate  = "_sample_rate" // ≥ 1; one stored row stands for this many

	// SystemLag is how long after its time a row came in, in steps of [LagStep] that
	// had passed whole. Rows that came in before there was such a column have none, and
	// neither have those of logs, which have [FieldArrival]. It is kept as the fields
	// are, but [Row.Each] does not show it.
	SystemLag = "_arrival_lag"
)

// LagStep is one step of [SystemLag] in nanoseconds. A tenth of a second takes 0.8
// bytes a row where senders send every five seconds, a hundredth 1.2.
const LagStep = 100_000_000

// Values of FieldSignal and FieldAnnotation.
const (
	SignalTrace  = "trace"
	SignalLog    = "log"
	SignalMetric = "metric"
	SignalError  = "error"
	SignalEvent  = "event"

	AnnotationSpanEvent = "span_event"
	AnnotationLink      = "link"

	// AnnotationInProgress marks what was said of a span before it ended. Once it has,
	// it is a row without this mark. Until then it is no span to counts and roll-ups;
	// a trace shows it as one.
	AnnotationInProgress = "in_progress"
)

func isSystem(name string) bool {
	switch name {
	case SystemTime, SystemEnvironment, SystemDataset, SystemSampleRate, SystemLag, FieldOverflow:
		return true
	}
	return false
}

// Stamped reports whether name is a field that only the server sets.
func Stamped(name string) bool {
	switch name {
	case FieldArrival, FieldSeries, FieldSeriesStart, FieldSeriesSince, FieldMetrics, FieldErrorFingerprint, FieldErrorEnvironment, FieldErrorTitle, FieldErrorLevel, FieldErrorID, FieldErrorCulprit,
		FieldErrorPlatform, FieldErrorFramework, FieldErrorGrouping, FieldErrorTwin:
		return true
	}
	return false
}

// HasMeaning reports whether a field of events means the same wherever it stands: ids,
// names and times of spans, what logs and errors are made of.
func HasMeaning(name string) bool {
	switch name {
	case FieldTraceID, FieldSpanID, FieldParentID, FieldTraceState, FieldName, FieldService, FieldSpanKind, FieldType, FieldDuration, FieldError,
		FieldStatusCode, FieldStatusMessage, FieldNumEvents, FieldNumLinks, FieldSignal, FieldAnnotation, FieldParentName, FieldLinkTraceID,
		FieldLinkSpanID, FieldSinceSpanStart, FieldSeverity, FieldSeverityCode, FieldSeverityText, FieldBody, FieldLogGroup, FieldLogStream:
		return true
	}
	return isSystem(name) || Stamped(name)
}

// IsArrival reports whether name says when a row came in, which is the server's to
// say and in no list of a dataset's fields.
func IsArrival(name string) bool { return name == FieldArrival || name == SystemLag }

// Internal reports whether a field is the server's own affair: it stands in rows, and
// in no list of fields.
func Internal(name string) bool {
	switch name {
	case FieldSeries, FieldSeriesStart, FieldSeriesSince, FieldMetrics:
		return true
	}
	return IsArrival(name)
}

// IsSystem reports whether name is a system column rather than an attribute.
func IsSystem(name string) bool { return isSystem(name) }

// Failed reports whether the value of FieldError says that something failed, as
// Honeycomb's senders mean it: true, a number other than zero, or the text of what
// went wrong; not "false" and "0", which are how others write false.
func Failed(v Value) bool {
	switch v.Kind() {
	case Bool:
		return v.Bool()
	case String:
		return v.Str() != "" && v.Str() != "false" && v.Str() != "0"
	case Int, Float:
		f, _ := v.Number()
		return f != 0
	case Null:
	}
	return false
}
