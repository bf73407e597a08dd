import { Failure } from '../base/failure';

/** What the action can run. */
export const actionCommands = ['preview', 'rotate', 'status', 'verify'] as const;

/** One of them. */
export type ActionCommand = (typeof actionCommands)[number];

/** The inputs of action.yml, checked; named like those of pulumi/actions where the meaning is the same. */
export interface ActionInputs {
  command: ActionCommand;
  stackName: string;
  workDir: string;
  cloudUrl: string;
  secretsProvider: string;
  plan: string;
  ifOlderThan: string;
  commentOnPr: boolean;
  /** Undefined: that of the event. */
  commentOnPrNumber: number | undefined;
  editPrComment: boolean;
  commentOnSummary: boolean;
  githubToken: string;
}

/** The variable in which action.yml hands on an input. */
export function inputVariable(name: string): string {
  return `INPUT_${name.replaceAll('-', '_').toUpperCase()}`;
}

/**
 * Reads the inputs.
 * @throws Failure `configuration` naming every input that is wrong
 */
export function readInputs(environment: NodeJS.ProcessEnv): ActionInputs {
  const problems: string[] = [];
  const text = (name: string): string => (environment[inputVariable(name)] ?? '').trim();
  const checked = (name: string, pattern: RegExp, expected: string): string => {
    if (!pattern.test(text(name))) problems.push(`${name} must be ${expected}`);
    return text(name);
  };
  const flag = (name: string): boolean => checked(name, /^(true|false)$/, 'true or false') === 'true';
  const command = actionCommands.find((each) => each === text('command'));
  if (command === undefined) problems.push(`command must be one of ${actionCommands.join(', ')}`);
  const number = checked('comment-on-pr-number', /^([1-9]\d{0,9})?$/, 'a number');
  const inputs = {
    stackName: checked('stack-name', /^[A-Za-z0-9_.-]{1,100}$/, 'a Pulumi stack name'),
    workDir: text('work-dir') || '.',
    cloudUrl: text('cloud-url'),
    secretsProvider: text('secrets-provider'),
    plan: text('plan'),
    ifOlderThan: text('if-older-than'),
    commentOnPr: flag('comment-on-pr'),
    commentOnPrNumber: number === '' ? undefined : Number(number),
    editPrComment: flag('edit-pr-comment'),
    commentOnSummary: flag('comment-on-summary'),
    githubToken: text('github-token'),
  };
  if (command === undefined || problems.length > 0)
    throw new Failure('setting-invalid', `The inputs of the action are wrong: ${problems.join('; ')}.`);
  return { command, ...inputs };
}

/** The words of the command line. */
export function wordsOf({ command, plan, ifOlderThan }: ActionInputs): string[] {
  const planned = plan === '' ? [] : [`--plan=${plan}`];
  switch (command) {
    case 'preview':
      return ['--dry-run', '--log-json', ...planned];
    case 'rotate':
      return ['--log-json', ...planned, ...(ifOlderThan === '' ? [] : [`--if-older-than=${ifOlderThan}`])];
    default:
      return [command];
  }
}

/** The environment of the command: ours without the inputs, one of which is a token, and with the settings that they name. */
export function environmentFor(inputs: ActionInputs, environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const own = Object.entries(environment).filter(([name]) => !/^(INPUT_|GITHUB_TOKEN$|GH_TOKEN$)/.test(name));
  const given = {
    CREDENTIAL_ROTATION_STACK: inputs.stackName,
    PULUMI_BACKEND_URL: inputs.cloudUrl,
    CREDENTIAL_ROTATION_SECRETS_PROVIDER: inputs.secretsProvider,
  };
  return Object.fromEntries([...own, ...Object.entries(given).filter(([, value]) => value !== '')]);
}
