package api

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/ingest"
	"github.com/oriel-dev/oriel/internal/store"
)

// watchPause is between two updates: a busy server has news at any time.
const watchPause = 200 * time.Millisecond

// watch pushes what was received, refused and dropped: all of the book first, then
// its changes.
func (a *API) watch(w http.ResponseWriter, r *http.Request) error {
	after, _ := strconv.ParseUint(r.Header.Get("Last-Event-ID"), 10, 64) // none or not ours: all there is
	if r.Header.Get("Last-Event-ID") == "" && r.URL.Query().Get("after") != "" {
		after, _ = strconv.ParseUint(r.URL.Query().Get("after"), 10, 64)
	}
	s, err := a.openStream(w)
	if err != nil {
		return err
	}
	env := a.environment(r)
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	for {
		entries, more := a.Door.Ledger().Watch(after)
		for i := range entries {
			after = entries[i].ID
			name, body := a.watchEntry(&entries[i], env)
			if name == "" {
				continue
			}
			data, err := json.Marshal(body)
			if err != nil {
				return err
			}
			if err := s.send(name, strconv.FormatUint(after, 10), data); err != nil {
				return nil // the viewer has gone
			}
		}
		select {
		case <-r.Context().Done():
			return nil
		case <-a.closing:
			return nil
		case <-more:
		case <-ping.C:
			if err := s.send("ping", "", []byte("{}")); err != nil {
				return nil // the viewer has gone
			}
			continue
		}
		select {
		case <-r.Context().Done():
			return nil
		case <-a.closing:
			return nil
		case <-time.After(watchPause):
		}
	}
}

// doctor is the book as it is now: what the watch pushes.
func (a *API) doctor(w http.ResponseWriter, r *http.Request) error {
	book := map[string]any{}
	lists := map[string][]any{"received": {}, "refused": {}, "dropped": {}}
	entries, _ := a.Door.Ledger().Watch(0)
	for i := len(entries) - 1; i >= 0; i-- { // the newest first
		if name, body := a.watchEntry(&entries[i], a.environment(r)); name != "" {
			lists[name] = append(lists[name], body)
		}
	}
	for name, list := range lists {
		book[name] = list
	}
	return a.answer(w, r, store.Stats{}, book)
}

type receivedJSON struct {
	Kind     string `json:"kind"` // spans, lines, metrics, events, errors or segments
	Service  string `json:"service"`
	Dataset  string `json:"dataset"`
	Protocol string `json:"protocol"`
	Count    int64  `json:"count"` // of rows, since the server started
	TraceID  string `json:"trace_id,omitempty"`
	Group    string `json:"group,omitempty"`
	Stream   string `json:"stream,omitempty"`
	Item     int64  `json:"item,omitempty"`
	First    string `json:"first"`
	At       string `json:"at"`
}

type refusedJSON struct {
	Method   string `json:"method"`
	Path     string `json:"path"`
	Remote   string `json:"remote"`
	Status   int    `json:"status"`
	Protocol string `json:"protocol"`
	Reason   string `json:"reason"`
	Remedy   string `json:"remedy"`
	Key      string `json:"key"`
	Count    int64  `json:"count"`
	First    string `json:"first"`
	At       string `json:"at"`
}

type sampleJSON struct {
	At     string `json:"at"`
	Detail string `json:"detail"`
}

type droppedJSON struct {
	Reason   string       `json:"reason"`
	Protocol string       `json:"protocol"`
	Stored   bool         `json:"stored"`
	Count    int64        `json:"count"`
	Remedy   string       `json:"remedy"`
	Last     []sampleJSON `json:"last"`
}

// watchEntry encodes an entry; the name is empty if it is not for this environment.
func (a *API) watchEntry(e *ingest.Entry, env string) (name string, body any) {
	at := ns(e.At.UnixNano())
	switch {
	case e.Received != nil:
		r := e.Received
		if r.Environment != env {
			return "", nil
		}
		out := receivedJSON{
			Kind: kindOf(r), Service: r.Service, Dataset: r.Dataset, Protocol: r.Protocol, Count: r.Rows, TraceID: r.TraceID,
			Group: r.Group, Stream: r.Stream, First: ns(r.First.UnixNano()), At: at,
		}
		if r.Error.Fingerprint != "" {
			if i, err := a.Items.ByFingerprint(env, r.Error.Environment, r.Error.Fingerprint); err == nil {
				out.Item = i.ID
			}
		}
		return "received", out
	case e.Refused != nil:
		f := e.Refused
		return "refused", refusedJSON{f.Method, f.Path, f.Remote, f.Status, f.Protocol, f.Reason, f.Remedy, f.Key, f.Count, ns(f.First.UnixNano()), at}
	case e.Dropped != nil:
		return "dropped", dropToJSON(e.Dropped)
	}
	return "", nil
}

// kindOf says what rows of a source are to whoever sent them.
func kindOf(r *ingest.Received) string {
	switch r.Protocol {
	case "rollbar":
		return "errors"
	case "cloudwatch":
		return "lines"
	case "xray", "xray_udp":
		return "segments"
	}
	switch r.Signal {
	case event.SignalTrace:
		return "spans"
	case event.SignalLog:
		return "lines"
	case event.SignalMetric:
		return "metrics"
	case event.SignalError:
		return "errors"
	}
	return "events"
}

func dropToJSON(d *ingest.Drop) droppedJSON {
	out := droppedJSON{Reason: d.Reason, Protocol: d.Protocol, Stored: d.Stored, Count: d.Count, Remedy: dropRemedy(d.Reason), Last: []sampleJSON{}}
	for _, s := range d.Last {
		out.Last = append(out.Last, sampleJSON{ns(s.At.UnixNano()), s.Detail})
	}
	return out
}

// drops lists what was not stored as it was sent, and why.
func (a *API) drops(w http.ResponseWriter, r *http.Request) error {
	out := []droppedJSON{}
	for _, d := range a.Door.Ledger().Drops() {
		out = append(out, dropToJSON(&d))
	}
	return a.answer(w, r, store.Stats{}, map[string]any{"drops": out})
}

// dropRemedy says what a sender should change so that nothing is lost for a reason;
// "" where its sample says all.
func dropRemedy(reason string) string {
	switch reason {
	case "time_too_old":
		return "What is older than the retention can't be kept: raise --retention to backfill, or check that times are in the unit that the protocol has."
	case "expired":
		return "The lines are older than their log group keeps them: raise its retention."
	case "time_in_future":
		return "Check the sender's clock, and that times are in the unit that the protocol has."
	case "time_moved":
		return "An event of a span lies outside of what times are taken: check the sender's clock."
	case "dataset_refused":
		return "Use a key that may create datasets, or send to one that is there."
	case "too_many_fields":
		return "Send fewer attributes with one event; put what varies into values, not into names."
	case "too_many_names":
		return "Put what varies (ids, times) into values, not into names: a dataset takes 20,000 different ones. Delete the dataset, or send to another, to begin anew."
	case "name_too_long":
		return "Shorten the names of attributes."
	case "value_truncated":
		return "Large values are cut: send what you search for in attributes of its own."
	case "invalid_utf8":
		return "Send text as UTF-8."
	case "metric_name", "bad_histogram", "no_value":
		return "Check the instrument that made the data point."
	case "record_unreadable", "malformed_event":
		return "Send one JSON object for each event."
	case "event_too_large":
		return "Lines of more than a megabyte are not taken: split them."
	case "segment_id", "segment_trace_id", "segment_name", "segment_time", "segment_invalid":
		return "A segment needs name, id (16 hex digits), trace_id (1-8 hex-24 hex), start_time, and end_time or in_progress."
	case "datagram_header":
		return "Only SDKs of X-Ray send to the daemon's address; everything else sends to the main address."
	case "queue_full", "not_stored", "socket_buffer_full":
		return "The server could not keep up: give it more disk or memory, raise net.core.rmem_max, or sample."
	case "rate_limited":
		return "Raise the limit of the token, or send less often: itemsPerMinute in the SDK."
	case "unsampled":
		return "Nothing is wrong: their sender decided so."
	case "journal_record_unreadable":
		return "Look at the disk's health; what was set aside lies in the data folder."
	}
	return ""
}
