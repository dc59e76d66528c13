package cloudwatch

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/klauspost/compress/gzip"
)

// hook is a destination that keeps what it is sent, and may refuse it.
type hook struct {
	*httptest.Server
	mu     sync.Mutex
	got    []subscriptionMessage
	refuse bool
}

func newHook(t *testing.T) *hook {
	t.Helper()
	h := &hook{}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.refuse {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		z, err := gzip.NewReader(r.Body)
		if err != nil {
			t.Error(err)
			return
		}
		raw, err := io.ReadAll(z)
		var m subscriptionMessage
		if err != nil || json.Unmarshal(raw, &m) != nil {
			t.Errorf("%s, %v", raw, err)
		}
		h.got = append(h.got, m)
	}))
	t.Cleanup(h.Close)
	return h
}

func (h *hook) set(refuse bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.refuse = refuse
}

// take returns the messages since it was last asked, as text.
func (h *hook) take() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := []string{}
	for _, m := range h.got {
		text := m.MessageType + " " + m.LogGroup + "/" + m.LogStream + ":"
		for _, e := range m.LogEvents {
			text += " " + e.Message
			if e.ExtractedFields != nil {
				text += fmt.Sprint(e.ExtractedFields)
			}
		}
		out = append(out, text)
	}
	h.got = nil
	return out
}

// quiet makes deliveries wait for the test.
func (r *rig) quiet() {
	r.deliverer.close()
	r.deliverer = &deliverer{f: r.Front, sender: newSender(r.private), waits: map[string]wait{}, cancel: func() {}, done: make(chan struct{})}
	close(r.deliverer.done)
}

func (r *rig) deliver() { r.deliverer.deliverAll(r.t.Context()) }

func newSubscriptionRig(t *testing.T) *rig {
	t.Helper()
	r := newRig(t)
	r.private = true
	r.restart()
	r.quiet()
	return r
}

func TestSubscriptions_DeliverWhatIsPutAfterThem(t *testing.T) {
	t.Parallel()
	r, h := newSubscriptionRig(t), newHook(t)
	r.withStream("g", "s")
	r.ok("CreateLogStream", object{"logGroupName": "g", "logStreamName": "s2"})
	r.put("g", "s", "ERROR before")
	r.ok("PutSubscriptionFilter", object{"logGroupName": "g", "filterName": "f", "filterPattern": "ERROR", "destinationArn": h.URL})
	if got := h.take(); len(got) != 1 || !strings.HasPrefix(got[0], "CONTROL_MESSAGE /: CWL CONTROL MESSAGE: Checking health of destination") {
		t.Errorf("%q", got)
	}
	r.put("g", "s", "ERROR 1", "fine", "ERROR 2")
	r.put("g", "s2", "ERROR 3")
	r.deliver()
	if got := h.take(); !slices.Equal(got, []string{"DATA_MESSAGE g/s: ERROR 1 ERROR 2", "DATA_MESSAGE g/s2: ERROR 3"}) {
		t.Errorf("%q", got)
	}
	r.deliver()
	if got := h.take(); len(got) != 0 {
		t.Errorf("again: %q", got)
	}
	h.set(true)
	r.put("g", "s", "ERROR 4")
	r.deliver()
	r.deliver() // waits: the first has just failed
	r.restart()
	r.quiet()
	h.set(false)
	r.put("g", "s", "ERROR 5")
	r.deliver()
	if got := h.take(); !slices.Equal(got, []string{"DATA_MESSAGE g/s: ERROR 4 ERROR 5"}) {
		t.Errorf("after a restart: %q", got)
	}
	r.ok("PutSubscriptionFilter", object{"logGroupName": "g", "filterName": "f", "filterPattern": "[level, n]", "destinationArn": h.URL, "emitSystemFields": []string{"@source.log"}})
	h.take()
	r.put("g", "s", "WARN 6")
	r.deliver()
	if got := h.take(); !slices.Equal(got, []string{"DATA_MESSAGE g/s: WARN 6map[@source.log:g level:WARN n:6]"}) {
		t.Errorf("%q", got)
	}
	r.ok("DeleteSubscriptionFilter", object{"logGroupName": "g", "filterName": "f"})
	r.fails("ResourceNotFoundException", "The specified subscription filter does not exist.", "DeleteSubscriptionFilter", object{"logGroupName": "g", "filterName": "f"})
	r.put("g", "s", "ERROR 7")
	r.deliver()
	if got := h.take(); len(got) != 0 {
		t.Errorf("%q", got)
	}
}

func TestSubscriptions_ToAnotherGroup(t *testing.T) {
	t.Parallel()
	r := newSubscriptionRig(t)
	arn := func(name string) string {
		return "arn:aws:logs:" + testRegion + ":" + r.Keys.Default().Account() + ":log-group:" + name
	}
	r.withStream("a", "s")
	r.ok("CreateLogGroup", object{"logGroupName": "b"})
	r.ok("PutDestination", object{"destinationName": "d", "targetArn": arn("b"), "roleArn": "r"})
	destination := "arn:aws:logs:" + testRegion + ":" + r.Keys.Default().Account() + ":destination:d"
	r.ok("PutSubscriptionFilter", object{"logGroupName": "a", "filterName": "f", "filterPattern": "", "destinationArn": destination})
	r.fails("InvalidParameterException", "delivered to itself", "PutSubscriptionFilter", object{"logGroupName": "b", "filterName": "f", "filterPattern": "", "destinationArn": arn("a")})
	r.put("a", "s", `{"n":1}`)
	r.store.Take()
	r.deliver()
	r.deliver()
	got := r.store.Take()
	if len(got) != 1 || got[0].Dataset != "b" || got[0].Row(0).Get("n").Int() != 1 || got[0].Row(0).Get("log.stream").Str() != "s" {
		t.Errorf("%v", got)
	}
	if got := names(r.ok("DescribeLogStreams", object{"logGroupName": "b"}), "logStreams", "logStreamName"); got != "s" {
		t.Errorf("%q", got)
	}
	if got := names(r.ok("DescribeSubscriptionFilters", object{"logGroupName": "a"}), "subscriptionFilters", "destinationArn"); got != destination {
		t.Errorf("%q", got)
	}
}

func TestPutSubscriptionFilter_ChecksItsDestination(t *testing.T) {
	t.Parallel()
	r, h := newSubscriptionRig(t), newHook(t)
	r.withStream("g", "s")
	in := func(name, destination string) object {
		return object{"logGroupName": "g", "filterName": name, "filterPattern": "", "destinationArn": destination}
	}
	r.fails("InvalidParameterException", "nothing that this server can deliver to", "PutSubscriptionFilter", in("f", "arn:aws:lambda:eu-central-1:1:function:x"))
	r.fails("ResourceNotFoundException", "log group", "PutSubscriptionFilter", in("f", "arn:aws:logs:"+testRegion+":"+r.Keys.Default().Account()+":log-group:x"))
	h.set(true)
	r.fails("InvalidParameterException", "Could not deliver test message", "PutSubscriptionFilter", in("f", h.URL))
	h.set(false)
	for _, name := range []string{"f", "g", "f"} {
		r.ok("PutSubscriptionFilter", in(name, h.URL))
	}
	r.fails("LimitExceededException", "Resource limit exceeded.", "PutSubscriptionFilter", in("h", h.URL))
	r.private = false
	r.restart()
	r.fails("InvalidParameterException", "--private-destinations", "PutSubscriptionFilter", in("f", h.URL))
}
