package cloudwatch

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/oriel-dev/oriel/internal/protocol/aws"
	"github.com/oriel-dev/oriel/internal/query/insights"
)

func scheduleOperations() map[string]operation {
	return map[string]operation{
		"CreateScheduledQuery":     served((*Front).createScheduledQuery),
		"UpdateScheduledQuery":     served((*Front).updateScheduledQuery),
		"GetScheduledQuery":        served((*Front).getScheduledQuery),
		"ListScheduledQueries":     served((*Front).listScheduledQueries),
		"DeleteScheduledQuery":     served((*Front).deleteScheduledQuery),
		"GetScheduledQueryHistory": served((*Front).getScheduledQueryHistory),
	}
}

const (
	scheduleKind   = "scheduled-query"
	runKind        = "scheduled-query-run"
	maxSchedules   = 1000
	maxHistory     = 1000 // runs of one that are remembered
	scheduleOn     = "ENABLED"
	scheduleOff    = "DISABLED"
	runInvalid     = "InvalidQuery"
	defaultLookAge = 3600 // seconds before a run that it asks about, unless it is said
)

// scheduledQuery is a scheduled query on the wire. Times are Unix ms.
type scheduledQuery struct {
	Arn                      string                `json:"scheduledQueryArn"`
	Name                     string                `json:"name"`
	Description              string                `json:"description,omitempty"`
	QueryLanguage            string                `json:"queryLanguage,omitempty"`
	QueryString              string                `json:"queryString,omitempty"`
	LogGroupIdentifiers      []string              `json:"logGroupIdentifiers,omitempty"`
	ScheduleExpression       string                `json:"scheduleExpression"`
	Timezone                 string                `json:"timezone,omitempty"`
	StartTimeOffset          *int64                `json:"startTimeOffset,omitempty"`
	EndTimeOffset            *int64                `json:"endTimeOffset,omitempty"`
	DestinationConfiguration *scheduleDestinations `json:"destinationConfiguration,omitempty"`
	State                    string                `json:"state"`
	ScheduleType             string                `json:"scheduleType"`
	LastTriggeredTime        int64                 `json:"lastTriggeredTime,omitempty"`
	LastExecutionStatus      string                `json:"lastExecutionStatus,omitempty"`
	ScheduleStartTime        int64                 `json:"scheduleStartTime,omitempty"`
	ScheduleEndTime          int64                 `json:"scheduleEndTime,omitempty"`
	ExecutionRoleArn         string                `json:"executionRoleArn,omitempty"`
	CreationTime             int64                 `json:"creationTime"`
	LastUpdatedTime          int64                 `json:"lastUpdatedTime"`
}

type scheduleDestinations struct {
	S3Configuration          *struct{ DestinationIdentifier string } `json:"s3Configuration,omitempty"`
	LookupTableConfiguration *scheduleTable                          `json:"lookupTableConfiguration,omitempty"`
}

type scheduleTable struct {
	TableName   string            `json:"tableName"`
	RoleArn     string            `json:"roleArn"`
	Description string            `json:"description,omitempty"`
	KmsKeyID    string            `json:"kmsKeyId,omitempty"`
	Tags        map[string]string `json:"tags,omitempty"`
}

// keptSchedule adds what is not told.
type keptSchedule struct {
	scheduledQuery
	Account string
	Edited  int64 // when somebody changed it, Unix ms
}

// scheduledRun is one run of a scheduled query.
type scheduledRun struct {
	QueryID            string           `json:"queryId,omitempty"`
	ExecutionStatus    string           `json:"executionStatus"`
	TriggeredTimestamp int64            `json:"triggeredTimestamp"`
	ErrorMessage       string           `json:"errorMessage,omitempty"`
	Destinations       []runDestination `json:"destinations,omitempty"`
}

type runDestination struct {
	Type       string `json:"destinationType"`
	Identifier string `json:"destinationIdentifier"`
	Status     string `json:"status"`
	Processed  string `json:"processedIdentifier,omitempty"`
	Error      string `json:"errorMessage,omitempty"`
}

func (g *Groups) schedules() shelf[keptSchedule] {
	return shelf[keptSchedule]{groups: g, kind: scheduleKind, most: maxSchedules}
}

func (g *Groups) runs() shelf[scheduledRun] { return shelf[scheduledRun]{groups: g, kind: runKind} }

// checkSchedule checks what the model can't.
func (f *Front) checkSchedule(c *call, q *scheduledQuery) error {
	if q.QueryLanguage != languageCWLI {
		return validation("The query language " + q.QueryLanguage + " is not served by Oriel; use CWLI.")
	}
	if _, err := readSchedule(q.ScheduleExpression, q.Timezone); err != nil {
		return err
	}
	if d := q.DestinationConfiguration; d != nil && d.S3Configuration != nil {
		return validation("s3Configuration is not served by this version of Oriel: results are kept for seven days (GetQueryResults), or refresh a lookup table.")
	}
	if q.from() >= q.to() {
		return validation(fmt.Sprintf("startTimeOffset is %d and endTimeOffset %d; a run asks about the time from the first number of seconds before it to the second.", -q.from(), -q.to()))
	}
	if q.State == "" {
		q.State = scheduleOn
	}
	in := startQueryRequest{QueryString: q.QueryString, LogGroupIdentifiers: q.LogGroupIdentifiers, EndTime: 1}
	names, err := c.queryGroups(&in)
	if err != nil {
		return err
	}
	o, err := c.insightsOptions(&in, names)
	if err != nil {
		return err
	}
	p, err := insights.Compile(q.QueryString, o)
	if err != nil {
		return validation("The query is not valid: " + malformed(err).Error())
	}
	if len(names) == 0 && !p.Sourced {
		return validation("The query names no log group: give logGroupIdentifiers, or begin the query with SOURCE.")
	}
	return nil
}

// from and to are the range of a run, in seconds from it; both are 0 or below.
func (q *scheduledQuery) from() int64 { return offset(q.StartTimeOffset, defaultLookAge) }

func (q *scheduledQuery) to() int64 { return offset(q.EndTimeOffset, 0) }

// offset takes seconds before a run with or without their sign.
func offset(given *int64, fallback int64) int64 {
	if given == nil {
		return -fallback
	}
	if *given > 0 {
		return -*given
	}
	return *given
}

func (f *Front) createScheduledQuery(c *call) (any, error) {
	var in struct {
		scheduledQuery
		Tags map[string]string
	}
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	if err := f.checkSchedule(c, &in.scheduledQuery); err != nil {
		return nil, err
	}
	all, err := f.groups.schedules().list(c.Context(), c.at(""), false)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(all, func(k kept[keptSchedule]) bool { return k.Body.Name == in.Name }) {
		return nil, inConflict("There is a scheduled query of the name " + cut(in.Name) + " already.")
	}
	id := aws.NewID()
	q := in.scheduledQuery
	q.Arn, q.ScheduleType = c.arn(scheduleKind+":"+id), "CUSTOMER_MANAGED"
	q.LastTriggeredTime, q.LastExecutionStatus = 0, ""
	if _, err := f.groups.schedules().replace(c.Context(), c.at(""), id, c.nowMS(), keptSchedule{q, c.Account, c.nowMS()}); err != nil {
		return nil, err
	}
	return map[string]any{"scheduledQueryArn": q.Arn, "state": q.State}, c.keepTags(scheduleKind, id, in.Tags)
}

// schedule finds a scheduled query by name or ARN.
func (f *Front) schedule(c *call, identifier string) (*kept[keptSchedule], error) {
	all, err := f.groups.schedules().list(c.Context(), c.at(""), false)
	if err != nil {
		return nil, err
	}
	for i := range all {
		if all[i].Body.Name == identifier || all[i].Body.Arn == identifier {
			return &all[i], nil
		}
	}
	return nil, notFound("The specified scheduled query does not exist: " + cut(identifier))
}

// onWire is a scheduled query with its times.
func onWire(k *kept[keptSchedule]) scheduledQuery {
	q := k.Body.scheduledQuery
	q.CreationTime, q.LastUpdatedTime = k.Created, k.Body.Edited
	return q
}

// updateScheduledQuery replaces all that is said of one.
func (f *Front) updateScheduledQuery(c *call) (any, error) {
	var in struct {
		scheduledQuery
		Identifier string
	}
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	if err := f.checkSchedule(c, &in.scheduledQuery); err != nil {
		return nil, err
	}
	found, err := f.schedule(c, in.Identifier)
	if err != nil {
		return nil, err
	}
	k, err := f.groups.schedules().put(c.Context(), c.at(""), found.Name, c.nowMS(), func(old *kept[keptSchedule]) (keptSchedule, error) {
		if old == nil {
			return keptSchedule{}, notFound("The specified scheduled query does not exist: " + cut(in.Identifier))
		}
		q := in.scheduledQuery
		q.Name, q.Arn, q.ScheduleType = old.Body.Name, old.Body.Arn, old.Body.ScheduleType
		q.LastTriggeredTime, q.LastExecutionStatus = old.Body.LastTriggeredTime, old.Body.LastExecutionStatus
		return keptSchedule{q, c.Account, c.nowMS()}, nil
	})
	if err != nil {
		return nil, err
	}
	return onWire(&k), nil
}

func (f *Front) getScheduledQuery(c *call) (any, error) {
	var in struct{ Identifier string }
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	k, err := f.schedule(c, in.Identifier)
	if err != nil {
		return nil, err
	}
	return onWire(k), nil
}

func (f *Front) listScheduledQueries(c *call) (any, error) {
	var in struct {
		NextToken, State, ScheduleType string
		MaxResults                     int
	}
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	all, err := f.groups.schedules().list(c.Context(), c.at(""), false)
	if err != nil {
		return nil, err
	}
	found := []scheduledQuery{}
	for i := range all {
		q := onWire(&all[i])
		if (in.State == "" || in.State == q.State) && (in.ScheduleType == "" || in.ScheduleType == q.ScheduleType) {
			q.QueryLanguage, q.QueryString, q.LogGroupIdentifiers, q.Description, q.ExecutionRoleArn = "", "", nil, "", "" // a listing is short
			found = append(found, q)
		}
	}
	return answerPage("scheduledQueries", listing[scheduledQuery]{
		limit: in.MaxResults, token: in.NextToken, key: func(q *scheduledQuery) string { return q.Name }, asked: asked("ListScheduledQueries", in.State, in.ScheduleType),
	}, found)
}

func (f *Front) deleteScheduledQuery(c *call) (any, error) {
	var in struct{ Identifier string }
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	k, err := f.schedule(c, in.Identifier)
	if err != nil {
		return nil, err
	}
	if _, err := f.groups.schedules().delete(c.Context(), c.at(""), k.Name); err != nil {
		return nil, err
	}
	return nil, f.groups.trimRuns(c.Context(), c.at(k.Name), 0)
}

// getScheduledQueryHistory lists the runs of a time range (Unix ms), newest first.
func (f *Front) getScheduledQueryHistory(c *call) (any, error) {
	var in struct {
		Identifier, NextToken string
		StartTime, EndTime    int64
		ExecutionStatuses     []string
		MaxResults            int
	}
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	k, err := f.schedule(c, in.Identifier)
	if err != nil {
		return nil, err
	}
	all, err := f.groups.runs().list(c.Context(), c.at(k.Name), false)
	if err != nil {
		return nil, err
	}
	found := []scheduledRun{}
	for _, r := range all {
		if at := r.Body.TriggeredTimestamp; at >= in.StartTime && at <= in.EndTime && (len(in.ExecutionStatuses) == 0 || slices.Contains(in.ExecutionStatuses, r.Body.ExecutionStatus)) {
			found = append(found, r.Body)
		}
	}
	answer, err := answerPage("triggerHistory", listing[scheduledRun]{
		limit: in.MaxResults, token: in.NextToken, key: func(r *scheduledRun) string { return runName(r.TriggeredTimestamp) }, backward: true,
		asked: asked("GetScheduledQueryHistory", k.Name, fmt.Sprint(in.StartTime, in.EndTime), strings.Join(in.ExecutionStatuses, ",")),
	}, found)
	if err != nil {
		return nil, err
	}
	out, _ := answer.(map[string]any)
	out["name"], out["scheduledQueryArn"] = k.Body.Name, k.Body.Arn
	return out, nil
}

// runName orders runs by time.
func runName(ms int64) string { return fmt.Sprintf("%020d", ms) }

// due returns when a scheduled query is to run next; zero: never.
func (q *keptSchedule) due(created int64) time.Time {
	s, err := readSchedule(q.ScheduleExpression, q.Timezone)
	if err != nil || q.State != scheduleOn {
		return time.Time{}
	}
	start := time.UnixMilli(max(created, q.ScheduleStartTime))
	after := time.UnixMilli(max(created, q.Edited, q.LastTriggeredTime, q.ScheduleStartTime-1))
	at := s.next(after, start)
	if q.ScheduleEndTime > 0 && at.UnixMilli() > q.ScheduleEndTime {
		return time.Time{}
	}
	return at
}
