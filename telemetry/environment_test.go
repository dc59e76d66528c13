package telemetry

import (
	"bytes"
	"errors"
	"log/slog"
	"maps"
	"strings"
	"testing"
)

// A program that says nothing of where its telemetry goes: the variables of the
// vendors' own documentation do.
func TestStart_IsToldByTheEnvironment(t *testing.T) {
	const token = "0123456789abcdef0123456789abcdef"
	for name, c := range map[string]struct {
		env     map[string]string // URL and UDP stand for the backends
		service string
		headers map[string]string // of spans
	}{
		"as Honeycomb, AWS and Rollbar name them": {
			map[string]string{
				"OTEL_SERVICE_NAME": "shop", "OTEL_RESOURCE_ATTRIBUTES": "service.version=1.2.3,deployment.environment.name=test,team=tea%20room",
				"HONEYCOMB_API_KEY": "key", "HONEYCOMB_DATASET": "carts", "HONEYCOMB_API_ENDPOINT": "URL",
				"CLOUDWATCH_LOG_GROUP": "/{service}/{environment}", "CLOUDWATCH_LOG_STREAM": "{version}", "CLOUDWATCH_LOG_RETENTION_DAYS": "7",
				"AWS_REGION": "eu-central-1", "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS": "URL",
				"ROLLBAR_ACCESS_TOKEN": token, "ROLLBAR_ENDPOINT": "URL/api/1/", "AWS_XRAY_DAEMON_ADDRESS": "UDP",
			}, "shop", map[string]string{"X-Honeycomb-Team": "key", "X-Honeycomb-Dataset": "carts", "Content-Encoding": "gzip"},
		},
		"as OpenTelemetry names them": {
			map[string]string{
				"OTEL_RESOURCE_ATTRIBUTES":    "service.name=shop,service.version=1.2.3,deployment.environment.name=test,team=tea%20room",
				"OTEL_EXPORTER_OTLP_ENDPOINT": "URL", "OTEL_EXPORTER_OTLP_HEADERS": "x-honeycomb-team=key,x-more=a%20b", "OTEL_EXPORTER_OTLP_COMPRESSION": "none",
				"OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "1", "OTEL_PROPAGATORS": "xray",
				"OTEL_BSP_SCHEDULE_DELAY": "20", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "1", "OTEL_BSP_MAX_QUEUE_SIZE": "many",
				"CLOUDWATCH_LOG_GROUP": "/shop/test", "CLOUDWATCH_LOG_STREAM": "1.2.3", "CLOUDWATCH_LOG_RETENTION_DAYS": "7",
				"AWS_REGION": "eu-central-1", "AWS_ENDPOINT_URL": "URL",
				"ROLLBAR_TOKEN": token, "ROLLBAR_ENDPOINT": "URL/api/1/item/", "AWS_XRAY_DAEMON_ADDRESS": "tcp:UDP udp:UDP",
			}, "shop", map[string]string{"X-Honeycomb-Team": "key", "X-More": "a b", "Content-Encoding": ""},
		},
		"by the names of one signal": {
			map[string]string{
				"AWS_XRAY_TRACING_NAME": "shop", "ROLLBAR_CODE_VERSION": "1.2.3", "ROLLBAR_ENV": "test", "OTEL_RESOURCE_ATTRIBUTES": "team=tea%20room",
				"HONEYCOMB_API_KEY": "another", "HONEYCOMB_TRACES_APIKEY": "key", "HONEYCOMB_TRACES_ENDPOINT": "URL", "OTEL_EXPORTER_OTLP_TRACES_HEADERS": "x-more=1",
				"CLOUDWATCH_LOG_GROUP": "/shop/test", "CLOUDWATCH_LOG_STREAM": "1.2.3", "CLOUDWATCH_LOG_RETENTION_DAYS": "7",
				"AWS_REGION": "eu-central-1", "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS": "URL",
				"ROLLBAR_ACCESS_TOKEN": token, "ROLLBAR_ENDPOINT": "URL/api/1", "AWS_XRAY_DAEMON_ADDRESS": "UDP",
			}, "shop", map[string]string{"X-Honeycomb-Team": "key", "X-More": "1"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			backends := newChaos(t)
			for name, value := range c.env {
				t.Setenv(name, strings.NewReplacer("URL", backends.URL, "UDP", backends.udp.LocalAddr().String()).Replace(value))
			}
			tel, err := Start(t.Context(), Config{Trouble: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			ctx, span := tel.Tracer().Start(t.Context(), "work")
			slog.New(tel.LogHandler(nil)).InfoContext(ctx, "a line")
			tel.Report(ctx, errors.New("an error"))
			span.End()
			if err := tel.Shutdown(t.Context()); err != nil {
				t.Fatal(err)
			}
			some := func(taken [][]byte, _ int) bool { return len(taken) > 0 }
			for what, wants := range map[string][]string{
				"/v1/traces":         {"work", c.service, "1.2.3", "test", "tea room"},
				"CreateLogGroup":     {`"/shop/test"`},
				"CreateLogStream":    {`"1.2.3"`},
				"PutRetentionPolicy": {`7`},
				"PutLogEvents":       {"a line", "/shop/test"},
				"/api/1/item/":       {"an error", `"environment":"test"`, `"code_version":"1.2.3"`},
				"segments":           {`"name":"` + c.service + `"`, `"version":"1.2.3"`},
			} {
				body := backends.wait(what, some)[0]
				for _, want := range wants {
					if !bytes.Contains(body, []byte(want)) {
						t.Errorf("%s has no %q: %s", what, want, body)
					}
				}
			}
			got := map[string]string{}
			for h := range c.headers {
				got[h] = backends.headers["/v1/traces"].Get(h)
			}
			if !maps.Equal(got, c.headers) {
				t.Errorf("spans have the headers %q, want %q", got, c.headers)
			}
			if h := backends.headers["/api/1/item/"].Get("X-Rollbar-Access-Token"); h != token {
				t.Errorf("items have the token %q", h)
			}
			if h := backends.headers["PutLogEvents"].Get("Authorization"); !strings.Contains(h, "Credential=AKIDEXAMPLE/") || !strings.Contains(h, "/eu-central-1/logs/") {
				t.Errorf("lines are signed as %q", h)
			}
		})
	}
}

// The switches of OpenTelemetry and of X-Ray's SDK.
func TestStart_IsSwitchedOffByTheEnvironment(t *testing.T) {
	all := map[string]string{"HONEYCOMB_API_KEY": "key", "HONEYCOMB_API_ENDPOINT": "http://127.0.0.1:9", "AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1:9"}
	for _, c := range []struct {
		name, value string
		spans, xray bool
	}{
		{"OTEL_SDK_DISABLED", "true", false, false},
		{"OTEL_TRACES_EXPORTER", "none", false, true},
		{"AWS_XRAY_SDK_DISABLED", "TRUE", true, false},
		{"OTEL_TRACES_SAMPLER", "always_off", true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			for name, value := range all {
				t.Setenv(name, value)
			}
			t.Setenv(c.name, c.value)
			tel, err := Start(t.Context(), Config{})
			if err != nil {
				t.Fatal(err)
			}
			if s := tel.Stats(); s.Traces.On != c.spans || s.XRay.On != c.xray {
				t.Errorf("%+v", s)
			}
			if err := tel.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}
