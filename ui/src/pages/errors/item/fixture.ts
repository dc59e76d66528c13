// A frame for tests.
import type { Frame } from '../../../api/errors';

export function frame(change: Partial<Frame>): Frame {
  return {
    file: 'app.py',
    line: 3,
    column: 0,
    method: 'home',
    class: '',
    code: '',
    pre: [],
    post: [],
    own: true,
    library: '',
    args: [],
    locals: null,
    ...change,
  };
}
