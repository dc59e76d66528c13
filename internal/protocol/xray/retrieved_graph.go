package xray

import (
	"cmp"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/protocol/aws"
	"github.com/oriel-dev/oriel/internal/servicegraph"
	"github.com/oriel-dev/oriel/internal/xraymodel"
)

// graphLink says that a trace began with another.
type graphLink struct {
	ReferenceType       string
	SourceTraceID       string   `json:"SourceTraceId"`
	DestinationTraceIDs []string `json:"DestinationTraceIds"`
}

type retrievedService struct {
	Service graphService
	Links   []graphLink
}

// getRetrievedTracesGraph answers the graph of the traces of a retrieval, and for
// each service the links of its segments to other traces.
func (f *Front) getRetrievedTracesGraph(c *call) (any, error) {
	var in struct{ RetrievalToken, NextToken string }
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	k, status, err := c.retrieval(in.RetrievalToken)
	if err != nil {
		return nil, err
	}
	if status != statusComplete {
		return map[string]any{"RetrievalStatus": status, "Services": []retrievedService{}}, nil
	}
	var traces []*xraymodel.Trace
	for _, id := range k.Body.IDs {
		t, spans, err := f.retrieve(c, &k.Body, id, formatXRay)
		if err != nil {
			return nil, err
		}
		if len(spans) == 0 {
			continue
		}
		traces = append(traces, t)
	}
	origins := servicegraph.OriginsOfTraces(traces...)
	links := linksOf(traces, origins)
	g := servicegraph.OfTraces(traces, origins, servicegraph.LinksAmong(traces))
	services := servicesOf(g, secondsIn-1)
	out := make([]retrievedService, len(services))
	for i := range services {
		out[i] = retrievedService{services[i], links[g.Nodes[i].NodeID]}
		if out[i].Links == nil {
			out[i].Links = []graphLink{}
		}
	}
	answer, err := answerPage("Services", aws.Listing[retrievedService]{
		Limit: graphPage, Token: in.NextToken, Asked: aws.Asked("GetRetrievedTracesGraph", in.RetrievalToken),
		Key: func(s *retrievedService) string { return sortable(s.Service.ReferenceID) },
	}, out)
	if err == nil {
		answer["RetrievalStatus"] = status
	}
	return answer, err
}

// linksOf are the links of traces, by the node that has them.
func linksOf(traces []*xraymodel.Trace, origins servicegraph.Origins) map[servicegraph.NodeID][]graphLink {
	links := map[servicegraph.NodeID][]graphLink{}
	for _, t := range traces {
		for _, l := range t.Links {
			if l.From == nil || l.From.Of == nil {
				continue
			}
			node := origins.OfSegment(l.From.Of)
			reference := cmp.Or(l.Reference, "parent")
			links[node] = append(links[node], graphLink{reference, event.XRayTraceID(t.ID), []string{event.XRayTraceID(l.TraceID)}})
		}
	}
	return links
}
