package server

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/iotest"
	"time"
)

// deadlines is a response that notes which deadlines its connection was given.
type deadlines struct {
	*httptest.ResponseRecorder
	read, write time.Time
}

func (d *deadlines) SetReadDeadline(at time.Time) error  { d.read = at; return nil }
func (d *deadlines) SetWriteDeadline(at time.Time) error { d.write = at; return nil }

// source gives as many bytes as are asked for, without end.
type source struct{}

func (source) Read(p []byte) (int, error) { return len(p), nil }

// slowRig is a request's body and answer under a clock of the test's.
type slowRig struct {
	*deadlines
	now    time.Time
	body   io.Reader
	answer http.ResponseWriter
}

func newSlowRig(body io.Reader) *slowRig {
	r := &slowRig{deadlines: &deadlines{ResponseRecorder: httptest.NewRecorder()}, now: time.Unix(1_764_000_000, 0)}
	handler := unhurried(func() time.Time { return r.now }, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r.body, r.answer = req.Body, w
	}))
	req := httptest.NewRequest(http.MethodPost, "/", body)
	req.ProtoMajor = 2 // of which nothing is read on after the answer
	handler.ServeHTTP(r.deadlines, req)
	return r
}

// sends reads n bytes at each of several seconds, and reports for how many of
// them the deadline had not passed.
func (r *slowRig) sends(t *testing.T, n, seconds int) (lasted int) {
	t.Helper()
	for range seconds {
		if _, err := io.ReadFull(r.body, make([]byte, n)); err != nil {
			t.Fatal(err)
		}
		if r.now = r.now.Add(time.Second); r.now.After(r.read) {
			return lasted
		}
		lasted++
	}
	return lasted
}

func TestUnhurried_CutsOffBodiesThatComeTooSlowly(t *testing.T) {
	t.Parallel()
	const long = 900 // seconds
	for _, c := range []struct {
		name    string
		first   int // bytes at once
		rate    int // bytes a second from then on
		outlast bool
	}{
		{"quick enough", 0, bodyRate, true},
		{"too slow", 0, bodyRate - 1, false},
		{"nothing at all", 1, 0, false},
		{"large and quick enough", largeBody, largeRate, true},
		{"large and slow", largeBody, largeRate - 1, false},
		{"large, as slow as a small one may be", largeBody, bodyRate, false},
	} {
		r := newSlowRig(source{})
		if _, err := io.ReadFull(r.body, make([]byte, c.first)); err != nil {
			t.Fatal(err)
		}
		lasted := r.sends(t, c.rate, long)
		if c.outlast != (lasted == long) || (!c.outlast && lasted > int(2*bodyStall/time.Second)) {
			t.Errorf("%s: held for %d seconds", c.name, lasted)
		}
	}
}

func TestUnhurried_LetsTheConnectionGoOnAfterABody(t *testing.T) {
	t.Parallel()
	r := newSlowRig(io.LimitReader(source{}, 10))
	if _, err := io.ReadAll(r.body); err != nil {
		t.Fatal(err)
	}
	if !r.read.IsZero() {
		t.Errorf("the deadline of the body stays: %s", r.read)
	}
	if _, err := r.body.Read(make([]byte, 1)); !errors.Is(err, io.EOF) || !r.read.IsZero() {
		t.Errorf("read on: %v, %s", err, r.read)
	}
	broken := newSlowRig(iotest.ErrReader(io.ErrUnexpectedEOF))
	if _, err := io.ReadAll(broken.body); !errors.Is(err, io.ErrUnexpectedEOF) || broken.read.IsZero() {
		t.Errorf("the rest of a broken body is skipped without limit: %v", err)
	}
}

func TestUnhurried_GivesEachPieceOfAnAnswerItsTime(t *testing.T) {
	t.Parallel()
	r := newSlowRig(http.NoBody)
	if !r.write.IsZero() {
		t.Errorf("the deadline of the last answer stays: %s", r.write)
	}
	for range 3 {
		r.now = r.now.Add(time.Minute)
		n, err := r.answer.Write(make([]byte, 3*writeChunk+1))
		if n != 3*writeChunk+1 || err != nil || !r.write.Equal(r.now.Add(writeStall)) {
			t.Errorf("%d bytes, %v, until %s", n, err, r.write)
		}
	}
	if got := r.Body.Len(); got != 3*(3*writeChunk+1) {
		t.Errorf("%d bytes were written", got)
	}
	r.now = r.now.Add(time.Minute)
	if err := http.NewResponseController(r.answer).Flush(); err != nil || !r.write.Equal(r.now.Add(writeStall)) || !r.Flushed {
		t.Errorf("flushed: %v, until %s", err, r.write)
	}
}

// A client that sends all of its body before it reads is told why it was refused.
func TestUnhurried_TellsWhoSendsTooMuchWhatIsWrong(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(unhurried(time.Now, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "too large", http.StatusBadRequest)
	})))
	defer srv.Close()
	for _, length := range []int{1, 100 << 20} {
		c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", srv.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_, err = fmt.Fprintf(c, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", length)
		if err == nil {
			_, err = io.CopyN(c, source{}, int64(length))
		}
		if err != nil {
			t.Errorf("send %d bytes: %v", length, err)
		}
		resp, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatalf("after %d bytes: %v", length, err)
		}
		text, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != http.StatusBadRequest || string(text) != "too large\n" {
			t.Errorf("after %d bytes: %d %s %v", length, resp.StatusCode, text, err)
		}
		_, _ = resp.Body.Close(), c.Close()
	}
}

// What never ends is not read on without end, and nothing is waited for that the
// client will not send.
func TestUnhurried_ReadsOnWithinBounds(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		expect string
		second time.Duration // that each read takes
		want   int64
	}{
		"as much as is sent":  {"", 0, mostUnread},
		"as long as it takes": {"", time.Second, int64(readOn/time.Second) * writeChunk},
		"nothing":             {"100-continue", 0, 0},
	} {
		body := &countedSource{now: time.Unix(1_764_000_000, 0), each: c.second}
		req := httptest.NewRequest(http.MethodPost, "/", io.NopCloser(body))
		req.Header.Set("Expect", c.expect)
		unhurried(func() time.Time { return body.now }, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadRequest)
		})).ServeHTTP(&deadlines{ResponseRecorder: httptest.NewRecorder()}, req)
		if body.read != c.want {
			t.Errorf("%s: %d bytes were read, want %d", name, body.read, c.want)
		}
	}
}

// countedSource is a source whose reads take time.
type countedSource struct {
	now  time.Time
	each time.Duration
	read int64
}

func (s *countedSource) Read(p []byte) (int, error) {
	s.read += int64(len(p))
	s.now = s.now.Add(s.each)
	return len(p), nil
}
