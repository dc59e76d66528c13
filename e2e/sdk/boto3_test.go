package sdk_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"
)

func TestBoto3_WritesReadsAndFollows(t *testing.T) {
	t.Parallel()
	s := startAWS(t)
	out := s.program(s.awsEnv(), python(t), "python/boto3_calls.py")
	var got map[string]any
	if err := json.Unmarshal(bytes.TrimSpace(out), &got); err != nil {
		t.Fatalf("%s: %v", out, err)
	}
	lines := "[line 0 line 1 line 2 line 3 line 4]"
	for name, want := range map[string]string{
		"start": "line", "live": lines, "found": lines, "pages": "[[line 0 line 1 line 2] [line 3 line 4] []]", "end": "true", "account": "true",
		"rejected": "map[tooNewLogEventStartIndex:6 tooOldLogEventEndIndex:1]", "error": "The specified log stream does not exist.",
	} {
		if fmt.Sprint(got[name]) != want {
			t.Errorf("%s is %v, want %s", name, got[name], want)
		}
	}
}
