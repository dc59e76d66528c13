import { layOut, type LayoutInput } from './layout';

addEventListener('message', (e: MessageEvent<{ turn: number; input: LayoutInput }>) => {
  postMessage({ turn: e.data.turn, layout: layOut(e.data.input) });
});
