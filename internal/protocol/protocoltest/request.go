package protocoltest

import (
	"bytes"
	"compress/flate"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// request is a request as it is sent. Lines of a transcript that begin with @ make
// it what headers can't say:
//
//	@set: full        the state that the server is brought into before
//	@pack: gzip       how the body is packed (gzip, zstd, deflate), whatever the headers say
//	@zeros: 1000      that many zeros after the body
//	@hex: 0aff        a body that is not text
//	@protobuf: 0aff   the body in the variants that send protobuf, in place of the JSON as protobuf
//	@cut: 3           so many bytes left out at the end
type request struct {
	method, path string
	header       http.Header
	body         []byte
	state        string
	pack         string
	protobuf     []byte
	zeros, cut   int
	variant      string
}

// signals are the messages that the paths take, and their methods in gRPC.
func signals() map[string][2]string {
	const collector = "/opentelemetry.proto.collector."
	return map[string][2]string{
		"/v1/traces":  {"ExportTraces", collector + "trace.v1.TraceService/Export"},
		"/v1/logs":    {"ExportLogs", collector + "logs.v1.LogsService/Export"},
		"/v1/metrics": {"ExportMetrics", collector + "metrics.v1.MetricsService/Export"},
	}
}

func (t *Target) request(text, variant string) (*request, error) {
	head, body, _ := strings.Cut(t.expand(text), "\n\n")
	lines := strings.Split(strings.TrimRight(head, "\n"), "\n")
	r := &request{header: http.Header{}, variant: variant, body: []byte(strings.TrimSuffix(body, "\n"))}
	r.method, r.path, _ = strings.Cut(lines[0], " ")
	for _, line := range lines[1:] {
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			return nil, fmt.Errorf("%q is not a header", line)
		}
		value = strings.TrimSpace(value)
		if !strings.HasPrefix(name, "@") {
			r.header.Add(name, value)
			continue
		}
		if err := r.obey(name, value); err != nil {
			return nil, fmt.Errorf("%s: %w", line, err)
		}
	}
	if err := r.vary(); err != nil {
		return nil, err
	}
	return r, r.seal()
}

func (r *request) obey(name, value string) (err error) {
	switch name {
	case "@set":
		r.state = value
	case "@pack":
		r.pack = value
	case "@zeros":
		r.zeros, err = strconv.Atoi(value)
	case "@cut":
		r.cut, err = strconv.Atoi(value)
	case "@hex":
		r.body, err = hex.DecodeString(value)
	case "@protobuf":
		r.protobuf, err = hex.DecodeString(value)
	default:
		return fmt.Errorf("nothing is known of %s", name)
	}
	return err
}

// expand replaces times and variables.
func (t *Target) expand(text string) string {
	text = regexp.MustCompile(`\$(NOW|MS)([+-][0-9a-z.]+)?`).ReplaceAllStringFunc(text, func(s string) string {
		name := strings.TrimRight(s, "+-.0123456789abcdefghijklmnopqrstuvwxyz")
		unit := time.Nanosecond
		if name == "$MS" {
			unit = time.Millisecond
		}
		if s == name {
			return strconv.FormatInt(t.Now/int64(unit), 10)
		}
		d, err := time.ParseDuration(s[len(name):])
		if err != nil {
			return s // and the request will show it
		}
		return strconv.FormatInt((t.Now+d.Nanoseconds())/int64(unit), 10)
	})
	for name, value := range t.Vars {
		text = strings.ReplaceAll(text, "$"+name, value)
	}
	return text
}

// vary turns a request with a JSON body into its variant.
func (r *request) vary() error {
	signal, known := signals()[strings.TrimSuffix(r.path, "/")]
	if r.variant == asWritten {
		return nil
	}
	if r.variant == asMsgpack {
		var err error
		r.body, err = Msgpack(r.body)
		r.header.Set("Content-Type", "application/msgpack")
		return err
	}
	if known && r.protobuf == nil {
		var err error
		if r.protobuf, err = OTLP().Encode(signal[0], r.body); err != nil {
			return fmt.Errorf("%w; say @protobuf", err)
		}
	}
	r.body = r.protobuf
	if r.variant == asGRPC {
		if known {
			r.path = signal[1]
		}
		r.header.Set("Content-Type", "application/grpc")
		r.header.Set("Te", "trailers")
		return nil
	}
	if r.header.Get("Content-Type") == "application/json" {
		r.header.Set("Content-Type", "application/x-protobuf")
	}
	return nil
}

// seal packs, cuts and frames the body.
func (r *request) seal() error {
	var buf bytes.Buffer
	var w io.WriteCloser
	var err error
	switch r.pack {
	case "gzip":
		w = gzip.NewWriter(&buf)
	case "zstd":
		w, err = zstd.NewWriter(&buf)
	case "deflate":
		w, err = flate.NewWriter(&buf, flate.BestSpeed)
	case "":
		w = nopCloser{&buf}
	default:
		return fmt.Errorf("nothing is packed as %q", r.pack)
	}
	if err != nil {
		return err
	}
	if _, err := w.Write(append(r.body, make([]byte, r.zeros)...)); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	packed := buf.Bytes()[:max(buf.Len()-r.cut, 0)]
	if r.variant != asGRPC {
		r.body = packed
		return nil
	}
	frame := make([]byte, 5, 5+len(packed))
	if coding := r.header.Get("Content-Encoding"); coding != "" {
		r.header.Del("Content-Encoding")
		r.header.Set("Grpc-Encoding", coding)
		frame[0] = 1
	}
	binary.BigEndian.PutUint32(frame[1:], uint32(len(packed)))
	r.body = append(frame, packed...)
	return nil
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

// send sends a request and prints the answer.
func (t *Target) send(ctx context.Context, r *request) (string, error) {
	req, err := http.NewRequestWithContext(ctx, r.method, t.URL+r.path, bytes.NewReader(r.body))
	if err != nil {
		return "", err
	}
	req.Header = r.header
	transport := &http.Transport{DisableCompression: true}
	defer transport.CloseIdleConnections()
	if r.variant == asGRPC {
		transport.Protocols = new(http.Protocols)
		transport.Protocols.SetUnencryptedHTTP2(true)
	}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }() // read to its end below
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return "", err
	}
	return printAnswer(resp, body)
}

func printAnswer(resp *http.Response, body []byte) (string, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "%d\n", resp.StatusCode)
	resp.Header.Del("Date")
	printHeader(&b, resp.Header)
	message := "ExportAnswer"
	if resp.StatusCode >= http.StatusBadRequest {
		message = "RpcStatus"
	}
	text := string(body)
	var err error
	switch resp.Header.Get("Content-Type") {
	case "application/grpc":
		if len(body) > 0 {
			text, err = OTLP().Decode(message, body[5:])
		}
	case "application/protobuf", "application/x-protobuf":
		text, err = OTLP().Decode(message, body)
	}
	if err != nil {
		return "", fmt.Errorf("the answer %x: %w", body, err)
	}
	if text != "" {
		b.WriteString("\n" + strings.TrimSuffix(text, "\n") + "\n")
	}
	if len(resp.Trailer) == 0 {
		return b.String(), nil
	}
	b.WriteString("\ntrailers\n")
	if details := resp.Trailer.Get("Grpc-Status-Details-Bin"); details != "" {
		raw, err := base64.RawStdEncoding.DecodeString(details)
		if err != nil {
			return "", err
		}
		if text, err = OTLP().Decode("RpcStatus", raw); err != nil {
			return "", err
		}
		resp.Trailer.Set("Grpc-Status-Details-Bin", text)
	}
	printHeader(&b, resp.Trailer)
	return b.String(), nil
}

func printHeader(b *strings.Builder, h http.Header) {
	names := make([]string, 0, len(h))
	for name := range h {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if v := strings.Join(h[name], ", "); v != "" {
			fmt.Fprintf(b, "%s: %s\n", name, v)
		}
	}
}
