import { expect } from 'chai';
import { parse } from 'yaml';
import { actionCommands } from '../../../src/action/inputs';
import { codeBlocks, repositoryText } from './readme';

interface Step {
  uses?: string;
  run?: string;
  with?: Record<string, string>;
}

interface Workflow {
  permissions: Record<string, string>;
  concurrency: { 'cancel-in-progress': boolean };
  jobs: Record<
    string,
    { permissions: Record<string, string>; environment: string; 'timeout-minutes': number; steps: Step[] }
  >;
}

describe('docs/github-action.md', () => {
  const text = repositoryText('docs', 'github-action.md');
  const action = parse(repositoryText('action.yml')) as {
    inputs: Record<string, { required?: boolean; default?: string }>;
    outputs: Record<string, unknown>;
  };
  const [yaml = ''] = codeBlocks('yaml', text);
  const workflow = parse(yaml) as Workflow;
  const jobs = Object.entries(workflow.jobs);
  const steps = jobs.flatMap(([, job]) => job.steps);

  it('has every input with its default, and every output', () => {
    const rows = [...text.matchAll(/^\| `([a-z-]+)` \| ([^|]+) \|/gm)].map(([, name = '', value = '']) => [
      name,
      value,
    ]);
    const inputs = Object.entries(action.inputs).map(([name, { required, default: value = '' }]) => {
      if (required === true) return [name, 'required'];
      return [name, value.startsWith('${{') ? "the job's" : value === '' ? '–' : `\`${value}\``];
    });
    expect(rows.slice(0, inputs.length)).to.deep.equal(inputs);
    const outputs = text.slice(text.indexOf('| output |'), text.indexOf('## A workflow'));
    for (const name of Object.keys(action.outputs)) expect(outputs).to.include(`\`${name}\``);
    for (const command of actionCommands) expect(text).to.include(`\`${command}\``);
  });

  it('names each foreign action of its workflow by a commit', () => {
    for (const { uses = '' } of steps)
      expect(uses).to.match(/^([\w-]+\/[\w-]+@[0-9a-f]{40}|OWNER\/openemr-credential-rotation@COMMIT)$/);
    for (const [line] of yaml.matchAll(/uses: (?!OWNER).*$/gm)) expect(line).to.match(/ # v\d+\.\d+\.\d+$/);
  });

  it('gives each job only the permissions that it needs, an environment and a limit', () => {
    expect(workflow.permissions).to.deep.equal({});
    const needed = { contents: 'read', 'id-token': 'write' };
    for (const [name, job] of jobs) {
      const comments = job.steps.some((step) => step.with?.['comment-on-pr'] === 'true');
      expect(job.permissions, name).to.deep.equal(
        comments ? { ...needed, 'pull-requests': 'write' } : needed,
      );
      expect(job.environment, name).to.match(/^openemr-/);
      expect(job['timeout-minutes'], name).to.be.a('number');
    }
    expect(workflow.concurrency['cancel-in-progress']).to.equal(false);
  });

  it('uses inputs that there are, and no script', () => {
    for (const step of steps) {
      expect(step.run).to.equal(undefined);
      if (step.uses?.startsWith('OWNER/') !== true) continue;
      expect(Object.keys(action.inputs)).to.include.members(Object.keys(step.with ?? {}));
      expect(actionCommands).to.include(step.with?.['command']);
    }
  });
});
