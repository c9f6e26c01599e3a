/**
 * What another backend package can plug into migrate-hub.
 *
 * @packageDocumentation
 */
export * from './extensions';
export * from './plan';
export * from './resolveAddresses';
export * from './TargetDriver';
export * from './TargetError';
