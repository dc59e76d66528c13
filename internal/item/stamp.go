package item

import (
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/item/grouping"
)

// Stamp is what makes a row an occurrence, see the fields of errors in event. If
// TwinOf is set, the row is a second report of that occurrence, and none itself.
type Stamp struct {
	ID          int64
	Environment string // where it happened: "production"
	Level       Level
	Platform    string
	Framework   string
	TwinOf      int64
	Decision    grouping.Decision
}

// StampPayload decides about the data of a Rollbar payload that comes into an
// environment of Oriel's; traceID is that of the trace it happened in, "" if
// not known. It changes nothing that is kept, but for remembering the report for a
// while, and may be called by many at once. Where there are no rules, frames may be
// a []grouping.Frame. The caller gives the stamps to
// [Apply], and the batch to the door.
func (t *Items) StampPayload(environment string, data map[string]any, traceID string) Stamp {
	return t.StampMapped(environment, data, nil, traceID)
}

// StampMapped is StampPayload of data whose frames were found in their sources;
// sent is the data as it came, nil if that is the same. What is an item by the
// frames as they came stays one: a source map that comes late splits nothing.
func (t *Items) StampMapped(environment string, data, sent map[string]any, traceID string) Stamp {
	return t.stampData(t.nextID(), environment, data, sent, traceID)
}

// StampAt is StampMapped of an occurrence that came in at a time that is past (Unix
// nanoseconds): one of a recording. The caller gives no time twice.
func (t *Items) StampAt(at int64, environment string, data, sent map[string]any, traceID string) Stamp {
	return t.stampData(at/nanosPerMicro, environment, data, sent, traceID)
}

func (t *Items) stampData(id int64, environment string, data, sent map[string]any, traceID string) Stamp {
	rules := t.Rules(environment)
	d := t.stacks.Decide(rules, data)
	if sent != nil && d.Step == grouping.StepDefault {
		d.Older = append(d.Older, t.stacks.Decide(rules, sent).Fingerprint)
	}
	s := Stamp{
		ID: id, Environment: errorEnvironmentOf(grouping.Scalar(data["environment"])), Platform: event.Cut(grouping.Scalar(data["platform"]), maxTitle),
		Framework: frameworkOf(data), Decision: d,
	}
	s.Level, _ = ParseLevel(d.Level)
	t.keepOlder(environment, &s)
	s.TwinOf = t.twin(environment, traceID, d, byPayload, s.ID)
	return s
}

// keepOlder keeps what an earlier version of the algorithm has made an item of
// there: a new version changes nothing that is known.
func (t *Items) keepOlder(environment string, s *Stamp) {
	for _, older := range s.Decision.Older {
		if t.knows(key{environment, s.Environment, older}) {
			s.Decision.Fingerprint = older
			return
		}
	}
}

// twin looks whether an exception was reported before. What is not an exception,
// or of no trace, has no twins.
func (t *Items) twin(environment, traceID string, d grouping.Decision, by way, id int64) int64 {
	if traceID == "" || d.Class == "" {
		return 0
	}
	return t.twins.match(twinKey(environment, traceID, d.Class, d.Message), by, id, t.now())
}

// nextID gives out the id of an occurrence: unique, growing, of the microsecond
// it came in or later.
func (t *Items) nextID() int64 {
	now := t.now() / nanosPerMicro
	for {
		last := t.lastID.Load()
		id := max(last+1, now)
		if t.lastID.CompareAndSwap(last, id) {
			return id
		}
	}
}

func errorEnvironmentOf(s string) string {
	if s = strings.TrimSpace(event.Cut(s, maxTitle)); s == "" {
		return unknownEnvironment
	}
	return s
}

// Apply stamps the rows of a finished batch: stamps[i] belongs to row i, one
// without an id to no occurrence. It is done once all rows are there: a sender's
// field of such a name, which a later row might bring, then cannot be mixed up
// with them.
func Apply(b *event.Batch, stamps []Stamp) {
	for row := range stamps {
		if stamps[row].ID != 0 {
			stamps[row].set(b, row)
		}
	}
}

func (s *Stamp) set(b *event.Batch, row int) {
	text := func(name, v string) {
		if v != "" {
			b.SetAt(row, name, event.StringValue(v))
		}
	}
	if s.TwinOf != 0 {
		b.SetAt(row, event.FieldErrorTwin, event.IntValue(s.TwinOf))
	} else {
		text(event.FieldErrorFingerprint, s.Decision.Fingerprint)
	}
	b.SetAt(row, event.FieldErrorID, event.IntValue(s.ID))
	text(event.FieldErrorEnvironment, s.Environment)
	text(event.FieldErrorTitle, s.Decision.Title)
	text(event.FieldErrorLevel, s.Level.String())
	text(event.FieldErrorCulprit, s.Decision.Culprit)
	text(event.FieldErrorPlatform, s.Platform)
	text(event.FieldErrorFramework, s.Framework)
	text(event.FieldErrorGrouping, s.Decision.Step)
}

// Stamp implements ingest.Stamper: it makes exceptions that come as events of
// spans occurrences. Batches without any cost two look-ups.
func (t *Items) Stamp(batches []*event.Batch) {
	for _, b := range batches {
		class, message := b.Find("exception.type"), b.Find("exception.message")
		if class == nil && message == nil {
			continue
		}
		notes := b.Find(event.FieldAnnotation)
		if notes == nil || b.Find(event.FieldErrorID) != nil {
			continue
		}
		t.stampBatch(b, notes, class, message)
	}
}

func (t *Items) stampBatch(b *event.Batch, notes, class, message *event.Column) {
	for i := range notes.Len() {
		if notes.ValueAt(i).Text() != event.AnnotationSpanEvent {
			continue
		}
		row := notes.Row(i)
		if isEmpty(class, row) && isEmpty(message, row) {
			continue
		}
		s := t.stampEvent(b.Row(row))
		s.set(b, row)
	}
}

func isEmpty(c *event.Column, row int) bool { return c == nil || c.Get(row).Text() == "" }

func (t *Items) stampEvent(row event.Row) Stamp {
	rules := t.Rules(row.Batch.Environment)
	data := exceptionOf(row)
	if rules != nil {
		data = payloadOf(row)
	}
	d := t.stacks.Decide(rules, data)
	s := Stamp{
		ID: t.nextID(), Environment: errorEnvironmentOf(firstText(row, "deployment.environment.name", "deployment.environment")),
		Level: levelOfEvent(row), Platform: platformOfEvent(row), Framework: frameworkOf(data), Decision: d,
	}
	t.keepOlder(row.Batch.Environment, &s)
	s.TwinOf = t.twin(row.Batch.Environment, row.Get(event.FieldTraceID).Text(), d, wayOf(row), s.ID)
	return s
}

// fieldXRayException tells an exception of a segment document from one of a span.
const fieldXRayException = "xray.exception.id"

// Withdraw implements ingest.Stamper: rows that were stamped are not stored.
func (t *Items) Withdraw(batches []*event.Batch) {
	for _, b := range batches {
		if c := b.Find(event.FieldErrorID); c != nil {
			for i := range c.Len() {
				t.twins.withdraw(c.ValueAt(i).Int())
			}
		}
	}
}

// WithdrawStamp tells that the row a stamp was made for is not stored after all.
// Where the door refuses or knows a batch, it tells so itself.
func (t *Items) WithdrawStamp(s *Stamp) { t.twins.withdraw(s.ID) }

// Knows reports whether the occurrence that a stamp makes has an item already.
func (t *Items) Knows(environment string, s *Stamp) bool {
	return t.knows(key{environment, s.Environment, s.Decision.Fingerprint})
}

func (t *Items) knows(k key) bool {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.byKey[k] != nil
}

func firstText(row event.Row, names ...string) string {
	for _, n := range names {
		if s := row.Get(n).Text(); s != "" {
			return s
		}
	}
	return ""
}

// levelOfEvent is that of an exception: of a log record as it says.
func levelOfEvent(row event.Row) Level {
	switch strings.ToLower(row.Get(event.FieldSeverity).Text()) {
	case "fatal":
		return Critical
	case "warn":
		return Warning
	case "info":
		return Info
	case "debug", "trace":
		return Debug
	}
	return Error
}

func platformOfEvent(row event.Row) string {
	if row.Get("telemetry.sdk.language").Text() == "webjs" {
		return "browser"
	}
	return event.Cut(firstText(row, "os.type", "telemetry.sdk.language"), maxTitle)
}
