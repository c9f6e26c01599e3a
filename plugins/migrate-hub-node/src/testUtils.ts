/**
 * The conformance kit for target drivers, and the real servers it runs on.
 *
 * @packageDocumentation
 */
export * from './testUtils/describeTargetDriver';
export * from './testUtils/SecretWatch';
export * from './testUtils/TcpProxy';
export * from './testUtils/testServer';
export * from './testUtils/types';
export { watchAnswers } from './testUtils/watchAnswers';
export { waitUntil } from './testUtils/waitUntil';
