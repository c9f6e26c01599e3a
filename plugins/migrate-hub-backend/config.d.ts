export interface Config {
  /** migrate-hub: SQL migrations under control. */
  migrateHub?: {
    secrets?: {
      /**
       * Keys that encrypt the passwords of DB targets, AES-256-GCM. The first
       * encrypts, all of them decrypt. Required: the hub does not start without one.
       */
      keys?: Array<{
        /** Short name, stands beside each ciphertext. */
        id: string;
        /**
         * 32 random bytes, base64: `openssl rand -base64 32`.
         * @visibility secret
         */
        key: string;
      }>;
      /** Lets admins name an environment variable of the hub in place of a password. */
      env?: {
        /** Names, or beginnings that end with `*`. No other variable can be named. */
        allow: string[];
      };
      /** Lets admins name a file in place of a password. */
      file?: {
        /** Absolute; files in and below these can be named, no others. */
        folders: string[];
      };
    };
    /** What a user may ask for in a minute, and how long the hub's own queries may take. */
    limits?: {
      /** Connection tests, those of a target that is saved too. Default: 120. */
      connectionTestsPerMinute?: number;
      /** Analyses of SQL in the editor, and previews of a request. Default: 300. */
      analysesPerMinute?: number;
      /** After this PostgreSQL breaks off a query of the hub on its own records. More than 0. Default: 30. */
      queryTimeoutSeconds?: number;
    };
    /** Which servers the hub may connect to as targets. */
    reach?: {
      /**
       * Host names, `*.domain`, IP addresses, networks such as `10.0.0.0/8`:
       * nothing else is reached. Default: whatever is not refused. Refused are
       * link-local addresses and metadata services of clouds, and with
       * NODE_ENV=production loopback, unless an entry is for just such
       * addresses (for loopback, its exact name does as well); and always the
       * databases of the hub and its portal. Every address behind a name is
       * looked at, and only one that was is connected to.
       */
      allow?: string[];
    };
    signing?: {
      /**
       * Ed25519 keys that sign approvals, grants of roles and checkpoints of the
       * audit trail. The first signs and needs its private key; the others only
       * verify, so of them the public key is enough. Never take one out: what it
       * signed would count no more. Required: the hub does not start without one.
       */
      keys?: Array<{
        /** Short name, stands beside each signature. */
        id: string;
        /**
         * PKCS8 private key, PEM or the base64 of its DER:
         * `openssl genpkey -algorithm ed25519 -outform DER | base64 -w0`.
         * @visibility secret
         */
        privateKey?: string;
        /** SPKI public key of one that only verifies, PEM or the base64 of its DER. */
        publicKey?: string;
        /**
         * Time in ISO 8601 since when somebody else may have had the key. What it
         * signed from then on does not count; open runs go back to approval.
         */
        compromisedSince?: string;
      }>;
    };
    /**
     * E-mail addresses that are admins from the start, or from their first
     * sign-in on. At least one, or nobody can give out roles; better two, as
     * what takes two admins takes two whom no third appointed (docs/policies.md).
     */
    firstAdmins?: string[];
    /**
     * Password of the first admins for sign-in with e-mail and password, set
     * only where there is none yet: change it after the first sign-in.
     * @visibility secret
     */
    firstAdminPassword?: string;
    /**
     * Who may sign in, and how, until an admin sets something else in the hub.
     * See docs/sign-in.md.
     */
    signIn?: {
      /** Whoever may sign in gets an account at the first time. Default: true. */
      autoProvision?: boolean;
      /** Role of such an account: user (default) or manager. */
      defaultRole?: string;
      /** Google Workspace domains; address and claim `hd` must both say it. */
      allowedDomains?: string[];
      /** May come whatever their domain. */
      allowedEmails?: string[];
      /** May never come. */
      deniedEmails?: string[];
      /** Sign-in with a password. Default: on only where Google is not configured. */
      localSignIn?: boolean;
      /** A password also for those who have signed in with Google. Default: false. */
      localForGoogleUsers?: boolean;
      /** The way back while Google is down: passwords, whatever admins have set. */
      forceLocalSignIn?: boolean;
      /** Whom to ask for access, shown on the sign-in page. */
      contact?: string;
    };
    /** Roles for the members of Backstage groups; the stronger of it and the own role counts. */
    groupRoles?: Array<{
      /** Such as `group:default/dba`. */
      group: string;
      /** user, manager or admin. */
      role: string;
    }>;
    /** Limits of sign-in sessions. */
    sessions?: {
      /** After this a person signs in again. Default: 12. */
      absoluteHours?: number;
      /** After this without a refresh the session ends. Default: 2. */
      idleHours?: number;
    };
    /**
     * Plugins that may approve, execute, cancel and change the inventory on
     * behalf of a signed-in user. Default: none.
     */
    onBehalfPlugins?: string[];
    /**
     * Environments in order of promotion. Default: daily, stg, prd. What is
     * left out of a policy has the default of the environment of that name, or
     * else that of `prd`. Admins can set another policy in the hub, but none
     * below the floor. See docs/policies.md.
     */
    environments?: Array<{
      /** Lower-case letters and digits. */
      name: string;
      /**
       * A weaker policy takes a second admin; in the portal the name has a red
       * edge, and what makes SQL run there asks for the key of the migration.
       * Default: true for the last environment.
       */
      protected?: boolean;
      /**
       * Rules of a policy, each of which admins can make stricter only. What
       * is left out they may set as they like.
       */
      floor?: object;
      /** Holds until an admin sets another. */
      policy?: {
        /** Roles: user, manager, admin. */
        requestRoles?: string[];
        /** Of manager and admin. */
        approveRoles?: string[];
        executeRoles?: string[];
        /** Of manager and admin. */
        resolveRoles?: string[];
        /** At least 1. */
        approvalsRequired?: number;
        /** Lets requester and author approve. Default: false. */
        selfApproval?: boolean;
        /** An approval not used by then no longer counts. Default: no limit. */
        approvalValidHours?: number;
        /** Environment in which the same SQL must stand executed first; empty for none. */
        requireSuccessIn?: string;
        /** How long to wait for a target's lock, and for locks within it. */
        lockTimeoutSeconds?: number;
        /** For each statement. */
        statementTimeoutSeconds?: number;
        /** Targets of one run at the same time. */
        parallelism?: number;
        /** With so many failed targets the rest of a run is canceled. Default: never. */
        stopAfterFailures?: number;
        /** Runs start only then. Default: at any time. */
        windows?: Array<{
          /** Of mon, tue, wed, thu, fri, sat, sun. */
          days: string[];
          /** Such as 22:00. */
          from: string;
          /** Such as 04:00; before the begin: of the next day. 24:00 is midnight. */
          to: string;
          /** IANA name, such as Europe/Berlin. */
          timeZone: string;
        }>;
        /** Nothing starts then. */
        freezes?: Array<{
          /** ISO 8601 with zone. */
          from: string;
          to: string;
          reason: string;
        }>;
        /** The first targets of a run, before the others. Default: none. */
        canary?: {
          targets: number;
          /** `person`, or `{ soakMinutes }`: what has to come before the others. */
          then: string | object;
          /** The others go in waves of so many, with the same between two of them. */
          waveSize?: number;
        };
      };
    }>;
    /**
     * Raise it by one after the hub's own database was restored from a backup:
     * at the next start every run that was queued or running there needs a
     * fresh `execute`. Default: 1.
     */
    epoch?: number;
    /** The part of this replica that executes runs. */
    executor?: {
      /** Default: true. Off for replicas that only serve pages. */
      enabled?: boolean;
      /** Targets at the same time on this replica. Default: 8. */
      parallelism?: number;
      /** A silent executor's items are taken over after this. Default: 15. */
      leaseSeconds?: number;
      /** How often to look for work unasked. Default: 1. */
      pollSeconds?: number;
      /** How long running items may go on at shutdown. Default: 30. */
      graceSeconds?: number;
      /**
       * Tests only, refused in production: a JSON file that says where this
       * executor fails on purpose, see docs/guarantees.md. Default: nowhere.
       */
      failPoints?: string;
    };
    /** Compares the records of the hub with the history tables of all enabled targets; reads only. */
    reconciler?: {
      /** How often. 0: only when somebody asks. Default: 60. */
      everyMinutes?: number;
    };
    /** `/metrics` of this backend, for Prometheus. See docs/operations/monitoring.md. */
    metrics?: {
      /**
       * Only who sends this as bearer token reads the metrics. Default: whoever
       * reaches the port.
       * @visibility secret
       */
      token?: string;
    };
    /** Where webhooks may go. Link-local and metadata-service addresses are always refused. */
    webhooks?: {
      /** Also to this machine. Default: not when NODE_ENV is production. */
      allowLoopback?: boolean;
    };
    /** Development only: accounts that exist from the first start on. */
    demo?: {
      users?: Array<{
        email: string;
        name: string;
        /** user, manager or admin. */
        role: string;
        /** @visibility secret */
        password: string;
      }>;
    };
  };
}
