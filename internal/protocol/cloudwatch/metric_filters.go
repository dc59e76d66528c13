package cloudwatch

import (
	"context"
	"slices"
	"strings"

	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query/pattern"
)

func metricFilterOperations() map[string]operation {
	return map[string]operation{
		"PutMetricFilter":       served((*Front).putMetricFilter),
		"DescribeMetricFilters": served((*Front).describeMetricFilters),
		"DeleteMetricFilter":    served((*Front).deleteMetricFilter),
		"TestMetricFilter":      served((*Front).testMetricFilter),
	}
}

// maxMetricFilters of a group.
const maxMetricFilters = 100

// metricFilter is a metric filter on the wire and as it is kept.
type metricFilter struct {
	FilterName                string                 `json:"filterName"`
	FilterPattern             string                 `json:"filterPattern"`
	MetricTransformations     []metricTransformation `json:"metricTransformations"`
	CreationTime              int64                  `json:"creationTime"`
	LogGroupName              string                 `json:"logGroupName"`
	ApplyOnTransformedLogs    bool                   `json:"applyOnTransformedLogs"`
	FieldSelectionCriteria    string                 `json:"fieldSelectionCriteria,omitempty"`
	EmitSystemFieldDimensions []string               `json:"emitSystemFieldDimensions,omitempty"`
}

type metricTransformation struct {
	MetricName      string            `json:"metricName"`
	MetricNamespace string            `json:"metricNamespace"`
	MetricValue     string            `json:"metricValue"`
	DefaultValue    *float64          `json:"defaultValue,omitempty"`
	Dimensions      map[string]string `json:"dimensions,omitempty"`
	Unit            string            `json:"unit,omitempty"`
}

// keptMetricFilter adds what is not told.
type keptMetricFilter struct {
	metricFilter
	Account string
}

const metricFilterKind = "metric-filter"

func (g *Groups) metricFilters() shelf[keptMetricFilter] {
	return shelf[keptMetricFilter]{groups: g, kind: metricFilterKind, most: maxMetricFilters}
}

// putMetricFilter makes a filter or replaces the one of its name. It applies to
// lines that are put from now on.
func (f *Front) putMetricFilter(c *call) (any, error) {
	var in metricFilter
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	g, err := c.ownGroup(in.LogGroupName, "")
	if err != nil {
		return nil, err
	}
	if in.MetricTransformations[0].Unit == "" {
		in.MetricTransformations[0].Unit = "None"
	}
	k := keptMetricFilter{metricFilter: in, Account: c.Account}
	if _, err := compileMetricFilter(g, &k); err != nil {
		return nil, err
	}
	if _, err := f.groups.metricFilters().replace(c.Context(), g.at(), in.FilterName, c.nowMS(), k); err != nil {
		return nil, err
	}
	return nil, f.groups.load(c.Context(), g)
}

func (f *Front) deleteMetricFilter(c *call) (any, error) {
	var in metricFilter
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	g, err := c.ownGroup(in.LogGroupName, "")
	if err != nil {
		return nil, err
	}
	was, err := f.groups.metricFilters().delete(c.Context(), g.at(), in.FilterName)
	if err == nil && !was {
		err = notFound("The specified metric filter does not exist.")
	}
	if err != nil {
		return nil, err
	}
	return nil, f.groups.load(c.Context(), g)
}

// loadMetricFilters brings the filters of a group to where lines are put.
func (g *Groups) loadMetricFilters(ctx context.Context, one *group) error {
	all, err := g.metricFilters().list(ctx, one.at(), false)
	if err != nil {
		return err
	}
	filters := make([]*compiledMetric, 0, len(all))
	for i := range all {
		m, err := compileMetricFilter(one, &all[i].Body)
		if err != nil {
			return err
		}
		filters = append(filters, m)
	}
	one.mu.Lock()
	defer one.mu.Unlock()
	one.metrics = filters
	return nil
}

func (f *Front) describeMetricFilters(c *call) (any, error) {
	var in struct {
		LogGroupName, FilterNamePrefix, NextToken, MetricName, MetricNamespace string
		Limit                                                                  int
	}
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	if (in.MetricName == "") != (in.MetricNamespace == "") {
		return nil, invalidParameter("metricName and metricNamespace must be specified together.")
	}
	if in.LogGroupName != "" {
		if _, err := c.group(in.LogGroupName, ""); err != nil {
			return nil, err
		}
	}
	all, err := f.groups.metricFilters().list(c.Context(), c.at(in.LogGroupName), in.LogGroupName == "")
	if err != nil {
		return nil, err
	}
	found := []metricFilter{}
	for _, k := range all {
		m := k.Body.metricFilter
		if !strings.HasPrefix(m.FilterName, in.FilterNamePrefix) || in.MetricName != "" && !slices.ContainsFunc(m.MetricTransformations, func(t metricTransformation) bool {
			return t.MetricName == in.MetricName && t.MetricNamespace == in.MetricNamespace
		}) {
			continue
		}
		m.CreationTime = k.Created
		found = append(found, m)
	}
	return answerPage("metricFilters", listing[metricFilter]{
		limit: in.Limit, token: in.NextToken, key: func(m *metricFilter) string { return m.FilterName + "\x00" + m.LogGroupName },
		asked: asked("DescribeMetricFilters", in.LogGroupName, in.FilterNamePrefix, in.MetricName, in.MetricNamespace),
	}, found)
}

// parsePattern parses a filter pattern for an operation that says what kind of
// filter it is.
func parsePattern(what, text string) (*pattern.Pattern, error) {
	p, err := pattern.Parse(text)
	if err != nil {
		return nil, invalidParameter("Invalid " + what + " pattern: " + fault.MessageOf(err))
	}
	return p, nil
}

// testMetricFilter says which of some messages a pattern matches, and with what values.
func (f *Front) testMetricFilter(c *call) (any, error) {
	var in struct {
		FilterPattern    string
		LogEventMessages []string
	}
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	p, err := parsePattern("metric filter", in.FilterPattern)
	if err != nil {
		return nil, err
	}
	type match struct {
		EventNumber     int               `json:"eventNumber"`
		EventMessage    string            `json:"eventMessage"`
		ExtractedValues map[string]string `json:"extractedValues"`
	}
	matches := []match{}
	for i, message := range in.LogEventMessages {
		if !p.MatchString(message) {
			continue
		}
		m := match{i + 1, message, map[string]string{}}
		for _, v := range p.Values([]byte(message)) {
			m.ExtractedValues[v.Selector] = v.Value
		}
		matches = append(matches, m)
	}
	return map[string]any{"matches": matches}, nil
}
