package cloudwatch

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// maxResultRows is the most rows of one GetQueryResults.
const maxResultRows = 10_000

type resultField struct {
	Field string `json:"field"`
	Value string `json:"value"`
}

// getQueryResults is GetQueryResults. What is null is left out of a row. Of a query
// that runs it gives what the answer has come to, where that is known, without a
// token: the next call may find other rows.
func (f *Front) getQueryResults(c *call) (any, error) {
	var in struct {
		QueryID   string `json:"queryId"`
		NextToken string
		MaxItems  *int
	}
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	run := f.queries.find(in.QueryID)
	k, body, err := f.queries.get(c, in.QueryID)
	if err != nil {
		return nil, err
	}
	answer := map[string]any{"queryLanguage": languageCWLI, "status": k.Status, "statistics": k.Statistics, "results": [][]resultField{}}
	if k.Ended == 0 && run != nil {
		run.mu.Lock()
		defer run.mu.Unlock()
		answer["statistics"] = run.statistics
		if run.partial != nil {
			answer["results"] = run.partial.fields(0, min(len(run.partial.Rows), mostItems(in.MaxItems)))
		}
		return answer, nil
	}
	rows, err := f.queries.unpack(body)
	if err != nil {
		return nil, err
	}
	most := mostItems(in.MaxItems)
	from := 0
	if in.NextToken != "" {
		at, err := openToken(asked("GetQueryResults", in.QueryID), in.NextToken)
		if err != nil {
			return nil, err
		}
		if from, err = strconv.Atoi(at); err != nil {
			return nil, badToken()
		}
	}
	from = min(from, len(rows.Rows))
	to := min(from+most, len(rows.Rows))
	answer["results"] = rows.fields(from, to)
	if to < len(rows.Rows) && most > 0 {
		answer["nextToken"] = sealToken(asked("GetQueryResults", in.QueryID), strconv.Itoa(to))
	}
	return answer, nil
}

// mostItems is how many rows one answer has.
func mostItems(asked *int) int {
	if asked == nil {
		return maxResultRows
	}
	return min(max(*asked, 0), maxResultRows)
}

// fields are rows [from, to) as the service writes them.
func (r *queryRows) fields(from, to int) [][]resultField {
	results := make([][]resultField, 0, to-from)
	for _, row := range r.Rows[from:to] {
		fields := make([]resultField, 0, len(row))
		for i, v := range row {
			if v != nil {
				fields = append(fields, resultField{r.Columns[i], *v})
			}
		}
		results = append(results, fields)
	}
	return results
}

// stopQuery is StopQuery.
func (f *Front) stopQuery(c *call) (any, error) {
	var in struct {
		QueryID string `json:"queryId"`
	}
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	run := f.queries.find(in.QueryID)
	k, _, err := f.queries.get(c, in.QueryID)
	if err != nil {
		return nil, err
	}
	if run == nil || k.Ended != 0 {
		return nil, invalidParameter("The query " + cut(in.QueryID) + " is not currently running: its status is " + k.Status + ".")
	}
	run.mu.Lock()
	run.stopped = true
	run.mu.Unlock()
	run.cancel()
	return map[string]any{"success": true}, nil
}

type describedQuery struct {
	QueryID       string  `json:"queryId"`
	QueryString   string  `json:"queryString"`
	Status        string  `json:"status"`
	CreateTime    int64   `json:"createTime"`
	LogGroupName  string  `json:"logGroupName,omitempty"`
	QueryLanguage string  `json:"queryLanguage"`
	QueryDuration int64   `json:"queryDuration"`
	BytesScanned  float64 `json:"bytesScanned"`
	UserIdentity  string  `json:"userIdentity"`
}

// describeQueries is DescribeQueries: newest first.
func (f *Front) describeQueries(c *call) (any, error) {
	var in struct {
		LogGroupName, Status, QueryLanguage, NextToken string
		MaxResults                                     int
	}
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	all, err := f.queries.list(c)
	if err != nil {
		return nil, err
	}
	if in.QueryLanguage != "" && in.QueryLanguage != languageCWLI {
		all = nil
	}
	described := []describedQuery{}
	for _, k := range all {
		if in.LogGroupName != "" && !slices.Contains(k.Groups, in.LogGroupName) || in.Status != "" && in.Status != k.Status {
			continue
		}
		described = append(described, k.describe(c.nowMS()))
	}
	const usual = 1000
	if in.MaxResults == 0 {
		in.MaxResults = usual
	}
	return answerPage("queries", listing[describedQuery]{
		limit: in.MaxResults, token: in.NextToken, backward: true, asked: asked("DescribeQueries", in.LogGroupName, in.Status, in.QueryLanguage),
		key: func(d *describedQuery) string { return fmt.Sprintf("%020d %s", d.CreateTime, d.QueryID) },
	}, described)
}

func (k *keptQuery) describe(nowMS int64) describedQuery {
	ended := k.Ended
	if ended == 0 {
		ended = nowMS
	}
	d := describedQuery{
		QueryID: k.ID, QueryString: k.Query, Status: k.Status, CreateTime: k.Created, QueryLanguage: languageCWLI,
		QueryDuration: max(ended-k.Created, 0), BytesScanned: k.Statistics.BytesScanned, UserIdentity: k.Caller,
	}
	if len(k.Groups) > 0 {
		d.LogGroupName = k.Groups[0]
		quoted := make([]string, len(k.Groups))
		for i, name := range k.Groups {
			quoted[i] = strconv.Quote(name)
		}
		if first := strings.TrimSpace(k.Query); len(first) < len("source") || !strings.EqualFold(first[:len("source")], "source") {
			d.QueryString = fmt.Sprintf("SOURCE %s START=%d END=%d | %s", strings.Join(quoted, ", "), k.Start*1000, k.End*1000+999, k.Query)
		}
	}
	return d
}

// listLogGroupsForQuery is ListLogGroupsForQuery.
func (f *Front) listLogGroupsForQuery(c *call) (any, error) {
	var in struct {
		QueryID    string `json:"queryId"`
		NextToken  string
		MaxResults int
	}
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	k, _, err := f.queries.get(c, in.QueryID)
	if err != nil {
		return nil, err
	}
	return answerPage("logGroupIdentifiers", listing[string]{
		limit: in.MaxResults, token: in.NextToken, asked: asked("ListLogGroupsForQuery", in.QueryID), key: func(name *string) string { return *name },
	}, k.Groups)
}
