package xray

import (
	"bytes"
	"slices"
	"strconv"
	"time"

	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/protocol/aws"
)

// operation is who serves one of the service's operations: exactly one of serve
// and unserved is set.
//
// How one is added: its file (put_trace_segments.go, say) holds its handler; the
// list of its area, one of those in operations, has a line that names it. Everything
// around a handler is done in serve: the caller is known and may call it, the body
// is unpacked, bounded, and checked against model.txt, so that required members are
// there and lengths, patterns and enumerations hold. What model.txt can't say, such
// as members that exclude each other, the handler checks. It reads its request with
// [aws.Call.Decode] and returns what becomes JSON, an empty object for nothing. An error
// is one of errors.go, an [aws.Error], or a fault (answerable turns those into the
// service's).
type operation struct {
	name  string
	path  string
	serve func(f *Front, c *call) (any, error)

	unserved string // why not
	most     int    // bytes of the body, 0: maxCallBody
	needs    access
}

// operations are all operations, area by area.
func operations() []operation {
	return slices.Concat(segmentOperations(), traceOperations(), graphOperations(), groupOperations(), samplingOperations(), insightOperations(), settingOperations())
}

func segmentOperations() []operation {
	return []operation{
		{name: "PutTraceSegments", path: "/TraceSegments", serve: (*Front).putTraceSegments, needs: sends, most: maxPutBody},
		{name: "PutTelemetryRecords", path: "/TelemetryRecords", serve: (*Front).putTelemetryRecords, needs: sends},
	}
}

func traceOperations() []operation {
	return []operation{
		{name: "BatchGetTraces", path: "/Traces", serve: (*Front).batchGetTraces},
		{name: "GetTraceSummaries", path: "/TraceSummaries", serve: (*Front).getTraceSummaries},
		{name: "StartTraceRetrieval", path: "/StartTraceRetrieval", serve: (*Front).startTraceRetrieval},
		{name: "ListRetrievedTraces", path: "/ListRetrievedTraces", serve: (*Front).listRetrievedTraces},
		{name: "GetRetrievedTracesGraph", path: "/GetRetrievedTracesGraph", serve: (*Front).getRetrievedTracesGraph},
		{name: "CancelTraceRetrieval", path: "/CancelTraceRetrieval", serve: (*Front).cancelTraceRetrieval},
	}
}

func graphOperations() []operation {
	return []operation{
		{name: "GetTraceGraph", path: "/TraceGraph", serve: (*Front).getTraceGraph},
		{name: "GetServiceGraph", path: "/ServiceGraph", serve: (*Front).getServiceGraph},
		{name: "GetTimeSeriesServiceStatistics", path: "/TimeSeriesServiceStatistics", serve: (*Front).getTimeSeriesServiceStatistics},
	}
}

func groupOperations() []operation {
	return []operation{
		{name: "CreateGroup", path: "/CreateGroup", serve: (*Front).createGroup, needs: manages},
		{name: "UpdateGroup", path: "/UpdateGroup", serve: (*Front).updateGroup, needs: manages},
		{name: "GetGroup", path: "/GetGroup", serve: (*Front).getGroup},
		{name: "GetGroups", path: "/Groups", serve: (*Front).getGroups},
		{name: "DeleteGroup", path: "/DeleteGroup", serve: (*Front).deleteGroup, needs: manages},
	}
}

func samplingOperations() []operation {
	return []operation{
		{name: "CreateSamplingRule", path: "/CreateSamplingRule", serve: (*Front).createSamplingRule, needs: manages},
		{name: "UpdateSamplingRule", path: "/UpdateSamplingRule", serve: (*Front).updateSamplingRule, needs: manages},
		{name: "DeleteSamplingRule", path: "/DeleteSamplingRule", serve: (*Front).deleteSamplingRule, needs: manages},
		{name: "GetSamplingRules", path: "/GetSamplingRules", serve: (*Front).getSamplingRules, needs: samples},
		{name: "GetSamplingTargets", path: "/SamplingTargets", serve: (*Front).getSamplingTargets, needs: samples},
		{name: "GetSamplingStatisticSummaries", path: "/SamplingStatisticSummaries", serve: (*Front).getSamplingStatisticSummaries},
	}
}

func insightOperations() []operation {
	return []operation{
		{name: "GetInsightSummaries", path: "/InsightSummaries", serve: (*Front).getInsightSummaries},
		{name: "GetInsight", path: "/Insight", serve: (*Front).getInsight},
		{name: "GetInsightEvents", path: "/InsightEvents", serve: (*Front).getInsightEvents},
		{name: "GetInsightImpactGraph", path: "/InsightImpactGraph", serve: (*Front).getInsightImpactGraph},
	}
}

func settingOperations() []operation {
	return []operation{
		{name: "GetEncryptionConfig", path: "/EncryptionConfig", serve: (*Front).getEncryptionConfig},
		{name: "PutEncryptionConfig", path: "/PutEncryptionConfig", serve: (*Front).putEncryptionConfig, needs: manages},
		{name: "TagResource", path: "/TagResource", serve: (*Front).tagResource, needs: manages},
		{name: "UntagResource", path: "/UntagResource", serve: (*Front).untagResource, needs: manages},
		{name: "ListTagsForResource", path: "/ListTagsForResource", serve: (*Front).listTagsForResource},
		{name: "PutResourcePolicy", path: "/PutResourcePolicy", serve: (*Front).putResourcePolicy, needs: manages},
		{name: "ListResourcePolicies", path: "/ListResourcePolicies", serve: (*Front).listResourcePolicies},
		{name: "DeleteResourcePolicy", path: "/DeleteResourcePolicy", serve: (*Front).deleteResourcePolicy, needs: manages},
		{name: "GetIndexingRules", path: "/GetIndexingRules", serve: (*Front).getIndexingRules},
		{name: "UpdateIndexingRule", path: "/UpdateIndexingRule", serve: (*Front).updateIndexingRule, needs: manages},
		{name: "GetTraceSegmentDestination", path: "/GetTraceSegmentDestination", serve: (*Front).getTraceSegmentDestination},
		{name: "UpdateTraceSegmentDestination", path: "/UpdateTraceSegmentDestination", serve: (*Front).updateTraceSegmentDestination, needs: manages},
	}
}

// call is a request to an operation whose caller has been let in.
type call struct {
	*aws.Call
	f *Front
}

// maxCallBody is the largest body of a call unless its operation says otherwise.
const maxCallBody = 1 << 20

// arn returns the ARN of something of the caller's account and region:
// "group/slow/ID", say.
func (c *call) arn(resource string) string {
	return "arn:aws:xray:" + c.Region + ":" + c.Account + ":" + resource
}

// empty is the answer of operations that have none.
type empty struct{}

// seconds is a moment as the service's JSON has it: seconds since 1970, with a
// fraction. It reads numbers, and the texts that some clients send.
type seconds time.Time

// MarshalJSON implements json.Marshaler.
func (s seconds) MarshalJSON() ([]byte, error) {
	return appendSeconds(nil, time.Time(s).UnixNano()), nil
}

// UnmarshalJSON implements json.Unmarshaler. null leaves it as it is.
func (s *seconds) UnmarshalJSON(raw []byte) error {
	text := string(bytes.Trim(raw, `"`))
	if text == "null" {
		return nil
	}
	at, ok := aws.ParseTimestamp(text)
	if !ok {
		return fault.New(fault.Invalid, "%s is no time: send seconds since 1970", aws.Cut(text))
	}
	*s = seconds(at)
	return nil
}

// appendSeconds appends nanoseconds as decimal seconds, exactly.
func appendSeconds(out []byte, ns int64) []byte {
	if ns < 0 {
		out, ns = append(out, '-'), -ns
	}
	second := int64(time.Second)
	out = strconv.AppendInt(out, ns/second, 10)
	part := ns % second
	if part == 0 {
		return out
	}
	out = append(out, '.')
	from := len(out)
	for scale := second / 10; scale > 0; scale /= 10 {
		out = append(out, byte('0'+part/scale%10))
	}
	for len(out) > from && out[len(out)-1] == '0' {
		out = out[:len(out)-1]
	}
	return out
}
