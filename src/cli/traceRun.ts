import { tracingOfRun } from '../base/trace';
import type { Ending, RunNews } from '../rotation/news';
import { stepTitles } from '../rotation/steps';
import type { RunRequest } from '../run/request';

/** Makes a span of each step, and says on the run's own which rotation it is. */
export function traceNews(news: RunNews): void {
  const tracing = tracingOfRun();
  if (tracing === undefined) return;
  if (news.kind === 'planned') {
    const { id, kind, from, to } = news.planned.plan;
    tracing.note({
      'credential_rotation.id': id,
      'credential_rotation.kind': kind,
      'credential_rotation.from': from,
      'credential_rotation.to': to,
      'credential_rotation.resumed': news.resumed,
    });
  }
  if (news.kind !== 'step') return;
  const { event } = news;
  if (event.kind === 'started') tracing.stepBegins(event.step, stepTitles[event.step]);
  if (event.kind === 'ended') tracing.stepEnds(event.step, event.status);
}

/** Says on the span of the run whose it was, and how it ended. */
export function traceEnd({ settings, location }: RunRequest, { outcome, code }: Ending): void {
  const { namespace, deployment } = settings.context.kubernetes;
  tracingOfRun()?.note({
    'credential_rotation.stack': location.stack,
    'k8s.namespace.name': namespace,
    'k8s.deployment.name': deployment,
    'credential_rotation.outcome': outcome,
    ...(code === undefined ? {} : { 'error.type': code }),
  });
}
