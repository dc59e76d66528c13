// Package demo sends sample traffic to a running Oriel: an hour of the past at
// once, or what of it is not there yet, then live traces and the log lines of
// the services, and the errors they report, until it is stopped. It sends by the
// public doors, OTLP, Rollbar's API and, for some services, CloudWatch Logs and the
// X-Ray daemon, as any application would.
package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/oriel-dev/oriel/internal/sample"
)

// Config says where the traffic goes and how much of it there is.
type Config struct {
	Endpoint string        // base URL, without /v1/…
	XRay     string        // address of the X-Ray daemon; "" sends its segments over HTTP
	Key      string        // sent as x-honeycomb-team
	Past     time.Duration // history sent at the start
	Rate     float64       // traces a second, on average
	Clock    func() time.Time
	Log      *slog.Logger
}

// batchOf is how many traces go into one request.
const batchOf = 50

// Run sends the past, reports it, and then sends live traffic until ctx ends.
// It gives up only if the past can't be sent; live traces that are refused are
// logged and left out.
func Run(ctx context.Context, c Config) error {
	now := c.Clock()
	s := sender{
		config: c, client: &http.Client{Timeout: 30 * time.Second},
		logger: sample.NewLogger(uint64(now.UnixNano())), reporter: sample.NewReporter(uint64(now.UnixNano())),
	}
	g := sample.New(sample.Dense(uint64(now.UnixNano()))) // trace ids of their own in each run
	from, err := s.newest(ctx)
	if err != nil {
		return fmt.Errorf("look for sample traffic: %w", err)
	}
	if begin := now.Add(-c.Past); from.Before(begin) {
		from = begin
	}
	spans, err := s.past(ctx, g, from, now)
	if err != nil {
		return fmt.Errorf("send sample traffic: %w", err)
	}
	c.Log.InfoContext(ctx, "sample traffic of the past is in", slog.Int("spans", spans), slog.Duration("reaching_back", now.Sub(from).Round(time.Second)))
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	owed := 0.0
	for {
		select {
		case <-ctx.Done():
			return nil
		case at := <-tick.C:
			owed += c.Rate * wave(at)
			traces, starts := []sample.Trace{}, []int64{}
			for ; owed >= 1; owed-- {
				traces = append(traces, g.Next())
				starts = append(starts, at.Add(-time.Duration(owed/c.Rate*float64(time.Second))).UnixNano())
			}
			if len(traces) == 0 {
				continue
			}
			_, err := s.send(ctx, g, traces, starts, true)
			if err == nil {
				err = s.report(ctx, traces, starts)
			}
			if err != nil && ctx.Err() == nil {
				c.Log.WarnContext(ctx, "sample traffic was not taken", slog.Any("error", err))
			}
		}
	}
}

// wave makes traffic swell and ebb over ten minutes, so that charts have a shape.
func wave(at time.Time) float64 {
	return 1 + 0.5*math.Sin(float64(at.Unix()%600)/600*2*math.Pi)
}

type sender struct {
	config Config
	client *http.Client
	logger *sample.Logger

	reporter *sample.Reporter
}

// newest returns when the newest event that is there happened: a demo that is
// started again goes on from there, so that no stretch of time counts twice.
func (s *sender) newest(ctx context.Context) (time.Time, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.config.Endpoint+"/api/start", nil)
	if err != nil {
		return time.Time{}, err
	}
	req.Header.Set("X-Honeycomb-Team", s.config.Key)
	resp, err := s.client.Do(req)
	if err != nil {
		return time.Time{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	var start struct {
		LastEvent string `json:"last_event"`
	}
	if resp.StatusCode != http.StatusOK {
		return time.Time{}, nil // the server keeps it from this key: begin as if nothing were there
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(&start); err != nil {
		return time.Time{}, err
	}
	ns, err := strconv.ParseInt(start.LastEvent, 10, 64)
	if err != nil {
		return time.Time{}, nil // no event yet
	}
	return time.Unix(0, ns), nil
}

func (s *sender) past(ctx context.Context, g *sample.Generator, from, now time.Time) (spans int, err error) {
	var traces []sample.Trace
	var starts []int64
	flush := func() error {
		if len(traces) == 0 {
			return nil
		}
		n, err := s.send(ctx, g, traces, starts, false)
		if last := starts[len(starts)-1]; err == nil && last > now.Add(-reportedPast).UnixNano() {
			err = s.report(ctx, traces, starts)
		}
		spans += n
		traces, starts = traces[:0], starts[:0]
		return err
	}
	at := from
	for at.Before(now) {
		traces = append(traces, g.Next())
		starts = append(starts, at.UnixNano())
		at = at.Add(time.Duration(float64(time.Second) / (s.config.Rate * wave(at))))
		if len(traces) == batchOf {
			if err := flush(); err != nil {
				return spans, err
			}
		}
	}
	return spans, flush()
}

// send sends traces and what the services print while they serve them.
func (s *sender) send(ctx context.Context, g *sample.Generator, traces []sample.Trace, starts []int64, live bool) (spans int, err error) {
	r := g.Encode(traces, starts, tracedByXRay()...)
	if err := s.deliver(ctx, "/v1/traces", r.Body); err != nil {
		return 0, err
	}
	if err := s.sendSegments(ctx, traces, starts, live); err != nil {
		return r.Spans, err
	}
	var lines []sample.Line
	for i := range traces {
		lines = append(lines, s.logger.Lines(&traces[i], starts[i])...)
	}
	rest, grouped := split(lines)
	for group, lines := range grouped {
		if err := s.put(ctx, group, lines); err != nil {
			return r.Spans, err
		}
	}
	if len(rest) == 0 {
		return r.Spans, nil
	}
	return r.Spans, s.deliver(ctx, "/v1/logs", g.EncodeLines(rest))
}

func (s *sender) deliver(ctx context.Context, path string, body []byte) error {
	for attempt := 0; ; attempt++ {
		wait, err := s.post(ctx, path, body)
		if err == nil || wait == 0 || attempt == 10 {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
	}
}

// post sends one request; wait is how long to hold back before trying again, 0 if that is no use.
func (s *sender) post(ctx context.Context, path string, body []byte) (wait time.Duration, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.config.Endpoint+path, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/x-protobuf")
	req.Header.Set("X-Honeycomb-Team", s.config.Key)
	resp, err := s.client.Do(req)
	if err != nil {
		return 0, err
	}
	defer func() { _ = resp.Body.Close() }()
	answer, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<12))
	switch resp.StatusCode {
	case http.StatusOK:
		return 0, nil
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return time.Second, fmt.Errorf("status %d", resp.StatusCode)
	}
	return 0, fmt.Errorf("status %d: %q", resp.StatusCode, answer)
}
