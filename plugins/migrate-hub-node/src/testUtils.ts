/**
 * The conformance kit for target drivers, and the real servers it runs on.
 *
 * @packageDocumentation
 */
export * from './testUtils/describeTargetDriver';
export * from './testUtils/TcpProxy';
export * from './testUtils/testServer';
export * from './testUtils/types';
export { waitUntil } from './testUtils/waitUntil';
