package sampling

import (
	"cmp"
	"time"
)

const (
	boostLife = time.Minute
	maxBoosts = 10_000 // rule and service pairs that are remembered

	// enoughSampled is how many recorded anomalies make a boost needless: with
	// these, people have something to look at.
	enoughSampled = 5
)

// BoostReport is what a client says of anomalies (faults, slow requests) of a
// service under a rule since its last report.
type BoostReport struct {
	Rule, Service                         string
	At                                    time.Time
	Anomalies, Requests, SampledAnomalies int
}

// BoostTarget is a rate that holds in place of a rule's until it ends.
type BoostTarget struct {
	Rate float64
	TTL  time.Time
}

type boostKey struct{ rule, service string }

type boost struct {
	rate  float64
	began time.Time
	ends  time.Time
}

// boost begins boosts where clients see anomalies but record too few, and adds
// those that last to the targets of their rules. The service's own rule is not
// public; ours: the rate is the lowest at which, at the count of anomalies
// reported, one is expected to be recorded within the next interval, bounded by the
// rule's MaxRate; it lasts a minute, and the next begins no sooner than the cooldown
// after the last began.
func (e *environment) boost(reports []BoostReport, targets []Target, now time.Time) []Refusal {
	refused := []Refusal{}
	for i := range reports {
		r := &reports[i]
		rule, ok := e.rule(r.Rule)
		if why, bad := refusal(r.Rule, ok, r.At, now); bad {
			refused = append(refused, why)
			continue
		}
		e.consider(&rule, r, now)
	}
	for i := range targets {
		targets[i].Boost = e.lasting(targets[i].Rule, now)
	}
	return refused
}

func (e *environment) consider(rule *Rule, r *BoostReport, now time.Time) {
	if rule.Boost == nil || r.Anomalies <= 0 || r.SampledAnomalies >= enoughSampled {
		return
	}
	key := boostKey{r.Rule, r.Service}
	last := e.boosts[key]
	if last != nil && now.Before(last.began.Add(max(boostLife, time.Duration(rule.Boost.CooldownMinutes)*time.Minute))) {
		return
	}
	rate := min(rule.Boost.MaxRate, 1/float64(r.Anomalies))
	if rate <= rule.FixedRate {
		return
	}
	if last == nil && len(e.boosts) >= maxBoosts {
		e.forgetBoosts(now)
	}
	e.boosts[key] = &boost{rate: rate, began: now, ends: now.Add(boostLife)}
}

// lasting returns the highest boost of a rule that has not ended. A client is told
// by rule, not by service, so the service that needs most decides.
func (e *environment) lasting(rule string, now time.Time) *BoostTarget {
	var best *BoostTarget
	for key, b := range e.boosts {
		if key.rule != rule || !now.Before(b.ends) {
			continue
		}
		if best == nil || cmp.Or(cmp.Compare(b.rate, best.Rate), b.ends.Compare(best.TTL)) > 0 {
			best = &BoostTarget{Rate: b.rate, TTL: b.ends}
		}
	}
	return best
}

// forgetBoosts lets go of those that have ended; when none has, of all: it only
// means that a cooldown is forgotten.
func (e *environment) forgetBoosts(now time.Time) {
	before := len(e.boosts)
	for key, b := range e.boosts {
		if !now.Before(b.ends) {
			delete(e.boosts, key)
		}
	}
	if len(e.boosts) == before {
		clear(e.boosts)
	}
}
