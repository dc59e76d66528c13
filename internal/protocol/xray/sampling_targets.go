package xray

import (
	"time"

	"github.com/oriel-dev/oriel/internal/protocol/aws"
	"github.com/oriel-dev/oriel/internal/sampling"
)

// maxStatistics is how many documents of each kind are taken: AWS takes 25, clients
// with more rules send more.
const maxStatistics = 1000

type statisticsDocument struct {
	RuleName, ClientID        string
	Timestamp                 seconds
	RequestCount              int
	SampledCount, SampleCount *int // the second is what one sampler sends in place of the first
	BorrowCount               int
}

type boostStatisticsDocument struct {
	RuleName, ServiceName                         string
	Timestamp                                     seconds
	AnomalyCount, TotalCount, SampledAnomalyCount int
}

type targetDocument struct {
	RuleName          string
	FixedRate         float64
	ReservoirQuota    int
	ReservoirQuotaTTL seconds
	Interval          int
	SamplingBoost     *boostTarget `json:",omitempty"`
}

type boostTarget struct {
	BoostRate    float64
	BoostRateTTL seconds
}

type unprocessedStatistics struct{ RuleName, ErrorCode, Message string }

// getSamplingTargets never fails for what clients report: what cannot be used is
// answered by itself. LastRuleModification is always there, as clients rely on it.
func (f *Front) getSamplingTargets(c *call) (any, error) {
	var in struct {
		SamplingStatisticsDocuments      []statisticsDocument
		SamplingBoostStatisticsDocuments []boostStatisticsDocument
	}
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	if n := max(len(in.SamplingStatisticsDocuments), len(in.SamplingBoostStatisticsDocuments)); n > maxStatistics {
		return nil, invalid("%d documents of statistics: send at most %d of a kind in one request.", n, maxStatistics)
	}
	now := f.Clock()
	reports := make([]sampling.Report, len(in.SamplingStatisticsDocuments))
	for i, d := range in.SamplingStatisticsDocuments {
		reports[i] = sampling.Report{
			Rule: d.RuleName, Client: d.ClientID, At: orNow(d.Timestamp, now), Requests: d.RequestCount, Sampled: sampledOf(&d), Borrowed: d.BorrowCount,
		}
	}
	boosts := make([]sampling.BoostReport, len(in.SamplingBoostStatisticsDocuments))
	for i, d := range in.SamplingBoostStatisticsDocuments {
		boosts[i] = sampling.BoostReport{
			Rule: d.RuleName, Service: d.ServiceName, At: orNow(d.Timestamp, now),
			Anomalies: d.AnomalyCount, Requests: d.TotalCount, SampledAnomalies: d.SampledAnomalyCount,
		}
	}
	targets, refused, refusedBoosts := f.Sampling.Targets(c.Who.Environment, reports, boosts)
	return map[string]any{
		"SamplingTargetDocuments":    targetDocuments(targets),
		"LastRuleModification":       seconds(f.lastRuleChange(c.Who.Environment)),
		"UnprocessedStatistics":      unprocessed(refused),
		"UnprocessedBoostStatistics": unprocessed(refusedBoosts),
	}, nil
}

// lastRuleChange is 1970 where nothing ever changed: clients compare it with when
// they last fetched.
func (f *Front) lastRuleChange(environment string) time.Time {
	if at := f.Sampling.Changed(environment); !at.IsZero() {
		return at
	}
	return time.Unix(0, 0)
}

func sampledOf(d *statisticsDocument) int {
	for _, n := range []*int{d.SampledCount, d.SampleCount} {
		if n != nil {
			return *n
		}
	}
	return 0
}

// orNow is the time of a document; some samplers send none.
func orNow(s seconds, now time.Time) time.Time {
	if at := time.Time(s); !at.IsZero() && at.Unix() != 0 {
		return at
	}
	return now
}

func targetDocuments(targets []sampling.Target) []targetDocument {
	out := make([]targetDocument, len(targets))
	for i, t := range targets {
		out[i] = targetDocument{
			RuleName: t.Rule, FixedRate: t.FixedRate, ReservoirQuota: t.Quota,
			ReservoirQuotaTTL: seconds(t.QuotaTTL.Truncate(time.Second)), Interval: int(sampling.Interval / time.Second),
		}
		if t.Boost != nil {
			out[i].SamplingBoost = &boostTarget{t.Boost.Rate, seconds(t.Boost.TTL.Truncate(time.Second))}
		}
	}
	return out
}

func unprocessed(refused []sampling.Refusal) []unprocessedStatistics {
	out := make([]unprocessedStatistics, len(refused))
	for i, r := range refused {
		out[i] = unprocessedStatistics{r.Rule, r.Code, r.Message}
	}
	return out
}

type statisticSummary struct {
	RuleName                                string
	Timestamp                               seconds
	RequestCount, BorrowCount, SampledCount int
}

const (
	summariesSince = 10 * time.Minute
	summariesPage  = 1000
)

func (f *Front) getSamplingStatisticSummaries(c *call) (any, error) {
	var in struct{ NextToken string }
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	windows := f.Sampling.Windows(c.Who.Environment, f.Clock().Add(-summariesSince))
	list := make([]statisticSummary, len(windows))
	for i, w := range windows {
		list[i] = statisticSummary{w.Rule, seconds(w.Start), w.Requests, w.Borrowed, w.Sampled}
	}
	return answerPage("SamplingStatisticSummaries", aws.Listing[statisticSummary]{
		Limit: summariesPage, Token: in.NextToken, Asked: aws.Asked("GetSamplingStatisticSummaries"), Backward: true,
		Key: func(s *statisticSummary) string { return sortable(int(time.Time(s.Timestamp).Unix())) + s.RuleName },
	}, list)
}
