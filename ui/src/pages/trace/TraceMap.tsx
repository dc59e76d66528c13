import { useMemo, useRef, useState } from 'react';

import type { NodeKind } from '../../api/map';
import { Camera } from '../../charts/graph/camera';
import type { GraphEdge, GraphNode } from '../../charts/graph/draw';
import { GraphCanvas } from '../../charts/graph/GraphCanvas';
import { layOut } from '../../charts/graph/layout';
import type { TraceModel } from '../../charts/model';
import { duration } from '../../time/format';
import { useSegments } from './useSegments';
import { mapOf, type TraceNode } from './xray';

interface Props {
  trace: TraceModel;
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

/** The services of this one trace: a node shows its longest segment when it is chosen. */
export function TraceMap({ trace, selected, onSelect }: Props): React.ReactElement {
  const { data, error } = useSegments(trace.id, trace.totalSpans);
  const [camera] = useState(() => new Camera());
  const places = useRef<{ x: number; y: number }[]>([]);
  const drawn = useMemo(() => {
    if (!data) return undefined;
    const { nodes, edges } = mapOf(data);
    return {
      nodes,
      layout: layOut({ ids: nodes.map((n) => n.key), edges: edges.map((e) => [e.from, e.to, e.count]), before: {}, pinned: {} }),
      shown: nodes.map((n): GraphNode => {
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
      edges: edges.map((e): GraphEdge => ({
        from: e.from,
        to: e.to,
        width: 1 + Math.min(Math.log2(e.count) * 0.6, 3.5),
        faults: e.faults / e.count,
        dashed: false,
        label: [`${e.count} ${e.count === 1 ? 'call' : 'calls'}`, duration(e.total)].join(' · '),
        change: undefined,
      })),
    };
  }, [data]);
  return (
    <div className="trace-map">
      {error && <p className="note bad">{error.message}</p>}
      {drawn && (
        <GraphCanvas
          label={`Map of the ${drawn.nodes.length} services of this trace; the table view tells the same`}
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
          onNode={(i) => onSelect(drawn.nodes[i]!.longest.id)}
          onEdge={(e) => onSelect(drawn.nodes[drawn.edges[e]!.to]!.longest.id)}
          onNothing={() => undefined}
          onOpen={(i) => onSelect(drawn.nodes[i]!.longest.id)}
        />
      )}
      {data && data.left_out > 0 && <p className="muted map-note">{data.left_out} segments are left out.</p>}
    </div>
  );
}
