import { expect } from 'chai';
import { repositoryText } from './readme';

/** The sections of the runbook, text by heading. */
function sectionsOf(text: string): Map<string, string> {
  const parts = text.split(/^### /m).slice(1);
  return new Map(
    parts.map((part): [string, string] => {
      const [heading = '', ...lines] = part.split('\n');
      return [heading, lines.join('\n').split(/^## /m)[0] ?? ''];
    }),
  );
}

const killed = 'The pod was killed (OOM, node lost, kill -9)';
const secretsManager = 'Secrets Manager refuses or throttles';
const malformed = 'The secret is malformed, scheduled for deletion, a replica, or in another region';
const owner = 'RDS or a rotation Lambda rotates the secret';
const gitOps = 'A controller changes the Kubernetes Secret back (GitOps)';
const noLogin = 'The database rejects statements or logins';
const failover = 'The database fails over';
const accounts = 'The database accounts do not match';
const state = 'The state is lost, corrupt, or does not open';
const file = 'sqlconf.php cannot be changed safely, or was edited';
const fileModes = [
  'The mode or owner of the files is in the way',
  'A copy of the login is next to sqlconf.php',
];
const efs = 'EFS is full, read-only or unreachable';
const target = 'The wrong target';
const api = 'The Kubernetes API does not answer, or refuses';
const rollout = 'The rollout is stuck';
const health = 'The health proof fails';
const healthBefore = 'The health page is not good before anything is changed';
const downtime = 'Requests will fail during the restart';
const dead = 'A run is dead or hangs, and holds the lock';
const [exit2, exit3] = ['Exit 2: configuration', 'Exit 3: permission'];
const [exit8, exit11, exit12] = ['Exit 8: cancelled', 'Exit 11: locked', 'Exit 12: held'];

/** Where the runbook says what an operator does, by the number of the case in test/faults/CASES.md. */
const runbook: Record<number, string[]> = {
  1: [killed],
  2: [killed],
  4: [exit8],
  5: [exit8],
  6: [killed],
  7: [killed],
  8: [killed],
  9: [killed],
  10: ['Two runs at once'],
  11: [exit11, 'Several OpenEMRs with one admin secret'],
  12: [dead],
  13: [exit11],
  14: ['A secret was changed by a person'],
  15: [gitOps],
  17: [owner],
  18: [owner],
  19: [gitOps],
  20: ['The admin password is not known'],
  21: [malformed],
  22: [failover],
  23: [failover],
  24: [noLogin],
  25: [noLogin],
  26: [noLogin],
  29: [accounts],
  30: [accounts],
  31: [accounts],
  32: [noLogin],
  33: ['The old account is still in use'],
  34: ['The database was restored from a snapshot', 'Emergency reset'],
  35: [failover],
  36: [accounts],
  37: [malformed],
  38: [malformed],
  40: [malformed],
  41: [secretsManager, 'A KMS key is denied or disabled'],
  42: [secretsManager],
  43: [secretsManager],
  45: [secretsManager],
  46: [malformed],
  47: [secretsManager],
  48: [file],
  50: [efs],
  52: [file, ...fileModes],
  53: [file],
  55: ['Other sites use the account'],
  56: [rollout, 'The cluster would refuse the patch, or cannot restart the pods'],
  57: [downtime, target],
  60: ['Slow pods'],
  61: [healthBefore, health],
  62: [health],
  63: [exit3],
  64: [api],
  65: [exit2],
  66: [exit12],
  67: [api, 'Behind a proxy'],
  68: ["The database's certificate is not trusted"],
  69: [state],
  70: [state],
  71: ['The engine is too old, or a plugin is missing'],
  76: [target],
};

/** Cases that ask nothing of an operator: why. */
const byItself: Record<number, string> = {
  3: 'a lost reply is asked for again',
  16: 'it waits for the newest generation',
  27: 'what the server refuses is done without',
  28: 'a server without dual passwords needs none',
  39: 'unknown fields stay',
  44: 'labels that lag behind are read again',
  49: 'any password is written as it is',
  51: 'the next write removes a leftover',
  54: 'it is a command of its own',
  58: 'it waits for the newest generation',
  59: 'each restart has a token of its own',
  72: 'nothing is shown',
  73: 'a dry run writes nothing',
  74: 'the missing password is stored',
  75: 'the message says how the command is called',
  77: 'docs/fleet.md tells of many targets',
};

describe('the runbook', () => {
  const text = repositoryText('docs', 'operations.md');
  const sections = sectionsOf(text);
  const [, situations = ''] = text.split(/^## By situation$/m);
  const headings = [...(situations.split(/^## /m)[0] ?? '').matchAll(/^### (.+)$/gm)].map(
    ([, name]) => name ?? '',
  );

  it('has a place for each fault case that ends with an operator, and a reason for each other one', () => {
    const numbers = [...repositoryText('test', 'faults', 'CASES.md').matchAll(/^- (\d+) /gm)].map(([, n]) =>
      Number(n),
    );
    const told = [...Object.keys(runbook), ...Object.keys(byItself)]
      .map(Number)
      .sort((one, two) => one - two);
    expect(told).to.deep.equal(numbers);
  });

  it('has each section that a case names', () => {
    const known = [...sections.keys(), ...[...text.matchAll(/^## (.+)$/gm)].map(([, name]) => name ?? '')];
    expect(known).to.include.members(Object.values(runbook).flat());
  });

  it('has no situation without a case, but the one that is asked for', () => {
    const cases = Object.values(runbook).flat();
    expect(headings.filter((heading) => !cases.includes(heading))).to.deep.equal([
      'You want to undo a rotation (rollback)',
    ]);
  });

  for (const heading of headings) {
    it(`says what to do: ${heading}`, () => {
      const section = sections.get(heading) ?? '';
      expect(section).to.match(/\bDo\b|^```sh$/m);
      // What one sees is a message, or an end that leaves none.
      expect(section).to.match(/^> |You see:|exit(s)? |ends with|Exit|```sh/m);
    });
  }
});
