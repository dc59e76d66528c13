package sdk_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	logs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
)

func TestWatchtower_AllOfItsOptions(t *testing.T) {
	t.Parallel()
	s := startAWS(t)
	s.program(s.awsEnv(), python(t), "python/watchtower_options.py")

	groups := s.groups()
	if names, want := slices.Sorted(maps.Keys(groups)), []string{"/shop/api", "/shop/direct", "/shop/long", "/shop/made", "/shop/text", "watchtower"}; !slices.Equal(names, want) {
		t.Errorf("groups %q, want %q", names, want)
	}
	wants(t, s.streams("watchtower", 1), "*", "hello from the defaults")
	wants(t, s.streams("/shop/direct", 3), "direct", "direct 0", "direct 1", "direct 2")
	wants(t, s.streams("/shop/made", 1), "made", "made before")

	api := groups["/shop/api"]
	if api.RetentionInDays == nil || *api.RetentionInDays != 14 {
		t.Errorf("retention %v", api.RetentionInDays)
	}
	tags, err := s.sdk.ListTagsForResource(t.Context(), &logs.ListTagsForResourceInput{ResourceArn: api.LogGroupArn})
	if err != nil || !maps.Equal(tags.Tags, map[string]string{"team": "shop", "env": "prod"}) {
		t.Errorf("tags %v, %v", tags, err)
	}
	var requests []string
	for i := range 95 {
		requests = append(requests, fmt.Sprintf("request %d took %d ms", i, i*7))
	}
	streams := s.streams("/shop/api", 95+1+1+3)
	wants(t, streams, "api/20*", requests...)
	wants(t, streams, "orders", `{"event": "order", "total": 12.5, "items": [1, 2], "user": {"handle": "andrew"}, "at": "2026-01-15T10:00:00+00:00"}`)
	wants(t, streams, "own", `{"event": "order", "price": "<Decimal 9.99>"}`)
	if got := streams["records"]; len(got) != 3 || !strings.HasPrefix(got[0], `{"msg": "no such item", "levelname": "ERROR", "name": "records", "lineno": `) ||
		!strings.HasPrefix(got[1], `{"code": 7, "levelname": "WARNING"`) || !strings.HasPrefix(got[2], `{"msg": "it failed", "levelname": "ERROR"`) {
		t.Errorf("records %q", got)
	}
	long := s.streams("/shop/long", 2)
	wants(t, long, "whole", strings.Repeat("w", 900_000))
	if got := long["cut"]; len(got) != 1 || len(got[0]) != 262144-26 || strings.Trim(got[0], "c") != "" {
		t.Errorf("%d bytes are left of the message that was cut", len(got[0]))
	}
	wants(t, s.streams("/shop/text", 3), "text",
		"INFO héllo wörld 日本 🚀", "INFO two\nlines\tand a tab, \"quotes\" and \\", "INFO \x00\x1b[31mcontrol\x7f")

	// What a message says of itself are fields.
	if rows := s.insights("/shop/api", `filter user.handle = "andrew" | stats sum(total) as sum by event`); len(rows) != 1 || rows[0]["sum"] != "12.5" || rows[0]["event"] != "order" {
		t.Errorf("the order is %v", rows)
	}
}

// Every request is logged after it was handled, and found again in each of the
// ways there are.
func TestWatchtower_FlaskLogsEveryRequest(t *testing.T) {
	t.Parallel()
	s := startAWS(t)
	s.program(s.awsEnv(), python(t), "python/flask_logs.py")

	if got := s.lines("cruddur", `"127.0.0.1 GET http"`, 2); !strings.HasSuffix(*got[0].Message, "] 127.0.0.1 GET http /api/activities/andrew?full=1 200 OK") {
		t.Errorf("%q", messages(got))
	}
	if got := s.lines("cruddur", "[at, ip, method, scheme, path, status >= 400, ...]", 2); !strings.HasSuffix(*got[1].Message, "POST http /api/nowhere? 404 NOT FOUND") {
		t.Errorf("%q", messages(got))
	}
	if got := s.lines("cruddur", `{ $.user.handle = "andrew" && $.took_ms < 20 }`, 1); *got[0].Message != `{"message": "home feed", "user": {"handle": "andrew"}, "took_ms": 12}` {
		t.Errorf("%q", messages(got))
	}

	rows := s.insights("cruddur", `parse @message "[*] * * * * * *" as at, ip, method, scheme, path, code, text | filter ispresent(code) | stats count(*) as n by code, method | sort code`)
	if got := fmt.Sprint(rows); got != "[map[code:200 method:GET n:1] map[code:404 method:POST n:1] map[code:500 method:GET n:1]]" {
		t.Error(got)
	}
	rows = s.insights("cruddur", `fields user.handle, took_ms | filter took_ms > 10`)
	if len(rows) != 1 || rows[0]["user.handle"] != "andrew" || rows[0]["took_ms"] != "12" || rows[0]["@ptr"] == "" {
		t.Errorf("%v", rows)
	}

	asked := s.ask("cruddur", `VISUALIZE COUNT WHERE body contains " http /" GROUP BY log.group LAST 1h`)
	if got := fmt.Sprint(asked); got != "[[cruddur 3]]" {
		t.Errorf("Oriel's own API counts %s", got)
	}
	event := s.events("cruddur", "took_ms", 1)["12"]
	if event.Fields["log.group"] != "cruddur" || event.Fields["meta.signal_type"] != "log" || event.Fields["user.handle"] != "andrew" || event.Fields["message"] != "home feed" {
		t.Errorf("the line is %v", event.Fields)
	}
}
