package honeycomb

import (
	"bytes"
	"encoding/binary"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/oriel-dev/oriel/internal/auth"
	"github.com/oriel-dev/oriel/internal/protocol/otlp"
)

// frame puts a message into gRPC's frame.
func frame(body []byte) []byte {
	out := make([]byte, grpcHead, grpcHead+len(body))
	binary.BigEndian.PutUint32(out[1:], uint32(len(body)))
	return append(out, body...)
}

func TestGRPC_AnswersInTrailers(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	client := &http.Client{Transport: &http.Transport{Protocols: protocols}}
	const method = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
	for _, c := range []struct {
		name, path, key string
		body            []byte
		status          string
	}{
		{"empty request", method, r.keys[auth.Honeycomb], frame(nil), "0"},
		{"unknown key", method, "nobody", frame(nil), "16"},
		{"no frame", method, r.keys[auth.Honeycomb], nil, "13"},
		{"short frame", method, r.keys[auth.Honeycomb], frame([]byte("xx"))[:6], "13"},
		{"no message", method, r.keys[auth.Honeycomb], frame([]byte{0x0a, 0xff}), "13"},
		{"unknown method", "/x.Y/Z", r.keys[auth.Honeycomb], frame(nil), "12"},
		{"too large", method, r.keys[auth.Honeycomb], []byte{0, 0xff, 0xff, 0xff, 0xff}, "8"},
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.url+c.path, bytes.NewReader(c.body))
		must(t, err)
		req.Header.Set("Content-Type", "application/grpc")
		req.Header.Set("X-Honeycomb-Team", c.key)
		resp, err := client.Do(req)
		must(t, err)
		_, err = io.ReadAll(resp.Body)
		must(t, err)
		must(t, resp.Body.Close())
		if got := resp.Trailer.Get("Grpc-Status"); got != c.status || resp.StatusCode != http.StatusOK {
			t.Errorf("%s: HTTP %d, status %q, %s", c.name, resp.StatusCode, got, resp.Trailer.Get("Grpc-Message"))
		}
	}
}

// gRPC has codes of its own for what it does itself.
func TestGRPC_TellsPackingAndDeadlinesApartFromBadRequests(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	client := &http.Client{Transport: &http.Transport{Protocols: protocols}}
	wire, err := otlp.AppendProtobuf(nil, otlp.Traces, []byte(spanJSON("packed", testClock)))
	must(t, err)
	packed := func(coding string, body []byte) []byte {
		f := frame(pack(t, coding, body))
		f[0] = 1
		return f
	}
	for _, c := range []struct {
		name, header, value string
		body                []byte
		status, message     string
	}{
		{"gzip", "Grpc-Encoding", "gzip", packed("gzip", wire), "0", ""},
		{"zstd", "Grpc-Encoding", "zstd", packed("zstd", append(wire, 0x1a, 0)), "0", ""},
		{"not packed, though it might be", "Grpc-Encoding", "gzip", frame(append(wire, 0x22, 0)), "0", ""},
		{"unknown packing", "Grpc-Encoding", "snappy", packed("gzip", wire), "12", "identity,gzip,zstd"},
		{"wrong packing", "Grpc-Encoding", "zstd", packed("gzip", wire), "13", "can't be read"},
		{"too late", "Grpc-Timeout", "1n", frame(append(wire, 0x2a, 0)), "4", ""},
		{"time enough", "Grpc-Timeout", "1H", frame(append(wire, 0x32, 0)), "0", ""},
		{"odd timeout", "Grpc-Timeout", "soon", frame(append(wire, 0x3a, 0)), "0", ""},
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.url+"/opentelemetry.proto.collector.trace.v1.TraceService/Export", bytes.NewReader(c.body))
		must(t, err)
		req.Header.Set("Content-Type", "application/grpc+proto")
		req.Header.Set("X-Honeycomb-Team", r.keys[auth.Honeycomb])
		req.Header.Set(c.header, c.value)
		resp, err := client.Do(req)
		must(t, err)
		_, err = io.ReadAll(resp.Body)
		must(t, err)
		must(t, resp.Body.Close())
		message, err := url.PathUnescape(resp.Trailer.Get("Grpc-Message"))
		must(t, err)
		if got := resp.Trailer.Get("Grpc-Status"); got != c.status || !strings.Contains(message, c.message) {
			t.Errorf("%s: status %q, %s", c.name, got, message)
		}
		if got := resp.Header.Get("Grpc-Accept-Encoding"); got != "identity,gzip,zstd" {
			t.Errorf("%s: accepts %q", c.name, got)
		}
	}
}

func FuzzReadFrame(f *testing.F) {
	f.Add(frame([]byte("message")), "")
	f.Add([]byte{1, 0, 0, 0, 3, 1, 2, 3}, "gzip")
	all := newBodies(nil)
	f.Fuzz(func(t *testing.T, raw []byte, coding string) {
		mem := all.memory()
		body, err := mem.readFrame(bytes.NewReader(raw), coding)
		if err == nil && len(body) > maxUnpacked {
			t.Fatal("more than the limit was read")
		}
		if mem.Release(); all.budget.Held() != 0 {
			t.Fatalf("%d bytes are still held", all.budget.Held())
		}
	})
}
