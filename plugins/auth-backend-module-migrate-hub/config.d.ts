export interface Config {
  auth?: {
    providers?: {
      /**
       * Sign-in with e-mail and password, with sessions that migrate-hub keeps
       * (`migrateHub.sessions`). An empty object switches it on; without the
       * key it is off.
       */
      local?: {};
    };
  };
}
