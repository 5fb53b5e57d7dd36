import type { S3ClientConfig } from '@aws-sdk/client-s3';
import type { S3ConnectionOptions } from './options.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** What the SDK's chain reads from the process itself and cannot be told otherwise. */
const OF_THE_PROCESS: readonly string[] = [
  'AWS_CONTAINER_AUTHORIZATION_TOKEN',
  'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_EC2_METADATA_DISABLED',
  'AWS_EC2_METADATA_SERVICE_ENDPOINT',
];

/** Settings out of variables, with boto3's names and order. Not read by the SDK, as a `.env` file is not in the process. */
export function connectionFromEnvironment(environment: Environment): S3ConnectionOptions {
  const region = environment['AWS_DEFAULT_REGION'] || environment['AWS_REGION'];
  const caFile = environment['AWS_CA_BUNDLE'];
  return {
    ...(region ? { region } : {}),
    ...(caFile ? { caFile } : {}),
    ...credentialsFromEnvironment(environment),
    ...proxiesFromEnvironment(environment),
  };
}

/** `AWS_ENDPOINT_URL_S3`, else `AWS_ENDPOINT_URL`. */
export function endpointFromEnvironment(environment: Environment): string | undefined {
  if (environment['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS']?.toLowerCase() === 'true') return undefined;
  return environment['AWS_ENDPOINT_URL_S3'] || environment['AWS_ENDPOINT_URL'] || undefined;
}

/** What the links of the SDK's credential chain take as options of a client instead of variables. */
export function chainFromEnvironment(environment: Environment): Partial<S3ClientConfig> {
  const options = {
    filepath: environment['AWS_SHARED_CREDENTIALS_FILE'],
    configFilepath: environment['AWS_CONFIG_FILE'],
    webIdentityTokenFile: environment['AWS_WEB_IDENTITY_TOKEN_FILE'],
    roleArn: environment['AWS_ROLE_ARN'],
    roleSessionName: environment['AWS_ROLE_SESSION_NAME'],
  };
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value));
}

/** Variables that only a `.env` file has, where only the process's own count. */
export function unheededVariables(environment: Environment, ofTheProcess: Environment): readonly string[] {
  return OF_THE_PROCESS.filter((name) => environment[name] && environment[name] !== ofTheProcess[name]);
}

/** Keys before a profile, as in boto3; the SDK would take the profile. */
function credentialsFromEnvironment(
  environment: Environment,
): Pick<S3ConnectionOptions, 'credentials' | 'profile'> {
  const accessKeyId = environment['AWS_ACCESS_KEY_ID'];
  const secretAccessKey = environment['AWS_SECRET_ACCESS_KEY'];
  if (accessKeyId && secretAccessKey) {
    const sessionToken = environment['AWS_SESSION_TOKEN'] || environment['AWS_SECURITY_TOKEN'];
    return { credentials: { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) } };
  }
  const profile = environment['AWS_PROFILE'] || environment['AWS_DEFAULT_PROFILE'];
  return profile ? { profile } : {};
}

function proxiesFromEnvironment(environment: Environment): Pick<S3ConnectionOptions, 'proxies'> {
  const read = (name: string): string | undefined =>
    environment[name.toLowerCase()] || environment[name] || environment['ALL_PROXY'];
  const [http, https] = [read('HTTP_PROXY'), read('HTTPS_PROXY')];
  if (http === undefined && https === undefined) return {};
  const except = environment['no_proxy'] || environment['NO_PROXY'];
  return {
    proxies: { ...(http ? { http } : {}), ...(https ? { https } : {}), ...(except ? { except } : {}) },
  };
}
