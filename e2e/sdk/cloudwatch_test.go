package sdk_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	logs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
)

const awsRegion = "us-west-2"

// awsServer is a server that takes only what is signed with its key.
type awsServer struct {
	*server
	id, secret string
	sdk        *logs.Client
}

func startAWS(t *testing.T) *awsServer {
	t.Helper()
	s := &awsServer{server: startWithKeys(t)}
	out, err := exec.CommandContext(t.Context(), os.Getenv("ORIEL_BIN"), "keys", "create", "--data", s.data, "--kind", "aws", "--json").Output()
	var made struct {
		ID     string `json:"access_key_id"`
		Secret string `json:"secret_access_key"`
	}
	if err != nil || json.Unmarshal(out, &made) != nil || made.Secret == "" {
		t.Fatalf("make a key: %s, %v", out, err)
	}
	s.id, s.secret = made.ID, made.Secret
	s.sdk = logs.New(logs.Options{
		BaseEndpoint: aws.String(s.url()), Region: awsRegion, Credentials: credentials.NewStaticCredentialsProvider(s.id, s.secret, ""),
	})
	return s
}

// awsEnv is all that an app is told: where to, where it is, and as whom.
func (s *awsServer) awsEnv(more ...string) []string {
	return append([]string{
		"AWS_ENDPOINT_URL=" + s.url(), "AWS_REGION=" + awsRegion, "AWS_DEFAULT_REGION=" + awsRegion, "AWS_EC2_METADATA_DISABLED=true",
		"AWS_ACCESS_KEY_ID=" + s.id, "AWS_SECRET_ACCESS_KEY=" + s.secret, "AWS_CONFIG_FILE=/nonexistent", "AWS_SHARED_CREDENTIALS_FILE=/nonexistent",
		"AWS_PAGER=", "PYTHONUNBUFFERED=1",
	}, more...)
}

func python(t *testing.T) string {
	t.Helper()
	name, err := exec.LookPath(os.Getenv("E2E_PYTHON"))
	if err != nil {
		t.Fatal("E2E_PYTHON must name a Python with python/requirements.txt; make e2e-sdk sets it")
	}
	return name
}

// groups returns the groups of a server by name.
func (s *awsServer) groups() map[string]types.LogGroup {
	s.t.Helper()
	all := map[string]types.LogGroup{}
	pages := logs.NewDescribeLogGroupsPaginator(s.sdk, &logs.DescribeLogGroupsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(s.t.Context())
		if err != nil {
			s.t.Fatal(err)
		}
		for _, g := range page.LogGroups {
			all[*g.LogGroupName] = g
		}
	}
	return all
}

// lines returns the lines of a group, once there are n of them, by time.
func (s *awsServer) lines(group, pattern string, n int) (all []types.FilteredLogEvent) {
	s.t.Helper()
	for range 1200 {
		all = nil
		pages := logs.NewFilterLogEventsPaginator(s.sdk, &logs.FilterLogEventsInput{LogGroupName: &group, FilterPattern: &pattern})
		for pages.HasMorePages() {
			page, err := pages.NextPage(s.t.Context())
			if err != nil && !strings.Contains(err.Error(), "log group does not exist") {
				s.t.Fatal(err)
			}
			if err != nil {
				break
			}
			all = append(all, page.Events...)
		}
		if len(all) >= n {
			break
		}
		time.Sleep(50 * time.Millisecond) // the client's own batching decides when it sends, and go run compiles it first
	}
	if len(all) != n {
		s.t.Fatalf("%d lines of %s that match %q, want %d: %q", len(all), group, pattern, n, messages(all))
	}
	return all
}

func messages(lines []types.FilteredLogEvent) []string {
	out := make([]string, len(lines))
	for i, line := range lines {
		out[i] = *line.Message
	}
	return out
}

// streams returns the messages of each stream of a group, of n in all.
func (s *awsServer) streams(group string, n int) map[string][]string {
	s.t.Helper()
	out := map[string][]string{}
	for _, line := range s.lines(group, "", n) {
		out[*line.LogStreamName] = append(out[*line.LogStreamName], *line.Message)
	}
	return out
}

// wants compares the messages of a stream, whose name may end in *.
func wants(t *testing.T, streams map[string][]string, name string, want ...string) {
	t.Helper()
	for stream, got := range streams {
		if prefix, is := strings.CutSuffix(name, "*"); stream == name || is && strings.HasPrefix(stream, prefix) {
			if !slices.Equal(got, want) {
				t.Errorf("%s: %.300q, want %.300q", stream, got, want)
			}
			return
		}
	}
	t.Errorf("there is no stream %s", name)
}

// insights runs a query over the last hour and returns its rows.
func (s *awsServer) insights(group, text string) []map[string]string {
	s.t.Helper()
	now := time.Now().Unix()
	started, err := s.sdk.StartQuery(s.t.Context(), &logs.StartQueryInput{
		LogGroupName: &group, QueryString: &text, StartTime: aws.Int64(now - 3600), EndTime: aws.Int64(now + 60),
	})
	if err != nil {
		s.t.Fatal(err)
	}
	for range 100 {
		answer, err := s.sdk.GetQueryResults(s.t.Context(), &logs.GetQueryResultsInput{QueryId: started.QueryId})
		if err != nil {
			s.t.Fatal(err)
		}
		switch answer.Status {
		case types.QueryStatusComplete:
			rows := make([]map[string]string, len(answer.Results))
			for i, row := range answer.Results {
				rows[i] = map[string]string{}
				for _, field := range row {
					rows[i][*field.Field] = *field.Value
				}
			}
			return rows
		case types.QueryStatusFailed, types.QueryStatusCancelled, types.QueryStatusTimeout:
			s.t.Fatalf("the query is %s", answer.Status)
		}
		time.Sleep(20 * time.Millisecond) // it runs
	}
	s.t.Fatal("the query does not end")
	return nil
}

// running is a client that goes on until it is stopped.
type running struct {
	t    *testing.T
	cmd  *exec.Cmd
	in   interface{ Close() error }
	out  chan string // lines
	errs bytes.Buffer
}

// runs starts a client. It is stopped when the test ends.
func (s *server) runs(env []string, name string, args ...string) *running {
	s.t.Helper()
	r := &running{t: s.t, cmd: exec.CommandContext(s.t.Context(), name, args...), out: make(chan string, 1000)}
	r.cmd.Env, r.cmd.Stderr = append(os.Environ(), env...), &r.errs
	in, err := r.cmd.StdinPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	r.in = in
	out, err := r.cmd.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := r.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	go func() {
		defer close(r.out)
		sc := bufio.NewScanner(out)
		sc.Buffer(nil, 4<<20)
		for sc.Scan() {
			r.out <- sc.Text()
		}
	}()
	s.t.Cleanup(func() {
		_ = r.cmd.Process.Signal(os.Interrupt)
		_ = in.Close()
		for range r.out { // until it has ended
		}
		_ = r.cmd.Wait()
	})
	return r
}

// next returns the next line of output that holds a text.
func (r *running) next(holds string) string {
	r.t.Helper()
	for {
		select {
		case line, more := <-r.out:
			if !more {
				_ = r.cmd.Wait()
				r.t.Fatalf("%v ended before it said %q: %s", r.cmd.Args, holds, &r.errs)
			}
			if strings.Contains(line, holds) {
				return line
			}
		case <-time.After(time.Minute):
			r.t.Fatalf("%v did not say %q within a minute", r.cmd.Args, holds)
		}
	}
}

// arrives puts one line, again and again until the client that follows has said it.
func (s *awsServer) arrives(group, stream, message string, r *running) {
	s.t.Helper()
	for range 600 {
		_, err := s.sdk.PutLogEvents(s.t.Context(), &logs.PutLogEventsInput{
			LogGroupName: &group, LogStreamName: &stream,
			LogEvents: []types.InputLogEvent{{Timestamp: aws.Int64(time.Now().UnixMilli()), Message: &message}},
		})
		if err != nil {
			s.t.Fatal(err)
		}
		select {
		case line, more := <-r.out:
			if !more {
				_ = r.cmd.Wait()
				s.t.Fatalf("%v ended: %s", r.cmd.Args, &r.errs)
			}
			if strings.Contains(line, message) {
				return
			}
		case <-time.After(200 * time.Millisecond): // until it listens
		}
	}
	s.t.Fatalf("%v did not say %q", r.cmd.Args, message)
}

// make makes a group with a stream.
func (s *awsServer) make(group, stream string) {
	s.t.Helper()
	if _, err := s.sdk.CreateLogGroup(s.t.Context(), &logs.CreateLogGroupInput{LogGroupName: &group}); err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.sdk.CreateLogStream(s.t.Context(), &logs.CreateLogStreamInput{LogGroupName: &group, LogStreamName: &stream}); err != nil {
		s.t.Fatal(err)
	}
}

// put puts lines of now.
func (s *awsServer) put(group, stream string, texts ...string) {
	s.t.Helper()
	in := &logs.PutLogEventsInput{LogGroupName: &group, LogStreamName: &stream}
	for _, text := range texts {
		in.LogEvents = append(in.LogEvents, types.InputLogEvent{Timestamp: aws.Int64(time.Now().UnixMilli()), Message: aws.String(text)})
	}
	if _, err := s.sdk.PutLogEvents(s.t.Context(), in); err != nil {
		s.t.Fatal(err)
	}
}
