// node-postgres: parameters are sent as text without a type.
const assert = require('node:assert');

// guide: connect
const { Client } = require('pg');
const client = new Client();
// end

let count = 0, failures = 0;
function is(got, wanted, name) {
  let same = true;
  try { assert.deepStrictEqual(got, wanted); } catch (error) { same = false; failures++; }
  console.log(`${same ? 'ok' : 'not ok'} ${++count} - ${name}`);
  if (!same) console.log(`# got ${JSON.stringify(got)}, wanted ${JSON.stringify(wanted)}`);
}

async function main() {
  await client.connect();
  const detected = new Date('2026-01-05T08:30:00Z');

  // guide: open
  const opened = await client.query(
    `SELECT incident.open($1, $2, detected_at => $3, policy => $4, asset_level => $5, ticket => $6, once => $7)`,
    ['db-1', '特别严重', detected, 'gbz20986', 'Ⅰ级', 'NODE-1', true]);
  const incident = opened.rows[0].open;   // a string, as bigint is in node-postgres
  // end
  is(typeof incident, 'string', 'the id is a string');

  // guide: read
  const found = await client.query(
    `SELECT severity, event_level, detected_at, closed_at
     FROM incident.incident_history WHERE incident_id = $1`, [incident]);
  // found.rows[0]: { severity: 'critical', event_level: '1', detected_at: Date, closed_at: null }
  // end
  is(found.rows[0], { severity: 'critical', event_level: '1', detected_at: detected, closed_at: null },
    'strings, a Date, null');

  const again = await client.query(
    `SELECT incident.open(ticket => $1, severity => $2, once => true) AS once, incident.find($1) AS found, incident.find($2) AS none`,
    ['NODE-1', null]);
  is(again.rows[0], { once: incident, found: incident, none: null }, 'once with a null severity, find');

  // guide: look up
  const levels = await client.query(
    `SELECT incident.event_level($1, $2, $3) AS event, incident.response_level('eport', $4, $5, $6) AS response,
            extract(epoch FROM incident.processing_time($1, $7))::integer AS seconds`,
    ['gravity-3', null, '重大', '3', 'moderate', '5 hours', '一般']);
  // end
  is(levels.rows[0], { event: '2', response: '2', seconds: 432000 }, 'look-ups');
  const interval = await client.query(`SELECT incident.processing_time('eport', '3') AS time`);
  is(interval.rows[0].time.hours, 8, 'an interval');

  // guide: arrays and JSON
  await client.query(`SELECT incident.assess($1, forget => $2)`, [incident, ['severity']]);
  const course = await client.query(
    `SELECT kind, level, detail FROM incident.simulate($1, $2, $3, $4, $5, $6)`,
    ['gravity-3', null, '一般', detected, new Date('2026-01-06T08:30:00Z'),
      JSON.stringify([{ at: '2026-01-05T09:00Z', kind: 'assessed', severity: '重大' }])]);
  const chart = await client.query(
    `SELECT audience, ARRAY[event_level, response_level]::text[] AS levels
     FROM incident.quick_reference('eport') WHERE audience IS NOT NULL LIMIT 1`);
  // end
  const forgotten = await client.query(`SELECT severity FROM incident.open_incidents WHERE incident_id = $1`, [incident]);
  is(forgotten.rows[0].severity, null, 'an array as a parameter');
  is(course.rows[2].detail, { severity: 'severe' }, 'jsonb as a parameter and as an object');
  is([Array.isArray(chart.rows[0].audience), chart.rows[0].levels], [true, ['1', '1']], 'arrays of texts');

  const prepared = [];
  for (const word of ['重大', '一般', null]) {
    const row = await client.query({ name: 'level', text: `SELECT incident.event_level('gravity-3', NULL, $1)`, values: [word] });
    prepared.push(row.rows[0].event_level);
  }
  is(prepared, ['2', '3', '1'], 'a prepared statement');

  const binary = await client.query({ text: `SELECT now() AS now, 'P1'::incident.level::text AS level`, binary: true });
  is(binary.rows[0].level, '1', 'binary results, levels as text');

  let problem;
  try { await client.query(`SELECT incident.open(severity => $1, policy => $2)`, ['minor', 'gravity-3']); } catch (error) { problem = error; }
  is([problem.code, problem.hint.includes('特别重大')], ['22023', true], 'a refused word, with what the policy takes');
}

main().catch(error => { console.log(`not ok ${++count} - ${error.stack}`); failures++; })
  .finally(() => { console.log(`1..${count}`); process.exit(failures ? 1 : 0); });
