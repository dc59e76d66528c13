import { useRef, useState } from 'react';

import { levels, type Assignee } from '../../api/errors';
import { Menu, MenuList, type MenuItem } from '../../widgets/Menu';
import { mutes, snoozes, type Change } from './changes';
import { VersionDialog } from './VersionDialog';

interface Props {
  /** What the buttons act on, for their names: "3 items". */
  what: string;
  many: boolean;
  active: boolean;
  people: Assignee[];
  onChange: (c: Change) => void;
  onDelete: () => void;
  /** Somebody who is not in the list yet. */
  onTeam: () => void;
  /** Menus that keys open hang from these. */
  keys: React.RefObject<ActionKeys | null>;
}

export interface ActionKeys {
  mute: () => void;
  assign: () => void;
}

/** What can be done with an item, or with those that are picked. */
export function ActionBar({ what, many, active, people, onChange, onDelete, onTeam, keys }: Props): React.ReactElement {
  const [version, setVersion] = useState(false);
  const [open, setOpen] = useState<'mute' | 'assign'>();
  const muteAt = useRef<HTMLSpanElement>(null);
  const assignAt = useRef<HTMLSpanElement>(null);
  keys.current = { mute: () => setOpen('mute'), assign: () => setOpen('assign') };
  const muteItems: MenuItem[] = [
    ...mutes.map(([label, mute]): MenuItem => ({ label, run: () => onChange({ status: 'muted', mute }) })),
    { label: 'Snooze: hide, but stay active', run: () => undefined, head: true },
    ...snoozes.map(([label, seconds]): MenuItem => ({
      label: `Snooze ${label.toLowerCase()}`,
      run: () => onChange({ snooze: { seconds } }),
    })),
  ];
  const assignItems: MenuItem[] = [
    { label: 'Nobody', run: () => onChange({ assignee: 0 }) },
    ...people.map((p): MenuItem => ({ label: p.name, run: () => onChange({ assignee: p.id }) })),
    { label: 'Somebody new…', run: onTeam },
  ];
  return (
    <div className="eactions" role="group" aria-label={`Actions on ${what}`}>
      {active ? (
        <span className="views">
          <button type="button" className="btn small" onClick={() => onChange({ status: 'resolved' })} title="Resolve (e)">
            Resolve
          </button>
          <Menu
            className="btn small"
            name="Other ways to resolve"
            label="▾"
            items={[
              { label: 'In a version…', run: () => setVersion(true) },
              { label: 'By the next deploy', run: () => onChange({ status: 'resolved', next_deploy: true }) },
            ]}
          />
        </span>
      ) : (
        <button type="button" className="btn small" onClick={() => onChange({ status: 'active' })} title="Make it active again (e)">
          Reopen
        </button>
      )}
      <span ref={muteAt}>
        <Menu className="btn small" label="Mute ▾" name="Mute" title="Mute (m)" items={muteItems} />
      </span>
      <span ref={assignAt}>
        <Menu className="btn small" label="Assign ▾" name="Assign" title="Assign (a)" items={assignItems} />
      </span>
      <Menu
        className="btn small"
        label="Level ▾"
        name="Level"
        items={levels.map((l) => ({ label: l, run: () => onChange({ level: l }) }))}
      />
      {many && (
        <button type="button" className="btn small" onClick={() => onChange({ merge: true })} title="Count them as one item from now on">
          Merge
        </button>
      )}
      <button type="button" className="btn small bare" onClick={onDelete}>
        Delete
      </button>
      {open && (
        <MenuList
          anchor={open === 'mute' ? muteAt : assignAt}
          name={open === 'mute' ? 'Mute' : 'Assign'}
          items={open === 'mute' ? muteItems : assignItems}
          keepOpen={false}
          onClose={() => setOpen(undefined)}
        />
      )}
      {version && (
        <VersionDialog
          what={what}
          onClose={() => setVersion(false)}
          onTake={(v) => {
            setVersion(false);
            onChange({ status: 'resolved', resolved_in: v });
          }}
        />
      )}
    </div>
  );
}
