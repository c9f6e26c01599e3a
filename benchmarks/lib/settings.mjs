/** Settings below `migrateHub` as the environment variables that Backstage reads. */
export function settings(config) {
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [
      `APP_CONFIG_migrateHub_${key}`,
      JSON.stringify(value),
    ]),
  );
}
