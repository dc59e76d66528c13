package logline

import (
	"bytes"
	"strconv"

	"github.com/oriel-dev/oriel/internal/event"
)

// known sets the fields of lines that AWS's own services write and that are no
// JSON: Lambda's START, END and REPORT, and flow logs of VPCs. They have the names
// that Logs Insights finds in them.
func (r *Reader) known(b *event.Batch, message []byte, l *Line) {
	if len(message) < 16 {
		return
	}
	switch c := message[0]; {
	case c == 'S' || c == 'E' || c == 'R':
		r.lambda(b, message, l)
	case c >= '2' && c <= '9' && message[1] == ' ':
		flow(b, message)
	}
}

// lambda reads "REPORT RequestId: … ⇥Duration: 1.23 ms⇥Memory Size: 128 MB …".
func (r *Reader) lambda(b *event.Batch, message []byte, l *Line) {
	kind, rest, ok := bytes.Cut(message, []byte(" RequestId: "))
	if !ok {
		return
	}
	switch string(kind) {
	case "START", "END", "REPORT":
	default:
		return
	}
	b.SetBytes(b.Column("@type"), kind)
	id := rest
	if end := bytes.IndexAny(rest, " \t\r\n"); end >= 0 {
		id, rest = rest[:end], rest[end:]
	} else {
		rest = nil
	}
	if len(id) <= maxName {
		b.SetBytes(b.Column("@requestId"), id)
	}
	for len(rest) > 0 && string(kind) == "REPORT" {
		part := rest
		if end := bytes.IndexAny(rest, "\t\n"); end >= 0 {
			part, rest = rest[:end], rest[end+1:]
		} else {
			rest = nil
		}
		name, value, _ := bytes.Cut(bytes.TrimSpace(part), []byte(": "))
		r.reported(b, name, value, l)
	}
}

func (r *Reader) reported(b *event.Batch, name, value []byte, l *Line) {
	const megabyte = 1e6 // Insights counts them so: 128 MB are 1.28E8
	value = value[:min(len(value), maxName)]
	column := ""
	switch string(name) {
	case "XRAY TraceId":
		b.SetBytes(b.Column("@xrayTraceId"), value)
		l.TraceID, _ = r.traceOf(value)
	case "SegmentId":
		b.SetBytes(b.Column("@xraySegmentId"), value)
		l.SpanID = r.spanOf(value)
	case "Duration":
		column = "@duration"
	case "Billed Duration":
		column = "@billedDuration"
	case "Init Duration":
		column = "@initDuration"
	case "Memory Size":
		column = "@memorySize"
	case "Max Memory Used":
		column = "@maxMemoryUsed"
	}
	if column == "" {
		return
	}
	number, unit, _ := bytes.Cut(value, []byte(" "))
	if f, err := strconv.ParseFloat(shared(number), 64); err == nil {
		if string(unit) == "MB" {
			f *= megabyte
		}
		b.SetFloat(b.Column(column), f)
	}
}

// flow reads the fourteen words of a flow log, version 2:
// "2 123456789010 eni-1235b8ca 172.31.16.139 172.31.16.21 20641 22 6 20 4249 1418530010 1418530070 ACCEPT OK".
func flow(b *event.Batch, message []byte) {
	const words = 14
	var word [words][]byte
	rest, more := bytes.TrimRight(message, "\r\n"), true
	for i := range word {
		if !more {
			return
		}
		word[i], rest, more = bytes.Cut(rest, []byte(" "))
		if len(word[i]) == 0 || len(word[i]) > maxName {
			return
		}
	}
	if more || !bytes.HasPrefix(word[2], []byte("eni-")) {
		return
	}
	names := [words]string{
		"version", "accountId", "interfaceId", "srcAddr", "dstAddr", "srcPort", "dstPort",
		"protocol", "packets", "bytes", "startTime", "endTime", "action", "logStatus",
	}
	for i, name := range names {
		if string(word[i]) == "-" {
			continue // of a line without data
		}
		n, ok := integer(word[i])
		if !ok || name == "accountId" { // with zeros in front
			b.SetBytes(b.Column(name), word[i])
			continue
		}
		b.SetInt(b.Column(name), n)
	}
}
