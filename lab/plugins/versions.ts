/** The versions of the plugins, each that of the npm package that the product uses. */
export const PLUGIN_VERSIONS = { kubernetes: '4.25.0', random: '4.21.2', aws: '7.48.0' } as const;
