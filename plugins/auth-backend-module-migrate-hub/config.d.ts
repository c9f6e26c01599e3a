export interface Config {
  auth?: {
    providers?: {
      /**
       * Sign-in with e-mail and password, with sessions that migrate-hub keeps
       * (`migrateHub.sessions`). An empty object installs it; whether it is
       * open is a setting of the hub (`migrateHub.signIn.localSignIn`).
       */
      local?: {};
      /**
       * Sign-in with Google, with sessions that migrate-hub keeps. One entry for
       * each `auth.environment`. See docs/sign-in.md.
       */
      google?: {
        [authEnv: string]: {
          clientId: string;
          /** @visibility secret */
          clientSecret: string;
          /** Default: `<backend.baseUrl>/api/auth/google/handler/frame`. */
          callbackUrl?: string;
          /** What Google asks each time. Default: `consent`, which it needs for a refresh token. */
          prompt?: string;
          /** Lifetime of the cookie. Default: `migrateHub.sessions.absoluteHours`. */
          sessionDuration?: { hours?: number; minutes?: number };
          /** Another provider in Google's place. Default: `https://accounts.google.com`. */
          issuer?: string;
          authorizationUrl?: string;
          tokenUrl?: string;
          jwksUrl?: string;
          revocationUrl?: string;
        };
      };
    };
  };
  migrateHub?: {
    /**
     * Lets production start with addresses that are not https. Cookies and
     * tokens then travel in clear: only to try it out. Default: false.
     */
    allowInsecureBaseUrl?: boolean;
  };
}
