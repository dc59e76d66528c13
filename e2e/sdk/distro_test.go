package sdk_test

import (
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"
)

func serviceResource(name string) *resource.Resource {
	return resource.NewSchemaless(attribute.String("service.name", name))
}

func TestDistroGo_ConfiguredByItsEnvironment(t *testing.T) {
	t.Parallel()
	for _, protocol := range []string{"grpc", "http"} {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			s := startWithKeys(t)
			s.program(s.vendorEnv(s.key, "DISTRO_PROTOCOL="+protocol, "OTEL_SERVICE_NAME=distro-app", "HONEYCOMB_METRICS_DATASET=distro metrics",
				"OTEL_METRICS_ENABLED=true", "OTEL_EXPORTER_OTLP_INSECURE=true"), "go", "run", "./go/distro")
			spans := s.spans(1)
			common := map[string]any{
				"service.name": "distro-app", "honeycomb.distro.version": "*", "honeycomb.distro.runtime_version": "*", "tenant": "acme",
				"library.name": "distro-app", "telemetry.sdk.language": "go", "meta.signal_type": "trace", "span.kind": "internal",
			}
			check(t, spans["GET /orders"], "", merged(common, map[string]any{"trace.parent_id": nil}))
			check(t, spans["price"], "GET /orders", merged(common, map[string]any{"items": 3, "trace.parent_id": spans["GET /orders"].Fields["trace.span_id"]}))
			var sum float64
			for _, row := range s.ask("distro-metrics", "VISUALIZE MAX(orders.made) LAST 1h") {
				sum, _ = row[0].(float64)
			}
			if sum != 5 {
				t.Errorf("the counter arrived as %g, want 5", sum)
			}
		})
	}
}
