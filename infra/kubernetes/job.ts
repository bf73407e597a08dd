import { jobSpec } from './cronJob';
import type { RotationSettings } from './settings';
import { metadataOf, objectNames } from './settings';

/**
 * A rotation at once, whatever the age of the last one. It is made suspended, and starts when `suspend` is set to
 * false: applying the manifests must never rotate by itself.
 */
export function job<Text>(settings: RotationSettings<Text>) {
  return {
    apiVersion: 'batch/v1' as const,
    kind: 'Job' as const,
    metadata: metadataOf(settings, objectNames(settings).job),
    spec: { ...jobSpec(settings, ['--log-json']), suspend: true },
  };
}
