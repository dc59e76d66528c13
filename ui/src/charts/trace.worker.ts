import type { Skeleton } from '../api/types';
import { buffersOf, buildModel } from './model';

// Reads a large trace beside the page, which goes on answering to keys meanwhile.
addEventListener('message', (e: MessageEvent<ArrayBuffer>) => {
  const model = buildModel(JSON.parse(new TextDecoder().decode(e.data)) as Skeleton);
  postMessage(model, { transfer: buffersOf(model) });
});
