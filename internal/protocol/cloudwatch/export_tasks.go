package cloudwatch

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/oriel-dev/oriel/internal/protocol/aws"
)

func exportOperations() map[string]operation {
	return map[string]operation{
		"CreateExportTask":    served((*Front).createExportTask),
		"DescribeExportTasks": served((*Front).describeExportTasks),
		"CancelExportTask":    served((*Front).cancelExportTask),
	}
}

// The service's words for how far an export is.
const (
	exportPending   = "PENDING"
	exportRunning   = "RUNNING"
	exportCompleted = "COMPLETED"
	exportFailed    = "FAILED"
	exportCancelled = "CANCELLED"
)

// exportTask is an export on the wire and as it is kept.
type exportTask struct {
	TaskID            string       `json:"taskId"`
	TaskName          string       `json:"taskName,omitempty"`
	LogGroupName      string       `json:"logGroupName"`
	From              int64        `json:"from"`
	To                int64        `json:"to"`
	Destination       string       `json:"destination"`
	DestinationPrefix string       `json:"destinationPrefix"`
	Status            exportStatus `json:"status"`
	ExecutionInfo     exportTimes  `json:"executionInfo"`
}

type exportStatus struct {
	Code    string `json:"code"`
	Message string `json:"message,omitempty"`
}

type exportTimes struct {
	CreationTime   int64 `json:"creationTime"`
	CompletionTime int64 `json:"completionTime,omitempty"`
}

// keptExport adds what is not told.
type keptExport struct {
	exportTask
	StreamPrefix string
}

func (t *exportTask) active() bool {
	return t.Status.Code == exportPending || t.Status.Code == exportRunning
}

const exportKind = "export-task"

func (g *Groups) exports() shelf[keptExport] { return shelf[keptExport]{groups: g, kind: exportKind} }

const (
	bucketForm = `^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`
	prefixForm = `^[A-Za-z0-9!_.*'()-]+(/[A-Za-z0-9!_.*'()-]+)*/?$`
)

// checkExport refuses buckets and prefixes that are no plain names of folders.
func checkExport(t *exportTask) error {
	if ok, _ := regexp.MatchString(bucketForm, t.Destination); !ok || strings.Contains(t.Destination, "..") {
		return invalidParameter("The given bucket name '" + cut(t.Destination) + "' is not valid: it has 3 to 63 of a-z, 0-9, . and -.")
	}
	if ok, _ := regexp.MatchString(prefixForm, t.DestinationPrefix); !ok || slices.ContainsFunc(strings.Split(t.DestinationPrefix, "/"), func(s string) bool { return strings.Trim(s, ".") == "" && s != "" }) {
		return invalidParameter("The destination prefix '" + cut(t.DestinationPrefix) + "' is not valid.")
	}
	t.DestinationPrefix = strings.TrimSuffix(t.DestinationPrefix, "/")
	return nil
}

// createExportTask has lines of a group written to files, in a folder of the data
// folder that stands for the bucket. One export of an account is active at a time.
func (f *Front) createExportTask(c *call) (any, error) {
	var in struct {
		exportTask
		LogStreamNamePrefix string
	}
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	if in.From > in.To {
		return nil, invalidParameter("The 'from' time is after the 'to' time.")
	}
	if in.DestinationPrefix == "" {
		in.DestinationPrefix = "exportedlogs"
	}
	if err := checkExport(&in.exportTask); err != nil {
		return nil, err
	}
	g, err := c.ownGroup(in.LogGroupName, "")
	if err != nil {
		return nil, err
	}
	all, err := f.groups.exports().list(c.Context(), c.at(""), false)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(all, func(k kept[keptExport]) bool { return k.Body.active() }) {
		return nil, limitExceeded("Resource limit exceeded: one export task is active at a time.")
	}
	t := keptExport{exportTask: in.exportTask, StreamPrefix: in.LogStreamNamePrefix}
	t.TaskID, t.LogGroupName = aws.NewID(), g.name
	t.Status, t.ExecutionInfo = exportStatus{Code: exportPending}, exportTimes{CreationTime: c.nowMS()}
	if _, err := f.groups.exports().replace(c.Context(), c.at(""), t.TaskID, c.nowMS(), t); err != nil {
		return nil, err
	}
	f.exporter.start(c.at(""), t.TaskID)
	return map[string]any{"taskId": t.TaskID}, nil
}

func (f *Front) describeExportTasks(c *call) (any, error) {
	var in struct {
		TaskID, StatusCode, NextToken string
		Limit                         int
	}
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	all, err := f.groups.exports().list(c.Context(), c.at(""), false)
	if err != nil {
		return nil, err
	}
	found := []exportTask{}
	for _, k := range all {
		if t := k.Body.exportTask; (in.TaskID == "" || in.TaskID == t.TaskID) && (in.StatusCode == "" || in.StatusCode == t.Status.Code) {
			found = append(found, t)
		}
	}
	return answerPage("exportTasks", listing[exportTask]{
		limit: in.Limit, token: in.NextToken, key: func(t *exportTask) string { return t.TaskID }, asked: asked("DescribeExportTasks", in.TaskID, in.StatusCode),
	}, found)
}

func (f *Front) cancelExportTask(c *call) (any, error) {
	var in struct{ TaskID string }
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	err := f.groups.endExport(c.Context(), c.at(""), in.TaskID, exportStatus{Code: exportCancelled, Message: "Cancelled by user"}, c.nowMS())
	if err == nil {
		f.exporter.cancel(in.TaskID)
	}
	return nil, err
}

// endExport notes how an export ended, unless it has ended already.
func (g *Groups) endExport(ctx context.Context, at place, id string, status exportStatus, nowMS int64) error {
	_, err := g.exports().put(ctx, at, id, nowMS, func(old *kept[keptExport]) (keptExport, error) {
		if old == nil {
			return keptExport{}, notFound("The specified export task does not exist.")
		}
		if !old.Body.active() {
			return keptExport{}, &aws.Error{Code: "InvalidOperationException", Message: "The specified export task has ended: its status is " + old.Body.Status.Code + "."}
		}
		old.Body.Status, old.Body.ExecutionInfo.CompletionTime = status, nowMS
		return old.Body, nil
	})
	return err
}
