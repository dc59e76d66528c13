import type { Skeleton } from '../../api/types';
import { buildModel, type TraceModel } from '../../charts/model';

/** Bytes that are read here before another thread has begun. */
const small = 200_000;

/** A trace as it came, as drawing needs it. */
export function readTrace(bytes: ArrayBuffer, signal: AbortSignal): Promise<TraceModel> {
  if (bytes.byteLength <= small) return Promise.resolve(buildModel(JSON.parse(new TextDecoder().decode(bytes)) as Skeleton));
  return new Promise((done, fail) => {
    const worker = new Worker(new URL('../../charts/trace.worker.ts', import.meta.url), { type: 'module' });
    const end = (): void => worker.terminate();
    signal.addEventListener('abort', end);
    worker.onmessage = (e: MessageEvent<TraceModel>) => {
      end();
      done(e.data);
    };
    worker.onerror = (e) => {
      end();
      fail(new Error(e.message || 'the trace could not be read'));
    };
    worker.postMessage(bytes, [bytes]);
  });
}
