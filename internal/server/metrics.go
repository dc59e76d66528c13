package server

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime/debug"
	rtmetrics "runtime/metrics"

	"golang.org/x/sys/unix"
)

// limitMemory tells Go's collector the part of the budget that is its own: the
// query engine allocates outside of it.
func limitMemory(budget int64) {
	debug.SetMemoryLimit(budget * 6 / 10)
}

// writeMetrics answers a scrape: Oriel about itself, in Prometheus' text form.
func (s *Server) writeMetrics(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	if s.serving.Load() {
		s.writeOwnMetrics(w)
	}
	writeProcessMetrics(w)
}

// writeProcessMetrics writes what Go and Linux know of the process, under the
// names that Prometheus' own clients use.
func writeProcessMetrics(w io.Writer) {
	read := []rtmetrics.Sample{{Name: "/sched/goroutines:goroutines"}, {Name: "/memory/classes/heap/objects:bytes"}, {Name: "/gc/cycles/total:gc-cycles"}}
	rtmetrics.Read(read)
	samples := []sample{
		{"go_goroutines", float64(read[0].Value.Uint64())},
		{"go_memstats_heap_alloc_bytes", float64(read[1].Value.Uint64())},
		{"go_gc_cycles_total", float64(read[2].Value.Uint64())},
	}
	var used unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &used); err == nil {
		seconds := float64(used.Utime.Nano()+used.Stime.Nano()) / 1e9
		samples = append(samples, sample{"process_cpu_seconds_total", seconds})
	}
	if raw, err := os.ReadFile("/proc/self/statm"); err == nil {
		var size, resident int64
		if _, err := fmt.Sscan(string(raw), &size, &resident); err == nil {
			samples = append(samples, sample{"process_resident_memory_bytes", float64(resident * int64(os.Getpagesize()))})
		}
	}
	writeSamples(w, samples)
}

// sample is one line of a scrape.
type sample struct {
	name  string
	value float64
}

func writeSamples(w io.Writer, samples []sample) {
	for _, m := range samples {
		_, _ = fmt.Fprintf(w, "%s %g\n", m.name, m.value) // the scraper may have gone
	}
}

func (s *Server) writeOwnMetrics(w http.ResponseWriter) {
	in, kept, asked := s.door.Stats(), s.store.Stats(), s.querier.Stats()
	samples := []sample{
		{`oriel_ingest_requests_total`, float64(in.Requests)},
		{`oriel_ingest_rows_total{outcome="received"}`, float64(in.Received)},
		{`oriel_ingest_rows_total{outcome="stored"}`, float64(in.Stored)},
		{`oriel_ingest_rows_total{outcome="deduplicated"}`, float64(in.Deduplicated)},
		{`oriel_ingest_rows_total{outcome="refused"}`, float64(in.Refused)},
		{`oriel_ingest_in_flight_bytes`, float64(in.InFlight)},
		{`oriel_ingest_held_bytes`, float64(s.bodies.Held())},
		{`oriel_ingest_subscriptions`, float64(in.Subscriptions)},
		{`oriel_items`, float64(s.items.Stats().Items)},
		{`oriel_items_evicted_total`, float64(s.items.Stats().Evicted)},
		{`oriel_journal_bytes`, float64(in.Journal.Bytes)},
		{`oriel_journal_files`, float64(in.Journal.Files)},
		{`oriel_journal_damaged_places`, float64(in.Journal.Lost)},
		{`oriel_store_segments`, float64(kept.Segments)},
		{`oriel_store_rows`, float64(kept.Rows)},
		{`oriel_store_bytes`, float64(kept.Bytes)},
		{`oriel_store_hot_rows`, float64(kept.HotRows)},
		{`oriel_store_hot_bytes`, float64(kept.HotBytes)},
		{`oriel_store_flushes_total`, float64(kept.Flushes)},
		{`oriel_store_flush_failures_total`, float64(kept.FlushFailures)},
		{`oriel_store_compactions_total`, float64(kept.Compactions)},
		{`oriel_store_quarantined_segments`, float64(kept.Quarantined)},
		{`oriel_query_running`, float64(asked.Running)},
		{`oriel_query_waiting`, float64(asked.Waiting)},
		{`oriel_query_total{outcome="done"}`, float64(asked.Done)},
		{`oriel_query_total{outcome="failed"}`, float64(asked.Failed)},
		{`oriel_query_total{outcome="throttled"}`, float64(asked.Throttled)},
		{`oriel_query_total{outcome="deadline"}`, float64(asked.Deadline)},
		{`oriel_query_total{outcome="cached"}`, float64(asked.Cached)},
	}
	for kind, n := range s.door.Ledger().RefusedRequests() {
		samples = append(samples, sample{fmt.Sprintf("oriel_refused_requests_total{protocol=%q,status=\"%d\"}", kind.Protocol, kind.Status), float64(n)})
	}
	for _, d := range s.door.Ledger().Drops() {
		name := "oriel_dropped_total"
		if d.Stored {
			name = "oriel_altered_total"
		}
		samples = append(samples, sample{fmt.Sprintf("%s{reason=%q,protocol=%q}", name, d.Reason, d.Protocol), float64(d.Count)})
	}
	writeSamples(w, append(samples, s.daemonSamples()...))
}

// daemonSamples are the counts of the X-Ray daemon, none where it does not listen.
func (s *Server) daemonSamples() []sample {
	samples := []sample{}
	for _, h := range s.xray.Telemetry() { // of the vendor's own daemons that send to us
		for _, n := range []struct {
			outcome string
			count   int64
		}{{"received", h.Received}, {"sent", h.Sent}, {"spilled", h.Spilled}, {"rejected", h.Rejected}} {
			samples = append(samples, sample{fmt.Sprintf("oriel_xray_reported_segments_total{host=%q,outcome=%q}", h.Host, n.outcome), float64(n.count)})
		}
		samples = append(samples, sample{fmt.Sprintf("oriel_xray_reported_failures_total{host=%q}", h.Host), float64(h.Refused + h.Timeouts + h.Failed4 + h.Failed5 + h.Unknown + h.Other)})
	}
	d, ok := s.xray.DaemonStats()
	if !ok {
		return samples
	}
	return append(samples, []sample{
		{`oriel_xray_datagrams_total{outcome="received"}`, float64(d.Datagrams)},
		{`oriel_xray_datagrams_total{outcome="rejected"}`, float64(d.Rejected)},
		{`oriel_xray_datagrams_total{outcome="lost_in_socket"}`, float64(d.Lost)},
		{`oriel_xray_datagrams_total{outcome="dropped"}`, float64(d.Dropped)},
		{`oriel_xray_datagrams_waiting`, float64(d.Waiting)},
		{`oriel_xray_documents_total`, float64(d.Documents)},
		{`oriel_xray_documents_refused_total`, float64(d.Refused)},
		{`oriel_xray_socket_buffer_bytes`, float64(d.Buffer)},
	}...)
}
