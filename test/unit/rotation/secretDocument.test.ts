import { expect } from 'chai';
import fc from 'fast-check';
import type { SlotDocument } from '../../../src/rotation/secretDocument';
import {
  parseAdminDocument,
  parseSlotDocument,
  renderAdminDocument,
  renderSlotDocument,
} from '../../../src/rotation/secretDocument';
import { canary, loginOf } from './simulatedWorld';

const [a, b] = [loginOf('openemr_a'), loginOf('openemr_b')];

function textOf(changes: Record<string, unknown>): string {
  return JSON.stringify({ active_slot: 'A', A: a, B: b, ...changes });
}

function parsed(text: string): SlotDocument {
  const document = parseSlotDocument(text);
  if (!document.ok) throw new Error(document.problems.join('; '));
  return document.value;
}

const bad: [name: string, text: string, problems: (string | RegExp)[]][] = [
  ['empty', '', ['it is empty']],
  ['only space', ' \n\t', ['it is empty']],
  ['only a byte order mark', '\uFEFF', ['it is empty']],
  ['not JSON', `${canary}: not JSON`, ['it is not JSON']],
  ['cut off', textOf({}).slice(0, -1), ['it is not JSON']],
  ['binary', '\u0000\u0001\u0002', ['it is not JSON']],
  ['JSON with a comment', `{} // ${canary}`, ['it is not JSON']],
  ['two documents', `${textOf({})}${textOf({})}`, ['it is not JSON']],
  ['null', 'null', ['it is not a JSON object']],
  ['an array', JSON.stringify([{ active_slot: 'A', A: a, B: b }]), ['it is not a JSON object']],
  ['text', JSON.stringify(textOf({})), ['it is not a JSON object']],
  ['a number', '3306', ['it is not a JSON object']],
  ['true', 'true', ['it is not a JSON object']],
  ['an empty object', '{}', ['active_slot is neither "A" nor "B"']],
  ...[undefined, null, 'a', 'C', '', ' A', 'AB', 1, true, ['A'], { slot: 'A' }].map(
    (active): [string, string, string[]] => [
      `active_slot ${JSON.stringify(active) ?? 'missing'}`,
      textOf({ active_slot: active }),
      ['active_slot is neither "A" nor "B"'],
    ],
  ),
  ['slot A as text', textOf({ A: a.password }), ['A is not an object']],
  ['slot B as array', textOf({ B: [b] }), ['B is not an object']],
  ['slot B as number', textOf({ B: 1 }), ['B is not an object']],
  ['slot B as false', textOf({ B: false }), ['B is not an object']],
  ...(['username', 'password', 'host', 'dbname'] as const).flatMap((field) =>
    [12345, 1.5, true, ['x'], { is: 'x' }].map((value): [string, string, string[]] => [
      `${field} ${JSON.stringify(value)}`,
      textOf({ A: { ...a, [field]: value } }),
      [`A.${field} is not text`],
    ]),
  ),
  ...[
    '0',
    '65536',
    '99999',
    '-1',
    '3306x',
    '3.3',
    '0x10',
    '03306',
    '+3306',
    ' 3306',
    '３３０６',
    0,
    65536,
    -3306,
  ].map((port): [string, string, string[]] => [
    `port ${JSON.stringify(port)}`,
    textOf({ B: { ...b, port } }),
    ['B.port is not a port number'],
  ]),
  ['port 3306.5', textOf({ B: { ...b, port: 3306.5 } }), [/^B\.port is not/]],
  ['a slot without user name', textOf({ B: { ...b, username: undefined } }), ['B.username is missing']],
  ['a slot without database', textOf({ B: { ...b, dbname: '' } }), ['B.dbname is missing']],
  [
    'several problems: all are named',
    textOf({ active_slot: 'b', A: { ...a, port: 'x', host: 1 }, B: { ...b, username: null, dbname: null } }),
    [
      'active_slot is neither "A" nor "B"',
      'A.host is not text',
      'A.port is not a port number',
      'B.username is missing',
      'B.dbname is missing',
    ],
  ],
];

describe('the slot secret: what is refused', () => {
  for (const [name, text, problems] of bad) {
    it(name, () => {
      const document = parseSlotDocument(text);
      if (document.ok) throw new Error('it was taken');
      expect(document.problems, document.problems.join('; ')).to.have.lengthOf(problems.length);
      problems.forEach((problem, index) => {
        if (typeof problem === 'string') expect(document.problems[index]).to.equal(problem);
        else expect(document.problems[index]).to.match(problem);
      });
      expect(JSON.stringify(document)).not.to.include(canary);
    });
  }

  it('a slot that is a number in an unusual spelling', () => {
    expect(parseSlotDocument(textOf({}).replace(JSON.stringify(b), '1.0'))).to.deep.equal({
      ok: false,
      problems: ['B is not an object'],
    });
  });

  it('a key that stands twice', () => {
    const twice = textOf({}).replace('{"active_slot":"A"', '{"active_slot":"A","active_slot":"B"');
    expect(parseSlotDocument(twice).ok).to.equal(false);
  });

  it('anything at all: it never throws, and never shows a value', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json({ maxDepth: 4 }),
          fc.jsonValue().map((value) => textOf({ A: value })),
        ),
        (text) => {
          const document = parseSlotDocument(text);
          if (!document.ok) expect(document.problems).not.to.have.lengthOf(0);
        },
      ),
      { numRuns: 500, seed: 20260 },
    );
  });
});

describe('the slot secret: what is taken', () => {
  it('two complete slots', () => {
    const { active, entries } = parsed(textOf({ active_slot: 'B' }));
    expect(active).to.equal('B');
    expect(entries).to.deep.equal({ A: { kind: 'complete', login: a }, B: { kind: 'complete', login: b } });
  });

  it('a byte order mark before it', () => {
    expect(parsed(`\uFEFF${textOf({})}`).active).to.equal('A');
  });

  for (const [port, read] of [
    [3306, '3306'],
    ['3307', '3307'],
    [65535, '65535'],
    [null, '3306'],
    ['', '3306'],
  ] as const) {
    it(`port ${JSON.stringify(port)} as ${read}`, () => {
      expect(parsed(textOf({ A: { ...a, port } })).entries.A).to.deep.equal({
        kind: 'complete',
        login: { ...a, port: read },
      });
    });
  }

  for (const slot of [undefined, null, {}, { username: '' }, { password: a.password }]) {
    it(`an empty slot: ${JSON.stringify(slot)?.replace(a.password, '…') ?? 'missing'}`, () => {
      expect(parsed(textOf({ B: slot })).entries.B).to.deep.equal({ kind: 'empty' });
    });
  }

  for (const value of [
    '',
    ' ',
    'placeholder',
    'PLACEHOLDER_SEEDED_BY_DEPLOY_SCRIPT',
    'PENDING',
    'pending-restore',
    'changeme',
    'Change-Me',
    'todo',
    ' null ',
    null,
  ]) {
    it(`the placeholder ${JSON.stringify(value)} as no value`, () => {
      expect(parsed(textOf({ B: { ...b, password: value } })).entries.B).to.deep.equal({
        kind: 'empty',
        username: b.username,
      });
      expect(parsed(textOf({ B: { ...b, username: value, password: value } })).entries.B).to.deep.equal({
        kind: 'empty',
      });
      expect(parsed(textOf({ B: { ...b, host: value } })).entries.B).to.deep.equal({
        kind: 'empty',
        username: b.username,
      });
    });
  }

  it('a password that only begins like a placeholder, as it is', () => {
    const password = 'placeholder2Xk9';
    expect(parsed(textOf({ B: { ...b, password } })).entries.B.kind).to.equal('complete');
  });

  it('a password that only holds a placeholder, as it is', () => {
    const password = ' my-changeme ';
    expect(parsed(textOf({ B: { ...b, password } })).entries.B).to.deep.equal({
      kind: 'complete',
      login: { ...b, password },
    });
  });
});

describe('the slot secret: what is written', () => {
  it('the active slot and the logins that are given, in the same order of keys', () => {
    const { json } = parsed(textOf({ note: 'kept' }));
    const next = { ...b, password: 'new' };
    expect(renderSlotDocument(json, 'B', { B: next })).to.equal(
      JSON.stringify({ active_slot: 'B', A: a, B: next, note: 'kept' }),
    );
    expect(JSON.stringify(json), 'the document read was changed').to.equal(textOf({ note: 'kept' }));
  });

  it('a slot that was not there', () => {
    const { json } = parsed(JSON.stringify({ active_slot: 'A', A: a }));
    expect(parsed(renderSlotDocument(json, 'A', { B: b })).entries.B).to.deep.equal({
      kind: 'complete',
      login: b,
    });
  });

  it('unknown keys of a slot, and __proto__, stay', () => {
    const text = `{"active_slot":"A","__proto__":{"x":1},"A":${JSON.stringify({ ...a, engine: 'mysql', tags: [null, true] })},"B":{}}`;
    const rendered = renderSlotDocument(parsed(text).json, 'A', { A: a, B: b });
    expect(rendered).to.include('"__proto__":{"x":1}').and.include('"engine":"mysql","tags":[null,true]');
  });

  for (const port of [3306, '3306']) {
    it(`a port that is a ${typeof port} stays one`, () => {
      const { json } = parsed(textOf({ A: { ...a, port } }));
      const rendered = JSON.parse(renderSlotDocument(json, 'A', { A: { ...a, port: '3307' } })) as {
        A: { port: unknown };
      };
      expect(rendered.A.port).to.equal(typeof port === 'number' ? 3307 : '3307');
    });
  }

  const number = fc.stringMatching(/^-?(0|[1-9]\d{0,25})(\.\d{1,25})?([eE][+-]?\d{1,3})?$/);
  const spellings = fc.oneof(
    fc.constantFrom('1.0', '12345678901234567890', '1e400', '-0', '1E5', '0.10'),
    number,
  );
  it('numbers of unknown keys keep their spelling, in any depth', () => {
    fc.assert(
      fc.property(spellings, (spelling) => {
        const unknown = `"extra":[${spelling},{"deep":${spelling}}]`;
        const slot = JSON.stringify(a).replace('{', `{"limit":${spelling},`);
        const { json } = parsed(`{"active_slot":"A",${unknown},"A":${slot},"B":${JSON.stringify(b)}}`);
        const rendered = renderSlotDocument(json, 'B', { A: { ...a, password: 'new' } });
        expect(rendered).to.include(unknown).and.include(`"limit":${spelling},`);
        expect(parsed(rendered).entries.A).to.deep.include({ login: { ...a, password: 'new' } });
      }),
      { numRuns: 500, seed: 20260 },
    );
  });
});

describe('the admin secret', () => {
  const admin = loginOf('admin');

  it('is read, with mysql as its database when it names none', () => {
    const document = parseAdminDocument(JSON.stringify({ ...admin, port: 3306, dbname: undefined }));
    expect(document.ok && document.value.login).to.deep.equal({ ...admin, dbname: 'mysql' });
  });

  it('keeps everything but the password', () => {
    const document = parseAdminDocument(`{"engine":"mysql","serial":1.0,${JSON.stringify(admin).slice(1)}`);
    if (!document.ok) throw new Error('refused');
    expect(renderAdminDocument(document.value.json, 'new')).to.equal(
      `{"engine":"mysql","serial":1.0,${JSON.stringify({ ...admin, password: 'new' }).slice(1)}`,
    );
  });

  const refused: [string, string, string][] = [
    ['not JSON', canary, 'it is not JSON'],
    ['an array', '[]', 'it is not a JSON object'],
    [
      'without password',
      JSON.stringify({ ...admin, password: undefined }),
      'its password or host is missing',
    ],
    [
      'with a placeholder',
      JSON.stringify({ ...admin, password: 'CHANGEME' }),
      'its password or host is missing',
    ],
    ['without host', JSON.stringify({ ...admin, host: '' }), 'its password or host is missing'],
    ['without user name', JSON.stringify({ ...admin, username: null }), 'the document.username is missing'],
    [
      'with a number as password',
      JSON.stringify({ ...admin, password: 123456 }),
      'the document.password is not text',
    ],
    ['with a wrong port', JSON.stringify({ ...admin, port: '0' }), 'the document.port is not a port number'],
  ];
  for (const [name, text, problem] of refused) {
    it(`is refused ${name}`, () => {
      expect(parseAdminDocument(text)).to.deep.equal({ ok: false, problems: [problem] });
    });
  }
});
