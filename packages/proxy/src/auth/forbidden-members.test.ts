import { describe, expect, it } from '@jest/globals';
import { forbiddenMemberOf } from './forbidden-members.ts';

describe('forbiddenMemberOf', () => {
  it.each([
    'api_base',
    'base_url',
    'api_key',
    'api_version',
    'organization',
    'custom_llm_provider',
    'mock_response',
    'mock_tool_calls',
    'mock_timeout',
    'fallbacks',
    'context_window_fallbacks',
    'content_policy_fallbacks',
    'model_list',
    'litellm_params',
    'user_config',
    'extra_headers',
    'preset_cache_key',
    'aws_access_key_id',
    'aws_bedrock_runtime_endpoint',
    'azure_ad_token',
    'vertex_credentials',
  ])('names %s', (member) => {
    expect(forbiddenMemberOf({ model: 'm', [member]: 'x' })).toBe(member);
    expect(forbiddenMemberOf({ model: 'm', [member]: null })).toBe(member);
  });

  it('lets everything a provider knows pass, and what it may come to know', () => {
    const body = {
      model: 'm',
      messages: [{ role: 'user', content: 'api_base', api_key: 'inside a message' }],
      temperature: 0,
      stream: true,
      stream_options: { include_usage: true },
      tools: [],
      metadata: { fallbacks: 'x' },
      user: 'u',
      not_invented_yet: 1,
    };
    expect(forbiddenMemberOf(body)).toBeUndefined();
  });

  it('looks at own members only', () => {
    expect(forbiddenMemberOf(Object.create({ api_base: 'x' }) as Record<string, never>)).toBeUndefined();
  });
});
