import type { JsonObject } from '@cache/core';

/**
 * Members that are LiteLLM's own settings rather than the provider's. A client that could set them would choose where the
 * proxy's key is sent, which key is used, or what is answered.
 */
const FORBIDDEN: ReadonlySet<string> = new Set([
  'api_base',
  'api_key',
  'api_type',
  'api_version',
  'base_url',
  'cache_key',
  'client',
  'content_policy_fallbacks',
  'context_window_fallbacks',
  'custom_llm_provider',
  'default_fallbacks',
  'extra_headers',
  'fallbacks',
  'headers',
  'http_client',
  'litellm_credential_name',
  'litellm_params',
  'model_list',
  'organization',
  'preset_cache_key',
  'ssl_verify',
  'user_config',
]);

/** Credentials and endpoints of the clouds, and everything that makes an answer up. */
const FORBIDDEN_PREFIXES: readonly string[] = ['aws_', 'azure_', 'mock_', 'vertex_'];

/** The first member of `body` that only the configuration may set, if there is one. Whatever its value: null too. */
export function forbiddenMemberOf(body: JsonObject): string | undefined {
  return Object.keys(body).find(isForbidden);
}

function isForbidden(member: string): boolean {
  return FORBIDDEN.has(member) || FORBIDDEN_PREFIXES.some((prefix) => member.startsWith(prefix));
}
