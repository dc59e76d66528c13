import './trace.css';
import './waterfall.css';
import './span.css';
import './documents.css';

import { useEffect, useState } from 'react';

import { getBytes, listen } from '../../api/client';
import { useLoad } from '../../api/useLoad';
import { linkTo, useAddress } from '../../app/location';
import { readTrace } from './readTrace';
import { Trace } from './Trace';
import { decode } from './url';

/** How long late spans are waited for, in ms. */
const liveFor = 62_000;

/** Loads a trace, and again when more of it has arrived. */
export default function TracePage({ id }: { id: string }): React.ReactElement {
  const [version, setVersion] = useState(0);
  const { keepClocks } = decode(useAddress().searchParams);
  const loaded = useLoad(`trace ${id} ${version} ${keepClocks}`, async (signal) =>
    readTrace(await getBytes(`trace/${encodeURIComponent(id)}`, { skew: keepClocks ? 'off' : undefined }, signal), signal),
  );
  const model = loaded.data;
  const arriving = model?.arriving ?? false;
  useEffect(() => {
    if (!arriving) return;
    // A burst of late spans is one more look, not many.
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = listen(`trace/${encodeURIComponent(id)}/live`, {
      grown: () => {
        timer ??= setTimeout(() => {
          timer = undefined;
          setVersion((v) => v + 1);
        }, 300);
      },
    });
    // Then it is whole, as far as anybody can tell: look a last time.
    const end = setTimeout(() => {
      stop();
      setVersion((v) => v + 1);
    }, liveFor);
    return () => {
      clearTimeout(timer);
      clearTimeout(end);
      stop();
    };
  }, [id, arriving]);
  if (loaded.error && !model) {
    return (
      <div className="page">
        <h1>Trace {id}</h1>
        <div className="note bad" role="alert">
          <p>{loaded.error.message}</p>
          {loaded.error.requestId && <p className="muted">request {loaded.error.requestId}</p>}
        </div>
        <div className="row">
          <button type="button" className="btn" onClick={() => setVersion((v) => v + 1)}>
            Look again
          </button>
          <a {...linkTo('/traces')}>All traces</a>
        </div>
      </div>
    );
  }
  if (!model) return <Skeletal />;
  if (model.count === 0) {
    return (
      <div className="page">
        <h1>Trace {model.id}</h1>
        <p>No span of this trace has arrived, only {model.annotations.span.length} log lines or events that carry its id.</p>
      </div>
    );
  }
  return <Trace trace={model} />;
}

/** The shape of the page while it loads. */
function Skeletal(): React.ReactElement {
  return (
    <div className="page" aria-busy="true" aria-label="Loading the trace">
      <h1 className="sr">Trace</h1>
      {[40, 70, 100, 62, 55, 48, 80, 30].map((w, i) => (
        <div key={i} className="ghost" style={{ width: `${w}%` }} />
      ))}
    </div>
  );
}
