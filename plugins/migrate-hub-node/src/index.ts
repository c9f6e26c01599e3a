/**
 * What another backend package can plug into migrate-hub.
 *
 * @packageDocumentation
 */
export * from './extensions';
export * from './largeText';
export * from './plan';
export * from './resolveAddresses';
export * from './SecretStore';
export * from './TargetDriver';
export * from './TargetError';
export * from './tlsAlert';
export * from './watchAnswer';
