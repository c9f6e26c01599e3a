// What the demo shows: two projects with their DB sets, and a migration that waits in each.
// The hosts, ports and passwords of the targets come from the servers that are running.

const role = 'migrate_hub_demo';

function environments(service, engine) {
  const target = (name, database) => ({ name, database, engine });
  return [
    {
      name: `${service}_daily`,
      environment: 'daily',
      targets: [target('main', `${service}_daily`)],
    },
    {
      name: `${service}_stg`,
      environment: 'stg',
      targets: [target('main', `${service}_stg`)],
    },
    {
      name: `${service}_prd`,
      environment: 'prd',
      targets: [
        target('europe', `${service}_prd_europe`),
        target('america', `${service}_prd_america`),
      ],
    },
  ];
}

const projects = [
  {
    engine: 'postgres',
    key: 'auth',
    name: 'Auth',
    description: 'Accounts and sign-in of the demo shop, on PostgreSQL',
    entityRef: 'component:default/auth',
    sets: environments('auth', 'postgres'),
    migration: {
      key: 'auth-0001-create-accounts',
      name: 'Create the accounts table',
      jira: 'DEMO-1',
      description: 'The first migration of the demo: request it for daily.',
      sqlUp:
        'CREATE TABLE accounts (\n  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,\n  email text NOT NULL UNIQUE,\n  created_at timestamptz NOT NULL DEFAULT now()\n);\n\nCREATE INDEX accounts_created_at ON accounts (created_at);\n',
      sqlDown: 'DROP TABLE accounts;\n',
    },
  },
  {
    engine: 'mysql',
    key: 'billing',
    name: 'Billing',
    description: 'Invoices of the demo shop, on MySQL or MariaDB',
    entityRef: 'component:default/billing',
    sets: environments('billing', 'mysql'),
    migration: {
      key: 'billing-0001-create-invoices',
      name: 'Create the invoices table',
      jira: 'DEMO-2',
      description: 'The same for MySQL and MariaDB.',
      sqlUp:
        'CREATE TABLE invoices (\n  id bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,\n  number varchar(40) NOT NULL UNIQUE,\n  created_at timestamp NOT NULL DEFAULT current_timestamp\n) ENGINE=InnoDB;\n',
      sqlDown: 'DROP TABLE invoices;\n',
    },
  },
];

/** The demo projects whose engine is running. */
export function demoProjects(engines) {
  return projects.filter(({ engine }) => engines.includes(engine));
}

export function demoDatabases(project) {
  return project.sets.flatMap(({ targets }) =>
    targets.map(({ database }) => database),
  );
}

export { role as demoRole };
