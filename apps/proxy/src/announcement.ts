import { describeConfig, type ProxyConfig } from '@cache/proxy';

export interface AnnouncementOptions {
  readonly config: ProxyConfig;
  readonly version: string;
  /** Where the proxy listens. */
  readonly url: string;
}

/** What the operator reads at start: what the proxy runs with, and what to type to see it work. */
export function announcement({ config, version, url }: AnnouncementOptions): string {
  const lines = describeConfig(config).map((line) => `  ${line}`);
  return [`cache-proxy ${version} listens on ${url}`, ...lines, '', ...trial(config, url), ''].join('\n');
}

function trial(config: ProxyConfig, url: string): string[] {
  const model =
    config.deployments.map(({ modelName }) => modelName).find((name) => !name.includes('*')) ?? 'gpt-4o-mini';
  const body = JSON.stringify({ model, messages: [{ role: 'user', content: 'What is a cache?' }] });
  const key =
    config.authentication.masterKey === undefined
      ? []
      : [`  -H "authorization: Bearer $LITELLM_MASTER_KEY" \\`];
  return [
    config.cache.enabled ? 'Try it twice; the second answer says "cache-status: llm-cache;hit":' : 'Try it:',
    '',
    `  curl -i ${url}/v1/chat/completions \\`,
    ...key,
    "  -H 'content-type: application/json' \\",
    `  -d '${body.replaceAll("'", String.raw`'\''`)}'`,
  ];
}
