import { linkTo, setParams } from '../../app/location';
import { linesOf } from './LatestLines';

interface Props {
  name: string;
  /** Whether any span ever named it. */
  known: boolean;
  range: { from: string; to: string };
  at: (path: string, more: Record<string, string>) => string;
}

const longer = [
  ['now-1d', 'Last day'],
  ['now-7d', 'Last 7 days'],
] as const;

/** Why a service has nothing to show, and where there may be something. */
export function Nothing({ name, known, range, at }: Props): React.ReactElement {
  return (
    <section className="empty">
      <h2>{known ? 'No request reached it in this range' : 'No service has this name'}</h2>
      <p>
        {known ? (
          <>It may have served at another time, or only worked by itself: then its traces or its log lines say more.</>
        ) : (
          <>
            No span of this environment has <code>service.name</code> = <code>{name}</code>. Capitals and dashes count.
          </>
        )}
      </p>
      <p className="row wrap">
        {known &&
          longer
            .filter(([from]) => from !== range.from)
            .map(([from, words]) => (
              <button key={from} type="button" className="btn" onClick={() => setParams({ from, to: 'now' })}>
                {words}
              </button>
            ))}
        {known && (
          <a className="btn" {...linkTo(at('/traces', { svc: name }))}>
            Its traces
          </a>
        )}
        <a className="btn" {...linkTo(at('/logs', { where: linesOf(name) }))}>
          Lines that name it
        </a>
        <a className="btn" {...linkTo(at('/', {}))}>
          All services
        </a>
      </p>
    </section>
  );
}
