import { hash } from 'node:crypto';
import { variable, type Environment } from './environment.ts';
import { isMapping, present } from './fields.ts';
import { CHECKED_DEPLOYMENT_PARAMS, IDLE_DEPLOYMENT_PARAMS, REQUEST_PARAMS } from './names.ts';
import { nearestName, type Path } from './problem.ts';
import { resolveProvider } from './provider.ts';
import type { Report } from './report.ts';
import { deploymentParamsSchema, deploymentSchema, KNOWN_NAMES, type DeploymentParams } from './schema.ts';
import type { ConfiguredDeployment, Settings } from './types.ts';
import { warnAboutIdle, warnAboutUnknown } from './unknown-names.ts';

export const OPENAI_API_BASE = 'https://api.openai.com/v1';
/** What the OpenAI SDKs wait for an answer. */
const DEFAULT_TIMEOUT_SECONDS = 600;
const ID_DIGITS = 32;

/** What deployments take from the rest of the file. */
export interface DeploymentDefaults {
  readonly environment: Environment;
  readonly timeoutSeconds?: number;
  readonly streamTimeoutSeconds?: number;
}

/** Reads `model_list`; without one, everything goes to OpenAI under its own name. */
export function readDeployments(
  models: readonly unknown[],
  defaults: DeploymentDefaults,
  report: Report,
): readonly ConfiguredDeployment[] {
  const entries = models.length > 0 ? models : [{ model_name: '*', litellm_params: { model: '*' } }];
  const deployments = entries
    .map((entry, index) => readDeployment(entry, ['model_list', index], defaults, report))
    .filter((deployment) => deployment !== undefined);
  return withUniqueIds(deployments, report);
}

function readDeployment(
  value: unknown,
  path: Path,
  defaults: DeploymentDefaults,
  report: Report,
): ConfiguredDeployment | undefined {
  const entry = report.check(deploymentSchema, value, path);
  const paramsPath = [...path, 'litellm_params'];
  const params = readParams(value, paramsPath, report);
  const provider = params && providerOf(params, paramsPath, defaults.environment, report);
  if (entry === undefined || params === undefined || provider === undefined) return undefined;
  warnAboutUnknown(value as Settings, path, KNOWN_NAMES.deployment, [], report);
  if (provider.upstreamModel.includes('*') && !entry.modelName.includes('*')) {
    report.problem(
      [...paramsPath, 'model'],
      'has a "*", so model_name needs one: it stands for what the client asks for',
    );
  }
  const address = addressOf(provider.provider, params, defaults.environment);
  warnAboutMissingKey(address, params, paramsPath, report);
  const timeout = params.timeoutSeconds ?? defaults.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS;
  const streamTimeout = params.streamTimeoutSeconds ?? defaults.streamTimeoutSeconds;
  return present({
    id: identityOf(
      entry.modelName,
      provider.provider,
      provider.upstreamModel,
      address.apiBase,
      entry.modelInfo,
    ),
    modelName: entry.modelName,
    ...provider,
    ...address,
    apiVersion: params.apiVersion,
    mockResponse: params.mockResponse,
    timeoutMilliseconds: timeout * 1000,
    streamTimeoutMilliseconds: streamTimeout === undefined ? undefined : streamTimeout * 1000,
    maxRetries: params.maxRetries,
    requestsPerMinute: params.requestsPerMinute,
    tokensPerMinute: params.tokensPerMinute,
    weight: params.weight,
    extraHeaders: params.extraHeaders,
    defaultParams: params.defaultParams,
    modelInfo: entry.modelInfo,
  });
}

/** Read whatever is wrong around them, so that all problems of a model are said at once. */
function readParams(entry: unknown, path: Path, report: Report): DeploymentParams | undefined {
  const params = isMapping(entry) ? entry['litellm_params'] : undefined;
  if (!isMapping(params)) return undefined;
  warnAboutSlips(params, path, report);
  return report.check(deploymentParamsSchema, params, path);
}

function providerOf(
  params: DeploymentParams,
  path: Path,
  environment: Environment,
  report: Report,
): { provider: string; upstreamModel: string } | undefined {
  const resolved = resolveProvider({
    model: params.model,
    ...present({ customProvider: params.customProvider }),
    hasApiBase: params.apiBase !== undefined,
    hasOpenaiBase: openaiBaseOf(environment) !== undefined,
    isMocked: params.mockResponse !== undefined,
  });
  if (!('problem' in resolved)) return { provider: resolved.provider, upstreamModel: resolved.upstreamModel };
  report.problem(
    [...path, params.customProvider === undefined ? 'model' : 'custom_llm_provider'],
    resolved.problem,
  );
  return undefined;
}

interface Address {
  readonly apiBase: string;
  readonly apiKey?: string;
  readonly organization?: string;
}

/** OPENAI_* is for OpenAI alone: its key must not reach another provider because that one has none. */
function addressOf(provider: string, params: DeploymentParams, environment: Environment): Address {
  const isOpenai = provider === 'openai';
  const keyName = isOpenai ? 'OPENAI_API_KEY' : `${provider.toUpperCase().replaceAll('-', '_')}_API_KEY`;
  return present({
    apiBase: params.apiBase ?? openaiBaseOf(environment) ?? OPENAI_API_BASE,
    apiKey: params.apiKey ?? variable(environment, keyName),
    organization:
      params.organization ?? (isOpenai ? variable(environment, 'OPENAI_ORGANIZATION') : undefined),
  });
}

function openaiBaseOf(environment: Environment): string | undefined {
  return variable(environment, 'OPENAI_BASE_URL') ?? variable(environment, 'OPENAI_API_BASE');
}

function warnAboutMissingKey(address: Address, params: DeploymentParams, path: Path, report: Report): void {
  if (
    address.apiKey !== undefined ||
    params.mockResponse !== undefined ||
    address.apiBase !== OPENAI_API_BASE
  )
    return;
  report.warning(path, 'has no api_key and OPENAI_API_KEY is not set: OpenAI will refuse its requests');
}

/** Unknown members are request parameters, so only a likely slip of the pen is worth a word. */
function warnAboutSlips(params: Settings, path: Path, report: Report): void {
  const known = [...KNOWN_NAMES.deploymentParams, ...IDLE_DEPLOYMENT_PARAMS, ...REQUEST_PARAMS];
  warnAboutIdle(params, path, [...IDLE_DEPLOYMENT_PARAMS, ...CHECKED_DEPLOYMENT_PARAMS], report);
  for (const name of Object.keys(params).filter((each) => !known.includes(each))) {
    const meant = nearestName(name, known);
    if (meant === undefined) continue;
    report.warning([...path, name], `is sent to the provider as a request parameter; did you mean ${meant}?`);
  }
}

function identityOf(
  modelName: string,
  provider: string,
  model: string,
  apiBase: string,
  modelInfo: Settings,
): string {
  const given = modelInfo['id'];
  if (typeof given === 'string' && given !== '') return given;
  if (typeof given === 'number') return String(given);
  return hash('sha256', JSON.stringify([modelName, provider, model, apiBase])).slice(0, ID_DIGITS);
}

/** Equal deployments, which differ by their keys at most, are told apart by their order. */
function withUniqueIds(
  deployments: readonly ConfiguredDeployment[],
  report: Report,
): readonly ConfiguredDeployment[] {
  const counts = new Map<string, number>();
  return deployments.map((deployment, index) => {
    const seen = counts.get(deployment.id) ?? 0;
    counts.set(deployment.id, seen + 1);
    if (seen === 0) return deployment;
    if (deployment.modelInfo['id'] !== undefined) {
      report.problem(
        ['model_list', index, 'model_info', 'id'],
        `"${deployment.id}" is the id of an earlier model, too`,
      );
    }
    return { ...deployment, id: `${deployment.id}-${seen + 1}` };
  });
}
