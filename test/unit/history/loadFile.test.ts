import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { Failure } from '../../../src/base/failure';
import { readLoadFile } from '../../../src/history/loadFile';

const failures = [{ at: '2026-01-05T02:00:00.000Z', kind: 'timeout' }];

describe('history --load', () => {
  let folder: string;
  let file: string;
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'load-'));
    file = path.join(folder, 'load.json');
  });
  after(() => rmSync(folder, { recursive: true }));

  it('reads counted requests by rotation, with times in one form', async () => {
    const odd = [{ at: '2026-01-05T03:00:00+01:00', kind: 'timeout', of: 'a newer version' }];
    writeFileSync(
      file,
      JSON.stringify({
        one: { requests: 500, failed: 1, failures: odd },
        two: { requests: 3, failed: 0 },
      }),
    );
    expect([...(await readLoadFile(file))]).to.deep.equal([
      ['one', { requests: 500, failed: 1, failures }],
      ['two', { requests: 3, failed: 0, failures: [] }],
    ]);
  });

  const damaged: [string, string][] = [
    ['', 'it is not JSON'],
    ['[]', 'expected record, received array'],
    ['{"one":{"requests":1}}', 'one.failed: expected number, received undefined'],
    ['{"one":{"requests":-1,"failed":0}}', 'one.requests: Too small: expected number to be >=0'],
    ['{"one":{"requests":"1","failed":0}}', 'one.requests: expected number, received string'],
    [
      '{"one":{"requests":1,"failed":1,"failures":[{"at":"never","kind":"x"}]}}',
      'one.failures.0.at: it is no time',
    ],
  ];
  for (const [text, problem] of damaged)
    it(`refuses ${text === '' ? 'an empty file' : text} with what is wrong`, async () => {
      writeFileSync(file, text);
      const failure: unknown = await readLoadFile(file).catch((error: unknown) => error);
      if (!(failure instanceof Failure)) throw new Error('It was read.');
      expect(failure.outcome).to.equal('configuration');
      expect(failure.message).to.equal(
        `--load: ${file} does not hold counted requests (${problem}); write it as docs/json-history.md says.`,
      );
    });

  it('refuses a file that is not there', async () => {
    const failure: unknown = await readLoadFile(path.join(folder, 'none')).catch((error: unknown) => error);
    expect(failure)
      .to.be.instanceOf(Failure)
      .with.property('message')
      .that.matches(/none cannot be read \(ENOENT\)/);
  });
});
