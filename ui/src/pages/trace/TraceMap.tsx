import { useMemo, useRef, useState } from 'react';

import type { NodeKind } from '../../api/map';
import { go } from '../../app/location';
import { Camera } from '../../charts/graph/camera';
import { GraphCanvas } from '../../charts/graph/GraphCanvas';
import { layOut } from '../../charts/graph/layout';
import type { GraphEdge, GraphNode } from '../../charts/graph/scene';
import type { TraceModel } from '../../charts/model';
import { duration } from '../../time/format';
import { useSegments } from './useSegments';
import type { TraceLinks } from './useLinks';
import { keyOf, mapOf, type Segments, type TraceNode } from './xray';

interface Props {
  trace: TraceModel;
  links: TraceLinks | undefined;
  selected: string;
  onSelect: (id: string) => void;
}

const kinds: [RegExp, NodeKind][] = [
  [/SQL|Database|RDS|DynamoDB/i, 'database'],
  [/SQS|SNS|Kinesis|queue|topic/i, 'queue'],
  [/cache|redis/i, 'cache'],
  [/^AWS::/, 'cloud'],
  [/^remote$/, 'remote'],
];

const kindOf = (n: TraceNode): NodeKind => (n.inferred ? (kinds.find(([re]) => re.test(n.type))?.[1] ?? 'remote') : 'service');

const noPins = {};

const linkedPrefix = 'trace ';
const mostLinked = 12;

/** Traces at the other ends of links, each a node beside the service whose span has the link, or has been linked to. */
function linkedOf(s: Segments, nodes: readonly TraceNode[], l: TraceLinks): { nodes: GraphNode[]; edges: GraphEdge[] } {
  const out: { nodes: GraphNode[]; edges: GraphEdge[] } = { nodes: [], edges: [] };
  for (const link of l.links) {
    const at = placeOf(s, nodes, link.span_id);
    let other = out.nodes.findIndex((n) => n.id === linkedPrefix + link.trace_id);
    if (at < 0 || (other < 0 && out.nodes.length === mostLinked)) continue;
    if (other < 0) {
      const t = l.traces.find((x) => x.trace_id === link.trace_id);
      other =
        out.nodes.push({
          id: linkedPrefix + link.trace_id,
          name: t ? `${t.root.service} ${t.root.name}` : `trace ${link.trace_id.slice(0, 8)}…`,
          kind: link.upstream ? 'queue' : 'service',
          slot: t?.services?.[0]?.slot ?? 0,
          inferred: true,
          health: undefined,
          rate: 'linked trace',
          failing: t && t.errors > 0 ? 'failed' : '',
          alarming: (t?.errors ?? 0) > 0,
          latency: t ? duration(t.duration) : 'is not here',
          size: 1,
          change: undefined,
        }) - 1;
    }
    const [from, to] = link.upstream ? [nodes.length + other, at] : [at, nodes.length + other];
    if (!out.edges.some((e) => e.from === from && e.to === to))
      out.edges.push({ from, to, width: 1, faults: 0, dashed: true, label: 'link', change: undefined });
  }
  return out;
}

/** The node of the segment that a span is, or lies in. */
function placeOf(s: Segments, nodes: readonly TraceNode[], span: string): number {
  const segment = s.segments.find((x) => x.id === span) ?? s.segments.find((x) => x.document?.toLowerCase().includes(`"${span}"`));
  return segment ? nodes.findIndex((n) => n.key === keyOf(segment)) : nodes.findIndex((n) => !n.inferred);
}

/** The services of this one trace: a node shows its longest segment when it is chosen. */
export function TraceMap({ trace, links, selected, onSelect }: Props): React.ReactElement {
  const { data, error } = useSegments(trace.id, trace.totalSpans);
  const [camera] = useState(() => new Camera());
  const places = useRef<{ x: number; y: number }[]>([]);
  const drawn = useMemo(() => {
    if (!data) return undefined;
    const { nodes, edges } = mapOf(data);
    const linked = links ? linkedOf(data, nodes, links) : { nodes: [], edges: [] };
    const allEdges = [
      ...edges.map((e): [number, number, number] => [e.from, e.to, e.count]),
      ...linked.edges.map((e): [number, number, number] => [e.from, e.to, 1]),
    ];
    return {
      nodes,
      linked: linked.nodes,
      layout: layOut({ ids: [...nodes.map((n) => n.key), ...linked.nodes.map((n) => n.id)], edges: allEdges, before: {}, pinned: {} }),
      shown: [
        ...nodes.map((n): GraphNode => {
          const failed = n.segments - n.bad.ok;
          return {
            id: n.key,
            name: n.name,
            kind: kindOf(n),
            slot: n.inferred ? 0 : n.slot,
            inferred: n.inferred,
            health: { faults: n.bad.fault / n.segments, throttles: n.bad.throttle / n.segments, errors: n.bad.error / n.segments },
            rate: n.segments === 1 ? duration(n.longest.duration) : `${n.segments} segments`,
            failing: failed > 0 ? (failed === 1 && n.segments === 1 ? 'failed' : `${failed} failed`) : '',
            alarming: n.bad.fault > 0,
            latency: n.segments === 1 ? n.type : `longest ${duration(n.longest.duration)}`,
            size: 1,
            change: undefined,
          };
        }),
        ...linked.nodes,
      ],
      edges: [
        ...edges.map((e): GraphEdge => ({
          from: e.from,
          to: e.to,
          width: 1 + Math.min(Math.log2(e.count) * 0.6, 3.5),
          faults: e.faults / e.count,
          dashed: false,
          label: [`${e.count} ${e.count === 1 ? 'call' : 'calls'}`, duration(e.total)].join(' · '),
          change: undefined,
        })),
        ...linked.edges,
      ],
      targets: edges.map((e) => e.to),
    };
  }, [data, links]);
  const choose = (i: number): void => {
    const n = drawn!.nodes[i];
    if (n) onSelect(n.longest.id);
    else go(`/trace/${encodeURIComponent(drawn!.linked[i - drawn!.nodes.length]!.id.slice(linkedPrefix.length))}`);
  };
  return (
    <div className="trace-map">
      {error && <p className="note bad">{error.message}</p>}
      {drawn && (
        <GraphCanvas
          label={`Map of the ${drawn.nodes.length} services of this trace${drawn.linked.length > 0 ? ` and ${drawn.linked.length} linked traces` : ''}; the table view tells the same`}
          nodes={drawn.shown}
          edges={drawn.edges}
          layout={drawn.layout}
          pins={noPins}
          camera={camera}
          selected={drawn.nodes.findIndex((n) => n.longest.id === selected)}
          selectedEdge={-1}
          bright={undefined}
          matches={undefined}
          places={places}
          onNode={choose}
          onEdge={(e) => drawn.targets[e] !== undefined && choose(drawn.targets[e])}
          onNothing={() => undefined}
          onOpen={choose}
        />
      )}
      {data && data.left_out > 0 && <p className="muted map-note">{data.left_out} segments are left out.</p>}
    </div>
  );
}
