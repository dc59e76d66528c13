package cloudwatch

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/oriel-dev/oriel/internal/golden"
	"github.com/oriel-dev/oriel/internal/protocol/protocoltest"
)

// recordedRequest is a request as a client sent it, byte by byte.
type recordedRequest struct {
	raw       []byte
	operation string
	at        time.Time
}

// recordedRequests reads a conversation: requests, one after the other, as they
// came over the wire. Nothing in them was changed but the version of the kernel
// that some name.
func recordedRequests(t *testing.T, path string) (all []recordedRequest) {
	t.Helper()
	raw, err := os.ReadFile(path)
	must(t, err)
	in := bytes.NewReader(raw)
	buffered := bufio.NewReader(in)
	for from := 0; from < len(raw); {
		req, err := http.ReadRequest(buffered)
		must(t, err)
		_, err = io.Copy(io.Discard, req.Body)
		must(t, err)
		to := len(raw) - in.Len() - buffered.Buffered()
		at, err := time.Parse("20060102T150405Z", req.Header.Get("X-Amz-Date"))
		must(t, err)
		all = append(all, recordedRequest{raw[from:to], strings.TrimPrefix(req.Header.Get("X-Amz-Target"), targetPrefix), at})
		from = to
	}
	return all
}

// What watchtower, the AWS CLI and the SDKs for Go and JavaScript send is answered
// as it was when it was recorded, and becomes the same rows.
func TestRecorded_ClientsAreAnsweredAndTheirLinesKept(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/recorded/*.http")
	must(t, err)
	if len(files) != 4 {
		t.Fatalf("%d conversations", len(files))
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(r.url, "http://"))
			must(t, err)
			defer func() { _ = conn.Close() }()
			answers := bufio.NewReader(conn)
			var out strings.Builder
			for _, q := range recordedRequests(t, file) {
				r.now.Store(q.at.UnixMilli())
				_, err := conn.Write(q.raw)
				must(t, err)
				resp, err := http.ReadResponse(answers, nil)
				must(t, err)
				body, err := io.ReadAll(resp.Body)
				must(t, err)
				fmt.Fprintf(&out, "-- %s --\n%d %s\n%s\n%s", q.operation, resp.StatusCode, resp.Header.Get("Content-Type"), body, protocoltest.Events(r.store.Take(), q.at.UnixNano()))
			}
			golden.Check(t, strings.TrimSuffix(file, ".http")+".answers", strings.ReplaceAll(out.String(), r.account(), "$ACCOUNT"))
		})
	}
}
