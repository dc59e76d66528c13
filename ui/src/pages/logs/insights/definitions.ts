// Saved queries: CloudWatch's own, so that they are the same for its console's users and ours.
import { useCallback, useState } from 'react';

import { logs } from '../../../api/aws';
import { useLoad } from '../../../api/useLoad';

export interface Definition {
  queryDefinitionId: string;
  name: string;
  queryString: string;
  logGroupNames?: string[];
  parameters?: { name: string; defaultValue?: string; description?: string }[];
  lastModified?: number;
}

export interface Definitions {
  list: Definition[] | undefined;
  error: string;
  save: (d: Omit<Definition, 'queryDefinitionId'> & { queryDefinitionId?: string }) => Promise<string>;
  remove: (id: string) => Promise<void>;
}

const pageSize = 1000;

/** All saved queries of an environment. */
export function useDefinitions(env: string, wanted: boolean): Definitions {
  const [turn, setTurn] = useState(0);
  const { data, error } = useLoad(`definitions ${env} ${turn} ${wanted}`, async (signal) => {
    if (!wanted) return undefined;
    const all: Definition[] = [];
    let nextToken: string | undefined;
    do {
      const input = { maxResults: pageSize, ...(nextToken && { nextToken }) };
      const page = await logs<{ queryDefinitions?: Definition[]; nextToken?: string }>('DescribeQueryDefinitions', input, '', signal);
      all.push(...(page.answer.queryDefinitions ?? []));
      nextToken = page.answer.nextToken;
    } while (nextToken);
    return all.sort((a, b) => a.name.localeCompare(b.name));
  });
  const save = useCallback(async (d: Parameters<Definitions['save']>[0]): Promise<string> => {
    const { answer } = await logs<{ queryDefinitionId: string }>('PutQueryDefinition', d);
    setTurn((n) => n + 1);
    return answer.queryDefinitionId;
  }, []);
  const remove = useCallback(async (queryDefinitionId: string): Promise<void> => {
    await logs('DeleteQueryDefinition', { queryDefinitionId });
    setTurn((n) => n + 1);
  }, []);
  return { list: data, error: error?.message ?? '', save, remove };
}

export interface Folder {
  name: string;
  /** The names of all folders down to it, with slashes. */
  path: string;
  folders: Folder[];
  queries: Definition[];
}

/** Names with slashes are folders. */
export function foldersOf(list: readonly Definition[]): Folder {
  const root: Folder = { name: '', path: '', folders: [], queries: [] };
  for (const d of list) {
    const parts = d.name.split('/').filter(Boolean);
    let at = root;
    for (const part of parts.slice(0, -1)) {
      let next = at.folders.find((f) => f.name === part);
      if (!next) at.folders.push((next = { name: part, path: `${at.path}${part}/`, folders: [], queries: [] }));
      at = next;
    }
    at.queries.push(d);
  }
  return root;
}

/** The last part of a name. */
export function leafOf(name: string): string {
  return name.split('/').findLast(Boolean) ?? name;
}
