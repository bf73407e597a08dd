'use strict';

/**
 * The floors of `src/`, from the ground up: an import, of a type too, points down only. Each room stands on a floor of its
 * own, so no two rooms can be tied in a knot. ARCHITECTURE.md has the picture.
 */
const floors = [
  'base',
  'secrecy',
  'rotation',
  'telemetry',
  'sdk',
  'aws',
  'kubernetes',
  'mysql',
  'target',
  'openemr',
  'settings',
  'steps',
  'history',
  'evidence',
  'engine',
  'inspect',
  'find',
  'job',
  'run',
  'notify',
  'fleet',
  'report',
  'action',
  'cli',
];

const floorRules = floors.slice(0, -1).map((room, floor) => ({
  name: `floor-${room}`,
  comment: `src/${room} knows nothing of the rooms above it: move what both need down, or the caller up.`,
  severity: 'error',
  from: { path: `^src/${room}/` },
  to: { path: `^src/(${floors.slice(floor + 1).join('|')})/` },
}));

module.exports = {
  forbidden: [
    ...floorRules,
    {
      name: 'known-room',
      comment: 'A new folder of src/ needs a floor here and a line in ARCHITECTURE.md.',
      severity: 'error',
      // src/providers holds the one path that old states load.
      from: { path: '^src/', pathNot: `^src/(${[...floors, 'providers'].join('|')})/` },
      to: {},
    },
    {
      name: 'no-circle',
      comment: 'Two files that import each other are one file, or share a third.',
      severity: 'error',
      from: { path: '^src/' },
      to: { circular: true },
    },
    {
      name: 'apply-without-pulumi',
      comment: '`status` must not load Pulumi: what a step does never imports how it is declared.',
      severity: 'error',
      from: {
        path: '^src/steps/',
        pathNot: [
          'declare\\.ts$',
          '^src/steps/(chain|program|switch|dynamicResource|process|plugins|targetLogin|awsProvider)\\.ts$',
          '^src/steps/04-users/versions\\.ts$',
        ],
      },
      to: { path: ['declare\\.ts$', '^src/steps/(chain|program|switch)\\.ts$', '@pulumi/'] },
    },
    {
      name: 'pulumi-in-its-rooms',
      comment: 'Pulumi is known to the steps, to the engine room and to the run alone.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(sdk|steps|engine|run)/' },
      to: { path: '@pulumi/' },
    },
    {
      name: 'telemetry-on-demand',
      comment:
        'OpenTelemetry is loaded only when it was asked for: by an import() of src/telemetry/start.ts.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/telemetry/' },
      to: { path: '@opentelemetry/' },
    },
    {
      name: 'pure-rotation',
      comment: 'The domain reads and writes nothing.',
      severity: 'error',
      from: { path: '^src/rotation/' },
      to: { dependencyTypes: ['core', 'npm'], pathNot: '^(node:)?crypto$|node_modules/zod/' },
    },
    {
      name: 'product-without-lab',
      comment: 'What is shipped needs nothing of the lab, the tests or the build.',
      severity: 'error',
      from: { path: '^(src|infra)/' },
      to: { path: '^(lab|test|bench|build)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
  },
};
