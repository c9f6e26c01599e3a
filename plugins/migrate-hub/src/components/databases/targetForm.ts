import {
  DbTarget,
  Engine,
  RouteInput,
  TlsOptions,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';

/** A target as it is typed. */
export interface TargetValues {
  name: string;
  engine: Engine;
  host: string;
  port: string;
  database: string;
  username: string;
  password: string;
  tlsMode: TlsOptions['mode'] | '';
  ca: string;
  clientCertificate: string;
  clientKey: string;
  removeCertificate: boolean;
  allowInsecurePassword: boolean;
  historyTable: string;
  historySchema: string;
  confirmDistinctServer: boolean;
}

export const defaultPorts: Record<Engine, string> = {
  postgres: '5432',
  mysql: '3306',
};

export const emptyValues: TargetValues = {
  name: '',
  engine: 'postgres',
  host: '',
  port: defaultPorts.postgres,
  database: '',
  username: '',
  password: '',
  tlsMode: '',
  ca: '',
  clientCertificate: '',
  clientKey: '',
  removeCertificate: false,
  allowInsecurePassword: false,
  historyTable: '',
  historySchema: '',
  confirmDistinctServer: false,
};

/** What is known of a saved target: everything but the secrets. */
export const valuesOf = (target: DbTarget): TargetValues => ({
  ...emptyValues,
  name: target.name,
  engine: target.engine,
  host: target.host,
  port: String(target.port),
  database: target.database,
  username: target.username,
  tlsMode: target.tls.mode,
  ca: target.tls.ca ?? '',
  allowInsecurePassword: target.tls.allowInsecurePassword ?? false,
  historyTable: target.historyTable,
  historySchema: target.historySchema ?? '',
});

function tlsOf(values: TargetValues): TlsOptions | undefined {
  if (values.tlsMode === '') return undefined;
  return {
    mode: values.tlsMode,
    ca: values.ca.trim() || undefined,
    allowInsecurePassword: values.allowInsecurePassword || undefined,
  };
}

/** Certificate and key go together; the hub says what is wrong with one alone. */
function certificateOf(values: TargetValues) {
  const certificate = values.clientCertificate.trim();
  const key = values.clientKey.trim();
  return certificate || key ? { certificate, key } : undefined;
}

const shared = (values: TargetValues) => ({
  host: values.host.trim(),
  port: Number(values.port),
  database: values.database,
  username: values.username,
  tls: tlsOf(values),
  historyTable: values.historyTable.trim() || undefined,
  historySchema: values.historySchema.trim() || undefined,
});

export const connectionBody = (
  values: TargetValues,
): RouteInput<'testConnection'>['body'] => ({
  engine: values.engine,
  password: values.password,
  clientCertificate: certificateOf(values),
  ...shared(values),
});

export const createBody = (
  values: TargetValues,
  dbSetId: string,
): RouteInput<'createDbTarget'>['body'] => ({
  dbSetId,
  name: values.name.trim(),
  ...connectionBody(values),
  confirmDistinctServer: values.confirmDistinctServer || undefined,
});

/** Secrets are sent only if they were typed: without, the stored ones are kept. */
export const patchBody = (
  values: TargetValues,
  target: DbTarget,
): RouteInput<'updateDbTarget'>['body'] => ({
  expectedRevision: target.revision,
  name: values.name.trim(),
  password: values.password || undefined,
  clientCertificate: values.removeCertificate ? null : certificateOf(values),
  ...shared(values),
  confirmDistinctServer: values.confirmDistinctServer || undefined,
});
