import { expect } from 'chai';
import type { FleetFlags, Flags, InitFlags, Invocation, JobFlags } from '../../../src/cli/invocation';
import { parseCommandLine } from '../../../src/cli/parser';
import { Failure } from '../../../src/base/failure';
import { definitionOf, optionNames } from '../../../src/settings/options';
import { captured } from '../report/captured';

const nothing: Flags = {
  dryRun: false,
  logJson: false,
  json: false,
  yes: false,
  syncDbUsers: false,
  fixPermissions: undefined,
  planFile: undefined,
  ifOlderThan: undefined,
  html: undefined,
  load: undefined,
  limit: undefined,
  origin: false,
  values: {},
};

const parsed: [argv: string[], flags: Partial<Flags>][] = [
  [[], {}],
  [['--dry-run'], { dryRun: true }],
  [['--dry-run=true'], { dryRun: true }],
  [['--dry-run=false'], {}],
  [['--dry-run', '--dry-run'], { dryRun: true }],
  [['--log-json'], { logJson: true }],
  [['--sync-db-users'], { syncDbUsers: true }],
  [['--dry-run', '--sync-db-users', '--log-json'], { dryRun: true, syncDbUsers: true, logJson: true }],
  [['--fix-permissions'], { fixPermissions: '0644' }],
  [['--fix-permissions', '0440'], { fixPermissions: '0440' }],
  [['--fix-permissions=440'], { fixPermissions: '440' }],
  [['--fix-permissions', '--log-json'], { fixPermissions: '0644', logJson: true }],
  [['--fix-permissions', '--sites-root', '/x'], { fixPermissions: '0644', values: { sitesRoot: '/x' } }],
  [['--namespace', '007'], { values: { namespace: '007' } }],
  [['--timeout', '1e3'], { values: { rolloutTimeoutSeconds: '1e3' } }],
  [['--home='], { values: { home: '' } }],
  [['--stack', 'a b', '--timeout', '-5'], { values: { stack: 'a b', rolloutTimeoutSeconds: '-5' } }],
];

const commands: [argv: string[], command: Invocation['command'], flags: Partial<Flags>][] = [
  [['rotate', '--dry-run'], 'rotate', { dryRun: true }],
  [['--dry-run', '--plan', 'p.json'], 'rotate', { dryRun: true, planFile: 'p.json' }],
  [['--if-older-than', '30d'], 'rotate', { ifOlderThan: '30d' }],
  [['status', '--json'], 'status', { json: true }],
  [['verify', '--namespace', 'a'], 'verify', { values: { namespace: 'a' } }],
  [['history', '--html', 'x.html'], 'history', { html: 'x.html' }],
  [['rollback', '--yes', '--dry-run'], 'rollback', { yes: true, dryRun: true }],
  [['unlock', '--yes'], 'unlock', { yes: true }],
  [['config', 'show', '--origin'], 'config', { origin: true }],
];

const noInit: InitFlags = {
  context: undefined,
  terraformOutputs: undefined,
  cloudFormationOutputs: undefined,
  force: false,
};

const inits: [argv: string[], init: Partial<InitFlags>, flags: Partial<Flags>][] = [
  [[], {}, {}],
  [['--dry-run', '--force'], { force: true }, { dryRun: true }],
  [['--context', 'prod', '--namespace', 'n'], { context: 'prod' }, { values: { namespace: 'n' } }],
  [
    ['--terraform-outputs', 't', '--cloudformation-outputs=c'],
    { terraformOutputs: 't', cloudFormationOutputs: 'c' },
    {},
  ],
];

const noJob: Omit<JobFlags, 'action'> = {
  context: undefined,
  cronJob: undefined,
  name: undefined,
  args: undefined,
};

const jobs: [argv: string[], job: Partial<JobFlags> & Pick<JobFlags, 'action'>, flags: Partial<Flags>][] = [
  [['run'], { action: 'run' }, {}],
  [['run', '--dry-run', '--cron-job', 'c'], { action: 'run', cronJob: 'c' }, { dryRun: true }],
  [
    ['run', '--namespace', 'n', '--', '--dry-run', '--x'],
    { action: 'run', args: ['--dry-run', '--x'] },
    { values: { namespace: 'n' } },
  ],
  [['run', '--'], { action: 'run', args: [] }, {}],
  [['logs'], { action: 'logs' }, {}],
  [['logs', 'j-1', '--context', 'x'], { action: 'logs', name: 'j-1', context: 'x' }, {}],
];

const noFleet: Omit<FleetFlags, 'action' | 'file'> = {
  only: [],
  concurrency: undefined,
  stagger: undefined,
  onFailure: undefined,
  since: undefined,
  anew: false,
  index: undefined,
  image: undefined,
  schedule: undefined,
};

const fleets: [
  argv: string[],
  action: FleetFlags['action'],
  fleet: Partial<FleetFlags>,
  flags: Partial<Flags>,
][] = [
  [['plan', '--json'], 'plan', {}, { json: true }],
  [['run'], 'run', {}, {}],
  [['run', '--only', 'a', 'b', '--anew'], 'run', { only: ['a', 'b'], anew: true }, {}],
  [['run', '--only', 'a', '--only', '007'], 'run', { only: ['a', '007'] }, {}],
  [['run', '--concurrency', '8', '--stagger=2'], 'run', { concurrency: '8', stagger: '2' }, {}],
  [['run', '--on-failure', 'stop', '--since', 'x'], 'run', { onFailure: 'stop', since: 'x' }, {}],
  [['run', '--index', '3', '--log-json'], 'run', { index: '3' }, { logJson: true }],
  [
    ['run', '--if-older-than', '30d', '--home', '/h'],
    'run',
    {},
    { ifOlderThan: '30d', values: { home: '/h' } },
  ],
  [['status', '--only', 'a'], 'status', { only: ['a'] }, {}],
  [
    ['manifest', '--image', 'i', '--schedule', '0 3 * * 0'],
    'manifest',
    { image: 'i', schedule: '0 3 * * 0' },
    {},
  ],
];

/** Command lines that must not be taken for a rotation; `named` is in the message. */
const refused: [argv: string[], named: string][] = [
  [['--dry-rum'], 'dry-rum'],
  [['-n'], 'n'],
  [['rotat'], 'rotat'],
  [['status', '--dry-run'], 'dry-run'],
  [['rotate', 'status'], 'status'],
  [['status', 'verify'], 'verify'],
  [['unlock', '--plan', 'x'], 'plan'],
  [['config'], 'config'],
  [['--plan', 'x', '--sync-db-users'], 'sync-db-users'],
  [['dry-run'], 'dry-run'],
  [['--namespace'], 'namespace'],
  [['--namespace', '--dry-run'], 'namespace'],
  [['--namespace', 'a', '--namespace', 'b'], '--namespace is given twice'],
  [['--stack=a', '--stack=a'], '--stack is given twice'],
  [['--fix-permissions', '--dry-run'], '--fix-permissions and --dry-run'],
  [['--dry-run', '--fix-permissions', '0440'], '--fix-permissions and --dry-run'],
  [['--fix-permissions', '--sync-db-users'], '--fix-permissions and --sync-db-users'],
  [['--password', 'wombat'], 'password'],
  [['fleet'], 'plan, run, status or manifest'],
  [['fleet', 'plan'], 'fleet'],
  [['fleet', 'rotate', '--fleet', 'x'], 'rotate'],
  [['fleet', 'plan', 'run', '--fleet', 'x'], 'run'],
  [['fleet', 'run', '--fleet', 'x', '--fleet', 'y'], '--fleet is given twice'],
  [['fleet', 'run', '--fleet', 'x', '--index', '1', '--only', 'a'], 'index'],
  [['fleet', 'run', '--fleet', 'x', '--since', 't', '--anew'], 'since'],
  [['fleet', 'status', '--fleet', 'x', '--anew'], 'anew'],
  [['fleet', 'run', '--fleet', 'x', '--anew=yes'], 'anew'],
  [['plan', '--fleet', 'x'], 'plan'],
  [['init', '--terraform-outputs'], 'terraform-outputs'],
  [['init', '--force=yes'], 'force'],
  [['init', 'now'], 'now'],
  [['job'], 'run or logs'],
  [['job', 'stop'], 'stop'],
  [['job', 'run', 'x'], 'x'],
  [['job', 'logs', 'x', 'y'], 'y'],
  [['job', 'logs', '--dry-run'], 'dry-run'],
  [['verify', '--context', 'x'], 'context'],
];

/** As above, for what yargs itself lets pass. */
const refusedByUs: [argv: string[], named: string][] = [
  [['--dry-run=yes'], 'dry-run'],
  [['--dry-run=1'], 'dry-run'],
  [['--dry-run=TRUE'], 'dry-run'],
  [['--sync-db-users=on'], 'sync-db-users'],
  [['--fix-permissions', '0440', '--fix-permissions', '0400'], '--fix-permissions is given twice'],
  [['--', '--dry-run'], 'behind --'],
  [['job', 'logs', '--', '--x'], 'behind --'],
  [['--dry-run.x', 'y'], 'dry-run.x'],
  [['--no-namespace'], 'namespace'],
];

async function refusal(argv: string[]): Promise<string> {
  const flags = await parseCommandLine(argv).catch((error: unknown) => {
    if (error instanceof Failure) return error;
    throw error;
  });
  if (!(flags instanceof Failure)) throw new Error(`taken: ${JSON.stringify(flags)}`);
  expect(flags.outcome).to.equal('configuration');
  expect(flags.code).to.equal('command-line-invalid');
  expect(flags.message)
    .to.match(/^[^\n]+\.$/)
    .and.not.include('wombat');
  return flags.message;
}

describe('parseCommandLine', () => {
  for (const [argv, flags] of parsed) {
    it(`takes ${JSON.stringify(argv.join(' '))}`, async () => {
      expect(await parseCommandLine(argv)).to.deep.equal({
        command: 'rotate',
        flags: { ...nothing, ...flags },
      });
    });
  }

  for (const [argv, command, flags] of commands) {
    it(`takes ${JSON.stringify(argv.join(' '))}`, async () => {
      expect(await parseCommandLine(argv)).to.deep.equal({ command, flags: { ...nothing, ...flags } });
    });
  }

  for (const [words, init, flags] of inits) {
    it(`takes init ${JSON.stringify(words.join(' '))}`, async () => {
      expect(await parseCommandLine(['init', ...words])).to.deep.equal({
        command: 'init',
        flags: { ...nothing, ...flags },
        init: { ...noInit, ...init },
      });
    });
  }

  for (const [words, job, flags] of jobs) {
    it(`takes job ${JSON.stringify(words.join(' '))}`, async () => {
      expect(await parseCommandLine(['job', ...words])).to.deep.equal({
        command: 'job',
        flags: { ...nothing, ...flags },
        job: { ...noJob, ...job },
      });
    });
  }

  for (const [words, action, fleet, flags] of fleets) {
    it(`takes fleet ${JSON.stringify(words.join(' '))}`, async () => {
      expect(await parseCommandLine(['fleet', ...words, '--fleet', 'f.yaml'])).to.deep.equal({
        command: 'fleet',
        flags: { ...nothing, ...flags },
        fleet: { ...noFleet, action, file: 'f.yaml', ...fleet },
      });
    });
  }

  for (const name of optionNames) {
    const { flag } = definitionOf(name);
    it(`takes --${flag} in both spellings`, async () => {
      const expected = { command: 'rotate', flags: { ...nothing, values: { [name]: 'a value' } } };
      expect(await parseCommandLine([`--${flag}`, 'a value'])).to.deep.equal(expected);
      expect(await parseCommandLine([`--${flag}=a value`])).to.deep.equal(expected);
    });
  }

  async function expectRefused(argv: string[], named: string): Promise<void> {
    const { stdout, stderr } = await captured(async () => {
      expect(await refusal(argv)).to.include(named);
    });
    expect(stdout + stderr).to.equal('');
  }
  const titleOf = (argv: string[], named: string): string =>
    `refuses ${JSON.stringify(argv.join(' '))}, naming ${named}`;

  for (const [argv, named] of [...refused, ...refusedByUs])
    it(titleOf(argv, named), () => expectRefused(argv, named));

  const meant: [argv: string[], message: string][] = [
    [['--dry-runn'], 'Unknown flag --dry-runn. Did you mean --dry-run? See credential-rotation --help.'],
    [['--dryRun'], 'Unknown flag --dryRun. Did you mean --dry-run? See credential-rotation --help.'],
    [['--dry-run:x'], 'Unknown flag --dry-run…. Did you mean --dry-run? See credential-rotation --help.'],
    [['-dry-run'], 'Unknown flag -d. Did you mean --dry-run? See credential-rotation --help.'],
    [['-h'], 'Unknown flag -h. Did you mean --help? See credential-rotation --help.'],
    [['help'], 'Unknown command help. Did you mean --help? See credential-rotation --help.'],
    [['dry-run'], 'Unknown command dry-run. Did you mean --dry-run? See credential-rotation --help.'],
    [['staus'], 'Unknown command staus. Did you mean status? See credential-rotation --help.'],
    [['staus', '--help'], 'Unknown command staus. Did you mean status? See credential-rotation --help.'],
    [
      ['fleet', 'staus'],
      'Unknown command fleet staus. Did you mean fleet status? See credential-rotation fleet --help.',
    ],
    [['jbo', 'run'], 'Unknown command jbo. Did you mean job? See credential-rotation --help.'],
    [
      ['fleet', 'run', '--flet', 'x'],
      'Unknown flag --flet. Did you mean --fleet? See credential-rotation fleet run --help.',
    ],
    [
      ['history', '--lmit=5'],
      'Unknown flag --lmit. Did you mean --limit? See credential-rotation history --help.',
    ],
    [
      ['status', '--yes'],
      '--yes is no flag of status, but of rollback and unlock. See credential-rotation status --help.',
    ],
    [
      ['fleet', 'run', '--fleet', 'x', '--on-failure', 'contine'],
      '--on-failure takes stop or continue. Did you mean continue? See credential-rotation fleet run --help.',
    ],
    [['fleet', 'run'], '--fleet FILE is missing. See credential-rotation fleet run --help.'],
  ];
  for (const [argv, message] of meant)
    it(`says what ${JSON.stringify(argv.join(' '))} probably meant`, async () => {
      expect(await refusal(argv)).to.equal(message);
    });

  const secret: string[][] = [
    ['--passphrase=wombat7'],
    ['--passphrase', 'wombat7'],
    ['--passphrase:wombat7'],
    ['-pwombat7'],
    ['-p', 'wombat7'],
    ['wombat7'],
    ['--json', 'wombat7', 'status'],
    ['status', 'wombat7'],
    ['fleet', 'wombat7'],
    ['--dry-run=wombat7'],
    ['--', 'wombat7'],
    ['fleet', 'run', '--fleet', 'x', '--on-failure', 'wombat7'],
  ];
  for (const argv of secret)
    it(`does not repeat the value in ${JSON.stringify(argv.join(' '))}`, async () => {
      expect(await refusal(argv)).to.match(/See credential-rotation .*--help\.$/);
    });

  it('reads a flag in the same way before and behind the command', async () => {
    const expected = await parseCommandLine(['history', '--stack', 's', '--limit', '5']);
    expect(expected?.flags.limit).to.equal('5');
    expect(await parseCommandLine(['--limit', '5', '--stack', 's', 'history'])).to.deep.equal(expected);
  });
});
