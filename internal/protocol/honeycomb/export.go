package honeycomb

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"net/http"
	"strings"

	"github.com/cespare/xxhash/v2"

	"github.com/oriel-dev/oriel/internal/auth"
	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/ingest"
	"github.com/oriel-dev/oriel/internal/protocol/otlp"
)

// export is an OTLP request on its way in, whatever carried it.
type export struct {
	signal   otlp.Signal
	json     bool
	protocol string // otlp_http or otlp_grpc
	key      string
	dataset  string // of the dataset header
	request  *http.Request
}

// keyOf reads the team header, also in its short spelling.
func keyOf(h http.Header) string {
	if k := h.Get("X-Honeycomb-Team"); k != "" {
		return k
	}
	return h.Get("X-Hny-Team")
}

const missingKey = "missing 'x-honeycomb-team' header"

// admit checks key and dataset header in Honeycomb's order. In open mode a
// missing key stands for the default environment.
func (f *Front) admit(ctx context.Context, e *export) (*auth.Principal, error) {
	if e.key == "" {
		if p, open := f.Keys.Anonymous(); open {
			return p, nil
		}
		return nil, fault.New(fault.Unauthenticated, missingKey)
	}
	if auth.Classic(e.key) && e.dataset == "" && e.signal != otlp.Logs {
		return nil, fault.New(fault.Unauthenticated, "missing 'x-honeycomb-dataset' header")
	}
	p, err := f.Keys.Authenticate(ctx, auth.Sending, e.key)
	if err != nil {
		return nil, err
	}
	if !p.Permissions.SendEvents {
		return nil, fault.New(fault.Unauthenticated, "API key %s may not send events", p.KeyID)
	}
	return p, nil
}

// take reads an unpacked body and writes its events; it answers what the sender
// is told about items that were rejected.
func (f *Front) take(ctx context.Context, e *export, p *auth.Principal, mem *memory, body []byte) (*otlp.Result, error) {
	fingerprint := fingerprintOf(e, p, body)
	if e.json {
		wire, err := mem.buffer()
		if err != nil {
			return nil, err
		}
		// It comes to less than the JSON, but for the strangest; then what is missing is counted after.
		had := cap(*wire) + len(body)
		if err := mem.reserve(len(body)); err != nil {
			return nil, err
		}
		if *wire, err = otlp.AppendProtobuf(*wire, e.signal, body); err != nil {
			return nil, err
		}
		if err := mem.reserve(cap(*wire) - had); err != nil {
			return nil, err
		}
		body = *wire
	}
	limits := f.Door.Limits()
	result, err := otlp.Decode(e.signal, body, otlp.Options{
		Environment: p.Environment, MinTime: limits.MinTime, MaxTime: limits.MaxTime, Now: f.Clock().UnixNano(), Float: rand.Float64, Reserve: mem.reserve,
		Dataset: func(service string) (string, error) {
			return f.Datasets.Resolve(p.Environment, datasetName(e, service), p.Permissions.CreateDatasets)
		},
	})
	if err != nil {
		return nil, err
	}
	if len(result.Batches) > 0 {
		if err := f.write(ctx, e, p, result.Batches, fingerprint); err != nil {
			return nil, err
		}
	}
	for _, problem := range result.Problems {
		note := f.Door.Ledger().Alter
		if problem.Rejected {
			note = f.Door.Ledger().Drop
		}
		note(problem.Reason, e.protocol, problem.Count, problem.Sample)
	}
	return result, nil
}

func (f *Front) write(ctx context.Context, e *export, p *auth.Principal, batches []*event.Batch, fingerprint [16]byte) error {
	return f.Door.Write(ctx, ingest.Request{Batches: batches, Protocol: e.protocol, Key: p.KeyID, Fingerprint: fingerprint})
}

// datasetName is Honeycomb's routing: by the service's name, or by the header
// where a classic key asks for it or nothing else is known.
func datasetName(e *export, service string) string {
	service = strings.TrimSpace(service)
	unknown := service == "" || strings.HasPrefix(service, "unknown_service")
	header := strings.TrimSpace(e.dataset)
	switch e.signal {
	case otlp.Traces:
		switch {
		case auth.Classic(e.key) && header != "":
			return header
		case unknown:
			return "unknown_service"
		}
		return service
	case otlp.Metrics:
		if header == "" {
			return "unknown_metrics"
		}
		return header
	case otlp.Logs:
	}
	switch {
	case !unknown:
		return service
	case header != "":
		return header
	}
	return "unknown_log_source"
}

// fingerprintOf tells one request from another: two hashes of what it says, where
// to, and for whom.
func fingerprintOf(e *export, p *auth.Principal, body []byte) (out [16]byte) {
	route := string(rune('0'+e.signal)) + e.dataset + "\x00" + p.Environment + "\x00" + p.KeyID
	one := xxhash.NewWithSeed(0x6f7269656c)
	_, _ = one.WriteString(route) // hashes do not fail
	_, _ = one.Write(body)
	two := xxhash.NewWithSeed(0x9e3779b97f4a7c15)
	_, _ = two.WriteString(route)
	_, _ = two.Write(body)
	binary.LittleEndian.PutUint64(out[:8], one.Sum64())
	binary.LittleEndian.PutUint64(out[8:], two.Sum64())
	return out
}

// refused tells the set-up page about a request that was not taken.
func (f *Front) refused(e *export, status int, err error) {
	f.Door.Ledger().Refuse(ingest.Refused{
		Protocol: e.protocol, Method: e.request.Method, Path: e.request.URL.Path, Remote: e.request.RemoteAddr, Status: status,
		Reason: fault.MessageOf(err), Remedy: f.remedy(err, e.key), Key: mask(e.key),
	})
}

// remedy says in a sentence what to change.
func (f *Front) remedy(err error, key string) string {
	if fault.KindOf(err) == fault.Unauthenticated {
		if what := f.Keys.Mistaken(auth.Sending, key); what != "" {
			return "What was sent in the header x-honeycomb-team is " + what + ". Send a key of kind honeycomb or honeycomb-ingest: oriel keys create makes one."
		}
	}
	return remedyOf(err)
}

func mask(key string) string {
	const shown = 4
	if len(key) <= 2*shown {
		return strings.Repeat("…", min(len(key), 1))
	}
	return key[:shown] + "…"
}

func remedyOf(err error) string {
	switch fault.KindOf(err) {
	case fault.Unauthenticated, fault.Denied:
		return "Send a key that this server made in the header x-honeycomb-team; oriel keys create makes one."
	case fault.Invalid:
		return "Check that the content type says what the body is, and that nothing between sender and server changes it."
	case fault.Unsupported:
		return "Send OTLP as application/x-protobuf or application/json, or gRPC."
	case fault.TooLarge:
		return "Send smaller batches: OTEL_BSP_MAX_EXPORT_BATCH_SIZE, or the collector's batch processor."
	case fault.Throttled, fault.Unavailable:
		return "The sender will try again. If it stays so, give the server more disk or memory."
	case fault.NotFound:
		return "Give OTEL_EXPORTER_OTLP_ENDPOINT the address without a path: exporters add it. OTEL_EXPORTER_OTLP_TRACES_ENDPOINT and its like are taken as they are, and need it."
	case fault.Conflict, fault.Canceled, fault.Deadline, fault.Internal:
	}
	return "See the server's log."
}
