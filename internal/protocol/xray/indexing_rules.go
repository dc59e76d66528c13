package xray

import (
	"time"

	"github.com/oriel-dev/oriel/internal/protocol/aws"
)

// defaultIndexing is the one indexing rule there is.
const defaultIndexing = "Default"

// indexing is how much of the spans a person wants indexed. All are, whatever it
// says: that costs nothing more here.
type indexing struct{ Desired float64 }

func (f *Front) indexing() shelf[indexing] {
	return shelf[indexing]{settings: f.settings, kind: "indexing"}
}

// indexingOnWire writes the rule; nil is the one that nobody has changed.
func indexingOnWire(k *kept[indexing]) map[string]any {
	desired, modified := 1.0, int64(0)
	if k != nil {
		desired, modified = k.Body.Desired, k.Updated
	}
	return map[string]any{
		"Name": defaultIndexing, "ModifiedAt": seconds(time.Unix(0, modified)),
		"Rule": map[string]any{"Probabilistic": map[string]any{"DesiredSamplingPercentage": desired, "ActualSamplingPercentage": 100}},
	}
}

func (f *Front) getIndexingRules(c *call) (any, error) {
	var in struct{ NextToken string }
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	if in.NextToken != "" { // there is one page
		return nil, badToken()
	}
	k, err := f.indexing().get(c.Context(), c.Who.Environment, defaultIndexing)
	return map[string]any{"IndexingRules": []any{indexingOnWire(k)}}, err
}

func (f *Front) updateIndexingRule(c *call) (any, error) {
	var in struct {
		Name string
		Rule struct {
			Probabilistic *struct{ DesiredSamplingPercentage float64 }
		}
	}
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	switch {
	case in.Name != defaultIndexing:
		return nil, notFound(in.Name, "There is no indexing rule %s: the only one is Default.", aws.Cut(in.Name))
	case in.Rule.Probabilistic == nil:
		return nil, invalid("Rule must have the member Probabilistic.")
	}
	k, err := f.indexing().put(c.Context(), c.Who.Environment, defaultIndexing, f.Clock().UnixNano(), func(*kept[indexing]) (indexing, error) {
		return indexing{in.Rule.Probabilistic.DesiredSamplingPercentage}, nil
	})
	return map[string]any{"IndexingRule": indexingOnWire(&k)}, err
}

// destination is where segments are said to be kept. They are in one place, where
// both X-Ray and Logs read them.
type destination struct{ Destination string }

func (f *Front) destination() shelf[destination] {
	return shelf[destination]{settings: f.settings, kind: "destination"}
}

func (f *Front) getTraceSegmentDestination(c *call) (any, error) {
	k, err := f.destination().get(c.Context(), c.Who.Environment, theOne)
	if err != nil {
		return nil, err
	}
	where := "XRay"
	if k != nil {
		where = k.Body.Destination
	}
	return map[string]any{"Destination": where, "Status": "ACTIVE"}, nil
}

func (f *Front) updateTraceSegmentDestination(c *call) (any, error) {
	var in destination
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	if in.Destination == "" {
		return nil, invalid("Destination is missing: it must be XRay or CloudWatchLogs.")
	}
	_, err := f.destination().put(c.Context(), c.Who.Environment, theOne, f.Clock().UnixNano(), func(*kept[destination]) (destination, error) { return in, nil })
	return map[string]any{"Destination": in.Destination, "Status": "PENDING"}, err
}
