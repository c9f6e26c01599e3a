/** Texts about when a run starts, in which waves it goes, and who let it start against the clock. */
export const rolloutMessages = {
  hold: {
    schedule: 'Waits for its time',
    window: 'Waits for a window',
    freeze: 'Waits for the end of a freeze',
    approval: 'Waits for approval',
    adoption: 'Waits for somebody to take it over',
    promotion: 'Waits for the environment before',
    failures: 'Stopped after failures',
    wave: 'The wave before is at work',
    soak: 'Waits for the time after a wave',
    person: 'Waits for a person',
    executor: 'Waits for an executor',
    until: 'Until {{at}}.',
  },
  wave: {
    now: 'Wave {{number}} of {{of}}, {{targets}}',
  },
  clock: {
    opens: 'By its windows and freezes it may start {{at}} at the earliest.',
    notBefore: 'As approved, it does not start before {{at}}.',
    notBeforeAsked: 'It is not to start before {{at}}: the approval covers it.',
    starts: 'starts {{at}}',
  },
  glass: {
    asked:
      '{{name}} asks to start it against the clock: “{{reason}}”. Another admin has to confirm until {{at}}.',
    lapsed:
      '{{name}} asked to start it against the clock: “{{reason}}”. No other admin confirmed in time.',
    broken:
      'The glass is broken: {{first}} and {{second}} let it start against the clock until {{at}}. “{{reason}}”',
    over: 'The glass was broken: {{first}} and {{second}} let it start against the clock. “{{reason}}”',
    markAsked: 'break-glass asked',
    mark: 'glass broken',
  },
  rolloutActs: {
    schedule: 'Schedule',
    scheduleTitle: 'When shall it start?',
    scheduleWhat:
      'The approved SQL then runs by itself on {{targets}} in {{environment}}, if all that is asked of it now still holds at that time. Until then it can be canceled.',
    at: 'Start at',
    atHint: 'Nothing starts earlier.',
    executeLater:
      'The approved SQL runs on {{targets}} in {{environment}} as soon as what was approved allows: {{at}}. Until then it can be canceled. {{mode}}',
    continue: 'Let wave {{number}} start on {{targets}}',
    continueTitle: 'Let the next wave start?',
    continueWhat:
      'The approved SQL runs now on the next {{targets}} in {{environment}} (wave {{number}} of {{of}}). So far: {{executed}} executed, {{failed}} failed. {{mode}}',
    adopt: 'Take over the run',
    adoptTitle: 'Take over this run?',
    adoptWhat:
      'It goes on in your name, under the same approval: the approved SQL runs on what is left of its targets in {{environment}}. {{mode}}',
    breakGlass: 'Break the glass',
    breakGlassTitle: 'Ask to start against the clock?',
    breakGlassWhat:
      '{{clock}} You ask to start on {{targets}} in {{environment}} nevertheless. Nothing starts yet: within an hour another admin has to confirm. Approvals and all other rules hold as ever. It is marked with both names wherever the run is shown, and in the audit trail.',
    breakGlassReason: 'Why can it not wait?',
    confirmBreakGlass: 'Confirm: start against the clock',
    confirmBreakGlassTitle: 'Let it start against the clock?',
    confirmBreakGlassWhat:
      '{{name}} asks for it: “{{reason}}”. {{clock}} Confirmed, the approved SQL runs now on {{targets}} in {{environment}}, in the name of {{name}}. Your name stands beside it wherever the run is shown, and in the audit trail. {{mode}}',
  },
  rollout: {
    waves: 'Waves',
    stopAfter: 'After failures',
    stopAfterWhat_one: 'the rest is canceled after {{count}} failed target',
    stopAfterWhat_other: 'the rest is canceled after {{count}} failed targets',
    notBefore: 'Not before',
    first: 'first {{targets}}',
    thenPerson: 'then a person lets it go on',
    thenSoak: 'then {{time}} without a failure',
    restAtOnce: 'then all the others',
    restInWaves: 'then waves of {{targets}}, each after the same',
  },
} as const;
