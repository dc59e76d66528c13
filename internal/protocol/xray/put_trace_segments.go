package xray

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"math/rand/v2"

	"github.com/oriel-dev/oriel/internal/auth"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/ingest"
	"github.com/oriel-dev/oriel/internal/protocol/jsonscan"
	"github.com/oriel-dev/oriel/internal/protocol/otlp"
)

// maxPutBody bounds a call: 50 documents are what senders send, and each byte of a
// document may be written as an escape of six.
const maxPutBody = 32 << 20

// unprocessedSegment is a document that was not taken.
type unprocessedSegment struct {
	ID        string `json:"Id,omitempty"`
	ErrorCode string
	Message   string
}

// unprocessedSegmentOf words it as the service does, with what is wrong behind that.
func unprocessedSegmentOf(b *badDocument) unprocessedSegment {
	return unprocessedSegment{ID: b.id, ErrorCode: b.code, Message: "Invalid segment. ErrorCode: " + b.code + ": " + b.why}
}

// putTraceSegments takes documents. Those that can't be taken are named in the
// answer, and the others go in. The same call again is one call.
func (f *Front) putTraceSegments(c *call) (any, error) {
	in, ok := f.intakes.Get().(*intake)
	if !ok {
		in = newIntake(f, protocolAPI)
	}
	defer f.intakes.Put(in)
	in.begin(c.Who, 0)
	bad := []unprocessedSegment{}
	refuse := func(_ int, err error) {
		b := asBad(err)
		bad = append(bad, unprocessedSegmentOf(b))
		f.Door.Ledger().Drop(dropReason(b), in.protocol, 1, b.why)
	}
	s := &jsonscan.Scanner{In: c.Body}
	at := 0
	err := eachText(s, "TraceSegmentDocuments", func(text []byte) error {
		err := in.element(at, text, "", refuse)
		at++
		return err
	})
	if err != nil {
		return nil, err
	}
	in.settle(refuse)
	sum := sha256.Sum256(append(append([]byte(c.Who.Environment+"\x00"+c.Who.KeyID+"\x00TraceSegments\x00"), c.Body...), 0))
	if err := in.store(c.Context(), [16]byte(sum[:16])); err != nil {
		return nil, err
	}
	return map[string]any{"UnprocessedTraceSegments": bad}, nil
}

// dropReason is a label of metrics.
func dropReason(b *badDocument) string {
	switch b.code {
	case codeNoID, codeID:
		return "segment_id"
	case codeTraceID:
		return "segment_trace_id"
	case codeNoName, codeName:
		return "segment_name"
	case codeNoStart, codeNoEnd:
		return "segment_time"
	}
	return "segment_invalid"
}

// eachText calls f for the texts of a member that is a list, in a body that was
// checked to be JSON. What f is given is overwritten by the next.
func eachText(s *jsonscan.Scanner, member string, f func(text []byte) error) error {
	if s.Peek() != '{' || !s.Enter('{') {
		return s.Err
	}
	var text []byte
	for more := s.First('}'); more; more = s.More('}') {
		name, ok := s.Name()
		if !ok {
			return s.Err
		}
		if string(name) != member || s.Peek() != '[' {
			s.Skip()
			continue
		}
		s.Enter('[')
		for more := s.First(']'); more; more = s.More(']') {
			if s.Peek() != '"' {
				s.Skip()
				continue
			}
			text, _ = s.AppendText(text[:0])
			if err := f(text); err != nil {
				return err
			}
		}
	}
	return s.Err
}

// element takes what is one element of a call, or the body of one datagram: a
// document, a list of documents, or spans in OTLP behind their tag. Only an error
// that concerns all of a call is returned.
func (in *intake) element(at int, text []byte, sender string, refuse func(at int, bad error)) error {
	text = bytes.TrimSpace(text)
	switch {
	case bytes.HasPrefix(text, []byte("T1S")):
		return in.otlp(at, text[3:], otlp.Traces, refuse)
	case bytes.HasPrefix(text, []byte("M1")):
		return in.otlp(at, text[2:], otlp.Metrics, refuse)
	case bytes.HasPrefix(text, []byte("T1U")):
		in.f.Door.Ledger().Drop("unsampled", in.protocol, 1, "spans that their sender did not sample (T1U)")
		return nil
	case len(text) > 0 && text[0] == '[':
		return in.documents(at, text, sender, refuse)
	}
	err := in.add(at, text, sender)
	if err != nil && bytes.IndexByte(text, '\n') > 0 {
		if rest := in.several(at, text, sender, refuse); rest {
			return nil
		}
	}
	if err != nil {
		refuse(at, err)
	}
	return nil
}

// several takes documents that stand one behind the other, and reports whether that
// is what a text is.
func (in *intake) several(at int, text []byte, sender string, refuse func(at int, bad error)) bool {
	var list [][]byte
	s := &jsonscan.Scanner{In: text, Most: maxDepth}
	for s.Err == nil && s.Peek() != 0 {
		list = append(list, value(s, '{'))
	}
	if s.Err != nil || len(list) < 2 {
		return false
	}
	for _, raw := range list {
		if err := in.add(at, raw, sender); err != nil {
			refuse(at, err)
		}
	}
	return true
}

// documents takes a list of documents.
func (in *intake) documents(at int, text []byte, sender string, refuse func(at int, bad error)) error {
	s := &jsonscan.Scanner{In: text, Most: maxDepth}
	n := 0
	if s.Enter('[') {
		for more := s.First(']'); more; more = s.More(']') {
			n++
			raw := value(s, 0)
			if len(raw) == 0 {
				continue
			}
			if err := in.add(at, raw, sender); err != nil {
				refuse(at, err)
			}
		}
	}
	switch {
	case s.Err != nil:
		refuse(at, &badDocument{code: codeInvalid, why: "the list of documents is not JSON: " + s.Err.Error()})
	case n == 0:
		refuse(at, &badDocument{code: codeNoID, why: "the list of documents is empty"})
	}
	return nil
}

// otlp takes an export request in base64.
func (in *intake) otlp(at int, text []byte, signal otlp.Signal, refuse func(at int, bad error)) error {
	raw := make([]byte, base64.StdEncoding.DecodedLen(len(text)))
	n, err := base64.StdEncoding.Decode(raw, bytes.TrimSpace(text))
	if err != nil {
		refuse(at, &badDocument{code: codeInvalid, why: "what follows the tag is not base64: " + err.Error()})
		return nil //nolint:nilerr // refuse was told
	}
	result, err := in.f.decodeOTLP(in.who, raw[:n], signal, in.limits)
	if err != nil {
		refuse(at, &badDocument{code: codeInvalid, why: fault.MessageOf(err)})
		return nil
	}
	in.f.noteProblems(result, in.protocol)
	in.list = append(in.list, result.Batches...)
	in.count += result.Items - result.Rejected
	return nil
}

// decodeOTLP reads an export request of spans or metrics.
func (f *Front) decodeOTLP(who *auth.Principal, body []byte, signal otlp.Signal, limits ingest.Limits) (*otlp.Result, error) {
	return otlp.Decode(signal, body, otlp.Options{
		Environment: who.Environment, MinTime: limits.MinTime, MaxTime: limits.MaxTime, Now: f.Clock().UnixNano(), Float: rand.Float64,
		Dataset: func(service string) (string, error) {
			switch {
			case signal == otlp.Metrics:
				service = "unknown_metrics"
			case service == "":
				service = "unknown_service"
			}
			return f.Datasets.Resolve(who.Environment, service, who.Permissions.CreateDatasets)
		},
	})
}

// noteProblems writes what was not stored, or not whole, into the ledger.
func (f *Front) noteProblems(result *otlp.Result, from string) {
	for _, p := range result.Problems {
		note := f.Door.Ledger().Alter
		if p.Rejected {
			note = f.Door.Ledger().Drop
		}
		note(p.Reason, from, p.Count, p.Sample)
	}
}
