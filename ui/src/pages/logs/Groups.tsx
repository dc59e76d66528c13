import { useCallback, useEffect, useMemo, useRef, useState } from 'react';

import { whyOf } from '../../api/client';
import { logs } from '../../api/aws';
import type { Start } from '../../api/types';
import { useKeys } from '../../app/keys';
import { setParams, useAddress } from '../../app/location';
import { count } from '../../time/format';
import { useGroups } from './data';
import { rowsOf, sorted, type GroupRow, type SortKey } from './groups';
import { CreateGroup, DeleteGroup } from './parts/GroupDialogs';
import { GroupTable } from './parts/GroupTable';
import { Nothing } from './parts/Nothing';
import { decode } from './url';
import { useGroupList, useRates } from './useGroupList';

const sortKeys: readonly SortKey[] = ['name', 'rate', 'bytes', 'retention', 'last'];

/** Where lines are kept: groups and their streams, how much, how long. */
export default function Groups({ start }: { start: Start | undefined }): React.ReactElement {
  const { searchParams: p } = useAddress();
  const env = p.get('env') ?? '';
  const region = p.get('region') ?? '';
  const find = p.get('find') ?? '';
  const sort = sortKeys.find((s) => s === p.get('sort')) ?? 'name';
  const down = p.get('down') === '1';
  const [turn, setTurn] = useState(0);
  const [said, setSaid] = useState('');
  const [failed, setFailed] = useState('');
  const [creating, setCreating] = useState(false);
  const [deleting, setDeleting] = useState<GroupRow>();
  const field = useRef<HTMLInputElement>(null);
  const again = useCallback(() => setTurn((n) => n + 1), []);
  const list = useGroupList(region, '', env, turn);
  const datasets = useGroups(env, turn);
  const rates = useRates(env, turn);
  const rows = useMemo(() => rowsOf(list.groups, datasets ?? [], rates), [list.groups, datasets, rates]);
  const needle = find.toLowerCase();
  const shown = useMemo(
    () =>
      sorted(
        rows.filter((r) => r.name.toLowerCase().includes(needle)),
        sort,
        down,
      ),
    [rows, needle, sort, down],
  );
  useEffect(() => {
    document.title = 'Log groups · Oriel';
  }, []);
  useKeys('Log groups', { '/': ['find a group', () => field.current?.focus()], r: ['look again', again] });
  const change = (what: string, operation: string, input: unknown): void => {
    setFailed('');
    logs(operation, input, region).then(
      () => {
        setSaid(what);
        again();
      },
      (e: unknown) => setFailed(whyOf(e)),
    );
  };
  const retain = (row: GroupRow, days: number | undefined): void =>
    days === undefined
      ? change(`${row.name} keeps its lines as long as the server does.`, 'DeleteRetentionPolicy', { logGroupName: row.name })
      : change(`${row.name} keeps its lines ${days} days.`, 'PutRetentionPolicy', { logGroupName: row.name, retentionInDays: days });
  return (
    <div className="lbody" aria-busy={list.loading}>
      <h1 className="sr">Log groups</h1>
      <div className="ltop">
        <div className="ltools">
          <input
            ref={field}
            className="input grow"
            aria-label="Find a log group"
            placeholder="find a log group by name      press /"
            value={find}
            onChange={(e) => setParams({ find: e.target.value || undefined }, true)}
            onKeyDown={(e) => e.key === 'Escape' && e.currentTarget.blur()}
          />
          {list.regions.length > 1 && (
            <select
              className="input"
              aria-label="Region"
              value={region}
              onChange={(e) => setParams({ region: e.target.value || undefined })}
            >
              <option value="">usual region</option>
              {list.regions.map((r) => (
                <option key={r}>{r}</option>
              ))}
            </select>
          )}
          <button type="button" className="btn" onClick={again} title="Look again (r)">
            Refresh
          </button>
          <button type="button" className="btn primary" onClick={() => setCreating(true)}>
            New group
          </button>
        </div>
        {(failed || list.error) && (
          <p className="note bad lnote" role="alert">
            {failed || list.error?.message}
          </p>
        )}
        {said && !failed && (
          <p className="note lnote" role="status">
            {said}
          </p>
        )}
      </div>
      <div className="lcols">
        {!list.loading && rows.length === 0 && !list.error ? (
          <Nothing state={decode(new URLSearchParams())} start={start} groups={[]} unknown={[]} set={() => undefined} />
        ) : (
          <GroupTable
            rows={shown}
            region={region}
            sort={sort}
            down={down}
            onSort={(s) =>
              setParams({ sort: s === 'name' ? undefined : s, down: (s === sort ? !down : s !== 'name') ? '1' : undefined }, true)
            }
            onRetain={retain}
            onDelete={setDeleting}
          />
        )}
      </div>
      <p className="lfoot muted" role="status">
        <span>
          {count(shown.length)} {shown.length === 1 ? 'group' : 'groups'}
          {shown.length < rows.length && ` of ${count(rows.length)}`}
        </span>
        {list.loading && <span>looking for more…</span>}
        {list.more && !list.loading && <span>there are more than {count(list.groups.length)}</span>}
      </p>
      {creating && (
        <CreateGroup
          onClose={() => setCreating(false)}
          onCreate={(name, days) =>
            logs('CreateLogGroup', { logGroupName: name }, region)
              .then(() => (days ? logs('PutRetentionPolicy', { logGroupName: name, retentionInDays: days }, region) : undefined))
              .then(() => {
                setCreating(false);
                setSaid(`${name} was made. Lines go to it from now on.`);
                again();
              })
          }
        />
      )}
      {deleting && (
        <DeleteGroup
          row={deleting}
          onClose={() => setDeleting(undefined)}
          onDelete={() =>
            logs('DeleteLogGroup', { logGroupName: deleting.name }, region).then(() => {
              setSaid(`${deleting.name} and its lines are deleted.`);
              setDeleting(undefined);
              again();
            })
          }
        />
      )}
    </div>
  );
}
