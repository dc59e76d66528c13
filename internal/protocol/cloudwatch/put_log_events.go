package cloudwatch

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/ingest"
	"github.com/oriel-dev/oriel/internal/logline"
	"github.com/oriel-dev/oriel/internal/protocol/aws"
)

// The service's rules for the lines of one call.
const (
	maxPutBytes  = 1 << 20 // of messages, with lineWeight for each
	maxPutSpan   = 24 * time.Hour
	maxLineAge   = 14 * 24 * time.Hour
	maxLineAhead = 2 * time.Hour
	// Bodies are larger than what is in them: every byte of a message may be
	// written as an escape of six.
	maxPutBody = 6*maxPutBytes + 64*maxLines
)

func putOperations() map[string]operation {
	return map[string]operation{
		"PutLogEvents": {serve: (*Front).putLogEvents, unchecked: true, most: maxPutBody},
	}
}

// rejectedLines says which lines were not taken: those before and from an index on.
type rejectedLines struct {
	TooNewStart *int `json:"tooNewLogEventStartIndex,omitempty"`
	TooOldEnd   *int `json:"tooOldLogEventEndIndex,omitempty"`
	ExpiredEnd  *int `json:"expiredLogEventEndIndex,omitempty"`
}

type rejectedEntity struct {
	ErrorType string `json:"errorType"`
}

type putAnswer struct {
	NextSequenceToken string          `json:"nextSequenceToken"`
	RejectedLines     *rejectedLines  `json:"rejectedLogEventsInfo,omitempty"`
	RejectedEntity    *rejectedEntity `json:"rejectedEntityInfo,omitempty"`
}

// putLogEvents is PutLogEvents. It answers once the lines are on disk.
func (f *Front) putLogEvents(c *call) (any, error) {
	p := f.takePut()
	defer f.givePut(p)
	if !p.sent.read(c.Body) {
		if err := f.model["PutLogEvents"].Check(c.Body); err != nil {
			return nil, err
		}
		return nil, aws.Malformed("the body is no request to put log events")
	}
	g, err := c.groupToPut(p.sent.group, p.sent.stream)
	if err != nil {
		return nil, err
	}
	now := c.nowMS()
	if size := p.sent.size(); size > maxPutBytes {
		return nil, invalidParameter(fmt.Sprintf("Upload too large: %d bytes exceeds limit of %d", size, maxPutBytes))
	}
	if err := p.judge(now, g.oldest(now)); err != nil {
		return nil, err
	}
	answer := putAnswer{NextSequenceToken: sequenceToken, RejectedLines: p.rejected()}
	if problem := p.sent.entity.problem(); problem != "" {
		answer.RejectedEntity = &rejectedEntity{problem}
		p.sent.entity = sentEntity{}
	}
	return answer, f.store(c, g, p, now, c.Header.Get("Amz-Sdk-Invocation-Id"))
}

// store writes the lines that were judged worth it, with what is made of them.
// call tells the call from all others, if it can be: see fingerprint.
func (f *Front) store(c *call, g *group, p *put, now int64, call string) error {
	ledger := f.Door.Ledger()
	p.account(ledger, now)
	if p.from == p.to {
		return nil
	}
	if err := c.Reserve(p.memory()); err != nil {
		return err
	}
	batch, lost := p.batch(c.Who.Environment, g)
	batches := append([]*event.Batch{batch}, f.metricBatches(g, batch)...)
	err := f.Door.Write(c.Context(), ingest.Request{
		Batches: append(batches, f.embeddedMetrics(g, p, now)...), Protocol: protocolName, Key: c.Who.KeyID, Fingerprint: p.fingerprint(c, g, call),
	})
	if err == nil {
		ledger.Alter("too_many_fields", protocolName, lost, "fields of a JSON message in "+g.name+": too many, or too long")
	}
	return err
}

// groupToPut finds the group that has a stream. Names that can't be any's are said
// to be so.
func (c *call) groupToPut(name, stream string) (*group, error) {
	g, err := c.ownGroup(name, "")
	if err == nil {
		if _, exists := g.stream(stream); exists {
			return g, nil
		}
		err = noSuchStream()
	}
	if wrong := c.f.model["PutLogEvents"].Check(c.Body); wrong != nil {
		return nil, wrong
	}
	return nil, err
}

// put is what one call needs; it is used again for the next.
type put struct {
	sent   sentLines
	reader logline.Reader

	tooOld, expired int // lines before these are not taken
	from, to        int // those between are
}

func (f *Front) takePut() *put {
	if p, ok := f.puts.Get().(*put); ok {
		return p
	}
	return &put{}
}

// givePut keeps what one call needed for another, unless it is large.
func (f *Front) givePut(p *put) {
	if cap(p.sent.text) <= 4*maxPutBytes {
		f.puts.Put(p)
	}
}

// memory is roughly what the lines take besides the body: their texts, and columns.
func (p *put) memory() int {
	const perByte, perLine = 4, 128
	return perByte*len(p.sent.text) + perLine*len(p.sent.lines)
}

// judge holds the rules that are about times. What breaks one for all of the call
// is an error; what makes single lines too old or too new leaves those out.
func (p *put) judge(now, oldest int64) error {
	lines := p.sent.lines
	tooOld, tooNew := now-maxLineAge.Milliseconds(), now+maxLineAhead.Milliseconds()
	p.tooOld, p.expired, p.from, p.to = 0, 0, 0, len(lines)
	for i, l := range lines {
		switch {
		case i > 0 && l.at < lines[i-1].at:
			return invalidParameter("Log events in a single PutLogEvents request must be in chronological order.")
		case l.at < tooOld:
			p.tooOld = i + 1
		case l.at < oldest:
			p.expired = i + 1
		case l.at > tooNew && p.to == len(lines):
			p.to = i
		}
	}
	p.from = max(p.tooOld, p.expired)
	if p.from < p.to && lines[p.to-1].at-lines[p.from].at > maxPutSpan.Milliseconds() {
		return invalidParameter("The batch of log events in a single PutLogEvents request cannot span more than 24 hours.")
	}
	return nil
}

func (p *put) rejected() *rejectedLines {
	var r rejectedLines
	if end := p.tooOld; end > 0 {
		r.TooOldEnd = &end
	}
	if end := p.expired; end > 0 {
		r.ExpiredEnd = &end
	}
	if start := p.to; start < len(p.sent.lines) {
		r.TooNewStart = &start
	}
	if r == (rejectedLines{}) {
		return nil
	}
	return &r
}

// account enters the lines that were not taken into the ledger.
func (p *put) account(ledger *ingest.Ledger, now int64) {
	note := func(reason string, from, to int, what string) {
		if from < to {
			ledger.Drop(reason, protocolName, to-from, fmt.Sprintf("%s/%s: a line of %s, %s", p.sent.group, p.sent.stream,
				time.UnixMilli(p.sent.lines[from].at).UTC().Format(time.RFC3339), what))
		}
	}
	note("time_too_old", 0, p.tooOld, "more than 14 days ago")
	note("expired", p.tooOld, p.expired, "older than the group's retention")
	note("time_in_future", p.to, len(p.sent.lines), "more than 2 hours after "+time.UnixMilli(now).UTC().Format(time.RFC3339))
}

// batch makes rows of the lines that are taken.
func (p *put) batch(environment string, g *group) (b *event.Batch, lost int) {
	b = event.NewBatch(environment, g.dataset)
	n := p.to - p.from
	b.Times = make([]int64, 0, n)
	transforms, masker := g.transforms(), g.masking()
	for i := p.from; i < p.to; i++ {
		message := p.sent.message(i)
		masker.mask(message) // in place: nothing else of the line is kept
		b.Begin(p.sent.lines[i].at * int64(time.Millisecond))
		if transforms {
			if text, ok := g.transform(p.sent.stream, string(message)); ok {
				message = []byte(text) // what is found in a line is found in this; its text stays
			}
		}
		line := p.reader.Read(b, message)
		line.Set(b)
		lost += line.Lost
	}
	b.Attach(p.body())
	zeros := make([]uint32, n)
	constant(b, event.FieldSignal, event.SignalLog, zeros)
	constant(b, event.FieldLogGroup, g.name, zeros)
	constant(b, event.FieldLogStream, p.sent.stream, zeros)
	p.sent.entity.set(b, zeros)
	nameService(b)
	return b, lost
}

// nameService gives lines that are OpenTelemetry's records as text the service they
// are of where all other signals have it.
func nameService(b *event.Batch) {
	from := b.Find("resource.attributes." + event.FieldService)
	if from == nil || from.Kind != event.String || b.Find(event.FieldService) != nil {
		return
	}
	same := *from
	same.Name = event.FieldService
	b.Attach(&same)
}

// body is the column of the messages of the lines that are taken. They lie one
// after the other already.
func (p *put) body() *event.Column {
	lines := p.sent.lines[p.from:p.to]
	start := lines[0].start
	ends, codes := make([]uint32, len(lines)), make([]uint32, len(lines))
	for i, l := range lines {
		ends[i], codes[i] = uint32(l.end-start), uint32(i)
	}
	data := bytes.Clone(p.sent.text[start:lines[len(lines)-1].end])
	return &event.Column{Name: event.FieldBody, Kind: event.String, Codes: codes, Dict: event.Restore(ends, data, true)}
}

// constant gives all rows of a batch one text, unless some have such a field
// already. The codes may be shared: nobody writes them.
func constant(b *event.Batch, name, value string, zeros []uint32) {
	if b.Find(name) != nil {
		return
	}
	c := &event.Column{Name: name, Kind: event.String, Codes: zeros}
	c.Dict.Intern(value)
	b.Attach(c)
}

// fingerprint tells a call that its SDK sends again from all others: SDKs give
// each call an id. Without one none is taken for a retry.
func (p *put) fingerprint(c *call, g *group, id string) (out [16]byte) {
	if id == "" {
		return out
	}
	h := sha256.New()
	for _, part := range []string{"cloudwatch", c.Who.Environment, g.region, g.name, p.sent.stream, id} {
		h.Write(binary.AppendUvarint(nil, uint64(len(part))))
		h.Write([]byte(part))
	}
	h.Write(c.Body)
	copy(out[:], h.Sum(nil))
	return out
}
