/** A rule of the bucket's lifecycle, as far as it is used here. */
export interface LifecycleRule {
  id: string;
  status: 'Enabled';
  filter: { prefix: string };
  noncurrentVersionExpiration?: { noncurrentDays: number; newerNoncurrentVersions: number };
  expiration?: { expiredObjectDeleteMarker: true };
  abortIncompleteMultipartUpload?: { daysAfterInitiation: number };
}

/** So many versions of each object are kept, however old they are. */
const versionsKept = 20;

/**
 * What may be forgotten: versions that were replaced long ago, the marks of locks that were released, and uploads that
 * never ended. No rule here ever touches an object as it is now: neither a state nor the lock of a run.
 */
export function stateLifecycle(keepVersionsDays: number): LifecycleRule[] {
  const everything = { prefix: '' };
  return [
    {
      id: 'old-versions',
      status: 'Enabled',
      filter: everything,
      noncurrentVersionExpiration: {
        noncurrentDays: keepVersionsDays,
        newerNoncurrentVersions: versionsKept,
      },
    },
    {
      id: 'released-locks',
      status: 'Enabled',
      filter: everything,
      expiration: { expiredObjectDeleteMarker: true },
    },
    {
      id: 'broken-uploads',
      status: 'Enabled',
      filter: everything,
      abortIncompleteMultipartUpload: { daysAfterInitiation: 7 },
    },
  ];
}
