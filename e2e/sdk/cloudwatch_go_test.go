package sdk_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	logs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	oldaws "github.com/aws/aws-sdk-go/aws"
	oldcredentials "github.com/aws/aws-sdk-go/aws/credentials"
	"github.com/aws/aws-sdk-go/aws/session"
	oldlogs "github.com/aws/aws-sdk-go/service/cloudwatchlogs"
)

func TestAWSGoV2_PagesOfGroupsStreamsAndLines(t *testing.T) {
	t.Parallel()
	s := startAWS(t)
	for i := range 60 {
		if _, err := s.sdk.CreateLogGroup(t.Context(), &logs.CreateLogGroupInput{LogGroupName: aws.String(fmt.Sprintf("/pages/%02d", i))}); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(s.groups()); n != 60 {
		t.Errorf("%d groups over all pages", n)
	}
	group, want := "/pages/00", []string{}
	for i := range 12 {
		stream := fmt.Sprintf("s%02d", i)
		if _, err := s.sdk.CreateLogStream(t.Context(), &logs.CreateLogStreamInput{LogGroupName: &group, LogStreamName: &stream}); err != nil {
			t.Fatal(err)
		}
		s.put(group, stream, "a "+stream, "b "+stream)
		want = append(want, "a "+stream, "b "+stream)
	}
	streams, pages := 0, logs.NewDescribeLogStreamsPaginator(s.sdk, &logs.DescribeLogStreamsInput{LogGroupName: &group, Limit: aws.Int32(5)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, stream := range page.LogStreams {
			if stream.LastEventTimestamp == nil || stream.UploadSequenceToken == nil {
				t.Errorf("%+v", stream)
			}
		}
		streams += len(page.LogStreams)
	}
	if streams != 12 {
		t.Errorf("%d streams over all pages", streams)
	}
	found := logs.NewFilterLogEventsPaginator(s.sdk, &logs.FilterLogEventsInput{LogGroupName: &group, Limit: aws.Int32(7)})
	var got []string
	for found.HasMorePages() {
		page, err := found.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, messages(page.Events)...)
	}
	slices.Sort(got) // those of one millisecond come as they came in
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	read := logs.NewGetLogEventsPaginator(s.sdk, &logs.GetLogEventsInput{LogGroupName: &group, LogStreamName: aws.String("s03"), Limit: aws.Int32(1), StartFromHead: aws.Bool(true)},
		func(o *logs.GetLogEventsPaginatorOptions) { o.StopOnDuplicateToken = true })
	got = nil
	for read.HasMorePages() {
		page, err := read.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Events {
			got = append(got, *e.Message)
		}
	}
	if !slices.Equal(got, []string{"a s03", "b s03"}) {
		t.Errorf("the stream page by page is %q", got)
	}
}

func TestAWSGoV2_ErrorsAreTheModels(t *testing.T) {
	t.Parallel()
	s := startAWS(t)
	s.make("/a", "a")
	_, err := s.sdk.CreateLogGroup(t.Context(), &logs.CreateLogGroupInput{LogGroupName: aws.String("/a")})
	if exists, is := errors.AsType[*types.ResourceAlreadyExistsException](err); !is || exists.ErrorMessage() != "The specified log group already exists" {
		t.Error(err)
	}
	_, err = s.sdk.FilterLogEvents(t.Context(), &logs.FilterLogEventsInput{LogGroupName: aws.String("/none")})
	if _, is := errors.AsType[*types.ResourceNotFoundException](err); !is {
		t.Error(err)
	}
	_, err = s.sdk.FilterLogEvents(t.Context(), &logs.FilterLogEventsInput{LogGroupName: aws.String("/a"), NextToken: aws.String("nonsense")})
	if _, is := errors.AsType[*types.InvalidParameterException](err); !is {
		t.Error(err)
	}
	_, err = s.sdk.StartQuery(t.Context(), &logs.StartQueryInput{LogGroupName: aws.String("/a"), QueryString: aws.String("fields @message | filtre x = 1"), StartTime: aws.Int64(0), EndTime: aws.Int64(1)})
	if e, is := errors.AsType[*types.MalformedQueryException](err); !is || e.QueryCompileError == nil || *e.QueryCompileError.Location.StartCharOffset != 18 {
		t.Errorf("%v %+v", err, e)
	}
}

// Everything from the environment, as an app has it.
func TestAWSGoV2_ByTheEnvironmentAlone(t *testing.T) {
	s := startAWS(t)
	for _, pair := range s.awsEnv() {
		name, value, _ := strings.Cut(pair, "=")
		t.Setenv(name, value)
	}
	cfg, err := config.LoadDefaultConfig(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.sdk = logs.NewFromConfig(cfg)
	s.make("/env", "a")
	s.put("/env", "a", "hello")
	s.lines("/env", "hello", 1)
}

func TestAWSGoV2_LiveTail(t *testing.T) {
	t.Parallel()
	s := startAWS(t)
	s.make("/live", "a")
	group := *s.groups()["/live"].LogGroupArn
	proxy, err := url.Parse(s.url())
	if err != nil {
		t.Fatal(err)
	}
	// This SDK has no setting that leaves the prefix off, and no name is made for
	// it: the request goes to the server as to a proxy.
	client := logs.New(logs.Options{
		BaseEndpoint: aws.String(s.url()), Region: awsRegion, Credentials: credentials.NewStaticCredentialsProvider(s.id, s.secret, ""),
		HTTPClient: &http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(proxy)}},
	})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	out, err := client.StartLiveTail(ctx, &logs.StartLiveTailInput{LogGroupIdentifiers: []string{group}, LogEventFilterPattern: aws.String(`{ $.n > 0 }`)})
	if err != nil {
		t.Fatal(err)
	}
	stream := out.GetStream()
	defer func() { _ = stream.Close() }()
	start, is := (<-stream.Events()).(*types.StartLiveTailResponseStreamMemberSessionStart)
	if !is || *start.Value.SessionId == "" || !slices.Equal(start.Value.LogGroupIdentifiers, []string{group}) {
		t.Fatalf("the session starts with %+v", start)
	}
	const n = 1200
	var texts []string
	for i := range n + 1 {
		texts = append(texts, fmt.Sprintf(`{"n":%d}`, i))
	}
	s.put("/live", "a", texts...)
	seen := 0
	for seen < n {
		e, open := <-stream.Events()
		if !open {
			t.Fatalf("the stream ended after %d lines: %v", seen, stream.Err())
		}
		update, is := e.(*types.StartLiveTailResponseStreamMemberSessionUpdate)
		if !is || update.Value.SessionMetadata.Sampled || len(update.Value.SessionResults) > 500 {
			t.Fatalf("%+v", e)
		}
		for _, line := range update.Value.SessionResults {
			seen++
			if *line.Message != fmt.Sprintf(`{"n":%d}`, seen) || *line.LogStreamName != "a" || *line.Timestamp == 0 || *line.IngestionTime == 0 || !strings.HasSuffix(*line.LogGroupIdentifier, ":/live") {
				t.Fatalf("line %d is %s", seen, *line.Message)
			}
		}
	}
	if _, err := client.StartLiveTail(ctx, &logs.StartLiveTailInput{LogGroupIdentifiers: []string{group + "x"}}); err == nil {
		t.Error("a group that is not there is followed")
	} else if _, is := errors.AsType[*types.ResourceNotFoundException](err); !is {
		t.Error(err)
	}
}

// A server that stops says so to who follows.
func TestAWSGoV2_LiveTailEndsWithTheServer(t *testing.T) {
	t.Parallel()
	s := startAWS(t)
	s.make("/live", "a")
	client := logs.New(logs.Options{
		BaseEndpoint: aws.String(s.url()), Region: awsRegion, Credentials: credentials.NewStaticCredentialsProvider(s.id, s.secret, ""),
		HTTPClient: &http.Client{Transport: &http.Transport{Proxy: func(*http.Request) (*url.URL, error) { return url.Parse(s.url()) }}},
	})
	out, err := client.StartLiveTail(t.Context(), &logs.StartLiveTailInput{LogGroupIdentifiers: []string{*s.groups()["/live"].LogGroupArn}})
	if err != nil {
		t.Fatal(err)
	}
	stream := out.GetStream()
	<-stream.Events()
	s.stop()
	for range stream.Events() { // the updates before the end
	}
	if _, is := errors.AsType[*types.SessionStreamingException](stream.Err()); !is {
		t.Errorf("the stream ends with %v", stream.Err())
	}
}

func TestAWSGoV1_PutsAndReads(t *testing.T) {
	t.Parallel()
	s := startAWS(t)
	made, err := session.NewSession(&oldaws.Config{
		Endpoint: oldaws.String(s.url()), Region: oldaws.String(awsRegion), Credentials: oldcredentials.NewStaticCredentials(s.id, s.secret, ""),
	})
	if err != nil {
		t.Fatal(err)
	}
	client := oldlogs.New(made)
	group, stream := oldaws.String("/old"), oldaws.String("a")
	_, err = client.PutLogEvents(&oldlogs.PutLogEventsInput{LogGroupName: group, LogStreamName: stream, LogEvents: []*oldlogs.InputLogEvent{{Timestamp: oldaws.Int64(time.Now().UnixMilli()), Message: oldaws.String("x")}}})
	if _, is := errors.AsType[*oldlogs.ResourceNotFoundException](err); !is {
		t.Errorf("a missing group is %v", err)
	}
	if _, err := client.CreateLogGroup(&oldlogs.CreateLogGroupInput{LogGroupName: group}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.CreateLogStream(&oldlogs.CreateLogStreamInput{LogGroupName: group, LogStreamName: stream}); err != nil {
		t.Fatal(err)
	}
	var token *string
	for i := range 3 { // each with the token of the last, as old programs do
		put, err := client.PutLogEvents(&oldlogs.PutLogEventsInput{LogGroupName: group, LogStreamName: stream, SequenceToken: token, LogEvents: []*oldlogs.InputLogEvent{
			{Timestamp: oldaws.Int64(time.Now().UnixMilli()), Message: oldaws.String(fmt.Sprint("line ", i))},
		}})
		if err != nil || put.NextSequenceToken == nil || put.RejectedLogEventsInfo != nil {
			t.Fatalf("%v %v", put, err)
		}
		token = put.NextSequenceToken
	}
	var got []string
	err = client.GetLogEventsPages(&oldlogs.GetLogEventsInput{LogGroupName: group, LogStreamName: stream, StartFromHead: oldaws.Bool(true), Limit: oldaws.Int64(2)},
		func(page *oldlogs.GetLogEventsOutput, _ bool) bool {
			for _, e := range page.Events {
				got = append(got, *e.Message)
			}
			return len(page.Events) > 0
		})
	if err != nil || !slices.Equal(got, []string{"line 0", "line 1", "line 2"}) {
		t.Errorf("%q %v", got, err)
	}
}

// Docker's driver collects lines into one message until the next begins (each ends
// in a newline then), makes group and stream, and sends when the container ends.
func TestDockerAwslogs_ShipsAContainersLines(t *testing.T) {
	t.Parallel()
	s := startAWS(t)
	driver := s.runs(s.awsEnv(), "go", "run", "-C", "go/awslogs", ".", "INFO started", "ERROR it broke", "  at main.go:7", "  at run.go:9", "INFO héllo")
	wants(t, s.streams("/docker/shop", 3), "web/0123456789ab", "INFO started\n", "ERROR it broke\n  at main.go:7\n  at run.go:9\n", "INFO héllo\n")
	_ = driver.in.Close()
	if rows := s.insights("/docker/shop", `filter @message like /broke/ | display @message, @logStream`); len(rows) != 1 || rows[0]["@logStream"] != "web/0123456789ab" {
		t.Errorf("%v", rows)
	}
}
