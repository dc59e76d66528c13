package item

import (
	"encoding/json"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/item/grouping"
)

// FieldPayload is the field that keeps the data of a Rollbar payload as it was
// sent, but for what was scrubbed.
const FieldPayload = "rollbar.payload"

// PayloadOf returns the data of an occurrence in the form of a Rollbar payload:
// as it was sent, or, of an exception event, made of its row. get returns the
// value of a field of the row.
func PayloadOf(row event.Row) (json.RawMessage, error) {
	if text := row.Get(FieldPayload).Text(); text != "" && json.Valid([]byte(text)) {
		return json.RawMessage(text), nil
	}
	return json.Marshal(payloadOf(row))
}

// exceptionOf is as much of a payload as grouping without rules looks at.
func exceptionOf(row event.Row) map[string]any {
	return grouping.FromEvent(grouping.Event{
		Language: languageOfEvent(row), Type: row.Get("exception.type").Text(), Message: row.Get("exception.message").Text(),
		Stacktrace: row.Get("exception.stacktrace").Text(),
	})
}

func languageOfEvent(row event.Row) string {
	return firstText(row, "telemetry.sdk.language", "language")
}

// payloadOf makes a payload of the row of an exception event.
func payloadOf(row event.Row) map[string]any {
	data := exceptionOf(row)
	data["environment"] = errorEnvironmentOf(firstText(row, event.FieldErrorEnvironment, "deployment.environment.name", "deployment.environment"))
	data["level"] = levelOfEvent(row).String()
	data["timestamp"] = row.Batch.Times[row.Index] / nanosPerSecond
	data["notifier"] = map[string]any{"name": "opentelemetry", "version": row.Get("telemetry.sdk.version").Text()}
	put := func(to map[string]any, key string, names ...string) {
		if v := firstText(row, names...); v != "" {
			to[key] = v
		}
	}
	put(data, "platform", event.FieldErrorPlatform)
	put(data, "framework", event.FieldErrorFramework)
	put(data, "code_version", "code_version", "service.version")
	put(data, "context", "http.route", event.FieldParentName)
	part := func(name string, fill func(m map[string]any)) {
		m := map[string]any{}
		if fill(m); len(m) > 0 {
			data[name] = m
		}
	}
	part("request", func(m map[string]any) {
		put(m, "url", "url.full", "http.url")
		put(m, "method", "http.request.method", "http.method")
		put(m, "user_ip", "client.address")
		put(m, "query_string", "url.query")
	})
	part("person", func(m map[string]any) {
		put(m, "id", personFields()...)
		put(m, "username", "person.username", "user.name")
		put(m, "email", "person.email", "user.email")
	})
	part("server", func(m map[string]any) {
		put(m, "host", "host.name")
		put(m, "pid", "process.pid")
	})
	part("custom", func(m map[string]any) {
		row.Each(func(name string, v event.Value) {
			if !strings.HasPrefix(name, "exception.") && !strings.HasPrefix(name, "error.") && !event.Stamped(name) && len(m) < maxCustom {
				m[name] = v.Any()
			}
		})
	})
	return data
}

const maxCustom = 300
