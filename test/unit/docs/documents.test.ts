import { expect } from 'chai';
import { referenceText } from '../../../src/cli/reference';
import { failureCodes } from '../../../src/base/failureCodes';
import { exitCodes } from '../../../src/base/failure';
import { parseSlotDocument } from '../../../src/rotation/secretDocument';
import { failureCodesText } from '../../../src/report/failureCodesText';
import { environmentOnly } from '../../../src/settings/environmentOnly';
import { definitionOf, optionNames } from '../../../src/settings/options';
import {
  brokenLinks,
  codeBlocks,
  codeLines,
  documentNames,
  linkTargets,
  page,
  prose,
  repositoryText,
  shownCommands,
  sourceText,
} from './readme';
import { parseShell, problemOf } from './shell';
import { checkTakeover } from './takeover';

for (const name of documentNames()) {
  describe(name, function () {
    this.timeout(30_000);
    const text = repositoryText(name);

    it('links only to files and headings that are there', () => {
      expect(brokenLinks(name)).to.deep.equal([]);
    });

    it('deletes nothing that it has made, or does not make again', () => {
      expect(checkTakeover(codeLines('sh', text))).to.deep.equal([]);
    });

    for (const line of new Set(shownCommands(text))) {
      it(`shows a command that works: ${line}`, async () => {
        for (const command of parseShell(line)) expect(await problemOf(command)).to.equal(undefined);
      });
    }
  });
}

describe('docs/README.md', () => {
  it('is an index of every page', () => {
    const pages = documentNames().map((name) => name.replace('docs/', ''));
    const linked = linkTargets(page('README')).filter(
      (name) => !name.startsWith('../') && name !== 'decisions',
    );
    expect(linked).to.have.members(pages.filter((name) => name !== 'README.md'));
  });
});

describe('docs/failure-codes.md', () => {
  it('is what the code says now (else run: npm run docs)', () => {
    expect(repositoryText('docs', 'failure-codes.md')).to.equal(failureCodesText());
  });

  it('has every code', () => {
    for (const code of Object.keys(failureCodes))
      expect(repositoryText('docs', 'failure-codes.md')).to.include(`\n| \`${code}\` | `);
  });
});

describe('docs/reference.md', () => {
  it('is what the code says now (else run: npm run docs)', () => {
    expect(repositoryText('docs', 'reference.md')).to.equal(referenceText());
  });

  it('has every setting, every command and its flags, and every exit code', () => {
    const text = repositoryText('docs', 'reference.md');
    for (const option of optionNames) expect(text).to.include(`| \`${definitionOf(option).variable}\` |`);
    for (const command of ['rotate', 'rollback', 'unlock', 'config show', 'completion'])
      expect(text).to.include(`\n### ${command}\n`);
    for (const flag of ['dry-run', 'plan FILE', 'if-older-than AGE', 'yes', 'origin'])
      expect(text).to.include(`| \`--${flag}\` |`);
    for (const [outcome, code] of Object.entries(exitCodes))
      expect(text).to.match(new RegExp(`^\\| ${code} \\| \`${outcome}\` \\| \\w.* \\|$`, 'm'));
  });

  it('knows every variable that the code reads', () => {
    // The system's own, and those that the command sets for its own children.
    const internal = [
      'PATH',
      'HOME',
      'KUBERNETES_SERVICE_HOST',
      'CREDENTIAL_ROTATION_LOCK',
      'CREDENTIAL_ROTATION_LEASE',
      'CREDENTIAL_ROTATION_ADMIN_VERSION',
      'PULUMI_DEBUG_PROVIDERS',
      'CREDENTIAL_ROTATION_MODULES',
      'CREDENTIAL_ROTATION_RUN_MARK',
    ];
    const patterns = [/(?:environment|process\.env)\['(\w+)'\]/g, /Variable = '([A-Z_]+)'/g];
    const read = patterns.flatMap((pattern) =>
      [...sourceText('src').matchAll(pattern)].map(([, variable]) => variable ?? ''),
    );
    const known = [
      ...Object.keys(environmentOnly),
      ...optionNames.map((option) => definitionOf(option).variable),
    ];
    expect(read).to.include('PULUMI_CONFIG_PASSPHRASE');
    expect([...known, ...internal]).to.include.members(read);
  });
});

describe('docs/operations.md', () => {
  const text = repositoryText('docs', 'operations.md');
  /** The sources, with texts that are put together over several lines as one text. */
  const said = sourceText('src')
    .replace(/['"`]\s*\+\s*['"`]/g, '')
    .replaceAll("\\'", "'");

  it('has one section for each exit code', () => {
    const headings = [...text.matchAll(/^### Exit (\d+): ([a-z-]+)$/gm)].map(([, code, outcome]) => [
      outcome,
      Number(code),
    ]);
    expect(headings).to.deep.equal(Object.entries(exitCodes));
  });

  const messages = [...prose(text).matchAll(/^> (.+)$/gm)].map(([, message]) => message ?? '');
  for (const message of messages) {
    it(`quotes what the code says: ${message}`, () => {
      const parts = message.split('…').map((part) => part.trim());
      expect(parts.filter((part) => part.length > 5)).not.to.deep.equal([]);
      for (const part of parts.filter((each) => /\w/.test(each))) expect(said).to.include(part);
    });
  }

  it('shows a slot secret that the command takes', () => {
    const [json = ''] = codeBlocks('json', text);
    const parsed = parseSlotDocument(json);
    if (!parsed.ok) throw new Error(parsed.problems.join('; '));
    expect(parsed.value.active).to.equal('A');
    expect(parsed.value.entries.A.kind).to.equal('complete');
    expect(parsed.value.entries.B.kind).to.equal('empty');
  });
});
