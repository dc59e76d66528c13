package cloudwatch

import (
	"fmt"
	"maps"
	"testing"
	"time"
)

func TestSchedule_SaysWhenItIsDue(t *testing.T) {
	t.Parallel()
	after := time.Date(2026, 1, 15, 10, 7, 30, 0, time.UTC) // a Thursday
	for _, c := range []struct{ expression, zone, want string }{
		{"cron(0 * * * ? *)", "", "2026-01-15T11:00:00Z"},
		{"cron(0/15 * * * ? *)", "", "2026-01-15T10:15:00Z"},
		{"cron(*/5 9-17 ? * MON-FRI *)", "", "2026-01-15T10:10:00Z"},
		{"cron(30 8 ? * MON *)", "", "2026-01-19T08:30:00Z"},
		{"cron(0 0 1 * ? *)", "", "2026-02-01T00:00:00Z"},
		{"cron(0 0 31 4,5 ? *)", "", "2026-05-31T00:00:00Z"},
		{"cron(0 0 29 2 ? *)", "", "2028-02-29T00:00:00Z"},
		{"cron(0 12 * * ? *)", "Europe/Berlin", "2026-01-15T11:00:00Z"},
		{"cron(30 2 * MAR ? 2027)", "", "2027-03-01T02:30:00Z"},
		{"cron(0 0 * * ? 2020)", "", ""},
		{"cron(0 0 30 2 ? *)", "", ""},
		{"rate(5 minutes)", "", "2026-01-15T10:10:00Z"},
		{"rate(1 day)", "", "2026-01-16T10:00:00Z"},
	} {
		s, err := readSchedule(c.expression, c.zone)
		if err != nil {
			t.Errorf("%s: %v", c.expression, err)
			continue
		}
		got := ""
		if at := s.next(after, testClock()); !at.IsZero() {
			got = at.Format(time.RFC3339)
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.expression, got, c.want)
		}
	}
	for _, bad := range []string{
		"", "cron()", "cron(0 0 * * * )", "cron(60 0 * * ? *)", "cron(0 0 ? * ? *)", "cron(0 0 5-1 * ? *)", "cron(*/0 0 * * ? *)", "cron(0 0 L * ? *)", "rate(0 minutes)", "rate(5 weeks)", "at(x)",
	} {
		if _, err := readSchedule(bad, ""); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

func TestScheduledQueries_RunAndRefreshATable(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.scheduler.close()
	r.fill("g", "s", 60_000, `{"user":"ada","n":1}`, 50_000, `{"user":"bob","n":2}`)
	in := object{
		"name": "users", "queryLanguage": "CWLI", "queryString": "stats sum(n) as total by user | sort user", "logGroupIdentifiers": []string{"g"},
		"scheduleExpression": "cron(0 * * * ? *)", "executionRoleArn": "arn:aws:iam::1:role/r", "startTimeOffset": 7200,
		"destinationConfiguration": object{"lookupTableConfiguration": object{"tableName": "users", "roleArn": "arn:aws:iam::1:role/r"}},
	}
	arn, _ := r.ok("CreateScheduledQuery", in)["scheduledQueryArn"].(string)
	r.fails("ConflictException", "already", "CreateScheduledQuery", in)
	run := func() {
		t.Helper()
		must(t, (&scheduler{f: r.Front}).runDue(t.Context()))
	}
	run()
	history := object{"identifier": "users", "startTime": 0, "endTime": r.now.Load() + 1e9}
	if got := names(r.ok("GetScheduledQueryHistory", history), "triggerHistory", "executionStatus"); got != "" {
		t.Errorf("it ran at once: %q", got)
	}
	r.now.Add(3_600_000)
	run()
	run()
	if got := names(r.ok("GetScheduledQueryHistory", history), "triggerHistory", "executionStatus"); got != "Complete" {
		t.Errorf("%v", r.ok("GetScheduledQueryHistory", history))
	}
	table := "arn:aws:logs:" + testRegion + ":" + r.Keys.Default().Account() + ":lookup-table:users"
	if got := r.ok("GetLookupTable", object{"lookupTableArn": table})["tableBody"]; got != "user,total\nada,1\nbob,2\n" {
		t.Errorf("%q", got)
	}
	d := r.ok("GetScheduledQuery", object{"identifier": arn})
	if d["lastExecutionStatus"] != "Complete" || d["lastTriggeredTime"] != float64(r.now.Load()) || d["name"] != "users" {
		t.Errorf("%v", d)
	}
	query := first(t, r.ok("GetScheduledQueryHistory", history), "triggerHistory")["queryId"]
	if got := fmt.Sprint(r.ok("GetQueryResults", object{"queryId": query})["status"]); got != "Complete" {
		t.Error(got)
	}
	r.ok("CreateLookupTable", object{"lookupTableName": "again", "queryId": query})
	delete(in, "name")
	in["identifier"], in["state"] = "users", "DISABLED"
	if got := r.ok("UpdateScheduledQuery", in); got["state"] != "DISABLED" || got["name"] != "users" {
		t.Errorf("%v", got)
	}
	r.now.Add(3_600_000)
	run()
	if got := names(r.ok("GetScheduledQueryHistory", history), "triggerHistory", "executionStatus"); got != "Complete" {
		t.Errorf("it ran though it is disabled: %q", got)
	}
	in["state"] = "ENABLED"
	r.ok("UpdateScheduledQuery", in)
	r.ok("DeleteLogGroup", object{"logGroupName": "g"})
	r.now.Add(3_600_000)
	run()
	if got := names(r.ok("GetScheduledQueryHistory", object{"identifier": "users", "startTime": 0, "endTime": r.now.Load()}), "triggerHistory", "executionStatus"); got != "InvalidQuery Complete" {
		t.Errorf("%q", got)
	}
	if got := names(r.ok("ListScheduledQueries", ""), "scheduledQueries", "lastExecutionStatus"); got != "InvalidQuery" {
		t.Errorf("%q", got)
	}
	r.ok("DeleteScheduledQuery", object{"identifier": "users"})
	r.fails("ResourceNotFoundException", "scheduled query does not exist", "GetScheduledQuery", object{"identifier": arn})
	r.scheduler = &scheduler{cancel: func() {}, done: make(chan struct{})}
	close(r.scheduler.done)
}

func TestScheduledQueries_AreChecked(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.ok("CreateLogGroup", object{"logGroupName": "g"})
	for want, more := range map[string]object{
		"cron(minutes": {"scheduleExpression": "x"}, "The query is not valid": {"queryString": "fitler x"}, "names no log group": {"logGroupIdentifiers": nil},
		"time zone": {"timezone": "Nowhere/X"}, "s3Configuration": {"destinationConfiguration": object{"s3Configuration": object{"destinationIdentifier": "s3://bucket/x", "roleArn": "arn:aws:iam::1:role/r"}}},
		"use CWLI": {"queryLanguage": "SQL"}, "endTimeOffset": {"startTimeOffset": 60, "endTimeOffset": 60},
	} {
		in := object{"name": "n", "queryLanguage": "CWLI", "queryString": "limit 1", "logGroupIdentifiers": []string{"g"}, "scheduleExpression": "rate(1 hour)", "executionRoleArn": "arn:aws:iam::1:role/r"}
		maps.Copy(in, more)
		r.fails("ValidationException", want, "CreateScheduledQuery", in)
	}
}
