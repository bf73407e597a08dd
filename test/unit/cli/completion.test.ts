import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { repositoryFile } from '../docs/readme';
import { needs } from '../needs';

const commandFile = repositoryFile('dist', 'src', 'cli', 'main.js');

describe('the completion script, in bash', function () {
  this.timeout(30_000);
  needs('bash');
  let folder = '';

  /** What bash offers behind these words; the last one is what is being typed. */
  function offered(...words: string[]): string[] {
    const script = `
      source <(credential-rotation completion)
      COMP_WORDS=(credential-rotation "$@"); COMP_CWORD=$#; COMP_LINE="\${COMP_WORDS[*]}"; COMP_POINT=\${#COMP_LINE}
      completer=$(complete -p credential-rotation | sed 's/.*-F \\([^ ]*\\).*/\\1/')
      "$completer" credential-rotation "\${@: -1}"
      printf '%s\\n' "\${COMPREPLY[@]}"`;
    const result = spawnSync('bash', ['--norc', '-c', script, 'bash', ...words], {
      encoding: 'utf8',
      env: { PATH: `${folder}:${process.env['PATH']}`, HOME: folder },
    });
    expect(result.stderr).to.equal('');
    return result.stdout.trim().split('\n');
  }

  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'completion-'));
    const file = path.join(folder, 'credential-rotation');
    writeFileSync(file, `#!/bin/sh\nexec "${process.execPath}" "${commandFile}" "$@"\n`);
    chmodSync(file, 0o755);
  });
  after(() => folder !== '' && rmSync(folder, { recursive: true }));

  it('offers the commands, and what a command has below it', () => {
    expect(offered('')).to.include.members(['status', 'verify', 'history', 'rollback', 'unlock', 'config']);
    expect(offered('st')).to.deep.equal(['status']);
    expect(offered('config', '')).to.include('show');
    expect(offered('in')).to.deep.equal(['init']);
    expect(offered('job', '')).to.include.members(['run', 'logs']);
  });

  it('offers the flags of a command, and those of the settings', () => {
    expect(offered('rollback', '--')).to.include.members([
      '--dry-run',
      '--yes',
      '--json',
      '--slot-secret-id',
    ]);
    expect(offered('history', '--ht')).to.deep.equal(['--html']);
    expect(offered('fleet', 'run', '--on-failure', '')).to.include.members(['stop', 'continue']);
  });

  it('is a script that bash can read', () => {
    const text = execFileSync(process.execPath, [commandFile, 'completion'], { encoding: 'utf8' });
    expect(spawnSync('bash', ['-n'], { input: text }).status).to.equal(0);
  });
});
