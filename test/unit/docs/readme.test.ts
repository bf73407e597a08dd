import { expect } from 'chai';
import { stepTitles } from '../../../src/rotation/steps';
import {
  brokenLinks,
  codeLines,
  documentNames,
  linkTargets,
  page,
  readme,
  repositoryText,
  shownCommands,
} from './readme';
import { parseShell, problemOf } from './shell';

describe('README', function () {
  this.timeout(30_000);

  it('is a front door: at most 120 lines', () => {
    expect(readme.trimEnd().split('\n').length).to.be.at.most(120);
  });

  it('shows the eleven steps by their titles', () => {
    for (const [number, title] of Object.entries(stepTitles))
      expect(codeLines('text', readme).join('\n')).to.match(new RegExp(`^${number} +${title}( |$)`, 'm'));
  });

  it('links to every page of docs/, so that each can be found', () => {
    const linked = linkTargets(readme).map((target) => target.split('#')[0]);
    expect(linked).to.include.members(documentNames().filter((name) => name !== 'docs/README.md'));
    expect(linked).to.include('docs/README.md');
  });

  it('its table of parts, and that of docs/development.md, says of each part whether it is real', () => {
    // As the end of `npm test` does: lab/demo/machinery.ts.
    const said: Record<string, RegExp> = {
      Database: /^\| database \|[^|]*real/m,
      Kubernetes: /^\| Kubernetes \|[^|]*real etcd/m,
      OpenEMR: /^\| OpenEMR \|[^|]*stand-in[^|]*real PHP/m,
      'Secrets Manager': /^\| AWS[^|]*\|[^|]*stand-in[^|]*moto/m,
      'Pulumi engine': /^\| Pulumi[^|]*\|[^|]*real/m,
      'Pulumi plugins': /^\| Pulumi[^|]*\|[^|]*stand-in/m,
    };
    const machinery = repositoryText('lab/demo/machinery.ts').split('return [').at(-1) ?? '';
    const names = [...machinery.matchAll(/'([A-Z][A-Za-z ]+)',/g)].map(([, name = '']) => name);
    expect(names).to.have.members(Object.keys(said));
    for (const text of [readme, page('development')])
      for (const [name, row] of Object.entries(said)) expect(text, name).to.match(row);
  });

  it('shows no command of ours that docs/commands.md does not have, which a lab test runs', () => {
    const ours = (text: string): string[] =>
      codeLines('sh', text).filter((line) => line.startsWith('credential-rotation'));
    expect(ours(readme)).not.to.deep.equal([]);
    expect(ours(page('commands'))).to.include.members(ours(readme));
  });

  it('links only to files and headings that are there', () => {
    expect(linkTargets(readme)).not.to.deep.equal([]);
    expect(brokenLinks('README.md')).to.deep.equal([]);
  });

  for (const line of new Set(shownCommands(readme))) {
    it(`shows a command that works: ${line}`, async () => {
      for (const command of parseShell(line)) expect(await problemOf(command)).to.equal(undefined);
    });
  }
});

describe('the check of documented commands', () => {
  const wrong = [
    'credential-rotation --dry-rum',
    'credential-rotation rotat',
    'credential-rotation --dry-run --fix-permissions',
    'npm run no-such-script',
    'npm run lab -- --no-such-flag',
    'npm run lab -- --start nowhere',
    'npm publish',
    'pulumi plugin install resource aws 1.0.0',
    'pulumi destroy --stack prod',
    'kubectl apply -f no-such-file.yaml',
    'kubectl -n openemr delete secret openemr-db-credentials',
    'kubectl -n openemr get secret another',
    'kubectl get pods',
    'aws secretsmanager read-secret --secret-id openemr/slots',
    'aws secretsmanager describe-secret --secret openemr/slots',
    'aws secretsmanager describe-secret --secret-id another',
    'aws secretsmanager put-secret-value --secret-id openemr/slots --secret-string {}',
    'aws s3 rm s3://openemr-credential-rotation-state',
    'mariadb --host=db --user=admin --password=x --ssl-verify-server-cert',
    'mariadb --host=db --user=admin --password',
    'export NO_SUCH_SETTING=1',
    'NO_SUCH_SETTING=1 npm test',
    'curl -O file',
  ];
  for (const line of wrong) {
    it(`finds what is wrong in: ${line}`, async () => {
      const [command] = parseShell(line);
      expect(command && (await problemOf(command))).to.be.a('string');
    });
  }

  it('refuses more shell than it can follow', () => {
    for (const line of ['npm test | tee log', 'npm test > log', 'export A_B=$HOME', 'npm test; npm start'])
      expect(() => parseShell(line)).to.throw(/more shell/);
    expect(parseShell("A_B='x y?z' npm run lab -- --start bootstrap")).to.deep.equal([
      { environment: { A_B: 'x y?z' }, words: ['npm', 'run', 'lab', '--', '--start', 'bootstrap'] },
    ]);
  });
});
