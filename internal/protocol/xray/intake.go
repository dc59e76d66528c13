package xray

import (
	"context"
	"errors"

	"github.com/oriel-dev/oriel/internal/auth"
	spancall "github.com/oriel-dev/oriel/internal/call"
	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/ingest"
)

// mostColumnsKnown bounds of how many datasets it is remembered how many columns they have.
const mostColumnsKnown = 1000

// intake turns documents that came together into batches. It is for one goroutine
// and used again.
type intake struct {
	f        *Front
	who      *auth.Principal
	protocol string
	decoder  decoder
	rows     rowWriter
	batches  map[string]*event.Batch // by service
	columns  map[string]int          // of the last batch of a dataset
	list     []*event.Batch
	waiting  []waiting
	limits   ingest.Limits
	count    int // documents taken
}

// waiting is a subsegment whose segment may come with the same batch.
type waiting struct {
	at     int
	raw    []byte
	sender string
}

func newIntake(f *Front, protocol string) *intake {
	in := &intake{f: f, protocol: protocol, batches: map[string]*event.Batch{}, columns: map[string]int{}}
	in.rows.batchOf = in.batchOf
	in.rows.altered = func(reason string, count int, sample string) {
		in.f.Door.Ledger().Alter(reason, protocol, count, sample)
	}
	return in
}

// begin makes it ready for what somebody sends, of so many bytes, or 0 if they are few.
func (in *intake) begin(who *auth.Principal, bytes int) {
	in.rows.expected = bytes / max(len(in.list), 1) // as many services as there were before
	in.who, in.limits, in.count = who, in.f.Door.Limits(), 0
	if len(in.columns) > mostColumnsKnown {
		clear(in.columns)
	}
	for _, b := range in.list {
		in.columns[b.Dataset] = len(b.Columns)
	}
	clear(in.batches)
	in.list, in.waiting = nil, in.waiting[:0]
}

// add takes the document number at. The error is a *badDocument. sender tells
// senders apart that have one name each, "" is any. A subsegment that waits for its
// segment is taken by the end of the batch.
func (in *intake) add(at int, raw []byte, sender string) error {
	doc, err := in.decoder.decode(raw)
	if err == nil {
		err = doc.timely(in.limits.MinTime, in.limits.MaxTime)
	}
	if err != nil {
		return err
	}
	top := &doc.units[0]
	if !top.subsegment {
		in.f.owners.learn(doc, string(top.name), sender)
		return in.write(doc, "")
	}
	if owner := in.f.owners.of(doc.trace, top.parentID); owner != "" {
		in.f.owners.learn(doc, owner, "")
		return in.write(doc, owner)
	}
	in.waiting = append(in.waiting, waiting{at, append([]byte(nil), raw...), sender})
	return nil
}

// settle takes those that wait: by now all segments of the batch are known. refused
// is told of each that is not taken.
func (in *intake) settle(refused func(at int, bad error)) {
	// A subsegment may hang under another one that waits as well.
	for again := true; again; {
		again = false
		rest := in.waiting[:0]
		for _, w := range in.waiting {
			doc, err := in.decoder.decode(w.raw)
			if err != nil {
				refused(w.at, err)
				continue
			}
			owner := in.f.owners.of(doc.trace, doc.units[0].parentID)
			if owner == "" {
				rest = append(rest, w)
				continue
			}
			again = true
			in.f.owners.learn(doc, owner, "")
			if err := in.write(doc, owner); err != nil {
				refused(w.at, err)
			}
		}
		in.waiting = rest
	}
	for _, w := range in.waiting {
		doc, err := in.decoder.decode(w.raw)
		if err == nil {
			owner := in.f.owners.ofSender(w.sender)
			if owner == "" {
				owner = spancall.UnknownService
			}
			err = in.write(doc, owner)
		}
		if err != nil {
			refused(w.at, err)
		}
	}
	in.waiting = in.waiting[:0]
}

func (in *intake) write(doc *document, owner string) error {
	err := in.rows.write(doc, owner)
	if err == nil {
		in.count++
	}
	return err
}

// batchOf returns the batch of a service's dataset.
func (in *intake) batchOf(service string) (*event.Batch, error) {
	if b := in.batches[service]; b != nil {
		return b, nil
	}
	slug, err := in.f.Datasets.Resolve(in.who.Environment, service, in.who.Permissions.CreateDatasets)
	if err != nil {
		return nil, &badDocument{code: codeInvalid, id: string(in.decoder.doc.units[0].id), why: fault.MessageOf(err)}
	}
	for _, b := range in.list {
		if b.Dataset == slug {
			in.batches[service] = b
			return b, nil
		}
	}
	b := event.NewBatchOf(in.who.Environment, slug, in.columns[slug])
	in.batches[service] = b
	in.list = append(in.list, b)
	return b, nil
}

// store writes what was taken.
func (in *intake) store(ctx context.Context, fingerprint [16]byte) error {
	if len(in.list) == 0 {
		return nil
	}
	return in.f.Door.Write(ctx, ingest.Request{Batches: in.list, Protocol: in.protocol, Key: in.who.KeyID, Fingerprint: fingerprint})
}

// asBad returns an error of add as what it is.
func asBad(err error) *badDocument {
	if b, ok := errors.AsType[*badDocument](err); ok {
		return b
	}
	return &badDocument{code: codeInvalid, why: fault.MessageOf(err)}
}
