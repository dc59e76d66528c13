package xray

import (
	"sort"
	"strings"
	"sync"
)

// Telemetry is what the daemons of a host said of themselves, summed since the start.
type Telemetry struct {
	Host                                string
	Received, Sent, Spilled, Rejected   int64
	Refused, Timeouts, Failed4, Failed5 int64 // connections and calls that did not work out
	Unknown, Other                      int64
}

// maxHosts bounds what is remembered of daemons; the rest is summed as "other".
const maxHosts = 1000

// telemetry sums what daemons report. It is safe for concurrent use.
type telemetry struct {
	mu    sync.Mutex
	hosts map[string]*Telemetry
}

func (t *telemetry) host(name string) *Telemetry {
	if t.hosts == nil {
		t.hosts = map[string]*Telemetry{}
	}
	h := t.hosts[name]
	if h == nil && len(t.hosts) >= maxHosts {
		name = "other"
		h = t.hosts[name]
	}
	if h == nil {
		h = &Telemetry{Host: strings.Clone(name)}
		t.hosts[h.Host] = h
	}
	return h
}

// Telemetry returns what daemons reported, by host.
func (f *Front) Telemetry() []Telemetry {
	f.telemetry.mu.Lock()
	defer f.telemetry.mu.Unlock()
	out := make([]Telemetry, 0, len(f.telemetry.hosts))
	for _, h := range f.telemetry.hosts {
		out = append(out, *h)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Host < out[j].Host })
	return out
}

func (f *Front) putTelemetryRecords(c *call) (any, error) {
	var in struct {
		TelemetryRecords []struct {
			SegmentsReceivedCount, SegmentsSentCount, SegmentsSpilloverCount, SegmentsRejectedCount int64
			BackendConnectionErrors                                                                 struct {
				TimeoutCount, ConnectionRefusedCount, HTTPCode4XXCount, HTTPCode5XXCount, UnknownHostCount, OtherCount int64
			}
		}
		EC2InstanceID string `json:"EC2InstanceId"`
		Hostname      string
	}
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	host := in.Hostname
	if host == "" {
		host = in.EC2InstanceID
	}
	if host == "" {
		host = "unknown"
	}
	f.telemetry.mu.Lock()
	defer f.telemetry.mu.Unlock()
	h := f.telemetry.host(host)
	for i := range in.TelemetryRecords {
		r := &in.TelemetryRecords[i]
		h.Received += r.SegmentsReceivedCount
		h.Sent += r.SegmentsSentCount
		h.Spilled += r.SegmentsSpilloverCount
		h.Rejected += r.SegmentsRejectedCount
		e := &r.BackendConnectionErrors
		h.Timeouts += e.TimeoutCount
		h.Refused += e.ConnectionRefusedCount
		h.Failed4 += e.HTTPCode4XXCount
		h.Failed5 += e.HTTPCode5XXCount
		h.Unknown += e.UnknownHostCount
		h.Other += e.OtherCount
	}
	return empty{}, nil
}
