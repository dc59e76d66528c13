package cloudwatch

import (
	"fmt"
	"slices"
	"strings"

	"github.com/oriel-dev/oriel/internal/protocol/aws"
)

func groupOperations() map[string]operation {
	return map[string]operation{
		"CreateLogGroup":                 served((*Front).createLogGroup),
		"DescribeLogGroups":              served((*Front).describeLogGroups),
		"ListLogGroups":                  served((*Front).listLogGroups),
		"ListAggregateLogGroupSummaries": served((*Front).listAggregateLogGroupSummaries),
		"DeleteLogGroup":                 served((*Front).deleteLogGroup),
		"PutLogGroupDeletionProtection":  served((*Front).putLogGroupDeletionProtection),
		"PutRetentionPolicy":             served((*Front).putRetentionPolicy),
		"DeleteRetentionPolicy":          served((*Front).deleteRetentionPolicy),
		"AssociateKmsKey":                served((*Front).associateKmsKey),
		"DisassociateKmsKey":             served((*Front).disassociateKmsKey),
		"PutBearerTokenAuthentication":   served((*Front).putBearerTokenAuthentication),
	}
}

// retentions are the days that the service takes.
func retentions() []int {
	return []int{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}
}

func (f *Front) createLogGroup(c *call) (any, error) {
	var in struct {
		LogGroupName, KmsKeyID, LogGroupClass string
		Tags                                  map[string]string
		DeletionProtectionEnabled             bool
	}
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	if strings.HasPrefix(strings.ToLower(in.LogGroupName), "aws/") {
		return nil, invalidParameter("Log groups starting with AWS/ are reserved for AWS.")
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	one := newGroup(c.Who.Environment, c.Region, in.LogGroupName, "", c.nowMS())
	one.kmsKey, one.protected = in.KmsKeyID, in.DeletionProtectionEnabled
	if in.LogGroupClass != "" {
		one.class = in.LogGroupClass
	}
	if one.class == classDelivery {
		one.retention = 1
	}
	return nil, f.groups.create(c.Context(), one, in.Tags)
}

// logGroup is a group on the wire.
type logGroup struct {
	Name              string           `json:"logGroupName"`
	CreationTime      int64            `json:"creationTime"`
	RetentionInDays   int              `json:"retentionInDays,omitempty"`
	MetricFilterCount int              `json:"metricFilterCount"`
	Arn               string           `json:"arn"`
	StoredBytes       int64            `json:"storedBytes"`
	KmsKeyID          string           `json:"kmsKeyId,omitempty"`
	DataProtection    protectionStatus `json:"dataProtectionStatus,omitempty"`
	Inherited         []string         `json:"inheritedProperties,omitempty"`
	Class             string           `json:"logGroupClass"`
	LogGroupArn       string           `json:"logGroupArn"`
	Protected         bool             `json:"deletionProtectionEnabled"`
	Bearer            bool             `json:"bearerTokenAuthenticationEnabled,omitempty"`
}

func (c *call) describe(g *group) logGroup {
	arn := c.groupARN(g.name)
	stored := g.storedBytes(c.nowMS())
	g.mu.RLock()
	defer g.mu.RUnlock()
	var inherited []string
	if g.inherits {
		inherited = []string{inheritedProtection}
	}
	return logGroup{
		DataProtection: g.protection, Inherited: inherited, Name: g.name, CreationTime: g.created, RetentionInDays: g.retention, MetricFilterCount: len(g.metrics), Arn: arn + ":*", StoredBytes: stored,
		KmsKeyID: g.kmsKey, Class: g.class, LogGroupArn: arn, Protected: g.protected, Bearer: g.bearer,
	}
}

// sameClass takes the two names of one class for the same.
func sameClass(a, b string) bool {
	plain := func(c string) string {
		if c == classEssentials {
			return classInfrequent
		}
		return c
	}
	return plain(a) == plain(b)
}

// tellRegions tells our own pages, which sign nothing and so have no region, in
// which there are groups.
func (c *call) tellRegions() {
	if !c.Signed() {
		c.SetHeader("X-Oriel-Regions", strings.Join(c.f.groups.regions(c.Who.Environment), ","))
	}
}

// describeLogGroups is DescribeLogGroups.
func (f *Front) describeLogGroups(c *call) (any, error) {
	var in struct {
		LogGroupNamePrefix, LogGroupNamePattern, NextToken, LogGroupClass string
		LogGroupIdentifiers, AccountIdentifiers                           []string
		Limit                                                             int
	}
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	if in.LogGroupNamePrefix != "" && in.LogGroupNamePattern != "" {
		return nil, invalidParameter("LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.")
	}
	if len(in.LogGroupIdentifiers) > 0 && (in.LogGroupNamePrefix != "" || in.LogGroupNamePattern != "") {
		return nil, invalidParameter("LogGroup identifiers and LogGroup name prefix or pattern are mutually exclusive parameters.")
	}
	var wanted []string
	for _, identifier := range in.LogGroupIdentifiers {
		if name, ours := c.groupName(identifier); ours {
			wanted = append(wanted, name)
		}
	}
	c.tellRegions()
	all := slices.DeleteFunc(f.groups.list(c.Who.Environment, c.Region), func(g *group) bool {
		return !strings.HasPrefix(g.name, in.LogGroupNamePrefix) || !strings.Contains(g.name, in.LogGroupNamePattern) ||
			in.LogGroupClass != "" && !sameClass(g.class, in.LogGroupClass) ||
			len(in.LogGroupIdentifiers) > 0 && !slices.Contains(wanted, g.name) || !c.isAccount(in.AccountIdentifiers)
	})
	page, next, err := listing[*group]{
		limit: in.Limit, token: in.NextToken, key: func(g **group) string { return (*g).name },
		asked: asked("DescribeLogGroups", in.LogGroupNamePrefix, in.LogGroupNamePattern, in.LogGroupClass, strings.Join(wanted, ",")),
	}.page(all)
	if err != nil {
		return nil, err
	}
	out := struct {
		LogGroups []logGroup `json:"logGroups"`
		NextToken string     `json:"nextToken,omitempty"`
	}{make([]logGroup, len(page)), next}
	for i, g := range page {
		out.LogGroups[i] = c.describe(g)
	}
	return out, nil
}

// isAccount reports whether the caller's account is among those that are asked
// for; there is no other.
func (c *call) isAccount(accounts []string) bool {
	return len(accounts) == 0 || slices.Contains(accounts, c.Account)
}

// groupFilter is what ListLogGroups and its like ask for.
type groupFilter struct {
	LogGroupNamePattern, LogGroupClass, NextToken string
	LogGroupTags                                  []struct {
		Key    string
		Values []string
	}
	AccountIdentifiers, FieldIndexNames []string
	DataSources                         []struct{ Name, Type string }
	Limit                               int
}

func (in *groupFilter) asked(operation string) string {
	parts := []string{operation, in.LogGroupNamePattern, in.LogGroupClass, strings.Join(in.FieldIndexNames, ",")}
	for _, tag := range in.LogGroupTags {
		parts = append(parts, tag.Key, strings.Join(tag.Values, ","))
	}
	return asked(parts...)
}

// filter returns the groups that all of the filters let through.
func (f *Front) filter(c *call, in *groupFilter) ([]*group, error) {
	var out []*group
	for _, g := range f.groups.list(c.Who.Environment, c.Region) {
		if !nameMatches(in.LogGroupNamePattern, g.name) || in.LogGroupClass != "" && !sameClass(g.class, in.LogGroupClass) ||
			!c.isAccount(in.AccountIdentifiers) || len(in.DataSources) > 0 && !f.fromSource(c, g, in) {
			continue
		}
		if len(in.LogGroupTags) > 0 {
			tags, err := f.groups.tags(c.Context(), g.resource())
			if err != nil {
				return nil, err
			}
			if !tagsMatch(in, tags) {
				continue
			}
		}
		if len(in.FieldIndexNames) > 0 {
			fields, err := f.indexedFields(c, g)
			if err != nil {
				return nil, err
			}
			if slices.ContainsFunc(in.FieldIndexNames, func(name string) bool { return !slices.Contains(fields, name) }) {
				continue
			}
		}
		out = append(out, g)
	}
	return out, nil
}

// fromSource reports whether a group's lines are of one of the data sources asked
// for. A group here has no data source but its own name.
func (f *Front) fromSource(_ *call, g *group, in *groupFilter) bool {
	for _, s := range in.DataSources {
		if s.Name == g.name && s.Type == "" {
			return true
		}
	}
	return false
}

// nameMatches matches "^prefix|part": alternatives that stand anywhere unless
// they begin with ^.
func nameMatches(pattern, name string) bool {
	if pattern == "" {
		return true
	}
	for part := range strings.SplitSeq(pattern, "|") {
		if prefix, anchored := strings.CutPrefix(part, "^"); anchored && strings.HasPrefix(name, prefix) || !anchored && strings.Contains(name, part) {
			return true
		}
	}
	return false
}

func tagsMatch(in *groupFilter, tags map[string]string) bool {
	for _, want := range in.LogGroupTags {
		value, has := tags[want.Key]
		if !has || len(want.Values) > 0 && !slices.ContainsFunc(want.Values, func(v string) bool { return tagMatches(v, value) }) {
			return false
		}
	}
	return true
}

// tagMatches matches exactly, with * in whatever case, and with ! what is not it.
func tagMatches(pattern, value string) bool {
	if rest, not := strings.CutPrefix(pattern, "!"); not {
		return !tagMatches(rest, value)
	}
	open, closed := strings.HasPrefix(pattern, "*"), strings.HasSuffix(pattern, "*")
	if !open && !closed {
		return pattern == value
	}
	part, value := strings.ToLower(strings.Trim(pattern, "*")), strings.ToLower(value)
	switch {
	case open && closed:
		return strings.Contains(value, part)
	case open:
		return strings.HasSuffix(value, part)
	}
	return strings.HasPrefix(value, part)
}

// listLogGroups is ListLogGroups.
func (f *Front) listLogGroups(c *call) (any, error) {
	var in groupFilter
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	all, err := f.filter(c, &in)
	if err != nil {
		return nil, err
	}
	c.tellRegions()
	page, next, err := listing[*group]{
		limit: in.Limit, token: in.NextToken, key: func(g **group) string { return (*g).name }, asked: in.asked("ListLogGroups"),
	}.page(all)
	if err != nil {
		return nil, err
	}
	type listed struct {
		LogGroupName  string `json:"logGroupName"`
		LogGroupArn   string `json:"logGroupArn"`
		LogGroupClass string `json:"logGroupClass"`
	}
	out := struct {
		LogGroups []listed `json:"logGroups"`
		NextToken string   `json:"nextToken,omitempty"`
	}{make([]listed, len(page)), next}
	for i, g := range page {
		out.LogGroups[i] = listed{g.name, c.groupARN(g.name), g.class}
	}
	return out, nil
}

// listAggregateLogGroupSummaries counts the groups by data source: all of ours
// are of none.
func (f *Front) listAggregateLogGroupSummaries(c *call) (any, error) {
	var in struct {
		groupFilter
		GroupBy string
	}
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	all, err := f.filter(c, &in.groupFilter)
	if err != nil {
		return nil, err
	}
	type identifier struct {
		Key   string `json:"key"`
		Value string `json:"value"`
	}
	type summary struct {
		LogGroupCount       int          `json:"logGroupCount"`
		GroupingIdentifiers []identifier `json:"groupingIdentifiers"`
	}
	out := []summary{}
	if len(all) > 0 {
		ids := []identifier{{"dataSourceName", "Unknown"}, {"dataSourceType", "Unknown"}}
		if strings.HasSuffix(in.GroupBy, "_AND_FORMAT") {
			ids = append(ids, identifier{"dataFormat", "Unknown"})
		}
		out = append(out, summary{len(all), ids})
	}
	return map[string]any{"aggregateLogGroupSummaries": out}, nil
}

func (f *Front) deleteLogGroup(c *call) (any, error) {
	g, err := c.namedGroup()
	if err != nil {
		return nil, err
	}
	return nil, f.groups.delete(c.Context(), g)
}

func (f *Front) putLogGroupDeletionProtection(c *call) (any, error) {
	var in struct {
		LogGroupIdentifier        string
		DeletionProtectionEnabled bool
	}
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	g, err := c.ownGroup("", in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	return nil, f.groups.update(c.Context(), g, func(g *group) { g.protected = in.DeletionProtectionEnabled })
}

func (f *Front) putRetentionPolicy(c *call) (any, error) {
	var in struct {
		LogGroupName    string
		RetentionInDays int
	}
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	if days := retentions(); !slices.Contains(days, in.RetentionInDays) {
		return nil, invalidParameter(fmt.Sprintf("1 validation error detected: Value '%d' at 'retentionInDays' failed to satisfy constraint: Member must satisfy enum value set: [%s]",
			in.RetentionInDays, strings.ReplaceAll(strings.Trim(fmt.Sprint(days), "[]"), " ", ", ")))
	}
	g, err := c.ownGroup(in.LogGroupName, "")
	if err != nil {
		return nil, err
	}
	return nil, f.groups.update(c.Context(), g, func(g *group) { g.retention = in.RetentionInDays })
}

func (f *Front) deleteRetentionPolicy(c *call) (any, error) {
	g, err := c.namedGroup()
	if err != nil {
		return nil, err
	}
	return nil, f.groups.update(c.Context(), g, func(g *group) { g.retention = 0 })
}

// kmsRequest names a group, or by resourceIdentifier a group or the results of
// queries, which are not encrypted apart here.
type kmsRequest struct{ LogGroupName, ResourceIdentifier, KmsKeyID string }

func (f *Front) setKmsKey(c *call, key func(in *kmsRequest) string) (any, error) {
	var in kmsRequest
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	if in.LogGroupName != "" && in.ResourceIdentifier != "" {
		return nil, invalidParameter("logGroupName and resourceIdentifier are mutually exclusive parameters.")
	}
	if strings.HasPrefix(in.ResourceIdentifier, c.arn("query-result:")) {
		return nil, &aws.Error{Code: "InvalidParameterException", Message: "Results of queries are not encrypted with a key of their own by this server; name a log group."}
	}
	g, err := c.ownGroup(in.LogGroupName, in.ResourceIdentifier)
	if err != nil {
		return nil, err
	}
	return nil, f.groups.update(c.Context(), g, func(g *group) { g.kmsKey = key(&in) })
}

func (f *Front) associateKmsKey(c *call) (any, error) {
	return f.setKmsKey(c, func(in *kmsRequest) string { return in.KmsKeyID })
}

func (f *Front) disassociateKmsKey(c *call) (any, error) {
	return f.setKmsKey(c, func(*kmsRequest) string { return "" })
}

func (f *Front) putBearerTokenAuthentication(c *call) (any, error) {
	var in struct {
		LogGroupIdentifier               string
		BearerTokenAuthenticationEnabled bool
	}
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	g, err := c.ownGroup("", in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	return nil, f.groups.update(c.Context(), g, func(g *group) { g.bearer = in.BearerTokenAuthenticationEnabled })
}
