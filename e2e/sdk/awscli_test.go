package sdk_test

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// commandLine is a generation of the AWS CLI, and what it is told beyond the environment.
type commandLine struct {
	*awsServer
	program string
	before  []string
}

// first is the CLI of the first generation, as it is on PyPI.
func (s *awsServer) first() commandLine {
	return commandLine{s, filepath.Join(filepath.Dir(python(s.t)), "aws"), nil}
}

// second is the CLI of the second generation, as Debian packages it. That build
// does not look at AWS_ENDPOINT_URL.
func (s *awsServer) second() (commandLine, bool) {
	const path = "/usr/bin/aws"
	out, err := exec.CommandContext(s.t.Context(), path, "--version").Output()
	return commandLine{s, path, []string{"--endpoint-url", s.url()}}, err == nil && strings.HasPrefix(string(out), "aws-cli/2.")
}

// says runs a command and decodes what it prints.
func (c commandLine) says(into any, args ...string) {
	c.t.Helper()
	out := c.server.program(c.awsEnv(), c.program, append(append(c.before, "--output", "json"), args...)...)
	if into == nil {
		return
	}
	if err := json.Unmarshal(out, into); err != nil {
		c.t.Fatalf("%v: %s: %v", args, out, err)
	}
}

func (c commandLine) follows(more []string, args ...string) *running {
	return c.runs(append(c.awsEnv(), more...), c.program, append(c.before, args...)...)
}

func TestAWSCLI_BothGenerationsWriteReadAndAsk(t *testing.T) {
	t.Parallel()
	s := startAWS(t)
	lines := map[string]commandLine{"v1": s.first()}
	if v2, there := s.second(); there {
		lines["v2"] = v2
	}
	for name, c := range lines {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.awsServer = &awsServer{server: &server{t: t, addr: s.addr, data: s.data, key: s.key}, id: s.id, secret: s.secret, sdk: s.sdk}
			group := "/cli/" + name
			c.says(nil, "logs", "create-log-group", "--log-group-name", group, "--tags", "team=shop")
			c.says(nil, "logs", "create-log-stream", "--log-group-name", group, "--log-stream-name", "web")
			now := time.Now().UnixMilli()
			events, err := json.Marshal([]map[string]any{
				{"timestamp": now - 2000, "message": `{"level":"info","path":"/","ms":5}`}, {"timestamp": now - 1000, "message": `{"level":"error","path":"/pay","ms":900}`}, {"timestamp": now, "message": "ERROR plain text"},
			})
			if err != nil {
				t.Fatal(err)
			}
			var put struct{ NextSequenceToken string }
			c.says(&put, "logs", "put-log-events", "--log-group-name", group, "--log-stream-name", "web", "--log-events", string(events))
			if put.NextSequenceToken == "" {
				t.Error("no sequence token")
			}
			var found struct {
				Events []struct {
					Message, EventID string
					Timestamp        int64
				}
			}
			c.says(&found, "logs", "filter-log-events", "--log-group-name", group, "--filter-pattern", "{ $.ms > 100 }")
			if len(found.Events) != 1 || !strings.Contains(found.Events[0].Message, "/pay") || found.Events[0].Timestamp != now-1000 || found.Events[0].EventID == "" {
				t.Errorf("%+v", found)
			}
			c.says(&found, "logs", "get-log-events", "--log-group-name", group, "--log-stream-name", "web", "--start-from-head", "--start-time", strconv.FormatInt(now-1000, 10))
			if len(found.Events) != 2 || found.Events[1].Message != "ERROR plain text" {
				t.Errorf("%+v", found)
			}
			c.asks(t, group, now)
			if out, err := exec.CommandContext(t.Context(), c.program, append(c.before, "logs", "describe-log-streams", "--log-group-name", "/none")...).CombinedOutput(); err == nil {
				t.Errorf("a missing group is %s", out)
			}
		})
	}
}

// asks runs an Insights query as a script does: start, poll.
func (c commandLine) asks(t *testing.T, group string, nowMS int64) {
	t.Helper()
	var started struct{ QueryID string }
	c.says(&started, "logs", "start-query", "--log-group-name", group, "--start-time", fmt.Sprint(nowMS/1000-60), "--end-time", fmt.Sprint(nowMS/1000+60),
		"--query-string", "stats count(*) as n, max(ms) as worst by level | sort level")
	for range 50 {
		var answer struct {
			Status     string
			Results    [][]struct{ Field, Value string }
			Statistics struct{ RecordsMatched, RecordsScanned float64 }
		}
		c.says(&answer, "logs", "get-query-results", "--query-id", started.QueryID)
		if answer.Status != "Complete" {
			continue // it runs; the program's own start is a pause
		}
		if len(answer.Results) != 3 || answer.Statistics.RecordsScanned != 3 {
			t.Errorf("%+v", answer)
		}
		if got := fmt.Sprint(answer.Results); !strings.Contains(got, "[{level error} {n 1} {worst 900}]") || !strings.Contains(got, "[{level info} {n 1} {worst 5}]") {
			t.Error(got)
		}
		return
	}
	t.Error("the query does not end")
}

func TestAWSCLI_TailFollows(t *testing.T) {
	t.Parallel()
	s := startAWS(t)
	c, there := s.second()
	if !there {
		t.Skip("aws logs tail is of the second generation, which is not here; Debian's package awscli has it")
	}
	s.make("/cli/tail", "web")
	s.put("/cli/tail", "web", "INFO first", "ERROR second")
	tail := c.follows(nil, "logs", "tail", "/cli/tail", "--follow", "--since", "5m", "--format", "short", "--filter-pattern=-DEBUG")
	tail.next("INFO first")
	tail.next("ERROR second")
	s.put("/cli/tail", "web", "DEBUG third", "INFO fourth")
	if line := tail.next(" "); !strings.HasSuffix(line, " INFO fourth") {
		t.Errorf("after the second comes %q", line)
	}
}

func TestAWSCLI_StartLiveTail(t *testing.T) {
	t.Parallel()
	s := startAWS(t)
	c := s.first()
	s.make("/cli/live", "web")
	group := *s.groups()["/cli/live"].LogGroupArn
	args := []string{"logs", "start-live-tail", "--log-group-identifiers", group, "--log-event-filter-pattern=-DEBUG"}
	for name, env := range map[string][]string{
		"without the prefix of the host": {"AWS_DISABLE_HOST_PREFIX_INJECTION=true"},
		"through a proxy setting":        {"HTTP_PROXY=" + s.url(), "http_proxy=" + s.url()},
	} {
		live := c.follows(env, args...)
		s.arrives("/cli/live", "web", "INFO "+name, live)
	}
	out, err := exec.CommandContext(t.Context(), "env", append(append(c.awsEnv("AWS_DISABLE_HOST_PREFIX_INJECTION=true"), c.program), "logs", "start-live-tail", "--log-group-identifiers", group+"x")...).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "ResourceNotFoundException") {
		t.Errorf("a missing group: %s %v", out, err)
	}
}
