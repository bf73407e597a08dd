import type { RotationSettings } from './settings';
import { labelsOf, metadataOf, objectNames } from './settings';

type Named = Pick<RotationSettings, 'name' | 'namespace'>;

/** An NFS volume has no size; Kubernetes wants one all the same. */
const storage = '1Gi';

/**
 * OpenEMR's sites/ on EFS, through the access point: whoever the pod runs as, the files belong to the owner that the
 * access point names. The driver encrypts what it sends by itself. The volume is for one claim only, and outlives it.
 * @param volumeHandle `<file system>::<access point>`, as the EFS driver (efs.csi.aws.com) takes it
 */
export function persistentVolume<Text>(settings: Named, volumeHandle: Text) {
  const names = objectNames(settings);
  return {
    apiVersion: 'v1' as const,
    kind: 'PersistentVolume' as const,
    metadata: { name: names.volume, labels: labelsOf(settings) },
    spec: {
      capacity: { storage },
      volumeMode: 'Filesystem',
      accessModes: ['ReadWriteMany'],
      persistentVolumeReclaimPolicy: 'Retain',
      storageClassName: '',
      claimRef: {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        namespace: settings.namespace,
        name: names.claim,
      },
      csi: { driver: 'efs.csi.aws.com', volumeHandle },
    },
  };
}

/** The claim that the rotation's pods mount. */
export function persistentVolumeClaim(settings: Named) {
  const names = objectNames(settings);
  return {
    apiVersion: 'v1' as const,
    kind: 'PersistentVolumeClaim' as const,
    metadata: metadataOf(settings, names.claim),
    spec: {
      accessModes: ['ReadWriteMany'],
      storageClassName: '',
      volumeName: names.volume,
      resources: { requests: { storage } },
    },
  };
}
