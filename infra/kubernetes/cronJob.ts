import { activeDeadlineSeconds } from './deadlines';
import { containerNameOf, podTemplate } from './pod';
import type { RotationSettings } from './settings';
import { labelsOf, metadataOf, objectNames } from './settings';

/** A start that was missed is made up for within this time, in seconds. */
const startingDeadlineSeconds = 3600;

/**
 * The schedule. Each start asks whether the last rotation is old enough, and finishes at any age what was interrupted:
 * so it starts often, and rotates seldom. Nothing is tried again before the next start.
 */
export function cronJob<Text>(settings: RotationSettings<Text>) {
  return {
    apiVersion: 'batch/v1' as const,
    kind: 'CronJob' as const,
    metadata: metadataOf(settings, objectNames(settings).cronJob),
    spec: {
      schedule: settings.schedule,
      timeZone: settings.timeZone,
      suspend: settings.suspended,
      concurrencyPolicy: 'Forbid',
      startingDeadlineSeconds,
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 5,
      jobTemplate: {
        metadata: { labels: labelsOf(settings) },
        spec: jobSpec(settings, ['--log-json', '--if-older-than', settings.ifOlderThan]),
      },
    },
  };
}

/** What a Job of the schedule and the one-off Job have in common. */
export function jobSpec<Text>(settings: RotationSettings<Text>, args: readonly string[]) {
  return {
    backoffLimit: 0,
    completions: 1,
    parallelism: 1,
    activeDeadlineSeconds: activeDeadlineSeconds(settings.limits),
    template: podTemplate(settings, args, containerNameOf(settings)),
  };
}
