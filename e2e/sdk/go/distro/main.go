// Command distro is a small program set up by the vendor's distribution of
// OpenTelemetry, configured by its environment variables only.
package main

import (
	"context"
	"log"
	"os"

	"github.com/honeycombio/honeycomb-opentelemetry-go"
	"github.com/honeycombio/otel-config-go/otelconfig"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/baggage"
)

func main() {
	options := []otelconfig.Option{otelconfig.WithSpanProcessor(honeycomb.NewBaggageSpanProcessor())}
	if os.Getenv("DISTRO_PROTOCOL") == "http" {
		options = append(options, otelconfig.WithExporterProtocol(otelconfig.ProtocolHTTPProto))
	}
	shutdown, err := otelconfig.ConfigureOpenTelemetry(options...)
	if err != nil {
		log.Fatal(err)
	}
	member, err := baggage.NewMember("tenant", "acme")
	if err != nil {
		log.Fatal(err)
	}
	bag, err := baggage.New(member)
	if err != nil {
		log.Fatal(err)
	}
	ctx := baggage.ContextWithBaggage(context.Background(), bag)
	ctx, root := otel.Tracer("distro-app").Start(ctx, "GET /orders")
	_, child := otel.Tracer("distro-app").Start(ctx, "price")
	child.SetAttributes(attribute.Int("items", 3))
	child.End()
	root.End()
	counter, err := otel.Meter("distro-app").Int64Counter("orders.made")
	if err != nil {
		log.Fatal(err)
	}
	counter.Add(ctx, 5)
	shutdown()
}
