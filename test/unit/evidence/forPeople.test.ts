import { expect } from 'chai';
import { evidenceCsv } from '../../../src/report/evidence/csv';
import { evidencePage } from '../../../src/report/evidence/page';
import { proofLines } from '../../../src/report/evidence/words';
import type { Entry, Predicate } from '../../../src/evidence/form';
import { madeRecords, madeStatement } from './made';

/** The fields of CSV by RFC 4180. */
function parsed(text: string): string[][] {
  const rows: string[][] = [];
  for (const line of text.split('\r\n').slice(0, -1))
    rows.push(
      [...line.matchAll(/"((?:[^"]|"")*)"(?:,|$)/g)].map(([, cell = '']) => cell.replaceAll('""', '"')),
    );
  return rows;
}

const predicate = madeStatement(madeRecords(2), { maxAgeMs: 1000 }).predicate;
const withTexts = (text: string): Predicate => ({
  ...predicate,
  stack: text,
  entries: predicate.entries.map((entry): Entry => ({
    ...entry,
    by: text,
    adminUser: text,
    failure: { step: 9, message: text },
    runs: entry.runs.map((run) => ({ ...run, by: text })),
  })),
  findings: [{ code: 'plan-missing', rotation: null, text }],
});

describe('evidence for people', () => {
  it('the table has one row for each rotation, and each proof with what was measured', () => {
    const [head = [], ...rows] = parsed(evidenceCsv(predicate));
    expect(rows).to.have.length(2);
    const row = Object.fromEntries(head.map((name, index) => [name, rows[0]?.[index]]));
    expect(row).to.include({ number: '1', outcome: 'rotated', by: 'maria@laptop', from: 'A', to: 'B' });
    expect(row['renewed']).to.match(/^A at .*; admin at /);
    expect(row['proofs'])
      .to.include('of 3 pods 3 new, 3 ready, 3 available')
      .and.include('gave 4 answers, 3 of them good')
      .and.include('by counting logins: 17 before, 17 after; 2 server(s) asked');
  });

  it('no field of the table is a formula, and none breaks out', () => {
    for (const text of [
      '=1+1',
      '+1',
      '-1',
      '@SUM(A1)',
      '\t=1',
      '\r=1',
      ' =1',
      '|cmd',
      '%0A',
      '＝1',
      '","=1',
      'a\n=1',
      '"',
    ]) {
      const csv = evidenceCsv(withTexts(text));
      for (const cell of parsed(csv).flat())
        expect(cell, JSON.stringify(text)).not.to.match(/^\s*[=+\-@|%＝]/);
      const widths = new Set(parsed(csv.replaceAll('a\n=1', 'a =1')).map((row) => row.length));
      expect(widths.size, JSON.stringify(text)).to.equal(1);
    }
  });

  it('nothing in the page is markup, and the page loads and runs nothing', () => {
    const page = evidencePage(withTexts(`<script>alert(1)</script>"'&\u202e`), '<b>.json');
    expect(page).not.to.include('<script').and.not.include('\u202e').and.not.include('<b>.json');
    expect(page).to.include('&lt;script&gt;').and.include("default-src 'none'");
  });

  it('the page has each rotation, its outcome and what was measured', () => {
    const page = evidencePage(predicate, 'evidence.json');
    for (const { id, plan } of predicate.entries) expect(page).to.include(id).and.include(plan.sha256);
    expect(page)
      .to.include('17 before, 17 after')
      .and.include('TOO OLD')
      .and.include('evidence verify evidence.json');
  });

  it('what an older version did not record is said, and what could not be counted, or reached', () => {
    expect(proofLines(null)).to.deep.equal(['not recorded by that version']);
    const [first] = predicate.entries;
    const idle = {
      ...first?.proofs?.idle,
      sampled: 'performance_schema is OFF',
      unreachedReaders: 1,
    } as const;
    const { logins, ...sampled } = idle;
    expect(logins).to.deep.equal({ before: 17, after: 17 });
    const [line] = proofLines({ idle: sampled as NonNullable<NonNullable<Entry['proofs']>['idle']> });
    expect(line)
      .to.include('sessions again and again (performance_schema is OFF)')
      .and.include('1 reader(s) NOT reached');
    const { username = '', ...rest } = first?.proofs?.health ?? {};
    expect(username).to.equal('openemr_b');
    const alone = { ...first?.proofs?.health, ...rest } as NonNullable<
      NonNullable<Entry['proofs']>['health']
    >;
    delete (alone as { page?: string }).page;
    expect(proofLines({ health: alone })[0]).to.include('no health page was given');
  });
});
