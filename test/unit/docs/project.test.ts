import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { awsProviderConfig } from '../../../src/steps/awsProvider';
import type { OptionName } from '../../../src/settings/options';
import { definitionOf, optionNames } from '../../../src/settings/options';
import type { Settings } from '../../../src/settings/settings';
import { gather, projectName, readSettings } from '../../../src/settings/settings';
import { repositoryFile, repositoryText } from './readme';

/** What Pulumi knows as types of config values (sdk/go/common/workspace/project.json). */
interface Declaration {
  type: 'string' | 'integer' | 'boolean' | 'array';
  default?: unknown;
  description: string;
}

interface Project {
  name: string;
  runtime: { name: string; options: Record<string, unknown> };
  main: string;
  config: Record<string, Declaration>;
}

describe('Pulumi.yaml', () => {
  const project = parse(repositoryText('Pulumi.yaml')) as Project;

  it('names the project and its compiled entry', () => {
    expect(project.name).to.equal(projectName);
    expect(project.runtime).to.deep.equal({ name: 'nodejs', options: { typescript: false } });
    expect(existsSync(repositoryFile(project.main)), project.main).to.equal(true);
  });

  it('declares exactly the keys of the settings', () => {
    const ours = Object.keys(project.config).filter((key) => !key.includes(':'));
    expect(ours).to.deep.equal(optionNames.map((name) => definitionOf(name).stackKey));
  });

  it('configures the aws plugin as the command does', () => {
    const others = Object.entries(project.config as Record<string, unknown>).filter(([key]) =>
      key.includes(':'),
    );
    const wanted = Object.entries(awsProviderConfig).map(([key, value]) => [key, { value }]);
    expect(others).to.deep.equal(wanted);
  });

  for (const name of optionNames) {
    const { stackKey, describe, usual, type, required, default: value } = definitionOf(name);
    const meaning = usual === undefined ? describe : `${describe} (default: ${usual})`;
    it(`declares ${stackKey} with type, default and meaning`, () => {
      const number = value !== undefined && ['count', 'seconds', 'limit'].includes(type);
      const isSwitch = type === 'yes-or-no';
      expect(project.config[stackKey]).to.deep.equal({
        type: isSwitch ? 'boolean' : number ? 'integer' : 'string',
        // Pulumi refuses a stack that lacks a key without default, also when the environment has the setting.
        default: isSwitch ? value === 'true' : number ? Number(value) : (value ?? ''),
        description: required === true ? `${meaning} (required)` : meaning,
      });
    });
  }
});

describe('Pulumi.prod.yaml', () => {
  const text = repositoryText('Pulumi.prod.yaml');
  const prefix = `${projectName}:`;
  /** With every example line that is commented out. */
  const everything = text.replaceAll(`# ${prefix}`, prefix);

  function keysOf(yaml: string): string[] {
    const { config } = parse(yaml) as { config: Record<string, unknown> };
    return Object.keys(config);
  }

  function read(yaml: string): { settings: Settings; fromFile: OptionName[] } {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'stack-file-'));
    try {
      writeFileSync(path.join(folder, 'Pulumi.prod.yaml'), yaml);
      const found = gather({}, {}, folder);
      const fromFile = optionNames.filter((name) => found[name]?.origin === 'stack file');
      return { settings: readSettings({}, {}, folder), fromFile };
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  it('is complete: every setting is set, or shown in a comment', () => {
    const wanted = optionNames
      .filter((name) => name !== 'stack')
      .map((name) => prefix + definitionOf(name).stackKey);
    expect(keysOf(everything)).to.have.members(wanted);
    const required = optionNames
      .filter((name) => definitionOf(name).required)
      .map((name) => prefix + definitionOf(name).stackKey);
    expect(keysOf(text)).to.include.members(required);
  });

  it('passes the checks of the settings as it is, with the state in S3 under a KMS key', () => {
    const { settings, fromFile } = read(text);
    expect(fromFile).to.have.length(keysOf(text).length);
    expect(settings.stack).to.equal('prod');
    expect(settings.backendUrl).to.match(/^s3:\/\//);
    expect(settings.secretsProvider).to.match(/^awskms:\/\//);
  });

  it('passes them with every example line, and shows the defaults as they are', () => {
    const { settings, fromFile } = read(everything);
    expect(fromFile).to.have.length(optionNames.length - 1);
    expect(settings.home).not.to.equal('');
    const { config } = parse(everything) as { config: Record<string, unknown> };
    for (const name of optionNames.filter((each) => each !== 'stack' && each !== 'secretsProvider')) {
      const { stackKey, default: value } = definitionOf(name);
      if (value !== undefined) expect(String(config[prefix + stackKey]), stackKey).to.equal(value);
    }
  });

  it('has nothing at its top but config: a real secretsprovider would make the CLI ask KMS', () => {
    expect(Object.keys(parse(text) as object)).to.deep.equal(['config']);
    expect(text).to.match(/^# secretsprovider: awskms:\/\//m);
  });
});
