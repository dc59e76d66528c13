package xray

import (
	"strings"
	"testing"

	"github.com/oriel-dev/oriel/internal/event"
)

// A document of an SDK's, with one subsegment, into rows.
func BenchmarkDocument(b *testing.B) {
	raw := []byte(strings.NewReplacer("\n", "", "\t", "").Replace(`{"id": "6ca6b9bb0b0b0b0b", "name": "shop", "start_time": 1768471200.123456, "in_progress": false,
		"http": {"request": {"method": "GET", "url": "http://shop.example.com/items/4711", "client_ip": "10.0.0.7", "user_agent": "python-requests/2.32"}, "response": {"status": 200, "content_length": 812}},
		"aws": {"xray": {"sampling_rule_name": "Default", "sdk": "X-Ray for Python", "sdk_version": "2.15.0"}, "ec2": {"instance_id": "i-0a1b2c3d", "availability_zone": "eu-west-1a"}},
		"service": {"runtime": "CPython", "runtime_version": "3.12.4"}, "user": "u4711", "annotations": {"plan": "free", "items": 3}, "metadata": {"default": {"cart": {"size": 3}}},
		"subsegments": [{"id": "6ca6b9bb0b0b0b0c", "name": "items@db.example.com", "start_time": 1768471200.123456, "in_progress": false, "namespace": "remote",
		"sql": {"database_type": "PostgreSQL", "sanitized_query": "SELECT id, name FROM items WHERE owner = $1", "url": "postgresql://db.example.com:5432/items"}, "end_time": 1768471200.124456}],
		"trace_id": "1-5759e988-bd862e3fe1be46a994272793", "end_time": 1768471200.125456}`))
	in := newIntake(nil, "test")
	in.rows.altered = func(string, int, string) {}
	var batch *event.Batch
	in.rows.batchOf = func(string) (*event.Batch, error) { return batch, nil }
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for i := range b.N {
		if i%2000 == 0 {
			batch = event.NewBatch("test", "x")
		}
		doc, err := in.decoder.decode(raw)
		if err != nil {
			b.Fatal(err)
		}
		if err := in.rows.write(doc, ""); err != nil {
			b.Fatal(err)
		}
	}
}
