// What the API tells about payloads that come in.

export interface Rejected {
  id: number;
  /** Unix ns; read as a number it is exact to the microsecond, which is enough to show. */
  at: number;
  environment: string;
  path: string;
  status: number;
  reason: string;
  remedy: string;
  token: string;
  token_name: string;
  address: string;
  user_agent: string;
  content_type: string;
  bytes: number;
  payload: string;
  more: number;
}

export interface IntakeSettings {
  scrub: { names: string[]; except: string[]; card_numbers: boolean };
  any_scope: boolean;
  no_environment: boolean;
  blocked_addresses: string[];
}

/** Rejections that are alike, with how many there are. */
export interface RejectedGroup {
  key: string;
  reason: string;
  remedy: string;
  status: number;
  count: number;
  newest: Rejected;
  list: Rejected[];
}

/** Puts those of one reason and status together, the most recent first. */
export function grouped(list: readonly Rejected[]): RejectedGroup[] {
  const groups = new Map<string, RejectedGroup>();
  for (const r of list) {
    const key = `${r.status} ${r.reason}`;
    const g = groups.get(key);
    if (!g) groups.set(key, { key, reason: r.reason, remedy: r.remedy, status: r.status, count: 1 + r.more, newest: r, list: [r] });
    else {
      g.count += 1 + r.more;
      g.list.push(r);
    }
  }
  return [...groups.values()];
}

/** Names from a text: one a line or by commas; the same one once. */
export function namesIn(text: string): string[] {
  return [
    ...new Set(
      text
        .split(/[\n,]+/)
        .map((n) => n.trim())
        .filter(Boolean),
    ),
  ];
}
