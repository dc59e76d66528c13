package cloudwatch

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/oriel-dev/oriel/internal/dataset"
	"github.com/oriel-dev/oriel/internal/logpattern"
	"github.com/oriel-dev/oriel/internal/protocol/aws"
	"github.com/oriel-dev/oriel/internal/querier"
	"github.com/oriel-dev/oriel/internal/query"
)

// How detectors judge. A detector looks at the lines since it last looked, finds
// their patterns, and compares how often each came with how often it usually
// does: a mean over the evaluations, of which the newest weighs most.
const (
	pastWindows    = 30   // as long as an evaluation, that are looked at before it
	maxKnown       = 2000 // patterns that a detector remembers
	settle         = 5 * time.Second
	newest         = 0.2 // weight of the newest evaluation in a mean
	surgeTimes     = 5.0 // times the usual frequency
	surgeLeast     = 20  // lines
	maxHistogram   = 500
	maxTokenValues = 10
)

// evaluateDue evaluates the detectors whose time has come.
func (s *scheduler) evaluateDue(ctx context.Context) error {
	places, err := s.places(ctx, detectorKind)
	if err != nil {
		return err
	}
	for _, at := range places {
		all, err := s.f.groups.detectors().list(ctx, at, false)
		if err != nil {
			return err
		}
		for i := range all {
			k := &all[i]
			from := cmp.Or(k.Body.Evaluated, k.Created)
			to := s.f.Clock().Add(-settle).UnixMilli()
			if k.Body.Disabled || to-from < frequencyOf(k.Body.EvaluationFrequency).Milliseconds() {
				continue
			}
			if err := s.evaluate(ctx, at, k, from, to); err != nil && ctx.Err() == nil {
				s.f.Log.WarnContext(ctx, "an anomaly detector could not be run", slog.String("detector", k.Body.Arn), slog.Any("error", err))
			}
		}
	}
	return ctx.Err()
}

// evaluate looks at the lines of [from, to). After a long pause only the newest
// lines are looked at: as long as an evaluation usually is.
func (s *scheduler) evaluate(ctx context.Context, at place, k *kept[keptDetector], from, to int64) error {
	d := &k.Body
	from = max(from, to-2*frequencyOf(d.EvaluationFrequency).Milliseconds())
	found, err := s.mine(ctx, at, d, from, to)
	if err != nil {
		return err
	}
	anomalies, err := s.f.groups.anomalies().list(ctx, place{at.environment, at.region, k.Name}, false)
	if err != nil {
		return err
	}
	open := map[string]*kept[anomaly]{}
	for i := range anomalies {
		open[anomalies[i].Body.PatternID] = &anomalies[i]
	}
	changed := d.judge(found, open, from, to)
	here := place{at.environment, at.region, k.Name}
	for _, a := range changed {
		if _, err := s.f.groups.anomalies().replace(ctx, here, a.AnomalyID, s.f.Clock().UnixMilli(), *a); err != nil {
			return err
		}
	}
	oldest := to - d.AnomalyVisibilityTime*msPerDay
	for _, a := range anomalies {
		if a.Body.Last < oldest {
			if _, err := s.f.groups.anomalies().delete(ctx, here, a.Name); err != nil {
				return err
			}
		}
	}
	_, err = s.f.groups.detectors().put(ctx, at, k.Name, s.f.Clock().UnixMilli(), func(old *kept[keptDetector]) (keptDetector, error) {
		if old == nil {
			return keptDetector{}, notFound("the detector was deleted meanwhile")
		}
		old.Body.Evaluated, old.Body.Evaluations, old.Body.Known = to, d.Evaluations, d.Known
		return old.Body, nil
	})
	return err
}

// mine finds the patterns of the lines of a detector's groups. The lines of many
// evaluations before are looked at with them: what is a value and what is a word
// shows only where there are several, and a pattern must not look new because it
// was told differently from fewer lines. Count is of [from, to) then, Before of
// what lies before it.
func (s *scheduler) mine(ctx context.Context, at place, d *keptDetector, from, to int64) ([]logpattern.Pattern, error) {
	p, err := parsePattern("filter", d.FilterPattern)
	if err != nil {
		return nil, err
	}
	ask := &query.Query{Environment: at.environment, Start: ofMS(from - pastWindows*(to-from)), End: ofMS(to)}
	c := s.f.ownCall(ctx, at, d.Account)
	var groups []*group
	everything := false
	for _, arn := range d.LogGroupArnList {
		name, _ := c.groupName(arn)
		g := s.f.groups.find(at.environment, at.region, name)
		if g == nil {
			continue // it was deleted
		}
		groups, everything = append(groups, g), everything || g.dataset == dataset.All
		ask.Datasets = append(ask.Datasets, g.dataset)
	}
	if len(groups) == 0 {
		return nil, nil
	}
	if everything {
		ask.Datasets = nil
	}
	if where := theirLines(groups, ask.Start, c.nowMS()); where != nil {
		ask.Stages = append(ask.Stages, query.Filter{Where: where})
	}
	if !p.Everything() {
		ask.Stages = append(ask.Stages, query.Filter{Where: query.FromPattern(p)})
	}
	found, err := s.f.Querier.Patterns(ctx, ask, querier.PatternOptions{Buckets: pastWindows + 1, Limit: logpattern.MaxTemplates})
	if err != nil {
		return nil, err
	}
	var now []logpattern.Pattern
	for _, p := range found.Patterns {
		all := p.Count
		if p.Count = p.Buckets[pastWindows]; p.Count > 0 {
			p.Before, p.First = all-p.Count, max(p.First, ofMS(from))
			now = append(now, p)
		}
	}
	return now, nil
}

// judge compares what was found with what is usual, learns it, and returns the
// anomalies that are new or go on.
func (d *keptDetector) judge(found []logpattern.Pattern, open map[string]*kept[anomaly], from, to int64) []*anomaly {
	var changed []*anomaly
	came := map[string]bool{}
	if d.Known == nil {
		d.Known = map[string]knownPattern{}
	}
	for i := range found {
		p := &found[i]
		if p.Rest {
			continue
		}
		came[p.ID] = true
		usual, known := d.Known[p.ID]
		why := d.unusual(p, usual, known || p.Before > 0)
		switch k := open[p.ID]; {
		case k != nil && (why != "" || k.Body.Last >= from-2*frequencyOf(d.EvaluationFrequency).Milliseconds()):
			k.Body.goOn(p, from)
			changed = append(changed, &k.Body)
		case why != "" && k == nil && len(open)+len(changed) < maxAnomalies:
			a := newAnomaly(p, why, d.LogGroupArnList)
			a.goOn(p, from)
			changed = append(changed, a)
		}
		if !known {
			usual.Mean = p.Count
		}
		usual.Mean += newest * (p.Count - usual.Mean)
		usual.Seen++
		usual.Last = to
		d.Known[p.ID] = usual
	}
	for id, usual := range d.Known {
		if !came[id] {
			usual.Mean -= newest * usual.Mean
			d.Known[id] = usual
		}
	}
	d.Evaluations++
	d.forget()
	return changed
}

// unusual says why a pattern is unusual, "" if it is not.
func (d *keptDetector) unusual(p *logpattern.Pattern, usual knownPattern, known bool) string {
	switch {
	case d.Evaluations < trainedAfter:
		return ""
	case !known:
		return fmt.Sprintf("A pattern that was not seen before: %.0f lines.", p.Count)
	case usual.Seen >= trainedAfter && p.Count >= surgeLeast && p.Count > surgeTimes*usual.Mean:
		return fmt.Sprintf("%.0f lines where %.1f are usual.", p.Count, usual.Mean)
	}
	return ""
}

// forget lets go of the patterns that came the longest ago.
func (d *keptDetector) forget() {
	if len(d.Known) <= maxKnown {
		return
	}
	ids := slices.SortedFunc(maps.Keys(d.Known), func(a, b string) int {
		return cmp.Or(cmp.Compare(d.Known[b].Last, d.Known[a].Last), strings.Compare(a, b))
	})
	for _, id := range ids[maxKnown:] {
		delete(d.Known, id)
	}
}

func newAnomaly(p *logpattern.Pattern, why string, groups []string) *anomaly {
	a := &anomaly{
		AnomalyID: aws.NewID(), PatternID: p.ID, PatternRegex: p.Regex, Priority: "LOW", Description: why, First: p.First / perMS, Groups: groups, Histogram: map[string]int64{},
	}
	const warn, failed, fatal = 4, 5, 6
	switch {
	case p.Severity[failed]+p.Severity[fatal] > 0:
		a.Priority = "HIGH"
	case p.Severity[warn] > 0:
		a.Priority = "MEDIUM"
	}
	position := 0
	for _, part := range p.Parts {
		t := patternToken{Text: part.Text}
		if part.Class != 0 {
			position++
			t = patternToken{Position: position, IsDynamic: true, Text: "<*>", Name: part.Name, Enumerations: map[string]int64{}}
			for _, v := range part.Values[:min(len(part.Values), maxTokenValues)] {
				t.Enumerations[v.Text] = int64(v.Count)
			}
		}
		a.PatternText += t.Text
		a.Tokens = append(a.Tokens, t)
	}
	for _, message := range p.Samples {
		a.Samples = append(a.Samples, anomalySample{p.First / perMS, message})
	}
	return a
}

// goOn adds an evaluation.
func (a *anomaly) goOn(p *logpattern.Pattern, from int64) {
	a.Last = max(a.Last, p.Last/perMS)
	a.Histogram[strconv.FormatInt(from, 10)] = int64(p.Count)
	for len(a.Histogram) > maxHistogram {
		delete(a.Histogram, slices.Min(slices.Collect(maps.Keys(a.Histogram))))
	}
}
