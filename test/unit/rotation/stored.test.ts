import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { z } from 'zod';
import { readStored, readStoredText } from '../../../src/base/stored';
import { parseFleetRun } from '../../../src/fleet/fleetRun';
import { readEntries } from '../../../src/history/entries';
import {
  materialSchema,
  pastFailureSchema,
  planSchema,
  savedPlanSchema,
} from '../../../src/rotation/storedPlan';
import { failureNotesIn } from '../../../src/engine/failureNotes';
import { repositoryFile } from '../docs/readme';

const forms = z
  .record(z.string(), z.record(z.string(), z.unknown()))
  .parse(JSON.parse(readFileSync(repositoryFile('test', 'unit', 'rotation', 'stored.json'), 'utf8')));
const schemas: Record<string, z.ZodType> = {
  plan: planSchema,
  material: materialSchema,
  savedPlan: savedPlanSchema,
  failureNote: pastFailureSchema,
};
/** What each form must have, in any version; the rest may be missing. */
const needed: Record<string, string[]> = {
  plan: [
    ...[
      'formatVersion',
      'id',
      'kind',
      'startedAt',
      'from',
      'to',
      'mint',
      'renew',
      'rotateAdmin',
      'restartToken',
    ],
    ...['slotSecretArn', 'slotSecretVersionId', 'adminSecretArn', 'adminUsername'],
  ],
  material: ['slotDocument', 'before', 'logins'],
  savedPlan: ['formatVersion', 'plan'],
  failureNote: ['at', 'message'],
};
const secretWord = 'canary';

describe('stored forms', () => {
  for (const [form, schema] of Object.entries(schemas))
    for (const [version, value] of Object.entries(forms[form] ?? {})) {
      it(`a ${form} of ${version} is read as it stands: order and unknown keys stay`, () => {
        const text = JSON.stringify({ ...(value as object), ofANewerVersion: { x: 1 } });
        const read = readStoredText(schema, text);
        expect(read.ok ? JSON.stringify(read.value) : read.problem).to.equal(text);
      });

      it(`a ${form} of ${version} without a field that each version has, or with another type, is refused by its name`, () => {
        const fields = value as Record<string, unknown>;
        for (const name of Object.keys(fields)) {
          const without = Object.fromEntries(Object.entries(fields).filter(([key]) => key !== name));
          expect(readStored(schema, without).ok, `without ${name}`).to.equal(
            needed[form]?.includes(name) !== true,
          );
          if (name === 'engine') continue;
          const read = readStored(schema, { ...fields, [name]: [{ [secretWord]: secretWord }] });
          expect(read.ok ? 'read' : read.problem).to.match(new RegExp(`^${name}[.:]`));
          expect(JSON.stringify(read)).not.to.include(secretWord);
        }
      });
    }

  it('an update of the history is read, of the Automation API and of the engine', () => {
    const { engine, automation } = forms['historyEntry'] as Record<string, { startTime: string }>;
    const asDates = { ...automation, startTime: new Date(automation?.startTime ?? '') };
    for (const each of [engine, asDates]) {
      const [entry] = readEntries([each], 'openemr-credential-rotation:plan');
      expect(entry).to.deep.include({
        startedAt: '2026-11-28T10:00:01.000Z',
        succeeded: true,
        by: 'root@vm',
      });
      expect(entry?.plan.id).to.equal('20261128-100000-abcdef');
    }
  });

  it('a fleet journal is read; one with an outcome that there is not begins a new run', () => {
    const journal = forms['fleetRun']?.['today'] as { deployments: object };
    expect(parseFleetRun(JSON.stringify(journal))).to.deep.equal(journal);
    const odd = { ...journal, deployments: { a: 'sleeping' } };
    expect(parseFleetRun(JSON.stringify(odd))).to.equal(undefined);
  });

  it('a note of why a run failed is read from its tag; one that is damaged says nothing', () => {
    const note = forms['failureNote']?.['today'];
    const tags = { 'failure:run-1': JSON.stringify(note), 'failure:run-2': '{"at":1}', 'failure:run-3': 'x' };
    expect([...failureNotesIn(tags)]).to.deep.equal([['run-1', note]]);
  });
});
