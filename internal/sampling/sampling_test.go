package sampling_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/meta"
	"github.com/oriel-dev/oriel/internal/sampling"
)

// clock is a time that tests set.
type clock struct{ now time.Time }

func (c *clock) tell() time.Time { return c.now }

func noon() *clock { return &clock{time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)} }

func open(t *testing.T, path string, c *clock, cfg sampling.Config) (*sampling.Sampler, func()) {
	t.Helper()
	db, err := meta.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Clock, cfg.Log = c.tell, slog.New(slog.DiscardHandler)
	s, err := sampling.Open(t.Context(), db, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s, func() {
		if err := s.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
}

func sampler(t *testing.T, c *clock, cfg sampling.Config) *sampling.Sampler {
	t.Helper()
	s, end := open(t, filepath.Join(t.TempDir(), "meta.db"), c, cfg)
	t.Cleanup(end)
	return s
}

func rule(name string, priority int) sampling.Rule {
	return sampling.Rule{
		Name: name, Priority: priority, FixedRate: 0.1, ReservoirSize: 10,
		ServiceName: "*", ServiceType: "*", Host: "*", HTTPMethod: "*", URLPath: "*", ResourceARN: "*",
	}
}

func create(t *testing.T, s *sampling.Sampler, r sampling.Rule) {
	t.Helper()
	if _, err := s.Create(t.Context(), "prod", r); err != nil {
		t.Fatal(err)
	}
}

func names(rules []sampling.Rule) (out []string) {
	for _, r := range rules {
		out = append(out, r.Name)
	}
	return out
}

func TestRules_AreTriedByPriorityThenName_AndDefaultIsAlwaysLast(t *testing.T) {
	t.Parallel()
	s := sampler(t, noon(), sampling.Config{})
	for _, r := range []sampling.Rule{rule("late", 9999), rule("b", 5), rule("a", 5), rule("first", 1)} {
		create(t, s, r)
	}
	if got, want := names(s.Rules("prod")), []string{"first", "a", "b", "late", "Default"}; !cmp.Equal(got, want) {
		t.Errorf("rules %v, want %v", got, want)
	}
	if got := s.Rules("other"); len(got) != 1 || got[0].FixedRate != 0.05 || got[0].ReservoirSize != 1 || got[0].Priority != 10_000 {
		t.Errorf("another environment has %+v, want Default alone: 1 a second and 5 percent", got)
	}
}

func TestRules_RefuseWhatTheServiceRefuses(t *testing.T) {
	t.Parallel()
	s := sampler(t, noon(), sampling.Config{MaxRules: 2})
	create(t, s, rule("taken", 1))
	half, reservoir := 0.5, 3
	bad := func(change func(r *sampling.Rule)) func() error {
		return func() error {
			r := rule("new", 1)
			change(&r)
			_, err := s.Create(t.Context(), "prod", r)
			return err
		}
	}
	update := func(name string, c sampling.Change) func() error {
		return func() error { _, err := s.Update(t.Context(), "prod", name, c); return err }
	}
	remove := func(name string) func() error {
		return func() error { _, err := s.Delete(t.Context(), "prod", name); return err }
	}
	star, host, last := "*", "api.*", 10_000
	for name, c := range map[string]struct {
		do   func() error
		want fault.Kind
	}{
		"no name":              {bad(func(r *sampling.Rule) { r.Name = "" }), fault.Invalid},
		"a name of 33":         {bad(func(r *sampling.Rule) { r.Name = fmt.Sprintf("%033d", 1) }), fault.Invalid},
		"priority 0":           {bad(func(r *sampling.Rule) { r.Priority = 0 }), fault.Invalid},
		"priority 10000":       {bad(func(r *sampling.Rule) { r.Priority = 10_000 }), fault.Invalid},
		"a rate above 1":       {bad(func(r *sampling.Rule) { r.FixedRate = 1.01 }), fault.Invalid},
		"a negative reservoir": {bad(func(r *sampling.Rule) { r.ReservoirSize = -1 }), fault.Invalid},
		"six attributes": {bad(func(r *sampling.Rule) {
			r.Attributes = map[string]string{"a": "1", "b": "1", "c": "1", "d": "1", "e": "1", "f": "1"}
		}), fault.Invalid},
		"a boost above 1":         {bad(func(r *sampling.Rule) { r.Boost = &sampling.Boost{MaxRate: 2} }), fault.Invalid},
		"a name twice":            {bad(func(r *sampling.Rule) { r.Name = "taken" }), fault.Conflict},
		"Default made":            {bad(func(r *sampling.Rule) { r.Name = sampling.Default }), fault.Conflict},
		"Default's host changed":  {update(sampling.Default, sampling.Change{Host: &host}), fault.Invalid},
		"an unknown rule changed": {update("Taken", sampling.Change{FixedRate: &half}), fault.NotFound},
		"Default removed":         {remove(sampling.Default), fault.Invalid},
		"an unknown rule removed": {remove("none"), fault.NotFound},
		"Default's rate and size set, the rest as it is": {update(sampling.Default, sampling.Change{FixedRate: &half, ReservoirSize: &reservoir, Host: &star, Priority: &last}), fault.Kind(255)},
	} {
		err := c.do()
		if c.want == fault.Kind(255) {
			if err != nil {
				t.Errorf("%s: %v, want it done", name, err)
			}
			continue
		}
		if got := fault.KindOf(err); err == nil || got != c.want {
			t.Errorf("%s: %v (%v), want %v", name, err, got, c.want)
		}
	}
	create(t, s, rule("second", 1))
	if _, err := s.Create(t.Context(), "prod", rule("third", 1)); fault.KindOf(err) != fault.TooLarge {
		t.Errorf("a rule beyond the limit: %v, want too large", err)
	}
}

// A change that leaves the boost out keeps it; one to nothing takes it away.
func TestUpdate_TakesABoostAway(t *testing.T) {
	t.Parallel()
	s, end := open(t, filepath.Join(t.TempDir(), "meta.db"), noon(), sampling.Config{})
	defer end()
	r := rule("checkout", 7)
	r.Boost = &sampling.Boost{MaxRate: 0.5, CooldownMinutes: 10}
	create(t, s, r)
	half := 0.5
	kept, err := s.Update(t.Context(), "prod", "checkout", sampling.Change{FixedRate: &half})
	if err != nil || kept.Boost == nil {
		t.Errorf("after another change the rule is %+v, %v", kept, err)
	}
	gone, err := s.Update(t.Context(), "prod", "checkout", sampling.Change{Boost: &sampling.Boost{}})
	if err != nil || gone.Boost != nil {
		t.Errorf("without a boost the rule is %+v, %v", gone, err)
	}
}

func TestSampler_KeepsRulesAndCountsAcrossARestart(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "meta.db")
	c := noon()
	s, end := open(t, path, c, sampling.Config{})
	checkout := rule("checkout", 7)
	checkout.Attributes = map[string]string{"tier": "gold*"}
	checkout.Boost = &sampling.Boost{MaxRate: 0.5, CooldownMinutes: 10}
	create(t, s, checkout)
	half := 0.5
	if _, err := s.Update(t.Context(), "prod", sampling.Default, sampling.Change{FixedRate: &half}); err != nil {
		t.Fatal(err)
	}
	create(t, s, rule("gone", 8))
	c.now = c.now.Add(time.Minute)
	if _, err := s.Delete(t.Context(), "prod", "gone"); err != nil {
		t.Fatal(err)
	}
	s.Targets("prod", []sampling.Report{{Rule: "checkout", Client: "c1", At: c.now, Requests: 40, Sampled: 4, Borrowed: 1}}, nil)
	before, windows := s.Rules("prod"), s.Windows("prod", c.now.Add(-time.Hour))
	end()

	s, end = open(t, path, c, sampling.Config{})
	defer end()
	if diff := cmp.Diff(before, s.Rules("prod")); diff != "" {
		t.Errorf("rules changed over a restart (-before +after):\n%s", diff)
	}
	if !s.Changed("prod").Equal(c.now) {
		t.Errorf("the rules changed at %v, want %v, when one was removed", s.Changed("prod"), c.now)
	}
	if diff := cmp.Diff(windows, s.Windows("prod", c.now.Add(-time.Hour))); diff != "" || len(windows) != 1 {
		t.Errorf("%d windows; over a restart (-before +after):\n%s", len(windows), diff)
	}
}

func TestMatches(t *testing.T) {
	t.Parallel()
	q := sampling.Request{
		ServiceName: "Shop", ServiceType: "AWS::ECS::Container", Host: "api.example.com", Method: "GET", Path: "/api/cart/42",
		Attributes: map[string]string{"tier": "gold"},
	}
	for _, c := range []struct {
		name string
		set  func(r *sampling.Rule)
		want bool
	}{
		{"all stars", func(*sampling.Rule) {}, true},
		{"case does not matter", func(r *sampling.Rule) { r.ServiceName = "sHOP" }, true},
		{"one character each", func(r *sampling.Rule) { r.ServiceName = "sh?p" }, true},
		{"? is not nothing", func(r *sampling.Rule) { r.ServiceName = "shop?" }, false},
		{"the whole text", func(r *sampling.Rule) { r.URLPath = "/api" }, false},
		{"any run", func(r *sampling.Rule) { r.URLPath = "/api/*/4?" }, true},
		{"a run may be empty", func(r *sampling.Rule) { r.URLPath = "*/api/*cart*/42*" }, true},
		{"method", func(r *sampling.Rule) { r.HTTPMethod = "POST" }, false},
		{"host", func(r *sampling.Rule) { r.Host = "*.example.com" }, true},
		{"an attribute", func(r *sampling.Rule) { r.Attributes = map[string]string{"tier": "g*"} }, true},
		{"an attribute that is not there", func(r *sampling.Rule) { r.Attributes = map[string]string{"plan": "*"} }, false},
		{"a text that is not known", func(r *sampling.Rule) { r.ResourceARN = "arn:*" }, false},
	} {
		r := rule("r", 1)
		c.set(&r)
		if got := r.Matches(q); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestTargets_SharesAddUpToTheReservoir(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // no secret
	c := noon()
	s := sampler(t, c, sampling.Config{})
	for i := range 200 {
		r := rule(fmt.Sprintf("r%d", i), 1)
		r.ReservoirSize = random.IntN(60)
		create(t, s, r)
		var reports []sampling.Report
		for i := range 1 + random.IntN(12) {
			reports = append(reports, sampling.Report{Rule: r.Name, Client: fmt.Sprintf("client%02d", i), At: c.now, Requests: random.IntN(400)})
		}
		s.Targets("prod", reports, nil) // all are known now
		c.now = c.now.Add(sampling.Interval)
		for i := range reports {
			reports[i].At = c.now
		}
		targets, _, _ := s.Targets("prod", reports, nil)
		sum := 0
		for _, target := range targets {
			sum += target.Quota
		}
		if sum != r.ReservoirSize {
			t.Fatalf("shares of a reservoir of %d add up to %d: %+v of %+v", r.ReservoirSize, sum, targets, reports)
		}
	}
}

func TestTargets_GiveTheBusyWhatTheIdleDoNotNeed(t *testing.T) {
	t.Parallel()
	c := noon()
	s := sampler(t, c, sampling.Config{})
	create(t, s, rule("r", 1)) // 10 a second
	quota := func(id string, requests int) int {
		targets, refused, _ := s.Targets("prod", []sampling.Report{{Rule: "r", Client: id, At: c.now, Requests: requests}}, nil)
		if len(refused) > 0 {
			t.Fatal(refused)
		}
		if ttl := targets[0].QuotaTTL.Sub(c.now); ttl != 5*time.Minute {
			t.Errorf("the share holds for %v", ttl)
		}
		return targets[0].Quota
	}
	if got := quota("busy", 5000); got != 10 {
		t.Errorf("alone: %d, want all 10", got)
	}
	if got := quota("idle", 3); got != 1 {
		t.Errorf("one that needs one a second has %d", got)
	}
	if got := quota("busy", 5000); got != 9 {
		t.Errorf("beside it: %d, want the other 9", got)
	}
	c.now = c.now.Add(31 * time.Second)
	if got := quota("busy", 50000); got != 10 {
		t.Errorf("after the other fell silent: %d, want all 10", got)
	}
}

func TestTargets_RefuseWhatTheyCannotUse(t *testing.T) {
	t.Parallel()
	c := noon()
	s := sampler(t, c, sampling.Config{})
	targets, refused, boosts := s.Targets("prod", []sampling.Report{
		{Rule: "none", Client: "a", At: c.now},
		{Rule: sampling.Default, Client: "a", At: c.now.Add(-11 * time.Minute)},
		{Rule: sampling.Default, Client: "a", At: c.now},
	}, []sampling.BoostReport{{Rule: "none", Service: "shop", At: c.now}})
	if len(targets) != 1 || targets[0].Rule != sampling.Default || targets[0].Quota != 1 {
		t.Errorf("targets %+v", targets)
	}
	if len(refused) != 2 || refused[0].Code[0] != '4' || refused[1].Code[0] != '4' || len(boosts) != 1 {
		t.Errorf("refused %+v, boosts %+v", refused, boosts)
	}
}

func TestWindows_SumClientsByTenSeconds_TheNewestFirst(t *testing.T) {
	t.Parallel()
	c := noon()
	s := sampler(t, c, sampling.Config{})
	create(t, s, rule("r", 1))
	report := func(client string, at time.Time, n int) {
		s.Targets("prod", []sampling.Report{{Rule: "r", Client: client, At: at, Requests: n, Sampled: 2, Borrowed: 1}}, nil)
	}
	report("a", c.now.Add(3*time.Second), 10)
	report("b", c.now, 5)
	c.now = c.now.Add(10 * time.Second)
	report("a", c.now.Add(time.Minute), 7) // a clock that is ahead
	want := []sampling.Window{
		{Rule: "r", Start: c.now, Requests: 7, Sampled: 2, Borrowed: 1},
		{Rule: "r", Start: c.now.Add(-10 * time.Second), Requests: 15, Sampled: 4, Borrowed: 2},
	}
	if diff := cmp.Diff(want, s.Windows("prod", c.now.Add(-time.Minute))); diff != "" {
		t.Errorf("windows (-want +got):\n%s", diff)
	}
	if got := s.Windows("prod", c.now); len(got) != 1 {
		t.Errorf("since the last window: %+v", got)
	}
}

func TestBoost_BeginsOnAnomaliesNobodyRecorded_AndRestsAfterwards(t *testing.T) {
	t.Parallel()
	c := noon()
	s := sampler(t, c, sampling.Config{})
	r := rule("r", 1)
	r.FixedRate, r.Boost = 0.01, &sampling.Boost{MaxRate: 0.4, CooldownMinutes: 5}
	create(t, s, r)
	boost := func(anomalies, sampled int) *sampling.BoostTarget {
		targets, _, _ := s.Targets("prod", []sampling.Report{{Rule: "r", Client: "a", At: c.now, Requests: 100}},
			[]sampling.BoostReport{{Rule: "r", Service: "shop", At: c.now, Anomalies: anomalies, Requests: 100, SampledAnomalies: sampled}})
		return targets[0].Boost
	}
	if got := boost(0, 0); got != nil {
		t.Errorf("without anomalies: %+v", got)
	}
	if got := boost(20, 5); got != nil {
		t.Errorf("with enough recorded: %+v", got)
	}
	want := &sampling.BoostTarget{Rate: 0.05, TTL: c.now.Add(time.Minute)}
	if diff := cmp.Diff(want, boost(20, 0)); diff != "" {
		t.Errorf("with 20 unseen (-want +got):\n%s", diff)
	}
	c.now = c.now.Add(30 * time.Second)
	if diff := cmp.Diff(want, boost(1, 0)); diff != "" {
		t.Errorf("half a minute later it is the same (-want +got):\n%s", diff)
	}
	c.now = c.now.Add(time.Minute)
	if got := boost(1, 0); got != nil {
		t.Errorf("within the cooldown: %+v", got)
	}
	c.now = c.now.Add(4 * time.Minute)
	if got := boost(1, 0); got == nil || got.Rate != 0.4 {
		t.Errorf("after the cooldown: %+v, want the rule's highest rate", got)
	}
}
