package cloudwatch

import (
	"fmt"
	"strings"
)

func streamOperations() map[string]operation {
	return map[string]operation{
		"CreateLogStream":    served((*Front).createLogStream),
		"DescribeLogStreams": served((*Front).describeLogStreams),
		"DeleteLogStream":    served((*Front).deleteLogStream),
	}
}

func (f *Front) createLogStream(c *call) (any, error) {
	var in struct{ LogGroupName, LogStreamName string }
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	g, err := c.ownGroup(in.LogGroupName, "")
	if err != nil {
		return nil, err
	}
	return nil, f.groups.createStream(c.Context(), g, in.LogStreamName, c.nowMS())
}

func (f *Front) deleteLogStream(c *call) (any, error) {
	var in struct{ LogGroupName, LogStreamName string }
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	g, err := c.ownGroup(in.LogGroupName, "")
	if err != nil {
		return nil, err
	}
	return nil, f.groups.deleteStream(c.Context(), g, in.LogStreamName)
}

// sequenceToken is what every put and listing answers: tokens have no meaning any
// more, but some clients ask again and again until they see one.
const sequenceToken = "49039859641246346893446345345345345345345345345345345345"

// logStream is a stream on the wire. Times of events are there from the first on.
type logStream struct {
	Name                string `json:"logStreamName"`
	CreationTime        int64  `json:"creationTime"`
	FirstEvent          int64  `json:"firstEventTimestamp,omitempty"`
	LastEvent           int64  `json:"lastEventTimestamp,omitempty"`
	LastIngestion       int64  `json:"lastIngestionTime,omitempty"`
	UploadSequenceToken string `json:"uploadSequenceToken,omitempty"`
	Arn                 string `json:"arn"`
	StoredBytes         int64  `json:"storedBytes"`
}

// describeLogStreams is DescribeLogStreams. Streams without lines are the oldest.
func (f *Front) describeLogStreams(c *call) (any, error) {
	var in struct {
		LogGroupName, LogGroupIdentifier, LogStreamNamePrefix, OrderBy, NextToken string
		Descending                                                                bool
		Limit                                                                     int
	}
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	byTime := in.OrderBy == "LastEventTime"
	if byTime && in.LogStreamNamePrefix != "" {
		return nil, invalidParameter("Cannot order by LastEventTime with a logStreamNamePrefix.")
	}
	g, err := c.group(in.LogGroupName, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	var all []stream
	g.each(func(s *stream) {
		if strings.HasPrefix(s.name, in.LogStreamNamePrefix) {
			all = append(all, *s)
		}
	})
	key := func(s *stream) string { return s.name }
	if byTime {
		key = func(s *stream) string { return fmt.Sprintf("%020d\x00%s", s.last, s.name) }
	}
	page, next, err := listing[stream]{
		limit: in.Limit, token: in.NextToken, key: key, backward: in.Descending,
		asked: asked("DescribeLogStreams", g.region, g.name, in.LogStreamNamePrefix, fmt.Sprint(byTime, in.Descending)),
	}.page(all)
	if err != nil {
		return nil, err
	}
	out := struct {
		LogStreams []logStream `json:"logStreams"`
		NextToken  string      `json:"nextToken,omitempty"`
	}{make([]logStream, len(page)), next}
	oldest := g.oldest(c.nowMS())
	for i, s := range page {
		line := logStream{Name: s.name, CreationTime: s.created, Arn: c.groupARN(g.name) + ":log-stream:" + s.name, StoredBytes: s.bytes}
		if s.arrival != 0 {
			line.FirstEvent, line.LastEvent, line.LastIngestion, line.UploadSequenceToken = max(s.first, oldest), max(s.last, oldest), s.ingested(), sequenceToken
		}
		out.LogStreams[i] = line
	}
	return out, nil
}
