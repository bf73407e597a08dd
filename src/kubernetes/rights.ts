import type { Right } from './kubernetes';

/** The right without which no Event is made. RBAC cannot limit "create" to a name. */
export const eventRight: Right = { verb: 'create', group: '', resource: 'events', name: '' };
