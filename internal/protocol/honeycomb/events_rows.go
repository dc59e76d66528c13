package honeycomb

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math"
	"net/http"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"
	"unsafe"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/ingest"
)

// Limits of what is kept of an event, and of what a request's events may come to.
const (
	maxEventFields = 2000
	maxEventName   = 300
	maxEventValue  = 65_535
	maxEvents      = 500_000
	maxEventsGrown = 192 << 20
	reserveEvents  = 1 << 20
)

// What columns cost, roughly, in bytes.
const (
	rowCost    = 64
	cellCost   = 12
	columnCost = 512
)

// outcome is what became of an event.
type outcome uint8

const (
	eventTaken outcome = iota
	eventEmpty
	eventColumns
	eventMalformed
	eventTooLarge
	eventTooOld
	eventFuture
)

// events are those of one request on their way into the columns of one batch: all
// of a request go to one dataset. Its scratch is used again for each event.
type events struct {
	batch         *event.Batch
	now, min, max int64
	expand        int // levels of objects that become dotted names
	reserve       func(bytes int) error

	outcomes []outcome
	dead     []int // rows to be left out, ascending
	losses   []loss
	distinct bool // no two requests are sent with these bytes, but by a retry

	presetAt   int64 // what headers say of an event that does not say it itself
	presetTold bool
	preset     uint32

	// Of the event at hand.
	begun   bool
	members int // that it has, null ones included
	fields  int // of its row
	at      int64
	told    bool // the time is the sender's
	rate    uint32
	outcome outcome

	grown, reserved int
	columns         int // that there were when the following were looked for
	service         *event.Column
	aliases         [2]*event.Column

	path    []byte // dotted name of a member
	scratch []byte
}

// loss counts events that are not taken for one reason, or taken with less than
// was sent.
type loss struct {
	reason string
	taken  bool
	count  int
	sample string
}

// drop notes that an event is not taken.
func (e *events) drop(reason string, sample func() string) { e.lose(reason, false, 1, sample) }

// alter notes that an event is taken with less than was sent.
func (e *events) alter(reason string, sample func() string) { e.lose(reason, true, 1, sample) }

func (e *events) lose(reason string, taken bool, count int, sample func() string) {
	i := slices.IndexFunc(e.losses, func(l loss) bool { return l.reason == reason && l.taken == taken })
	if i < 0 {
		i = len(e.losses)
		e.losses = append(e.losses, loss{reason: reason, taken: taken, sample: sample()})
	}
	e.losses[i].count += count
}

// account enters what was lost into the ledger.
func (e *events) account(ledger *ingest.Ledger, protocol string) {
	for _, l := range e.losses {
		note := ledger.Drop
		if l.taken {
			note = ledger.Alter
		}
		note(l.reason, protocol, l.count, l.sample)
	}
}

func (e *events) presetTime(header string) {
	if header != "" {
		e.presetAt, e.presetTold = eventTime([]byte(header))
	}
}

func (e *events) presetRate(header string) {
	e.preset = rateText([]byte(header), 1)
}

// read reads a body: one event, or a list of elements of a batch. An error
// refuses all of it.
func (e *events) read(body []byte, packed, single bool) error {
	if len(bytes.TrimSpace(body)) == 0 {
		return &refusal{status: http.StatusBadRequest, text: saysEmpty}
	}
	switch {
	case single && len(body) > maxEventBytes:
		return &refusal{status: http.StatusBadRequest, text: saysTooLarge}
	case packed:
		return e.readPacked(body, single)
	}
	return e.readJSON(bytes.TrimPrefix(body, []byte("\ufeff")), single)
}

// open starts an event, of which nothing is known yet.
func (e *events) open() error {
	if len(e.outcomes) >= maxEvents {
		return fault.New(fault.TooLarge, "more than %d events in one request: send smaller batches", maxEvents)
	}
	e.begun, e.members, e.fields, e.outcome = false, 0, 0, eventTaken
	e.at, e.told, e.rate = e.now, false, max(e.preset, 1)
	if e.presetTold {
		e.at, e.told = e.presetAt, true
	}
	return nil
}

// begin starts the row of the event's data.
func (e *events) begin() {
	if !e.begun {
		e.begun = true
		e.batch.Begin(e.at)
		e.grown += rowCost
	}
}

// close ends an event that took size bytes.
func (e *events) close(size int) error {
	e.grown++
	switch {
	case e.outcome != eventTaken:
	case e.members == 0:
		e.outcome = eventEmpty
	case size > maxEventBytes:
		e.outcome = eventTooLarge
	case e.at < e.min:
		e.outcome = eventTooOld
	case e.at > e.max:
		e.outcome = eventFuture
	}
	e.outcomes = append(e.outcomes, e.outcome)
	switch row := e.batch.Len() - 1; {
	case e.outcome == eventTaken:
		e.batch.Times[row] = e.at
		e.batch.SetSampleRate(e.rate)
		e.nameService()
		e.judge()
	case e.begun:
		e.dead = append(e.dead, row)
		fallthrough
	default:
		e.drop(reasonOf(e.outcome), func() string { return e.explain(e.outcome) })
	}
	return e.room()
}

// judge finds out whether an event's bytes tell it from all others: by the id of
// its span, or a time that no clock gives twice. One such event tells its request.
func (e *events) judge() {
	if e.distinct {
		return
	}
	if e.told && e.at%int64(time.Millisecond) != 0 {
		e.distinct = true
		return
	}
	c := e.batch.Find(event.FieldSpanID)
	e.distinct = c != nil && e.batch.Has(c)
}

// room refuses a request that unpacks to more than is good.
func (e *events) room() error {
	if e.grown > maxEventsGrown {
		return fault.New(fault.TooLarge, "the request unpacks to more than %d bytes of fields: send smaller batches", maxEventsGrown)
	}
	if more := e.grown - e.reserved; more >= reserveEvents {
		e.reserved = e.grown
		return e.reserve(more)
	}
	return nil
}

// finish returns the rows that are taken.
func (e *events) finish() (*event.Batch, error) {
	if len(e.dead) == 0 {
		return e.batch, nil
	}
	kept := event.NewBatch(e.batch.Environment, e.batch.Dataset)
	if len(e.dead) == e.batch.Len() {
		return kept, nil
	}
	if err := e.reserve(e.grown); err != nil {
		return nil, err
	}
	const gone = -1
	to, dead := make([]int, e.batch.Len()), e.dead
	for row := range to {
		if len(dead) > 0 && dead[0] == row {
			to[row], dead = gone, dead[1:]
			continue
		}
		to[row] = kept.Len()
		kept.Begin(e.batch.Times[row])
		kept.SetSampleRate(e.batch.SampleRate(row))
	}
	for _, from := range e.batch.Columns {
		c := &event.Column{Name: from.Name, Kind: from.Kind}
		for i := range from.Len() {
			row := to[from.Row(i)]
			switch {
			case row == gone:
				continue
			case from.Kind == event.String: // what only dead rows said is left behind
				c.Codes = append(c.Codes, c.Dict.InternBytes(from.Dict.Bytes(from.Codes[i])))
			default:
				c.AppendFrom(from, i)
			}
			c.Rows = append(c.Rows, uint32(row))
		}
		switch c.Len() {
		case 0:
			continue
		case kept.Len():
			c.Rows = nil
		}
		kept.Attach(c)
	}
	return kept, nil
}

// column finds the column of a field, nil if the event has too many already or the
// name can't be kept.
func (e *events) column(name []byte) *event.Column {
	if e.fields++; e.fields > maxEventFields {
		e.outcome = eventColumns
		return nil
	}
	switch {
	case len(name) == 0:
		return nil
	case len(name) > maxEventName:
		e.alter("name_too_long", func() string { return "name " + string(valid(name[:60])) + "…" })
		return nil
	}
	known := len(e.batch.Columns)
	c := e.batch.ColumnBytes(valid(name))
	e.grown += cellCost
	if len(e.batch.Columns) != known {
		e.grown += columnCost + len(name)
		if c.Name == event.FieldSpanID {
			c.Dict.Unique()
		}
	}
	return c
}

// text stores text: UTF-8, and no longer than values may be. Ids of traces and
// spans get the form they have everywhere.
func (e *events) text(c *event.Column, text []byte) {
	if len(text) > maxEventValue {
		e.alter("value_truncated", func() string { return c.Name + " has " + strconv.Itoa(len(text)) + " bytes" })
		text = event.Cut(text, maxEventValue)
	}
	if !utf8.Valid(text) {
		e.alter("invalid_utf8", func() string { return c.Name + " is not UTF-8" })
		text = event.Cut(valid(text), maxEventValue)
	}
	if isID(c.Name) {
		text = canonical(c.Name, text)
	}
	before := len(c.Dict.Data)
	e.batch.SetBytes(c, text)
	e.grown += len(c.Dict.Data) - before
}

func (e *events) int(c *event.Column, n int64) {
	if isID(c.Name) {
		e.scratch = strconv.AppendInt(e.scratch[:0], n, 10)
		e.text(c, e.scratch)
		return
	}
	e.batch.SetInt(c, n)
}

func (e *events) float(c *event.Column, n float64) {
	if isID(c.Name) {
		e.scratch = event.AppendFloat(e.scratch[:0], n)
		e.text(c, e.scratch)
		return
	}
	e.batch.SetFloat(c, n)
}

// nameService stores service_name, as beelines call it, also under the name that
// traces and roll-ups know, unless the event has that.
func (e *events) nameService() {
	b := e.batch
	if e.columns != len(b.Columns) {
		e.columns = len(b.Columns)
		e.service, e.aliases = b.Find(event.FieldService), [2]*event.Column{b.Find("service_name"), b.Find("serviceName")}
	}
	if e.service != nil && b.Has(e.service) {
		return
	}
	for _, alias := range e.aliases {
		if alias == nil || alias.Kind != event.String || !b.Has(alias) {
			continue
		}
		if name := alias.Dict.Bytes(alias.Codes[len(alias.Codes)-1]); len(name) > 0 {
			e.text(b.Column(event.FieldService), name)
			e.grown += cellCost
			return
		}
	}
}

// isID reports whether a field is one of the ids of traces and spans.
func isID(name string) bool {
	if len(name) < len(event.FieldSpanID) || name[0] != 't' {
		return false
	}
	switch name {
	case event.FieldTraceID, event.FieldSpanID, event.FieldParentID, event.FieldLinkTraceID, event.FieldLinkSpanID:
		return true
	}
	return false
}

// canonical returns an id in the form that all protocols share.
func canonical(field string, id []byte) []byte {
	if isLowerHex(id) && (len(id) == 16 || (len(id) == 32 && !bytes.HasPrefix(id, []byte("0000000000000000")))) {
		return id
	}
	if field == event.FieldTraceID || field == event.FieldLinkTraceID {
		if to, ok := event.TraceID(string(id)); ok {
			return []byte(to)
		}
		return id
	}
	if lower := bytes.ToLower(id); isLowerHex(lower) {
		return lower
	}
	return id
}

func isLowerHex(text []byte) bool {
	for _, c := range text {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// valid replaces each byte that is not UTF-8.
func valid(text []byte) []byte {
	if utf8.Valid(text) {
		return text
	}
	out := make([]byte, 0, len(text)+len(text)/2)
	for _, r := range string(text) { // ranging replaces each bad byte
		out = utf8.AppendRune(out, r)
	}
	return out
}

// clampRate returns a sample rate within what can be stored, at least 1.
func clampRate(n int64) uint32 { return uint32(min(max(n, 1), 1<<31-1)) }

func rateOf(n float64) uint32 {
	if math.IsNaN(n) {
		return 1
	}
	return clampRate(int64(math.Round(min(max(n, 1), 1<<31))))
}

// rateText reads a sample rate that is written out, fallback if it is none.
func rateText(text []byte, fallback uint32) uint32 {
	if n, err := strconv.ParseFloat(shared(text), 64); err == nil {
		return rateOf(n)
	}
	return fallback
}

func shared(text []byte) string { return unsafe.String(unsafe.SliceData(text), len(text)) }

func reasonOf(o outcome) string {
	return [...]string{"", "empty_event", "too_many_fields", "malformed_event", "event_too_large", "time_too_old", "time_in_future"}[o]
}

// explain says why an event is not taken.
func (e *events) explain(o outcome) string {
	switch o {
	case eventEmpty:
		return saysEmpty
	case eventColumns:
		return saysColumns
	case eventMalformed:
		return saysMalformed
	case eventTooLarge:
		return saysTooLarge
	case eventTooOld:
		return fmt.Sprintf("Event time is before %s, the end of the retention.", time.Unix(0, e.min).UTC().Format(time.RFC3339))
	case eventFuture:
		return fmt.Sprintf("Event time is after %s: is the sender's clock right?", time.Unix(0, e.max).UTC().Format(time.RFC3339))
	case eventTaken:
	}
	return ""
}

// answer writes the answer to a batch: an element for each event.
func (e *events) answer(w io.Writer) {
	out := bufio.NewWriterSize(w, smallBuffer)
	next := byte('[')
	for _, o := range e.outcomes {
		_ = out.WriteByte(next) // Flush tells
		next = ','
		if o == eventTaken {
			_, _ = out.WriteString(`{"status":202}`)
		} else {
			_, _ = fmt.Fprintf(out, `{"status":400,"error":%q}`, e.explain(o))
		}
	}
	if next == '[' {
		_ = out.WriteByte('[')
	}
	_ = out.WriteByte(']')
	_ = out.Flush() // the sender may have gone
}
