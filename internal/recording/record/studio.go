package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// studio takes what an app sends to four vendors, and answers as they do.
type studio struct {
	server  *http.Server
	url     string
	packets net.PacketConn

	mu       sync.Mutex
	spans    []*collector.ExportTraceServiceRequest
	lines    []line
	items    [][]byte
	segments []string
	deploys  [][]byte
	failed   error
}

type line struct {
	group, stream string
	At            int64  `json:"timestamp"`
	Message       string `json:"message"`
}

func openStudio(ctx context.Context) (*studio, error) {
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &studio{url: "http://" + listener.Addr().String()}
	if s.packets, err = lc.ListenPacket(ctx, "udp", "127.0.0.1:0"); err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	s.server = &http.Server{Handler: s, ReadHeaderTimeout: time.Minute}
	go func() { _ = s.server.Serve(listener) }()
	go s.receive()
	return s, nil
}

func (s *studio) close() { _ = errors.Join(s.server.Close(), s.packets.Close()) }

// environment is what the app is told, by the names of the vendors' documentation.
// What is of this machine is left out.
func (s *studio) environment() map[string]string {
	return map[string]string{
		"HONEYCOMB_API_KEY": "any", "HONEYCOMB_API_ENDPOINT": s.url, "OTEL_RESOURCE_ATTRIBUTES": "host.name=cruddur-1,process.pid=1",
		"CLOUDWATCH_LOG_GROUP": "/cruddur/{service}", "CLOUDWATCH_LOG_STREAM": "cruddur-1", "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS": s.url,
		"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "any", "AWS_EC2_METADATA_DISABLED": "true",
		"HONEYCOMB_BROWSER_KEY": "any", "ROLLBAR_CLIENT_TOKEN": "any",
		"ROLLBAR_ACCESS_TOKEN": "any", "ROLLBAR_ENDPOINT": s.url + "/api/1/", "AWS_XRAY_DAEMON_ADDRESS": s.packets.LocalAddr().String(),
	}
}

// ServeHTTP implements http.Handler.
func (s *studio) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := bodyOf(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		err = s.take(r, body)
	}
	s.failed = errors.Join(s.failed, err)
	w.Header().Set("Content-Type", "application/json")
	if r.URL.Path == "/v1/traces" {
		w.Header().Set("Content-Type", "application/x-protobuf")
		return
	}
	_, _ = io.WriteString(w, "{}")
}

func bodyOf(r *http.Request) ([]byte, error) {
	if r.Header.Get("Content-Encoding") != "gzip" {
		return io.ReadAll(r.Body)
	}
	z, err := gzip.NewReader(r.Body)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

func (s *studio) take(r *http.Request, body []byte) error {
	switch {
	case r.URL.Path == "/v1/traces":
		in, err := spansIn(r, body)
		if err != nil {
			return err
		}
		s.spans = append(s.spans, in)
	case r.URL.Path == "/api/1/item/":
		s.items = append(s.items, body)
	case r.URL.Path == "/api/1/deploy":
		s.deploys = append(s.deploys, body)
	case strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".PutLogEvents"):
		var in struct {
			LogGroupName, LogStreamName string
			LogEvents                   []line
		}
		if err := json.Unmarshal(body, &in); err != nil {
			return err
		}
		for _, l := range in.LogEvents {
			l.group, l.stream = in.LogGroupName, in.LogStreamName
			s.lines = append(s.lines, l)
		}
	}
	return nil
}

var idInJSON = regexp.MustCompile(`"(traceId|spanId|parentSpanId)":"([0-9a-f]*)"`) //nolint:gochecknoglobals // a constant

// spansIn reads protobuf, and what pages send: JSON, in which OTLP has ids as hex
// where protobuf's own mapping has base64.
func spansIn(r *http.Request, body []byte) (*collector.ExportTraceServiceRequest, error) {
	var in collector.ExportTraceServiceRequest
	if r.Header.Get("Content-Type") != "application/json" {
		return &in, proto.Unmarshal(body, &in)
	}
	body = idInJSON.ReplaceAllFunc(body, func(found []byte) []byte {
		m := idInJSON.FindSubmatch(found)
		id, _ := hex.DecodeString(string(m[2])) // it is hex
		return fmt.Appendf(nil, `"%s":"%s"`, m[1], base64.StdEncoding.EncodeToString(id))
	})
	return &in, protojson.Unmarshal(body, &in)
}

func (s *studio) receive() {
	buffer := make([]byte, 1<<16)
	for {
		n, _, err := s.packets.ReadFrom(buffer)
		if err != nil {
			return
		}
		if _, document, ok := bytes.Cut(buffer[:n], []byte("\n")); ok {
			s.mu.Lock()
			s.segments = append(s.segments, string(document))
			s.mu.Unlock()
		}
	}
}
