import { existsSync } from 'node:fs';
import { expect } from 'chai';
import { parse } from 'yaml';
import { workingCommands } from '../../../src/cli/commandTable';
import { exitCodes } from '../../../src/base/failure';
import { adminLabel, adminPendingId } from '../../../src/aws/adminPendingId';
import { versionLabels } from '../../../src/rotation/labels';
import { kubernetesSecretKeys } from '../../../src/rotation/observation';
import { requestVariable } from '../../../src/run/rawPreview';
import { restartAnnotation } from '../../../src/rotation/annotations';
import type { OptionName } from '../../../src/settings/options';
import { definitionOf, optionNames } from '../../../src/settings/options';
import { engineVariable } from '../../../src/engine/file';
import { codeSpans, handbook, page, repositoryFile, repositoryText, sourceText, tableRows } from './readme';
import { knownVariables, otherVariables, runNode } from './shell';

/** The flags that a help text lists. */
function flagsOf(args: string[]): string[] {
  const help = runNode('dist/src/cli/main.js', args).stdout;
  return [...help.matchAll(/^ +--([a-z][a-z-]+)/gm)].map(([, flag]) => flag ?? '');
}

/** Limits of the proofs and reports stand in docs/reference.md alone, which is made from the same table. */
function isShown(name: OptionName): boolean {
  return ['Target', 'Engine'].includes(definitionOf(name).group);
}

describe('the README with its pages', function () {
  this.timeout(30_000);

  it('has one row for each setting but limits and reports, made from the table of settings', () => {
    const wanted = optionNames.filter(isShown).map((name) => {
      const { variable, flag, stackKey, required, default: value, usual, describe } = definitionOf(name);
      const meaning = usual === undefined ? describe : `${describe} (default: ${usual})`;
      const fallback = required === true ? 'required' : value === undefined ? '–' : `\`${value}\``;
      return [`\`${variable}\``, `\`--${flag}\``, `\`${stackKey}\``, fallback, meaning];
    });
    expect(tableRows(page('settings'), 'variable', 'flag', 'stack key', 'default', 'meaning')).to.deep.equal(
      wanted,
    );
  });

  it('names every flag of the help, and no flag that is unknown', () => {
    const flags = flagsOf(['--help']);
    expect(flags).to.include.members(['dry-run', 'help', 'version']);
    const named = [...handbook.matchAll(/(?<![\w-])--([a-z][a-z-]+)/g)].map(([, flag]) => flag ?? '');
    const ofTheLab = ['database', 'start', 'replicas', 'kubelet', 'docker'];
    const ofCommands = workingCommands().flatMap(({ words }) => flagsOf([...words, '--help']));
    expect([...ofTheLab, ...ofCommands]).to.include.members(named);
    const elsewhere = optionNames.filter((name) => !isShown(name)).map((name) => definitionOf(name).flag);
    expect(named).to.include.members(flags.filter((flag) => !elsewhere.includes(flag)));
    const rows = tableRows(page('commands'), 'flag', 'meaning')
      .map(([cell]) => cell ?? '')
      .join(' ');
    const actions = flags.filter((flag) => !optionNames.some((name) => definitionOf(name).flag === flag));
    for (const flag of actions) expect(rows, 'table of flags').to.match(new RegExp(`--${flag}\\b`));
  });

  it('has one row for each exit code, like the help, and no other number', () => {
    const rows = tableRows(page('exit-codes'), 'code', 'outcome', 'what it means', 'what to do').map(
      ([code, outcome]) => [outcome?.replaceAll('`', ''), Number(code)],
    );
    expect(rows).to.deep.equal(Object.entries(exitCodes));
    const help = runNode('dist/src/cli/main.js', ['--help']).stdout;
    const inHelp = (/Exit codes:([\s\S]*)$/.exec(help)?.[1] ?? '')
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map((line) => Number.parseInt(line, 10));
    expect(inHelp).to.have.members(Object.values(exitCodes));
    const mentioned = [...handbook.matchAll(/exit (\d+)(?: or (\d+))?/g)]
      .flatMap(([, one, other]) => [one, other])
      .filter((code) => code !== undefined);
    expect(mentioned).not.to.deep.equal([]);
    expect(Object.values(exitCodes)).to.include.members(mentioned.map(Number));
  });

  it('names no variable that nothing reads', () => {
    const labels = [...Object.values(versionLabels), adminLabel(adminPendingId('', 0))];
    const found = new Set(handbook.match(/\b[A-Z][A-Z0-9]*_[A-Z0-9_]+\b/g));
    expect(
      [...found].filter((name) => !knownVariables.includes(name) && !labels.some((label) => label === name)),
    ).to.deep.equal([]);
    expect(otherVariables).to.include.members([engineVariable, requestVariable]);
    const sources = ['src', 'lab', 'test/lab/support'].map(sourceText).join('\n');
    for (const name of [...otherVariables, ...labels]) {
      expect(handbook, name).to.include(name);
      expect(sources.includes(name), `${name} stands in the sources`).to.equal(true);
    }
  });

  it('names what it uses in Kubernetes and in AWS', () => {
    const production = page('production');
    for (const name of [...Object.values(kubernetesSecretKeys), restartAnnotation])
      expect(codeSpans(production)).to.include(name);
    const [role] = repositoryText('infra', 'kubernetes', 'role.yaml').split('\n---\n');
    const { rules } = parse(role ?? '') as { rules: { resources: string[]; verbs: string[] }[] };
    const rights = rules.map(({ resources, verbs }) => `${resources.join()}: ${verbs.join()}`);
    expect(rights).to.deep.equal([
      'secrets: get,update,patch',
      'deployments: get,patch',
      'deployments/status: get',
    ]);
    expect(production.replace(/\s+/g, ' ')).to.include(
      'get, update and patch of the one Secret, get and patch of the one Deployment, get of its status',
    );
    const used = [...repositoryText('src', 'aws', 'secretsManager.ts').matchAll(/new (\w+)Command\(/g)].map(
      ([, action]) => `secretsmanager:${action}`,
    );
    const named = codeSpans(production).filter((text) => text.startsWith('secretsmanager:'));
    expect(named).to.have.members([...new Set(used)]);
  });

  it('names only folders of the repository that are there', () => {
    for (const text of codeSpans(handbook).filter((span) => /^(src|lab|test|infra|docs)\b/.test(span)))
      expect(existsSync(repositoryFile(text)), text).to.equal(true);
  });
});
