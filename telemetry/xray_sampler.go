package telemetry

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// samplerOf follows OTEL_TRACES_SAMPLER, or what Config has. What is not known is
// passed over with a warning, as OpenTelemetry wants it.
func (t *Telemetry) samplerOf(background context.Context) sdktrace.Sampler {
	s := &t.settings
	if s.Traces.Sampler != nil {
		return s.Traces.Sampler
	}
	switch strings.ToLower(s.sampler) {
	case "", "parentbased_always_on":
	case "always_on":
		return sdktrace.AlwaysSample()
	case "always_off":
		return sdktrace.NeverSample()
	case "parentbased_always_off":
		return sdktrace.ParentBased(sdktrace.NeverSample())
	case "traceidratio":
		return sdktrace.TraceIDRatioBased(shareOf(s))
	case "parentbased_traceidratio":
		return sdktrace.ParentBased(sdktrace.TraceIDRatioBased(shareOf(s)))
	case "xray", "parentbased_xray":
		rules := newRemoteSampler("http://"+endpointArg(s), s.Service, s.Trouble)
		t.ending.Go(func() { rules.run(background) })
		return sdktrace.ParentBased(rules)
	default:
		s.Trouble.WarnContext(background, "OTEL_TRACES_SAMPLER is not known here, so all is recorded: known are always_on, always_off, traceidratio, their parentbased_ forms, and xray", slog.String("value", s.sampler))
	}
	return sdktrace.ParentBased(sdktrace.AlwaysSample())
}

// shareOf is the share that OTEL_TRACES_SAMPLER_ARG says; all by default.
func shareOf(s *settings) float64 {
	if s.samplerArg == "" {
		return 1
	}
	share, err := strconv.ParseFloat(s.samplerArg, 64)
	if err != nil || !(share >= 0 && share <= 1) { // nor NaN
		s.Trouble.Warn("OTEL_TRACES_SAMPLER_ARG is no share from 0 to 1, so all is recorded", slog.String("value", s.samplerArg))
		return 1
	}
	return share
}

// endpointArg is the daemon's address: endpoint=HOST:PORT of OTEL_TRACES_SAMPLER_ARG,
// as AWS's distributions write it, else the one of segments.
func endpointArg(s *settings) string {
	for part := range strings.SplitSeq(s.samplerArg, ",") {
		if value, found := strings.CutPrefix(strings.TrimSpace(part), "endpoint="); found {
			return strings.TrimPrefix(value, "http://")
		}
	}
	return s.tcp
}

const (
	rulesEvery   = 5 * time.Minute
	targetsEvery = 10 * time.Second
	rulesExpire  = time.Hour
	answerMost   = 4 << 20
)

// remoteSampler decides by the rules of X-Ray, asked of the daemon over TCP: a share
// of each rule's reservoir first, its rate for the rest. Until rules have come, or
// after an hour without news, it keeps one request a second and one in twenty.
type remoteSampler struct {
	base    string
	service string
	id      string
	trouble *slog.Logger
	client  *http.Client
	now     func() time.Time

	mu      sync.Mutex
	rules   []*remoteRule
	fetched time.Time
	local   *remoteRule
	failing bool
}

type remoteRule struct {
	RuleName, ServiceName, ServiceType, Host, HTTPMethod, URLPath, ResourceARN string
	Priority, ReservoirSize, Version                                           int
	FixedRate                                                                  float64
	Attributes                                                                 map[string]string

	quota     int // a second; -1: none was given yet
	quotaTill time.Time
	second    int64 // that taken is about
	taken     int
	requests  int // since the last report
	sampled   int
	borrowed  int
}

func newRemoteSampler(base, service string, trouble *slog.Logger) *remoteSampler {
	return &remoteSampler{
		base: base, service: service, id: randomHex(12), trouble: trouble, client: &http.Client{Timeout: 5 * time.Second}, now: time.Now,
		local: &remoteRule{ReservoirSize: 1, FixedRate: 0.05, quota: -1},
	}
}

// Description implements sdktrace.Sampler.
func (s *remoteSampler) Description() string { return "XRayRemoteSampler{" + s.base + "}" }

// ShouldSample implements sdktrace.Sampler. It never waits for the daemon.
func (s *remoteSampler) ShouldSample(p sdktrace.SamplingParameters) sdktrace.SamplingResult {
	result := sdktrace.SamplingResult{Decision: sdktrace.Drop, Tracestate: trace.SpanContextFromContext(p.ParentContext).TraceState()}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if s.ruleFor(p.Attributes, now).take(now) {
		result.Decision = sdktrace.RecordAndSample
	}
	return result
}

func (s *remoteSampler) ruleFor(list []attribute.KeyValue, now time.Time) *remoteRule {
	if now.Sub(s.fetched) > rulesExpire {
		return s.local
	}
	a := byName(list)
	for _, r := range s.rules {
		if r.matches(s.service, a) {
			return r
		}
	}
	return s.local
}

func (r *remoteRule) matches(service string, a map[string]attribute.Value) bool {
	if !wild(r.ServiceName, service) || !wild(r.Host, text(a, "server.address", "http.host")) || !wild(r.HTTPMethod, text(a, "http.request.method")) ||
		!wild(r.URLPath, text(a, "url.path", "http.target")) || !wild(r.ServiceType, "") || !wild(r.ResourceARN, "") {
		return false
	}
	for key, pattern := range r.Attributes {
		if v, ok := a[key]; !ok || !wild(pattern, v.String()) {
			return false
		}
	}
	return true
}

// take decides about one request of the rule.
func (r *remoteRule) take(now time.Time) bool {
	r.requests++
	if second := now.Unix(); second != r.second {
		r.second, r.taken = second, 0
	}
	switch {
	case r.quota >= 0 && now.Before(r.quotaTill):
		if r.taken < r.quota {
			r.taken++
			r.sampled++
			return true
		}
	case r.ReservoirSize > 0 && r.taken == 0: // until a share is given, one a second is borrowed
		r.taken++
		r.borrowed++
		return true
	}
	if rand.Float64() < r.FixedRate { //nolint:gosec // chance, no secret
		r.sampled++
		return true
	}
	return false
}

// wild reports whether a pattern of * and ? takes a whole text, without regard to case.
func wild(pattern, s string) bool {
	if pattern == "*" || pattern == "" {
		return true
	}
	p, t := strings.ToLower(pattern), strings.ToLower(s)
	star, mark, i, j := -1, 0, 0, 0
	for j < len(t) {
		switch {
		case i < len(p) && p[i] == '*':
			star, mark = i, j
			i++
		case i < len(p) && (p[i] == '?' || p[i] == t[j]):
			i++
			j++
		case star >= 0:
			mark++
			i, j = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(p[i:], "*") == ""
}

// run asks for rules every five minutes and for targets every ten seconds.
func (s *remoteSampler) run(ctx context.Context) {
	s.note(ctx, s.fetchRules(ctx))
	rules, targets := time.NewTicker(rulesEvery), time.NewTicker(targetsEvery)
	defer rules.Stop()
	defer targets.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-rules.C:
			s.note(ctx, s.fetchRules(ctx))
		case <-targets.C:
			s.note(ctx, s.fetchTargets(ctx))
		}
	}
}

func (s *remoteSampler) note(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return // the app ends
	}
	if err != nil && !s.failing {
		s.trouble.WarnContext(ctx, "sampling rules cannot be asked for; this is said once until it works again", slog.Any("error", err))
	}
	s.failing = err != nil
}

func (s *remoteSampler) fetchRules(ctx context.Context) error {
	var all []*remoteRule
	token := any(nil)
	for range 100 {
		var page struct {
			SamplingRuleRecords []struct{ SamplingRule *remoteRule }
			NextToken           string
		}
		if err := s.call(ctx, "/GetSamplingRules", map[string]any{"NextToken": token}, &page); err != nil {
			return err
		}
		for _, r := range page.SamplingRuleRecords {
			if r.SamplingRule != nil && r.SamplingRule.Version == 1 {
				all = append(all, r.SamplingRule)
			}
		}
		if page.NextToken == "" {
			break
		}
		token = page.NextToken
	}
	slices.SortFunc(all, func(a, b *remoteRule) int {
		if a.Priority != b.Priority {
			return a.Priority - b.Priority
		}
		return strings.Compare(a.RuleName, b.RuleName)
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	known := map[string]*remoteRule{}
	for _, r := range s.rules {
		known[r.RuleName] = r
	}
	for _, r := range all { // counts and shares go on
		r.quota = -1
		if old := known[r.RuleName]; old != nil {
			r.quota, r.quotaTill, r.second, r.taken = old.quota, old.quotaTill, old.second, old.taken
			r.requests, r.sampled, r.borrowed = old.requests, old.sampled, old.borrowed
		}
	}
	s.rules, s.fetched = all, s.now()
	return nil
}

type samplingStatistics struct {
	RuleName, ClientID                      string
	Timestamp                               float64
	RequestCount, SampledCount, BorrowCount int
}

func (s *remoteSampler) fetchTargets(ctx context.Context) error {
	s.mu.Lock()
	documents := []samplingStatistics{}
	at := float64(s.now().UnixMilli()) / 1000
	for _, r := range s.rules {
		if r.requests > 0 {
			documents = append(documents, samplingStatistics{r.RuleName, s.id, at, r.requests, r.sampled, r.borrowed})
		}
	}
	fetched := s.fetched
	s.mu.Unlock()
	if len(documents) == 0 {
		if fetched.IsZero() {
			return s.fetchRules(ctx)
		}
		return nil
	}
	var answer struct {
		SamplingTargetDocuments []struct {
			RuleName          string
			FixedRate         float64
			ReservoirQuota    *int
			ReservoirQuotaTTL float64
		}
		LastRuleModification  float64
		UnprocessedStatistics []struct{ ErrorCode string }
	}
	if err := s.call(ctx, "/SamplingTargets", map[string]any{"SamplingStatisticsDocuments": documents}, &answer); err != nil {
		return err
	}
	s.mu.Lock()
	for _, r := range s.rules {
		for _, d := range documents {
			if d.RuleName == r.RuleName {
				r.requests, r.sampled, r.borrowed = r.requests-d.RequestCount, r.sampled-d.SampledCount, r.borrowed-d.BorrowCount
			}
		}
		for _, target := range answer.SamplingTargetDocuments {
			if target.RuleName != r.RuleName {
				continue
			}
			r.FixedRate = target.FixedRate
			if target.ReservoirQuota != nil {
				r.quota, r.quotaTill = *target.ReservoirQuota, time.UnixMilli(int64(target.ReservoirQuotaTTL*1000))
			}
		}
	}
	s.mu.Unlock()
	if answer.LastRuleModification >= float64(fetched.Unix()) || slices.ContainsFunc(answer.UnprocessedStatistics, func(u struct{ ErrorCode string }) bool {
		return strings.HasPrefix(u.ErrorCode, "4")
	}) {
		return s.fetchRules(ctx)
	}
	return nil
}

func (s *remoteSampler) call(ctx context.Context, path string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.base+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := s.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close() //nolint:errcheck // it was only read
	text, err := io.ReadAll(io.LimitReader(response.Body, answerMost))
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answered %s", s.base+path, response.Status)
	}
	return json.Unmarshal(text, out)
}
