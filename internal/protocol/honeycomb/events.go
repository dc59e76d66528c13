package honeycomb

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/oriel-dev/oriel/internal/auth"
	"github.com/oriel-dev/oriel/internal/dataset"
	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/ingest"
)

// What the events API says is wrong, word for word as Honeycomb does.
const (
	saysEmpty     = "Request body should not be empty."
	saysColumns   = "Event has too many columns."
	saysMalformed = "Request body is malformed and cannot be read."
	saysTooLarge  = "Request body is too large."
	saysNoDataset = "dataset not found"
	saysThrottled = "Request dropped due to rate limiting."
)

// maxEventBytes is how large one event may be, unpacked.
const maxEventBytes = 1 << 20

const protocolEvents = "honeycomb_events"

// refusal is why a whole request is turned away: what its sender is told, and
// what the watch list says beyond that.
type refusal struct {
	status int
	text   string
	cause  error
}

// Error implements error.
func (r *refusal) Error() string { return r.text }

// Unwrap returns the cause.
func (r *refusal) Unwrap() error { return r.cause }

// createEvent is POST /1/events/{dataset}: one event, which is the body.
func (f *Front) createEvent(w http.ResponseWriter, r *http.Request) {
	e := eventsRequest(r)
	events, err := f.receiveEvents(r, e, true)
	if err == nil && events.outcomes[0] != eventTaken {
		err = &refusal{status: http.StatusBadRequest, text: events.explain(events.outcomes[0])}
	}
	if err != nil {
		f.failEvents(r.Context(), w, e, err)
		return
	}
	w.WriteHeader(http.StatusOK)
}

// createEvents is POST /1/batch/{dataset}: a list of events. The answer has
// exactly as many elements, in the same order: clients match them by place.
func (f *Front) createEvents(w http.ResponseWriter, r *http.Request) {
	e := eventsRequest(r)
	events, err := f.receiveEvents(r, e, false)
	if err != nil {
		f.failEvents(r.Context(), w, e, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	events.answer(w)
}

func eventsRequest(r *http.Request) *export {
	return &export{protocol: protocolEvents, key: keyOf(r.Header), dataset: r.PathValue("dataset"), request: r}
}

// receiveEvents reads and stores the events of a request.
func (f *Front) receiveEvents(r *http.Request, e *export, single bool) (*events, error) {
	p, err := f.admitEvents(r.Context(), e)
	if err != nil {
		return nil, err
	}
	mem := f.bodies.memory()
	defer mem.Release()
	body, err := readEvents(mem, r)
	if err != nil {
		return nil, err
	}
	slug := dataset.Slug(e.dataset)
	events := f.newEvents(p, slug, mem)
	if single {
		events.presetTime(r.Header.Get("X-Honeycomb-Event-Time"))
		events.presetRate(r.Header.Get("X-Honeycomb-Samplerate"))
	}
	if err := events.read(body, isPacked(r.Header.Get("Content-Type")), single); err != nil {
		return nil, err
	}
	batch, err := events.finish()
	if err != nil {
		return nil, err
	}
	if batch.Len() > 0 {
		if batch.Dataset, err = f.Datasets.Resolve(p.Environment, e.dataset, p.Permissions.CreateDatasets); err != nil {
			return nil, refuseDataset(err)
		}
		// What has no time of its own, or one as coarse as a log's, may well be sent twice.
		var fingerprint [16]byte
		if events.distinct {
			route := *e
			route.dataset += "\x00" + r.Header.Get("X-Honeycomb-Event-Time")
			fingerprint = fingerprintOf(&route, p, body)
		}
		if err := f.write(r.Context(), e, p, []*event.Batch{batch}, fingerprint); err != nil {
			return nil, err
		}
	}
	events.account(f.Door.Ledger(), e.protocol)
	return events, nil
}

// admitEvents finds out who sends. In open mode a missing key stands for the
// default environment.
func (f *Front) admitEvents(ctx context.Context, e *export) (*auth.Principal, error) {
	p, err := f.Keys.Authenticate(ctx, auth.Sending, e.key)
	if err != nil {
		return nil, err
	}
	if !sendEvents.granted(p) {
		return nil, fault.New(fault.Unauthenticated, "API key %s may not send events", p.KeyID)
	}
	return p, nil
}

func (f *Front) newEvents(p *auth.Principal, slug string, mem *memory) *events {
	limits := f.Door.Limits()
	return &events{
		batch: event.NewBatch(p.Environment, slug), now: f.Clock().UnixNano(), min: limits.MinTime, max: limits.MaxTime,
		reserve: mem.reserve, expand: f.Datasets.ExpandJSONDepth(p.Environment, slug),
	}
}

// readEvents unpacks a body. Documentation shows "plaintext" as a coding.
func readEvents(mem *memory, r *http.Request) ([]byte, error) {
	coding := strings.ToLower(r.Header.Get("Content-Encoding"))
	switch coding {
	case "plaintext":
		coding = ""
	case "", "identity", "gzip", "zstd":
	default:
		return nil, &refusal{status: http.StatusBadRequest, text: "unsupported content encoding " + strconv.Quote(coding) + ": send gzip, zstd or none"}
	}
	return mem.read(r.Body, coding, r.ContentLength)
}

// isPacked reports whether a body is msgpack. All else is JSON: curl says of what
// it sends that it is a form.
func isPacked(contentType string) bool {
	kind, _, _ := strings.Cut(contentType, ";")
	switch strings.ToLower(strings.TrimSpace(kind)) {
	case "application/msgpack", "application/x-msgpack":
		return true
	}
	return false
}

// refuseDataset turns what the registry says into what the events API says: a key
// that may not create datasets does not find them.
func refuseDataset(err error) error {
	if fault.Is(err, fault.Denied) {
		return &refusal{http.StatusNotFound, saysNoDataset, err}
	}
	return &refusal{http.StatusBadRequest, fault.MessageOf(err), err}
}

// failEvents answers an error that refuses the whole request.
func (f *Front) failEvents(ctx context.Context, w http.ResponseWriter, e *export, err error) {
	status, text := f.refuseEvents(ctx, w, e, err)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(errorBody(text)) // the sender may have gone
}

// refuseEvents notes an error that refuses the whole request, and returns what its
// sender is told.
func (f *Front) refuseEvents(ctx context.Context, w http.ResponseWriter, e *export, err error) (status int, text string) {
	status, text = http.StatusInternalServerError, fault.MessageOf(err)
	if known, ok := errors.AsType[*refusal](err); ok {
		status, text = known.status, known.text
	} else {
		switch fault.KindOf(err) {
		case fault.Unauthenticated, fault.Denied:
			status = http.StatusUnauthorized
		case fault.NotFound:
			status, text = http.StatusNotFound, saysNoDataset
		case fault.TooLarge:
			status, text = http.StatusBadRequest, saysTooLarge
		case fault.Invalid, fault.Unsupported, fault.Conflict:
			status, text = http.StatusBadRequest, saysMalformed
		case fault.Throttled:
			status, text = http.StatusTooManyRequests, saysThrottled
		case fault.Unavailable, fault.Canceled, fault.Deadline:
			status = http.StatusServiceUnavailable
		case fault.Internal:
		}
	}
	if status == http.StatusInternalServerError {
		f.Log.ErrorContext(ctx, "a request failed", slog.String("path", e.request.URL.Path), slog.Any("error", err))
	}
	f.refusedEvents(e, status, text, err)
	if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", strconv.Itoa(max(int((fault.RetryAfter(err)+time.Second/2)/time.Second), 1)))
	}
	return status, text
}

// refusedEvents tells the set-up page about a request that was not taken: what its
// sender was told, and what it was not.
func (f *Front) refusedEvents(e *export, status int, text string, err error) {
	if more := fault.MessageOf(err); more != text && fault.KindOf(err) != fault.Internal {
		text += " (" + strings.TrimPrefix(more, unreadable+": ") + ")"
	}
	remedy := f.remedy(err, e.key)
	switch status {
	case http.StatusBadRequest:
		remedy = "Send a JSON object or msgpack map to /1/events, a list of {\"data\": …} to /1/batch, with a content type and encoding that say what the body is."
		if strings.HasPrefix(text, saysTooLarge) {
			remedy = "Send smaller batches."
		}
	case http.StatusNotFound:
		remedy = "Make the dataset first, or use a key that may create datasets."
	}
	f.Door.Ledger().Refuse(ingest.Refused{
		Protocol: e.protocol, Method: e.request.Method, Path: e.request.URL.Path, Remote: e.request.RemoteAddr, Status: status,
		Reason: text, Remedy: remedy, Key: mask(e.key),
	})
}

// errorBody is {"error": text}.
func errorBody(text string) []byte {
	body, err := json.Marshal(struct {
		Error string `json:"error"`
	}{text})
	if err != nil {
		return []byte("{}")
	}
	return body
}
