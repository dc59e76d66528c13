package aws

import (
	"encoding/hex"
	"testing"
)

// Frames as clients of the service take them apart, byte by byte.
func TestAppendFrame_IsTheServicesForm(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		headers []frameHeader
		payload string
		want    string
	}{
		{
			name:    "initial-response",
			headers: []frameHeader{{":event-type", "initial-response"}, {":content-type", "application/x-amz-json-1.1"}, {":message-type", "event"}},
			payload: "{}",
			want: "0000007200000060ab820d9e0b3a6576656e742d74797065070010696e697469616c2d726573706f6e73650d3a636f6e74656e742d74797065" +
				"07001a6170706c69636174696f6e2f782d616d7a2d6a736f6e2d312e310d3a6d6573736167652d747970650700056576656e747b7dacae6b7d",
		},
		{
			name:    "exception",
			headers: []frameHeader{{":message-type", "exception"}, {":exception-type", "SessionTimeoutException"}, {":content-type", "application/json"}},
			payload: `{"message":"Session timed out"}`,
			want: "00000094000000657c7ccb6e0d3a6d6573736167652d74797065070009657863657074696f6e0f3a657863657074696f6e2d7479706507001753" +
				"657373696f6e54696d656f7574457863657074696f6e0d3a636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e7b226d" +
				"657373616765223a2253657373696f6e2074696d6564206f7574227d25b11aef",
		},
	} {
		// The frame must not depend on what lies before it in the buffer.
		got := hex.EncodeToString(appendFrame([]byte("before"), c.headers, []byte(c.payload))[len("before"):])
		if got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
	}
}
