/*
 * The dynamic provider process of a bundle, for who calls the Pulumi CLI: Pulumi's own program, which loads the registry
 * when it is first asked. The command serves the engine itself (src/engine/provider.ts).
 */
import '../sdk/providerProgram';
