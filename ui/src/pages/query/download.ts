// A result as a file.
import { csvOf, jsonOf, type Table } from '../../query/table';
import type { Result } from './result';

const table = (r: Result): Table => ({ columns: r.columns.map((c) => c.name), rows: r.rows });

export const toCsv = (r: Result): string => csvOf(table(r));
export const toJson = (r: Result): string => jsonOf(table(r));
