import { useEffect } from 'react';

import { get } from '../../api/client';
import type { ErrorItem } from '../../api/errors';
import { useLoad } from '../../api/useLoad';
import { go, linkTo, useAddress } from '../../app/location';

/** Goes to the item that a fingerprint or the uuid of an occurrence names: apps print such links. */
export default function FindError(): React.ReactElement {
  const { searchParams } = useAddress();
  const wanted = {
    uuid: searchParams.get('uuid') ?? '',
    fingerprint: searchParams.get('fingerprint') ?? '',
    in: searchParams.get('in') ?? '',
  };
  const { data, error } = useLoad(`find ${JSON.stringify(wanted)}`, (signal) =>
    get<{ found: { item: ErrorItem; occurrence?: string; env: string }[] }>('errors/find', wanted, signal),
  );
  const first = data?.found[0];
  useEffect(() => {
    if (first) go(`/errors/${first.item.id}${first.occurrence ? `/${first.occurrence}` : ''}?env=${encodeURIComponent(first.env)}`, true);
  }, [first]);
  if (!data && !error) return <div className="ebody" aria-busy="true" />;
  return (
    <div className="ebody">
      <div className="empty">
        <h1>{error ? 'It can’t be looked up' : 'No item is known for this link'}</h1>
        <p>{error?.message ?? 'The occurrence may be older than what is kept.'}</p>
        <a className="btn" {...linkTo('/errors')}>
          To the items
        </a>
      </div>
    </div>
  );
}
