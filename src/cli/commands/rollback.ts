import { exitCodes } from '../../base/failure';
import { JsonEndRenderer } from '../../report/renderer';
import { confirmed } from '../ask';
import type { Flags } from '../invocation';
import { listenersOf, rendererOf, requestOf, settingsOf } from '../request';
import { carryOut, showDryRun } from '../run';

/**
 * Moves OpenEMR back to the slot before: shows what it would do, asks, and does it as a rotation of its own. Returns the
 * exit code; throws a Failure when there is nothing to ask about.
 */
export async function rollbackCommand(flags: Flags): Promise<number> {
  const settings = settingsOf(flags);
  const renderer = flags.json && !flags.logJson ? new JsonEndRenderer('rollback') : rendererOf(flags);
  const request = requestOf('rollback', settings, renderer);
  if (flags.dryRun) return (await showDryRun(request, renderer)).end();
  if (!flags.yes) {
    const preview = await showDryRun(request, renderer);
    if (preview.outcome !== 'done') return preview.end();
    if (!(await confirmed('Move OpenEMR back?'))) {
      const { planned } = preview;
      renderer.ending({ outcome: 'cancelled', message: 'Nothing was changed.', planned, steps: [] });
      return exitCodes.cancelled;
    }
  }
  return carryOut(request, renderer, listenersOf(settings));
}
