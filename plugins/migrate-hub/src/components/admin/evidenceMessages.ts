/** Texts about what proves the records, and what keeps them secret. */
export const evidenceMessages = {
  evidence: {
    title: 'Is the trail intact?',
    intact: '{{checked}} events, chain intact from the first to the last.',
    intactSince:
      'Chain intact: {{checked}} events since link {{after}}, where the last verification ended.',
    broken: 'The chain is broken.',
    brokenAt: 'The chain is broken at link {{seq}}.',
    event: 'Event',
    checkpoint: 'Last signed checkpoint: link {{seq}}, key {{key}},',
    noCheckpoint: 'Nothing is signed yet.',
    pending: '{{pending}} events wait to be linked',
    verifyAll: 'Verify from the first event',
    exportAll: 'Export all as {{format}}',
    exportShown: 'Export these as {{format}}',
  },
  secrets: {
    hint: 'Keys that encrypt the passwords of databases and what sign-in providers hand out. The keys themselves are in the configuration only. To change one: put a new key first, restart, run “npm run secrets:rotate”, and take the old one out when nothing depends on it.',
    key: 'Key',
    use: 'Use',
    'use.current': 'encrypts from now on',
    'use.old': 'still decrypts: rotate',
    'use.unused': 'nothing depends on it: can be taken out',
    'use.missing': 'not configured any more: what it encrypted cannot be read',
    since: 'Since',
    targets: 'Passwords of targets',
    clientCertificates: 'Client certificates',
    webhooks: 'Webhooks',
    sessions: 'Sessions',
    empty: 'Nothing is encrypted yet.',
  },
} as const;
