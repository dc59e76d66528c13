package sdk_test

import (
	"testing"
)

// vendorEnv is how the vendor's clients are pointed at a server.
func (s *server) vendorEnv(key string, more ...string) []string {
	return append([]string{"HONEYCOMB_API_KEY=" + key, "HONEYCOMB_API_ENDPOINT=" + s.url()}, more...)
}

func TestBeelineGo_TraceOfAService(t *testing.T) {
	t.Parallel()
	s := startWithKeys(t)
	s.program(s.vendorEnv(s.key), "go", "run", "./go/beeline")
	spans := s.spans(1)
	common := map[string]any{
		"service_name": "beeline-go", "service.name": "beeline-go", "meta.beeline_version": "1.19.0", "meta.local_hostname": "*",
		"trace.trace_id": "*", "trace.span_id": "*", "duration_ms": "*", "app.user": "andrew", "error": nil,
	}
	root := spans["main.main.func1"]
	check(t, root, "", merged(common, map[string]any{
		"trace.parent_id": nil, "meta.type": "http_request", "meta.span_type": "root", "handler.pattern": "/messages/", "request.path": "/messages/7",
		"request.query": "full=1", "request.method": "GET", "request.http_version": "HTTP/1.1", "request.host": "*", "response.status_code": 200,
	}))
	check(t, spans["load messages"], root.Name, merged(common, map[string]any{
		"trace.parent_id": root.Fields["trace.span_id"], "trace.trace_id": root.Fields["trace.trace_id"],
		"app.count": 3, "app.ratio": 0.25, "app.cached": false, "meta.span_type": "leaf", // its child was sent before it
	}))
	check(t, spans["query"], "load messages", merged(common, map[string]any{
		"db.statement": "SELECT 1", "error": "no such table", "meta.span_type": "leaf",
	}))
}

func TestBeelineNode_TraceOfAService(t *testing.T) {
	t.Parallel()
	s := startWithKeys(t)
	s.program(s.vendorEnv(s.key), "node", "node/honeycomb/beeline.js")
	spans := s.spans(1)
	common := map[string]any{
		"service_name": "beeline-node", "service.name": "beeline-node", "meta.beeline_version": "4.2.0", "meta.local_hostname": "*",
		"trace.trace_id": "*", "trace.span_id": "*", "duration_ms": "*",
	}
	root := spans["GET /messages"]
	check(t, root, "", merged(common, map[string]any{
		"trace.parent_id": nil, "request.path": "/messages?full=1", "count": 3, "ratio": 0.25, "cached": false, "app.user": "andrew", // only what is for the whole trace is prefixed
	}))
	check(t, spans["query"], root.Name, merged(common, map[string]any{
		"trace.parent_id": root.Fields["trace.span_id"], "trace.trace_id": root.Fields["trace.trace_id"], "db.statement": "SELECT 1",
	}))
}
