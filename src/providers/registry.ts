/** States of every version hold a provider text that loads this path: it stays, whatever moves. */
export { dynamicProvider, registry } from '../steps/registry';
