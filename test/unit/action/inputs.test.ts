import { expect } from 'chai';
import { parse } from 'yaml';
import { environmentFor, inputVariable, readInputs, wordsOf } from '../../../src/action/inputs';
import { Failure } from '../../../src/base/failure';
import { repositoryText } from '../docs/readme';

interface Action {
  inputs: Record<string, { description: string; required?: boolean; default?: string }>;
  outputs: Record<string, { value: string }>;
  runs: { steps: { run: string; shell: string; uses?: string; env?: Record<string, string> }[] };
}

const action = parse(repositoryText('action.yml')) as Action;

/** The environment that the runner makes of these inputs and the defaults of action.yml. */
function given(inputs: Record<string, string>): NodeJS.ProcessEnv {
  const all = Object.entries(action.inputs).map(([name, { default: value = '' }]) => [
    inputVariable(name),
    inputs[name] ?? (value.startsWith('${{') ? '' : value),
  ]);
  return Object.fromEntries(all) as NodeJS.ProcessEnv;
}

describe('action.yml', () => {
  const steps = action.runs.steps;

  it('puts no expression into a script, and takes no action of others', () => {
    for (const step of steps) {
      expect(step.run).to.not.include('${{');
      expect(step.shell).to.equal('bash');
      expect(step.uses).to.equal(undefined);
    }
  });

  it('hands each input on, in its variable', () => {
    const wanted = Object.keys(action.inputs).map((name) => [inputVariable(name), `\${{ inputs.${name} }}`]);
    expect(Object.entries(steps.at(-1)?.env ?? {})).to.deep.equal(wanted);
  });

  it('has defaults with which only the command and the stack are needed', () => {
    const inputs = readInputs(given({ command: 'preview', 'stack-name': 'prod' }));
    expect(inputs).to.deep.equal({
      command: 'preview',
      stackName: 'prod',
      workDir: '.',
      cloudUrl: '',
      secretsProvider: '',
      plan: '',
      ifOlderThan: '',
      commentOnPr: false,
      commentOnPrNumber: undefined,
      editPrComment: true,
      commentOnSummary: false,
      githubToken: '',
    });
  });

  it('names its outputs', () => {
    const names = ['outcome', 'exit-code', 'rotation', 'kind', 'from', 'to', 'message'];
    expect(Object.keys(action.outputs)).to.deep.equal(names);
    for (const name of names)
      expect(action.outputs[name]?.value).to.equal(`\${{ steps.run.outputs.${name} }}`);
  });
});

describe("the action's inputs", () => {
  const read = (inputs: Record<string, string>): ReturnType<typeof readInputs> =>
    readInputs(given({ 'stack-name': 'prod', ...inputs }));

  it('become the words of a command line', () => {
    const words = (inputs: Record<string, string>): string[] => wordsOf(read(inputs));
    expect(words({ command: 'preview', plan: 'p.json' })).to.deep.equal([
      '--dry-run',
      '--log-json',
      '--plan=p.json',
    ]);
    expect(words({ command: 'rotate', plan: '-x', 'if-older-than': '30d' })).to.deep.equal([
      '--log-json',
      '--plan=-x',
      '--if-older-than=30d',
    ]);
    expect(words({ command: 'rotate' })).to.deep.equal(['--log-json']);
    expect(words({ command: 'status', plan: 'p.json' })).to.deep.equal(['status']);
  });

  it('are refused all at once, with what they must be', () => {
    const wrong = {
      command: 'up',
      'stack-name': '$(id)',
      'comment-on-pr': 'yes',
      'comment-on-pr-number': '0',
    };
    let failure: unknown;
    try {
      read(wrong);
    } catch (error) {
      failure = error;
    }
    expect(failure).to.be.instanceOf(Failure).and.include({ outcome: 'configuration' });
    expect((failure as Failure).message)
      .to.match(/command must be one of preview, rotate, status, verify/)
      .and.match(/stack-name must be .*; comment-on-pr must be true or false/)
      .and.match(/comment-on-pr-number must be a number/)
      .and.not.include('$(id)');
  });

  it('set the settings that they name; the command gets neither inputs nor a token', () => {
    const environment = {
      ...given({ command: 'rotate', 'stack-name': 'prod', 'cloud-url': 's3://b', 'github-token': 'ghs_x' }),
      GITHUB_TOKEN: 'ghs_x',
      GH_TOKEN: 'ghs_x',
      PATH: '/bin',
      CREDENTIAL_ROTATION_SECRETS_PROVIDER: 'awskms://k',
    };
    expect(environmentFor(readInputs(environment), environment)).to.deep.equal({
      PATH: '/bin',
      CREDENTIAL_ROTATION_STACK: 'prod',
      PULUMI_BACKEND_URL: 's3://b',
      CREDENTIAL_ROTATION_SECRETS_PROVIDER: 'awskms://k',
    });
  });
});
