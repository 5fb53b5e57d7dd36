import { didYouMean } from './problem.ts';

/** Which provider answers a deployment, and what it is asked for. */
export interface ResolvedProvider {
  readonly provider: string;
  readonly upstreamModel: string;
}

export interface ProviderRequest {
  /** `model` of litellm_params. */
  readonly model: string;
  readonly customProvider?: string;
  /** The deployment itself has an `api_base`. */
  readonly hasApiBase: boolean;
  /** OPENAI_BASE_URL says where "OpenAI" is: good for models without a provider of their own, never for another provider's. */
  readonly hasOpenaiBase: boolean;
  /** `mock_response` answers: no provider is needed. */
  readonly isMocked: boolean;
}

/** Spoken to as OpenAI is: only the address differs, which the file has to give. */
const OPENAI_COMPATIBLE: ReadonlySet<string> = new Set(
  `aiml aiohttp_openai anyscale cerebras codestral custom_openai dashscope deepinfra deepseek empower featherless_ai
  fireworks_ai friendliai galadriel github groq hosted_vllm hyperbolic inception lambda_ai litellm_proxy llamafile
  lm_studio meta_llama mistral moonshot morph nebius novita nscale nvidia_nim openai_like openrouter perplexity sambanova
  together_ai v0 vercel_ai_gateway vllm volcengine xai xinference`.split(/\s+/),
);

/** Names LiteLLM knows that speak another protocol. */
const OTHER_PROTOCOLS: ReadonlySet<string> = new Set(
  `ai21 ai21_chat aleph_alpha anthropic anthropic_text assemblyai auto_router azure azure_ai azure_text baseten bedrock
  bedrock_converse clarifai cloudflare cohere cohere_chat databricks datarobot deepgram elevenlabs gemini
  github_copilot gradient_ai huggingface infinity jina_ai maritalk nlp_cloud oci ollama ollama_chat oobabooga palm petals
  predibase recraft replicate sagemaker sagemaker_chat snowflake topaz triton vertex_ai vertex_ai_beta voyage watsonx
  watsonx_text`.split(/\s+/),
);

/** OpenAI under another name. */
const OPENAI_NAMES: ReadonlySet<string> = new Set(['openai', 'text-completion-openai']);

const SUPPORTED = 'supported: openai/, any OpenAI-compatible server by its api_base, and mock_response';

/**
 * Reads the provider out of a model's name as LiteLLM does: the part before the first slash if it names a provider, else
 * OpenAI. Names with a slash of their own (`meta-llama/Llama-3-8B`) need an address, or they would go to OpenAI by mistake.
 * @returns what is wrong, in words, where there is nothing that could answer.
 */
export function resolveProvider(request: ProviderRequest): ResolvedProvider | { readonly problem: string } {
  const prefix = request.customProvider ?? prefixOf(request.model);
  const resolved = resolve(request, prefix);
  if (request.isMocked || OPENAI_NAMES.has(prefix ?? 'openai')) return resolved;
  if (OTHER_PROTOCOLS.has(prefix ?? ''))
    return { problem: `the provider "${prefix}" is not supported yet; ${SUPPORTED}` };
  if (request.customProvider !== undefined && !OPENAI_COMPATIBLE.has(request.customProvider)) {
    return {
      problem: `the provider "${prefix}" is not known${suggestion(request.customProvider)}; ${SUPPORTED}`,
    };
  }
  if (request.hasApiBase || (request.hasOpenaiBase && resolved.provider === 'openai')) return resolved;
  if (OPENAI_COMPATIBLE.has(prefix ?? '')) return { problem: `"${prefix}/" needs an api_base; ${SUPPORTED}` };
  return { problem: `the provider "${prefix}" is not known${suggestion(prefix ?? '')}; ${SUPPORTED}` };
}

function resolve(request: ProviderRequest, prefix: string | undefined): ResolvedProvider {
  const isProvider = request.customProvider !== undefined || isProviderName(prefix);
  if (prefix === undefined || !isProvider) return { provider: 'openai', upstreamModel: request.model };
  return {
    provider: OPENAI_NAMES.has(prefix) ? 'openai' : prefix,
    upstreamModel: request.model.startsWith(`${prefix}/`)
      ? request.model.slice(prefix.length + 1)
      : request.model,
  };
}

function prefixOf(model: string): string | undefined {
  const slash = model.indexOf('/');
  return slash === -1 ? undefined : model.slice(0, slash);
}

function isProviderName(prefix: string | undefined): boolean {
  return (
    prefix !== undefined &&
    [OPENAI_NAMES, OPENAI_COMPATIBLE, OTHER_PROTOCOLS].some((names) => names.has(prefix))
  );
}

function suggestion(name: string): string {
  return didYouMean(name, [...OPENAI_NAMES, ...OPENAI_COMPATIBLE, ...OTHER_PROTOCOLS]);
}

/**
 * The address of one of a provider's routes, joined as the OpenAI SDK joins it: no `/v1` is invented, one slash between the
 * two is enough, and a query of the base stays at the end.
 * @param path below the base, with a leading slash: `/chat/completions`.
 */
export function providerUrl(apiBase: string, path: string): URL {
  const url = new URL(apiBase);
  url.hash = '';
  url.pathname =
    url.pathname.endsWith('/') && path.startsWith('/') ? url.pathname + path.slice(1) : url.pathname + path;
  return url;
}
