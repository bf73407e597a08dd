/** The tests about pods, which run on the real kubelet as they are. */
export const podTests: readonly string[] = [
  'test/kubelet/rotation.spec.ts',
  'test/kubelet/labCommand.spec.ts',
  'test/lab/pods.test.ts',
  'test/lab/image.test.ts',
  'test/lab/rotation.test.ts',
  'test/lab/rollback.test.ts',
  'test/lab/healthPage.test.ts',
  'test/lab/rollbackKilled.test.ts',
  'test/lab/onFailure.test.ts',
  // Last, as it may build the image first.
  'test/kubelet/image.spec.ts',
];
