// Runs statements in ClickHouse, embedded: reads {settings, statements: [SQL]}
// as JSON from the file named first, and writes to the file named second a list
// of {rows: [[cell]]} or {error}. Cells are text or null. ORIEL_CHDB_DIR
// names the folder in which npm ci has put node_modules with chdb.
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { createRequire } = require('node:module');

const folder = path.resolve(process.env.ORIEL_CHDB_DIR);
const { Session } = createRequire(path.join(folder, 'from-here.js'))('chdb');

const [, , input, output] = process.argv;
const { settings, statements } = JSON.parse(fs.readFileSync(input, 'utf8'));
const session = new Session();

function run(sql) {
  try {
    const text = session.query(`${sql} SETTINGS ${settings}`, 'JSONCompactEachRow');
    const lines = text.split('\n').filter((line) => line !== '');
    return { rows: lines.map((line) => JSON.parse(line).map((c) => (c === null ? null : String(c)))) };
  } catch (err) {
    return { error: String(err.message ?? err) };
  }
}

fs.writeFileSync(output, JSON.stringify(statements.map(run)));
session.cleanup();
