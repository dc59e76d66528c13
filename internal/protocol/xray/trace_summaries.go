package xray

import (
	"context"
	"hash/fnv"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/protocol/aws"
	"github.com/oriel-dev/oriel/internal/query/xrayfilter"
	"github.com/oriel-dev/oriel/internal/servicegraph"
	"github.com/oriel-dev/oriel/internal/store"
	"github.com/oriel-dev/oriel/internal/tracesearch"
	"github.com/oriel-dev/oriel/internal/xraymodel"
)

// Bounds of a page of summaries. A page that looked at so many traces in vain, or
// looked for so long, is empty and goes on by its token.
const (
	tracesPage  = 100
	maxExamined = 50_000
	searchFor   = 2 * time.Second
)

type samplingStrategy struct {
	Name  string
	Value *float64
}

type summariesRequest struct {
	StartTime, EndTime seconds
	TimeRangeType      string
	Sampling           bool
	SamplingStrategy   *samplingStrategy
	FilterExpression   string
	NextToken          string
}

// getTraceSummaries answers the newest traces first: a page is of a slice of time,
// which ApproximateTime is the beginning of.
func (f *Front) getTraceSummaries(c *call) (any, error) {
	var in summariesRequest
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	start, end := time.Time(in.StartTime).UnixNano(), time.Time(in.EndTime).UnixNano()
	if start > end {
		return nil, invalid("The StartTime is after the EndTime.")
	}
	e, err := c.expression(in.FilterExpression)
	if err != nil {
		return nil, err
	}
	share, err := in.share()
	if err != nil {
		return nil, err
	}
	asked := aws.Asked("GetTraceSummaries", in.text(start), in.text(end), in.TimeRangeType, in.FilterExpression, strconv.FormatFloat(share, 'g', -1, 64))
	q := tracesearch.Question{
		Environment: c.Who.Environment, Start: start, End: end, Filters: []xrayfilter.Expression{e}, ByEnd: in.TimeRangeType == "Event" || in.TimeRangeType == "Service",
		Slow: f.slow(c.Context(), c.Who.Environment, end),
	}
	if in.NextToken != "" {
		at, ok := aws.OpenToken(asked, in.NextToken)
		n, err := strconv.ParseInt(at, 10, 64)
		if !ok || err != nil || n < start || n > end {
			return nil, badToken()
		}
		q.End = n
	}
	summaries := []traceSummary{}
	reach := tracesearch.Reach{Start: start, Done: true}
	if q.Start < q.End {
		if reach, summaries, err = f.summaries(c, &q, share, in.TimeRangeType == "Event"); err != nil {
			return nil, err
		}
	}
	answer := map[string]any{"TraceSummaries": summaries, "ApproximateTime": seconds(time.Unix(0, reach.Start)), "TracesProcessedCount": reach.Traces}
	if !reach.Done {
		answer["NextToken"] = aws.SealToken(asked, in.text(reach.Start))
	}
	return answer, nil
}

func (in *summariesRequest) text(ns int64) string { return strconv.FormatInt(ns, 10) }

// share is the part of the matching traces that is wanted.
func (in *summariesRequest) share() (float64, error) {
	s := in.SamplingStrategy
	if s == nil || s.Value == nil {
		return 1, nil // to look at all of them costs no more than a request
	}
	if *s.Value < 0 || *s.Value > 1 || math.IsNaN(*s.Value) {
		return 0, invalid("The Value %v of SamplingStrategy is not between 0 and 1.", *s.Value)
	}
	return *s.Value, nil
}

// sampled chooses by the trace's id, so that pages and repeated requests agree.
func sampled(id string, share float64) bool {
	if share >= 1 {
		return true
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(id)) // never fails
	return float64(h.Sum64()>>11)/(1<<53) < share
}

func (f *Front) summaries(c *call, q *tracesearch.Question, share float64, byEvent bool) (tracesearch.Reach, []traceSummary, error) {
	var found []*xraymodel.Trace
	var ids []string // of those that were not read whole
	var places []int // where they are among those found
	until := f.Clock().Add(searchFor)
	limits := tracesearch.Limits{Traces: tracesPage, Examine: maxExamined, Enough: func() bool { return f.Clock().After(until) }}
	reach, err := tracesearch.Newest(c.Context(), f.Querier, q, limits, func(t *xraymodel.Trace, whole bool) {
		if !sampled(t.ID, share) {
			return
		}
		if !whole {
			ids, places = append(ids, t.ID), append(places, len(found))
		}
		found = append(found, t)
	})
	if err != nil {
		return reach, nil, err
	}
	read, err := tracesearch.ReadEach(c.Context(), f.Querier, c.Who.Environment, ids)
	if err != nil {
		return reach, nil, err
	}
	for i, t := range read {
		found[places[i]] = t
	}
	list := make([]traceSummary, 0, len(found))
	for _, t := range found {
		if t.Root == nil { // it has gone meanwhile
			continue
		}
		s := summaryOf(t, q.Slow(t))
		if byEvent {
			at := seconds(time.Unix(0, t.End))
			s.MatchedEventTime = &at
		}
		list = append(list, s)
	}
	return reach, list, nil
}

// slow tells traces that are slow by what the last hour was like.
func (f *Front) slow(ctx context.Context, environment string, until int64) func(*xraymodel.Trace) bool {
	return servicegraph.Slow(until, func(start, end int64) ([]store.Rollup, error) {
		return f.Querier.Rollups(ctx, environment, start, end)
	})
}

type serviceID struct {
	Name      string
	Names     []string
	AccountID string `json:"AccountId,omitempty"`
	Type      string `json:",omitempty"`
}

type annotationValue struct {
	NumberValue  *float64 `json:",omitempty"`
	BooleanValue *bool    `json:",omitempty"`
	StringValue  *string  `json:",omitempty"`
}

type valueWithServiceIDs struct {
	AnnotationValue annotationValue
	ServiceIDs      []serviceID `json:"ServiceIds"`
}

type traceUser struct {
	UserName   string
	ServiceIDs []serviceID `json:"ServiceIds"`
}

type summaryHTTP struct {
	HTTPURL    string `json:"HttpURL,omitempty"`
	HTTPStatus int    `json:"HttpStatus,omitempty"`
	HTTPMethod string `json:"HttpMethod,omitempty"`
	UserAgent  string `json:",omitempty"`
	ClientIP   string `json:"ClientIp,omitempty"`
}

type traceSummary struct {
	ID                     string `json:"Id"`
	StartTime              seconds
	Duration               seconds64
	ResponseTime           *seconds64 `json:",omitempty"`
	HasFault               bool
	HasError               bool
	HasThrottle            bool
	IsPartial              bool
	HTTP                   summaryHTTP                      `json:"Http"`
	Annotations            map[string][]valueWithServiceIDs `json:"Annotations"`
	Users                  []traceUser
	ServiceIDs             []serviceID `json:"ServiceIds"`
	ResourceARNs           []map[string]string
	InstanceIDs            []map[string]string `json:"InstanceIds"`
	AvailabilityZones      []map[string]string
	EntryPoint             serviceID
	FaultRootCauses        []rootCause
	ErrorRootCauses        []rootCause
	ResponseTimeRootCauses []rootCause
	Revision               int
	MatchedEventTime       *seconds `json:",omitempty"`
}

type rootCause struct {
	Services        []causeService
	ClientImpacting bool
}

type causeService struct {
	Name       string
	Names      []string
	Type       string
	AccountID  string `json:"AccountId,omitempty"`
	EntityPath []causeEntity
	Inferred   bool
}

type causeEntity struct {
	Name       string
	Exceptions *[]causeException `json:",omitempty"`
	Coverage   *float64          `json:",omitempty"`
	Remote     bool
}

type causeException struct{ Name, Message string }

const maxAnnotations = 50 // of a summary, by the time they were set

// summaryOf sums a trace up; its root must be there.
func summaryOf(t *xraymodel.Trace, slow bool) traceSummary {
	root, h, origins := t.Root, t.HTTP(), servicegraph.OriginsOfTraces(t)
	const bad, broken = 400, 500
	s := traceSummary{
		ID: event.XRayTraceID(t.ID), StartTime: seconds(time.Unix(0, t.Start)), Duration: seconds64(t.End - t.Start), IsPartial: t.Partial, Revision: t.Revision,
		HasFault: root.Flags.Has(xraymodel.Fault) || root.HTTP.Status >= broken, HasError: root.Flags.Has(xraymodel.Error) || root.HTTP.Status >= bad && root.HTTP.Status < broken,
		HTTP: summaryHTTP{h.URL, h.Status, h.Method, h.UserAgent, h.ClientIP}, Annotations: map[string][]valueWithServiceIDs{}, Users: []traceUser{},
		EntryPoint: serviceOf(root, origins), FaultRootCauses: causesOf(t.FaultCauses(), false), ErrorRootCauses: causesOf(t.ErrorCauses(), false), ResponseTimeRootCauses: []rootCause{},
	}
	if slow {
		s.ResponseTimeRootCauses = causesOf(t.ResponseTimeCauses(), true)
	}
	if !root.Flags.Has(xraymodel.InProgress) {
		took := seconds64(root.Duration())
		s.ResponseTime = &took
	}
	s.collect(t, origins)
	return s
}

func serviceOf(p *xraymodel.Part, origins servicegraph.Origins) serviceID {
	return serviceID{Name: p.Name, Names: []string{p.Name}, AccountID: p.Account, Type: origins.OfSegment(p).Type}
}

// same compares services: their names are one each.
func (s *serviceID) same(o *serviceID) bool {
	return s.Name == o.Name && s.Type == o.Type && s.AccountID == o.AccountID
}

func withService(list []serviceID, s serviceID) []serviceID {
	for i := range list {
		if list[i].same(&s) {
			return list
		}
	}
	return append(list, s)
}

// collector puts together what several parts of a trace have.
type collector struct {
	s                      *traceSummary
	arns, instances, zones []string
}

func (s *traceSummary) collect(t *xraymodel.Trace, origins servicegraph.Origins) {
	k := collector{s: s}
	s.ServiceIDs = []serviceID{}
	for _, p := range t.Segments {
		of := serviceOf(p, origins)
		if p.Segment {
			if !p.Inferred && p.ParentID == "" {
				s.ServiceIDs = withService(s.ServiceIDs, serviceID{Name: p.Name, Names: []string{p.Name}, AccountID: p.Account, Type: "client"})
			}
			s.ServiceIDs = withService(s.ServiceIDs, of)
		}
		const throttled = 429
		if p.Flags.Has(xraymodel.Throttle) || p.HTTP.Status == throttled {
			s.HasThrottle = true
		}
		if !p.Inferred {
			k.part(p, of)
		}
	}
	s.ResourceARNs, s.InstanceIDs, s.AvailabilityZones = listOf("ARN", k.arns), listOf("Id", k.instances), listOf("Name", k.zones)
}

func (k *collector) part(p *xraymodel.Part, of serviceID) {
	add := func(list *[]string, v string) {
		if v != "" && !slices.Contains(*list, v) {
			*list = append(*list, v)
		}
	}
	add(&k.arns, p.Resource)
	add(&k.instances, p.Instance)
	add(&k.zones, p.Zone)
	if p.User != "" {
		k.user(p.User, of)
	}
	for _, a := range p.Annotations {
		k.annotation(a, of)
	}
	for _, c := range p.Parts {
		k.part(c, of)
	}
}

func (k *collector) user(name string, of serviceID) {
	for i := range k.s.Users {
		if u := &k.s.Users[i]; u.UserName == name {
			u.ServiceIDs = withService(u.ServiceIDs, of)
			return
		}
	}
	k.s.Users = append(k.s.Users, traceUser{name, []serviceID{of}})
}

func (k *collector) annotation(a xraymodel.Annotation, of serviceID) {
	list, known := k.s.Annotations[a.Key]
	if !known && len(k.s.Annotations) >= maxAnnotations {
		return
	}
	v := valueOnWire(a.Value)
	for i := range list {
		if list[i].AnnotationValue.same(&v) {
			list[i].ServiceIDs = withService(list[i].ServiceIDs, of)
			return
		}
	}
	k.s.Annotations[a.Key] = append(list, valueWithServiceIDs{v, []serviceID{of}})
}

func valueOnWire(v event.Value) annotationValue {
	switch v.Kind() {
	case event.Bool:
		b := v.Bool()
		return annotationValue{BooleanValue: &b}
	case event.Int, event.Float:
		if n, ok := v.Number(); ok && !math.IsNaN(n) && !math.IsInf(n, 0) {
			return annotationValue{NumberValue: &n}
		}
	case event.String, event.Null:
	}
	s := v.Text()
	return annotationValue{StringValue: &s}
}

func (v *annotationValue) same(o *annotationValue) bool {
	return equal(v.NumberValue, o.NumberValue) && equal(v.BooleanValue, o.BooleanValue) && equal(v.StringValue, o.StringValue)
}

func equal[T comparable](x, y *T) bool {
	if x == nil || y == nil {
		return x == y
	}
	return *x == *y
}

func listOf(member string, values []string) []map[string]string {
	out := make([]map[string]string, len(values))
	for i, v := range values {
		out[i] = map[string]string{member: v}
	}
	return out
}

// causesOf writes root causes. The type of a service without one is empty, not
// absent: what reads them stumbles over null.
func causesOf(causes []xraymodel.Cause, times bool) []rootCause {
	out := []rootCause{}
	for _, c := range causes {
		one := rootCause{Services: []causeService{}, ClientImpacting: c.ClientImpacting}
		for _, s := range c.Services {
			service := causeService{Name: s.Segment.Name, Names: []string{s.Segment.Name}, Type: s.Segment.Type, AccountID: s.Segment.Account, Inferred: s.Segment.Inferred}
			for _, e := range s.Entities {
				entity := causeEntity{Name: e.Part.Name, Remote: e.Remote}
				if times {
					entity.Coverage = &e.Coverage
				} else {
					list := []causeException{}
					for _, x := range e.Part.Exceptions {
						list = append(list, causeException{x.Type, x.Message})
					}
					entity.Exceptions = &list
				}
				service.EntityPath = append(service.EntityPath, entity)
			}
			one.Services = append(one.Services, service)
		}
		out = append(out, one)
	}
	return out
}
