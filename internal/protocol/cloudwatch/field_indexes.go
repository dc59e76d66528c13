package cloudwatch

import (
	"maps"
	"slices"
	"strings"
)

func indexOperations() map[string]operation {
	return map[string]operation{
		"PutIndexPolicy":        served((*Front).putIndexPolicy),
		"DescribeIndexPolicies": served((*Front).describeIndexPolicies),
		"DeleteIndexPolicy":     served((*Front).deleteIndexPolicy),
		"DescribeFieldIndexes":  served((*Front).describeFieldIndexes),
	}
}

// Every field is a column here, so an index makes nothing faster: policies are
// kept for those who manage them, and for filterIndex.

// defaultIndexes are those that every group has.
func defaultIndexes() []string {
	return []string{
		"@logStream", "@aws.region", "@aws.account", "@source.log", "@data_source_name", "@data_source_type", "@data_format",
		"traceId", "severityText", "attributes.session.id",
	}
}

type indexPolicy struct {
	LogGroupIdentifier string `json:"logGroupIdentifier"`
	LastUpdateTime     int64  `json:"lastUpdateTime"`
	PolicyDocument     string `json:"policyDocument"`
	PolicyName         string `json:"policyName,omitempty"`
	Source             string `json:"source"` // LOG_GROUP or ACCOUNT
}

func (f *Front) indexPolicies() shelf[indexPolicy] {
	return shelf[indexPolicy]{groups: f.groups, kind: "index-policy"}
}

const indexPolicyName = "index" // a group has one

func (f *Front) putIndexPolicy(c *call) (any, error) {
	var in struct{ LogGroupIdentifier, PolicyDocument string }
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	g, err := c.ownGroup("", in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	if _, err := readIndexPolicy(in.PolicyDocument); err != nil {
		return nil, err
	}
	p := indexPolicy{LogGroupIdentifier: c.groupARN(g.name), PolicyDocument: in.PolicyDocument, Source: "LOG_GROUP"}
	k, err := f.indexPolicies().replace(c.Context(), g.at(), indexPolicyName, c.nowMS(), p)
	k.Body.LastUpdateTime = k.Updated
	return map[string]any{"indexPolicy": k.Body}, err
}

// policyOf returns a group's own index policy, else the account's that selects
// it; nil if there is none.
func (f *Front) policyOf(c *call, g *group) (*indexPolicy, error) {
	own, err := f.indexPolicies().get(c.Context(), g.at(), indexPolicyName)
	if err != nil {
		return nil, err
	}
	if own != nil {
		own.Body.LastUpdateTime = own.Updated
		return &own.Body, nil
	}
	all, err := f.groups.accountPolicies().list(c.Context(), c.at(""), false)
	if err != nil {
		return nil, err
	}
	for _, k := range all {
		if k.Body.PolicyType != indexPolicyType {
			continue
		}
		if k.Body.SelectionCriteria != "" {
			criteria, err := readSelection(k.Body.SelectionCriteria)
			if err != nil || !criteria.matches(g, c.Account) {
				continue
			}
		}
		return &indexPolicy{
			LogGroupIdentifier: c.groupARN(g.name), LastUpdateTime: k.Updated, PolicyDocument: k.Body.PolicyDocument, PolicyName: k.Body.PolicyName, Source: "ACCOUNT",
		}, nil
	}
	return nil, nil //nolint:nilnil // there is none, which is no error
}

func (f *Front) describeIndexPolicies(c *call) (any, error) {
	var in struct{ LogGroupIdentifiers []string }
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	found := []indexPolicy{}
	for _, identifier := range in.LogGroupIdentifiers {
		g, err := c.group("", identifier)
		if err != nil {
			return nil, err
		}
		p, err := f.policyOf(c, g)
		if err != nil {
			return nil, err
		}
		if p != nil {
			found = append(found, *p)
		}
	}
	return map[string]any{"indexPolicies": found}, nil
}

func (f *Front) deleteIndexPolicy(c *call) (any, error) {
	g, err := c.identifiedGroup()
	if err != nil {
		return nil, err
	}
	was, err := f.indexPolicies().delete(c.Context(), g.at(), indexPolicyName)
	if err == nil && !was {
		err = notFound("The specified log group has no index policy.")
	}
	return nil, err
}

type fieldIndex struct {
	LogGroupIdentifier string `json:"logGroupIdentifier"`
	Name               string `json:"fieldIndexName"`
	LastScanTime       int64  `json:"lastScanTime"`
	FirstEventTime     int64  `json:"firstEventTime,omitempty"`
	LastEventTime      int64  `json:"lastEventTime,omitempty"`
	Type               string `json:"type"`
	Category           string `json:"indexCategory"`
}

// indexes returns the indexes of a group by name.
func (f *Front) indexes(c *call, g *group) ([]fieldIndex, error) {
	custom := map[string]bool{}
	p, err := f.policyOf(c, g)
	if err != nil {
		return nil, err
	}
	if p != nil {
		if custom, err = readIndexPolicy(p.PolicyDocument); err != nil {
			return nil, err
		}
	}
	template := fieldIndex{LogGroupIdentifier: c.groupARN(g.name), LastScanTime: c.nowMS(), Type: "FIELD_INDEX"}
	g.each(func(s *stream) {
		if s.first != 0 && (template.FirstEventTime == 0 || s.first < template.FirstEventTime) {
			template.FirstEventTime = s.first
		}
		template.LastEventTime = max(template.LastEventTime, s.last)
	})
	var all []fieldIndex
	for _, name := range defaultIndexes() {
		if _, chosen := custom[name]; !chosen {
			one := template
			one.Name, one.Category = name, "DEFAULT"
			all = append(all, one)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(custom)) {
		one := template
		if one.Name, one.Category = name, "CUSTOM"; custom[name] {
			one.Type = "FACET"
		}
		all = append(all, one)
	}
	return all, nil
}

// indexedFields names the indexed fields of a group.
func (f *Front) indexedFields(c *call, g *group) ([]string, error) {
	all, err := f.indexes(c, g)
	names := make([]string, len(all))
	for i, one := range all {
		names[i] = one.Name
	}
	return names, err
}

func (f *Front) describeFieldIndexes(c *call) (any, error) {
	var in struct {
		LogGroupIdentifiers, IndexCategories []string
		NextToken                            string
	}
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	found := []fieldIndex{}
	for _, identifier := range in.LogGroupIdentifiers {
		g, err := c.group("", identifier)
		if err != nil {
			return nil, err
		}
		all, err := f.indexes(c, g)
		if err != nil {
			return nil, err
		}
		for _, one := range all {
			if len(in.IndexCategories) == 0 && one.Category == "CUSTOM" || slices.Contains(in.IndexCategories, one.Category) {
				found = append(found, one)
			}
		}
	}
	return answerPage("fieldIndexes", listing[fieldIndex]{
		limit: 1000, token: in.NextToken, key: func(i *fieldIndex) string { return i.LogGroupIdentifier + "\x00" + i.Name },
		asked: asked("DescribeFieldIndexes", strings.Join(in.LogGroupIdentifiers, ","), strings.Join(in.IndexCategories, ",")),
	}, found)
}
