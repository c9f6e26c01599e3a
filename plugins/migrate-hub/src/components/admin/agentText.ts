/** In this order: Edge and Opera also call themselves Chrome, and Chrome calls itself Safari. */
const browsers = [
  ['Edge', /\bEdg(?:e|A|iOS)?\/(\d+)/],
  ['Opera', /\bOPR\/(\d+)/],
  ['Firefox', /\b(?:Firefox|FxiOS)\/(\d+)/],
  ['Chrome', /\b(?:HeadlessChrome|Chrome|CriOS)\/(\d+)/],
  ['Safari', /\bVersion\/(\d+).*\bSafari\//],
] as const;
const systems = [
  ['Android', /\bAndroid\b/],
  ['iOS', /\b(?:iPhone|iPad)\b/],
  ['Windows', /\bWindows\b/],
  ['macOS', /\bMac OS X\b/],
  ['Linux', /\bLinux\b/],
] as const;

/** "Chrome 140, Linux" for what a browser says of itself; anything else as it is, shortened. */
export function agentText(agent: string): string {
  const browser = browsers.find(([, pattern]) => pattern.test(agent));
  if (!browser) return agent.length > 40 ? `${agent.slice(0, 40)}…` : agent;
  const [name, pattern] = browser;
  const version = pattern.exec(agent)?.[1];
  const system = systems.find(([, words]) => words.test(agent))?.[0];
  return [`${name} ${version}`, system].filter(Boolean).join(', ');
}
