package cloudwatch

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/oriel-dev/oriel/internal/dataset"
	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/protocol/aws"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/query/insights"
)

func insightsOperations() map[string]operation {
	return map[string]operation{
		"StartQuery":            served((*Front).startQuery),
		"GetQueryResults":       served((*Front).getQueryResults),
		"StopQuery":             served((*Front).stopQuery),
		"DescribeQueries":       served((*Front).describeQueries),
		"ListLogGroupsForQuery": served((*Front).listLogGroupsForQuery),
	}
}

// languageCWLI is the one language of queries that is spoken.
const languageCWLI = "CWLI"

const maxQueryGroups = 50

type startQueryRequest struct {
	StartTime, EndTime  int64
	QueryString         string
	QueryLanguage       string
	Limit               int
	LogGroupName        string
	LogGroupNames       []string
	LogGroupIdentifiers []string
}

// startQuery is StartQuery: what is wrong in the text is said at once.
func (f *Front) startQuery(c *call) (any, error) {
	var in startQueryRequest
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	if in.QueryLanguage != "" && in.QueryLanguage != languageCWLI {
		return nil, invalidParameter("The query language " + in.QueryLanguage + " is not served by Oriel; use CWLI.")
	}
	in.StartTime, in.EndTime = inSeconds(in.StartTime), inSeconds(in.EndTime)
	if in.EndTime < in.StartTime {
		return nil, invalidParameter(fmt.Sprintf("End time should not be before start time: endTime is %d, startTime is %d.", in.EndTime, in.StartTime))
	}
	names, err := c.queryGroups(&in)
	if err != nil {
		return nil, err
	}
	o, err := c.insightsOptions(&in, names)
	if err != nil {
		return nil, err
	}
	p, err := insights.Compile(in.QueryString, o)
	if err != nil {
		return nil, malformed(err)
	}
	if len(names) == 0 && !p.Sourced {
		return nil, invalidParameter("The query names no log group: give logGroupName, logGroupNames or logGroupIdentifiers, or begin the query with SOURCE.")
	}
	id, err := f.queries.start(c, &in, p, o)
	if err != nil {
		return nil, err
	}
	return map[string]any{"queryId": id}, nil
}

// inSeconds takes times in milliseconds, too: some callers send them.
func inSeconds(at int64) int64 {
	const seconds = 100_000_000_000 // the year 5138
	if at > seconds {
		return at / 1000
	}
	return at
}

// queryGroups are the names of the groups that a request gives; only one member
// may give them.
func (c *call) queryGroups(in *startQueryRequest) ([]string, error) {
	given := 0
	var names []string
	if in.LogGroupName != "" {
		given++
		names = []string{in.LogGroupName}
	}
	if len(in.LogGroupNames) > 0 {
		given++
		names = in.LogGroupNames
	}
	if len(in.LogGroupIdentifiers) > 0 {
		given++
		for _, identifier := range in.LogGroupIdentifiers {
			name, ours := c.groupName(identifier)
			if !ours {
				return nil, c.noSuchQueryGroup(identifier)
			}
			names = append(names, name)
		}
	}
	switch {
	case given > 1:
		return nil, invalidParameter("Only one of logGroupName, logGroupNames and logGroupIdentifiers can be given.")
	case len(names) > maxQueryGroups:
		return nil, invalidParameter(fmt.Sprintf("The query names %d log groups; at most %d are possible.", len(names), maxQueryGroups))
	}
	return names, nil
}

func (c *call) noSuchQueryGroup(name string) error {
	return notFound(fmt.Sprintf("Log group '%s' does not exist for account ID '%s' (Service: AWSLogs; Status Code: 400; Error Code: ResourceNotFoundException; Request ID: %s; Proxy: null)",
		cut(name), c.Account, c.RequestID))
}

// insightsOptions are what the text is read against.
func (c *call) insightsOptions(in *startQueryRequest, names []string) (insights.Options, error) {
	groups := c.f.groups
	o := insights.Options{
		Environment: c.Who.Environment, Account: c.Account, Region: c.Region, Now: c.f.Clock().UnixNano(), Limit: in.Limit,
		Start: in.StartTime * int64(time.Second), End: (in.EndTime + 1) * int64(time.Second),
	}
	found := map[string]*group{}
	add := func(g *group) insights.Group {
		slug := g.dataset
		if slug == dataset.All {
			slug = ""
		}
		found[g.name] = g
		return insights.Group{Dataset: slug, Name: g.name}
	}
	for _, name := range names {
		g := groups.find(c.Who.Environment, c.Region, name)
		if g == nil {
			return o, c.noSuchQueryGroup(name)
		}
		if found[name] == nil {
			o.Groups = append(o.Groups, add(g))
		}
	}
	o.Resolve = func(s insights.Source) ([]insights.Group, error) {
		list, err := c.sourceGroups(s)
		if err != nil {
			return nil, err
		}
		out := make([]insights.Group, len(list))
		for i, g := range list {
			out[i] = add(g)
		}
		return out, nil
	}
	o.Table = func(name string) (*query.Table, error) {
		columns, rows, err := c.f.lookupRows(c.Context(), c.at(""), name)
		if err != nil {
			return nil, fault.Wrap(fault.NotFound, err, "there is no lookup table "+cut(name))
		}
		return &query.Table{Name: name, Columns: columns, Rows: rows}, nil
	}
	o.Spans = func(list []insights.Group) bool {
		return slices.ContainsFunc(list, func(g insights.Group) bool { return found[g.Name].spans })
	}
	now := c.nowMS()
	o.Where = func(list []insights.Group) query.Expr {
		chosen := make([]*group, len(list))
		for i, g := range list {
			chosen[i] = found[g.Name]
		}
		return theirLines(chosen, o.Start, now)
	}
	o.Masked = func(list []insights.Group) string {
		for _, g := range list {
			if one := found[g.Name]; one != nil && one.unmaskable(true) != nil {
				return g.Name
			}
		}
		return ""
	}
	return c.f.Querier.InsightsFields(o), nil
}

// sourceGroups are the groups that a SOURCE command names.
func (c *call) sourceGroups(s insights.Source) ([]*group, error) {
	if len(s.DataSets) > 0 {
		return nil, fault.New(fault.Unsupported, "dataSource is not served by Oriel: name log groups in SOURCE")
	}
	for _, account := range s.Accounts {
		if account != c.Account && !strings.EqualFold(account, "all") {
			return nil, fault.New(fault.NotFound, "there is no account %s here; the caller's is %s", account, c.Account)
		}
	}
	var list []*group
	for _, g := range c.f.groups.list(c.Who.Environment, c.Region) {
		wanted := slices.Contains(s.Names, g.name) || len(s.Names)+len(s.Prefixes) == 0
		wanted = wanted || slices.ContainsFunc(s.Prefixes, func(prefix string) bool { return strings.HasPrefix(g.name, prefix) })
		if len(s.Class) > 0 && !slices.ContainsFunc(s.Class, func(class string) bool { return strings.EqualFold(class, g.class) }) {
			wanted = false
		}
		if wanted {
			list = append(list, g)
		}
	}
	if slices.Contains(s.Names, spansGroup) {
		list = append(list, c.f.groups.find(c.Who.Environment, c.Region, spansGroup))
	}
	if len(list) == 0 {
		return nil, fault.New(fault.NotFound, "SOURCE names no log group that there is")
	}
	return list, nil
}

// theirLines is the condition for lines of groups: none that have expired or
// whose stream was deleted, and of virtual groups only what they show. Nil if
// there is nothing to leave out.
func theirLines(groups []*group, start, nowMS int64) query.Expr {
	var all query.Or
	some := false
	for _, g := range groups {
		own := query.And{}
		lines := g.lines(lineRange{start, math.MaxInt64}, nowMS)
		if lines.Start > start {
			own.Terms = append(own.Terms, query.Compare{Op: query.Ge, L: query.Field{Name: event.SystemTime}, R: query.Literal{Value: event.IntValue(lines.Start)}})
		}
		for _, s := range lines.Stages {
			if s, ok := s.(query.Filter); ok {
				own.Terms = append(own.Terms, s.Where)
			}
		}
		some = some || len(own.Terms) > 0
		if len(groups) > 1 && !g.spans {
			own.Terms = append(own.Terms, query.Compare{Op: query.Eq, L: query.Field{Name: event.SystemDataset}, R: query.Literal{Value: event.StringValue(g.dataset)}})
		}
		all.Terms = append(all.Terms, own)
	}
	if !some {
		return nil
	}
	return all
}

// malformed is an error in a text as the service says it.
func malformed(err error) error {
	where, ok := errors.AsType[*insights.Error](err)
	if !ok {
		return err
	}
	return &aws.Error{Code: "MalformedQueryException", Message: where.Message, Members: map[string]any{
		"queryCompileError": map[string]any{
			"location": map[string]int{"startCharOffset": where.Start, "endCharOffset": where.End}, "message": where.Message,
		},
	}}
}
