package sample

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"strings"
)

// Segment is a document of AWS X-Ray's: what its SDKs send of a service's part of a
// request.
type Segment struct {
	ID          string         `json:"id"`
	TraceID     string         `json:"trace_id,omitempty"`
	ParentID    string         `json:"parent_id,omitempty"`
	Name        string         `json:"name"`
	Origin      string         `json:"origin,omitempty"`
	Namespace   string         `json:"namespace,omitempty"`
	Start       float64        `json:"start_time"`
	End         float64        `json:"end_time"`
	Fault       bool           `json:"fault,omitempty"`
	User        string         `json:"user,omitempty"`
	HTTP        map[string]any `json:"http,omitempty"`
	AWS         map[string]any `json:"aws,omitempty"`
	SQL         map[string]any `json:"sql,omitempty"`
	Service     map[string]any `json:"service,omitempty"`
	Cause       map[string]any `json:"cause,omitempty"`
	Annotations map[string]any `json:"annotations,omitempty"`
	Metadata    map[string]any `json:"metadata,omitempty"`
	Subsegments []*Segment     `json:"subsegments,omitempty"`
}

// Segments returns the documents of one service's part of a trace that starts at a
// time (Unix ns): of each request that it served, with all that it did within.
func Segments(tr *Trace, start int64, service int) []string {
	made := map[uint64]*Segment{}
	var tops []*Segment
	for i := range tr.Spans {
		s := &tr.Spans[i]
		if s.Service != service {
			continue
		}
		seg := segmentOf(s, start)
		made[s.ID] = seg
		if up := made[s.Parent]; up != nil {
			up.Subsegments = append(up.Subsegments, seg)
			continue
		}
		trace := hexID(tr.High) + hexID(tr.Low)
		seg.TraceID = "1-" + trace[:8] + "-" + trace[8:]
		seg.Name, seg.Namespace, seg.Origin = Services[service], "", "AWS::ECS::Container"
		if s.Parent != 0 {
			seg.ParentID = hexID(s.Parent)
		}
		seg.Service = map[string]any{"version": "2026.11." + builds[len(builds)-1], "runtime": "CPython", "runtime_version": "3.12.4"}
		seg.AWS = map[string]any{
			"ecs":  map[string]any{"container": Services[service] + "-0", "availability_zone": "eu-west-1a"},
			"xray": map[string]any{"sdk": "X-Ray for Python", "sdk_version": "2.15.0", "sampling_rule_name": "Default"},
		}
		tops = append(tops, seg)
	}
	out := make([]string, 0, len(tops))
	for _, seg := range tops {
		if raw, err := json.Marshal(seg); err == nil { // it holds nothing that can't be
			out = append(out, string(raw))
		}
	}
	return out
}

// hexID writes half an id as [Generator.Encode] does.
func hexID(v uint64) string { return hex.EncodeToString(binary.LittleEndian.AppendUint64(nil, v)) }

func segmentOf(s *Span, start int64) *Segment {
	const second = 1e9
	seg := &Segment{
		ID: hexID(s.ID), Name: s.Name, Start: float64(start+s.Start) / second, End: float64(start+s.End) / second, Fault: s.Failed,
		Annotations: map[string]any{},
	}
	value := map[string]any{}
	for _, a := range s.Attributes {
		if value[a.Name] = a.Value; strings.HasPrefix(a.Name, "app.") {
			seg.Annotations[a.Name] = a.Value
		}
	}
	seg.User, _ = value["user.id"].(string)
	switch {
	case s.Kind == kindServer:
		seg.HTTP = map[string]any{
			"request":  map[string]any{"method": value["http.request.method"], "url": "http://" + Services[s.Service] + value["url.path"].(string), "client_ip": value["client.address"]},
			"response": map[string]any{"status": value["http.response.status_code"]},
		}
	case strings.HasPrefix(s.Name, "S3."):
		seg.Name, seg.Namespace = "S3", "aws"
		seg.AWS = map[string]any{"operation": strings.TrimPrefix(s.Name, "S3."), "bucket_name": "cruddur-avatars", "region": "eu-west-1", "retries": 0}
	case s.Kind == kindClient:
		seg.Name, seg.Namespace = Services[s.Service]+"@"+value["server.address"].(string), "remote"
		seg.SQL = map[string]any{"url": "postgresql://" + value["server.address"].(string) + ":5432/" + Services[s.Service], "database_type": "PostgreSQL", "sanitized_query": value["db.statement"], "preparation": "statement"}
	}
	if s.Kind != kindServer {
		seg.User = ""
	}
	if s.Failed {
		seg.Cause = map[string]any{"working_directory": "/srv/" + Services[s.Service], "exceptions": []any{map[string]any{
			"id": hexID(s.ID ^ 1<<20), "type": "TimeoutError", "message": "deadline of 250 ms exceeded while waiting for " + Services[s.Service],
			"stack": []any{
				map[string]any{"path": "server.py", "line": 42, "label": "handle"},
				map[string]any{"path": Services[s.Service] + "/client.py", "line": 118, "label": "call"},
			},
		}}}
	}
	return seg
}
