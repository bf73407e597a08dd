/** The pod template's annotation, by which a restart is known; the Python tool used the same. */
export const restartAnnotation = 'credential-rotation/restartedAt';

/** The Secret's annotation: the rotation that patched it. */
export const rotationAnnotation = 'credential-rotation/rotation';
