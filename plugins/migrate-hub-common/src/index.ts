/**
 * The API contract of migrate-hub.
 *
 * @packageDocumentation
 */
export * from './analysis';
export * from './audit';
export * from './client';
export * from './dashboard';
export * from './environments';
export * from './errorCodes';
export * from './events';
export * from './health';
export * from './internal';
export * from './inventory';
export * from './migrations';
export * from './permissions';
export * from './primitives';
export * from './routes';
export * from './runLogs';
export * from './runRequests';
export * from './runs';
export * from './secrets';
export * from './signIn';
export * from './users';
export * from './webhooks';
