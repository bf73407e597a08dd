import { runtime } from '@pulumi/pulumi';
import { planRollback } from '../../../src/rotation/planRotation';
import { rotationProgram } from '../../../src/steps/program';
import { readSettings } from '../../../src/settings/settings';
import { now, plannedIn } from '../rotation/planned';
import { worldOn } from '../rotation/simulatedWorld';

/** What in the inputs of a resource says how long it may wait, in seconds. */
const limitNames = ['timeoutSeconds', 'limitSeconds'];

/**
 * A program of its own, as mocks are for a whole process: the command's own program, for a rotation or its rollback,
 * with the settings that the command reads from the given variables. Prints the limits of all that waits, in seconds.
 */
async function main(kind: string, variables: Record<string, string>): Promise<void> {
  const { program } = readSettings({}, variables, '/nowhere');
  const found: Record<string, number> = {};
  const newResource = ({ name, inputs }: runtime.MockResourceArgs): runtime.MockResourceResult => {
    const given = inputs as Record<string, unknown>;
    for (const limit of limitNames) if (given[limit] !== undefined) found[name] = Number(given[limit]);
    // A password, which the plugin would make.
    return { id: name, state: { result: 'minted-by-a-mock', ...given } };
  };
  await runtime.setMocks({ newResource, call: () => ({}) }, 'limits', 'prod');
  // The end of the program is not the end of what it registers.
  process.once('beforeExit', () => process.stdout.write(JSON.stringify(found)));
  const rotation = plannedIn(worldOn('A'));
  const planned = kind === 'rollback' ? planRollback(rotation, 'back', now) : rotation;
  await runtime.runInPulumiStack(async () => rotationProgram(planned, program));
}

const [kind = '', variables = '{}'] = process.argv.slice(2);
if (require.main === module) void main(kind, JSON.parse(variables) as Record<string, string>);
