import { useEffect, useState } from 'react';

import { ago } from '../time/format';
import { Menu } from './Menu';

const steps: [label: string, seconds: number][] = [
  ['Off', 0],
  ['5 s', 5],
  ['10 s', 10],
  ['30 s', 30],
  ['1 min', 60],
];

interface Props {
  every: number;
  onEvery: (seconds: number) => void;
  loadedAt: number;
  onRefresh: () => void;
}

/** Looks again by hand or by itself; waits while the tab is hidden, a menu is open or text is selected. */
export function Refresh({ every, onEvery, loadedAt, onRefresh }: Props): React.ReactElement {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 5000);
    return () => clearInterval(timer);
  }, []);
  useEffect(() => {
    if (every === 0) return;
    const timer = setInterval(() => {
      const busy =
        document.hidden ||
        document.querySelector('[role=menu]') !== null ||
        String(getSelection()).length > 0 ||
        document.activeElement?.tagName === 'INPUT';
      if (!busy) onRefresh();
    }, every * 1000);
    return () => clearInterval(timer);
  }, [every, onRefresh]);
  return (
    <div className="views">
      <button
        type="button"
        className="btn small"
        onClick={onRefresh}
        title={loadedAt > 0 ? `Looked ${ago(now - loadedAt)}; look again (r)` : 'Look again (r)'}
      >
        Refresh
      </button>
      <Menu
        className="btn small"
        name="Refresh by itself"
        label={every > 0 ? `${every} s ▾` : '▾'}
        items={steps.map(([label, seconds]) => ({ label, checked: every === seconds, run: () => onEvery(seconds) }))}
      />
    </div>
  );
}
